"""Memento by the tables of RFC 7089, as its clients ask."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

from archive.addresses import add_address
from clausewatch.model import Document
from tests.web.scenario import DAY, START, Scenario, altered, opened, policy

URL = "https://tidewater.example/privacy?lang=en"
OLD = "http://www.tidewater.example/legal/privacy/"
PERIODS = ("18 months", "24 months", "3 years", "5 years")
CAME = [START + days * DAY for days in (0, 30, 31, 300)]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scenario, Document]]:
    with opened(Path(tmp_path_factory.mktemp("mementos"))) as scenario:
        document = scenario.watches(url=OLD)
        for at, period in zip(CAME, PERIODS, strict=True):
            scenario.publishes(document, policy(altered("18 months", period)), at=at)
        with scenario.archive.write() as connection:
            add_address(connection, document, URL, since_at=CAME[2])
        yield scenario, document


def links(answer: httpx.Response) -> dict[str, list[tuple[str, str | None]]]:
    """The links of a header or a map: for each word of rel, the targets and their datetimes."""
    text = answer.headers.get("link") or answer.text
    found: dict[str, list[tuple[str, str | None]]] = {}
    for target, parameters in re.findall(r"<([^>]*)>((?:;\s*\w+=\"[^\"]*\")*)", text):
        values = dict(re.findall(r'(\w+)="([^"]*)"', parameters))
        for word in values["rel"].split():
            found.setdefault(word, []).append((target, values.get("datetime")))
    return found


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def asked(scenario: Scenario, at: datetime | str | None, url: str = URL) -> httpx.Response:
    when = format_datetime(at, usegmt=True) if isinstance(at, datetime) else at
    return scenario.get(f"/timegate/{url}", headers={"Accept-Datetime": when} if when else {})


def test_a_timegate_leads_to_the_version_in_force_and_says_that_it_negotiates(
    watched: tuple[Scenario, Document],
) -> None:
    scenario, _ = watched
    answer = asked(scenario, CAME[1] + timedelta(hours=5))
    assert answer.status_code == 302
    assert answer.headers["vary"] == "accept-datetime"
    assert "memento-datetime" not in answer.headers
    assert links(answer)["original"] == [(URL, None)]
    assert links(answer)["timemap"][0][0].endswith(f"/timemap/link/{URL}")
    memento = scenario.get(path_of(answer.headers["location"]))
    assert memento.status_code == 200
    assert parsedate_to_datetime(memento.headers["memento-datetime"]) == CAME[1]
    assert "24 months" in memento.text


def test_a_memento_names_its_original_its_gate_its_map_and_its_neighbours(watched: tuple[Scenario, Document]) -> None:
    scenario, _ = watched
    memento = scenario.get(path_of(asked(scenario, CAME[2]).headers["location"]))
    found = links(memento)
    assert found["original"] == [(URL, None)]
    assert found["timegate"][0][0].endswith(f"/timegate/{URL}")
    assert {rel: parsedate_to_datetime(found[rel][0][1] or "") for rel in ("first", "prev", "next", "last")} == {
        "first": CAME[0], "prev": CAME[1], "next": CAME[3], "last": CAME[3],
    }  # fmt: skip
    assert parsedate_to_datetime(memento.headers["memento-datetime"]) == CAME[2]


@pytest.mark.parametrize("form", ["link", "json"])
def test_a_map_lists_every_version_under_any_address_of_the_document(
    watched: tuple[Scenario, Document], form: str
) -> None:
    scenario, _ = watched
    for url in (URL, OLD, "tidewater.example/legal/privacy", quote(OLD, safe=""), OLD.replace("//", "/", 1)):
        answer = scenario.get(f"/timemap/{form}/{url}")
        assert answer.status_code == 200
        if form == "link":
            assert answer.headers["content-type"].startswith("application/link-format")
            listed = [parsedate_to_datetime(at or "") for _, at in links(answer)["memento"]]
        else:
            listed = [datetime.fromisoformat(each["datetime"]) for each in answer.json()["mementos"]["list"]]
        assert listed == CAME


def test_a_thousand_days_drawn_lead_each_to_the_version_in_force(watched: tuple[Scenario, Document]) -> None:
    scenario, _ = watched
    draw = random.Random(7089)
    for _ in range(1000):
        at = (START + timedelta(seconds=draw.randint(-50 * 86400, 450 * 86400))).replace(microsecond=0)
        expected = max((came for came in CAME if came <= at), default=CAME[0])
        assert f"/memento/{expected:%Y%m%d%H%M%S}/" in asked(scenario, at).headers["location"]


def test_without_a_day_the_newest_version_is_meant(watched: tuple[Scenario, Document]) -> None:
    scenario, _ = watched
    assert f"/{CAME[-1]:%Y%m%d%H%M%S}/" in asked(scenario, None).headers["location"]


def test_a_time_between_versions_is_led_to_the_one_address_of_the_version(watched: tuple[Scenario, Document]) -> None:
    scenario, _ = watched
    between = scenario.get(f"/memento/{CAME[1] + timedelta(hours=2):%Y%m%d%H%M%S}/{URL}")
    assert between.status_code == 302
    assert f"/memento/{CAME[1]:%Y%m%d%H%M%S}/" in between.headers["location"]


@pytest.mark.parametrize("header", ["yesterday", "2007-05-31", "Thu, 99 May 2007 20:35:00 GMT", "\u00e9"])
def test_a_day_that_is_none_is_refused(watched: tuple[Scenario, Document], header: str) -> None:
    scenario, _ = watched
    answer = scenario.get(f"/timegate/{URL}", headers={"Accept-Datetime": header.encode("latin-1")})
    assert answer.status_code == 400
    assert "Accept-Datetime" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path",
    ["/timegate/https://other.example/", "/timemap/link/x", "/memento/2019/https://x.example/",
     "/memento/99999999999999/https://x.example/", "/timegate/", "/timemap/json/http://[bad/"],
)  # fmt: skip
def test_what_was_never_watched_is_not_found(watched: tuple[Scenario, Document], path: str) -> None:
    scenario, _ = watched
    assert scenario.get(path).status_code == 404


def test_an_address_without_a_version_is_not_found(scenario: Scenario) -> None:
    scenario.watches(url="https://new.example/privacy")
    assert asked(scenario, datetime.now(UTC), "https://new.example/privacy").status_code == 404
