"""Parts of a page that a capture lost, beside parts that a vendor took out."""

from differ.findings.losses import loss_of

from .policies import alignment_of, compare

SECTIONS = {
    "What we collect": "We collect the following:\n\n- your name;\n- the times of boiling;\n- your address.",
    "What we use it for": "We use it for these ends:\n\n- to boil water;\n- to mend kettles;\n- to send bills.",
    "Who gets it": "We share it with those whom you see here:\n\n- couriers who bring kettles;\n- the tax office.",
    "How long we keep it": "We keep what you order for 24 months. Then we delete it. The law asks it of us.",
    "Your rights": "You have the right to object. You may ask us for a copy. You may ask us to delete what we hold.",
}
POLICY = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in SECTIONS.items())


def without(*lines: str) -> str:
    text = POLICY
    for line in lines:
        assert line in text
        text = text.replace(line, "")
    return text


def without_lists() -> str:
    return "\n".join(line for line in POLICY.splitlines() if not line.startswith("- "))


def what(before: str, after: str) -> str | None:
    loss = loss_of(alignment_of(before, after))
    return loss.what if loss else None


def test_lists_that_leave_what_introduces_them_were_lost() -> None:
    assert what(POLICY, without_lists()) == "whole lists: what they held is missing from the new text"
    assert what(without_lists(), POLICY) == "whole lists: what they held was missing from the old text"


def test_lists_that_went_with_their_sections_were_not_lost() -> None:
    sections = [f"## {heading}\n\n{SECTIONS[heading]}" for heading in list(SECTIONS)[:3]]
    assert what(POLICY, without(*sections)) is None


def test_lists_that_gave_way_to_text_were_not_lost() -> None:
    lines = without_lists().replace("following:", "following:\n\nYour name and all that you boil, day by day.")
    lines = lines.replace("ends:", "ends:\n\nAll that it takes to sell and to mend a kettle.")
    lines = lines.replace("see here:", "see here:\n\nWhoever brings a kettle to your door, and the state.")
    assert what(POLICY, lines) is None


def test_headings_left_bare_have_lost_what_stood_under_them() -> None:
    bare = without(*SECTIONS.values())
    assert what(POLICY, bare) == "what stands under several headings is missing from the new text"


def test_a_line_that_stops_in_the_middle_ends_a_page_that_was_cut() -> None:
    cut = POLICY[: POLICY.index(" us for a copy")]
    before = POLICY + "\n\nWrite to us. We answer. We are in Hull.\n\nCall us by day. We hear you. Good bye."
    assert what(before, cut) == "the end of the page is missing from the new text"


def test_a_finding_beside_a_lost_part_survives() -> None:
    result = compare(POLICY, without_lists().replace("24 months", "36 months"))
    assert [finding.subject for finding in result.findings] == ["24 months -> 36 months"]
    assert result.artefact
