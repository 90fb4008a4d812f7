"""Archives of every earlier schema, with data in them, on both databases: nothing is lost on the way to the newest."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from archive import open_archive
from archive.database import migrate, prepare, transaction
from archive.notices import list_notices
from archive.subscriptions import list_subscriptions
from archive.tables import EARLIER_SCHEMAS, SCHEMA
from clausewatch.errors import NeedsMigration, TooNew
from clausewatch.jobs.verify import verify
from clausewatch.settings import Settings
from tests.support import earlier
from tests.support.scenario import Vendor, World, day, policy

pytestmark = pytest.mark.once
SCHEMAS = sorted({each for each in (*EARLIER_SCHEMAS, SCHEMA) if each <= earlier.NEWEST_AS_KEPT})


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_archive_of_every_schema_is_whole_after_migrating(
    engine: Engine, url: str, tmp_path: Path, schema: str
) -> None:
    earlier.fill(engine, tmp_path, schema)
    if schema != SCHEMA:
        with pytest.raises(NeedsMigration, match="run clausewatch migrate"):
            prepare(engine)
    assert migrate(engine) == (schema, SCHEMA)
    kept = earlier.kept_rows()
    with open_archive(Settings(home=tmp_path, database_url=url)) as archive:
        assert list(verify(archive, is_deep=True)) == []
        world = World(archive)
        vendor = world.vendor()
        assert [each.id for each in vendor.snapshots] == [each["id"] for each in kept["snapshots"]]
        assert [each.id for each in vendor.versions] == [each["id"] for each in kept["versions"]]
        (comparison,) = vendor.comparisons
        assert [each.kind for each in comparison.findings] == [each["kind"] for each in kept["findings"]]
        with archive.read() as connection:
            assert {each.id for each in list_notices(connection)} == {each["id"] for each in kept["notices"]}
            found = {(each.email, each.every, each.state) for each in list_subscriptions(connection)}
            assert found == {(each["email"], each["every"], each["state"]) for each in kept["subscriptions"]}
        for number in (10, 11):
            vendor.publishes(policy(months=36, recipient="Globex"), at=day(number))
        (settled,) = world.settles(now=day(12))
        assert (settled.versions, settled.notices) == (3, 2)
        assert list(verify(archive, is_deep=True)) == []


def test_a_newer_archive_is_refused_in_a_clear_line(engine: Engine) -> None:
    prepare(engine)
    with transaction(engine, is_writer=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuses in (prepare, migrate):
        with pytest.raises(
            TooNew, match=r"its schema 9999 is newer than this Clausewatch \(\d+\); upgrade Clausewatch"
        ):
            refuses(engine)


def test_what_was_owed_before_is_not_owed_again(engine: Engine, url: str, tmp_path: Path) -> None:
    earlier.fill(engine, tmp_path, "0001")
    migrate(engine)
    with open_archive(Settings(home=tmp_path, database_url=url)) as archive:
        world = World(archive)
        before = world.outbox
        Vendor(archive, world.vendor().document).publishes(policy(months=24, nonce="c"), at=day(10))
        world.settles(now=day(11))
        assert [each.id for each in world.outbox] == [each.id for each in before]
