from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clausewatch.errors import UsageError
from clausewatch.jobs.pairs import compare_pairs
from tests.support.scenario import policy

pytestmark = pytest.mark.once


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for months in (18, 24):
        (tmp_path / f"{months}.html").write_text(policy(months=months))
    (tmp_path / "empty.html").touch()
    return tmp_path


def pairs(folder: Path, *lines: object) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def pair(id: str, before: str = "18.html", after: str = "24.html") -> dict[str, str]:
    return {"id": id, "before": before, "after": after}


def compared(path: Path, *, jobs: int = 1) -> list[dict[str, Any]]:
    return list(compare_pairs(path, jobs=jobs))


def test_each_pair_gives_a_comparison_under_its_id(folder: Path) -> None:
    one, other = compared(pairs(folder, pair("one"), pair("other", "24.html", "18.html")))
    assert (one["id"], other["id"]) == ("one", "other")
    assert one["before"]["sha256"] == other["after"]["sha256"]
    assert one["material"]
    assert one["state"] is None
    assert {section["change"][0] for section in one["sections"] if section["change"]} == {"edited"}


def test_paths_are_relative_to_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (folder / "deeper").mkdir()
    path = pairs(folder / "deeper", pair("one", "../18.html", str(folder / "24.html")))
    assert compared(path)[0]["material"]


def test_what_fails_is_an_error_row_in_its_place(folder: Path) -> None:
    path = pairs(
        folder, pair("gone", "gone.html"), pair("good"), pair("empty", "18.html", "empty.html"), "not json", "",
        {"id": "half", "before": "18.html"}, {"before": "18.html", "after": "24.html"}, ["a", "list"], "7",
        {"id": "odd", "before": 18, "after": None}, pair("folder", "."), pair("last"),
    )  # fmt: skip
    rows = compared(path)
    assert [row["id"] for row in rows] == [
        "gone", "good", "empty", None, "half", None, None, None, "odd", "folder", "last",
    ]  # fmt: skip
    failed = [row for row in rows if "error" in row]
    assert [row.keys() for row in failed] == [{"id", "error"}] * 9
    assert rows[0]["error"] == f"{folder / 'gone.html'}: cannot be read (No such file or directory)"
    assert "no text can be read" in rows[2]["error"]
    assert "the line is not {'id', 'before', 'after'}" in rows[3]["error"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_come_in_the_order_of_the_file_by_any_number_of_jobs(folder: Path, jobs: int) -> None:
    lines = [pair(f"{number}", *(("gone",) if number % 5 == 0 else ())) for number in range(12)]
    rows = compared(pairs(folder, *lines), jobs=jobs)
    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    assert ["error" in row for row in rows] == [number % 5 == 0 for number in range(12)]


def test_jobs_give_the_same_bytes_as_one(folder: Path) -> None:
    path = pairs(folder, pair("one"), pair("two", "24.html", "18.html"))
    assert json.dumps(compared(path, jobs=2)) == json.dumps(compared(path))


def test_an_empty_file_gives_nothing(folder: Path) -> None:
    assert compared(pairs(folder)) == []


def test_a_file_that_cannot_be_read_is_wrong_use(folder: Path) -> None:
    for path in (folder / "nothing.jsonl", folder):
        with pytest.raises(UsageError, match=f"^{path}: cannot be read"):
            compared(path)


def test_lines_that_are_no_text_are_error_rows_among_the_others(folder: Path) -> None:
    path = pairs(folder, pair("one"))
    path.write_bytes(
        b"\xff\xfe\x00\n\xef\xbb\xbf" + path.read_bytes() + b'{"id": "nul", "before": "\\u0000", "after": ""}'
    )
    rows = compared(path)
    assert [(row["id"], "error" in row) for row in rows] == [(None, True), ("one", False), ("nul", True)]


def test_standard_input_may_name_the_pairs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(pair("one")).encode())))
    assert [row["id"] for row in compared(Path("-"))] == ["one"]


def test_whatever_the_cluster_is_the_rows_are_the_same(folder: Path) -> None:
    lines = [pair(f"{number}") for number in range(9)]
    with ThreadPoolExecutor(2) as executor:
        rows = list(compare_pairs(pairs(folder, *lines), jobs=2, cluster=executor))
    assert [row["id"] for row in rows] == [line["id"] for line in lines]


def test_lines_are_read_as_they_are_needed(folder: Path) -> None:
    path = folder / "pipe"
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as writer:
        goes_on = threading.Event()
        written = writer.submit(write_slowly, path, goes_on)
        rows = compare_pairs(path)
        assert next(rows)["id"] == "first"
        goes_on.set()
        assert [row["id"] for row in rows] == ["second"]
        written.result()


def write_slowly(path: Path, goes_on: threading.Event) -> None:
    with path.open("w") as pipe:
        pipe.write(json.dumps(pair("first")) + "\n")
        pipe.flush()
        goes_on.wait(30)
        pipe.write(json.dumps(pair("second")) + "\n")


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_pair_but_the_one_that_ends_it_again(folder: Path) -> None:
    lines = [pair(f"{number}") for number in range(12)]
    rows = compare_pairs(pairs(folder, *lines), jobs=2)
    got = [next(rows)]
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
    got += rows
    assert [row["id"] for row in got] == [line["id"] for line in lines]
    assert not any("error" in row for row in got)
    assert multiprocessing.active_children() == []
