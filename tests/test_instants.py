from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewatch.errors import UsageError
from clausewatch.instants import end_of_period, rfc3339, start_of_period


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2016", "2016-01-01T00:00:00Z", "2016-12-31T23:59:59Z"),
        ("2016-02", "2016-02-01T00:00:00Z", "2016-02-29T23:59:59Z"),
        ("2016-12", "2016-12-01T00:00:00Z", "2016-12-31T23:59:59Z"),
        ("2016-05-03", "2016-05-03T00:00:00Z", "2016-05-03T23:59:59Z"),
        (" 2016-05-03 ", "2016-05-03T00:00:00Z", "2016-05-03T23:59:59Z"),
        ("2016-05-03T12:00:00Z", "2016-05-03T12:00:00Z", "2016-05-03T12:00:00Z"),
        ("2016-05-03T12:00", "2016-05-03T12:00:00Z", "2016-05-03T12:00:00Z"),
        ("2016-05-03 12:00:00", "2016-05-03T12:00:00Z", "2016-05-03T12:00:00Z"),
        ("2016-05-03T12:00:00+02:00", "2016-05-03T10:00:00Z", "2016-05-03T10:00:00Z"),
        ("2016-05-03T12:00:00.250Z", "2016-05-03T12:00:00.250000Z", "2016-05-03T12:00:00.250000Z"),
    ],
)
def test_a_date_is_a_period_with_a_start_and_an_end(text: str, start: str, end: str) -> None:
    assert (rfc3339(start_of_period(text)), rfc3339(end_of_period(text))) == (start, end)


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "16", "2016-5", "2016-13", "2016-02-30", "2016-00-01", "20160503", "2016-W05", "2016-123",
        "0000", "9999", "2016-05-03T25:00", "2016-05-03T", "2016-05-03T12:00:00Zulu", "2016/05/03", "٢٠١٦",
    ],
)  # fmt: skip
def test_what_is_no_date_is_wrong_use(text: str) -> None:
    for read in (start_of_period, end_of_period):
        with pytest.raises(UsageError, match="is no date; write 2016"):
            read(text)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=9))])))
def test_an_instant_comes_back_from_what_json_has(at: datetime) -> None:
    try:
        written = rfc3339(at)
    except OverflowError:
        return  # at the very ends of time there is no UTC
    assert written.endswith("Z")
    assert written[10] == "T"
    assert end_of_period(written) == start_of_period(written) == at
