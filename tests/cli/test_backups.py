from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import CommandLine
from tests.cli.test_admin import imported
from tests.support.scenario import archive_of


def test_a_backup_is_restored_into_an_empty_home(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    run.succeeds("verify")  # signs a head, with a key that is made now
    kept, other = tmp_path / "kept", CommandLine(tmp_path / "other")
    done = run.succeeds("backup", kept)
    assert done.out == f"{kept}: 1 document, 2 snapshots, 0 subscriptions, 2 bodies, 2 of them new\n"
    assert "keep it where only you may" in done.err
    assert run.succeeds("restore", kept, "--check").out.startswith(f"{kept}: is whole, of 20")
    restored = other.succeeds("restore", kept)
    assert restored.out.startswith(f"{kept}: restored as of ")
    listed = (("comparisons", "--full", "--json"), ("snapshots", "--json"), ("search", "24 months", "--json"))
    for words in (*listed, ("verify", "--deep")):
        assert other.succeeds(*words).out == run.succeeds(*words).out
    assert run("restore", kept).code == 2


def test_a_secret_that_is_a_setting_is_to_be_kept_apart(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    assert "CLAUSEWATCH_SECRET is not in it" in run.succeeds("backup", tmp_path / "kept", secret="s" * 40).err


def test_a_body_that_is_gone_is_said_and_is_a_failure(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    (_, second) = run.succeeds("snapshots", "--json").rows  # which leans on the first
    (run.home / "blobs" / second["sha256"][:2] / second["sha256"][2:]).unlink()
    done = run("backup", tmp_path / "kept")
    assert (done.code, second["sha256"] in done.out) == (1, True)
    assert done.failure == "1 body could not be read and so left out; see clausewatch verify"
    restored = CommandLine(tmp_path / "other")("restore", tmp_path / "kept")
    assert restored.code == 1
    assert restored.failure == "all of the backup was restored, with 1 fault in it"


def test_a_backup_where_no_folder_can_be_is_wrong_use(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    done = run("backup", "/proc/kept")
    assert done.code == 2
    assert done.failure.startswith("/proc/kept: cannot be made (")


def test_a_file_is_no_backup(run: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a note")
    assert "holds no backup" in run("restore", "--check", tmp_path / "kept").failure


def test_what_is_no_backup_restores_nothing(run: CommandLine, tmp_path: Path) -> None:
    done = run("restore", tmp_path / "nothing")
    assert (done.code, "holds no backup" in done.failure) == (1, True)
    assert not run.home.exists()


@pytest.mark.sqlite
@pytest.mark.parametrize("schema", ["0003", "9999"])
def test_nothing_is_restored_over_an_archive_of_another_schema(run: CommandLine, tmp_path: Path, schema: str) -> None:
    imported(run, tmp_path)
    run.succeeds("backup", tmp_path / "kept")
    other = CommandLine(tmp_path / "other")
    other.begin()
    with archive_of(other.home) as archive, archive.write() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{schema}'")
    done = other("restore", tmp_path / "kept")
    assert (done.code, "holds an archive already; name an empty database" in done.failure) == (2, True)
    assert not list((other.home / "blobs").glob("*/*"))


def test_a_backup_of_a_newer_clausewatch_is_refused_before_anything_is_written(
    run: CommandLine, tmp_path: Path
) -> None:  # fmt: skip
    imported(run, tmp_path)
    run.succeeds("backup", tmp_path / "kept")
    manifest = tmp_path / "kept" / "clausewatch-backup.json"
    written = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(written | {"schema": "9999"}))
    other = CommandLine(tmp_path / "other")
    for words in (("restore", tmp_path / "kept"), ("restore", tmp_path / "kept", "--check")):
        done = other(*words)
        assert done.code == 1
        assert "its schema 9999 is newer than this Clausewatch" in done.failure
        assert done.failure.endswith("; upgrade Clausewatch")
    assert not other.home.exists()
