"""What a crawl brings is left to whoever has time to settle it, while the crawl goes on: as jobs of the queue, where
several workers share it. Where one process does everything, ``flow`` settles it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import differ
from archive import Archive
from archive.documents import unsettled_among
from clausewatch.model import Document, Snapshot
from crawler.outcomes import Outcome


class Handover:
    """Takes what a crawl says of its documents, as ``Flow`` does. What a kill keeps from being put is found by the
    leader."""

    def __init__(self, archive: Archive, put: Callable[[Sequence[str]], None]) -> None:
        """``put`` has the documents of these ids settled; one that waits for it already may be named again."""
        self._archive, self._put = archive, put

    def expect(self, held: Mapping[str, Snapshot]) -> None:
        """Nothing is read here."""

    def arrived(self, document: Document, outcome: Outcome) -> None:
        """Nothing is read before it is recorded: who settles it may be on another machine."""

    def glance(self, document: Document) -> None:
        """Nothing is known of what was not read."""

    def recorded(self, documents: Sequence[Document]) -> None:
        """Looks at these documents were recorded: those that are unsettled now are for whoever has time."""
        with self._archive.read() as connection:
            ids = [document.id for document in documents]
            found = unsettled_among(connection, ids, normaliser=differ.REVISION)
        self._put([document.id for document in found])

    def advance(self) -> None:
        """Nothing is done here."""

    def finish(self) -> None:
        """Nothing is waited for."""
