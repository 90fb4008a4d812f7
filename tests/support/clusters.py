"""A Dask cluster on loopback, over TLS: a scheduler here, two workers as processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dask
from distributed import LocalCluster, Security

WORKERS = 2


@dataclass(frozen=True, slots=True)
class LoopbackCluster:
    """Where it is, and who works there."""

    address: str
    _cluster: Any

    def kill_one(self) -> None:
        """End a worker the hard way; another takes its place after a while."""
        nanny = next(iter(self._cluster.workers.values()))
        os.kill(nanny.process.pid, signal.SIGKILL)

    def end(self) -> None:
        """All of it."""
        self._cluster.close()


@contextmanager
def cluster_on_loopback() -> Iterator[LoopbackCluster]:
    """Whoever connects while the block lasts finds the certificates in Dask's configuration."""
    security = Security.temporary()  # type: ignore[no-untyped-call]
    configuration = {
        "distributed.comm.tls.ca-file": security.tls_ca_file,
        "distributed.comm.tls.client.cert": security.tls_client_cert,
        "distributed.comm.tls.client.key": security.tls_client_key,
        # what ends one worker is not given to another: here it is a test that ends it
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.daemon": False,
    }
    with (
        dask.config.set(configuration),
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=WORKERS, threads_per_worker=1, security=security, dashboard_address="127.0.0.1:0", protocol="tls://",
        ) as cluster,
    ):  # fmt: skip
        yield LoopbackCluster(cluster.scheduler_address, cluster)
