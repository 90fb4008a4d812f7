"""Whatever is written, erased, compacted and opened again in whatever order: all others stay readable."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from archive.blobs import Blobs, Stone
from archive.blobs.files import FileStore
from clausewatch.errors import Gone
from tests.archive.blobs.bodies import pages

pytestmark = pytest.mark.once
PAGES = pages(30) + pages(15, seed=2) + [b"", b"x"]
STONE = Stone(date(2026, 3, 1), "asked for")


class Killed(BaseException):
    """The process ends here."""


class FailingStore(FileStore):
    """A folder whose process is killed before or after so many writes."""

    def __init__(self, folder: Path, writes: int) -> None:
        super().__init__(folder)
        self._left = writes

    def replace(self, key: str, data: bytes) -> None:
        if self._left == 0:
            raise Killed
        self._left -= 1
        super().replace(key, data)

    def remove(self, key: str) -> None:
        if self._left == 0:
            raise Killed
        super().remove(key)


class Place(RuleBasedStateMachine):
    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "blobs")
        self.blobs = Blobs(self.path)
        self.bodies: dict[str, bytes] = {}
        self.order: list[str] = []
        self.gone: set[str] = set()

    @rule(target=names, page=st.integers(0, len(PAGES) - 1), skipped=st.integers(0, 5))
    def write(self, page: int, skipped: int) -> str:
        name = self.blobs.write(PAGES[page], near=self.order[: -1 - skipped : -1])
        if name not in self.gone:
            self.bodies[name] = PAGES[page]
        self.order.append(name)
        return name

    @rule(name=consumes(names))
    def erase(self, name: str) -> None:
        self.blobs.erase(name, on=STONE.on, reason=STONE.reason)
        self._is_gone(name)

    @rule(name=consumes(names), other=names, writes=st.integers(0, 6))
    def erase_and_be_killed(self, name: str, other: str, writes: int) -> None:
        with suppress(Killed):
            Blobs(FailingStore(self.path, writes)).erase_all({name: STONE, other: STONE})
        for each in (name, other):  # until the next run, either may be readable or gone
            self._is_gone(each)

    @rule()
    def compact(self) -> None:
        self.blobs.erase_all({})
        with self.blobs.alone():
            for at, name in enumerate(self.order):
                if name not in self.gone:
                    self.blobs.compact(name, near=self.order[max(at - 4, 0) : at + 4])

    @rule()
    def gather(self) -> None:
        with self.blobs.alone():
            self.blobs.gather()

    @rule()
    def open_again(self) -> None:
        self.blobs = Blobs(self.path)

    @invariant()
    def all_others_are_readable(self) -> None:
        fresh = Blobs(self.path)
        for name, body in self.bodies.items():
            assert fresh.read(name) == body

    def teardown(self) -> None:
        try:
            self.blobs.erase_all(dict.fromkeys(self.gone, STONE))
            for name in self.gone:
                with pytest.raises(Gone):
                    Blobs(self.path).read(name)
            self.all_others_are_readable()
        finally:
            self.folder.cleanup()

    def _is_gone(self, name: str) -> None:
        self.gone.add(name)
        self.bodies.pop(name, None)


TestAnyOrder = Place.TestCase
TestAnyOrder.settings = settings(max_examples=12, stateful_step_count=20)
