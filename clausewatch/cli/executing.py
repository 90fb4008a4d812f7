"""Where bulk work is done: in processes of this machine, or on a cluster."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from clausewatch.errors import ClausewatchError, UsageError

if TYPE_CHECKING:
    from clausewatch.jobs.kinds import Job
    from clausewatch.settings import Settings

Cluster = Annotated[
    str | None, typer.Option("--cluster", metavar="ADDRESS", help="A Dask cluster that does the work: tls://HOST:PORT.")
]
WithoutTls = Annotated[
    bool, typer.Option("--cluster-without-tls", help="The cluster's network is yours alone: tcp:// will do.")
]


LeftToWorkers = Annotated[
    bool, typer.Option("--queue", help="Leave it to the workers that share the PostgreSQL, and do not wait.")
]


@dataclass(frozen=True, slots=True)
class Workers:
    """How many there are, and of which cluster; None: processes here."""

    count: int
    cluster: Executor | None = None


@contextmanager
def workers_of(jobs: int | None, cluster: str | None, *, without_tls: bool) -> Iterator[Workers]:
    """The workers that the options name; one process unless told otherwise."""
    if cluster is None:
        if without_tls:
            raise UsageError("--cluster-without-tls: goes with --cluster alone; see --help")
        yield Workers(jobs or 1)
        return
    if jobs:
        raise UsageError(f"--jobs {jobs}: does not go with --cluster; leave one of them out")
    from clausewatch.jobs.cluster import cluster_executor

    try:
        with cluster_executor(cluster, is_open_allowed=without_tls) as executor:
            yield Workers(executor.threads, executor)
    except BrokenExecutor as error:
        raise ClausewatchError(f"--cluster {cluster}: {error}") from error


@contextmanager
def executor_of(cluster: str | None, *, without_tls: bool) -> Iterator[Executor]:
    """The cluster, or a process for each core."""
    from clausewatch.jobs.survivors import surviving_workers

    with workers_of(None, cluster, without_tls=without_tls) as workers:
        if workers.cluster:
            yield workers.cluster
            return
        with surviving_workers() as executor:
            yield executor


def check_queue(settings: Settings) -> None:
    """Raise UsageError where no workers share the jobs."""
    from clausewatch.jobs.queues import is_shareable

    if not is_shareable(settings):
        raise UsageError("--queue: needs a PostgreSQL that workers share, and clausewatch[cluster]; leave it out")


def leave_to_workers(settings: Settings, jobs: Sequence[Job]) -> None:
    """Put the jobs into the queue. Raises UsageError where there is none."""
    from clausewatch.scheduler import open_queue

    check_queue(settings)
    open_queue(settings).put(jobs, stop=threading.Event())
