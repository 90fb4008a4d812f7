"""What happens in the tests of the pages: vendors publish, people visit. The archive and the app are the real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from archive import Archive, open_archive
from archive.comparisons import list_comparisons
from archive.documents import add_document, add_vendor, get_document
from archive.snapshots import Capture, record_snapshot
from archive.versions import list_versions
from clausewatch.jobs.settle import settle
from clausewatch.model import Comparison, Document, Source, Version
from clausewatch.settings import Settings
from clausewatch.web import create_app

NOW = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
START = NOW - 400 * DAY

SECTIONS = {
    "What we collect": "We collect your name, your mail address, the model of your loom and the orders that you place "
    "with our shop. We do not collect your precise location, and we do not read the messages that you send to others.",
    "How long we keep data": "We keep your order history for 18 months after your last order. After that time we "
    "delete it or make it anonymous, so that nobody can tell that the orders were placed by you.",
    "Who receives data": "We share your address with the carrier that brings your parcel. We do not sell personal "
    "data to anyone, and we require every service provider to protect your information by a written contract.",
    "Your rights": "You may ask us for a copy of your personal data, have it corrected or erased, and object to its "
    "use. Write to our privacy team, and we will answer your request within one month without any charge.",
}


def policy(sections: Mapping[str, str] = SECTIONS) -> str:
    """A page as a shop serves it. What the sections hold is taken as markup."""
    body = "".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in sections.items())
    return (
        '<!doctype html><html lang="en"><head><title>Privacy Policy</title></head><body><nav><a href="/">Shop</a></nav>'
        f"<main><h1>Privacy Policy</h1>{body}</main><footer>Tidewater Looms</footer></body></html>"
    )


def altered(old: str, new: str) -> dict[str, str]:
    """The sections with some words exchanged."""
    assert any(old in text for text in SECTIONS.values())
    return {heading: text.replace(old, new) for heading, text in SECTIONS.items()}


class Scenario:
    """An archive in a folder, the app over it, and the verbs to fill and to visit it."""

    def __init__(self, archive: Archive, settings: Settings) -> None:
        self.archive = archive
        self.settings = settings
        self.now = NOW
        self.client = ("127.0.0.1", 123)  # from where visitors come
        self.app: FastAPI = create_app(settings, archive, now=lambda: self.now)

    def watches(
        self, vendor: str = "Tidewater Looms", *, type: str = "Privacy Policy", url: str | None = None
    ) -> Document:
        with self.archive.write() as connection:
            return add_document(
                connection, add_vendor(connection, vendor), type=type, url=url or "https://tidewater.example/privacy"
            )

    def publishes(
        self, document: Document, body: str | bytes, *, at: datetime, content_type: str = "text/html",
        status: int = 200, sightings: int = 3, settles: bool = True,
    ) -> str:  # fmt: skip
        """The document looked so at that time; seen three times, so that it is sure. Gives the snapshot's id."""
        raw = body.encode() if isinstance(body, str) else body
        sha256 = self.archive.blobs.write(raw)
        capture = Capture(
            captured_at=at, fetched_at=at, seen_at=at + (sightings - 1) * timedelta(hours=3), sightings=sightings,
            source=Source.LIVE, url=document.url or "", sha256=sha256, size=len(raw), status=status,
            content_type=content_type, is_live=True,
        )  # fmt: skip
        with self.archive.write() as connection:
            snapshot, _ = record_snapshot(connection, document, capture)
        if settles:
            settle(self.archive, document, now=self.now)
        return snapshot

    def versions(self, document: Document) -> list[Version]:
        with self.archive.read() as connection:
            return list_versions(connection, document)

    def comparisons(self, document: Document) -> list[Comparison]:
        with self.archive.read() as connection:
            return list_comparisons(connection, document.name)

    @property
    def looms(self) -> Document:
        """The document that ``looms`` made."""
        with self.archive.read() as connection:
            return get_document(connection, "tidewater-looms/privacy-policy")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.visit("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.visit("POST", path, **options)

    def visit(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=self.client)
            async with httpx.AsyncClient(transport=transport, base_url="http://clausewatch.test") as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())


@contextmanager
def opened(folder: Path, **settings: Any) -> Iterator[Scenario]:
    """A scenario with an archive of its own under the folder."""
    chosen = Settings(home=folder, secret="for tests", public_url="http://clausewatch.test", **settings)
    with open_archive(chosen) as archive:
        yield Scenario(archive, chosen)


def looms(scenario: Scenario) -> Document:
    """A vendor with three versions of a policy, a bot wall between them, and a change that matters."""
    document = scenario.watches()
    scenario.publishes(document, policy(), at=START, settles=False)
    longer = policy(altered("18 months", "24 months"))
    scenario.publishes(document, longer, at=START + 100 * DAY, settles=False)
    scenario.publishes(
        document, "<title>Just a moment...</title><p>Checking your browser before accessing the site.</p>",
        at=START + 150 * DAY, status=403, settles=False,
    )  # fmt: skip
    sections = altered("18 months", "24 months") | {
        "Who receives data": "We share your address with the carrier that brings your parcel. We also share your "
        "order history with Brightmetrics, an analytics company, to measure our advertising. We require every service "
        "provider to protect your information by a written contract."
    }
    scenario.publishes(document, policy(sections), at=START + 200 * DAY)
    return document
