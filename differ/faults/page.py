"""What a page alone shows: that it is a wall, an error, a shell, or no policy at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clausewatch.model import BLOCK_END, BlockKind, Fault, Text, count_words
from differ.faults.phrases import BANNER, CODE, LABELS, MEANING, PHRASES, PROVIDER
from differ.faults.signals import MIN_LEAN, lean_of, named_types, types_of
from differ.letters import letter_runs
from differ.sentence_ends import may_end_sentence
from differ.vocabulary import POLICY_WORDS

__all__ = ["Verdict", "fault_of_page", "policy_share"]

_MIN_WORDS = 50  # under that a page is no policy
_DOUBTFUL_WORDS = (
    300  # under that a page that speaks of errors and names no policy is one; policies speak of errors too
)
_MIN_PROSE, _SENTENCE_WORDS = 30, 8  # a contents list without its text is a shell
_MIN_SIGNS = 2
_MAX_SHELL_WORDS = 1500  # menus and footers round an error may come to that
_MIN_POLICY_SHARE = 0.02  # policies have 3.5 % and more, other pages 0.9 % and less (measured on 780 snapshots)
_SHARE_WORDS = 1500  # enough to know a text by
_ALL_POLICY_WORDS = frozenset().union(*POLICY_WORDS.values())
_MAX_HEADLINE_WORDS = 14
_HEADLINES = 4  # what a page is stands in its first lines
_MAX_GARBLED = 0.005  # of the characters; a stray one stands in many a page
_SUSPECT = "\ufffdÃÂâ"
_GARBLED = re.compile(r"\ufffd|[ÃÂâ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_BANNER_REACH = 2500  # characters; it stands above all else
_BANNER_WORDS = ("apture", "Wayback")
_REFRESH = re.compile(rb"http-equiv=[\"']?refresh", re.IGNORECASE)
_LEANS = {"privacy": 1, "terms": -1}  # which way the words of the types lean
_HEADLINE_FAULTS = (
    Fault.ARCHIVE_ERROR, Fault.OTHER_REGION, Fault.BOT_WALL, Fault.NOT_FOUND, Fault.ERROR_PAGE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a snapshot is not the document."""

    fault: Fault
    reason: str


def policy_share(text: str) -> float:
    """The share of the first 1,500 words that policies use far more than other pages, in any of the known languages."""
    words = letter_runs(text[: _SHARE_WORDS * 8].lower(), _SHARE_WORDS)
    return sum(map(_ALL_POLICY_WORDS.__contains__, words)) / len(words) if words else 0.0


def fault_of_page(
    text: Text,
    body: bytes,
    *,
    share: float,
    page_text: str | None = None,
    has_password: bool = False,
    document_type: str | None = None,
) -> Verdict | None:
    """What the page alone shows. ``page_text`` is the page with what the normaliser left out, where walls speak.

    ``document_type`` is what the document is said to be: a page that by name and words is another is none of it.
    """
    page = page_text if page_text is not None else text.text
    start = page[:_BANNER_REACH]
    banner = BANNER.search(start) if any(map(start.__contains__, _BANNER_WORDS)) else None
    if banner:
        return Verdict(Fault.ARCHIVE_ERROR, f"an archive's banner stands in the page: {banner[0][:60]!r}")
    words = _words_of(text.text)
    if words >= _MIN_WORDS and _is_garbled(text.text):
        return Verdict(Fault.UNREADABLE, "its characters were read in another encoding, or broke on their way")
    if words < _MIN_WORDS:
        return _fault_of_short(page, body, title=text.title, words=words, has_password=has_password)
    if words < _MAX_SHELL_WORDS:
        verdict = _fault_of_doubtful(text, page, share, words=words, has_password=has_password)
        if verdict:
            return verdict
    if text.language in POLICY_WORDS and share < _MIN_POLICY_SHARE:
        return _fault_of_strange(text, page, share, has_password=has_password)
    return _fault_of_type(text, document_type) if document_type else None


def _words_of(text: str) -> int:
    """How many words a text has; of one that has enough of them to be no shell, only that it has."""
    if len(text) > _MAX_SHELL_WORDS * 20:  # counting is dear, and this is no doubtful number of words
        return text.count(" ")
    words = 0
    for line in text.split(BLOCK_END):
        words += count_words(line)
        if words >= _MAX_SHELL_WORDS:
            break
    return words


def _fault_of_type(text: Text, document_type: str) -> Verdict | None:
    """Terms where a privacy policy should be, or the other way round: by the heading, and by title or words."""
    wanted, found = named_types(document_type.replace("-", " ")), types_of(text)
    if len(wanted) != 1 or len(found) != 1 or not wanted.isdisjoint(found) or not _LEANS.keys() >= wanted.union(found):
        return None
    leans_so = lean_of(text.text) * _LEANS[found[0]] >= MIN_LEAN
    if leans_so or named_types(text.title or "") == set(found):
        return Verdict(Fault.OTHER_DOCUMENT, f"it is no {document_type}: its heading names {found[0]}")
    return None


def _is_garbled(text: str) -> bool:
    most = _MAX_GARBLED * len(text)
    return not text.isascii() and sum(map(text.count, _SUSPECT)) > most and len(_GARBLED.findall(text)) > most


def _fault_of_short(page: str, body: bytes, *, title: str | None, words: int, has_password: bool) -> Verdict | None:
    named = _by_title(title) or _by_phrase(page)
    if named:
        return named
    if has_password:
        return Verdict(Fault.LOGIN, f"a password field and {words} words")
    provider = PROVIDER.search(body, 0, 200_000)
    if provider:
        mark = provider[0].decode("ascii", "replace")
        return Verdict(Fault.BOT_WALL, f"{words} words and the mark of a bot wall: {mark}")
    if _REFRESH.search(body, 0, 4000):
        return Verdict(Fault.BOT_WALL, f"{words} words and a refresh to somewhere else")
    return Verdict(Fault.EMPTY, f"{words} words")


def _fault_of_doubtful(text: Text, page: str, share: float, *, words: int, has_password: bool) -> Verdict | None:
    """A page of few words: a wall, or an error within a vendor's menus and footers; or a short policy."""
    is_short, is_strange = words < _DOUBTFUL_WORDS, share < _MIN_POLICY_SHARE
    heads = _headlines(text)
    found = _by_headline(heads if is_short or is_strange else heads[:1])
    if found is None and (is_short or is_strange):
        found = _by_title(text.title)
    if found or not is_short:
        return found
    if is_strange or text.language not in POLICY_WORDS:
        return _by_phrase(page)
    if _prose(text) < _MIN_PROSE:
        return _by_phrase(page) or Verdict(Fault.EMPTY, f"{words} words, hardly one of them in a sentence")
    is_named = any(named_types(head) and not PHRASES[Fault.CONSENT_WALL].search(head) for head in heads)
    return _by_many_phrases(text.text, page, has_password=has_password, is_named=is_named)


def _prose(text: Text) -> int:
    """How many words stand in lines that may be sentences."""
    lines = (block.text for block in text.blocks if block.kind is not BlockKind.HEADING)
    counts = (count_words(line) for line in lines if may_end_sentence(line) or line.endswith(","))
    return sum(count for count in counts if count >= _SENTENCE_WORDS)


def _headlines(text: Text) -> list[str]:
    """The first headings and short lines."""
    short = (block for block in text.blocks[:40] if block.text.count(" ") < _MAX_HEADLINE_WORDS)
    lines = [block.text for at, block in enumerate(short) if block.kind is BlockKind.HEADING or at < 2]
    return lines[:_HEADLINES]


def _by_headline(heads: list[str]) -> Verdict | None:
    for head in heads:
        fault, said = _said_by(head)
        if fault:
            return Verdict(fault, f"a headline has {MEANING[fault]}: {said!r}")
    return None


def _said_by(line: str) -> tuple[Fault | None, str]:
    for fault in _HEADLINE_FAULTS:
        match = PHRASES[fault].search(line)
        if match:
            return fault, match[0]
    code = CODE.match(line)
    return (Fault.ERROR_PAGE, code[0]) if code else (None, "")


def _by_many_phrases(text: str, page: str, *, has_password: bool, is_named: bool) -> Verdict | None:
    """Walls speak of personal data and terms too: one turn of speech may be a policy's, two and a form are not.

    What is called a policy needs one more, and may well be about consent.
    """
    for fault in (Fault.LOGIN, Fault.BOT_WALL) if is_named else (Fault.LOGIN, Fault.CONSENT_WALL, Fault.BOT_WALL):
        found = {match[0].lower() for match in PHRASES[fault].finditer(text)}
        signs = len(found)
        if fault is Fault.LOGIN and has_password:
            signs += 1
        if fault is Fault.CONSENT_WALL and found:
            signs += len(LABELS.findall(page))
        if found and signs >= _MIN_SIGNS + is_named:
            said = ", ".join(map(repr, sorted(found)[:3]))
            return Verdict(fault, f"{count_words(text)} words, and {MEANING[fault]}: {said}")
    return None


def _fault_of_strange(text: Text, page: str, share: float, *, has_password: bool) -> Verdict:
    if has_password and PHRASES[Fault.LOGIN].search(page):
        return Verdict(Fault.LOGIN, f"a login with {text.words} words")
    return Verdict(
        Fault.OTHER_DOCUMENT,
        f"{share:.1%} of its words are those of policies; a policy has {_MIN_POLICY_SHARE:.0%} or more",
    )


def _by_title(title: str | None) -> Verdict | None:
    fault, said = _said_by(title or "")
    return Verdict(fault, f"the title has {MEANING[fault]}: {said!r}") if fault else None


def _by_phrase(page: str) -> Verdict | None:
    for fault, pattern in PHRASES.items():
        match = pattern.search(page[:20_000])
        if match:
            return Verdict(fault, f"{count_words(page)} words, and {MEANING[fault]}: {match[0]!r}")
    return None
