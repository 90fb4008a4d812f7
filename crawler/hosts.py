"""What shares a lane and what shares a pause. Addresses are judged by ``crawler.guard``, not here."""

from __future__ import annotations

from urllib.parse import urlsplit

from crawler.guard import PUBLIC_PORTS, host_port


def host_of(url: str) -> str:
    """The host that is asked one thing at a time, at whatever port; of what is no address, nothing.

    >>> host_of("https://Example.com:8443/privacy"), host_of("no address")
    ('example.com', '')
    """
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def site_of(url: str) -> str:
    """Whose word it is that asks for a pause: a server at a port of its own speaks for no other one of its host.

    >>> site_of("http://example.com/a") == site_of("https://example.com/b"), site_of("http://127.0.0.1:8080/")
    (True, '127.0.0.1:8080')
    """
    place = host_port(url)
    if place is None or place.rpartition(":")[2] in map(str, PUBLIC_PORTS.values()):
        return host_of(url)
    return place
