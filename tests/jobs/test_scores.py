"""Figures from labels and rows."""

from __future__ import annotations

from typing import Any

from clausewatch.jobs.scores import Figure, LabelledChange, LabelledPair, figures_of, miss_of, names, tally_of


def change(kind: str = "retention", subject: str = "18 months -> 24 months") -> LabelledChange:
    return LabelledChange(kind, "changed", "expands", subject)


def labelled(*changes: LabelledChange, id: str = "kettle", is_artefact: bool = False) -> LabelledPair:
    return LabelledPair(id, "Marlowe", bool(changes), is_artefact, changes, "")


def finding(kind: str = "retention", subject: str = "18 months -> 24 months") -> dict[str, Any]:
    return {
        "kind": kind,
        "direction": "changed",
        "effect": "expands",
        "subject": subject,
        "before": None,
        "after": None,
    }


def row(*findings: dict[str, Any], artefact: bool = False) -> dict[str, Any]:
    return {"findings": list(findings), "artefact": artefact, "sections": []}


def figures(*given: tuple[LabelledPair, dict[str, Any]]) -> dict[str, Figure]:
    overall, kinds = figures_of([(pair.vendor, tally_of(pair, said)) for pair, said in given])
    return {figure.name: figure for figure in (*overall, *kinds)}


def test_what_reader_and_comparison_both_see_is_right() -> None:
    found = figures((labelled(change()), row(finding())))
    assert found["kind F1"].value == found["alert precision"].value == found["subject recall"].value == 1.0
    assert (found["retention F1"].low, found["retention F1"].high) == (1.0, 1.0)


def test_a_finding_where_a_reader_saw_none_is_a_false_alert() -> None:
    found = figures((labelled(), row(finding())), (labelled(change(), id="lid"), row(finding())))
    assert (found["alert precision"].value, found["alert recall"].value) == (0.5, 1.0)
    assert found["kind precision"].value == 0.5


def test_silence_where_a_reader_saw_a_change_is_a_missed_alert() -> None:
    found = figures((labelled(change()), row()))
    assert found["alert recall"].value == found["subject recall"].value == 0.0
    assert found["alert precision"].value is None


def test_another_kind_is_wrong_and_the_labelled_one_is_missed() -> None:
    miss = miss_of(labelled(change()), row(finding("data")))
    assert miss is not None
    assert (miss.error, miss.wrong, miss.missed, miss.weight) == ("wrong kinds", ("data",), ("retention",), 2)


def test_agreement_is_no_miss() -> None:
    assert miss_of(labelled(change()), row(finding())) is None


def test_a_pair_that_could_not_be_compared_has_found_nothing() -> None:
    miss = miss_of(labelled(change()), {"id": "kettle", "error": "lid.html: no such file"})
    assert miss is not None
    assert miss.error == "missed alert"


def test_half_of_the_words_of_a_subject_name_it_small_words_aside() -> None:
    assert names("the times of boiling", {"subject": "boiling", "before": None, "after": {"quote": "We note it."}})
    assert not names("times and durations of boiling", finding(subject="boiling of the water"))


def test_an_artefact_counts_where_it_is_called_one() -> None:
    called, silent = (
        figures((labelled(is_artefact=True), row(artefact=is_called)))["artefact recall"].value
        for is_called in (True, False)
    )
    assert (called, silent) == (1.0, 0.0)


def test_a_quote_must_stand_at_its_offsets_in_the_text_of_the_sections() -> None:
    section = {"before_start": 0, "after_start": 0, "edits": [["=", "We keep it for "], ["-", "18"], ["+", "24"]]}
    quoted = finding() | {
        "before": {"quote": "18", "start": 15, "end": 17},
        "after": {"quote": "18", "start": 15, "end": 17},
    }
    found = figures((labelled(change()), row(quoted) | {"sections": [section]}))
    assert (found["quotes at their offsets"].value, found["quotes at their offsets"].of) == (0.5, 2)


def test_intervals_are_the_same_for_the_same_seed_and_widen_with_disagreement() -> None:
    pairs = [
        (LabelledPair(str(at), f"vendor {at}", True, False, (change(),), ""), row(finding()) if at % 2 else row())
        for at in range(20)
    ]
    first, again = figures(*pairs)["alert recall"], figures(*pairs)["alert recall"]
    assert first == again
    assert first.value == 0.5
    assert first.low is not None
    assert first.high is not None
    assert 0.1 < first.low < 0.5 < first.high < 0.9
