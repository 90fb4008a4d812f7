"""Declarations of the Open Terms Archive become documents under watch; its snapshots come in as pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archive.documents import get_document, list_documents
from archive.snapshots import list_snapshots
from clausewatch.jobs.declarations import declares, read_declarations, watch_declared
from clausewatch.jobs.importing import Imported, record_all
from clausewatch.jobs.ota import read_repository
from tests.support.repositories import Repository
from tests.support.scenario import NOW, World, day, policy


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    (tmp_path / "declarations").mkdir()
    return tmp_path


def declare(collection: Path, file: str, **service: Any) -> None:
    (collection / "declarations" / f"{file}.json").write_text(json.dumps(service), encoding="utf-8")


def privacy(**more: Any) -> dict[str, Any]:
    return {"Privacy Policy": {"fetch": "https://harborkites.example/privacy", "select": "main", **more}}


def test_every_declared_document_is_watched_by_its_selectors(collection: Path, world: World) -> None:
    declare(
        collection, "HK", name="Harbor Kites",
        terms=privacy(select=["main", "#more"], remove=["nav", ".ad"], executeClientScripts=True),
    )  # fmt: skip
    declare(collection, "Gullwing", documents={"Terms of Service": {"fetch": "https://gullwing.example/terms.pdf"}})
    assert declares(collection)
    watched = watch_declared(world.archive, collection, Imported(), now=NOW)
    found = [(each.name, each.url, each.include, each.exclude, each.render, each.due_at) for each in watched]
    assert found == [
        ("gullwing/terms-of-service", "https://gullwing.example/terms.pdf", None, None, "auto", NOW),
        (
            "harbor-kites/privacy-policy",
            "https://harborkites.example/privacy",
            "main, #more",
            "nav, .ad",
            "always",
            NOW,
        ),
    ]


def test_a_text_of_several_pages_is_watched_page_by_page(collection: Path, world: World) -> None:
    pages = [
        {"fetch": "https://harborkites.example/a"},
        {"fetch": "https://harborkites.example/b", "select": "article"},
    ]
    declare(collection, "HK", name="Harbor Kites", terms={"Terms of Service": {"combine": pages, "select": "main"}})
    watched = watch_declared(world.archive, collection, Imported(), now=NOW)
    assert [(each.slug, each.include) for each in watched] == [
        ("terms-of-service", "main"), ("terms-of-service-2", "article"),
    ]  # fmt: skip


def test_what_has_no_like_here_is_told(collection: Path, world: World) -> None:
    stretch = {"startBefore": "h1", "endBefore": "footer"}
    declare(collection, "HK", name="Harbor Kites", terms=privacy(select=[stretch, "main"], filter=["removeTimes"]))
    declare(collection, "Local", name="Local", terms={"Terms of Service": {"fetch": "file:///etc/passwd"}})
    declare(collection, "Past", name="Past", terms={"Terms of Service": {}})
    declare(collection, "HK.history", **privacy())
    (collection / "declarations" / "broken.json").write_text("{")
    (collection / "declarations" / "list.json").write_text("[]")
    imported = Imported()
    (only,) = read_declarations(collection, imported)
    assert (only.vendor, only.include) == ("Harbor Kites", "main")
    assert sorted(imported.left_out.values()) == [1, 1]
    assert [problem.partition(":")[0] for problem in imported.problems] == [
        "Local, Terms of Service", "broken.json", "list.json",
    ]  # fmt: skip


def test_declaring_again_changes_nothing(collection: Path, world: World) -> None:
    declare(collection, "HK", name="Harbor Kites", terms=privacy())
    first = watch_declared(world.archive, collection, Imported(), now=NOW)
    assert watch_declared(world.archive, collection, Imported(), now=day(900)) == first
    with world.archive.read() as connection:
        assert list_documents(connection) == first


def test_snapshots_come_in_as_the_pages_that_they_are(tmp_path: Path, world: World) -> None:
    repository = Repository(tmp_path / "snapshots")
    assert not declares(repository.folder)
    for number, months in enumerate((18, 24)):
        repository.commit("Harbor Kites/Privacy Policy.html", policy(months=months), at=day(number * 10))
        repository.commit(f"Harbor Kites/Terms of Service #{'ab'[number]}.html", policy(), at=day(number))
    repository.commit("Harbor Kites/Imprint.pdf", b"%PDF-1.4 cut off", at=day(3))
    imported = Imported()
    record_all(world.archive, read_repository(repository.folder, imported), imported, is_live=False, now=NOW)
    world.settles()
    assert imported.new == 5
    with world.archive.read() as connection:
        names = {each.name for each in list_documents(connection)}
        document = get_document(connection, "harbor-kites/privacy-policy")
        (first, second) = list_snapshots(connection, document)
    assert names == {
        "harbor-kites/privacy-policy", "harbor-kites/imprint", "harbor-kites/terms-of-service-a",
        "harbor-kites/terms-of-service-b",
    }  # fmt: skip
    assert (first.content_type, first.fault, second.fault) == ("text/html", None, None)
    assert first.version != second.version
