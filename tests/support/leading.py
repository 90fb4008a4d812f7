"""A process that could lead the schedule, as fast as a test needs it: ``python -m tests.support.leading HOME HOST``.

It runs until it is killed, and says on standard error what it does.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from clausewatch.jobs import claims
from clausewatch.scheduler import Rhythm, running_scheduler
from clausewatch.settings import Settings

RHYTHM = Rhythm(crawl=0.5, settle=1, deliver=2, wayback=3600, beat=0.4, lease=2)
ROOT = Path(__file__).resolve().parents[2]


def settings_of(home: Path, *hosts: str) -> Settings:
    """An installation whose database makes nobody wait for long."""
    database = f"sqlite:///{home / 'clausewatch.db'}?timeout=0.3"
    return Settings(home=home, database_url=database, secret="for tests", allow_hosts=hosts)


def start(home: Path, *hosts: str) -> subprocess.Popen[bytes]:
    """Such a process."""
    with (home / "leading.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.leading", str(home), *hosts],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=log,
        )


def main() -> None:
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {os.getpid()} %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # a minute, in which what a killed crawl had claimed stays its own, would make a test last many
    claims.CLAIM_SECONDS = 3.0
    with running_scheduler(settings_of(Path(sys.argv[1]), *sys.argv[2:]), rhythm=RHYTHM):
        threading.Event().wait()


if __name__ == "__main__":
    main()
