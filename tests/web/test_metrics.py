"""What a monitor gets over HTTP."""

from __future__ import annotations

from tests.web.scenario import Scenario


def test_metrics_come_in_the_form_of_prometheus(archive_of_looms: Scenario) -> None:
    answer = archive_of_looms.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "\nclausewatch_documents 1.0\n" in answer.text
    assert "\n# TYPE clausewatch_documents gauge\n" in answer.text
