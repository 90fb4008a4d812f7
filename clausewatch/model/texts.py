"""Texts: blocks in their order, and what was made of a body."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from clausewatch.model.documents import Fault

BLOCK_END = "\n\n"
"""What follows every block in the text of a version, the last one too: texts are joined without special cases."""

_WORD = re.compile(r"[^\W_]+")
_BLANKED = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)  # ASCII, words kept


def count_words(text: str) -> int:
    """The number of words: runs of letters and digits."""
    return len(text.encode().translate(_BLANKED).split()) if text.isascii() else len(_WORD.findall(text))


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"  # of a list
    ROW = "row"  # of a table; cells joined by " | "


@dataclass(frozen=True, slots=True)
class Block:
    """The smallest piece of a text that has a kind: one line, NFC, single spaces, never empty."""

    kind: BlockKind
    text: str
    level: int = 0  # heading: 1 to 6; item: depth from 1; otherwise 0
    header: tuple[str, ...] = ()  # of a row: the table's header cells
    links: tuple[str, ...] = ()  # canonical targets in order of appearance; no part of the text
    breaks: tuple[int, ...] = ()  # offsets of the blanks that were line breaks: no quote runs over one


@dataclass(frozen=True)
class Text:
    """What a snapshot says: its blocks in reading order, chrome and volatile fragments left out."""

    blocks: tuple[Block, ...]
    title: str | None = None
    language: str | None = None  # ISO 639-1
    normaliser: int = 0  # revision that made it
    notes: tuple[str, ...] = ()  # what the normaliser decided, for `show --why`

    def __reduce__(self) -> tuple[object, ...]:
        """By columns: texts go to worker processes and back, and block by block that takes five times as long."""
        blocks = self.blocks
        columns = (
            [block.kind for block in blocks], [block.text for block in blocks], [block.level for block in blocks],
            [block.header for block in blocks], [block.links for block in blocks], [block.breaks for block in blocks],
        )  # fmt: skip
        known = {name: value for name, value in vars(self).items() if name in _CARRIED}
        return _text_of, (columns, self.title, self.language, self.normaliser, self.notes), known or None

    @cached_property
    def text(self) -> str:
        """The blocks, each followed by BLOCK_END. Offsets of quotes count its code points."""
        return "".join(block.text + BLOCK_END for block in self.blocks)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """For each block the offset of its first character in ``text``."""
        starts, at = [], 0
        for block in self.blocks:
            starts.append(at)
            at += len(block.text) + len(BLOCK_END)
        return tuple(starts)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def key(self) -> str:
        """Equal for texts that differ only in where blocks begin and end: one text in two markups is one version."""
        # blocks are single lines with single spaces
        return hashlib.sha256(" ".join([block.text for block in self.blocks]).encode()).hexdigest()

    @cached_property
    def words(self) -> int:
        plain = [block.text for block in self.blocks if block.text.isascii()]  # counted in one go: most are
        others = [block.text for block in self.blocks if not block.text.isascii()]
        return count_words(" ".join(plain)) + sum(map(count_words, others))


_CARRIED = frozenset({"sha256", "key", "words"})
"""Of what was computed of a text what goes along with it: the rest is long, and soon made again."""


def _text_of(columns: tuple[list[Any], ...], *rest: Any) -> Text:
    return Text(tuple(map(Block, *columns)), *rest)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the normaliser made of one body: a text, signals for doubt, and a fault if the page itself shows one."""

    text: Text
    fault: Fault | None
    fault_reason: str | None
    policy_share: float  # share of words that policies use, 0 to 1
    fingerprint: str | None = field(default=None, compare=False)
    """Of what was read: a body with the same one gives an equal reading. None where that is not sure."""
