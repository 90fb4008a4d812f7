from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import CommandLine
from tests.support.repositories import Repository
from tests.support.scenario import BOT_WALL, day, policy
from tests.support.warcs import warc_file

URL = "https://harbor-kites.example/privacy"
NOTE = (
    "The following text is extracted and transformed from the {}.example privacy policy that was archived on {}. "
    "Please check the original snapshot for the most accurate reproduction.\n\n"
)


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    path = tmp_path / "kites.warc.gz"
    with warc_file(path) as writer:
        for number, months in enumerate((18, 18, 24, 24, 18)):
            writer.response(URL, policy(months=months, nonce=f"{number}"), at=day(number))
        writer.response(URL, BOT_WALL, at=day(6), status="403 Forbidden")
        writer.response("https://harbor-kites.example/logo.png", b"x" * 99, at=day(7), content_type="image/png")
    return path


def counts(run: CommandLine) -> tuple[int, ...]:
    return tuple(
        len(run.succeeds(name, "--json").rows) for name in ("documents", "snapshots", "versions", "comparisons")
    )


def test_a_warc_file_becomes_snapshots_versions_and_comparisons(run: CommandLine, warc: Path) -> None:
    done = run.succeeds("import", "warc", warc)
    assert done.out == "6 new snapshots (0 known) of 1 document; 3 versions, 2 comparisons\n"
    assert "left out: 1 of image/png" in done.err
    assert "kites.warc.gz: 6 snapshots recorded" in done.err
    assert counts(run) == (1, 6, 3, 2)


def test_importing_twice_doubles_nothing(run: CommandLine, warc: Path) -> None:
    run.succeeds("import", "warc", warc, "--as-live")
    before = [run.succeeds(name, "--json").out for name in ("snapshots", "versions", "comparisons")]
    for words in ((warc,), (warc, warc), (warc, "--as-live")):
        done = run.succeeds("import", "warc", *words)
        assert done.out.startswith("0 new snapshots")
    assert [run.succeeds(name, "--json").out for name in ("snapshots", "versions", "comparisons")] == before


def test_without_as_live_nothing_is_owed(run: CommandLine, warc: Path) -> None:
    run.succeeds("subscribe", "ada@example.com", "--confirmed")
    assert "told" not in run.succeeds("import", "warc", warc).out
    assert {row["state"] for row in run.succeeds("comparisons", "--json").rows} == {"history"}
    assert "0 mails" in run.succeeds("deliver").out
    assert not list((run.home / "mail").glob("*.eml"))


def test_as_live_says_and_queues_what_would_have_been_told(run: CommandLine, warc: Path) -> None:
    run.succeeds("subscribe", "ada@example.com", "--confirmed")
    lines = run.succeeds("import", "warc", warc, "--as-live").out.splitlines()
    assert lines[1] == "told: 1 comparison, 1 notice queued"
    assert lines[2].startswith("  2025-01-03  harbor-kites/privacy-policy: ")
    states = [(row["state"], row["notify"]) for row in run.succeeds("comparisons", "--json").rows]
    assert states == [("confirmed", True), ("unstable", False)]
    assert run.succeeds("deliver").out.startswith("1 mail with 1 notice sent")
    (mail,) = (run.home / "mail").glob("*.eml")
    assert "24 months" in mail.read_text()


def test_records_are_chosen_by_address_and_day_and_named(run: CommandLine, warc: Path) -> None:
    run.succeeds(
        "import", "warc", warc, "--since", "2025-01-03", "--url", URL, "--vendor", "Kites", "--document", "Terms"
    )
    (document,) = run.succeeds("documents", "--json").rows
    assert (document["vendor"], document["document_type"], document["snapshots"]) == ("kites", "Terms", 4)
    assert run("import", "warc", warc, "--url", "https://elsewhere.example/").code == 1


def test_two_archived_texts_become_snapshots_that_are_compared(run: CommandLine, tmp_path: Path) -> None:
    text = (
        "Privacy Policy\n\nHOW LONG WE KEEP DATA\n\nWe keep your personal data for {} months after your last order, and"
    )
    text += (
        " then we delete it or make it anonymous.\n\nYOUR RIGHTS\n\nYou may ask us for a copy of your personal data,"
    )
    text += " have it corrected or erased, and object to its use by a letter to our privacy team.\n"
    for vendor, months, at in (("skyforge", 18, "2018-02-02"), ("pulseband", 24, "2019-05-17")):
        (tmp_path / f"{vendor}.txt").write_text(NOTE.format(vendor, at) + text.format(months))
    run.succeeds("import", "file", *sorted(tmp_path.glob("*.txt")))
    rows = run.succeeds("snapshots", "--json").rows
    assert [(row["vendor"], row["captured_at"], row["source"], row["url"]) for row in rows] == [
        ("pulseband", "2019-05-17T23:59:59Z", "file", "https://pulseband.example/"),
        ("skyforge", "2018-02-02T23:59:59Z", "file", "https://skyforge.example/"),
    ]
    (row,) = run.succeeds("diff", "skyforge/privacy-policy", "pulseband/privacy-policy", "--format", "json").rows
    assert (row["before"]["at"], row["after"]["at"]) == ("2018-02-02T23:59:59Z", "2019-05-17T23:59:59Z")
    assert row["material"]
    assert "HOW LONG WE KEEP DATA" in run.succeeds("show", "skyforge/privacy-policy", "--format", "tree").out


def test_the_same_file_at_two_days_is_two_snapshots_of_one_version(run: CommandLine, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(policy())
    for at in ("2025-01-01", "2025-02-01", "2025-02-01"):
        run.succeeds("import", "file", page, "--vendor", "Kites", "--at", at)
    assert counts(run) == (1, 2, 1, 0)


def test_a_repository_of_versions_is_imported(run: CommandLine, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "versions")
    for number, months in enumerate((18, 24)):
        repository.commit("Harbor Kites/Privacy Policy.html", policy(months=months), at=day(number))
    done = run.succeeds("import", "ota", repository.folder)
    assert done.out.startswith("2 new snapshots (0 known) of 1 document; 2 versions, 1 comparison")
    assert run.succeeds("import", "ota", repository.folder, "--since", "2025-01-02").out.startswith(
        "0 new snapshots (1 known)"
    )
    assert {row["source"] for row in run.succeeds("snapshots", "--json").rows} == {"ota"}
    assert run("import", "ota", tmp_path / "gone").code == 2
