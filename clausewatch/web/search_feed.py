"""Atom feed of a search: where the words that somebody looks for came into a policy, or went."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from markupsafe import Markup

from archive.documents import get_documents_by_id
from archive.passages import Passage, unmarked
from clausewatch.errors import UsageError
from clausewatch.instants import rfc3339
from clausewatch.model import Document, Kind
from clausewatch.web.api import Day, Name
from clausewatch.web.atom import Entry, Feed, atom
from clausewatch.web.feeds import KEPT_SECONDS, MOST_ENTRIES, IfNoneMatch, is_among, urn
from clausewatch.web.pages import ArchiveOf, Pages, PagesOf
from clausewatch.web.search import Wanted, Words, find
from notifier.lines import shortened

router = APIRouter(include_in_schema=False)

REVISION = 1  # of what entries look like; a new one lets readers fetch again
_LONGEST_TITLE = 200


@router.get("/feeds/search")
def of_search(
    pages: PagesOf, archive: ArchiveOf, *, q: Words, vendor: Name = None,
    document: Annotated[str | None, Query(max_length=200)] = None, kind: Kind | None = None, since: Day = None,
    until: Day = None, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """The passages that came into the archive last; one that went is told once more, under its id."""
    if not q.strip():
        raise UsageError("the search names no word to look for; give one that must stand in the text")
    wanted = Wanted(q, vendor or None, document or None, kind, since or None, until or None)
    with archive.read() as connection:
        found = find(connection, wanted, after=None, limit=MOST_ENTRIES).passages
        documents = get_documents_by_id(connection, [passage.document for passage in found])
    asked = {"q": q, "vendor": wanted.vendor, "document": wanted.document, "kind": kind and kind.value, "since": since,
             "until": until}  # fmt: skip
    seen = [f"{each.document} {each.version} {each.start} {each.since_at} {each.until_at}" for each in found]
    words = "\n".join([str(REVISION), pages.permanent("feeds", "search", **asked), *seen])
    headers = {
        "ETag": f'"{hashlib.sha256(words.encode()).hexdigest()[:32]}"',
        "Cache-Control": f"public, max-age={KEPT_SECONDS}",
    }
    if if_none_match and is_among(headers["ETag"], if_none_match):
        return Response(status_code=304, headers=headers)
    entries = [_entry(each, documents, pages) for each in found]
    entries.sort(key=lambda entry: entry.updated_at, reverse=True)
    feed = Feed(
        id=urn("search", pages.to("", **asked)),
        title=shortened(f"Search: {q}", _LONGEST_TITLE),
        address=pages.permanent("feeds", "search", **asked),
        page=pages.permanent("search", **asked),
        updated_at=entries[0].updated_at if entries else datetime.fromtimestamp(0, UTC),
        entries=entries,
    )
    return Response(atom(feed), media_type="application/atom+xml", headers=headers)


def _entry(passage: Passage, documents: Mapping[str, Document], pages: Pages) -> Entry:
    document = documents[passage.document]
    name = f"{document.vendor_name}: {document.type}"
    stood = f"Stands in it since {rfc3339(passage.since_at)}."
    if passage.until_at:
        stood = f"Stood in it from {rfc3339(passage.since_at)} to {rfc3339(passage.until_at)}."
    anchor = f"{'s' if passage.is_heading else 'p'}{passage.start}"
    return Entry(
        id=urn("passage", f"{passage.document}/{passage.version}/{passage.start}"),
        title=name if passage.until_at is None else f"{name}, gone",
        address=f"{pages.permanent('versions', passage.version)}#{anchor}",
        updated_at=passage.until_at or passage.since_at,
        summary=stood,
        html=str(Markup("<blockquote>{}</blockquote>").format(unmarked(passage.excerpt))),
    )
