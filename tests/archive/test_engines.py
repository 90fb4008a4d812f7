"""Who opens an archive again has the engine of before, and nobody has it beside him."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

from sqlalchemy import event

from archive import Archive
from archive.documents import add_vendor, list_vendors
from archive.engines import MOST_RESTING
from tests.support.scenario import archive_of


def opened(path: Path) -> Archive:
    return Archive(f"sqlite:///{path}", path.parent, busy_seconds=0.2)


def built_anew(archive: Archive) -> list[str]:
    """What listing the vendors has built first of SQL."""
    built = []

    def note(_connection: object, _cursor: object, statement: str, _given: object, context: object, *_: object) -> None:
        if getattr(getattr(context, "cache_hit", None), "name", "") == "CACHE_MISS":
            built.append(statement)

    event.listen(archive.engine, "before_cursor_execute", note)
    try:
        with archive.read() as connection:
            list_vendors(connection)
    finally:
        event.remove(archive.engine, "before_cursor_execute", note)
    return built


def test_what_was_asked_before_is_not_built_again_when_the_archive_is_opened_again(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        assert built_anew(archive)
    with archive_of(tmp_path) as archive:
        assert not built_anew(archive)


def test_two_that_are_open_at_once_have_engines_of_their_own(tmp_path: Path) -> None:
    with archive_of(tmp_path):
        pass
    with archive_of(tmp_path) as one, archive_of(tmp_path) as other:
        assert one.engine is not other.engine


def test_closing_an_archive_twice_gives_its_engine_to_one_alone(tmp_path: Path) -> None:
    with archive_of(tmp_path) as first:
        first.close()
        with archive_of(tmp_path) as one:
            first.close()
            with archive_of(tmp_path) as other:
                assert one.engine is not other.engine


def test_an_engine_that_rests_has_no_connection(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive, archive.read():
        pass
    assert archive.engine.pool.checkedin() == 0  # type: ignore[attr-defined]  # of the pools that we use


def test_a_file_that_was_removed_between_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "clausewatch.db"
    with opened(path) as archive, archive.write() as connection:
        add_vendor(connection, "Fernhill")
    for each in path.parent.iterdir():
        each.unlink()
    path.parent.rmdir()
    with opened(path) as archive, archive.read() as connection:
        assert list_vendors(connection) == []


def test_a_file_that_another_took_the_place_of_is_read(tmp_path: Path) -> None:
    path, other = tmp_path / "clausewatch.db", tmp_path / "other.db"
    for each, name in ((path, "Fernhill"), (other, "Quillmark")):
        with opened(each) as archive, archive.write() as connection:
            add_vendor(connection, name)
    other.replace(path)
    with opened(path) as archive, archive.read() as connection:
        assert [vendor.name for vendor in list_vendors(connection)] == ["Quillmark"]


def test_a_relative_path_names_another_archive_in_another_folder(tmp_path: Path) -> None:
    names = []
    for folder in (tmp_path / "here", tmp_path / "there"):
        folder.mkdir()
        with chdir(folder), Archive("sqlite:///clausewatch.db", folder) as archive, archive.write() as connection:
            names.append([vendor.name for vendor in list_vendors(connection)])
            add_vendor(connection, "Fernhill")
    assert names == [[], []]


def test_few_engines_rest(tmp_path: Path) -> None:
    engines = []
    for number in range(MOST_RESTING + 1):
        with archive_of(tmp_path / str(number)) as archive:
            engines.append(archive.engine)
    with archive_of(tmp_path / "0") as first, archive_of(tmp_path / "1") as second:
        assert first.engine is not engines[0]
        assert second.engine is engines[1]
