"""When words stood in a document, and finding them again."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import delete, insert, select

from archive.documents import add_document, add_vendor
from archive.passages import MARK, Narrowed, Passage, fill_passages, find_passages, read_query, search_passages
from archive.tables import passages, tallies
from archive.tallies import count_all
from archive.versions import text_of
from archive.words import blocks_with
from clausewatch.errors import UsageError
from clausewatch.model import BLOCK_END, Kind
from tests.support.scenario import World, day, policy


@pytest.fixture
def kites(world: World) -> World:
    """Harbor Kites keeps it eighteen months, then 24, then 18 again; from the second on Quillmetrics receives data."""
    vendor = world.vendor()
    for at, months, recipient in ((1, 18, ""), (11, 24, "Quillmetrics"), (21, 18, "Quillmetrics")):
        for hours in (0, 0.5, 1):
            vendor.publishes(policy(months=months, recipient=recipient), at=day(at + hours))
    world.settles()
    return world


def found(world: World, query: str, **wanted: object) -> list[Passage]:
    with world.archive.read() as connection:
        return search_passages(connection, query, **wanted)  # type: ignore[arg-type]  # passed through


def spans(world: World, query: str, **wanted: object) -> list[tuple[int, int | None]]:
    """The days from and to which passages with these words stood."""
    return sorted(
        ((each.since_at - day(0)).days, (each.until_at - day(0)).days if each.until_at else None)
        for each in found(world, query, **wanted)
    )


def test_a_passage_is_known_with_the_days_it_stood(kites: World) -> None:
    assert spans(kites, '"24 months"') == [(11, 21)]
    assert spans(kites, '"18 months"') == [(1, 11), (21, None)]
    assert spans(kites, "Quillmetrics") == [(11, None)]


def test_what_is_found_is_marked_and_leads_to_its_place(kites: World) -> None:
    (passage,) = found(kites, "quillmetrics")
    assert f"{MARK[0]}Quillmetrics{MARK[1]}" in passage.excerpt
    with kites.archive.read() as connection:
        content = text_of(connection, passage.version).text
    assert "Quillmetrics" in content[passage.start :].partition(BLOCK_END)[0]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("loom", 0),
        ("carrier parcel", 2),
        ("carrier -Quillmetrics", 1),
        ("parcel* service", 2),
        ("Quillm*", 1),
        ('"carrier that brings"', 2),
        ('"that carrier brings"', 0),
        ("PRECISE", 1),
        ('carrier" OR text:x NEAR( AND', 0),
        ("months'; --", 3),
    ],
)
def test_searches_find_words_phrases_and_beginnings(kites: World, query: str, count: int) -> None:
    assert len(found(kites, query)) == count


@pytest.mark.parametrize("query", ["", " ", "-carrier", '"', "*", "??", "()"])
def test_a_search_for_no_word_is_refused(kites: World, query: str) -> None:
    with pytest.raises(UsageError, match="no word"):
        found(kites, query)


def test_a_search_of_endless_length_is_refused() -> None:
    with pytest.raises(UsageError, match="at most"):
        read_query("word " * 1000)


def test_days_narrow_a_search_to_what_stood_then(kites: World) -> None:
    assert spans(kites, "months", until=day(5)) == [(1, 11)]
    assert spans(kites, "months", since=day(30)) == [(21, None)]
    assert spans(kites, "months", since=day(12), until=day(14)) == [(11, 21)]


def test_a_kind_narrows_a_search_to_what_its_findings_quote(kites: World) -> None:
    assert {passage.since_at.day for passage in found(kites, "months", kind=Kind.RETENTION)} == {
        day(1).day, day(11).day, day(21).day,
    }  # fmt: skip
    assert found(kites, "precise", kind=Kind.RETENTION) == []


def test_documents_narrow_a_search(kites: World) -> None:
    with kites.archive.write() as connection:
        other = add_document(connection, add_vendor(connection, "Other"), type="Privacy Policy")
    assert found(kites, "months", documents_among=[other.id]) == []
    assert len(found(kites, "months", documents_among=[other.id, kites.vendor().document.id])) == 3


def test_pages_of_a_search_follow_each_other_without_gap_or_double(kites: World) -> None:
    whole = found(kites, "data", limit=100)
    paged: list[Passage] = []
    while page := found(kites, "data", limit=2, after=paged[-1].cursor if paged else None):
        paged += page
    assert paged == whole
    assert len(whole) == 5


OTHERS = 60


def steps_of(world: World, *, limit: int) -> int:
    """How much SQLite works to find so many passages."""
    steps = 0

    def counted() -> int:
        nonlocal steps
        steps += 1
        return 0

    with world.archive.read() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(counted, 1)
        assert len(find_passages(connection, "data", Narrowed(), limit=limit).passages) == limit
        raw.set_progress_handler(None, 0)
    return steps


@pytest.mark.sqlite  # counts what it does
def test_a_search_reads_no_more_passages_than_those_of_the_blocks_it_shows(world: World) -> None:
    world.vendor().publishes(policy(), at=day(1))
    world.settles()
    alone = steps_of(world, limit=1)
    with world.archive.write() as connection:
        vendor = add_vendor(connection, "Other")
        rows = connection.execute(select(passages)).mappings().all()
        for number in range(OTHERS):
            other = add_document(connection, vendor, type=f"Policy {number}")
            connection.execute(insert(passages), [{**row, "document": other.id} for row in rows])
        assert len(blocks_with(connection, read_query("data"), newest=2**62, oldest=0, most=9)) > 2
    assert steps_of(world, limit=1) < alone + OTHERS * 25  # steps to read and to sort the passages of one block


@pytest.mark.parametrize(
    "narrowed",
    [Narrowed(since=day(30)), Narrowed(until=day(5)), Narrowed(kind=Kind.RETENTION), Narrowed(types=["Privacy Policy"]),
     Narrowed(types=["Terms"]), Narrowed(documents=[])],
)  # fmt: skip
def test_what_is_rare_among_many_is_found_in_several_answers(
    kites: World, narrowed: Narrowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kites.archive.read() as connection:
        whole = find_passages(connection, "data", narrowed, limit=100)
        assert whole.next is None
        for name in ("MOST_LOOKED_AT", "MOST_LOOKED_AT_IN_DOCUMENTS", "MOST_JUDGED"):
            monkeypatch.setattr(f"archive.passages.{name}", 1)  # thousands would take long to store
        found, after, answers = [], None, 0
        while after or not answers:
            portion = find_passages(connection, "data", narrowed, after=after, limit=1)
            found += portion.passages
            after, answers = portion.next, answers + 1
        assert search_passages(
            connection, "data", documents_among=narrowed.documents, types_among=narrowed.types, kind=narrowed.kind,
            since=narrowed.since, until=narrowed.until,
        ) == whole.passages  # fmt: skip
    assert found == whole.passages
    assert answers >= len(found)


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.2", "1.a.", "1.a.b.c", "-1.a.b", "99999999999999999999.a.b"])
def test_a_cursor_that_no_search_gave_is_refused(kites: World, cursor: str) -> None:
    with pytest.raises(UsageError, match="cursor"):
        found(kites, "data", after=cursor or "?")


def test_an_earlier_look_that_comes_in_late_moves_the_days(kites: World) -> None:
    kites.vendor().was_archived(policy(months=24), at=day(-9))
    kites.settles()
    assert spans(kites, '"24 months"') == [(-9, 1), (11, 21)]


def test_an_archive_from_before_passages_and_tallies_gets_them(kites: World) -> None:
    with kites.archive.write() as connection:
        was = [connection.execute(select(table)).all() for table in (passages, tallies)]
        for table in (passages, tallies):
            connection.execute(delete(table))
        fill_passages(connection)
        count_all(connection)
    with kites.archive.read() as connection:
        for table, rows in zip((passages, tallies), was, strict=True):
            assert set(connection.execute(select(table)).all()) == set(rows) != set()
