"""What happens in the tests of the notifier: vendors publish, people subscribe, comparisons come to be stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from archive import Archive, open_archive
from archive.comparisons import Step, get_comparison, store_comparison
from archive.documents import add_document, add_vendor
from archive.snapshots import Capture, record_snapshot
from archive.subscriptions import add_subscription
from archive.texts import store_text
from archive.versions import Run, list_versions, replace_timeline
from clausewatch.model import (
    Block,
    BlockKind,
    Change,
    Comparison,
    ComparisonState,
    Direction,
    Document,
    Edit,
    Effect,
    Finding,
    Kind,
    Quote,
    Rule,
    SectionChange,
    Severity,
    Side,
    Source,
    Subscription,
    SubscriptionState,
    Text,
    content_id,
)
from clausewatch.settings import Settings
from notifier.outbox import queue

NOW = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)  # a Wednesday
DAY = timedelta(days=1)
BEFORE = "We keep your flight logs for 18 months."
AFTER = "We keep your flight logs for 24 months."


def finding(
    before: str | None = BEFORE,
    after: str | None = AFTER,
    *,
    kind: Kind = Kind.RETENTION,
    severity: Severity = Severity.HIGH,
    subject: str = "18 months -> 24 months",
    sentence: str = "Flight logs are kept for 24 months instead of 18.",
    section: tuple[str, ...] = ("How long we keep data",),
) -> Finding:
    direction = Direction.CHANGED if before and after else Direction.ADDED if after else Direction.REMOVED
    return Finding(
        kind=kind, direction=direction, effect=Effect.EXPANDS, subject=subject, severity=severity, confidence=0.9,
        section=section, sentence=sentence, rule="retention.period",
        before=Quote(before, 0, len(before)) if before else None,
        after=Quote(after, 0, len(after)) if after else None,
    )  # fmt: skip


def side(text: str = AFTER, *, at: datetime | None = NOW, language: str | None = "en") -> Side:
    return Side(id="v-" + content_id(text), label="a side", at=at, language=language, words=7, sha256="0" * 64)


def comparison(
    *findings: Finding,
    vendor: str = "skyforge",
    document: str = "privacy-policy",
    notify: bool = True,
    language: str | None = "en",
    name: str = "c",
    before_at: datetime | None = NOW - 90 * DAY,
    after_at: datetime | None = NOW,
    summary: str = "Flight logs are kept for longer.",
) -> Comparison:
    return Comparison(
        id=content_id("comparison", name), before=side(BEFORE, at=before_at),
        after=side(AFTER, at=after_at, language=language), sections=(), findings=findings, summary=summary,
        vendor=vendor, document=document, state=ComparisonState.CONFIRMED, notify=notify,
    )  # fmt: skip


def document(vendor_name: str = "Skyforge Drones", *, type: str = "Privacy Policy") -> Document:
    return Document(id="d", vendor="skyforge", vendor_name=vendor_name, slug="privacy-policy", type=type)


def subscription(rule: Rule = Rule(), *, every: str = "instant", email: str = "ada@example.com",  # noqa: B008 (frozen)
                 state: SubscriptionState = SubscriptionState.CONFIRMED) -> Subscription:  # fmt: skip
    return Subscription(id=content_id(email, rule, every), email=email, rule=rule, every=every, state=state,
                        created_at=NOW - DAY)  # fmt: skip


class Scenario:
    """An archive in a folder, and the verbs to fill it."""

    def __init__(self, archive: Archive, settings: Settings) -> None:
        self.archive = archive
        self.settings = settings

    def subscribes(self, email: str = "ada@example.com", *, rule: Rule = Rule(), every: str = "instant",  # noqa: B008
                   is_confirmed: bool = True) -> Subscription:  # fmt: skip
        with self.archive.write() as connection:
            return add_subscription(connection, email, rule, every=every, now=NOW - DAY, is_confirmed=is_confirmed)

    def changes(self, vendor: str = "Skyforge Drones", *findings: Finding, type: str = "Privacy Policy",
                texts: Sequence[str] = (BEFORE, AFTER), now: datetime = NOW) -> Comparison:  # fmt: skip
        """The vendor's document changes from the first text to the last; everyone concerned is owed a notice."""
        with self.archive.write() as connection:
            document = add_document(connection, add_vendor(connection, vendor), type=type)
            stored = _compared(connection, document, texts, findings=findings or (finding(),))
            queue(connection, stored, document_type=document.type, now=now)
        return stored


@contextmanager
def opened(folder: Path, *, mail: str = "") -> Iterator[Scenario]:
    """A scenario with an archive of its own under the folder."""
    settings = Settings(
        home=folder, secret="for tests", public_url="https://watch.example", mail=mail,
        sender="Clausewatch <notices@watch.example>",
    )  # fmt: skip
    with open_archive(settings) as archive:
        yield Scenario(archive, settings)


def _compared(
    connection: Connection, document: Document, texts: Sequence[str], *, findings: Sequence[Finding]
) -> Comparison:
    versions = _publish(connection, document, texts)
    before, after = versions[-2:]
    step = Step(
        id=content_id("comparison", before.id, after.id), before=before.id, after=after.id,
        before_text=before.text, after_text=after.text, after_at=after.first_at,
        state=ComparisonState.CONFIRMED, may_notify=True,
    )  # fmt: skip
    made = Comparison(
        id=step.id, before=side(texts[-2]), after=side(texts[-1]), findings=tuple(findings),
        sections=(
            SectionChange(change=(Change.EDITED,), before=(), after=(), before_start=0, after_start=0,
                          edits=(Edit("-", texts[-2] + "\n\n"), Edit("+", texts[-1] + "\n\n"))),
        ),
        summary=" ".join(each.sentence for each in findings),
    )  # fmt: skip
    store_comparison(connection, document, step, made, differ=1)
    return get_comparison(connection, step.id)


def _publish(connection: Connection, document: Document, texts: Sequence[str]) -> list[Run]:
    earlier = len(list_versions(connection, document))
    runs = []
    for number, content in enumerate(texts):
        at = NOW - (90 * (len(texts) - number) - 80) * DAY
        sha256 = content_id("body", content) * 4
        capture = Capture(captured_at=at, fetched_at=at, source=Source.FILE, url="https://skyforge.example/privacy",
                          sha256=sha256, size=len(content), is_live=True)  # fmt: skip
        snapshot, _ = record_snapshot(connection, document, capture)
        text = store_text(connection, Text(blocks=(Block(BlockKind.PARAGRAPH, content),), language="en"))
        version = content_id("version", document.id, text, earlier + number)
        runs.append(Run(id=version, ordinal=0, text=text, first_at=at, last_at=at, snapshots=(snapshot,)))
    replace_timeline(connection, document, runs, faults={})
    return runs
