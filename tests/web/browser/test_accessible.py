"""Pages that everybody can use: no violation that axe finds, all by keyboard, nothing told by colour alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web.browser.world import World

pytestmark = [pytest.mark.once, pytest.mark.slow]

OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
CONTROLS = "a[href], button, input, select, summary, [tabindex='0']"
LISTEN = """controls => {
  const isStop = each => each.checkVisibility() && each.type !== 'hidden' && !(each.type === 'radio' && !each.checked);
  const stops = [...document.querySelectorAll(controls)].filter(isStop);
  window.reached = [];
  document.addEventListener('focusin', event => {
    const style = getComputedStyle(event.target), place = event.target.getBoundingClientRect();
    const isDrawn = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const isInView = place.bottom > 0 && place.top < innerHeight && place.right > 0 && place.left < innerWidth;
    reached.push({number: stops.indexOf(event.target), isSeen: isDrawn && isInView, html: event.target.outerHTML});
  });
  return stops.length;
}"""
"""Counts the controls that a keyboard should reach, and from then on notes which it does."""

SAME = ("5 MB", "10,000 blocks", "markup", "huge words", "many")
"""Only more of the same for axe, which looks at each element against all others."""


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
        if not place.startswith(SAME):
            page.goto(path)
            page.evaluate(OPEN_ALL)
            yield place


def test_axe_finds_no_violation_on_any_page(world: World, page: Page) -> None:
    found = {place: violations(page) for place in pages_looked_at(world, page)}
    page.goto(world.places["looms: comparison"])
    page.get_by_label("Side by side").check()
    found["side by side"] = violations(page)
    assert len(found) > 30
    assert [f"{place}: {those}" for place, those in found.items() if those] == []


def test_axe_finds_no_faint_text_in_the_dark(world: World, page: Page) -> None:
    page.emulate_media(color_scheme="dark")  # of what axe looks at only colours change
    found = {place: violations(page, "color-contrast") for place in pages_looked_at(world, page)}
    assert [f"{place}: {those}" for place, those in found.items() if those] == []


def test_axe_finds_no_violation_while_two_days_are_compared(world: World, page: Page) -> None:
    path = world.places["many: document"].replace("/documents/", "/compare/")
    today = datetime.now(UTC)
    days = [f"{today - timedelta(days=number):%Y-%m-%d}" for number in range(350, 20, -30)]
    # the first of them waits for the process that compares to start
    answers = (page.request.get(f"{path}?from={day}&to={today:%Y-%m-%d}", max_redirects=0) for day in days)
    waiting = next(each for each in answers if each.status == 202)
    page.goto(world.places["home"])
    page.set_content(waiting.text())  # and not its header, which would have it replaced
    expect(page.get_by_role("status")).to_contain_text("being compared")
    expect(page.get_by_role("heading", name="Changes that matter")).to_be_visible()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []


def test_axe_finds_no_violation_where_a_form_leads(world: World, page: Page) -> None:
    page.goto(world.places["confirm and erase"])
    found = {}
    for button, heading in (
        ("Confirm", "The subscription is confirmed"), ("Erase", "Everything is erased"),
        ("What would this have sent", "Hear of changes by mail"), ("Subscribe", "Look into your mail"),
        ("Leave", "You have left the subscription"), ("Compare", "Compare two texts"),
    ):  # fmt: skip
        _fill_in(world, page, button)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        page.evaluate(OPEN_ALL)
        found[heading] = violations(page)
    assert [f"{heading}: {those}" for heading, those in found.items() if those] == []


def _fill_in(world: World, page: Page, button: str) -> None:
    """Come to the form with that button, and fill in what it needs."""
    match button:
        case "Erase":
            page.get_by_role("link", name="Look at the subscription").click()
            page.locator("summary", has_text="Your data").click()
            page.get_by_label("End all subscriptions").check()
        case "What would this have sent":
            page.goto(world.places["subscribe"])
            page.get_by_label("Mail address").fill("una@example.com")
        case "Leave":
            page.goto(world.places["leave"])
        case "Compare":
            page.goto(world.places["diff"])  # nothing filled in: what is wrong stands above the form


@pytest.mark.parametrize(
    "place",
    ["home", "looms: vendor", "looms: document", "looms: version", "looms: comparison", "looms: blame", "found",
     "subscribe", "manage", "diff", "status"],
)  # fmt: skip
def test_every_control_is_reached_by_the_keyboard_in_its_order_and_is_seen(
    world: World, page: Page, place: str
) -> None:
    page.goto(world.places[place])
    expected: int = page.evaluate(LISTEN, CONTROLS)
    assert expected > 5
    for _ in range(expected + 4 * page.locator("input[type=date]").count()):  # day, month, year, calendar
        page.keyboard.press("Tab")
    reached: list[dict[str, Any]] = page.evaluate("reached")
    assert [each["number"] for each in reached[:expected]] == list(range(expected))
    assert [each for each in reached if not each["isSeen"]] == []


def test_the_first_control_skips_to_the_content(world: World, page: Page) -> None:
    page.goto(world.places["looms: document"])
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    expect(page.locator(":focus")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("main").locator("a").first).to_be_focused()


def test_changes_are_not_told_by_colour_alone(world: World, page: Page) -> None:
    page.goto(world.places["looms: comparison"])
    for tag, word, line in (("del", "removed", "line-through"), ("ins", "added", "underline")):
        drawn = page.locator(f".inline {tag}").first.evaluate(
            "each => [getComputedStyle(each, '::before').content, getComputedStyle(each).textDecorationLine]"
        )
        assert drawn == [f'" {word}: "', line]
    page.goto(world.places["looms: document"])
    severities = [text.strip() for text in page.locator(".changes .severity").all_inner_texts()]
    assert severities
    assert set(severities) <= {"low", "medium", "high", "critical", "not material"}
    bars = page.locator(".timeline a", has=page.locator(".bar"))
    names = [bars.nth(number).text_content() or "" for number in range(bars.count())]
    assert names
    assert all(" change" in name for name in names)
