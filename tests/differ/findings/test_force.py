"""Small words that turn a clause around: negation, modality, conditions and scope are findings."""

import pytest

from clausewatch.model import Kind

from .policies import compare

CASES = [
    ("Sharing", "We do not share your data with partners.", "We share your data with partners.", Kind.RECIPIENT),
    ("Sharing", "We share your data with partners.", "We never share your data with partners.", Kind.RECIPIENT),
    ("Uses", "We may use your data to train models.", "We will use your data to train models.", Kind.AUTOMATION),
    (
        "Uses",
        "We may use your data for the purpose of advertising with your consent.",
        "We may use your data for the purpose of advertising.",
        Kind.CHOICE,
    ),
    (
        "Sharing",
        "We share your data with companies, including Ansel Ads.",
        "We share your data with companies, limited to Ansel Ads.",
        Kind.RECIPIENT,
    ),
    ("Retention", "We keep your data for 18 months.", "We keep your data for 24 months.", Kind.RETENTION),
    ("Retention", "We keep your data until you close it.", "We keep your data after you close it.", Kind.RETENTION),
    ("Children", "You must be 13 or older.", "You must be 16 or older.", Kind.CHILDREN),
]


@pytest.mark.parametrize(("heading", "before", "after", "kind"), CASES)
def test_a_small_word_that_turns_a_clause_is_found(heading: str, before: str, after: str, kind: Kind) -> None:
    result = compare(f"## {heading}\n\n{before}", f"## {heading}\n\n{after}")
    assert kind in {finding.kind for finding in result.findings}


def test_what_went_and_came_under_one_heading_was_changed() -> None:
    before = "## Your rights\n\nYou have the right to object by letter to our office in Marlowe."
    after = (
        "## Your rights\n\nAsk for a copy of what is held with the online form, and lodge a complaint with us first."
    )
    turns = {finding.direction for finding in compare(before, after).findings if finding.kind is Kind.RIGHTS}
    assert turns == {"changed"}
