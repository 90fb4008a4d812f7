"""Lists: documents, snapshots, versions, comparisons, findings, the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from clausewatch.cli.running import Json, Run, command, end_of, start_of
from clausewatch.instants import rfc3339

if TYPE_CHECKING:
    from clausewatch.model import Document

_Kept = TypeVar("_Kept")

Name = Annotated[str | None, typer.Argument(metavar="[VENDOR[/DOCUMENT]]", help="All, a vendor's, or one document.")]
Since = Annotated[str | None, typer.Option(metavar="DATE", help="From the beginning of that year, month or day.")]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="To the end of that year, month or day.")]
KindOption = Annotated[str | None, typer.Option("--kind", help="Kind of finding: recipient, retention, ...")]
SeverityOption = Annotated[str | None, typer.Option("--severity", help="At least: low, medium, high or critical.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for function in (documents, snapshots, versions, comparisons, findings, ledger):
        command(app)(function)


def documents(run: Run, name: Name = None, json: Json = False) -> None:
    """The documents that are kept, and how well they are watched."""
    from archive.addresses import addresses_of_all
    from archive.coverage import coverages
    from archive.documents import list_documents
    from archive.tallies import tallies
    from archive.watches import Watch, list_watches
    from clausewatch.jobs.export import coverage_row, document_row

    rows: list[dict[str, Any]] = []
    with run.archive() as archive, archive.read() as connection:
        found = list_documents(connection, name)
        vendor = found[0].vendor if name else None
        watches, counted = list_watches(connection), tallies(connection, vendor)
        covered = coverages(connection, vendor, now=run.now())
        addresses = addresses_of_all(connection, None if name is None else [each.id for each in found])
    for document in found:
        watch, tally, coverage = watches.get(document.id, Watch()), counted[document.id], covered[document.id]
        rows.append({
            **document_row(document, addresses.get(document.id, [])),
            "versions": tally.versions, "snapshots": coverage.snapshots, "faults": tally.faults,
            "first_at": rfc3339(coverage.first_at) if coverage.first_at else None,
            "last_at": rfc3339(coverage.last_at) if coverage.last_at else None,
            "due_at": rfc3339(document.due_at) if document.due_at else None,
            "failures": watch.failure.looks if watch.failure else 0,
            "last_good_at": rfc3339(watch.last_good_at) if watch.last_good_at else None,
            **coverage_row(coverage),
        })  # fmt: skip
    if json:
        run.put_json(rows)
        return
    run.put_table(
        ("document", "type", "versions", "snapshots", "faults", "failures", "known from", "watched from", "to", "gaps",
         "longest"),
        [(f"{row['vendor']}/{row['document']}", row["document_type"], row["versions"], row["snapshots"], row["faults"],
          row["failures"], _day(row["first_at"]), _day(row["watched_from_at"]), _day(row["watched_to_at"]), row["gaps"],
          _hours(row["longest_gap_hours"])) for row in rows],
        empty="no documents yet; clausewatch add or clausewatch import brings some",
    )  # fmt: skip


def _hours(hours: float | None) -> str:
    if hours is None:
        return ""
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def _rows(
    run: Run,
    name: str | None,
    list_of: Callable[..., list[_Kept]],
    row_of: Callable[[Document, _Kept], dict[str, Any]],
    *,
    since: str | None,
    until: str | None,
) -> list[dict[str, Any]]:
    """A row for each thing of that time that is kept of the documents."""
    from archive.documents import list_documents

    first, last = start_of(since), end_of(until)
    with run.archive() as archive, archive.read() as connection:
        return [
            row_of(document, each)
            for document in list_documents(connection, name)
            for each in list_of(connection, document, since=first, until=last)
        ]


def snapshots(run: Run, name: Name = None, since: Since = None, until: Until = None, json: Json = False) -> None:
    """The snapshots of documents, faults among them."""
    from archive.snapshots import list_snapshots
    from clausewatch.jobs.export import snapshot_row

    rows = _rows(run, name, list_snapshots, snapshot_row, since=since, until=until)
    if json:
        run.put_json(rows)
        return
    run.put_table(
        ("document", "captured", "source", "status", "bytes", "sha256", "fault or version"),
        [(f"{row['vendor']}/{row['document']}", row["captured_at"], row["source"], row["status"], row["bytes"],
          row["sha256"][:12], row["fault"] or row["version"] or "not read yet") for row in rows],
        empty="no snapshots",
    )  # fmt: skip


def versions(run: Run, name: Name = None, since: Since = None, until: Until = None, json: Json = False) -> None:
    """The versions of documents, oldest first; with --since and --until those that were seen in between."""
    from archive.versions import list_versions
    from clausewatch.jobs.export import version_row

    rows = _rows(run, name, list_versions, version_row, since=since, until=until)
    if json:
        run.put_json(rows)
        return
    run.put_table(
        ("document", "version", "first", "last", "snapshots", "words", "language"),
        [(f"{row['vendor']}/{row['document']}", row["id"], _day(row["first_at"]), _day(row["last_at"]),
          row["snapshots"], row["words"], row["language"]) for row in rows],
        empty="no versions",
    )  # fmt: skip


def comparisons(
    run: Run,
    name: Name = None,
    since: Since = None,
    until: Until = None,
    kind: KindOption = None,
    severity: SeverityOption = None,
    state: Annotated[str | None, typer.Option(help="held, confirmed, unstable, upgrade or history.")] = None,
    full: Annotated[bool, typer.Option("--full", help="With every section and edit.")] = False,
    json: Json = False,
) -> None:
    """What changed between versions."""
    from archive.comparisons import get_comparison, list_comparisons
    from archive.documents import list_documents
    from clausewatch.model import ComparisonState, Kind, Severity
    from clausewatch.views.json import comparison_to_json

    first, last, wanted = start_of(since), end_of(until), one_of(ComparisonState, state, "--state")
    about, least = one_of(Kind, kind, "--kind"), one_of(Severity, severity, "--severity")
    with run.archive() as archive, archive.read() as connection:
        if name:
            list_documents(connection, name)
        found = list_comparisons(
            connection, name, since=first, until=last, state=wanted, kind=about, min_severity=least
        )
        if json:
            whole = (get_comparison(connection, each.id) if full else each for each in found)
            run.put_json(comparison_to_json(each, full=True) for each in whole)
            return
    run.put_table(
        ("document", "from", "to", "state", "told", "severity", "what changed", "id"),
        [(f"{each.vendor}/{each.document}", date_of(each.before.at), date_of(each.after.at), each.state,
          "yes" if each.notify else "", each.severity, _short(each.summary), each.id) for each in found],
        empty="no comparisons",
    )  # fmt: skip


def findings(
    run: Run,
    name: Name = None,
    since: Since = None,
    until: Until = None,
    kind: KindOption = None,
    severity: SeverityOption = None,
    json: Json = False,
) -> None:
    """The material changes, each with its words."""
    from archive.comparisons import list_comparisons
    from archive.documents import list_documents
    from clausewatch.model import Kind, Severity
    from clausewatch.views.json import finding_to_json

    wanted, least = one_of(Kind, kind, "--kind"), one_of(Severity, severity, "--severity")
    first, last = start_of(since), end_of(until)
    with run.archive() as archive, archive.read() as connection:
        if name:
            list_documents(connection, name)
        found = [
            (comparison, finding)
            for comparison in list_comparisons(
                connection, name, since=first, until=last, kind=wanted, min_severity=least
            )
            for finding in comparison.findings
            if wanted in (None, finding.kind) and (least is None or finding.severity.rank >= least.rank)
        ]
    if json:
        run.put_json(
            {"vendor": comparison.vendor, "document": comparison.document, "comparison": comparison.id,
             "at": rfc3339(comparison.after.at) if comparison.after.at else None} | finding_to_json(finding)
            for comparison, finding in found
        )  # fmt: skip
        return
    run.put_table(
        ("document", "when", "severity", "kind", "what changed"),
        [(f"{comparison.vendor}/{comparison.document}", date_of(comparison.after.at), finding.severity, finding.kind,
          _short(finding.sentence)) for comparison, finding in found],
        empty="no findings",
    )  # fmt: skip


def ledger(
    run: Run,
    vendor: Annotated[str | None, typer.Argument(metavar="[VENDOR]", help="All, a vendor's, or one document.")] = None,
    kind: Annotated[str | None, typer.Option(help="recipient, retention, transfer, age, ...")] = None,
    names: Annotated[str | None, typer.Option(metavar="COMPANY", help="Which vendors name this company.")] = None,
    json: Json = False,
) -> None:
    """What the versions state, from when to when: recipients, retention periods, countries, ages."""
    from archive.documents import list_documents
    from archive.ledger import list_entries
    from differ.facts import KINDS
    from differ.facts.company_names import ledger_name

    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"--kind: {kind!r} is none of {', '.join(KINDS)}")
    company = ledger_name(names) if names else None
    with run.archive() as archive, archive.read() as connection:
        if vendor:
            list_documents(connection, vendor)
        entries = list_entries(connection, vendor, kind="recipient" if company else kind, value=company)
    rows = [
        {"vendor": entry.vendor, "document": entry.document, "kind": entry.kind, "value": entry.value,
         "first_at": rfc3339(entry.first_at), "last_at": rfc3339(entry.last_at), "current": entry.is_current,
         "version": entry.version, "subjects": list(entry.subjects), "quote": entry.quote} for entry in entries
    ]  # fmt: skip
    if json:
        run.put_json(rows)
        return
    run.put_table(
        ("document", "kind", "value", "from", "to", "as the text says", "quote"),
        [(f"{entry.vendor}/{entry.document}", entry.kind, entry.value, date_of(entry.first_at),
          "still" if entry.is_current else date_of(entry.last_at), _short("; ".join(entry.subjects), 40),
          _short(entry.quote)) for entry in entries],
        empty=_no_entries(vendor, kind=kind, company=company),
    )  # fmt: skip


def _no_entries(vendor: str | None, *, kind: str | None, company: str | None) -> str:
    """What an empty ledger says."""
    if company:
        return f"no version{f' of {vendor}' if vendor else ''} names {company} as a recipient"
    return f"no version{f' of {vendor}' if vendor else ''} states {f'any {kind}' if kind else 'what the ledger keeps'}"


# --- words and bounds -----------------------------------------------------------------------------------------


def one_of(kind: Any, value: str | None, option: str) -> Any:
    """The value as a member of the enum ``kind``; None stays None."""
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError:
        raise typer.BadParameter(f"{option}: {value!r} is none of {', '.join(kind)}") from None


def _day(instant: str | None) -> str:
    return (instant or "")[:10]


def date_of(at: datetime | None) -> str:
    """A day as tables show it."""
    return f"{at:%Y-%m-%d}" if at else ""


def _short(text: str, width: int = 90) -> str:
    return text if len(text) <= width else text[: width - 3].rsplit(" ", 1)[0] + "..."
