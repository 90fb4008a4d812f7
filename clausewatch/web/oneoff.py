"""A comparison for people without a shell: two files, two addresses, or one address on two days of its past.

Nothing is stored in the archive; the result stands at an address of its own for an hour, as long as we serve.
"""

from __future__ import annotations

import pickle
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, HTTPException, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from clausewatch.errors import ClausewatchError, NotFound, UsageError
from clausewatch.instants import end_of_period
from clausewatch.jobs.history import texts_at
from clausewatch.jobs.sources import Given, given_address, given_body
from clausewatch.model import Comparison
from clausewatch.settings import Settings
from clausewatch.views.html import comparison_view
from clausewatch.web.compare import turn
from clausewatch.web.making import Makers
from clausewatch.web.pace import Pace
from clausewatch.web.pages import NowOf, Pages, PagesOf, SettingsOf
from clausewatch.web.subscribe import client_of

router = APIRouter(include_in_schema=False)

MAX_BODY_BYTES = 12_000_000
LARGEST_FILE = 5_000_000  # bytes, of each of the two
KEPT = timedelta(hours=1)
MOST_KEPT = 50  # results at a time: a long policy makes one of some megabytes
FETCHED_AT_ONCE = 2  # a site may take a minute to answer: what others make of the archive must not wait for it
ASKS_A_CLIENT = 20  # an hour: each may fetch two pages or ask the Wayback Machine
HOUR = timedelta(hours=1)
IN_AN_HOUR = {"Retry-After": "3600"}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")

Thing = TypeVar("Thing")
Line = Annotated[str, Form(max_length=2000)]


class Results:
    """Comparisons that were made for the moment, by a token that nobody can guess. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Comparison, datetime]] = OrderedDict()

    def keep(self, comparison: Comparison, *, now: datetime) -> str:
        """Keep it for KEPT, or until MOST_KEPT others came; give its token."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._kept[token] = comparison, now + KEPT
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return token

    def get(self, token: str, *, now: datetime) -> Comparison:
        """Raises NotFound once it is gone."""
        with self._lock:
            comparison, until = self._kept.get(token, (None, now))
        if comparison is None or until <= now:
            raise _gone()
        return comparison


class SharedResults(Results):
    """The same for several processes, as files of a folder that only they can read and that is gone after them."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def keep(self, comparison: Comparison, *, now: datetime) -> str:
        token = secrets.token_urlsafe(16)
        whole = self._folder / f"{token}.writing"
        whole.write_bytes(pickle.dumps((comparison, now + KEPT)))
        whole.rename(self._folder / token)
        by_age = sorted(self._folder.glob("?" * len(token)), key=lambda path: path.stat().st_mtime)
        for old in by_age[:-MOST_KEPT]:
            old.unlink(missing_ok=True)  # another process may be at it too
        return token

    def get(self, token: str, *, now: datetime) -> Comparison:
        try:
            # a token holds no character that leads elsewhere
            body = (self._folder / token).read_bytes() if _TOKEN.fullmatch(token) else None
        except FileNotFoundError:
            body = None
        kept = pickle.loads(body) if body else None  # noqa: S301  # our own processes alone write there
        if kept is None or kept[1] <= now:
            raise _gone()
        comparison: Comparison = kept[0]
        return comparison


def _gone() -> NotFound:
    return NotFound("this comparison was made for the moment and is gone; make it again")


@router.get("/diff", response_class=HTMLResponse)
def show_form(pages: PagesOf) -> HTMLResponse:
    return pages.render("oneoff", problem=None, filled={})


@router.post("/diff", response_class=HTMLResponse)
def compare_once(
    request: Request, pages: PagesOf, settings: SettingsOf, now: NowOf, *, before: Line = "", after: Line = "",
    address: Line = "", from_day: Annotated[str, Form(alias="from", max_length=40)] = "",
    to_day: Annotated[str, Form(alias="to", max_length=40)] = "", before_file: UploadFile | None = None,
    after_file: UploadFile | None = None,
) -> Response:  # fmt: skip
    """Compare what was given, and lead to the result; what is wrong stands above the form again."""
    filled = {"before": before, "after": after, "address": address, "from": from_day, "to": to_day}
    check_pace(request, now)
    makers: Makers = request.app.state.makers
    try:
        read = reader(filled, before_file, after_file, settings=settings)
        with turn(request.app.state.fetching):
            comparison = makers.compare(*read())
    except ClausewatchError as error:
        return _refused(pages, error, filled)
    results: Results = request.app.state.results
    return RedirectResponse(pages.to("diff", results.keep(comparison, now=now)), status_code=303)


@router.get("/diff/{token}", response_class=HTMLResponse)
def show_result(token: str, request: Request, pages: PagesOf, now: NowOf) -> HTMLResponse:
    results: Results = request.app.state.results
    comparison = results.get(token, now=now)
    return pages.render("oneoff_result", comparison=comparison, view=comparison_view(comparison))


def check_pace(request: Request, now: datetime) -> None:
    """Count one more comparison of this client. Raises 429 where they are too many."""
    pace: Pace = request.app.state.pace
    if not pace.allows(f"diff {client_of(request)}", most=ASKS_A_CLIENT, per=HOUR, now=now):
        raise HTTPException(429, "These were many comparisons; please go on in an hour.", headers=IN_AN_HOUR)


def reader(
    filled: dict[str, str], before: UploadFile | None, after: UploadFile | None, *, settings: Settings
) -> Callable[[], tuple[Given, Given]]:
    """What reads both texts. Raises UsageError unless exactly one way was filled in."""
    files = [file for file in (before, after) if file and file.filename]
    addresses = [each for each in (filled["before"].strip(), filled["after"].strip()) if each]
    past = [filled[name].strip() for name in ("address", "from", "to") if filled[name].strip()]
    ways = [len(each) for each in (files, addresses, past) if each]
    if len(ways) != 1:
        raise UsageError("fill in one of the three: two files, two addresses, or an address and two days")
    if files:
        bodies = [_file(file) for file in _both(files, "files")]
        return lambda: (bodies[0](), bodies[1]())
    if addresses:
        first, second = _both(addresses, "addresses")
        return lambda: (given_address(first, settings=settings), given_address(second, settings=settings))
    if len(past) != 3:
        raise UsageError("for the past of an address give the address and both days")
    url, days = past[0], (end_of_period(past[1]), end_of_period(past[2]))
    return lambda: texts_at(
        url, days, settings=settings, wayback=None, open_archive=None, on_progress=lambda line: None
    )


def _both(given: Sequence[Thing], what: str) -> tuple[Thing, Thing]:
    if len(given) != 2:
        raise UsageError(f"two {what} are needed to compare")
    return given[0], given[1]


def _file(file: UploadFile) -> Callable[[], Given]:
    body = file.file.read(LARGEST_FILE + 1)
    name = (file.filename or "")[:200]
    if len(body) > LARGEST_FILE:
        raise UsageError(f"{name}: is over {LARGEST_FILE // 1_000_000} MB; no policy is that long")
    return lambda: given_body(body, label=name, name=name)


def _refused(pages: Pages, error: ClausewatchError, filled: dict[str, str]) -> HTMLResponse:
    status = 400 if isinstance(error, UsageError) else 422
    return pages.render("oneoff", status=status, problem=str(error), filled=filled)
