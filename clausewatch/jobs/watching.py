"""Put documents under watch: one address, or a watchlist."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from archive import Archive
from archive.documents import add_document, add_vendor, documents_at, get_document, set_selectors, slug_of
from archive.texts import forget_readings
from archive.turns import set_interval
from clausewatch.errors import UsageError
from clausewatch.jobs.naming import checked_address, named_by_address
from clausewatch.model import Document
from clausewatch.public import host_port, refusal
from clausewatch.watchlist import INTERVALS, Entry, read_watchlist

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _silent(line: str) -> None:
    """Where nobody listens."""


def add_address(
    archive: Archive,
    url: str,
    *,
    now: datetime,
    vendor: str | None = None,
    type: str | None = None,
    slug: str | None = None,
    render: str = "auto",
    include: str | None = None,
    exclude: str | None = None,
    interval_hours: int | None = None,
    on_progress: Callable[[str], None] = _silent,
) -> Document:
    """Watch the document at that address; vendor and type are told by it where they are not given: by the document
    that is watched there already, else by the address itself.

    Selectors given for one that is watched already take the place of its own, an empty one takes it away; what was read
    is read again by them, and nobody is told of what that changes. An interval given takes the place of its own too.

    Raises UsageError where the address is none that can be watched, or the interval none, and where the page is
    watched under another vendor than the one given, unless a slug says that it is to be watched twice.
    """
    if "://" not in url:
        raise UsageError(f"{url}: is no address; give that of the policy itself, https://{url}/...")
    if interval_hours is not None and interval_hours not in INTERVALS:
        raise UsageError(f"--interval {interval_hours}: give hours from 1 to {INTERVALS[-1]}")
    named = named_by_address(checked_address(url))
    with archive.write() as connection:
        known = None if slug else _standing(connection, url, vendor or named.vendor, type=type)
        is_elsewhere = known is not None and not _is_of(known, vendor or named.vendor)
        if known and is_elsewhere and vendor:
            raise UsageError(
                f"{url}: is watched already, as {known.name} of {known.vendor_name}; leave --vendor out to change how, "
                "or give --slug too, to watch it under both"
            )
        if known and is_elsewhere:
            on_progress(f"{url}: is watched already, as {known.name} of {known.vendor_name}, and stays there")
        if known:
            vendor, type, slug = known.vendor_name, known.type, known.slug
        document = add_document(
            connection, add_vendor(connection, vendor or named.vendor), type=type or named.type, slug=slug, url=url,
            render=render, include=include or None, exclude=exclude or None, is_watched=True, now=now,
        )  # fmt: skip
        document = _repaced(connection, document, interval_hours, now=now)
        return _reselected(connection, document, include=include, exclude=exclude)


def _repaced(connection: Connection, document: Document, hours: int | None, *, now: datetime) -> Document:
    if hours is None or hours == document.interval_hours:
        return document
    set_interval(connection, document, hours, now=now)
    return get_document(connection, document.name)


def _reselected(connection: Connection, document: Document, *, include: str | None, exclude: str | None) -> Document:
    wanted = [
        known if given is None else given or None
        for known, given in ((document.include, include), (document.exclude, exclude))
    ]
    if wanted == [document.include, document.exclude]:
        return document
    set_selectors(connection, document, include=wanted[0], exclude=wanted[1])
    forget_readings(connection, document)
    return get_document(connection, document.name)


def add_watchlist(
    archive: Archive, name: str, *, now: datetime, on_progress: Callable[[str], None] = _silent
) -> list[Document]:
    """Watch all documents of the list; those that are watched already stay as they are, but for an interval that the
    list gives. One that is watched under another vendor stays there, and that is said. Raises WatchlistError."""
    entries = read_watchlist(name)
    with archive.write() as connection:
        return [_listed(connection, entry, now=now, on_progress=on_progress) for entry in entries]


def _listed(connection: Connection, entry: Entry, *, now: datetime, on_progress: Callable[[str], None]) -> Document:
    known = None if entry.slug else _standing(connection, entry.url, entry.vendor, type=entry.type)
    if known and not _is_of(known, entry.vendor):
        on_progress(
            f"{entry.url}: is watched already, as {known.name} of {known.vendor_name}, and stays there; "
            f"with a slug in the list it is watched under {entry.vendor} too"
        )
    document = known or add_document(
        connection, add_vendor(connection, entry.vendor), type=entry.type, slug=entry.slug, url=entry.url,
        render=entry.render, include=entry.include, exclude=entry.exclude, is_watched=True, now=now,
    )  # fmt: skip
    return _repaced(connection, document, entry.interval_hours, now=now)


def _standing(connection: Connection, url: str, vendor: str, *, type: str | None) -> Document | None:
    """What is watched at the page: by this vendor, of that type if one is given; by another where this has nothing."""
    standing = [each for each in documents_at(connection, url) if each.due_at]
    own = [each for each in standing if _is_of(each, vendor)]
    fitting = [each for each in own if type is None or each.type.casefold() == type.casefold()] if own else standing
    return fitting[0] if fitting else None


def _is_of(document: Document, vendor: str) -> bool:
    return document.vendor == slug_of(vendor)


def check_reachable(urls: Iterable[str], allow_hosts: Collection[str]) -> None:
    """Raises UsageError for the first address that no crawl would ask for, with what to do."""
    for url in urls:
        reason = refusal(checked_address(url), allow_hosts)
        if reason is None:
            continue
        place = host_port(url) or ""
        hint = "" if refusal(url, [place]) else f"; put {place} into CLAUSEWATCH_ALLOW_HOSTS if it is to be"
        raise UsageError(f"{url}: is never asked for: {reason}{hint}")
