"""What is watched, and looking at it: now, and in the past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from clausewatch.cli.executing import LeftToWorkers, leave_to_workers
from clausewatch.cli.running import Run, command, end_of, start_of
from clausewatch.counts import counted
from clausewatch.errors import UsageError

if TYPE_CHECKING:
    from clausewatch.jobs.settle import Settled
    from clausewatch.model import Document


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for function in (add, crawl, backfill):
        command(app)(function)


@dataclass(frozen=True)
class PageOptions:
    """How a document is named and looked at."""

    vendor: Annotated[str | None, typer.Option(metavar="V", help="Whose it is; else by the domain.")] = None
    document: Annotated[str | None, typer.Option(metavar="TYPE", help="Its type; else by the address.")] = None
    slug: Annotated[str | None, typer.Option(metavar="S", help="Its name on the command line.")] = None
    render: Annotated[
        str, typer.Option(help="auto, never, always: whether a browser looks at it; auto: if it has no text without.")
    ] = "auto"
    include: Annotated[str | None, typer.Option(metavar="CSS", help="Only this part of the page; never needed.")] = None
    exclude: Annotated[str | None, typer.Option(metavar="CSS", help="Not this part of the page.")] = None
    interval: Annotated[
        int | None,
        typer.Option(metavar="HOURS", help="Between two looks, 1 to 240; else 12. Half or double by itself."),
    ] = None


def add(
    run: Run,
    address: Annotated[
        str | None,
        typer.Argument(metavar="[ADDRESS|DOMAIN]", help="Where the policy stands; or a domain, to find them all."),
    ] = None,
    options: PageOptions = PageOptions(),
    watchlist: Annotated[
        str | None, typer.Option(metavar="FILE", help="A list; 'starter' is one to begin with.")
    ] = None,
) -> None:
    """Watch a document, or all of a list."""
    if bool(address) == bool(watchlist):
        raise UsageError("give one ADDRESS or DOMAIN, or --watchlist FILE")
    if options.render not in ("auto", "never", "always"):
        raise UsageError(f"--render {options.render}: is none of auto, never, always")
    added = _add_watchlist(run, watchlist, options) if watchlist else _add_pages(run, address or "", options)
    for each in added:
        run.put(f"{each.name}: {each.type} of {each.vendor_name}, {each.url}")
    are_watched = "document is" if len(added) == 1 else "documents are"
    run.say(f"{len(added)} {are_watched} watched; clausewatch crawl looks now, clausewatch backfill at the past")


def _add_watchlist(run: Run, watchlist: str, options: PageOptions) -> list[Document]:
    from clausewatch.jobs.watching import add_watchlist, check_reachable
    from clausewatch.watchlist import read_watchlist

    if options.interval is not None:
        raise UsageError("--interval goes with an ADDRESS or DOMAIN; a watchlist has a column for it")
    check_reachable([entry.url for entry in read_watchlist(watchlist)], run.settings.allow_hosts)
    with run.archive() as archive:
        return add_watchlist(archive, watchlist, now=run.now(), on_progress=run.say)


def _add_pages(run: Run, address: str, options: PageOptions) -> list[Document]:
    from clausewatch.jobs.watching import add_address, check_reachable

    if "://" in address:
        check_reachable([address], run.settings.allow_hosts)
        pages = [(address, options.document)]
    elif options.document or options.slug or options.include or options.exclude:
        raise UsageError(f"{address}: is a domain; --document, --slug, --include, --exclude go with one ADDRESS")
    else:
        pages = _discover(run, address)
    with run.archive() as archive:
        return [
            add_address(
                archive, url, vendor=options.vendor, type=type, slug=options.slug, render=options.render,
                include=options.include, exclude=options.exclude, interval_hours=options.interval, now=run.now(),
                on_progress=run.say,
            )
            for url, type in pages
        ]  # fmt: skip


def _discover(run: Run, domain: str) -> list[tuple[str, str | None]]:
    """Address and type of the surest document of each type; all that was found is said."""
    from clausewatch.errors import NotFound
    from clausewatch.jobs.discovery import best_of, discover

    found = discover(domain, settings=run.settings, on_progress=run.say)
    best = best_of(found)
    for each in found:
        variants = f"; also for {', '.join(v.language or '?' for v in each.variants)}" if each.variants else ""
        isnt_watched = "" if each in best else "; not watched, add its address if it should be"
        what = f"{each.confidence:4.0%} {each.type} ({each.language or '?'}) {each.url}: {each.how}"
        run.say(f"{what}{variants}{isnt_watched}")
    if not best:
        raise NotFound(f"{domain}: no policy was found; give the address of one, https://{domain}/...")
    return [(each.url, each.type) for each in best]


def crawl(
    run: Run,
    name: Annotated[str | None, typer.Argument(metavar="[VENDOR[/DOCUMENT]]")] = None,
    due: Annotated[bool, typer.Option("--due", help="Only what is due.")] = False,
) -> None:
    """Look at the pages as they are now; store, compare, and queue what subscribers are owed."""
    from clausewatch.cli.importing import settle
    from clausewatch.jobs.capture import crawl_documents

    run.begin_log()
    with run.archive() as archive:
        looked = crawl_documents(
            archive, name, is_due_only=due, settings=run.settings, now=archive.clock.now, on_progress=run.say
        )
        settled = settle(run, archive)
    run.put(
        f"{counted(looked.looked, 'document')} looked at: {counted(looked.new, 'new snapshot')}, "
        f"{looked.unchanged} unchanged, {looked.failed} failed"
    )
    _put_told(run, settled)
    if looked.looked and looked.failed == looked.looked:
        raise typer.Exit(1)


def backfill(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="VENDOR[/DOCUMENT]")],
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE")] = None,
    every: Annotated[str, typer.Option(help="day, week, month or change.")] = "change",
    wayback: Annotated[str | None, typer.Option(metavar="ADDRESS", help="A Wayback Machine of your own.")] = None,
    queue: LeftToWorkers = False,
) -> None:
    """Fill in the past from the Wayback Machine. Stopped anywhere, it goes on where it was."""
    from dataclasses import replace

    from clausewatch.cli.importing import settle
    from clausewatch.jobs.backfill import backfill_documents

    if every not in ("day", "week", "month", "change"):
        raise UsageError(f"--every {every}: is none of day, week, month, change")
    settings = replace(run.settings, wayback_url=wayback.rstrip("/")) if wayback else run.settings
    from_at, to_at = start_of(from_), end_of(to)
    run.begin_log()
    if queue:
        if wayback:
            raise UsageError("--wayback: the workers have one of their own; set CLAUSEWATCH_WAYBACK_URL for them")
        _queue_backfill(run, name, from_at, to_at, every=every)
        return
    with run.archive() as archive:
        filled = backfill_documents(
            archive, name, from_at=from_at, to_at=to_at, every=every, settings=settings, on_progress=run.say
        )
        settled = settle(run, archive)
    versions = sum(each.versions for each in settled)
    run.put(
        f"{counted(filled.new, 'new snapshot')}, {filled.known} known, {filled.failed} failed; "
        f"{counted(versions, 'version')}"
    )
    if filled.failed and not filled.new and not filled.known:
        raise typer.Exit(1)


def _queue_backfill(run: Run, name: str, from_at: datetime | None, to_at: datetime | None, *, every: str) -> None:
    from archive.documents import list_documents
    from clausewatch.jobs.kinds import backfill_job

    with run.archive() as archive, archive.read() as connection:
        named = [document.name for document in list_documents(connection, name)]
    leave_to_workers(run.settings, [backfill_job(each, from_at=from_at, to_at=to_at, every=every) for each in named])
    run.put(f"{counted(len(named), 'document')} left to the workers; clausewatch snapshots {name} shows what came")


def _put_told(run: Run, settled: list[Settled]) -> None:
    for each in settled:
        for comparison in each.told:
            run.put(f"{comparison.vendor}/{comparison.document}: {comparison.summary}")
    run.put(f"{counted(sum(each.notices for each in settled), 'notice')} queued; clausewatch deliver sends them")
