"""Signed links: confirm, manage and leave a subscription without a password. The pages behind them are the web's."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from clausewatch.errors import SettingsError, UsageError
from clausewatch.keys import kept_key
from clausewatch.settings import Settings

CONFIRM_DAYS = 3  # long enough for a weekend; who misses it asks again
DAY_SECONDS = 86_400
SECRET_FILE = "secret"  # noqa: S105  (a file's name)
_LONGEST_TOKEN = 200  # ours have about 75 characters; anything longer is not read at all


class Purpose(StrEnum):
    """What a link is for; the path before its token. A token for one purpose opens no other door."""

    CONFIRM = "confirm"
    MANAGE = "manage"
    UNSUBSCRIBE = "unsubscribe"
    FEED = "feeds/subscriptions"


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses that mails lead to."""

    public_url: str
    manage: str
    unsubscribe: str

    def comparison(self, comparison: str) -> str:
        return f"{self.public_url}/comparisons/{comparison}"

    def version(self, version: str) -> str:
        return f"{self.public_url}/versions/{version}"


def sign(secret: bytes, purpose: Purpose, *, subscription: str, now: datetime) -> str:
    """A token for that purpose and subscription; one to confirm expires after CONFIRM_DAYS, the others never."""
    expires = int((now + timedelta(days=CONFIRM_DAYS)).timestamp()) if purpose is Purpose.CONFIRM else 0
    return f"{subscription}.{expires}.{_signature(secret, purpose, subscription=subscription, expires=expires)}"


def read_token(secret: bytes, token: str, *, purpose: Purpose, now: datetime) -> str:
    """The id of the subscription that the token was signed for.

    Raises UsageError for a token that is altered, for another purpose, or expired.
    """
    subscription, expires = _verified(secret, token, purpose=purpose)
    if expires and now.timestamp() > expires:
        raise UsageError("this link has expired; subscribe again to get a new one")
    return subscription


def read_confirmation(secret: bytes, token: str, *, asked_at: datetime, now: datetime) -> str:
    """The id of the subscription that a token confirms, if it was sent for the asking at ``asked_at`` or later.

    So a link that was used opens nothing when the same is asked for again. Raises UsageError, as ``read_token`` does.
    """
    subscription, expires = _verified(secret, token, purpose=Purpose.CONFIRM)
    if not expires or now.timestamp() > expires or expires - CONFIRM_DAYS * DAY_SECONDS < int(asked_at.timestamp()):
        raise UsageError("this link has expired or was used; subscribe again to get a new one")
    return subscription


def link_to(secret: bytes, purpose: Purpose, *, subscription: str, public_url: str, now: datetime) -> str:
    """The address with a token in it."""
    token = sign(secret, purpose, subscription=subscription, now=now)
    return f"{public_url.rstrip('/')}/{purpose}/{token}"


def links_for(secret: bytes, subscription: str, *, public_url: str, now: datetime) -> Links:
    """The links that every notice to that subscription carries."""
    manage, unsubscribe = (
        link_to(secret, purpose, subscription=subscription, public_url=public_url, now=now)
        for purpose in (Purpose.MANAGE, Purpose.UNSUBSCRIBE)
    )
    return Links(public_url=public_url.rstrip("/"), manage=manage, unsubscribe=unsubscribe)


def _signature(secret: bytes, purpose: Purpose, *, subscription: str, expires: int) -> str:
    signed = "\0".join((purpose, subscription, str(expires))).encode()
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _verified(secret: bytes, token: str, *, purpose: Purpose) -> tuple[str, int]:
    not_ours = UsageError("this link is not valid; copy it whole from the newest mail")
    parts = token.split(".") if len(token) <= _LONGEST_TOKEN and token.isascii() else []
    if len(parts) != 3 or not parts[1].isdigit():
        raise not_ours
    subscription, expires = parts[0], int(parts[1])
    wanted = f"{subscription}.{expires}.{_signature(secret, purpose, subscription=subscription, expires=expires)}"
    if not hmac.compare_digest(wanted, token):
        raise not_ours
    return subscription, expires


# --- the secret -----------------------------------------------------------------------------------------------


def secret_of(settings: Settings) -> bytes:
    """What signs the links: the setting, else a random one that is made once and kept under the home.

    Raises SettingsError where it can be neither read nor made.
    """
    if settings.secret:
        return settings.secret.encode()
    path = settings.home / SECRET_FILE
    try:
        kept = kept_key(path)
    except OSError as error:
        raise SettingsError(
            f"{path}: the secret that signs links cannot be kept ({error.strerror}); set CLAUSEWATCH_SECRET"
        ) from error
    if not kept:
        raise SettingsError(f"{path}: is empty; restore it from a backup, or remove it and old links stop working")
    return kept
