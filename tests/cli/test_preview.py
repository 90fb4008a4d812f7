"""What ``preview`` says is what a replay sends: the demo's story, looked at as it happened, told by many rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from archive import Archive, open_archive
from archive.documents import add_document, add_vendor, list_documents
from archive.notices import list_notices
from archive.snapshots import Capture, list_snapshots, record_snapshot
from clausewatch.counts import counted
from clausewatch.demo.play import play
from clausewatch.jobs.settle import settle_all
from clausewatch.model import Document, Snapshot, Source
from clausewatch.settings import Settings
from notifier.mailer import FileMailer
from notifier.outbox import deliver
from tests.cli.running import CommandLine

SURE = timedelta(hours=6)  # after the first look a text has been seen often enough
A_WEEK_AND_MORE = timedelta(days=8)  # by then every digest has come
RULES = {
    "all": "",
    "retention": "--kind retention",
    "grave": "--min-severity high",
    "ranked": "--min-severity high --severity-of recipient=critical --severity-of retention=low",
    "worse": "--effect expands --direction added",
    "named": "--company Tallymark",
    "worded": "--keyword train* --keyword portab*",
    "one": "--vendor skyforge-robotics --document privacy-policy",
    "everything": "--all-changes",
    "foreign": "--language de",
}
RHYTHMS = ("instant", "daily --zone Asia/Tokyo --hour 5", "weekly")


@dataclass(frozen=True)
class Replay:
    """The command line over an archive that was told the story as it went, and which mails each address got."""

    run: CommandLine
    mails: dict[str, list[list[str]]]  # by address: the comparisons of each mail


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    folder = tmp_path_factory.mktemp("replay")
    story, home = folder / "demo", folder / "home"
    play(story, say=lambda line: None, is_served=False, port=0)
    run = CommandLine(home)
    for name, rule in RULES.items():
        for every in RHYTHMS:
            run.succeeds("subscribe", address(name, every), "--confirmed", *rule.split(), "--every", *every.split())
    settings = Settings(home=home, secret="for tests", public_url="https://watch.example", mails_a_day=1000)
    with open_archive(Settings(home=story)) as told, open_archive(settings) as archive:
        yield Replay(run, _replayed(told, archive, settings, folder / "mail"))


def address(name: str, every: str) -> str:
    return f"{name}.{every.split()[0]}@example.com"


def _replayed(told: Archive, archive: Archive, settings: Settings, mail: Path) -> dict[str, list[list[str]]]:
    sent: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    looks = list(_looks(told))
    for number, (document, snapshot, body) in enumerate(looks):
        _look(archive, document, snapshot, body)
        now = snapshot.captured_at + SURE
        settle_all(archive, now=now)
        following = looks[number + 1][1].captured_at if number + 1 < len(looks) else now + 2 * A_WEEK_AND_MORE
        for at in (now, now + timedelta(days=1, minutes=1), now + A_WEEK_AND_MORE):
            if at < following or at == now:
                deliver(archive, FileMailer(mail), settings=settings, now=at, sender="replay", clock=lambda: 0.0,
                        on_sent=lambda each: sent[each.email].append(each.notices))  # fmt: skip
    with archive.read() as connection:
        comparisons = {notice.id: notice.comparison for notice in list_notices(connection)}
    return {who: sorted(sorted(map(comparisons.__getitem__, each)) for each in got) for who, got in sent.items()}


def _looks(told: Archive) -> Iterator[tuple[Document, Snapshot, bytes]]:
    with told.read() as connection:
        found = [(each, document) for document in list_documents(connection) for each in
                 list_snapshots(connection, document)]  # fmt: skip
    for snapshot, document in sorted(found, key=lambda pair: pair[0].captured_at):
        yield document, snapshot, told.blobs.read(snapshot.sha256)


def _look(archive: Archive, document: Document, snapshot: Snapshot, body: bytes) -> None:
    at = snapshot.captured_at
    capture = Capture(
        captured_at=at, fetched_at=at, source=Source.LIVE, url=snapshot.url, sha256=archive.blobs.write(body),
        size=len(body), status=snapshot.status, content_type=snapshot.content_type, is_live=True,
        seen_at=at + SURE / 2, sightings=3,
    )  # fmt: skip
    with archive.write() as connection:
        vendor = add_vendor(connection, document.vendor_name)
        record_snapshot(connection, add_document(connection, vendor, type=document.type, url=document.url), capture)


@pytest.mark.slow
@pytest.mark.parametrize("every", RHYTHMS)
@pytest.mark.parametrize("name", RULES)
def test_a_preview_is_what_the_replay_sent(replay: Replay, name: str, every: str) -> None:
    words = [*RULES[name].split(), "--every", *every.split(), "--since", "2010"]
    mails = replay.mails.get(address(name, every), [])
    previewed = replay.run.succeeds("preview", *words, "--json").rows
    assert sorted(row["id"] for row in previewed) == sorted(each for mail in mails for each in mail)
    said = replay.run.succeeds("preview", *words).err.splitlines()[-1]
    assert said == f"{counted(len(previewed), 'notice')} since 2010-01-01, in {counted(len(mails), 'mail')}"
    assert bool(mails) == (name != "foreign")
