"""Ports for servers that are told theirs before they start."""

from __future__ import annotations

import socket
from contextlib import suppress
from random import SystemRandom

_FIRST, _LAST = 15_000, 30_000  # below those that systems give to whoever asks for any, 32768 and above
_TRIES = 100


def free_port() -> int:
    """A port of 127.0.0.1 that is free, and that no other server or client gets by asking for any until it is used."""
    chance = SystemRandom()
    for _ in range(_TRIES):
        port = chance.randint(_FIRST, _LAST)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no port is free")
