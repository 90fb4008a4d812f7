"""What holds for every answer: the headers, on every route that there is."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from clausewatch.web import MAX_BODY_BYTES, ROUTERS
from clausewatch.web.headers import HEADERS
from tests.web.markup import checked_page, words_of
from tests.web.scenario import Scenario

NOT_THERE = re.compile(r"\{\w+\}")


def addresses() -> list[tuple[str, str]]:
    """Every method and path of the app, from its own table."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    listed = [(method, NOT_THERE.sub("0000", route.path)) for route in routes for method in sorted(route.methods or ())]
    assert len(listed) > 20
    return [*listed, ("GET", "/openapi.json"), ("GET", "/nothing")]


def test_every_route_answers_with_the_headers(archive_of_looms: Scenario) -> None:
    for method, path in addresses():
        answer = archive_of_looms.visit(method, path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (method, path)
        assert "set-cookie" not in answer.headers
        assert "server" not in answer.headers
        assert answer.status_code in (200, 400, 401, 404, 422), (method, path)


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/nothing", "/api/nothing", "/api/v1/vendors"])
def test_head_is_get_without_a_body(archive_of_looms: Scenario, path: str) -> None:
    got, head = archive_of_looms.get(path), archive_of_looms.visit("HEAD", path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_a_defect_is_told_without_its_trace_and_with_the_headers(scenario: Scenario) -> None:
    def fail() -> None:
        raise ValueError("a secret detail")

    scenario.app.add_api_route("/api/defect", fail)
    scenario.app.add_api_route("/defect", fail)
    for path in ("/api/defect", "/defect"):
        answer = scenario.get(path)
        assert answer.status_code == 500
        assert "a secret detail" not in answer.text
        assert HEADERS.items() <= {name: answer.headers.get(name) for name in HEADERS}.items()


def test_what_is_too_large_is_refused(scenario: Scenario) -> None:
    answer = scenario.post("/subscribe", data={"email": "a" * MAX_BODY_BYTES})
    assert answer.status_code == 413
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "more than is taken" in words_of(checked_page(answer))
    answer = scenario.post("/api/v1/preview", json={"every": "a" * MAX_BODY_BYTES})
    assert answer.json()["error"]["status"] == answer.status_code == 413


def test_the_policy_for_content_allows_no_script_and_nothing_inline(archive_of_looms: Scenario) -> None:
    stated = archive_of_looms.get("/").headers["content-security-policy"]
    assert stated == (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert "unsafe" not in stated


def test_files_of_the_pages_may_be_kept_for_ever(archive_of_looms: Scenario) -> None:
    page = archive_of_looms.get("/").text
    for path in re.findall(r'href="(/static/[^"]+)"', page):
        answer = archive_of_looms.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
