"""Where a page says that the document went."""

from __future__ import annotations

import pytest

from clausewatch.jobs.pointing import pointers_of
from tests.support.scenario import policy

HERE = "https://harborkites.example/privacy"
THERE = "https://harborkites.example/legal/p7"
MENU = f"<nav>{''.join(f'<a href=/shop/{number}>Kite {number}</a>' for number in range(30))}</nav>"


def pointers(page: str, content_type: str = "text/html") -> tuple[str, ...]:
    return pointers_of(page.encode(), HERE, content_type=content_type, type="Privacy Policy")


@pytest.mark.parametrize(
    "page",
    [
        "<meta http-equiv=Refresh content='0;URL=/legal/p7'>",
        f"<meta http-equiv=refresh content='10; url=\"{THERE}\"'>{policy()}",
        "<base href='/legal/'><meta http-equiv=refresh content='2; url=p7'>",
        "<link rel=canonical href='/legal/p7'><h1>Kites</h1><p>Loading</p>",
        "<h1>Privacy Policy</h1><p>This policy has moved <a href='/legal/p7'>here</a>.</p><p><a href=/terms>Terms</a>",
        f"{MENU}<p>Our privacy notice can now be found at <a href='{THERE}'>our trust centre</a>.</p>",
        "<p>Unsere Datenschutzerklärung ist umgezogen: <a href='/legal/p7'>weiter</a></p>",
        f"{MENU}<h1>Page not found</h1><p>This page could not be found.</p><a href=/legal/p7>Privacy</a><a href=/t>T",
        "<p>See our <a href='/legal/p7#top'>privacy policy</a></p>",
    ],
)
def test_a_page_points_on(page: str) -> None:
    assert pointers(page) == (THERE,)


@pytest.mark.parametrize(
    "page",
    [
        "",
        policy(),
        "<meta http-equiv=refresh content='60; url=/legal/p7'>",
        "<meta http-equiv=refresh content='5'>",
        "<meta http-equiv=refresh content='5; url=/privacy/'>",
        "<meta http-equiv=refresh content='0; url=/privacy?session=7'>",
        "<meta http-equiv=refresh content='0; url=javascript:alert(1)'>",
        f"<link rel=canonical href='/legal/p7'>{policy()}",
        "<link rel=canonical href='https://other.example/p7'><p>Loading</p>",
        policy(extra="The shop has moved to <a href=/shop>the pier</a>."),
        "<p>Read our <a href=/p/1>privacy policy</a> and our <a href=/p/2>privacy notice</a>.</p>",
        "<noscript><meta http-equiv=refresh content='0; url=/legal/p7'></noscript>",
    ],
)
def test_a_page_does_not_point_on(page: str) -> None:
    assert pointers(page) == ()


def test_what_is_no_page_points_nowhere() -> None:
    assert pointers("<meta http-equiv=refresh content='0;url=/legal/p7'>", "application/pdf") == ()
