"""The key that signs heads, made once and kept under the home, and the head of the day."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from archive import Archive
from archive.heads import Head, list_heads, make_head
from clausewatch.errors import SettingsError
from clausewatch.keys import kept_key
from clausewatch.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

log = logging.getLogger(__name__)

KEY_FILE = "signing-key"
"""Under the home: whoever has it can sign in this archive's name. Several machines of one archive share it."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        return self.private.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        return self.private.sign(message).hex()


def signing_key(settings: Settings) -> SigningKey:
    """The archive's key, made on first use. Raises SettingsError where it can be neither read nor made."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = settings.home / KEY_FILE
    try:
        return SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept_key(path).decode("ascii"))))
    except OSError as error:
        raise SettingsError(f"{path}: the key that signs heads cannot be kept ({error.strerror})") from error
    except ValueError as error:
        raise SettingsError(
            f"{path}: holds no key; restore it from a backup, or remove it and heads are signed by another one"
        ) from error


def head_of_the_day(archive: Archive, key: SigningKey, *, now: datetime) -> Head | None:
    """Sign the day's head if none is there yet; None where nothing is kept."""
    with archive.read() as connection:
        newest = list_heads(connection, most=1)
    if newest and newest[0].day >= now.date():
        return newest[0]
    with archive.write() as connection:
        made = make_head(connection, key, now=now)
    if made and newest and made.key != newest[0].key:
        log.warning(
            "the head of %s is signed by another key than the one before; where it was not exchanged, bring the file "
            "%s of the home to all machines, from the one that has the old key or from a backup", made.day, KEY_FILE,
        )  # fmt: skip
    return made
