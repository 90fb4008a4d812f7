"""How often what pages show was changed, of each vendor and of all: who keeps pages asks whether they are true still.

What changes all the time and shows little is not counted: looks that found nothing new, leases, notices.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from sqlalchemy import Connection, bindparam, insert, select, update

from archive.tables import changes

OF_ALL = ("", *(f"/{number}" for number in range(1, 8)))
"""In the place of a vendor's slug: rows that together count what was changed of all, each for some of the vendors. Who
counts in one holds it until the disk has confirmed, while others who count in it wait."""
_ERASURES = ":erasures"  # and of subscriptions: no slug
_count = update(changes).where(changes.c.vendor == bindparam("of_vendor")).values(count=changes.c.count + 1)
_counts = select(changes.c.vendor, changes.c.count).where(changes.c.vendor.in_(bindparam("among", expanding=True)))


def note_change(connection: Connection, vendor: str) -> None:
    """Something that pages of the vendor show was changed, in this transaction."""
    note_changes(connection, [vendor])


def note_changes(connection: Connection, vendors: Iterable[str]) -> None:
    """As ``note_change``, of several vendors at once."""
    ordered = sorted(set(vendors))
    # in one order: who writes beside us takes these rows too
    among = [*ordered, OF_ALL[crc32("".join(ordered[:1]).encode()) % len(OF_ALL)]]
    counted = connection.execute(_count, [{"of_vendor": each} for each in among]).rowcount
    if counted < len(among):
        known = {row.vendor for row in connection.execute(_counts, {"among": among})}
        connection.execute(insert(changes), [{"vendor": each, "count": 1} for each in among if each not in known])


def note_change_everywhere(connection: Connection) -> None:
    """Something that pages of any vendor may show was changed; rare, since all that was kept is made again."""
    connection.execute(update(changes).values(count=changes.c.count + 1))


def note_erasure(connection: Connection) -> None:
    """Subscriptions were taken out, in this transaction: nothing that stands says so."""
    if not connection.execute(_count, {"of_vendor": _ERASURES}).rowcount:
        connection.execute(insert(changes), {"vendor": _ERASURES, "count": 1})


def count_erasures(connection: Connection) -> int:
    """How often subscriptions were taken out, or everything was changed."""
    counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(_counts, {"among": [_ERASURES]})}
    return counts.get(_ERASURES, 0)


def count_changes(connection: Connection, vendor: str | None) -> tuple[int, int]:
    """How often anything was changed, and how often something of the vendor: of one that is not known, or None, any."""
    rows = connection.execute(_counts, {"among": [*OF_ALL, vendor] if vendor else OF_ALL})
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    of_all = sum(counts.get(each, 0) for each in OF_ALL)
    return of_all, counts.get(vendor, of_all) if vendor else of_all
