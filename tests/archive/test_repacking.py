"""An archive of schema 6 on its way to pages: all of it comes over, stopped anywhere too."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, func, inspect, select, text

from archive import database, open_archive
from archive.comparisons import get_comparison, list_comparisons
from archive.database import migrate, open_engine, transaction
from archive.documents import list_documents
from archive.facts import facts_of
from archive.passages import search_passages
from archive.repacking import carry_over
from archive.tables import BEGUN, SCHEMA, pages, texts
from archive.texts import load_text, looks_of
from clausewatch.errors import NeedsMigration
from clausewatch.jobs.verify import verify
from clausewatch.settings import Settings
from tests.crawler.test_run import wait_until
from tests.support import earlier

pytestmark = pytest.mark.once
A_MOMENT_SECONDS = 0.3  # in which a process that has the database open asks which schema it has; slower ones come late


def begin(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    with transaction(engine, is_writer=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEGUN)


class Killed(Exception):
    pass


def killed_after(engine: Engine, most: int) -> Callable[[], Any]:
    """Transactions as usual, so many; the next one is lost before it ends."""
    numbers = count()

    @contextmanager
    def write() -> Iterator[Connection]:
        with transaction(engine, is_writer=True) as connection:
            yield connection
            if next(numbers) == most:
                raise Killed

    return write


def held(url: str, home: Path) -> dict[str, object]:
    """All that the archive says of what lies on pages."""
    with open_archive(Settings(home=home, database_url=url)) as archive, archive.read() as connection:
        assert list(verify(archive, is_deep=True)) == []
        ids = connection.execute(select(texts.c.id).order_by(texts.c.id)).scalars().all()
        documents = list_documents(connection)
        return {
            "texts": [load_text(connection, id) for id in ids],
            "facts": [facts_of(connection, id) for id in ids],
            "looks": [looks_of(connection, each) for each in documents],
            "comparisons": [get_comparison(connection, each.id) for each in list_comparisons(connection)],
            "found": {(each.version, each.start, each.excerpt) for each in search_passages(connection, "months")},
        }


def test_what_lay_in_rows_lies_on_pages(engine: Engine, url: str, tmp_path: Path) -> None:
    earlier.fill(engine, tmp_path, "0006")
    kept = earlier.kept_rows()
    said: list[str] = []
    assert migrate(engine, on_progress=said.append) == ("0006", SCHEMA)
    assert "texts: 3 of 3 carried over" in said
    found: Any = held(url, tmp_path)
    words = [block.text for each in found["texts"] for block in each.blocks]
    assert set(words) == {row["text"] for row in kept["blocks"]}
    facts = [(each.kind, each.value, each.subject, each.quote.quote, each.quote.start, each.quote.end)
             for stated in found["facts"] for each in stated]  # fmt: skip
    columns = ("kind", "value", "subject", "quote", "start", "end")
    assert sorted(facts) == sorted(tuple(row[name] for name in columns) for row in kept["facts"])
    assert [look.signals for looks in found["looks"] for look in looks] == [row["signals"] for row in kept["readings"]]
    (comparison,) = found["comparisons"]
    quotes = [(each.after.quote, each.after.start, each.after.end) for each in comparison.findings if each.after]
    assert quotes == [(row["after_quote"], row["after_start"], row["after_end"]) for row in kept["findings"]]
    new = "".join(edit.text for section in comparison.sections for edit in section.edits if edit.op in "=+")
    assert new in {each.text for each in found["texts"]}
    assert found["found"]
    assert not {"blocks", "findings", "old_facts"} & set(inspect(engine).get_table_names())


@pytest.mark.parametrize("most", [0, 1, 2, 4, 7, 11])
def test_stopped_anywhere_it_goes_on_where_it_was(engine: Engine, url: str, tmp_path: Path, most: int) -> None:
    earlier.fill(engine, tmp_path, "0006")
    begin(engine)
    with pytest.raises(Killed):
        carry_over(killed_after(engine, most), lambda line: None, at_once=1)
    with pytest.raises(NeedsMigration, match="run clausewatch migrate"):
        open_archive(Settings(home=tmp_path, database_url=url))
    assert migrate(engine) == (BEGUN, SCHEMA)
    other = tmp_path / "undisturbed"
    undisturbed = open_engine(f"sqlite:///{other / 'clausewatch.db'}")
    earlier.fill(undisturbed, other, "0006")
    migrate(undisturbed)
    undisturbed.dispose()
    assert held(url, tmp_path) == held(f"sqlite:///{other / 'clausewatch.db'}", other)


def test_two_that_carry_at_once_carry_each_row_once(engine: Engine, url: str, tmp_path: Path) -> None:
    earlier.fill(engine, tmp_path, "0006")
    begin(engine)
    numbers = count()

    @contextmanager
    def write() -> Iterator[Connection]:
        if next(numbers) % 2:  # who has found out what is left is overtaken before it is carried
            carry_over(lambda: transaction(engine, is_writer=True), lambda line: None)
        with transaction(engine, is_writer=True) as connection:
            yield connection

    carry_over(write, lambda line: None)
    migrate(engine)
    other = tmp_path / "undisturbed"
    undisturbed = open_engine(f"sqlite:///{other / 'clausewatch.db'}")
    earlier.fill(undisturbed, other, "0006")
    migrate(undisturbed)
    query = select(func.sum(pages.c.records), func.sum(pages.c.size))
    with transaction(engine) as connection, transaction(undisturbed) as alone:
        assert connection.execute(query).one() == alone.execute(query).one()
    undisturbed.dispose()
    assert held(url, tmp_path) == held(f"sqlite:///{other / 'clausewatch.db'}", other)


@pytest.mark.parametrize("most", range(8))  # of the transactions that there are
def test_who_is_overtaken_by_another_migration_finds_it_done(
    engine: Engine, url: str, tmp_path: Path, most: int
) -> None:
    earlier.fill(engine, tmp_path, "0006")
    begin(engine)
    numbers = count()

    @contextmanager
    def write() -> Iterator[Connection]:
        if next(numbers) == most:  # the old columns are dropped now
            migrate(engine)
        with transaction(engine, is_writer=True) as connection:
            yield connection

    carry_over(write, lambda line: None, at_once=1)
    assert migrate(engine) == (SCHEMA, SCHEMA)
    assert held(url, tmp_path)["texts"]


@pytest.mark.slow
def test_two_machines_that_migrate_at_once_both_find_it_done(engine: Engine, url: str, tmp_path: Path) -> None:
    earlier.fill(engine, tmp_path, "0006")
    environ = os.environ | {"CLAUSEWATCH_HOME": str(tmp_path), "CLAUSEWATCH_DATABASE_URL": url}
    with transaction(engine, is_writer=True):  # who has found it old waits here
        command = [sys.executable, "-m", "clausewatch", "migrate"]
        both = [subprocess.Popen(command, env=environ, stdout=PIPE, stderr=PIPE, text=True) for _ in range(2)]
        wait_until(lambda: are_there(engine, both))
        time.sleep(A_MOMENT_SECONDS)
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert {out for out, _ in said} <= {f"schema {SCHEMA}: was {before}\n" for before in ("0006", BEGUN)}
    assert held(url, tmp_path)["texts"]


def are_there(engine: Engine, processes: Sequence[subprocess.Popen[str]]) -> bool:
    """Whether all of them wait for who writes, or, where nothing tells that, have the file open."""
    if engine.dialect.name == "postgresql":
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        with engine.connect() as connection:
            return bool(connection.execute(text(query)).scalar_one() == len(processes))
    return all(has_open(each, str(engine.url.database)) for each in processes)


def has_open(process: subprocess.Popen[str], path: str) -> bool:
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if str(link.readlink()) == path:
                return True
    return False


def test_a_text_that_was_damaged_before_does_not_hold_it_up(engine: Engine, url: str, tmp_path: Path) -> None:
    earlier.fill(engine, tmp_path, "0006")
    with transaction(engine, is_writer=True) as connection:
        connection.execute(text("DELETE FROM passages"))
        connection.execute(text("DELETE FROM blocks WHERE text LIKE '%24 months%'"))
    migrate(engine)
    with open_archive(Settings(home=tmp_path, database_url=url)) as archive:
        lines = list(verify(archive, is_deep=True))
    assert any("is not the one its hash was taken of" in line for line in lines)
