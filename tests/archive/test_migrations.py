from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from archive import database
from archive.database import migrate, open_engine, prepare, transaction
from archive.tables import EARLIER_SCHEMAS, SCHEMA, metadata
from archive.watches import Watch, list_watches
from clausewatch.errors import ArchiveError, TooNew
from tests.support.scenario import World, archive_of, day, policy

pytestmark = pytest.mark.once


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    return made


def engine_of(tmp_path: Path, name: str) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / name}", busy_seconds=0.3)


def upgraded(engine: Engine, revision: str = "head") -> Engine:
    """The database as migrations alone make it."""
    chosen = config()
    with transaction(engine, is_writer=True) as connection:
        chosen.attributes["connection"] = connection
        command.upgrade(chosen, revision)
    return engine


def shape(engine: Engine) -> dict[str, object]:
    inspector = inspect(engine)
    return {
        table: (
            sorted(
                (column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)
            ),
            sorted((index["name"] or "", tuple(index["column_names"])) for index in inspector.get_indexes(table)),
            sorted((str(key["name"]), tuple(key["constrained_columns"])) for key in inspector.get_foreign_keys(table)),
            sorted((str(key["name"]), tuple(key["column_names"])) for key in inspector.get_unique_constraints(table)),
            inspector.get_pk_constraint(table)["constrained_columns"],
        )
        for table in inspector.get_table_names()
    }


def indexes(engine: Engine) -> list[tuple[str, str]]:
    """All indexes as they were made, those over expressions too, which the inspector passes over."""
    with transaction(engine) as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''")
        return sorted((row.name, row.sql) for row in rows)


def is_ours(_object: object, name: str | None, *_more: object) -> bool:
    """All but what the search index of SQLite keeps for itself."""
    return not (name or "").startswith("blocks_search")


def test_the_migrations_lead_in_one_line_to_the_schema_of_the_code() -> None:
    script = ScriptDirectory.from_config(config())
    assert script.get_heads() == [SCHEMA]
    assert {each.revision for each in script.walk_revisions()} == {SCHEMA, *EARLIER_SCHEMAS}


@pytest.mark.filterwarnings(
    "ignore:Skipped unsupported reflection of expression-based index",  # these ``indexes`` compares
    "ignore:autogenerate skipping metadata-specified expression-based index",
)
def test_migrating_from_nothing_makes_what_the_code_makes(tmp_path: Path) -> None:
    migrated, made = upgraded(engine_of(tmp_path, "migrated.db")), engine_of(tmp_path, "made.db")
    prepare(made)
    assert shape(migrated) == shape(made)
    assert indexes(migrated) == indexes(made)
    with transaction(migrated) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
        assert compare_metadata(context, metadata) == []
    for engine in (migrated, made):
        engine.dispose()


@pytest.mark.parametrize("schema", sorted({SCHEMA, *EARLIER_SCHEMAS}))
def test_every_schema_migrates_to_the_newest(tmp_path: Path, schema: str) -> None:
    engine = upgraded(engine_of(tmp_path, "old.db"), schema)
    assert migrate(engine) == (schema, SCHEMA)
    assert migrate(engine) == (SCHEMA, SCHEMA)
    engine.dispose()


WATCHED = """
    INSERT INTO vendors VALUES ('kites', 'Kites');
    INSERT INTO documents (id, vendor, slug, type, render, interval_hours, chain, chain_length, is_unsettled)
        VALUES ('seen', 'kites', 'privacy-policy', 'Privacy Policy', 'auto', 12, '', 2, false),
               ('walled', 'kites', 'terms', 'Terms', 'auto', 12, '', 1, false);
    INSERT INTO texts (id, sha256, normaliser, words, notes, facts, blocks)
        VALUES ('t', 's', 1, 9, '[]', 0, X'789C030000000001');
    INSERT INTO versions (id, document, ordinal, text, first_at, last_at, snapshots, is_current)
        VALUES ('v', 'seen', 0, 't', '2025-01-01 00:00:00.000000', '2025-01-02 00:00:00.000000', 1, true)
"""
SNAPSHOT = """
    INSERT INTO snapshots (id, document, captured_at, fetched_at, seen_at, sightings, source, is_live, is_upgrade, url,
        headers, sha256, size, chain, position, fault, version)
    VALUES (:id, :document, :at, :at, :seen_at, 2, 'live', true, false, '', '{}', '', 1, '', :position, :fault,
        :version)
"""


@pytest.mark.parametrize("schema", ["0001", "0002"])
def test_when_documents_were_last_seen_is_known_after_migrating(tmp_path: Path, schema: str) -> None:
    engine = upgraded(engine_of(tmp_path, "old.db"), schema)
    with transaction(engine, is_writer=True) as connection:
        for statement in WATCHED.split(";"):
            connection.exec_driver_sql(statement)
        for id, document, seen, fault in (
            ("a", "seen", 2, None),
            ("b", "seen", 9, "empty"),
            ("c", "walled", 3, "login"),
        ):
            row = {"id": id, "document": document, "at": stored(1), "seen_at": stored(seen), "position": seen}
            row |= {"fault": fault, "version": None if fault else "v"}
            connection.execute(text(SNAPSHOT), row)
    assert migrate(engine) == (schema, SCHEMA)
    with transaction(engine) as connection:
        assert list_watches(connection) == {"seen": Watch(last_good_at=datetime(2025, 1, 2, tzinfo=UTC))}
    engine.dispose()


def stored(on: int) -> str:
    """An instant as SQLite keeps it."""
    return f"2025-01-0{on} 00:00:00.000000"


def test_migrating_an_empty_database_makes_it(tmp_path: Path) -> None:
    engine = engine_of(tmp_path, "empty.db")
    assert migrate(engine) == (None, SCHEMA)
    assert migrate(engine) == (SCHEMA, SCHEMA)
    engine.dispose()


def test_migrating_twice_keeps_what_is_there(world: World, tmp_path: Path) -> None:
    vendor = world.vendor()
    vendor.publishes(policy(), at=day(1))
    world.settles()
    for _ in range(2):
        assert migrate(world.archive.engine) == (SCHEMA, SCHEMA)
    with archive_of(tmp_path):
        assert len(vendor.versions) == 1


def test_a_newer_database_is_not_migrated(tmp_path: Path) -> None:
    engine = upgraded(engine_of(tmp_path, "new.db"))
    with transaction(engine, is_writer=True) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(TooNew, match="9999"):
        migrate(engine)
    engine.dispose()


def test_a_database_of_something_else_is_not_migrated(tmp_path: Path) -> None:
    engine = engine_of(tmp_path, "other.db")
    with transaction(engine, is_writer=True) as connection:
        connection.exec_driver_sql("CREATE TABLE recipes (id INTEGER)")
    with pytest.raises(ArchiveError, match="something else"):
        migrate(engine)
    engine.dispose()
