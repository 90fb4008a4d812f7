"""Which findings a reader would want first."""

from itertools import pairwise

import pytest

from clausewatch.model import Severity

from .policies import compare

OPENING = "We make kettles. You may write to us."
LOST = "You have the right to delete the data that we hold about you."
SALE = "We sell your personal information to brokers."
GRAVEST_FIRST = [
    (f"{OPENING} {LOST}", OPENING, "rights"),
    (OPENING, f"{OPENING} We use the photographs that you upload to train machine learning models.", "automation"),
    (
        "## Sharing\n\nWe share data with:\n\n- Fennel Hosting (servers)",
        "## Sharing\n\nWe share data with:\n\n- Fennel Hosting (servers)\n- Larkspur Metrics (analytics)",
        "recipient",
    ),
    (
        "We collect the brand of your device.",
        "We collect the brand of your device, its serial number and your IP address.",
        "data",
    ),
]


FIRST = [
    (OPENING, f"{OPENING} We may sell, license or share your personal data with marketing companies.", "recipient"),
    (OPENING, f"{OPENING} Your purchase history may be sold to advertisers.", "recipient"),
    (OPENING, f"{OPENING} We may disclose your email address to partners for valuable consideration.", "recipient"),
    (f"{OPENING} {LOST}", OPENING, "rights"),
    (f"{OPENING} You can request a copy of your personal data.", OPENING, "rights"),
    (f"{OPENING} If a complaint cannot be resolved with us, you may refer it to a mediator.", OPENING, "rights"),
    (OPENING, f"{OPENING} Any dispute will be settled by binding arbitration.", "terms"),
    (OPENING, f"{OPENING} You waive your right to a jury trial and to a class action.", "terms"),
    (OPENING, f"{OPENING} We use the photographs that you upload to train machine learning models.", "automation"),
    (OPENING, f"{OPENING} Your recipes help us to train our AI.", "automation"),
    (OPENING, f"{OPENING} Orders are transferred to and stored on servers in Singapore.", "transfer"),
    (OPENING, f"{OPENING} We now host customer data in Brazil and Turkey.", "transfer"),
    (OPENING, f"{OPENING} Your data may be transferred to any country in which we do business.", "transfer"),
]
SECOND = [
    (OPENING, f"{OPENING} We share data with Larkspur Metrics, an analytics company.", "recipient"),
    (
        OPENING,
        f"{OPENING} We use the analytics provider Larkspur Metrics, which receives your IP address.",
        "recipient",
    ),
]
THIRD = [
    ("We collect the brand of your device.", "We collect the brand of your device and its IP address.", "data"),
    (OPENING, f"{OPENING} We also collect your browser type, operating system and device identifiers.", "data"),
]
"""Sale of data, lost right, arbitration, training and a country without a mechanism; analytics company; device data."""


def severity(before: str, after: str, kind: str) -> Severity:
    findings = [finding for finding in compare(before, after).findings if finding.kind == kind]
    assert findings
    return max((finding.severity for finding in findings), key=lambda each: each.rank)


@pytest.mark.parametrize(("graver", "less"), list(pairwise(GRAVEST_FIRST)))
def test_what_touches_the_reader_more_stands_above(graver: tuple[str, str, str], less: tuple[str, str, str]) -> None:
    assert severity(*graver).rank > severity(*less).rank


@pytest.mark.parametrize("graver", FIRST, ids=lambda change: str(change[2]))
@pytest.mark.parametrize("less", SECOND + THIRD, ids=lambda change: str(change[2]))
def test_what_a_reader_would_hear_of_first_stands_above(
    graver: tuple[str, str, str], less: tuple[str, str, str]
) -> None:
    assert severity(*graver).rank > severity(*less).rank


@pytest.mark.parametrize("graver", SECOND)
@pytest.mark.parametrize("less", THIRD)
def test_a_new_analytics_company_stands_above_a_longer_list(
    graver: tuple[str, str, str], less: tuple[str, str, str]
) -> None:
    assert severity(*graver).rank > severity(*less).rank


def test_a_promise_not_to_sell_is_no_sale() -> None:
    promise = f"{OPENING} We do not sell your personal information."
    assert severity(OPENING, promise, "recipient").rank < Severity.CRITICAL.rank


def test_a_sale_of_data_is_as_grave_as_it_gets() -> None:
    assert severity(OPENING, f"{OPENING} {SALE}", "recipient") is Severity.CRITICAL


def test_a_country_weighs_less_where_a_mechanism_guards_what_goes_there() -> None:
    bare = "Orders are transferred to and stored on servers in Singapore."
    guarded = "Orders are transferred to servers in Singapore under standard contractual clauses."
    assert severity(OPENING, f"{OPENING} {bare}", "transfer") is Severity.HIGH
    assert severity(OPENING, f"{OPENING} {guarded}", "transfer") is Severity.MEDIUM


def test_a_passage_is_told_under_its_heading_and_a_name_is_not() -> None:
    before = "## Kettles and lids\n\n### Boiling times\n\nKettles boil."
    after = before + " We collect your email address and your phone number."
    assert [finding.subject.partition(": ")[0] for finding in compare(before, after).findings] == ["Boiling times"]
