"""A Dask cluster as an executor, for bulk work: pieces go in batches, and those of a worker that ends go to another.

What travels is pickled, and whoever can reach the scheduler can run code on the workers: TLS, and a network that is
trusted. Certificates and keys come from Dask's own configuration.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import clausewatch
from clausewatch.errors import ClausewatchError, SettingsError, UsageError

if TYPE_CHECKING:
    from distributed import Client

LOOPBACK = ("127.0.0.1", "localhost", "::1")
CONNECT_SECONDS = 15
AHEAD = 8
"""Batches of a ``map`` handed out for each thread of the cluster before the first one's result is awaited."""

T = TypeVar("T")


@contextmanager
def cluster_executor(address: str, *, is_open_allowed: bool = False) -> Iterator[Cluster]:
    """The cluster at ``tls://host:port``, until the block ends.

    Without TLS only one on this machine, unless ``is_open_allowed``. Raises UsageError for another address,
    SettingsError without the packages, ClausewatchError where the cluster is not there, or has another Clausewatch.
    """
    _check(address, is_open_allowed=is_open_allowed)
    try:
        import dask
        from distributed import Client
    except ModuleNotFoundError:
        raise SettingsError("--cluster needs packages that are not installed; install clausewatch[cluster]") from None
    if address.startswith("tls:") and not dask.config.get("distributed.comm.tls.ca-file", None):
        raise SettingsError(
            f"--cluster {address}: Dask's configuration names no certificates; set distributed.comm.tls.ca-file and "
            "client.cert and client.key below it"
        )
    if address.startswith("tcp:") and dask.config.get("distributed.comm.require-encryption", False):
        raise SettingsError(f"--cluster {address}: Dask's configuration requires encryption; use tls://")
    parts = urlsplit(address)
    try:
        # a client that finds nobody leaves its thread running
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=CONNECT_SECONDS).close()
        # Dask says little of its types
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:  # TypeError: TLS without a certificate
        raise ClausewatchError(
            f"--cluster {address}: cannot be reached ({_first_line(error)}); start its scheduler, or name another"
        ) from error
    with client:
        _check_workers(client, address)
        yield Cluster(client, address)


def _check(address: str, *, is_open_allowed: bool) -> None:
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("tls", "tcp") and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        is_address = False
    if not is_address:
        raise UsageError(f"--cluster {address}: is no address of a cluster; write tls://HOST:PORT")
    if parts.scheme == "tcp" and parts.hostname not in LOOPBACK and not is_open_allowed:
        raise UsageError(
            f"--cluster {address}: without TLS whoever is on the way can run code on the workers; use tls://, or say "
            "--cluster-without-tls if the network is yours alone"
        )


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _check_workers(client: Client, address: str) -> None:
    """What is pickled here must be understood there."""
    try:
        found: dict[str, str] = client.run(version_here)
    except ModuleNotFoundError as error:
        raise ClausewatchError(f"--cluster {address}: its workers need Clausewatch too ({error})") from error
    if not found:
        raise ClausewatchError(f"--cluster {address}: has no workers; start some with dask worker {address}")
    for worker, version in found.items():
        if version != clausewatch.__version__:
            raise ClausewatchError(
                f"--cluster {address}: {worker} has Clausewatch {version}, this is {clausewatch.__version__}; "
                "have the same everywhere"
            )


def version_here() -> str:
    """The version of Clausewatch where this is run."""
    return clausewatch.__version__


class EndsWorkers(BrokenExecutor):
    """A piece of work ended every worker that was given it: it, not the cluster, is at fault."""


class Cluster(Executor):
    """An executor over a client. Where the cluster is gone its futures raise BrokenExecutor."""

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address
        self._executor: Executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]

    @property
    def threads(self) -> int:
        """How many pieces are worked on at once."""
        threads: dict[str, int] = self._client.nthreads()  # type: ignore[no-untyped-call]
        return max(sum(threads.values()), 1)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """As any executor. What the function raises is raised by the future."""
        answer: Future[T] = Future()
        inner = self._executor.submit(fn, *args, **kwargs)
        inner.add_done_callback(lambda done: self._hand_on(done, answer))
        return answer

    def map(
        self, fn: Callable[..., T], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[T]:
        """As any executor, in batches of ``chunksize``; few are under way at once, however many there are."""
        pieces, window = zip(*iterables, strict=False), self.threads * AHEAD
        waiting: list[Future[list[T]]] = []
        while True:
            while len(waiting) < window and (batch := list(islice(pieces, chunksize))):
                waiting.append(self.submit(_apply, fn, batch))
            if not waiting:
                return
            yield from waiting.pop(0).result(timeout)

    def _hand_on(self, done: Future[T], answer: Future[T]) -> None:
        from distributed import KilledWorker

        try:
            answer.set_result(done.result())
        except KilledWorker:
            answer.set_exception(EndsWorkers("it ended every worker of the cluster that was given it"))
        except CancelledError:
            answer.set_exception(BrokenExecutor(f"the cluster at {self._address} is gone; what was done is kept"))
        except BaseException as error:  # whatever the function raised is for who asked
            answer.set_exception(error)


def _apply(function: Callable[..., T], batch: list[tuple[Any, ...]]) -> list[T]:
    return [function(*piece) for piece in batch]
