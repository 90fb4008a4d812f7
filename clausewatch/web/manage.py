"""Behind the links of every mail: look at a subscription, change it, leave, take all data along or have it erased.

Who holds a signed link may act. A GET never changes anything.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse

from archive import Archive
from archive.subscriptions import find_subscription
from clausewatch.errors import ClausewatchError, NotFound, UsageError
from clausewatch.jobs import subscribing
from clausewatch.jobs.preview import Preview
from clausewatch.jobs.rules import asked_of
from clausewatch.model import Subscription, SubscriptionState
from clausewatch.settings import Settings
from clausewatch.web.pages import ArchiveOf, NowOf, Pages, PagesOf, SettingsOf
from clausewatch.web.rules import RuleForm, choices, filled_in
from clausewatch.web.subscribe import preview_for
from notifier.tokens import Purpose, read_token, secret_of, sign
from notifier.webhook import signing_secret

router = APIRouter(include_in_schema=False)

_log = logging.getLogger(__name__)


@router.get("/manage/{token}", response_class=HTMLResponse)
def manage(token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> HTMLResponse:
    subscription = opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    return _page(pages, archive, settings, token, subscription=subscription, now=now)


@router.post("/manage/{token}", response_class=HTMLResponse)
def change(
    token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf,
    *, form: Annotated[RuleForm, Form()],
) -> HTMLResponse:  # fmt: skip
    """Ask for something else from now on."""
    subscription = opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    changed = subscribing.change(archive, subscription, form.asked(settings.allow_hosts), now=now)
    return _page(pages, archive, settings, token, subscription=changed, now=now, is_changed=True)


@router.post("/manage/{token}/preview", response_class=HTMLResponse)
def show_preview(
    token: str, request: Request, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf,
    *, form: Annotated[RuleForm, Form()],
) -> HTMLResponse:  # fmt: skip
    """What the rule in the form would have sent; nothing is changed yet."""
    subscription = opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    found = preview_for(request, form.asked(settings.allow_hosts), archive=archive, now=now)
    return _page(
        pages, archive, settings, token, subscription=subscription, now=now, form=form, found=found
    )  # fmt: skip


def _page(
    pages: Pages, archive: Archive, settings: Settings, token: str,
    *, subscription: Subscription, now: datetime, form: RuleForm | None = None, found: Preview | None = None,
    is_changed: bool = False,
) -> HTMLResponse:  # fmt: skip
    secret = secret_of(settings)
    shown = form or filled_in(asked_of(subscription))
    return pages.render(
        "manage", token=token, subscription=subscription, states=SubscriptionState, form=shown,
        asked_for=subscribing.in_words(archive, subscription),
        choices=choices(archive, shown), preview=found, is_changed=is_changed,
        leave=sign(secret, Purpose.UNSUBSCRIBE, subscription=subscription.id, now=now),
        feed=sign(secret, Purpose.FEED, subscription=subscription.id, now=now),
        webhook_secret=signing_secret(secret, subscription.id) if subscription.webhook else None,
    )  # fmt: skip


@router.get("/manage/{token}/export")
def export(token: str, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> JSONResponse:
    """All that is kept about the address, as a file."""
    subscription = opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    return JSONResponse(
        subscribing.export(archive, settings, subscription.email),
        headers={"Content-Disposition": 'attachment; filename="clausewatch.json"', "Cache-Control": "no-store"},
    )


@router.post("/manage/{token}/erase", response_class=HTMLResponse)
def erase(
    token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf, *, sure: bool = Form(False)
) -> HTMLResponse:
    """Remove all that is kept about the address but a keyed hash."""
    subscription = opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    if not sure:
        raise UsageError("nothing was erased; tick the box that says that you are sure, then press the button again")
    subscribing.erase(archive, settings, subscription.email, now=now)
    return pages.render("erased")


@router.get("/unsubscribe/{token}", response_class=HTMLResponse)
def show_unsubscribe(token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> HTMLResponse:
    subscription = opened(archive, settings, token, purpose=Purpose.UNSUBSCRIBE, now=now)
    return pages.render(
        "unsubscribe", token=token, subscription=subscription, states=SubscriptionState,
        asked_for=subscribing.in_words(archive, subscription),
    )  # fmt: skip


@router.post("/unsubscribe/{token}", response_class=HTMLResponse)
def unsubscribe(
    token: str, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf, now: NowOf, later: BackgroundTasks
) -> HTMLResponse:
    """End the subscription: by the button, or by a mail program's one click (RFC 8058: no cookie, no redirect)."""
    try:
        subscription = opened(archive, settings, token, purpose=Purpose.UNSUBSCRIBE, now=now)
    except NotFound:  # erased: what the click is for is done
        return pages.render("unsubscribed", is_told=False)
    is_told = subscribing.leave(archive, subscription, now=now)
    if is_told:
        later.add_task(wave_quietly, archive, settings, subscription, now)
    return pages.render("unsubscribed", is_told=is_told)


def opened(archive: Archive, settings: Settings, token: str, *, purpose: Purpose, now: datetime) -> Subscription:
    """The subscription that the link is for.

    Raises UsageError where the link is not ours or has expired, NotFound where the subscription was erased.
    """
    subscription = read_token(secret_of(settings), token, purpose=purpose, now=now)
    with archive.read() as connection:
        found = find_subscription(connection, subscription)
    if found is None:
        raise NotFound("this subscription was erased; nothing is sent for it, and nothing is kept of it")
    return found


def wave_quietly(archive: Archive, settings: Settings, subscription: Subscription, now: datetime) -> None:
    """Mail the goodbye; a failure is only logged, for what counts is done."""
    try:
        subscribing.wave(archive, settings, subscription, now=now)
    except ClausewatchError as error:
        reason = str(error).replace(subscription.email, "the address")
        _log.error("subscription %s: its goodbye was not sent: %s", subscription.id, reason)
