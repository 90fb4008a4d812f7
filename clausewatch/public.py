"""Which addresses may be asked at all: http(s), public, spelled in one way only.

``refusal`` judges the spelling before a request is made; ``is_public`` judges the address that is really connected
to, so that neither redirects nor changing DNS answers get past it. ``connect`` does both for who needs a bare socket.
Crawls are guarded in ``crawler.download``, a browser's traffic in ``crawler.browser.proxy``.
"""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
import time
import unicodedata
from collections.abc import Callable, Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

PUBLIC_PORTS = {"http": 80, "https": 443}
LONGEST_URL = 8000  # what common servers take at most

# Networks that Python calls global, or has called so in some release, and that are none of the public web
_NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # protocol assignments; a cloud keeps its metadata at .192
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved
        "3fff::/20",  # documentation
        "2001::/23",  # protocol assignments, Teredo among them
    )
]
_GLOBAL_UNICAST = ip_network("2000::/3")  # all that is given out of IPv6; NAT64, multicast and ::a.b.c.d lie outside
_PRIVATE_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa")
_UNSPEAKABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\u200b-\u200f\ufeff\\]")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)

Place = tuple[int, int, int, Any]
"""Family, kind, protocol and address, as ``socket`` takes them."""
Resolve = Callable[..., "list[tuple[Any, Any, int, str, Any]]"]


def is_public(ip: str | IPv4Address | IPv6Address) -> bool:
    """Whether an IP address belongs to the public internet, looked at through IPv4-in-IPv6 forms.

    >>> is_public("93.184.216.34"), is_public("::ffff:127.0.0.1"), is_public("100.64.0.1")
    (True, False, False)
    """
    try:
        address = ip_address(ip.partition("%")[0]) if isinstance(ip, str) else ip
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not any(
        network.version == address.version and address in network for network in _NOT_PUBLIC
    )


def host_port(url: str) -> str | None:
    """``host:port`` in lower case as ALLOW_HOSTS spells it, with brackets around IPv6; None where there is none.

    >>> host_port("https://Example.com/privacy"), host_port("http://[::1]:8080/")
    ('example.com:443', '[::1]:8080')
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PUBLIC_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not host or port is None:
        return None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_allowed(url: str, allow_hosts: Collection[str]) -> bool:
    """Whether the operator lets this host and port through although they may not be public."""
    return host_port(url) in {host.lower() for host in allow_hosts}


def refusal(url: str, allow_hosts: Collection[str]) -> str | None:
    """Why the address is not asked, in a few words, or None if it may be.

    Names are not resolved here: where they lead is judged at connect time.
    """
    if len(url) > LONGEST_URL:
        return f"the address is longer than {LONGEST_URL} characters"
    if _UNSPEAKABLE.search(url):
        return "the address holds a space, a backslash or a control character"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "the address cannot be read"
    if parts.scheme not in PUBLIC_PORTS:
        return f"only http and https are fetched, not {parts.scheme or 'an address without a scheme'}"
    if "@" in parts.netloc:
        return "the address holds a name or password"
    if not host:
        return "the address names no host"
    if is_allowed(url, allow_hosts):
        return None
    if port not in (None, 80, 443):
        return f"port {port} is not that of a public web site"
    return _host_refusal(host)


def _host_refusal(host: str) -> str | None:
    if "%" in host:
        return "the host is percent-encoded or has a zone"
    if ":" in host:
        return _literal_refusal(host)
    plain = unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower().rstrip(".")
    labels = plain.split(".")
    if not all(labels):
        return "the host has an empty label"
    # "Ends in a number" is how browsers tell IPv4 from names (WHATWG URL, 3.5); they read 0x7f.1 and 2130706433 too
    if _NUMBER.fullmatch(labels[-1]):
        return _literal_refusal(plain)
    if len(labels) == 1 or any(plain == name or plain.endswith("." + name) for name in _PRIVATE_NAMES):
        return f"{plain} is no name of the public web"
    try:
        plain.encode("ascii") if plain.isascii() else plain.encode("idna")
    except UnicodeError:
        return "the host is no name"
    return None


def _literal_refusal(host: str) -> str | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"{host} is an odd spelling of an address"
    return None if is_public(address) else f"{host} is not a public address"


def connect(url: str, allow_hosts: Collection[str], *, timeout_seconds: float) -> socket.socket:
    """A connection to the host of an address, opened to the very IP address that was judged; without TLS.

    The name is resolved once. Raises PermissionError where the guard refuses, OSError where nobody answers.
    ``timeout_seconds`` is for all attempts together, resolving aside, and stays on the socket.
    """
    until = time.monotonic() + timeout_seconds
    last: OSError = OSError(errno.EHOSTUNREACH, f"{url}: its host has no address")
    for family, kind, protocol, place in judged_places(url, allow_hosts, resolve=socket.getaddrinfo):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(max(until - time.monotonic(), 0.01))
            connection.connect(place)
        except OSError as error:
            connection.close()
            last = error
            continue
        connection.settimeout(timeout_seconds)
        return connection
    raise last


def judged_places(url: str, allow_hosts: Collection[str], *, resolve: Resolve) -> list[Place]:
    """Where the address may be connected to, after its spelling and what its name resolves to were judged.

    ``resolve`` is ``socket.getaddrinfo`` or what stands in for it. Raises PermissionError where no place is left,
    and what ``resolve`` raises.
    """
    if reason := refusal(url, allow_hosts):
        raise PermissionError(errno.EACCES, reason)
    parts = urlsplit(url)
    found = resolve(parts.hostname or "", parts.port or PUBLIC_PORTS[parts.scheme], type=socket.SOCK_STREAM)
    is_free = is_allowed(url, allow_hosts)
    places = [each for each in found if is_free or is_public(str(each[4][0]))]
    if found and not places:
        raise PermissionError(errno.EACCES, f"{found[0][4][0]} is not a public address")
    return [(family, kind, protocol, place) for family, kind, protocol, _, place in places]
