"""An archive as an earlier release left it: the rows of schema 6 as they were stored, without what came after a schema.

The pages are those of ``tests.support.scenario``; rows that later code writes differently stay as they are here.
"""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, TableClause, column, insert, inspect, table

from archive import database
from archive.blobs import Blobs
from archive.database import transaction
from tests.support.scenario import BOT_WALL, policy

PAGES = (policy(), policy(months=24, nonce="b"), BOT_WALL)
NEWEST_AS_KEPT = "0006"


def fill(engine: Engine, home: Path, schema: str) -> None:
    """Make the schema in an empty database, and the story in it and under the home: two versions, a comparison that two
    subscribers are owed, a wall, a signed head."""
    for page in PAGES:
        Blobs(home / "blobs").write(page.encode())
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    with transaction(engine, is_writer=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
        inspector = inspect(connection)
        there = set(inspector.get_table_names())
        for name, rows in kept_rows().items():
            if name in there:
                made = table(name, *(column(each["name"], each["type"]) for each in inspector.get_columns(name)))
                connection.execute(insert(made), [_of_table(row, made, engine.dialect.name) for row in rows])
        if engine.dialect.name == "postgresql":
            for name in ("blocks", "addresses"):
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
                )


def kept_rows() -> dict[str, list[dict[str, Any]]]:
    """The rows of each table."""
    rows: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("schema_6.json").read_text())
    return rows


def _of_table(row: dict[str, Any], made: TableClause, dialect: str) -> dict[str, Any]:
    """The columns that the schema has."""
    return {name: _value(value, dialect) for name, value in row.items() if name in made.columns}


def _value(value: Any, dialect: str) -> Any:
    match value:
        case {"instant": str(shown), **rest} if not rest:
            instant = datetime.fromisoformat(shown)
            return instant.replace(tzinfo=None) if dialect == "sqlite" else instant
        case {"day": str(shown), **rest} if not rest:
            return date.fromisoformat(shown)
        case {"bytes": str(shown), **rest} if not rest:
            return base64.b64decode(shown)
    return value
