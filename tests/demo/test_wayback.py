"""The Wayback stand-in answers as the Internet Archive does."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

import httpx
import pytest

from clausewatch.demo.captures import parse_timestamp, urlkey
from tests.support import WaybackStandIn

URL = "https://www.skyforge.example/privacy"
HEADER = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
Rows = list[list[str]]


@pytest.fixture
def archive() -> Iterator[WaybackStandIn]:
    with WaybackStandIn() as archive:
        yield archive


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield client


def day(text: str) -> datetime:
    return parse_timestamp(text)


def ask(archive: WaybackStandIn, client: httpx.Client, **parameters: str | list[str]) -> Rows:
    query = {"url": URL, "output": "json"} | {name.rstrip("_"): value for name, value in parameters.items()}
    reply = client.get(archive.url + "/cdx/search/cdx", params=query)
    assert reply.status_code == 200, reply.text
    rows: Rows = reply.json()
    return rows


def stamps(rows: Rows) -> list[str]:
    return [row[1] for row in rows[1:]]


def fill(archive: WaybackStandIn, bodies: str, *, start: str = "20190101120000") -> list[str]:
    """One capture a day, each letter a body. Returns the timestamps."""
    at = [day(start) + timedelta(days=index) for index in range(len(bodies))]
    return [archive.add(URL, when, body.encode()).timestamp for when, body in zip(at, bodies, strict=True)]


# --- the index ------------------------------------------------------------------------------------------------


def test_rows_come_as_one_array_with_a_header_all_strings(archive: WaybackStandIn, client: httpx.Client) -> None:
    archive.add(URL, day("20190501101112"), b"<h1>Privacy</h1>")
    rows = ask(archive, client)
    assert rows[0] == HEADER
    assert rows[1][:5] == ["example,skyforge)/privacy", "20190501101112", URL, "text/html", "200"]
    assert len(rows[1][5]) == 32
    assert all(isinstance(cell, str) for row in rows for cell in row)


def test_an_address_without_captures_is_an_empty_array(archive: WaybackStandIn, client: httpx.Client) -> None:
    assert ask(archive, client) == []


def test_without_json_rows_are_lines_without_a_header(archive: WaybackStandIn, client: httpx.Client) -> None:
    (stamp,) = fill(archive, "A")
    text = client.get(archive.url + "/cdx/search/cdx", params={"url": URL}).text
    assert text.startswith(f"example,skyforge)/privacy {stamp} {URL} text/html 200 ")


def test_scheme_www_and_case_are_folded_but_the_original_is_kept(archive: WaybackStandIn, client: httpx.Client) -> None:
    archive.add("http://skyforge.example:80/Privacy/", day("2018"), b"A")
    archive.add(URL, day("2019"), b"B")
    archive.add("https://skyforge.example/terms", day("2019"), b"C")
    rows = ask(archive, client, url="skyforge.example/privacy")
    assert [row[2] for row in rows[1:]] == ["http://skyforge.example:80/Privacy/", URL]


def test_a_port_that_is_not_the_default_belongs_to_the_key() -> None:
    assert urlkey("http://127.0.0.1:8000/a") != urlkey("http://127.0.0.1:8001/a")
    assert urlkey("https://www2.example.com:443") == "com,example)/"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2019", "2019", ["20190101000000", "20191231235959"]),
        ("20190101000001", "", ["20191231235959", "20200101000000"]),
        ("20191231235959", "20191231235959", ["20191231235959"]),
        ("", "201901", ["20181231235959", "20190101000000"]),
        ("2", "2", ["20181231235959", "20190101000000", "20191231235959", "20200101000000"]),
    ],
)
def test_from_and_to_take_1_to_14_digits_and_both_count(
    archive: WaybackStandIn, client: httpx.Client, first: str, last: str, expected: list[str]
) -> None:
    for stamp in ("20181231235959", "20190101000000", "20191231235959", "20200101000000"):
        archive.add(URL, day(stamp), b"A")
    assert stamps(ask(archive, client, from_=first, to=last)) == expected


def test_collapse_drops_neighbours_only_so_a_return_stays_visible(
    archive: WaybackStandIn, client: httpx.Client
) -> None:
    at = fill(archive, "AABBA")
    assert stamps(ask(archive, client, collapse="digest")) == [at[0], at[2], at[4]]


def test_collapse_of_the_first_digits_keeps_one_a_month(archive: WaybackStandIn, client: httpx.Client) -> None:
    at = fill(archive, "A" * 40, start="20190120000000")
    assert stamps(ask(archive, client, collapse="timestamp:6")) == [at[0], at[12]]


def test_a_filter_matches_the_whole_value_and_several_all_hold(archive: WaybackStandIn, client: httpx.Client) -> None:
    archive.add(URL, day("20190101"), b"A")
    archive.add(URL, day("20190102"), b"gone", status=404)
    archive.add(URL, day("20190103"), b"busy", status=503)
    archive.add_revisit(URL, day("20190104"), of=day("20190101"))
    assert stamps(ask(archive, client, filter="statuscode:2")) == []
    assert stamps(ask(archive, client, filter="statuscode:200")) == ["20190101000000"]
    kept = stamps(ask(archive, client, filter=["!statuscode:[345]..", "!timestamp:20190101.*"]))
    assert kept == ["20190104000000"]
    assert len(stamps(ask(archive, client, filter="~original:skyforge"))) == 4


def test_filters_come_before_collapse(archive: WaybackStandIn, client: httpx.Client) -> None:
    archive.add(URL, day("20190101"), b"A")
    archive.add(URL, day("20190102"), b"busy", status=503)
    archive.add(URL, day("20190103"), b"A")
    assert stamps(ask(archive, client, collapse="digest", filter="!statuscode:5..")) == ["20190101000000"]


def test_a_revisit_has_no_status_and_the_digest_of_what_it_repeats(
    archive: WaybackStandIn, client: httpx.Client
) -> None:
    first = archive.add(URL, day("20190101"), b"A")
    archive.add(URL, day("20190201"), b"B")
    archive.add_revisit(URL, day("20190301"), of=day("20190101"))
    row = ask(archive, client)[3]
    assert row[3:6] == ["warc/revisit", "-", first.digest]


def test_a_revisit_of_nothing_is_refused(archive: WaybackStandIn) -> None:
    with pytest.raises(ValueError, match="nothing was archived"):
        archive.add_revisit(URL, day("2019"))


def test_fl_sets_the_columns_and_their_order(archive: WaybackStandIn, client: httpx.Client) -> None:
    (stamp,) = fill(archive, "A")
    assert ask(archive, client, fl="statuscode,timestamp") == [["statuscode", "timestamp"], ["200", stamp]]


def test_a_limit_takes_the_first_or_the_last_rows(archive: WaybackStandIn, client: httpx.Client) -> None:
    at = fill(archive, "ABCDE")
    assert stamps(ask(archive, client, limit="2")) == at[:2]
    assert stamps(ask(archive, client, limit="-2")) == at[-2:]
    assert stamps(ask(archive, client, limit="2", offset="1")) == at[1:3]


@pytest.mark.parametrize("is_encoded_again", [True, False])
def test_resume_keys_lead_through_all_rows_once(
    archive: WaybackStandIn, client: httpx.Client, is_encoded_again: bool
) -> None:
    at = fill(archive, "ABCDEFG")
    seen: list[str] = []
    parameters: dict[str, str] = {"limit": "3", "showResumeKey": "true"}
    for _ in range(5):
        rows = ask(archive, client, **parameters)
        if rows[-2:-1] != [[]]:
            seen += stamps(rows)
            break
        seen += stamps(rows[:-2])
        (key,) = rows[-1]
        assert key.startswith("example%2Cskyforge%29%2Fprivacy+2019")
        parameters["resumeKey"] = key if is_encoded_again else key.replace("%2C", ",").replace("+", " ")
        if not is_encoded_again:
            parameters["resumeKey"] = parameters["resumeKey"].replace("%29", ")").replace("%2F", "/")
    assert seen == at


def test_the_key_stands_behind_a_blank_line_in_plain_text(archive: WaybackStandIn, client: httpx.Client) -> None:
    fill(archive, "AB")
    query = {"url": URL, "limit": "1", "showResumeKey": "true"}
    lines = client.get(archive.url + "/cdx/search/cdx", params=query).text.splitlines()
    assert lines[1] == ""
    assert lines[2].startswith("example%2Cskyforge")


def test_rows_may_be_listed_twice(client: httpx.Client) -> None:
    with WaybackStandIn(repeats_rows=True) as archive:
        (stamp,) = fill(archive, "A")
        assert stamps(ask(archive, client)) == [stamp, stamp]


def test_wider_matches_find_more_addresses(archive: WaybackStandIn, client: httpx.Client) -> None:
    for url in (URL, f"{URL}/old", "https://docs.skyforge.example/privacy", "https://skyforge2.example/privacy"):
        archive.add(url, day("2019"), b"A")
    assert len(stamps(ask(archive, client, url=URL + "*"))) == 2
    assert len(stamps(ask(archive, client, url="skyforge.example", matchType="host"))) == 2
    assert len(stamps(ask(archive, client, url="*.skyforge.example"))) == 3


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"url": URL, "limit": "many"},
        {"url": URL, "filter": "colour:red"},
        {"url": URL, "filter": "statuscode:["},
        {"url": URL, "from": "last year"},
        {"url": URL, "collapse": "colour"},
        {"url": URL, "matchType": "fuzzy"},
    ],
)
def test_a_query_that_cannot_be_read_is_400(
    archive: WaybackStandIn, client: httpx.Client, query: dict[str, str]
) -> None:
    assert client.get(archive.url + "/cdx/search/cdx", params=query).status_code == 400


def test_an_excluded_address_is_403_with_the_reason_in_a_header(archive: WaybackStandIn, client: httpx.Client) -> None:
    fill(archive, "A")
    archive.exclude(URL)
    reply = client.get(archive.url + "/cdx/search/cdx", params={"url": "skyforge.example/privacy"})
    assert reply.status_code == 403
    assert reply.headers["content-type"] == "text/plain"
    assert "AdministrativeAccessControlException" in reply.headers["x-archive-wayback-runtime-error"]
    playback = client.get(f"{archive.url}/web/20190101120000id_/{URL}")
    assert playback.status_code == 200
    assert "memento-datetime" not in playback.headers
    assert "URL has been excluded" in playback.text


def test_the_index_is_compressed_unless_told_otherwise(archive: WaybackStandIn, client: httpx.Client) -> None:
    fill(archive, "A")
    packed = client.get(archive.url + "/cdx/search/cdx", params={"url": URL})
    plain = client.get(archive.url + "/cdx/search/cdx", params={"url": URL, "gzip": "false"})
    assert packed.headers.get("content-encoding") == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text


# --- playback -------------------------------------------------------------------------------------------------


def play(archive: WaybackStandIn, client: httpx.Client, stamp: str, url: str = URL) -> httpx.Response:
    return client.get(f"{archive.url}/web/{stamp}/{url}")


def test_an_exact_timestamp_gives_the_stored_bytes_as_a_memento(archive: WaybackStandIn, client: httpx.Client) -> None:
    archive.add(URL, day("20190501101112"), b"<body>\xff raw", headers={"Server": "nginx"})
    reply = play(archive, client, "20190501101112id_")
    assert (reply.status_code, reply.content) == (200, b"<body>\xff raw")
    assert reply.headers["memento-datetime"] == "Wed, 01 May 2019 10:11:12 GMT"
    assert reply.headers["x-archive-orig-server"] == "nginx"
    assert f'<{URL}>; rel="original"' in reply.headers["link"]


def test_the_browser_view_is_another_text_at_each_timestamp(archive: WaybackStandIn, client: httpx.Client) -> None:
    at = [archive.add(URL, day(stamp), b"<body>same").timestamp for stamp in ("2019", "2020")]
    assert len({play(archive, client, stamp).text for stamp in at}) == 2
    assert len({play(archive, client, stamp + "id_").text for stamp in at}) == 1


def test_another_timestamp_leads_to_the_nearest_capture(archive: WaybackStandIn, client: httpx.Client) -> None:
    archive.add(URL, day("20190101"), b"A")
    archive.add(URL, day("20190601"), b"B")
    reply = play(archive, client, "201904id_")
    assert reply.status_code == 302
    assert "memento-datetime" not in reply.headers
    assert reply.headers["x-archive-redirect-reason"] == "found capture at 20190601000000"
    assert reply.headers["location"] == f"{archive.url}/web/20190601000000id_/{URL}"


def test_what_was_never_archived_is_404_and_no_memento(archive: WaybackStandIn, client: httpx.Client) -> None:
    reply = play(archive, client, "2019id_")
    assert reply.status_code == 404
    assert "memento-datetime" not in reply.headers


@pytest.mark.parametrize("status", [404, 429, 503])
def test_an_archived_error_is_the_origins_and_a_memento(
    archive: WaybackStandIn, client: httpx.Client, status: int
) -> None:
    capture = archive.add(URL, day("2019"), b"sorry", status=status)
    reply = play(archive, client, capture.timestamp + "id_")
    assert (reply.status_code, reply.content) == (status, b"sorry")
    assert "memento-datetime" in reply.headers


def test_an_archived_redirect_stays_in_the_archive(archive: WaybackStandIn, client: httpx.Client) -> None:
    capture = archive.add(URL, day("2019"), b"", status=301, headers={"Location": "/legal/privacy"})
    reply = play(archive, client, capture.timestamp + "id_")
    assert reply.status_code == 301
    assert "memento-datetime" in reply.headers
    target = "https://www.skyforge.example/legal/privacy"
    assert reply.headers["location"] == f"{archive.url}/web/{capture.timestamp}id_/{target}"
    assert reply.headers["x-archive-orig-location"] == "/legal/privacy"
    assert "Got an HTTP 301 response" in play(archive, client, capture.timestamp).text


@pytest.mark.parametrize(("form", "start"), [("host", "//127.0.0.1:"), ("path", "/web/2019")])
def test_a_redirect_may_name_the_archive_by_host_or_not_at_all(
    client: httpx.Client, form: Literal["host", "path"], start: str
) -> None:
    with WaybackStandIn(location_form=form) as archive:
        capture = archive.add(URL, day("2019"), b"", status=302, headers={"Location": URL + "/new"})
        assert play(archive, client, capture.timestamp + "id_").headers["location"].startswith(start)


def test_two_encoding_headers_are_sent_as_two(archive: WaybackStandIn, client: httpx.Client) -> None:
    headers = {"content-encoding": "", "Content-Encoding": "gzip"}
    capture = archive.add(URL, day("2019"), gzip.compress(b"packed", mtime=0), headers=headers)
    with client.stream("GET", f"{archive.url}/web/{capture.timestamp}id_/{URL}") as reply:
        assert reply.headers.get_list("content-encoding") == ["", "gzip"]


def test_a_revisit_plays_the_payload_that_it_repeats(archive: WaybackStandIn, client: httpx.Client) -> None:
    archive.add(URL, day("20190101"), b"A")
    archive.add(URL, day("20190201"), b"B")
    archive.add_revisit(URL, day("20190301"), of=day("20190101"))
    reply = play(archive, client, "20190301000000id_")
    assert (reply.content, reply.headers["memento-datetime"]) == (b"A", "Fri, 01 Mar 2019 00:00:00 GMT")


def test_a_body_stored_compressed_is_sent_as_stored(archive: WaybackStandIn, client: httpx.Client) -> None:
    packed = gzip.compress(b"packed", mtime=0)
    capture = archive.add(URL, day("2019"), packed, headers={"Content-Encoding": "gzip"})
    assert play(archive, client, capture.timestamp + "id_").content == b"packed"


@pytest.mark.parametrize("url", [quote(URL + "?a=1&b=2", safe=""), "https:/www.skyforge.example/privacy?b=2&a=1"])
def test_an_address_may_be_encoded_as_a_whole_or_lose_a_slash(
    archive: WaybackStandIn, client: httpx.Client, url: str
) -> None:
    capture = archive.add(URL + "?a=1&b=2", day("2019"), b"A")
    assert play(archive, client, capture.timestamp + "id_", url=url).content == b"A"


def test_too_many_requests_are_429_for_everything_until_lifted(archive: WaybackStandIn, client: httpx.Client) -> None:
    fill(archive, "A")
    archive.limit(1)
    assert len(ask(archive, client)) == 2
    refused = [play(archive, client, "20190101120000id_"), client.get(archive.url + "/cdx/search/cdx")]
    assert [reply.status_code for reply in refused] == [429, 429]
    assert "memento-datetime" not in refused[0].headers
    archive.limit(None)
    assert play(archive, client, "20190101120000id_").status_code == 200
    assert [entry.status for entry in archive.requests] == [200, 429, 429, 200]


@pytest.mark.parametrize(
    ("digits", "instant"),
    [
        ("2019", datetime(2019, 1, 1, tzinfo=UTC)),
        ("20190000", datetime(2019, 1, 1, tzinfo=UTC)),
        ("20190231", datetime(2019, 2, 28, tzinfo=UTC)),
        ("20190501101112", datetime(2019, 5, 1, 10, 11, 12, tzinfo=UTC)),
    ],
)
def test_digits_name_the_earliest_instant_that_they_begin(digits: str, instant: datetime) -> None:
    assert parse_timestamp(digits) == instant
