"""Parts of pages that follow from what they are made of, and never change: the text of a version, the body of a
comparison, findings as JSON. Those asked for last are kept in memory, whatever comes into the archive meanwhile."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sized
from typing import Generic, TypeVar

Part = TypeVar("Part", bound=Sized)
MOST_CHARACTERS = 32_000_000  # of parts together
LARGEST = 2_000_000  # characters of one part: a larger one would push out many


class Parts(Generic[Part]):
    """Markup or JSON by what it was made of. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Part] = OrderedDict()
        self._characters = 0

    def get(self, key: Hashable) -> Part | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Hashable, part: Part) -> Part:
        """Keep the part, in place of those that nobody asked for for longest; give it."""
        if len(part) > LARGEST:
            return part
        with self._lock:
            if key not in self._kept:
                self._kept[key] = part
                self._characters += len(part)
            while self._characters > MOST_CHARACTERS:
                _, gone = self._kept.popitem(last=False)
                self._characters -= len(gone)
        return part
