"""What is told to people."""

import json
from pathlib import Path
from typing import Any

import pytest

from clausewatch.model import Direction, Effect, Finding, Kind, Severity
from differ.findings.rules import lexicon_of
from differ.findings.subject import QUOTE_LENGTH
from differ.findings.wording import sentence_of, unclassified_summary

from .policies import alignment_of, compare

SAID = Path(__file__).parents[2] / "data" / "findings" / "said.jsonl"


def rows() -> list[Any]:
    return [pytest.param(row, id=row["why"]) for row in map(json.loads, SAID.read_text(encoding="utf-8").splitlines())]


@pytest.mark.parametrize("row", rows())
def test_a_change_is_told_in_one_plain_sentence(row: dict[str, str]) -> None:
    findings = compare(row["before"], row["after"], vendor_name=row.get("vendor")).findings
    assert row["sentence"] in [finding.sentence for finding in findings]


def test_doubt_is_told() -> None:
    lexicon = lexicon_of("en")
    assert lexicon is not None
    finding = Finding(
        Kind.DATA, Direction.ADDED, Effect.EXPANDS, "your lid", Severity.LOW, 0.4, (), "", "data.verb", None, None
    )
    sentence = sentence_of(finding, vendor_name="Marlowe", lexicon=lexicon)
    assert sentence == "Marlowe appears to say now, on the data that is collected: “your lid”."


@pytest.mark.parametrize(
    ("language", "said"), [("de", "it is in German,"), ("xx", "a language (xx)"), (None, "its language is not known")]
)
def test_a_text_that_no_rule_reads_says_why(language: str | None, said: str) -> None:
    assert said in unclassified_summary(language)


def test_a_summary_says_no_sentence_twice() -> None:
    after = "You can withdraw your consent at any time, and you can delete your data in the settings of the kettle."
    summary = compare("Kettles boil.", f"Kettles boil.\n\n{after}").summary
    sentences = summary.split(". ")
    assert len(sentences) == len(set(sentences))


def test_a_summary_has_four_sentences_at_most_and_groups_a_kind() -> None:
    before = "## Sharing\n\nWe share data with:\n\n- Fennel Hosting (servers)"
    names = ("Larkspur Metrics", "Quillfeather Post", "Ansel Ads", "Borage Bank", "Comfrey Calls")
    after = before + "".join(f"\n- {name} (partner)" for name in names)
    result = compare(before, after, vendor_name="Marlowe")
    assert len(result.findings) == len(names)
    assert result.summary == (
        "Marlowe now names Larkspur Metrics, Quillfeather Post, Ansel Ads, Borage Bank and Comfrey Calls "
        "as recipients of your data."
    )


def test_of_many_new_names_a_summary_spells_out_five() -> None:
    names = ("Larkspur Metrics", "Quillfeather Post", "Ansel Ads", "Borage Bank", "Comfrey Calls", "Dillseed Data")
    items = "".join(f"\n- {name} (partner)" for name in names)
    lead = "## Sharing\n\nWe share data with:\n\n- Fennel Hosting (servers)"
    result = compare(lead + items, lead, vendor_name="Marlowe")
    assert result.summary.startswith("Marlowe no longer names Larkspur Metrics, ")
    assert "Comfrey Calls and 1 more as recipients" in result.summary


def test_every_finding_has_a_sentence_and_an_exact_quote() -> None:
    before, after = "We keep orders for 18 months.", "We keep orders for 24 months. We sell your data to Borage Bank."
    alignment, result = alignment_of(before, after), compare(before, after)
    assert result.findings
    for finding in result.findings:
        assert finding.sentence
        assert finding.before or finding.after
        for quote, text in ((finding.before, alignment.before.text), (finding.after, alignment.after.text)):
            assert quote is None or (text[quote.start : quote.end] == quote.quote and len(quote.quote) <= QUOTE_LENGTH)
