from __future__ import annotations

import os
import signal

import pytest

from clausewatch.errors import ClausewatchError
from clausewatch.jobs.workers import worker_processes

pytestmark = pytest.mark.once


def killed(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_work_is_done_in_other_processes_in_its_order() -> None:
    with worker_processes(2) as workers:
        assert list(workers.map(abs, range(-5, 0))) == [5, 4, 3, 2, 1]
        assert workers.submit(os.getpid).result() != os.getpid()


def test_no_process_is_started_before_there_is_work() -> None:
    with worker_processes(2) as workers:
        assert not workers._processes  # type: ignore[attr-defined]  # the only place where it can be seen


def test_a_worker_ended_from_outside_is_said_in_one_line() -> None:
    with pytest.raises(ClausewatchError, match=r"^a worker process was ended from outside, for want of memory perhaps"):
        kill_one()


def kill_one() -> None:
    with worker_processes(1) as workers:
        list(workers.map(killed, [0]))
