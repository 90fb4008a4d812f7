from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from random import Random

import pytest
from sqlalchemy import event, insert

from archive import Archive
from archive.documents import due_documents
from archive.tables import addresses, documents, vendors, watches
from archive.turns import Turn, due_turns
from clausewatch.jobs.kinds import jobs_to_do, lane_of
from tests.support.scenario import NOW

COUNT = 120
INTERVALS = (1, 12, 168)
AN_HOUR = timedelta(hours=1)

Row = tuple[Turn, int, bool]  # its interval in hours, and whether its last look failed


def filled(archive: Archive, *, seed: int) -> list[Row]:
    """Documents that are due at all sorts of times, many of them at the same; a tenth has no address."""
    chance, rows = Random(seed), list[Row]()
    with archive.write() as connection:
        connection.execute(insert(vendors), {"slug": "kites", "name": "Kites"})
        for number in range(COUNT):
            due_at = NOW + chance.choice((-50, -2, -1, 0, 1, 2, 3, 20, 31, 420, 421, 800, 9000)) * AN_HOUR
            hours, has_failed = chance.choice(INTERVALS), chance.random() < 0.3
            turn = Turn(
                f"{chance.randrange(10**9):016x}", f"https://h{number % 9}.example/{number}" * (number % 10 > 0), due_at
            )
            connection.execute(
                insert(documents),
                {"id": turn.document, "vendor": "kites", "slug": f"p{number}", "type": "Terms", "render": "auto",
                 "interval_hours": hours, "due_at": due_at, "chain": "0" * 64, "chain_length": 0,
                 "is_unsettled": False},
            )  # fmt: skip
            if turn.url:
                rows_of_it = [{"document": turn.document, "url": url} for url in ("https://old.example/", turn.url)]
                connection.execute(insert(addresses), rows_of_it)
            if has_failed:
                connection.execute(insert(watches), {"document": turn.document, "failures": 1})
            rows.append((turn, hours, has_failed))
    return rows


def read_naively(rows: Sequence[Row], now: datetime) -> list[Turn]:
    """Those that are due, the longest first, by the words that say what is due."""
    due = [
        turn
        for turn, hours, has_failed in rows
        if turn.url
        and (
            turn.due_at <= now
            or turn.due_at > now + timedelta(days=31)
            or (turn.due_at > now + 2.5 * hours * AN_HOUR and not has_failed)
        )
    ]
    return sorted(due, key=lambda turn: (turn.due_at, turn.document))


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_due_is_the_same_read_at_once_in_pieces_or_naively(archive: Archive, seed: int) -> None:
    rows = filled(archive, seed=seed)
    for hours in (-60, -1, 0, 2, 300):
        now = NOW + hours * AN_HOUR
        wanted = read_naively(rows, now)
        with archive.read() as connection:
            assert list(due_turns(connection, now)) == wanted
            assert [each.id for each in due_documents(connection, now)] == [turn.document for turn in wanted]
            assert [each.url for each in due_documents(connection, now)] == [turn.url for turn in wanted]
            for at in range(0, len(wanted), 7):
                with closing(due_turns(connection, now, after=wanted[at])) as turns:
                    assert list(islice(turns, 7)) == wanted[at + 1 : at + 8]
            some = [turn.document for turn, _, _ in rows[::2]]
            among = [each.id for each in due_documents(connection, now, among=some)]
            assert among == [id for id in some if id in {turn.document for turn in wanted}]


@pytest.mark.parametrize("lanes", [1, 4, 64])
def test_the_lanes_of_what_is_due_are_those_of_all_that_is(archive: Archive, lanes: int) -> None:
    wanted = dict.fromkeys(lane_of(turn.url, lanes) for turn in read_naively(filled(archive, seed=3), NOW))
    found = [job.subject for job in jobs_to_do(archive, "crawl", now=NOW, lanes=lanes)]
    assert found == [f"{lane}/{lanes}" for lane in wanted]


def test_who_needs_one_turn_of_many_reads_no_list_of_them(archive: Archive) -> None:
    """A page of rows at most, whatever is due."""
    filled(archive, seed=4)
    statements = list[str]()
    event.listen(archive.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with archive.read() as connection, closing(due_turns(connection, NOW)) as turns:
        before = len(statements)
        assert next(turns).due_at == NOW - 50 * AN_HOUR
        of_turns = [statement for statement in statements[before:] if "ORDER BY" in statement]
    assert len(of_turns) == 1  # what was put off too far is not asked for before what has come
