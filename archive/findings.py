"""The findings of a comparison, a record of a page. Lists ask for their kinds, which stand in its row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select

from archive.packing import pack_values, unpack_values
from archive.pages import erase_records, fetch_records
from archive.tables import comparisons
from clausewatch.counts import counted
from clausewatch.errors import Damaged
from clausewatch.model import Direction, Effect, Finding, Kind, Quote, Severity

_COLUMNS = (
    "kind", "direction", "effect", "subject", "severity", "confidence", "section", "sentence", "rule",
    "before_quote", "before_start", "before_end", "after_quote", "after_start", "after_end",
)  # fmt: skip
_IDS_AT_ONCE = 500  # in one query: SQLite before 3.32 took 999
_of_some = select(comparisons.c.id, comparisons.c.findings).where(
    comparisons.c.id.in_(bindparam("ids", expanding=True)), comparisons.c.findings.is_not(None)
)


def pack_findings(findings: Sequence[Finding]) -> bytes | None:
    """What is kept of a comparison's findings."""
    return pack_values(list(zip(*map(_row, findings), strict=True))) if findings else None


def unpack_findings(packed: bytes) -> tuple[Finding, ...]:
    """What ``pack_findings`` packed. Raises Damaged."""
    try:
        rows = zip(*unpack_values(packed), strict=True)
        return tuple(_finding(dict(zip(_COLUMNS, row, strict=True))) for row in rows)
    except (ValueError, TypeError) as error:
        raise Damaged(f"findings are damaged ({error}); restore the database from a backup") from None


def load_findings(connection: Connection, records: Iterable[int | None]) -> dict[int | None, tuple[Finding, ...]]:
    """For each record of findings what it holds; for None nothing. Raises Damaged where one is gone."""
    wanted = {each for each in records if each is not None}
    found = fetch_records(connection, wanted)
    if missing := wanted - found.keys():
        raise _gone(len(missing))
    return {None: ()} | {id: unpack_findings(record) for id, record in found.items()}


def packed_findings(connection: Connection, ids: Sequence[str]) -> dict[str, bytes]:
    """Of those of the comparisons with these ids that have findings, the record of them: the same findings, the same
    bytes. Raises Damaged where one is gone."""
    found: dict[str, int] = {}
    for at in range(0, len(ids), _IDS_AT_ONCE):
        found |= {row.id: row.findings for row in connection.execute(_of_some, {"ids": ids[at : at + _IDS_AT_ONCE]})}
    records = fetch_records(connection, found.values())
    if missing := set(found.values()) - records.keys():
        raise _gone(len(missing))
    return {id: records[record] for id, record in found.items()}


def kinds_of(findings: Iterable[Finding]) -> str | None:
    """The column ``kinds`` of a comparison with these findings."""
    return joined_kinds(finding.kind for finding in findings)


def joined_kinds(kinds: Iterable[Kind]) -> str | None:
    """Each once, between commas, in the order in which they come first; None without any."""
    names = dict.fromkeys(kind.value for kind in kinds)
    return f",{','.join(names)}," if names else None


def read_kinds(kept: str | None) -> tuple[Kind, ...]:
    """The kinds in a column ``kinds``."""
    return tuple(map(Kind, kept.strip(",").split(","))) if kept else ()


def has_finding(kind: Kind) -> ColumnElement[bool]:
    """Whether a comparison has a finding of that kind; asked of each, since each kind is found in very many."""
    return comparisons.c.kinds.contains(f",{kind.value},")


def quotes_of(connection: Connection, document: str, kind: Kind) -> set[str]:
    """What findings of the kind quote in any comparison of the document with that id."""
    query = select(comparisons.c.findings).where(comparisons.c.document == document, has_finding(kind))
    found = load_findings(connection, connection.execute(query).scalars().all())
    return {
        quote.quote
        for findings in found.values()
        for finding in findings
        if finding.kind is kind
        for quote in (finding.before, finding.after)
        if quote
    }


def erase_comparisons(connection: Connection, wanted: ColumnElement[bool]) -> None:
    """Delete the comparisons for which that holds, and what lies on pages of them."""
    erase_words(connection, wanted)
    connection.execute(delete(comparisons).where(wanted))


def erase_words(connection: Connection, wanted: ColumnElement[bool]) -> None:
    """Leave nothing on pages of the comparisons for which that holds; their rows stay, and have to be told."""
    rows = connection.execute(select(comparisons.c.sections, comparisons.c.findings).where(wanted))
    erase_records(connection, {each for row in rows for each in row if each is not None})


def _gone(count: int) -> Damaged:
    return Damaged(f"the findings of {counted(count, 'comparison')} are gone; restore the database from a backup")


def _row(finding: Finding) -> tuple[Any, ...]:
    before, after = finding.before, finding.after
    return (
        finding.kind.value, finding.direction.value, finding.effect.value, finding.subject, finding.severity.value,
        finding.confidence, finding.section, finding.sentence, finding.rule, before and before.quote,
        before and before.start, before and before.end, after and after.quote, after and after.start,
        after and after.end,
    )  # fmt: skip


def _finding(row: dict[str, Any]) -> Finding:
    return Finding(
        kind=Kind(row["kind"]), direction=Direction(row["direction"]), effect=Effect(row["effect"]),
        subject=row["subject"], severity=Severity(row["severity"]), confidence=row["confidence"],
        section=tuple(row["section"]), sentence=row["sentence"], rule=row["rule"],
        before=_quote(row["before_quote"], row["before_start"], row["before_end"]),
        after=_quote(row["after_quote"], row["after_start"], row["after_end"]),
    )  # fmt: skip


def _quote(quote: str | None, start: int, end: int) -> Quote | None:
    return None if quote is None else Quote(quote, start, end)
