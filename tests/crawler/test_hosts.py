from __future__ import annotations

import doctest

import pytest

from crawler import hosts
from crawler.hosts import host_of, site_of


def test_the_examples_in_the_docstrings_hold() -> None:
    results = doctest.testmod(hosts)
    assert (results.failed, results.attempted > 0) == (0, True)


@pytest.mark.parametrize("url", ["", "mailto:ada@example.com", "http://[::1", "/privacy"])
def test_what_is_no_address_has_neither(url: str) -> None:
    assert (host_of(url), site_of(url)) == ("", "")


def test_a_port_of_its_own_is_another_site_on_the_same_host() -> None:
    assert host_of("http://127.0.0.1:1/") == host_of("http://127.0.0.1:2/")
    assert site_of("http://127.0.0.1:1/") != site_of("http://127.0.0.1:2/")
