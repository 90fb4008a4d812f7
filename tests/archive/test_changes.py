"""What pages show is counted for each vendor and for all, and hardly anybody waits for who counts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import Archive, open_archive
from archive.changes import OF_ALL, note_change, note_change_everywhere, note_changes
from clausewatch.settings import Settings
from tests.crawler.test_run import wait_until
from tests.support import postgres

VENDORS = [f"vendor-{number}" for number in range(12)]
NOTES = st.lists(st.lists(st.sampled_from(VENDORS), min_size=1, max_size=3), max_size=12)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'a.db'}")) as archive:
        yield archive


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(notes=NOTES)
def test_every_change_is_counted_once_of_all_and_once_of_each_of_its_vendors(
    archive: Archive, notes: list[list[str]]
) -> None:
    before = {vendor: archive.changes(vendor) for vendor in VENDORS}
    for vendors in notes:
        with archive.write() as connection:
            note_changes(connection, vendors)
    counted = Counter(vendor for vendors in notes for vendor in set(vendors))
    of_all = archive.changes()[0]
    assert of_all == max(count for count, _ in before.values()) + len(notes)
    for vendor, times in counted.items():
        was_known = before[vendor][1] != before[vendor][0]
        assert not was_known or archive.changes(vendor)[1] == before[vendor][1] + times


def test_a_change_of_everything_is_one_of_each(archive: Archive) -> None:
    with archive.write() as connection:
        note_changes(connection, VENDORS[:2])
    before = [archive.changes(vendor) for vendor in (None, *VENDORS[:3])]
    with archive.write() as connection:
        note_change_everywhere(connection)
    after = [archive.changes(vendor) for vendor in (None, *VENDORS[:3])]
    assert all(now[0] > then[0] and now[1] > then[1] for then, now in zip(before, after, strict=True))


@pytest.mark.once
def test_who_counts_of_one_vendor_seldom_keeps_those_of_others_waiting(tmp_path: Path) -> None:
    with open_archive(Settings(home=tmp_path, database_url=postgres.database_of(tmp_path))) as archive:
        with archive.write() as connection:
            for vendor in VENDORS:
                note_change(connection, vendor)
        done: list[str] = []

        def count(vendor: str) -> None:
            with archive.write_beside(vendor) as connection:
                note_change(connection, vendor)
            done.append(vendor)

        with archive.write_beside("first") as connection:
            note_change(connection, VENDORS[0])
            threads = [threading.Thread(target=count, args=(vendor,)) for vendor in VENDORS[1:]]
            for thread in threads:
                thread.start()
            wait_until(lambda: len(done) >= len(threads) - len(threads) * 3 // len(OF_ALL))
        for thread in threads:
            thread.join()
        assert archive.changes()[0] == 2 * len(VENDORS)
