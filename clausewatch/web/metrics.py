"""For a monitor: ``/metrics``, made when it asks, and ``/healthz``."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from archive.clock import MOST_APART
from archive.leases import lease_of
from archive.snapshots import any_body
from clausewatch.errors import ArchiveError
from clausewatch.jobs.leadership import LEASE
from clausewatch.jobs.metrics import CONTENT_TYPE, metrics_of
from clausewatch.web.failures import ErrorBody
from clausewatch.web.latencies import Latencies
from clausewatch.web.pages import ArchiveOf, NowOf

router = APIRouter(tags=["monitor"])


@dataclass(frozen=True, slots=True)
class Health:
    """``status`` is ``ok``: what cannot be reached is a failure. ``schedule`` is ``led``, or ``idle`` where no process
    does what is due: no fault of the one that was asked, and no reason to start it anew. ``clock`` is ``right``, or
    ``wrong`` where this machine's is so far from the database's that it neither leads nor works."""

    status: str
    schedule: str
    clock: str


@router.get(
    "/healthz",
    summary="Whether the database and the bodies can be reached",
    responses={status: {"model": ErrorBody} for status in (404, 503)},
)
def healthz(archive: ArchiveOf, now: NowOf) -> Health:
    with archive.read() as connection:
        body = any_body(connection)
        lease = lease_of(connection, LEASE)
    archive.blobs.reach()  # a monitor has not the patience for a bucket that does not answer
    if body and not archive.blobs.holds(body):
        raise ArchiveError(f"{body}: a body that the archive names is not there; see whether its folder is mounted")
    archive.clock.set()
    is_right = abs(archive.clock.apart()) <= MOST_APART
    return Health(
        status="ok", schedule="led" if lease and lease[1] > now else "idle", clock="right" if is_right else "wrong"
    )


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, archive: ArchiveOf, now: NowOf) -> Response:
    latencies: Latencies = request.app.state.latencies
    body = metrics_of(archive, now=now) + latencies.as_metrics()
    return Response(body, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
