"""The calls of the API as a page for people who write programs, made of its own description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from clausewatch.web.pages import PagesOf

router = APIRouter(include_in_schema=False)

_GROUPS = {
    "archive": "Versions and what changed", "subscriptions": "Subscriptions", "operator": "For the operator",
    "memento": "Memento (RFC 7089)", "trust": "Proof", "monitor": "Monitoring",
}  # fmt: skip
"""What each tag is called, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the page shows it."""

    group: str
    method: str
    path: str
    summary: str
    asks: tuple[str, ...]  # names of what may stand in its query
    wants_token: bool


@router.get("/api", response_class=HTMLResponse)
def show_api(request: Request, pages: PagesOf) -> HTMLResponse:
    calls = sorted(_calls(request.app.openapi()), key=lambda call: list(_GROUPS.values()).index(call.group))
    groups = [(group, list(those)) for group, those in groupby(calls, key=lambda call: call.group)]
    return pages.render("api", groups=groups)


def _calls(description: Mapping[str, Any]) -> Iterator[Call]:
    for path, methods in description["paths"].items():
        for method, told in methods.items():
            yield Call(
                group=_GROUPS[told["tags"][0]], method=method.upper(), path=path, summary=told["summary"],
                asks=tuple(each["name"] for each in told.get("parameters", ()) if each["in"] == "query"),
                wants_token=bool(told.get("security")),
            )  # fmt: skip
