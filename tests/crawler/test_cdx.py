"""Index rows and playback answers are read in the Internet Archive's dialect and in pywb's."""

from __future__ import annotations

import doctest
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from clausewatch import public
from crawler import cdx, outcomes
from crawler.cdx import Row, Verdict, cdx_url, choose, parse_playback, playback_url, read_rows

IA = "https://web.archive.org"
PYWB = "http://127.0.0.1:8081/coll"
URL = "https://skyforge.example/privacy"
HEADER = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
KEY = "example,skyforge)/privacy"


def cells(timestamp: str, digest: str = "AAAA", *, status: str = "200", original: str = URL) -> list[str]:
    return [KEY, timestamp, original, "text/html", status, digest, "900"]


def row(day: str, digest: str = "AAAA", *, status: int | None = 200) -> Row:
    return Row(day.replace("-", "") + "120000", URL, status, "text/html", digest, 900)


# --- the index ------------------------------------------------------------------------------------------------


def test_the_archives_json_is_read_with_its_resume_key() -> None:
    body = json.dumps([HEADER, cells("20190501000000"), cells("20190601000000", "BBBB", status="-"), [], ["a%29+b"]])
    rows, key = read_rows(body.encode())
    assert rows[0] == Row("20190501000000", URL, 200, "text/html", "AAAA", 900)
    assert (rows[1].status, rows[1].is_revisit, key) == (None, True, "a%29+b")
    assert rows[0].captured_at == datetime(2019, 5, 1, tzinfo=UTC)


def test_columns_may_come_in_any_order() -> None:
    body = json.dumps([["digest", "timestamp", "original"], ["AAAA", "20190501000000", URL]])
    assert read_rows(body.encode())[0] == [Row("20190501000000", URL, None, "unk", "AAAA", None)]


def test_the_archives_text_is_read_with_its_resume_key() -> None:
    text = " ".join(cells("20190501000000")) + "\n\ncom%2Cexample%29%2F+20190501000001\n"
    rows, key = read_rows(text.encode())
    assert [entry.timestamp for entry in rows] == ["20190501000000"]
    assert key == "com%2Cexample%29%2F+20190501000001"


def test_pywbs_lines_are_read_with_absent_statuses() -> None:
    lines = [
        {"urlkey": KEY, "timestamp": "20190601000000", "url": URL, "mime": "warc/revisit", "digest": "AAAA"},
        {"urlkey": KEY, "timestamp": "20190501000000", "url": URL, "mime": "text/html", "status": "200", "offset": "0"},
    ]
    rows, key = read_rows("\n".join(map(json.dumps, lines)).encode())
    assert [(entry.timestamp, entry.status) for entry in rows] == [("20190501000000", 200), ("20190601000000", None)]
    assert key is None


@pytest.mark.parametrize("body", [b"", b"\n", b"[]", b"[[]]", b"[]\n"])
def test_nothing_archived_gives_no_rows(body: bytes) -> None:
    assert read_rows(body) == ([], None)


def test_repeated_and_impossible_rows_are_dropped() -> None:
    table = [
        HEADER, cells("20190501000000"), cells("20190501000000"), cells("20190001000000"), cells("20190230000000"),
        cells("2019"), cells("20190501000000", original="mailto:a@b.example"), cells("20190501000000", "CCCC"),
        cells("20190501000000", original="data:text/html,x"),
    ]  # fmt: skip
    rows, _ = read_rows(json.dumps(table).encode())
    assert [(entry.timestamp, entry.digest) for entry in rows] == [("20190501000000", d) for d in ("AAAA", "CCCC")]


@pytest.mark.parametrize(
    "body", [b"<!doctype html><html>Sorry, something broke</html>", b"[1, 2]", b"[[1]]", b"{oops", b'"x"', b"[null]"]
)
def test_an_answer_that_is_no_index_is_told(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_rows(body)


def test_queries_are_laid_out_as_the_archive_or_as_pywb_wants_them() -> None:
    from_at, to_at = datetime(2019, 1, 2, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
    parts = urlsplit(cdx_url(IA, URL + "?a=1&b=2#top", from_at=from_at, to_at=to_at, resume_key="a%29%2F+2019"))
    query = parse_qs(parts.query)
    assert (parts.netloc, parts.path) == ("web.archive.org", "/cdx/search/cdx")
    assert (query["url"], query["from"], query["to"]) == ([URL + "?a=1&b=2"], ["20190102000000"], ["20200101000000"])
    assert query["resumeKey"] == ["a)/ 2019"]
    assert urlsplit(cdx_url(PYWB, URL)).path == "/coll/cdx"
    assert urlsplit(cdx_url(IA + "/web/", URL)).path == "/cdx/search/cdx"


# --- the choice -----------------------------------------------------------------------------------------------


def days(rows: list[Row]) -> list[str]:
    return [entry.captured_at.date().isoformat() for entry in rows]


def test_the_first_row_of_each_period_is_chosen() -> None:
    rows = [row(day) for day in ("2019-01-01", "2019-01-02", "2019-01-08", "2019-02-01", "2019-02-02")]
    assert days(choose(rows, every="month")) == ["2019-01-01", "2019-02-01"]
    assert days(choose(rows, every="week")) == ["2019-01-01", "2019-01-08", "2019-02-01"]
    assert len(choose([*rows, rows[0]], every="day")) == 5


def test_weeks_do_not_end_with_the_year() -> None:
    rows = [row(day) for day in ("2018-12-31", "2019-01-02", "2019-01-07")]
    assert days(choose(rows, every="week")) == ["2018-12-31", "2019-01-07"]


def test_every_change_keeps_both_ends_of_each_run_and_a_return() -> None:
    rows = [row(f"2019-01-{number:02}", digest) for number, digest in enumerate("AAABCCAA", start=1)]
    assert [entry.captured_at.day for entry in choose(rows, every="change")] == [1, 3, 4, 5, 6, 7, 8]


def test_archived_errors_are_left_out_and_revisits_are_not() -> None:
    rows = [row("2019-01-01"), row("2019-01-02", "B", status=404), row("2019-01-03", "C", status=None)]
    assert days(choose(rows, every="day")) == ["2019-01-01", "2019-01-03"]


def test_redirects_are_chosen_only_where_a_month_has_no_page() -> None:
    rows = [row("2019-01-01", "R", status=301), row("2019-01-01"), row("2019-02-01", "R", status=301)]
    chosen = choose(rows, every="day")
    assert [(entry.timestamp[:6], entry.status) for entry in chosen] == [("201901", 200), ("201902", 301)]


def test_only_rows_between_the_instants_are_chosen_both_included() -> None:
    rows = [row(f"2019-01-0{number}", str(number)) for number in range(1, 6)]
    from_at = datetime(2019, 1, 2, 12, tzinfo=UTC)
    assert days(choose(rows, every="change", from_at=from_at, to_at=rows[2].captured_at)) == days(rows[1:3])


def test_a_choice_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="day, week, month, change"):
        choose([], every="year")


# --- playback -------------------------------------------------------------------------------------------------

AT = "20190501000000"
MEMENTO = {"memento-datetime": "Wed, 01 May 2019 00:00:00 GMT", "link": f'<{URL}>; rel="original"'}


def judge(status: int, headers: dict[str, str], body: bytes = b"", *, archive: str = IA) -> cdx.Playback:
    return parse_playback(status, headers, body=body, archive=archive, asked=URL, wanted=AT)


@pytest.mark.parametrize("status", [200, 404, 429, 503])
def test_an_answer_with_a_memento_time_is_the_sites_own(status: int) -> None:
    playback = judge(status, MEMENTO)
    assert playback == cdx.Playback(Verdict.MEMENTO, URL, AT, datetime(2019, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("status", "headers", "body", "verdict"),
    [
        (200, {}, b"<html>This URL has been excluded from the Wayback Machine.</html>", Verdict.EXCLUDED),
        (403, {"x-archive-wayback-runtime-error": "AdministrativeAccessControlException: x"}, b"", Verdict.EXCLUDED),
        (403, {"x-archive-wayback-runtime-error": "RobotAccessControlException: x"}, b"", Verdict.EXCLUDED),
        (403, {}, b"", Verdict.TROUBLE),
        (200, {}, b"<html>a page of the archive itself</html>", Verdict.TROUBLE),
        (400, {}, b"", Verdict.MISSING),
        (404, {}, b"", Verdict.MISSING),
        (429, {}, b"", Verdict.RATE_LIMITED),
        (503, {}, b"", Verdict.TROUBLE),
        (302, {"location": "https://archive.org/login"}, b"", Verdict.TROUBLE),
        (302, {"location": f"/web/20190001000000id_/{URL}"}, b"", Verdict.TROUBLE),
    ],
)
def test_an_answer_without_one_is_the_archives(
    status: int, headers: dict[str, str], body: bytes, verdict: Verdict
) -> None:
    assert judge(status, headers, body).verdict is verdict


@pytest.mark.parametrize(
    ("timestamp", "verdict"), [("20190501235959", Verdict.JUMP), ("20190502000001", Verdict.MISSING)]
)
def test_a_jump_to_the_nearest_capture_is_followed_for_a_day(timestamp: str, verdict: Verdict) -> None:
    headers = {"location": f"{IA}/web/{timestamp}id_/{URL}", "x-archive-redirect-reason": "found capture"}
    assert judge(302, headers) == cdx.Playback(verdict, URL, timestamp)


def test_the_nearest_capture_served_without_a_jump_counts_for_a_day_too() -> None:
    far = MEMENTO | {"memento-datetime": "Fri, 03 May 2019 00:00:00 GMT"}
    assert judge(200, far, archive=PYWB).verdict is Verdict.MISSING
    assert judge(307, {"location": f"{PYWB}/20190501000005id_/{URL}"}, archive=PYWB).verdict is Verdict.JUMP


@pytest.mark.parametrize(
    ("archive", "location", "target"),
    [
        (IA, f"{IA}/web/{AT}id_/https://skyforge.example/legal", "https://skyforge.example/legal"),
        (IA, f"/web/{AT}/https://skyforge.example/legal", "https://skyforge.example/legal"),
        (IA, f"//web.archive.org/web/{AT}id_/https://skyforge.example/legal#x", "https://skyforge.example/legal"),
        (PYWB, "https://other.example/legal", "https://other.example/legal"),
        (PYWB, "/legal", "https://skyforge.example/legal"),
        (PYWB, f"/coll/{AT}id_/https://skyforge.example/legal", "https://skyforge.example/legal"),
        (IA, "https://evil.example/web/2019/https://x.example/", "https://evil.example/web/2019/https://x.example/"),
    ],
)
def test_an_archived_redirect_is_followed_within_the_archive(archive: str, location: str, target: str) -> None:
    playback = judge(301, MEMENTO | {"location": location}, archive=archive)
    assert (playback.verdict, playback.original, playback.timestamp) == (Verdict.REDIRECT, target, AT)
    assert playback_url(archive, target, AT).startswith((f"{IA}/web/{AT}id_/http", f"{PYWB}/{AT}id_/http"))


def test_addresses_are_put_behind_the_archives_as_they_are() -> None:
    url = "https://a.example/p%C3%A4?x=1&y=a b#top"
    assert playback_url(PYWB, url, AT) == f"{PYWB}/{AT}id_/https://a.example/p%C3%A4?x=1&y=a%20b"


@pytest.mark.parametrize("module", [cdx, public, outcomes])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    results = doctest.testmod(module)  # type: ignore[arg-type]  # a module is given
    assert (results.failed, results.attempted > 0) == (0, True)
