"""What nobody may do to others by our pages: forms of other sites, redirects, endless bodies, secrets at rest."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from archive.tables import metadata
from archive.tokens import add_token
from clausewatch.web import MAX_BODY_BYTES, ROUTERS, events, oneoff
from notifier.tokens import Purpose
from tests.web.mailbox import ADA, subscribed, token
from tests.web.scenario import NOW, Scenario, looms, opened
from tests.web.test_headers import NOT_THERE

EVIL = "evil.example"
ELSEWHERE = [
    f"//{EVIL}", f"///{EVIL}", f"/\\{EVIL}", f"/%5C{EVIL}", f"/%2F%2F{EVIL}/..", f"//{EVIL}/vendors/", f"/https://{EVIL}",
    f"/compare/{EVIL}/x?from=2020&to=2021", f"/search?q=x&after=https://{EVIL}", f"/vendors?after=//{EVIL}",
    f"/timegate/https://{EVIL}/", f"/memento/20200101000000/https://{EVIL}/", f"/memento/1/http://{EVIL}@x/",
    "/vendors/", "/subscribe/", f"/?next=https://{EVIL}",
]  # fmt: skip


def test_no_answer_leads_to_another_host(archive_of_looms: Scenario) -> None:
    for path in ELSEWHERE:
        for host in ("clausewatch.test", EVIL):
            answer = archive_of_looms.get(path, headers={"Host": host, "X-Forwarded-Host": EVIL})
            location = urlsplit(answer.headers.get("location", ""))
            assert location.netloc in ("", "clausewatch.test"), path
            assert not location.path.startswith(("//", "/\\")), path


def test_what_does_lead_on_leads_to_our_own_address_whatever_host_was_asked(archive_of_looms: Scenario) -> None:
    headers = {"Host": EVIL}
    for path in ("/timegate/https://tidewater.example/privacy", "/memento/20200101000000/tidewater.example/privacy"):
        answer = archive_of_looms.get(path, headers=headers)
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("http://clausewatch.test/memento/")
    days = {"from": "2024-02", "to": "2024-06"}
    answer = archive_of_looms.get("/compare/tidewater-looms/privacy-policy", params=days, headers=headers)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/comparisons/")


def test_a_form_of_another_site_does_nothing_in_the_name_of_an_operator(scenario: Scenario) -> None:
    document = looms(scenario)
    with scenario.archive.write() as connection:
        secret = add_token(connection, "laptop", now=NOW)
    remembered = {"Authorization": "Basic " + b64encode(f"me:{secret}".encode()).decode()}
    assert scenario.get("/status", headers=remembered).status_code == 200
    for path, options in (
        (f"/api/v1/documents/{document.name}/look", {}),
        ("/api/v1/documents", {"json": {"address": "https://tidewater.example/cookies"}}),
        ("/api/v1/documents", {"content": '{"address": "https://tidewater.example/x"}'}),  # as a form of text/plain
    ):
        assert scenario.post(path, headers=remembered, **options).status_code in (401, 422)
    assert len(scenario.get("/api/v1/documents").json()["items"]) == 1


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home", mail=f"file:{tmp_path / 'mail'}") as scenario:
        scenario.watches()
        yield scenario


def takers() -> list[tuple[str, str, int]]:
    """Every method and path that takes a body, and how large one may be."""
    routers = [*((router, MAX_BODY_BYTES) for router in ROUTERS), (oneoff.router, oneoff.MAX_BODY_BYTES),
               (events.router, events.MAX_BODY_BYTES)]  # fmt: skip
    return [
        (method, NOT_THERE.sub("0000", route.path), most)
        for router, most in routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.body_field
        for method in sorted(route.methods or ())
    ]


@pytest.mark.parametrize(("method", "path", "most"), takers())
def test_nothing_takes_a_body_without_an_end(archive_of_looms: Scenario, method: str, path: str, most: int) -> None:
    refused = 0
    for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
        body = Endless(most)
        answer = archive_of_looms.visit(method, path, content=body.pieces(), headers={"Content-Type": kind})
        assert answer.status_code < 500, kind
        assert body.sent <= 2 * most + body.PIECE
        refused += answer.status_code in (400, 413)
    assert refused


class Endless:
    """A body whose length nobody says, far longer than what may be sent."""

    PIECE = 65_536

    def __init__(self, most: int) -> None:
        self.sent = 0
        self._most = most

    async def pieces(self) -> AsyncIterator[bytes]:
        while self.sent < 8 * self._most:
            self.sent += self.PIECE
            yield b"a" * self.PIECE


def test_no_secret_lies_in_the_archive(mailing: Scenario) -> None:
    with mailing.archive.write() as connection:
        secrets = [add_token(connection, "laptop", now=NOW)]
    subscription = subscribed(mailing, vendor="tidewater-looms")
    secrets += [token(mailing, purpose, subscription) for purpose in (Purpose.MANAGE, Purpose.UNSUBSCRIBE)]
    kept = [path.read_bytes() for path in mailing.settings.home.rglob("*") if path.is_file()]
    with mailing.archive.read() as connection:  # which may lie elsewhere
        kept += [repr(row).encode() for table in metadata.tables.values() for row in connection.execute(select(table))]
    assert any(ADA.encode() in body for body in kept)  # the address is there, and a secret would be found too
    for secret in secrets:
        assert not any(secret.encode() in body for body in kept)
