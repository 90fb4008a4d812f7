from __future__ import annotations

import hashlib
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.blobs import Blobs
from archive.blobs.chains import GOOD_ENOUGH, MOST_LINKS, Chains, key_of
from archive.blobs.files import FileStore
from archive.blobs.frames import WRITING_LEVEL, Head, body_of, body_through, frame_of, head_of
from clausewatch.errors import Damaged, NotFound
from tests.archive.blobs.bodies import pages

pytestmark = pytest.mark.once


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def written(blobs: Blobs, bodies: list[bytes]) -> list[str]:
    """Store each beside those before, the latest first."""
    names: list[str] = []
    for body in bodies:
        names.append(blobs.write(body, near=names[::-1]))
    return names


def head(blobs: Blobs, sha256: str) -> Head:
    said = head_of(blobs.path(sha256).read_bytes())
    assert isinstance(said, Head)
    return said


def depth(blobs: Blobs, sha256: str) -> int:
    base = head(blobs, sha256).base
    return 1 + depth(blobs, base) if base else 0


def test_a_body_much_like_an_earlier_one_takes_little_room(blobs: Blobs) -> None:
    bodies = pages(40)
    names = written(blobs, bodies)
    assert [Blobs(blobs.folder).read(name) for name in names] == bodies
    whole = blobs.path(names[0]).stat().st_size
    assert sum(blobs.path(name).stat().st_size for name in names[1:]) < 39 * whole / 5


def test_a_page_that_alternates_leans_on_its_own_kind(blobs: Blobs) -> None:
    one, other = pages(20, seed=1), pages(20, seed=2)
    names = written(blobs, [page for pair in zip(one, other, strict=True) for page in pair])
    kinds = {name: number % 2 for number, name in enumerate(names)}
    bases = {name: head(blobs, name).base for name in names[2:]}
    assert all(base is not None and kinds[base] == kinds[name] for name, base in bases.items())


def test_chains_stay_short_however_long_a_history_is(blobs: Blobs) -> None:
    names = written(blobs, pages(150, sentences=12))
    assert max(depth(blobs, name) for name in names) <= MOST_LINKS
    assert sum(head(blobs, name).base is None for name in names) < 8


def test_a_body_leans_only_on_lower_ranks(blobs: Blobs) -> None:
    for name in written(blobs, pages(30)):
        base = head(blobs, name).base
        assert base is None or head(blobs, base).rank < head(blobs, name).rank


@given(st.lists(st.tuples(st.sampled_from([0, 0, 0, 1]), st.integers(0, 3000)), min_size=2, max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_body_next_to_the_same_as_the_nearest_is_stored_as_short_as_beside_all(kinds: list[tuple[int, int]]) -> None:
    """``kinds`` are pages of one document that alternates, and how many bytes of noise each has."""
    chance = random.Random(7)
    histories = [pages(len(kinds), seed=1), pages(len(kinds), seed=2)]
    bodies = [histories[kind][at] + chance.randbytes(noise) for at, (kind, noise) in enumerate(kinds)]
    with tempfile.TemporaryDirectory() as folder:
        blobs = Blobs(Path(folder, "quick"))
        chains = Chains(FileStore(Path(folder, "quick")))
        names: list[str] = []
        for body in bodies:
            ranks = [head(blobs, name).rank for name in names[-8:]]
            of_all, _ = chains.encoded(body, names[::-1], level=WRITING_LEVEL, rank=1 + max(ranks, default=0))
            names.append(blobs.write(body, near=iter(names[::-1])))
            stored = head(blobs, names[-1])
            line, size = len(stored.line), blobs.path(names[-1]).stat().st_size
            assert size == len(of_all.raw) or size - line <= GOOD_ENOUGH
            assert stored.rank == of_all.head.rank
            assert depth(blobs, names[-1]) <= stored.rank.bit_count()
        assert [Blobs(blobs.folder).read(name) for name in names] == bodies


def test_who_is_next_to_the_nearest_asks_for_no_other(blobs: Blobs) -> None:
    first, second, third = written(blobs, pages(3))
    asked = []

    def near() -> Iterator[str]:
        for name in (third, second, first):
            asked.append(name)
            yield name

    body = blobs.read(third) + b"<!-- 7 -->"
    assert Blobs(blobs.folder).read(Blobs(blobs.folder).write(body, near=near())) == body
    assert asked == [third]


def test_a_page_unlike_all_others_leans_on_none(blobs: Blobs) -> None:
    names = written(blobs, [*pages(3), os.urandom(5000)])
    assert head(blobs, names[-1]).base is None


@pytest.mark.parametrize("near", [["a" * 64], ["gone"]], ids=["never stored", "no name at all"])
def test_a_body_beside_one_that_is_not_there_is_stored_whole(blobs: Blobs, near: list[str]) -> None:
    body = pages(1)[0]
    assert blobs.read(blobs.write(body, near=near)) == body


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6), st.integers(0, 5), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_links_are_read_at_once_as_one_after_the_other(noise: list[bytes], at: int, place: int) -> None:
    """``at`` is the link and ``place`` the byte that is then damaged."""
    bodies = [page + each for page, each in zip(pages(len(noise)), noise, strict=True)]
    links = list(links_of(bodies))
    assert body_through(links) == bodies[-1]
    head_, raw = links[at % len(links)]
    start = len(head_.line) + place % (len(raw) - len(head_.line))
    links[at % len(links)] = head_, raw[:start] + bytes([raw[start] ^ 1]) + raw[start + 1 :]
    assert body_through(links) in (None, one_after_the_other(links))


def links_of(bodies: list[bytes]) -> Iterator[tuple[Head, bytes]]:
    base = None
    for rank, body in enumerate(bodies, start=1):
        said = Head("zstd", len(body), WRITING_LEVEL, rank)
        yield said, said.line + frame_of(body, base, level=WRITING_LEVEL)
        base = body


def one_after_the_other(links: list[tuple[Head, bytes]]) -> bytes | None:
    body = None
    for said, raw in links:
        try:
            body = body_of(said, raw, body)
        except ValueError:
            return None
    return body


def test_a_page_that_saves_little_beside_another_is_stored_whole(blobs: Blobs) -> None:
    page = pages(1)[0]
    (first,) = written(blobs, [page])
    unlike = os.urandom(3 * len(page) // 2)
    mostly, hardly = blobs.write(page + unlike[:200], near=[first]), blobs.write(page + unlike, near=[first])
    assert (head(blobs, mostly).base, head(blobs, hardly).base) == (first, None)
    assert Blobs(blobs.folder).read(hardly) == page + unlike


def test_an_empty_body_can_be_leaned_on(blobs: Blobs) -> None:
    names = written(blobs, [b"", *pages(2), b"x"])
    assert [len(Blobs(blobs.folder).read(name)) for name in names] == [0, *map(len, pages(2)), 1]


def test_a_base_that_is_not_what_it_was_is_named(blobs: Blobs) -> None:
    first, second = written(blobs, pages(2))
    other = pages(1, seed=9)[0]
    line = head(blobs, first)
    blobs.path(first).write_bytes(Head("zstd", len(other), line.level, line.rank).line + frame_of(other, None, level=3))
    with pytest.raises(Damaged, match=str(blobs.path(first))):
        Blobs(blobs.folder).read(second)


def test_nothing_leans_on_a_body_that_is_damaged(blobs: Blobs) -> None:
    (first,) = written(blobs, pages(1))
    raw = blobs.path(first).read_bytes()
    blobs.path(first).write_bytes(raw[:-40] + bytes(40))
    second = Blobs(blobs.folder).write(pages(2)[1], near=[first])
    assert head(blobs, second).base is None


def test_a_base_that_is_gone_is_named(blobs: Blobs) -> None:
    first, second = written(blobs, pages(2))
    blobs.path(first).unlink()
    with pytest.raises(Damaged, match=f"{second}: leans on {first}, which is gone; restore that one from a backup"):
        Blobs(blobs.folder).read(second)


def test_a_look_at_the_same_bytes_heals_a_body_whose_base_is_gone(blobs: Blobs) -> None:
    bodies = pages(3)
    names = written(blobs, bodies)
    blobs.path(names[0]).unlink()
    fresh = Blobs(blobs.folder)
    assert fresh.write(bodies[1]) == names[1]
    assert Blobs(blobs.folder).read(names[1]) == bodies[1]


def test_a_look_at_the_same_bytes_heals_a_body_that_says_nothing(blobs: Blobs) -> None:
    bodies = pages(3)
    names = written(blobs, bodies)
    blobs.path(names[0]).write_bytes(b"")
    Blobs(blobs.folder).write(bodies[0])
    assert [Blobs(blobs.folder).read(name) for name in names] == bodies


def test_bodies_that_lean_on_each_other_are_damaged(blobs: Blobs) -> None:
    store = FileStore(blobs.folder)
    for own, base in (("a", "b"), ("b", "a")):
        store.replace(key_of(own * 64), Head("zstd", 4, 9, 2, base * 64).line + frame_of(b"body", b"base", level=9))
    with pytest.raises(Damaged, match="leans on itself"):
        blobs.read("a" * 64)


def test_bodies_of_the_first_format_are_read(blobs: Blobs) -> None:
    import zstandard

    body = pages(1)[0]
    name = hashlib.sha256(body).hexdigest()
    blobs.path(name).parent.mkdir(parents=True)
    blobs.path(name).write_bytes(b"clausewatch-blob 1 zstd %d\n" % len(body) + zstandard.compress(body, 3))
    assert blobs.read(name) == body
    assert blobs.write(body) == name
    assert head(blobs, blobs.write(pages(2)[1], near=[name])).base is None  # it has no rank yet


def test_a_body_that_never_was_is_said_by_its_hash(blobs: Blobs) -> None:
    with pytest.raises(NotFound, match=r"^c{64}: its body is not under"):
        blobs.read("c" * 64)
