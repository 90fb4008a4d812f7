"""``/metrics`` for a monitor, made when it asks."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from clausewatch.jobs.metrics import CONTENT_TYPE, metrics_of
from clausewatch.web.pages import ArchiveOf, NowOf

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(archive: ArchiveOf, now: NowOf) -> Response:
    return Response(metrics_of(archive, now=now), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
