from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from archive.leases import take_lease
from clausewatch.web import kept
from clausewatch.web.kept import KeptPages, tell_vendor
from clausewatch.web.validators import Validators
from tests.web.scenario import DAY, NOW, Scenario, altered, policy


class App:
    """Counts how often it is asked; answers with the count."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.headers: dict[str, str] = {}
        self.told: str | None = None  # the vendor that a page says it shows
        self.changes = Counter[str]()
        self.time = 0.0
        self.pages = KeptPages(self, self.counted, lambda: self.time)

    def counted(self, vendor: str | None) -> tuple[int, int]:
        return self.changes.total(), self.changes[vendor] if vendor else self.changes.total()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        if self.told:
            tell_vendor(Request(scope), self.told)
        answer: Response = PlainTextResponse(f"{self.asked}", status_code=self.status, headers=self.headers)
        await answer(scope, receive, send)

    def get(self, path: str = "/vendors", method: str = "GET", **options: Any) -> str:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.pages), base_url="http://t") as client:
                return await client.request(method, path, **options)

        return asyncio.run(send()).text


@pytest.fixture
def app() -> App:
    return App()


def test_a_page_is_made_once_while_nothing_changes(app: App) -> None:
    assert [app.get() for _ in range(3)] == ["1", "1", "1"]
    app.changes["looms"] += 1
    assert [app.get() for _ in range(2)] == ["2", "2"]


@pytest.mark.parametrize(
    ("path", "told"),
    [("/vendors/looms", None), ("/documents/looms/privacy-policy", None), ("/feeds/vendors/looms", None),
     ("/versions/a1", "looms"), ("/comparisons/b2", "looms")],
)  # fmt: skip
def test_a_page_of_one_vendor_stays_while_others_change(app: App, path: str, told: str | None) -> None:
    app.told = told
    assert app.get(path) == "1"
    app.changes["kites"] += 1
    assert app.get(path) == "1"
    app.changes["looms"] += 1
    assert [app.get(path), app.get(path)] == ["2", "2"]


def test_a_page_that_was_made_while_something_changed_is_not_kept_for_the_vendor_it_tells(app: App) -> None:
    app.told = "looms"
    counts = iter([(1, 1), (2, 1), (2, 2), (2, 2)])
    app.pages.changes = lambda vendor: next(counts)
    assert [app.get("/versions/a1"), app.get("/versions/a1")] == ["1", "2"]


def test_a_page_is_kept_for_a_minute_at_most(app: App) -> None:
    app.get()
    app.time = kept.LONGEST_SECONDS - 1
    assert app.get() == "1"
    app.time += 2
    assert app.get() == "2"


def ask_at_once(app: App, path: str, *, times: int) -> list[str]:
    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app.pages), base_url="http://t") as client:
            return await asyncio.gather(*(client.get(path) for _ in range(times)))

    return [answer.text for answer in asyncio.run(ask())]


def test_a_page_that_many_ask_for_at_once_is_made_once(app: App) -> None:
    assert ask_at_once(app, "/vendors", times=5) == ["1"] * 5
    app.changes["looms"] += 1
    assert ask_at_once(app, "/vendors", times=5) == ["2"] * 5


def test_what_cannot_be_kept_is_made_for_each_who_asks(app: App) -> None:
    app.status = 404
    assert sorted(ask_at_once(app, "/vendors/nobody", times=3)) == ["1", "2", "3"]


def test_who_reads_slowly_holds_up_nobody_who_asks_for_the_same(app: App) -> None:
    async def ask() -> str:
        reads = asyncio.Event()

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            await reads.wait()

        scope = {"type": "http", "method": "GET", "path": "/vendors", "query_string": b"", "headers": []}
        slow = asyncio.create_task(Validators(app.pages)(scope, receive, send))  # holds answers until they are whole
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app.pages), base_url="http://t") as client:
            answer = await asyncio.wait_for(client.get("/vendors"), timeout=10)
        reads.set()
        await slow
        return answer.text

    assert asyncio.run(ask()) in ("1", "2")


def test_each_address_with_its_query_is_a_page_of_its_own(app: App) -> None:
    assert [app.get("/search?q=a"), app.get("/search?q=b"), app.get("/search?q=a")] == ["1", "2", "1"]


@pytest.mark.parametrize("path", ["/manage/token", "/status", "/metrics", "/subscribe", "/diff/token", "/confirm/x"])
def test_what_is_not_for_all_is_never_kept(app: App, path: str) -> None:
    assert [app.get(path), app.get(path)] == ["1", "2"]


def test_neither_posts_nor_what_comes_with_a_token_nor_failures_are_kept(app: App) -> None:
    assert [app.get(method="POST"), app.get(method="POST")] == ["1", "2"]
    assert [app.get(headers={"Authorization": "Bearer x"}) for _ in range(2)] == ["3", "4"]
    app.status = 404
    assert [app.get(), app.get()] == ["5", "6"]
    app.status, app.headers = 200, {"Cache-Control": "no-store"}
    assert [app.get(), app.get()] == ["7", "8"]


def test_memory_is_bounded_and_what_is_oldest_goes(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 2)
    for letter in "abc":
        app.get(f"/search?q={letter}")
    assert app.get("/search?q=c") == "3"
    assert app.get("/search?q=a") == "4"
    monkeypatch.setattr(kept, "LARGEST", 0)
    assert [app.get("/vendors"), app.get("/vendors")] == ["5", "6"]


def test_what_was_stored_is_seen_at_once(scenario: Scenario) -> None:
    document = scenario.watches()
    scenario.publishes(document, policy(), at=NOW - 9 * DAY)
    path = f"/documents/{document.name}"
    assert "Nothing to compare yet" in scenario.get(path).text
    scenario.publishes(document, policy(altered("18 months", "24 months")), at=NOW - 3 * DAY)
    assert "Nothing to compare yet" not in scenario.get(path).text


def test_a_new_version_leaves_the_pages_of_other_vendors_and_leases_leave_all(scenario: Scenario) -> None:
    ours, theirs = scenario.watches(), scenario.watches("Harbor Kites", url="https://kites.example/privacy")
    scenario.publishes(ours, policy(), at=NOW - 9 * DAY)
    of_all, of_ours = scenario.archive.changes(ours.vendor)
    scenario.publishes(theirs, policy(altered("18 months", "24 months")), at=NOW - 9 * DAY)
    with scenario.archive.write() as connection:
        take_lease(connection, "leader", holder="me", now=NOW, seconds=60)
    after_all, after_ours = scenario.archive.changes(ours.vendor)
    assert (after_ours, after_all > of_all) == (of_ours, True)
    assert scenario.archive.changes("nobody") == (after_all, after_all)
