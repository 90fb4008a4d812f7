"""Comparisons once, for programs: two texts, two addresses, or an address on two days of its past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.sources import Given, given_body
from clausewatch.views.json import comparison_to_json
from clausewatch.web.api import COMPARISON, FAILURES
from clausewatch.web.compare import turn
from clausewatch.web.failures import ErrorBody
from clausewatch.web.making import Makers
from clausewatch.web.oneoff import LARGEST_FILE, check_pace, reader
from clausewatch.web.operator import limited
from clausewatch.web.pages import NowOf, SettingsOf

router = APIRouter(prefix="/api/v1", responses={**FAILURES, 413: {"model": ErrorBody}}, tags=["archive"])

Line = Annotated[str, Field(max_length=2000)]
Text = Annotated[str, Field(max_length=LARGEST_FILE)]


class Wanted(BaseModel):
    """One of three: ``before`` and ``after`` are addresses as they are now; ``address`` was so on two days, ``from``
    and ``to``; ``before_text`` and ``after_text`` are texts, be they HTML, Markdown or plain."""

    model_config = ConfigDict(extra="forbid")

    before: Line = ""
    after: Line = ""
    address: Line = ""
    from_day: Line = Field(default="", alias="from")
    to_day: Line = Field(default="", alias="to")
    before_text: Text = ""
    after_text: Text = ""


@router.post(
    "/diff",
    summary="Compare two texts, two addresses, or an address on two days, once",
    dependencies=[Depends(limited)],
    response_class=JSONResponse,
    responses={200: COMPARISON},
)
def compare_once(wanted: Wanted, request: Request, settings: SettingsOf, now: NowOf) -> JSONResponse:
    check_pace(request, now)
    makers: Makers = request.app.state.makers
    read = _texts(wanted) or reader(
        {"before": wanted.before, "after": wanted.after, "address": wanted.address, "from": wanted.from_day,
         "to": wanted.to_day}, None, None, settings=settings,
    )  # fmt: skip
    try:
        with turn(request.app.state.fetching):
            comparison = makers.compare(*read())
    except UsageError:
        raise
    except ClausewatchError as error:  # what was named holds no text, or does not answer
        raise HTTPException(422, str(error)) from error
    return JSONResponse(comparison_to_json(comparison, full=True))


def _texts(wanted: Wanted) -> Callable[[], tuple[Given, Given]] | None:
    """What reads the two texts; None where none was given. Raises UsageError where something else was given too."""
    if not (wanted.before_text or wanted.after_text):
        return None
    others = wanted.before, wanted.after, wanted.address, wanted.from_day, wanted.to_day
    if not (wanted.before_text and wanted.after_text) or any(others):
        raise UsageError("give two texts, or two addresses, or an address and two days")
    return lambda: (
        given_body(wanted.before_text.encode(), label="before_text", name=None),
        given_body(wanted.after_text.encode(), label="after_text", name=None),
    )
