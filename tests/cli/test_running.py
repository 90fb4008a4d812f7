"""What every command does before it does its own: where is the archive, and how is it told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import inspect

from archive.database import open_engine
from tests.cli.running import CommandLine
from tests.support import postgres
from tests.support.scenario import policy

NEEDS_ONE = ["verify", "backup {dest}", "compact"]


@pytest.mark.parametrize("command", NEEDS_ONE)
@pytest.mark.sqlite
def test_where_no_archive_is_none_is_made_to_be_kept(run: CommandLine, tmp_path: Path, command: str) -> None:
    done = run(*command.format(dest=tmp_path / "dest").split())
    assert (done.code, done.out) == (1, "")
    assert done.failure == (
        f"no archive at {run.home / 'clausewatch.db'}; set CLAUSEWATCH_HOME or --database to where it is, "
        "or begin one with clausewatch add"
    )
    assert not run.home.exists()
    assert not (tmp_path / "dest").exists()


def test_a_file_without_anything_in_it_is_no_archive_either(run: CommandLine) -> None:
    empty = run.home.parent / "empty.db"
    empty.touch()
    assert run("verify", "--database", f"sqlite:///{empty}").failure.startswith(f"no archive at {empty}; ")
    assert empty.stat().st_size == 0
    said = run.succeeds("documents", "--database", f"sqlite:///{empty}").err
    assert f"an archive was begun at {empty}" in said.splitlines()
    run.succeeds("verify", "--database", f"sqlite:///{empty}")


def test_a_database_without_tables_is_no_archive_either(run: CommandLine) -> None:
    url = postgres.bare_database(run.home)
    done = run("verify", "--database", url)
    assert (done.code, done.failure.startswith("no archive at postgresql://")) == (1, True)
    engine = open_engine(url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize(
    "command",
    [
        "documents", "search words", "crawl", "deliver",
        "add https://kites.example/privacy", "import file {page} --vendor Kites", "token add status",
        "subscribe a@kites.example --confirmed", "suppress a@kites.example",
    ],
)  # fmt: skip
@pytest.mark.sqlite
def test_an_archive_that_is_made_is_said_once(run: CommandLine, tmp_path: Path, command: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(policy())
    words = command.format(page=page).split()
    said = f"an archive was begun at {run.home / 'clausewatch.db'}"
    assert said in run(*words).err.splitlines()
    assert said not in run(*words).err


def test_wrong_use_is_said_before_that_no_archive_is_there(run: CommandLine) -> None:
    for words in ("comparisons --state odd", "findings --since soon", "search words --kind odd", "ledger --kind odd"):
        assert run(*words.split()).code == 2
    assert "no such file" in run("show", "old/kites.html").failure


@pytest.mark.parametrize(
    "command",
    [
        "documents", "verify", "verify --deep", "backup {dest}", "compact", "migrate", "rebuild", "export csv {dest}",
        "export jsonl {dest}", "import file {page} --vendor Gullwing", "restore {dest} --check", "doctor", "nonsense",
        "show kites/nothing", "documents --nonsense", "deliver", "add https://gullwing.example/privacy",
    ],
)  # fmt: skip
def test_a_log_in_json_is_all_that_is_on_standard_error(run: CommandLine, tmp_path: Path, command: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(policy())
    run.succeeds("import", "file", page, "--vendor", "Kites")
    words = command.format(dest=tmp_path / "dest", page=page).split()
    lines = [json.loads(line) for line in run(*words, log="json").err.splitlines()]
    assert all({"at", "level", "event"} <= set(line) for line in lines)
    assert lines or command.split()[0] in ("documents", "migrate", "deliver", "export")


def test_the_level_holds_for_every_command(run: CommandLine, tmp_path: Path) -> None:
    run.begin()
    done = run.succeeds("backup", tmp_path / "kept", log="json", log_level="warning")
    assert (done.err, done.out != "") == ("", True)
    lines = [json.loads(line) for line in run.succeeds("verify", log="json", log_level="debug").err.splitlines()]
    assert ("debug", "done", "verify") in {(line["level"], line["event"], line.get("job")) for line in lines}


def test_a_log_may_be_asked_for_in_a_file(run: CommandLine, tmp_path: Path) -> None:
    config = tmp_path / "clausewatch.toml"
    config.write_text('log = "json"\n')
    run.begin()
    (line,) = run("show", "kites/privacy", "--config", config).err.splitlines()
    assert json.loads(line)["event"].startswith("kites/privacy: no such document")
