"""Blocks of texts: each distinct one is stored once, on a page with those that it came with, and its words indexed."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from archive.pages import add_records, erase_records, fetch_records
from archive.tables import block_keys
from archive.words import forget_words, index_words
from clausewatch.counts import counted
from clausewatch.errors import Damaged
from clausewatch.model import Block, BlockKind

_INDEXED_AT_ONCE = 10_000  # blocks: a few megabytes
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999
_KEY_DIGITS = 12  # of the hash: 48 bits. Blocks with one key are told apart by what they are
_KEPT_HASHES, _LONGEST_KEPT = 4096, 4000  # blocks, and characters of one: some megabytes
_JSON = json.JSONEncoder(ensure_ascii=False)  # made once: that takes as long as to use it
_TERSE_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_LETTERS = {BlockKind.HEADING: "h", BlockKind.PARAGRAPH: "p", BlockKind.ITEM: "i", BlockKind.ROW: "r"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}


def hash_of_block(block: Block) -> str:
    """SHA-256 over all that the block is; ids of texts are made of it."""
    return _hash(block) if len(block.text) > _LONGEST_KEPT else _kept_hash(block)


@lru_cache(_KEPT_HASHES)  # most snapshots of a document have the blocks of the one before
def _kept_hash(block: Block) -> str:
    return _hash(block)


def _hash(block: Block) -> str:
    parts = [block.kind.value, block.level, block.text, block.header, block.links, block.breaks]
    return hashlib.sha256(_JSON.encode(parts).encode()).hexdigest()


def store_blocks(connection: Connection, wanted: Mapping[str, Block]) -> dict[str, int]:
    """The ids of these blocks, by their hashes; those that are new are stored, and found by their words from now on."""
    records = {block_hash: record_of_block(block) for block_hash, block in wanted.items()}
    ids = _known(connection, records)
    new = [block_hash for block_hash in wanted if block_hash not in ids]
    if new:
        made = add_records(connection, [records[block_hash] for block_hash in new], near=ids.values())
        ids |= zip(new, made, strict=True)
        connection.execute(insert(block_keys), [{"key": _key(each), "block": ids[each]} for each in new])
        index_words(connection, {ids[each]: wanted[each].text for each in new})
    return ids


def load_blocks(connection: Connection, ids: Iterable[int]) -> dict[int, Block]:
    """Those of the blocks that are there. Raises Damaged."""
    return {id: _block(id, parts) for id, parts in _parts(fetch_records(connection, ids)).items()}


def load_block_texts(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The texts of those of the blocks that are there: a third of the work. Raises Damaged."""
    return {id: parts[1] for id, parts in _parts(fetch_records(connection, ids)).items()}


def index_all(connection: Connection) -> None:
    """Have the words of all blocks found, where the index is empty."""
    ids = connection.execute(select(block_keys.c.block).order_by(block_keys.c.block)).scalars().all()
    for at in range(0, len(ids), _INDEXED_AT_ONCE):
        found = load_blocks(connection, ids[at : at + _INDEXED_AT_ONCE])
        index_words(connection, {id: block.text for id, block in found.items()})


def erase_blocks(connection: Connection, ids: Collection[int]) -> None:
    """Leave nothing of these blocks, nor of their words in the index."""
    found = load_blocks(connection, ids)
    forget_words(connection, {id: block.text for id, block in found.items()})
    keys = {id: _key(hash_of_block(block)) for id, block in found.items()}
    for id, key in keys.items():
        connection.execute(delete(block_keys).where(block_keys.c.key == key, block_keys.c.block == id))
    erase_records(connection, found)


def _known(connection: Connection, records: Mapping[str, bytes]) -> dict[str, int]:
    hashes: defaultdict[int, list[str]] = defaultdict(list)
    for block_hash in records:
        hashes[_key(block_hash)].append(block_hash)
    keys = sorted(hashes)
    rows: list[tuple[int, int]] = []
    for at in range(0, len(keys), _SOME):
        query = select(block_keys.c.key, block_keys.c.block).where(block_keys.c.key.in_(keys[at : at + _SOME]))
        rows += [(row.key, row.block) for row in connection.execute(query)]
    held = fetch_records(connection, [block for _, block in rows])
    return {
        block_hash: block for key, block in rows for block_hash in hashes[key] if held.get(block) == records[block_hash]
    }


def _key(block_hash: str) -> int:
    return int(block_hash[:_KEY_DIGITS], 16)


def record_of_block(block: Block) -> bytes:
    """What a page holds of it: kind and level, text, and what it has of header, links and breaks."""
    parts = [
        f"{_LETTERS[block.kind]}{block.level or ''}", block.text, list(block.header), list(block.links),
        list(block.breaks),
    ]  # fmt: skip
    while parts[-1] == []:
        parts.pop()
    return _TERSE_JSON.encode(parts).encode()


def _parts(records: Mapping[int, bytes]) -> dict[int, list[Any]]:
    try:
        # one by one it takes three times as long
        return dict(zip(records, json.loads(b"[" + b",".join(records.values()) + b"]"), strict=True))
    except ValueError as error:
        raise Damaged(
            f"one of {counted(len(records), 'block')} is damaged ({error}); restore the database from a backup"
        ) from None


def _block(id: int, parts: list[Any]) -> Block:
    try:
        mark, text, *more = parts
        if not more:  # most blocks
            return Block(_KINDS[mark[0]], text, int(mark[1:] or 0))
        header, links, breaks = map(tuple, [*more, (), (), ()][:3])
        return Block(
            kind=_KINDS[mark[0]], text=text, level=int(mark[1:] or 0), header=header, links=links, breaks=breaks
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"block {id} is damaged ({error}); restore the database from a backup") from None
