"""The API's part for subscribers: ask, look, change, leave, by the signed token that stands in every mail's link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from archive.subscriptions import rule_to_json
from clausewatch.instants import rfc3339
from clausewatch.jobs import subscribing
from clausewatch.jobs.rules import Asked, asked_of, read_asked, read_rule
from clausewatch.model import Rule, Subscription
from clausewatch.settings import Settings
from clausewatch.views.json import comparison_to_json
from clausewatch.web.failures import ErrorBody
from clausewatch.web.manage import opened, wave_quietly
from clausewatch.web.pages import ArchiveOf, NowOf, SettingsOf
from clausewatch.web.subscribe import ask_later, preview_for
from notifier.address import checked_email
from notifier.tokens import Purpose

_FAILURES: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 404, 413, 422, 429, 503)}

router = APIRouter(prefix="/api/v1", responses=_FAILURES, tags=["subscriptions"])

Token = Annotated[str, Path(max_length=200, description="From the link to manage the subscription, in every mail")]
Words = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)]


class RuleBody(BaseModel):
    """Which changes. Empty means all; within a field any value will do, across fields all must hold."""

    model_config = ConfigDict(extra="forbid")

    vendors: Words = []
    documents: Words = []
    kinds: Words = []
    min_severity: str | None = None
    companies: Words = []
    keywords: Words = []
    languages: Words = []
    directions: Words = []
    effects: Words = []
    severities: dict[str, str] = Field(default={}, description="How this subscriber ranks findings of a kind")
    everything: bool = Field(default=False, description="Changes of wording too, that no finding tells")

    def rule(self) -> Rule:
        """The rule. Raises UsageError."""
        fields = self.model_dump(exclude={"severities"})
        return read_rule(**fields, severities=[f"{kind}={severity}" for kind, severity in self.severities.items()])


class Changes(BaseModel):
    """What a subscription asks for; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    rule: RuleBody | None = None
    every: str | None = Field(default=None, description="instant, daily or weekly")
    zone: str | None = Field(default=None, description="IANA name of the zone that the hour is in")
    hour: int | None = Field(default=None, description="Of digests, 0 to 23")
    quiet: bool | None = Field(default=None, description="A digest comes when nothing changed, too")
    webhook: str | None = Field(default=None, description="Where notices go instead of the mailbox; empty: nowhere")

    def asked(self, settings: Settings, over: Asked) -> Asked:
        """It, over what was asked before. Raises UsageError."""
        return read_asked(
            self.rule.rule() if self.rule else over.rule,
            every=self.every or over.every,
            zone=self.zone or over.zone,
            hour=over.hour if self.hour is None else self.hour,
            is_quiet_told=over.is_quiet_told if self.quiet is None else self.quiet,
            webhook=over.webhook if self.webhook is None else self.webhook.strip() or None,
            allow_hosts=settings.allow_hosts,
        )


class AskBody(Changes):
    """Who asks for what."""

    email: str = Field(max_length=320)


@dataclass(frozen=True, slots=True)
class Accepted:
    message: str


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription as its owner sees it."""

    id: str
    email: str
    state: str
    rule: dict[str, Any]
    every: str
    zone: str
    hour: int
    quiet: bool
    webhook: str | None
    created_at: str
    confirmed_at: str | None
    ended_at: str | None


@dataclass(frozen=True, slots=True)
class PreviewRows:
    """What a rule would have told, oldest first, without sections."""

    since_at: str
    mails: int
    items: list[dict[str, Any]]


@router.post("/subscriptions", status_code=202, summary="Ask for a subscription; a mail asks to confirm it")
def ask(
    request: Request, body: AskBody, archive: ArchiveOf, settings: SettingsOf, now: NowOf, later: BackgroundTasks
) -> Accepted:
    """The answer is the same whether or not the address is subscribed, and whether or not it may be."""
    address, asked = checked_email(body.email), body.asked(settings, Asked(Rule()))
    ask_later(request, address, asked, archive=archive, settings=settings, now=now, later=later)
    return Accepted("if this address is not subscribed to exactly this already, a mail asks it to confirm")


@router.post("/preview", summary="What a rule would have sent in the last year")
def show_preview(request: Request, body: Changes, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> PreviewRows:
    found = preview_for(request, body.asked(settings, Asked(Rule())), archive=archive, now=now)
    items = [comparison_to_json(each, full=False) for each in found.comparisons]
    for item in items:
        del item["sections"]  # not loaded here
    return PreviewRows(since_at=rfc3339(found.since_at), mails=found.mails, items=items)


@router.get("/subscriptions/{token}", summary="A subscription")
def look(token: Token, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> SubscriptionRow:
    return _row(opened(archive, settings, token, purpose=Purpose.MANAGE, now=now))


@router.patch("/subscriptions/{token}", summary="Change what a subscription asks for")
def change(token: Token, body: Changes, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> SubscriptionRow:
    subscription = opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    asked = body.asked(settings, asked_of(subscription))
    return _row(subscribing.change(archive, subscription, asked, now=now))


@router.delete("/subscriptions/{token}", status_code=204, summary="End a subscription")
def leave(token: Token, archive: ArchiveOf, settings: SettingsOf, now: NowOf, later: BackgroundTasks) -> Response:
    subscription = opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    if subscribing.leave(archive, subscription, now=now):
        later.add_task(wave_quietly, archive, settings, subscription, now)
    return Response(status_code=204, background=later)


@router.get("/subscriptions/{token}/subscriber", summary="All that is kept about the address")
def export(token: Token, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> JSONResponse:
    subscription = opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    data = subscribing.export(archive, settings, subscription.email)
    return JSONResponse(data, headers={"Cache-Control": "no-store"})


@router.delete("/subscriptions/{token}/subscriber", status_code=204, summary="Erase all that is kept about the address")
def erase(token: Token, archive: ArchiveOf, settings: SettingsOf, now: NowOf) -> Response:
    """A keyed hash stays, so that no import brings the address back."""
    subscription = opened(archive, settings, token, purpose=Purpose.MANAGE, now=now)
    subscribing.erase(archive, settings, subscription.email, now=now)
    return Response(status_code=204)


def _row(subscription: Subscription) -> SubscriptionRow:
    confirmed_at, ended_at = subscription.confirmed_at, subscription.ended_at
    return SubscriptionRow(
        id=subscription.id, email=subscription.email, state=subscription.state.value,
        rule=rule_to_json(subscription.rule), every=subscription.every, zone=subscription.zone,
        hour=subscription.hour, quiet=subscription.is_quiet_told, webhook=subscription.webhook,
        created_at=rfc3339(subscription.created_at), confirmed_at=rfc3339(confirmed_at) if confirmed_at else None,
        ended_at=rfc3339(ended_at) if ended_at else None,
    )  # fmt: skip
