"""Is this snapshot the document at all? By the page alone, and against the document's own history.

Pure. What becomes of a faulty snapshot is decided elsewhere; here only its name and the reason for it are found.
"""

from __future__ import annotations

import heapq
import re
import statistics
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clausewatch.model import Fault, Reading, Text, count_words
from differ.vocabulary import POLICY_WORDS

__all__ = [
    "CUT_NOTE",
    "EarlierLook",
    "Signals",
    "Verdict",
    "fault_in_history",
    "fault_of_page",
    "policy_share",
    "shared_share",
    "signals_of",
]

CUT_NOTE = "the page ends before its closing tags"
"""A note of the normaliser that the text may be cut; no fault by itself, since many a whole page ends so."""

# --- by the page alone ----------------------------------------------------------------------------------------

_MIN_WORDS = 50  # under that a page is no policy
_DOUBTFUL_WORDS = 200  # under that a page that speaks of errors is one; above, policies do speak of errors
_MIN_POLICY_SHARE = 0.02  # policies have 3.5 % and more, other pages 0.9 % and less (measured on 780 snapshots)
_SHARE_WORDS = 1500  # enough to know a text by
_ALL_POLICY_WORDS = frozenset().union(*POLICY_WORDS.values())
_WORD = re.compile(r"[^\W\d_]+")

_BOT = re.compile(
    r"captcha|are you (?:a )?(?:human|robot)|verify(?:ing)? (?:that )?you are (?:a )?human|checking your browser"
    r"|unusual traffic|enable javascript and cookies to continue|ddos protection by"
    r"|access (?:to this page )?(?:has been |was )?(?:denied|blocked)|request (?:was )?(?:blocked|unsuccessful)"
    r"|attention required|just a moment|security check|pardon our interruption|automated (?:access|requests|queries)"
    r"|bot detection|press (?:&|and) hold|perimeterx|incapsula incident|sicherheitsprüfung"
    r"|ich bin kein roboter|je ne suis pas un robot|no soy un robot|ray id",
    re.IGNORECASE,
)
_PROVIDER = re.compile(
    rb"/cdn-cgi/challenge-platform|cf-chl-|__cf_chl_|_incapsula_resource|/_incapsula_|px-captcha|_pxappid"
    rb"|captcha-delivery\.com|datadome|distil_r_captcha|akam/\d+/|_abck|awswafintegration|aws-waf-token|sgcaptcha"
    rb"|hcaptcha\.com|recaptcha/api|/challenge\?|geo\.captcha"
    rb"|kpsdk|shape security|ddos-guard|sucuri_cloudproxy|stackpath",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"\b404\b|(?:page|seite|document) (?:you (?:requested|are looking for|were looking for) )?(?:was |is |could "
    r"|can(?:not|'t) |does ?n[o']t |wurde |konnte )*(?:not be )?(?:not found|not exist|found|exist|nicht gefunden"
    r"|no longer (?:available|exists))|not found|page (?:introuvable|non trouvée)|página no (?:encontrada|existe)"
    r"|pagina (?:non trovata|niet gevonden)|nicht gefunden|no longer (?:available|exists)"
    r"|nothing (?:was )?found here|we can'?t find (?:that|the|this) page",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"something went wrong|an? (?:unexpected |internal |application |client-side )*(?:error"
    r"|exception) (?:has )?occur+ed|internal server error|bad gateway|service (?:is )?(?:temporarily )?unavailable"
    r"|gateway time-?out|\b50[0234]\b|try again later|temporarily (?:unavailable|down)|under maintenance"
    r"|maintenance mode|we'll be (?:right )?back|too many requests|application error|oops|whoops"
    r"|fehler ist aufgetreten|wartungsarbeiten|une erreur|ha ocurrido un error|si è verificato un errore"
    r"|er is iets misgegaan|database error|error establishing"
    r"|enable javascript|browser (?:is not|isn't) supported",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:sign|log) ?in to (?:continue|your|view|access|see)|please (?:sign|log) ?in|(?:you must"
    r"|you need to) (?:be logged|log|sign) ?in|forgot(?:ten)? (?:your )?password|melden sie sich an|bitte anmelden"
    r"|passwort vergessen|connectez-vous|mot de passe oublié|inicia sesión|contraseña|accedi per"
    r"|password dimenticata|inloggen"
    r"|create an account to continue|members only",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"before you continue to|we (?:and our|value your privacy|use cookies)|our partners (?:store|use)"
    r"|accept (?:all )?(?:cookies|and continue)|reject all|cookie-einstellungen|bevor (?:sie|du) fortf"
    r"|wir (?:und unsere partner|verwenden cookies)|alle akzeptieren|avant de continuer|tout accepter|aceptar todo"
    r"|accetta tutto|alles accepteren"
    r"|consent to (?:the )?(?:use of )?cookies",
    re.IGNORECASE,
)
_ARCHIVE = re.compile(
    r"wayback machine (?:has not archived|doesn't have)|hrm\.|this (?:url"
    r"|page) has been excluded from the wayback machine|internet archive.{0,40}(?:temporarily offline|maintenance)"
    r"|got an http \d+ response at crawl time|loading http.{0,200}\| \d{2}:\d{2}:\d{2}",
    re.IGNORECASE,
)
_PHRASES = (
    (Fault.ARCHIVE_ERROR, _ARCHIVE, "an archive's own page"),
    (Fault.BOT_WALL, _BOT, "the words of a bot wall"),
    (Fault.NOT_FOUND, _NOT_FOUND, "the words of a page that is not there"),
    (Fault.ERROR_PAGE, _ERROR, "the words of an error page"),
    (Fault.LOGIN, _LOGIN, "the words of a login"),
    (Fault.CONSENT_WALL, _CONSENT, "the words of a consent wall"),
)
_TITLE_FAULTS = _PHRASES[:4]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a snapshot is not the document."""

    fault: Fault
    reason: str


def policy_share(text: str) -> float:
    """The share of the first 1,500 words that policies use far more than other pages, in any of the known languages."""
    words = _WORD.findall(text[: _SHARE_WORDS * 8].lower())[:_SHARE_WORDS]
    return len([word for word in words if word in _ALL_POLICY_WORDS]) / len(words) if words else 0.0


def fault_of_page(
    text: Text, body: bytes, *, share: float, page_text: str | None = None, has_password: bool = False
) -> Verdict | None:
    """What the page alone shows. ``page_text`` is the page with what the normaliser left out, where walls speak."""
    if len(text.text) > _DOUBTFUL_WORDS * 20:  # counting is dear, and this is no doubtful number of words
        words = text.text.count(" ")
    else:
        words = text.words
    page = page_text if page_text is not None else text.text
    if words < _MIN_WORDS:
        return _fault_of_short(page, body, title=text.title, words=words, share=share, has_password=has_password)
    title_fault = _by_title(text.title) if words < _DOUBTFUL_WORDS or share < _MIN_POLICY_SHARE else None
    if title_fault:
        return title_fault
    is_known = text.language in POLICY_WORDS
    if words < _DOUBTFUL_WORDS and (share < _MIN_POLICY_SHARE or not is_known):
        named = _by_phrase(page)
        if named:
            return named
    if is_known and share < _MIN_POLICY_SHARE:
        if has_password and _LOGIN.search(page):
            return Verdict(Fault.LOGIN, f"a login with {words} words")
        return Verdict(
            Fault.OTHER_DOCUMENT,
            f"{share:.1%} of its words are those of policies; a policy has {_MIN_POLICY_SHARE:.0%} or more",
        )
    return None


def _fault_of_short(
    page: str, body: bytes, *, title: str | None, words: int, share: float, has_password: bool
) -> Verdict | None:
    named = _by_title(title) or _by_phrase(page)
    if named:
        return named
    if has_password:
        return Verdict(Fault.LOGIN, f"a password field and {words} words")
    provider = _PROVIDER.search(body, 0, 200_000)
    if provider:
        return Verdict(
            Fault.BOT_WALL, f"{words} words and the mark of a bot wall: {provider[0].decode('ascii', 'replace')}"
        )
    if re.search(rb"http-equiv=[\"']?refresh", body[:4000], re.IGNORECASE):
        return Verdict(Fault.BOT_WALL, f"{words} words and a refresh to somewhere else")
    return Verdict(Fault.EMPTY, f"{words} words")


def _by_title(title: str | None) -> Verdict | None:
    for fault, pattern, meaning in _TITLE_FAULTS if title else ():
        match = pattern.search(title or "")
        if match:
            return Verdict(fault, f"the title has {meaning}: {match[0]!r}")
    return None


def _by_phrase(page: str) -> Verdict | None:
    for fault, pattern, meaning in _PHRASES:
        match = pattern.search(page[:20_000])
        if match:
            return Verdict(fault, f"{count_words(page)} words, and {meaning}: {match[0]!r}")
    return None


# --- against the history --------------------------------------------------------------------------------------

_GOOD_LOOKED_AT = 5
_MIN_OF_HISTORY = 0.5  # a page with fewer words than that of its history is doubted
_MIN_SHARED = 0.75
_LASTING = 5  # the fifth look in a row that shows the same new state is believed
_SKETCH_SIZE = 128
_SHINGLE = 5  # words


@dataclass(frozen=True, slots=True)
class Signals:
    """What is kept of a reading to judge later ones by; small, and the same in every process."""

    words: int
    policy_share: float
    language: str | None
    sketch: tuple[int, ...]  # the smallest hashes of its runs of five words, ascending
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class EarlierLook:
    """An earlier look at the document: what it showed, and whether it was found faulty."""

    signals: Signals
    fault: Fault | None


def signals_of(reading: Reading) -> Signals:
    """The signals of a reading."""
    text = reading.text
    return Signals(
        text.words, round(reading.policy_share, 4), text.language, _sketch(text.text), CUT_NOTE in text.notes
    )


def _sketch(text: str) -> tuple[int, ...]:
    words = text.lower().split()
    joined = " ".join(words).encode()
    ends, at = [], 0
    for word in joined.split(b" "):
        at += len(word) + 1
        ends.append(at)
    starts = [0, *ends[:-1]]
    runs = {
        zlib.crc32(joined[start:end]) for start, end in zip(starts, ends[_SHINGLE - 1 :] or ends[-1:], strict=False)
    }
    return tuple(heapq.nsmallest(_SKETCH_SIZE, runs))


def shared_share(one: Sequence[int], other: Sequence[int]) -> float:
    """An estimate, from two sketches, of how much of the smaller text stands in the other too: 0 to 1."""
    if not one or not other:
        return 0.0
    # Both are samples of one rate up to the smaller of the two largest hashes, if the sketch is full.
    limit = min(sketch[-1] if len(sketch) >= _SKETCH_SIZE else 2**32 for sketch in (one, other))
    first, second = ({value for value in sketch if value <= limit} for sketch in (one, other))
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def fault_in_history(signals: Signals, history: Sequence[EarlierLook]) -> Verdict | None:
    """What a look shows against the earlier looks at the document, oldest first. None also without a history.

    A state that lasts is believed at its fifth look in a row: a document may change its language, or be cut to half.
    """
    good = [look.signals for look in history if look.fault is None][-_GOOD_LOOKED_AT:]
    if not good:
        return None
    before = good[-1].language
    if signals.language and before and signals.language != before:
        return _fault_of_language(signals, before, history)
    return _fault_of_size(signals, good, history)


def _fault_of_language(signals: Signals, before: str, history: Sequence[EarlierLook]) -> Verdict | None:
    streak = _streak(
        history, lambda look: look.fault is Fault.OTHER_LANGUAGE and look.signals.language == signals.language
    )
    if streak + 1 >= _LASTING:
        return None
    changed = f"in {signals.language}, before in {before}"
    return Verdict(Fault.OTHER_LANGUAGE, f"{changed}; look {streak + 1} of {_LASTING} that decide")


def _fault_of_size(signals: Signals, good: Sequence[Signals], history: Sequence[EarlierLook]) -> Verdict | None:
    usual = statistics.median(look.words for look in good)
    is_small = signals.words < _MIN_OF_HISTORY * usual
    # A page that ends early, as most before it did not, unless all that it lacks stood after the text.
    is_same = (signals.words, signals.sketch) == (good[-1].words, good[-1].sketch)
    ends_early = signals.is_cut and not is_same and 2 * sum(look.is_cut for look in good) < len(good)
    if not is_small and not ends_early:
        return None
    shared = max(shared_share(signals.sketch, look.sketch) for look in good)
    if shared >= _MIN_SHARED and not ends_early:
        return None
    fault = Fault.OTHER_DOCUMENT if is_small and shared < _MIN_SHARED else Fault.TRUNCATED
    streak = _streak(
        history, lambda look: look.fault is fault and shared_share(look.signals.sketch, signals.sketch) >= _MIN_SHARED
    )
    if streak + 1 >= _LASTING:
        return None
    how_many = f"{signals.words} words, before {usual:.0f}, {shared:.0%} of them shared"
    return Verdict(fault, f"{how_many}; look {streak + 1} of {_LASTING} that decide")


def _streak(history: Sequence[EarlierLook], is_same: Callable[[EarlierLook], bool]) -> int:
    """How many looks in a row, up to the latest, show the same new state."""
    count = 0
    for look in reversed(history):
        if not is_same(look):
            break
        count += 1
    return count
