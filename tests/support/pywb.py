"""A real pywb on loopback, in an environment of its own beside ours, over WARC files that the test wrote."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

from tests.support.ports import free_port

FOLDER = Path(sys.prefix) / "pywb" / "bin"
IS_THERE = (FOLDER / "wayback").exists()
START_SECONDS = 60.0  # of a loaded machine
COLLECTION = "policies"


@dataclass(frozen=True)
class Pywb:
    """A server that runs."""

    host: str
    log: Path

    @property
    def url(self) -> str:
        """What CLAUSEWATCH_WAYBACK_URL is set to."""
        return f"http://{self.host}/{COLLECTION}"

    @property
    def requests(self) -> list[str]:
        """The paths that were asked for from outside, oldest first."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line.split('"')[1].split()[1] for line in lines if '"GET ' in line]


@contextmanager
def pywb_of(warcs: Sequence[Path], folder: Path, *, config: str = "framed_replay: false\n") -> Iterator[Pywb]:
    """Index the files and serve them, until the block ends."""
    folder.mkdir()
    (folder / "config.yaml").write_text(config)
    for command in (["init", COLLECTION], ["add", COLLECTION, *map(str, warcs)]):
        subprocess.run([FOLDER / "wb-manager", *command], cwd=folder, check=True, capture_output=True)
    pywb = Pywb(f"127.0.0.1:{free_port()}", folder / "access.log")
    command = [str(FOLDER / "wayback"), "-b", "127.0.0.1", "-p", pywb.host.rpartition(":")[2], "-d", str(folder)]
    with pywb.log.open("wb") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as server:
        try:
            _wait_for(pywb, server)
            yield pywb
        finally:
            server.terminate()


def _wait_for(pywb: Pywb, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{pywb.url}/cdx?url=http://nobody.example/", timeout=10).close()
            return
        except HTTPError:
            return
        except OSError:  # not reached, or no answer in time
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"pywb did not start: {pywb.log.read_text()[-2000:]}") from None
            time.sleep(0.05)
