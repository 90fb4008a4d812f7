"""Read bodies through the bodies that they lean on, and choose what a new one is to lean on."""

from __future__ import annotations

import hashlib
import math
import re
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock

from archive.blobs.frames import (
    WRITING_LEVEL,
    Broken,
    Head,
    Stone,
    body_of,
    body_through,
    frame_of,
    head_of,
    unreadable,
)
from archive.blobs.stores import Store
from clausewatch.errors import ArchiveError, Damaged, Gone, NotFound

MOST_LINKS = 12
"""So deep a body is written at most; a takedown of what lies between may add some."""
NEAR = 8
"""So many bodies are tried as a base: some documents alternate between several pages."""
_TRYING_LEVEL = 3
GOOD_ENOUGH = 256
"""Bytes of a frame; less is not worth another try, nor, before ``compact``, a higher level."""
_SURELY_SHORTER = 0.05  # of the body: no page shrinks so much by itself
_WORTH_A_LINK = 0.5  # of the whole frame; what saves less makes chains longer, and reading slower, than it is worth
_HELD_BYTES = 32_000_000
_KEPT = 10_000  # places: 4 MB
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stored body stands among the others, as its first line says."""

    sha256: str
    rank: int
    depth: int  # bodies below it
    base: str | None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A body as it is to be stored."""

    head: Head
    frame: bytes

    @property
    def raw(self) -> bytes:
        return self.head.line + self.frame


class Chains:
    """The bodies of a store. Where they stand is held in memory, and for a while those that were written or leaned on,
    since the next one has the same beside it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0  # of these
        self._lock = Lock()

    def read(self, sha256: str) -> bytes:
        """The body, checked against its name. Raises NotFound, Gone or Damaged."""
        try:
            body = self._unfolded(sha256)
        except Broken:
            body = self._unfolded(sha256)  # its base was erased, and itself written anew, while we read
        if hashlib.sha256(body).hexdigest() != sha256:
            raise Damaged(self._culprit(sha256))
        return body

    def place(self, sha256: str, *, below: float = math.inf) -> Place | None:
        """Where the body stands; None where nothing may lean on it, nor on any of a rank that is not ``below``. It may
        come from memory, and nobody looked whether the body is whole."""
        with self._lock:
            if kept := self._places.get(sha256):
                self._places.move_to_end(sha256)
                return kept if kept.rank < below else None
        try:
            head = head_of(self._store.head(key_of(sha256)) or b"")
        except (ArchiveError, ValueError):
            return None
        if not isinstance(head, Head) or not 1 <= head.rank < below:
            return None
        base = self.place(head.base, below=head.rank) if head.base else None
        if head.base and base is None:
            return None
        return self._keep(Place(sha256, head.rank, base.depth + 1 if base else 0, head.base))

    def encoded(
        self, body: bytes, near: Iterable[str], *, level: int, rank: int = 0, without: Collection[str] = ()
    ) -> tuple[Encoded, list[str]]:
        """The body as it is best stored beside those, nearest first; and what it leans on, its base first.

        A body that is there has its ``rank`` already and leans only on lower ones. It will lean on none of ``without``.
        """
        names, tried = islice(near, NEAR), dict[str, bytes]()
        nearest = [place for each in islice(names, 1) if (place := self.place(each))]
        if not rank and level <= WRITING_LEVEL and (found := self._next_to(body, nearest, tried=tried)):
            return found
        beside = [*nearest, *(place for each in dict.fromkeys(names) if (place := self.place(each)))]
        rank = rank or _rank_above(beside)
        allowed = [place for place in self._allowed(beside, rank) if place.sha256 not in without]
        best = self._best(body, allowed, tried=tried)
        base = self._whole(best) if best and _is_worth_a_link(tried[best.sha256], body) else None
        if best is None or base is None:
            return Encoded(Head("zstd", len(body), level, rank), frame_of(body, None, level=level)), []
        frame = frame_of(body, base, level=level)
        return Encoded(Head("zstd", len(body), level, rank, best.sha256), frame), self._below(best)

    def _next_to(
        self, body: bytes, beside: Sequence[Place], *, tried: dict[str, bytes]
    ) -> tuple[Encoded, list[str]] | None:
        """The body as it is stored where it is next to the same as the first that it may lean on, which most are; None
        where it is not."""
        rank = _rank_above(beside)
        for place in self._allowed(beside, rank)[:1]:
            frame = self._tried(body, place, tried)
            if frame is not None and len(frame) <= GOOD_ENOUGH:
                return Encoded(Head("zstd", len(body), _TRYING_LEVEL, rank, place.sha256), frame), self._below(place)
        return None

    def below(self, base: str | None) -> list[str]:
        """What a body with that base leans on, its base first."""
        place = self.place(base) if base else None
        return self._below(place) if place else []

    def remember(self, sha256: str, encoded: Encoded, below: Sequence[str], *, body: bytes) -> None:
        """The next body will lean on this one, which was stored."""
        self._keep(Place(sha256, encoded.head.rank, len(below), encoded.head.base))
        self._hold(sha256, body)

    def forget(self) -> None:
        with self._lock:
            self._places.clear()
            self._bodies.clear()
            self._bytes = 0

    def _unfolded(self, sha256: str, *, is_from_memory: bool = False) -> bytes:
        links: dict[str, tuple[Head, bytes]] = {}
        body: bytes | None = None
        base: str | None = sha256
        while base and (body := self._held(base) if is_from_memory else None) is None:
            if base in links:
                raise Damaged(unreadable(self._where(sha256), ValueError("it leans on itself")))
            raw, head = self._stored(base, of=sha256)
            links[base] = head, raw
            base = head.base
        if body is None and (body := body_through(list(reversed(links.values())))) is not None:
            return body
        for name, (head, raw) in reversed(links.items()):
            try:
                body = body_of(head, raw, body)
            except ValueError as error:
                through = f"it leans on {name}: {error}" if name != sha256 else str(error)
                raise Damaged(unreadable(self._where(sha256), ValueError(through))) from error
        return body or b""

    def _stored(self, name: str, *, of: str | None = None) -> tuple[bytes, Head]:
        raw = self._store.get(key_of(name))
        is_base = of is not None and of != name
        if raw is None:
            if is_base:
                raise Broken(f"{of}: leans on {name}, which is gone; restore that one from a backup")
            raise NotFound(f"{name}: its body is not under {self._store.where('')}; restore it from a backup")
        try:
            head = head_of(raw)
        except ValueError as error:
            raise Damaged(unreadable(self._where(name), error)) from error
        if isinstance(head, Stone):
            if is_base:
                raise Broken(f"{of}: leans on {name}, which was taken down; restore {of} from a backup")
            raise Gone(f"{name}: was taken down on {head.on}: {head.reason}")
        return raw, head

    def _culprit(self, sha256: str) -> str:
        """Which of the bodies that it leans on is not what it was."""
        _, head = self._stored(sha256)
        if head.base and hashlib.sha256(self._unfolded(head.base)).hexdigest() != head.base:
            return self._culprit(head.base)
        return f"{self._where(sha256)}: its bytes are not those it is named by; restore it from a backup"

    def _allowed(self, beside: Sequence[Place], rank: int) -> list[Place]:
        """What a body of that rank may lean on: those beside and what they lean on, the newest first."""
        found = {place.sha256: place for place in beside}
        for place in beside:
            for below in self._below(place)[1:]:
                if below not in found and (lower := self.place(below)):
                    found[below] = lower
        deepest = _depth_allowed(rank)
        fit = [place for place in found.values() if place.rank < rank and place.depth < deepest]
        return sorted(fit, key=lambda place: (-place.rank, place.sha256))[:NEAR]

    def _best(self, body: bytes, places: Sequence[Place], *, tried: dict[str, bytes]) -> Place | None:
        """On which of them the body leans best; None where it can lean on none. They are read one after the other, as
        far as need be."""
        best: tuple[int, Place] | None = None
        for place in places:
            frame = self._tried(body, place, tried)
            if frame is not None and (best is None or len(frame) < best[0]):
                best = len(frame), place
            if frame is not None and len(frame) <= GOOD_ENOUGH:
                break
        return best[1] if best else None

    def _tried(self, body: bytes, place: Place, tried: dict[str, bytes]) -> bytes | None:
        """The frame of the body as it leans on what stands there, made in haste; None where that is damaged."""
        if place.sha256 not in tried:
            if (base := self._whole(place)) is None:
                return None
            tried[place.sha256] = frame_of(body, base, level=_TRYING_LEVEL)
        return tried[place.sha256]

    def _whole(self, place: Place) -> bytes | None:
        """The body that stands there; None where it is damaged. It may come from memory."""
        if (held := self._held(place.sha256)) is not None:
            return held
        try:
            body = self._unfolded(place.sha256, is_from_memory=True)
        except (ArchiveError, ValueError):
            return None
        if hashlib.sha256(body).hexdigest() != place.sha256:
            return None
        self._hold(place.sha256, body)
        return body

    def _below(self, place: Place) -> list[str]:
        """The body's own name, then those it leans on, one after the other."""
        names = [place.sha256]
        while place.base and (lower := self.place(place.base, below=place.rank)):
            names.append(lower.sha256)
            place = lower
        return names

    def _keep(self, place: Place) -> Place:
        with self._lock:
            self._places[place.sha256] = place
            while len(self._places) > _KEPT:
                self._places.popitem(last=False)
        return place

    def _held(self, sha256: str) -> bytes | None:
        with self._lock:
            if (body := self._bodies.get(sha256)) is not None:
                self._bodies.move_to_end(sha256)
        return body

    def _hold(self, sha256: str, body: bytes) -> None:
        with self._lock:
            self._bytes += len(body) - len(self._bodies.pop(sha256, b""))
            self._bodies[sha256] = body
            while len(self._bodies) > 1 and (len(self._bodies) > _KEPT or self._bytes > _HELD_BYTES):
                self._bytes -= len(self._bodies.popitem(last=False)[1])

    def _where(self, sha256: str) -> str:
        return self._store.where(key_of(sha256))


def _is_worth_a_link(tried: bytes, body: bytes) -> bool:
    """Whether that frame, made in haste, saves enough beside one that leans on nothing."""
    if len(tried) <= _SURELY_SHORTER * len(body):
        return True
    return len(tried) <= _WORTH_A_LINK * len(frame_of(body, None, level=_TRYING_LEVEL))


def _rank_above(places: Sequence[Place]) -> int:
    return 1 + max((place.rank for place in places), default=0)


def key_of(sha256: str) -> str:
    """The name of a body's object. Raises Damaged for what is no SHA-256: an export might name any path."""
    if not _SHA256.fullmatch(sha256):
        raise Damaged(f"{sha256[:80]!r}: is no SHA-256 of a body; what names it is damaged")
    return f"{sha256[:2]}/{sha256[2:]}"


def name_of(key: str) -> str:
    """The SHA-256 that an object's name says."""
    return key.replace("/", "")


def _depth_allowed(rank: int) -> int:
    """How deep the body of that rank may lie: as many links as its rank has binary ones.

    So every other leans on the one before, one of four on one some before, one of eight on one farther back:
    chains have 5 links on average after 1,000 bodies, and what is far away is leaned on seldom.

    >>> [_depth_allowed(rank) for rank in (1, 2, 3, 4, 7, 8, 9)]
    [1, 1, 2, 1, 3, 1, 2]
    """
    return min(max(rank.bit_count(), 1), MOST_LINKS)
