"""Any two texts, however odd: nothing lost, nothing told twice, in bounded time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewatch.model import Block, BlockKind, Change, Text
from differ.align import align
from tests.differ.texts import POLICY, assert_exact, text_of

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


PHRASE = "See above for all of the details of it."
HOSTILE = {
    "equal paragraphs": ([PHRASE] * 3_000, [PHRASE] * 1_500 + ["Other."] + [PHRASE] * 1_000),
    "headings alone": ([f"# h{n % 100}" for n in range(2_000)], [f"# h{n % 99}" for n in range(2_000)]),
    "headings that share nothing": ([f"# alpha {n}" for n in range(1_500)], [f"# beta {n}" for n in range(1_500)]),
    "a paragraph cut in hundreds": (
        [" ".join(f"We say {n}." for n in range(800))],
        [f"We say {n}." for n in range(800)],
    ),
    "a section cut in hundreds": (
        ["# A", *(f"We say {n} about it all." for n in range(800))],
        ["# A", *(line for n in range(800) for line in (f"# Part {n}", f"We say {n} about it all."))],
    ),
    "all turned round": ([f"# Part {n}" if n % 5 else PHRASE for n in range(1_500)], [PHRASE, "# B"] * 750),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_work_is_bounded_by_size(name: str) -> None:
    before, after = HOSTILE[name]
    assert_exact(align(text_of(*before), text_of(*after)))  # minutes, if anything were compared with all the rest
