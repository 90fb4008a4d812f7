"""What runs until it is told to stop: the pages, and the schedule of crawls and mails."""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import Annotated

import typer

from clausewatch.cli.running import Run, command
from clausewatch.settings import unknown_names

log = logging.getLogger(__name__)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for function in (serve, worker):
        command(app)(function)


def serve(
    run: Run,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that make pages.")] = 1,
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="Pages alone: no crawls, no mails.")] = False,
) -> None:
    """The pages, and beside them the crawls and mails that are due."""
    from contextlib import nullcontext

    from clausewatch.scheduler import running_scheduler
    from clausewatch.web.server import check_bind, check_port
    from clausewatch.web.server import serve as serve_pages

    settings = run.settings
    check_bind(settings, host)
    check_port(host, port)  # before this process leads: what is done then would be left half-way
    run.begin_log(is_service=True)
    _check_start(run)
    with nullcontext() if no_scheduler else running_scheduler(settings):
        serve_pages(
            settings, host=host, port=port, workers=workers,
            on_ready=lambda address: run.say(f"pages at {address}/ ; Ctrl-C ends"),
        )  # fmt: skip


def worker(run: Run) -> None:
    """The crawls and mails that are due, without pages. Several on one PostgreSQL share them; of several on one SQLite
    file one works, and another one takes over where it ends."""
    from clausewatch.scheduler import running_scheduler

    run.begin_log(is_service=True)
    _check_start(run)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running_scheduler(run.settings):
        run.say("at work, or standing by; Ctrl-C ends")
        stop.wait()


def _check_start(run: Run) -> None:
    """Refuse a database that is older or newer, and settings that cannot work, before anything starts."""
    from clausewatch.jobs.starting import check_start

    if unknown := unknown_names(os.environ):
        log.warning("%s: no setting of that name; docs/settings.md lists them", ", ".join(unknown))
    with run.archive() as archive:
        check_start(archive, run.settings)
