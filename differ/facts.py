"""What one version states: recipients, periods of keeping, countries, age limits, contacts, dates, each with its quote.

Thin and true: a fact is left out rather than guessed. What changed between two versions is for findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from clausewatch.model import BlockKind, Fact, Quote, Text
from differ.findings.context import Context, contexts_of
from differ.findings.names import companies, countries
from differ.findings.rules import Lexicon, lexicon_of
from differ.findings.sentences import Body, Sentence
from differ.findings.values import ages_of, periods_of

CELL = " | "
SUBJECT_WORDS = 8
OPENING = 100  # characters of the first line, in which a policy names its own vendor
OWN_FROM = 15  # times that a policy names its own vendor, or more
QUOTE_LENGTH = 240
LONGEST = 20_000  # characters; a longer run of words without an end is no sentence, and states nothing

_LOWER = re.compile(r"(?<![\w.-])[a-z][\w'’]+")
_MAILBOX = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4}"
)
_DATE_FORMATS = ("%Y-%m-%d", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y")
_LISTED_NAME = re.compile(
    r"[A-Z][\w.&'’-]*(?: (?:[A-Z][\w.&'’-]*|of|and|&)){0,4}(?=,? (?:Inc|LLC|Ltd|GmbH)| \(| [—–-] |: |, which |$)"
)
_APPOSED_NAME = re.compile(r"(?<![\w.-])[A-Z][\w&’'-]*(?: (?:& )?[A-Z][\w&’'-]*){0,3}(?=, (?:which|an?|our) )")
_KEPT = re.compile(
    r"(?:retain|keep|store|hold|preserve|delete|erase)(?:s|d|ed)? (?P<what>(?!for|from|until|up)\w.{2,70}?) "
    r"(?:for|until|within|after|up to|no longer|as long)",
    re.IGNORECASE,
)


def facts_of(text: Text) -> tuple[Fact, ...]:
    """The facts of a version in the order of its text, each once; none where its language has no lexicon."""
    lexicon = lexicon_of(text.language or "en")
    if lexicon is None:
        return ()
    contexts = contexts_of(text)
    own = _own_names(text)
    common = frozenset(_LOWER.findall(text.text))
    found: dict[tuple[str, str, str], Fact] = {}
    for sentence in (one for one in Body(text).sentences if len(one.text) <= LONGEST):
        for fact in _facts(sentence, text, contexts[sentence.block], lexicon=lexicon):
            if fact.kind == "recipient" and not _is_name(fact.value, own=own, common=common):
                continue
            found.setdefault((fact.kind, fact.value, fact.subject), fact)
    return tuple(sorted(found.values(), key=lambda fact: (fact.quote.start, fact.kind, fact.value)))


def _is_name(value: str, *, own: frozenset[str], common: frozenset[str]) -> bool:
    """Not the vendor's own, and known, or at least no word that the text also writes in lower case."""
    if value in own:
        return False
    return value in companies().values or value.split()[0].lower() not in common


def _own_names(text: Text) -> frozenset[str]:
    """Names of the vendor itself: those of the opening, and those that never cease."""
    opening = " ".join((text.title or "", *(block.text[:OPENING] for block in text.blocks[:1])))
    counts = Counter(name.value for name in companies().within(text.text))
    often = {value for value, count in counts.items() if count >= OWN_FROM}
    return frozenset(often | {name.value for name in companies().within(opening)})


def _facts(sentence: Sentence, text: Text, context: Context, *, lexicon: Lexicon) -> Iterator[Fact]:
    yield from _recipients(sentence, text, context, lexicon=lexicon)
    yield from _retention(sentence, context, lexicon=lexicon)
    yield from _countries(sentence, text, lexicon=lexicon)
    yield from _ages(sentence, lexicon=lexicon)
    for match in _MAILBOX.finditer(sentence.text):
        yield _fact("contact", match[0].lower(), _last(context), sentence, match.start(), match.end())
    yield from _dates(sentence, lexicon=lexicon)


def _recipients(sentence: Sentence, text: Text, context: Context, *, lexicon: Lexicon) -> Iterator[Fact]:
    """Known companies where data is shared; any name in a list or table of recipients."""
    patterns = lexicon.patterns
    block = text.blocks[sentence.block]
    is_listed = bool(patterns["fact_recipient_list"].search(context.text))
    if patterns["fact_cookie_list"].search(context.text):
        return
    yield from _apposed_recipients(sentence, context, lexicon=lexicon)
    if patterns["fact_not_recipient"].search(sentence.text):
        return
    if block.kind is BlockKind.ROW and is_listed:
        yield from _row_recipients(sentence, block.header, lexicon=lexicon)
        return
    is_said = bool(patterns["fact_recipient"].search(sentence.text)) and not patterns["negated"].search(sentence.text)
    names = companies().within(sentence.text) if is_listed or is_said else ()
    for name in names:
        yield _fact("recipient", name.value, _last(context), sentence, name.start, name.end)
    if not names and is_listed and block.kind is BlockKind.ITEM and context.lead:
        listed = _LISTED_NAME.match(sentence.text)
        if listed and len(sentence.keys) > len(listed[0].split()) and not countries(lexicon.language).within(listed[0]):
            yield _fact("recipient", listed[0], _last(context), sentence, 0, listed.end())


def _apposed_recipients(sentence: Sentence, context: Context, *, lexicon: Lexicon) -> Iterator[Fact]:
    """A name after words of sharing that the sentence goes on to explain: with Larkspur, which counts visits."""
    if context.is_heading:
        return
    for match in _APPOSED_NAME.finditer(sentence.text):
        shared = lexicon.patterns["party_before"].search(sentence.text[: match.start()])
        is_place = countries(lexicon.language).within(match[0]) or lexicon.patterns["party_nobody"].search(match[0])
        if shared and not is_place and not lexicon.patterns["negated"].search(sentence.text[: match.start()]):
            known = companies().within(match[0])
            value = known[0].value if known else match[0]
            yield _fact("recipient", value, _last(context), sentence, match.start(), match.end())


def _row_recipients(sentence: Sentence, header: tuple[str, ...], *, lexicon: Lexicon) -> Iterator[Fact]:
    for (start, cell), head in zip(_cells(sentence.text), header, strict=False):
        if not lexicon.patterns["fact_name_column"].search(head) or not cell[:1].isupper():
            continue
        known = companies().within(cell)
        value = known[0].value if known else cell.partition(" (")[0].rstrip(". ")
        if len(value.split()) <= SUBJECT_WORDS:
            yield _fact("recipient", value, head, sentence, start, start + len(cell))
        return


def _cells(row: str) -> Iterator[tuple[int, str]]:
    at = 0
    for cell in row.split(CELL):
        yield at, cell
        at += len(cell) + len(CELL)


def _retention(sentence: Sentence, context: Context, *, lexicon: Lexicon) -> Iterator[Fact]:
    patterns = lexicon.patterns
    where = f"{sentence.text} / {context.text}"
    if not patterns["fact_keep"].search(where) or patterns["fact_not_keep"].search(sentence.text):
        return
    if not patterns["fact_keep"].search(sentence.text) and CELL not in sentence.text and not context.lead:
        return
    for period in periods_of(sentence.text):
        yield _fact("retention", str(period), _kept(sentence, context), sentence, period.start, period.end)


def _kept(sentence: Sentence, context: Context) -> str:
    """What is kept: the object of the verb, or the first cell of the row, or the heading."""
    if CELL in sentence.text:
        return _short(sentence.text.partition(CELL)[0])
    match = _KEPT.search(sentence.text)
    return _short(match["what"]) if match else _last(context)


def _countries(sentence: Sentence, text: Text, *, lexicon: Lexicon) -> Iterator[Fact]:
    patterns = lexicon.patterns
    block = text.blocks[sentence.block]
    names = countries(lexicon.language)
    if block.kind is BlockKind.ROW:
        for (start, cell), head in zip(_cells(sentence.text), block.header, strict=False):
            if patterns["fact_place_column"].search(head):
                for name in names.within(cell):
                    yield _fact("transfer", name.value, head, sentence, start + name.start, start + name.end)
        return
    if not patterns["fact_transfer"].search(sentence.text) or patterns["fact_not_transfer"].search(sentence.text):
        return
    for name in names.within(sentence.text):
        leaves = patterns["fact_leaves"].search(sentence.text[: name.start])
        if not leaves and not patterns["fact_not_place"].match(sentence.text[name.end :]):
            yield _fact("transfer", name.value, "", sentence, name.start, name.end)


def _ages(sentence: Sentence, *, lexicon: Lexicon) -> Iterator[Fact]:
    if lexicon.patterns["fact_child"].search(sentence.text):
        for age in ages_of(sentence.text):
            yield _fact("age", str(age), "", sentence, age.start, age.end)


def _dates(sentence: Sentence, *, lexicon: Lexicon) -> Iterator[Fact]:
    word = lexicon.patterns["fact_date_word"].search(sentence.text)
    if not word or not lexicon.is_date_line(sentence.text):
        return
    for match in _DATE.finditer(sentence.text):
        day = _day(match[0])
        if day:
            yield _fact("date", day, word[0].lower(), sentence, match.start(), match.end())


def _day(words: str) -> str | None:
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)|[,.]", "", words)
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(plain, form).date().isoformat()  # noqa: DTZ007  # a day, no instant
        except ValueError:
            continue
    return None


def _fact(kind: str, value: str, subject: str, sentence: Sentence, start: int, end: int) -> Fact:
    """A fact with its sentence as quote, or the window of it around start to end."""
    text = sentence.text
    if len(text) > QUOTE_LENGTH:
        middle = max(0, min((start + end - QUOTE_LENGTH) // 2, len(text) - QUOTE_LENGTH))
        first = min((w.start for w in sentence.words if middle <= w.start <= start), default=start)
        last = max((w.end for w in sentence.words if end <= w.end <= middle + QUOTE_LENGTH), default=end)
    else:
        first, last = 0, len(text)
    return Fact(kind, value, subject, Quote(text[first:last], sentence.start + first, sentence.start + last))


def _last(context: Context) -> str:
    return _short(context.section[-1]) if context.section else ""


def _short(words: str) -> str:
    return " ".join(words.split()[:SUBJECT_WORDS])
