"""Parts of a page that a capture lost or caught: its top, its end, its lists, what stands under its headings.

Judged by what only one of the two texts has. What was lost for another reason, by the vendor's will, leaves no gap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from clausewatch.model import Alignment, Block, BlockKind, Text

TOP_BLOCKS, TOP_SHARE = 12, 8
"""A top that is lost has at most so many blocks, or an eighth of the page."""

LOST_SENTENCES = 3
"""Sentences that must be missing together before a lost part is believed."""

LISTS_FROM, LED_LISTS_FROM = 3, 2
"""Whole lists that must be missing together, with what stands over them left; fewer where a colon announces each."""

SECTIONS_FROM = 3
"""Headings that must have lost all that stood under them."""

CUT_WORDS = 8
"""A last line with more words and without a stop was cut."""

STOPPED = re.compile(r"[.!?…:;][\"”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Loss:
    """Blocks that one text alone has, for a reason that is not the vendor's."""

    what: str
    gone: frozenset[int] = frozenset()  # blocks of the old text
    come: frozenset[int] = frozenset()  # blocks of the new text


@dataclass(frozen=True)
class _View:
    """The longer text beside the shorter one: which of its blocks have no partner."""

    long: Text
    short: Text
    partners: Mapping[int, int]  # index in the long text -> index in the short text

    def lacks_beside(self, index: int, *, step: int) -> bool:
        """Whether the short text has nothing of its own next to the partner of a block."""
        beside = self.partners[index] + step
        return beside in self.taken or not 0 <= beside < len(self.short.blocks)

    @cached_property
    def taken(self) -> frozenset[int]:
        return frozenset(self.partners.values())

    def runs(self) -> Iterator[range]:
        """The runs of blocks without a partner, in order."""
        start = None
        for index in range(len(self.long.blocks) + 1):
            is_lone = index < len(self.long.blocks) and index not in self.partners
            if is_lone and start is None:
                start = index
            elif not is_lone and start is not None:
                yield range(start, index)
                start = None


def loss_of(alignment: Alignment) -> Loss | None:
    """What of the pair was lost or caught by a capture; None where nothing seems to be."""
    pairs = _partners(alignment)
    old = _View(alignment.before, alignment.after, dict(pairs))
    new = _View(alignment.after, alignment.before, {after: before for before, after in pairs})
    for view, verb in ((old, "is missing from the new text"), (new, "was missing from the old text")):
        found = _top(view) or _end(view) or _lists(view) or _sections(view)
        if found:
            what, blocks, cut = found
            sides = (blocks, cut) if view is old else (cut, blocks)
            return Loss(f"{what} {verb}", *map(frozenset, sides))
    return None


def _partners(alignment: Alignment) -> list[tuple[int, int]]:
    """Blocks that are one: aligned, moved, or of the same words where one is a heading and the other none."""
    pairs = [(c.before, c.after) for c in alignment.blocks if c.before is not None and c.after is not None]
    gone = {c.before for c in alignment.blocks if c.before is not None} - {before for before, _ in pairs}
    come = {c.after for c in alignment.blocks if c.after is not None} - {after for _, after in pairs}
    places: dict[str, list[int]] = {}
    for index in sorted(come, reverse=True):
        places.setdefault(alignment.after.blocks[index].text, []).append(index)
    for index in sorted(gone):
        same = places.get(alignment.before.blocks[index].text)
        if same:
            pairs.append((index, same.pop()))
    return pairs


_Found = tuple[str, frozenset[int], frozenset[int]]
"""What is lost, its blocks, and the blocks of the short text that end where it begins."""


def _top(view: _View) -> _Found | None:
    """The title and what follows it, not much more than a tenth of the page; nothing stands there instead."""
    run = next(view.runs(), range(0))
    blocks = view.long.blocks
    if len(run) == 0 or run.start > 1 or run.stop > max(TOP_BLOCKS, len(blocks) // TOP_SHARE):
        return None
    if blocks[run.start].kind is not BlockKind.HEADING or not _is_much(run, blocks):
        return None
    if run.stop >= len(blocks) or not view.lacks_beside(run.stop, step=-1):
        return None
    return "the top of the page", frozenset(run), frozenset()


def _end(view: _View) -> _Found | None:
    """All that follows a line which stops in the middle."""
    blocks, short = view.long.blocks, view.short.blocks
    run = next(reversed(list(view.runs())), range(0))
    if len(run) == 0 or run.stop < len(blocks) - 1 or not run.start or not _is_much(run, blocks):
        return None
    at = view.partners[run.start - 1]
    line, whole = short[at].text, blocks[run.start - 1].text
    is_last = all(block.kind is BlockKind.HEADING for block in short[at + 1 :])
    is_begun = whole.startswith(line) and len(whole) > len(line)
    if not is_last or STOPPED.search(line) or not (is_begun or len(line.split()) > CUT_WORDS):
        return None
    return "the end of the page", frozenset({*run, run.start - 1}), frozenset({at})


def _lists(view: _View) -> _Found | None:
    """Whole lists of which what introduces them is left, and nothing stands there instead."""
    blocks = view.long.blocks
    lost: list[range] = []
    for run in view.runs():
        items = all(blocks[index].kind is BlockKind.ITEM for index in run)
        beside = [index for index in (run.start - 1, run.stop) if 0 <= index < len(blocks)]
        is_whole = not any(blocks[index].kind is BlockKind.ITEM for index in beside)
        if items and is_whole and run.start and view.lacks_beside(run.start - 1, step=1):
            lost.append(run)
    led = sum(blocks[run.start - 1].text.rstrip().endswith(":") for run in lost)
    if len(lost) < LISTS_FROM and led < LED_LISTS_FROM:
        return None
    indices = _with_parts(view, lost)
    return "whole lists: what they held", indices, frozenset()


def _with_parts(view: _View, lost: list[range]) -> frozenset[int]:
    """The items of the lists that are lost, and of those lists of which a part is."""
    blocks = view.long.blocks
    parts = {i for run in view.runs() for i in run if all(blocks[j].kind is BlockKind.ITEM for j in run)}
    return frozenset(parts | {index for run in lost for index in run})


def _sections(view: _View) -> _Found | None:
    """All that stands under several headings, the headings left bare."""
    blocks = view.long.blocks
    lost = [run for run in view.runs() if _is_bared(view, run)]
    if len(lost) < SECTIONS_FROM:
        return None
    return (
        "what stands under several headings",
        frozenset(index for run in lost for index in run if blocks[index].kind is not BlockKind.HEADING),
        frozenset(),
    )


def _is_bared(view: _View, run: range) -> bool:
    blocks = view.long.blocks
    if not run.start or blocks[run.start - 1].kind is not BlockKind.HEADING:
        return False
    if any(blocks[index].kind is BlockKind.HEADING for index in run):
        return False
    ends = run.stop >= len(blocks) or blocks[run.stop].kind is BlockKind.HEADING
    return ends and view.lacks_beside(run.start - 1, step=1)


def _is_much(run: range, blocks: tuple[Block, ...]) -> bool:
    """Whether a run holds text, and more of it than a line or two."""
    stops = sum(len(re.findall(r"[.!?](?:\s|$)", blocks[index].text)) for index in run)
    return stops + sum(not STOPPED.search(blocks[index].text) for index in run) >= LOST_SENTENCES
