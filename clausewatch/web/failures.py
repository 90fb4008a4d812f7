"""Failures as answers: a page for people, one JSON shape below ``/api`` and for other programs' addresses."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clausewatch.errors import ArchiveError, ClausewatchError, Gone, NotFound, SettingsError, UsageError
from clausewatch.web.headers import secure

FOR_PROGRAMS = ("/api/", "/events/", "/healthz", "/openapi.json", "/metrics", "/timegate/", "/timemap/",
                "/heads")  # fmt: skip
_ADVICE = "; see clausewatch "  # what follows is a command line, of no use to a visitor

_log = logging.getLogger(__name__)


class ErrorDetail(BaseModel):
    """What went wrong."""

    status: int
    message: str


class ErrorBody(BaseModel):
    """The body of every answer of the API that is not a success."""

    error: ErrorDetail


def install(app: FastAPI) -> None:
    """Let every failure of the app leave in this form."""

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        message = error.detail
        if message == HTTPStatus(error.status_code).phrase and error.status_code == 404:
            message = "There is nothing at this address."
        return _answer(request, error.status_code, message, headers=error.headers)

    def on_wrong_input(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _answer(request, 422, _in_words(error.errors()))

    def on_domain(request: Request, error: Exception) -> Response:
        assert isinstance(error, ClausewatchError)
        return _answer(request, _status_of(error), _for_visitors(error))

    def on_defect(request: Request, error: Exception) -> Response:
        # made outside our own middleware, and raised again behind it for the server's log
        answer = _answer(request, 500, "Something went wrong here. It has been noted; please try again later.")
        secure(answer.headers)
        return answer

    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_wrong_input)
    app.add_exception_handler(ClausewatchError, on_domain)
    app.add_exception_handler(Exception, on_defect)


class OversizeInForm:
    """What refuses bodies that are too large answers in plain words; they leave as every other failure does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_replaced = False

        async def send_in_form(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and message["status"] == 413:
                is_replaced = True
                answer = _answer(Request(scope), 413, "This is more than is taken at once.")
                await answer(scope, receive, send)
            elif not is_replaced:
                await send(message)

        await self.app(scope, receive, send_in_form if scope["type"] == "http" else send)


def _status_of(error: ClausewatchError) -> int:
    match error:
        case Gone():
            return 410
        case NotFound():
            return 404
        case SettingsError():
            return 503
        case UsageError():
            return 400
        case ArchiveError():
            return 503
    return 502 if error.retryable else 500


def _for_visitors(error: ClausewatchError) -> str:
    if isinstance(error, ArchiveError | SettingsError) and not isinstance(error, NotFound):
        _log.error("%s", error)  # names files and databases: for the operator
        return "The archive cannot be read right now; please try again later."
    return str(error).split(_ADVICE)[0]


def _in_words(problems: Sequence[Any]) -> str:
    lines = [f"{'.'.join(str(part) for part in each['loc'][1:]) or 'request'}: {each['msg']}" for each in problems]
    return "; ".join(lines)


def _answer(request: Request, status: int, message: str, *, headers: Any = None) -> Response:
    if request.url.path.startswith(FOR_PROGRAMS):
        body = ErrorBody(error=ErrorDetail(status=status, message=message))
        return JSONResponse(body.model_dump(), status_code=status, headers=headers)
    title = HTTPStatus(status).phrase
    page: Response = request.app.state.pages.render("failure", status=status, title=title, message=message)
    page.headers.update(headers or {})
    return page
