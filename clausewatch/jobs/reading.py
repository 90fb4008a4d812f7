"""Read a snapshot: what the settling of a document does for each, here or in a worker process."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import differ
from archive.readings import Known, Read, read_of
from clausewatch.model import Document, Fault, Reading, Snapshot
from differ import doubts, faults

log = logging.getLogger(__name__)

ENDS_READERS = "the process that reads it is ended, for want of memory perhaps"


class Answer(Protocol):
    """What came with a body: of a snapshot, or of what is to be one."""

    @property
    def sha256(self) -> str: ...

    @property
    def content_type(self) -> str | None: ...

    @property
    def url(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def status(self) -> int | None: ...


Job = tuple[bytes, Answer, Document, Known | None]
"""A body, what came with it, the document, and what another snapshot of it was read as."""


def read_from(answer: Answer) -> tuple[object, ...]:
    """All of a snapshot that its reading depends on."""
    name = answer.headers.get("x-file-name")
    return answer.sha256, answer.content_type, answer.url, name, answer.status


def read_snapshot(job: Job) -> Read:
    """What the normaliser makes of a body, and what its answer's status says where the page does not. A page that says
    what is known is not read to the end."""
    body, answer, document, known = job
    refusal = _fault_of_status(answer.status)
    like = None if refusal or not known or not known.fingerprint else known
    reading = differ.read(
        body, content_type=answer.content_type, url=answer.url, document_type=document.type,
        name=answer.headers.get("x-file-name"), include=document.include, exclude=document.exclude,
        known=like.fingerprint if like else None,
    )  # fmt: skip
    if like and reading.fingerprint == like.fingerprint:
        return like.again()
    if refusal and reading.fault in _VAGUE:
        reading = Reading(reading.text, *refusal, policy_share=reading.policy_share)
    return read_of(reading, doubts.signals_to_json(faults.signals_of(reading)), known=known)


def unreadable(job: tuple[bytes, Snapshot, Document, Known | None]) -> Read:
    """What is kept of a page that ends whatever process reads it: it is marked, and read again by another
    normaliser or a rebuild."""
    _, snapshot, document, _ = job
    log.error("%s: snapshot %s ends the process that reads it", document.name, snapshot.id)
    reading = differ.read(b"", content_type=snapshot.content_type, url=snapshot.url, document_type=document.type)
    reading = replace(reading, fault=Fault.UNREADABLE, fault_reason=ENDS_READERS)
    return read_of(reading, doubts.signals_to_json(faults.signals_of(reading)))


_VAGUE = (None, Fault.EMPTY, Fault.OTHER_DOCUMENT, Fault.UNREADABLE)
"""What a page alone shows where the server's answer says it better."""


def _fault_of_status(status: int | None) -> tuple[Fault, str] | None:
    if status is None or 200 <= status < 300:
        return None
    kinds = {404: Fault.NOT_FOUND, 410: Fault.NOT_FOUND, 401: Fault.LOGIN, 407: Fault.LOGIN, 403: Fault.BOT_WALL,
             429: Fault.BOT_WALL}  # fmt: skip
    return kinds.get(status, Fault.ERROR_PAGE), f"the server answered {status}"
