"""What a service keeps ready from one job to the next, so that none of them waits for processes to start."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.children import Children


MADE_BEFORE_COLLECTING = 10_000
"""Objects: to settle a document makes thousands and drops them all. With Python's 700 a tenth of a service's processor
time went to looking at those that stay."""


@dataclass(frozen=True, slots=True)
class Standby:
    """Processes that wait for work; each is started when there first is some for it."""

    executor: Executor | None  # reads and compares; None: whoever settles does so itself
    children: Children  # of crawls


@contextmanager
def standing_by() -> Iterator[Standby]:
    """Processes for one that does everything, until the block ends; they end with this one too."""
    from clausewatch.jobs.survivors import surviving_workers

    with surviving_workers() as executor, standing_by_to_crawl() as standby:
        yield Standby(executor, standby.children)


@contextmanager
def standing_by_to_crawl() -> Iterator[Standby]:
    """Processes for one of several workers: what it crawls is settled by whichever of them has time."""
    from crawler.children import forked_children

    with forked_children() as children:
        yield Standby(None, children)


class StandsBy:
    """A queue whose jobs are done with processes that stand by, while somebody says so."""

    standby: Standby | None = None

    @contextmanager
    def standing_by(self) -> Iterator[None]:
        """While the block lasts processes stand by for the jobs that are done here; it ends after the last of them."""
        before = gc.get_threshold()
        gc.set_threshold(MADE_BEFORE_COLLECTING)
        with self._processes() as self.standby:
            try:
                yield
            finally:
                self.standby = None
                gc.set_threshold(*before)

    def _processes(self) -> AbstractContextManager[Standby]:
        return standing_by()
