"""A day in the life: a vendor's site on loopback, real crawls, real mail to files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Archive
from clausewatch.jobs.capture import crawl_documents
from clausewatch.jobs.watching import add_address
from clausewatch.settings import Settings
from notifier.mailer import open_mailer
from notifier.outbox import deliver
from tests.support import VendorSite
from tests.support.scenario import BOT_WALL, Vendor, World, policy, settings_of

pytestmark = pytest.mark.slow  # each look starts a child process
PATH = "/privacy"


class LiveDay:
    """A vendor's page, watched, and a reader who subscribed."""

    def __init__(self, archive: Archive, site: VendorSite, home: Path) -> None:
        self.world, self.site, self.home = World(archive), site, home
        self.settings = Settings(home=home, allow_hosts=(site.host,), secret="for tests", mail=settings_of(home).mail)
        site.publish(PATH, policy())
        self.vendor = Vendor(
            archive, add_address(archive, site.url(PATH), vendor="Harbor Kites", now=datetime.now(UTC))
        )
        self.world.subscribes()

    def looks(self, times: int = 1) -> list[str]:
        """Crawl and settle; give the states of the comparisons then."""
        for _ in range(times):
            crawl_documents(
                self.world.archive, None, is_due_only=False, settings=self.settings, now=lambda: datetime.now(UTC),
                on_progress=lambda line: None,
            )  # fmt: skip
            self.world.settles(now=datetime.now(UTC))
        return self.vendor.states

    def mails(self) -> list[str]:
        with open_mailer(self.settings) as mailer:
            deliver(self.world.archive, mailer, settings=self.settings, now=datetime.now(UTC), sender="test")
        return [path.read_text() for path in sorted((self.home / "mail").glob("*.eml"))]


@pytest.fixture
def live(archive: Archive, tmp_path: Path) -> Iterator[LiveDay]:
    with VendorSite() as site:
        yield LiveDay(archive, site, tmp_path)


def test_a_change_is_held_then_confirmed_then_told_once(live: LiveDay) -> None:
    assert live.looks(2) == []
    live.site.publish(PATH, policy(months=24))
    assert live.looks() == ["held"]
    assert live.mails() == []
    assert live.looks() == ["confirmed told"]
    assert live.looks() == ["confirmed told"]
    (mail,) = live.mails()
    assert "24 months" in mail
    assert live.mails() == [mail]


def test_a_flap_tells_nobody(live: LiveDay) -> None:
    live.looks(2)
    live.site.publish(PATH, policy(months=24))
    live.looks()
    live.site.publish(PATH, policy())
    assert live.looks(2) == ["unstable", "unstable"]
    assert live.world.outbox == []
    assert live.mails() == []


def test_a_bot_wall_tells_nobody_and_hides_nothing(live: LiveDay) -> None:
    live.looks(2)
    live.site.publish(PATH, BOT_WALL, status=403)
    assert live.looks(2) == []
    live.site.publish(PATH, policy(months=24))
    assert live.looks(2) == ["confirmed told"]
    assert [snapshot.fault for snapshot in live.vendor.snapshots] == [None, "bot-wall", None]
    assert len(live.mails()) == 1
