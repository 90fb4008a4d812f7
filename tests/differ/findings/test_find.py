"""What two short policies of vendors that do not exist bring to light."""

import pytest

from clausewatch.model import Direction, Effect, Kind, Severity, Text
from differ.align import align
from differ.findings import Result, find

from .policies import alignment_of, compare


def test_a_longer_period_is_a_finding_that_expands() -> None:
    result = compare("We retain your account data for 18 months.", "We retain your account data for 24 months.")
    (finding,) = result.findings
    assert (finding.kind, finding.direction, finding.effect) == (Kind.RETENTION, Direction.CHANGED, Effect.EXPANDS)
    assert finding.subject == "18 months -> 24 months"
    assert finding.sentence == "Data is now kept 24 months instead of 18."


def test_a_new_recipient_is_a_finding() -> None:
    before = "We share your data with our hosting providers."
    result = compare(
        before, before + "\n\nWe also share your location data with Larkspur Metrics, an advertising partner."
    )
    assert Kind.RECIPIENT in {finding.kind for finding in result.findings}
    assert all(finding.direction is Direction.ADDED for finding in result.findings)


def test_equal_texts_bring_nothing() -> None:
    text = "We share your data with our hosting providers."
    assert compare(text, text).findings == ()


def test_a_language_without_lexicon_is_not_classified() -> None:
    alignment = alignment_of("We keep orders for 18 months.", "We keep orders for 24 months.")
    before, after = (Text(text.blocks, language="fi") for text in (alignment.before, alignment.after))
    result = find(align(before, after))
    assert (result.classified, result.findings) == (False, ())
    assert result.summary == (
        "The text changed; it is in Finnish, for which there are no rules yet, so what changed is not classified."
    )


def test_an_equal_text_in_a_language_without_lexicon_did_not_change() -> None:
    text = Text(alignment_of("We keep orders.", "We keep orders.").before.blocks, language="fi")
    assert find(align(text, text)).summary == "No change that matters was found."


def test_the_same_input_gives_the_same_result() -> None:
    alignment = alignment_of("We keep orders for 18 months.", "We sell your data. We keep orders for 24 months.")
    assert find(alignment) == find(alignment)


def test_two_empty_texts_bring_nothing() -> None:
    result = find(align(Text(()), Text(())))
    assert (result.findings, result.artefact) == ((), False)


def test_a_text_that_vanished_is_an_artefact() -> None:
    alignment = alignment_of("We keep orders for 18 months.", "We keep orders for 24 months.")
    assert find(align(alignment.before, Text(()))).artefact


ANALYTICS = "We share your name with Larkspur Analytics, a provider."
DEVICE = "We collect your browser type and your screen size."


@pytest.mark.parametrize(
    ("graver", "lighter"),
    [
        (
            "We may sell your personal information to advertisers.",
            ANALYTICS,
        ),
        ("Disputes are settled by binding arbitration.", ANALYTICS),
        ("We use your recipes to train our models.", ANALYTICS),
        ("Your data is stored on servers in Singapore.", ANALYTICS),
        (
            ANALYTICS,
            DEVICE,
        ),
        ("We collect your fingerprints.", DEVICE),
    ],
)
def test_severity_orders_as_a_reader_would(graver: str, lighter: str) -> None:
    first, second = (compare("Kettles boil.", f"Kettles boil. {sentence}") for sentence in (graver, lighter))
    assert severity(first) > severity(second)


def test_a_lost_right_is_critical() -> None:
    right = "You have the right to object to the processing of your data."
    assert severity(compare(f"Kettles boil. {right}", "Kettles boil.")) == Severity.CRITICAL.rank


def severity(result: Result) -> int:
    return max(finding.severity.rank for finding in result.findings)


def test_a_vague_finding_beside_an_exact_one_of_its_kind_is_left_out() -> None:
    before = (
        "We do not transfer it outside the European Economic Area, with one exception: couriers in Leith see orders."
    )
    after = "Couriers in Leith see orders. We transfer orders to India, where cooks read them at night."
    result = compare(
        *(f"## Transfers\n\nOrders are kept in the shop where they were placed. {text}" for text in (before, after))
    )
    assert [finding.subject for finding in result.findings] == ["India"]


def test_a_renamed_heading_is_no_finding_and_no_artefact() -> None:
    before, after = (
        f"## {heading}\n\nKettles are hot things that stand on tables, and nobody should touch them before the water "
        "in them has cooled down to what a hand can bear.\n\n## Lids\n\nA lid keeps the steam in, the dust out and the "
        "cook out of trouble, as everyone knows who has ever boiled water without one in a small kitchen."
        for heading in ("7. Cookies and similar tools", "11. Cookies on our sites")
    )
    result = compare(f"## Spouts\n\nA spout pours.\n\n{before}", f"## Spouts\n\nA spout pours.\n\n{after}")
    assert (result.findings, result.artefact) == ((), False)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("we keep it or " * 2000, "or we keep keep " * 2000),  # one sentence of few words
        ("1.1" * 20_000, "1.1" * 19_000 + "y"),
        ("-a." * 10_000, "-a." * 9_000),
        (
            "We share number {0} of your data with a partner. " * 1500,
            "We share number {0} of your cookies with one partner. " * 1500,
        ),  # one block
    ],
)  # fmt: skip
def test_a_page_made_to_be_slow_is_still_compared(before: str, after: str) -> None:
    longer = "\n\nWe keep your account data for {} months."
    result = compare(before + longer.format(18), after + longer.format(24))
    assert result.artefact or "18 months -> 24 months" in {finding.subject for finding in result.findings}
