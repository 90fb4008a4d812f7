from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from archive.blobs import Blobs
from clausewatch.errors import ArchiveError, Damaged, NotFound

pytestmark = pytest.mark.once
BODY = b"<h1>Privacy</h1>" + b"<p>We keep it for a year.</p>" * 40


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("body", [BODY, b"", b"\0\n\xff", b"x" * 3_000_000, os.urandom(5000)])
def test_a_body_comes_back_as_it_was(blobs: Blobs, body: bytes) -> None:
    sha256 = blobs.write(body)
    assert sha256 == hashlib.sha256(body).hexdigest()
    assert blobs.read(sha256) == body


def test_a_body_is_one_compressed_file_that_says_what_it_is(blobs: Blobs) -> None:
    sha256 = blobs.write(BODY)
    blobs.write(BODY)
    (path,) = files(blobs.folder)
    assert path == blobs.path(sha256)
    assert path.read_bytes().startswith(b"clausewatch-blob 2 zstd %d 9 1\n" % len(BODY))
    assert path.stat().st_size < len(BODY) / 4


def test_two_archives_may_share_a_folder(blobs: Blobs) -> None:
    assert Blobs(blobs.folder).read(blobs.write(BODY)) == BODY


def test_a_missing_body_is_said_by_its_hash(blobs: Blobs) -> None:
    with pytest.raises(NotFound, match=f"^{'a' * 64}: its body is not under .* restore it from a backup"):
        blobs.read("a" * 64)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda raw: b"",
        lambda raw: b"something else\n" + raw,
        lambda raw: raw.replace(b"zstd ", b"zstd 9"),
        lambda raw: raw[:-8] + bytes(8),
        lambda raw: raw.partition(b"\n")[0] + b"\n\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8,  # claims 16 exabytes
    ],
    ids=["cut", "emptied", "another header", "another size", "another end", "a size beyond all memory"],
)
def test_a_damaged_file_is_named(blobs: Blobs, damage: object) -> None:
    path = blobs.path(blobs.write(BODY))
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]  # a function of bytes
    with pytest.raises(Damaged, match=f"^{path}: .* restore it from a backup"):
        blobs.read(hashlib.sha256(BODY).hexdigest())


def test_bytes_under_another_name_are_not_taken(blobs: Blobs) -> None:
    path = blobs.path("b" * 64)
    path.parent.mkdir(parents=True)
    path.write_bytes(blobs.path(blobs.write(BODY)).read_bytes())
    with pytest.raises(ArchiveError, match="not those it is named by"):
        blobs.read("b" * 64)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match=r"file/blobs.*cannot be stored \(Not a directory\); nothing of it was kept"):
        Blobs(tmp_path / "file" / "blobs").write(BODY)


WRITER = """
    import os, resource, sys
    from pathlib import Path
    from archive.blobs import Blobs
    from clausewatch.errors import ArchiveError
    if sys.argv[2] == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            Blobs(Path(sys.argv[1])).write(os.urandom(100_000))
        except ArchiveError as error:
            print(error)
    else:
        print("ready", flush=True)
        while True:
            Blobs(Path(sys.argv[1])).write(os.urandom(300_000))
"""


def writer(folder: Path, mode: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(WRITER)
    return subprocess.Popen([sys.executable, "-c", code, str(folder), mode], stdout=subprocess.PIPE, text=True)


def test_a_full_disk_keeps_nothing_of_the_body(tmp_path: Path) -> None:
    with writer(tmp_path / "blobs", "full") as child:
        said, _ = child.communicate(timeout=30)
    assert "File too large" in said
    assert "nothing of it was kept, make room" in said
    assert files(tmp_path) == []


def test_a_killed_writer_leaves_no_half_body(blobs: Blobs) -> None:
    with writer(blobs.folder, "endless") as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.15)
        child.send_signal(signal.SIGKILL)
    bodies = [path for path in files(blobs.folder) if path.parent.name != ".writing"]
    assert bodies
    for path in bodies:
        blobs.read(path.parent.name + path.name)


def test_what_a_killed_writer_left_is_removed_what_another_writes_stays(blobs: Blobs) -> None:
    writing = blobs.folder / ".writing"
    writing.mkdir(parents=True)
    (writing / "left").touch()
    with (writing / "held").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        blobs.write(BODY)
    assert [path.name for path in writing.iterdir()] == ["held"]
