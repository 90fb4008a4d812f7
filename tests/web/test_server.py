"""The serving process: a real one on loopback, and what it refuses."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.settings import Settings
from clausewatch.web.server import check_bind, is_loopback, serve
from tests.crawler.test_run import wait_until
from tests.support.postgres import environ_of
from tests.support.processes import children_of, command_of

PROGRAM = """
import sys
from clausewatch.settings import load
from clausewatch.web import workers
from clausewatch.web.server import serve
if __name__ == "__main__":
    workers._MORE_SECONDS = 60.0  # what ends in order on any machine is not to be killed on a busy one
    serve(load(), port=0, workers=int(sys.argv[1]), on_ready=lambda address: print(address, flush=True))
"""


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, stop: signal.Signals) -> None:
    command, environ = [sys.executable, "-c", PROGRAM, "1"], os.environ | environ_of(tmp_path)
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        address = process.stdout.readline().strip()
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            assert client.get("/healthz").json() == {"status": "ok", "schedule": "idle", "clock": "right"}
            home = client.get("/")
            head = client.head("/")
        process.send_signal(stop)
        out, err = process.communicate(timeout=90)
    assert home.status_code == 200
    assert "server" not in home.headers
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(home.content))
    assert (out, err) == ("", "")
    assert process.returncode == 0


@pytest.mark.slow
def test_several_processes_serve_one_port_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    program = tmp_path / "program.py"  # processes are started by what can be imported
    program.write_text(PROGRAM)
    command, environ = [sys.executable, str(program), "2"], os.environ | environ_of(tmp_path / "home")
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            assert client.get("/vendors").status_code == 200
            wait_until(lambda: len(serving(process.pid)) == 2)
            before = serving(process.pid)
            os.kill(before[0], signal.SIGKILL)
            answers = [asked_anew(address) for _ in range(8)]  # half of them come to the one that was killed
        wait_until(lambda: len(set(serving(process.pid)) - {before[0]}) == 2)  # all may have come to the other one
        after = serving(process.pid)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=90)
    assert answers == [200] * 8
    assert len(before) == len(after) == 2
    assert before[0] not in after
    assert out == ""
    assert "another takes its place" in err
    assert process.returncode == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in after)


def serving(parent: int) -> list[int]:
    """The processes that serve, of those that one started."""
    return sorted(pid for pid in children_of(parent) if "spawn_main" in command_of(pid))


def asked_anew(address: str) -> int:
    """The status of an answer over a connection of its own."""
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        for _ in range(5):
            with suppress(httpx.TransportError):  # it was killed with this connection in its hands
                return client.get("/vendors").status_code
    return 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows shares no ports")
def test_a_port_that_others_serve_is_not_shared(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken,
        pytest.raises(ClausewatchError, match="cannot be listened on"),
    ):
        serve(Settings(home=tmp_path), port=taken.getsockname()[1], workers=2)


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ClausewatchError, match=rf"127\.0\.0\.1:{port}: cannot be listened on .* another --host"):
            serve(Settings(home=tmp_path), port=port)


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_port_that_is_none_is_told_too(tmp_path: Path, port: int) -> None:
    with pytest.raises(UsageError, match="is no port"):
        serve(Settings(home=tmp_path), port=port)


def test_a_host_that_is_none_is_told_too(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, secret="s", public_url="https://watch.example")
    with pytest.raises(ClausewatchError, match="cannot be listened on"):
        serve(settings, host="192.0.2.7")  # a documentation address: no machine has it


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "watch.example", ""])
def test_a_public_bind_needs_a_secret_and_a_public_address(tmp_path: Path, host: str) -> None:
    for settings in (Settings(home=tmp_path), Settings(home=tmp_path, secret="s"),
                     Settings(home=tmp_path, public_url="https://watch.example")):  # fmt: skip
        with pytest.raises(UsageError, match="is a public bind; set CLAUSEWATCH_"):
            serve(settings, host=host)
    check_bind(Settings(secret="s", public_url="https://watch.example"), host)
    assert list(tmp_path.iterdir()) == []


def test_loopback_is_known_by_its_spellings() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.example", "")))
