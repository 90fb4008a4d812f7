"""Who receives data by name: in lists and tables of recipients, in sentences of sharing, using and working with, and
under headings that are a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from clausewatch.model import Fact, Text

from .block_facts import BlockFacts, head_of, moved, sharing_of
from .company_names import CompanyName, without_form
from .lexicon import FactLexicon
from .name_reader import NameReader
from .passages import CELL, Passage

MOST_CELL_WORDS = 8
MOST_ENTRY_WORDS = 4
UNDER_HEADING = 12  # passages under a heading that is a name, in which it is said what the company does
BESIDE = 160  # characters before a name that say whether it is a recipient

_BETWEEN = re.compile(r"(?:,| and| or| &|, and|, or|/| /)? ?(?:the )?")


class Recipients:
    """Reads the recipients of one version."""

    def __init__(self, blocks: Sequence[BlockFacts], text: Text, *, lexicon: FactLexicon) -> None:
        self._blocks = blocks
        self._starts = text.starts
        self._language = lexicon.language
        self._patterns = lexicon.patterns
        self._negated = lexicon.words.patterns["negated"]
        self._names = NameReader(text, lexicon=lexicon)

    def all(self) -> Iterator[Fact]:
        """The recipients in order; the subject is the name as the version writes it."""
        for number, block in enumerate(self._blocks):
            for passage in block.naming:
                for name in self._of_passage(passage, number):
                    written = passage.text[name.start : name.end]
                    fact = passage.fact("recipient", name.value, written, start=name.start, end=name.end)
                    yield moved(fact, self._starts[number])

    def _of_passage(self, passage: Passage, number: int) -> tuple[CompanyName, ...]:
        if passage.is_heading:
            return self._of_heading(passage, number)
        if CELL in passage.text:
            return self._of_row(passage)
        return self._of_item(passage) or self._of_sentence(passage)

    # --- headings, rows, items ---------------------------------------------------------------------------------

    def _of_heading(self, heading: Passage, number: int) -> tuple[CompanyName, ...]:
        """A heading that is a name, if the text under it says that the company handles data."""
        names = self._names.names_in(heading.text)
        barred = self._patterns["not_a_list"].search(heading.text) or self._patterns["not_said"].search(heading.text)
        if not names or barred:
            return ()
        parent = " / ".join(heading.context.section)
        is_listed = self._is_strict(parent) and not self._is_no_list(parent)
        names = tuple(name for name in names if name.is_known or name.has_form or is_listed)
        is_last = heading.sentence.start == self._blocks[number].last_start
        return names if is_last and any(islice(self._said_under(number), UNDER_HEADING)) else ()

    def _said_under(self, number: int) -> Iterator[bool]:
        """Of each passage up to the next heading whether it says that somebody receives data."""
        for block in self._blocks[number + 1 :]:
            if block.is_heading and block.texts:
                return
            yield from block.says_received

    def _is_no_list(self, over: str) -> bool:
        return bool(self._patterns["not_a_list"].search(over))

    def _of_row(self, passage: Passage) -> tuple[CompanyName, ...]:
        """The name cell of a row under recipients; without a header the first cell."""
        over = passage.over
        header = passage.header
        if self._is_no_list(over) or not self._patterns["list_of_parties"].search(over):
            return ()
        is_processors = bool(self._patterns["processor_list"].search(over))
        columns = [at for at, head in enumerate(header) if self._patterns["name_column"].search(head)]
        if any(header) and not columns and not self._names.names_in(" | ".join(header)):
            return ()
        column = columns[0] if columns and columns[0] < len(passage.cells) else 0
        start, cell = passage.cells[column]
        found = self._head_name(cell, start, is_strict=bool(columns) or self._is_strict(over))
        return found or (self._entry(cell, start) if is_processors else ())

    def _entry(self, cell: str, start: int) -> tuple[CompanyName, ...]:
        """A cell with a capital in the column of names of a list of processors: it is a name, whatever it says."""
        head = head_of(cell).rstrip(" .,;")
        if not head[:1].isupper() or len(head.split()) > MOST_ENTRY_WORDS or self._names.is_written_small(head):
            return ()
        if self._patterns["not_name"].search(head):
            return ()
        return (CompanyName(without_form(head), start, start + len(head)),)

    def _of_item(self, passage: Passage) -> tuple[CompanyName, ...]:
        """The name that an item under recipients begins with."""
        if not passage.is_listed:
            return ()
        if self._is_no_list(passage.over) or not self._patterns["list_of_parties"].search(passage.over):
            return ()
        return self._head_name(passage.text, 0, is_strict=self._is_strict(passage.over))

    def _is_strict(self, over: str) -> bool:
        """Whether what stands over a list says that its entries are recipients, and nothing else."""
        return bool(self._patterns["strict_list"].search(over))

    def _head_name(self, words: str, start: int, *, is_strict: bool) -> tuple[CompanyName, ...]:
        head = head_of(words)
        if len(head.split()) > MOST_CELL_WORDS or self._patterns["not_said"].search(head):
            return ()
        names = self._names.names_in(head)
        if not names or names[0].start > 0:
            return ()
        first = names[0]
        if first.is_known:
            return tuple(_moved_name(name, start) for name in names if name.is_known)
        if not (is_strict or first.has_form or (first.is_proper and not first.is_plain and not first.is_initials)):
            return ()
        value = without_form(head.rstrip(" .,;"))
        if first.has_form:
            return (_moved_name(first, start),)
        if len(value) > first.end + 1 and " " not in value[: first.end]:
            return ()  # a word with a capital, and more: no name, but what begins the entry
        return (CompanyName(value, start, start + len(head)),)

    # --- sentences ---------------------------------------------------------------------------------------------

    def _of_sentence(self, passage: Passage) -> tuple[CompanyName, ...]:
        names = sorted(self._others_in(passage.text), key=lambda name: name.start)
        if not names:
            return ()
        is_said, is_denied = sharing_of(passage.text, self._language)
        if is_denied:
            return ()
        found: list[CompanyName] = []
        for name in names:
            if self._is_barred(passage.text, name):
                continue
            if name.is_known or name.has_form:
                is_named = is_said or self._acts(passage.text, name)
            else:
                is_named = self._is_placed(passage.text, name)
            if is_named or (found and self._follows(passage.text, found[-1], name)):
                found.append(name)
        return tuple(found)

    def _others_in(self, text: str) -> Iterator[CompanyName]:
        """The names but the vendor's own; one that is only often said is another's where "we share" with it."""
        for name in self._names.all_in(text):
            before = text[max(0, name.start - BESIDE) : name.start]
            is_told = not self._names.is_stated(name) and self._patterns["we_share_with"].search(before)
            if is_told or not self._names.is_own(name):
                yield name

    def _is_barred(self, text: str, name: CompanyName) -> bool:
        before = text[max(0, name.start - BESIDE) : name.start]
        return bool(self._patterns["not_before"].search(before) or self._patterns["not_after"].match(text[name.end :]))

    def _acts(self, text: str, name: CompanyName) -> bool:
        """Whether the company is said to do something with data."""
        return bool(self._patterns["works_with_data"].match(text[name.end :].lstrip()))

    def _is_placed(self, text: str, name: CompanyName) -> bool:
        """Whether a name that is not known stands where only a recipient does."""
        before, after = text[max(0, name.start - BESIDE) : name.start], text[name.end :]
        if self._patterns["we_share_with"].search(before) and name.is_proper:
            return True
        if not name.is_proper or name.is_initials:
            return False
        if before and self._patterns["before_name"].search(before):
            return True
        if not (name.start == 0 and name.is_plain) and self._patterns["after_name"].match(after.lstrip()):
            return True
        shared = self._patterns["share_to"].search(before)
        return shared is not None and before[shared.end() :].strip() in ("", "the", "“", '"') and self._ends(after)

    @staticmethod
    def _ends(after: str) -> bool:
        return bool(re.match(r"\s*(?:$|[.,;:()–—]|to |for |in |which |who |and |so |when |where )", after))

    @staticmethod
    def _follows(text: str, last: CompanyName, name: CompanyName) -> bool:
        """Whether a name stands in a row with a recipient: "Stripe, PayPal and Quillmark"."""
        between = text[last.end : name.start]
        if name.is_initials or not _BETWEEN.fullmatch(between):
            return False
        return (name.is_proper and not last.has_form) or name.is_known


def _moved_name(name: CompanyName, by: int) -> CompanyName:
    return replace(name, start=name.start + by, end=name.end + by)
