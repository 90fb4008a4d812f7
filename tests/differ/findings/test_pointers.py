"""Clauses that send the reader elsewhere."""

import pytest

from .policies import compare

SAID = "We collect your name and the times at which you boil water. {} We delete both after 18 months."


def changed(before: str, after: str) -> tuple[str, ...]:
    return tuple(finding.kind.value for finding in compare(SAID.format(before), SAID.format(after)).findings)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Click here to read about your right to object.", "Visit the Rights Page to read about your right to object."),
        ("", "For more information about cookies, see the list of cookies that our shop uses."),
        ("", "Learn more about cookies and the sharing of data."),
        ("To opt out of cookies, tap on Cookie Preferences.", "To opt out of cookies, tap on Privacy Choices."),
        ("Please see our Cookie Policy to learn more.", "Please see our Cookie and Tracking Notice to learn more."),
    ],
)
def test_what_changes_in_a_pointer_is_editorial(before: str, after: str) -> None:
    assert changed(before, after) == ()
    assert changed(after, before) == ()


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("", "See our list of partners, with whom we share your name and your address.", "recipient"),
        ("", "To see more kettles, you must consent to the sharing of your name with our partners.", "recipient"),
        ("", "We share your name with our partners; click here to learn more.", "recipient"),
    ],
)
def test_what_is_said_beside_a_pointer_counts(before: str, after: str, kind: str) -> None:
    assert kind in changed(before, after)


def test_an_address_that_changes_in_three_places_is_no_new_name() -> None:
    said = "\n\n".join(
        f"{name}, you may write to the controller, Marlowe Kettles Ltd, 2 Spout Street, Hull, HU1 2AB."
        for name in ("As a customer", "As a guest", "As a supplier")
    )
    result = compare(said, said.replace("2 Spout Street", "17 Lid Lane"))
    assert {finding.kind.value for finding in result.findings} == {"controller"}
