"""The real command, in processes of its own: what only a process can show."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clausewatch.demo import answers
from tests.cli.running import CommandLine
from tests.support import VendorSite, postgres
from tests.support.scenario import day, policy
from tests.support.warcs import warc_file

pytestmark = pytest.mark.slow
CLAUSEWATCH = str(Path(sys.executable).with_name("clausewatch"))


def environ(home: Path, **more: str) -> dict[str, str]:
    return (
        os.environ | postgres.environ_of(home) | {f"CLAUSEWATCH_{name.upper()}": value for name, value in more.items()}
    )


def called(
    home: Path, *words: object, before: Callable[[], None] | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CLAUSEWATCH, *map(str, words)], env=environ(home, **more), capture_output=True, text=True, timeout=120,
        preexec_fn=before,
    )  # fmt: skip


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    """Thirty captures, each with a text of its own, the last with bytes that no compression makes small."""
    path = tmp_path / "kites.warc.gz"
    with warc_file(path) as writer:
        for number in range(30):
            nonce = os.urandom(600_000).hex() if number == 29 else ""
            writer.response("https://kites.example/privacy", policy(months=number, nonce=nonce), at=day(3 * number))
    return path


def test_the_installed_command_and_the_module_are_one(tmp_path: Path, pages: tuple[Path, Path]) -> None:
    done = called(tmp_path, "diff", *pages, "--format", "json")
    module = subprocess.run(
        [sys.executable, "-m", "clausewatch", "diff", *map(str, pages), "--format", "json"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert module.stdout == done.stdout


def test_wrong_use_is_one_line_and_code_2(tmp_path: Path) -> None:
    done = called(tmp_path, "show", "nothing.html")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path, pages: tuple[Path, Path]) -> None:
    for page in pages:
        page.write_text(policy(extra="We explain it at length. " * 9000))
    command = [CLAUSEWATCH, "show", str(pages[0])]
    with subprocess.Popen(command, env=environ(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.read(10)
        child.stdout.close()
        said = child.stderr.read()
    assert (child.returncode, said) == (0, b"")


def test_a_reader_that_was_never_there_is_no_failure(kites: CommandLine) -> None:
    command = f"{CLAUSEWATCH} comparisons --full --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], env=environ(kites.home), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def no_file_over(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_is_said_and_the_import_goes_on_when_there_is_room(tmp_path: Path, warc: Path) -> None:
    home = tmp_path / "home"
    run = CommandLine(home)
    run.begin()
    done = called(home, "import", "warc", warc, before=no_file_over(500_000))
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("clausewatch: ")]
    assert "nothing of" in line
    assert "Traceback" not in done.stderr
    run.succeeds("verify", "--deep")
    assert len(run.succeeds("snapshots", "--json").rows) == 25
    assert run.succeeds("import", "warc", warc).out.startswith("5 new snapshots (25 known)")
    assert len(run.succeeds("snapshots", "--json").rows) == len(run.succeeds("versions", "--json").rows) == 30


def test_ctrl_c_says_that_what_was_done_is_kept(tmp_path: Path) -> None:
    with VendorSite() as site:
        site.publish("/privacy", policy())
        site.answer("/terms", answers.stall(600))
        for path in ("/privacy", "/terms"):
            assert called(tmp_path, "add", site.url(path), "--vendor", "Kites", allow_hosts=site.host).returncode == 0
        command, settings = [CLAUSEWATCH, "crawl"], environ(tmp_path, allow_hosts=site.host)
        with subprocess.Popen(command, env=settings, stderr=subprocess.PIPE, text=True) as child:
            assert child.stderr is not None
            assert child.stderr.readline().startswith("kites/privacy-policy: new snapshot")
            child.send_signal(signal.SIGINT)
            assert child.stderr.read() == "clausewatch: stopped; what was done is kept, run it again to go on\n"
    assert child.returncode == 130
    assert called(tmp_path, "snapshots", "--json").stdout.count("\n") == 1


@pytest.mark.parametrize("seconds", [0, 0.3, 3])
def test_ctrl_c_ends_several_processes_that_serve_without_a_trace(tmp_path: Path, seconds: float) -> None:
    command = [CLAUSEWATCH, "serve", "--port", "0", "--workers", "2", "--no-scheduler"]
    with subprocess.Popen(command, env=environ(tmp_path), stderr=subprocess.PIPE, text=True, process_group=0) as server:
        assert server.stderr is not None
        lines = iter(server.stderr.readline, "")
        assert any(line.startswith("pages at http://127.0.0.1:") for line in lines)
        time.sleep(seconds)  # while they are started, too
        os.killpg(server.pid, signal.SIGINT)  # as a terminal does
        assert "Traceback" not in server.stderr.read()  # which ends once nobody has it open: they are all gone
    assert server.returncode in (0, 130)


def test_a_crawl_counts_what_failed_and_fails_if_all_did(tmp_path: Path) -> None:
    with VendorSite() as site:
        site.publish("/privacy", policy())
        called(tmp_path, "add", site.url("/privacy"), "--vendor", "Kites", allow_hosts=site.host)
        done = called(tmp_path, "crawl", allow_hosts=site.host)
        assert done.returncode == 0
        assert done.stdout.splitlines() == [
            "1 document looked at: 1 new snapshot, 0 unchanged, 0 failed",
            "0 notices queued; clausewatch deliver sends them",
        ]
        refused = called(tmp_path, "crawl", "kites")
    assert refused.returncode == 1
    assert "kites/privacy-policy: forbidden: " in refused.stderr
