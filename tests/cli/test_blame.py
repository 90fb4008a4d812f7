from __future__ import annotations

import pytest

from tests.cli.running import CommandLine

POLICY = "harbor-kites/privacy-policy"


def test_each_sentence_is_shown_with_the_day_that_brought_it(kites: CommandLine) -> None:
    done = kites.succeeds("blame", POLICY)
    lines = done.out.splitlines()
    edited = next(at for at, line in enumerate(lines) if "24 months" in line and line.startswith("2025-01-11"))
    assert any("[-" in line and "18 months" in line for line in lines[edited : edited + 3])
    assert any(line.startswith("2025-01-01") for line in lines)
    assert "3 versions since 2025-01-01" in lines[1]
    assert "\x1b" not in done.out


def test_rows_tell_versions_and_quotes_by_their_offsets(kites: CommandLine) -> None:
    versions = [row["id"] for row in kites.succeeds("versions", "--json").rows]
    texts = [
        kites.succeeds("show", f"{POLICY}@{day}", "-f", "text").out for day in ("2025-01-05", "2025-01-15", "2025")
    ]
    rows = kites.succeeds("blame", POLICY, "--json").rows
    assert {row["version"] for row in rows} == {versions[-1]}
    assert {row["brought_by"] for row in rows} == set(versions)
    for row in rows:
        assert texts[2][row["start"] : row["end"]] == row["sentence"]
        before = row["before"]
        if before:
            assert before["version"] == versions[versions.index(row["brought_by"]) - 1]
            text = texts[versions.index(before["version"])]
            assert text[before["start"] : before["end"]] == before["quote"]
    (edited,) = [row for row in rows if row["before"] and "18 months" in row["before"]["quote"]]
    assert (edited["brought_at"], edited["first_at"]) == ("2025-01-11T12:00:00Z", "2025-01-11T12:00:00Z")
    assert list(edited) == [
        "vendor", "document", "version", "section", "sentence", "start", "end", "brought_by", "brought_at", "first",
        "first_at", "before",
    ]  # fmt: skip


def test_a_date_names_the_version_in_force_then(kites: CommandLine) -> None:
    rows = kites.succeeds("blame", f"{POLICY}@2025-01-05", "--json").rows
    assert {row["brought_at"] for row in rows} == {"2025-01-01T12:00:00Z"}


@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        ("harbor-kites", 2, "is no VENDOR/DOCUMENT[@DATE]"),
        ("a/b/c", 2, "is no VENDOR/DOCUMENT[@DATE]"),
        (f"{POLICY}@soon", 2, "is no date"),
        (f"{POLICY}@2001", 1, "no version at 2001-12-31"),
        ("harbor-kites/cookies", 1, "no such document"),
    ],
)
def test_what_cannot_be_blamed_is_refused_in_a_line(kites: CommandLine, what: str, code: int, says: str) -> None:
    done = kites("blame", what)
    assert (done.code, done.out, len(done.err.splitlines())) == (code, "", 1)
    assert says in done.failure
