"""Where a page says that the document went."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.readings import Read
from clausewatch.jobs.pointing import pointers_of, shows_policy
from clausewatch.jobs.reading import read_snapshot
from clausewatch.model import Document, Source
from crawler.captures import capture_of
from crawler.outcomes import Outcome
from tests.support.scenario import BOT_WALL, World, archive_of, day, german_policy, policy

HERE = "https://harborkites.example/privacy"
THERE = "https://harborkites.example/legal/p7"
HEADS = ["", "<meta http-equiv=refresh content='0;url=/legal/p7'>", "<link rel=canonical href='/legal/p7'>"]
BODIES = [
    policy(), german_policy(), policy().replace("Privacy Policy", "Terms of Service"), BOT_WALL, "",
    "<h1>Privacy Policy</h1><p>This policy has moved <a href='/legal/p7'>here</a>.</p>",
    "<p>See our <a href='/legal/p7#top'>privacy policy</a></p>",
]  # fmt: skip
MENU = f"<nav>{''.join(f'<a href=/shop/{number}>Kite {number}</a>' for number in range(30))}</nav>"


def read_of(page: bytes, document: Document) -> Read:
    outcome = Outcome("page", HERE, day(0), status=200, headers={"content-type": "text/html"}, body=page)
    return read_snapshot((page, capture_of(outcome, sha256="0" * 64, source=Source.LIVE), document, None))


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


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    with archive_of(tmp_path_factory.mktemp("archive")) as archive:
        return World(archive).vendor().document


@given(
    head=st.sampled_from(HEADS), bodies=st.lists(st.sampled_from(BODIES), max_size=2), menus=st.integers(0, 20),
    include=st.sampled_from(["", "main", "nav"]), type=st.sampled_from(["Privacy Policy", "Terms of Service"]),
)  # fmt: skip
def test_a_page_that_was_read_already_points_where_it_would_have_pointed(
    document: Document, head: str, bodies: list[str], menus: int, include: str, type: str
) -> None:
    page = (head + MENU * menus + "".join(bodies)).encode()
    document = replace(document, include=include or None, type=type)
    is_policy = shows_policy(read_of(page, document), document, {})
    pointed = [pointers_of(page, HERE, content_type="text/html", type=type, is_policy=each) for each in (False, True)]
    assert pointed[0] == pointed[1] or not is_policy
    assert not (is_policy and include)


def test_a_policy_is_seen_to_be_one(document: Document) -> None:
    read = read_of(policy().encode(), document)
    assert shows_policy(read, document, {})
    assert not shows_policy(None, document, {})
    assert not shows_policy(read, replace(document, include="main"), {})
