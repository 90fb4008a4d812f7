from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from archive.comparisons import (
    Step,
    get_comparison,
    list_comparisons,
    mark_told,
    set_states,
    store_comparison,
    store_packed,
    stored_steps,
    undecided_comparisons,
    upgrade_comparisons,
    was_told,
)
from archive.packed_comparisons import pack_comparison
from archive.versions import text_of
from clausewatch.errors import NotFound
from clausewatch.model import Comparison, ComparisonState, Form, Kind, Severity
from differ import compare
from tests.support.scenario import Vendor, World, day, policy


@pytest.fixture
def vendor(world: World) -> Vendor:
    """Three versions, each seen twice: retention changes, then a recipient comes."""
    vendor = world.vendor()
    pages = (policy(), policy(months=24), policy(months=24, recipient="Brightmetrics"))
    for number, page in enumerate(pages):
        vendor.publishes(page, at=day(number * 10))
        vendor.publishes(page, at=day(number * 10 + 1))
    world.settles()
    return vendor


def whole(vendor: Vendor, comparison: Comparison) -> Comparison:
    with vendor.archive.read() as connection:
        return get_comparison(connection, comparison.id)


def test_what_is_stored_is_what_was_compared_with_every_section(vendor: Vendor) -> None:
    for stored in vendor.comparisons:
        found = whole(vendor, stored)
        with vendor.archive.read() as connection:
            before, after = (text_of(connection, side.id or "") for side in (found.before, found.after))
        made = compare(
            before, after, before_side=found.before, after_side=found.after, vendor=found.vendor,
            document=found.document, vendor_name="Harbor Kites",
        )  # fmt: skip
        assert found.sections == made.sections
        assert found.findings == made.findings
        assert (found.summary, found.artefact, found.artefact_reason) == (
            made.summary,
            made.artefact,
            made.artefact_reason,
        )


def test_a_change_of_form_alone_is_kept_as_such(world: World) -> None:
    vendor = world.vendor()
    for at, page in enumerate((policy(), policy().replace("Your rights", "YOUR RIGHTS"))):
        vendor.publishes(page, at=day(at))
    world.settles()
    found = whole(vendor, vendor.comparisons[0])
    assert [section.form for section in found.sections if section.change] == [(Form.CASE,)]


def test_the_sections_join_to_both_texts(vendor: Vendor) -> None:
    for stored in vendor.comparisons:
        found = whole(vendor, stored)
        with vendor.archive.read() as connection:
            before, after = (text_of(connection, side.id or "").text for side in (found.before, found.after))
        old = sorted((s for s in found.sections if s.before_start is not None), key=lambda s: s.before_start or 0)
        new = sorted((s for s in found.sections if s.after_start is not None), key=lambda s: s.after_start or 0)
        assert "".join(edit.text for section in old for edit in section.edits if edit.op in "=-") == before
        assert "".join(edit.text for section in new for edit in section.edits if edit.op in "=+") == after


def test_every_quote_is_a_piece_of_its_text(vendor: Vendor) -> None:
    quotes = 0
    for found in vendor.comparisons:
        for finding in found.findings:
            for side, quote in ((found.before, finding.before), (found.after, finding.after)):
                if quote:
                    with vendor.archive.read() as connection:
                        assert text_of(connection, side.id or "").text[quote.start : quote.end] == quote.quote
                    quotes += 1
    assert quotes >= 2


def test_a_list_leaves_sections_out_and_names_both_sides(vendor: Vendor) -> None:
    first, second = vendor.comparisons
    assert first.sections == ()
    assert first.before.label == "Harbor Kites, Privacy Policy"
    assert first.after == second.before
    assert (first.before.at, first.after.at) == (day(0), day(10))
    assert (first.vendor, first.document, first.state, first.notify) == (
        "harbor-kites", "privacy-policy", ComparisonState.CONFIRMED, True,
    )  # fmt: skip


def test_comparisons_are_chosen_by_what_they_are(vendor: Vendor, world: World) -> None:
    world.vendor("Gullwing", url="https://gullwing.example/p")
    first, second = vendor.comparisons
    with vendor.archive.read() as connection:

        def found(name: str | None = None, **options: object) -> list[str]:
            return [each.id for each in list_comparisons(connection, name, **options)]  # type: ignore[arg-type]  # passed through

        assert found() == found("harbor-kites") == found("Harbor Kites/privacy policy") == [first.id, second.id]
        assert found("gullwing") == found("harbor-kites/cookies") == []
        assert found(since=day(11)) == found(kind=Kind.RECIPIENT) == [second.id]
        assert found(until=day(11)) == found(kind=Kind.RETENTION) == [first.id]
        assert found(state=ComparisonState.HELD) == found(material=False) == []
        assert found(limit=1) == [first.id]
        assert found(limit=1, newest_first=True) == [second.id]
        least = max((first, second), key=lambda each: each.severity.rank if each.severity else 0)
        assert least.severity
        assert least.id in found(min_severity=least.severity)
        assert all(least.severity.rank >= Severity.LOW.rank for _ in found(min_severity=Severity.LOW))


def test_an_unknown_comparison_is_said_by_its_id(vendor: Vendor) -> None:
    with vendor.archive.read() as connection, pytest.raises(NotFound, match=r"^nothing: no such comparison"):
        get_comparison(connection, "nothing")


# --- what is stored again, or no step any more ----------------------------------------------------------------


def step_of(vendor: Vendor, comparison: Comparison, **values: object) -> Step:
    with vendor.archive.read() as connection:
        before_text, after_text, _ = stored_steps(connection, vendor.document)[comparison.id]
    assert comparison.state
    assert comparison.after.at
    step = Step(
        id=comparison.id, before=comparison.before.id or "", after=comparison.after.id or "", before_text=before_text,
        after_text=after_text, after_at=comparison.after.at, state=comparison.state, may_notify=comparison.notify,
    )  # fmt: skip
    return replace(step, **values)  # type: ignore[arg-type]  # fields of a Step


def test_storing_again_takes_the_place_of_what_was_there(vendor: Vendor) -> None:
    first, _ = vendor.comparisons
    plain = replace(whole(vendor, first), findings=(), summary="nothing material")
    with vendor.archive.write() as connection:
        store_comparison(connection, vendor.document, step_of(vendor, first), plain, differ=9)
    found, _ = vendor.comparisons
    assert (found.findings, found.summary, found.notify) == ((), "nothing material", False)
    with vendor.archive.read() as connection:
        assert stored_steps(connection, vendor.document)[first.id][2] == 9


def test_what_was_packed_elsewhere_is_kept_without_its_sections_being_at_hand(vendor: Vendor) -> None:
    first, _ = vendor.comparisons
    made = whole(vendor, first)
    packed = pickle.loads(pickle.dumps(pack_comparison(made)))
    assert packed.comparison.sections == ()
    with vendor.archive.write() as connection:
        step = step_of(vendor, first, reason=made.state_reason)
        store_comparison(connection, vendor.document, step, replace(made, sections=(), findings=()), differ=9)
        store_packed(connection, vendor.document, step, packed, differ=9)
    assert whole(vendor, first) == made


def test_states_follow_their_steps_and_what_is_no_step_goes(vendor: Vendor) -> None:
    first, second = vendor.comparisons
    with vendor.archive.write() as connection:
        connection.exec_driver_sql("UPDATE comparisons SET told_at = NULL")
        step = step_of(vendor, first, state=ComparisonState.HELD, may_notify=False)
        set_states(connection, vendor.document, [step])
    (found,) = vendor.comparisons
    assert (found.id, found.state, found.notify) == (first.id, ComparisonState.HELD, False)
    with vendor.archive.read() as connection, pytest.raises(NotFound):
        get_comparison(connection, second.id)


def test_what_was_told_stays_though_it_is_no_step_any_more(vendor: Vendor) -> None:
    first, second = vendor.comparisons
    with vendor.archive.write() as connection:
        mark_told(connection, second.id, at=day(30))
        set_states(connection, vendor.document, [step_of(vendor, first)])
    assert [each.id for each in vendor.comparisons] == [first.id]
    with vendor.archive.read() as connection:
        assert get_comparison(connection, second.id).findings == second.findings


def test_a_step_is_undecided_until_it_was_told_or_passed_over(vendor: Vendor) -> None:
    steps = [step_of(vendor, each) for each in vendor.comparisons]
    with vendor.archive.write() as connection:
        assert undecided_comparisons(connection, steps) == []
        connection.exec_driver_sql("UPDATE comparisons SET told_at = NULL")
        assert [each.id for each in undecided_comparisons(connection, steps)] == [step.id for step in steps]
        assert not was_told(connection, steps[0].after)
        mark_told(connection, steps[0].id, at=day(30))
        assert [each.id for each in undecided_comparisons(connection, steps)] == [steps[1].id]
        assert was_told(connection, steps[0].after)
        assert undecided_comparisons(connection, []) == []


def test_our_own_doing_is_known_by_its_state(vendor: Vendor) -> None:
    first, second = vendor.comparisons
    with vendor.archive.write() as connection:
        assert upgrade_comparisons(connection, vendor.document) == set()
        steps = [step_of(vendor, first, state=ComparisonState.UPGRADE, may_notify=False), step_of(vendor, second)]
        set_states(connection, vendor.document, steps)
        assert upgrade_comparisons(connection, vendor.document) == {first.id}
