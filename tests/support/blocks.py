"""Blocks of an archive by their words, to be damaged or lost."""

from __future__ import annotations

from dataclasses import replace

import zstandard
from sqlalchemy import Connection, select

from archive.blocks import load_blocks, record_of_block
from archive.pages import erase_records, replace_records
from archive.tables import block_keys, pages
from clausewatch.model import Block


def blocks_with(connection: Connection, words: str) -> dict[int, Block]:
    """The blocks that hold these words, by their ids."""
    ids = connection.execute(select(block_keys.c.block)).scalars()
    return {id: block for id, block in load_blocks(connection, ids).items() if words in block.text}


def alter_blocks(connection: Connection, words: str, *, becomes: str) -> None:
    """Have another text stand where the blocks with these words stood."""
    found = blocks_with(connection, words)
    replace_records(connection, {id: record_of_block(replace(each, text=becomes)) for id, each in found.items()})


def lose_blocks(connection: Connection, words: str) -> None:
    """Lose the blocks with these words; what names them stays."""
    erase_records(connection, blocks_with(connection, words))


def words_on_pages(connection: Connection) -> bytes:
    """All that the pages hold, as it is before it is compressed."""
    packed = connection.execute(select(pages.c.packed)).scalars()
    return b"".join(zstandard.ZstdDecompressor().decompress(each) for each in packed)
