"""What the operator looks at, and the calls that change something. All of it behind a token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPBearer

from archive.documents import add_document, add_vendor, get_document, record_look
from archive.limits import list_limits
from archive.pulse import pulse
from clausewatch.instants import rfc3339
from clausewatch.jobs.doubts import Restless, restless_documents
from clausewatch.jobs.failing import Unseen, unseen_documents
from clausewatch.jobs.naming import checked_address, named_by_address
from clausewatch.web.api import FAILURES
from clausewatch.web.operator import OperatorOf, limited
from clausewatch.web.pages import ArchiveOf, NowOf, PagesOf

router = APIRouter()
TOKEN_TOLD = Depends(HTTPBearer(auto_error=False, description="A token that clausewatch token add made"))
"""Tells OpenAPI that a call wants a token; ``OperatorOf`` checks it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A document to watch; vendor and type are told by the address where they are not given."""

    address: str
    vendor: str | None = None
    document_type: str | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """A document that is under watch."""

    vendor: str
    document: str
    id: str
    due_at: str | None


@dataclass(frozen=True, slots=True)
class UnseenRow:
    """A document that was not found when it was last looked at."""

    vendor: str
    document: str
    why: str
    reason: str
    since_at: str
    looks: int
    is_lasting: bool
    advice: str | None
    command: str | None


@dataclass(frozen=True, slots=True)
class RestlessRow:
    """A document that showed something new at so many looks in a row: a person is to look at it."""

    vendor: str
    document: str
    since_at: str
    looks: int
    reason: str
    command: str


@dataclass(frozen=True, slots=True)
class LimitRow:
    """What asked for a pause; null: it is open."""

    name: str
    closed_until: str | None
    strikes: int


@dataclass(frozen=True, slots=True)
class Status:
    """The numbers of the moment. ``is_led``: some process does what is due."""

    at: str
    vendors: int
    documents: int
    watched: int
    snapshots: int
    unsettled: int
    due: int
    due_since_at: str | None
    last_good_at: str | None
    held: int
    notices: dict[str, int]
    notice_due_since_at: str | None
    mails_held_back: int
    is_led: bool
    unseen: list[UnseenRow]
    restless: list[RestlessRow]
    limits: list[LimitRow]


@router.get("/status", response_class=HTMLResponse, include_in_schema=False)
def show_status(pages: PagesOf, archive: ArchiveOf, now: NowOf, operator: OperatorOf) -> HTMLResponse:
    with archive.read() as connection:
        current, limits = pulse(connection, now=now), list_limits(connection)
    page = pages.render(
        "status", now=now, pulse=current, limits=limits, unseen=unseen_documents(archive, now=now),
        restless=restless_documents(archive), operator=operator,
    )  # fmt: skip
    page.headers["Cache-Control"] = "no-store"
    return page


@router.get(
    "/api/v1/status", summary="How the whole is doing", tags=["operator"], responses=FAILURES,
    dependencies=[Depends(limited), TOKEN_TOLD],
)  # fmt: skip
def status(archive: ArchiveOf, now: NowOf, operator: OperatorOf, response: Response) -> Status:
    with archive.read() as connection:
        found, limits = pulse(connection, now=now), list_limits(connection)
    response.headers["Cache-Control"] = "no-store"
    return Status(
        at=rfc3339(now), vendors=found.vendors, documents=found.documents, watched=found.watched,
        snapshots=found.snapshots, unsettled=found.unsettled, due=found.due, due_since_at=_instant(found.due_since_at),
        last_good_at=_instant(found.last_good_at), held=found.held, notices=found.notices,
        notice_due_since_at=_instant(found.notice_due_since_at),
        mails_held_back=found.held_back.mails if found.held_back else 0,
        is_led=found.led_until_at is not None and found.led_until_at > now,
        unseen=[_unseen_row(each, now) for each in unseen_documents(archive, now=now)],
        restless=[_restless_row(each) for each in restless_documents(archive)],
        limits=[
            LimitRow(each.name, rfc3339(each.closed_until), each.strikes)
            if each.closed_until and each.closed_until > now
            else LimitRow(each.name, None, 0)
            for each in limits
        ],
    )  # fmt: skip


def _unseen_row(unseen: Unseen, now: datetime) -> UnseenRow:
    return UnseenRow(
        vendor=unseen.document.vendor, document=unseen.document.slug, why=unseen.why, reason=unseen.reason,
        since_at=rfc3339(unseen.since_at), looks=unseen.looks, is_lasting=unseen.is_lasting(now), advice=unseen.advice,
        command=unseen.command,
    )  # fmt: skip


def _restless_row(restless: Restless) -> RestlessRow:
    return RestlessRow(
        vendor=restless.document.vendor, document=restless.document.slug, since_at=rfc3339(restless.held.since_at),
        looks=restless.held.looks, reason=restless.reason, command=restless.command,
    )  # fmt: skip


def _instant(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None


@router.post(
    "/api/v1/documents", summary="Watch a document", tags=["operator"], responses=FAILURES,
    dependencies=[Depends(limited), TOKEN_TOLD], status_code=201,
)  # fmt: skip
def watch(wish: Wish, archive: ArchiveOf, now: NowOf, operator: OperatorOf) -> Watched:
    url = checked_address(wish.address)
    named = named_by_address(url)
    with archive.write() as connection:
        vendor = add_vendor(connection, wish.vendor or named.vendor)
        made = add_document(
            connection, vendor, type=wish.document_type or named.type, url=url, is_watched=True, now=now
        )
    return Watched(made.vendor, made.slug, made.id, _instant(made.due_at))


@router.post(
    "/api/v1/documents/{vendor}/{document}/look", summary="Have a document looked at with the next crawl",
    tags=["operator"], responses=FAILURES, dependencies=[Depends(limited), TOKEN_TOLD],
)  # fmt: skip
def look(vendor: str, document: str, archive: ArchiveOf, now: NowOf, operator: OperatorOf) -> Watched:
    with archive.write() as connection:
        found = get_document(connection, f"{vendor}/{document}")
        record_look(connection, found, due_at=now, etag=found.etag, last_modified=found.last_modified)
    return Watched(found.vendor, found.slug, found.id, rfc3339(now))
