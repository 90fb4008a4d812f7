"""The days that a policy states for itself: when it was last updated, and from when on it is in force."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, partial
from itertools import pairwise

from clausewatch.model import Text
from differ.kept import Kept

__all__ = ["StatedDates", "stated_dates", "written_dates"]

_MAX_LINE_WORDS, _MAX_LINE = 40, 1000  # and characters: more is text, or a line that was built to be long
_LOOKED_AT_START, _LOOKED_AT_END = 40, 20  # blocks; dates stand at the head or the foot
_MONTHS = (
    r"jan(?:uary|uar|vier|uari|eiro)?|ene(?:ro)?|gen(?:naio)?|feb\w{0,8}|févr?(?:ier)?|fev(?:ereiro)?|mar(?:ch"
    r"|s|zo|ço)?|märz"
    r"|maart|marca|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|kwietnia|may|mai|mayo|maio|maggio|mei|maj|maja|june?"
    r"|juni|juin|junio"
    r"|junho|giugno|czerwca|july?|juli|juillet|julio|julho|luglio|lipca|aug(?:ust|ustus|usti)?|août|agosto|sierpnia"
    r"|sept?(?:ember|embre|iembre|embro)?|set(?:embro|tembre)|września|okt(?:ober)?|oct(?:ober|obre|ubre)?"
    r"|outubro|ottobre"
    r"|października|nov(?:ember|embre|iembre|embro)?|listopada|dez(?:ember|embro)?|dec(?:ember)?|déc(?:embre)?"
    r"|dic(?:iembre|embre)?|grudnia|stycznia|lutego"
)
_UPDATED = re.compile(
    r"(?:last|latest|most recent) (?:\w+ )?(?:updated?|modified|modification|revised|revision|changed?|reviewed"
    r"|amended)"
    rf"|\b(?:updated|revised|amended|modified)(?=\s*:|\s+(?:on|as of)\b|\s+\W?\d|\s+(?:\w+day,? )?(?:{_MONTHS})\b)"
    r"|\b(?:date of (?:last )?|policy )?(?:revision|amendment|modification|update)(?: date)?\s*[:\-–]"
    r"|(?:zuletzt|letzte[rn]?|letztmalig) (?:aktualisier\w+|geändert|änderung|überarbeite\w+|stand)|\bstand\b"
    r"|(?:aktualisiert|geändert) am|(?:fassung|version) vom|(?:dernière|date de) (?:dernière )?(?:mise à jour"
    r"|modification"
    r"|révision|actualisation)|mise? à jour\b|modifiée? le|version du"
    r"|(?:última|ultima|fecha de (?:la )?(?:última )?) ?(?:actualización|modificación|revisión|atualização"
    r"|revisão|modifica\b)"
    r"|(?:actualizad[ao]|modificad[ao]|atualizad[ao]|revisad[ao])(?: por última vez)? (?:el|en|em|a)\b"
    r"|versión (?:de|del)\b|versão de\b"
    r"|(?:ultimo|data di) (?:ultimo )?aggiornamento|ultima (?:modifica|revisione|versione)"
    r"|aggiornat[ao](?: l'ultima volta)? "
    r"(?:il|al|in data)|versione del"
    r"|laatst(?:e keer)? (?:bijgewerkt|gewijzigd|aangepast|herzien)|(?:datum )?laatste (?:wijziging|update"
    r"|aanpassing|versie)"
    r"|bijgewerkt op|gewijzigd op|versie van"
    r"|senast (?:uppdatera\w+|ändra\w+)|uppdaterad|(?:sidst|senest) (?:opdateret|ændret)|opdateret|sist oppdatert"
    r"|ostatni(?:a|ej) (?:aktualizacj\w|zmian\w)|wersja z|viimeksi päivitetty|päivitetty"
    r"|\bversion\s*:\s*(?=\d)|version (?:of|dated|date)|\bversion \d[\d.]*\s*(?:of|from|[-–(]|dated)"
    r"|最終(?:更新|改定)日?|更新日期|최종 수정일",
    re.IGNORECASE,
)
_EFFECTIVE = re.compile(
    r"effective(?: date)?(?: (?:as of|from|on|beginning))?|(?:comes?|came|enters?|entered|is"
    r"|in) (?:in ?to )?(?:force|effect)\b"
    r"|with effect from|valid (?:from|as of|since)|applies (?:from|as of)|in force (?:from|since|as of)"
    r"|gültig (?:ab|seit)|(?:tritt|trat) (?:am|zum)\b|in kraft|gilt (?:ab|seit)|wirksam (?:ab|seit|zum)|inkrafttreten"
    r"|(?:date d'|date d’)?(?:entrée?|prise) (?:en vigueur|d'effet)|en vigueur|applicable (?:à compter|depuis"
    r"|à partir)"
    r"|(?:entrada )?en vigor|vigente (?:desde|a partir)|vigencia|(?:efectiv[ao]|válid[ao]) (?:desde|a partir|el)"
    r"|(?:entrada )?em vigor|vigência|válid[ao] a partir|in vigore|(?:valid[ao]|efficace|decorrenza) (?:dal"
    r"|a partire|da)"
    r"|ingangsdatum|van kracht|geld(?:ig|end) (?:vanaf|sinds|per)|in werking"
    r"|gäller från|träder i kraft|gælder fra|træder i kraft|gjelder fra|trer i kraft|obowiązuje od|wchodzi w życie"
    r"|voimassa|施行日?|発効日|生效日期|시행일",
    re.IGNORECASE,
)
_DAY = r"\d{1,2}(?:st|nd|rd|th|er|\.|º|°|ª)?"
_DATE = re.compile(
    r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|\d{2})\b"
    rf"|\b(?:{_MONTHS})\b[.,]*\s+{_DAY},?\s+\d{{4}}(?!\d)"
    rf"|\b{_DAY}[\s-]+(?:day\s+)?(?:de\s+|of\s+)?(?:{_MONTHS})\b[.,]*[\s-]+(?:de[l]?\s+)?\d{{4}}(?!\d)"
    rf"|\b(?:{_MONTHS})\b[.,]*[\s-]+(?:de\s+)?\d{{4}}(?!\d)|\b\d{{1,2}}\s?[/.-]\s?\d{{4}}\b"
    r"|\d{4}\s?[年년.]\s?\d{1,2}\s?[月월.]\s?\d{1,2}\s?[日일]?",
    re.IGNORECASE,
)
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_ENGLISH_MONTH = "|".join(_ENGLISH_MONTHS)
_ENGLISH_DAY = re.compile(
    rf"(?:(?P<month>{_ENGLISH_MONTH}) (?P<day_after>[0-9]{{1,2}})"
    rf"|(?P<day>[0-9]{{1,2}}) (?P<month_after>{_ENGLISH_MONTH})),? (?P<year>[0-9]{{4}})"
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º|°|ª)(?!\w)|\bday of\b", re.IGNORECASE)
_BARE = re.compile(
    rf"\W*(?:on |am |le |il |el |op )?(?:{_DATE.pattern})(?: \(.{{0,40}}\))?\W*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\d{4}|[./-]\s?\d{2}\b")
_MAX_BARE = 60  # characters
_BARE_BLOCKS = 8  # a date alone at the head of a policy is that of its last update
_MARKS = re.compile(r"(?<=[^\W\d])[.,](?=\s)|(?<=\d)-(?=[^\W\d])|(?<=[^\W\d])-(?=\d)")  # "Jul, 25 2023", "3-May-2024"
_MAX_GAP = 40  # characters between the words and their date
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_KEPT_DATES = 512
_KEPT_CHARACTERS = 500_000  # of lines of which the dates are kept


@dataclass(frozen=True, slots=True)
class StatedDates:
    """What the vendor states; None where it states nothing that can be read."""

    updated_on: date | None = None
    effective_on: date | None = None


def stated_dates(text: Text) -> StatedDates:
    """The first "last updated" and the first "effective" date near the head of a text, else near its foot.

    Where no words say what it is, a date alone on a line at the head is that of the last update.
    """
    lines = _lines_with_dates(text)
    updated, effective = (_first(lines, words, text.language) for words in (_UPDATED, _EFFECTIVE))
    if updated is None and effective is None:
        alone = _alone(text)
        updated = _parsed(alone, text.language) if alone else None
    return StatedDates(updated, effective)


def written_dates(text: Text) -> frozenset[str]:
    """The dates of the last update and of the beginning as they are written, without what they say: for those who only
    ask whether they are the same. Far cheaper than ``stated_dates``, which reads them."""
    lines = _lines_with_dates(text)
    found = [written for words in (_UPDATED, _EFFECTIVE) for written in _written(lines, words)] or [_alone(text) or ""]
    return frozenset(" ".join(written.casefold().split()) for written in found) - {""}


def _lines_with_dates(text: Text) -> list[str]:
    """The lines near the head and the foot of a text that are short enough to date it."""
    blocks = text.blocks
    places = [*blocks[:_LOOKED_AT_START], *blocks[max(len(blocks) - _LOOKED_AT_END, _LOOKED_AT_START) :]]
    return [block.text for block in places if len(block.text) <= _MAX_LINE and block.text.count(" ") < _MAX_LINE_WORDS]


def _alone(text: Text) -> str | None:
    lines = [block.text for block in text.blocks[:_BARE_BLOCKS]]
    bare = next((line for line in lines if len(line) < _MAX_BARE and _BARE.fullmatch(line)), None)
    found = _DATE.search(bare) if bare else None
    return found[0] if found else None


def _first(lines: list[str], words: re.Pattern[str], language: str | None) -> date | None:
    days = (_parsed(written, language) for written in _written(lines, words))
    return next((day for day in days if day), None)


def _written(lines: list[str], words: re.Pattern[str]) -> Iterator[str]:
    """The dates that stand after the words."""
    dates_after = _dates_after_updated if words is _UPDATED else _dates_after_effective
    for line, following in pairwise([*lines, ""]):
        if _has_year(line) or _has_year(following):
            yield from dates_after(line, following)


def _dates_after(words: re.Pattern[str], line: str, following: str) -> tuple[str, ...]:
    """The dates that stand after the words in a line, or at the head of the one that follows where the words end it:
    "Last updated" may stand above its date."""
    places = (line[match.end() :].strip() or following for match in words.finditer(line))
    found = (_DATE.search(after, 0, _MAX_GAP + 30) for after in places)
    return tuple([date[0] for date in found if date and date.start() <= _MAX_GAP])


# Both texts of a comparison have nearly all lines in common, and are asked for their dates twice.
_has_year = Kept(lambda line: _YEAR.search(line) is not None, characters=_KEPT_CHARACTERS)
_dates_after_updated = Kept(partial(_dates_after, _UPDATED), characters=_KEPT_CHARACTERS)
_dates_after_effective = Kept(partial(_dates_after, _EFFECTIVE), characters=_KEPT_CHARACTERS)


@lru_cache(_KEPT_DATES)  # a version is compared with the one before it and the one after, mostly of the same date
def _parsed(written: str, language: str | None) -> date | None:
    import dateparser  # type: ignore[import-untyped]  # ships no types

    # Day before month, save in English, where the month comes first unless that gives no date.
    if re.fullmatch(r"\d{1,2}\D{1,3}\d{4}", written):  # month and year
        month, year = map(int, re.findall(r"\d+", written))
        return _from_numbers(year, month, 1)
    if re.match(r"\d{4}", written):
        return _from_numbers(*map(int, re.findall(r"\d+", written)))
    if language in (None, "en") and (day_in_english := _in_english(written)):
        return day_in_english
    order = "MDY" if language in (None, "en") else "DMY"
    day: datetime | None = dateparser.parse(
        " ".join(_MARKS.sub(" ", _ORDINAL.sub("", written)).split()),
        languages=sorted({"en", language}) if language in _KNOWN else None,
        settings={"DATE_ORDER": order, "PREFER_DAY_OF_MONTH": "first", "RETURN_AS_TIMEZONE_AWARE": False},
    )
    return day.date() if day and _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _in_english(written: str) -> date | None:
    """A day as most policies write it: read at once, where the parser takes some milliseconds, and more when it is
    first asked. None where it is written in any other way."""
    match = _ENGLISH_DAY.fullmatch(written)
    if not match:
        return None
    month = _ENGLISH_MONTHS.index(match["month"] or match["month_after"]) + 1
    return _from_numbers(int(match["year"]), month, int(match["day_after"] or match["day"]))


def _from_numbers(year: int, month: int, day: int) -> date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


_KNOWN = frozenset(
    {"en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "pl", "fi", "cs", "hu", "ro", "tr", "ru", "uk"}
)
