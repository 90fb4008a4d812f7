from __future__ import annotations

import json

import pytest

from tests.cli.running import CommandLine

FIELDS = {
    "versions": "vendor document id first_at last_at snapshots words language sha256 normaliser",
    "snapshots": "vendor document id captured_at source url status bytes sha256 fault version",
    "comparisons": "id vendor document before after material artefact artefact_reason state notify severity summary "
    "findings sections",
    "documents": "vendor document vendor_name document_type",
    "findings": "vendor document kind direction effect subject severity confidence section sentence rule before after",
    "ledger": "vendor document kind value first_at last_at",
}
MORE = {
    "versions": "",
    "snapshots": "fault_reason seen_at sightings",
    "comparisons": "classified state_reason stated",
    "documents": "id url addresses versions snapshots faults first_at last_at due_at failures last_good_at "
    "watched_from_at watched_to_at gaps longest_gap_hours",
    "findings": "comparison at",
    "ledger": "version quote current subjects",
}  # what is added to the contract; a field that goes or comes by mistake is seen here


@pytest.mark.parametrize("command", FIELDS)
def test_rows_have_exactly_the_fields_of_the_contract_and_those_we_added(kites: CommandLine, command: str) -> None:
    rows = kites.succeeds(command, "--json").rows
    assert rows
    for row in rows:
        assert set(row) == {*FIELDS[command].split(), *MORE[command].split()}


@pytest.mark.parametrize("command", FIELDS)
def test_rows_are_all_that_is_on_standard_output(kites: CommandLine, command: str) -> None:
    done = kites.succeeds(command, "--json")
    assert done.err == ""
    assert "\n\n" not in done.out


@pytest.mark.parametrize("command", [*FIELDS, "subscriptions"])
def test_people_get_a_table(kites: CommandLine, command: str) -> None:
    lines = kites.succeeds(command).out.splitlines()
    assert lines[0] == lines[0].upper()
    assert len(lines) > 1


@pytest.mark.parametrize("command", [*FIELDS, "subscriptions"])
def test_an_empty_archive_says_so_and_gives_no_rows(run: CommandLine, command: str) -> None:
    run.begin()
    assert run.succeeds(command, "--json").out == ""
    done = run.succeeds(command)
    assert (done.out, len(done.err.splitlines())) == ("", 1)


def test_names_are_slugs_and_times_are_in_utc(kites: CommandLine) -> None:
    first, second, third = kites.succeeds("versions", "--json").rows
    assert {(row["vendor"], row["document"]) for row in (first, second, third)} == {("harbor-kites", "privacy-policy")}
    assert (first["first_at"], first["last_at"]) == ("2025-01-01T12:00:00Z", "2025-01-02T12:00:00Z")
    (document,) = kites.succeeds("documents", "--json").rows
    assert (document["vendor_name"], document["document_type"]) == ("Harbor Kites", "Privacy Policy")
    assert (document["versions"], document["snapshots"], document["faults"]) == (3, 4, 1)


@pytest.mark.parametrize("command", ["documents", "snapshots", "versions", "comparisons", "findings"])
@pytest.mark.parametrize(
    "name", ["harbor-kites", "Harbor Kites", "HARBOR-KITES/privacy-policy", "harbor kites/Privacy Policy"]
)
def test_a_vendor_or_document_is_named_in_any_case(kites: CommandLine, command: str, name: str) -> None:
    assert kites.succeeds(command, name, "--json").out == kites.succeeds(command, "--json").out


@pytest.mark.parametrize("command", ["documents", "snapshots", "versions", "comparisons", "findings"])
def test_an_unknown_name_is_said(kites: CommandLine, command: str) -> None:
    for name, kind in (("nobody", "vendor"), ("harbor-kites/nothing", "document")):
        done = kites(command, name)
        assert (done.code, done.failure) == (1, f"{name}: no such {kind}; see clausewatch documents")


def test_days_bound_a_list(kites: CommandLine) -> None:
    def count(*words: str) -> int:
        return len(kites.succeeds(*words, "--json").rows)

    assert count("snapshots", "--since", "2025-01-11", "--until", "2025-01-16") == 2
    assert count("versions", "--since", "2025-01-12", "--until", "2025-01-20") == 1
    assert count("comparisons", "--since", "2025-01-12") == 1
    assert count("comparisons", "--until", "2025-01-10") == 0
    assert count("comparisons", "--until", "2025-01-11") == count("findings", "--until", "2025-01") - 1 == 1
    assert count("versions", "--since", "2026") == 0


def test_comparisons_and_findings_are_chosen_by_kind_severity_and_state(kites: CommandLine) -> None:
    assert [
        row["findings"][0]["kind"] for row in kites.succeeds("comparisons", "--kind", "retention", "--json").rows
    ] == ["retention"]
    assert {row["kind"] for row in kites.succeeds("findings", "--kind", "recipient", "--json").rows} == {"recipient"}
    assert kites.succeeds("findings", "--kind", "children", "--json").rows == []
    assert len(kites.succeeds("comparisons", "--state", "confirmed", "--json").rows) == 2
    assert kites.succeeds("comparisons", "--state", "held", "--json").rows == []
    assert len(kites.succeeds("comparisons", "--severity", "low", "--json").rows) == 2


@pytest.mark.parametrize("words", [("--kind", "gossip"), ("--severity", "dire"), ("--state", "solid")])
def test_a_choice_that_is_none_is_wrong_use(kites: CommandLine, words: tuple[str, str]) -> None:
    done = kites("comparisons", *words)
    assert done.code == 2
    assert f"{words[1]!r} is none of" in done.failure


def test_full_comparisons_hold_every_section(kites: CommandLine) -> None:
    plain = kites.succeeds("comparisons", "--json").rows
    full = kites.succeeds("comparisons", "--full", "--json").rows
    assert [row["id"] for row in full] == [row["id"] for row in plain]
    assert [row["sections"] for row in plain] == [[], []]
    for row in full:
        assert [] in [section["change"] for section in row["sections"]]
        assert ["edited"] in [section["change"] for section in row["sections"]]


def test_the_ledger_names_who_receives_data(kites: CommandLine) -> None:
    (entry,) = kites.succeeds("ledger", "--names", "google", "--json").rows
    assert (entry["kind"], entry["value"], entry["first_at"][:10]) == ("recipient", "Google", "2025-01-21")
    kept = kites.succeeds("ledger", "harbor-kites", "--kind", "retention", "--json").rows
    assert [(row["value"], row["first_at"][:10]) for row in kept] == [
        ("18 months", "2025-01-01"),
        ("24 months", "2025-01-11"),
    ]
    assert [row["current"] for row in kept] == [False, True]


def test_the_ledger_knows_a_company_by_any_of_its_names(kites: CommandLine) -> None:
    (entry,) = kites.succeeds("ledger", "--names", "Google Ireland Limited", "--json").rows
    assert (entry["value"], entry["current"], entry["subjects"]) == ("Google", True, ["Google"])


def test_an_empty_ledger_says_of_what(kites: CommandLine) -> None:
    assert kites.succeeds("ledger", "--names", "facebook").err == "no version names Meta as a recipient\n"
    assert kites.succeeds("ledger", "harbor-kites", "--kind", "age").err == (
        "no version of harbor-kites states any age\n"
    )
    assert "no such vendor" in kites("ledger", "gullwing").failure
    assert "'shoe' is none of" in kites("ledger", "--kind", "shoe").failure


def test_rows_are_the_same_every_time(kites: CommandLine) -> None:
    one, other = (kites.succeeds("comparisons", "--full", "--json").out for _ in range(2))
    assert one == other
    assert json.loads(one.splitlines()[0])["state"] == "confirmed"
