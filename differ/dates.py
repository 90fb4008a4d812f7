"""The days that a policy states for itself: when it was last updated, and from when on it is in force."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from clausewatch.model import Text

__all__ = ["StatedDates", "stated_dates"]

_MAX_LINE_WORDS = 40
_LOOKED_AT_START, _LOOKED_AT_END = 40, 20  # blocks; dates stand at the head or the foot
_UPDATED = re.compile(
    r"last (?:updated?|modified|revised|changed|reviewed)|(?:date of )?last (?:update|revision|modification)"
    r"|\bupdated(?: on)?\b|\brevised\b|(?:zuletzt|letzte) (?:aktualisier\w+|geändert|änderung)|\bstand\b"
    r"|dernière (?:mise à jour|modification)|mise? à jour (?:le)?|última (?:actualización|modificación|atualização)"
    r"|ultimo aggiornamento|ultima modifica|laatst (?:bijgewerkt|gewijzigd)|laatste (?:wijziging|update)"
    r"|senast uppdaterad|sidst opdateret|ostatnia aktualizacja"
    r"|version (?:of|vom|du|dated)",
    re.IGNORECASE,
)
_EFFECTIVE = re.compile(
    r"effective(?: date)?(?: (?:as of|from|on))?|(?:comes?|enters?|in) (?:into )?(?:force|effect)|with effect from"
    r"|gültig (?:ab|seit)|in kraft|gilt ab|en vigueur|entrée? en vigueur|en vigor|vigente desde|em vigor|in vigore"
    r"|ingangsdatum|van kracht"
    r"|gäller från|gælder fra|obowiązuje od",
    re.IGNORECASE,
)
_MONTHS = (
    r"jan(?:uary|uar|vier|uari)?|ene(?:ro)?|gen(?:naio)?|feb(?:ruary|ruar|braio|rero|ruari)?|févr?(?:ier)?|mar(?:ch"
    r"|s|zo|ço)?|märz|maart|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|may|mai|mayo|maio|maggio|mei|june?|juni|juin|junio"
    r"|junho|giugno|july?|juli|juillet|julio|julho|luglio|aug(?:ust|ustus)?|août|agosto|sept?(?:ember|embre|iembre"
    r"|embro)?|settembre|okt(?:ober)?|oct(?:ober|obre|ubre)?|outubro|ottobre|nov(?:ember|embre|iembre|embro)?"
    r"|dez(?:ember|embro)?|dec(?:ember)?|déc(?:embre)?|dic(?:iembre|embre)?"
)
_DATE = re.compile(
    rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}|(?:{_MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd"
    rf"|th)?,?\s+\d{{4}}|\d{{1,2}}(?:st|nd|rd|th|er|\.|º)?\s+(?:de\s+|of\s+)?(?:{_MONTHS})\.?,?\s+(?:de\s+)?\d{{4}}"
    rf"|(?:{_MONTHS})\.?,?\s+\d{{4}}|\d{{4}}[年.]\s?\d{{1,2}}[月.]\s?\d{{1,2}}日?",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º)\b", re.IGNORECASE)
_MAX_GAP = 40  # characters between the words and their date
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


@dataclass(frozen=True, slots=True)
class StatedDates:
    """What the vendor states; None where it states nothing that can be read."""

    updated_on: date | None = None
    effective_on: date | None = None


def stated_dates(text: Text) -> StatedDates:
    """The first "last updated" and the first "effective" date near the head of a text, else near its foot."""
    blocks = text.blocks
    places = [*blocks[:_LOOKED_AT_START], *blocks[max(len(blocks) - _LOOKED_AT_END, _LOOKED_AT_START) :]]
    lines = [block.text for block in places if block.text.count(" ") < _MAX_LINE_WORDS]
    return StatedDates(_first(lines, _UPDATED, text.language), _first(lines, _EFFECTIVE, text.language))


def _first(lines: list[str], words: re.Pattern[str], language: str | None) -> date | None:
    for line, following in pairwise([*lines, ""]):
        for match in words.finditer(line):
            # "Last updated" may stand above its date.
            after = line[match.end() :].strip() or following
            found = _DATE.search(after, 0, _MAX_GAP + 30)
            if found and found.start() <= _MAX_GAP:
                day = _parsed(found[0], language)
                if day:
                    return day
    return None


def _parsed(written: str, language: str | None) -> date | None:
    import dateparser  # type: ignore[import-untyped]  # ships no types

    # Day before month, save in English, where the month comes first unless that gives no date.
    order = "MDY" if language in (None, "en") else "DMY"
    if re.match(r"\d{4}", written):
        order = "YMD"
    day: datetime | None = dateparser.parse(
        _ORDINAL.sub("", written),
        languages=sorted({"en", language}) if language in _KNOWN else None,
        settings={"DATE_ORDER": order, "PREFER_DAY_OF_MONTH": "first", "RETURN_AS_TIMEZONE_AWARE": False},
    )
    return day.date() if day and _FIRST_YEAR <= day.year <= _LAST_YEAR else None


_KNOWN = frozenset({"en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "pl"})
