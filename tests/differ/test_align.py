"""Two texts side by side: nothing lost, nothing told twice, and what moved is told as moved."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from clausewatch.model import Alignment, Block, BlockKind, Change, Form, SectionChange, Text
from differ.align import align


def text_of(*lines: str) -> Text:
    """A text of Markdown-like lines: "# " begins a heading."""
    blocks = []
    for line in lines:
        level = len(line) - len(line.lstrip("#"))
        kind = BlockKind.HEADING if level else BlockKind.PARAGRAPH
        if line.lstrip("# "):
            blocks.append(Block(kind, line.lstrip("# "), level))
    return Text(tuple(blocks))


def joined(alignment: Alignment, ops: str, *, of: str) -> str:
    """The text that the edits with these marks join to, over sections or blocks in the order of their side."""
    side = "before" if "-" in ops else "after"
    place = f"{side}_start" if of == "sections" else side
    parts = [part for part in getattr(alignment, of) if getattr(part, place) is not None]
    parts.sort(key=lambda part: getattr(part, place))
    return "".join(edit.text for part in parts for edit in part.edits if edit.op in ops)


def assert_exact(alignment: Alignment) -> None:
    for of in ("sections", "blocks"):
        assert joined(alignment, "=-", of=of) == alignment.before.text
        assert joined(alignment, "=+", of=of) == alignment.after.text


def changed_sections(before: Sequence[str], after: Sequence[str]) -> list[SectionChange]:
    alignment = align(text_of(*before), text_of(*after))
    assert_exact(alignment)
    return [section for section in alignment.sections if section.change]


POLICY = (
    "# Privacy at Lumenwood",
    "Lumenwood Ltd makes lamps that listen. This page says what we do with what they hear.",
    "## What we collect",
    "We collect the name and the address that you give us when you order a lamp.",
    "Our lamps send us how long they burn and in which room they stand.",
    "## How long we keep it",
    "We keep orders for 18 months. After that we delete them.",
    "## Contact",
    "Write to care@lumenwood.example and we answer within a week.",
)


def test_a_text_compared_with_itself_has_no_changes() -> None:
    alignment = align(text_of(*POLICY), text_of(*POLICY))
    assert_exact(alignment)
    assert all(not section.change for section in alignment.sections)
    assert all(block.is_unchanged for block in alignment.blocks)


def test_a_changed_number_is_one_edit() -> None:
    alignment = align(text_of(*POLICY), text_of(*(line.replace("18", "24") for line in POLICY)))
    assert_exact(alignment)
    (section,) = [section for section in alignment.sections if section.change]
    assert section.change == (Change.EDITED,)
    assert [(edit.op, edit.text) for edit in section.edits if edit.op != "="] == [("-", "18"), ("+", "24")]


def test_a_paragraph_in_another_section_moved() -> None:
    after = [line for line in POLICY if "which room" not in line]
    after.insert(after.index("## Contact"), POLICY[4])
    alignment = align(text_of(*POLICY), text_of(*after))
    assert_exact(alignment)
    changed = [block for block in alignment.blocks if not block.is_unchanged]
    assert sorted((block.edits[0].op, block.moved) for block in changed) == [("+", "m1"), ("-", "m1")]


def test_an_inserted_section_moves_nothing() -> None:
    after = [*POLICY[:2], "## Cookies", "Our shop sets one cookie, for the basket.", *POLICY[2:]]
    alignment = align(text_of(*POLICY), text_of(*after))
    assert_exact(alignment)
    assert [section.change for section in alignment.sections if section.change] == [(Change.ADDED,)]


def test_a_renamed_section_is_known_by_its_content() -> None:
    after = [line.replace("## Contact", "## How to reach us") for line in POLICY]
    (section,) = changed_sections(POLICY, after)
    assert section.change == (Change.RENAMED,)
    assert (section.before, section.after) == (
        ("Privacy at Lumenwood", "Contact"),
        ("Privacy at Lumenwood", "How to reach us"),
    )


def test_a_new_number_before_a_heading_is_an_edit_in_form_only() -> None:
    (section,) = changed_sections(POLICY, [line.replace("## Contact", "## 4. CONTACT") for line in POLICY])
    assert section.change == (Change.EDITED,)
    assert section.form == (Form.NUMBERING, Form.CASE)


def test_of_two_swapped_sections_the_smaller_moved() -> None:
    after = [*POLICY[:2], *POLICY[5:7], *POLICY[2:5], *POLICY[7:]]
    (section,) = changed_sections(POLICY, after)
    assert section.change == (Change.MOVED,)
    assert section.after == ("Privacy at Lumenwood", "How long we keep it")
    assert all(edit.op == "=" for edit in section.edits)


def test_a_moved_section_can_be_edited_and_renamed_too() -> None:
    orders = ["## Keeping", "We keep orders for 24 months. After that we delete them."]
    (section,) = changed_sections(POLICY, [*POLICY[:2], *orders, *POLICY[2:5], *POLICY[7:]])
    assert section.change == (Change.EDITED, Change.MOVED, Change.RENAMED)


def test_a_removed_section_is_told_once() -> None:
    (section,) = changed_sections(POLICY, POLICY[:7])
    assert section.change == (Change.REMOVED,)
    assert section.after is None
    assert [edit.op for edit in section.edits] == ["-"]


def test_a_section_under_the_same_heading_is_the_same_though_rewritten() -> None:
    after = [*POLICY[:6], "Nothing stays with us longer than a summer.", *POLICY[7:]]
    (section,) = changed_sections(POLICY, after)
    assert section.change == (Change.EDITED,)


def test_a_heading_that_came_splits_a_section_and_moves_nothing() -> None:
    (section,) = changed_sections(POLICY, [*POLICY[:4], "## What lamps tell", *POLICY[4:]])
    assert section.change == (Change.SPLIT,)
    assert (section.before, section.after) == (
        ("Privacy at Lumenwood", "What we collect"),
        ("Privacy at Lumenwood", "What lamps tell"),
    )
    assert [(edit.op, edit.text) for edit in section.edits] == [
        ("+", "What lamps tell\n\n"),
        ("=", f"{POLICY[4]}\n\n"),
    ]


def test_a_heading_that_went_merges_two_sections_and_moves_nothing() -> None:
    (section,) = changed_sections(POLICY, [*POLICY[:5], *POLICY[6:]])
    assert section.change == (Change.MERGED,)
    assert section.after == ("Privacy at Lumenwood", "What we collect")
    assert [(edit.op, edit.text) for edit in section.edits] == [
        ("-", "How long we keep it\n\n"),
        ("=", f"{POLICY[6]}\n\n"),
    ]


def test_a_part_of_a_split_section_can_be_edited_too() -> None:
    after = [*POLICY[:4], "## What lamps tell", POLICY[4].replace("how long", "how bright"), *POLICY[5:]]
    (section,) = changed_sections(POLICY, after)
    assert section.change == (Change.SPLIT, Change.EDITED)
    assert [edit.text for edit in section.edits if edit.op == "-"] == ["long"]


def test_a_section_is_split_in_many_parts() -> None:
    lines = [f"The lamp in room {n} burns for {n * 7} hours, {word}." for n, word in enumerate("abcdefgh")]
    headed = [line for n, text in enumerate(lines) for line in ((f"## Room {n}", text) if n else (text,))]
    changed = changed_sections(["# A", *lines], ["# A", *headed])
    assert [section.change for section in changed] == [(Change.SPLIT,)] * 7
    assert not any(edit.op == "-" or edit.moved for section in changed for edit in section.edits)
    back = changed_sections(["# A", *headed], ["# A", *lines])
    assert [section.change for section in back] == [(Change.MERGED,)] * 7


def test_a_paragraph_that_became_a_heading_splits_its_section_without_an_edit() -> None:
    before = ["# A", "We make lamps that listen to you all day.", "How long", "We keep all of it for ten years."]
    (section,) = changed_sections(before, [*before[:2], "## How long", before[3]])
    assert section.change == (Change.SPLIT,)
    assert {edit.op for edit in section.edits} == {"="}


def test_a_new_section_beside_an_edited_one_is_added() -> None:
    after = [*POLICY[:5], "## Cookies", "Our shop sets one cookie, for the basket.", *POLICY[5:]]
    changed = changed_sections(POLICY, [line.replace("how long", "how bright") for line in after])
    assert [section.change for section in changed] == [(Change.EDITED,), (Change.ADDED,)]


HALVES = (
    "We collect the name and the address that you give us.",
    "Our lamps also tell us in which room they stand.",
)


def told(section: SectionChange) -> list[tuple[str, str]]:
    return [(edit.op, edit.text) for edit in section.edits if edit.op != "="]


def test_of_a_split_paragraph_only_the_break_is_new() -> None:
    (section,) = changed_sections(["# A", " ".join(HALVES)], ["# A", *HALVES])
    assert told(section) == [("-", " "), ("+", "\n\n")]
    assert section.form == (Form.BREAKS,)


def test_a_section_of_which_words_changed_has_no_form() -> None:
    (section,) = changed_sections(POLICY, [line.replace("18", "24").replace("After", "AFTER") for line in POLICY])
    assert section.form == ()


def test_of_merged_paragraphs_only_the_break_went() -> None:
    (section,) = changed_sections(["# A", *HALVES], ["# A", " ".join(HALVES)])
    assert told(section) == [("-", "\n\n"), ("+", " ")]


def test_a_list_that_became_a_paragraph_keeps_its_words_in_place() -> None:
    items = [f"{word} burns for {n} hours;" for n, word in enumerate(("Alpha", "Beta", "Gamma", "Delta", "Epsilon"))]
    (section,) = changed_sections(["# A", *items], ["# A", " ".join(items)])
    assert told(section) == [("-", "\n\n"), ("+", " ")] * 4


def test_a_split_paragraph_can_be_edited_too() -> None:
    (section,) = changed_sections(["# A", " ".join(HALVES)], ["# A", HALVES[0], HALVES[1].replace("room", "street")])
    assert told(section) == [("-", " "), ("+", "\n\n"), ("-", "room"), ("+", "street")]


def test_a_half_that_went_elsewhere_moved_there() -> None:
    before = ["# A", " ".join(HALVES), "# B", "Write to us whenever you like to."]
    first, second = changed_sections(before, ["# A", HALVES[0], *before[2:], HALVES[1]])
    assert [edit.moved for section in (first, second) for edit in section.edits if edit.op != "="] == ["m1", "m1"]


def test_of_a_paragraph_that_changed_on_its_way_only_the_kept_words_moved() -> None:
    after = [line for line in POLICY if "which room" not in line]
    after.append(POLICY[4].replace("how long", "how warm"))
    changed = changed_sections(POLICY, after)
    told = [(edit.op, edit.text.strip(), edit.moved) for section in changed for edit in section.edits if edit.op != "="]
    kept = ["Our lamps send us how", "they burn and in which room they stand."]
    assert told == [
        *(("-", kept[0], "m1"), ("-", "long", None), ("-", kept[1], "m2")),
        *(("+", kept[0], "m1"), ("+", "warm", None), ("+", kept[1], "m2")),
    ]


def test_a_moved_paragraph_is_not_taken_for_an_edit_of_what_stands_in_its_place() -> None:
    before = ["# A", "We share the names of buyers with our parcel service.", "# B", "Nothing else."]
    after = ["# A", "We share the names of sellers with our tax office.", "# B", "Nothing else.", before[1]]
    alignment = align(text_of(*before), text_of(*after))
    moved = {block.moved: (block.before, block.after) for block in alignment.blocks if block.moved}
    assert moved.keys() == {"m1"}
    assert sum(block.moved is not None for block in alignment.blocks) == 2


def test_a_paragraph_that_came_from_elsewhere_is_no_edit_of_what_stood_there() -> None:
    line = "We share the names of buyers with our parcel service in {}."
    before = ["# A", line.format("Bergen"), "# B", "Nothing else.", line.format("Oslo")]
    after = ["# A", line.format("Oslo"), "# B", "Nothing else."]
    alignment = align(text_of(*before), text_of(*after))
    assert_exact(alignment)
    assert [(block.before, block.after) for block in alignment.blocks if block.moved] == [(None, 1), (4, None)]


def test_short_lines_never_move() -> None:
    alignment = align(text_of("# A", "See above.", "# B", "Other."), text_of("# A", "# B", "Other.", "See above."))
    assert all(block.moved is None for block in alignment.blocks)


def test_copies_of_a_heading_stay_in_their_order() -> None:
    before = [line for n in range(6) for line in ("## Purpose", f"The lamp number {n} shines on the garden path.")]
    after = [line.replace("garden", "forest") for line in before]
    assert [section.change for section in changed_sections(before, after)] == [(Change.EDITED,)] * 6


def test_texts_that_share_nothing_are_removed_and_added() -> None:
    changed = changed_sections(["# A", "One."], ["# Else", "Other words."])
    assert sorted(section.change[0] for section in changed) == [Change.ADDED, Change.REMOVED]


LINES = st.one_of(
    st.sampled_from([*POLICY, "See above.", "- ", "1. Contact", "## Cookies", "# Lamps", "### 2.1 contact"]),
    st.lists(st.sampled_from(["lamp", "we", "keep", "data", "18", "24", "months", ".", "Acme"]), min_size=1).map(
        " ".join
    ),
    st.text(alphabet="ab .#'|é\n\N{COMBINING ACUTE ACCENT}", min_size=1, max_size=12),
)
DOCUMENTS = st.lists(LINES, max_size=25)
SAID = st.one_of(
    st.sampled_from(
        [line.lstrip("# ") for line in POLICY] + ["Name | Purpose | Ends", "(a) logs", "个人信息", "3.1 contact"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30),
).map(lambda text: " ".join(text.split()) or "x")
BLOCKS = st.one_of(
    st.builds(Block, st.just(BlockKind.HEADING), SAID, st.integers(1, 6)),
    st.builds(Block, st.just(BlockKind.PARAGRAPH), SAID),
    st.builds(Block, st.just(BlockKind.ITEM), SAID, st.integers(1, 3)),
    st.builds(Block, st.just(BlockKind.ROW), SAID, header=st.just(("Name", "Purpose"))),
)
TEXTS = st.lists(BLOCKS, max_size=14).map(lambda blocks: Text(tuple(blocks)))


@st.composite
def rearranged(draw: st.DrawFn) -> tuple[Text, Text]:
    """A text of blocks of any kind, and what became of it: cut into rows that were dropped, doubled, moved; blocks
    split, merged and turned into headings."""
    before = draw(TEXTS)
    rows = list(before.blocks)
    for _ in range(draw(st.integers(0, 4))):
        first, last = sorted((draw(st.integers(0, len(rows))), draw(st.integers(0, len(rows)))))
        run, rest = rows[first:last], rows[:first] + rows[last:]
        words = " ".join(block.text for block in run).split(" ")
        cut = len(words) // 2 or 1
        halves = [Block(BlockKind.PARAGRAPH, " ".join(part)) for part in (words[:cut], words[cut:]) if any(part)]
        whole = [Block(BlockKind.HEADING, " ".join(words), 2)] if any(words) else []
        new = draw(st.sampled_from([[], run, run + run, halves, whole, run[::-1]]))
        at = draw(st.sampled_from([first, 0, len(rest)]))
        rows = rest[:at] + new + rest[at:]
    return before, Text(tuple(rows))


@st.composite
def edited(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """A document and what became of it: lines dropped, moved, repeated, changed."""
    before = draw(DOCUMENTS)
    after = list(before)
    for _ in range(draw(st.integers(0, 5))):
        if not after:
            break
        line = after.pop(draw(st.integers(0, len(after) - 1)))
        changed = draw(st.sampled_from(["", line, f"{line} {line}", line.replace("a", "o"), "New words here."]))
        after.insert(draw(st.integers(0, len(after))), changed or "Gone.")
    return before, after


@given(edited())
def test_any_two_texts_are_aligned_exactly(rows: tuple[list[str], list[str]]) -> None:
    alignment = align(text_of(*rows[0]), text_of(*rows[1]))
    assert_exact(alignment)
    for side, text in (("before", alignment.before), ("after", alignment.after)):
        places = [getattr(block, side) for block in alignment.blocks]
        assert sorted(place for place in places if place is not None) == list(range(len(text.blocks)))


@given(st.one_of(rearranged(), st.tuples(TEXTS, TEXTS)))
def test_texts_of_any_blocks_are_aligned_exactly(texts: tuple[Text, Text]) -> None:
    alignment = align(*texts)
    assert_exact(alignment)
    starts = [
        sorted(at for section in alignment.sections if (at := getattr(section, f"{side}_start")) is not None)
        for side in ("before", "after")
    ]
    assert all(len(set(row)) == len(row) for row in starts)
    for section in alignment.sections:
        assert section.change or all(edit.op == "=" for edit in section.edits)
        assert section.edits
    assert all(not section.change for section in align(texts[1], texts[1]).sections)


@given(edited())
def test_the_same_texts_are_aligned_the_same(rows: tuple[list[str], list[str]]) -> None:
    first, second = (align(text_of(*rows[0]), text_of(*rows[1])) for _ in range(2))
    assert (first.blocks, first.sections) == (second.blocks, second.sections)


@given(st.one_of(edited().map(lambda rows: (text_of(*rows[0]), text_of(*rows[1]))), rearranged()))
def test_what_moved_left_once_and_came_once(texts: tuple[Text, Text]) -> None:
    alignment = align(*texts)
    for parts in (alignment.blocks, alignment.sections):
        ids = [(edit.moved, edit.op) for part in parts for edit in part.edits if edit.moved]
        numbers = {int(moved.removeprefix("m")) for moved, _ in ids}
        assert sorted(ids) == sorted((f"m{n}", op) for n in range(1, len(numbers) + 1) for op in "-+")


@given(DOCUMENTS)
def test_any_text_compared_with_itself_has_no_changes(rows: list[str]) -> None:
    alignment = align(text_of(*rows), text_of(*rows))
    assert all(not section.change for section in alignment.sections)
    assert all(edit.op == "=" for section in alignment.sections for edit in section.edits)


@given(edited())
def test_a_section_is_told_as_unchanged_only_if_it_is(rows: tuple[list[str], list[str]]) -> None:
    for section in align(text_of(*rows[0]), text_of(*rows[1])).sections:
        is_same = all(edit.op == "=" for edit in section.edits)
        assert is_same or section.change
        assert not is_same or set(section.change) <= {Change.MOVED, Change.SPLIT, Change.MERGED}
