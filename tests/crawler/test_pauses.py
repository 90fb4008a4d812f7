"""How long a site wants to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scrapy.http import Response

from crawler.outcomes import DEFAULT_PAUSE_SECONDS
from crawler.pauses import is_pause, pause_seconds


def answer(*, ahead: timedelta | None = None, retry_after: str | None = None) -> Response:
    """Of a host whose clock is so far ahead of ours, if it tells the time at all."""
    headers = {}
    if ahead is not None:
        headers["Date"] = format_datetime(datetime.now(UTC) + ahead, usegmt=True)
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return Response("https://kites.example/privacy", status=429, headers=headers)


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(hours=5), timedelta(days=-2), None])
def test_a_moment_that_a_host_names_is_by_its_own_clock(ahead: timedelta | None) -> None:
    until_at = datetime.now(UTC) + (ahead or timedelta()) + timedelta(minutes=10)
    found = answer(ahead=ahead, retry_after=format_datetime(until_at, usegmt=True))
    assert is_pause(found)
    assert 500 < pause_seconds(found) <= 601


@pytest.mark.parametrize(("retry_after", "seconds"), [("120", 120.0), (None, DEFAULT_PAUSE_SECONDS)])
def test_seconds_are_by_no_clock_and_without_a_word_there_is_a_usual_pause(
    retry_after: str | None, seconds: float
) -> None:
    assert pause_seconds(answer(ahead=timedelta(days=9), retry_after=retry_after)) == seconds


def test_a_host_that_tells_no_time_that_is_one_is_believed_all_the_same() -> None:
    until_at = datetime.now(UTC) + timedelta(minutes=10)
    found = answer(retry_after=format_datetime(until_at, usegmt=True))
    found.headers["Date"] = "yesterday"
    assert 500 < pause_seconds(found) <= 601
