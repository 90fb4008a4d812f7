"""One process at a time for what rewrites bodies in a bucket: an object that its holder keeps writing anew.

No clock is compared with another's: who waits takes the lock over where it stayed the same for as long as he watched.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from clausewatch.errors import ArchiveError, Unreached

if TYPE_CHECKING:
    from obstore.store import S3Store

STALE_SECONDS = 120.0
"""A holder writes four times in this time; who sees it unchanged for all of it knows that the holder is gone."""


class BucketLock:
    """A lock on a bucket, held by one process of any machine."""

    def __init__(self, store: S3Store, key: str, address: str, *, stale_seconds: float) -> None:
        self._store, self._key, self._address = store, key, address
        self._stale_seconds = stale_seconds
        self._version: Any = None  # of the lock's object as we wrote it; None: we do not hold it
        self._is_lost = False
        self._sure_until: float | None = None  # by time.monotonic: nobody takes it over before; None: we do not hold it

    def check(self) -> None:
        """Raises ArchiveError where another process took the lock over, since we were cut off for too long."""
        # not only what the keeper found out: it may wait for an answer at this moment
        if self._is_lost or (self._sure_until is not None and time.monotonic() > self._sure_until):
            raise ArchiveError(
                f"{self._address}: another process took over, this one was cut off for {self._stale_seconds:.0f} s; "
                "start it again"
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock and hold it. Raises ArchiveError where the bucket cannot be written."""
        self._acquire()
        ended = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(ended,), daemon=True)
        keeper.start()
        try:
            yield
        except Unreached:
            self._is_lost = True  # nor could it be given up
            raise
        finally:
            ended.set()
            keeper.join()
            self._release()

    def _acquire(self) -> None:
        seen, since = None, time.monotonic()
        while True:
            other = self._seen()
            if other is None and self._hold("create"):
                return
            if other != seen:
                seen, since = other, time.monotonic()
            elif other is not None and time.monotonic() - since > self._stale_seconds and self._hold(other):
                return
            time.sleep(self._stale_seconds / 60)

    def _keep(self, ended: threading.Event) -> None:
        while not ended.wait(self._stale_seconds / 4):
            with suppress(ArchiveError):  # the next one may succeed
                self._is_lost = not self._hold(self._version)
            self._is_lost |= self._sure_until is None or time.monotonic() > self._sure_until
            if self._is_lost:
                return

    def _hold(self, mode: Any) -> bool:
        """Write the lock if it is as ``mode`` says, and know how long it is ours; whether it was."""
        began = time.monotonic()
        is_ours = self._put(mode)
        if is_ours:
            self._sure_until = began + self._stale_seconds
        return is_ours

    def _release(self) -> None:
        import obstore

        lost, version = self._is_lost, self._version
        self._is_lost, self._version, self._sure_until = False, None, None
        if not lost and self._seen() == version:
            with suppress(FileNotFoundError):
                obstore.delete(self._store, self._key)

    def _seen(self) -> Any:
        import obstore
        from obstore.exceptions import BaseError

        try:
            return {"e_tag": obstore.head(self._store, self._key)["e_tag"]}
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._unreached(error) from error

    def _put(self, mode: Any) -> bool:
        """Write the lock if it is as ``mode`` says; whether it was."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

        try:
            done = obstore.put(self._store, self._key, secrets.token_bytes(16), mode=mode, use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            return False
        except FileNotFoundError as error:
            if mode == "create":  # the bucket is not there
                raise self._unreached(error) from error
            return False
        except (BaseError, OSError) as error:
            raise self._unreached(error) from error
        self._version = {"e_tag": done["e_tag"]}
        return True

    def _unreached(self, error: Exception) -> ArchiveError:
        said = " ".join(str(error).partition("\n")[0].split())[:200]
        return ArchiveError(f"{self._address}: the bucket cannot be written ({said}); check CLAUSEWATCH_BLOBS")
