from datetime import date

import pytest

from clausewatch.model import Block, BlockKind, Text
from differ.dates import StatedDates, stated_dates


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
    ],
)
def test_the_day_of_the_last_update_is_read(line: str, language: str, day: date) -> None:
    assert stated("Privacy Policy", line, language=language) == StatedDates(updated_on=day)


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
        "Last updated: 99/99/2024",
    ],
)
def test_what_is_no_stated_date_is_none(line: str) -> None:
    assert stated(line) == StatedDates()


def test_a_text_of_long_lines_alone_states_no_days() -> None:
    long = Block(BlockKind.PARAGRAPH, "Last updated on 3 May 2020, " + "and so on and on " * 20)
    assert stated_dates(Text((long,))) == stated_dates(Text(())) == StatedDates()
