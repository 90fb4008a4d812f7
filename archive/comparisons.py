"""Comparisons and their findings, stored with the offsets that lead back to both texts."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, insert, literal, select, tuple_, update

from archive.documents import find_document, slug_of
from archive.tables import Instant, comparisons, documents, findings, texts, vendors, versions
from archive.takedowns import refuse_taken
from archive.texts import load_words
from clausewatch.errors import NotFound
from clausewatch.model import (
    Change,
    Comparison,
    ComparisonState,
    Direction,
    Document,
    Edit,
    Effect,
    Finding,
    Form,
    Kind,
    Quote,
    SectionChange,
    Severity,
    Side,
    StatedDays,
    count_words,
)  # fmt: skip

_IDS_AT_ONCE = 500  # in one query: SQLite before 3.32 took 999
_BUT_SECTIONS = [column for column in comparisons.c if column.name != "sections"]  # they are most of a row
_BY_TIME = (comparisons.c.after_at, comparisons.c.id)


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
    rows = connection.execute(
        select(comparisons.c.id, comparisons.c.before_text, comparisons.c.after_text, comparisons.c.differ).where(
            comparisons.c.document == document.id
        )
    )
    return {row.id: (row.before_text, row.after_text, row.differ) for row in rows}


def store_comparison(
    connection: Connection, document: Document, step: Step, comparison: Comparison, *, differ: int
) -> None:
    """Keep the comparison and its findings, in place of what was kept under its id; its notices stay."""
    values = {
        "document": document.id, "before": step.before, "after": step.after, "before_text": step.before_text,
        "after_text": step.after_text, "after_at": step.after_at, "material": comparison.material,
        "is_classified": comparison.is_classified,
        "artefact": comparison.artefact, "artefact_reason": comparison.artefact_reason,
        "severity": comparison.severity.value if comparison.severity else None, "summary": comparison.summary,
        "sections": _packed(comparison.sections), "differ": differ, "state": step.state.value,
        "state_reason": step.reason or None, "stated": _stated_row(comparison.stated),
        "notify": step.may_notify and comparison.is_news, "is_current": True,
        "changed_words": _changed_words(comparison),
    }  # fmt: skip
    if connection.execute(select(comparisons.c.id).where(comparisons.c.id == step.id)).first():
        connection.execute(update(comparisons).where(comparisons.c.id == step.id).values(**values))
    else:
        connection.execute(insert(comparisons).values(id=step.id, **values))
    connection.execute(delete(findings).where(findings.c.comparison == step.id))
    rows = [_finding_row(step.id, ordinal, finding) for ordinal, finding in enumerate(comparison.findings)]
    if rows:
        connection.execute(insert(findings), rows)


def set_states(connection: Connection, document: Document, steps: Sequence[Step]) -> None:
    """Give the stored comparisons the state and the say of their steps; drop those that are no step any more,
    unless they were told."""
    wanted = {step.id: step for step in steps}
    columns = [column for column in comparisons.c if column is not comparisons.c.sections]  # long, and not needed
    for row in connection.execute(select(*columns).where(comparisons.c.document == document.id)).all():
        step = wanted.get(row.id)
        if step is None and row.told_at is None:
            connection.execute(delete(comparisons).where(comparisons.c.id == row.id))
        elif step is None:
            connection.execute(update(comparisons).where(comparisons.c.id == row.id).values(is_current=False))
        else:
            notify = step.may_notify and (row.material or not (row.is_classified or row.artefact))
            values = {
                "state": step.state.value, "state_reason": step.reason or None, "notify": notify, "is_current": True,
                "after_at": step.after_at,
            }  # fmt: skip
            if any(getattr(row, name) != value for name, value in values.items()):
                connection.execute(update(comparisons).where(comparisons.c.id == row.id).values(**values))


def undecided_comparisons(connection: Connection, steps: Sequence[Step]) -> list[Comparison]:
    """The comparisons of those steps for which it was not decided yet whether notices are owed, oldest first; without
    their sections."""
    wanted = {step.id for step in steps}
    query = _comparisons(*_BUT_SECTIONS).where(comparisons.c.id.in_(wanted), comparisons.c.told_at.is_(None))
    return _without_sections(connection, connection.execute(query.order_by(*_BY_TIME)).all())


def upgrade_comparisons(connection: Connection, document: Document) -> set[str]:
    """The ids of the document's comparisons that are our normaliser's doing; they stay so."""
    query = select(comparisons.c.id).where(
        comparisons.c.document == document.id, comparisons.c.state == ComparisonState.UPGRADE.value
    )
    return set(connection.execute(query).scalars())


def mark_told(connection: Connection, comparison: str, *, at: datetime) -> None:
    """Its notices are queued, in this transaction, or it was decided that none are owed."""
    connection.execute(update(comparisons).where(comparisons.c.id == comparison).values(told_at=at))


def was_told(connection: Connection, version: str) -> bool:
    """Whether a comparison that leads to this version was told already."""
    query = select(comparisons.c.id).where(comparisons.c.after == version, comparisons.c.told_at.is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def lasting_returns(connection: Connection, document: Document, *, lasting: timedelta) -> list[Comparison]:
    """The document's returns to an earlier text, from one that subscribers were told of, that have lasted so long and
    were not told of yet, oldest first; to be told as news is, if they are."""
    query = _comparisons(*_BUT_SECTIONS).where(
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
    return [replace(each, notify=each.is_news) for each in _without_sections(connection, stayed)]


def _told_versions(document: Document) -> Select[Any]:
    told = comparisons.alias("told")
    return select(told.c.after).where(told.c.document == document.id, told.c.told_at.is_not(None))


def decided_comparisons(
    connection: Connection, *, since: datetime, until: datetime
) -> list[tuple[Comparison, datetime]]:
    """The comparisons of that time for which it was decided who is owed a notice, with when that was, by the version
    after; without their sections. Returns that lasted are to be told as news is, if they are."""
    told = comparisons.c.state.in_([ComparisonState.CONFIRMED.value, ComparisonState.UNSTABLE.value])
    query = _comparisons(*_BUT_SECTIONS).where(
        comparisons.c.is_current, comparisons.c.told_at.is_not(None), comparisons.c.after_at >= since,
        comparisons.c.after_at <= until, told,
    )  # fmt: skip
    rows = connection.execute(query.order_by(*_BY_TIME)).all()
    found = _without_sections(connection, rows)
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
) -> list[Comparison]:
    """Comparisons with their findings, without their sections, by the time of the version after.

    ``name`` is ``vendor`` or ``vendor/document``. With ``kind``, those that have a finding of that kind. With
    ``after``, those that follow that one in the order asked for.
    """
    query = _comparisons(*_BUT_SECTIONS).where(comparisons.c.is_current)
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
    query = query.order_by(*order).limit(limit)
    return _without_sections(connection, connection.execute(query).all())


def has_finding(kind: Kind) -> ColumnElement[bool]:
    """Whether a comparison has a finding of that kind; asked of each, since each kind is found in very many."""
    return exists().where(findings.c.comparison == comparisons.c.id, findings.c.kind == kind.value)


def comparisons_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, Comparison]:
    """Those of the ids that are kept, without their sections."""
    found: dict[str, Comparison] = {}
    for at in range(0, len(ids), _IDS_AT_ONCE):
        query = _comparisons(*_BUT_SECTIONS).where(comparisons.c.id.in_(ids[at : at + _IDS_AT_ONCE]))
        found |= {each.id: each for each in _without_sections(connection, connection.execute(query).all())}
    return found


def get_comparison(connection: Connection, comparison: str, *, has_sections: bool = True) -> Comparison:
    """The comparison of that id: whole, with the text of unchanged sections, or without any. Raises NotFound, Gone."""
    columns = list(comparisons.c) if has_sections else _BUT_SECTIONS
    row = connection.execute(_comparisons(*columns).where(comparisons.c.id == comparison)).one_or_none()
    if row is None or not row.is_current:
        refuse_taken(connection, comparison)
    if row is None:
        raise NotFound(f"{comparison}: no such comparison; see clausewatch comparisons")
    return _with_sections(connection, row) if has_sections else _without_sections(connection, [row])[0]


def made_of(connection: Connection, comparison: str) -> tuple[str, str, int] | None:
    """What sections and findings of a comparison follow from: the ids of the two texts, and the revision of the
    differ that compared them. None where there is none of that id."""
    columns = comparisons.c.before_text, comparisons.c.after_text, comparisons.c.differ
    row = connection.execute(select(*columns).where(comparisons.c.id == comparison)).one_or_none()
    return None if row is None else (row.before_text, row.after_text, row.differ)


def _comparisons(*columns: ColumnElement[Any]) -> Select[Any]:
    before, after = versions.alias("v1"), versions.alias("v2")
    old, new = texts.alias("t1"), texts.alias("t2")
    return (
        select(
            *columns, documents.c.vendor, documents.c.slug, documents.c.type, vendors.c.name.label("vendor_name"),
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


def _without_sections(connection: Connection, rows: Sequence[Row[Any]]) -> list[Comparison]:
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for at in range(0, len(rows), _IDS_AT_ONCE):
        ids = [row.id for row in rows[at : at + _IDS_AT_ONCE]]
        query = select(findings).where(findings.c.comparison.in_(ids)).order_by(findings.c.ordinal)
        for each in connection.execute(query):
            found[each.comparison].append(_finding(each))
    return [_comparison(row, found[row.id]) for row in rows]


def _comparison(row: Row[Any], found: Sequence[Finding]) -> Comparison:
    label = f"{row.vendor_name}, {row.type}"
    return Comparison(
        id=row.id,
        before=Side(id=row.before, label=label, at=row.before_at, language=row.before_language,
                    words=row.before_words, sha256=row.before_sha256),
        after=Side(id=row.after, label=label, at=row.after_first_at,
                   language=row.after_language, words=row.after_words, sha256=row.after_sha256),
        sections=(), findings=tuple(found), summary=row.summary, artefact=row.artefact,
        artefact_reason=row.artefact_reason, is_classified=row.is_classified, vendor=row.vendor, document=row.slug,
        state=ComparisonState(row.state), state_reason=row.state_reason, notify=row.notify, stated=_stated(row.stated),
        changed_words=row.changed_words,
    )  # fmt: skip


def _with_sections(connection: Connection, row: Row[Any]) -> Comparison:
    text = load_words(connection, row.before_text)
    sections = _unpacked(row.sections)
    starts = sorted(section.before_start for section in sections if section.before_start is not None)
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    filled = tuple(
        section
        if section.edits or section.before_start is None
        else replace(section, edits=(Edit("=", text[section.before_start : ends[section.before_start]]),))
        for section in sections
    )
    return replace(_without_sections(connection, [row])[0], sections=filled)


# --- rows and packed sections ---------------------------------------------------------------------------------


def _changed_words(comparison: Comparison) -> int:
    """How many words came and went; what only moved is neither."""
    edits = (edit for section in comparison.sections for edit in section.edits)
    return sum(count_words(edit.text) for edit in edits if edit.op != "=" and edit.moved is None)


def _packed(sections: Sequence[SectionChange]) -> bytes:
    rows = [
        [
            [change.value for change in section.change], section.before, section.after, section.before_start,
            section.after_start,
            # what is unchanged stands in the text already
            [[edit.op, edit.text, edit.moved] for edit in section.edits] if section.change else [],
            section.form,
        ]
        for section in sections
    ]  # fmt: skip
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode())


def _unpacked(packed: bytes) -> list[SectionChange]:
    return [
        SectionChange(
            change=tuple(map(Change, change)),
            before=None if before is None else tuple(before),
            after=None if after is None else tuple(after),
            before_start=before_start,
            after_start=after_start,
            edits=tuple(Edit(op, text, moved) for op, text, moved in edits),
            form=tuple(map(Form, form[0] if form else ())),  # none stands where an earlier release packed it
        )
        for change, before, after, before_start, after_start, edits, *form in json.loads(zlib.decompress(packed))
    ]


def _stated_row(stated: StatedDays | None) -> dict[str, Any] | None:
    if stated is None:
        return None
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(stated).items()}


def _stated(row: dict[str, Any] | None) -> StatedDays | None:
    if row is None:
        return None
    days = {name: date.fromisoformat(value) for name, value in row.items() if isinstance(value, str)}
    return StatedDays(**days, is_alone=row["is_alone"])


def _finding_row(comparison: str, ordinal: int, finding: Finding) -> dict[str, Any]:
    before, after = finding.before, finding.after
    return {
        "comparison": comparison, "ordinal": ordinal, "kind": finding.kind.value, "direction": finding.direction.value,
        "effect": finding.effect.value, "subject": finding.subject, "severity": finding.severity.value,
        "confidence": finding.confidence, "section": list(finding.section), "sentence": finding.sentence,
        "rule": finding.rule,
        "before_quote": before and before.quote, "before_start": before and before.start,
        "before_end": before and before.end, "after_quote": after and after.quote,
        "after_start": after and after.start, "after_end": after and after.end,
    }  # fmt: skip


def _finding(row: Row[Any]) -> Finding:
    return Finding(
        kind=Kind(row.kind), direction=Direction(row.direction), effect=Effect(row.effect), subject=row.subject,
        severity=Severity(row.severity), confidence=row.confidence, section=tuple(row.section), sentence=row.sentence,
        rule=row.rule,
        before=None if row.before_quote is None else Quote(row.before_quote, row.before_start, row.before_end),
        after=None if row.after_quote is None else Quote(row.after_quote, row.after_start, row.after_end),
    )  # fmt: skip
