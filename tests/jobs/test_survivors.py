from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from archive.readings import Read
from clausewatch.errors import ClausewatchError
from clausewatch.jobs import settle as settling
from clausewatch.jobs.cluster import EndsWorkers
from clausewatch.jobs.reading import ENDS_READERS, Job, read_snapshot
from clausewatch.jobs.settle import settle_all
from clausewatch.jobs.survivors import surviving_workers
from clausewatch.model import Fault
from tests.support.scenario import NOW, World, day, policy

pytestmark = pytest.mark.slow


def ends_at_seven(number: int) -> int:
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def ends_once(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def fails(_: int) -> None:
    raise ValueError("a bug")


def test_only_the_piece_that_ends_its_process_fails() -> None:
    with surviving_workers(2) as workers:
        answers = [workers.submit(ends_at_seven, number) for number in range(12)]
        for number, answer in enumerate(answers):
            if number == 7:
                with pytest.raises(EndsWorkers, match="for want of memory perhaps"):
                    answer.result()
            else:
                assert answer.result() == number * number
        assert list(workers.map(abs, [-1, -2])) == [1, 2]  # there are workers again


def test_a_batch_is_done_up_to_the_piece_that_ends_its_process() -> None:
    with surviving_workers(2) as workers:
        done = workers.map(ends_at_seven, range(12), chunksize=5)
        assert [next(done) for _ in range(7)] == [number * number for number in range(7)]
        with pytest.raises(EndsWorkers):
            next(done)


def test_what_was_ended_from_outside_is_done_again(tmp_path: Path) -> None:
    with surviving_workers(1) as workers:
        assert workers.submit(ends_once, tmp_path / "mark").result() == "done"


def test_a_bug_is_raised_as_it_is() -> None:
    with surviving_workers(1) as workers, pytest.raises(ValueError, match="a bug"):
        list(workers.map(fails, [1]))


def test_who_minds_no_piece_is_told_in_one_line() -> None:
    with pytest.raises(ClausewatchError, match="what was done is kept, try again"), surviving_workers(1) as workers:
        list(workers.map(ends_at_seven, [7]))


def read_or_end(job: Job) -> Read:
    if b"Hostile" in job[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return read_snapshot(job)


def test_a_page_that_ends_its_reader_is_marked_and_the_others_are_settled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "read_snapshot", read_or_end)
    kites, gullwing = world.vendor(), world.vendor("Gullwing", url="https://gullwing.example/privacy")
    for number in range(10):
        extra = "Hostile." if number == 4 else ""
        kites.publishes(policy(months=number + 1, extra=extra), at=day(number))
        gullwing.publishes(policy(months=number + 20), at=day(number))
    with surviving_workers(2) as workers:
        settled = settle_all(world.archive, now=NOW, executor=workers)
    assert [(each.document.vendor, each.read, each.faults) for each in settled] == [
        ("gullwing", 10, 0), ("harbor-kites", 10, 1),
    ]  # fmt: skip
    (marked,) = [each for each in kites.snapshots if each.fault]
    assert (marked.captured_at, marked.fault, marked.fault_reason) == (day(4), Fault.UNREADABLE, ENDS_READERS)
    assert settle_all(world.archive, now=NOW) == []  # and is not tried again
