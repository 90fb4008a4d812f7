"""What the serving process writes: failures, and nothing that tells who visited."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.web.browser.world import World

pytestmark = [pytest.mark.once, pytest.mark.slow]

LONGEST_SECONDS = 60.0
IDA = "ida.is.nobody@example.com"


def test_the_log_tells_of_failures_and_of_no_visitor(world: World) -> None:
    world.postbox.on_recipient = lambda recipient: f"550 no such mailbox: {recipient}"
    try:
        with httpx.Client(
            base_url=world.url, trust_env=False, headers={"User-Agent": "a-very-own-browser"}, timeout=60
        ) as client:
            assert client.post("/subscribe", data={"email": IDA}).status_code == 200
            client.get(world.places["manage"])
            client.get("/search", params={"q": "words that a visitor looks for"})
            client.get("/nothing", params={"mail": IDA})
        written = awaited(world, "was not sent")
    finally:
        world.postbox.on_recipient = lambda recipient: "250 OK"
    token = world.places["manage"].rpartition("/")[2]
    written = written.replace(world.url, "").replace(urlsplit(world.postbox.url).netloc, "")
    for secret in (IDA, "ida.is", "a-very-own-browser", "visitor looks", token, world.token, "127.0.0.1"):
        assert secret not in written, secret


def awaited(world: World, words: str) -> str:
    """The log, once it has the words: mails leave after the answer."""
    until = time.monotonic() + LONGEST_SECONDS
    while words not in (written := world.log.read_text()):
        assert time.monotonic() < until, f"the log never said {words!r}: {written}"
        time.sleep(0.05)
    return written
