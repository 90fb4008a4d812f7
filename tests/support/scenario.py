"""What happens in the tests of the archive, the jobs and the command line: vendors publish, looks come in any order,
people subscribe. The archive is the real one, in a folder of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import differ
from archive import Archive, open_archive
from archive.comparisons import list_comparisons
from archive.documents import add_document, add_vendor
from archive.looks import Sighting, record_sightings
from archive.notices import list_notices
from archive.snapshots import Capture, latest_live, list_snapshots, record_snapshot
from archive.subscriptions import add_subscription
from archive.versions import list_versions
from clausewatch.jobs.settle import Settled, settle_all
from clausewatch.model import Comparison, Document, Notice, Reading, Rule, Snapshot, Source, Subscription, Version
from clausewatch.settings import Settings

START = datetime(2025, 1, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://harborkites.example/privacy"
BOT_WALL = "<html><head><title>Just a moment...</title></head><body><p>Checking your browser.</p></body></html>"


def day(number: float) -> datetime:
    """Noon of that day of the story."""
    return START + timedelta(days=number)


def policy(*, months: int = 18, recipient: str = "", extra: str = "", nonce: str = "") -> str:
    """A page with a privacy policy. ``months`` and ``recipient`` matter to a reader, ``extra`` is a sentence more, and
    ``nonce`` changes bytes alone."""
    shared = (
        f" We share your mail address with {recipient}, an analytics company, for advertising." if recipient else ""
    )
    return f"""<!doctype html><html lang="en"><head><title>Privacy Policy</title><meta name="n" content="{nonce}">
</head><body><main><h1>Privacy Policy</h1>
<h2>What we collect</h2><p>We collect your name, your mail address and the orders that you place with our shop. We do
not collect your precise location, and we do not read the messages that you send to others. {extra}</p>
<h2>How long we keep data</h2><p>We keep your order history for {months} months after your last order. After that time
we delete it or make it anonymous, so that nobody can tell that the orders were placed by you.</p>
<h2>Who receives data</h2><p>We share your address with the carrier that brings your parcel. We do not sell personal
data to anyone, and every service provider protects your information by a written contract.{shared}</p>
<h2>Your rights</h2><p>You may ask us for a copy of your personal data, have it corrected or erased, and object to its
use. Write to our privacy team, and we will answer your request within one month without any charge.</p>
</main></body></html>"""


def german_policy() -> str:
    """The same vendor's policy in another language."""
    return """<!doctype html><html lang="de"><head><title>Datenschutz</title></head><body><main>
<h1>Datenschutzerklärung</h1><h2>Welche Daten wir erheben</h2><p>Wir erheben Ihren Namen, Ihre Anschrift und die
Bestellungen, die Sie in unserem Laden aufgeben. Wir erheben nicht Ihren genauen Standort, und wir lesen nicht die
Nachrichten, die Sie an andere senden.</p><h2>Wie lange wir Daten speichern</h2><p>Wir speichern Ihre Bestellungen
für 18 Monate nach der letzten Bestellung. Danach löschen wir sie oder machen sie anonym, sodass niemand mehr weiß,
dass sie von Ihnen kamen.</p><h2>Ihre Rechte</h2><p>Sie können eine Kopie Ihrer personenbezogenen Daten verlangen, sie
berichtigen oder löschen lassen und der Verarbeitung widersprechen. Schreiben Sie an unsere Datenschutzabteilung.</p>
</main></body></html>"""


def tripped_by(words: bytes) -> Callable[..., Reading]:
    """A reader with a bug that pages with these words trip."""
    read = differ.read

    def read_or_trip(body: bytes, **named: object) -> Reading:
        if words in body:
            raise RecursionError("deeper than anybody nests")
        return read(body, **named)  # type: ignore[arg-type]  # passed through

    return read_or_trip


@dataclass
class Vendor:
    """A vendor with one policy."""

    archive: Archive
    document: Document

    def publishes(self, body: str, *, at: datetime, status: int = 200) -> str:
        """A live look finds this page: the bytes of the newest live look again, or a new snapshot. Gives its id."""
        sha256 = self.archive.blobs.write(body.encode())
        with self.archive.write() as connection:
            last = latest_live(connection, self.document)
            if last and (last.sha256, last.status) == (sha256, status) and last.seen_at < at:
                record_sightings(connection, [Sighting(self.document, last.id, at)], resting={})
                return last.id
        return self._record(body, at=at, sha256=sha256, source=Source.LIVE, status=status)

    def was_archived(self, body: str, *, at: datetime) -> str:
        """The Wayback Machine turns out to hold this page. Gives the snapshot's id."""
        sha256 = self.archive.blobs.write(body.encode())
        return self._record(body, at=at, sha256=sha256, source=Source.WAYBACK)

    def was_looked_at(self, body: str, *, at: datetime, until: datetime | None = None, sightings: int = 1) -> str:
        """A live look, or several, of the past comes in, in any order. Gives the snapshot's id."""
        sha256 = self.archive.blobs.write(body.encode())
        return self._record(body, at=at, sha256=sha256, source=Source.LIVE, until=until, sightings=sightings)

    def _record(
        self, body: str, *, at: datetime, sha256: str, source: Source, status: int = 200,
        until: datetime | None = None, sightings: int = 1,
    ) -> str:  # fmt: skip
        capture = Capture(
            captured_at=at, fetched_at=at, source=source, url=self.document.url or URL, sha256=sha256,
            size=len(body.encode()), status=status, content_type="text/html", is_live=source is Source.LIVE,
            seen_at=until, sightings=sightings,
        )  # fmt: skip
        with self.archive.write() as connection:
            return record_snapshot(connection, self.document, capture)[0]

    @property
    def versions(self) -> list[Version]:
        with self.archive.read() as connection:
            return list_versions(connection, self.document)

    @property
    def snapshots(self) -> list[Snapshot]:
        with self.archive.read() as connection:
            return list_snapshots(connection, self.document)

    @property
    def comparisons(self) -> list[Comparison]:
        with self.archive.read() as connection:
            return list_comparisons(connection, self.document.name)

    @property
    def states(self) -> list[str]:
        """For each comparison its state, with ``told`` where subscribers hear of it."""
        return [f"{each.state}{' told' if each.notify else ''}" for each in self.comparisons]


@dataclass
class World:
    """An archive, and who is in it."""

    archive: Archive

    def vendor(self, name: str = "Harbor Kites", *, type: str = "Privacy Policy", url: str = URL) -> Vendor:
        with self.archive.write() as connection:
            return Vendor(self.archive, add_document(connection, add_vendor(connection, name), type=type, url=url))

    def subscribes(self, email: str = "ada@example.com", *, every: str = "instant") -> Subscription:
        with self.archive.write() as connection:
            return add_subscription(connection, email, Rule(), every=every, now=START, is_confirmed=True)

    def settles(self, *, now: datetime = NOW) -> list[Settled]:
        return settle_all(self.archive, now=now)

    @property
    def outbox(self) -> list[Notice]:
        with self.archive.read() as connection:
            return list_notices(connection)


def settings_of(folder: Path) -> Settings:
    """An installation that keeps everything in the folder."""
    return Settings(home=folder, secret="for tests", mail=f"file:{folder / 'mail'}")


@contextmanager
def archive_of(folder: Path) -> Iterator[Archive]:
    """A new archive in the folder, or the one that is there."""
    with open_archive(settings_of(folder)) as archive:
        yield archive
