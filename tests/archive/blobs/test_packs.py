from __future__ import annotations

from pathlib import Path

import pytest

from archive.blobs import Blobs
from archive.blobs.packs import held, packed
from clausewatch.errors import Damaged
from tests.archive.blobs.bodies import pages
from tests.archive.blobs.test_chains import written

pytestmark = pytest.mark.once


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


@pytest.mark.parametrize("length", [1, 50], ids=["short", "long"])
def test_a_pack_gives_what_was_put_in(tmp_path: Path, length: int) -> None:
    objects = {f"{number:064x}": bytes([number]) * number * length for number in range(200)}
    (tmp_path / "0").write_bytes(packed(objects))
    assert held(tmp_path / "0") == objects
    assert held(tmp_path / "1") == {}


def test_small_bodies_lie_together_and_take_less_room(blobs: Blobs) -> None:
    bodies = pages(80)
    names = written(blobs, bodies)
    before = blobs.taken()
    assert blobs.gather() == 80
    assert blobs.taken().on_disk < before.on_disk / 4
    assert [Blobs(blobs.folder).read(name) for name in names] == bodies
    assert sorted(blobs.names()) == sorted(names)
    assert blobs.gather() == 0


def test_bodies_that_come_later_lie_beside_and_join_at_the_next_time(blobs: Blobs) -> None:
    bodies = pages(60)
    names = written(blobs, bodies[:30])
    blobs.gather()
    names += [Blobs(blobs.folder).write(body, near=names[::-1]) for body in bodies[30:]]
    assert [Blobs(blobs.folder).read(name) for name in names] == bodies
    assert blobs.gather() == 30
    assert [Blobs(blobs.folder).read(name) for name in names] == bodies


def test_a_packed_body_is_not_stored_again(blobs: Blobs) -> None:
    body = pages(1)[0]
    name = blobs.write(body)
    blobs.gather()
    assert Blobs(blobs.folder).write(body) == name
    assert not blobs.path(name).exists()
    assert blobs.holds(name)


def test_a_long_body_keeps_its_file(blobs: Blobs) -> None:
    import os

    name = blobs.write(os.urandom(50_000))
    assert blobs.gather() == 0
    assert blobs.path(name).exists()


@pytest.mark.parametrize(
    "damage",
    [lambda raw: b"", lambda raw: raw[:30], lambda raw: raw[:-200], lambda raw: b"x" + raw],
    ids=["emptied", "cut in its names", "cut in its objects", "another first line"],
)
def test_a_damaged_pack_is_named(blobs: Blobs, damage: object) -> None:
    (name,) = written(blobs, pages(1))
    blobs.gather()
    (path,) = (blobs.folder / "packs").iterdir()
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]  # a function of bytes
    with pytest.raises(Damaged, match=f"^{path}: .* restore it from a backup"):
        Blobs(blobs.folder).read(name)
