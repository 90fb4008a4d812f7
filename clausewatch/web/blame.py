"""Where the sentences of a version came from: as a page, and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from archive import Archive
from archive.documents import get_documents_by_id
from archive.versions import get_version
from clausewatch.jobs.blame import blame_version
from clausewatch.model import Version, content_id
from clausewatch.views.blame import Blame, Origin, blame_to_json, origins
from clausewatch.web.compare import turn
from clausewatch.web.failures import ErrorBody
from clausewatch.web.pages import ArchiveOf, PagesOf

router = APIRouter()

_FAILURES: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (404, 422, 503)}
_ROWS = {
    "description": "A row for each sentence, as clausewatch blame --json gives it",
    "content": {"application/json": {}},
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sentences of one block that one version brought."""

    brought: Version
    first: Version
    comparison: str | None  # that brought them; None for the first version of all
    sentences: tuple[Origin, ...]

    @property
    def replaced(self) -> list[str]:
        """What they replaced, each sentence once."""
        return list(dict.fromkeys(each.before.quote for each in self.sentences if each.before))


@dataclass(frozen=True, slots=True)
class BlamedSection:
    """A section and its sentences, heading among them."""

    has_heading: bool  # its first stretch is the heading
    stretches: tuple[Stretch, ...]


@router.get("/versions/{version}/blame", response_class=HTMLResponse, include_in_schema=False)
def show_blame(version: str, request: Request, pages: PagesOf, archive: ArchiveOf) -> HTMLResponse:
    found = _blame(version, request, archive)
    return pages.render(
        "blame", document=found.document, version=found.version, timeline=found.timeline,
        sections=list(_sections(found)),
    )  # fmt: skip


@router.get(
    "/api/v1/versions/{version}/blame",
    summary="For each sentence of a version: which version brought it, and what it replaced",
    tags=["archive"],
    response_class=JSONResponse,
    responses={200: _ROWS, **_FAILURES},
)
def give_blame(version: str, request: Request, archive: ArchiveOf) -> JSONResponse:
    return JSONResponse({"items": list(blame_to_json(_blame(version, request, archive)))})


def _blame(version: str, request: Request, archive: Archive) -> Blame:
    with archive.read() as connection, turn(request.app.state.turns):
        found = get_version(connection, version)
        document = get_documents_by_id(connection, [found.document])[found.document]
        return blame_version(connection, document, found)


def _sections(found: Blame) -> Iterator[BlamedSection]:
    placed = zip((each.block for each in found.sentences), origins(found), strict=True)
    for path, group in groupby(placed, key=lambda each: each[1].section):
        runs = groupby(group, key=lambda each: (each[0], each[1].brought.id, each[1].first.id))
        yield BlamedSection(bool(path), tuple(_stretch(found, [origin for _, origin in run]) for _, run in runs))


def _stretch(found: Blame, run: list[Origin]) -> Stretch:
    brought = run[0].brought
    at = found.timeline.index(brought)
    comparison = content_id("comparison", found.timeline[at - 1].id, brought.id) if at else None
    return Stretch(brought, run[0].first, comparison, tuple(run))
