from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

import pytest

from archive import Archive
from archive.documents import get_document
from clausewatch.errors import ClausewatchError
from clausewatch.jobs.importing import Imported, Record, record_all
from clausewatch.jobs.ota import read_repository
from clausewatch.model import Source
from tests.support.repositories import Repository
from tests.support.scenario import NOW, Vendor, World, day

PRIVACY = "Harbor Kites/Privacy Policy.md"


def text(months: int = 18) -> str:
    return (
        "# Privacy Policy\n\n## What we collect\n\nWe collect your name, your mail address and the orders that you "
        "place with our shop. We do not collect your precise location, and we do not read your messages.\n\n"
        f"## How long we keep data\n\nWe keep your order history for {months} months after your last order. After that "
        "time we delete your personal data or make it anonymous, so that nobody can tell that it was yours.\n"
    )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "versions")


def read(repository: Repository) -> tuple[list[Record], Imported]:
    imported = Imported()
    return list(read_repository(repository.folder, imported)), imported


def test_a_commit_is_a_version_of_the_document_that_its_path_names(repository: Repository) -> None:
    repository.commit(PRIVACY, text(), at=day(0))
    repository.commit("Gullwing/Terms of Service.html", "<p>Terms</p>", at=day(1))
    repository.commit(PRIVACY, text(24), at=day(2))
    records, _ = read(repository)
    assert [(each.naming.vendor, each.naming.type, each.captured_at) for each in records] == [
        ("Harbor Kites", "Privacy Policy", day(0)), ("Harbor Kites", "Privacy Policy", day(2)),
        ("Gullwing", "Terms of Service", day(1)),
    ]  # fmt: skip
    assert [each.body for each in records] == [text().encode(), text(24).encode(), b"<p>Terms</p>"]
    assert [each.content_type for each in records] == ["text/markdown", "text/markdown", "text/html"]
    assert {each.source for each in records} == {Source.OTA}
    assert records[0].url.endswith(f":{PRIVACY}")


def test_a_version_was_seen_every_twelve_hours_until_the_next(repository: Repository) -> None:
    repository.commit(PRIVACY, text(), at=day(0))
    repository.commit(PRIVACY, text(24), at=day(2))
    repository.commit("Gullwing/Terms.md", "Terms", at=day(3))
    (first, second, _), _ = read(repository)
    assert (first.sightings, first.seen_at) == (4, day(1.5))
    assert (second.sightings, second.seen_at) == (2, day(2.5))


def test_a_commit_in_another_zone_is_of_its_instant(repository: Repository, archive: Archive) -> None:
    repository.commit(PRIVACY, text(), at=day(0).astimezone(timezone(timedelta(hours=2))))
    records, imported = read(repository)
    record_all(archive, records, imported, is_live=False, now=NOW)
    record_all(archive, [*records], imported, is_live=False, now=NOW)
    assert (imported.new, imported.known) == (1, 1)
    assert records[0].captured_at == day(0)


def test_what_the_peer_made_by_new_rules_is_an_upgrade(repository: Repository) -> None:
    repository.commit(PRIVACY, text(), at=day(0))
    repository.commit(PRIVACY, text(24), at=day(1), subject="Apply technical or declaration upgrade on Harbor Kites")
    repository.commit(PRIVACY, text(30), at=day(2), subject="Refilter Harbor Kites Privacy Policy")
    assert [each.is_upgrade for each in read(repository)[0]] == [False, True, True]


def test_other_files_are_counted_and_removals_passed_over(repository: Repository) -> None:
    repository.commit("README.md", "# Versions", at=day(0))
    repository.commit("Harbor Kites/notes.json", "{}", at=day(0))
    repository.commit(PRIVACY, text(), at=day(1))
    repository.remove(PRIVACY, at=day(2))
    records, imported = read(repository)
    assert len(records) == 1
    assert imported.left_out == {".md": 1, ".json": 1}


def test_a_version_that_git_has_lost_is_counted(repository: Repository) -> None:
    for number, months in enumerate((18, 24)):
        repository.commit(PRIVACY, text(months), at=day(number))
    repository.loses(PRIVACY, "HEAD~1")
    records, imported = read(repository)
    assert [record.captured_at for record in records] == [day(1)]
    assert imported.left_out == {"versions that git cannot read; see git fsck": 1}


def test_names_of_any_kind_are_read(repository: Repository) -> None:
    names = ["Müller & Söhne/Datenschutz.md", 'A "quoted" name/Terms of Service.md', "Tab\there/Privacy Policy.md"]
    for number, name in enumerate(names):
        repository.commit(name, text(number), at=day(number))
    repository.commit("Line\nbreak/Privacy Policy.md", text(), at=day(9))
    records, imported = read(repository)
    assert [f"{each.naming.vendor}/{each.naming.type}.md" for each in records] == names
    assert sum(imported.left_out.values()) == 1


def test_versions_of_the_past_tell_nobody(repository: Repository, world: World) -> None:
    world.subscribes()
    for number, months in enumerate((18, 24, 18, 30)):
        repository.commit(PRIVACY, text(months), at=day(number * 3))
    vendor = settled(repository, world, is_live=False)
    assert [version.ordinal for version in vendor.versions] == [0, 0, 1, 0]
    assert vendor.states == ["history"] * 3
    assert world.outbox == []


def test_as_live_they_tell_of_lasting_changes_alone(repository: Repository, world: World) -> None:
    world.subscribes()
    story = (
        (18, 0, ""),
        (24, 3, ""),
        (18, 6, ""),
        (30, 9, "Apply technical or declaration upgrade"),
        (36, 12, ""),
    )
    for months, at, subject in story:
        repository.commit(PRIVACY, text(months), at=day(at), subject=subject)
    repository.commit("Gullwing/Terms.md", "Terms", at=day(20))
    vendor = settled(repository, world, is_live=True)
    assert vendor.states == ["confirmed told", "unstable", "upgrade", "confirmed told"]
    assert len(world.outbox) == 2


def test_importing_again_extends_what_was_the_newest(repository: Repository, world: World) -> None:
    repository.commit(PRIVACY, text(), at=day(0))
    settled(repository, world, is_live=False)
    repository.commit("Gullwing/Terms.md", "Terms", at=day(5))
    vendor = settled(repository, world, is_live=False)
    (version,) = vendor.versions
    assert version.last_at == day(4.5)
    assert vendor.snapshots[0].sightings == 10


def settled(repository: Repository, world: World, *, is_live: bool) -> Vendor:
    records, imported = read(repository)
    record_all(world.archive, records, imported, is_live=is_live, now=NOW)
    world.settles()
    with world.archive.read() as connection:
        return Vendor(world.archive, get_document(connection, "harbor-kites/privacy-policy"))


def test_an_empty_repository_holds_nothing(repository: Repository) -> None:
    with pytest.raises(ClausewatchError, match="is no git repository that can be read"):
        read(repository)


def test_what_is_no_repository_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ClausewatchError, match=rf"^{tmp_path}: is no git repository that can be read \(fatal"):
        list(read_repository(tmp_path, Imported()))
