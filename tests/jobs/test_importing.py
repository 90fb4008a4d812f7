from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive
from archive.documents import list_documents
from clausewatch.errors import ArchiveError, UsageError
from clausewatch.jobs.importing import Imported, Record, chosen, import_files, record_all
from clausewatch.jobs.naming import Naming
from clausewatch.model import Document, Snapshot, Source
from tests.support.scenario import NOW, World, day, policy

NOTE = (
    "> *The following text is extracted and transformed from the harborkites.example privacy policy that was archived "
    "on 2018-02-02. Please check the [original snapshot](https://web.archive.org/web/20180202213945id_/"
    "https%3A//www.harborkites.example/policy%3Fsite%3Dmain) for the most accurate reproduction.*\n\n"
)
BARE_NOTE = (
    "The following text is extracted and transformed from the gullwing.example privacy policy that was archived on "
    "2019-05-17. Please check the original snapshot for the most accurate reproduction.\n"
)
TEXT = "# Privacy Policy\n\n" + "We collect your personal data and keep it for a year. " * 20


def imported(
    archive: Archive, *paths: Path, vendor: str | None = None, type: str | None = None, url: str | None = None,
    at: datetime | None = None,
) -> Imported:  # fmt: skip
    return import_files(archive, paths, vendor=vendor, type=type, url=url, at=at, is_live=False, now=NOW)


def the_only(archive: Archive) -> tuple[Document, Snapshot]:
    with archive.read() as connection:
        (document,) = list_documents(connection)
    (snapshot,) = World(archive).vendor(document.vendor_name, type=document.type, url=document.url or "").snapshots
    return document, snapshot


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


# --- files ----------------------------------------------------------------------------------------------------


def test_a_note_of_origin_gives_vendor_type_moment_and_address(archive: Archive, tmp_path: Path) -> None:
    assert imported(archive, written(tmp_path, "a.txt", NOTE + TEXT)).new == 1
    document, snapshot = the_only(archive)
    assert (document.name, document.vendor_name) == ("harborkites/privacy-policy", "Harborkites")
    assert document.url == "https://www.harborkites.example/policy?site=main"
    assert snapshot.captured_at == datetime(2018, 2, 2, 21, 39, 45, tzinfo=UTC)
    assert (snapshot.source, snapshot.is_live, snapshot.headers) == (Source.FILE, False, {"x-file-name": "a.txt"})


def test_a_note_without_a_link_gives_the_domain_and_the_end_of_the_day(archive: Archive, tmp_path: Path) -> None:
    imported(archive, written(tmp_path, "a.txt", BARE_NOTE + TEXT))
    document, snapshot = the_only(archive)
    assert (document.name, document.url) == ("gullwing/privacy-policy", "https://gullwing.example/")
    assert snapshot.captured_at == datetime(2019, 5, 17, 23, 59, 59, tzinfo=UTC)


def test_what_is_given_goes_before_the_note(archive: Archive, tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", NOTE + TEXT)
    imported(archive, path, vendor="Kites", type="Cookie Policy", url="https://kites.example/c", at=day(1))
    document, snapshot = the_only(archive)
    assert (document.name, document.url) == ("kites/cookie-policy", "https://kites.example/c")
    assert snapshot.captured_at == day(1)


def test_an_address_alone_tells_vendor_and_type(archive: Archive, tmp_path: Path) -> None:
    imported(archive, written(tmp_path, "a.md", TEXT), url="https://gullwing.example/legal/terms")
    assert the_only(archive)[0].name == "gullwing/terms-of-service"


def test_a_file_without_a_date_is_of_its_own_time(archive: Archive, tmp_path: Path) -> None:
    path = written(tmp_path, "cookies.md", TEXT)
    os.utime(path, (day(3).timestamp(), day(3).timestamp()))
    imported(archive, path, vendor="Kites")
    document, snapshot = the_only(archive)
    assert (document.name, snapshot.captured_at) == ("kites/cookie-policy", day(3))


def test_a_file_that_does_not_say_whose_it_is_stops_all_before_the_first(archive: Archive, tmp_path: Path) -> None:
    good, bad = written(tmp_path, "good.txt", NOTE + TEXT), written(tmp_path, "bad.txt", TEXT)
    with pytest.raises(UsageError, match=f"^{bad}: does not say whose it is; add --vendor"):
        imported(archive, good, bad)
    with archive.read() as connection:
        assert list_documents(connection) == []


@pytest.mark.parametrize("url", ["ftp://kites.example/p", "kites.example/p", "https://", "http://[::1/p"])
def test_an_address_that_is_none_is_wrong_use(archive: Archive, tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        imported(archive, written(tmp_path, "a.txt", NOTE + TEXT), url=url)


def test_what_cannot_be_read_is_named_and_the_rest_imported(archive: Archive, tmp_path: Path) -> None:
    empty, large = written(tmp_path, "empty.html", ""), tmp_path / "large.html"
    with large.open("wb") as file:
        file.truncate(50_000_000)
    good = written(tmp_path, "good.txt", NOTE + TEXT)
    gone = tmp_path / "gone.html"
    made = imported(archive, tmp_path, empty, large, Path("/proc/self/mem"), gone, good, vendor="Kites")
    assert made.new == 1
    assert made.problems == [
        f"{tmp_path}: is no file; it was left out",
        f"{empty}: is empty; it was left out",
        f"{large}: is 50 MB; no policy is over 20 MB; it was left out",
        "/proc/self/mem: Input/output error; it was left out",
        f"{gone}: No such file or directory; it was left out",
    ]


def test_a_binary_by_the_name_of_a_page_is_kept_as_a_fault(archive: Archive, tmp_path: Path) -> None:
    imported(archive, written(tmp_path, "page.html", bytes(range(256)) * 40), vendor="Kites", at=day(1))
    (settled,) = World(archive).settles()
    assert (settled.faults, settled.versions) == (1, 0)
    assert the_only(archive)[1].fault == "unreadable"


def test_importing_twice_changes_nothing(archive: Archive, tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", NOTE + TEXT)
    imported(archive, path)
    World(archive).settles()
    again = imported(archive, path)
    assert (again.new, again.known, again.is_nothing) == (0, 1, False)
    assert World(archive).settles() == []


# --- records --------------------------------------------------------------------------------------------------


def record(number: int, *, url: str = "https://kites.example/p", body: bytes = b"") -> Record:
    naming = Naming("Kites", "Privacy Policy", url=url)
    return Record(body or policy(months=number).encode(), day(number), naming, Source.WARC, url)


def test_records_of_one_page_by_two_spellings_are_one_document(archive: Archive) -> None:
    made = Imported()
    records = [record(1), record(2, url="http://www.kites.example/p/"), record(3, url="https://kites.example/p")]
    record_all(archive, records, made, is_live=False, now=NOW)
    assert made.documents == {"kites/privacy-policy"}


def test_as_live_marks_every_snapshot(archive: Archive) -> None:
    record_all(archive, [record(1)], Imported(), is_live=True, now=NOW)
    assert the_only(archive)[1].is_live


def test_what_fails_half_way_keeps_whole_batches_and_goes_on(archive: Archive) -> None:
    def cut_off() -> object:
        for number in range(60):
            if number == 40:
                raise ArchiveError("the disk is full")
            yield record(number)

    made = Imported()
    with pytest.raises(ArchiveError):
        record_all(archive, cut_off(), made, is_live=False, now=NOW)  # type: ignore[arg-type]  # a generator of them
    assert made.new == 25
    again = Imported()
    record_all(archive, map(record, range(60)), again, is_live=False, now=NOW)
    assert (again.new, again.known) == (35, 25)


def test_long_bodies_are_recorded_few_at_once(archive: Archive) -> None:
    asked: list[int] = []

    def long_records() -> object:
        for number in range(4):
            asked.append(number)
            yield record(number, body=bytes([number]) * 19_000_000)
            with archive.read() as connection:
                rows = connection.exec_driver_sql("SELECT count(*) FROM snapshots").scalar_one()
            assert rows == (3 if number >= 2 else 0)

    record_all(archive, long_records(), Imported(), is_live=False, now=NOW)  # type: ignore[arg-type]  # a generator of them
    assert asked == [0, 1, 2, 3]


def test_records_are_chosen_by_address_and_time() -> None:
    records = [record(1), record(2), record(3, url="https://kites.example/q")]
    found = list(chosen(iter(records), since=day(2), url="https://kites.example/p"))
    assert found == [records[1]]
    assert list(chosen(iter(records), since=None, url=None)) == records
    assert list(chosen(iter(records), since=day(3) + timedelta(seconds=1), url=None)) == []
