from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time
from datetime import date
from pathlib import Path

import pytest

from archive.blobs import Blobs, Stone
from clausewatch.errors import Damaged, Gone
from tests.archive.blobs.bodies import pages
from tests.archive.blobs.test_chains import head, written

pytestmark = pytest.mark.once
STONE = Stone(date(2026, 3, 1), "asked for by the vendor")
SECRET = b"Ms Larkspur of 7 Quay Road lodged a complaint on 2 May that named her neighbour and his dog Biscuit."
"""A sentence that stands in one page only, too long to come about by chance."""


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


@pytest.mark.parametrize("name", ["../escaped", "a" * 63, "A" * 64, "a" * 64 + "\n", ""])
def test_what_is_no_name_of_a_body_is_neither_written_nor_read(blobs: Blobs, tmp_path: Path, name: str) -> None:
    for refuse in (blobs.read, blobs.holds, lambda each: blobs.erase_all({each: STONE})):
        with pytest.raises(Damaged, match="is no SHA-256 of a body"):
            refuse(name)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"] == []


def with_secret(number: int, count: int) -> list[bytes]:
    bodies = pages(count)
    bodies[number] += b"<p>" + SECRET + b"</p>"
    return bodies


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("is_packed", [False, True], ids=["files", "packed"])
@pytest.mark.parametrize("number", [0, 3, 15, 19], ids=["what all lean on", "a link", "a far base", "the last"])
def test_what_leans_on_an_erased_body_stays_readable(blobs: Blobs, number: int, is_packed: bool) -> None:
    bodies = with_secret(number, 20)
    names = written(blobs, bodies)
    if is_packed:
        blobs.gather()
    blobs.erase(names[number], on=STONE.on, reason=STONE.reason)
    fresh = Blobs(blobs.folder)
    for other, body in enumerate(bodies):
        if other != number:
            assert fresh.read(names[other]) == body
    with pytest.raises(Gone, match="was taken down on 2026-03-01: asked for by the vendor"):
        fresh.read(names[number])


def test_not_a_byte_of_an_erased_body_is_left(blobs: Blobs) -> None:
    bodies = with_secret(3, 12)
    names = written(blobs, bodies)
    blobs.gather()
    frame = blobs._store.get(f"{names[3][:2]}/{names[3][2:]}")  # as it lies there, compressed
    assert frame is not None
    assert frame in all_bytes(blobs.folder)
    blobs.erase(names[3], on=STONE.on, reason=STONE.reason)
    left = all_bytes(blobs.folder)
    assert frame not in left
    assert SECRET not in left
    assert all(SECRET not in Blobs(blobs.folder).read(name) for name in names[:3] + names[4:])
    assert not list((blobs.folder / ".erasing").iterdir())


def test_the_frames_of_others_hold_no_words_of_the_erased_body(blobs: Blobs) -> None:
    """A frame that leaned on it held references only; written anew, it holds what its own page says."""
    bodies = with_secret(3, 5)
    names = written(blobs, bodies)
    blobs.erase(names[3], on=STONE.on, reason=STONE.reason)
    for name in (names[0], names[1], names[2], names[4]):
        raw = blobs.path(name).read_bytes()
        assert not any(SECRET[at : at + 12] in raw for at in range(len(SECRET) - 12))


def test_siblings_lean_on_each_other_once_their_base_is_erased(blobs: Blobs) -> None:
    bodies = pages(40)
    names = written(blobs, bodies)
    siblings = [name for name in names if head(blobs, name).base == names[0]]
    assert len(siblings) > 2
    blobs.erase(names[0], on=STONE.on, reason=STONE.reason)
    assert 1 <= [head(blobs, name).base is None for name in siblings].count(True) < len(siblings) / 2
    assert [Blobs(blobs.folder).read(name) for name in names[1:]] == bodies[1:]


def test_a_whole_history_is_erased_at_once(blobs: Blobs) -> None:
    bodies = pages(12)
    names = written(blobs, bodies)
    blobs.erase_all(dict.fromkeys(names[:9], STONE))
    assert [Blobs(blobs.folder).read(name) for name in names[9:]] == bodies[9:]
    for name in names[:9]:
        with pytest.raises(Gone):
            blobs.read(name)


def test_an_erased_body_stays_erased(blobs: Blobs) -> None:
    body = pages(1)[0]
    name = blobs.write(body)
    blobs.erase(name, on=STONE.on, reason=STONE.reason)
    blobs.erase(name, on=date(2027, 1, 1), reason="again")
    assert blobs.write(body, near=[name]) == name
    with pytest.raises(Gone, match="2026-03-01"):
        blobs.read(name)


def test_nothing_leans_on_what_is_being_erased(blobs: Blobs) -> None:
    """A writer in another process holds the base in memory, and has not heard of the erasure."""
    bodies = pages(3)
    first = blobs.write(bodies[0])
    other = Blobs(blobs.folder)
    other.write(bodies[1], near=[first])
    blobs.erase(first, on=STONE.on, reason=STONE.reason)
    name = other.write(bodies[2], near=[first])
    assert Blobs(blobs.folder).read(name) == bodies[2]


@pytest.mark.parametrize("is_erased", [True, False], ids=["erased", "compacted"])
def test_nothing_is_rewritten_onto_what_another_process_erased(blobs: Blobs, is_erased: bool) -> None:
    bodies = pages(30)
    names = written(blobs, bodies)  # and holds them in memory
    going = [names[0], names[1], names[3], names[7]]
    Blobs(blobs.folder).erase_all(dict.fromkeys(going, STONE))
    if is_erased:
        blobs.erase(names[15], on=STONE.on, reason=STONE.reason)
        going.append(names[15])
    else:
        with blobs.alone():
            for at, name in enumerate(names):
                blobs.compact(name, near=names[:at][::-1])
    fresh = Blobs(blobs.folder)
    assert all(fresh.read(name) == body for name, body in zip(names, bodies, strict=True) if name not in going)


def test_what_a_killed_writer_left_of_an_erased_body_goes_too(blobs: Blobs) -> None:
    name = blobs.write(pages(1)[0])
    draft = blobs.folder / ".writing" / "left"
    draft.write_bytes(SECRET)
    blobs.erase(name, on=STONE.on, reason=STONE.reason)
    assert not draft.exists()


ERASER = """
    import sys
    from datetime import date
    from pathlib import Path
    from archive.blobs import Blobs, Stone
    print("ready", flush=True)
    blobs = Blobs(Path(sys.argv[1]))
    for name in sys.argv[2:]:
        blobs.erase_all({name: Stone(date(2026, 3, 1), "asked for by the vendor")})
"""


@pytest.mark.slow
def test_an_erasure_killed_anywhere_loses_nothing_and_is_finished_by_the_next(blobs: Blobs) -> None:
    bodies = pages(40)
    names = written(blobs, bodies)
    chance = random.Random(3)
    going = chance.sample(names, 12)
    blobs.gather()
    for _ in range(4):
        command = [sys.executable, "-c", textwrap.dedent(ERASER), str(blobs.folder), *going]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(chance.uniform(0, 0.15))
            child.send_signal(signal.SIGKILL)
        fresh = Blobs(blobs.folder)
        assert all(fresh.read(name) == body for name, body in zip(names, bodies, strict=True) if name not in going)
    blobs.erase_all(dict.fromkeys(going, STONE))
    fresh = Blobs(blobs.folder)
    for name, body in zip(names, bodies, strict=True):
        if name in going:
            with pytest.raises(Gone):
                fresh.read(name)
        else:
            assert fresh.read(name) == body
