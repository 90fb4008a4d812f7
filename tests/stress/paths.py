"""Every way on which something comes to last: each begins from the same story, may be killed anywhere and run again,
and its outcome is compared with that of a run that nobody disturbed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path as File
from typing import Any

from sqlalchemy import inspect

from archive import Archive, open_archive
from archive.database import migrate as migrate_engine
from archive.database import open_engine
from archive.documents import get_document, list_documents
from archive.heads import list_heads
from archive.looks import held_snapshots
from archive.subscriptions import add_subscription, list_subscriptions
from archive.takedowns import list_tombstones
from archive.watches import get_watch, record_failure
from clausewatch.errors import UsageError
from clausewatch.jobs.alarms import alarm_operator
from clausewatch.jobs.backup import back_up
from clausewatch.jobs.compact import compact as compact_bodies
from clausewatch.jobs.export import export_jsonl
from clausewatch.jobs.flow import Flow
from clausewatch.jobs.heads import head_of_the_day, signing_key
from clausewatch.jobs.importing import Imported, Record, record_all
from clausewatch.jobs.looks import Look, record_looks
from clausewatch.jobs.naming import Naming
from clausewatch.jobs.rebuild import rebuild_documents
from clausewatch.jobs.restore import check_backup, restore
from clausewatch.jobs.rules import Asked
from clausewatch.jobs.settle import settle_all
from clausewatch.jobs.subscribing import ask, confirm, erase, leave
from clausewatch.jobs.takedown import take_down_and_erase
from clausewatch.jobs.telling import new_queue
from clausewatch.jobs.transfer import move_archive
from clausewatch.jobs.verify import verify
from clausewatch.jobs.watching import add_address
from clausewatch.model import Document, Rule, Source
from clausewatch.settings import Settings
from crawler.outcomes import Outcome
from notifier.mailer import open_mailer
from notifier.outbox import deliver
from notifier.returns import Return, Verdict, take_in
from notifier.tokens import Purpose, secret_of, sign
from tests.support import earlier
from tests.support.rows import rows_of
from tests.support.scenario import World, day, policy

NOW = day(30)
EARLY = day(1)
GULLWING = "https://gullwing.example/privacy"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run works. ``other`` is an empty database, or the name of one."""

    home: File
    database: str
    other: str
    attempt: int = 0  # how often it was tried before

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, database_url=self.database, mail=f"file:{self.home / 'mail'}")

    @property
    def elsewhere(self) -> Settings:
        """Another home, with the other database."""
        return Settings(home=self.home / "elsewhere", database_url=self.other)

    @property
    def now(self) -> datetime:
        """Later at each attempt: what a killed one held is free by then."""
        return NOW + timedelta(minutes=15 * self.attempt)


@dataclass(frozen=True, slots=True)
class Path:
    """A way to disk."""

    run: Callable[[Place], None]
    outcome: Callable[[Place], Mapping[str, Any]]


def tell_story(place: Place) -> None:
    """What every run finds: something of all that may be under way."""
    with open_archive(place.settings) as archive:
        world = World(archive)
        for name in ("ada", "bob"):
            world.subscribes(f"{name}@example.com")
        kites, gullwing = world.vendor(), world.vendor("Gullwing", url=GULLWING)
        for number, months in enumerate((18, 18, 24, 24, 36)):
            kites.publishes(policy(months=months, nonce=str(number // 2)), at=day(number))
        world.settles(now=day(5))
        for number, months in enumerate((12, 12, 30)):  # nobody read them yet
            gullwing.publishes(policy(months=months, recipient="Globex"), at=day(number))
        head_of_the_day(archive, signing_key(place.settings), now=day(6))
        secret_of(place.settings)
        back_up(archive, place.settings, place.home / "restorable", now=day(7))


# --- what is run ----------------------------------------------------------------------------------------------


def crawl(place: Place) -> None:
    """Four days of looks at both vendors, settled as they come; who was killed goes on at the day of the last look."""
    with open_archive(place.settings) as archive:
        for at in map(day, range(8, 12)):
            with archive.read() as connection:
                documents = list_documents(connection)
                held = held_snapshots(connection, [each.id for each in documents])
            if any(each.seen_at > at for each in held.values()):
                continue
            due = [each for each in documents if each.due_at is None or each.due_at <= at]
            if due:
                record_looks(archive, [Look(each, held.get(each.id), _page(each.url or "", at)) for each in due])
                _let_flow(archive, due, at)
            settle_all(archive, now=at)


def _let_flow(archive: Archive, documents: Sequence[Document], at: datetime) -> None:
    flow = Flow(archive, None, now=lambda: at, queue=new_queue())
    flow.recorded(documents)
    flow.finish()


def _page(url: str, at: datetime) -> Outcome:
    body = policy(months=36 if at < day(10) else 48, recipient="Globex" if url == GULLWING else "")
    return Outcome(
        id=url, url=url, fetched_at=at, status=200, headers={"content-type": "text/html"}, body=body.encode()
    )


def bring_in(place: Place) -> None:
    """Thirty captures of three vendors, some of them long ago, as live ones."""
    records = [
        Record(
            policy(months=12 + number // 7, nonce=str(number)).encode(), day(10 + number / 3),
            Naming(vendor=vendor, type="Privacy Policy", url=f"https://{vendor}.example/privacy"), Source.WARC,
            f"https://{vendor}.example/privacy", status=200, content_type="text/html",
        )
        for number in range(10) for vendor in ("larkspur", "osprey", "plover")
    ]  # fmt: skip
    with open_archive(place.settings) as archive:
        record_all(archive, records, Imported(), is_live=True, now=place.now)
        settle_all(archive, now=place.now)


def settle(place: Place) -> None:
    with open_archive(place.settings) as archive:
        settle_all(archive, now=NOW)


def rebuild(place: Place) -> None:
    with open_archive(place.settings) as archive:
        rebuild_documents(archive, None, now=NOW, executor=None, on_progress=print)


def subscribe(place: Place) -> None:
    """One asks and confirms, one asks, one leaves, one complains, one has everything erased."""
    settings, now = place.settings, EARLY
    with open_archive(settings) as archive:
        asked = ask(archive, settings, "eve@example.com", Asked(Rule()), now=now)
        assert asked is not None
        confirm(archive, settings, sign(secret_of(settings), Purpose.CONFIRM, subscription=asked.id, now=now), now=now)
        ask(archive, settings, "pat@example.com", Asked(Rule(), every="weekly"), now=now)
        with archive.read() as connection:
            (ada,) = list_subscriptions(connection, email="ada@example.com")
        leave(archive, ada, now=now)
        with archive.write() as connection:
            add_subscription(connection, "gus@example.com", Rule(), every="daily", now=now, is_confirmed=True)
        complaint = Return("complaint-1", Verdict.STOP, "complained", email="bob@example.com")
        with archive.write() as connection:
            take_in(connection, [complaint], secret=secret_of(settings), now=now)
        erase(archive, settings, "gus@example.com", now=now)


def watch(place: Place) -> None:
    """Four vendors more, and another part of a page that was watched before."""
    with open_archive(place.settings) as archive:
        for number in range(4):
            add_address(archive, f"https://stilt{number}.example/privacy", vendor=f"Stilt {number}", now=EARLY)
        add_address(archive, GULLWING, vendor="Gullwing", include="main", interval_hours=6, now=NOW)
        settle_all(archive, now=NOW)


def alarm(place: Place) -> None:
    """Both documents fail twice, and the operator is told."""
    settings = replace(place.settings, operator="operator@harbor.example")
    with open_archive(settings) as archive, open_mailer(settings) as mailer:
        with archive.read() as connection:
            failures = [(each, get_watch(connection, each).failure) for each in list_documents(connection)]
        for document, failure in failures:
            for number in range(failure.looks if failure else 0, 2):
                with archive.write() as connection:
                    record_failure(
                        connection, document, at=day(20 + number), kind="dns", status=None, reason="no such host"
                    )
        alarm_operator(archive, mailer, settings=settings, now=place.now)


def send(place: Place) -> None:
    settings = place.settings
    with open_archive(settings) as archive, open_mailer(settings) as mailer:
        deliver(archive, mailer, settings=settings, now=place.now, sender=f"attempt {place.attempt}")


def sign_head(place: Place) -> None:
    with open_archive(place.settings) as archive:
        head_of_the_day(archive, signing_key(place.settings), now=NOW)


def take_down(place: Place) -> None:
    with open_archive(place.settings) as archive:
        with archive.read() as connection:
            document = get_document(connection, "harbor-kites/privacy-policy")
        take_down_and_erase(archive, document, None, reason="court order", now=NOW)


def compact(place: Place) -> None:
    with open_archive(place.settings) as archive:
        compact_bodies(archive)


def export(place: Place) -> None:
    with open_archive(place.settings) as archive, suppress(UsageError):  # an attempt before may have done it
        export_jsonl(archive, place.home / "exported", signer=signing_key(place.settings))


def backup(place: Place) -> None:
    """Into a backup that is there already."""
    with open_archive(place.settings) as archive:
        settle_all(archive, now=NOW)
        back_up(archive, place.settings, place.home / "restorable", now=place.now)


def put_back(place: Place) -> None:
    with suppress(UsageError):
        restore(place.home / "restorable", place.elsewhere)


def move(place: Place) -> None:
    with suppress(UsageError):
        move_archive(place.database, place.other)


def migrate(place: Place) -> None:
    """What the first release left, made by an attempt before or now."""
    engine = open_engine(place.other)
    try:
        with engine.connect() as connection:
            is_there = bool(inspect(connection).get_table_names())
        if not is_there:
            earlier.fill(engine, place.elsewhere.home, "0001")
        migrate_engine(engine)
    finally:
        engine.dispose()


# --- what came of it ------------------------------------------------------------------------------------------


def archived(place: Place) -> dict[str, Any]:
    """All that the archive holds, and the mails that were sent."""
    with open_archive(place.settings) as archive:
        return _held(archive, is_faultless=True) | {"mails": _mails(place.home / "mail")}


def alarmed(place: Place) -> dict[str, Any]:
    with open_archive(place.settings) as archive, archive.read() as connection:
        watches = [get_watch(connection, each) for each in list_documents(connection)]
    told = [(watch.failure and watch.failure.looks, watch.told_at is not None) for watch in watches]
    return archived(place) | {"told": told}


def taken_down(place: Place) -> dict[str, Any]:
    with open_archive(place.settings) as archive:
        held = _held(archive, is_faultless=True)
        del held["blobs"]  # what is there says that it was erased
        return held


def exported(place: Place) -> dict[str, Any]:
    folder = place.home / "exported"
    hidden = [path.name for path in place.home.iterdir() if path.name.startswith(".exported")]
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return archived(place) | {"exported": files, "is left": bool(hidden) and place.attempt == 0}


def backed_up(place: Place) -> dict[str, Any]:
    manifest = check_backup(place.home / "restorable")
    rows = {name: table.rows for name, table in manifest.tables.items()}
    return archived(place) | {"rows": rows, "keys": sorted(manifest.keys)}


def restored(place: Place) -> dict[str, Any]:
    return archived(replace(place, home=place.home / "elsewhere", database=place.other))


def moved(place: Place) -> dict[str, Any]:
    return archived(place) | {"there": archived(replace(place, database=place.other))}


def _held(archive: Archive, *, is_faultless: bool) -> dict[str, Any]:
    if is_faultless:
        assert list(verify(archive, is_deep=True)) == []
    with archive.read() as connection:
        subscriptions = list_subscriptions(connection)
        return dict(rows_of(archive)) | {
            "subscriptions": sorted((each.id, each.email, each.state, each.every) for each in subscriptions),
            "blobs": sorted(archive.blobs.names()),
            "heads": [(each.day, each.sha256) for each in list_heads(connection)],
            "tombstones": list_tombstones(connection),
        }


def _mails(folder: File) -> list[str]:
    return sorted(path.name for path in folder.glob("*.eml"))


PATHS: dict[str, Path] = {
    "crawl": Path(crawl, archived),
    "import": Path(bring_in, archived),
    "settle": Path(settle, archived),
    "rebuild": Path(rebuild, archived),
    "subscribe": Path(subscribe, archived),
    "watch": Path(watch, archived),
    "alarm": Path(alarm, alarmed),
    "deliver": Path(send, archived),
    "head": Path(sign_head, archived),
    "takedown": Path(take_down, taken_down),
    "compact": Path(compact, archived),
    "export": Path(export, exported),
    "backup": Path(backup, backed_up),
    "restore": Path(put_back, restored),
    "move": Path(move, moved),
    "migrate": Path(migrate, restored),
}
