"""What a person should look at, and what was learned from a document's own history, in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive import Archive
from archive.comparisons import list_comparisons
from archive.documents import documents_among, get_document, list_documents
from archive.pulse import held_documents
from archive.snapshots import count_faults, latest_live
from archive.texts import looks_of
from archive.versions import get_version, version_at
from archive.watches import misfound_documents
from clausewatch.counts import counted
from clausewatch.jobs.derivation import shapes_of
from clausewatch.model import ComparisonState, Document
from differ.doubts import Doubt, doubts_of
from differ.timeline import Held, Timeline, timeline_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A document that was not found at its last look."""

    document: Document
    doubt: Doubt

    @property
    def command(self) -> str:
        """What shows the text that is believed beside the one that is doubted."""
        if self.doubt.before is None:
            return f"clausewatch show {self.doubt.snapshot}"
        return f"clausewatch diff {self.doubt.before} {self.doubt.snapshot}"


@dataclass(frozen=True, slots=True)
class Restless:
    """A document that shows something new at every look, so that nobody is told of it."""

    document: Document
    held: Held

    @property
    def reason(self) -> str:
        """In words."""
        return "no text was found twice, so nobody is told; leave what alters out by clausewatch add --exclude"

    @property
    def command(self) -> str:
        """What shows how the newest text differs from the last that is sure."""
        if self.held.before is None:
            return f"clausewatch show {self.held.snapshot}"
        return f"clausewatch diff {self.held.before} {self.held.snapshot}"


def restless_documents(archive: Archive, name: str | None = None) -> list[Restless]:
    """The documents whose newest texts are held for longer than one that settles would be, the oldest first."""
    found = []
    with archive.read() as connection:
        documents = (
            list_documents(connection, name) if name else documents_among(connection, held_documents(connection))
        )
        for document in documents:
            if not _is_held(connection, document):
                continue
            looks = looks_of(connection, document)
            held = timeline_of(looks, shapes_of(connection, looks)).held
            if held and held.is_flagged:
                found.append(Restless(document, held))
    return sorted(found, key=lambda each: (each.held.since_at, each.document.name))


def _is_held(connection: Connection, document: Document) -> bool:
    steps = list_comparisons(connection, document.name, state=ComparisonState.HELD, limit=1, newest_first=True)
    return bool(steps) and steps[0].after.id == version_at(connection, document, None).id


def doubtful_documents(archive: Archive, name: str | None = None) -> list[Doubtful]:
    """The documents that were not found at their last look, those found missing more than once first."""
    found = []
    with archive.read() as connection:
        misfound = misfound_documents(connection)
        documents = list_documents(connection, name) if name else documents_among(connection, misfound)
        for document in documents:
            if document.id not in misfound:
                continue
            newest = latest_live(connection, document)
            if newest is None or newest.fault is None:
                continue
            doubt = doubts_of(looks_of(connection, document)).now
            if doubt:
                found.append(Doubtful(document, doubt))
    return sorted(found, key=lambda each: (not each.doubt.is_flagged, each.doubt.since_at))


def lessons_of(archive: Archive, name: str, version: str) -> list[str]:
    """What the history of the document taught that bears on this version, a line each."""
    with archive.read() as connection:
        document = get_document(connection, name)
        looks = looks_of(connection, document)
        timeline = timeline_of(looks, shapes_of(connection, looks))
        lines = [*_selectors(document), *_faults(connection, document), *_doubt(timeline)]
        lines += _place(timeline, connection, version)
        for comparison in list_comparisons(connection, document.name):
            if comparison.after.id == version and comparison.before.at:
                lines.append(
                    f"since {comparison.before.at:%Y-%m-%d}: {comparison.state}: {comparison.state_reason or 'unknown'}"
                )
                if comparison.stated and comparison.stated.sentence:
                    lines.append(comparison.stated.sentence)
    return lines


def _selectors(document: Document) -> list[str]:
    given = [("include", document.include), ("exclude", document.exclude)]
    return [f"you gave --{name} {selector!r}" for name, selector in given if selector]


def _faults(connection: Connection, document: Document) -> list[str]:
    counts = count_faults(connection, document)
    if not counts:
        return []
    named = ", ".join(f"{count} {fault}" for fault, count in sorted(counts.items()))
    return [f"snapshots that were not the document: {named}"]


def _doubt(timeline: Timeline) -> list[str]:
    doubt = timeline.doubt
    if doubt is None:
        return []
    return [f"not found since {doubt.since_at:%Y-%m-%d}, {counted(doubt.looks, 'look')}: {doubt.fault}: {doubt.reason}"]


def _place(timeline: Timeline, connection: Connection, version: str) -> list[str]:
    first_at = get_version(connection, version).first_at
    at = next((at for at, run in enumerate(timeline.runs) if run.first_at == first_at), None)
    if at is None:
        return []
    lines = []
    if slots := timeline.slots.get(timeline.runs[at].key):
        places = "one place shows" if slots == 1 else f"{slots} places show"
        lines.append(f"{places} something else at every other look; what stands there makes no version")
    variants = Counter(timeline.lanes.variants[: at + 1])
    if len(variants) > 1:
        variant = timeline.lanes.variants[at]
        since = timeline.runs[variant].first_at
        lines.append(
            f"{len(variants)} variants were found at this address; this one was found first on {since:%Y-%m-%d}, "
            f"{counted(variants[variant], 'time')} by then"
        )
    return lines
