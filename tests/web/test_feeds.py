import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree

from archive.notices import drop_notices, list_notices
from archive.subscriptions import add_subscription, end_subscription
from clausewatch.model import Kind, Rule, Subscription
from notifier.tokens import Purpose, secret_of, sign
from tests.web.atom_rules import ATOM, checked_feed
from tests.web.markup import checked_page
from tests.web.scenario import DAY, START, Scenario, altered, looms, opened, policy

FEEDS = [
    "/feeds/changes", "/feeds/vendors/tidewater-looms", "/feeds/documents/tidewater-looms/privacy-policy",
    "/feeds/kinds/retention",
]  # fmt: skip


def titles(feed: etree._Element) -> list[str]:
    return [entry.findtext(ATOM + "title") or "" for entry in feed.findall(ATOM + "entry")]


def ids(feed: etree._Element) -> list[str]:
    return [entry.findtext(ATOM + "id") or "" for entry in feed.findall(ATOM + "entry")]


def subscribed(scenario: Scenario, rule: Rule = Rule(), *, is_confirmed: bool = True) -> Subscription:  # noqa: B008
    with scenario.archive.write() as connection:
        return add_subscription(
            connection, "ada@example.com", rule, every="weekly", now=START, is_confirmed=is_confirmed
        )


def feed_of(scenario: Scenario, subscription: Subscription, *, purpose: Purpose = Purpose.FEED) -> str:
    token = sign(secret_of(scenario.settings), purpose, subscription=subscription.id, now=scenario.now)
    return f"/feeds/subscriptions/{token}"


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_is_atom_by_the_rules(path: str, archive_of_looms: Scenario) -> None:
    answer = archive_of_looms.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = checked_feed(answer.content)
    assert any("24 months" in title or "24 months" in answer.text for title in titles(feed))
    (address,) = (link.get("href") for link in feed.findall(ATOM + "link") if link.get("rel") == "self")
    assert urlsplit(address or "").path == path


def test_every_link_of_a_feed_leads_to_a_page(archive_of_looms: Scenario) -> None:
    for path in FEEDS:
        feed = checked_feed(archive_of_looms.get(path).content)
        for link in feed.iter(ATOM + "link"):
            answer = archive_of_looms.get(urlsplit(link.get("href") or "").path)
            assert answer.status_code == 200


def test_a_page_names_its_feed(archive_of_looms: Scenario) -> None:
    pages = {"/": FEEDS[0], "/vendors/tidewater-looms": FEEDS[1], "/documents/tidewater-looms/privacy-policy": FEEDS[2]}
    for page, feed in pages.items():
        named = checked_page(archive_of_looms.get(page)).xpath("//link[@type='application/atom+xml']/@href")
        assert named == [feed]


def test_an_entry_quotes_both_sides(archive_of_looms: Scenario) -> None:
    feed = checked_feed(archive_of_looms.get("/feeds/kinds/retention").content)
    content = feed.findtext(f"{ATOM}entry/{ATOM}content") or ""
    before, after = re.findall("<blockquote>(.*?)</blockquote>", content)[:2]
    assert "18 months" in before
    assert "24 months" in after
    assert "retention" in [each.get("term") for each in feed.iter(ATOM + "category")]


def test_a_comparison_has_one_id_in_every_feed_and_at_every_address(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        looms(scenario)
        seen = [ids(checked_feed(scenario.get(path).content)) for path in FEEDS]
        moved = Scenario(scenario.archive, replace(scenario.settings, public_url="https://moved.example/watch"))
        answer = moved.get(FEEDS[0])
    assert ids(checked_feed(answer.content)) == seen[0]
    assert 'href="https://moved.example/watch/feeds/changes"' in answer.text
    assert set(seen[3]) <= set(seen[0]) == set(seen[1]) == set(seen[2])


def test_a_reader_that_has_it_all_is_told_so(archive_of_looms: Scenario) -> None:
    for path in FEEDS:
        first = archive_of_looms.get(path)
        tag = first.headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = archive_of_looms.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert archive_of_looms.get(path, headers={"If-None-Match": '"other"'}).content == first.content


def test_what_is_told_later_is_a_new_feed(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        document = scenario.watches()
        scenario.publishes(document, policy(), at=START)
        before = scenario.get("/feeds/changes")
        assert ids(checked_feed(before.content)) == []
        scenario.publishes(document, policy(altered("18 months", "24 months")), at=START + 10 * DAY)
        after = scenario.get("/feeds/changes", headers={"If-None-Match": before.headers["etag"]})
        assert len(ids(checked_feed(after.content))) == 1


def test_what_is_held_stands_in_no_feed(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        document = scenario.watches()
        scenario.publishes(document, policy(), at=START)
        scenario.publishes(document, policy(altered("18 months", "24 months")), at=START + DAY, sightings=1)
        assert ids(checked_feed(scenario.get("/feeds/changes").content)) == []


@pytest.mark.parametrize("path", ["/feeds/vendors/none", "/feeds/documents/tidewater-looms/none"])
def test_a_feed_of_nothing_is_not_there(path: str, archive_of_looms: Scenario) -> None:
    assert archive_of_looms.get(path).status_code == 404
    assert archive_of_looms.get("/feeds/kinds/none").status_code == 422


def test_words_of_others_are_text_in_every_reader(tmp_path: Path) -> None:
    hostile = "36 months <script>alert(1)</script> ]]> & \u0001 \u202e <b>bold</b>"
    with opened(tmp_path) as scenario:
        document = scenario.watches("<i>Looms</i> & Co.")
        scenario.publishes(document, policy(), at=START)
        escaped = hostile.replace("&", "&amp;").replace("<", "&lt;")
        scenario.publishes(document, policy(altered("18 months", escaped)), at=START + 10 * DAY)
        answer = scenario.get("/feeds/changes")
    feed = checked_feed(answer.content)
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in (feed.findtext(f"{ATOM}entry/{ATOM}content") or "")
    assert titles(feed)[0].startswith("<i>Looms</i> & Co.")


# --- a subscription's own -------------------------------------------------------------------------------------


def test_a_subscription_has_a_feed_of_what_it_asked_for(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = subscribed(scenario, Rule(kinds=(Kind.RETENTION,)))
        looms(scenario)
        answer = scenario.get(feed_of(scenario, asked))
        feed = checked_feed(answer.content)
        assert ids(feed) == ids(checked_feed(scenario.get("/feeds/kinds/retention").content))
        assert answer.headers["cache-control"].startswith("private")
        assert "ada" not in answer.text


def test_a_notice_that_was_dropped_stands_in_no_feed(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = subscribed(scenario)
        looms(scenario)
        with scenario.archive.write() as connection:
            drop_notices(connection, [each.id for each in list_notices(connection)])
        assert ids(checked_feed(scenario.get(feed_of(scenario, asked)).content)) == []


def test_the_feed_opens_for_its_own_link_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = subscribed(scenario)
        right = feed_of(scenario, asked)
        for wrong in (right[:-1] + ("A" if right[-1] != "A" else "B"), "/feeds/subscriptions/x",
                      feed_of(scenario, asked, purpose=Purpose.MANAGE)):  # fmt: skip
            assert scenario.get(wrong).status_code == 400
        scenario.now += timedelta(days=1000)
        assert scenario.get(right).status_code == 200


@pytest.mark.parametrize("is_ended", [False, True])
def test_a_subscription_that_is_not_confirmed_or_has_ended_has_no_feed(is_ended: bool, tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = subscribed(scenario, is_confirmed=is_ended)
        if is_ended:
            with scenario.archive.write() as connection:
                end_subscription(connection, asked.id, now=scenario.now)
        assert scenario.get(feed_of(scenario, asked)).status_code == 410
