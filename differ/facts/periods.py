"""How long data is kept, of what, from when on; and how soon requests are answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clausewatch.model import Fact
from differ.findings.values import Period, periods_of

from .lexicon import FactLexicon
from .passages import CELL, Passage, short

LONGEST_DAYS = 101 * 365  # what lasts longer is the vendor's history
_TRIGGER_WITHIN = 60  # characters after a period in which its beginning is said


def periods_in(passage: Passage, *, lexicon: FactLexicon) -> Iterator[Fact]:
    """Periods beside words of keeping; and what "until" comes to where keeping has no number."""
    patterns, text = lexicon.patterns, passage.text
    is_said = bool(patterns["keeping"].search(text))
    periods = tuple(period for period in periods_of(text) if period.days < LONGEST_DAYS)
    if not is_said and not periods:  # nearly always
        return
    is_over = bool((CELL in text or passage.is_listed) and patterns["keeping"].search(passage.over))
    if not (is_said or is_over) or patterns["not_keeping"].search(text) or _is_of_cookies(passage, lexicon=lexicon):
        return
    for period in periods:
        what = _what(passage, period, lexicon=lexicon)
        yield passage.fact("retention", str(period), what, start=period.start, end=period.end)
    if not periods and is_said:
        yield from _until(passage, lexicon=lexicon)


def _is_of_cookies(passage: Passage, *, lexicon: FactLexicon) -> bool:
    """Whether it is cookies that last: the life of a cookie is no period of keeping data."""
    first = passage.cells[0][1] if CELL in passage.text else ""
    return bool(lexicon.patterns["cookie_life"].search(f"{passage.context.lead} / {first}")) and bool(
        first or passage.is_listed
    )


def _what(passage: Passage, period: Period, *, lexicon: FactLexicon) -> str:
    """What is kept, and from when on the period runs."""
    kept, trigger = _kept(passage, lexicon=lexicon), _trigger(passage, period, lexicon=lexicon)
    return f"{kept}, {trigger}" if kept and trigger else kept or trigger


def _kept(passage: Passage, *, lexicon: FactLexicon) -> str:
    """The first cell of the row, or the object or subject of the verb, or the heading."""
    if CELL in passage.text:
        return short(passage.cells[0][1])
    match = lexicon.patterns["kept_thing"].search(passage.text)
    return short((match["what"] or match["that"]).strip()) if match else passage.last_heading


def _trigger(passage: Passage, period: Period, *, lexicon: FactLexicon) -> str:
    after = passage.text[period.end : period.end + _TRIGGER_WITHIN].lstrip()
    match = lexicon.patterns["trigger"].match(after)
    return short(match[0].strip()) if match else ""


def _until(passage: Passage, *, lexicon: FactLexicon) -> Iterator[Fact]:
    subject = _kept(passage, lexicon=lexicon)
    for match in lexicon.patterns["until_pattern"].finditer(passage.text):
        rest = re.split(r"[.;:(]", passage.text[match.end() : match.end() + 120])[0]
        value = next((value for value, said in lexicon.until if said.search(rest)), None)
        if value:
            yield passage.fact("retention", value, subject, start=match.start(), end=match.end() + len(rest))


def answers_in(passage: Passage, *, lexicon: FactLexicon) -> Iterator[Fact]:
    """Periods within which requests are answered."""
    patterns, text = lexicon.patterns, passage.text
    periods = periods_of(text)
    if not periods or not patterns["answer"].search(text):
        return
    if patterns["answer_of"].search(f"{text} / {passage.over}"):
        for period in periods:
            yield passage.fact("response", str(period), passage.last_heading, start=period.start, end=period.end)
