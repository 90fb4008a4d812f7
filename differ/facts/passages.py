"""A block cut into what states one thing each: sentences, items, rows, lines of a paragraph that is a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from clausewatch.model import BlockKind, Fact, Quote, Text
from differ.findings.bodies import words_of_block
from differ.findings.context import Context
from differ.findings.sentences import Sentence

CELL = " | "
LONGEST = 20_000  # characters; a longer run of words without an end is no sentence, and states nothing
QUOTE_LENGTH = 240
SUBJECT_WORDS = 8
LINES_FROM = 3  # lines in a paragraph after a line that introduces, from which on it is a list


@dataclass(frozen=True)
class Passage:
    """A sentence with what stands over it."""

    sentence: Sentence  # as if its block were the first of a version: wherever that stands it states the same
    header: tuple[str, ...]  # of a row: the table's header cells
    context: Context
    intro: str  # the line that introduces the list or the table; empty where none does

    @property
    def text(self) -> str:
        return self.sentence.text

    @property
    def is_heading(self) -> bool:
        return self.context.is_heading

    @property
    def is_listed(self) -> bool:
        """Whether it is a part of a list or of a table."""
        return self.context.is_listed or bool(self.intro)

    @cached_property
    def over(self) -> str:
        """The last two headings and what introduces the list, as one line to look for words in."""
        return " / ".join((*self.context.section[-2:], self.context.lead, self.intro))

    @cached_property
    def cells(self) -> tuple[tuple[int, str], ...]:
        """Offset and words of each cell; the whole passage where it has no cells."""
        return tuple(_cells(self.text))

    @property
    def last_heading(self) -> str:
        return short(self.context.section[-1]) if self.context.section else ""

    def fact(self, kind: str, value: str, subject: str, *, start: int, end: int) -> Fact:
        """A fact with its sentence as quote, or the window of it around start to end."""
        first, last = self._window(start, end) if len(self.text) > QUOTE_LENGTH else (0, len(self.text))
        at = self.sentence.start
        return Fact(kind, value, subject, Quote(self.text[first:last], at + first, at + last))

    def _window(self, start: int, end: int) -> tuple[int, int]:
        middle = max(0, min((start + end - QUOTE_LENGTH) // 2, len(self.text) - QUOTE_LENGTH))
        words = self.sentence.words
        first = min((word.start for word in words if middle <= word.start <= start), default=start)
        last = max((word.end for word in words if end <= word.end <= middle + QUOTE_LENGTH), default=end)
        return first, last


def short(words: str) -> str:
    """The first words of a line."""
    return " ".join(words.split()[:SUBJECT_WORDS])


def passages_of_block(
    text: str, *, breaks: tuple[int, ...], header: tuple[str, ...], context: Context, intro: str
) -> tuple[Passage, ...]:
    """The passages of a block in reading order."""
    return tuple(
        Passage(part, header, context, intro)
        for sentence in words_of_block(text).sentences(breaks)
        if len(sentence.text) <= LONGEST
        for part in _parts(sentence, is_list=bool(intro))
    )


def _parts(sentence: Sentence, *, is_list: bool) -> Iterator[Sentence]:
    """The lines of a sentence that is a list of lines, else the sentence."""
    if not is_list or len(sentence.breaks) < LINES_FROM - 1:
        yield sentence
        return
    bounds = (0, *(at + 1 for at in sentence.breaks), len(sentence.text) + 1)
    for start, end in pairwise(bounds):
        words = sentence.text[start : end - 1].rstrip()
        if words:
            yield replace(sentence, text=words, start=sentence.start + start, breaks=())


def intros_of(text: Text) -> Iterator[str]:
    """For each block the line that ends with a colon before the list, the rows or the lines that it stands in."""
    intro, last = "", ""
    for block in text.blocks:
        if block.kind is BlockKind.HEADING:
            intro, last = "", ""
        elif block.kind in (BlockKind.ITEM, BlockKind.ROW):
            intro = last or intro
            last = ""
        else:
            intro = last if len(block.breaks) >= LINES_FROM - 1 else ""
            last = re.split(r"(?<=[.!?]) ", block.text)[-1][-QUOTE_LENGTH:] if block.text.endswith(":") else ""
        yield intro if block.kind is not BlockKind.HEADING else ""


def _cells(row: str) -> Iterator[tuple[int, str]]:
    at = 0
    for cell in row.split(CELL):
        yield at, cell
        at += len(cell) + len(CELL)
