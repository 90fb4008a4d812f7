"""The kinds of jobs: how what is to do is found, and how it is done. Who does it, and where, is for ``queues`` to say.

A job is safe to do twice, at once even: what it does is claimed, or decided in the transaction that records it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from clausewatch.errors import ClausewatchError, NotFound
from clausewatch.settings import Settings
from crawler.hosts import host_of

if TYPE_CHECKING:
    from archive import Archive
    from clausewatch.jobs.flow import Flow
    from clausewatch.jobs.handover import Handover
    from clausewatch.jobs.standby import Standby
    from notifier.outbox import Queue

log = logging.getLogger(__name__)


class Channel(Enum):
    """What a job mostly waits for. Jobs of one channel never keep those of another waiting."""

    PAGES = "pages"  # sites, for hours perhaps
    ARCHIVES = "archives"  # the Wayback Machine, for days perhaps
    TEXTS = "texts"  # this processor
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work."""

    kind: str
    subject: str = ""

    @property
    def name(self) -> str:
        return f"{self.kind} {self.subject}".rstrip()


@dataclass(frozen=True, slots=True)
class Work:
    """What a job is done with. ``put`` takes jobs that come of it; once ``stop`` is set it ends soon. With a
    ``standby`` no job waits for processes to start."""

    archive: Archive
    settings: Settings
    stop: threading.Event
    put: Callable[[Sequence[Job]], None]
    listeners: Queue = field(default_factory=lambda: _listeners())
    standby: Standby | None = None

    def now(self) -> datetime:
        return self.archive.clock.now()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of jobs. ``find`` gives the subjects that there is something to do for now, with so many lanes; of the
    jobs of a kind without it a queue alone knows, and must not lose them."""

    do: Callable[[Work, str], None]
    find: Callable[[Archive, datetime, int], list[str]] | None
    channel: Channel
    priority: int
    lock: str  # of two jobs with one lock and one subject, one is done at a time


def jobs_to_do(archive: Archive, kind: str, *, now: datetime, lanes: int = 1) -> list[Job]:
    """What there is to do of that kind."""
    find = KINDS[kind].find
    return [Job(kind, subject) for subject in find(archive, now, lanes)] if find else []


def lane_of(url: str, lanes: int) -> int:
    """The lane of the address's host, over all machines the same: a host is in one lane and no other."""
    return int(hashlib.sha256(host_of(url).encode()).hexdigest()[:8], 16) % lanes


# --- sites ----------------------------------------------------------------------------------------------------


def _due_lanes(archive: Archive, now: datetime, lanes: int) -> list[str]:
    from archive.turns import due_turns

    found = dict[int, None]()  # the longest due first
    with archive.read() as connection, closing(due_turns(connection, now)) as turns:
        for turn in turns:
            found[lane_of(turn.url, lanes)] = None
            if len(found) == lanes:  # more can be due, but in no other
                break
    return [f"{lane}/{lanes}" for lane in found]


def _crawl(work: Work, subject: str) -> None:
    """Look at what is due in the lane ``3/16``, and have settled what came. Where one process does everything, it is
    settled as it comes; where several share the work, each document is from then on for whoever has time."""
    from clausewatch.jobs.capture import crawl_documents

    lane, lanes = map(int, subject.split("/"))
    crawl_documents(
        work.archive, None, is_due_only=True, settings=work.settings, now=work.now, on_progress=log.info,
        stop=work.stop, is_ours=lambda url: lane_of(url, lanes) == lane,
        flow=_flow_of(work), children=work.standby.children if work.standby else None,
    )  # fmt: skip
    _have_settled(work)


def _flow_of(work: Work) -> Flow | Handover | None:
    from clausewatch.jobs.flow import Flow
    from clausewatch.jobs.handover import Handover

    if not work.standby:
        return None
    if work.standby.executor:
        return Flow(work.archive, work.standby.executor, now=work.now, queue=work.listeners)
    return Handover(work.archive, lambda ids: work.put([Job("settle", id) for id in ids]))


# --- archives -------------------------------------------------------------------------------------------------


def _ask_archives(work: Work, _subject: str) -> None:
    """Ask the Wayback Machine for what it holds of the documents whose turn it is, and have it settled."""
    from clausewatch.jobs.wayback_pass import ask_due

    ask_due(work.archive, settings=work.settings, now=work.now, on_progress=log.info, stop=work.stop)
    _have_settled(work)


def backfill_job(name: str, *, from_at: datetime | None, to_at: datetime | None, every: str) -> Job:
    """The job that fills in the past of the documents of that name."""
    wanted = {
        "name": name, "from": from_at and from_at.isoformat(), "to": to_at and to_at.isoformat(), "every": every,
    }  # fmt: skip
    return Job("backfill", json.dumps(wanted, sort_keys=True))


def _backfill(work: Work, subject: str) -> None:
    from clausewatch.jobs.backfill import backfill_documents

    wanted = json.loads(subject)
    from_at, to_at = (wanted[key] and datetime.fromisoformat(wanted[key]) for key in ("from", "to"))
    try:
        backfill_documents(
            work.archive, wanted["name"], from_at=from_at, to_at=to_at, every=wanted["every"], settings=work.settings,
            on_progress=log.info, stop=work.stop,
        )  # fmt: skip
    finally:  # what came before the archive wanted a pause
        _have_settled(work)
    if work.stop.is_set():
        raise ClausewatchError(f"{wanted['name']}: the backfill was stopped, and goes on")


# --- texts ----------------------------------------------------------------------------------------------------


def _have_settled(work: Work) -> None:
    work.put(jobs_to_do(work.archive, "settle", now=work.now()))


def _unsettled(archive: Archive, _now: datetime, _lanes: int) -> list[str]:
    from archive.documents import rebuilding_documents, unsettled_documents

    with archive.read() as connection:
        anew = {document.id for document in rebuilding_documents(connection)}
        return [each.id for each in unsettled_documents(connection) if each.id not in anew]


def _rebuilding(archive: Archive, _now: datetime, _lanes: int) -> list[str]:
    from archive.documents import rebuilding_documents

    with archive.read() as connection:
        return [document.id for document in rebuilding_documents(connection)]


def _settle(work: Work, subject: str) -> None:
    """Settle the document of that id. One that cannot be waits; it holds no other up."""
    from archive.documents import get_documents_by_id
    from clausewatch.jobs.settle import Settled, settle_or_problem

    if work.stop.is_set():
        return
    with work.archive.read() as connection:
        document = get_documents_by_id(connection, [subject]).get(subject)
    if document is None:
        raise NotFound(f"{subject}: no such document to settle; it was taken out meanwhile")
    executor = work.standby.executor if work.standby else None
    settled = settle_or_problem(work.archive, document, now=work.now(), executor=executor, queue=work.listeners)
    if not isinstance(settled, Settled):
        raise ClausewatchError(f"{document.name}: {settled}") from settled


def _listeners() -> Queue:
    from notifier.outbox import Queue

    return Queue()


# --- mail, and what is done once a day -----------------------------------------------------------------------


def _always(_archive: Archive, _now: datetime, _lanes: int) -> list[str]:
    return [""]


def _deliver(work: Work, _subject: str) -> None:
    """Send what is due from the outbox, and tell the operator of what stopped being seen."""
    from clausewatch.jobs.alarms import alarm_operator
    from clausewatch.jobs.claims import holder_of_this_process
    from notifier.mailer import open_mailer
    from notifier.outbox import deliver

    with open_mailer(work.settings) as mailer:
        report = deliver(
            work.archive, mailer, settings=work.settings, now=work.now(), sender=holder_of_this_process(),
            stop=work.stop,
        )  # fmt: skip
        if not work.stop.is_set() and not report.stopped:
            alarm_operator(work.archive, mailer, settings=work.settings, now=work.now())
    for problem in report.problems:
        log.error("deliver: %s", problem)


def _tell_of_neglect(work: Work, _subject: str) -> None:
    """Tell the operator of what is not looked at though nothing failed, once the crawl had time to catch up."""
    from clausewatch.jobs.alarms import alarm_operator
    from notifier.mailer import open_mailer

    if work.stop.is_set():
        return
    with open_mailer(work.settings) as mailer:
        alarm_operator(work.archive, mailer, settings=work.settings, now=work.now(), is_caught_up=True)


def _sign_the_day(work: Work, _subject: str) -> None:
    """Sign the day's head once it has none, and erase what came again of what was taken down."""
    from clausewatch.jobs.heads import head_of_the_day, signing_key
    from clausewatch.jobs.takedown import erase_bodies

    if work.stop.is_set():
        return
    erase_bodies(work.archive)
    head_of_the_day(work.archive, signing_key(work.settings), now=work.now())


KINDS = {
    "deliver": Kind(_deliver, _always, Channel.MAIL, priority=30, lock="deliver"),
    "neglect": Kind(_tell_of_neglect, _always, Channel.MAIL, priority=20, lock="neglect"),
    "sign": Kind(_sign_the_day, _always, Channel.MAIL, priority=10, lock="sign"),
    "settle": Kind(_settle, _unsettled, Channel.TEXTS, priority=20, lock="texts"),
    "rebuild": Kind(_settle, _rebuilding, Channel.TEXTS, priority=10, lock="texts"),
    "crawl": Kind(_crawl, _due_lanes, Channel.PAGES, priority=20, lock="lane"),
    "wayback": Kind(_ask_archives, _always, Channel.ARCHIVES, priority=20, lock="wayback"),
    "backfill": Kind(_backfill, None, Channel.ARCHIVES, priority=10, lock="backfill"),
}
"""By name. Where more is to do than can be done, the higher priority comes first in each channel."""
