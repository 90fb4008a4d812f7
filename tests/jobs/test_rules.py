from __future__ import annotations

from typing import Any

import pytest

from clausewatch.errors import UsageError
from clausewatch.jobs.rules import Asked, asked_of, read_asked, read_rule, split_words, unknown_vendors
from clausewatch.model import Kind, Rule, Severity
from tests.notifier.scenario import subscription


def test_words_become_a_rule_without_blanks_and_doubles() -> None:
    rule = read_rule(
        vendors=["Kettle & Loom", "kettle-loom", " "], kinds=["Retention", "retention"], companies=["  Meta \n Inc "],
        keywords=split_words("profil*, ,\nads,profil*"), min_severity="HIGH",
    )  # fmt: skip
    assert rule == Rule(
        vendors=("kettle-loom",), kinds=(Kind.RETENTION,), companies=("Meta Inc",), keywords=("profil*", "ads"),
        min_severity=Severity.HIGH,
    )  # fmt: skip


def test_of_two_severities_of_one_kind_the_last_holds_and_their_order_means_nothing() -> None:
    given = ["terms=low", "data=high", "terms=critical"]
    rule = read_rule(severities=given)
    assert rule.severities == ((Kind.DATA, Severity.HIGH), (Kind.TERMS, Severity.CRITICAL))
    assert rule == read_rule(severities=["terms=critical", "data=high"])


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("kinds", "gossip", "'gossip' is no kind; choose of data, purpose"),
        ("directions", "up", "is no direction; choose of added"),
        ("effects", "bad", "is no effect; choose of expands"),
        ("severities", "data", "names no severity"),
        ("severities", "gossip=low", "'gossip' is no kind"),
        ("keywords", "x" * 101, "100 characters at most"),
        ("companies", "a\u202eb", "is no name or word"),
        ("keywords", "a\x00b", "is no name or word"),
    ],
)
def test_what_is_no_choice_is_refused_in_one_line(field: str, value: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_rule(**{field: [value]})  # type: ignore[arg-type]  # one of the fields that take several
    assert says in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_all_changes_may_be_narrowed_by_document_but_not_by_findings() -> None:
    assert read_rule(vendors=["a"], languages=["en"], severities=["data=low"], everything=True).everything
    for field in ("kinds", "directions", "effects", "companies", "keywords"):
        value = {"kinds": "data", "directions": "added", "effects": "limits"}.get(field, "meta")
        with pytest.raises(UsageError, match="all changes, and yet only some"):
            read_rule(everything=True, **{field: [value]})  # type: ignore[arg-type]  # a field that takes several


def test_when_and_where_have_defaults_and_bounds() -> None:
    assert read_asked(Rule()) == Asked(Rule(), every="instant", zone="UTC", hour=7, is_quiet_told=False, webhook=None)
    assert asked_of(subscription(every="weekly")) == read_asked(Rule(), every="weekly")
    wrongs: list[dict[str, Any]] = [
        {"every": "hourly"},
        {"zone": "../etc/passwd"},
        {"hour": 24},
        {"webhook": "https://10.0.0.1/"},
    ]
    for wrong in wrongs:
        with pytest.raises(UsageError):
            read_asked(Rule(), **wrong)


def test_vendors_that_are_not_kept_are_told() -> None:
    assert unknown_vendors(Rule(vendors=("b", "a", "c")), ["a"]) == ["b", "c"]
