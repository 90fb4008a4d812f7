"""Comparisons and their findings, stored with the offsets that lead back to both texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Select, bindparam, insert, literal, select, tuple_, update

from archive.documents import find_document, slug_of
from archive.findings import erase_comparisons, has_finding, kinds_of, load_findings
from archive.packed_comparisons import Packed, pack_comparison
from archive.pages import erase_records, fetch_record, put_record
from archive.sections import unpack_sections
from archive.tables import Instant, comparisons, documents, texts, vendors, versions
from archive.takedowns import refuse_taken
from archive.texts import load_words_of
from clausewatch.errors import NotFound
from clausewatch.model import (
    Comparison,
    ComparisonState,
    Document,
    Finding,
    Kind,
    Severity,
    Side,
    StatedDays,
)  # fmt: skip

_IDS_AT_ONCE = 500  # in one query: SQLite before 3.32 took 999
_RECORDS = comparisons.c.sections, comparisons.c.findings
_BESIDE = 8  # newest comparisons of a document that are looked at for where to put the next
_BY_TIME = (comparisons.c.after_at, comparisons.c.id)
_STATES = select(
    comparisons.c.id, comparisons.c.told_at, comparisons.c.after_at, comparisons.c.material,
    comparisons.c.is_classified, comparisons.c.artefact, comparisons.c.state, comparisons.c.state_reason,
    comparisons.c.notify, comparisons.c.is_current,
).where(comparisons.c.document == bindparam("of_document"))  # fmt: skip
_STORED = select(
    comparisons.c.id, comparisons.c.before_text, comparisons.c.after_text, comparisons.c.differ
).where(comparisons.c.document == bindparam("of_document"))  # fmt: skip
_MADE_OF = select(comparisons.c.before_text, comparisons.c.after_text, comparisons.c.differ).where(
    comparisons.c.id == bindparam("of_id")
)
_UPGRADES = select(comparisons.c.id).where(
    comparisons.c.document == bindparam("of_document"), comparisons.c.state == ComparisonState.UPGRADE.value
)
_RECORDS_OF = select(*_RECORDS).where(comparisons.c.id == bindparam("of_id"))
_NEWEST_RECORDS = {
    column.name: select(column)
    .where(comparisons.c.document == bindparam("of_document"), column.is_not(None))
    .order_by(comparisons.c.after_at.desc())
    .limit(_BESIDE)
    for column in _RECORDS
}
_ADD = insert(comparisons)
_UPDATE = update(comparisons).where(comparisons.c.id == bindparam("of_id"))
_WAS_TOLD = (
    select(comparisons.c.id)
    .where(comparisons.c.after == bindparam("of_version"), comparisons.c.told_at.is_not(None))
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Step:
    """Two versions that the timeline wants compared, and what is to be made of it."""

    id: str
    before: str  # ids of versions
    after: str
    before_text: str  # ids of texts
    after_text: str
    after_at: datetime
    state: ComparisonState
    may_notify: bool  # subscribers are told if it is material
    reason: str = ""  # why it is in that state


def stored_steps(connection: Connection, document: Document) -> dict[str, tuple[str, str, int]]:
    """For each stored comparison its id, the two texts that were compared, and the differ's revision then."""
    rows = connection.execute(_STORED, {"of_document": document.id})
    return {row.id: (row.before_text, row.after_text, row.differ) for row in rows}


def store_comparison(
    connection: Connection, document: Document, step: Step, comparison: Comparison, *, differ: int
) -> None:
    """Keep the comparison and its findings, in place of what was kept under its id; its notices stay."""
    store_packed(connection, document, step, pack_comparison(comparison), differ=differ)


def store_packed(connection: Connection, document: Document, step: Step, packed: Packed, *, differ: int) -> None:
    """As ``store_comparison``, of one that was packed elsewhere, be it as that of other versions with these texts."""
    comparison, stated = packed.comparison, packed.comparison.stated
    known = connection.execute(_RECORDS_OF, {"of_id": step.id}).mappings().one_or_none()
    values = {
        "document": document.id, "before": step.before, "after": step.after, "before_text": step.before_text,
        "after_text": step.after_text, "after_at": step.after_at, "material": comparison.material,
        "is_classified": comparison.is_classified,
        "artefact": comparison.artefact, "artefact_reason": comparison.artefact_reason,
        "severity": comparison.severity.value if comparison.severity else None, "summary": comparison.summary,
        "kinds": kinds_of(comparison.findings), "differ": differ, "state": step.state.value,
        "state_reason": step.reason or None, "stated": stated_row(asdict(stated) if stated else None),
        "notify": step.may_notify and comparison.is_news, "is_current": True,
        "changed_words": packed.changed_words,
        **put_words(
            connection, document.id, {"sections": packed.sections, "findings": packed.findings}, was=known
        ),
    }  # fmt: skip
    if known is not None:
        connection.execute(_UPDATE, {"of_id": step.id, **values})
    else:
        connection.execute(_ADD, {"id": step.id, **values})


def put_words(
    connection: Connection, document: str, packed: Mapping[str, bytes | None], *, was: RowMapping | None = None
) -> dict[str, int | None]:
    """Put packed sections and findings where those of the document's other comparisons lie, or in the place of what
    ``was`` there; give the ids of their records. All by the columns that hold these."""
    near = _newest_records(connection, document)
    places: dict[str, int | None] = {name: was[name] if was else None for name in packed}
    erase_records(connection, [at for name, at in places.items() if at is not None and packed[name] is None])
    return {
        name: None if record is None else put_record(connection, record, place=places[name], near=near[name])
        for name, record in packed.items()
    }


def _newest_records(connection: Connection, document: str) -> dict[str, set[int]]:
    """Records of the document's newest comparisons: those of one document are alike."""
    given = {"of_document": document}
    return {name: set(connection.execute(newest, given).scalars()) for name, newest in _NEWEST_RECORDS.items()}


def set_states(connection: Connection, document: Document, steps: Sequence[Step]) -> dict[str, ComparisonState]:
    """Give the stored comparisons the state and the say of their steps; drop those that are no step any more,
    unless they were told.

    Gives the states of those of which it was not decided yet whether they are told, by their ids: nearly always of
    none, and then ``undecided_comparisons`` and ``lasting_returns`` need not be asked.
    """
    wanted = {step.id: step for step in steps}
    untold = {}
    for row in connection.execute(_STATES, {"of_document": document.id}).all():
        step = wanted.get(row.id)
        if step is None and row.told_at is None:
            erase_comparisons(connection, comparisons.c.id == row.id)
        elif step is None:
            connection.execute(_UPDATE, {"of_id": row.id, "is_current": False})
        else:
            if row.told_at is None:
                untold[step.id] = step.state
            notify = step.may_notify and (row.material or not (row.is_classified or row.artefact))
            values = {
                "state": step.state.value, "state_reason": step.reason or None, "notify": notify, "is_current": True,
                "after_at": step.after_at,
            }  # fmt: skip
            if any(getattr(row, name) != value for name, value in values.items()):
                connection.execute(_UPDATE, {"of_id": row.id, **values})
    return untold


def undecided_comparisons(connection: Connection, steps: Sequence[Step]) -> list[Comparison]:
    """The comparisons of those steps for which it was not decided yet whether notices are owed, oldest first; without
    their sections."""
    wanted = [step.id for step in steps]
    return _comparisons_of(connection, connection.execute(_undecided(), {"among": wanted}).all())


def upgrade_comparisons(connection: Connection, document: Document) -> set[str]:
    """The ids of the document's comparisons that are our normaliser's doing; they stay so."""
    return set(connection.execute(_UPGRADES, {"of_document": document.id}).scalars())


def mark_told(connection: Connection, comparison: str, *, at: datetime) -> None:
    """Its notices are queued, in this transaction, or it was decided that none are owed."""
    connection.execute(_UPDATE, {"of_id": comparison, "told_at": at})


def was_told(connection: Connection, version: str) -> bool:
    """Whether a comparison that leads to this version was told already."""
    return connection.execute(_WAS_TOLD, {"of_version": version}).first() is not None


def lasting_returns(connection: Connection, document: Document, *, lasting: timedelta) -> list[Comparison]:
    """The document's returns to an earlier text, from one that subscribers were told of, that have lasted so long and
    were not told of yet, oldest first; to be told as news is, if they are."""
    query = _comparisons().where(
        comparisons.c.document == document.id,
        comparisons.c.is_current,
        comparisons.c.state == ComparisonState.UNSTABLE.value,
        comparisons.c.told_at.is_(None),
        comparisons.c.after.in_(
            select(versions.c.id).where(versions.c.document == document.id, versions.c.ordinal > 0)
        ),
        comparisons.c.before.in_(_told_versions(document)),
    )
    rows = connection.execute(query.order_by(*_BY_TIME)).all()
    stayed = [row for row in rows if row.after_last_at - row.after_first_at >= lasting]
    return [replace(each, notify=each.is_news) for each in _comparisons_of(connection, stayed)]


def _told_versions(document: Document) -> Select[Any]:
    told = comparisons.alias("told")
    return select(told.c.after).where(told.c.document == document.id, told.c.told_at.is_not(None))


def decided_comparisons(
    connection: Connection, *, since: datetime, until: datetime
) -> list[tuple[Comparison, datetime]]:
    """The comparisons of that time for which it was decided who is owed a notice, with when that was, by the version
    after; without their sections. Returns that lasted are to be told as news is, if they are."""
    told = comparisons.c.state.in_([ComparisonState.CONFIRMED.value, ComparisonState.UNSTABLE.value])
    query = _comparisons().where(
        comparisons.c.is_current, comparisons.c.told_at.is_not(None), comparisons.c.after_at >= since,
        comparisons.c.after_at <= until, told,
    )  # fmt: skip
    rows = connection.execute(query.order_by(*_BY_TIME)).all()
    found = _comparisons_of(connection, rows)
    is_return = [row.state == ComparisonState.UNSTABLE.value for row in rows]
    return [
        (replace(each, notify=each.is_news) if returned else each, row.told_at)
        for each, row, returned in zip(found, rows, is_return, strict=True)
    ]


def list_comparisons(
    connection: Connection,
    name: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    state: ComparisonState | None = None,
    kind: Kind | None = None,
    min_severity: Severity | None = None,
    material: bool | None = None,
    limit: int | None = None,
    newest_first: bool = False,
    after: Comparison | None = None,
    has_findings: bool = True,
) -> list[Comparison]:
    """Comparisons with their findings, without their sections, by the time of the version after.

    ``name`` is ``vendor`` or ``vendor/document``. With ``kind``, those that have a finding of that kind. With
    ``after``, those that follow that one in the order asked for. Without ``has_findings`` no findings are loaded, and
    ``material`` and ``severity``, which follow from them, say nothing.
    """
    query = _comparisons().where(comparisons.c.is_current)
    if name and "/" in name:
        found = find_document(connection, name)
        query = query.where(comparisons.c.document == (found.id if found else None))
    elif name:
        # by document, so that the index on it finds them: a vendor without any must not cost a look at all
        own = connection.execute(select(documents.c.id).where(documents.c.vendor == slug_of(name))).scalars().all()
        query = query.where(comparisons.c.document.in_(own))
    if since:
        query = query.where(comparisons.c.after_at >= since)
    if until:
        query = query.where(comparisons.c.after_at <= until)
    if state:
        query = query.where(comparisons.c.state == state.value)
    if kind:
        query = query.where(has_finding(kind))
    if min_severity:
        enough = [severity.value for severity in Severity if severity.rank >= min_severity.rank]
        query = query.where(comparisons.c.severity.in_(enough))
    if material is not None:
        query = query.where(comparisons.c.material == material)
    if after:
        place, given = tuple_(*_BY_TIME), tuple_(literal(after.after.at, Instant()), after.id)
        query = query.where(place < given if newest_first else place > given)
    order = [column.desc() for column in _BY_TIME] if newest_first else _BY_TIME
    rows = connection.execute(query.order_by(*order).limit(limit)).all()
    return _comparisons_of(connection, rows) if has_findings else [_comparison(row, ()) for row in rows]


def comparisons_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, Comparison]:
    """Those of the ids that are kept, without their sections."""
    found: dict[str, Comparison] = {}
    for at in range(0, len(ids), _IDS_AT_ONCE):
        query = _comparisons().where(comparisons.c.id.in_(ids[at : at + _IDS_AT_ONCE]))
        found |= {each.id: each for each in _comparisons_of(connection, connection.execute(query).all())}
    return found


def get_comparison(connection: Connection, comparison: str, *, has_sections: bool = True) -> Comparison:
    """The comparison of that id: whole, with the text of unchanged sections, or without any. Raises NotFound, Gone."""
    row = connection.execute(_comparison_of_id(), {"of_id": comparison}).one_or_none()
    if row is None or not row.is_current:
        refuse_taken(connection, comparison)
    if row is None:
        raise NotFound(f"{comparison}: no such comparison; see clausewatch comparisons")
    return _with_sections(connection, row) if has_sections else _comparisons_of(connection, [row])[0]


def made_of(connection: Connection, comparison: str) -> tuple[str, str, int] | None:
    """What sections and findings of a comparison follow from: the ids of the two texts, and the revision of the
    differ that compared them. None where there is none of that id."""
    row = connection.execute(_MADE_OF, {"of_id": comparison}).one_or_none()
    return None if row is None else (row.before_text, row.after_text, row.differ)


@cache  # to build it takes as long as to ask it
def _comparisons() -> Select[Any]:
    before, after = versions.alias("v1"), versions.alias("v2")
    old, new = texts.alias("t1"), texts.alias("t2")
    return (
        select(
            comparisons, documents.c.vendor, documents.c.slug, documents.c.type, vendors.c.name.label("vendor_name"),
            before.c.first_at.label("before_at"), old.c.language.label("before_language"),
            old.c.words.label("before_words"), old.c.sha256.label("before_sha256"),
            after.c.first_at.label("after_first_at"), after.c.last_at.label("after_last_at"),
            new.c.language.label("after_language"),
            new.c.words.label("after_words"), new.c.sha256.label("after_sha256"),
        )
        .join(documents, comparisons.c.document == documents.c.id)
        .join(vendors, documents.c.vendor == vendors.c.slug)
        .join(before, comparisons.c.before == before.c.id)
        .join(after, comparisons.c.after == after.c.id)
        .join(old, comparisons.c.before_text == old.c.id)
        .join(new, comparisons.c.after_text == new.c.id)
    )  # fmt: skip


@cache
def _undecided() -> Select[Any]:
    among = comparisons.c.id.in_(bindparam("among", expanding=True))
    return _comparisons().where(among, comparisons.c.told_at.is_(None)).order_by(*_BY_TIME)


@cache
def _comparison_of_id() -> Select[Any]:
    return _comparisons().where(comparisons.c.id == bindparam("of_id"))


def _comparisons_of(connection: Connection, rows: Sequence[Row[Any]]) -> list[Comparison]:
    """Comparisons without their sections."""
    findings = load_findings(connection, (row.findings for row in rows))
    return [_comparison(row, findings[row.findings]) for row in rows]


def _comparison(row: Row[Any], findings: tuple[Finding, ...]) -> Comparison:
    label = f"{row.vendor_name}, {row.type}"
    return Comparison(
        id=row.id,
        before=Side(id=row.before, label=label, at=row.before_at, language=row.before_language,
                    words=row.before_words, sha256=row.before_sha256),
        after=Side(id=row.after, label=label, at=row.after_first_at,
                   language=row.after_language, words=row.after_words, sha256=row.after_sha256),
        sections=(), findings=findings, summary=row.summary, artefact=row.artefact,
        artefact_reason=row.artefact_reason, is_classified=row.is_classified, vendor=row.vendor, document=row.slug,
        state=ComparisonState(row.state), state_reason=row.state_reason, notify=row.notify, stated=_stated(row.stated),
        changed_words=row.changed_words,
    )  # fmt: skip


def _with_sections(connection: Connection, row: Row[Any]) -> Comparison:
    if row.sections is None:  # taken down
        return _comparisons_of(connection, [row])[0]
    words = load_words_of(connection, {row.before_text, row.after_text})
    old, new = words[row.before_text], words[row.after_text]
    sections = unpack_sections(fetch_record(connection, row.sections), old, new)
    return replace(_comparisons_of(connection, [row])[0], sections=sections)


def stated_row(stated: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The column ``stated`` of a comparison, given its fields: most are empty, and left out."""
    if stated is None:
        return None
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in stated.items() if value}


def _stated(row: dict[str, Any] | None) -> StatedDays | None:
    if row is None:
        return None
    days = {name: date.fromisoformat(value) for name, value in row.items() if isinstance(value, str)}
    return StatedDays(**days, is_alone=row.get("is_alone", False))
