"""One archive, one serving process and one browser for all tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from crawler.browser.chromium import find_chromium
from tests.web.browser.world import World, served_world

LONGEST_SECONDS = 60.0  # for what is to be seen: Playwright's five are short where a process has to start for it


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Not to be changed but by the walk, which has an address of its own."""
    with served_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real Chromium. Of this folder alone: while it runs, no other test may start a loop of its own."""
    command = find_chromium()
    if command is None:
        pytest.skip("there is no Chromium on this machine")
    expect.set_options(timeout=LONGEST_SECONDS * 1000)
    with sync_playwright() as playwright:
        # tests run as root, which has no sandbox in Chromium
        browser = playwright.chromium.launch(executable_path=command[0], args=[*command[1:], "--no-sandbox"])
        yield browser
        browser.close()
