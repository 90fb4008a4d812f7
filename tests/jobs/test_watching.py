from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archive import Archive
from archive.addresses import addresses_of
from archive.documents import due_documents, list_documents, record_look
from clausewatch.errors import UsageError, WatchlistError
from clausewatch.jobs.watching import add_address, add_watchlist, check_reachable
from tests.support.scenario import NOW


def test_an_address_is_watched_at_once_under_the_names_it_tells(archive: Archive) -> None:
    document = add_address(archive, "https://www.harbor-kites.com/legal/cookies", now=NOW)
    assert (document.name, document.vendor_name, document.type) == (
        "harbor-kites/cookie-policy", "Harbor Kites", "Cookie Policy",
    )  # fmt: skip
    with archive.read() as connection:
        assert due_documents(connection, NOW) == [document]


def test_names_that_are_given_go_first(archive: Archive) -> None:
    document = add_address(
        archive, "https://kites.example/p", vendor="Harbor Kites", type="Terms of Service", slug="tos", render="never",
        include="main", exclude=".ad", now=NOW,
    )  # fmt: skip
    assert (document.name, document.type) == ("harbor-kites/tos", "Terms of Service")
    assert (document.render, document.include, document.exclude) == ("never", "main", ".ad")


def test_watching_twice_is_watching_once(archive: Archive) -> None:
    for _ in range(2):
        add_address(archive, "https://kites.example/privacy", now=NOW)
    with archive.read() as connection:
        assert len(list_documents(connection)) == 1


def test_a_page_that_another_vendor_has_is_not_watched_twice_in_silence(archive: Archive) -> None:
    url, said = "https://kites.example/privacy", list[str]()
    known = add_address(archive, url, vendor="Harbor Group", now=NOW)
    again = add_address(
        archive, "http://www.kites.example/privacy/", now=NOW, interval_hours=6, on_progress=said.append
    )
    assert (again.name, again.interval_hours) == ("harbor-group/privacy-policy", 6)
    assert said == [
        "http://www.kites.example/privacy/: is watched already, as harbor-group/privacy-policy of Harbor Group, and "
        "stays there"
    ]
    with pytest.raises(UsageError, match=r"harbor-group/privacy-policy of Harbor Group; leave --vendor out"):
        add_address(archive, url, vendor="Kites", now=NOW)
    with archive.read() as connection:
        assert [each.id for each in list_documents(connection)] == [known.id]
    add_address(archive, url, vendor="Kites", slug="privacy", now=NOW)
    assert add_address(archive, url, vendor="Kites", now=NOW).name == "kites/privacy"


def test_a_list_leaves_a_page_with_the_vendor_that_has_it_and_says_so(archive: Archive, tmp_path: Path) -> None:
    known = add_address(archive, "https://kites.example/privacy", vendor="Harbor Group", now=NOW)
    table, said = tmp_path / "list.csv", list[str]()
    table.write_text("vendor,type,url\nKites,Privacy Policy,https://kites.example/privacy\n")
    assert add_watchlist(archive, str(table), now=NOW, on_progress=said.append) == [known]
    assert len(said) == 1
    assert "harbor-group/privacy-policy of Harbor Group, and stays there" in said[0]


@pytest.mark.parametrize(
    ("url", "what_to_do"),
    [("https://10.0.0.1/", "put 10.0.0.1:443 into"), ("http://intranet/privacy", "put intranet:80 into"),
     ("https://kites.example:8443/p", "put kites.example:8443 into"), ("http://0x7f.1/", "put 0x7f.1:80 into")],
)  # fmt: skip
def test_what_no_crawl_would_ask_for_is_refused_unless_it_is_allowed(url: str, what_to_do: str) -> None:
    with pytest.raises(UsageError, match=f"is never asked for: .*; {what_to_do} CLAUSEWATCH_ALLOW_HOSTS"):
        check_reachable(["https://kites.example/", url], ())
    check_reachable([url], [what_to_do.split()[1]])


@pytest.mark.parametrize("url", ["kites.example/privacy", "harbor-kites", "ftp://kites.example/p", "https://"])
def test_what_is_no_address_is_wrong_use(archive: Archive, url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        add_address(archive, url, now=NOW)
    with archive.read() as connection:
        assert list_documents(connection) == []


def test_the_starter_list_is_watched_as_a_whole_and_once(archive: Archive) -> None:
    first = add_watchlist(archive, "starter", now=NOW)
    assert len(first) >= 20
    assert {"dji", "amazfit"} & {document.vendor for document in first}
    assert add_watchlist(archive, "starter", now=NOW) == first
    with archive.read() as connection:
        assert len(list_documents(connection)) == len(first)


def test_all_that_a_list_says_of_a_document_is_kept(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("vendor,type,url,slug,render,exclude\nKites,Terms,https://kites.example/t,tos,never,.ad\n")
    [document] = add_watchlist(archive, str(path), now=NOW)
    assert (document.name, document.render, document.exclude) == ("kites/tos", "never", ".ad")
    assert add_watchlist(archive, str(path), now=NOW) == [document]
    with archive.read() as connection:
        assert len(addresses_of(connection, document)) == 1


def test_a_list_that_cannot_be_read_adds_nothing(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text("this is no list")
    with pytest.raises(WatchlistError):
        add_watchlist(archive, str(path), now=NOW)
    with archive.read() as connection:
        assert list_documents(connection) == []


def test_an_interval_that_is_given_paces_the_document_from_now_on(archive: Archive) -> None:
    address = "https://kites.example/privacy"
    assert add_address(archive, address, now=NOW).interval_hours == 12
    with archive.write() as connection:
        (document,) = list_documents(connection)
        record_look(connection, document, due_at=NOW + timedelta(hours=24))
    document = add_address(archive, address, interval_hours=2, now=NOW)
    assert (document.interval_hours, document.due_at) == (2, NOW + timedelta(hours=2))
    assert add_address(archive, address, now=NOW).interval_hours == 2


@pytest.mark.parametrize("hours", [0, -1, 241])
def test_an_interval_out_of_bounds_is_wrong_use(archive: Archive, hours: int) -> None:
    with pytest.raises(UsageError, match="1 to 240"):
        add_address(archive, "https://kites.example/privacy", interval_hours=hours, now=NOW)


def test_a_list_may_give_intervals(archive: Archive, tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text(
        "vendor,type,url,interval\nKites,Privacy Policy,https://kites.example/p,6\nKites,Terms,https://kites.example/t,\n"
    )
    assert [each.interval_hours for each in add_watchlist(archive, str(table), now=NOW)] == [6, 12]
