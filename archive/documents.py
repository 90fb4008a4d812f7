"""Vendors and their documents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, or_, select, tuple_, update

from archive.addresses import add_address, addresses_of, current_address, page_of, spellings
from archive.changes import note_change
from archive.stirs import revision_of, revisions_as
from archive.tables import addresses, documents, vendors
from archive.turns import is_due
from clausewatch.errors import NotFound
from clausewatch.model import Document, Vendor, content_id

EMPTY_CHAIN = "0" * 64
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999
# built once: to build a query takes as long as to ask it
_UPDATE = update(documents).where(documents.c.id == bindparam("of_document"))
_soon_at = bindparam("soon_at", type_=documents.c.due_at.type)
_LOOK_SOON = (
    update(documents)
    .where(documents.c.id == bindparam("of_document"), documents.c.due_at > _soon_at)
    .values(due_at=_soon_at)
)
_SETTLED_BY = select(documents.c.normaliser).where(documents.c.id == bindparam("of_document"))
OUTDATED = -1
"""In the place of a normaliser's revision, where a document's versions are to be made anew when it is settled next."""
REBUILDING, REBUILDING_VENDOR, REBUILDING_DOCUMENT = 0, -2, -3
"""As OUTDATED, by a rebuild: of all documents, of the vendor's, of this one alone."""


def slug_of(name: str) -> str:
    """Lower case, ASCII, hyphens.

    >>> slug_of("Kettle & Loom"), slug_of("Müller GmbH")
    ('kettle-loom', 'muller-gmbh')
    """
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:100]
    return slug or content_id("slug", name)


def add_vendor(connection: Connection, name: str) -> Vendor:
    """The vendor of that name or slug, made if it is not there; the first name given stays."""
    slug = slug_of(name)
    known = connection.execute(select(vendors.c.name).where(vendors.c.slug == slug)).scalar_one_or_none()
    if known is None:
        connection.execute(insert(vendors).values(slug=slug, name=name))
        note_change(connection, slug)
    return Vendor(slug=slug, name=known or name)


def get_vendor(connection: Connection, name: str) -> Vendor:
    """The vendor of that name or slug. Raises NotFound."""
    row = connection.execute(
        select(vendors.c.slug, vendors.c.name).where(vendors.c.slug == slug_of(name))
    ).one_or_none()
    if row is None:
        raise NotFound(f"{name}: no such vendor; see clausewatch documents")
    return Vendor(slug=row.slug, name=row.name)


def list_vendors(connection: Connection, *, after: Vendor | None = None, limit: int | None = None) -> list[Vendor]:
    """Vendors by name: all, or at most ``limit`` that come after one."""
    query = select(vendors.c.slug, vendors.c.name).order_by(vendors.c.name, vendors.c.slug).limit(limit)
    if after:
        query = query.where(tuple_(vendors.c.name, vendors.c.slug) > tuple_(after.name, after.slug))
    rows = connection.execute(query)
    return [Vendor(slug=row.slug, name=row.name) for row in rows]


def vendor_names(connection: Connection, slugs: Collection[str]) -> dict[str, str]:
    """The names of these vendors by slug; one that is not kept is left out."""
    if not slugs:
        return {}
    rows = connection.execute(select(vendors.c.slug, vendors.c.name).where(vendors.c.slug.in_(slugs)))
    return {row.slug: row.name for row in rows}


def count_documents(connection: Connection, among: Collection[str]) -> dict[str, int]:
    """How many documents each of these vendors (by slug) has; none is left out."""
    query = select(documents.c.vendor, func.count()).where(documents.c.vendor.in_(among)).group_by(documents.c.vendor)
    return {row[0]: row[1] for row in connection.execute(query)}


def add_document(
    connection: Connection,
    vendor: Vendor,
    *,
    type: str,
    slug: str | None = None,
    url: str | None = None,
    render: str = "auto",
    include: str | None = None,
    exclude: str | None = None,
    is_watched: bool = False,
    now: datetime | None = None,
) -> Document:
    """The vendor's document of that type, made if it is not there.

    With an address, a document of the type that never stood there is another document: the new one gets a number
    (``privacy-policy-2``) unless ``slug`` names it; with ``slug`` the document moves to the address. ``is_watched``
    makes it due for its first crawl at ``now``.
    """
    is_named = slug is not None
    slug = slug_of(slug) if slug else _free_slug(connection, vendor, type=type, url=url)
    known = _with_slug(connection, vendor.slug, slug)
    if known is None:
        connection.execute(
            insert(documents).values(
                id=content_id("document", vendor.slug, slug), vendor=vendor.slug, slug=slug, type=type, render=render,
                include=include, exclude=exclude, interval_hours=12, chain=EMPTY_CHAIN, chain_length=0,
                is_unsettled=False,
            )
        )  # fmt: skip
        note_change(connection, vendor.slug)
        known = get_document(connection, f"{vendor.slug}/{slug}")
    if url and (known.url is None or (is_named and page_of(url) != page_of(known.url))):
        add_address(connection, known, url, since_at=now if known.url else None)
    if is_watched and known.due_at is None:
        connection.execute(update(documents).where(documents.c.id == known.id).values(due_at=now))
    return get_document(connection, known.name)


def _free_slug(connection: Connection, vendor: Vendor, *, type: str, url: str | None) -> str:
    base, number = slug_of(type), 1
    while True:
        slug = base if number == 1 else f"{base}-{number}"
        known = _with_slug(connection, vendor.slug, slug)
        if known is None or url is None or known.url is None or _stood_at(connection, known, url):
            return slug
        number += 1


def _stood_at(connection: Connection, document: Document, url: str) -> bool:
    """Whether the document was ever found at that page: what moved away is the same document still."""
    return page_of(url) in {page_of(address.url) for address in addresses_of(connection, document)}


@cache  # to build a query takes as long as to ask it
def _documents() -> Select[tuple[object, ...]]:
    url = current_address().scalar_subquery().label("url")
    return select(documents, vendors.c.name.label("vendor_name"), url).join(vendors)


def _document(row: Row[tuple[object, ...]]) -> Document:
    return Document(
        id=row.id, vendor=row.vendor, vendor_name=row.vendor_name, slug=row.slug, type=row.type, url=row.url,
        render=row.render, include=row.include, exclude=row.exclude, interval_hours=row.interval_hours,
        due_at=row.due_at, etag=row.etag, last_modified=row.last_modified,
    )  # fmt: skip


def page_of_documents(connection: Connection, *, after: tuple[str, str] | None, limit: int) -> list[Document]:
    """At most ``limit`` documents by vendor and slug, those that come after such a pair."""
    query = _documents().order_by(documents.c.vendor, documents.c.slug).limit(limit)
    if after:
        query = query.where(tuple_(documents.c.vendor, documents.c.slug) > tuple_(*after))
    return [_document(row) for row in connection.execute(query).all()]


def documents_of(connection: Connection, vendor: Vendor) -> list[Document]:
    """The vendor's documents by slug; of a vendor without any, none."""
    query = _documents().where(documents.c.vendor == vendor.slug).order_by(documents.c.slug)
    return [_document(row) for row in connection.execute(query)]


def list_types(connection: Connection) -> list[str]:
    """The types that documents have, by name. Each is sought after the one before: there are few."""
    found: list[str] = []
    next_type = select(func.min(documents.c.type))
    kind: str | None = connection.execute(next_type).scalar_one()
    while kind is not None:
        found.append(kind)
        kind = connection.execute(next_type.where(documents.c.type > kind)).scalar_one()
    return found


def list_documents(connection: Connection, name: str | None = None, *, type: str | None = None) -> list[Document]:
    """Documents by vendor and slug: all, a vendor's (``vendor``), or one (``vendor/document``); of a type if given.

    Raises NotFound where the name stands for nothing.
    """
    found = _named(connection, name)
    return found if type is None else [each for each in found if each.type.casefold() == type.casefold()]


def _named(connection: Connection, name: str | None) -> list[Document]:
    query = _documents().order_by(documents.c.vendor, documents.c.slug)
    if name is None:
        return [_document(row) for row in connection.execute(query)]
    vendor, _, document = name.partition("/")
    if document:
        return [get_document(connection, name)]
    found = [_document(row) for row in connection.execute(query.where(documents.c.vendor == slug_of(vendor)))]
    if not found:
        raise NotFound(f"{name}: no such vendor; see clausewatch documents")
    return found


def find_document(connection: Connection, name: str) -> Document | None:
    """The document ``vendor/document``, or None. Both are names or slugs, case ignored; of several documents of one
    type it is the first."""
    vendor, _, document = name.partition("/")
    slug = slug_of(document)
    is_it = or_(documents.c.slug == slug, func.lower(documents.c.type) == document.lower())
    rows = connection.execute(_documents().where(documents.c.vendor == slug_of(vendor), is_it))
    found = sorted(map(_document, rows), key=lambda each: (each.slug != slug, each.slug))
    return found[0] if found else None


def _with_slug(connection: Connection, vendor: str, slug: str) -> Document | None:
    query = _documents().where(documents.c.vendor == vendor, documents.c.slug == slug)
    row = connection.execute(query).one_or_none()
    return None if row is None else _document(row)


def get_document(connection: Connection, name: str) -> Document:
    """The document ``vendor/document``. Raises NotFound."""
    document = find_document(connection, name)
    if document is None:
        raise NotFound(f"{name}: no such document; see clausewatch documents")
    return document


def get_by_address(connection: Connection, url: str) -> Document:
    """The document that stands at the page, or ever stood there; of several the one that came there last.

    Scheme, ``www.`` and a slash at the end make no difference. Raises NotFound.
    """
    query = (
        select(addresses.c.document)
        .where(addresses.c.url.in_(spellings(url)))
        .order_by(addresses.c.until_at.is_(None).desc(), addresses.c.id.desc())
        .limit(1)
    )
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(f"{url}: no document stood at this address; see clausewatch documents")
    return get_documents_by_id(connection, [found])[found]


def documents_at(connection: Connection, url: str) -> list[Document]:
    """The documents that stand at the page now, by vendor and slug; addresses are taken for one as above."""
    standing = select(addresses.c.document).where(addresses.c.url.in_(spellings(url)), addresses.c.until_at.is_(None))
    query = _documents().where(documents.c.id.in_(standing)).order_by(documents.c.vendor, documents.c.slug)
    return [_document(row) for row in connection.execute(query)]


def get_documents_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, Document]:
    """Documents by id; ids that stand for nothing are left out."""
    rows = connection.execute(_documents().where(documents.c.id.in_(ids)))
    return {row.id: _document(row) for row in rows}


def documents_among(connection: Connection, ids: Collection[str]) -> list[Document]:
    """The documents of these ids, however many, by vendor and slug; ids that stand for nothing are left out."""
    sought, found = sorted(ids), list[Document]()
    for at in range(0, len(sought), _SOME):
        found += get_documents_by_id(connection, sought[at : at + _SOME]).values()
    return sorted(found, key=lambda each: (each.vendor, each.slug))


def get_documents_by_name(connection: Connection, names: Collection[str]) -> dict[str, Document]:
    """Documents by ``vendor/document``, both slugs; names that stand for nothing are left out."""
    # by vendor, so that the index finds them: for a list of pairs SQLite walks through all documents
    slugs = sorted({name.partition("/")[0] for name in names})
    found: dict[str, Document] = {}
    for at in range(0, len(slugs), _SOME):
        rows = connection.execute(_documents().where(documents.c.vendor.in_(slugs[at : at + _SOME])))
        found |= {document.name: document for document in map(_document, rows)}
    return {name: found[name] for name in names if name in found}


def due_documents(connection: Connection, now: datetime, *, among: Sequence[str] | None = None) -> list[Document]:
    """Documents whose crawl is due, the longest due first: all, or those of these ids, in their order."""
    if among is None:
        query = _documents().where(is_due(connection, now)).order_by(documents.c.due_at, documents.c.id)
        return [document for document in map(_document, connection.execute(query)) if document.url]
    found = dict[str, Document]()
    for at in range(0, len(among), _SOME):
        some = among[at : at + _SOME]
        query = _documents().where(documents.c.id.in_(some), is_due(connection, now, among=some))
        found |= {row.id: _document(row) for row in connection.execute(query)}
    return [found[id] for id in among if id in found and found[id].url]


def record_look(
    connection: Connection,
    document: Document,
    *,
    due_at: datetime,
    etag: str | None = None,
    last_modified: str | None = None,
) -> None:
    """A crawl looked at the document: when it is due again, and the validators for the next conditional request."""
    connection.execute(
        update(documents)
        .where(documents.c.id == document.id)
        .values(due_at=due_at, etag=etag, last_modified=last_modified)
    )


def look_soon(connection: Connection, document: str, *, now: datetime, minutes: int) -> None:
    """Something is held: look again soon rather than at the next turn."""
    soon = now + timedelta(minutes=minutes)
    connection.execute(_LOOK_SOON, {"of_document": document, "soon_at": soon})


def mark_settled(connection: Connection, document: str, *, normaliser: int) -> None:
    """The document's versions tell of all its snapshots, as that revision of the normaliser reads them."""
    connection.execute(_UPDATE, {"of_document": document, "is_unsettled": False, "normaliser": normaliser})


def set_selectors(connection: Connection, document: Document, *, include: str | None, exclude: str | None) -> None:
    """Which part of the page is the document, by CSS selectors; its snapshots are to be read again."""
    connection.execute(
        update(documents).where(documents.c.id == document.id).values(include=include or None, exclude=exclude or None)
    )
    mark_outdated(connection, document.id)


def mark_rebuilding(connection: Connection, document: str, *, name: str | None = None) -> None:
    """The document's versions are to be made anew, by a rebuild of the documents of that name: whatever they become,
    the vendor changed nothing."""
    _mark(connection, document, _rebuilds_of(name)[-1])


def _rebuilds_of(name: str | None) -> tuple[int, ...]:
    """What marks a rebuild of the documents of that name, or of more than these; the former at the end."""
    if name is None:
        return (REBUILDING,)
    is_vendor = not name.partition("/")[2]
    return (REBUILDING, REBUILDING_VENDOR) if is_vendor else (REBUILDING, REBUILDING_VENDOR, REBUILDING_DOCUMENT)


def mark_outdated(connection: Connection, document: str) -> None:
    """As ``mark_rebuilding``, whenever the document is settled next: no rebuild goes on with it."""
    _mark(connection, document, OUTDATED)


def _mark(connection: Connection, document: str, normaliser: int) -> None:
    connection.execute(
        update(documents).where(documents.c.id == document).values(is_unsettled=True, normaliser=normaliser)
    )


def rebuilding_documents(connection: Connection, name: str | None = None) -> list[Document]:
    """Those of the documents of that name that a rebuild of them has before it; none where it was one of fewer
    documents, which did nothing for the others."""
    is_marked = documents.c.normaliser.in_((REBUILDING, REBUILDING_VENDOR, REBUILDING_DOCUMENT))
    rows = connection.execute(select(documents.c.id, documents.c.normaliser).where(is_marked))
    marks = {row.id: row.normaliser for row in rows}
    if name is None:  # asked every few minutes, and nearly always there are none
        left = documents_among(connection, marks)
    else:
        left = [document for document in list_documents(connection, name) if document.id in marks]
    return left if any(marks[document.id] in _rebuilds_of(name) for document in left) else []


def settled_by(connection: Connection, document: Document) -> int | None:
    """The revision of the normaliser that made the document's versions, none above 0 if they are to be made anew, None
    if nothing was settled yet."""
    return revision_of(connection.execute(_SETTLED_BY, {"of_document": document.id}).scalar_one())


def unsettled_documents(connection: Connection) -> list[Document]:
    """Documents with snapshots that no version tells of yet: where a killed run goes on."""
    query = _documents().where(documents.c.is_unsettled.is_(True)).order_by(documents.c.vendor, documents.c.slug)
    return [_document(row) for row in connection.execute(query)]


def unsettled_among(connection: Connection, ids: Sequence[str], *, normaliser: int) -> list[Document]:
    """Those of these documents, no more than a few, with snapshots that no version tells of yet; without those that
    another revision of the normaliser made, which are to be made anew."""
    given = {"among": list(ids), "revisions": revisions_as(normaliser)}
    return [_document(row) for row in connection.execute(_unsettled_among(), given)]


@cache  # to build it takes longer than to ask it
def _unsettled_among() -> Select[tuple[object, ...]]:
    by = documents.c.normaliser
    is_as_made = by.is_(None) | by.in_(bindparam("revisions", expanding=True))
    is_among = documents.c.id.in_(bindparam("among", expanding=True))
    query = _documents().where(is_among, documents.c.is_unsettled.is_(True), is_as_made)
    return query.order_by(documents.c.vendor, documents.c.slug)
