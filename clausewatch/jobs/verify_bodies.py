"""Check bodies one by one: the first that are missing are named, the others counted. Which are asked about is the
caller's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from archive.blobs import Blobs
from clausewatch.counts import counted
from clausewatch.errors import ArchiveError, Gone, NotFound, Unreached
from clausewatch.jobs.bodies import MOST_NAMED

PROBED = 50
"""Where not one of so many bodies is there, it is not they that are lost, but the place that is another."""


class BodyCheck:
    """Looks at the bodies of an archive, deep by reading them."""

    def __init__(self, blobs: Blobs, *, erased: Collection[str], is_deep: bool) -> None:
        self._blobs, self._erased, self._is_deep = blobs, erased, is_deep
        self._is_off = False
        self._faults = 0

    def probe(self, some: Sequence[str]) -> Iterator[str]:
        """One line for all where none of some bodies, of the whole archive, is there: no more is asked for then."""
        kept = [sha256 for sha256 in some if sha256 not in self._erased]
        if len(kept) > 1 and not any(self._blobs.holds(sha256) for sha256 in kept):
            self._is_off = True
            yield (
                f"{self._blobs.place}: holds none of the archive's bodies; mount it, or have CLAUSEWATCH_BLOBS or "
                "CLAUSEWATCH_HOME name where they are; if they are lost, restore them from a backup"
            )

    def faults_of(self, sha256: str, *, named: str) -> Iterator[str]:
        """What is wrong with the body, as a line that begins with ``named``."""
        if self._is_off:
            return
        if fault := self._fault_of(sha256):
            self._faults += 1
            if self._faults <= MOST_NAMED:
                yield f"{named}: {fault}"

    def rest(self) -> Iterator[str]:
        """How many were not named."""
        if (more := self._faults - MOST_NAMED) > 0:
            yield f"{counted(more, 'further body')} missing or damaged; restore them from a backup"

    def _fault_of(self, sha256: str) -> str | None:
        is_erased = sha256 in self._erased
        try:
            if self._is_deep or is_erased:
                self._blobs.read(sha256)
                still = f"{sha256}: was taken down, and its body is still there; run the takedown again"
                return still if is_erased else None
            if not self._blobs.holds(sha256):
                return f"{sha256}: its body is gone; restore it from a backup"
        except Unreached:  # for each of the others that would be waited for too
            raise
        except Gone as error:
            return None if is_erased else f"{error}; no tombstone of this database says so"
        except NotFound as error:
            return None if is_erased else str(error)
        except ArchiveError as error:
            return str(error)
        return None
