from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import CommandLine
from tests.support.scenario import policy

COMMANDS = [
    "add", "backfill", "blame", "comparisons", "confirm", "crawl", "deliver", "demo", "diff", "doctor", "documents",
    "evaluate", "export", "findings", "import", "ledger", "migrate", "preview", "rebuild", "serve", "show",
    "snapshots", "subscribe", "subscriptions", "unsubscribe", "verify", "versions",
]  # fmt: skip


def test_help_names_every_command(run: CommandLine) -> None:
    done = run.succeeds("--help")
    assert [name for name in COMMANDS if f" {name} " in done.out] == COMMANDS
    assert done.err == ""
    assert not run.home.exists()


@pytest.mark.parametrize("name", [*COMMANDS, "import warc", "import file", "import ota", "export jsonl"])
def test_every_command_has_help_and_the_shared_options(run: CommandLine, name: str) -> None:
    done = run.succeeds(*name.split(), "--help")
    assert f"Usage: clausewatch {name}" in done.out
    if name not in ("import", "export"):
        assert {word for word in ("--database", "--config", "--debug") if word in done.out} == {
            "--database", "--config", "--debug",
        }  # fmt: skip


@pytest.mark.parametrize("command", ["diff", "show"])
def test_help_tells_that_a_version_may_be_named_by_its_date(run: CommandLine, command: str) -> None:
    assert "VENDOR/DOCUMENT[@DATE]" in run(command, "--help").out


@pytest.mark.parametrize("words", ["", "import", "export"])
def test_without_a_command_help_is_shown(run: CommandLine, words: str) -> None:
    done = run(*words.split())
    assert done.code == 2
    assert "Usage: clausewatch" in done.out
    assert done.err == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense",), "No such command 'nonsense'; see --help"),
        (("diff", "--nonsense"), "No such option: --nonsense"),
        (("show",), "Missing argument 'WHAT'; see --help"),
        (("diff", "a", "b", "c"), "Got unexpected extra argument"),
        (("serve", "--port", "x"), "Invalid value for '--port'"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(run: CommandLine, words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert done.failure.startswith(said)


def test_debug_shows_the_trace_before_the_line(run: CommandLine) -> None:
    done = run("show", "nothing.html", "--debug")
    assert done.code == 2
    assert done.err.startswith("Traceback")
    assert done.failure.startswith("nothing.html: is no file that exists")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mail": "pigeon:"}, "CLAUSEWATCH_MAIL: 'pigeon' is no transport"),
        ({"public_url": "here"}, "CLAUSEWATCH_PUBLIC_URL: 'here' is no http(s) address"),
        ({"database_url": "nonsense"}, "'nonsense' is no database URL"),
        ({"allow_hosts": "127.0.0.1"}, "CLAUSEWATCH_ALLOW_HOSTS: '127.0.0.1' needs a port"),
    ],
)
def test_a_wrong_setting_is_wrong_use(run: CommandLine, settings: dict[str, str], said: str) -> None:
    done = run("documents", **settings)
    assert done.code == 2
    assert done.failure.startswith(said)


def test_settings_may_come_from_a_file(run: CommandLine, tmp_path: Path) -> None:
    config = tmp_path / "clausewatch.toml"
    config.write_text(f'database_url = "sqlite:///{tmp_path}/elsewhere.db"\n')
    run.succeeds("migrate", "--config", config)
    run.succeeds("documents", "--config", config)
    assert (tmp_path / "elsewhere.db").exists()
    assert not (run.home / "clausewatch.db").exists()


def test_a_database_may_be_named_by_any_command(run: CommandLine, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    page = tmp_path / "page.html"
    page.write_text(policy())
    run.succeeds("import", "file", page, "--vendor", "Kites", "--database", url)
    assert len(run.succeeds("documents", "--json", "--database", url).rows) == 1
    assert not (run.home / "clausewatch.db").exists()
