"""A timeline is the same, and whole, in whatever order its looks arrive."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from clausewatch.model import ComparisonState, Look
from differ.timeline import timeline_of
from tests.differ.stories import HOUR, SHAPES, looks, told
from tests.support import scenario
from tests.support.scenario import World, archive_of

a_word = st.builds(
    lambda letter, count, mark: f"{letter}{count}{mark}",
    st.sampled_from("AABBCDESTVVWXYabcdv!"), st.sampled_from(["", "", "2", "5"]), st.sampled_from(["", "", "", "^"]),
)  # fmt: skip
a_story = st.lists(a_word, max_size=12).map(" ".join)


def by_time(found: list[Look]) -> list[Look]:
    return sorted(found, key=lambda each: (each.captured_at, each.snapshot))


@settings(max_examples=300, deadline=None)
@given(a_story, st.randoms(use_true_random=False), st.lists(st.integers(0, 72), min_size=12, max_size=12))
def test_any_order_of_arrival_gives_the_same_timeline(story: str, chance: random.Random, hours: list[int]) -> None:
    made = [
        replace(each, captured_at=each.captured_at + add * HOUR, seen_at=each.seen_at + 2 * add * HOUR)
        for each, add in zip(looks(story), hours, strict=False)
    ]
    shuffled = made.copy()
    chance.shuffle(shuffled)
    assert timeline_of(by_time(shuffled), SHAPES) == timeline_of(by_time(made), SHAPES)


@settings(max_examples=300, deadline=None)
@given(a_story, st.lists(st.integers(0, 72), min_size=12, max_size=12))
def test_a_timeline_is_whole(story: str, hours: list[int]) -> None:
    ordered = by_time([
        replace(each, captured_at=each.captured_at + add * HOUR, seen_at=each.seen_at + 2 * add * HOUR)
        for each, add in zip(looks(story), hours, strict=False)
    ])  # fmt: skip
    whole = timeline_of(ordered, SHAPES)
    made, sure, found = whole.runs, whole.sure, whole.steps
    assert {snapshot for run in made for snapshot in run.snapshots} == {
        each.snapshot for each in ordered
    } - whole.faults.keys()
    for before, after in pairwise(made):
        assert before.key != after.key
        assert before.first_at <= before.last_at <= after.first_at <= after.last_at
    for number, run in enumerate(made):
        assert run.ordinal == sum(earlier.key == run.key for earlier in made[:number])
    assert {(step.before, step.after) for step in found} >= {(at, at + 1) for at in range(len(made) - 1)}
    for step in found:
        if step.may_notify:
            assert step.before in sure
            assert step.after in sure
            assert made[step.after].ordinal == 0
            assert step.state is ComparisonState.CONFIRMED
    heard = [step.after for step in found if step.may_notify]
    assert len(heard) == len(set(heard)), "nobody hears of a version twice"


a_live_word = st.builds("{}{}".format, st.sampled_from("AABBCDESTVVWXY!"), st.sampled_from(["", "", "2", "5"]))


@settings(max_examples=300, deadline=None)
@given(st.lists(a_live_word, max_size=12))
def test_what_a_crawl_told_is_what_an_import_of_it_tells(words: list[str]) -> None:
    """A day later more is known, but what was told stays told, and nothing of the past is told anew."""
    heard: list[str] = []
    for count in range(len(words) + 1):
        now = told(" ".join(words[:count]))
        assert set(heard) <= set(now)
        heard = now
    assert len(heard) == len(set(heard))


PAGES = {
    "A": scenario.policy(), "B": scenario.policy(months=24), "C": scenario.policy(recipient="Brightmetrics"),
    "a": scenario.policy(nonce="again"), "!": scenario.BOT_WALL, "D": scenario.german_policy(),
}  # fmt: skip
an_arrival = st.tuples(
    st.sampled_from("AAaBBC!D"), st.integers(0, 8), st.sampled_from([0, 0, 1, 3]), st.booleans(), st.booleans()
)


def arrive(vendor: scenario.Vendor, arrival: tuple[str, int, int, bool, bool]) -> None:
    page, at, days, is_live, _ = arrival
    if is_live:
        until = scenario.day(at + days) if days else None
        vendor.was_looked_at(PAGES[page], at=scenario.day(at), until=until, sightings=days + 1)
    else:
        vendor.was_archived(PAGES[page], at=scenario.day(at))


def outcome(vendor: scenario.Vendor) -> list[object]:
    """All that a reader could see."""
    seen: list[object] = [*vendor.versions, *vendor.comparisons]
    seen += [(each.id, each.fault, each.fault_reason, each.version) for each in vendor.snapshots]
    return seen


@settings(max_examples=25, deadline=None)
@given(
    st.lists(an_arrival, min_size=2, max_size=7, unique_by=lambda each: (each[0], each[1])),
    st.randoms(use_true_random=False),
)
def test_settling_after_each_arrival_or_once_comes_to_the_same(
    arrivals: list[tuple[str, int, int, bool, bool]], chance: random.Random
) -> None:
    shuffled = arrivals.copy()
    chance.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        with archive_of(Path(one)) as archive:
            world, vendor = World(archive), World(archive).vendor()
            for arrival in shuffled:
                arrive(vendor, arrival)
                if arrival[4]:
                    world.settles()
            world.settles()
            bit_by_bit = outcome(vendor)
        with archive_of(Path(other)) as archive:
            world, vendor = World(archive), World(archive).vendor()
            for arrival in arrivals:
                arrive(vendor, arrival)
            world.settles()
            at_once = outcome(vendor)
    assert bit_by_bit == at_once
