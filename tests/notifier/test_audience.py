from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from benchmarks.score_notices import oracle
from clausewatch.model import ComparisonState, Direction, Effect, Kind, Rule, Severity, SubscriptionState
from notifier.audience import is_owed
from notifier.listeners import Listeners
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
    dues = (NOW, instant(2025, 3, 6, 7), instant(2025, 3, 10, 7))
    assert owed == sorted((each.id, at) for each, at in zip(asked, dues, strict=False))


@pytest.mark.parametrize(
    ("rule", "is_asked_for"),
    [
        (Rule(directions=(Direction.ADDED,)), True),  # Flurry came
        (Rule(directions=(Direction.REMOVED,)), False),
        (Rule(directions=(Direction.ADDED,), kinds=(Kind.RETENTION,)), False),  # another finding's direction
        (Rule(effects=(Effect.EXPANDS,)), True),
        (Rule(effects=(Effect.LIMITS, Effect.UNCLEAR)), False),
        # as the subscriber ranks findings
        (Rule(min_severity=Severity.CRITICAL, severities=((Kind.RECIPIENT, Severity.CRITICAL),)), True),
        (Rule(min_severity=Severity.HIGH, severities=((Kind.RETENTION, Severity.LOW),)), False),
        (Rule(severities=((Kind.CHILDREN, Severity.CRITICAL),)), True),  # ranks, and asks for nothing
        (Rule(everything=True), True),
        (Rule(everything=True, kinds=(Kind.CHILDREN,)), False),
    ],
)
def test_a_rule_asks_for_what_its_newer_fields_say(rule: Rule, is_asked_for: bool) -> None:
    assert is_owed(rule, CHANGED, document_type="Privacy Policy") is is_asked_for


def test_a_change_of_wording_is_owed_to_who_asked_for_everything_alone() -> None:
    editorial = comparison(notify=False)
    assert not is_owed(Rule(), editorial, document_type="x")
    assert is_owed(Rule(everything=True), editorial, document_type="x")
    assert is_owed(Rule(everything=True, vendors=("skyforge",)), editorial, document_type="x")
    assert not is_owed(Rule(everything=True, vendors=("pacekeeper",)), editorial, document_type="x")
    assert not is_owed(Rule(everything=True, min_severity=Severity.LOW), editorial, document_type="x")


@pytest.mark.parametrize("state", set(ComparisonState) - {ComparisonState.CONFIRMED})
def test_what_is_not_sure_or_our_own_doing_is_no_change_of_wording(state: ComparisonState) -> None:
    assert not is_owed(Rule(everything=True), replace(comparison(notify=False), state=state), document_type="x")


def test_an_artefact_without_findings_is_owed_to_nobody() -> None:
    artefact = replace(comparison(notify=False), artefact=True)
    assert not is_owed(Rule(everything=True), artefact, document_type="x")


def test_a_return_is_owed_to_digests_alone() -> None:
    returned = replace(CHANGED, state=ComparisonState.UNSTABLE)
    asked = [subscription(every=every) for every in ("instant", "daily", "weekly")]
    owed = Listeners(asked).owed(returned, document_type="Privacy Policy", now=NOW)
    assert [id for id, _ in owed] == sorted(each.id for each in asked[1:])


def test_each_is_due_at_the_hour_of_its_own_place() -> None:
    asked = [
        replace(subscription(every="daily"), zone="America/New_York", hour=9),
        replace(subscription(every="daily", email="bob@example.com"), zone="Asia/Kolkata", hour=9),
    ]
    owed = Listeners(asked).owed(CHANGED, document_type="Privacy Policy", now=NOW)
    assert sorted(at for _, at in owed) == [instant(2025, 3, 5, 14), instant(2025, 3, 6, 3, 30)]


def test_rules_are_found_as_a_naive_reading_finds_them() -> None:
    found = oracle(rules=1_500, comparisons=30)
    assert found["differences"] == 0
    assert found["owed"] > 5_000


def test_a_rule_that_names_very_many_is_found_all_the_same() -> None:
    many = tuple(f"vendor-{number}" for number in range(200))
    types = tuple(f"type {number}" for number in range(30))
    rules = [
        Rule(vendors=(*many, "skyforge"), documents=(*types, "Privacy Policy"), kinds=tuple(Kind)),
        Rule(documents=(*types, "Privacy Policy"), kinds=tuple(Kind)),
        Rule(vendors=many, kinds=tuple(Kind)),
        Rule(keywords=(*many, "months")),
    ]
    asked = [subscription(rule) for rule in rules]
    owed = Listeners(asked).owed(CHANGED, document_type="Privacy Policy", now=NOW)
    assert [id for id, _ in owed] == sorted(asked[number].id for number in (0, 1, 3))
