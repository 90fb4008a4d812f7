"""The script of the demo: what lies in the archive, and what each look finds round by round."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import lxml.html
import pytest

from clausewatch.demo.policy import VENDORS, PolicyVersion, read_policy
from clausewatch.demo.story import Story, StoryDocument, build
from tests.support import VendorSite, WaybackStandIn

WORD = re.compile(r"[^\W_]+")


@pytest.fixture
def site() -> Iterator[VendorSite]:
    with VendorSite() as site:
        yield site


@pytest.fixture
def archive() -> Iterator[WaybackStandIn]:
    with WaybackStandIn() as archive:
        yield archive


@pytest.fixture
def story(site: VendorSite, archive: WaybackStandIn) -> Story:
    return build(site, archive)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield client


def stated(reply: httpx.Response) -> str:
    """The words of a page in one line."""
    return " ".join(WORD.findall(" ".join(map(str, lxml.html.document_fromstring(reply.content).itertext()))))


def holds(reply: httpx.Response, version: PolicyVersion) -> bool:
    text = stated(reply)
    return all(" ".join(WORD.findall(line)) in text for line in version.source.splitlines())


def rows(archive: WaybackStandIn, client: httpx.Client, document: StoryDocument) -> list[list[str]]:
    query = {"url": document.url, "output": "json", "fl": "timestamp,statuscode,mimetype"}
    table: list[list[str]] = client.get(archive.url + "/cdx/search/cdx", params=query).json()
    return table[1:]


def test_the_story_watches_three_vendors_of_this_site(story: Story, site: VendorSite) -> None:
    assert [document.vendor for document in story.documents] == ["Skyforge Robotics", "Pulsetrail", "Kettle & Loom"]
    assert all(document.url.startswith(site.root + "/") for document in story.documents)
    assert all(set(turn.sees) == {document.vendor for document in story.documents} for turn in story.rounds)


@pytest.mark.slow
def test_every_archived_capture_plays_the_version_of_its_time(
    story: Story, archive: WaybackStandIn, client: httpx.Client
) -> None:
    for name, document in zip(VENDORS, story.documents, strict=True):
        policy = read_policy(name)
        expected = {f"{at:%Y%m%d%H%M%S}": version for version in policy.archived for at in version.captured_at}
        troubles = {f"{trouble.at:%Y%m%d%H%M%S}" for trouble in policy.troubles}
        stamps = [row[0] for row in rows(archive, client, document)]
        assert stamps == sorted(expected.keys() | troubles)
        for stamp, version in expected.items():
            reply = client.get(f"{archive.url}/web/{stamp}id_/{document.url}")
            assert reply.status_code == 200
            assert holds(reply, version)


def test_the_archive_holds_revisits_a_bot_wall_and_a_503(
    story: Story, archive: WaybackStandIn, client: httpx.Client
) -> None:
    skyforge, pulsetrail, kettle = story.documents
    assert [row for row in rows(archive, client, pulsetrail) if row[1] == "503"]
    assert [row for row in rows(archive, client, kettle) if row[2] == "warc/revisit"]
    wall = client.get(f"{archive.url}/web/20230715091244id_/{skyforge.url}")
    assert "verify that you are a human" in wall.text


def test_nothing_is_served_before_the_first_round(story: Story, client: httpx.Client) -> None:
    assert [client.get(document.url).status_code for document in story.documents] == [404, 404, 404]


def test_the_rounds_show_what_they_say(story: Story, client: httpx.Client) -> None:
    skyforge, pulsetrail, kettle = (read_policy(name).versions for name in VENDORS)
    expected = [
        (skyforge[3], pulsetrail[3], kettle[2]),
        (skyforge[4], None, kettle[2]),
        (skyforge[4], pulsetrail[4], kettle[3]),
        (skyforge[4], pulsetrail[4], kettle[3]),
        (skyforge[4], pulsetrail[4], kettle[4]),
        (skyforge[4], pulsetrail[4], kettle[3]),
    ]
    assert len(story.rounds) == len(expected)
    for turn, versions in zip(story.rounds, expected, strict=True):
        turn()
        for document, version in zip(story.documents, versions, strict=True):
            reply = client.get(document.url)
            if version is None:
                assert reply.status_code == 403
            else:
                assert reply.status_code == 200
                assert holds(reply, version), (turn.title, document.vendor)


def test_the_static_vendor_answers_304_until_its_text_changes(story: Story, client: httpx.Client) -> None:
    kettle = story.documents[2].url
    tag, statuses = "", []
    for turn in story.rounds:
        turn()
        reply = client.get(kettle, headers={"If-None-Match": tag})
        tag = reply.headers["etag"]
        statuses.append(reply.status_code)
    assert statuses == [200, 304, 200, 304, 200, 200]


def test_the_trial_lasts_one_look(story: Story, client: httpx.Client) -> None:
    for turn in story.rounds[:5]:
        turn()
    looks = [client.get(story.documents[2].url) for _ in range(3)]
    assert ["Coinbridge" in look.text for look in looks] == [True, False, False]


def test_the_same_version_has_other_bytes_at_each_look_of_a_lively_vendor(story: Story, client: httpx.Client) -> None:
    story.rounds[0]()
    looks = [client.get(story.documents[0].url) for _ in range(2)]
    assert looks[0].content != looks[1].content
    assert "etag" not in looks[0].headers
