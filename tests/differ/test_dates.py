from datetime import date
from itertools import pairwise

import dateparser  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clausewatch.model import Block, BlockKind, Text
from differ.dates import (
    _EFFECTIVE,
    _ENGLISH_MONTHS,
    _UPDATED,
    StatedDates,
    _dates_after,
    _in_english,
    _written,
    stated_dates,
    written_dates,
)


def stated(*written: str, language: str | None = "en") -> StatedDates:
    return stated_dates(Text(tuple(Block(BlockKind.PARAGRAPH, line) for line in written), language=language))


@pytest.mark.parametrize(
    ("line", "language", "day"),
    [
        ("Last updated: May 3, 2024", "en", date(2024, 5, 3)),
        ("Last Updated April 8th, 2016", "en", date(2016, 4, 8)),
        ("This policy was last revised on 3 May 2024.", "en", date(2024, 5, 3)),
        ("Last modified: 2024-05-03", "en", date(2024, 5, 3)),
        ("Last updated 05/03/2024", "en", date(2024, 5, 3)),
        ("Last updated 23/05/2024", "en", date(2024, 5, 23)),
        ("Stand: 03.05.2024", "de", date(2024, 5, 3)),
        ("Zuletzt aktualisiert am 3. März 2024", "de", date(2024, 3, 3)),
        ("Dernière mise à jour : 3 mai 2024", "fr", date(2024, 5, 3)),
        ("Última actualización: 3 de mayo de 2024", "es", date(2024, 5, 3)),
        ("Ultimo aggiornamento: 3 maggio 2024", "it", date(2024, 5, 3)),
        ("Laatst bijgewerkt op 3 mei 2024", "nl", date(2024, 5, 3)),
        ("Last updated: May 2024", "en", date(2024, 5, 1)),
        ("Last Updated: May, 3 2024", "en", date(2024, 5, 3)),
        ("Last updated on Friday, May 3rd, 2024", "en", date(2024, 5, 3)),
        ("Last amended: the 3rd day of May, 2024", "en", date(2024, 5, 3)),
        ("Last revised MAY-2024", "en", date(2024, 5, 1)),
        ("Last update: 05 - 2024.", "en", date(2024, 5, 1)),
        ("Version: 05/23/2024", "en", date(2024, 5, 23)),
        ("Revised 3-May-2024", "en", date(2024, 5, 3)),
        ("Privacy policy update: 5/3/2024", "en", date(2024, 5, 3)),
        ("Version 3.2 of May 2024", "en", date(2024, 5, 1)),
        ("Version 4 (3 May 2024)", "en", date(2024, 5, 3)),
        ("Date of last revision: 2024/05/03", "en", date(2024, 5, 3)),
        ("Most recent revision: Sept. 3, 2024", "en", date(2024, 9, 3)),
        ("May 3, 2024", "en", date(2024, 5, 3)),
        ("July 3, 2024 (see earlier versions)", "en", date(2024, 7, 3)),
        ("Stand: Mai 2024", "de", date(2024, 5, 1)),
        ("Fassung vom 3. Mai 2024", "de", date(2024, 5, 3)),
        ("Letzte Änderung: 03.05.2024", "de", date(2024, 5, 3)),
        ("Aktualisiert am 3.5.2024", "de", date(2024, 5, 3)),
        ("Mise à jour le 1er mai 2024", "fr", date(2024, 5, 1)),
        ("Date de dernière modification : 03/05/2024", "fr", date(2024, 5, 3)),
        ("Version du 3 août 2024", "fr", date(2024, 8, 3)),
        ("Fecha de la última actualización: 3 de mayo de 2024", "es", date(2024, 5, 3)),
        ("Actualizado el 03/05/2024", "es", date(2024, 5, 3)),
        ("Versión de mayo de 2024", "es", date(2024, 5, 1)),
        ("Aggiornato il 3 maggio 2024", "it", date(2024, 5, 3)),
        ("Data di ultimo aggiornamento: 3/5/2024", "it", date(2024, 5, 3)),
        ("Laatste wijziging: 3 mei 2024", "nl", date(2024, 5, 3)),
        ("Versie van 3 maart 2024", "nl", date(2024, 3, 3)),
        ("Última atualização: 3 de maio de 2024", "pt", date(2024, 5, 3)),
        ("最終更新日：2024年5月3日", "ja", date(2024, 5, 3)),
    ],
)
def test_the_day_of_the_last_update_is_read(line: str, language: str, day: date) -> None:
    assert stated("Privacy Policy", line, language=language) == StatedDates(updated_on=day)


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Effective as of 3 May 2024", "en"),
        ("Valid from 3rd of May 2024", "en"),
        ("These terms come into force on May 3, 2024.", "en"),
        ("Gültig ab dem 3. Mai 2024", "de"),
        ("Diese Fassung tritt am 3. Mai 2024 in Kraft.", "de"),
        ("Date d'entrée en vigueur : 3 mai 2024", "fr"),
        ("Fecha de entrada en vigor: 3 de mayo de 2024", "es"),
        ("Vigente desde el 3 de mayo de 2024", "es"),
        ("In vigore dal 3 maggio 2024", "it"),
        ("Geldig vanaf 3 mei 2024", "nl"),
        ("Ingangsdatum: 3-5-2024", "nl"),
        ("Em vigor a partir de 3 de maio de 2024", "pt"),
    ],
)
def test_the_day_from_which_it_is_in_force_is_read(line: str, language: str) -> None:
    assert stated("A policy", line, language=language) == StatedDates(effective_on=date(2024, 5, 3))


def test_of_several_dates_the_first_of_its_kind_counts() -> None:
    assert stated("Last updated: May 3, 2024", "Last updated: May 3, 2019", "Effective: June 1, 2024") == StatedDates(
        updated_on=date(2024, 5, 3), effective_on=date(2024, 6, 1)
    )


def test_both_dates_are_told_apart() -> None:
    assert stated("Effective May 24, 2018: Please read this. Last updated: May 3, 2018") == StatedDates(
        updated_on=date(2018, 5, 3), effective_on=date(2018, 5, 24)
    )


def test_a_date_under_its_words_is_read() -> None:
    assert stated("Effective date", "1 July 2023").effective_on == date(2023, 7, 1)


@pytest.mark.parametrize(
    "line",
    [
        "We may update this policy; we were founded on 3 May 1999 by people who like lakes and hills "
        "and very long walks.",
        "Your right to effective remedies",
        "Last updated: recently",
        "We were founded in May 1999",
        "© 2006-2015 Larkspur Maps",
        "Last updated: 99/99/2024",
    ],
)
def test_what_is_no_stated_date_is_none(line: str) -> None:
    assert stated(line) == StatedDates()


def test_a_text_of_long_lines_alone_states_no_days() -> None:
    long = Block(BlockKind.PARAGRAPH, "Last updated on 3 May 2020, " + "and so on and on " * 20)
    assert stated_dates(Text((long,))) == stated_dates(Text(())) == StatedDates()


def test_a_line_built_to_be_long_is_no_line_that_states_a_day() -> None:
    assert stated("Stand 2024 " + "stand-" * 200_000) == StatedDates()


def test_dates_are_had_as_they_are_written_without_being_read() -> None:
    lines = ("Last updated: May  3, 2024", "Effective as of 1 June 2024", "We keep data from May 4, 2024 on.")
    text = Text(tuple(Block(BlockKind.PARAGRAPH, line) for line in lines), language="en")
    assert written_dates(text) == {"may 3, 2024", "1 june 2024"}
    assert written_dates(Text((Block(BlockKind.PARAGRAPH, "3 May 2024"),), language="en")) == {"3 may 2024"}
    assert written_dates(Text(())) == frozenset()


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(_ENGLISH_MONTHS), st.integers(0, 32), st.integers(1985, 2105),
    st.sampled_from(["{m} {d}, {y}", "{m} {d} {y}", "{d:02} {m} {y}", "{d} {m}, {y}", "{m} {d:02}, {y}"]),
)  # fmt: skip
def test_a_day_in_english_is_read_as_the_parser_reads_it(month: str, day: int, year: int, form: str) -> None:
    written = form.format(m=month, d=day, y=year)
    parsed = dateparser.parse(written, languages=["en"], settings={"DATE_ORDER": "MDY"})
    found = _in_english(written)
    assert found is None or (parsed is not None and found == parsed.date())


DATED = (
    "Last updated",
    "Effective: 3 May 2024. Last updated 4 May 2024.",
    "May 3, 2024",
    "In force since 2024-05-03",
    "",
)


@given(st.lists(st.sampled_from(DATED), max_size=6))
def test_dates_that_are_kept_by_lines_are_those_of_lines_read_anew(lines: list[str]) -> None:
    for words in (_UPDATED, _EFFECTIVE):
        anew = [date for line, after in pairwise([*lines, ""]) for date in _dates_after(words, line, after)]
        assert list(_written(lines, words)) == anew
