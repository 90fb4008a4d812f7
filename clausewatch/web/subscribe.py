"""Subscribing by pages: fill in a rule, see what it would have sent, ask, confirm. There are no accounts.

A GET never changes anything: mail scanners follow links. Nothing is told about who is subscribed.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from archive import Archive
from clausewatch.errors import ClausewatchError
from clausewatch.jobs import subscribing
from clausewatch.jobs.preview import YEAR, Preview, preview
from clausewatch.jobs.rules import Asked
from clausewatch.model import Subscription, SubscriptionState
from clausewatch.settings import Settings
from clausewatch.web.compare import turn
from clausewatch.web.pace import Pace, client_key
from clausewatch.web.pages import ArchiveOf, NowOf, Pages, PagesOf, SettingsOf
from clausewatch.web.rules import RuleForm, check_names, check_words, choices
from notifier.address import checked_email
from notifier.tokens import Purpose, secret_of, sign

router = APIRouter(include_in_schema=False)

MAILS_AN_ADDRESS = 3  # confirmations an hour to one address, whoever asks: nobody's box is to be filled by us
ASKS_A_CLIENT = 20  # an hour from one client
PREVIEWS_A_CLIENT = 120  # an hour from one client: each reads a year of comparisons
HOUR = timedelta(hours=1)

_log = logging.getLogger(__name__)


class SubscribeForm(RuleForm):
    """The form with whom to tell."""

    email: Annotated[str, Form(max_length=320)]


@router.get("/subscribe", response_class=HTMLResponse)
def show_form(pages: PagesOf, archive: ArchiveOf, form: Annotated[RuleForm, Query()]) -> HTMLResponse:
    """The empty form, or one filled in by the address of a link."""
    return pages.render("subscribe", form=form, choices=choices(archive, form), email="", preview=None)


@router.post("/subscribe/preview", response_class=HTMLResponse)
def show_preview(
    request: Request, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf,
    *, form: Annotated[RuleForm, Form()], email: Annotated[str, Form(max_length=320)] = "",
) -> HTMLResponse:  # fmt: skip
    """The form as it was filled in, and what its rule would have sent in the last year."""
    found = preview_for(request, form.asked(settings.allow_hosts), archive=archive, now=now)
    return pages.render("subscribe", form=form, choices=choices(archive, form), email=email, preview=found)


@router.post("/subscribe", response_class=HTMLResponse)
def ask(
    request: Request, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf, later: BackgroundTasks,
    *, form: Annotated[SubscribeForm, Form()],
) -> HTMLResponse:  # fmt: skip
    """Keep a pending subscription and send its confirmation. The answer is the same for every address."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise HTTPException(403, "This form was sent from another site. Subscribe here instead.")
    address, asked = checked_email(form.email), form.asked(settings.allow_hosts)
    ask_later(request, address, asked, archive=archive, settings=settings, now=now, later=later)
    return pages.render("asked")


def ask_later(
    request: Request, address: str, asked: Asked, *, archive: Archive, settings: Settings, now: datetime,
    later: BackgroundTasks,
) -> None:  # fmt: skip
    """Ask after the answer has gone: how long it takes tells whether the address was known.

    Raises UsageError for a rule that a visitor may not ask for.
    """
    check_names(archive, asked.rule)
    check_words(asked.rule)
    if may_ask(request.app.state.pace, client_of(request), address, now=now):
        later.add_task(_ask, archive, settings, address, asked, now)


def may_ask(pace: Pace, client: str, address: str, *, now: datetime) -> bool:
    """Whether a confirmation may go to the address at this client's wish."""
    hashed = hashlib.sha256(address.lower().encode()).hexdigest()
    return pace.allows(f"client {client}", most=ASKS_A_CLIENT, per=HOUR, now=now) and pace.allows(
        f"address {hashed}", most=MAILS_AN_ADDRESS, per=HOUR, now=now
    )


def client_of(request: Request) -> str:
    return client_key(request.client.host if request.client else "")


def preview_for(request: Request, asked: Asked, *, archive: Archive, now: datetime) -> Preview:
    """What it would have sent in the last year. Raises HTTPException where this client, or all, ask for too many."""
    pace: Pace = request.app.state.pace
    if not pace.allows(f"preview {client_of(request)}", most=PREVIEWS_A_CLIENT, per=HOUR, now=now):
        raise HTTPException(429, "These were many previews; please go on in an hour.", headers={"Retry-After": "3600"})
    with turn(request.app.state.turns):
        most: int = request.app.state.settings.mails_a_day
        return preview(archive, asked, since_at=now - YEAR, until_at=now, mails_a_day=most)


def _ask(archive: Archive, settings: Settings, address: str, asked: Asked, now: datetime) -> None:
    try:
        subscribing.ask(archive, settings, address, asked, now=now)
    except ClausewatchError as error:
        _log.error("a confirmation was not sent: %s", str(error).replace(address, "the address"))


# --- behind the link of the confirmation ----------------------------------------------------------------------


@router.get("/confirm/{token}", response_class=HTMLResponse)
def show_confirm(token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> HTMLResponse:
    return _confirm_page(pages, archive, token, subscribing.find_asked(archive, settings, token, now=now))


@router.post("/confirm/{token}", response_class=HTMLResponse)
def confirm(token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> HTMLResponse:
    """Confirm, once: who finds the link later learns from it only that it was used."""
    subscription, is_news = subscribing.confirm(archive, settings, token, now=now)
    if not is_news:
        return _confirm_page(pages, archive, token, subscription)
    manage = sign(secret_of(settings), Purpose.MANAGE, subscription=subscription.id, now=now)
    return pages.render(
        "confirmed", subscription=subscription, manage=manage, asked_for=subscribing.in_words(archive, subscription)
    )


def _confirm_page(pages: Pages, archive: Archive, token: str, subscription: Subscription) -> HTMLResponse:
    return pages.render(
        "confirm",
        token=token,
        subscription=subscription,
        states=SubscriptionState,
        asked_for=subscribing.in_words(archive, subscription),
    )
