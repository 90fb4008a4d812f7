"""Where two rows of things differ: diff-match-patch on a character for each thing, bounded by size and not by time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import TypeVar

from diff_match_patch import diff_match_patch

from differ.order import rising

LARGEST = 1000
"""Things on both sides together that are searched exhaustively; the effort grows with the square of it. Larger rows
are cut first at what stands once on each side."""

_SURROGATES, _PAST_SURROGATES = 0xD800, 0xE000

Thing = TypeVar("Thing", bound=Hashable)

Hunk = tuple[int, int, int, int]
"""Things [a, b) of the old row became things [c, d) of the new one; what lies between hunks stayed."""

Match = tuple[int, int]


def hunks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Hunk]:
    """The hunks in order; between two of them at least one thing stayed."""
    found: list[Hunk] = []
    i = j = 0
    for x, y in (*matches(old, new), (len(old), len(new))):
        if x > i or y > j:
            found.append((i, x, j, y))
        i, j = x + 1, y + 1
    return found


def matches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Match]:
    """Indices of equal things, both rising. What stands on one side alone is set aside before the search."""
    if not old or not new:
        return []
    shared = set(old) & set(new)
    left = [i for i, thing in enumerate(old) if thing in shared]
    right = [j for j, thing in enumerate(new) if thing in shared]
    found = _matches([old[i] for i in left], [new[j] for j in right])
    return [(left[x], right[y]) for x, y in found]


def heaviest_matches(old: Sequence[str], new: Sequence[str]) -> list[Match]:
    """The same, but of two long texts that changed places the longer one is kept, and the shorter one is not."""
    head, tail = _ends(old, new)
    found = [(at, at) for at in range(head)]
    i = j = head
    last, end = len(old) - tail, len(new) - tail
    anchors = _anchors(old[head:last], new[head:end], weight=len) if last > head and end > head else []
    for x, y in (*((head + u, head + v) for u, v in anchors), (last, end)):
        found += ((i + u, j + v) for u, v in matches(old[i:x], new[j:y]))
        if x < last:
            found.append((x, y))
        i, j = x + 1, y + 1
    return found + [(last + at, end + at) for at in range(tail)]


def _ends(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[int, int]:
    """How many things at the head, and at the tail, are equal."""
    head, shorter = 0, min(len(old), len(new))
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def _matches(old: list[Hashable], new: list[Hashable]) -> list[Match]:
    head, tail = _ends(old, new)
    middle = _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    return [
        *((at, at) for at in range(head)),
        *((head + x, head + y) for x, y in middle),
        *((len(old) - at, len(new) - at) for at in range(tail, 0, -1)),
    ]


def _middle(old: list[Hashable], new: list[Hashable]) -> list[Match]:
    if not old or not new:
        return []
    if len(old) + len(new) <= LARGEST:
        return _searched(old, new)
    found: list[Match] = []
    i = j = 0
    anchors = _anchors(old, new, weight=_one)
    for x, y in (*anchors, (len(old), len(new))) if anchors else ():
        found += [(i + u, j + v) for u, v in _matches(old[i:x], new[j:y])]
        if x < len(old):
            found.append((x, y))
        i, j = x + 1, y + 1
    return found


def _anchors(old: Sequence[Thing], new: Sequence[Thing], *, weight: Callable[[Thing], int]) -> list[Match]:
    """What stands once on each side, as far as it keeps its order; of what does not, the heaviest choice."""
    ours, theirs = Counter(old), Counter(new)
    at = {thing: j for j, thing in enumerate(new) if theirs[thing] == 1}
    pairs = [(i, at[thing]) for i, thing in enumerate(old) if ours[thing] == 1 and thing in at]
    kept = rising(pairs, [weight(old[i]) for i, _ in pairs])
    return [pair for index, pair in enumerate(pairs) if index in kept]


def _one(_: Hashable) -> int:
    return 1


def _searched(old: list[Hashable], new: list[Hashable]) -> list[Match]:
    codes: dict[Hashable, str] = {}
    found: list[Match] = []
    i = j = 0
    for op, run in _engine().diff_main(_encode(old, codes), _encode(new, codes), False):
        if op == 0:
            found += zip(range(i, i + len(run)), range(j, j + len(run)), strict=True)
        i += len(run) if op <= 0 else 0
        j += len(run) if op >= 0 else 0
    return found


@cache
def _engine() -> diff_match_patch:
    engine = diff_match_patch()
    engine.Diff_Timeout = 0  # the same result on a fast and a slow machine
    return engine


def _encode(things: list[Hashable], codes: dict[Hashable, str]) -> str:
    """A character for each distinct thing; surrogates are no characters."""
    row = []
    for thing in things:
        code = codes.get(thing)
        if code is None:
            at = 1 + len(codes)
            code = codes[thing] = chr(at if at < _SURROGATES else at + _PAST_SURROGATES - _SURROGATES)
        row.append(code)
    return "".join(row)
