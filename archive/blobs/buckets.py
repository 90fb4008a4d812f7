"""Bodies in a bucket that speaks S3: an object each. Several machines may share one; no object is ever half written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from archive.blobs.bucket_lock import STALE_SECONDS, BucketLock
from archive.blobs.frames import HEAD_BYTES
from clausewatch.errors import ArchiveError, SettingsError, Unreached

if TYPE_CHECKING:
    from obstore.store import S3Store

_AT_ONCE = 32  # requests for first lines when all are read
_LISTED_AT_ONCE = 1000
_LOCK = ".lock"
_CHECK = "check CLAUSEWATCH_BLOBS and the credentials and try again"
_NO_BUCKET = "there is no such bucket; make it, or name another"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for, and for how long it is asked for again, at most so many times."""

    seconds: int
    asking_seconds: int
    retries: int


USUALLY = Patience(seconds=30, asking_seconds=120, retries=10)
"""It outlasts a restart of the other side. What never answers is given up after two and a half minutes at most."""
SHORTLY = Patience(seconds=4, asking_seconds=4, retries=1)
"""For what begins, and for whoever asks whether all is well."""
_CONNECTING = 5  # seconds
OPTIONS = ("region", "endpoint", "allow_http", "virtual_hosted_style_request")


class BucketStore:
    """A bucket of objects, as ``Store`` says."""

    def __init__(self, address: str, *, stale_seconds: float = STALE_SECONDS) -> None:
        """``s3://bucket/prefix?region=...&endpoint=...``; credentials come from the environment, as AWS names them.

        Raises SettingsError.
        """
        self._whole_address = address
        self.address = address.partition("?")[0].rstrip("/")
        self._store = _opened(address, USUALLY)
        self._lock = BucketLock(self._store, _LOCK, self.address, stale_seconds=stale_seconds)

    def where(self, key: str) -> str:
        return f"{self.address}/{key}"

    def reach(self) -> None:
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.get(_opened(self._whole_address, SHORTLY), _LOCK)
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise Unreached(f"{self.address}: {_NO_BUCKET}") from None
        except (BaseError, OSError) as error:
            raise Unreached(f"{self.address}: cannot be reached ({_brief(error)}); {_CHECK}") from error

    def check(self) -> None:
        self.reach()

    def get(self, key: str) -> bytes | None:
        return self._read(key)

    def head(self, key: str) -> bytes | None:
        return self._read(key, range=(0, HEAD_BYTES))

    def create(self, key: str, data: bytes) -> bool:
        from obstore.exceptions import AlreadyExistsError

        with self._stored(key):
            try:
                self._put(key, data, mode="create")
            except AlreadyExistsError:
                return False
        return True

    def replace(self, key: str, data: bytes) -> None:
        self._lock.check()
        with self._stored(key):
            self._put(key, data, mode="overwrite")

    def remove(self, key: str) -> None:
        import obstore

        with self._stored(key), suppress(FileNotFoundError):
            obstore.delete(self._store, key)

    def settle(self, key: str) -> None:
        """What a bucket shows is safe."""

    def keys(self, folder: str = "") -> Iterator[str]:
        for each in self._listed(folder):
            if folder or not each["path"].startswith("."):
                yield each["path"]

    def heads(self) -> Iterator[tuple[str, bytes]]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for some in _parts(self.keys()):
                for key, head in zip(some, pool.map(self.head, some), strict=True):
                    if head is not None:
                        yield key, head

    def alone(self) -> AbstractContextManager[None]:
        return self._lock.held()

    def purge(self, keys: Collection[str]) -> None:
        """What is replaced or removed is gone, unless the bucket keeps versions: docs/operating.md."""

    def gather(self, keys: Collection[str]) -> int:
        """A bucket asks no more room for an object than its bytes."""
        return 0

    def taken(self) -> tuple[int, int]:
        size = sum(each["size"] for each in self._listed(""))
        return size, size

    def _put(self, key: str, data: bytes, *, mode: Any) -> None:
        import obstore

        obstore.put(self._store, key, data, mode=mode, use_multipart=False)  # in parts it could not be conditional

    def _read(self, key: str, *, range: tuple[int, int] | None = None) -> bytes | None:
        import obstore
        from obstore.exceptions import BaseError

        try:
            options: Any = {"range": range} if range else None
            return bytes(obstore.get(self._store, key, options=options).bytes())
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise Unreached(f"{self.address}: {_NO_BUCKET}") from None
            return None
        except (BaseError, OSError) as error:
            raise Unreached(f"{self.where(key)}: cannot be read ({_brief(error)}); {_CHECK}") from error

    def _listed(self, folder: str) -> Iterator[Any]:
        import obstore
        from obstore.exceptions import BaseError

        try:
            for page in obstore.list(self._store, folder or None, chunk_size=_LISTED_AT_ONCE):
                yield from page
        except (BaseError, OSError) as error:
            raise Unreached(f"{self.address}: cannot be listed ({_brief(error)}); {_CHECK}") from error

    @contextmanager
    def _stored(self, key: str) -> Iterator[None]:
        from obstore.exceptions import AlreadyExistsError, BaseError

        try:
            yield
        except AlreadyExistsError:
            raise
        except (BaseError, OSError) as error:
            raise ArchiveError(
                f"{self.where(key)}: the body cannot be stored ({_brief(error)}); nothing of it was kept, {_CHECK}"
            ) from error


def _opened(address: str, patience: Patience) -> S3Store:
    """A client. Raises SettingsError."""
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store
    except ImportError as error:
        raise SettingsError("CLAUSEWATCH_BLOBS: a bucket needs the extra s3; install clausewatch[s3]") from error
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise SettingsError(f"CLAUSEWATCH_BLOBS: {unknown[0]!r} is no option of a bucket; use {', '.join(OPTIONS)}")
    client: Any = {"allow_http": True} if options.pop("allow_http", "") in ("true", "1", "yes") else {}
    if options.get("endpoint", "").startswith("http://") and not client:
        raise SettingsError("CLAUSEWATCH_BLOBS: its endpoint is without TLS; use https://, or add allow_http=true")
    client |= {"connect_timeout": f"{min(patience.seconds, _CONNECTING)}s", "timeout": f"{patience.seconds}s"}
    again: Any = {"max_retries": patience.retries, "retry_timeout": timedelta(seconds=patience.asking_seconds)}
    config: Any = {"virtual_hosted_style_request": "false"} | options
    try:
        return S3Store(
            parts.netloc, prefix=parts.path.strip("/") or None, config=config, client_options=client, retry_config=again
        )
    except (BaseError, ValueError) as error:
        raise SettingsError(f"CLAUSEWATCH_BLOBS: the bucket cannot be opened ({_brief(error)})") from error


_METADATA = ("/latest/api/token", "/latest/meta-data")
"""Where the client looks for credentials last: what a machine in Amazon's cloud is told about itself."""


def _brief(error: Exception) -> str:
    """The first line without the client's own settings: the rest is how it looks from within."""
    if any(sign in str(error) for sign in _METADATA):
        return "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    return " ".join(str(error).partition("\n")[0].partition(", max_retries")[0].split())[:200]


def _parts(keys: Iterator[str]) -> Iterator[Sequence[str]]:
    some: list[str] = []
    for key in keys:
        some.append(key)
        if len(some) == _LISTED_AT_ONCE:
            yield some
            some = []
    if some:
        yield some
