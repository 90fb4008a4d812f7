"""Plays the demo: three vendors and a Wayback stand-in on loopback, and Clausewatch at work on them."""

from __future__ import annotations

import shutil
import socket
import textwrap
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from archive import Archive, open_archive
from archive.comparisons import list_comparisons
from archive.documents import list_documents
from archive.snapshots import count_faults, list_snapshots
from archive.subscriptions import add_subscription
from archive.versions import list_versions
from clausewatch.counts import counted
from clausewatch.demo.site import VendorSite
from clausewatch.demo.story import Story, build
from clausewatch.demo.wayback import WaybackStandIn
from clausewatch.errors import UsageError
from clausewatch.jobs.backfill import backfill_documents
from clausewatch.jobs.capture import crawl_documents
from clausewatch.jobs.settle import settle_all
from clausewatch.jobs.watching import add_address
from clausewatch.model import Comparison, Rule
from clausewatch.settings import Settings
from notifier.mailer import open_mailer
from notifier.outbox import deliver
from notifier.passages import Passage, passages

MARK = ".clausewatch-demo"  # a folder without it is not ours to empty
SUBSCRIBER = "reader@example.org"
WIDTH = 120  # of what is printed, in columns
QUOTE_WIDTH = 170  # of a quote, in characters around its first change
Say = Callable[[str], None]


def play(home: Path, *, say: Say, is_served: bool, port: int) -> None:
    """Play the whole story, then serve the pages until Ctrl-C if asked to."""
    started = monotonic()
    port = _free_port(port)
    _empty(home)
    with VendorSite() as site, WaybackStandIn() as wayback:
        settings = Settings(
            home=home, allow_hosts=(site.host, wayback.host), wayback_url=wayback.url, mail=f"file:{home / 'mail'}",
            public_url=f"http://127.0.0.1:{port}",
        )  # fmt: skip
        story = build(site, wayback)
        with open_archive(settings) as archive:
            _watch(archive, story, settings, say=say)
            _fill_past(archive, story, settings, say=say)
            _play_rounds(archive, story, settings, say=say)
            _deliver(archive, settings, say=say)
            _show(archive, say=say)
    say("")
    say(f"Done in {monotonic() - started:.0f} s. Where to look:")
    say(f"  mails   {home / 'mail'}/*.eml")
    say(f"  archive CLAUSEWATCH_HOME={home} clausewatch documents | versions | comparisons | findings | ledger")
    if is_served:
        _serve(settings, port=port, say=say)


def _empty(home: Path) -> None:
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise UsageError(f"{home}: holds something else; name another folder with --home")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / MARK).touch()


def _watch(archive: Archive, story: Story, settings: Settings, *, say: Say) -> None:
    say("1. Three vendors are put under watch, and a reader subscribes to all material changes")
    for each in story.documents:
        document = add_address(archive, each.url, vendor=each.vendor, type=each.type, now=_now())
        say(f"   {document.name:32} {document.url}")
    with archive.write() as connection:
        add_subscription(connection, SUBSCRIBER, Rule(), every="instant", now=_now(), is_confirmed=True)


def _fill_past(archive: Archive, story: Story, settings: Settings, *, say: Say) -> None:
    say("")
    say("2. Their past comes from the Wayback stand-in")
    with archive.read() as connection:
        vendors = dict.fromkeys(document.vendor for document in list_documents(connection))
    for vendor in vendors:
        filled = backfill_documents(
            archive, vendor, from_at=None, to_at=None, every="change", settings=settings, on_progress=lambda line: None
        )
        (settled,) = settle_all(archive, now=_now())
        say(f"   {settled.document.name:32} {counted(filled.new, 'capture')}, {settled.faults} of them faults: "
            f"{counted(settled.versions, 'version')}, {counted(settled.compared, 'comparison')}")  # fmt: skip


def _play_rounds(archive: Archive, story: Story, settings: Settings, *, say: Say) -> None:
    say("")
    say("3. The vendors go on, and Clausewatch looks at them")
    for number, turn in enumerate(story.rounds, 1):
        turn()
        say(f"   round {number}: {turn.title}")
        crawl_documents(
            archive, None, is_due_only=False, settings=settings, now=_now, on_progress=lambda line: say(f"      {line}")
        )
        for settled in settle_all(archive, now=_now()):
            for comparison in settled.told:
                say(f"      -> told: {settled.document.name}: {counted(settled.notices, 'notice')} queued, "
                    f"{counted(len(comparison.findings), 'finding')}")  # fmt: skip


def _deliver(archive: Archive, settings: Settings, *, say: Say) -> None:
    say("")
    say(f"4. The outbox is delivered to {SUBSCRIBER}")
    with open_mailer(settings) as mailer:
        deliver(
            archive, mailer, settings=settings, now=_now(), sender="demo",
            on_sent=lambda sent: say(f"   {sent.subject}"),
        )  # fmt: skip


def _show(archive: Archive, *, say: Say) -> None:
    say("")
    say("5. What happened")
    with archive.read() as connection:
        for document in list_documents(connection):
            faults = ", ".join(f"{count} {fault}" for fault, count in count_faults(connection, document).items())
            snapshots, versions = list_snapshots(connection, document), list_versions(connection, document)
            say(f"   {document.name:32} {counted(len(snapshots), 'snapshot')}, {counted(len(versions), 'version')}; "
                f"faults: {faults or 'none'}")  # fmt: skip
        found = list_comparisons(connection)
    say("")
    for line in table_of(found):
        say(f"   {line}")


def table_of(comparisons: Sequence[Comparison]) -> list[str]:
    """The findings for people: when, how grave, what, and the words that prove it."""
    lines = []
    for comparison in comparisons:
        told = "told" if comparison.notify else str(comparison.state)
        lines.append(f"{comparison.before.at:%Y-%m-%d} -> {comparison.after.at:%Y-%m-%d}  "
                     f"{comparison.vendor}/{comparison.document}  ({told})")  # fmt: skip
        if not comparison.findings:
            lines += _wrapped(comparison.summary or "Nothing material.", "    ")
        for finding in comparison.findings:
            lines += _wrapped(finding.sentence, f"    {finding.severity:8} {finding.kind:11} ")
            for sign, passage in zip("-+", passages(finding.before, finding.after, longest=QUOTE_WIDTH), strict=True):
                lines += _wrapped(_quoted(passage, sign), f"{' ' * 25}{sign} ") if passage else []
    return lines


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))


def _quoted(passage: Passage, sign: str) -> str:
    opening, closing = ("[-", "-]") if sign == "-" else ("{+", "+}")
    marked = "".join(f"{opening}{piece.text}{closing}" if piece.is_changed else piece.text for piece in passage.pieces)
    return f"“{'… ' * passage.is_cut_before}{marked}{' …' * passage.is_cut_after}”"


def _free_port(port: int) -> int:
    """The port, if nobody listens on it, else one that is free: links in mails need it before anything is served."""
    for wanted in (port, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            taken: int = probe.getsockname()[1]
            return taken
    return port


def _serve(settings: Settings, *, port: int, say: Say) -> None:
    from clausewatch.web.server import serve

    serve(settings, port=port, on_ready=lambda address: say(f"  pages   {address}/   (Ctrl-C ends)"))


def _now() -> datetime:
    return datetime.now(UTC)
