"""Bulk work on a cluster: the same results as here, whatever becomes of its workers, and only over TLS."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path

import dask
import pytest

from clausewatch.errors import ClausewatchError, SettingsError, UsageError
from clausewatch.jobs.cluster import Cluster, EndsWorkers, cluster_executor
from clausewatch.jobs.pairs import compare_pairs
from clausewatch.jobs.rebuild import rebuild_documents
from tests.support.clusters import LoopbackCluster, cluster_on_loopback
from tests.support.rows import rows_of
from tests.support.scenario import NOW, World, archive_of, day, policy

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*:ResourceWarning")]
FILLER = " ".join(f"We explain point {number} of our policy to you." for number in range(100))


@pytest.fixture(scope="module")
def cluster() -> Iterator[LoopbackCluster]:
    with cluster_on_loopback() as cluster:
        yield cluster


@pytest.fixture
def executor(cluster: LoopbackCluster) -> Iterator[Cluster]:
    with cluster_executor(cluster.address) as executor:
        yield executor


def pairs_file(folder: Path, count: int) -> Path:
    """So many pairs, one of a file that is not there."""
    lines = []
    for number in range(count):
        for side, months in (("before", number), ("after", number + 6)):
            (folder / f"{number}.{side}.html").write_text(policy(months=months + 1, extra=FILLER))
        lines.append({"id": number, "before": f"{number}.before.html", "after": f"{number}.after.html"})
    lines.insert(3, {"id": "gone", "before": "gone.html", "after": "0.after.html"})
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_pairs_are_compared_as_here_though_a_worker_is_killed(
    cluster: LoopbackCluster, executor: Cluster, tmp_path: Path
) -> None:
    path = pairs_file(tmp_path, 60)
    expected = list(compare_pairs(path))
    found: list[dict[str, object]] = []
    for row in compare_pairs(path, jobs=executor.threads, cluster=executor):
        if not found:
            cluster.kill_one()
        found.append(row)
    assert found == expected
    assert "error" in found[3]


def test_documents_are_rebuilt_as_here(executor: Cluster, tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        world = World(archive)
        world.subscribes()
        vendor = world.vendor()
        for number in range(12):
            vendor.publishes(policy(months=12 + number // 2, nonce=str(number), extra=FILLER), at=day(number))
        world.settles()
        before = rows_of(archive)
        (done,) = rebuild_documents(archive, None, now=NOW, executor=executor, on_progress=lambda line: None)
        assert done.read == 12
        assert rows_of(archive) == before


def test_what_ends_its_workers_is_named_and_the_cluster_goes_on(executor: Cluster) -> None:
    with pytest.raises(EndsWorkers):
        executor.submit(os._exit, 1).result()
    assert list(executor.map(abs, [-1, -2, -3], chunksize=2)) == [1, 2, 3]


def test_what_a_piece_raises_is_raised_here(executor: Cluster) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        executor.submit(int, "seven").result()


def test_a_cluster_that_goes_away_is_said() -> None:
    with cluster_on_loopback() as cluster, cluster_executor(cluster.address) as executor:
        sleeping = executor.submit(time.sleep, 60)
        cluster.end()
        with pytest.raises(BrokenExecutor):
            sleeping.result(timeout=60)


@pytest.mark.parametrize(
    "address", ["tls://", "a.example:8786", "http://a.example:80", "tls://[::1", "tls://a.example"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is no address of a cluster"), cluster_executor(address):
        pass


def test_without_tls_nothing_leaves_this_machine_unless_told_to() -> None:
    with pytest.raises(UsageError, match="use tls://"), cluster_executor("tcp://a.example:8786"):
        pass


def test_a_cluster_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clausewatch.jobs.cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(ClausewatchError, match="cannot be reached"), cluster_executor("tcp://127.0.0.1:9"):
        pass


def test_tls_without_certificates_is_said() -> None:
    with (
        pytest.raises(SettingsError, match="ca-file"),
        dask.config.set({"distributed.comm.tls.ca-file": None}),
        cluster_executor("tls://127.0.0.1:9"),
    ):
        pass


def test_where_dask_requires_encryption_an_address_without_it_is_refused() -> None:
    with (
        pytest.raises(SettingsError, match=r"requires encryption; use tls://$"),
        dask.config.set({"distributed.comm.require-encryption": True}),
        cluster_executor("tcp://127.0.0.1:9"),
    ):
        pass


def test_without_the_packages_it_is_said_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingsError, match=r"install clausewatch\[cluster\]"), cluster_executor("tcp://127.0.0.1:9"):
        pass
