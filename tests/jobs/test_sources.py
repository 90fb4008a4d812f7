from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive import Archive
from clausewatch.errors import ClausewatchError, CrawlError, ExtractionError, NotFound, UsageError
from clausewatch.jobs.sources import MAX_BYTES, Given, resolve
from clausewatch.settings import Settings
from tests.support import VendorSite
from tests.support.scenario import World, archive_of, day, policy


def given(spec: str, *, home: Path | None = None, allow: tuple[str, ...] = ()) -> Given:
    @contextmanager
    def opened() -> Iterator[Archive]:
        assert home is not None, f"{spec} opened an archive"
        with archive_of(home) as archive:
            yield archive

    return resolve(spec, settings=Settings(allow_hosts=allow), open_archive=opened)


@pytest.fixture
def kites(world: World, tmp_path: Path) -> Path:
    """A home with two versions of a policy, of day 0 and day 10."""
    vendor = world.vendor()
    vendor.publishes(policy(), at=day(0))
    vendor.publishes(policy(months=24), at=day(10))
    world.settles()
    return tmp_path


def test_a_path_that_exists_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.html"
    path.write_text(policy())
    found = given(str(path))
    assert "18 months" in found.text.text
    assert (found.side.id, found.side.label, found.side.at, found.side.language) == (None, str(path), None, "en")
    assert (found.side.words, found.side.sha256) == (found.text.words, found.text.sha256)


def test_a_file_goes_before_a_document_of_that_name(kites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kites)
    Path("harbor-kites").mkdir()
    Path("harbor-kites/privacy-policy").write_text(policy(months=99))
    assert "99 months" in given("harbor-kites/privacy-policy").text.text
    assert "99 months" in given("./harbor-kites/privacy-policy").text.text


def test_a_pipe_is_read_and_one_without_end_refused(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as writer:
        writer.submit(path.write_text, policy())
        assert "18 months" in given(str(path)).text.text
    with pytest.raises(ExtractionError, match="is 21 MB; nothing over 20 MB is read"):
        given("/dev/zero")


def test_a_name_like_that_of_a_file_is_told_as_such(kites: Path) -> None:
    with pytest.raises(NotFound, match=r"^harbor-kites/privacy.html: no such file, and no such document"):
        given("harbor-kites/privacy.html", home=kites)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(policy().encode())))  # there is one standard input
    assert given("-").side.label == "standard input"


@pytest.mark.parametrize(
    ("spec", "months"),
    [
        ("harbor-kites/privacy-policy", 24),
        ("Harbor Kites/Privacy Policy", 24),
        ("harbor-kites/privacy-policy@2025-01-10", 18),
        ("harbor-kites/privacy-policy@2025-01-11", 24),
        ("harbor-kites/privacy-policy@2025-01", 24),
        ("harbor-kites/privacy-policy@2025-01-11T11:00:00Z", 18),
    ],
)
def test_a_name_is_the_version_in_force_then(kites: Path, spec: str, months: int) -> None:
    found = given(spec, home=kites)
    assert f"{months} months" in found.text.text
    assert found.side.id
    assert found.side.at == (day(0) if months == 18 else day(10))
    assert found.vendor_name == "Harbor Kites"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("harbor-kites/privacy-policy@2024", "harbor-kites/privacy-policy: no version at 2024-12-31"),
        ("harbor-kites/cookies", "harbor-kites/cookies: no such document; see clausewatch documents"),
        ("gullwing/privacy-policy", "gullwing/privacy-policy: no such document; see clausewatch documents"),
    ],
)
def test_a_name_of_nothing_is_not_found(kites: Path, spec: str, said: str) -> None:
    with pytest.raises(NotFound, match=f"^{said}"):
        given(spec, home=kites)


@pytest.mark.parametrize(
    "spec",
    [
        "nothing.html",
        "./nothing.html",
        "a/b/c",
        "../x/y.html",
        "ftp://a.example/p",
        "",
        "/",
        "x" * 5000,
        "a\0b",
        "/a",
        "b/",
    ],
)
def test_what_is_none_of_these_is_wrong_use(spec: str) -> None:
    with pytest.raises(UsageError):
        given(spec)


def test_a_date_that_is_none_is_wrong_use() -> None:
    with pytest.raises(UsageError, match=r"^'2025-13' is no date; write 2016, 2016-05"):
        given("harbor-kites/privacy-policy@2025-13")


def test_a_folder_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"^{tmp_path}: is a folder; name a file in it"):
        given(str(tmp_path))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", r"no text can be read \(empty: 0 words\); is it the file that you mean\?"),
        (b" \n\n ", r"no text can be read"),
        (bytes(range(256)) * 40, r"no text can be read \(unreadable: the body is no text, HTML or PDF\)"),
        (b"%PDF-1.7 and nothing more", r"no text can be read"),
    ],
    ids=["empty", "blank", "binary", "broken pdf"],
)
def test_a_file_without_text_is_said(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(data)
    with pytest.raises(ExtractionError, match=rf"^{path}: {said}"):
        given(str(path))


def test_a_page_of_fifty_megabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(ExtractionError, match=rf"^{path}: is 50 MB; nothing over 20 MB is read"):
        given(str(path))
    assert MAX_BYTES == 20_000_000


def test_a_file_that_fails_while_it_is_read_is_said() -> None:
    with pytest.raises(ClausewatchError, match=r"^/proc/self/mem: cannot be read \(Input/output error\)"):
        given("/proc/self/mem")


def test_an_address_is_fetched(tmp_path: Path) -> None:
    with VendorSite() as site:
        site.publish("/privacy", policy())
        found = given(site.url("/privacy"), allow=(site.host,))
        assert "18 months" in found.text.text
        assert found.side.label == site.url("/privacy")
        assert found.side.at is not None
        with pytest.raises(CrawlError, match=rf"^{site.url('/gone')}: .*404"):
            given(site.url("/gone"), allow=(site.host,))


def test_an_address_that_may_not_be_fetched_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="no address that can be fetched"):
        given("http://user:secret@a.example/")
