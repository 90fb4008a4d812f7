"""Comparison pages: stored ones, and any two days."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import httpx
import pytest

from archive.versions import text_of
from clausewatch.jobs.between import Pair
from clausewatch.jobs.sources import given_body
from clausewatch.jobs.survivors import surviving_workers
from clausewatch.web.compare import MADE_AT_ONCE
from clausewatch.web.making import Makers
from tests.support.postgres import environ_of
from tests.support.processes import below, command_of
from tests.web.markup import checked_page, words_of
from tests.web.scenario import DAY, SECTIONS, START, Scenario, altered, looms, opened, policy
from tests.web.test_server import PROGRAM

COMPARE = "/compare/tidewater-looms/privacy-policy"


def test_a_comparison_leads_with_findings_that_jump_to_their_section(archive_of_looms: Scenario) -> None:
    comparison = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/comparisons/{comparison.id}"))
    finding = page.find(".//li[@class='finding severity-high']")
    assert finding.find(".//q").text_content() == comparison.findings[0].before.quote  # type: ignore[union-attr]
    assert "18" in page.get_element_by_id(finding.xpath(".//a[@class='to-inline']/@href")[0][1:]).text_content()
    anchor = finding.xpath("p[@class='meta']/a/@href")[0].removeprefix("#")
    section = page.get_element_by_id(anchor)
    assert section.xpath(".//*[@class='inline']//del")[0].text == "18"
    assert section.xpath(".//*[@class='inline']//ins")[0].text == "24"
    assert page.xpath("//link[@rel='stylesheet']/@href")[0].startswith("/static/comparison.css?v=")


def test_a_comparison_links_to_both_versions_and_to_its_json(archive_of_looms: Scenario) -> None:
    comparison = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/comparisons/{comparison.id}"))
    links = page.xpath("//main//a/@href")
    for path in (
        f"/versions/{comparison.before.id}", f"/versions/{comparison.after.id}", f"/api/v1/comparisons/{comparison.id}",
    ):  # fmt: skip
        assert path in links
        assert archive_of_looms.get(path).status_code == 200


def test_a_comparison_is_ready_to_be_cited_stored_or_not(archive_of_looms: Scenario) -> None:
    stored = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    for path, place in ((f"/comparisons/{stored.id}", "/comparisons/"), (f"{COMPARE}?from=2024-02&to=2025", COMPARE)):
        page = checked_page(archive_of_looms.get(path))
        [citation] = page.xpath("//p[@class='citation']")
        address, *hashes = (each.text for each in citation.xpath("span[@class='hash']"))
        assert address.startswith(f"http://clausewatch.test{place}")
        assert all(len(each) == 64 for each in hashes)
        cited = archive_of_looms.get(address.removeprefix("http://clausewatch.test"))
        assert citation.text_content() in checked_page(cited).text_content()


def test_each_finding_has_an_address(archive_of_looms: Scenario) -> None:
    page = checked_page(archive_of_looms.get(f"{COMPARE}?from=2024-02&to=2025"))
    anchors = page.xpath("//li[starts-with(@class, 'finding')]/@id")
    assert anchors == [f"finding-{number}" for number in range(1, len(anchors) + 1)]
    assert {f"#{anchor}" for anchor in anchors} <= set(page.xpath("//p[@class='meta']/a/@href"))


def test_a_comparison_says_why_it_is_in_its_state(archive_of_looms: Scenario) -> None:
    comparison = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/comparisons/{comparison.id}"))
    assert comparison.state_reason
    assert page.xpath("//p[@class='what']/span[@class='reason']")[0].text == comparison.state_reason


def test_two_days_with_a_version_between_are_compared_for_the_moment(archive_of_looms: Scenario) -> None:
    count = len(archive_of_looms.comparisons(archive_of_looms.looms))
    page = checked_page(archive_of_looms.get(f"{COMPARE}?from=2024-02&to=2025-01-01"))
    text = words_of(page)
    assert "Made for the moment and not kept." in text
    assert "keeps data 24 months instead of 18 months" in text
    assert "Brightmetrics" in text
    assert len(archive_of_looms.comparisons(archive_of_looms.looms)) == count


def test_few_are_compared_at_once_and_who_comes_then_is_asked_to_wait(archive_of_looms: Scenario) -> None:
    days = {"from": START.date().isoformat(), "to": (START + 200 * DAY).date().isoformat()}
    state = archive_of_looms.app.state
    state.makers = Makers()
    for _ in range(MADE_AT_ONCE):
        assert state.turns.acquire(blocking=False)
    busy = archive_of_looms.get(COMPARE, params=days)
    state.turns.release(MADE_AT_ONCE)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert "try again in a moment" in words_of(checked_page(busy))
    for number in range(MADE_AT_ONCE + 1):  # each gives its turn back
        state.makers = Makers()
        assert archive_of_looms.get(COMPARE, params=days | {"n": str(number)}).status_code == 200


def test_what_was_made_for_one_visitor_is_shown_to_the_next(archive_of_looms: Scenario) -> None:
    days = {"from": START.date().isoformat(), "to": (START + 200 * DAY).date().isoformat()}
    state = archive_of_looms.app.state
    first = archive_of_looms.get(COMPARE, params=days | {"n": "one address"})
    for _ in range(MADE_AT_ONCE):
        assert state.turns.acquire(blocking=False)
    second = archive_of_looms.get(COMPARE, params=days | {"n": "another address"})
    state.turns.release(MADE_AT_ONCE)
    assert second.text == first.text


FAR_APART = {"from": START.date().isoformat(), "to": (START + 200 * DAY).date().isoformat()}


@pytest.fixture(autouse=True)
def _anew(archive_of_looms: Scenario) -> Iterator[None]:
    """Each test begins with nothing made, and leaves nothing to others who use the archive."""
    archive_of_looms.app.state.makers = Makers()
    yield
    archive_of_looms.app.state.makers = Makers()


@pytest.fixture(scope="module")
def workers() -> Iterator[Executor]:
    with surviving_workers(1) as executor:
        yield executor


def test_what_takes_long_is_made_beside_a_page_that_shows_the_steps_between(
    archive_of_looms: Scenario, workers: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, state = archive_of_looms, archive_of_looms.app.state
    state.makers = Makers()
    at_once = scenario.get(COMPARE, params=FAR_APART | {"n": "at once"})
    monkeypatch.setattr("clausewatch.web.compare.PATIENCE_SECONDS", 0)
    state.makers = Makers(workers)
    days = FAR_APART | {"to": (START + 201 * DAY).date().isoformat()}  # a page that was not kept
    first = scenario.get(COMPARE, params=days)
    assert (first.status_code, first.headers["cache-control"]) == (202, "no-store")
    page = checked_page(first)
    steps = page.xpath("//section[@aria-labelledby='steps']//a/@href")
    assert steps
    assert all(scenario.get(step).status_code == 200 for step in steps)
    seconds, _, again = first.headers["refresh"].partition("; url=")
    assert seconds == "0"
    assert again in page.xpath("//main//a/@href")
    back = scenario.get(again)
    assert back.status_code == 302
    assert scenario.get(back.headers["location"]).text == at_once.text
    assert scenario.get(COMPARE, params=days).text == at_once.text
    assert state.makers.waiting == 0


def test_programs_get_what_was_made_beside(archive_of_looms: Scenario, workers: Executor) -> None:
    path = "/api/v1/documents/tidewater-looms/privacy-policy/comparison"
    answers = []
    for makers in (Makers(), Makers(workers)):
        archive_of_looms.app.state.makers = makers
        answers.append(archive_of_looms.get(path, params=FAR_APART).json())
    assert answers[0] == answers[1]
    assert answers[0]["findings"]


def pair_of(scenario: Scenario) -> Pair:
    """The first and the last version of the looms."""
    with scenario.archive.read() as connection:
        versions = scenario.versions(scenario.looms)
        texts = text_of(connection, versions[0].id), text_of(connection, versions[-1].id)
    sides = scenario.comparisons(scenario.looms)[0].before, scenario.comparisons(scenario.looms)[-1].after
    return Pair(scenario.looms, sides, texts)


def test_many_who_ask_for_the_same_wait_for_one_comparison(archive_of_looms: Scenario, workers: Executor) -> None:
    makers, pair = Makers(workers), pair_of(archive_of_looms)
    asked = [makers.begin(pair) for _ in range(5)]
    assert len({id(each) for each in asked}) == 1
    assert asked[0].result().comparison() == Makers().make_here(pair).comparison()


def test_what_somebody_gives_is_compared_beside_too(workers: Executor) -> None:
    given = [
        given_body(policy(sections).encode(), label="a page", name=None)
        for sections in (SECTIONS, altered("18 months", "24 months"))
    ]
    assert Makers(workers).compare(*given) == Makers().compare(*given)
    assert Makers(workers).compare(*given).material


def test_where_too_many_wait_for_theirs_others_are_asked_to_come_again(
    archive_of_looms: Scenario, workers: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clausewatch.web.making.MOST_WAITING", 0)
    archive_of_looms.app.state.makers = Makers(workers)
    assert archive_of_looms.get(COMPARE, params=FAR_APART | {"n": "too many"}).status_code == 503


def test_what_is_kept_stays_within_bounds(archive_of_looms: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    makers, pair = Makers(), pair_of(archive_of_looms)
    monkeypatch.setattr("clausewatch.web.making.MOST_BYTES", len(makers.make_here(pair)))
    assert makers.get(pair.sides)
    other = Pair(pair.document, pair.sides[::-1], pair.texts[::-1])
    makers.make_here(other)
    assert makers.get(pair.sides) is None


def test_two_days_of_neighbouring_versions_lead_to_the_stored_comparison(archive_of_looms: Scenario) -> None:
    comparison = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    answer = archive_of_looms.get(f"{COMPARE}?from=2024-02&to=2024-06")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/comparisons/{comparison.id}"


def test_two_days_within_one_version_show_no_change(archive_of_looms: Scenario) -> None:
    page = checked_page(archive_of_looms.get(f"{COMPARE}?from=2024-02-01&to=2024-02-02"))
    assert "The two texts are the same." in words_of(page)


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("from=2025&to=2024", 400, "2025 is later than 2024"),
        ("from=yesterday&to=2024", 400, "'yesterday' is no date"),
        ("from=2024-02-30&to=2024", 400, "is no date"),
        ("from=2024", 422, "to: Field required"),
        ("from=" + "9" * 41 + "&to=2024", 422, "from: String should have at most 40 characters"),
        ("from=2001&to=2024", 404, "no version at 2001-12-31"),
    ],
)
def test_days_that_cannot_be_compared_are_refused_in_words(
    archive_of_looms: Scenario, query: str, status: int, says: str
) -> None:
    answer = archive_of_looms.get(f"{COMPARE}?{query}")
    assert answer.status_code == status
    assert says in words_of(checked_page(answer))


def test_a_right_to_left_policy_is_marked_as_what_it_is(scenario: Scenario) -> None:
    document = scenario.watches()
    arabic = "نحن نجمع اسمك وعنوان بريدك الإلكتروني عند إنشاء حساب ونشارك بياناتك الشخصية مع مزودي الخدمة لدينا فقط. "
    scenario.publishes(document, policy({"سياسة الخصوصية": arabic * 6}), at=START)
    version = scenario.versions(document)[0]
    article = checked_page(scenario.get(f"/versions/{version.id}")).find(".//article")
    assert article.get("lang") == "ar"
    assert {each.get("dir") for each in article.xpath(".//p | .//h2 | .//h3")} == {"auto"}


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_who_serves_compares_beside_the_pages_and_leaves_nothing_behind(tmp_path: Path, workers: str) -> None:
    home = tmp_path / "home"
    with opened(home) as scenario:
        looms(scenario)
    program = tmp_path / "program.py"  # processes are started by what can be imported
    program.write_text(PROGRAM)
    command, environ = [sys.executable, str(program), workers], os.environ | environ_of(home)
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        try:
            with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
                answer = client.get(COMPARE, params=FAR_APART)  # its process takes longer to start than anybody waits
                again = answer
                while again.status_code == 202:  # on a machine that is busy the page asks for it more than once
                    again = client.get(again.headers["refresh"].partition("url=")[2])
                shown = client.get(again.headers["location"])
            began = {pid: command_of(pid) for pid in below(process.pid)}
        finally:
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=90)
    assert [each.status_code for each in (answer, again, shown)] == [202, 302, 200]
    assert "24 months instead of 18 months" in shown.text
    assert len(began) >= int(workers)
    until = time.monotonic() + 60  # those that are not its own children end a moment later
    while left := {pid: name for pid, name in began.items() if Path(f"/proc/{pid}").exists()}:
        assert time.monotonic() < until, left
        time.sleep(0.05)
    assert (out, err, process.returncode) == ("", "", 0)
