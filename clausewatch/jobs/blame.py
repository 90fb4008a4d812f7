"""Looks up what blame needs of a document's timeline."""

from __future__ import annotations

from sqlalchemy import Connection

from archive.versions import list_versions, text_of
from clausewatch.errors import NotFound
from clausewatch.model import Document, Version
from clausewatch.views.blame import Blame
from differ.blame import blame


def blame_version(connection: Connection, document: Document, version: Version) -> Blame:
    """Where each sentence of the version came from. Raises NotFound where it stands on the timeline no more."""
    timeline = list_versions(connection, document)
    at = next((at for at, each in enumerate(timeline) if each.id == version.id), None)
    if at is None:
        raise NotFound(
            f"{version.id}: is no version of the timeline any more; see clausewatch versions {document.name}"
        )
    upto = timeline[: at + 1]
    texts = [text_of(connection, each.id) for each in upto]
    return Blame(document, tuple(upto), texts[-1], blame(texts))
