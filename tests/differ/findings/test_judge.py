"""The judge: what speaks for a kind, and how it is weighed."""

from clausewatch.model import Kind
from differ.findings.difference import difference_of
from differ.findings.judge import Extent, Judge, Speaking, extent_of, judge_of, signs_of_kinds, signs_of_unit
from differ.findings.rules import Lexicon, lexicon_of

from .policies import alignment_of, compare


def english() -> Lexicon:
    lexicon = lexicon_of("en")
    assert lexicon is not None
    return lexicon


def test_a_kind_leads_by_what_it_has_over_the_best_other() -> None:
    signs = signs_of_kinds({Kind.DATA: Speaking(2.0, 3.0, 3.0, 2), Kind.RIGHTS: Speaking(-2.0)})
    assert (signs[Kind.DATA]["clause.lead"], signs[Kind.RIGHTS]["clause.lead"]) == (1.0, -1.0)
    assert (signs[Kind.DATA]["rule.first"], signs[Kind.RIGHTS]["rule.first"]) == (1.0, 0.0)


def test_no_kind_is_first_by_rules_where_none_fired() -> None:
    signs = signs_of_kinds({Kind.DATA: Speaking(2.0), Kind.RIGHTS: Speaking(-2.0)})
    assert [its["rule.first"] for its in signs.values()] == [0.0, 0.0]


def test_a_sign_without_a_weight_is_nothing() -> None:
    judge = Judge({Kind.DATA: 0.0}, {"rule": 1.0})
    assert judge.chance(Kind.DATA, {"novel": 9.0}) == 0.5 < judge.chance(Kind.DATA, {"rule": 0.1})


def test_it_does_not_matter_where_a_sum_of_signs_is_cut_in_two() -> None:
    judge = Judge({Kind.DATA: 0.1}, dict.fromkeys("abcdefgh", 0.1))
    signs = {name: value / 7 for value, name in enumerate("abcdefgh", 1)}
    first, rest = dict(list(signs.items())[:3]), dict(list(signs.items())[3:])
    assert judge.chance(Kind.DATA, rest, said=judge.sum(first)) == judge.chance(Kind.DATA, signs)


def test_a_sentence_that_grew_is_told_from_one_that_came() -> None:
    before = "## Data\n\nWe collect your name. We keep it safe from everybody."
    after = "## Data\n\nWe collect your name and your voice. We keep it safe from everybody. Kettles record steam."
    difference = difference_of(alignment_of(before, after), lexicon=english())
    extent = extent_of(difference, len(difference.units))
    shapes = {
        name
        for unit in difference.units
        for name in signs_of_unit(unit, extent=extent, lexicon=english())
        if name.startswith("shape.")
    }
    assert shapes == {"shape.grew", "shape.came"}
    assert extent.units == 2
    assert 0 < extent.kept_after < extent.kept_before


DATED = "Last updated: {day}\n\n## Data\n\n{said}"


def extent(old_day: str, new_day: str) -> Extent:
    old, new = "We collect your name.", "We collect your name and your voice."
    texts = DATED.format(day=old_day, said=old), DATED.format(day=new_day, said=new)
    return extent_of(difference_of(alignment_of(*texts), lexicon=english()), 1)


def test_a_document_dated_anew_is_told_from_one_that_keeps_its_date() -> None:
    assert extent("May 3, 2024", "June 4, 2025").is_redated is True
    assert extent("May 3, 2024", "May 3, 2024").is_redated is False
    assert extent("today", "June 4, 2025").is_redated is None


def test_what_changed_is_likelier_where_the_document_is_dated_anew() -> None:
    before, after = "## Data\n\nWe collect your name.", "## Data\n\nWe collect your name and your voice."
    days = ("May 3, 2024", "May 3, 2024"), ("May 3, 2024", "June 4, 2025")
    sure = [
        compare(f"Last updated: {old}\n\n{before}", f"Last updated: {new}\n\n{after}").findings[0].confidence
        for old, new in days
    ]
    assert sure[0] < sure[1]


def test_every_sign_of_a_unit_and_a_kind_has_its_weight() -> None:
    judge = judge_of("en")
    assert judge is not None
    alignment = alignment_of("## Data\n\nWe collect your name.", "## Data\n\nWe collect your name and your voice.")
    difference = difference_of(alignment, lexicon=english())
    signs = set(signs_of_unit(difference.units[0], extent=Extent(1, 1.0, 1.0), lexicon=english()))
    signs |= set(signs_of_kinds({kind: Speaking(0.0) for kind in Kind})[Kind.DATA])
    assert signs - set(judge.weights) == set()
    assert set(judge.biases) == set(Kind)


def test_what_is_more_certain_is_said_with_more_confidence() -> None:
    plain = compare("## Retention\n\nWe keep data for 3 months.", "## Retention\n\nWe keep data for 9 months.")
    doubtful = compare(
        "Kettles are kept warm.", "Kettles are kept warm. Cookies and tea are kept in the same cupboard."
    )
    sure = max(finding.confidence for finding in plain.findings)
    assert all(finding.confidence < sure for finding in doubtful.findings)


def test_a_language_without_weights_has_no_judge() -> None:
    assert judge_of("fi") is None
