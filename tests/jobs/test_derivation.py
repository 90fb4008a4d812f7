"""What a timeline needs of texts is read where it needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from archive import Archive
from archive.texts import looks_of, pieces_of
from clausewatch.jobs.derivation import derive, shapes_of
from differ.shapes import Piece, Shape
from differ.timeline import timeline_of
from tests.support.scenario import World, archive_of, day, policy


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path) as archive:
        yield archive


@contextmanager
def lists_read(archive: Archive) -> Iterator[list[str]]:
    """The questions for what blocks texts are made of."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_given: object) -> None:
        if "texts.listed" in statement:
            found.append(statement)

    event.listen(archive.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(archive.engine, "before_cursor_execute", note)


def test_texts_that_change_one_after_the_other_are_not_read_for_their_timeline(archive: Archive) -> None:
    vendor = World(archive).vendor()
    for number, months in enumerate((18, 18, 24, 24, 36)):
        vendor.publishes(policy(months=months), at=day(number))
    World(archive).settles()
    with archive.read() as connection, lists_read(archive) as read:
        found = derive(connection, vendor.document)
    assert len(found.versions) == 3
    assert read == []


def test_texts_that_alternate_are_read_once_and_their_timeline_is_that_of_all_shapes(archive: Archive) -> None:
    vendor = World(archive).vendor()
    texts = [policy(), policy(recipient="Bearing Metrics"), policy(), policy(recipient="Bearing Metrics", months=24)]
    for number, text in enumerate(texts * 2):
        vendor.publishes(text, at=day(number))
    World(archive).settles()
    with archive.read() as connection, lists_read(archive) as read:
        looks = looks_of(connection, vendor.document)
        found = derive(connection, vendor.document).timeline
        assert len(read) == 1
        pieces = pieces_of(connection, {look.text for look in looks if look.text})
        shapes = {text: Shape(tuple(Piece(*piece) for piece in each)) for text, each in pieces.items()}
        assert dict(shapes_of(connection, looks)) == shapes
    assert found == timeline_of(looks, shapes)
