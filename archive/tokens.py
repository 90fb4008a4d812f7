"""Tokens of operators and their programs: made once, kept as hashes, ended by name."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from archive.tables import tokens
from clausewatch.errors import NotFound, UsageError

PREFIX = "cw_"  # so that a scanner for leaked secrets can tell one
_SECRET_BYTES = 32
_LONGEST_NAME = 100
_USE_IS_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: not the token."""

    name: str
    created_at: datetime
    used_at: datetime | None


def add_token(connection: Connection, name: str, *, now: datetime) -> str:
    """Make a token of that name; what it is, is given here and never again. Raises UsageError where it is taken."""
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME:
        raise UsageError(f"a token needs a name of at most {_LONGEST_NAME} characters, to be ended by")
    if connection.execute(select(tokens.c.name).where(tokens.c.name == name)).first():
        raise UsageError(f"{name}: a token of that name exists; end it with clausewatch token end, or choose another")
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    connection.execute(insert(tokens).values(sha256=_hashed(secret), name=name, created_at=now))
    return secret


def find_token(connection: Connection, secret: str) -> Token | None:
    """The token, or None for what is none. It is looked up by its hash: how long that takes tells nothing of it."""
    row = connection.execute(select(tokens).where(tokens.c.sha256 == _hashed(secret))).one_or_none()
    return None if row is None else Token(row.name, row.created_at, row.used_at)


def note_use(connection: Connection, token: Token, *, now: datetime) -> None:
    """Remember when the token was used."""
    connection.execute(update(tokens).where(tokens.c.name == token.name).values(used_at=now))


def is_use_noted(token: Token, *, now: datetime) -> bool:
    """Whether its last use was noted so shortly ago that another note would tell nothing."""
    return token.used_at is not None and timedelta() <= now - token.used_at < _USE_IS_NOTED_EVERY


def list_tokens(connection: Connection) -> list[Token]:
    """All tokens by name."""
    rows = connection.execute(select(tokens).order_by(tokens.c.name))
    return [Token(row.name, row.created_at, row.used_at) for row in rows]


def end_token(connection: Connection, name: str) -> None:
    """From now on the token is none. Raises NotFound."""
    if not connection.execute(delete(tokens).where(tokens.c.name == name)).rowcount:
        raise NotFound(f"{name}: no such token; see clausewatch token list")


def _hashed(secret: str) -> str:
    """Random 256 bits need no slow hash: nobody guesses them."""
    return hashlib.sha256(secret.encode()).hexdigest()
