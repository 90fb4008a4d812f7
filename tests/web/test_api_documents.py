"""What the API tells of one document: gaps, faults, snapshots, the version of a day, any two days compared."""

from __future__ import annotations

import pytest

from tests.web.scenario import Scenario

LOOMS = "/api/v1/documents/tidewater-looms/privacy-policy"


def test_a_document_tells_of_each_gap_and_of_its_faults(archive_of_looms: Scenario) -> None:
    [listed] = archive_of_looms.get("/api/v1/documents").json()["items"]
    alone = archive_of_looms.get(LOOMS).json()
    assert {name: alone[name] for name in listed} == listed
    assert alone["gap_times"] == [
        {"from_at": "2024-01-30T18:30:00Z", "to_at": "2024-05-09T12:30:00Z"},
        {"from_at": "2024-05-09T18:30:00Z", "to_at": "2024-08-17T12:30:00Z"},
    ]
    assert alone["fault_kinds"] == {"bot-wall": 1}


def test_snapshots_are_listed_with_their_proof_page_by_page(archive_of_looms: Scenario) -> None:
    whole = archive_of_looms.get(f"{LOOMS}/snapshots").json()
    assert [row["fault"] for row in whole["items"]] == [None, None, "bot-wall", None]
    for row in whole["items"]:
        raw = archive_of_looms.get(f"/snapshots/{row['id']}/raw")
        assert len(raw.content) == row["bytes"]
    paged, after = [], None
    while True:
        page = archive_of_looms.get(f"{LOOMS}/snapshots", params={"limit": 3, **({"after": after} if after else {})})
        paged += page.json()["items"]
        if (after := page.json()["next"]) is None:
            break
    assert paged == whole["items"]
    some = archive_of_looms.get(f"{LOOMS}/snapshots", params={"since": "2024-06", "until": "2024-07"}).json()
    assert [row["captured_at"][:10] for row in some["items"]] == ["2024-06-28"]


@pytest.mark.parametrize(
    ("at", "first_day"),
    [(None, "2024-08-17"), ("2024", "2024-08-17"), ("2024-02", "2024-01-30"), ("2024-05-08", "2024-01-30"),
     ("2024-05-09", "2024-05-09"), ("2024-08-17T12:29:59Z", "2024-05-09")],
)  # fmt: skip
def test_the_version_of_a_day_is_the_one_in_force_then(
    archive_of_looms: Scenario, at: str | None, first_day: str
) -> None:
    version = archive_of_looms.get(f"{LOOMS}/version", params={"at": at} if at else {}).json()
    assert version["first_at"][:10] == first_day
    assert version == archive_of_looms.get(f"/api/v1/versions/{version['id']}").json()


def test_before_the_first_version_there_is_none(archive_of_looms: Scenario) -> None:
    answer = archive_of_looms.get(f"{LOOMS}/version", params={"at": "2023"})
    assert answer.status_code == 404
    assert "no version at 2023-12-31" in answer.json()["error"]["message"]


def test_two_days_are_compared_by_what_is_stored_or_for_the_moment(archive_of_looms: Scenario) -> None:
    stored = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    day = f"{stored.after.at:%Y-%m-%d}"
    same = archive_of_looms.get(f"{LOOMS}/comparison", params={"from": "2024-02", "to": day}).json()
    assert same == archive_of_looms.get(f"/api/v1/comparisons/{stored.id}").json()
    made = archive_of_looms.get(f"{LOOMS}/comparison", params={"from": "2024-02", "to": "2024"}).json()
    assert made["state"] is None
    assert {finding["kind"] for finding in made["findings"]} >= {"retention", "recipient"}
    wrong = archive_of_looms.get(f"{LOOMS}/comparison", params={"from": "2024", "to": "2023"})
    assert wrong.status_code == 400
