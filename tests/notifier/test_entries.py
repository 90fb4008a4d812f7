"""What a mail says of one comparison, and of several with one cause."""

from __future__ import annotations

from dataclasses import replace

from clausewatch.model import ComparisonState, Finding, Kind, Rule, Severity, Subscription
from notifier.compose import compose_notice
from notifier.entries import Entry, by_cause
from tests.notifier.samples import ASKED, CONTACT, FLURRY, LINKS, SENDER, alike, entry, part_of, received
from tests.notifier.scenario import NOW, comparison, finding


def told(*entries: Entry, asked: Subscription = ASKED) -> tuple[str, str]:
    """Subject and text."""
    mail = received(compose_notice(asked, entries, links=LINKS, sender=SENDER, now=NOW))
    return mail["Subject"], part_of(mail, "plain")


def test_one_change_of_several_documents_is_told_once_with_their_list() -> None:
    subject, text = told(*alike("Privacy Policy", "Cookie Policy", "Terms of Service"))
    assert subject == "Skyforge Drones changed 3 documents in the same way"
    assert text.count("Flurry, Inc. may receive usage data.") == 1
    for type in ("Privacy Policy", "Cookie Policy", "Terms of Service"):
        assert f"* Skyforge Drones, {type}\n" in text
        assert LINKS.comparison(comparison(name=type).id) in text


def test_the_name_of_the_vendor_in_the_words_makes_no_other_cause() -> None:
    def shares(vendor: str) -> Entry:
        words = f"{vendor} shares usage data with Flurry, Inc."
        return entry(comparison(finding(None, words, sentence=words), name=vendor), vendor=vendor)

    pair = [shares("Skyforge"), shares("Pacekeeper")]
    assert by_cause(pair) == [pair]
    subject, text = told(*pair)
    assert subject == "2 policy changes: Pacekeeper, Skyforge"
    assert "2 documents of 2 vendors changed in the same way" in text


def test_other_words_another_kind_or_one_finding_more_are_another_cause() -> None:
    others: list[tuple[Finding, ...]] = [
        (FLURRY,), (FLURRY, CONTACT), (replace(FLURRY, kind=Kind.DATA),), (replace(FLURRY, sentence="Another."),),
    ]  # fmt: skip
    entries = [entry(comparison(*findings, name=str(at))) for at, findings in enumerate(others)]
    assert by_cause(entries) == [[each] for each in entries]


def test_what_cannot_be_told_apart_is_not_thrown_together() -> None:
    silent = [entry(comparison(name=name), type=name) for name in ("a", "b")]
    returned = [
        entry(replace(comparison(FLURRY, name=name), state=ComparisonState.UNSTABLE), type=name) for name in ("c", "d")
    ]
    assert len(by_cause([*silent, *returned])) == 4


def test_a_long_list_of_documents_is_cut_and_counted() -> None:
    subject, text = told(*alike(*(f"Policy {number}" for number in range(45))))
    assert subject == "Skyforge Drones changed 45 documents in the same way"
    assert "And 25 more." in text


def test_documents_of_one_vendor_are_one_mail_that_names_it() -> None:
    subject, _ = told(entry(comparison(finding())), entry(comparison(FLURRY, name="b"), type="Cookie Policy"))
    assert subject == "Skyforge Drones changed 2 documents"


def test_what_is_told_first_is_what_this_subscriber_ranks_highest() -> None:
    pair = [entry(comparison(finding(), name="a"), type="A"), entry(comparison(FLURRY, name="b"), type="B")]
    asked = replace(ASKED, rule=Rule(severities=((Kind.RETENTION, Severity.CRITICAL), (Kind.RECIPIENT, Severity.LOW))))
    _, text = told(*pair, asked=asked)
    assert text.index("its A: critical") < text.index("its B: low")
    assert "[critical] Flight logs" in text
    subject, one = told(entry(comparison(FLURRY, finding())), asked=asked)
    assert subject.startswith("[critical]")
    assert one.index("[critical] Flight logs") < one.index("[low] Flurry")
    assert "[critical] Flurry" in told(entry(comparison(FLURRY)))[1]  # to others it is what it was


def test_a_return_a_change_of_wording_and_an_unread_language_are_said_as_what_they_are() -> None:
    subject, _ = told(entry(replace(comparison(FLURRY), state=ComparisonState.UNSTABLE)))
    assert subject == "[critical] Skyforge Drones went back to an earlier Privacy Policy"
    _, wording = told(entry(comparison(summary="")))
    assert "nothing was found in it that matters" in wording
    _, unread = told(entry(replace(comparison(summary=""), is_classified=False)))
    assert "could not be told by itself" in unread


def test_both_versions_are_named() -> None:
    told_of = comparison(FLURRY)
    _, text = told(entry(told_of))
    for side in (told_of.before, told_of.after):
        assert side.id
        assert f"\n{LINKS.version(side.id)}\n" in text
    _, without = told(entry(replace(told_of, before=replace(told_of.before, id=None))))
    assert "The earlier version:" not in without


def test_several_documents_of_one_type_are_told_apart() -> None:
    first = entry(comparison(FLURRY))
    second = replace(
        entry(comparison(FLURRY, name="b")), notice="n2", document=replace(first.document, slug="privacy-policy-2")
    )
    _, both = told(first, second)
    assert "* Skyforge Drones, Privacy Policy\n" in both
    assert "* Skyforge Drones, Privacy Policy (privacy-policy-2)\n" in both
    assert told(second)[0].endswith("changed its Privacy Policy (privacy-policy-2)")
