from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive
from archive.documents import list_documents
from clausewatch.demo.server import Reply
from clausewatch.errors import CrawlError, ExtractionError, NoSnapshot, UsageError
from clausewatch.jobs.history import texts_at
from clausewatch.jobs.sources import Given
from clausewatch.settings import Settings
from tests.support import WaybackStandIn
from tests.support.scenario import URL, Vendor, archive_of, day, policy

pytestmark = pytest.mark.slow  # each run starts a child process


@pytest.fixture
def wayback() -> Iterator[WaybackStandIn]:
    with WaybackStandIn() as wayback:
        for number, months in enumerate((18, 24, 36)):
            wayback.add(URL, day(number * 100), policy(months=months))
        wayback.add(URL, day(250), "<h1>moved</h1>", status=404)
        yield wayback


def at(
    wayback: WaybackStandIn, *instants: datetime, url: str = URL,
    open_archive: Callable[[], AbstractContextManager[Archive]] | None = None, lines: list[str] | None = None,
) -> tuple[Given, Given]:  # fmt: skip
    before, after = instants
    return texts_at(
        url, (before, after), settings=Settings(allow_hosts=(wayback.host,)), wayback=wayback.url + "/",
        open_archive=open_archive, on_progress=(lines if lines is not None else []).append,
    )  # fmt: skip


def test_the_texts_in_force_at_both_dates_are_played_back(wayback: WaybackStandIn) -> None:
    lines: list[str] = []
    before, after = at(wayback, day(50), day(249), lines=lines)
    assert "18 months" in before.text.text
    assert "36 months" in after.text.text
    assert (before.side.at, after.side.at) == (day(0), day(200))
    assert before.side.label == URL
    assert before.vendor_name == "Harborkites"
    assert lines[0] == f"asking {wayback.url} what it holds of {URL}"
    assert sorted(lines[1:]) == ["played back 2025-01-01", "played back 2025-07-20"]  # two at once, in any order


def test_an_archived_error_is_in_force_at_no_time(wayback: WaybackStandIn) -> None:
    _, after = at(wayback, day(50), day(300))
    assert after.side.at == day(200)


def test_one_capture_may_serve_both_dates(wayback: WaybackStandIn) -> None:
    before, after = at(wayback, day(110), day(120))
    assert before.side.sha256 == after.side.sha256
    assert sum("/web/" in entry.path for entry in wayback.requests) == 1


def test_dates_before_the_first_capture_are_said(wayback: WaybackStandIn) -> None:
    with pytest.raises(NoSnapshot, match=rf"^{URL}: .* holds no capture by 2024-12-02; the first is of 2025-01-01"):
        at(wayback, day(-30), day(50))


def test_an_address_that_was_never_archived_is_said(wayback: WaybackStandIn) -> None:
    with pytest.raises(NoSnapshot, match="it holds none at all"):
        at(wayback, day(0), day(50), url="https://gullwing.example/privacy")


def test_an_address_that_is_none_is_wrong_use(wayback: WaybackStandIn) -> None:
    with pytest.raises(UsageError, match="not an http"):
        at(wayback, day(0), day(50), url="gullwing.example/privacy")


def test_a_capture_without_text_is_said(wayback: WaybackStandIn) -> None:
    wayback.add(URL, day(400), bytes(range(256)) * 9)
    with pytest.raises(ExtractionError, match="no text can be read"):
        at(wayback, day(0), day(401))


def test_a_capture_that_is_not_played_back_is_said(wayback: WaybackStandIn) -> None:
    respond, lost = wayback.respond, f"/web/{day(200):%Y%m%d%H%M%S}"
    wayback.respond = lambda request: Reply(404, b"") if request.path.startswith(lost) else respond(request)  # type: ignore[method-assign]  # the archive has lost one
    with pytest.raises(CrawlError, match=rf"^{URL} at 20250720"):
        at(wayback, day(0), day(249))


def test_nothing_is_stored_unless_asked_for(wayback: WaybackStandIn, tmp_path: Path) -> None:
    at(wayback, day(0), day(249))
    assert list(tmp_path.iterdir()) == []
    at(wayback, day(0), day(249), open_archive=lambda: archive_of(tmp_path))
    with archive_of(tmp_path) as archive:
        with archive.read() as connection:
            (document,) = list_documents(connection)
        vendor = Vendor(archive, document)
        assert (document.name, document.url, document.due_at) == ("harborkites/privacy-policy", URL, None)
        assert [version.first_at for version in vendor.versions] == [day(0), day(200)]
        assert vendor.states == ["history"]
    at(wayback, day(0), day(249) + timedelta(days=1), open_archive=lambda: archive_of(tmp_path))
    with archive_of(tmp_path) as archive:
        assert len(Vendor(archive, document).snapshots) == 2
