"""Whatever is given: one line that says what, to which thing and what to do; the documented exit code; nothing
half-written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.running import CommandLine, Done
from tests.support.scenario import archive_of, day, policy
from tests.support.warcs import warc_file


def a_page(folder: Path) -> Path:
    return written(folder, "good.html", policy().encode())


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def of_50_megabytes(folder: Path) -> Path:
    path = folder / "large.html"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    return path


BAD_PAGES: dict[str, tuple[Callable[[Path], Path], int, str]] = {
    "missing": (lambda folder: folder / "gone.html", 2, "no such|no file that exists"),
    "unreadable": (lambda folder: Path("/proc/self/mem"), 1, "cannot be read|Input/output error"),
    "empty": (lambda folder: written(folder, "empty.html", b""), 1, "empty"),
    "binary": (lambda folder: written(folder, "page.html", bytes(range(256)) * 50), 1, "no text, HTML or PDF"),
    "50 MB": (of_50_megabytes, 1, "50 MB"),
}


@pytest.mark.parametrize("kind", BAD_PAGES)
@pytest.mark.parametrize("command", ["show {}", "diff {} {good}", "diff {good} {}", "import file {} --vendor Kites"])
def test_a_bad_page_is_said_by_its_name(run: CommandLine, tmp_path: Path, kind: str, command: str) -> None:
    make, code, said = BAD_PAGES[kind]
    path = make(tmp_path)
    done = run(*command.format(path, good=a_page(tmp_path)).split())
    assert done.code == code
    named = [line for line in done.err.splitlines() if path.name in line]
    assert len(named) == 1, done.err
    assert any(each in named[0] for each in said.split("|"))
    assert "Traceback" not in done.err
    assert done.out == "" or "import" in command


@pytest.mark.parametrize("kind", ["missing", "unreadable", "empty", "50 MB"])
def test_a_bad_page_leaves_nothing_in_the_archive(run: CommandLine, tmp_path: Path, kind: str) -> None:
    run.begin()
    run("import", "file", BAD_PAGES[kind][0](tmp_path), "--vendor", "Kites")
    assert run.succeeds("documents", "--json").rows == []
    assert not list(run.home.rglob("blobs/*/*"))


def test_bad_pages_do_not_keep_the_good_ones_out(run: CommandLine, tmp_path: Path) -> None:
    bad = [make(tmp_path) for kind, (make, _, _) in BAD_PAGES.items() if kind != "missing"]
    done = run.succeeds("import", "file", *bad, a_page(tmp_path), "--vendor", "Kites")
    assert done.out.startswith("2 new snapshots (0 known) of 1 document; 1 version")
    assert len([line for line in done.err.splitlines() if "left out" in line or "kept as a snapshot" in line]) == 4


def test_a_missing_file_among_many_stops_before_the_first(run: CommandLine, tmp_path: Path) -> None:
    done = run("import", "file", a_page(tmp_path), tmp_path / "gone.html", "--vendor", "Kites")
    assert done.code == 2
    assert done.failure == f"{tmp_path / 'gone.html'}: no such file; nothing was imported"
    assert not run.home.exists()


# --- WARC -----------------------------------------------------------------------------------------------------


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    path = tmp_path / "kites.warc.gz"
    with warc_file(path) as writer:
        for number in range(4):
            writer.response("https://kites.example/privacy", policy(months=12 * number + 12), at=day(number))
    return path


def test_a_warc_file_cut_off_in_the_middle_gives_what_it_holds(run: CommandLine, warc: Path) -> None:
    warc.write_bytes(warc.read_bytes()[: int(warc.stat().st_size * 0.7)])
    done = run.succeeds("import", "warc", warc)
    assert len([line for line in done.err.splitlines() if "is cut off in record" in line]) == 1
    assert len(run.succeeds("versions", "--json").rows) == len(run.succeeds("snapshots", "--json").rows) == 2


def test_the_whole_file_adds_what_was_cut_off(run: CommandLine, warc: Path) -> None:
    whole = warc.read_bytes()
    warc.write_bytes(whole[: int(len(whole) * 0.7)])
    run.succeeds("import", "warc", warc)
    warc.write_bytes(whole)
    done = run.succeeds("import", "warc", warc)
    assert done.out.startswith("2 new snapshots (2 known)")
    assert len(run.succeeds("versions", "--json").rows) == 4


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "holds no records"), (b"<p>a page</p>", "is no WARC file"), (bytes(range(256)) * 9, "is no WARC file")],
)
def test_what_is_no_warc_file_does_nothing(run: CommandLine, tmp_path: Path, data: bytes, said: str) -> None:
    path = written(tmp_path, "other.warc.gz", data)
    done = run("import", "warc", path)
    assert done.code == 1
    assert [line for line in done.err.splitlines() if line.startswith(f"{path}: {said}")]
    assert run.succeeds("documents", "--json").rows == []


# --- addresses and dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["ftp://kites.example/p", "javascript:alert(1)", "http://[::1/p", "http://"])
@pytest.mark.parametrize(
    "command",
    [
        "add {}",
        "diff {} --from 2016 --to 2017",
        "import file {page} --url {}",
        "import file {page} --vendor Kites --url {}",
        "diff {} {page}",
        "show {}",
    ],
)
def test_an_address_that_is_not_http_is_wrong_use(run: CommandLine, tmp_path: Path, address: str, command: str) -> None:
    done = run(*command.format(address, page=a_page(tmp_path)).split())
    assert done.code == 2
    assert address in done.failure
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["add https://kites.example/{}", "import file {page} --vendor {}"])
def test_words_that_are_not_utf_8_are_wrong_use(run: CommandLine, tmp_path: Path, command: str) -> None:
    done = run(*command.format("Kites\udcff", page=a_page(tmp_path)).split())
    assert done.code == 2
    assert "Kites\\udcff" in done.failure
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("date", ["yesterday", "2025-13", "2025-02-30", "20250203", "2025-1-1", "", "99999"])
@pytest.mark.parametrize(
    "command",
    [
        "versions --since={}", "snapshots --until={}", "comparisons --since={}", "findings --until={}",
        "import file {page} --vendor=Kites --at={}", "import warc {page} --since={}", "preview --since={}",
        "deliver --now={}", "show kites/privacy-policy@{}", "diff https://kites.example/p --from={} --to=2020",
        "diff https://kites.example/p --from=2019 --to={}", "backfill kites --from={}",
    ],
)  # fmt: skip
def test_a_date_that_is_none_is_wrong_use(run: CommandLine, tmp_path: Path, date: str, command: str) -> None:
    done = run(*command.format(date, page=a_page(tmp_path)).split())
    assert done.code == 2, done.out
    assert len(done.err.splitlines()) == 1
    if date:
        assert done.failure == f"{date!r} is no date; write 2016, 2016-05, 2016-05-03 or 2016-05-03T12:00:00Z"


# --- databases ------------------------------------------------------------------------------------------------

READS = ("documents", "versions", "show kites/privacy-policy", "verify", "subscriptions", "deliver")


def database(run: CommandLine, statement: str) -> None:
    with archive_of(run.home) as archive, archive.write() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("command", READS)
def test_a_newer_database_is_refused(run: CommandLine, command: str) -> None:
    database(run, "UPDATE alembic_version SET version_num = '9999'")
    done = run(*command.split())
    assert done.code == 1
    assert done.failure.endswith("upgrade Clausewatch")
    assert "its schema 9999 is newer than this Clausewatch" in done.failure


def test_a_newer_database_is_not_migrated(run: CommandLine) -> None:
    database(run, "UPDATE alembic_version SET version_num = '9999'")
    assert run("migrate").failure.endswith("upgrade Clausewatch")


@pytest.mark.parametrize(
    "command",
    [
        "import file {page} --vendor=Kites --at=2025",
        "add https://kites.example/privacy",
        "subscribe a@kites.example --confirmed",
    ],
)
@pytest.mark.sqlite
def test_a_locked_database_is_said_and_nothing_is_written(run: CommandLine, tmp_path: Path, command: str) -> None:
    run.begin()
    path = run.home / "clausewatch.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = run(*command.format(page=a_page(tmp_path)).split(), "--database", f"sqlite:///{path}?timeout=0.1")
        other.execute("ROLLBACK")
    assert done.code == 1
    assert "database is locked; another process has been writing for long; try again" in done.failure
    assert run.succeeds("documents", "--json").rows == run.succeeds("subscriptions", "--json").rows == []


def test_reading_goes_on_while_another_process_writes(kites: CommandLine) -> None:
    with archive_of(kites.home) as other, other.write():
        assert len(kites.succeeds("versions", "--json").rows) == 3


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda folder: written(folder, "letter.db", b"Dear Sir or Madam, " * 50),
            "file is not a database; name another",
        ),
        (lambda folder: folder, "unable to open database file; check that the folder exists"),
        (lambda folder: Path("/proc/nowhere/x.db"), "cannot be made"),
    ],
    ids=["a letter", "a folder", "nowhere"],
)
def test_what_is_no_database_is_said(run: CommandLine, tmp_path: Path, make: Callable[[Path], Path], said: str) -> None:
    done = run("documents", "--database", f"sqlite:///{make(tmp_path)}")
    assert done.code == 1
    assert said in done.failure
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("option", ["-o", "--output"])
@pytest.mark.parametrize("where", ["/proc/nowhere.html", "/nowhere/at/all.html"])
def test_an_output_that_cannot_be_written_is_said(
    run: CommandLine, pages: tuple[Path, Path], option: str, where: str
) -> None:
    for done in (run("diff", *pages, option, where), run("diff", "--pairs", empty_pairs(pages[0]), option, where)):
        assert done.code == 1
        assert done.failure.startswith(f"{where}: cannot be written (")


def empty_pairs(beside: Path) -> Path:
    path = beside.with_name("pairs.jsonl")
    path.touch()
    return path


def failed(done: Done) -> str:
    assert done.code == 1
    return done.failure


def test_what_is_not_there_says_how_to_list_what_is(kites: CommandLine) -> None:
    assert failed(kites("versions", "nobody")) == "nobody: no such vendor; see clausewatch documents"
    assert (
        failed(kites("show", "harbor-kites/cookies"))
        == "harbor-kites/cookies: no such document; see clausewatch documents"
    )
    assert "no version at 2024-12-31; see clausewatch versions" in failed(
        kites("show", "harbor-kites/privacy-policy@2024")
    )
    assert failed(kites("crawl", "nobody")) == "nobody: no such vendor; see clausewatch documents"
