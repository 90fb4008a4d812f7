"""Versions as a git repository in the form of Open Terms Archive: a file a document, a commit a version."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from archive import Archive
from archive.documents import list_documents
from archive.versions import list_versions, text_of
from clausewatch.errors import ClausewatchError
from clausewatch.jobs.export import whole_folder
from clausewatch.jobs.settle import side_of
from clausewatch.model import Document, Version
from clausewatch.views.reading import render_markdown

if TYPE_CHECKING:
    from sqlalchemy import Connection

_AUTHOR = "Clausewatch <clausewatch@localhost>"


def export_ota(archive: Archive, folder: Path) -> dict[str, int]:
    """Write the repository, its commits in the order of time; give how many documents and versions.

    Raises ClausewatchError where git is not there or fails, and what ``whole_folder`` raises.
    """
    with whole_folder(folder) as made, archive.read() as connection:
        documents = list_documents(connection)
        history = [(version, document) for document in documents for version in list_versions(connection, document)]
        history.sort(key=lambda each: (each[0].first_at, each[0].id))
        _git(made, "init", "--quiet", "--initial-branch=main")
        _fast_import(made, _commits(connection, history))
        if history:
            _git(made, "reset", "--quiet", "--hard", "main")
    return {"documents": len({version.document for version, _ in history}), "versions": len(history)}


def _commits(connection: Connection, history: list[tuple[Version, Document]]) -> Iterator[bytes]:
    """The stream that git fast-import reads: each commit after the one before."""
    seen: set[str] = set()
    for version, document in history:
        text = text_of(connection, version.id)
        body = render_markdown(text, side_of(text, label=document.name)).encode()
        what = "Record new changes of" if document.id in seen else "First record of"
        seen.add(document.id)
        message = f"{what} {document.vendor_name} {document.type}\n".encode()
        when = f"{int(version.first_at.timestamp())} +0000"
        yield f"commit refs/heads/main\ncommitter {_AUTHOR} {when}\ndata {len(message)}\n".encode() + message
        yield f"M 100644 inline {_path(document)}\ndata {len(body)}\n".encode() + body + b"\n"


def _path(document: Document) -> str:
    """``Vendor/Type.md``, in quotes as git reads them; a vendor's second document of a type goes by its slug."""
    name = document.type if document.slug.rpartition("-")[2].isdigit() is False else document.slug
    parts = [part.replace("/", "-").strip(". ") or "-" for part in (document.vendor_name, name)]
    path = f"{parts[0]}/{parts[1]}.md"
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _fast_import(folder: Path, stream: Iterator[bytes]) -> None:
    command = ["git", "-C", str(folder), "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as git:  # noqa: S603  # git, by name
        assert git.stdin is not None
        assert git.stderr is not None
        try:
            for part in stream:
                git.stdin.write(part)
            git.stdin.close()
        except BrokenPipeError:
            pass  # it says why
        words = git.stderr.read().decode("utf-8", "replace")
    if git.returncode:
        raise ClausewatchError(f"{folder}: git could not make the repository: {words.strip().splitlines()[:1]}")


def _git(folder: Path, *words: str) -> None:
    try:
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)  # noqa: S603, S607  # git, by name
    except FileNotFoundError:
        raise ClausewatchError("git is not installed; export ota needs it") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip()
        raise ClausewatchError(f"{folder}: git {words[0]} failed: {reason}") from error
