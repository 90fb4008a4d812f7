"""Two texts side by side: what moved is told as moved, what was renamed as renamed."""

from __future__ import annotations

from clausewatch.model import Change, Form
from differ.align import align
from tests.differ.texts import POLICY, assert_exact, changed_sections, text_of, told


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


def test_a_section_of_which_words_changed_has_no_form() -> None:
    (section,) = changed_sections(POLICY, [line.replace("18", "24").replace("After", "AFTER") for line in POLICY])
    assert section.form == ()


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


def test_text_without_spaces_is_edited_and_moves_as_other_text_does() -> None:
    kept = "我们保存订单十八个月,之后将其删除。"
    before = ["# 隐私政策", "我们收集您订购灯具时提供的姓名和地址。", kept, "# 联系", "请写信给我们,一周内答复。"]
    after = ["# 隐私政策", "我们收集您订购灯具时提供的姓名、电话和地址。", "# 联系", "请写信给我们,一周内答复。", kept]
    first, second = changed_sections(before, after)
    assert told(first) == [("+", "、电话"), ("-", f"{kept}\n\n")]
    assert [(edit.text.strip(), edit.moved) for edit in second.edits if edit.op == "+"] == [(kept, "m1")]
