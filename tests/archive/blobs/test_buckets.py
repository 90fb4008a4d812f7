from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from archive.blobs import Blobs, Stone, open_blobs
from archive.blobs.buckets import BucketStore
from archive.blobs.chains import key_of
from clausewatch.errors import ArchiveError, Gone, NotFound, SettingsError, Unreached
from tests.archive.blobs.bodies import pages
from tests.archive.blobs.test_chains import written
from tests.support.buckets import IS_THERE, make_bucket, relay_to, s3_server

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not IS_THERE, reason="the server that speaks S3 is not installed: make it with make"),
]
STONE = Stone(date(2026, 3, 1), "asked for by the vendor")
_numbers = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def address(server: str) -> str:
    """A bucket of its own for each test."""
    return make_bucket(server, f"bodies-{next(_numbers)}")


@pytest.fixture
def blobs(address: str, tmp_path: Path) -> Blobs:
    return open_blobs(address, tmp_path)


def test_bodies_lie_in_a_bucket_as_in_a_folder(blobs: Blobs, address: str, tmp_path: Path) -> None:
    bodies = pages(12)
    names = written(blobs, bodies)
    again = open_blobs(address, tmp_path)
    assert [again.read(name) for name in names] == bodies
    assert sorted(again.names()) == sorted(names)
    assert again.write(bodies[3]) == names[3]
    assert again.holds(names[3])
    assert not again.holds("a" * 64)
    assert again.taken().stored < sum(map(len, bodies)) / 4
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFound, match=r"its body is not under s3://bodies-.*; restore it from a backup"):
        again.read("a" * 64)


def test_a_body_erased_in_a_bucket_is_gone_and_the_others_stay(blobs: Blobs, address: str, tmp_path: Path) -> None:
    bodies = pages(12)
    names = written(blobs, bodies)
    blobs.erase_all({names[0]: STONE, names[3]: STONE})
    again = open_blobs(address, tmp_path)
    for number, (name, body) in enumerate(zip(names, bodies, strict=True)):
        if number in (0, 3):
            with pytest.raises(Gone, match="2026-03-01"):
                again.read(name)
        else:
            assert again.read(name) == body


def test_bodies_in_a_bucket_are_compacted(blobs: Blobs, address: str, tmp_path: Path) -> None:
    bodies = pages(12)
    names = [blobs.write(body) for body in bodies]  # each whole
    before = blobs.taken()
    with blobs.alone():
        for at, name in enumerate(names):
            blobs.compact(name, near=names[:at][::-1])
        assert blobs.gather() == 0
    assert [open_blobs(address, tmp_path).read(name) for name in names] == bodies
    assert blobs.taken().stored <= before.stored


def test_two_writers_of_one_body_do_not_meet(address: str, tmp_path: Path) -> None:
    bodies = pages(6)
    all_blobs = [open_blobs(address, tmp_path) for _ in range(4)]
    threads = [threading.Thread(target=written, args=(each, bodies)) for each in all_blobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = list(all_blobs[0].names())
    assert sorted(map(open_blobs(address, tmp_path).read, names)) == sorted(bodies)


def test_who_rewrites_bodies_is_alone(address: str) -> None:
    first, second = BucketStore(address, stale_seconds=60), BucketStore(address, stale_seconds=60)
    held: list[str] = []
    with first.alone():
        waiting = threading.Thread(target=lambda: _hold(second, held))
        waiting.start()
        waiting.join(timeout=1)
        assert held == []
    waiting.join(timeout=120)
    assert held == ["held"]


def _hold(store: BucketStore, held: list[str]) -> None:
    with store.alone():
        held.append("held")


HOLDER = """
    import os, sys
    from archive.blobs.buckets import BucketStore
    with BucketStore(sys.argv[1]).alone():
        os._exit(9)
"""


@pytest.mark.slow
def test_the_lock_of_a_killed_process_is_taken_over(address: str) -> None:
    import textwrap

    command = [sys.executable, "-c", textwrap.dedent(HOLDER), address]
    assert subprocess.run(command, timeout=60, check=False).returncode == 9
    held: list[str] = []
    _hold(BucketStore(address, stale_seconds=1), held)
    assert held == ["held"]


def test_who_was_cut_off_while_another_took_over_rewrites_nothing(address: str) -> None:
    first, second = BucketStore(address, stale_seconds=2), BucketStore(address, stale_seconds=2)
    with first.alone():
        second._lock._put("overwrite")  # as one who saw no sign of life
        while not first._lock._is_lost:
            threading.Event().wait(0.05)
        with pytest.raises(ArchiveError, match="another process took over"):
            first.replace(key_of("a" * 64), b"body")
    assert second.head(".lock") is not None  # it is the other's


def test_who_is_cut_off_rewrites_nothing_once_others_may(server: str, address: str) -> None:
    with relay_to(server) as (relayed, is_cut):
        store = BucketStore(address.replace(server, relayed), stale_seconds=2)
        with store.alone():
            is_cut.set()
            threading.Event().wait(2.2)  # who renews the lock waits for an answer all this time
            try:
                with pytest.raises(ArchiveError, match="another process took over"):
                    store.replace(key_of("a" * 64), b"body")
            finally:
                is_cut.clear()


def test_a_bucket_that_is_not_there_is_named(server: str, tmp_path: Path) -> None:
    blobs = open_blobs(f"s3://nobody-made-it?endpoint={server}&allow_http=true", tmp_path)
    with pytest.raises(ArchiveError, match="nobody-made-it"):
        blobs.write(b"body")
    with pytest.raises(ArchiveError, match="cannot be written"), blobs.alone():
        pass
    with pytest.raises(Unreached, match="there is no such bucket; make it, or name another"):
        blobs.read("a" * 64)


def test_an_option_that_no_bucket_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'colour' is no option of a bucket; use region, endpoint"):
        open_blobs("s3://bodies?colour=red", tmp_path)


def test_an_endpoint_without_tls_wants_a_word(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="use https://, or add allow_http=true"):
        open_blobs("s3://bodies?endpoint=http://127.0.0.1:9", tmp_path)


def test_a_file_is_no_place_of_bodies(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("no folder")
    with pytest.raises(SettingsError, match="note: is no folder for bodies; set CLAUSEWATCH_BLOBS"):
        open_blobs(str(tmp_path / "note"), tmp_path)


def test_a_bucket_without_its_client_says_what_to_install(tmp_path: Path) -> None:
    code = """
import sys
sys.modules["obstore"] = None
from pathlib import Path
from archive.blobs import open_blobs
from clausewatch.errors import SettingsError
try:
    open_blobs("s3://bodies", Path("."))
except SettingsError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "CLAUSEWATCH_BLOBS: a bucket needs the extra s3; install clausewatch[s3]\n"
