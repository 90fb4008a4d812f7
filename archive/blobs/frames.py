"""What a stored body is made of: a line that says what it is, then a zstd frame, whole or leaning on another body.

Formats 1 (whole, level 3, and the plain ones of exports) and 2 are read, 2 is written. Where they lie is for stores.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from clausewatch.errors import Damaged

_FIRST = b"clausewatch-blob 1"
_SECOND = b"clausewatch-blob 2"
_ERASED = _FIRST + b" erased "
HEAD_BYTES = 256
"""A first line is never longer."""
WRITING_LEVEL = 9
"""Of what is written at once: level 19 saves 4 % more and takes five times as long (decision 0017)."""
COMPACT_LEVEL = 19
_LEAST_WINDOW, _MOST_WINDOW = 10, 27  # powers of two; zstd refuses longer ones unless asked


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a stored body.

    A body leans only on one of a lower rank, and keeps its own for ever: no mixture of older and newer files, as a
    killed ``compact`` or a copy of a running archive leaves it, leans in a circle.
    """

    codec: str  # zstd, zlib
    size: int  # of the body
    level: int = 0
    rank: int = 0  # of format 1: none, and nothing leans on it
    base: str | None = None  # SHA-256 of the body it leans on

    @property
    def line(self) -> bytes:
        words = f" {self.codec} {self.size} {self.level} {self.rank}" + (f" {self.base}" if self.base else "")
        return _SECOND + words.encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Stone:
    """What stands in place of a body that was erased."""

    on: date
    reason: str

    @property
    def raw(self) -> bytes:
        return _ERASED + self.on.isoformat().encode() + b"\n" + self.reason.encode() + b"\n"


def head_of(raw: bytes) -> Head | Stone:
    """What the first line says; ``raw`` may be cut after it. Raises ValueError where it says nothing known."""
    line, _, rest = raw.partition(b"\n")
    if line.startswith(_ERASED):
        day = date.fromisoformat(line.removeprefix(_ERASED).decode("ascii", errors="replace"))
        return Stone(day, rest.decode(errors="replace").strip())
    words = line.decode("ascii", errors="replace").split(" ")
    if line.startswith(_SECOND) and len(words) in (6, 7):
        _, _, codec, size, level, rank, *base = words
        if codec != "zstd" or any(len(each) != 64 for each in base) or int(size) < 0 or int(rank) < 1:
            raise ValueError("its first line is not one of ours")
        return Head(codec, int(size), int(level), int(rank), base[0] if base else None)
    if line.startswith(_FIRST) and len(words) == 4 and words[2] in ("zstd", "zlib") and int(words[3]) >= 0:
        return Head(words[2], int(words[3]))
    raise ValueError("its first line is not one of ours")


def plain(body: bytes) -> bytes:
    """The body as exports hold it: deflated, which every language reads by itself."""
    return b"%s zlib %d\n%s" % (_FIRST, len(body), zlib.compress(body))


def frame_of(body: bytes, base: bytes | None, *, level: int) -> bytes:
    """The body as a zstd frame that leans on the other body, if one is given."""
    import zstandard

    both = len(body) + len(base or b"")
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level,
        source_size=len(body),
        dict_size=len(base or b""),
        window_log=min(max(both.bit_length(), _LEAST_WINDOW), _MOST_WINDOW),  # far enough to see all of the base
    )
    if not base:
        return zstandard.ZstdCompressor(compression_params=parameters).compress(body)
    dictionary = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdCompressor(dict_data=dictionary, compression_params=parameters).compress(body)


def body_of(head: Head, raw: bytes, base: bytes | None) -> bytes:
    """The body, if the base is the right one: what it is named by is for the caller to check.

    Raises ValueError. No more memory is taken than the size that is stated.
    """
    frame = raw[raw.find(b"\n") + 1 :]
    if head.codec == "zlib":
        try:
            return zlib.decompressobj().decompress(frame, head.size + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from error
    import zstandard

    try:
        if zstandard.frame_content_size(frame) != head.size:  # before memory is taken for it
            raise ValueError("its size is not the one it states")
        if not base:
            return zstandard.ZstdDecompressor().decompress(frame)
        dictionary = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(frame)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def body_through(links: Sequence[tuple[Head, bytes]]) -> bytes | None:
    """The body at the end of links that lean each on the one before and the first on none, all at once: no body between
    is copied, which is half the time where pages are small. None where that does not do, be it that one is damaged."""
    import zstandard

    frames: list[bytes | bytearray | memoryview[int]] = [raw[raw.find(b"\n") + 1 :] for _, raw in links]
    try:
        for (head, _), frame in zip(links, frames, strict=True):
            if head.codec != "zstd" or zstandard.frame_content_size(frame) != head.size:
                return None
        return zstandard.ZstdDecompressor().decompress_content_dict_chain(frames)
    except (zstandard.ZstdError, ValueError):
        return None


def unreadable(where: str, error: Exception) -> str:
    """One line for a body that cannot be read."""
    return f"{where}: is damaged ({error}); restore it from a backup"


class Broken(Damaged):
    """A body that another leans on is not there; it may be that it was erased while it was read."""
