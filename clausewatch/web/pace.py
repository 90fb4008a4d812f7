"""How often something may happen for one key. Kept in memory: a restart forgets, and that does no harm."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

MOST_KEYS = 10_000  # beyond it the keys unused for longest are forgotten, so that memory stays bounded
_HOUSEHOLD = 64  # bits of an IPv6 address; the others each customer may choose at will


class Pace:
    """Counts per key over a sliding window. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: dict[str, deque[datetime]] = {}

    def __len__(self) -> int:
        return len(self._times)

    def allows(self, key: str, *, most: int, per: timedelta, now: datetime) -> bool:
        """Whether it may happen now; if so it is counted."""
        with self._lock:
            times = self._times.pop(key, None) or deque()
            while times and times[0] <= now - per:
                times.popleft()
            is_allowed = len(times) < most
            if is_allowed:
                times.append(now)
            self._times[key] = times  # at the end: dictionaries keep the order of insertion
            while len(self._times) > MOST_KEYS:
                del self._times[next(iter(self._times))]
            return is_allowed


def client_key(host: str) -> str:
    """What one client counts as: its address, of IPv6 the network that one customer is given.

    >>> client_key("192.0.2.7"), client_key("2001:db8:1:2:3::4"), client_key("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8:1:2::', '192.0.2.7')
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:  # a socket's path, or nothing
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _HOUSEHOLD << _HOUSEHOLD))
