"""The steady way: looks that found the text again that a document is at, which nearly all do, make its last version
longer and nothing else. What it writes is what ``settle`` would, without going over all looks of the document.

It is taken where that is certain. The document was settled, by the normaliser and the differ as they are, and nothing
but the new snapshots came since (``archive.documents.stirred``). These are live looks, later than all that was seen
before, and no faults by their pages. Their text is that of every look of the last version, so that

- none is doubted: the last look that was believed showed the same (``differ.faults.fault_in_history``);
- all make one visit, and it is in no rotation: either it was found too often for that, or fewer texts were found within
  the time that a rotation takes than one shows (``differ.slots``), so that no text's key changes;
- lanes, places and steps stay, since these depend on the last version's key, text and beginning alone, and on whether
  it is live and sure: it is, by two live looks or more (``differ.timeline``);
- nothing is told: what is news was decided when it became sure, and no return to an earlier text waits to last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import differ
from archive.comparisons import lasting_returns
from archive.current import Current, Prolonged, count_texts, current_versions, prolong, signals_of
from archive.packing import pack_values
from archive.readings import Read, row_of, store_read
from archive.texts import put_signals
from clausewatch.jobs.telling import RETURN_LASTS
from clausewatch.model import Document, Snapshot, Source
from differ.slots import LEAST_VALUES, PACE, VISITS_A_CHANGE, WINDOW
from differ.timeline import CONFIRMING_SIGHTINGS

if TYPE_CHECKING:
    from sqlalchemy import Connection

STEADY_SIGHTINGS = (VISITS_A_CHANGE - 1) * (WINDOW - 1) + 1
"""Looks at a text that make it too steady to rotate, though each other text of the window was seen once alone."""
LONGEST_ROTATION = PACE * (WINDOW - 1)
"""From the first to the last of the texts of a window, where all of them rotate."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A document, and what was read of its new snapshots, in the order of their capture."""

    document: Document
    read: Sequence[tuple[Snapshot, Read]]


@dataclass(frozen=True, slots=True)
class Steadied:
    """What the steady way settled."""

    document: Document
    read: int  # snapshots
    versions: int  # on the timeline


def settle_steady(connection: Connection, arrivals: Sequence[Arrival], *, differ_revision: int) -> dict[str, Steadied]:
    """Store the readings of those documents for which that settles them, and settle them; what became of them, by
    document. The others are left as they are. The caller notes the change."""
    likely = {each.document.id: each for each in arrivals if _is_likely(each)}
    found = current_versions(connection, likely, normaliser=differ.REVISION, differ=differ_revision) if likely else {}
    found = {id: each for id, each in found.items() if _is_again(each, likely[id])}
    # all looks are at the text of the current version where it is the only one
    rare = [each for each in found.values() if each.sightings < STEADY_SIGHTINGS and each.versions > 1]
    texts = _recent_texts(connection, rare) if rare else {}
    steady = [
        each for id, each in found.items()
        if texts.get(id, 0) < LEAST_VALUES and not _may_tell(connection, each, likely[id].document)
    ]  # fmt: skip
    if steady:
        _prolong(connection, steady, likely)
    return {
        each.document: Steadied(likely[each.document].document, len(likely[each.document].read), each.versions)
        for each in steady
    }


def _is_likely(arrival: Arrival) -> bool:
    """Whether its new looks are live ones that all found one text, and no fault."""
    texts = {read.text_id for _, read in arrival.read}
    return (
        len(texts) == 1
        and None not in texts
        and all(
            snapshot.is_live and snapshot.source is not Source.WAYBACK and read.fault is None
            for snapshot, read in arrival.read
        )
    )


def _is_again(current: Current, arrival: Arrival) -> bool:
    """Whether the current version is sure, shown by one text alone, and that is what the new looks found, later."""
    return (
        current.live_sightings >= CONFIRMING_SIGHTINGS
        and current.counted == current.snapshots
        and current.first_text == current.last_text
        and all(
            snapshot.captured_at > current.last_at and read.text_id == current.first_text
            for snapshot, read in arrival.read
        )
    )


def _recent_texts(connection: Connection, found: Sequence[Current]) -> dict[str, int]:
    """How many texts these documents showed within the time that a rotation up to their last look takes, by document;
    of some perhaps those of a longer time."""
    since = min(each.last_at for each in found) - LONGEST_ROTATION
    return count_texts(connection, [each.document for each in found], since=since)


def _may_tell(connection: Connection, current: Current, document: Document) -> bool:
    """Whether a return to an earlier text is to be told, or may be as it lasts: that to the current version alone
    does."""
    if not current.has_returns:
        return False
    return current.ordinal > 0 or bool(lasting_returns(connection, document, lasting=RETURN_LASTS))


def _prolong(connection: Connection, steady: Sequence[Current], arrivals: Mapping[str, Arrival]) -> None:
    unlike = [each for each in steady if any(not read.like for _, read in arrivals[each.document].read)]
    known = signals_of(connection, unlike)
    prolonged, rows = [], []
    for current in steady:
        arrival = arrivals[current.document]
        for snapshot, read in arrival.read:
            if read.like and read.like.record != current.signals:
                store_read(connection, snapshot.id, read)
                continue
            # most are those of the look before, byte for byte: they are kept once
            is_kept = read.like or known.get(current.document) == pack_values(dict(read.signals))
            kept = current.signals if is_kept else put_signals(connection, snapshot.id, read.signals)
            rows.append(row_of(snapshot.id, read, record=kept))
        snapshots = [snapshot for snapshot, _ in arrival.read]
        last_at = max(max(each.captured_at, each.seen_at) for each in snapshots)
        ids = tuple(each.id for each in snapshots)
        prolonged.append(Prolonged(arrival.document, current, ids, last_at))
    prolong(connection, prolonged, read=rows)
