from __future__ import annotations

from pathlib import Path

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
    assert "vendors: 1 rows, all" in done.err
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
