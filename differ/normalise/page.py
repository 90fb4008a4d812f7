"""What a walk over a page leaves: pieces of text with the evidence that later steps judge them by.

The steps after the walk never look at the page's tree again, only at these.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from clausewatch.model import BlockKind

__all__ = ["HEADING", "ITEM", "LOGIN_ROLE", "PARAGRAPH", "ROW", "Box", "Cell", "Page", "Piece"]

# Under these names for speed: a look-up at the class takes ten times as long (Python 3.11), and pages take thousands.
HEADING, PARAGRAPH, ITEM, ROW = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.ROW

LOGIN_ROLE = "login"
"""The role that a form with a password field gets; pages themselves have no such role."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where in which table a piece stands; numbers count over the page."""

    table: int
    row: int
    column: int
    is_header: bool


@dataclass(slots=True)
class Piece:
    """A future block."""

    text: str
    kind: BlockKind
    level: int = 0
    words: int = 0  # whitespace-separated
    linked: int = 0  # words of them in links that leave the page
    anchored: int = 0  # words of them in links of any sort
    bold: float = 0.0  # share of the characters, 0 to 1
    tag: str = "p"
    is_opener: bool = False  # a button, a summary: what unfolds the text after it
    is_term: bool = False  # of a definition list
    cell: Cell | None = None
    links: tuple[str, ...] = ()  # targets: as written until they are settled
    header: tuple[str, ...] = ()
    breaks: tuple[int, ...] = ()  # offsets of the blanks that were line breaks

    @property
    def link_share(self) -> float:
        return self.linked / self.words if self.words else 0.0

    @property
    def is_heading(self) -> bool:
        return self.kind is HEADING


@dataclass(slots=True)
class Box:
    """An element that holds pieces ``first`` to ``end`` (exclusive)."""

    tag: str
    parent: int  # index of the box around it; -1 for the outermost
    first: int
    end: int = 0
    role: str = ""
    classes: str = ""  # lower case
    ident: str = ""  # its id, lower case
    is_modal: bool = False


@dataclass(slots=True)
class Page:
    """Pieces in reading order and the boxes around them, outer before inner."""

    pieces: list[Piece] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    layout_tables: set[int] = field(default_factory=set)  # tables that only arrange things
    title: str | None = None
    language: str | None = None  # as the page declares it
    base: str | None = None  # the address that its links start from
    has_password: bool = False  # a field to type one in
    notes: list[str] = field(default_factory=list)

    def keep(self, keep: list[bool]) -> None:
        """Drops the pieces that are False in ``keep`` and moves the boxes along."""
        if all(keep):
            return
        new_index = [0]
        for kept in keep:
            new_index.append(new_index[-1] + kept)
        self.pieces = [piece for piece, kept in zip(self.pieces, keep, strict=True) if kept]
        for box in self.boxes:
            box.first, box.end = new_index[box.first], new_index[box.end]

    def children(self) -> dict[int, list[int]]:
        """For each box the indexes of the boxes directly within."""
        found: dict[int, list[int]] = {}
        for index, box in enumerate(self.boxes):
            found.setdefault(box.parent, []).append(index)
        return found
