"""Periods and ages in one spelling."""

import pytest

from differ.findings.values import ages_of, periods_of


@pytest.mark.parametrize(
    ("sentence", "periods"),
    [
        ("for 18 months", ["18 months"]),
        ("for eighteen (18) months", ["18 months"]),
        ("within thirty calendar days", ["30 days"]),
        ("a 12-month period", ["12 months"]),
        ("one year, then 6 weeks", ["1 year", "6 weeks"]),
        ("children of 13 years of age", []),
        ("15.5 days on average", []),
    ],
)
def test_periods_are_read(sentence: str, periods: list[str]) -> None:
    assert [str(period) for period in periods_of(sentence)] == periods


@pytest.mark.parametrize(
    ("sentence", "ages"),
    [
        ("children under 13", ["13"]),
        ("under the age of sixteen", ["16"]),
        ("at least 18 years old", ["18"]),
        ("16 years of age or older", ["16"]),
        ("no earlier than 20 days", []),
        ("under 500 words", []),
    ],
)
def test_ages_are_read(sentence: str, ages: list[str]) -> None:
    assert [str(age) for age in ages_of(sentence)] == ages


def test_periods_compare_in_days() -> None:
    (long,), (short,) = periods_of("2 years"), periods_of("90 days")
    assert long.days > short.days
