"""A worker, as fast as a test needs it: ``python -m tests.support.working`` HOME DATABASE HOST,... RHYTHM PATIENCE.

It runs until it is killed, and says on standard error what it does.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from archive import postgresql
from clausewatch.jobs import claims
from clausewatch.scheduler import Rhythm, running_scheduler
from clausewatch.settings import Settings
from notifier import sending

RHYTHM = Rhythm(
    crawl=0.5, settle=0.5, rebuild=0.5, deliver=0.5, wayback=3600, rescue=0.5, beat=0.4, lease=2,
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
SECRET = "for tests"


def settings_of(home: Path, database: str, hosts: Sequence[str]) -> Settings:
    """An installation whose mails go to files."""
    return Settings(
        home=home, database_url=database, secret=SECRET, allow_hosts=tuple(hosts), mail=f"file:{home / 'mail'}"
    )


def start(settings: Settings, *, rhythm: Rhythm = RHYTHM, is_patient: bool = False) -> subprocess.Popen[bytes]:
    """Such a process. One that is patient keeps what it claims for as long as an installation does."""
    command = [
        sys.executable, "-m", "tests.support.working", str(settings.home), settings.database_url,
        ",".join(settings.allow_hosts), json.dumps(asdict(rhythm)), "patient" if is_patient else "hasty",
    ]  # fmt: skip
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "working.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=log)


@contextmanager
def workers(
    settings: Settings, count: int, *, are_patient: bool = False
) -> Iterator[list[subprocess.Popen[bytes]]]:  # fmt: skip
    """So many of them, killed at the end. One that is replaced in the list is killed too."""
    started = [start(settings, is_patient=are_patient) for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {os.getpid()} %(name)s %(message)s")
    for name in ("apscheduler", "procrastinate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    home, url, hosts, rhythm, patience = sys.argv[1:]
    if patience == "hasty":
        # minutes, in which what a killed worker had claimed stays its own, would make a test last many
        claims.CLAIM_SECONDS = sending.LEASE_SECONDS = 3.0  # type: ignore[assignment]  # a constant
        postgresql.FORGOTTEN_MILLISECONDS = 3000
    with running_scheduler(settings_of(Path(home), url, hosts.split(",")), rhythm=Rhythm(**json.loads(rhythm))):
        threading.Event().wait()


if __name__ == "__main__":
    main()
