"""What robots.txt files said, for a day: a parent remembers it from batch to batch, a child notes what is new and asks
for no other. What they allow is for ``crawler.middlewares``.

Standard library only: both processes read it.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

KEPT_SECONDS = 24 * 3600.0
"""RFC 9309 (2.4) allows no longer. They are counted from before the request; who asks for a page looks at them."""
_LONGEST = 65_536  # bytes of one; longer ones are rare, and asked for again
_MOST_BYTES = 32_000_000  # of all that are remembered, as they go to a child with its plan
_NAME = "rules"
_EACH = 200  # bytes of the address and what is around it


@dataclass(frozen=True, slots=True)
class Rules:
    """What a robots.txt said. A site that could not be asked, or wanted a pause, has said nothing."""

    text: str  # a character for each byte: JSON has no bytes
    until: float  # by clausewatch.clock

    @property
    def body(self) -> bytes:
        return self.text.encode("latin-1")


def robots_of(url: str) -> str:
    """Where the rules for an address stand. Raises ValueError for what is none."""
    return urljoin(url, "/robots.txt")


def note_rules(folder: Path, url: str, body: bytes, *, asked: float) -> None:
    """The child was told these rules by what it asked for then, by ``clausewatch.clock``."""
    if len(body) <= _LONGEST:
        line = json.dumps([url, body.decode("latin-1"), asked + KEPT_SECONDS])
        with suppress(OSError), (folder / _NAME).open("a", encoding="utf-8") as file:  # else it is asked for again
            file.write(line + "\n")


class KeptRules:
    """The rules that are remembered in this process; those that were heard first go first where they are too many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Rules] = OrderedDict()
        self._bytes = 0

    def of(self, urls: Iterable[str], *, now: float) -> dict[str, Rules]:
        """Those that hold for the addresses still, by where they stand; ``now`` by ``clausewatch.clock``."""
        found = {}
        with self._lock:
            for url in urls:
                try:
                    site = robots_of(url)
                except ValueError:  # the guard says what is wrong with it
                    continue
                rules = self._kept.get(site)
                if rules and now < rules.until:
                    found[site] = rules
        return found

    def learn(self, folder: Path) -> None:
        """Remember what a child noted. What was cut off by a kill is left out."""
        try:
            lines = (folder / _NAME).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                site, text, until = json.loads(line)
            except ValueError:
                continue
            self._keep(site, Rules(text, until))

    def _keep(self, site: str, rules: Rules) -> None:
        with self._lock:
            self._drop(site)
            self._kept[site] = rules
            self._bytes += len(rules.text) + _EACH
            while self._bytes > _MOST_BYTES:
                self._drop(next(iter(self._kept)))

    def _drop(self, site: str) -> None:
        if rules := self._kept.pop(site, None):
            self._bytes -= len(rules.text) + _EACH
