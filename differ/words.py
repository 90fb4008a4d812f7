"""Word edits between two texts: diff-match-patch over tokens, then made readable. Says nothing about what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from clausewatch.model import BLOCK_END, Edit, Form
from differ.hunks import Hunk, hunks
from differ.readable import made_readable
from differ.tokens import Tokens, tokenise

SAME, OUT, IN = "=", "-", "+"


def word_edits(before: str, after: str) -> tuple[Edit, ...]:
    """The edits that lead from one text to the other: "=" and "-" join to the first, "=" and "+" to the second."""
    if before == after:
        return (Edit(SAME, before),) if before else ()
    old, new = tokenise(before), tokenise(after)
    return _edits(old, new, made_readable(old, new, hunks(old.words, new.words)))


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
    settled: list[Edit] = []
    gone: list[str] = []
    came: list[str] = []
    for edit in edits:
        if not edit.text:
            continue
        if edit.op == SAME or edit.moved is not None:
            if gone or came:
                settled += _pair("".join(gone), "".join(came))
                gone, came = [], []
            settled.append(edit)
        else:
            (gone if edit.op == OUT else came).append(edit.text)
    return tuple(joined((*settled, *_pair("".join(gone), "".join(came)))))


def _pair(gone: str, came: str) -> tuple[Edit, ...]:
    return (Edit(SAME, gone),) if gone == came else (Edit(OUT, gone), Edit(IN, came))


def joined(edits: Iterable[Edit]) -> list[Edit]:
    """What is empty is left out, equal neighbours become one."""
    runs = groupby((edit for edit in edits if edit.text), key=lambda edit: (edit.op, edit.moved))
    return [Edit(op, "".join([edit.text for edit in run]), moved) for (op, moved), run in runs]


_BLOCKS_CUT = 2
_NUMBERING = re.compile(r"\A(?:\d{1,3}(?:\.\d{1,3})*[.)]|[ivxlc]{1,5}[.)]|[a-z][.)]|\([\da-z]{1,4}\))\s+(?=\S)", re.I)
_DIGIT = re.compile(r"\d")
_SPOKEN = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+|[%€$£¥<>=+]")
_MARK = re.compile(r"[^\w\s]|_")


def is_cosmetic(edits: Iterable[Edit]) -> bool:
    """Whether the two sides differ in numbering, case, punctuation or spacing alone. False where they are equal.

    >>> is_cosmetic([Edit("-", "1. "), Edit("+", "2) "), Edit("=", "Your e-mail"), Edit("+", ".")])
    True
    """
    before, after = _sides(edits)
    return before != after and _spoken(before) == _spoken(after)


def forms(edits: Iterable[Edit]) -> tuple[Form, ...]:
    """What changed of the form, where nothing but the form did; else nothing.

    >>> [form.value for form in forms([Edit("-", "1. your"), Edit("+", "2. Your"), Edit("=", " rights")])]
    ['numbering', 'case']
    """
    before, after = _sides(map(_cut_short, edits))
    if before == after or _spoken(before) != _spoken(after):
        return ()
    old, new = _Form.of(before), _Form.of(after)
    told = {
        Form.NUMBERING: old.numbering != new.numbering,
        Form.CASE: old.letters != new.letters,
        Form.PUNCTUATION: old.marks != new.marks,
        Form.SPACING: old.spacing != new.spacing,
        Form.BREAKS: old.breaks != new.breaks,
    }
    return tuple(form for form, has_changed in told.items() if has_changed)


@dataclass(frozen=True)
class _Form:
    """Each thing of a text that is form, without the others."""

    numbering: list[str]
    letters: str
    marks: str
    spacing: list[str]  # the words, by where white space lies
    breaks: list[int]  # how many letters stand in each block

    @classmethod
    def of(cls, text: str) -> _Form:
        lines = [line.strip() for line in text.split(BLOCK_END) if line.strip()]
        numbers = [_NUMBERING.match(line) for line in lines]
        bare = [line[match.end() :] if match else line for line, match in zip(lines, numbers, strict=True)]
        letters = ["".join(filter(str.isalnum, line)) for line in bare]
        return cls(
            numbering=[match[0].strip() for match in numbers if match],
            letters="".join(letters),
            marks="".join(_MARK.findall(" ".join(bare))),
            spacing=_MARK.sub("", " ".join(bare)).casefold().split(),
            breaks=[len(line) for line in letters],
        )


def _cut_short(edit: Edit) -> Edit:
    """Kept text without the blocks in its middle: what was edited lies at its ends."""
    if edit.op != SAME or edit.text.count(BLOCK_END) < _BLOCKS_CUT:
        return edit
    start, _, rest = edit.text.partition(BLOCK_END)
    return Edit(SAME, f"{start}{BLOCK_END}{rest.rpartition(BLOCK_END)[2]}")


def _sides(edits: Iterable[Edit]) -> tuple[str, str]:
    kept = tuple(edits)
    before = "".join(edit.text for edit in kept if edit.op != IN)
    return before, "".join(edit.text for edit in kept if edit.op != OUT)


def _spoken(text: str) -> str:
    """What is left when it is read aloud. Numbers stay apart: "1 5" is not "15"."""
    lines = (_NUMBERING.sub("", line.strip(), count=1) for line in text.casefold().splitlines())
    words = _SPOKEN.findall(" ".join(line for line in lines))
    if not _DIGIT.search(text):
        return "".join(words)
    return "".join([f" {word} " if word[0].isdigit() else word for word in words])
