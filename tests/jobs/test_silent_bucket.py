"""A bucket that takes what is asked and never answers: who needs it says so soon, and once."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import Archive, open_archive
from archive.blobs import buckets, open_blobs
from archive.blobs.buckets import Patience
from clausewatch.errors import Unreached
from clausewatch.jobs import backup
from clausewatch.jobs.backup import back_up
from clausewatch.jobs.compact import compact
from clausewatch.jobs.verify import verify
from clausewatch.jobs.verify_bodies import BodyCheck
from clausewatch.settings import Settings
from tests.support.buckets import CREDENTIALS, IS_THERE, make_bucket, relay_to, s3_server
from tests.support.scenario import NOW, World, day, policy, settings_of
from tests.web.scenario import looms
from tests.web.scenario import opened as opened_with_pages

pytestmark = pytest.mark.once
SOON_SECONDS = 60.0  # on a machine that is busy; the usual patience is two minutes
ADVICE = "check CLAUSEWATCH_BLOBS and the credentials and try again"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What CLAUSEWATCH_BLOBS is set to where nobody ever answers. That a start does not wait longer than is meant is
    for test_starting.py."""
    monkeypatch.setattr(buckets, "SHORTLY", Patience(seconds=1, asking_seconds=1, retries=0))
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"s3://kites?endpoint=http://127.0.0.1:{server.getsockname()[1]}&allow_http=true"


def back_up_all(archive: Archive, settings: Settings) -> object:
    return back_up(archive, settings, settings.home / "backup", now=NOW)


def verify_all(archive: Archive, settings: Settings) -> object:
    return list(verify(archive, is_deep=False))


def compact_all(archive: Archive, settings: Settings) -> object:
    return compact(archive)


@pytest.mark.parametrize("do", [back_up_all, verify_all, compact_all])
def test_what_begins_says_so_within_seconds(
    world: World, tmp_path: Path, silent: str, do: Callable[[Archive, Settings], object]
) -> None:
    world.vendor().publishes(policy(), at=day(0))
    world.archive.blobs = open_blobs(silent, tmp_path)
    began = time.monotonic()
    with pytest.raises(Unreached, match=r"^s3://kites: cannot be reached \(.*\); " + ADVICE):
        do(world.archive, settings_of(tmp_path))
    assert time.monotonic() - began < SOON_SECONDS


def test_a_monitor_is_told_within_seconds(tmp_path: Path, silent: str) -> None:
    with opened_with_pages(tmp_path) as scenario:
        looms(scenario)
        scenario.archive.blobs = open_blobs(silent, tmp_path)
        began = time.monotonic()
        assert scenario.get("/healthz").status_code == 503
        assert time.monotonic() - began < SOON_SECONDS


@pytest.mark.skipif(not IS_THERE, reason="the server that speaks S3 is not installed: make it with make")
def test_what_is_under_way_ends_at_the_first_body_and_goes_on_when_it_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "USUALLY", Patience(seconds=1, asking_seconds=1, retries=1))
    monkeypatch.setattr(backup, "_SAY_EVERY_BODIES", 1)
    with s3_server() as server, relay_to(server) as (address, is_cut):
        blobs = make_bucket(server, "kites").replace(server, address)
        settings = replace(settings_of(tmp_path / "home"), blobs=blobs)
        with open_archive(settings) as archive:
            vendor = World(archive).vendor()
            for number in range(30):
                vendor.publishes(policy(nonce=str(number)), at=day(number))
            last = vendor.snapshots[-1].sha256
        with open_archive(settings) as archive:  # which knows none of them yet
            began = time.monotonic()
            with pytest.raises(Unreached, match=f"^s3://kites/.* cannot be read .*{ADVICE}"):
                back_up(archive, settings, tmp_path / "kept", now=NOW, on_progress=lambda line: is_cut.set())
            with pytest.raises(Unreached, match=r"^s3://kites/.* cannot be read"):
                list(BodyCheck(archive.blobs, erased=(), is_deep=True).faults_of(last, named="it"))
            assert time.monotonic() - began < SOON_SECONDS
            is_cut.clear()
            made = back_up(archive, settings, tmp_path / "kept", now=NOW)
            assert (made.bodies, made.lost_bodies) == (30, 0)
