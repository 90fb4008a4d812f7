"""The Internet Archive's CDX dialect: a query over captures, answered as its server answers.

Pure: rows and parameters in, a body out. Documented in the wayback-cdx-server README of the Internet Archive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus, unquote_plus

from clausewatch.demo.captures import urlkey

COLUMNS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
MAX_ROWS = 150_000  # the Archive's cap per query

Row = dict[str, str]


class BadQuery(ValueError):
    """The query cannot be read; the server answers 400 with the message."""


@dataclass(frozen=True, slots=True)
class Query:
    """A CDX query, its parameters read."""

    url: str
    match_type: str
    first: str  # 14 digits
    last: str
    filters: tuple[Callable[[Row], bool], ...]
    collapses: tuple[tuple[str, int | None], ...]
    limit: int  # negative: the last rows
    offset: int
    columns: tuple[str, ...]
    is_json: bool
    shows_resume_key: bool
    resume_key: str | None


def read_query(parameters: Iterable[tuple[str, str]]) -> Query:
    """Parameters as decoded from the address. Unknown ones are ignored, as the Archive does. Raises BadQuery."""
    pairs = tuple(parameters)
    last = dict(pairs)
    if not last.get("url"):
        raise BadQuery("The url= param is required")
    url, match_type = _match(last["url"], last.get("matchType"))
    limit = _number(last.get("limit", str(MAX_ROWS)), "limit")
    columns = tuple(name for name in last.get("fl", "").split(",") if name in COLUMNS)
    return Query(
        url=url,
        match_type=match_type,
        first=_bound(last.get("from", ""), "0"),
        last=_bound(last.get("to", ""), "9"),
        filters=tuple(read_filter(value) for name, value in pairs if name == "filter"),
        collapses=tuple(_collapse(value) for name, value in pairs if name == "collapse" and value),
        limit=max(min(limit, MAX_ROWS), -MAX_ROWS),
        offset=_number(last.get("offset", "0"), "offset"),
        columns=columns or COLUMNS,
        is_json=last.get("output") == "json",
        shows_resume_key=last.get("showResumeKey") == "true",
        resume_key=last.get("resumeKey"),
    )


def _match(url: str, match_type: str | None) -> tuple[str, str]:
    if url.endswith("*") and match_type is None:
        return url[:-1], "prefix"
    if url.startswith("*.") and match_type is None:
        return url[2:], "domain"
    if match_type not in (None, "exact", "prefix", "host", "domain"):
        raise BadQuery(f"Invalid matchType: {match_type}")
    return url, match_type or "exact"


def _number(value: str, name: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise BadQuery(f"{name}= must be a number, not {value!r}") from None


def _bound(digits: str, filler: str) -> str:
    """1 to 14 digits as the first or last 14 that begin with them: both ends count."""
    if digits and not re.fullmatch(r"\d{1,14}", digits):
        raise BadQuery(f"Invalid timestamp: {digits}")
    return digits.ljust(14, filler)


def read_filter(value: str) -> Callable[[Row], bool]:
    """``[!]field:regex``, matched against the whole value; ``[!]~field:text`` asks whether it holds the text."""
    negated = value.startswith("!")
    name, colon, pattern = value.removeprefix("!").partition(":")
    contains = name.startswith("~")
    name = name.removeprefix("~")
    if not colon or name not in COLUMNS:
        raise BadQuery(f"Invalid filter: {value}")
    if contains:
        return lambda row: (pattern in row[name]) != negated
    try:
        regex = re.compile(pattern)
    except re.error as error:
        raise BadQuery(f"Invalid filter: {value} ({error})") from None
    return lambda row: (regex.fullmatch(row[name]) is not None) != negated


def _collapse(value: str) -> tuple[str, int | None]:
    name, colon, length = value.partition(":")
    if name not in COLUMNS:
        raise BadQuery(f"Invalid collapse: {value}")
    return name, _number(length, "collapse") if colon else None


def answer_query(rows: Iterable[Row], query: Query) -> str:
    """The body of the answer: a JSON array with a header row, or lines. ``rows`` in the order of the index."""
    kept = [row for row in rows if _matches(row, query) and all(test(row) for test in query.filters)]
    kept = [row for row in kept if query.first <= row["timestamp"] <= query.last]
    if query.resume_key:
        kept = [row for row in kept if f"{row['urlkey']} {row['timestamp']}" >= _decoded(query.resume_key)]
    for name, length in query.collapses:
        kept = collapse(kept, name, length)
    kept = kept[query.offset :]
    page = kept[query.limit :] if query.limit < 0 else kept[: query.limit]
    more = query.shows_resume_key and 0 < query.limit < len(kept)
    return _render(page, query, resume_key(page[-1]) if more else None)


def _matches(row: Row, query: Query) -> bool:
    key, wanted = row["urlkey"], urlkey(query.url)
    if query.match_type == "exact":
        return key == wanted
    if query.match_type == "prefix":
        return key.startswith(wanted)
    host, wanted_host = key.partition(")")[0], wanted.partition(")")[0]
    return host == wanted_host or (query.match_type == "domain" and host.startswith(wanted_host + ","))


def collapse(rows: Sequence[Row], name: str, length: int | None) -> list[Row]:
    """Drops each row that equals its neighbour before it on a field: A, B, A stays three rows."""
    kept: list[Row] = []
    previous: str | None = None
    for row in rows:
        value = row[name][:length]
        if value != previous:
            kept.append(row)
        previous = value
    return kept


def resume_key(row: Row) -> str:
    """Where the next page begins, percent-encoded as the Archive sends it: the key just behind the row's."""
    stamp = row["timestamp"]
    return quote_plus(f"{row['urlkey']} {stamp[:-1]}{chr(ord(stamp[-1]) + 1)}")


def _decoded(key: str) -> str:
    """The key as sent comes back encoded once more or not; the Archive takes both."""
    return key if " " in key else unquote_plus(key)


def _render(rows: Sequence[Row], query: Query, key: str | None) -> str:
    table = [[row[name] for name in query.columns] for row in rows]
    if not query.is_json:
        lines = [" ".join(cells) for cells in table]
        return "".join(line + "\n" for line in [*lines, *(["", key] if key else [])])
    if not table:
        return "[]\n"
    body: list[list[str]] = [list(query.columns), *table]
    if key:
        body += [[], [key]]
    return "[" + ",\n".join(json.dumps(cells) for cells in body) + "]\n"
