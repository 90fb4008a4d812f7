"""What the Wayback Machine gave no page of is kept, once for each row."""

from __future__ import annotations

from archive import Archive
from archive.playbacks import ELSEWHERE, LONGEST_REASON, Playback, playbacks_of, record_playback
from tests.support.scenario import NOW, URL, World


def test_the_newest_answer_to_a_row_is_kept(archive: Archive) -> None:
    document = World(archive).vendor().document
    with archive.write() as connection:
        for kind, reason in (("archive", "it failed"), ("missing", "x" * 900)):
            record_playback(connection, document, Playback(URL, "20190501000000", kind, reason), asked_at=NOW)
        record_playback(connection, document, Playback(URL, "20180501000000", ELSEWHERE, ""), asked_at=NOW)
        found = playbacks_of(connection, document)
    assert [(each.timestamp[:4], each.kind) for each in found] == [("2018", "elsewhere"), ("2019", "missing")]
    assert len(found[1].reason) == LONGEST_REASON
