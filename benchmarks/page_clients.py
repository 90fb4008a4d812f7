"""Visitors of the pages: many at a time, each asks for the next page when it has one. Counts and times alone."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

CLIENTS = 16
BUSY = "503"  # two days are compared for few visitors at a time
_BUSY_SECONDS = 0.05
MEANWHILE = "202"  # a page for the time in which the one that was asked for is made


@dataclass(frozen=True, slots=True)
class Served:
    """How long each answer took, from asking to its last byte, and how many came in a second."""

    seconds: tuple[float, ...]
    a_second: float
    whole_seconds: tuple[float, ...] = ()  # where the first answer was that it is being made: until it stood there

    @property
    def p95_ms(self) -> float:
        return 1000 * quantiles(self.seconds, n=20)[-1]

    @property
    def whole_p95_ms(self) -> float:
        return 1000 * quantiles(self.whole_seconds, n=20)[-1]


def ask(port: int, paths: Sequence[str], *, clients: int = CLIENTS) -> Served:
    """Ask for each path once. Where the server is busy the visitor
    asks again, and waits all the while. Raises RuntimeError where no page is answered, nor a redirect to one."""
    return asyncio.run(_ask(port, paths, clients=clients))


async def _ask(port: int, paths: Sequence[str], *, clients: int) -> Served:
    waiting = iter(paths)
    seconds: list[float] = []
    whole: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(_visit(port, waiting, seconds, whole) for _ in range(clients)))
    return Served(tuple(seconds), len(seconds) / (time.perf_counter() - began), tuple(whole))


async def _visit(port: int, waiting: Iterator[str], seconds: list[float], whole: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    for path in waiting:
        began = time.perf_counter()
        status, again = await _asked(path, reader, writer)
        seconds.append(time.perf_counter() - began)
        if status == MEANWHILE:
            while status == MEANWHILE:
                status, again = await _asked(again, reader, writer)
            await _asked(path, reader, writer)  # where it was waited for leads back to where it stands
        whole.append(time.perf_counter() - began)
    writer.close()
    await writer.wait_closed()


async def _asked(path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, str]:
    """The status of the answer, read to its end, and where it says that the browser shall go on, if it does."""
    while True:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        split = [line.split(": ", 1) for line in head.splitlines()[1:-1]]
        fields = {name.lower(): value for name, value in split}
        await reader.readexactly(int(fields.get("content-length", 0)))
        status = head.split(" ", 2)[1]
        if status not in ("200", "302", MEANWHILE, BUSY):
            raise RuntimeError(f"answered {head.splitlines()[0]}")
        if status != BUSY:
            return status, fields.get("refresh", "").partition("url=")[2]
        await asyncio.sleep(_BUSY_SECONDS)


def processor_seconds(pid: int) -> float:
    """What the processes that this one started, and theirs, have taken of a processor so far. Linux alone tells."""
    total = 0.0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + processor_seconds(int(child))
    return total
