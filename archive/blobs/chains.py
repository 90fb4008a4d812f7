"""Read bodies through the bodies that they lean on, and choose what a new one is to lean on."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock

from archive.blobs.frames import Broken, Head, Stone, body_of, frame_of, head_of, unreadable
from archive.blobs.stores import Store
from clausewatch.errors import ArchiveError, Damaged, Gone, NotFound

MOST_LINKS = 12
"""So deep a body is written at most; a takedown of what lies between may add some."""
NEAR = 8
"""So many bodies are tried as a base: some documents alternate between several pages."""
_TRYING_LEVEL = 3
_GOOD_ENOUGH = 256  # bytes; less is not worth another try
_SURELY_SHORTER = 0.05  # of the body: no page shrinks so much by itself
_WORTH_A_LINK = 0.7  # of the whole frame
_KEPT_BYTES = 32_000_000
_KEPT = 500  # links: of bodies that are next to nothing there would be a million, and each is counted at each step
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Link:
    """A stored body with its place among the others."""

    sha256: str
    rank: int
    depth: int  # bodies below it
    base: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Encoded:
    """A body as it is to be stored."""

    head: Head
    frame: bytes

    @property
    def raw(self) -> bytes:
        return self.head.line + self.frame


class Chains:
    """The bodies of a store. Those that were read as bases are held a while, since the next one has the same."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, Link] = OrderedDict()
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

    def link(self, sha256: str) -> Link | None:
        """The body and what it leans on, checked; None where nothing may lean on it. It may come from memory."""
        with self._lock:
            if kept := self._kept.get(sha256):
                self._kept.move_to_end(sha256)
                return kept
        try:
            raw, head = self._stored(sha256)
            if head.rank < 1:
                return None
            base = self.link(head.base) if head.base else None
            if head.base and (base is None or base.rank >= head.rank):
                return None
            body = body_of(head, raw, base.body if base else None)
        except (ArchiveError, ValueError):
            return None
        if hashlib.sha256(body).hexdigest() != sha256:
            return None
        return self._keep(Link(sha256, head.rank, base.depth + 1 if base else 0, head.base, body))

    def encoded(
        self, body: bytes, near: Iterable[str], *, level: int, rank: int = 0, without: Collection[str] = ()
    ) -> tuple[Encoded, list[str]]:
        """The body as it is best stored beside those, nearest first; and what it leans on, its base first.

        A body that is there has its ``rank`` already and leans only on lower ones. It will lean on none of ``without``.
        """
        names = dict.fromkeys(islice(near, NEAR))
        beside = [link for each in names if (link := self.link(each))]
        rank = rank or 1 + max((link.rank for link in beside), default=0)
        allowed = [link for link in self._allowed(beside, rank) if link.sha256 not in without]
        base = self._best_base(body, allowed)
        frame = frame_of(body, base.body, level=level) if base else b""
        if base is None or len(frame) > _SURELY_SHORTER * len(body):
            whole = frame_of(body, None, level=level)
            if base is None or len(frame) > _WORTH_A_LINK * len(whole):
                return Encoded(Head("zstd", len(body), level, rank), whole), []
        return Encoded(Head("zstd", len(body), level, rank, base.sha256), frame), self._below(base)

    def below(self, base: str | None) -> list[str]:
        """What a body with that base leans on, its base first."""
        link = self.link(base) if base else None
        return self._below(link) if link else []

    def remember(self, sha256: str, encoded: Encoded, below: Sequence[str], *, body: bytes) -> None:
        """The next body will lean on this one, which was stored."""
        self._keep(Link(sha256, encoded.head.rank, len(below), encoded.head.base, body))

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def _unfolded(self, sha256: str) -> bytes:
        links: dict[str, tuple[Head, bytes]] = {}
        base: str | None = sha256
        while base:
            if base in links:
                raise Damaged(unreadable(self._where(sha256), ValueError("it leans on itself")))
            raw, head = self._stored(base, of=sha256)
            links[base] = head, raw
            base = head.base
        body: bytes | None = None
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

    def _allowed(self, beside: Sequence[Link], rank: int) -> list[Link]:
        """What a body of that rank may lean on: those beside and what they lean on, the newest first."""
        found = {link.sha256: link for link in beside}
        for link in beside:
            for below in self._below(link)[1:]:
                if below not in found and (lower := self.link(below)):
                    found[below] = lower
        deepest = _depth_allowed(rank)
        fit = [link for link in found.values() if link.rank < rank and link.depth < deepest]
        return sorted(fit, key=lambda link: (-link.rank, link.sha256))[:NEAR]

    def _best_base(self, body: bytes, links: Sequence[Link]) -> Link | None:
        if len(links) < 2:
            return links[0] if links else None
        best: tuple[int, Link] | None = None
        for link in links:
            size = len(frame_of(body, link.body, level=_TRYING_LEVEL))
            if best is None or size < best[0]:
                best = size, link
            if size <= _GOOD_ENOUGH:
                break
        return best[1] if best else None

    def _below(self, link: Link) -> list[str]:
        """The link's own name, then those it leans on, one after the other."""
        names = [link.sha256]
        while link.base and (lower := self.link(link.base)):
            names.append(lower.sha256)
            link = lower
        return names

    def _keep(self, link: Link) -> Link:
        with self._lock:
            self._kept[link.sha256] = link
            while len(self._kept) > 1 and (
                len(self._kept) > _KEPT or sum(len(each.body) for each in self._kept.values()) > _KEPT_BYTES
            ):
                self._kept.popitem(last=False)
        return link

    def _where(self, sha256: str) -> str:
        return self._store.where(key_of(sha256))


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
