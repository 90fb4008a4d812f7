"""Makes hunks of tokens readable: edges at sentences and commas, no confetti, rewritten sentences and names whole."""

from __future__ import annotations

from collections.abc import Sequence

from differ.hunks import Hunk
from differ.tokens import SENTENCE_ENDS, Tokens

SLIGHT = 3  # characters kept between two hunks that only disturb the eye
SHORT = 12  # characters kept between two hunks that are longer themselves: "of the", "and your"
SHORT_WORDS = 2
REWRITTEN = 0.4  # of the words of the shorter sentence; fewer kept ones make it a rewrite
FARTHEST = 200  # tokens that a hunk is shifted by in search of a better edge; a sentence is not longer
NAME_WORDS = 3  # longest run of kept capital words that is drawn into a changed name


def made_readable(old: Tokens, new: Tokens, found: Sequence[Hunk]) -> list[Hunk]:
    """The same change told in fewer and larger hunks with better edges."""
    slid = _slide(old.words, new.words, found)
    joined = _join_near(old.words, new.words, slid)
    whole = _join_rewritten(old.words, new.words, joined)
    return _join_near(old.words, new.words, _widen_names(old.words, new.words, whole))


def _slide(old: Sequence[str], new: Sequence[str], found: Sequence[Hunk]) -> list[Hunk]:
    """Of the places where one insertion or removal can be shown, the one with edges at marks."""
    slid: list[Hunk] = []
    for at, (a, b, c, d) in enumerate(found):
        if (a == b) == (c == d):
            slid.append((a, b, c, d))
            continue
        row, first, last = (new, c, d) if a == b else (old, a, b)
        low = slid[-1][3 if a == b else 1] if slid else 0
        high = found[at + 1][2 if a == b else 0] if at + 1 < len(found) else len(row)
        by = _best_shift(row, first, last, low=low, high=high)
        slid.append((a + by, b + by, c + by, d + by))
    return slid


def _best_shift(row: Sequence[str], first: int, last: int, *, low: int, high: int) -> int:
    shifts, by = [0], 0
    while first + by > low and by > -FARTHEST and row[first + by - 1] == row[last + by - 1]:
        by -= 1
        shifts.append(by)
    by = 0
    while last + by < high and by < FARTHEST and row[first + by] == row[last + by]:
        by += 1
        shifts.append(by)
    return max(shifts, key=lambda s: (_edge(row, first + s) + _edge(row, last + s), s))


def _edge(row: Sequence[str], at: int) -> int:
    """How well a row can be cut before a token."""
    if at in (0, len(row)):
        return 4
    mark = row[at - 1]
    if mark in SENTENCE_ENDS:
        return 3
    return 2 if mark in (",", "|", ")") else int(row[at] in (",", "|", "("))


def _join_near(old: Sequence[str], new: Sequence[str], found: Sequence[Hunk]) -> list[Hunk]:
    joined: list[Hunk] = []
    for hunk in found:
        if joined and _is_slight(old[joined[-1][1] : hunk[0]], old, new, sides=(joined[-1], hunk)):
            first = joined.pop()
            hunk = (first[0], hunk[1], first[2], hunk[3])
        joined.append(hunk)
    return joined


def _is_slight(kept: Sequence[str], old: Sequence[str], new: Sequence[str], *, sides: tuple[Hunk, Hunk]) -> bool:
    size = sum(map(len, kept)) + max(0, len(kept) - 1)
    if size <= SLIGHT:
        return True
    if size > SHORT or sum(word[0].isalnum() for word in kept) > SHORT_WORDS:
        return False
    return size <= min(_size(old, new, hunk) for hunk in sides)


def _size(old: Sequence[str], new: Sequence[str], hunk: Hunk) -> int:
    """Characters of the longer side; of a long one only as many as matter."""
    a, b, c, d = hunk
    return max(sum(map(len, old[a : min(b, a + SHORT)])), sum(map(len, new[c : min(d, c + SHORT)])))


def _join_rewritten(old: Sequence[str], new: Sequence[str], found: Sequence[Hunk]) -> list[Hunk]:
    """The hunks of a sentence become one where little of the sentence was kept between them."""
    joined: list[Hunk] = []
    group: list[Hunk] = []
    for at, hunk in enumerate(found):
        group.append(hunk)
        upto = found[at + 1][0] if at + 1 < len(found) else len(old)
        if at + 1 == len(found) or any(word in SENTENCE_ENDS for word in old[hunk[1] : upto]):
            joined += [_span(group)] if len(group) > 1 and _is_rewrite(old, new, group) else group
            group = []
    return joined


def _span(group: Sequence[Hunk]) -> Hunk:
    return (group[0][0], group[-1][1], group[0][2], group[-1][3])


def _is_rewrite(old: Sequence[str], new: Sequence[str], group: Sequence[Hunk]) -> bool:
    a, b, c, d = _span(group)
    first, last = a, b
    while first > 0 and old[first - 1] not in SENTENCE_ENDS:
        first -= 1
    while last < len(old) and old[last] not in SENTENCE_ENDS:
        last += 1
    around = _count(old[first:a]) + _count(old[b:last])
    gone = sum(_count(old[hunk[0] : hunk[1]]) for hunk in group)
    kept = around + _count(old[a:b]) - gone
    return kept < REWRITTEN * min(around + _count(old[a:b]), around + _count(new[c:d]))


def _count(words: Sequence[str]) -> int:
    return sum(word[0].isalnum() for word in words)


def _widen_names(old: Sequence[str], new: Sequence[str], found: Sequence[Hunk]) -> list[Hunk]:
    """ "Acme Ireland" that became "Acme Holdings" is shown with both its words, in a sentence of small words."""
    widened: list[Hunk] = []
    for a, b, c, d in found:
        low = widened[-1][1] if widened else 0
        by = _capitals_before(old, a, low) if a < b and c < d and old[a][0].isupper() and new[c][0].isupper() else 0
        widened.append((a - by, b, c - by, d))
    return widened


def _capitals_before(row: Sequence[str], at: int, low: int) -> int:
    by = 0
    while at - by > low and row[at - by - 1][0].isupper():
        by += 1
    is_name = at - by > low and row[at - by - 1][0].islower()
    return by if by <= NAME_WORDS and is_name else 0
