"""What is told to people."""

from clausewatch.model import Direction, Kind
from differ.findings.wording import sentence_of

from .policies import compare


def say(kind: Kind, direction: Direction, subject: str, *, confidence: float = 0.9) -> str:
    return sentence_of(kind=kind, direction=direction, subject=subject, confidence=confidence, vendor_name="Marlowe")


def test_a_period_is_told_in_figures() -> None:
    sentence = say(Kind.RETENTION, Direction.CHANGED, "18 months -> 24 months")
    assert sentence == "Marlowe keeps data 24 months instead of 18 months."


def test_a_named_recipient_is_told_by_name() -> None:
    sentence = say(Kind.RECIPIENT, Direction.ADDED, "Larkspur Metrics")
    assert sentence == "Marlowe now names Larkspur Metrics as a recipient of your data."


def test_a_recipient_that_took_the_place_of_another_is_told() -> None:
    sentence = say(Kind.RECIPIENT, Direction.CHANGED, "Larkspur -> Quillfeather")
    assert sentence == "Marlowe names Quillfeather instead of Larkspur as a recipient of your data."


def test_an_age_is_told_in_figures() -> None:
    assert say(Kind.CHILDREN, Direction.CHANGED, "16 -> 13") == "Marlowe sets the age at 13 instead of 16."


def test_doubt_is_told() -> None:
    sentence = say(Kind.DATA, Direction.ADDED, "your lid", confidence=0.4)
    assert sentence == "Marlowe appears to say now about the data that is collected: “your lid”."


def test_a_summary_has_four_sentences_at_most_and_groups_a_kind() -> None:
    before = "## Sharing\n\nWe share data with:\n\n- Fennel Hosting (servers)"
    names = ("Larkspur Metrics", "Quillfeather Post", "Ansel Ads", "Borage Bank", "Comfrey Calls")
    after = before + "".join(f"\n- {name} (partner)" for name in names)
    result = compare(before, after, vendor_name="Marlowe")
    assert len(result.findings) == len(names)
    assert result.summary.endswith("(and 4 more).")


def test_every_finding_has_a_sentence_and_an_exact_quote() -> None:
    from .policies import alignment_of

    before, after = "We keep orders for 18 months.", "We keep orders for 24 months. We sell your data to Borage Bank."
    alignment, result = alignment_of(before, after), compare(before, after)
    assert result.findings
    for finding in result.findings:
        assert finding.sentence
        assert finding.before or finding.after
        for quote, text in ((finding.before, alignment.before.text), (finding.after, alignment.after.text)):
            assert quote is None or (text[quote.start : quote.end] == quote.quote and len(quote.quote) <= 240)
