"""The timeline by the stories of ``stories``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clausewatch.model import ComparisonState, Fault
from differ.doubts import Doubts, doubts_of
from differ.timeline import runs_of, timeline_of
from tests.differ.stories import HOUR, SHAPES, day, looks, runs, states, steps, timeline, told

# --- runs -----------------------------------------------------------------------------------------------------


def test_neighbouring_looks_with_one_text_are_one_run() -> None:
    (first, second) = runs("A A a B B2")
    assert (first.key, first.first_at, first.last_at, first.snapshots) == ("A", day(0), day(2), ("000", "001", "002"))
    assert (second.key, second.first_at, second.last_at) == ("B", day(3), day(4) + HOUR)
    assert (second.sightings, second.is_live) == (3, True)


def test_a_text_that_comes_back_is_another_run_with_the_next_ordinal() -> None:
    assert [(run.key, run.ordinal) for run in runs("A B A C B A")] == [
        ("A", 0), ("B", 0), ("A", 1), ("C", 0), ("B", 1), ("A", 2),
    ]  # fmt: skip


def test_faults_make_no_version() -> None:
    assert [run.key for run in runs("A ! A ! B ! !")] == ["A", "B"]
    assert runs("! !") == ()
    assert doubts_of(looks("A !")).faults == {"001": (Fault.BOT_WALL, "a wall")}


def test_a_run_is_live_if_any_look_of_it_is() -> None:
    assert [run.is_live for run in runs("a A b b")] == [True, False]


def test_of_equal_keys_the_text_captured_first_is_taken() -> None:
    first, second = looks("A A")
    (run,), _ = runs_of([replace(first, text="in html"), replace(second, text="in markdown")], Doubts({}), {})
    assert run.text == "in html"


def test_what_was_seen_again_after_another_text_came_between_is_a_return() -> None:
    """The page was found unchanged from day 0 to day 9; an archive held another text on day 4."""
    first, _, _, _, between, *_, last = looks("A5 ! ! ! b ! ! ! ! ! ! ! C")
    found, _ = runs_of([replace(first, seen_at=day(9)), between, last], Doubts({}), SHAPES)
    assert [(run.key, run.ordinal, run.first_at, run.last_at) for run in found] == [
        ("A", 0, day(0), day(0)), ("B", 0, day(4), day(4)), ("A", 1, day(9), day(9)), ("C", 0, day(12), day(12)),
    ]  # fmt: skip
    assert [run.sightings for run in found] == [5, 1, 5, 1]


# --- who hears of it ------------------------------------------------------------------------------------------


def test_a_new_text_seen_once_is_held() -> None:
    assert states("A2 B") == "held"
    assert told("A2 B") == []


@pytest.mark.parametrize("story", ["A2 B2", "A2 B B", "A A B ! B"])
def test_a_second_look_confirms_it(story: str) -> None:
    assert states(story) == "confirmed"
    assert told(story) == ["AB"]


def test_what_it_changed_and_lasts_confirms_it() -> None:
    assert states("A2 B E") == "confirmed held"
    assert told("A2 B E") == ["AB"]


def test_a_paragraph_that_is_another_at_every_look_is_not_confirmed() -> None:
    assert states("A2 B C D") == "held held held"
    assert told("A2 B C D") == []


def test_what_was_taken_away_and_stays_away_confirms_it() -> None:
    assert told("A2 S T") == ["AS"]


def test_what_is_told_is_the_step_from_the_last_confirmed_text() -> None:
    assert told("A2 B C D2") == ["AD"]
    assert states("A2 B C D2") == "held held confirmed"


def test_a_flap_is_unstable_and_tells_nobody() -> None:
    assert states("A2 B A2") == "unstable unstable"
    assert told("A2 B A2 B A B B2") == []


def test_a_return_that_lasts_tells_nobody() -> None:
    assert states("A2 B2 A9") == "confirmed unstable"
    assert told("A2 B2 A9") == ["AB"]


def test_what_follows_a_return_is_told_against_it() -> None:
    assert told("A2 B2 A2 C2") == ["AB", "AC"]


@pytest.mark.parametrize("story", ["A2 B A2 B9 C2", "A2 B A B9 C C", "A2 B A2 B A B9 C2", "A2 B A V B9 C2"])
def test_what_follows_a_rollout_that_flapped_tells_what_that_changed_too(story: str) -> None:
    """B was found once when it was news, and is a return since: nobody heard of it."""
    assert told(story) == ["AC"]
    assert "confirmed unstable" not in states(story)


def test_what_was_told_while_a_rollout_flapped_is_not_told_again() -> None:
    assert told("A2 B A2 X2 B9 E2") == ["AX", "XE"]


def test_what_follows_the_return_of_a_text_that_was_told_is_told_against_it() -> None:
    assert told("A2 B2 A2 B9 C2") == ["AB", "BC"]


def test_what_was_there_before_anyone_watched_is_no_news_to_be_told_later() -> None:
    assert told("a b A2 B2 C2") == ["BC"]


def test_nothing_that_a_variant_changed_is_lost_where_that_variant_was_never_told() -> None:
    assert told("A2 V A2 V W2") == ["AW"]


def test_a_change_that_comes_to_both_variants_is_told_once_though_one_was_never_told() -> None:
    assert told("A2 V A V A V X W X W") == ["AX"]
    assert told("A2 V A V A V A W X W X") == ["VW"]


def test_a_backfill_tells_nobody() -> None:
    assert states("a2 b2 c d2") == "history history history"
    assert told("a2 b2 c d2") == []


def test_the_first_live_look_after_a_backfill_tells_nobody() -> None:
    assert states("a2 b2 C2") == "history history"
    assert told("a2 b2 C2") == []


def test_what_comes_after_the_first_live_look_is_told() -> None:
    assert told("a2 B2 C2") == ["BC"]


def test_a_backfill_between_live_looks_changes_nothing_of_what_is_told() -> None:
    assert told("A2 c B2") == told("A2 B2") == ["AB"]
    assert states("A2 c B2") == "history confirmed"


def test_an_archived_copy_of_a_held_text_is_no_second_look() -> None:
    assert states("A2 B b") == "held"
    assert told("A2 B b") == []
    assert told("A2 B b B") == ["AB"]


def test_what_was_there_when_watching_began_may_be_known_from_the_past() -> None:
    assert told("a2 A B2") == ["AB"]


def test_an_older_copy_of_a_new_text_makes_it_a_return() -> None:
    assert told("c A2 C2") == []


def test_an_upgrade_of_a_peer_tells_nobody() -> None:
    assert states("A2 B2^ C2") == "upgrade confirmed"
    assert told("A2 B2^ C2") == ["BC"]


def test_an_upgrade_of_ours_tells_nobody() -> None:
    """What was one version is two as we read it now."""
    was = {"000": "one", "001": "one", "002": "two"}
    found, made = steps("A2 B2 C2", was=was)
    assert [(step.state, step.may_notify) for step in made] == [
        (ComparisonState.UPGRADE, False), (ComparisonState.CONFIRMED, True),
    ]  # fmt: skip
    assert len(found) == 3


def test_an_upgrade_of_ours_over_a_doubtful_text_tells_nobody() -> None:
    """The step from the last confirmed text goes over one that was seen once; before it was all one version."""
    was = {"000": "one", "001": "one", "002": "one"}
    _, made = steps("A2 B C2", was=was)
    assert {step.state for step in made} == {ComparisonState.UPGRADE}
    assert not any(step.may_notify for step in made)


@pytest.mark.parametrize(
    ("story", "is_first"),
    [
        ("A2", False),
        ("A2 B", True),
        ("A2 B2", False),
        ("A2 B C", False),
        ("a2 b", False),
        ("A2 B A", False),
        ("A2 V2 A2 W", True),
        ("", False),
    ],
)
def test_the_first_sign_of_something_new_is_worth_another_look(story: str, is_first: bool) -> None:
    assert timeline(story).is_first_sign is is_first


# --- variants -------------------------------------------------------------------------------------------------


def test_variants_in_turn_are_unstable_and_tell_nobody() -> None:
    assert states("A2 V2 A2 V2 A2 V") == "confirmed unstable unstable unstable unstable"
    assert told("A2 V2 A2 V2 A2 V") == ["AV"]


def test_a_change_of_one_variant_is_told_against_that_variant() -> None:
    assert told("A2 V2 A2 W2") == ["AV", "VW"]
    assert told("A2 V2 A2 V2 X2") == ["AV", "AX"]
    assert states("A2 V2 A2 W2") == "confirmed unstable unstable"


def test_a_change_that_comes_to_both_variants_is_told_once() -> None:
    assert told("A2 V2 A2 W2 X2") == ["AV", "VW"]
    assert told("A2 V2 A2 W2 Y2") == ["AV", "VW", "AY"]


def test_a_change_of_a_variant_is_sure_though_another_stands_between() -> None:
    assert told("A2 V2 A W A") == ["AV"]
    assert told("A2 V2 A W A W") == ["AV", "VW"]
    assert told("A2 V A V A V X V X") == ["AX"]


def test_variants_that_change_at_every_look_are_told_of_what_lasts() -> None:
    assert told("A V A V A X V X V") == ["AX"]


def test_a_held_change_of_a_variant_is_held() -> None:
    assert states("A2 V2 A2 W") == "confirmed unstable held"


def test_a_variant_that_was_not_found_for_a_quarter_is_forgotten() -> None:
    early, late = looks("A2 V2 A2 W2")[:3], looks("W2 W2")
    late = [replace(look, captured_at=day(200 + at), seen_at=day(201 + at)) for at, look in enumerate(late)]
    late = [replace(look, snapshot=f"late {at}") for at, look in enumerate(late)]
    found = timeline_of([*early, *late], SHAPES)
    assert [(step.before, step.after) for step in found.steps if step.may_notify] == [(0, 1), (2, 3)]
