from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import zstandard

from archive import Archive
from clausewatch.jobs.bodies import store_body
from clausewatch.jobs.compact import compact
from clausewatch.jobs.takedown import take_down_and_erase
from clausewatch.jobs.verify import verify
from tests.support.postgres import environ_of
from tests.support.scenario import World, archive_of, day, policy

FILLER = " ".join(f"We explain point {number} of our policy to you." for number in range(60))


def page(number: int) -> str:
    return policy(months=12 + number, nonce=f"{number}", extra=FILLER)


def watched(world: World, count: int = 12) -> list[bytes]:
    """A vendor with so many snapshots; their bodies."""
    vendor = world.vendor()
    bodies = [page(number) for number in range(count)]
    for number, body in enumerate(bodies):
        store_body(world.archive, body.encode(), vendor.document, at=day(number))
        vendor.publishes(body, at=day(number))
    return [body.encode() for body in bodies]


def read_all(archive: Archive, bodies: list[bytes]) -> None:
    for body in bodies:
        assert archive.blobs.read(hashlib.sha256(body).hexdigest()) == body


def written_by_the_first_release(archive: Archive, body: bytes) -> None:
    """One file a body, whole, as format 1 has it."""
    path = archive.blobs.path(hashlib.sha256(body).hexdigest())
    path.write_bytes(b"clausewatch-blob 1 zstd %d\n" % len(body) + zstandard.compress(body, 3))


def test_bodies_of_the_first_format_take_little_room_then(world: World, tmp_path: Path) -> None:
    bodies = watched(world)
    for body in bodies:
        written_by_the_first_release(world.archive, body)
    done = compact(world.archive)
    assert done.bodies == done.gathered == len(bodies)
    assert done.after.stored < done.before.stored / 3
    assert done.after.on_disk < done.before.on_disk
    with archive_of(tmp_path) as archive:
        read_all(archive, bodies)
        assert list(verify(archive, is_deep=True)) == []


def test_a_second_run_changes_nothing(world: World) -> None:
    watched(world)
    done = compact(world.archive)
    again = compact(world.archive)
    assert (again.before, again.after, again.gathered) == (done.after, done.after, 0)


def test_what_comes_after_leans_on_what_was_compacted(world: World) -> None:
    bodies = watched(world)
    compact(world.archive)
    before = world.archive.blobs.taken()
    store_body(world.archive, page(40).encode(), world.vendor().document, at=day(40))
    assert world.archive.blobs.taken().stored - before.stored < before.stored / 4
    read_all(world.archive, [*bodies, page(40).encode()])


def test_a_body_that_cannot_be_read_is_named_and_the_others_are_compacted(world: World) -> None:
    bodies = watched(world)
    last = world.archive.blobs.path(hashlib.sha256(bodies[-1]).hexdigest())
    last.write_bytes(last.read_bytes()[:-5])
    done = compact(world.archive)
    assert len(done.faults) == 1
    assert str(last) in done.faults[0]
    read_all(world.archive, bodies[:-1])


def test_a_takedown_of_what_others_lean_on_leaves_them(world: World) -> None:
    bodies = watched(world, 4)
    world.settles()
    compact(world.archive)
    vendor = world.vendor()
    take_down_and_erase(world.archive, vendor.document, vendor.versions[0], reason="asked for", now=day(50))
    read_all(world.archive, bodies[1:])
    assert list(verify(world.archive, is_deep=True)) == []


def test_verify_reads_each_body_through_what_it_leans_on(world: World) -> None:
    bodies = watched(world, 3)
    first = world.archive.blobs.path(hashlib.sha256(bodies[0]).hexdigest())
    first.write_bytes(first.read_bytes()[:-9] + bytes(9))
    assert len(list(verify(world.archive, is_deep=False))) == 0
    assert len(list(verify(world.archive, is_deep=True))) == 3


@pytest.mark.slow
def test_killed_anywhere_all_stay_readable(world: World, tmp_path: Path) -> None:
    bodies = watched(world, 20)
    for body in bodies:
        written_by_the_first_release(world.archive, body)
    chance = random.Random(7)
    command = [sys.executable, "-m", "clausewatch", "--debug", "compact"]
    for _ in range(3):
        with subprocess.Popen(command, env=os.environ | environ_of(tmp_path), stderr=subprocess.PIPE) as child:
            time.sleep(chance.uniform(0.5, 1.2))
            child.send_signal(signal.SIGKILL)
        with archive_of(tmp_path) as archive:
            read_all(archive, bodies)
    compact(world.archive)
    read_all(world.archive, bodies)
