"""What the operator is told and asked by mail, before it is words: documents that are not seen, a flood held back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """A document that is not seen, in words for its operator."""

    document: str  # vendor/document
    url: str | None
    why: str  # in a word
    reason: str
    since_at: datetime
    last_good_at: datetime | None
    looks: int
    what_to_do: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FloodedDocument:
    """A document of which many would hear, and what they would hear."""

    document: str  # vendor/document
    summary: str
    notices: int


@dataclass(frozen=True, slots=True)
class Flood:
    """A delivery that stopped before its first mail, because so large a part of all would get one."""

    subscribers: int  # who would get mail
    of: int  # who is subscribed
    share: float  # what is allowed, of one
    documents: tuple[FloodedDocument, ...]  # those that most would hear of, and first
    more_documents: int
