"""Look at documents as their vendors serve them now: an answer becomes a snapshot, a 304 a sighting of the last."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from archive import Archive
from archive.documents import due_documents, list_documents
from archive.looks import held_snapshots
from archive.turns import Turn, due_turns
from clausewatch.counts import counted
from clausewatch.errors import ClausewatchError, NotFound
from clausewatch.jobs.claims import Claim, claimed
from clausewatch.jobs.flow import Flow
from clausewatch.jobs.handover import Handover
from clausewatch.jobs.looks import Kind, Look, Said, Storing, record_looks, storing
from clausewatch.jobs.moving import Pursuit, Stray, pursue, stray_of
from clausewatch.jobs.rendering import fetch_documents
from clausewatch.jobs.site_clocks import SiteClocks
from clausewatch.logs import about
from clausewatch.model import Document, Snapshot
from clausewatch.settings import Settings
from crawler.children import Children
from crawler.outcomes import ErrorKind, Outcome

log = logging.getLogger(__name__)

BATCH = 5000
"""Documents in one child process: its start costs a second, and a host that stalls holds up those after it alone."""
GROUP = 100
"""Looks recorded in one transaction, at most: what a kill costs, to be looked at again, and how long others wait."""
FLOWING = 25
"""As many where the documents are settled meanwhile: then the first are read while the last are asked for. With 16 a
round of 50 pages took a twentieth longer, with 32 as long."""
GROUP_BYTES = 32_000_000  # of bodies that wait for it


@dataclass
class Looked:
    """What a crawl came to."""

    looked: int = 0
    new: int = 0
    unchanged: int = 0
    failed: int = 0  # no page came, or an error in its place
    left: int = 0  # not asked for, beside those that were looked at: the site wanted a pause, or the crawl ended early


def crawl_documents(
    archive: Archive,
    name: str | None,
    *,
    is_due_only: bool,
    settings: Settings,
    now: Callable[[], datetime],
    on_progress: Callable[[str], None],
    stop: threading.Event | None = None,
    is_ours: Callable[[str], bool] = lambda url: True,
    flow: Flow | Handover | None = None,
    children: Children | None = None,
) -> Looked:
    """Look at the documents of that name, or all, or those that are due. Failures are counted and said, a line each.

    ``stop``, once set, ends it; what was not looked at by then stays as due as it was. Where several workers share
    what is due, ``is_ours`` says of an address whether it is for this one. With a ``flow`` what was recorded is settled
    as it goes on, as far as it can be; ``children`` starts the processes that fetch.
    """
    looked = Looked()
    for found in batches_of(archive, name, is_due_only=is_due_only, now=now(), is_ours=is_ours):
        if stop and stop.is_set():
            break
        with claimed(archive, found, is_due_only=is_due_only, now=now) as claim:
            if others := len(found) - len(claim.documents):
                on_progress(f"{counted(others, 'document')} left out: another crawl asks there, or did just now")
            _crawl_batch(
                archive, claim, looked, settings=settings, now=now, on_progress=on_progress, stop=stop, flow=flow,
                children=children,
            )  # fmt: skip
        if flow and not (stop and stop.is_set()):
            flow.finish()
    return looked


def batches_of(
    archive: Archive, name: str | None, *, is_due_only: bool, now: datetime, is_ours: Callable[[str], bool]
) -> Iterator[list[Document]]:
    """The documents to look at, each once. Of what is due no more is read than is looked at next: after a standstill
    that may be all there is."""
    if not is_due_only:
        with archive.read() as connection:
            documents = [each for each in list_documents(connection, name) if each.url and is_ours(each.url)]
        if name and not documents:
            raise NotFound(f"{name}: has no address to crawl; clausewatch add gives it one")
        yield from (documents[at : at + BATCH] for at in range(0, len(documents), BATCH))
        return
    last: Turn | None = None
    while True:
        with archive.read() as connection, closing(due_turns(connection, now, after=last)) as turns:
            some = list(islice((turn for turn in turns if is_ours(turn.url)), BATCH))
            found = due_documents(connection, now, among=[turn.document for turn in some])
        if found:
            yield found
        if len(some) < BATCH:
            return
        last = some[-1]


def _crawl_batch(
    archive: Archive,
    claim: Claim,
    looked: Looked,
    *,
    settings: Settings,
    now: Callable[[], datetime],
    on_progress: Callable[[str], None],
    stop: threading.Event | None,
    flow: Flow | Handover | None,
    children: Children | None,
) -> None:
    with archive.read() as connection:
        held = held_snapshots(connection, [document.id for document in claim.documents])
    if flow:
        flow.expect(held)
    with storing(archive) as stored:
        group = _Group(archive, claim, held, looked, on_progress, stored, flow)
        fetch_documents(
            claim.documents,
            settings=settings,
            on_outcome=group.add,
            on_lull=group.record,
            held=held,
            now=now(),
            stop=stop,
            lanes=claim.lanes,
            children=children,
        )
    if doubt := group.clocks.doubt():
        log.warning("%s", doubt)
    for why, count in group.left.items():
        on_progress(f"{counted(count, 'document')} still due: {why}")
    pursuit = Pursuit(archive, claim, settings, on_progress, stop)
    moved = {document.id for document in pursue(group.strays, pursuit)}
    found = sum(stray.is_failing for stray in group.strays if stray.document.id in moved)
    looked.new, looked.failed = looked.new + found, looked.failed - found


@dataclass
class _Group:
    """Looks that came since the last were recorded. While these are written the next ones come; bodies are stored as
    they come, which the disk takes its time for."""

    archive: Archive
    claim: Claim
    held: dict[str, Snapshot]
    looked: Looked
    on_progress: Callable[[str], None]
    stored: Storing
    flow: Flow | Handover | None = None
    looks: list[Look] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)  # documents that were not asked for, by why
    clocks: SiteClocks = field(default_factory=SiteClocks)
    bytes: int = 0

    def add(self, document: Document, outcome: Outcome) -> None:
        look = Look(document, self.held.get(document.id), outcome)
        self.looks.append(look)
        self.stored.begin(look)
        self.bytes += len(outcome.body or b"")
        self.clocks.note(outcome)
        if self.flow:
            self.flow.arrived(document, outcome)
        if len(self.looks) >= (FLOWING if self.flow else GROUP) or self.bytes >= GROUP_BYTES:
            self.record()

    def record(self) -> None:
        looks, self.looks, self.bytes = self.looks, [], 0
        if not looks:
            return
        for look, said in self._recorded(looks):
            self._count(said.kind)
            if said.kind is not Kind.LEFT and (stray := self._stray_of(look, said)):
                self.strays.append(stray)
            if said.kind is not Kind.LEFT or look.outcome.retry_after_seconds:
                with about(document=look.document.name, host=urlsplit(look.outcome.url).hostname):
                    self.on_progress(f"{look.document.name}: {said.words}")
            else:
                self.left[look.outcome.error or ""] += 1
        if self.flow:
            self.flow.recorded([look.document for look in looks])
            self.flow.advance()

    def _recorded(self, looks: Sequence[Look]) -> list[tuple[Look, Said]]:
        """Each look with what it came to. One that cannot be recorded keeps no other from it, and its document from no
        later crawl: it counts as failed. Raises what befalls that one too: it is the archive that is in trouble."""
        try:
            said = record_looks(self.archive, looks, claim=self.claim, stored=self.stored)
            return list(zip(looks, said, strict=True))
        except Exception:  # what one page trips would stop, at every crawl, all that are due after it
            if len(looks) > 1:
                return [each for look in looks for each in self._recorded([look])]
            (look,) = looks
            failed = replace(look, outcome=_unkept(look.outcome))
            (unkept,) = record_looks(self.archive, [failed], claim=self.claim, stored=self.stored)
            log.exception("%s: what came cannot be recorded", look.document.name)
            return [(failed, unkept)]

    def _stray_of(self, look: Look, said: Said) -> Stray | None:
        try:
            return stray_of(self.archive, look, said, read=self.flow.glance(look.document) if self.flow else None)
        except ClausewatchError:
            raise
        except Exception:  # as above; the look itself is recorded
            log.exception("%s: where its page points to cannot be read", look.document.name)
            return None

    def _count(self, kind: Kind) -> None:
        self.looked.looked += kind is not Kind.LEFT
        self.looked.left += kind is Kind.LEFT
        self.looked.new += kind is Kind.NEW
        self.looked.unchanged += kind is Kind.AGAIN
        self.looked.failed += kind is Kind.FAILED


def _unkept(outcome: Outcome) -> Outcome:
    """As if nothing had come."""
    return Outcome(
        outcome.id, outcome.url, outcome.fetched_at, error="what came cannot be recorded", error_kind=ErrorKind.CRASHED
    )
