"""Policies that were written to break a page: nothing runs, nothing is fetched, and the layout holds on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.web.browser.world import World

pytestmark = [pytest.mark.once, pytest.mark.slow]

NARROW = 320  # CSS pixels: WCAG 1.4.10 wants reflow down to it; phones have 360 and more
TOO_LARGE = ("5 MB: blame", "10,000 blocks: blame")  # the browser takes many seconds to lay out 65,000 sentences
LOOK = """() => ({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  landmarks: ['header', 'main', 'footer'].filter(name => document.querySelectorAll(`body > ${name}`).length === 1),
  foreign: document.querySelectorAll('script, style, iframe, base, object, main img, main [onload]').length,
  links: [...document.links].map(each => each.protocol).filter(each => !/^https?:$/.test(each)),
  shown: document.body.checkVisibility(),
  title: document.title,
})"""


@dataclass
class Visit:
    """A page that scripts may run in, and what it asked for."""

    page: Page
    asked: list[str] = field(default_factory=list)

    def note(self, request: Request) -> None:
        self.asked.append(request.url)


@pytest.fixture(scope="module")
def visit(world: World, browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(
        base_url=world.url, viewport={"width": NARROW, "height": 700},
        extra_http_headers={"Authorization": f"Bearer {world.token}"},
    )  # fmt: skip
    visit = Visit(context.new_page())
    context.on("request", visit.note)
    yield visit
    context.close()


def test_no_page_runs_anything_or_is_wider_than_a_phone(world: World, visit: Visit) -> None:
    for place, path in world.places.items():
        if place in TOO_LARGE:
            continue
        visit.page.goto(path)
        seen = visit.page.evaluate(LOOK)
        title = seen.pop("title")
        assert title.endswith(" · Clausewatch"), place
        assert seen == {
            "overflow": 0, "landmarks": ["header", "main", "footer"], "foreign": 0, "links": [], "shown": True,
        }, place  # fmt: skip
    assert [url for url in visit.asked if not url.startswith(world.url)] == []


def test_a_change_that_no_rule_can_read_is_not_called_immaterial(world: World, visit: Visit) -> None:
    visit.page.goto(world.places["right to left: comparison"])
    findings = visit.page.get_by_role("region", name="Findings")
    expect(findings).to_contain_text("no rules for this language")
    expect(findings).not_to_contain_text("No material change")
