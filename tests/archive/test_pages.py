from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from archive import Archive
from archive.pages import (
    MOST_BYTES,
    MOST_RECORDS,
    add_records,
    erase_records,
    fetch_record,
    fetch_records,
    put_record,
    replace_records,
)
from archive.tables import pages
from clausewatch.errors import Damaged


def page_of(id: int) -> int:
    return id // MOST_RECORDS


def test_records_come_back_by_their_ids(archive: Archive) -> None:
    with archive.write() as connection:
        ids = add_records(connection, [b"one", b"two"])
        more = add_records(connection, [b"three"], near=ids)
        assert fetch_records(connection, [*ids, *more, 999_999]) == {ids[0]: b"one", ids[1]: b"two", more[0]: b"three"}
        assert {page_of(id) for id in (*ids, *more)} == {1}


def test_what_is_near_nothing_begins_a_page(archive: Archive) -> None:
    with archive.write() as connection:
        (first,), (second,) = (add_records(connection, [each]) for each in (b"one", b"two"))
        assert page_of(first) != page_of(second)


def test_a_full_page_takes_no_more(archive: Archive) -> None:
    with archive.write() as connection:
        ids = add_records(connection, [bytes([65 + number]) * (MOST_BYTES // 4) for number in range(9)])
        assert [page_of(id) for id in ids] == [1, 1, 1, 1, 2, 2, 2, 2, 3]
        assert page_of(add_records(connection, [b"next"], near=ids)[0]) == 3


def test_a_page_holds_so_many_records_and_no_more(archive: Archive) -> None:
    with archive.write() as connection:
        ids = add_records(connection, [b"%d" % number for number in range(MOST_RECORDS + 1)])
        assert len(set(ids)) == len(ids)
        assert {page_of(id) for id in ids} == {1, 2}
        assert fetch_records(connection, ids)[ids[-1]] == b"%d" % MOST_RECORDS


def test_a_record_larger_than_a_page_has_one_to_itself(archive: Archive) -> None:
    large = random.Random(1).randbytes(3 * MOST_BYTES)
    with archive.write() as connection:
        (id,) = add_records(connection, [large])
        assert fetch_record(connection, id) == large
        assert page_of(add_records(connection, [b"small"], near=[id])[0]) != page_of(id)


def test_an_erased_record_is_gone_and_its_id_is_not_given_again(archive: Archive) -> None:
    with archive.write() as connection:
        ids = add_records(connection, [b"stays", b"goes"])
        erase_records(connection, [ids[1], 5 * MOST_RECORDS])
        assert fetch_records(connection, ids) == {ids[0]: b"stays"}
        with pytest.raises(Damaged, match=f"record {ids[1]} "):
            fetch_record(connection, ids[1])
        assert add_records(connection, [b"new"], near=ids) == [ids[1] + 1]


def test_a_record_is_put_in_the_place_of_another(archive: Archive) -> None:
    with archive.write() as connection:
        id = put_record(connection, b"was", place=None)
        assert put_record(connection, b"is", place=id) == id
        assert fetch_record(connection, id) == b"is"


def test_records_that_are_alike_take_little_room_together(archive: Archive) -> None:
    draw = random.Random(1)
    paragraph = " ".join(draw.choices([f"{draw.getrandbits(40):x}" for _ in range(400)], k=400))
    with archive.write() as connection:
        first = add_records(connection, [paragraph.encode()])
        alone = connection.execute(select(func.length(pages.c.packed))).scalar_one()
        add_records(connection, [paragraph.replace(" ", f" {n} ", 1).encode() for n in range(20)], near=first)
        assert connection.execute(select(func.length(pages.c.packed))).scalar_one() < 1.3 * alone


def test_a_damaged_page_is_said(archive: Archive) -> None:
    with archive.write() as connection:
        (id,) = add_records(connection, [b"words"])
        packed = connection.execute(select(pages.c.packed)).scalar_one()
        connection.execute(update(pages).values(packed=packed[:-1] + bytes([packed[-1] ^ 1])))
        with pytest.raises(Damaged, match=r"^page 1 of texts is damaged .*; restore"):
            fetch_record(connection, id)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_stored_erased_and_replaced_in_any_order_is_what_stands(archive: Archive, data: st.DataObject) -> None:
    known: dict[int, bytes] = {}
    record = st.binary(min_size=1, max_size=30)
    with archive.write() as connection:
        for _ in range(data.draw(st.integers(1, 8))):
            what = data.draw(st.sampled_from(["add", "erase", "replace"]))
            some = data.draw(st.lists(st.sampled_from(sorted(known)), unique=True)) if known else []
            if what == "add":
                new = data.draw(st.lists(record, max_size=5))
                known |= dict(zip(add_records(connection, new, near=some), new, strict=True))
            elif what == "erase":
                erase_records(connection, some)
                known = {id: each for id, each in known.items() if id not in some}
            else:
                other = {id: data.draw(record) for id in some}
                replace_records(connection, other)
                known |= other
            assert fetch_records(connection, known) == known


def test_a_page_that_was_read_before_is_read_as_it_is_now(archive: Archive) -> None:
    with archive.write() as connection:
        kept, erased = add_records(connection, [b"kept", b"erased"])
        assert fetch_records(connection, [kept, erased]) == {kept: b"kept", erased: b"erased"}
        erase_records(connection, [erased])
        (added,) = add_records(connection, [b"added"], near=[kept])
        assert page_of(added) == page_of(kept)
        assert fetch_records(connection, [kept, erased, added]) == {kept: b"kept", added: b"added"}
