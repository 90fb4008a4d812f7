"""Watchlists: what is read, and what a reader is told about one that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewatch.errors import WatchlistError
from clausewatch.watchlist import Entry, built_in_watchlists, read_watchlist

GOOD = """
# two documents of one vendor
[[document]]
vendor = "Skyforge Robotics"
type = "Privacy Policy"
url = "https://skyforge.example/privacy"

[[document]]
vendor = "Skyforge Robotics"
type = "Privacy Policy"
url = " https://skyforge.example/privacy/pilots "
slug = "pilots"
render = "never"
include = "main"
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "watchlist.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def entry(**fields: str) -> str:
    values = {"vendor": "Skyforge", "type": "Privacy Policy", "url": "https://skyforge.example/privacy"} | fields
    return "[[document]]\n" + "".join(f'{name} = "{value}"\n' for name, value in values.items())


def test_entries_are_read_in_order(tmp_path: Path) -> None:
    first, second = read_watchlist(write(tmp_path, GOOD))
    assert first == Entry("Skyforge Robotics", "Privacy Policy", "https://skyforge.example/privacy")
    assert second.url == "https://skyforge.example/privacy/pilots"
    assert (second.slug, second.render, second.include, second.exclude) == ("pilots", "never", "main", None)


def test_the_starter_list_is_found_by_its_name() -> None:
    entries = read_watchlist("starter")
    vendors = {entry.vendor for entry in entries}
    assert "starter" in built_in_watchlists()
    assert {"DJI", "Amazfit", "Zepp"} <= vendors
    assert len(vendors) >= 22
    assert all(entry.url.startswith("https://") for entry in entries)


def test_a_file_of_that_name_comes_before_the_list_that_comes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "starter").write_text(entry(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert [found.vendor for found in read_watchlist("starter")] == ["Skyforge"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"holds no \[\[document\]\]"),
        ("document = 3", r"holds no \[\[document\]\]"),
        ("document = [3]", "entry 1: is no table"),
        ("title = 'mine'\n" + entry(), "'title' is unknown"),
        (entry() + "vendor\n", "is not TOML: .*line 5"),
        ("\n" + entry(vendor=" "), r"entry 1 \(line 2\): vendor must be text"),
        ("[[document]]\nvendor = 'A'\ntype = 'T'\n", r"entry 1 \(line 1\): url is missing; add url"),
        ("[[document]]\nvendor = 7\n", "vendor must be text that is not empty, not 7"),
        (entry(adress="x"), "'adress' is unknown; an entry may have vendor, type, url"),
        (entry(render="sometimes"), "render must be auto, never, always"),
        (entry(interval="often"), "interval must be hours from 1 to 240, not 'often'"),
        (entry() + "interval = 0\n", "interval must be hours from 1 to 240, not 0"),
        (entry() + "\n" + entry(url="ftp://skyforge.example/"), r"entry 2 \(line 6\): .* is no http\(s\) address"),
        (entry(url="https:///privacy"), "is no http"),
        (entry(url="https://skyforge.example/a b"), "is no http"),
        (entry(url="https://[::1/"), "is no address"),
        (entry(url="https://skyforge.example:port/"), "is no address"),
        (entry(url="https://me:secret@skyforge.example/"), "must hold no secrets"),
        (entry() + entry(url="https://SKYFORGE.example/privacy#top"), r"entry 2 .* is there already in entry 1"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
    ],
)
def test_a_wrong_list_is_refused_in_one_line_that_names_the_place(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(WatchlistError, match=message) as caught:
        read_watchlist(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_secret_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(WatchlistError) as caught:
        read_watchlist(write(tmp_path, entry(url="https://me:hunter2@skyforge.example/")))
    assert "hunter2" not in str(caught.value)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert len(read_watchlist(write(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()))) == 2


@pytest.mark.parametrize("name", ["no-such-list", "no/such/file.toml", ""])
def test_a_list_that_is_not_there_names_those_that_are(name: str) -> None:
    with pytest.raises(WatchlistError, match=r"cannot be read .*starter"):
        read_watchlist(name)


def test_a_table_with_named_columns_is_a_list_too(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        "\ufeffvendor,type,url,slug\r\n"
        'Skyforge,"Privacy, short",https://skyforge.example/privacy,\r\n'
        "Kettle & Loom,Terms of Service,https://kettle.example/terms,tos\r\n".encode()
    )
    assert read_watchlist(path) == (
        Entry("Skyforge", "Privacy, short", "https://skyforge.example/privacy"),
        Entry("Kettle & Loom", "Terms of Service", "https://kettle.example/terms", slug="tos"),
    )


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_as_a_spreadsheet_writes_it_is_a_list_too(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "list.csv"
    lines = [("Vendor", "Type", "URL", "Interval"), ("Skyforge", "Privacy, short", "https://skyforge.example/p", "6")]
    path.write_text("".join(separator.join(line) + "\r\n" for line in lines))
    assert read_watchlist(path) == (
        Entry("Skyforge", "Privacy, short", "https://skyforge.example/p", interval_hours=6),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no document"),
        ("vendor,type,url\n", "holds no document"),
        ("vendor,kind,url\nA,B,https://a.example\n", "line 2: 'kind' is unknown"),
        ("vendor,type,url\nA,B,https://a.example,more\n", "line 2: 'a cell beyond the columns' is unknown"),
        ("vendor,type,url\n\nA,B\n", "line 3: url is missing"),
        ('vendor,type,url\nA,"B,https://a.example\n', "is not CSV"),
        ("vendor,type,url\nA,B,https://a.example\nA,C,https://A.example\n", "line 3: https://A.example is there"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(WatchlistError, match=said):
        read_watchlist(path)
