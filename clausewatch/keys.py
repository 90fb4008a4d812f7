"""Keys in files under the home, made at random at first use. What they sign, and what is said where they cannot be
kept, is left to those who use them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_KEY_BYTES = 32


def kept_key(path: Path) -> bytes:
    """What the file holds, without space around; where there is none, a random key in hex, readable by its owner alone.

    Raises OSError where it can be neither read nor made.
    """
    if not path.exists():
        _keep(path, secrets.token_hex(_KEY_BYTES))
    return path.read_bytes().strip()


def _keep(path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # not a rename: of two processes that start at once, the second keeps the first's
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)
