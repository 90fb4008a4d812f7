"""Visitors of the pages: many at a time, each asks for the next page when it has one. Counts and times alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles

CLIENTS = 16


@dataclass(frozen=True, slots=True)
class Served:
    """How long each answer took, from asking to its last byte, and how many came in a second."""

    seconds: tuple[float, ...]
    a_second: float

    @property
    def p95_ms(self) -> float:
        return 1000 * quantiles(self.seconds, n=20)[-1]


def ask(port: int, paths: Sequence[str], *, clients: int = CLIENTS) -> Served:
    """Ask for each path once. Raises RuntimeError where one is not answered with a page, or a redirect to one."""
    return asyncio.run(_ask(port, paths, clients=clients))


async def _ask(port: int, paths: Sequence[str], *, clients: int) -> Served:
    waiting = iter(paths)
    seconds: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(_visit(port, waiting, seconds) for _ in range(clients)))
    return Served(tuple(seconds), len(seconds) / (time.perf_counter() - began))


async def _visit(port: int, waiting: Iterator[str], seconds: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    for path in waiting:
        began = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        await writer.drain()
        await _answer(reader, path)
        seconds.append(time.perf_counter() - began)
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader, path: str) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0))
    if head.split(" ", 2)[1] not in ("200", "302"):
        raise RuntimeError(f"{path}: answered {head.splitlines()[0]}")
