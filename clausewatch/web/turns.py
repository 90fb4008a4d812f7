"""Pages are made a few at a time, in the order in which they were asked for: all at once would all be late."""

from __future__ import annotations

import re

from anyio import CapacityLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MADE_AT_ONCE = 2
"""By one process. They share one interpreter: of eight pages that are made at once even the shortest is there when the
longest is. A second one, so that a page that takes long holds up nobody."""
_SHORT = re.compile(
    "/|/(?:vendors|documents|versions|comparisons|companies|timemap|feeds/(?:changes|vendors|documents|kinds)"
    "|api/v1/(?:vendors|documents|versions|comparisons|ledger))(?:/.*)?"
)
"""What is made from some rows of the database. All else is made beside it: it may take long, or wait for others."""
_LONG = ("/blame", "/preview", "/comparison")


class Turns:
    """Lets few requests for pages through at a time. What was made waits for its reader elsewhere: who reads slowly
    holds up nobody."""

    def __init__(self, app: ASGIApp, *, at_once: int = MADE_AT_ONCE) -> None:
        self.app = app
        self._places = CapacityLimiter(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _takes_a_turn(scope):
            await self.app(scope, receive, send)
            return
        made: list[Message] = []

        async def keep(message: Message) -> None:
            made.append(message)

        async with self._places:
            await self.app(scope, receive, keep)
        for message in made:
            await send(message)


def _takes_a_turn(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path: str = scope["path"]
    return _SHORT.fullmatch(path) is not None and not path.endswith(_LONG)
