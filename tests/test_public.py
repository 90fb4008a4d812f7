"""A bare connection goes to the address that was judged, and to public ones alone."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from clausewatch.public import connect, judged_places
from tests.support import VendorSite


def resolver(*ips: str) -> Any:
    """Stands in for the resolver: names of the real internet cannot be asked in tests."""

    def resolve(host: str, port: int, **options: Any) -> list[Any]:
        family = {ip: socket.AF_INET6 if ":" in ip else socket.AF_INET for ip in ips}
        return [(family[ip], socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    return resolve


def test_a_connection_to_an_allowed_host_is_open() -> None:
    with VendorSite() as site, connect(site.url("/hook"), [site.host], timeout_seconds=5) as connection:
        assert f"127.0.0.1:{connection.getpeername()[1]}" == site.host


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://2130706433/", "file:///etc/passwd", "http://x@example.com/", "http://localhost/"],
)
def test_a_connection_to_what_is_not_public_is_refused(url: str) -> None:
    with VendorSite() as site, pytest.raises(PermissionError):
        connect(url, [site.host], timeout_seconds=5)


def test_a_name_is_judged_by_what_it_resolves_to() -> None:
    for ips in (["127.0.0.1"], ["10.0.0.1", "fd00::1"], ["::ffff:169.254.169.254"], ["64:ff9b::7f00:1"]):
        with pytest.raises(PermissionError, match="is not a public address"):
            judged_places("https://vendor.example/hook", [], resolve=resolver(*ips))
    places = judged_places("https://vendor.example/hook", [], resolve=resolver("10.0.0.1", "93.184.216.34"))
    assert [place for *_, place in places] == [("93.184.216.34", 443)]


def test_an_allowed_name_may_lead_inside() -> None:
    places = judged_places("http://hooks.lan:9000/", ["hooks.lan:9000"], resolve=resolver("10.0.0.1"))
    assert [place for *_, place in places] == [("10.0.0.1", 9000)]


def test_a_host_that_does_not_answer_is_an_error() -> None:
    with VendorSite() as site:
        url, host = site.url("/"), site.host
    with pytest.raises(ConnectionRefusedError):
        connect(url, [host], timeout_seconds=5)
