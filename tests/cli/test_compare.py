from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.cli.running import CommandLine
from tests.support import WaybackStandIn
from tests.support.scenario import URL, day, policy

FIELDS = [
    "id", "vendor", "document", "before", "after", "material", "artefact", "artefact_reason", "state", "notify",
    "severity", "summary", "findings", "sections",
]  # fmt: skip
MORE = ["classified", "state_reason", "stated"]  # what we added to the contract


@pytest.mark.parametrize(
    ("format", "start", "has"),
    [
        ("text", "--- ", "[high] retention"),
        ("json", '{"id": ', '"kind": "retention"'),
        ("html", "<!doctype html>", "24 months"),
        ("markdown", "#", "24 months"),
    ],
)
def test_a_comparison_comes_in_every_format(
    run: CommandLine, pages: tuple[Path, Path], format: str, start: str, has: str
) -> None:
    done = run.succeeds("diff", *pages, "--format", format)
    assert done.out.lower().startswith(start)
    assert has in done.out
    assert done.out.endswith("\n")
    assert done.err == ""
    assert not run.home.exists(), "a comparison of files opens no archive"


def test_json_has_the_fields_of_the_contract(run: CommandLine, pages: tuple[Path, Path]) -> None:
    (row,) = run.succeeds("diff", *pages, "--format", "json").rows
    assert set(row) == {*FIELDS, *MORE}
    assert list(row["before"]) == ["id", "label", "at", "language", "words", "sha256"]
    assert (row["vendor"], row["state"], row["notify"], row["before"]["id"]) == (None, None, False, None)
    assert [] in [section["change"] for section in row["sections"]]
    for section in row["sections"]:
        assert set(section) == {"change", "before", "after", "before_start", "after_start", "form", "edits"}


def test_edits_of_all_sections_join_to_both_texts(run: CommandLine, pages: tuple[Path, Path]) -> None:
    (row,) = run.succeeds("diff", *pages, "--format", "json").rows
    for page, start, signs in zip(pages, ("before_start", "after_start"), ("=-", "=+"), strict=True):
        sections = sorted((each for each in row["sections"] if each[start] is not None), key=lambda each: each[start])
        joined = "".join(edit[1] for section in sections for edit in section["edits"] if edit[0] in signs)
        assert joined == run.succeeds("show", page, "--format", "text").out


@pytest.mark.parametrize(
    ("name", "start"), [("out.html", "<!doctype"), ("out.json", "{"), ("out.md", "#"), ("out", "---")]
)
def test_a_file_takes_the_format_of_its_name(run: CommandLine, pages: tuple[Path, Path], name: str, start: str) -> None:
    out = pages[0].with_name(name)
    done = run.succeeds("diff", *pages, "-o", out)
    assert out.read_text(encoding="utf-8").lower().startswith(start)
    assert (done.out, done.err) == ("", f"{out} written\n")
    assert sorted(path.name for path in out.parent.iterdir() if path.name.startswith(".")) == []


def test_unchanged_sections_are_folded_unless_asked_for(run: CommandLine, pages: tuple[Path, Path]) -> None:
    far = "We explain it to you at length."
    for page in pages:
        page.write_text(page.read_text().replace("</main>", f"<h2>More</h2>{f'<p>{far}</p>' * 9}</main>"))
    for format in ("text", "markdown"):
        assert far not in run.succeeds("diff", *pages, "--format", format).out
        assert far in run.succeeds("diff", *pages, "--format", format, "--full").out


def test_versions_are_compared_by_their_names(kites: CommandLine) -> None:
    name = "harbor-kites/privacy-policy"
    (row,) = kites.succeeds("diff", f"{name}@2025-01-05", name, "--format", "json").rows
    versions = kites.succeeds("versions", "--json").rows
    assert (row["before"]["id"], row["after"]["id"]) == (versions[0]["id"], versions[2]["id"])
    assert {finding["kind"] for finding in row["findings"]} >= {"retention", "recipient"}
    assert "Harbor Kites" in row["summary"]


def test_standard_input_is_one_side(run: CommandLine, pages: tuple[Path, Path]) -> None:
    done = run("diff", pages[0], "-", "--format", "json", stdin=policy(months=24))
    (row,) = done.rows
    assert (done.code, row["after"]["label"], row["material"]) == (0, "standard input", True)


def test_a_text_compared_with_itself_has_no_findings(run: CommandLine, pages: tuple[Path, Path]) -> None:
    (row,) = run.succeeds("diff", pages[0], pages[0], "--format", "json").rows
    assert (row["material"], row["findings"], row["severity"]) == (False, [], None)
    assert {tuple(section["change"]) for section in row["sections"]} == {()}


@pytest.mark.parametrize(
    "words",
    [("diff",), ("diff", "{0}"), ("diff", "{0}", "{1}", "--format", "xml"), ("diff", "{0}", "--from", "2016"),
     ("diff", "{0}", "{1}", "--from", "2016", "--to", "2017"), ("diff", "--to", "2017"), ("diff", "-", "-"),
     ("diff", "{0}", "--from", "2016", "--to", "2017"), ("diff", "https://a.example", "--from", "2017", "--to", "2016"),
     ("diff", "{0}", "{1}", "--keep"), ("diff", "{0}", "{1}", "--jobs", "2"), ("diff", "--pairs", "{0}", "{1}"),
     ("diff", "--pairs", "{0}", "--format", "html"), ("diff", "--pairs", "{0}", "--cluster", "tcp://a.example:8786")],
)  # fmt: skip
def test_half_a_question_is_wrong_use(run: CommandLine, pages: tuple[Path, Path], words: tuple[str, ...]) -> None:
    done = run(*(word.format(*pages) for word in words))
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)


# --- pairs ----------------------------------------------------------------------------------------------------


def pairs(pages: tuple[Path, Path], *ids: str) -> Path:
    path = pages[0].with_name("pairs.jsonl")
    rows = [
        {"id": id, "before": "gone" if id.startswith("bad") else pages[0].name, "after": pages[1].name} for id in ids
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_pairs_give_a_comparison_a_line_in_their_order(run: CommandLine, pages: tuple[Path, Path]) -> None:
    done = run.succeeds("diff", "--pairs", pairs(pages, "b", "bad", "a"))
    assert [row["id"] for row in done.rows] == ["b", "bad", "a"]
    assert set(done.rows[0]) == {*FIELDS, *MORE}
    assert set(done.rows[1]) == {"id", "error"}
    assert "1 of 3 pairs failed" in done.err


def test_pairs_may_be_written_to_a_file(run: CommandLine, pages: tuple[Path, Path]) -> None:
    path, out = pairs(pages, "a", "b"), pages[0].with_name("out.jsonl")
    expected = run.succeeds("diff", "--pairs", path).out
    assert run.succeeds("diff", "--pairs", path, "-o", out).out == ""
    assert out.read_text(encoding="utf-8") == expected


def test_pairs_may_come_by_standard_input(run: CommandLine, pages: tuple[Path, Path]) -> None:
    lines = "".join(json.dumps({"id": id, "before": str(pages[0]), "after": str(pages[1])}) + "\n" for id in ("a", "b"))
    done = run("diff", "--pairs", "-", stdin=lines)
    assert [row["id"] for row in done.rows] == ["a", "b"]


def test_an_id_that_is_no_text_ends_nothing(run: CommandLine, pages: tuple[Path, Path]) -> None:
    path = pages[0].with_name("pairs.jsonl")
    path.write_text('{"id": "\\ud800", "before": "\\udfff", "after": "gone"}\n' + pairs(pages, "a").read_text())
    first, second = run.succeeds("diff", "--pairs", path).rows
    assert (first["id"], second["id"]) == ("\ud800", "a")


def test_pairs_that_all_fail_are_a_failure(run: CommandLine, pages: tuple[Path, Path]) -> None:
    done = run("diff", "--pairs", pairs(pages, "bad1", "bad2"))
    assert (done.code, len(done.rows)) == (1, 2)


# --- the past -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_address_at_two_dates_is_compared_and_not_kept(run: CommandLine) -> None:
    with WaybackStandIn() as wayback:
        for number, months in enumerate((18, 24)):
            wayback.add(URL, day(number * 100), policy(months=months))
        words = ("diff", URL, "--from", "2025-01", "--to", "2025", "--wayback", wayback.url, "--format", "json")
        done = run.succeeds(*words, allow_hosts=wayback.host)
        (row,) = done.rows
        assert (row["before"]["at"], row["after"]["at"]) == ("2025-01-01T12:00:00Z", "2025-04-11T12:00:00Z")
        assert row["findings"][0]["subject"] == "18 months -> 24 months"
        assert len(done.err.splitlines()) == 3
        assert not (run.home / "clausewatch.db").exists()
        run.succeeds(*words, "--keep", allow_hosts=wayback.host)
        assert len(run.succeeds("versions", "--json").rows) == 2
        done = run("diff", URL, "--from", "2020", "--to", "2025", "--wayback", wayback.url, allow_hosts=wayback.host)
    assert done.code == 1
    assert "holds no capture by 2020-12-31; the first is of 2025-01-01" in done.failure


# --- show -----------------------------------------------------------------------------------------------------


def test_a_text_is_shown_and_nothing_else(kites: CommandLine) -> None:
    for version, at in zip(
        kites.succeeds("versions", "--json").rows, ("2025-01-05", "2025-01-15", "2025-02"), strict=True
    ):
        done = kites.succeeds("show", f"harbor-kites/privacy-policy@{at}", "--format", "text")
        assert hashlib.sha256(done.out.encode()).hexdigest() == version["sha256"]
        assert done.err == ""


@pytest.mark.parametrize(
    ("format", "start", "has"),
    [
        ("markdown", "# Privacy Policy", "## Your rights"),
        ("text", "Privacy Policy\n\n", "Your rights\n\n"),
        ("tree", "/", "└─ Your rights"),
        ("html", "<", "<h2>Your rights</h2>"),
        ("json", "{", '"sections"'),
    ],
)
def test_a_text_is_shown_in_every_format(
    run: CommandLine, pages: tuple[Path, Path], format: str, start: str, has: str
) -> None:
    done = run.succeeds("show", pages[0], "--format", format)
    assert done.out.startswith(start)
    assert has in done.out


def test_markdown_is_what_is_shown_at_first(run: CommandLine, pages: tuple[Path, Path]) -> None:
    assert run.succeeds("show", pages[0]).out == run.succeeds("show", pages[0], "--format", "markdown").out


def test_why_goes_to_standard_error(run: CommandLine, pages: tuple[Path, Path]) -> None:
    plain, why = run.succeeds("show", pages[0]), run.succeeds("show", pages[0], "--why")
    assert why.out == plain.out
    assert "no fault" in why.err


def test_a_bot_wall_is_shown_with_its_fault(run: CommandLine, tmp_path: Path) -> None:
    wall = tmp_path / "wall.html"
    wall.write_text("<title>Just a moment...</title><p>Checking your browser before accessing the site.</p>")
    assert "bot-wall" in run.succeeds("show", wall, "--why").err
