"""The archive: everything kept, and the only place that knows SQL and blobs.

``open_archive(settings)`` gives an ``Archive``; its modules, one a noun, take the connection of a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from archive.blobs import open_blobs
from archive.clock import SharedClock
from archive.database import BUSY_SECONDS, ChangeWatch, prepare, transaction
from archive.engines import woken_engine
from clausewatch.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Archive", "open_archive"]


class Archive:
    """A database and a folder or bucket of blobs. Use it as a context manager; it closes its connections."""

    def __init__(self, database_url: str, home: Path, *, blobs: str = "", busy_seconds: float = BUSY_SECONDS) -> None:
        self.blobs = open_blobs(blobs, home)
        self._open = ExitStack()
        self.engine = self._open.enter_context(woken_engine(database_url, busy_seconds=busy_seconds))
        self.clock = SharedClock(self.engine)
        self._watch = ChangeWatch(self.engine)
        try:
            prepare(self.engine)
            self.clock.set()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads: one moment of the archive, whoever writes meanwhile."""
        with transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: all of it is kept, or nothing. On SQLite one at a time."""
        with transaction(self.engine, is_writer=True) as connection:
            yield connection

    @contextmanager
    def write_beside(self, *keys: str) -> Iterator[Connection]:
        """As ``write``, beside others with other keys: of rows that belong to what the keys name, or are named by what
        they hold. On SQLite as ``write``. Raises Collision where another one wrote the same meanwhile."""
        with transaction(self.engine, is_writer=True, beside=keys) as connection:
            yield connection

    @property
    def has_one_writer(self) -> bool:
        """Whether who writes beside others waits for them all the same: then much is best written at once."""
        return self.engine.dialect.name == "sqlite"

    def changes(self, vendor: str | None = None) -> tuple[int, int]:
        """How often anything that pages show was changed, and how often something of the vendor (a slug; as often as
        anything, if it is not known), by whatever process."""
        return self._watch.changes(vendor)

    def close(self) -> None:
        self._watch.close()
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_archive(settings: Settings, *, busy_seconds: float = BUSY_SECONDS) -> Archive:
    """The archive that the settings name, made if it is not there. Raises ArchiveError or SettingsError.

    A writer waits ``busy_seconds`` for another one before it gives up.
    """
    return Archive(settings.database, settings.home, blobs=settings.blobs, busy_seconds=busy_seconds)
