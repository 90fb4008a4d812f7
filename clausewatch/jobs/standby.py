"""What a service keeps ready from one job to the next, so that none of them waits for processes to start."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.children import Children


@dataclass(frozen=True, slots=True)
class Standby:
    """Processes that wait for work; each is started when there first is some for it."""

    executor: Executor  # reads and compares
    children: Children  # of crawls


@contextmanager
def standing_by(readers: int | None = None) -> Iterator[Standby]:
    """The processes, until the block ends; they end with this one too. One for each core reads and compares, or so
    many ``readers``."""
    from clausewatch.jobs.survivors import surviving_workers
    from crawler.children import forked_children

    with surviving_workers(readers) as executor, forked_children() as children:
        yield Standby(executor, children)


class StandsBy:
    """A queue whose jobs are done with processes that stand by, while somebody says so."""

    standby: Standby | None = None
    readers: int | None = None
    """How many processes read and compare; None: one for each core."""

    @contextmanager
    def standing_by(self) -> Iterator[None]:
        """While the block lasts processes stand by for the jobs that are done here; it ends after the last of them."""
        with standing_by(self.readers) as self.standby:
            try:
                yield
            finally:
                self.standby = None
