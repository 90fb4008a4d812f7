"""Where the browser is looked for, and what is said where it is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crawler.browser.chromium import INSTALL_CHROMIUM, environment, find_chromium, switches, what_is_missing


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "chromium"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_browser_is_found_by_its_usual_names(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program.parent))  # what a machine has installed
    assert find_chromium() == [str(program)]
    program.rename(program.with_name("google-chrome"))
    assert find_chromium() == [str(program.with_name("google-chrome"))]
    program.with_name("google-chrome").unlink()
    assert find_chromium() is None
    assert INSTALL_CHROMIUM in (what_is_missing() or "")


def test_a_browser_that_is_named_comes_with_its_switches(program: Path) -> None:
    assert find_chromium(f"{program} --no-sandbox") == [str(program), "--no-sandbox"]
    assert find_chromium("/nowhere/chromium") is None
    assert "/nowhere/chromium is no program" in (what_is_missing("/nowhere/chromium") or "")


@pytest.mark.parametrize("chosen", ["'unclosed", "''", "  "])
def test_a_setting_that_names_nothing_is_said_to(chosen: str) -> None:
    assert what_is_missing(chosen)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is without Chromium's sandbox")
def test_root_is_told_to_use_another_user(program: Path) -> None:
    assert "as another user" in (what_is_missing(str(program)) or "")
    assert what_is_missing(f"{program} --no-sandbox") is None


def test_everything_goes_through_the_proxy_and_nothing_is_kept(tmp_path: Path) -> None:
    given = switches(4321)
    assert "--proxy-server=http://127.0.0.1:4321" in given
    assert "--proxy-bypass-list=<-loopback>" in given
    assert not any(switch.startswith("--remote-debugging-port") or "no-sandbox" in switch for switch in given)
    kept = environment(tmp_path)
    assert kept["HOME"] == kept["TMPDIR"] == str(tmp_path)
    assert not any(name.upper().endswith("_PROXY") or name.startswith("CLAUSEWATCH") for name in kept)
