"""The guard lets through what is public, spelled in one way, and nothing else."""

from __future__ import annotations

import pytest

from crawler.guard import host_port, is_allowed, is_public, refusal

ALLOWED = ("127.0.0.1:8080", "[::1]:9000", "wayback.lan:8081")

HOSTILE = [
    # loopback and its spellings
    "http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/",
    "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./", "http://0/",
    "http://0.0.0.0/", "http://127.255.255.254/", "http://127.0.0.1:22/", "http://00127.0.0.1/", "http://0x/",
    "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://[2001:0:53aa:64c:0:fbff:80ff:fffe]/", "http://[fe80::1%25eth0]/",
    "http://１２７.0.0.1/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/", "http://%31%32%37.0.0.1/",
    "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/", "http://ｌocalhost/",
    "http://localhost.localdomain/", "https://localhost:443/",
    # networks that are not public
    "http://10.0.0.1/", "http://172.16.3.4/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/", "http://100.64.0.1/", "http://192.0.0.192/", "http://192.0.2.1/",
    "http://198.18.0.1/", "http://192.88.99.1/", "http://224.0.0.1/", "http://240.0.0.1/",
    "http://255.255.255.255/", "http://[fd00:ec2::254]/", "http://[fc00::1]/", "http://[fe80::1]/",
    "http://[fec0::1]/", "http://[ff02::1]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[100::1]/",
    # names of private networks
    "http://intranet/", "http://printer.local/", "http://metadata.google.internal/", "http://nas.lan/",
    "http://router.home.arpa/", "http://wayback.lan/",
    # ports
    "http://example.com:22/", "http://example.com:8080/", "http://example.com:6379/", "http://127.0.0.1:8081/",
    "http://example.com:0/", "http://example.com:99999/", "http://example.com:80a/",
    # schemes
    "file:///etc/passwd", "ftp://example.com/", "data:text/html,x", "javascript:alert(1)", "gopher://example.com/",
    "source:http://example.com/", "//example.com/", "example.com", "", "http:", "http:///", "http://", "https://?x",
    # credentials, backslashes, control characters: where parsers disagree
    "http://user@example.com/", "http://user:pass@example.com/", "http://127.0.0.1\\@example.com/",
    "http://example.com\\@127.0.0.1/", "http:\\\\example.com/", "http://example.com#@127.0.0.1\\/",
    "http://example.com\r\nHost: x/", "http://exam\tple.com/", "http://example.com/ HTTP/1.1",
    "http://example.com\u200b/", "http://exam\u00a0ple.com/", " http://example.com/", "http://[::1/", "http://a..b/",
    "http://.example.com/", "http://example.com/" + "a" * 9000,
]  # fmt: skip

FINE = [
    "http://example.com/", "https://www.example.com/privacy?a=1#b", "https://example.com:443/", "HTTP://EXAMPLE.COM/",
    "http://93.184.216.34/", "https://[2606:2800:220:1:248:1893:25c8:1946]/", "https://müller.example/datenschutz",
    "https://xn--mller-kva.example/", "https://example.com/a\u00e9?q=%20", "https://example.com./", "http://1.example.com/",
    "http://example.com/http://127.0.0.1/", "http://example.com/?u=user@host", "http://localhost.example.com/",
]  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused(url: str) -> None:
    assert refusal(url, ALLOWED)


def test_the_table_of_hostile_addresses_is_long() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60


@pytest.mark.parametrize("url", FINE)
def test_a_public_address_is_let_through(url: str) -> None:
    assert refusal(url, ()) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/x", "http://[::1]:9000/", "http://WAYBACK.lan:8081/coll"])
def test_the_operators_hosts_are_let_through_by_host_and_port(url: str) -> None:
    assert refusal(url, ()) is not None
    assert refusal(url, ALLOWED) is None


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1:8080/", "http://me@127.0.0.1:8080/", "http://127.0.0.1:8080\\x", "http://127.1:8080/"]
)
def test_an_allowed_host_still_has_to_be_asked_plainly(url: str) -> None:
    assert refusal(url, ALLOWED)


@pytest.mark.parametrize(
    "ip",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::", "192.88.98.1", "100.63.255.255", "100.128.0.1"],
)
def test_public_addresses_are_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "100.64.0.0", "100.127.255.255", "169.254.169.254", "192.88.99.1",
        "224.0.0.251", "239.1.1.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1",
        "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b::808:808", "ff0e::1",
        "3fff:fff::1", "fe80::1%eth0", "fec0::1", "fd00::1", "4000::1", "no address", "",
    ],
)  # fmt: skip
def test_other_addresses_are_not_public(ip: str) -> None:
    assert not is_public(ip)


def test_host_and_port_are_read_as_the_setting_spells_them() -> None:
    assert host_port("http://Example.COM/x") == "example.com:80"
    assert host_port("http://example.com:x/") is None
    assert is_allowed("https://127.0.0.1:8080/", ALLOWED)
    assert not is_allowed("http://evil.example/127.0.0.1:8080", ALLOWED)
