"""Word edits between two texts: diff-match-patch over tokens, then made readable. Says nothing about what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from diff_match_patch import diff_match_patch

from clausewatch.model import Edit
from differ.tokens import Tokens, tokenise

SAME, OUT, IN = "=", "-", "+"

_FIRST_CODE, _SURROGATES, _PAST_SURROGATES = 1, 0xD800, 0xE000

Hunk = tuple[int, int, int, int]
"""Tokens [a, b) of the old text became tokens [c, d) of the new one; what lies between hunks stayed."""


def word_edits(before: str, after: str) -> tuple[Edit, ...]:
    """The edits that lead from one text to the other: "=" and "-" join to the first, "=" and "+" to the second."""
    if before == after:
        return (Edit(SAME, before),) if before else ()
    old, new = tokenise(before), tokenise(after)
    return _edits(old, new, hunks(old.words, new.words))


def hunks(old: tuple[str, ...], new: tuple[str, ...]) -> list[Hunk]:
    """Where two rows of tokens differ, in order."""
    codes: dict[str, str] = {}
    found: list[Hunk] = []
    i = j = 0
    for op, run in _engine().diff_main(_encode(old, codes), _encode(new, codes), False):
        if op == 0:
            i, j = i + len(run), j + len(run)
            continue
        a, c = i, j
        i, j = (i + len(run), j) if op < 0 else (i, j + len(run))
        if found and found[-1][1] == a and found[-1][3] == c:
            a, c = found[-1][0], found[-1][2]
            found.pop()
        found.append((a, i, c, j))
    return found


@cache
def _engine() -> diff_match_patch:
    engine = diff_match_patch()
    engine.Diff_Timeout = 0  # the same result on a fast and a slow machine; work is bounded by size before
    return engine


def _encode(words: Iterable[str], codes: dict[str, str]) -> str:
    """A character for each distinct token."""
    row = []
    for word in words:
        code = codes.get(word)
        if code is None:
            at = _FIRST_CODE + len(codes)
            code = codes[word] = chr(at if at < _SURROGATES else at + _PAST_SURROGATES - _SURROGATES)
        row.append(code)
    return "".join(row)


def _edits(old: Tokens, new: Tokens, found: list[Hunk]) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    i = j = 0
    for a, b, c, d in found:
        edits += _kept(old, new, i, j, a - i)
        edits += _changed(old, new, (a, b, c, d))
        i, j = b, d
    edits += _kept(old, new, i, j, len(old.words) - i)
    edits += _white(old.gap(len(old.words)), new.gap(len(new.words)))
    return compact(edits)


def _kept(old: Tokens, new: Tokens, i: int, j: int, count: int) -> list[Edit]:
    text = old.slice(i, i + count)
    if text == new.slice(j, j + count):
        return [Edit(SAME, text)]
    edits: list[Edit] = []
    for k in range(count):
        edits += _white(old.gap(i + k), new.gap(j + k))
        edits.append(Edit(SAME, old.words[i + k]))
    return edits


def _changed(old: Tokens, new: Tokens, hunk: Hunk) -> list[Edit]:
    """The white space before the two sides stays where it is equal: "18" became "24", not " 18" " 24"."""
    a, b, c, d = hunk
    gone, came = old.slice(a, b), new.slice(c, d)
    gap = old.gap(a)
    if not (gone and came and gap == new.gap(c)):
        return [Edit(OUT, gone), Edit(IN, came)]
    return [Edit(SAME, gap), Edit(OUT, gone[len(gap) :]), Edit(IN, came[len(gap) :])]


def _white(before: str, after: str) -> list[Edit]:
    return [Edit(SAME, before)] if before == after else [Edit(OUT, before), Edit(IN, after)]


def compact(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Joins neighbours: one "-" and one "+" between two "=" at most, nothing empty. What moved stays by itself."""
    joined: list[Edit] = []
    gone = came = ""
    for edit in edits:
        if edit.op == SAME or edit.moved is not None:
            joined = join(joined, _pair(gone, came))
            joined = join(joined, (edit,))
            gone = came = ""
        elif edit.op == OUT:
            gone += edit.text
        else:
            came += edit.text
    return tuple(join(joined, _pair(gone, came)))


def _pair(gone: str, came: str) -> tuple[Edit, ...]:
    return (Edit(SAME, gone),) if gone == came else (Edit(OUT, gone), Edit(IN, came))


def join(edits: list[Edit], more: Iterable[Edit]) -> list[Edit]:
    """Appends in place and returns the list; what is empty is left out, equal neighbours become one."""
    for edit in more:
        if not edit.text:
            continue
        last = edits[-1] if edits else None
        if last is not None and (last.op, last.moved) == (edit.op, edit.moved):
            edits[-1] = Edit(edit.op, last.text + edit.text, edit.moved)
        else:
            edits.append(edit)
    return edits
