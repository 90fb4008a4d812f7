"""Erase bodies for ever: what leans on them is written anew first, so that nothing else is lost with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from archive.blobs.chains import NEAR, Chains, key_of, name_of
from archive.blobs.frames import COMPACT_LEVEL, Head, Stone, head_of
from archive.blobs.stores import Store
from clausewatch.errors import ArchiveError

ERASING = ".erasing"
"""Where it is noted what is being erased: who wrote a body that leans on one of these writes it anew by itself."""


def erase_all(store: Store, chains: Chains, stones: Mapping[str, Stone]) -> None:
    """Put the stones in place of the bodies, by SHA-256. Stopped anywhere, the next run finishes it.

    What is erased already stays as it is. Raises ArchiveError.
    """
    with store.alone():
        chains.forget()  # what is held in memory may have been erased by another process
        wanted = dict(_noted(store)) | {name: each for name, each in stones.items() if not _is_erased(store, name)}
        if wanted:
            for name, stone in wanted.items():
                store.replace(f"{ERASING}/{name}", stone.raw)
            rewritten = _free(store, chains, wanted)
            for name, stone in wanted.items():
                if not _is_erased(store, name):
                    store.replace(key_of(name), stone.raw)
            store.purge([*map(key_of, wanted), *map(key_of, rewritten)])
            for name in wanted:
                store.remove(f"{ERASING}/{name}")
    chains.forget()


def is_going(store: Store, sha256: str) -> bool:
    """Whether a body is being erased, was erased, or is not there. The note is looked for before the body."""
    if store.head(f"{ERASING}/{sha256}") is not None:
        return True
    raw = store.head(key_of(sha256))
    return raw is None or isinstance(_head(raw), Stone | None)


def _noted(store: Store) -> Iterator[tuple[str, Stone]]:
    """What a run that was stopped had begun."""
    for key in store.keys(ERASING):
        said = _head(store.get(key) or b"")
        if isinstance(said, Stone):
            yield key.rpartition("/")[2], said


def _is_erased(store: Store, sha256: str) -> bool:
    raw = store.head(key_of(sha256))
    return raw is not None and isinstance(_head(raw), Stone)


def _free(store: Store, chains: Chains, gone: Collection[str]) -> list[str]:
    """Write anew what leans on those, lowest first, against what is left; the names of these."""
    leaning = sorted(
        (head.rank, name, head.base)
        for name, head in _heads(store)
        if head.base in gone and name not in gone
    )  # fmt: skip
    beside: dict[str, list[str]] = {}
    for rank, name, base in leaning:
        others = beside.setdefault(base or "", _left_below(chains, base or "", gone))
        try:
            body = chains.read(name)
        except ArchiveError:
            continue  # it was lost before; `verify --deep` says so
        encoded, below = chains.encoded(body, others, level=COMPACT_LEVEL, rank=rank, without=gone)
        store.replace(key_of(name), encoded.raw)
        chains.remember(name, encoded, below, body=body)
        beside[base or ""] = [name, *others][:NEAR]
    return [name for _, name, _ in leaning]


def _left_below(chains: Chains, sha256: str, gone: Collection[str]) -> list[str]:
    """What the body leans on that stays, the nearest only."""
    place = chains.place(sha256)
    while place and place.base:
        if place.base not in gone:
            return [place.base]
        place = chains.place(place.base)
    return []


def _heads(store: Store) -> Iterator[tuple[str, Head]]:
    for key, raw in store.heads():
        head = _head(raw)
        if isinstance(head, Head):
            yield name_of(key), head


def _head(raw: bytes) -> Head | Stone | None:
    try:
        return head_of(raw)
    except ValueError:
        return None
