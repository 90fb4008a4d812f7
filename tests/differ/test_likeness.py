"""Headings and texts that are alike."""

from __future__ import annotations

import pytest

from differ.likeness import candidates, heading_key, profile, similarity


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("3.1 How we use data:", "4. HOW WE USE DATA", True),
        ("Section 2 – Cookies", "Cookies", True),
        ("(a) Logs", "b) logs", True),
        ("IV. Contact", "Contact", True),
        ("Your rights", "Your choices", False),
        ("2018", "2019", False),
        ("A cookie", "Cookie", False),
    ],
)
def test_a_heading_is_known_without_its_number(one: str, other: str, *, same: bool) -> None:
    assert (heading_key(one) == heading_key(other)) is same


def test_likeness_goes_from_nothing_to_all() -> None:
    one, other = profile("We keep it for a year."), profile("we keep it for a year")
    assert similarity(one, other) == 1
    assert similarity(one, profile("Lamps shine")) == 0
    assert similarity(profile(""), profile("")) == 0
    assert 0.5 < similarity(one, profile("We keep it for two years.")) < 0.8


def test_what_everything_shares_makes_no_candidates() -> None:
    rows = [{"common", n} for n in range(9)]
    assert candidates(rows, rows) == [(n, n) for n in range(9)]
