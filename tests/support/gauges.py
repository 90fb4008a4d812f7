"""A vendor's site that takes its time, and notes how many requests were there at once; when a site was asked."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from clausewatch.demo.server import Reply, Request
from tests.support import VendorSite


@dataclass
class GaugedSite(VendorSite):
    """Answers after ``seconds``; ``most`` is how many requests it had at one time."""

    seconds: float = 0.01
    now: int = 0
    most: int = 0
    gauge: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Reply:
        with self.gauge:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.seconds)
        reply = super().respond(request)
        with self.gauge:
            self.now -= 1
        return reply

    @property
    def pages(self) -> list[str]:
        """The paths that were asked for, but for robots.txt, in order of their names."""
        return sorted(entry.path for entry in self.requests if entry.path != "/robots.txt")


def seconds_since_rules(site: VendorSite) -> list[float]:
    """When each page was asked for, after robots.txt was. No page is begun before that is answered: a site that is slow
    to note a request makes these longer, never shorter, as it may the time between two of them."""
    (rules_at,) = (entry.at for entry in site.requests if entry.path == "/robots.txt")
    return [(entry.at - rules_at).total_seconds() for entry in site.requests if entry.path != "/robots.txt"]
