"""Pages that everybody can use: no violation that axe finds, all by keyboard, nothing told by colour alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.web.browser.world import World

pytestmark = pytest.mark.slow

LARGE = ("5 MB", "10,000 blocks")
"""Axe looks at each element against all others: minutes for pages that are only more of the same."""

OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
CONTROLS = "a[href], button, input, select, summary, [tabindex='0']"


@pytest.fixture(scope="module")
def context(world: World, browser: Browser) -> Iterator[BrowserContext]:
    """With scripts: what looks at the pages is one. The pages themselves have none."""
    context = browser.new_context(base_url=world.url, bypass_csp=True, extra_http_headers=_operator(world))
    yield context
    context.close()


def _operator(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token}"}


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


def violations(page: Page, *rules: str) -> list[str]:
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"][:3]]


def pages_looked_at(world: World, page: Page) -> Iterator[str]:
    """One place after the other, open in the page with all that is folded."""
    for place, path in world.places.items():
        if not place.startswith(LARGE):
            page.goto(path)
            page.evaluate(OPEN_ALL)
            yield place


def test_axe_finds_no_violation_on_any_page(world: World, page: Page) -> None:
    found = {place: violations(page) for place in pages_looked_at(world, page)}
    assert len(found) > 40
    assert [f"{place}: {those}" for place, those in found.items() if those] == []


def test_axe_finds_no_faint_text_in_the_dark(world: World, page: Page) -> None:
    page.emulate_media(color_scheme="dark")  # of what axe looks at only colours change
    found = {place: violations(page, "color-contrast") for place in pages_looked_at(world, page)}
    assert [f"{place}: {those}" for place, those in found.items() if those] == []
