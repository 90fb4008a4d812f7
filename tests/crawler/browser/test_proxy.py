"""The browser's way out: whatever it is asked for, it connects to public addresses and to what the page asked alone."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from clausewatch.demo.server import Reply
from clausewatch.public import host_port
from crawler.browser.proxy import MAX_CONNECTIONS, REFUSED, GuardProxy
from crawler.outcomes import ErrorKind
from tests.crawler.test_guard import HOSTILE
from tests.support import VendorSite

Send = Callable[[bytes], Awaitable[bytes]]


def resolver(answers: dict[str, list[list[str]]], asked: Counter[str]) -> Any:
    """Names of the real internet cannot be asked in tests; each name has its answers, the last of which stays."""

    def resolve(host: str, port: int, **options: Any) -> list[Any]:
        asked[host] += 1
        ips = answers[host][min(asked[host], len(answers[host])) - 1]
        if not ips:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        families = {ip: socket.AF_INET6 if ":" in ip else socket.AF_INET for ip in ips}
        return [(families[ip], socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    return resolve


def talk(proxy: GuardProxy, requests: Sequence[bytes]) -> list[bytes]:
    """What the proxy answers to each, one connection a request."""

    async def all_of_them() -> list[bytes]:
        port = await proxy.start()
        answers = [await ask(port, request) for request in requests]
        await proxy.stop()
        return answers

    async def ask(port: int, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        try:
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionResetError:
            return b""
        finally:
            writer.transport.abort()

    return asyncio.run(all_of_them())


def get(url: str) -> bytes:
    return f"GET {url} HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\nX-Kept: yes\r\n\r\n".encode()


def tunnel(place: str) -> bytes:
    return f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode()


def test_a_page_comes_through_as_if_asked_for_directly() -> None:
    with VendorSite() as site:
        site.publish("/page", "page")
        proxy = GuardProxy([site.host])
        proxy.expect(site.root)
        [answer] = talk(proxy, [get(site.url("/page?a=1"))])
        assert answer.endswith(b"page")
        [entry] = site.requests
        assert (entry.path, entry.headers["host"], entry.headers["x-kept"]) == ("/page?a=1", site.host, "yes")
        assert entry.headers["connection"] == "close"
        assert not any(name.startswith("proxy") for name in entry.headers)


def test_a_tunnel_to_an_allowed_host_carries_both_ways() -> None:
    with VendorSite() as site:
        site.publish("/page", "page")
        proxy = GuardProxy([site.host])
        proxy.expect(site.root)
        inner = b"GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        [answer] = talk(proxy, [tunnel(site.host) + inner])
        assert b"200 Connection established" in answer
        assert answer.endswith(b"page")


def test_hostile_addresses_are_refused_though_the_page_asks_for_them() -> None:
    with VendorSite() as inside:
        proxy = GuardProxy(["wayback.lan:8081"])
        urls = [*HOSTILE, inside.root, f"http://localhost:{inside.host.partition(':')[2]}/"]
        for url in urls:
            proxy.expect(url)
        places = [place for place in map(host_port, urls) if place]
        answers = talk(proxy, [*(get(url) for url in urls), *(tunnel(place) for place in places)])
        assert all(answer == b"" or answer.startswith((b"HTTP/1.1 403", b"HTTP/1.1 502")) for answer in answers)
        assert inside.requests == ()
        assert len(places) > 60


def test_a_name_is_resolved_once_and_what_it_leads_to_is_judged() -> None:
    answers = {
        "loopback.example": [["127.0.0.1"]],
        "metadata.example": [["169.254.169.254"]],
        "mapped.example": [["::ffff:127.0.0.1", "::1"]],
        "nat64.example": [["64:ff9b::7f00:1"]],
        "rebinding.example": [[], ["127.0.0.1"]],
        "hooks.lan": [["127.0.0.1"], ["10.0.0.1"]],
    }
    asked: Counter[str] = Counter()
    with VendorSite() as site:
        site.publish("/", "page")
        port = site.host.partition(":")[2]
        proxy = GuardProxy([f"hooks.lan:{port}"], resolve=resolver(answers, asked))
        names = [name for name in answers if name != "hooks.lan"]
        for name in names:
            proxy.expect(f"http://{name}/")
            proxy.expect(f"https://{name}/")
        proxy.expect(f"http://hooks.lan:{port}/")
        requests = [get(f"http://{name}/") for name in names] + [tunnel(f"{name}:443") for name in names]
        *refused, allowed = talk(proxy, [*requests, get(f"http://hooks.lan:{port}/")])
        assert allowed.endswith(b"page")
        assert [entry.headers["host"] for entry in site.requests] == [f"hooks.lan:{port}"]
        kinds = Counter(answer.partition(f"{REFUSED}: ".encode())[2].split(b"\r\n")[0].decode() for answer in refused)
        assert kinds == {ErrorKind.FORBIDDEN: 2 * len(names) - 1, ErrorKind.DNS: 1}  # one name was unknown at first
        assert asked == Counter(dict.fromkeys(names, 2)) + Counter(["hooks.lan"])


def test_what_no_request_of_the_page_asked_for_is_not_reached() -> None:
    with VendorSite() as site:
        proxy = GuardProxy([site.host])
        errand, own = talk(proxy, [get(site.url("/update")), tunnel("errands.example:443")])
        assert b"403 Forbidden" in errand
        assert b"403 Forbidden" in own
        assert site.requests == ()


def test_a_second_request_on_one_connection_goes_nowhere() -> None:
    with VendorSite() as site, VendorSite() as other:
        site.publish("/page", "page")
        proxy = GuardProxy([site.host, other.host])
        proxy.expect(site.root)
        proxy.expect(other.root)
        body = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody" % site.url("/page").encode()
        talk(proxy, [get(site.url("/page")) + get(other.url("/x")), body + get(other.url("/y"))])
        assert [(entry.method, entry.path, entry.body) for entry in site.requests] == [
            ("GET", "/page", b""), ("POST", "/page", b"body"),
        ]  # fmt: skip
        assert other.requests == ()


@pytest.mark.parametrize(
    "request_",
    [
        b"GET http://a.example/ HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        b"GET http://a.example/ HTTP/1.1\r\nA: b\nX: c\r\n\r\n",
        b"GET  http://a.example/  HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"\xff\xfe GET\r\n\r\n",
        b"x" * 200_000,
    ],
)
def test_what_is_no_plain_http_ends_the_connection(request_: bytes) -> None:
    [answer] = talk(GuardProxy([]), [request_])
    assert answer == b"" or b" 403 " in answer


def test_a_page_loads_so_many_bytes_and_no_more() -> None:
    with VendorSite() as site:
        site.answer("/film", lambda request: Reply(200, b"x" * 300_000))
        proxy = GuardProxy([site.host])

        def ask(*, bytes_left: int) -> bytes:
            proxy.expect(site.root)
            proxy.bytes_left = bytes_left
            return talk(proxy, [get(site.url("/film"))])[0]

        assert len(ask(bytes_left=1_000_000)) > 300_000
        assert len(ask(bytes_left=200_000)) < 200_000
        assert ErrorKind.TOO_LARGE.encode() in ask(bytes_left=0)
        assert MAX_CONNECTIONS > 32
