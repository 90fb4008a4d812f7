"""What a robots.txt said holds for a day, in the batches of one parent, and is not asked for meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clausewatch.clock import steady_seconds
from clausewatch.demo import answers
from clausewatch.demo.server import Reply
from clausewatch.demo.site import Answer
from clausewatch.settings import Settings
from crawler.children import Children, FreshChildren, forked_children
from crawler.outcomes import ErrorKind, Fetch, Outcome, Plan, read_plan, write_plan
from crawler.rules import KEPT_SECONDS, KeptRules, Rules, note_rules
from crawler.run import run_batch
from tests.support import VendorSite

pytestmark = pytest.mark.once
CLOSED = "User-agent: *\nDisallow: /closed\n"


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with forked_children() as children:
        yield children


@pytest.fixture
def site() -> Iterator[VendorSite]:
    with VendorSite() as site:
        for path in ("/open", "/closed", "/other"):
            site.publish(path, path)
        site.set_robots(CLOSED)
        yield site


def crawl(site: VendorSite, children: Children, *paths: str) -> list[ErrorKind | None]:
    outcomes: dict[str, Outcome] = {}
    run_batch(
        [Fetch(path, site.url(path)) for path in paths],
        settings=Settings(allow_hosts=(site.host,)),
        on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
        timeout_seconds=60,
        children=children,
    )
    return [outcomes[path].error_kind for path in paths]


def asked(site: VendorSite) -> list[str]:
    return [entry.path for entry in site.requests]


def test_rules_are_asked_for_once_and_obeyed_in_all_batches(site: VendorSite, children: Children) -> None:
    for _ in range(2):
        assert crawl(site, children, "/open", "/closed", "/other") == [None, ErrorKind.ROBOTS, None]
    assert sorted(asked(site)) == ["/open", "/open", "/other", "/other", "/robots.txt"]


def test_a_site_without_rules_is_not_asked_again(site: VendorSite, children: Children) -> None:
    site.publish("/robots.txt", "nothing here", status=404)
    assert [crawl(site, children, "/closed") for _ in range(2)] == [[None]] * 2
    assert asked(site).count("/robots.txt") == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (answers.too_many(retry_after="1"), ErrorKind.RATE_LIMITED),
        (answers.cut_off(b"User-agent: *", after=4), ErrorKind.INCOMPLETE),
    ],
    ids=["a pause", "half an answer"],
)
def test_rules_that_could_not_be_had_are_asked_for_again(
    site: VendorSite, children: Children, answer: Answer, kind: ErrorKind
) -> None:
    site.answer("/robots.txt", answer)
    assert crawl(site, children, "/open") == [kind]
    site.answer("/robots.txt", answers.always(Reply(200, CLOSED.encode())))
    assert crawl(site, children, "/open", "/closed") == [None, ErrorKind.ROBOTS]


def test_an_error_of_the_server_is_never_taken_for_rules(site: VendorSite, children: Children) -> None:
    site.publish("/robots.txt", "User-agent: *\nAllow: /\n", status=503)
    assert crawl(site, children, "/open") == [ErrorKind.ROBOTS_UNREADABLE]
    assert children.rules.of([site.url("/open")], now=steady_seconds()) == {}


def test_new_rules_are_seen_after_a_day(site: VendorSite, tmp_path: Path) -> None:
    children = FreshChildren()
    note_rules(tmp_path, site.url("/robots.txt"), b"", asked=steady_seconds() - KEPT_SECONDS)
    children.rules.learn(tmp_path)
    assert crawl(site, children, "/closed") == [ErrorKind.ROBOTS]
    assert asked(site) == ["/robots.txt"]


def test_rules_that_grow_too_old_within_a_batch_are_asked_for(tmp_path: Path) -> None:
    kept = KeptRules()
    note_rules(tmp_path, "https://kites.example/robots.txt", CLOSED.encode(), asked=100.0)
    kept.learn(tmp_path)
    urls = ["https://kites.example/privacy", "https://[broken/", "http://kites.example/privacy"]
    assert kept.of(urls, now=100.0 + KEPT_SECONDS) == {}
    assert kept.of(urls, now=99.0 + KEPT_SECONDS) == {
        "https://kites.example/robots.txt": Rules(CLOSED, until=100.0 + KEPT_SECONDS)
    }


def test_a_child_learns_from_its_plan_until_when_rules_hold() -> None:
    plan = Plan(
        spider="live", agent="", folder="", allow_hosts=(), wayback_url="", fetch_timeout_seconds=1.0, max_bytes=1,
        rules={"https://kites.example/robots.txt": Rules("\u00ff\u0000\n", until=7.5)},
    )  # fmt: skip
    assert read_plan(write_plan(plan, []).splitlines()[0]) == plan
    assert plan.rules["https://kites.example/robots.txt"].body == b"\xff\x00\n"
    assert read_plan(write_plan(replace(plan, rules={}), []).splitlines()[0]).rules == {}


def test_what_a_kill_cut_off_is_left_out(tmp_path: Path) -> None:
    kept = KeptRules()
    kept.learn(tmp_path)  # nothing was noted
    for number in range(2):
        note_rules(tmp_path, f"https://{number}.example/robots.txt", CLOSED.encode(), asked=0.0)
    raw = (tmp_path / "rules").read_bytes()
    (tmp_path / "rules").write_bytes(raw[:-20])
    kept.learn(tmp_path)
    assert [*kept.of([f"https://{number}.example/" for number in range(2)], now=0.0)] == [
        "https://0.example/robots.txt"
    ]


def test_rules_take_no_more_room_than_they_may(tmp_path: Path) -> None:
    kept = KeptRules()
    note_rules(tmp_path, "https://long.example/robots.txt", b"x" * 100_000, asked=0.0)
    lines = [json.dumps([f"https://{number}.example/robots.txt", "x" * 60_000, 1.0]) for number in range(700)]
    (tmp_path / "rules").write_text("\n".join(lines))
    kept.learn(tmp_path)
    kept.learn(tmp_path)
    found = kept.of(["https://long.example/", *(f"https://{number}.example/" for number in range(700))], now=0.0)
    assert 450 < len(found) < 550
    assert "https://699.example/robots.txt" in found
