"""Subscribing by pages: ask, confirm, look at it, leave. Who holds a signed link may act; there are no accounts.

A GET never changes anything: mail scanners follow links. Nothing is told about who is subscribed.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from archive import Archive
from archive.documents import list_documents, list_vendors
from archive.subscriptions import add_subscription, confirm_subscription, end_subscription, get_subscription
from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.model import Kind, Rule, Severity, Subscription, SubscriptionState
from clausewatch.settings import Settings
from clausewatch.web.pace import Pace
from clausewatch.web.pages import ArchiveOf, NowOf, PagesOf, SettingsOf
from notifier.address import checked_email
from notifier.mailer import open_mailer
from notifier.outbox import request_confirmation
from notifier.tokens import Purpose, read_token, secret_of, sign

router = APIRouter(include_in_schema=False)

MAILS_AN_ADDRESS = 3  # confirmations an hour to one address, whoever asks: nobody's box is to be filled by us
ASKS_A_CLIENT = 20  # an hour from one client
HOUR = timedelta(hours=1)

_log = logging.getLogger(__name__)

Prefilled = Annotated[str | None, Query(max_length=200)]
OneOf = Annotated[str | None, Form(max_length=200)]


@router.get("/subscribe", response_class=HTMLResponse)
def ask(pages: PagesOf, archive: ArchiveOf, vendor: Prefilled = None, document: Prefilled = None) -> HTMLResponse:
    with archive.read() as connection:
        vendors = list_vendors(connection)
        types = sorted({each.type for each in list_documents(connection)})
    return pages.render(
        "subscribe", vendors=vendors, types=types, kinds=list(Kind), severities=list(Severity), chosen_vendor=vendor,
        chosen_type=document,
    )  # fmt: skip


@router.post("/subscribe", response_class=HTMLResponse)
def subscribe(
    request: Request,
    pages: PagesOf,
    archive: ArchiveOf,
    settings: SettingsOf,
    now: NowOf,
    later: BackgroundTasks,
    *,
    email: Annotated[str, Form(max_length=320)],
    vendor: OneOf = None,
    document: OneOf = None,
    kind: Annotated[list[Kind], Form()] = [],  # noqa: B006  (FastAPI copies it)
    min_severity: Annotated[Severity | None, Form()] = None,
    every: Annotated[Literal["instant", "daily", "weekly"], Form()] = "instant",
) -> HTMLResponse:
    """Keep a pending subscription and send its confirmation. The answer is the same for every address."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise HTTPException(403, "This form was sent from another site. Subscribe here instead.")
    address = checked_email(email)
    _check_names(archive, vendor, document)
    rule = Rule(
        vendors=(vendor,) if vendor else (),
        documents=(document,) if document else (),
        kinds=tuple(dict.fromkeys(kind)),  # a form may name one a thousand times
        min_severity=min_severity,
    )
    if _may_ask(request, address, pace=request.app.state.pace, now=now):
        with archive.write() as connection:
            subscription = add_subscription(connection, address, rule, every=every, now=now)
        if subscription.state is SubscriptionState.PENDING:
            # after the answer: how long a mail takes tells whether one was sent
            later.add_task(_send_confirmation, settings, subscription, now)
    return pages.render("asked")


def _check_names(archive: Archive, vendor: str | None, document: str | None) -> None:
    """A rule for what is not kept would wait in silence for ever."""
    with archive.read() as connection:
        documents = list_documents(connection)
    if vendor and vendor not in {each.vendor for each in documents}:
        raise UsageError(f"{vendor}: no such vendor; choose one of the list")
    if document and document not in {each.type for each in documents}:
        raise UsageError(f"{document}: no such type of document; choose one of the list")


def _may_ask(request: Request, address: str, *, pace: Pace, now: datetime) -> bool:
    client = request.client.host if request.client else ""
    hashed = hashlib.sha256(address.lower().encode()).hexdigest()
    return pace.allows(f"client {client}", most=ASKS_A_CLIENT, per=HOUR, now=now) and pace.allows(
        f"address {hashed}", most=MAILS_AN_ADDRESS, per=HOUR, now=now
    )


def _send_confirmation(settings: Settings, subscription: Subscription, now: datetime) -> None:
    try:
        with open_mailer(settings) as mailer:
            request_confirmation(subscription, mailer, settings=settings, now=now)
    except ClausewatchError as error:
        _log.error("subscription %s: its confirmation was not sent: %s", subscription.id, error)


# --- behind signed links --------------------------------------------------------------------------------------


@router.get("/confirm/{token}", response_class=HTMLResponse)
def show_confirm(token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> HTMLResponse:
    subscription = _opened(archive, settings, token, purpose=Purpose.CONFIRM, now=now)
    return pages.render("confirm", token=token, subscription=subscription, states=SubscriptionState)


@router.post("/confirm/{token}", response_class=HTMLResponse)
def confirm(token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> HTMLResponse:
    subscription = _opened(archive, settings, token, purpose=Purpose.CONFIRM, now=now)
    with archive.write() as connection:
        confirm_subscription(connection, subscription.id, now=now)
        confirmed = get_subscription(connection, subscription.id)
    if confirmed.state is SubscriptionState.ENDED:
        raise UsageError("this subscription was ended; subscribe again if you want it back")
    manage = sign(secret_of(settings), Purpose.MANAGE, subscription=subscription.id, now=now)
    return pages.render("confirmed", subscription=confirmed, manage=manage)


@router.get("/unsubscribe/{token}", response_class=HTMLResponse)
def show_unsubscribe(token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> HTMLResponse:
    subscription = _opened(archive, settings, token, purpose=Purpose.UNSUBSCRIBE, now=now)
    return pages.render("unsubscribe", token=token, subscription=subscription, states=SubscriptionState)


@router.post("/unsubscribe/{token}", response_class=HTMLResponse)
def unsubscribe(token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> HTMLResponse:
    """End the subscription: by the button, or by a mail program's one click (RFC 8058: no cookie, no redirect)."""
    subscription = _opened(archive, settings, token, purpose=Purpose.UNSUBSCRIBE, now=now)
    with archive.write() as connection:
        end_subscription(connection, subscription.id, now=now)
    return pages.render("unsubscribed")


@router.get("/manage/{token}", response_class=HTMLResponse)
def manage(token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> HTMLResponse:
    subscription = _opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    leave = sign(secret_of(settings), Purpose.UNSUBSCRIBE, subscription=subscription.id, now=now)
    return pages.render("manage", subscription=subscription, leave=leave, states=SubscriptionState)


def _opened(archive: Archive, settings: Settings, token: str, *, purpose: Purpose, now: datetime) -> Subscription:
    """The subscription that the link is for. Raises UsageError where the link is not ours or has expired."""
    subscription = read_token(secret_of(settings), token, purpose=purpose, now=now)
    with archive.read() as connection:
        return get_subscription(connection, subscription)
