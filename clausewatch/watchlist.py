"""Read a watchlist: a TOML or CSV file that names vendors, their documents and where these are found.

Whoever adds the entries to an archive decides about slugs and documents that are there already.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urlsplit

from clausewatch.errors import WatchlistError

BUILT_IN = "clausewatch.watchlists"
RENDERINGS = ("auto", "never", "always")
INTERVALS = range(1, 241)
"""Hours between two looks at a document. It is looked at twice as often after a change, half as often where it is
quiet; what would be due in more than a month is taken for the mistake of a clock."""

_REQUIRED = ("vendor", "type", "url")
_OPTIONAL = ("slug", "render", "include", "exclude", "interval")
_HEADER = re.compile(r"^\s*\[\[\s*document\s*\]\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One document to watch, as ``clausewatch add`` takes it."""

    vendor: str
    type: str
    url: str
    slug: str | None = None
    render: str = "auto"
    include: str | None = None  # CSS selectors
    exclude: str | None = None
    interval_hours: int | None = None  # None: as it is, at first 12


def read_watchlist(name: Path | str) -> tuple[Entry, ...]:
    """The entries of a watchlist in order. ``name`` is a file, or a watchlist that comes along, such as ``starter``.

    Raises WatchlistError, which names the file, the entry with its line, and what to mend.
    """
    text, source = _read(name), str(name)
    if source.lower().endswith(".csv"):
        return _entries_of_csv(text, source)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WatchlistError(f"{source}: is not TOML: {error}; mend it there") from error
    documents = table.pop("document", None)
    if table:
        raise WatchlistError(f"{source}: {next(iter(table))!r} is unknown; a watchlist has [[document]] entries alone")
    if not isinstance(documents, list) or not documents:
        raise WatchlistError(f"{source}: holds no [[document]]; add one with vendor, type and url")
    lines = [text.count("\n", 0, match.end()) + 1 for match in _HEADER.finditer(text)]
    places = [f"{source}, {_place(index, lines)}" for index in range(len(documents))]
    return _entries(documents, places)


def _entries_of_csv(text: str, source: str) -> tuple[Entry, ...]:
    """The first line names the columns, case ignored; an empty cell is a field that was not given.

    Cells may be parted by semicolons or tabs, as spreadsheets write them in countries where a comma stands in numbers.
    """
    first, _, rest = text.partition("\n")
    separator = max(",;\t", key=first.count)
    lines = io.StringIO(f"{first.lower()}\n{rest}", newline="")
    rows = csv.DictReader(lines, restkey="a cell beyond the columns", strict=True, delimiter=separator)
    documents, places = [], []
    try:
        for row in rows:
            documents.append({(name or "").strip(): value for name, value in row.items() if value})
            places.append(f"{source}, line {rows.line_num}")
    except csv.Error as error:
        raise WatchlistError(f"{source}, line {rows.line_num}: is not CSV: {error}; mend it there") from error
    if not documents:
        raise WatchlistError(f"{source}: holds no document; the first line is vendor,type,url, then a line for each")
    return _entries(documents, places)


def _entries(documents: Sequence[object], places: Sequence[str]) -> tuple[Entry, ...]:
    entries = tuple(_entry(fields, place) for fields, place in zip(documents, places, strict=True))
    _refuse_duplicates(entries, places)
    return entries


def built_in_watchlists() -> tuple[str, ...]:
    """The names of the watchlists that come along."""
    return tuple(sorted(_stem(file) for file in files(BUILT_IN).iterdir() if file.name.endswith(".toml")))


def _stem(file: Traversable) -> str:
    return file.name.removesuffix(".toml")


def _read(name: Path | str) -> str:
    path = Path(name)
    try:
        if not path.exists() and str(name) in built_in_watchlists():
            return (files(BUILT_IN) / f"{name}.toml").read_text(encoding="utf-8")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        known = ", ".join(built_in_watchlists())
        raise WatchlistError(
            f"{name}: cannot be read ({error.strerror}); name a TOML file, or a watchlist that comes along: {known}"
        ) from error
    except UnicodeDecodeError as error:
        raise WatchlistError(f"{name}: is no UTF-8 text ({error}); save it as UTF-8") from error


def _place(index: int, lines: list[int]) -> str:
    return f"entry {index + 1}" + (f" (line {lines[index]})" if index < len(lines) else "")


def _entry(fields: object, place: str) -> Entry:
    if not isinstance(fields, Mapping):
        raise WatchlistError(f"{place}: is no table; write [[document]] with vendor, type and url below it")
    for name, value in fields.items():
        if name not in (*_REQUIRED, *_OPTIONAL):
            known = ", ".join((*_REQUIRED, *_OPTIONAL))
            raise WatchlistError(f"{place}: {name!r} is unknown; an entry may have {known}")
        if name == "interval" and isinstance(value, int):
            continue
        if not isinstance(value, str) or not value.strip():
            raise WatchlistError(f"{place}: {name} must be text that is not empty, not {value!r}")
    for name in _REQUIRED:
        if name not in fields:
            raise WatchlistError(f'{place}: {name} is missing; add {name} = "..."')
    interval = _interval(fields.get("interval"), place)
    texts = {name: value.strip() for name, value in fields.items() if name != "interval"}
    entry = Entry(**texts, interval_hours=interval)
    if entry.render not in RENDERINGS:
        raise WatchlistError(f"{place}: render must be {', '.join(RENDERINGS)}, not {entry.render!r}")
    _check_address(entry.url, place)
    return entry


def _interval(value: object, place: str) -> int | None:
    if value is None:
        return None
    text = str(value).strip()
    if not text.isdecimal() or int(text) not in INTERVALS:
        raise WatchlistError(f"{place}: interval must be hours from 1 to {INTERVALS[-1]}, not {value!r}")
    return int(text)


def _check_address(url: str, place: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise WatchlistError(f"{place}: url {url!r} is no address ({error}); write http(s)://host/path") from error
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", url):
        raise WatchlistError(f"{place}: url {url!r} is no http(s) address; write http(s)://host/path")
    if parts.username or parts.password:
        raise WatchlistError(f"{place}: url has a name or password in it; a watchlist must hold no secrets, remove it")


def _refuse_duplicates(entries: tuple[Entry, ...], places: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for entry, place in zip(entries, places, strict=True):
        parts = urlsplit(entry.url)
        address = parts._replace(netloc=parts.netloc.lower(), fragment="").geturl()
        if address in seen:
            first = seen[address].rpartition(", ")[2]
            raise WatchlistError(f"{place}: {entry.url} is there already in {first}; remove one of them")
        seen[address] = place
