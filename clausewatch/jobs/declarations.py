"""Read the declarations of an Open Terms Archive collection: which documents it watches, where, by which selectors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archive import Archive
from archive.documents import add_document, add_vendor
from clausewatch.errors import UsageError
from clausewatch.jobs.importing import Imported
from clausewatch.jobs.naming import checked_address
from clausewatch.model import Document

FOLDER = "declarations"
_NO_SERVICE = (".history.json", ".filters.json")  # beside a service's file: what it declared before


@dataclass(frozen=True, slots=True)
class Declaration:
    """A document that is declared."""

    vendor: str
    type: str
    url: str
    include: str | None
    exclude: str | None
    render: str


def declares(repository: Path) -> bool:
    """Whether the folder holds declarations."""
    return (repository / FOLDER).is_dir()


def read_declarations(repository: Path, imported: Imported) -> Iterator[Declaration]:
    """Every document that is declared, by the names of the files. What cannot be read or has no like here is a problem
    of its own, or counted: a text made of several pages is watched page by page."""
    for path in sorted((repository / FOLDER).glob("*.json")):
        if path.name.endswith(_NO_SERVICE):
            continue
        try:
            service = json.loads(path.read_text(encoding="utf-8"))
            terms = service.get("terms") or service.get("documents") or {}
            for type, declared in terms.items():
                yield from _documents(service.get("name") or path.stem, type, declared, imported)
        except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
            imported.problems.append(f"{path.name}: is no declaration that can be read ({error}); it was left out")


def _documents(vendor: str, type: str, declared: dict[str, Any], imported: Imported) -> Iterator[Declaration]:
    pages = declared.get("combine") or [declared]
    for page in pages:
        both = declared | page  # what stands beside the pages holds for each
        if not both.get("fetch"):
            continue  # kept for its past alone
        if both.get("filter"):
            imported.left_out["filters, which are programs"] += 1
        try:
            url = checked_address(both["fetch"])
        except UsageError as error:
            imported.problems.append(f"{vendor}, {type}: {error}")
            continue
        yield Declaration(
            vendor=vendor, type=type, url=url, include=_selectors(both.get("select"), imported),
            exclude=_selectors(both.get("remove"), imported),
            render="always" if both.get("executeClientScripts") else "auto",
        )  # fmt: skip


def _selectors(declared: Any, imported: Imported) -> str | None:
    """One selector for the elements that are named. A stretch from one element to another has no like in CSS."""
    several = declared if isinstance(declared, list) else [declared] if declared else []
    named = [each for each in several if isinstance(each, str)]
    if len(named) < len(several):
        imported.left_out["stretches of a page, which no selector names; the document is found without"] += len(
            several
        ) - len(named)
    return ", ".join(named) or None


def watch_declared(archive: Archive, repository: Path, imported: Imported, *, now: datetime) -> list[Document]:
    """Watch every document that is declared; those that are watched already stay as they are."""
    found = list(read_declarations(repository, imported))
    with archive.write() as connection:
        return [
            add_document(
                connection, add_vendor(connection, each.vendor), type=each.type, url=each.url, render=each.render,
                include=each.include, exclude=each.exclude, is_watched=True, now=now,
            )
            for each in found
        ]  # fmt: skip
