"""Where moved text went and where it came from, in the words and links of the views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clausewatch.model import SectionChange
from clausewatch.views.lines import Line, title


@dataclass(frozen=True, slots=True)
class Place:
    """The other place of a moved piece."""

    words: str  # "moved to Your rights", "moved from Cookies", "moved" within a section
    is_told: bool  # the piece before it in the line has the same one


class Moves:
    """The moved pieces of a comparison, by their ids."""

    def __init__(self, sections: Sequence[SectionChange]) -> None:
        self._sections = sections
        self._ends: dict[tuple[str, str], int] = {}  # by operation and id: the section
        for at, section in enumerate(sections):
            for edit in section.edits:
                if edit.moved is not None:
                    self._ends.setdefault((edit.op, edit.moved), at)

    def places(self, line: Line, at: int) -> list[Place | None]:
        """For each span of a line of the section at that index, its other place; None where it did not move."""
        if not self._ends or all(span.moved is None for span in line.spans):
            return [None] * len(line.spans)
        found: list[Place | None] = []
        told: set[str] = set()
        for span in line.spans:
            if span.moved is None:
                found.append(None)
                continue
            words = self._words(span.op, span.moved, at)
            found.append(Place(words, is_told=words in told))
            told.add(words)
        return found

    def has_both_ends(self, moved: str) -> bool:
        return ("-", moved) in self._ends and ("+", moved) in self._ends

    def note(self, line: Line, at: int) -> str:
        """What is said at the end of a line that holds moved text; empty where it holds none."""
        words = [place.words for place in self.places(line, at) if place and not place.is_told]
        if not words:
            return ""
        others = [span.op for span in line.spans if span.moved is None and any(map(str.isalnum, span.text))]
        if "=" in others:  # a piece came to a paragraph that was there
            return f"(in part {'; '.join(words)})"
        return f"({'; '.join(words)}{', with edits' if others else ''})"

    def _words(self, op: str, moved: str, at: int) -> str:
        other = self._ends.get(("+" if op == "-" else "-", moved))
        if other is None or other == at:
            return "moved"
        section = self._sections[other]
        path = section.after if section.after is not None else section.before
        return f"moved {'to' if op == '-' else 'from'} {title(path[-1:] if path else ())}"
