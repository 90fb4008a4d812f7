"""What `deploy/` starts can be started: its commands, options, settings and files exist.

No container engine and no systemd runs here: the files are read, not executed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml  # type: ignore[import-untyped]  # it ships no types

from clausewatch import settings
from clausewatch.cli import _add_commands, app

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = sorted((DEPLOY / "compose").glob("*.yaml"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
FILES = [DEPLOY / "Containerfile", *COMPOSE, *UNITS]


def runs() -> Iterator[tuple[str, list[str]]]:
    """Where a command line of ours stands, and the words after ``clausewatch``."""
    for path in COMPOSE:
        for name, service in yaml.safe_load(path.read_text())["services"].items():
            if service.get("image") == "clausewatch":
                yield f"{path.name}:{name}", service["command"]
    for path in UNITS:
        (line,) = re.findall(r"^ExecStart=(.*)$", path.read_text(), re.MULTILINE)
        program, *words = shlex.split(line)
        assert program.endswith("/bin/clausewatch")
        yield path.name, words
    (command,) = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    yield "Containerfile", yaml.safe_load(command)


@pytest.mark.parametrize(("where", "words"), list(runs()))
def test_every_command_line_is_one_of_ours(where: str, words: list[str]) -> None:
    _add_commands()
    group: Any = typer.main.get_command(app)
    with group.make_context("clausewatch", list(words), resilient_parsing=False) as context:
        name, command, rest = group.resolve_command(context, context._protected_args + context.args)
        command.make_context(name, list(rest), parent=context)  # raises where an option or argument is unknown


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_is_one_of_ours(path: Path) -> None:
    named = set(re.findall(r"CLAUSEWATCH_([A-Z_]+)\b", path.read_text()))
    known = settings.NAMES | {f"{name}_FILE" for name in settings.SECRETS}
    assert named - known == set()


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_what_a_service_uses_is_declared(path: Path) -> None:
    stack = yaml.safe_load(path.read_text())
    for service in stack["services"].values():
        assert set(service.get("secrets", ())) <= set(stack["secrets"])
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(stack["volumes"])
        assert set(service.get("depends_on", ())) <= set(stack["services"])
        if build := service.get("build"):
            context = (path.parent / build["context"]).resolve()
            assert (context / build["dockerfile"]).is_file()


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_pages_behind_a_proxy_know_their_visitors_and_nobody_else_reaches_them(path: Path) -> None:
    serving = [each for each in yaml.safe_load(path.read_text())["services"].values() if "ports" in each]
    assert serving
    for service in serving:
        assert service["environment"]["FORWARDED_ALLOW_IPS"] == "*"
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_the_image_takes_along_what_it_copies() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert [name for name in kept if not (ROOT / name).exists()] == []
    copied = re.findall(r"^COPY (?!--from)(\S+)", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    assert {name for name in copied if name != "."} <= set(kept)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_no_unit_runs_as_root_or_writes_where_it_should_not(path: Path) -> None:
    unit = path.read_text()
    assert re.search(r"^User=clausewatch$", unit, re.MULTILINE)
    assert "ProtectSystem=strict" in unit
    assert "NoNewPrivileges=yes" in unit
