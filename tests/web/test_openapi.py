"""The API keeps to its own description: calls drawn from ``/openapi.json``, odd ones too, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from archive.tokens import add_token
from tests.web.markup import checked_page, words_of
from tests.web.scenario import NOW, Scenario, looms, opened

DRAWN = 20  # calls of each operation with a token, and as many without
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip


class Api:
    """The description of an API over an archive of its own, a token for it, and what may stand in its paths."""

    def __init__(self, scenario: Scenario) -> None:
        document = looms(scenario)
        with scenario.archive.write() as connection:
            self.token = add_token(connection, "laptop", now=NOW)
        version, comparison = scenario.versions(document)[1], scenario.comparisons(document)[0]
        self.known = {
            "vendor": document.vendor, "document": document.slug, "version": version.id, "comparison": comparison.id,
            "url": document.url, "timestamp": f"{version.first_at:%Y%m%d%H%M%S}",
        }  # fmt: skip
        self._schema = schemathesis.openapi.from_asgi("/openapi.json", scenario.app)

    def operations(self) -> Iterator[Any]:
        for found in self._schema.get_all_operations():
            assert isinstance(found, Ok)
            yield found.ok()

    def calls(self, operation: Any) -> Any:
        """Calls as described, half of them to what is there, and some as no description allows."""
        names = [each.name for each in operation.path_parameters]
        there = {name: self.known[name] for name in names if name in self.known}
        return one_of(
            operation.as_strategy(path_parameters=there or None), operation.as_strategy(),
            operation.as_strategy(GenerationMode.NEGATIVE),
        )  # fmt: skip


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with opened(tmp_path_factory.mktemp("api")) as scenario:
        yield Api(scenario)
    asgi._shutdown()  # its threads would last as long as the process: it ends them at exit alone


@pytest.mark.slow
@pytest.mark.parametrize("has_token", [False, True])
def test_answers_are_as_described(api: Api, has_token: bool) -> None:
    headers = {"Authorization": f"Bearer {api.token}"} if has_token else {}
    problems = []
    for operation in api.operations():
        try:
            call_drawn(api.calls(operation), headers)
        except (AssertionError, FailureGroup) as failure:
            problems.append(f"{operation.label}: {failure} {getattr(failure, 'exceptions', '')}")
    assert problems == []


def test_a_page_lists_every_call_for_people(archive_of_looms: Scenario) -> None:
    page = checked_page(archive_of_looms.get("/api"))
    told = archive_of_looms.get("/openapi.json").json()["paths"]
    calls = {f"{method.upper()} {path}" for path, methods in told.items() for method in methods}
    assert {row.text for row in page.xpath("//tbody/tr/th/code")} == calls
    assert "with a token" in words_of(page)
    assert "/api" in checked_page(archive_of_looms.get("/")).xpath("//header//a/@href")


def call_drawn(calls: Any, headers: dict[str, str]) -> None:
    @settings(max_examples=DRAWN, suppress_health_check=list(HealthCheck))
    @given(case=calls)
    def call(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS, headers=headers, allow_redirects=False)

    call()
