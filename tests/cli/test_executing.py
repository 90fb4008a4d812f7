"""Where bulk work is done, as it is asked for on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from clausewatch.jobs.queue_schema import connected, conninfo_of
from tests.cli.running import CommandLine
from tests.support import postgres
from tests.support.clusters import LoopbackCluster, cluster_on_loopback

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*:ResourceWarning")]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LoopbackCluster]:
    with cluster_on_loopback() as cluster:
        yield cluster


def test_a_cluster_compares_imports_rebuilds_and_judges(
    run: CommandLine, cluster: LoopbackCluster, pages: tuple[Path, Path], tmp_path: Path
) -> None:
    before, after = pages
    listed, gold = tmp_path / "pairs.jsonl", tmp_path / "gold.jsonl"
    listed.write_text(json.dumps({"id": "one", "before": str(before), "after": str(after)}) + "\n")
    change = {"kind": "retention", "direction": "changed", "effect": "expands", "subject": "18 months -> 24 months"}
    gold.write_text(json.dumps({"id": "one", "vendor": "kites", "material": True, "changes": [change]}) + "\n")
    there = ("--cluster", cluster.address)
    assert run.succeeds("diff", "--pairs", listed, *there).out == run.succeeds("diff", "--pairs", listed).out
    assert run.succeeds("evaluate", gold, "--json", *there).out == run.succeeds("evaluate", gold, "--json").out
    done = run.succeeds("import", "file", before, "--vendor", "Kites", "--document", "Privacy Policy", *there)
    assert "1 new snapshot" in done.out
    assert run.succeeds("rebuild", *there).out == "1 document rebuilt: 1 version\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rebuild", "--cluster", "tcp://a.example:8786"), "use tls://"),
        (("rebuild", "--cluster", "a.example"), "is no address of a cluster"),
        (("rebuild", "--cluster-without-tls"), "goes with --cluster alone"),
        (("evaluate", "{0}", "--jobs", "2", "--cluster", "tls://a.example:8786"), "does not go with --cluster"),
    ],
)
def test_what_does_not_go_together_is_refused(
    run: CommandLine, pages: tuple[Path, Path], words: tuple[str, ...], said: str
) -> None:
    done = run(*(word.format(pages[0]) for word in words))
    assert done.code == 2
    assert said in done.failure


def test_what_is_left_to_the_workers_waits_in_their_queue(run: CommandLine, pages: tuple[Path, Path]) -> None:
    home = run.home.parent / "shared"
    shared = CommandLine(home)
    url = {"database_url": postgres.database_of(home)}
    words = ("--vendor", "Kites", "--document", "Privacy Policy", "--url", "https://kites.example/privacy")
    shared.succeeds("migrate", **url)
    with connected(conninfo_of(url["database_url"])) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchall() == [(0,)]
    shared.succeeds("import", "file", pages[0], *words, **url)
    assert shared.succeeds("rebuild", "--queue", **url).out == "1 document left to the workers\n"
    assert (
        "1 document left to the workers"
        in shared.succeeds("backfill", "kites", "--every", "month", "--queue", **url).out
    )
    with connected(conninfo_of(url["database_url"])) as connection:
        found = connection.execute("SELECT task_name, args->>'subject' FROM procrastinate_jobs ORDER BY id").fetchall()
    assert [row[0] for row in found] == ["rebuild", "backfill"]
    assert json.loads(str(found[1][1])) == {"name": "kites/privacy-policy", "from": None, "to": None, "every": "month"}


@pytest.mark.sqlite
def test_without_workers_nothing_can_be_left_to_them(kites: CommandLine) -> None:
    for words in (("rebuild", "--queue"), ("backfill", "harbor-kites", "--queue")):
        done = kites(*words)
        assert done.code == 2
        assert "needs a PostgreSQL that workers share" in done.failure
