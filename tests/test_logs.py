from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from clausewatch import logs

log = logging.getLogger("clausewatch.somewhere")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    yield io.StringIO()
    logs.end()


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_in_json_says_when_what_and_about_what(stream: io.StringIO) -> None:
    logs.begin("json", stream=stream)
    with logs.about(job="crawl 3/16"), logs.about(document="kites/privacy-policy", host="kites.example", vendor=None):
        log.warning("it took %d tries", 3, extra={"status": 503})
    (record,) = records(stream)
    assert list(record)[:6] == ["at", "level", "event", "job", "document", "host"]
    assert record["at"].endswith("Z")
    assert {name: value for name, value in record.items() if name != "at"} == {
        "level": "warning", "event": "it took 3 tries", "job": "crawl 3/16", "document": "kites/privacy-policy",
        "host": "kites.example", "status": 503, "logger": "clausewatch.somewhere",
    }  # fmt: skip


def test_what_a_record_is_about_ends_with_its_block_and_is_its_threads_own(stream: io.StringIO) -> None:
    logs.begin("json", stream=stream)
    with logs.about(job="deliver"):
        thread = threading.Thread(target=log.info, args=("elsewhere",))
        thread.start()
        thread.join()
    log.info("after")
    assert [record.get("job") for record in records(stream)] == [None, None]


def test_a_line_for_people_says_the_same(stream: io.StringIO) -> None:
    logs.begin("console", stream=stream)
    with logs.about(document="kites/privacy-policy"):
        log.info("new snapshot")
    assert stream.getvalue().endswith("Z [info] new snapshot [clausewatch.somewhere] document=kites/privacy-policy\n")


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_trace_shows_who_it_was_about_or_the_variables_that_held_it(stream: io.StringIO, form: str) -> None:
    logs.begin(form, stream=stream)
    address, link = "ada@example.com", "https://watch.example/confirm/0123456789abcdef.0." + "A" * 43
    try:
        raise ValueError(f"{address} of 203.0.113.7 cannot open {link}")
    except ValueError:
        log.exception("a mail to %s could not be made", address)
    told = stream.getvalue()
    assert "a mail to [address] could not be made" in told
    assert "ValueError: [address] of [ip] cannot open https://watch.example/confirm/[token]" in told
    assert "Traceback" in told
    assert not [secret for secret in ("ada", "203.0.113", "A" * 43) if secret in told]


def test_ours_log_from_the_level_that_is_set_and_libraries_from_warnings(stream: io.StringIO) -> None:
    logs.begin("json", level="info", stream=stream)
    for name in ("crawler.live", "uvicorn.error", "scrapy.core.engine"):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING):
            logging.getLogger(name).log(level, logging.getLevelName(level))
    assert [(record["logger"], record["level"]) for record in records(stream)] == [
        ("crawler.live", "info"), ("crawler.live", "warning"), ("uvicorn.error", "warning"),
        ("scrapy.core.engine", "warning"),
    ]  # fmt: skip


def test_what_a_library_says_again_and_again_is_told_once_a_minute(stream: io.StringIO) -> None:
    now = iter((0.0, 1.0, 2.0, 59.0, 60.0, 61.0))
    logs.begin("json", stream=stream, clock=lambda: next(now))
    for pool in ("one", "one", "other", "one", "one", "one"):
        logging.getLogger("psycopg.pool").warning("error connecting in %s", pool)
    for _ in range(2):
        log.warning("ours is told each time")
    assert [(record["event"], record.get("repeated")) for record in records(stream)] == [
        ("error connecting in one", None), ("error connecting in other", None), ("error connecting in one", 2),
        ("ours is told each time", None), ("ours is told each time", None),
    ]  # fmt: skip


def test_what_is_timed_says_how_long_it_took_and_what_was_nothing_is_for_debugging(stream: io.StringIO) -> None:
    logs.begin("json", stream=stream)
    for seconds in (0.9, 12.3456):
        ticks = iter((100.0, 100.0 + seconds))
        with logs.timed(log, "done", clock=ticks.__next__):
            pass
    (record,) = records(stream)
    assert (record["event"], record["duration_seconds"]) == ("done", 12.346)


def test_nothing_is_logged_twice_or_after_the_end(stream: io.StringIO) -> None:
    for form in ("json", "console", "json"):
        logs.begin(form, stream=stream)
    log.info("once")
    logs.end()
    log.info("never")
    assert [record["event"] for record in records(stream)] == ["once"]
    assert not logs.is_json()
