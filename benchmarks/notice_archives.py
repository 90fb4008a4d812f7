"""Archives that hold documents which changed, made without pages: what the outbox is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert

from archive.comparisons import Step, get_comparison, store_comparison
from archive.documents import add_document, add_vendor
from archive.tables import versions
from archive.texts import store_text
from clausewatch.model import (
    Block,
    BlockKind,
    Comparison,
    ComparisonState,
    Document,
    Finding,
    SectionChange,
    Side,
    Text,
    content_id,
)

_AN_HOUR = timedelta(hours=1)


def changed(
    connection: Connection,
    vendor: str,
    *,
    type: str,
    findings: Sequence[Finding],
    at: datetime,
    language: str | None = "en",
    number: int = 0,
) -> tuple[Comparison, Document]:
    """The vendor's document has changed at ``at``: the comparison that subscribers may be told of, stored."""
    document = add_document(connection, add_vendor(connection, vendor), type=type)
    text = store_text(connection, Text(blocks=(Block(BlockKind.PARAGRAPH, "A policy."),), language=language))
    ids = [content_id("version", document.id, number, side) for side in ("before", "after")]
    rows = [
        {"id": id, "document": document.id, "ordinal": 0, "text": text, "first_at": first_at, "last_at": at,
         "snapshots": 1, "is_current": True}
        for id, first_at in zip(ids, (at - _AN_HOUR, at), strict=True)
    ]  # fmt: skip
    connection.execute(insert(versions), rows)
    step = Step(
        id=content_id("comparison", *ids), before=ids[0], after=ids[1], before_text=text, after_text=text, after_at=at,
        state=ComparisonState.CONFIRMED, may_notify=True,
    )  # fmt: skip
    sides = [Side(id=id, label="", at=at, language=language, words=2, sha256="") for id in ids]
    made = Comparison(
        id=step.id, before=sides[0], after=sides[1], findings=tuple(findings),
        sections=(SectionChange(change=(), before=(), after=(), before_start=0, after_start=0, edits=()),),
        summary=" ".join(each.sentence for each in findings),
    )  # fmt: skip
    store_comparison(connection, document, step, made, differ=1)
    return replace(get_comparison(connection, step.id), sections=()), document
