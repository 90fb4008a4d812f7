"""Who asks: a token of an operator, sent as Bearer by programs and as the password of Basic by browsers; and how often
anybody may. Nothing is kept in cookies, and Basic opens pages alone: a browser sends it along with the forms of other
sites too, so that they could act in an operator's name."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.concurrency import run_in_threadpool

from archive import Archive
from archive.tokens import Token, find_token, is_use_noted, note_use
from clausewatch.web.pace import Pace, client_key
from clausewatch.web.pages import ArchiveOf, NowOf

MINUTE = timedelta(minutes=1)
ASKS_A_MINUTE = 600  # of the API, by one client
ASKS_A_MINUTE_WITH_TOKEN = 6000
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Clausewatch: any name, a token as password", charset="UTF-8"'}


async def _token(request: Request, archive: ArchiveOf, now: NowOf) -> Token | None:
    """The token that came with the request; None where none did. Raises 401 for one that is none."""
    secret = _secret(request.headers.get("authorization", ""), may_be_basic=request.method in ("GET", "HEAD"))
    if secret is None:
        return None
    token = await run_in_threadpool(_used, archive, secret, now=now)
    if token is None:
        raise HTTPException(401, "This token is none, or was ended.", headers=_CHALLENGE)
    return token


def _used(archive: Archive, secret: str, *, now: datetime) -> Token | None:
    """The token, its use noted."""
    with archive.read() as connection:
        token = find_token(connection, secret)
    if token is not None and not is_use_noted(token, now=now):
        with archive.write() as connection:
            note_use(connection, token, now=now)
    return token


def _secret(header: str, *, may_be_basic: bool) -> str | None:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic" or not may_be_basic:
        return None
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


TokenOf = Annotated[Token | None, Depends(_token)]


async def _operator(token: TokenOf) -> Token:
    if token is None:
        message = "This needs a token of the operator as Bearer; clausewatch token add makes one."
        raise HTTPException(401, message, headers=_CHALLENGE)
    return token


OperatorOf = Annotated[Token, Depends(_operator)]


async def limited(request: Request, token: TokenOf, now: NowOf) -> None:
    """One more call of the API. Raises 429 where they are too many. This machine itself is not limited: behind a proxy
    the client is who the proxy says it is."""
    pace: Pace = request.app.state.pace
    if token is None and request.client and _is_loopback(request.client.host):
        return
    who = f"token {token.name}" if token else client_key(request.client.host if request.client else "")
    most = ASKS_A_MINUTE_WITH_TOKEN if token else ASKS_A_MINUTE
    if not pace.allows(f"api {who}", most=most, per=MINUTE, now=now):
        raise HTTPException(429, "Too many calls; please go on in a minute.", headers={"Retry-After": "60"})


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a socket's path
        return False
