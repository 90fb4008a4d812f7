from __future__ import annotations

import pytest

from tests.web.scenario import DAY, NOW, Scenario, altered, policy

PATHS = ["/", "/vendors/tidewater-looms", "/documents/tidewater-looms/privacy-policy", "/search?q=data",
         "/api/v1/vendors", "/api/v1/comparisons", "/openapi.json",
         "/timemap/link/https://tidewater.example/privacy"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_what_did_not_change_is_answered_without_a_body(archive_of_looms: Scenario, path: str) -> None:
    whole = archive_of_looms.get(path)
    tag = whole.headers["etag"]
    assert whole.headers["cache-control"] == "no-cache"
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = archive_of_looms.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert archive_of_looms.get(path, headers={"If-None-Match": '"other"'}).content == whole.content


def test_what_changed_is_sent_again(scenario: Scenario) -> None:
    document = scenario.watches()
    scenario.publishes(document, policy(), at=NOW - 9 * DAY)
    tag = scenario.get("/").headers["etag"]
    scenario.publishes(document, policy(altered("18 months", "24 months")), at=NOW - 3 * DAY)
    answer = scenario.get("/", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


def test_head_names_the_tag_of_get(archive_of_looms: Scenario) -> None:
    assert archive_of_looms.visit("HEAD", "/").headers["etag"] == archive_of_looms.get("/").headers["etag"]


def test_failures_and_what_must_not_be_kept_carry_no_tag(archive_of_looms: Scenario) -> None:
    assert "etag" not in archive_of_looms.get("/nothing").headers
    assert "etag" not in archive_of_looms.get("/metrics").headers


def test_files_keep_their_own_word_on_how_long_they_hold(archive_of_looms: Scenario) -> None:
    assert "immutable" in archive_of_looms.get("/static/style.css").headers["cache-control"]
