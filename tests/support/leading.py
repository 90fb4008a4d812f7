"""A process that could lead the schedule, as fast as a test needs it.

``python -m tests.support.leading HOME DATABASE HOST,...``

It runs until it is killed, and says on standard error what it does.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

from clausewatch.jobs import claims
from clausewatch.scheduler import Rhythm, running_scheduler
from clausewatch.settings import Settings

RHYTHM = Rhythm(crawl=0.5, settle=1, deliver=2, wayback=3600, beat=0.4, lease=2)
ROOT = Path(__file__).resolve().parents[2]


def settings_of(home: Path, *hosts: str) -> Settings:
    """An installation of its own."""
    return Settings(
        home=home, database_url=f"sqlite:///{home / 'clausewatch.db'}", secret="for tests", allow_hosts=hosts
    )  # fmt: skip


def hasty(settings: Settings) -> Settings:
    """The same installation, whose database makes nobody wait for long."""
    return replace(settings, database_url=f"{settings.database_url}?timeout=0.3")


def start(settings: Settings) -> subprocess.Popen[bytes]:
    """Such a process."""
    given = (str(settings.home), settings.database_url, ",".join(settings.allow_hosts))
    with (settings.home / "leading.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.leading", *given],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=log,
        )


def main() -> None:
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {os.getpid()} %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # a minute, in which what a killed crawl had claimed stays its own, would make a test last many
    claims.CLAIM_SECONDS = 3.0
    home, database, hosts = sys.argv[1:]
    settings = replace(settings_of(Path(home), *hosts.split(",")), database_url=database)
    with running_scheduler(settings, rhythm=RHYTHM):
        threading.Event().wait()


if __name__ == "__main__":
    main()
