"""What a process that runs for long makes sure of before it begins: that what its settings name is there and works.

That they are well written is for ``clausewatch.settings``.
"""

from __future__ import annotations

from archive import Archive
from archive.snapshots import some_bodies
from archive.takedowns import list_tombstones
from clausewatch.errors import ArchiveError, SettingsError
from clausewatch.jobs.heads import KEY_FILE, signing_key
from clausewatch.jobs.verify_bodies import PROBED, BodyCheck
from clausewatch.settings import Settings
from notifier.tokens import SECRET_FILE, secret_of


def check_start(archive: Archive, settings: Settings) -> None:
    """Raises SettingsError or ArchiveError: one that says so now, rather than at the first page, look or mail."""
    from notifier.mailer import open_mailer

    archive.blobs.check()
    _check_bodies(archive)
    with open_mailer(settings):
        pass
    _check_keys(settings)
    _check_browser(settings.chromium)


def _check_bodies(archive: Archive) -> None:
    """On another machine's disk, or one that is not mounted, new bodies would come to lie apart from the others."""
    with archive.read() as connection:
        some, erased = some_bodies(connection, PROBED), {each.sha256 for each in list_tombstones(connection)}
    for line in BodyCheck(archive.blobs, erased=erased, is_deep=False).probe(some):
        raise ArchiveError(line)


def _check_keys(settings: Settings) -> None:
    """Those that are there already: the others are made when they are needed."""
    if (settings.home / KEY_FILE).exists():
        signing_key(settings)
    if (settings.home / SECRET_FILE).exists():
        secret_of(settings)
    if settings.sendgrid_events_key:
        from notifier.events import read_public_key

        read_public_key(settings.sendgrid_events_key)


def _check_browser(chosen: str) -> None:
    from crawler.browser.chromium import find_chromium

    if chosen and find_chromium(chosen) is None:
        raise SettingsError(f"CLAUSEWATCH_CHROMIUM: {chosen!r} is no program; name one, or unset it to have it found")
