from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.cli.running import CommandLine
from tests.cli.test_admin import imported
from tests.support import postgres


def test_an_archive_moves_to_postgresql_and_back(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    run.succeeds("subscribe", "ada@example.com", "--confirmed")
    there, back = postgres.database_of(tmp_path / "there"), f"sqlite:///{tmp_path / 'back.db'}"
    listed = run.succeeds("comparisons", "--full", "--json").out
    done = run.succeeds("migrate", "--to", there)
    assert "tables moved, each compared by hash" in done.out
    assert "vendors: 1 row, all" in done.err
    assert f" of {done.err.count(', all')} tables " in done.out
    assert run.succeeds("migrate", "--database", there, "--to", back).out == done.out
    found = run.succeeds("search", "24 months", "--json").out
    for url in (there, back):
        assert run.succeeds("search", "24 months", "--json", "--database", url).out == found
        assert run.succeeds("comparisons", "--full", "--json", "--database", url).out == listed
        assert run.succeeds("verify", "--deep", "--database", url).code == 0
        assert "ada@example.com" in run.succeeds("subscriptions", "--database", url).out


def test_a_full_database_is_wrong_use(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    to = f"sqlite:///{tmp_path / 'to.db'}"
    run.succeeds("migrate", "--to", to)
    done = run("migrate", "--to", to)
    assert (done.code, done.failure) == (2, f"{to}: holds an archive already; name an empty database")


def test_a_database_of_no_file_is_not_moved_to(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    done = run("migrate", "--to", "sqlite:///")  # would be forgotten with the process
    assert (done.code, done.failure.partition(";")[0]) == (2, "sqlite:///: names no file")


@pytest.mark.parametrize(
    ("user", "path", "said"),
    [
        ("nobody", None, 'role "nobody" does not exist; check the user in the URL, or create the role'),
        (None, "/absent", 'database "absent" does not exist; check the name in the URL, or create the database'),
    ],
)
def test_who_cannot_enter_postgresql_is_told_what_to_do(
    run: CommandLine, tmp_path: Path, *, user: str | None, path: str | None, said: str
) -> None:
    parts = urlsplit(postgres.bare_database(tmp_path))
    login = f"{user}:hidden@" if user else parts.netloc
    url = urlunsplit(parts._replace(netloc=login, path=path or parts.path))
    done = run("documents", "--database", url)
    assert (done.code, done.failure.endswith(said), "hidden" in done.failure) == (1, True, False)


def test_a_postgresql_that_is_not_running_is_said(run: CommandLine, tmp_path: Path) -> None:
    done = run("documents", "--database", "postgresql+psycopg://ada:hidden@127.0.0.1:1/x")
    assert done.code == 1
    assert done.failure.startswith("postgresql+psycopg://ada:***@127.0.0.1:1/x: connection failed")
    assert done.failure.endswith("refused; start the server, or check host and port in the URL")
    done = run("documents", "--database", f"postgresql:///x?host={tmp_path}")
    assert done.code == 1
    assert done.failure.endswith("No such file or directory; start the server, or check host and port in the URL")


def test_a_postgresql_that_does_not_answer_is_said(run: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        done = run("documents", "--database", f"postgresql://ada:hidden@{place}/x?connect_timeout=2")
    assert done.code == 1
    assert done.failure.endswith("connection timeout expired; start the server, or check host, port and network")
