"""Fingerprints: what tells a page from all that would be read otherwise, known before it is read.

A page fetched again mostly differs in scripts, tokens and the like alone: its fingerprint stays, and so does its
reading.
"""

from __future__ import annotations

import hashlib
from collections import deque

from lxml import etree

from clausewatch.model import Reading

__all__ = ["fingerprint_of", "keep_reading", "recent_reading"]

_KEPT_READINGS = 4  # most snapshots of a document say what the one before said
# What libxml2 writes for every control character: pages that have some are not told apart. A page's own "&" is escaped.
_LOST = b"&#xFFFD;"

_recent: deque[Reading] = deque(maxlen=_KEPT_READINGS)


def fingerprint_of(root: etree._Element, *others: object) -> str | None:
    """The fingerprint of a tree and of other plain values, as 64 digits: equal for two pages only if all is equal that
    a walk over their trees sees. None where the tree cannot be written down without loss."""
    try:
        written = etree.tostring(root, encoding="utf-8")
    except (etree.SerialisationError, ValueError):
        return None
    if _LOST in written:
        return None
    found = hashlib.sha256(repr(others).encode())
    found.update(written)
    return found.hexdigest()


def keep_reading(reading: Reading) -> None:
    """Remember the reading for a while, if it has a fingerprint."""
    if reading.fingerprint:
        _recent.append(reading)


def recent_reading(fingerprint: str | None) -> Reading | None:
    """The reading with that fingerprint, if it was made lately in this process."""
    if fingerprint is None:
        return None
    return next((reading for reading in tuple(_recent) if reading.fingerprint == fingerprint), None)
