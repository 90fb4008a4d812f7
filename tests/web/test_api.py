"""The API: the JSON of docs/api.md, and one shape for every failure."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import event, update

from archive.changes import note_change
from archive.comparisons import get_comparison
from archive.findings import erase_words
from archive.tables import comparisons
from clausewatch.views.json import comparison_to_json
from tests.support import postgres
from tests.web.scenario import DAY, START, Scenario, altered, looms, policy


@pytest.mark.parametrize("path", ["/", "/api/v1/documents"])
def test_more_documents_and_versions_take_no_more_queries(scenario: Scenario, path: str) -> None:
    asked: list[str] = []
    event.listen(scenario.archive.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = []
    for number in range(3):
        document = scenario.watches(f"Vendor {number}")
        for months in (6, 12):
            text = policy(altered("18 months", f"{months} months"))
            scenario.publishes(document, text, at=START + months * DAY)
        asked.clear()
        assert scenario.get(path).status_code == 200
        counts.append(len(asked))
    assert counts == [counts[0]] * 3


def test_vendors_and_documents_are_listed(archive_of_looms: Scenario) -> None:
    assert archive_of_looms.get("/api/v1/vendors").json() == {
        "items": [{"vendor": "tidewater-looms", "vendor_name": "Tidewater Looms", "documents": 1}],
        "next": None,
    }
    [document] = archive_of_looms.get("/api/v1/documents", params={"vendor": "Tidewater Looms"}).json()["items"]
    assert document == {
        "id": archive_of_looms.looms.id, "vendor": "tidewater-looms", "vendor_name": "Tidewater Looms",
        "document": "privacy-policy", "document_type": "Privacy Policy", "url": "https://tidewater.example/privacy",
        "addresses": [{"url": "https://tidewater.example/privacy", "since_at": None, "until_at": None}],
        "versions": 3, "faults": 1, "first_at": "2024-01-30T12:30:00Z", "last_at": "2024-08-17T18:30:00Z",
        "watched_from_at": "2024-01-30T12:30:00Z", "watched_to_at": "2024-08-17T18:30:00Z", "gaps": 2,
        "longest_gap_hours": 2394.0,
    }  # fmt: skip


def test_versions_are_listed_oldest_first_and_by_days(archive_of_looms: Scenario) -> None:
    path = "/api/v1/documents/tidewater-looms/privacy-policy/versions"
    rows = archive_of_looms.get(path).json()["items"]
    assert list(rows[0]) == [
        "vendor", "document", "id", "first_at", "last_at", "snapshots", "words", "language", "sha256", "normaliser",
    ]  # fmt: skip
    assert [row["first_at"][:10] for row in rows] == ["2024-01-30", "2024-05-09", "2024-08-17"]
    some = archive_of_looms.get(path, params={"since": "2024-03", "until": "2024-06"}).json()["items"]
    assert [row["id"] for row in some] == [rows[1]["id"]]


def test_a_version_comes_with_the_text_that_its_hash_is_of(archive_of_looms: Scenario) -> None:
    version = archive_of_looms.versions(archive_of_looms.looms)[0]
    row = archive_of_looms.get(f"/api/v1/versions/{version.id}").json()
    assert row["sha256"] == hashlib.sha256(row["text"].encode()).hexdigest() == version.sha256
    assert "We keep your order history for 18 months" in row["text"]


def test_a_comparison_is_the_json_of_the_command_line(archive_of_looms: Scenario) -> None:
    found = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    with archive_of_looms.archive.read() as connection:
        whole = comparison_to_json(get_comparison(connection, found.id), full=True)
    body = archive_of_looms.get(f"/api/v1/comparisons/{found.id}").json()
    assert body == whole
    text = archive_of_looms.get(f"/api/v1/versions/{found.before.id}").json()["text"]
    assert "".join(edit[1] for section in body["sections"] for edit in section["edits"] if edit[0] in "=-") == text
    quote = body["findings"][0]["before"]
    assert text[quote["start"] : quote["end"]] == quote["quote"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 2),
        ({"vendor": "tidewater-looms"}, 2),
        ({"vendor": "Tidewater Looms", "document": "privacy-policy"}, 2),
        ({"kind": "retention"}, 1),
        ({"min_severity": "critical"}, 1),
        ({"state": "confirmed"}, 2),
        ({"state": "history"}, 0),
        ({"since": "2024-06"}, 1),
        ({"until": "2024-06"}, 1),
        ({"since": "2024-05-09", "until": "2024-05-09"}, 1),
    ],
)
def test_comparisons_are_filtered(archive_of_looms: Scenario, query: dict[str, str], count: int) -> None:
    body = archive_of_looms.get("/api/v1/comparisons", params=query).json()
    assert len(body["items"]) == count
    assert body["more"] is False
    assert all("sections" not in row and row["findings"] for row in body["items"])


def test_a_list_of_comparisons_says_of_each_what_it_says_alone_but_for_its_sections(archive_of_looms: Scenario) -> None:
    first, again = (archive_of_looms.get("/api/v1/comparisons") for _ in range(2))
    assert first.headers["content-type"] == "application/json"
    for row in first.json()["items"]:
        alone = archive_of_looms.get(f"/api/v1/comparisons/{row['id']}").json()
        del alone["sections"]
        assert list(row.items()) == list(alone.items())
    assert first.content == again.content  # its findings were kept


def test_findings_that_were_erased_are_in_no_list_although_they_were_kept(scenario: Scenario) -> None:
    found = looms(scenario)
    assert all(row["findings"] for row in scenario.get("/api/v1/comparisons").json()["items"])
    taken = scenario.comparisons(found)[0].id
    with scenario.archive.write() as connection:
        erase_words(connection, comparisons.c.id == taken)
        connection.execute(update(comparisons).where(comparisons.c.id == taken).values(findings=None))
        note_change(connection, found.vendor)
    rows = {row["id"]: row["findings"] for row in scenario.get("/api/v1/comparisons").json()["items"]}
    assert rows.pop(taken) == []
    assert all(rows.values())


def test_comparisons_come_newest_first_and_say_when_there_are_more(archive_of_looms: Scenario) -> None:
    body = archive_of_looms.get("/api/v1/comparisons", params={"limit": 1}).json()
    assert body["more"] is True
    assert body["items"][0]["after"]["at"] == "2024-08-17T12:30:00Z"
    rest = archive_of_looms.get("/api/v1/comparisons", params={"until": "2024-08-17T12:29:59Z"}).json()
    assert [row["after"]["at"] for row in rest["items"]] == ["2024-05-09T12:30:00Z"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/vendors",
        "/api/v1/documents",
        "/api/v1/documents?vendor=shop-1",
        "/api/v1/documents/shop-0/privacy-policy/versions",
        "/api/v1/comparisons",
        "/api/v1/comparisons?vendor=shop-0",
    ],
)
def test_lists_are_read_page_by_page_without_gap_or_double(scenario: Scenario, path: str) -> None:
    for number in range(3):
        document = scenario.watches(f"Shop {number}")
        scenario.watches(f"Shop {number}", type="Terms of Service")
        for days, months in enumerate((18, 24, 36)):
            page = policy(altered("18 months", f"{months} months"))
            scenario.publishes(document, page, at=START + (days * 9 + number) * DAY)
    whole = scenario.get(path).json()
    assert whole["next"] is None
    assert len(whole["items"]) > 1
    for limit in (1, 2):
        rows, after = [], None
        while True:
            separator = "&" if "?" in path else "?"
            page_of = scenario.get(f"{path}{separator}limit={limit}{f'&after={after}' if after else ''}").json()
            assert len(page_of["items"]) <= limit
            rows += page_of["items"]
            after = page_of["next"]
            if after is None:
                break
        assert rows == whole["items"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("vendors", 404), ("documents", 400), ("comparisons", 404),
     ("documents/tidewater-looms/privacy-policy/versions", 404)],
)  # fmt: skip
def test_a_cursor_that_no_list_gave_is_refused(archive_of_looms: Scenario, path: str, status: int) -> None:
    assert archive_of_looms.get(f"/api/v1/{path}?after=nonsense").status_code == status


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/v1/nothing", 404, "nothing at this address"),
        ("/api/v1/versions/0000", 404, "0000: no such version"),
        ("/api/v1/comparisons/0000", 404, "0000: no such comparison"),
        ("/api/v1/documents?vendor=nobody", 404, "nobody: no such vendor"),
        ("/api/v1/documents/a/b/versions", 404, "a/b: no such document"),
        ("/api/v1/comparisons?vendor=tidewater-looms&document=nothing", 404, "no such document"),
        ("/api/v1/comparisons?document=privacy-policy", 400, "add vendor=NAME"),
        ("/api/v1/comparisons?since=soon", 400, "'soon' is no date"),
        ("/api/v1/comparisons?kind=weather", 422, "kind: Input should be"),
        ("/api/v1/comparisons?limit=0", 422, "limit: Input should be greater"),
    ],
)
def test_every_failure_has_one_shape(archive_of_looms: Scenario, path: str, status: int, says: str) -> None:
    answer = archive_of_looms.get(path)
    assert answer.status_code == status
    body = answer.json()
    assert list(body) == ["error"]
    assert body["error"]["status"] == status
    assert says in body["error"]["message"]
    assert "see clausewatch" not in body["error"]["message"]


def test_a_wrong_method_has_the_shape_too(archive_of_looms: Scenario) -> None:
    answer = archive_of_looms.post("/api/v1/vendors")
    assert answer.json() == {"error": {"status": 405, "message": "Method Not Allowed"}}
    assert answer.headers["allow"] == "GET"


def test_a_database_that_is_gone_is_told_without_its_name(scenario: Scenario) -> None:
    scenario.archive.close()
    if postgres.IS_WANTED:
        postgres.drop_database(scenario.settings.database)
    else:
        for file in scenario.settings.home.glob("clausewatch.db*"):
            file.unlink()
        (scenario.settings.home / "clausewatch.db").mkdir()
    answer = scenario.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["error"]["message"] == "The archive cannot be read right now; please try again later."
    assert "cannot be read right now" in scenario.get("/").text


def test_the_description_names_every_address_and_the_shape_of_failures(archive_of_looms: Scenario) -> None:
    described = archive_of_looms.get("/openapi.json").json()
    assert set(described["paths"]) >= {
        "/api/v1/comparisons", "/api/v1/comparisons/{comparison}", "/api/v1/documents",
        "/api/v1/documents/{vendor}/{document}/versions", "/api/v1/ledger", "/api/v1/search", "/api/v1/vendors",
        "/api/v1/versions/{version}", "/api/v1/versions/{version}/blame", "/healthz", "/memento/{timestamp}/{url}",
        "/timegate/{url}", "/timemap/json/{url}", "/timemap/link/{url}",
    }  # fmt: skip
    people = "/memento/{timestamp}/{url}"  # told by a page
    assert list(described["paths"][people]["get"]["responses"]["404"]["content"]) == ["text/html"]
    told = [operations for path, operations in described["paths"].items() if path != people]
    for operation in (each for operations in told for each in operations.values()):
        shape = operation["responses"]["404"]["content"]["application/json"]["schema"]
        assert shape == {"$ref": "#/components/schemas/ErrorBody"}
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_a_text_of_half_a_megabyte_is_served_whole(scenario: Scenario) -> None:
    document = scenario.watches()
    long = policy(altered("We keep", "We keep your data safe. " * 20_000 + "We keep"))
    scenario.publishes(document, long, at=START)
    version = scenario.versions(document)[0]
    assert len(scenario.get(f"/api/v1/versions/{version.id}").json()["text"]) > 480_000
    assert scenario.get(f"/versions/{version.id}").status_code == 200
