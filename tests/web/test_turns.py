from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from clausewatch.web.turns import MADE_AT_ONCE, Turns


class App:
    """Makes pages until it is told to end; knows how many it made at once."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.at_once = self.most_at_once = 0
        self.ends = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.order.append(scope["path"])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.ends.wait()
        self.at_once -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"made"})


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def asked(app: App, *paths: str, method: str = "GET") -> list[str]:
    """Ask for all at once; give the paths in the order in which they were begun."""
    turns = Turns(app)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    tasks = [
        asyncio.create_task(turns({"type": "http", "method": method, "path": each}, receive, send)) for each in paths
    ]
    for _ in range(10):
        await asyncio.sleep(0)
    app.ends.set()
    await asyncio.gather(*tasks)
    assert len(sent) == 2 * len(paths)
    return app.order


def test_few_pages_are_made_at_once_in_the_order_in_which_they_were_asked_for() -> None:
    async def run() -> None:
        app, paths = App(), [f"/versions/{number}" for number in range(8)]
        assert await asked(app, *paths) == paths
        assert app.most_at_once == MADE_AT_ONCE

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/search", "/compare/looms/privacy-policy", "/versions/a/blame", "/snapshots/a/raw"])
def test_what_may_take_long_is_made_beside_the_others(path: str) -> None:
    async def run() -> None:
        app = App()
        await asked(app, *[path] * 4)
        assert app.most_at_once == 4

    asyncio.run(run())


def test_what_is_sent_to_us_waits_for_no_page() -> None:
    async def run() -> None:
        app = App()
        await asked(app, *["/vendors"] * 4, method="POST")
        assert app.most_at_once == 4

    asyncio.run(run())


def test_who_reads_slowly_keeps_no_place() -> None:
    async def run() -> None:
        app, reads = App(), asyncio.Event()
        app.ends.set()
        turns = Turns(app, at_once=1)

        async def send_slowly(_message: Message) -> None:
            await reads.wait()

        async def send(_message: Message) -> None:
            pass

        slow = asyncio.create_task(turns({"type": "http", "method": "GET", "path": "/"}, receive, send_slowly))
        await asyncio.wait_for(turns({"type": "http", "method": "GET", "path": "/"}, receive, send), timeout=10)
        reads.set()
        await slow

    asyncio.run(run())
