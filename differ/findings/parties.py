"""Who receives data by name: the name cell of a row, the head of a list item, the name after "share with".

Known companies count wherever one of the three stands; any other name must be a word that the text never writes small
and that policies do not use as a word. What a new name means is for rules to say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .clause import clause_model_of, plain
from .names import Name, companies, countries
from .rules import Lexicon
from .sentences import Sentence, keys_of
from .units import Piece

CELL = " | "
MOST_CELL_WORDS = 6
"""A cell with more words describes somebody; it names nobody."""

DENIAL = 20
"""Characters before a verb of sharing in which "not" denies it."""

SHOUTED_FROM = 0.5
"""Share of capitals from which a sentence is written in them, and none says that a name begins."""

_CAPITALISED = r"(?:[A-Z][\w&’'-]*(?:\.(?=[\w&]))?)+"
_NAME = re.compile(rf"(?<![\w.-]){_CAPITALISED}(?: (?:(?:&|of|de) )?{_CAPITALISED})*(?:,? (?:Inc|LLC|Ltd|Corp)\b\.?)?")
_AFTER_HEAD = re.compile(r"\s*(?:$|(?!, who\b)[,:(;|–—-]|\.$)")  # "Caterers, who" are many, and no company


def new_parties(piece: Piece, *, lexicon: Lexicon) -> tuple[Name, ...]:
    """The recipients that a piece names and the other version nowhere does, in order."""
    changed = {word.start for word in piece.changed_words if word.key in piece.proper}
    if not changed:
        return ()
    named = parties_in(piece, lexicon=lexicon)
    return tuple(name for name in named if any(name.start <= start < name.end for start in changed))


def parties_in(piece: Piece, *, lexicon: Lexicon) -> tuple[Name, ...]:
    sentence, context, patterns = piece.sentence, piece.context, lexicon.patterns
    if context.is_heading or _is_shouted(sentence) or patterns["party_not"].search(context.text):
        return ()
    if CELL in sentence.text and context.is_row:
        return tuple(_row_parties(piece, lexicon=lexicon))
    spoken = tuple(_spoken_parties(piece, lexicon=lexicon))
    if spoken or not context.is_item:
        return spoken
    return tuple(_item_parties(piece, lexicon=lexicon))


def _row_parties(piece: Piece, *, lexicon: Lexicon) -> Iterator[Name]:
    """The cell in the column of names, or the first one where the heading says that recipients follow."""
    text, context, patterns = piece.sentence.text, piece.context, lexicon.patterns
    heads = context.lead.split(CELL)
    if not patterns["party_list"].search(context.text):
        return
    columns = [at for at, head in enumerate(heads) if patterns["party_column"].search(head)]
    cells = list(_cells(text))
    start, cell = cells[columns[0] if columns and columns[0] < len(cells) else 0]
    head = cell.partition(" (")[0].rstrip(" .,")
    if len(keys_of(head)) <= MOST_CELL_WORDS:
        name = _name_at(piece, start, start + len(head), lexicon=lexicon)
        if name and name.start == start:
            yield Name(head, start, start + len(head))


def _cells(row: str) -> Iterator[tuple[int, str]]:
    at = 0
    for cell in row.split(CELL):
        yield at, cell
        at += len(cell) + len(CELL)


def _item_parties(piece: Piece, *, lexicon: Lexicon) -> Iterator[Name]:
    """The name that an item under recipients begins with."""
    text, patterns = piece.sentence.text, lexicon.patterns
    if not patterns["party_list"].search(piece.context.text):
        return
    name = _name_at(piece, 0, len(text), lexicon=lexicon)
    if name and name.start == 0 and (" " in name.value or _AFTER_HEAD.match(text, name.end)):
        yield name


def _spoken_parties(piece: Piece, *, lexicon: Lexicon) -> Iterator[Name]:
    """The names that data is shared with, or that receive it, in a sentence that does not deny it."""
    text, patterns = piece.sentence.text, lexicon.patterns
    at = 0
    while name := _name_at(piece, at, len(text), lexicon=lexicon):
        at = name.end
        led = patterns["party_before"].search(text[: name.start])
        is_given = led is not None and not patterns["negated"].search(text[max(0, led.start() - DENIAL) : led.end()])
        if is_given or patterns["party_after"].match(text[name.end :]):
            yield name


def _name_at(piece: Piece, start: int, end: int, *, lexicon: Lexicon) -> Name | None:
    """The first name between two offsets that is one: known, or proper in this text and in all others."""
    text = piece.sentence.text
    for match in _NAME.finditer(text, start, end):
        if countries(lexicon.language).within(match[0]) or lexicon.patterns["party_nobody"].search(match[0]):
            continue
        value = match[0].rstrip(".,’'-")
        if companies().within(value) or any(_is_proper(key, piece, lexicon=lexicon) for key in keys_of(value)):
            return Name(value, match.start(), match.start() + len(value))
    return None


def _is_proper(key: str, piece: Piece, *, lexicon: Lexicon) -> bool:
    model = clause_model_of(lexicon.language)
    is_word = key in lexicon.stop or (model is not None and f"w:{plain(key)}" in model.weights)
    is_word = is_word or key.isdigit() or lexicon.patterns["party_word"].fullmatch(key) is not None
    return key in piece.proper and not is_word


def _is_shouted(sentence: Sentence) -> bool:
    letters = [letter for letter in sentence.text if letter.isalpha()]
    return len(sentence.keys) > MOST_CELL_WORDS and sum(map(str.isupper, letters)) > SHOUTED_FROM * len(letters)
