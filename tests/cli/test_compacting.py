from __future__ import annotations

from pathlib import Path

from tests.cli.running import CommandLine
from tests.cli.test_admin import imported


def test_compacting_says_what_was_saved(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    done = run.succeeds("compact")
    assert done.out.startswith("2 bodies: 0.00 MB, were 0.00 MB; on disk 0.01 MB, were 0.01 MB")
    assert run.succeeds("verify", "--deep").out == "all is as it was stored\n"


def test_a_body_that_cannot_be_read_is_said_and_is_a_failure(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    (_, second) = run.succeeds("snapshots", "--json").rows
    path = run.home / "blobs" / second["sha256"][:2] / second["sha256"][2:]
    path.write_bytes(path.read_bytes()[:-3])
    done = run("compact")
    assert done.code == 1
    assert done.failure == "1 body not to be read, and left as stored; see clausewatch verify --deep"
