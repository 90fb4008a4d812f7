"""No two crawls look at one document at once, whoever began them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from archive import Archive
from archive.documents import record_look
from archive.leases import lease_of
from archive.snapshots import list_snapshots
from clausewatch.jobs.claims import claimed
from clausewatch.jobs.looks import Look, record_looks
from clausewatch.jobs.watching import add_address
from clausewatch.model import Document
from crawler.outcomes import Outcome
from tests.crawler.test_run import wait_until
from tests.support.scenario import archive_of, day


def watched(archive: Archive, *names: str) -> list[Document]:
    return [
        add_address(archive, f"https://{name}.example/privacy", vendor=name, type="Privacy Policy", now=day(0))
        for name in names
    ]


def names_of(documents: list[Document]) -> list[str]:
    return [document.vendor for document in documents]


def test_what_is_claimed_is_nobody_elses_until_it_is_done(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive, archive_of(tmp_path) as other:
        documents = watched(archive, "ada", "bob", "cyd")
        with claimed(archive, documents[:2], is_due_only=True, now=lambda: day(1)) as mine:
            assert names_of(mine.documents) == ["ada", "bob"]
            with claimed(other, documents, is_due_only=True, now=lambda: day(1)) as theirs:
                assert names_of(theirs.documents) == ["cyd"]
        with claimed(other, documents, is_due_only=True, now=lambda: day(1)) as theirs:
            assert names_of(theirs.documents) == ["ada", "bob", "cyd"]


def test_what_somebody_looked_at_since_it_was_found_due_is_left_out(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        due = watched(archive, "ada", "bob")
        with archive.write() as connection:
            record_look(connection, due[0], due_at=day(2))
        with claimed(archive, due, is_due_only=True, now=lambda: day(1)) as mine:
            assert names_of(mine.documents) == ["bob"]
        with claimed(archive, due, is_due_only=False, now=lambda: day(1)) as mine:
            assert names_of(mine.documents) == ["ada", "bob"]


def test_a_claim_lasts_as_long_as_the_crawl_and_no_longer(tmp_path: Path) -> None:
    lasts, at = timedelta(seconds=0.3), day(1)

    def now() -> datetime:
        return at

    def is_prolonged() -> bool:
        with other.read() as connection:
            lease = lease_of(connection, f"look {documents[0].id}")
        return lease is not None and lease[1] == at + lasts

    with archive_of(tmp_path) as archive, archive_of(tmp_path) as other:
        documents = watched(archive, "ada")
        with claimed(archive, documents, is_due_only=False, now=now, seconds=lasts.total_seconds()):
            for _ in range(3):  # longer, by that clock, than a claim that nobody prolongs
                at += lasts * 0.7
                wait_until(is_prolonged)
                with claimed(other, documents, is_due_only=False, now=now) as theirs:
                    assert theirs.documents == []
        with claimed(other, documents, is_due_only=False, now=now) as theirs:
            assert names_of(theirs.documents) == ["ada"]


def test_what_a_dead_crawl_had_claimed_comes_free(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive, archive_of(tmp_path) as other:
        documents = watched(archive, "ada")
        with (
            claimed(archive, documents, is_due_only=False, now=lambda: day(1)),
            claimed(other, documents, is_due_only=False, now=lambda: day(1) + timedelta(seconds=61)) as theirs,
        ):
            assert names_of(theirs.documents) == ["ada"]


def test_a_crawl_that_was_held_up_records_nothing_of_what_others_look_at_now(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive, archive_of(tmp_path) as other:
        ada, bob = watched(archive, "ada", "bob")
        with claimed(archive, [ada, bob], is_due_only=False, now=lambda: day(1)) as mine:
            with claimed(other, [ada], is_due_only=False, now=lambda: day(2)):
                pass
            with archive.write() as connection:
                assert mine.still_holds(connection, [ada.id, bob.id]) == {bob.id}
            page = Outcome(ada.id, str(ada.url), day(2), status=200, body=b"<p>A page")
            looks = [Look(ada, None, page), Look(bob, None, replace(page, id=bob.id))]
            said = record_looks(archive, looks, claim=mine)
            assert [each.words.startswith("left out") for each in said] == [True, False]
            with archive.read() as connection:
                assert [len(list_snapshots(connection, each)) for each in (ada, bob)] == [0, 1]
