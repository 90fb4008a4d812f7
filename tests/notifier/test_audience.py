from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from clausewatch.model import Kind, Rule, Severity, SubscriptionState
from notifier.audience import is_owed
from notifier.listeners import Listeners
from notifier.rhythm import due_at
from tests.notifier.scenario import NOW, comparison, finding, subscription

FLURRY = finding(None, "We share usage data with Flurry, Inc.", kind=Kind.RECIPIENT, severity=Severity.MEDIUM,
                 subject="Flurry")  # fmt: skip
KEPT = finding()  # retention, high
CHANGED = comparison(FLURRY, KEPT)
instant = partial(datetime, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "is_asked_for"),
    [
        (Rule(), True),
        (Rule(vendors=("skyforge",)), True),
        (Rule(vendors=("Skyforge",)), True),
        (Rule(vendors=("pacekeeper", "skyforge")), True),
        (Rule(vendors=("pacekeeper",)), False),
        (Rule(documents=("Privacy Policy",)), True),
        (Rule(documents=("privacy-policy",)), True),
        (Rule(documents=("Terms of Service",)), False),
        (Rule(languages=("en",)), True),
        (Rule(languages=("en-GB",)), True),
        (Rule(languages=("de", "fr")), False),
        (Rule(kinds=(Kind.RETENTION,)), True),
        (Rule(kinds=(Kind.CHILDREN, Kind.RECIPIENT)), True),
        (Rule(kinds=(Kind.CHILDREN,)), False),
        (Rule(min_severity=Severity.HIGH), True),
        (Rule(min_severity=Severity.CRITICAL), False),
        (Rule(companies=("flurry",)), True),
        (Rule(companies=("Flur",)), False),
        (Rule(keywords=("usage  data",)), True),
        (Rule(keywords=("month",)), False),
        (Rule(keywords=("month*",)), True),
        (Rule(keywords=("*", " ")), False),
        (Rule(keywords=("(", "months")), True),
        # one and the same finding
        (Rule(kinds=(Kind.RECIPIENT,), min_severity=Severity.MEDIUM), True),
        (Rule(kinds=(Kind.RECIPIENT,), min_severity=Severity.HIGH), False),
        (Rule(kinds=(Kind.RETENTION,), companies=("Flurry",)), False),
        (Rule(companies=("Flurry",), keywords=("months",)), False),
        # across fields all must hold
        (Rule(vendors=("skyforge",), documents=("Terms of Service",)), False),
        (Rule(vendors=("skyforge",), languages=("en",), kinds=(Kind.RETENTION,), min_severity=Severity.LOW), True),
    ],
)
def test_a_rule_asks_for_what_it_says(rule: Rule, is_asked_for: bool) -> None:
    assert is_owed(rule, CHANGED, document_type="Privacy Policy") is is_asked_for


def test_a_company_is_named_by_the_subject_alone_but_a_keyword_needs_a_quote() -> None:
    told = comparison(finding(None, "We share data with a partner.", subject="Flurry"))
    assert is_owed(Rule(companies=("Flurry",)), told, document_type="x")
    assert not is_owed(Rule(keywords=("Flurry",)), told, document_type="x")


def test_a_short_name_is_not_found_inside_a_longer_word() -> None:
    told = comparison(finding(None, "We collect metadata.", subject="metadata"))
    assert not is_owed(Rule(companies=("Meta",)), told, document_type="x")


@pytest.mark.parametrize("keyword", ["広告", "광고"])
def test_scripts_without_spaces_are_searched_within_words(keyword: str) -> None:
    told = comparison(finding(None, f"当社は{keyword}を表示します。", subject="x"))
    assert is_owed(Rule(keywords=(keyword,)), told, document_type="x")


def test_case_is_ignored_in_every_script() -> None:
    told = comparison(finding(None, "Ми передаємо дані до ГЕОРГ STRASSE.", subject="x"))
    assert is_owed(Rule(keywords=("георг",)), told, document_type="x")
    assert is_owed(Rule(keywords=("Straße",)), told, document_type="x")


def test_without_findings_only_rules_that_ask_nothing_of_findings_are_owed() -> None:
    unclassified = comparison(language=None)
    assert is_owed(Rule(vendors=("skyforge",)), unclassified, document_type="x")
    assert not is_owed(Rule(min_severity=Severity.LOW), unclassified, document_type="x")
    assert not is_owed(Rule(languages=("en",)), unclassified, document_type="x")


def test_what_nobody_is_to_be_told_is_owed_to_nobody() -> None:
    quiet = replace(CHANGED, notify=False)
    assert not is_owed(Rule(), quiet, document_type="Privacy Policy")
    assert Listeners([subscription()]).owed(quiet, document_type="Privacy Policy", now=NOW) == []


def test_only_confirmed_subscriptions_are_an_audience_each_at_its_time() -> None:
    asked = [
        subscription(every="instant"),
        subscription(every="daily"),
        subscription(every="weekly"),
        subscription(email="b@example.com", state=SubscriptionState.PENDING),
        subscription(email="c@example.com", state=SubscriptionState.ENDED),
        subscription(Rule(kinds=(Kind.CHILDREN,)), email="d@example.com"),
    ]
    owed = Listeners(asked).owed(CHANGED, document_type="Privacy Policy", now=NOW)
    assert [each for each, _ in owed] == asked[:3]
    assert [at for _, at in owed] == [NOW, instant(2025, 3, 6, 7), instant(2025, 3, 10, 7)]


@pytest.mark.parametrize(
    ("every", "now", "due"),
    [
        ("daily", instant(2025, 3, 5, 6, 59, 59), instant(2025, 3, 5, 7)),
        ("daily", instant(2025, 3, 5, 7), instant(2025, 3, 6, 7)),
        ("daily", instant(2024, 12, 31, 23), instant(2025, 1, 1, 7)),
        ("weekly", instant(2025, 3, 10, 6), instant(2025, 3, 10, 7)),  # a Monday
        ("weekly", instant(2025, 3, 10, 7), instant(2025, 3, 17, 7)),
        ("weekly", instant(2025, 3, 9, 23), instant(2025, 3, 10, 7)),
    ],
)
def test_digests_are_due_at_seven_in_utc(every: str, now: datetime, due: datetime) -> None:
    assert due_at(every, now) == due


def test_an_unknown_rhythm_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="hourly"):
        due_at("hourly", NOW)
