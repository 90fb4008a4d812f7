"""For a monitor: ``/metrics``, made when it asks, and ``/healthz``."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import text

from clausewatch.jobs.metrics import CONTENT_TYPE, metrics_of
from clausewatch.web.failures import ErrorBody
from clausewatch.web.pages import ArchiveOf, NowOf

router = APIRouter(tags=["monitor"])


@dataclass(frozen=True, slots=True)
class Health:
    status: str


@router.get(
    "/healthz",
    summary="Whether the database answers",
    responses={status: {"model": ErrorBody} for status in (404, 503)},
)
def healthz(archive: ArchiveOf) -> Health:
    with archive.read() as connection:
        connection.execute(text("SELECT 1"))
    return Health(status="ok")


@router.get("/metrics", include_in_schema=False)
def metrics(archive: ArchiveOf, now: NowOf) -> Response:
    return Response(metrics_of(archive, now=now), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
