"""From snapshots to versions, comparisons, findings and the outbox: all that is derived from what arrived.

A document with new snapshots is marked unsettled in the transaction that records them; ``settle`` reads, compares
and clears the mark. Killed anywhere, it goes on where it stopped, and doing it twice changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import differ
from archive import Archive
from archive.changes import note_change
from archive.comparisons import Step, set_states, store_packed, stored_steps
from archive.documents import look_soon, mark_settled, unsettled_documents
from archive.facts import store_facts, texts_without_facts
from archive.packed_comparisons import Packed, pack_comparison
from archive.readings import Known, Read, newest_known, store_read
from archive.stirs import mark_stirred
from archive.texts import load_text, stored_looks, unread_snapshots
from archive.versions import replace_timeline, unsettled_snapshots
from archive.watches import record_settled_look
from clausewatch.counts import counted
from clausewatch.errors import ClausewatchError, Collision, Damaged, NotFound
from clausewatch.jobs.cluster import EndsWorkers
from clausewatch.jobs.derivation import Derived, derive
from clausewatch.jobs.overlap import overlapping
from clausewatch.jobs.pace import patience
from clausewatch.jobs.reading import read_from, read_snapshot, unreadable
from clausewatch.jobs.steady import Arrival, settle_steady
from clausewatch.jobs.survivors import each_of
from clausewatch.jobs.telling import new_queue, tell
from clausewatch.logs import about
from clausewatch.model import (
    Comparison,
    Document,
    Fact,
    Side,
    Snapshot,
    Text,
)
from differ import comparing, facts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from notifier.outbox import Queue

log = logging.getLogger(__name__)

DIFFER_REVISION = 3
"""Counts changes to what comparisons and findings say; a comparison of an earlier revision is made again."""
MINUTE = timedelta(minutes=1)
SOON_MINUTES = 30
"""After how long a text that was seen once is looked at again."""
DOCUMENTS_AT_ONCE = 4
"""Where workers read and compare: enough that they seldom wait for what is written here, few enough for the memory."""
FEW_TEXTS = 8
"""Texts that are loaded where it is found that they are to be compared; for more of them no writer waits."""
READINGS_AT_ONCE = 40  # stored in one transaction: what a kill costs, and how long another writer waits


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling a document came to."""

    document: Document
    read: int  # snapshots read now
    faults: int  # of them not the document
    versions: int  # on its timeline
    compared: int  # comparisons made now
    told: tuple[Comparison, ...]  # comparisons that subscribers hear of
    notices: int  # queued for them


_Write = Callable[[], AbstractContextManager["Connection"]]
Progress = Callable[[str], None]
"""Takes a line for people; called as the work goes on."""


def settle_all(
    archive: Archive, *, now: datetime, executor: Executor | None = None, on_progress: Progress | None = None
) -> list[Settled]:
    """Settle every unsettled document. One that cannot be is said and counted, and waits; the others go on.

    Raises what keeps the last of them waiting where that left nothing to settle.
    """
    with archive.read() as connection:
        waiting = unsettled_documents(connection)
    done: list[Settled] = []
    problem: ClausewatchError | None = None
    queue = new_queue()

    def settle_one(document: Document) -> Settled | ClausewatchError:
        with about(document=document.name):
            return settle_or_problem(archive, document, now=now, executor=executor, queue=queue)

    all_settled = overlapping(settle_one, waiting, at_once=DOCUMENTS_AT_ONCE if executor else 1)
    for number, (document, settled) in enumerate(all_settled, 1):
        if isinstance(settled, Settled):
            done.append(settled)
            line = _line(settled, number, len(waiting))
        else:
            problem = settled
            line = f"[{number}/{len(waiting)}] {document.name}: waits: {problem}"
        if on_progress:
            with about(document=document.name):
                on_progress(line)
    if problem and not done:
        raise problem
    if problem and on_progress:
        on_progress(f"{len(waiting) - len(done)} of {counted(len(waiting), 'document')} left waiting")
    return done


def settle_or_problem(
    archive: Archive, document: Document, *, now: datetime, executor: Executor | None = None, queue: Queue | None = None
) -> Settled | ClausewatchError:
    """Settle the document, or say what of its own holds it up: a stored body that is gone or damaged, or a bug that one
    of its pages trips, which is logged.

    Raises what would hold up every document: ArchiveError, OSError, BrokenExecutor.
    """
    try:
        return settle(archive, document, now=now, executor=executor, queue=queue)
    except (Damaged, NotFound) as error:
        return error
    except (
        EndsWorkers
    ) as error:  # two of its texts, as they are compared; of a page that does it see reading.unreadable
        return ClausewatchError(f"{error}; it is kept: report the document, and what mends it goes on")
    except (ClausewatchError, OSError, BrokenExecutor):
        raise
    except Exception as error:  # a page that trips a bug would keep the documents after it from being settled, for ever
        log.exception("%s: cannot be settled", document.name)
        return ClausewatchError(
            f"a page of {document.name} trips a bug, {error!r}; it is kept: report the bug, and what mends it goes on"
        )


def _line(settled: Settled, number: int, total: int) -> str:
    return (
        f"[{number}/{total}] {settled.document.name}: {counted(settled.read, 'snapshot')} read, "
        f"{counted(settled.faults, 'fault')}, {counted(settled.versions, 'version')}, "
        f"{counted(settled.compared, 'comparison')}, {len(settled.told)} told"
    )


def settle(
    archive: Archive, document: Document, *, now: datetime, executor: Executor | None = None, queue: Queue | None = None
) -> Settled:
    """Read the document's new snapshots, derive its versions and comparisons, and queue what is owed.

    With one ``queue`` for many documents, who subscribed is read once for all.

    Where another revision of the normaliser made the versions, or a rebuild was asked for, only what is new since is
    told: the vendor did not change because we read anew.
    """
    try:  # on PostgreSQL beside other documents: what is derived is each one's own, but for texts that they share
        write = partial(archive.write_beside, document.id)
        return _settle(archive, document, now=now, executor=executor, queue=queue or new_queue(), write=write)
    except Collision:
        return _settle(archive, document, now=now, executor=executor, queue=queue or new_queue(), write=archive.write,
                       recall=False)  # fmt: skip


def _settle(
    archive: Archive, document: Document, *, now: datetime, executor: Executor | None, queue: Queue, write: _Write,
    recall: bool = True,
) -> Settled:  # fmt: skip
    with archive.read() as connection:
        unread = unread_snapshots(connection, document, normaliser=differ.REVISION)
        known = newest_known(connection, document, normaliser=differ.REVISION) if unread and recall else None
    read: list[str] = []
    while True:
        readings = _read_snapshots(archive, document, unread, known=known, executor=executor, write=write)
        read += [snapshot.id for snapshot in unread]
        with write() as connection:
            unread = unread_snapshots(connection, document, normaliser=differ.REVISION)
            arrival = arrival_of(document, unread, readings)
            if arrival and (steady := steadied(connection, [arrival])):  # nearly every look: nothing new
                note_change(connection, document.vendor)
                return replace(steady[document.id], read=len(read))
            store_readings(connection, readings)
            if unread := still_unread(unread, readings):
                mark_stirred(connection, [document.id])
                continue  # more arrived meanwhile
            found = derive(connection, document)
            work = work_of(connection, document, found)
            if not work.texts:  # a text that is known
                settled = finish(connection, document, found, Made(), read=read, queue=queue, now=now)
                note_change(connection, document.vendor)
                return settled
            mark_stirred(connection, [document.id])
            texts = load_texts(connection, work) if len(work.texts) <= FEW_TEXTS else None
        if texts is None:
            with archive.read() as connection:
                texts = load_texts(connection, work)
        made = make(texts, document, work, executor=executor)
        with write() as connection:
            unread = unread_snapshots(connection, document, normaliser=differ.REVISION)
            if not unread and stored_looks(connection, document) == found.stored:
                settled = finish(connection, document, found, made, read=read, queue=queue, now=now)
                note_change(connection, document.vendor)
                return settled


def finish(
    connection: Connection, document: Document, found: Derived, made: Made, *, read: Sequence[str], queue: Queue,
    now: datetime,
) -> Settled:  # fmt: skip
    """Keep what was derived and made of it, and queue what is owed. The caller notes the change at the end of the
    transaction: whoever writes beside it waits for that row."""
    fresh = unsettled_snapshots(connection, document) if found.is_upgrade else None
    replace_timeline(connection, document, found.versions, faults=found.timeline.faults)
    for step, packed in made.comparisons:
        store_packed(connection, document, step, packed, differ=DIFFER_REVISION)
    for text_id, stated in made.facts.items():
        store_facts(connection, text_id, stated, revision=DIFFER_REVISION)
    untold = set_states(connection, document, found.steps)
    told, notices = tell(connection, document, found.steps, untold=untold, old=_old(found, fresh), queue=queue, now=now)
    if found.timeline.is_first_sign:
        look_soon(connection, document.id, now=now, minutes=SOON_MINUTES)
    if found.timeline.doubt:  # a quiet document's turn may be far off
        look_soon(connection, document.id, now=now, minutes=patience(document) // MINUTE)
    mark_settled(connection, document.id, normaliser=differ.REVISION)
    record_settled_look(connection, document)
    return Settled(
        document=document, read=len(read), faults=sum(1 for snapshot in read if snapshot in found.timeline.faults),
        versions=len(found.timeline.runs), compared=len(made.comparisons), told=told, notices=notices,
    )  # fmt: skip


def _old(found: Derived, fresh: Collection[str] | None) -> set[str]:
    """The versions that more than these snapshots show; none where all may be told."""
    if fresh is None:
        return set()
    return {version.id for version in found.versions if not set(version.snapshots) <= set(fresh)}


def steadied(connection: Connection, arrivals: Sequence[Arrival]) -> dict[str, Settled]:
    """Settle those of the documents, by id, whose new looks change nothing. The caller notes the change."""
    return {
        id: Settled(each.document, each.read, faults=0, versions=each.versions, compared=0, told=(), notices=0)
        for id, each in settle_steady(connection, arrivals, differ_revision=DIFFER_REVISION).items()
    }


# --- reading --------------------------------------------------------------------------------------------------

Readings = Sequence[tuple[str, Read]]  # by snapshot


def _read_snapshots(
    archive: Archive, document: Document, unread: Sequence[Snapshot], *, known: Known | None,
    executor: Executor | None, write: _Write,
) -> Readings:  # fmt: skip
    """Read the snapshots and store what was read, but for the last of them, which are given."""
    readings: Readings = ()
    for at in range(0, len(unread), READINGS_AT_ONCE):
        if readings:
            with write() as connection:
                store_readings(connection, readings)
                mark_stirred(connection, [document.id])
        batch = unread[at : at + READINGS_AT_ONCE]
        different = {read_from(snapshot): snapshot for snapshot in batch}  # bytes that return are read once
        jobs = [(archive.blobs.read(snapshot.sha256), snapshot, document, known) for snapshot in different.values()]
        found = dict(zip(different, each_of(read_snapshot, jobs, executor=executor, instead=unreadable), strict=True))
        readings = [(snapshot.id, found[read_from(snapshot)]) for snapshot in batch]
    return readings


def arrival_of(document: Document, unread: Sequence[Snapshot], readings: Readings) -> Arrival | None:
    """What arrived, where all that is unread now was read; None where that is nothing, or more than that."""
    read = dict(readings)
    if not unread or still_unread(unread, readings):
        return None
    return Arrival(document, [(snapshot, read[snapshot.id]) for snapshot in unread])


def still_unread(unread: Sequence[Snapshot], readings: Readings) -> list[Snapshot]:
    """What came while these readings were made."""
    read = {snapshot for snapshot, _ in readings}
    return [snapshot for snapshot in unread if snapshot.id not in read]


def store_readings(connection: Connection, readings: Readings) -> None:
    """Keep what was read from snapshots, by their ids."""
    for snapshot, read in readings:
        store_read(connection, snapshot, read)


# --- comparing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be made of texts, away from the archive."""

    steps: tuple[Step, ...]  # that no stored comparison of this revision has compared
    stating: tuple[str, ...]  # texts, by id, whose facts this revision has not read

    @property
    def texts(self) -> set[str]:
        """The ids of all texts that it takes."""
        return {text for step in self.steps for text in (step.before_text, step.after_text)}.union(self.stating)


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of texts: comparisons as they are kept, and facts by text."""

    comparisons: Sequence[tuple[Step, Packed]] = ()
    facts: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)


def work_of(connection: Connection, document: Document, found: Derived) -> Work:
    """What is still to be made for that timeline."""
    stored = stored_steps(connection, document)
    return Work(
        tuple(
            step for step in found.steps
            if stored.get(step.id) != (step.before_text, step.after_text, DIFFER_REVISION)
        ),
        tuple(
            texts_without_facts(connection, [run.text for run in found.timeline.runs], revision=DIFFER_REVISION)
        ),
    )  # fmt: skip


def load_texts(connection: Connection, work: Work) -> dict[str, Text]:
    """The texts that the work takes, by id."""
    return {text: load_text(connection, text) for text in sorted(work.texts)}


def make(texts: Mapping[str, Text], document: Document, work: Work, *, executor: Executor | None = None) -> Made:
    """Do the work, here or in worker processes; needs no archive."""
    compared = _compare_steps(texts, document, work.steps, executor=executor)
    stated = each_of(facts.facts_of, [texts[text] for text in work.stating], executor=executor)
    return Made(compared, dict(zip(work.stating, stated, strict=True)))


def _compare_steps(
    texts: Mapping[str, Text], document: Document, steps: Sequence[Step], *, executor: Executor | None
) -> list[tuple[Step, Packed]]:
    pairs = {(step.before_text, step.after_text): step for step in steps}  # what goes back and forth is compared once
    jobs = [(texts[step.before_text], texts[step.after_text], step, document) for step in pairs.values()]
    made = dict(zip(pairs, each_of(_compare, jobs, executor=executor), strict=True))
    return [(step, made[step.before_text, step.after_text]) for step in steps]


def _compare(job: tuple[Text, Text, Step, Document]) -> Packed:
    from differ.stated import stated_days

    before, after, step, document = job
    comparison = comparing.compare(
        before,
        after,
        before_side=side_of(before, id=step.before, label=document.name),
        after_side=side_of(after, id=step.after, label=document.name),
        vendor=document.vendor,
        document=document.slug,
        vendor_name=document.vendor_name,
    )
    return pack_comparison(replace(comparison, stated=stated_days(before, after)))


def side_of(text: Text, *, id: str | None = None, label: str, at: datetime | None = None) -> Side:
    """One side of a comparison of this text."""
    return Side(id=id, label=label, at=at, language=text.language, words=text.words, sha256=text.sha256)
