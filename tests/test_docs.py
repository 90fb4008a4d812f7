"""The docs name every setting, every command and every rule."""

from __future__ import annotations

import re
from pathlib import Path

import typer.main
from fastapi.routing import APIRoute

from clausewatch import settings
from clausewatch.cli import _add_commands, app
from clausewatch.web import ROUTERS, api_oneoff

DOCS = Path(__file__).resolve().parents[1] / "docs"


def commands() -> set[str]:
    if not app.registered_commands:
        _add_commands()
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for group in app.registered_groups:
        assert group.typer_instance is not None
        names |= {
            f"{group.name} {command.name or command.callback.__name__}"
            for command in group.typer_instance.registered_commands
            if command.callback
        }
    return names


def test_every_setting_has_a_row() -> None:
    rows = set(re.findall(r"^\| `CLAUSEWATCH_(\w+)`", (DOCS / "settings.md").read_text(), re.MULTILINE))
    assert rows == settings.NAMES


def test_secrets_that_may_come_from_files_are_marked() -> None:
    marked = set(re.findall(r"^\| `CLAUSEWATCH_(\w+)` \*", (DOCS / "settings.md").read_text(), re.MULTILINE))
    assert marked == settings.SECRETS


def test_every_command_is_told_of() -> None:
    told = (DOCS / "commands.md").read_text()
    missing = {name for name in commands() if not re.search(rf"`{name}\b", told)}
    assert not missing


def test_every_call_of_the_api_is_told_of() -> None:
    told = (DOCS / "api.md").read_text() + (DOCS / "subscribing.md").read_text().replace("TOKEN", "{token}")
    routers = (*ROUTERS, api_oneoff.router)
    calls = {
        f"{method} {route.path}"
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.path.startswith("/api/")
        for method in route.methods or ()
    }
    assert len(calls) > 20
    assert {call for call in calls if f"`{call}`" not in told} == set()


def test_the_command_line_can_be_built() -> None:
    commands()
    assert typer.main.get_command(app).name == "clausewatch"


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (DOCS / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_links_between_docs_lead_somewhere() -> None:
    root = DOCS.parent
    pages = [*DOCS.rglob("*.md"), *root.glob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert not broken
