"""A reader's walk through the pages, in a real browser without scripts, with mail over real SMTP."""

from __future__ import annotations

import email.policy
import re
import time
from collections.abc import Iterator
from email.parser import BytesParser
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browser.world import World

pytestmark = [pytest.mark.once, pytest.mark.slow]

GRACE = "grace.walks@example.com"
LONGEST_SECONDS = 60.0
RETENTION = "24 months"


@pytest.fixture
def page(world: World, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, base_url=world.url)
    yield context.new_page()
    context.close()


def link_in_mail(world: World, purpose: str) -> str:
    """The link for that purpose in her newest mail."""
    mail = BytesParser(policy=email.policy.default).parsebytes(mails_to_grace(world)[-1])
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"{re.escape(world.url)}/{purpose}/\S+", body.get_content())
    assert found
    return found[0]


def mails_to_grace(world: World) -> list[bytes]:
    """Others may get theirs late, of what was asked for in other tests."""
    found = zip(world.postbox.mails, world.postbox.recipients, strict=False)
    return [mail for mail, recipients in found if recipients == [GRACE]]


def await_mail(world: World, page: Page, *, count: int) -> None:
    """Mails leave after the answer: look for them while the browser goes on."""
    until = time.monotonic() + LONGEST_SECONDS
    while len(mails_to_grace(world)) < count:
        assert time.monotonic() < until, f"{len(mails_to_grace(world))} mails came, not {count}"
        page.wait_for_timeout(50)


def test_a_reader_finds_a_vendor_and_follows_a_finding_to_its_quote(world: World, page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Vendors").first.click()
    page.get_by_role("link", name="Tidewater Looms").click()
    page.get_by_role("link", name="Privacy Policy", exact=True).click()
    expect(page.get_by_role("group", name="Timeline", exact=True)).to_be_visible()
    page.locator(".timeline a", has=page.locator(".bar")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tidewater Looms: Privacy Policy")
    page.get_by_role("link", name="Privacy Policy", exact=True).click()

    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Made for the moment")).to_be_visible()
    finding = page.locator(".finding", has_text=RETENTION)
    quote = finding.locator("blockquote.is q").inner_text()
    assert RETENTION in quote
    into_text = finding.locator("blockquote.is").get_by_role("link", name="in the text")
    into_text.click()
    target = page.locator(":target")
    expect(target).to_be_in_viewport()
    expect(target.locator("ins", has_text="24")).to_be_visible()
    page.get_by_label("Side by side").check()
    into_text.click()  # now the link to the other layout
    expect(target).to_be_in_viewport()
    expect(target.locator(".is ins", has_text="24")).to_be_visible()
    finding.get_by_role("link", name="How long we keep data").click()
    expect(target.locator(".side ins", has_text="24")).to_be_visible()
    expect(target.locator(".inline ins", has_text="24")).to_be_hidden()


def test_a_reader_searches_and_lands_on_the_paragraph(world: World, page: Page) -> None:
    page.goto("/")
    page.get_by_label("Search in all versions").fill("brightmetrics")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Tidewater Looms: Privacy Policy").first.click()
    expect(page.locator(":target")).to_contain_text("Brightmetrics")
    expect(page.locator(":target")).to_be_in_viewport()


def test_a_reader_subscribes_confirms_changes_the_rule_and_leaves(world: World, page: Page) -> None:
    page.goto("/vendors/tidewater-looms")
    page.get_by_role("link", name="Hear of changes by mail").click()
    expect(page.get_by_label("Tidewater Looms")).to_be_checked()
    page.get_by_label("Mail address").fill(GRACE)
    page.get_by_role("button", name="What would this have sent").click()
    expect(page.get_by_text("2 mails since")).to_be_visible()
    expect(page.get_by_label("Mail address")).to_have_value(GRACE)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()

    await_mail(world, page, count=1)
    page.goto(link_in_mail(world, "confirm"))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="The subscription is confirmed")).to_be_visible()

    page.get_by_role("link", name="Look at the subscription").click()
    page.locator("summary", has_text="Change what you hear of").click()
    page.get_by_label("Least severity").select_option("critical")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("status")).to_contain_text("Changed.")
    expect(page.get_by_label("Least severity")).to_have_value("critical")

    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="You have left the subscription")).to_be_visible()
    await_mail(world, page, count=2)  # the goodbye
    assert urlsplit(page.url).path.startswith("/unsubscribe/")


def test_a_reader_compares_two_files_for_the_moment(world: World, page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Compare").click()
    files = page.get_by_role("group", name="Two files")
    for name, months in (("Before", 18), ("After", 36)):
        text = f"Privacy\n\nWe keep your order history for {months} months after your last order."
        files.get_by_label(name).set_input_files(
            {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": text.encode()}
        )
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Compared for the moment")).to_be_visible()
    expect(page.locator(".finding")).to_contain_text("36 months")
