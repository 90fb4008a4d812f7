"""Colours and width on a real terminal, and where there is none."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.once, pytest.mark.slow]
CLAUSEWATCH = str(Path(sys.executable).with_name("clausewatch"))
PLAIN = {"NO_COLOR": "", "FORCE_COLOR": "", "TERM": "xterm"}


def on_a_terminal(*words: object, **environ: str) -> str:
    """What a terminal of 60 columns is sent."""
    ours, theirs = pty.openpty()
    env = os.environ | PLAIN | {"COLUMNS": "60"} | environ
    with subprocess.Popen([CLAUSEWATCH, *map(str, words)], stdout=theirs, env=env) as child:
        os.close(theirs)
        received = b""
        while piece := _read(ours):
            received += piece
        os.close(ours)
    assert child.returncode == 0
    return received.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux says that nobody writes to it any more
        return b""


def test_a_terminal_has_colours_and_its_width(pages: tuple[Path, Path]) -> None:
    shown = on_a_terminal("diff", *pages)
    assert "\x1b[31;9m18\x1b[0m\x1b[32;4m24\x1b[0m" in shown
    assert "[-18-]" not in shown


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_are_left_out_where_they_are_not_wanted(pages: tuple[Path, Path], environ: dict[str, str]) -> None:
    shown = on_a_terminal("diff", *pages, **environ)
    assert "\x1b" not in shown
    assert "[-18-]{+24+}" in shown
    assert max(map(len, shown.splitlines())) <= 60


def test_a_pipe_has_colours_only_where_they_are_forced(pages: tuple[Path, Path]) -> None:
    for environ, has_colours in (({}, False), ({"FORCE_COLOR": "1"}, True)):
        command = [CLAUSEWATCH, "diff", *map(str, pages)]
        done = subprocess.run(
            command, env=os.environ | PLAIN | environ, capture_output=True, text=True, timeout=60, check=True
        )
        assert ("\x1b" in done.stdout) is has_colours
