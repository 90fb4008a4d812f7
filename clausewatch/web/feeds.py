"""Atom feeds (RFC 4287) of what subscribers are told: all, a vendor's, a document's, of a kind, a subscription's.

A reader that asks again with what it got is answered 304 after one query.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy import Connection

from archive.comparisons import comparisons_by_id
from archive.documents import get_document, get_vendor
from archive.feeds import Told, told_lately, told_to
from archive.subscriptions import get_subscription
from clausewatch.model import Comparison, Kind, SubscriptionState
from clausewatch.web.atom import Entry, Feed, atom
from clausewatch.web.pages import ArchiveOf, NowOf, SettingsOf
from notifier.lines import shortened
from notifier.tokens import Purpose, read_token, secret_of

router = APIRouter(include_in_schema=False)

MOST_ENTRIES = 50
REVISION = 1  # of what entries look like; a new one lets readers fetch again
KEPT_SECONDS = 300  # by readers and by what stands between
_LONGEST_TITLE, _LONGEST_QUOTE, _MOST_FINDINGS = 200, 600, 25
# names that were drawn once, so that a comparison has one id in every feed that it stands in
_NAMESPACE = uuid.UUID("b9a1f2c4-6d0e-5b73-9c58-3f1d7e2a4c60")

IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=1000)]


@dataclass(frozen=True, slots=True)
class Channel:
    """One feed: where it stands, what it is called, the page it goes with, and what was told in it."""

    path: str
    title: str
    page: str
    told: Sequence[Told]
    is_private: bool = False


@router.get("/feeds/changes")
def of_all(archive: ArchiveOf, settings: SettingsOf, if_none_match: IfNoneMatch = None) -> Response:
    with archive.read() as connection:
        told = told_lately(connection, most=MOST_ENTRIES)
        return _answer(connection, Channel("changes", "Changes to policies", "", told), settings.public_url,
                       known=if_none_match)  # fmt: skip


@router.get("/feeds/vendors/{vendor}")
def of_vendor(vendor: str, archive: ArchiveOf, settings: SettingsOf, if_none_match: IfNoneMatch = None) -> Response:
    with archive.read() as connection:
        found = get_vendor(connection, vendor)
        told = told_lately(connection, vendor=found.slug, most=MOST_ENTRIES)
        channel = Channel(f"vendors/{found.slug}", f"{found.name}: changes to policies", f"vendors/{found.slug}", told)
        return _answer(connection, channel, settings.public_url, known=if_none_match)


@router.get("/feeds/documents/{vendor}/{document}")
def of_document(
    vendor: str, document: str, archive: ArchiveOf, settings: SettingsOf, if_none_match: IfNoneMatch = None
) -> Response:
    with archive.read() as connection:
        found = get_document(connection, f"{vendor}/{document}")
        told = told_lately(connection, document=found, most=MOST_ENTRIES)
        path = f"documents/{found.vendor}/{found.slug}"
        channel = Channel(path, f"{found.vendor_name}: changes to the {found.type}", path, told)
        return _answer(connection, channel, settings.public_url, known=if_none_match)


@router.get("/feeds/kinds/{kind}")
def of_kind(kind: Kind, archive: ArchiveOf, settings: SettingsOf, if_none_match: IfNoneMatch = None) -> Response:
    with archive.read() as connection:
        told = told_lately(connection, kind=kind, most=MOST_ENTRIES)
        channel = Channel(f"kinds/{kind.value}", f"Changes to policies: {kind.value}", "", told)
        return _answer(connection, channel, settings.public_url, known=if_none_match)


@router.get("/feeds/subscriptions/{token}")
def of_subscription(
    token: str, archive: ArchiveOf, settings: SettingsOf, now: NowOf, if_none_match: IfNoneMatch = None
) -> Response:
    """What one subscription is told, for who holds its signed link. Nothing of the subscriber stands in it."""
    subscription = read_token(secret_of(settings), token, purpose=Purpose.FEED, now=now)
    with archive.read() as connection:
        if get_subscription(connection, subscription).state is not SubscriptionState.CONFIRMED:
            return Response("This subscription has ended, or was not confirmed yet.", 410, media_type="text/plain")
        told = told_to(connection, subscription, most=MOST_ENTRIES)
        channel = Channel(f"subscriptions/{token}", "Changes to policies that you asked for", "", told, is_private=True)
        return _answer(connection, channel, settings.public_url, known=if_none_match)


def feed_address(public_url: str, *parts: str) -> str:
    """Where a feed stands, as ``feed_address(url, "kinds", "retention")``."""
    return "/".join((public_url.rstrip("/"), "feeds", *parts))


# --- answers --------------------------------------------------------------------------------------------------


def _answer(connection: Connection, channel: Channel, public_url: str, *, known: str | None) -> Response:
    tag = _tag(channel, public_url)
    scope = "private" if channel.is_private else "public"
    headers = {"ETag": tag, "Cache-Control": f"{scope}, max-age={KEPT_SECONDS}"}
    if known and is_among(tag, known):
        return Response(status_code=304, headers=headers)
    feed = _feed(connection, channel, public_url)
    return Response(atom(feed), media_type="application/atom+xml", headers=headers)


def _tag(channel: Channel, public_url: str) -> str:
    told = [f"{each.comparison} {each.told_at.timestamp()} {each.differ}" for each in channel.told]
    seen = "\n".join([str(REVISION), public_url, channel.path, channel.title, *told])
    return f'"{hashlib.sha256(seen.encode()).hexdigest()[:32]}"'


def is_among(tag: str, known: str) -> bool:
    """Whether If-None-Match names the tag; weakly, as RFC 9110, 13.1.2 has it."""
    return known.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in known.split(",")}


def _feed(connection: Connection, channel: Channel, public_url: str) -> Feed:
    found = comparisons_by_id(connection, [each.comparison for each in channel.told])
    entries = [
        _entry(found[each.comparison], each.told_at, public_url=public_url)
        for each in channel.told
        if each.comparison in found
    ]
    entries.sort(key=lambda entry: entry.updated_at, reverse=True)
    return Feed(
        id=urn("feed", channel.path),
        title=channel.title,
        address=feed_address(public_url, channel.path),
        page=f"{public_url.rstrip('/')}/{channel.page}",
        # a feed must name an instant: before anything was told, this one
        updated_at=entries[0].updated_at if entries else datetime.fromtimestamp(0, UTC),
        entries=entries,
    )


def _entry(comparison: Comparison, told_at: datetime, *, public_url: str) -> Entry:
    subject = comparison.after.label
    return Entry(
        id=urn("comparison", comparison.id),
        title=shortened(f"{subject}: {comparison.summary}", _LONGEST_TITLE),
        address=f"{public_url.rstrip('/')}/comparisons/{comparison.id}",
        updated_at=told_at,
        summary=shortened(comparison.summary, _LONGEST_QUOTE),
        html=_html(comparison),
        categories=tuple(sorted({finding.kind.value for finding in comparison.findings})),
    )


def _html(comparison: Comparison) -> str:
    """The findings with their quotes, the most severe first; escaped, since quotes are the words of others."""
    findings = sorted(comparison.findings, key=lambda finding: -finding.severity.rank)
    lines = [Markup("<p>{}</p>").format(shortened(comparison.summary, _LONGEST_QUOTE))]
    for finding in findings[:_MOST_FINDINGS]:
        lines.append(
            Markup("<h4>{} ({})</h4>").format(shortened(finding.sentence, _LONGEST_QUOTE), finding.severity.value)
        )
        for word, quoted in (("Before", finding.before), ("After", finding.after)):
            if quoted:
                quote = shortened(quoted.quote, _LONGEST_QUOTE)
                lines.append(Markup("<p>{}:</p><blockquote>{}</blockquote>").format(word, quote))
    if len(findings) > _MOST_FINDINGS:
        lines.append(Markup("<p>{} more on the page.</p>").format(len(findings) - _MOST_FINDINGS))
    return str(Markup("").join(lines))


def urn(kind: str, name: str) -> str:
    """An id that the same thing has for ever."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{kind}/{name}')}"
