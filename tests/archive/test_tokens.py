from __future__ import annotations

import pytest
from sqlalchemy import select

from archive.tables import tokens
from archive.tokens import PREFIX, add_token, end_token, find_token, list_tokens
from clausewatch.errors import NotFound, UsageError
from tests.support.scenario import NOW, World


def test_a_token_is_found_by_what_was_shown_once(world: World) -> None:
    with world.archive.write() as connection:
        secret = add_token(connection, "monitor", now=NOW)
        found = find_token(connection, secret)
        assert found is not None
        assert (found.name, found.used_at) == ("monitor", None)
        assert find_token(connection, secret[:-1]) is None
        assert find_token(connection, "") is None
    assert secret.startswith(PREFIX)


def test_the_archive_does_not_hold_the_token(world: World) -> None:
    with world.archive.write() as connection:
        secret = add_token(connection, "monitor", now=NOW)
        assert secret.removeprefix(PREFIX) not in repr(connection.execute(select(tokens)).all())


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "monitor"])
def test_a_name_that_is_taken_or_none_is_refused(world: World, name: str) -> None:
    with world.archive.write() as connection:
        add_token(connection, "monitor", now=NOW)
        with pytest.raises(UsageError):
            add_token(connection, name, now=NOW)


def test_what_was_ended_is_gone(world: World) -> None:
    with world.archive.write() as connection:
        secret = add_token(connection, "monitor", now=NOW)
        end_token(connection, "monitor")
        assert find_token(connection, secret) is None
        assert list_tokens(connection) == []
        with pytest.raises(NotFound):
            end_token(connection, "monitor")
