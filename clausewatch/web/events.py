"""What SendGrid tells of mails, at ``/events/sendgrid``. Only what it signed lately is taken, and each event once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request

from clausewatch.web.pages import ArchiveOf, NowOf, SettingsOf
from notifier.events import SIGNATURE_HEADER, TIMESTAMP_HEADER, ForgedEvents, check_signature, read_events
from notifier.returns import take_in
from notifier.tokens import secret_of

router = APIRouter(include_in_schema=False)

MAX_BODY_BYTES = 4_194_304  # SendGrid posts at 768 kB or after a second, whichever is first


async def _raw(request: Request) -> bytes:
    return await request.body()


@router.post("/events/sendgrid")
def sendgrid(
    body: Annotated[bytes, Depends(_raw)],
    archive: ArchiveOf,
    settings: SettingsOf,
    now: NowOf,
    signature: Annotated[str | None, Header(alias=SIGNATURE_HEADER)] = None,
    timestamp: Annotated[str | None, Header(alias=TIMESTAMP_HEADER)] = None,
) -> dict[str, int]:
    """Take events in and say what came of them; those that came before change nothing, and are no failure."""
    if not settings.sendgrid_events_key:
        # SendGrid tries again for a day, in which the key may be set: nothing is lost
        raise HTTPException(503, "No key for events is set here; see CLAUSEWATCH_SENDGRID_EVENTS_KEY.")
    try:
        check_signature(settings.sendgrid_events_key, body, signature=signature, timestamp=timestamp, now=now)
    except ForgedEvents as error:
        raise HTTPException(403, f"Nothing was taken: {error}.") from error
    returns = read_events(body)
    with archive.write() as connection:
        return asdict(take_in(connection, returns, secret=secret_of(settings), now=now))
