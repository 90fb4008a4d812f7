"""Every mail in a real Chromium: light, dark and without its <style>, on a phone and on a desk."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.notifier.samples import mails, part_of, received

pytestmark = pytest.mark.once
CHROMIUM = shutil.which("chromium")
PAGES = {name: part_of(received(message), "html") for name, message in mails().items()}
WIDTHS = (375, 1000)
READABLE = 4.5  # WCAG 2.2, 1.4.3: contrast of text with what is behind it

# for each run of text: its contrast with the nearest ground that is painted, if that is less than wanted
_PALE = """
wanted => {
  const light = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const read = color => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const color = read(getComputedStyle(element).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), pale = [];
  for (let node; (node = walker.nextNode()); ) {
    if (!node.data.trim()) continue;
    const ink = luminance(read(getComputedStyle(node.parentElement).color));
    const paper = luminance(ground(node.parentElement));
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < wanted) pale.push(`${contrast.toFixed(1)}: ${node.data.trim()}`);
  }
  return pale;
}
"""
_WIDEST = "() => document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark", "without style"])
def test_every_mail_is_readable_and_no_wider_than_the_screen(browser: Browser, scheme: Any) -> None:
    is_plain = scheme == "without style"
    asked: list[str] = []
    for width in WIDTHS:
        page = browser.new_page(
            viewport={"width": width, "height": 600}, color_scheme="light" if is_plain else scheme,
            java_script_enabled=True,
        )  # fmt: skip
        page.on("request", lambda request: asked.append(request.url))
        for name, html in PAGES.items():
            page.set_content(re.sub(r"(?s)<style>.*?</style>", "", html) if is_plain else html)
            assert page.evaluate(_PALE, READABLE) == [], (name, width)
            assert page.evaluate(_WIDEST) <= width, name
        page.close()
    assert asked == []  # nothing is fetched to show a mail


def test_the_dark_scheme_is_dark(browser: Browser) -> None:
    page = browser.new_page(color_scheme="dark")
    for html in PAGES.values():
        page.set_content(html)
        grounds = page.evaluate("() => [...document.querySelectorAll('body, .sheet')].map("
                                "each => getComputedStyle(each).backgroundColor)")  # fmt: skip
        assert all(max(map(int, re.findall(r"\d+", ground))) < 64 for ground in grounds)
    page.close()
