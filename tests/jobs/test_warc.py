from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from clausewatch.jobs.importing import Imported, Record
from clausewatch.jobs.warc import read_warc
from clausewatch.model import Source
from tests.support.scenario import day, policy
from tests.support.warcs import Warc, warc_file

URL = "https://harborkites.example/legal/privacy"
IMAGE = b"\x89PNG" + bytes(3000)


@pytest.fixture(params=["kites.warc.gz", "kites.warc"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    found: Path = tmp_path / request.param
    return found


def read(path: Path, *, vendor: str | None = None, type: str | None = None) -> tuple[list[Record], Imported]:
    imported = Imported()
    return list(read_warc(path, imported, vendor=vendor, type=type)), imported


def left_out(imported: Imported) -> dict[str, int]:
    return {what: count for what, count in imported.left_out.items() if count}


def write_three(warc: Warc) -> None:
    for number in range(3):
        warc.response(URL, policy(months=18 + number), at=day(number))


def test_a_response_is_read_with_all_that_is_known_of_it(path: Path) -> None:
    with warc_file(path) as warc:
        headers = (("Last-Modified", "Wed, 01 Jan 2025 10:00:00 GMT"), ("Set-Cookie", "secret=1"), ("ETag", '"a"'))
        warc.response(URL, policy(), at=day(1), headers=headers)
    (record,), imported = read(path)
    assert record.body == policy().encode()
    assert (record.captured_at, record.url, record.status, record.source) == (day(1), URL, 200, Source.WARC)
    assert (record.naming.vendor, record.naming.type, record.naming.url) == ("Harborkites", "Privacy Policy", URL)
    assert record.content_type == "text/html; charset=utf-8"
    assert record.headers == {"last-modified": "Wed, 01 Jan 2025 10:00:00 GMT", "etag": '"a"'}
    assert (imported.problems, left_out(imported)) == ([], {})


def test_names_that_are_given_go_before_the_address(path: Path) -> None:
    with warc_file(path) as warc:
        warc.response(URL, policy(), at=day(1))
    (record,), _ = read(path, vendor="Kites", type="Terms of Service")
    assert (record.naming.vendor, record.naming.type, record.naming.url) == ("Kites", "Terms of Service", None)


def test_records_of_other_kinds_are_counted_and_named(path: Path) -> None:
    with warc_file(path) as warc:
        warc.request(URL, at=day(0))
        warc.response("https://harborkites.example/logo.png", IMAGE, at=day(0), content_type="image/png")
        warc.response(URL, policy(), at=day(1))
        warc.metadata(URL, at=day(1))
        warc.response("https://harborkites.example/app.js", "x" * 5000, at=day(1), content_type="text/javascript; a=b")
        warc.response("https://harborkites.example/gone", "", at=day(1))
        warc.response("dns:harborkites.example", "1.2.3.4", at=day(1))
        warc.response(URL, policy(months=24), at=day(2))
    records, imported = read(path)
    assert [record.captured_at for record in records] == [day(1), day(2)]
    assert left_out(imported) == {
        "request": 1, "image/png": 1, "metadata": 1, "text/javascript": 1, "empty bodies": 1, "response": 1,
    }  # fmt: skip
    assert imported.problems == []


def test_a_resource_is_read_by_its_own_type(path: Path) -> None:
    with warc_file(path) as warc:
        warc.resource(URL, policy(), at=day(1))
        warc.resource("https://harborkites.example/logo.png", IMAGE, at=day(1), content_type="image/png")
    (record,), imported = read(path)
    assert (record.status, record.content_type, record.body) == (None, "text/html", policy().encode())
    assert left_out(imported) == {"image/png": 1}


def test_a_revisit_gives_the_body_that_it_repeats(path: Path) -> None:
    with warc_file(path) as warc:
        warc.response(URL, policy(), at=day(1))
        warc.response(URL, policy(months=24), at=day(2))
        warc.revisit(URL, at=day(3), of=policy())
        warc.revisit(URL, at=day(4), of="never seen")
    records, imported = read(path)
    assert [(record.captured_at, record.body) for record in records] == [
        (day(1), policy().encode()), (day(2), policy(months=24).encode()), (day(3), policy().encode()),
    ]  # fmt: skip
    assert left_out(imported) == {"revisit of a record that is not in the file": 1}


@pytest.mark.parametrize("content_type", ["application/pdf", "text/plain", "text/markdown", "application/xhtml+xml"])
def test_other_types_of_documents_are_read(path: Path, content_type: str) -> None:
    with warc_file(path) as warc:
        warc.response(URL, "whatever it holds", at=day(1), content_type=content_type)
    assert len(read(path)[0]) == 1


def test_a_body_is_read_without_its_content_encoding(path: Path) -> None:
    with warc_file(path) as warc:
        warc.response(URL, gzip.compress(policy().encode()), at=day(1), headers=(("Content-Encoding", "gzip"),))
    (record,), imported = read(path)
    assert record.body == policy().encode()
    assert imported.problems == []


def test_a_body_longer_than_any_policy_is_named(path: Path) -> None:
    with warc_file(path) as warc:
        warc.response(URL, b"<p>" + b"x" * 20_000_000, at=day(1))
        warc.response(URL, policy(), at=day(2))
    records, imported = read(path)
    assert [record.captured_at for record in records] == [day(2)]
    assert left_out(imported) == {"bodies over 20 MB": 1}
    assert imported.problems == []


@pytest.mark.parametrize("date", ["long ago", "0001-01-01T00:00:00+14:00"])
def test_a_record_without_a_date_is_named(path: Path, date: str) -> None:
    with warc_file(path) as warc:
        warc.response(URL, policy(), at=date)
        warc.response(URL, policy(), at=day(2))
    records, imported = read(path)
    assert [record.captured_at for record in records] == [day(2)]
    assert left_out(imported) == {"record without a date": 1}


def test_a_record_without_an_address_leaves_the_others(path: Path) -> None:
    with warc_file(path) as warc:
        for url in ("http://[kites/privacy", "https:///privacy", "https://me:secret@kites.example/privacy"):
            warc.response(url, policy(), at=day(1))
        warc.response(URL, policy(), at=day(2))
    records, imported = read(path)
    assert ([record.captured_at for record in records], imported.problems) == ([day(2)], [])
    assert left_out(imported) == {"record without an address that can be fetched": 3}


# --- bad files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.95, 0.6, 0.5])
def test_of_a_file_that_is_cut_off_the_records_before_it_are_read(path: Path, share: float) -> None:
    with warc_file(path) as warc:
        write_three(warc)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    records, imported = read(path)
    assert [record.captured_at for record in records] == [day(number) for number in range(len(records))]
    assert 1 <= len(records) < 3
    assert [record.body for record in records] == [policy(months=18 + n).encode() for n in range(len(records))]
    (problem,) = imported.problems
    assert problem.startswith(f"{path}: is cut off in record {len(records) + 2}; the records before it were imported")


def test_a_file_cut_off_in_its_first_lines_is_said(path: Path) -> None:
    with warc_file(path) as warc:
        write_three(warc)
    path.write_bytes(path.read_bytes()[:60])
    records, imported = read(path)
    assert records == []
    (problem,) = imported.problems
    assert str(path) in problem


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "holds no records; is it cut off, or empty?"),
        (b"<html><p>no archive at all</p></html>", "is no WARC file"),
        (bytes(range(256)) * 20, "is no WARC file"),
        (gzip.compress(b"a compressed letter"), "is no WARC file"),
    ],
    ids=["empty", "html", "binary", "gzip of something else"],
)
def test_what_is_no_warc_file_is_said(path: Path, data: bytes, said: str) -> None:
    path.write_bytes(data)
    records, imported = read(path)
    assert records == []
    (problem,) = imported.problems
    assert problem.startswith(f"{path}: {said}")
    assert "\n" not in problem


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    records, imported = read(tmp_path)
    assert records == []
    assert imported.problems == [f"{tmp_path}: cannot be read (Is a directory)"]


def test_damage_in_the_middle_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "kites.warc.gz"
    with warc_file(path) as warc:
        write_three(warc)
    data = bytearray(path.read_bytes())
    middle = len(data) * 3 // 4
    data[middle : middle + 40] = bytes(40)
    path.write_bytes(data)
    records, imported = read(path)
    assert 1 <= len(records) < 3
    assert len(imported.problems) == 1
