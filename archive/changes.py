"""How often what pages show was changed, of each vendor and of all: who keeps pages asks whether they are true still.

What changes all the time and shows little is not counted: looks that found nothing new, leases, notices.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, insert, select, update

from archive.tables import changes

ALL = ""  # in the place of a vendor's slug
_counts = select(changes.c.vendor, changes.c.count).where(changes.c.vendor.in_(bindparam("among", expanding=True)))


def note_change(connection: Connection, vendor: str) -> None:
    """Something that pages of the vendor show was changed, in this transaction."""
    for each in (vendor, ALL):
        row = changes.c.vendor == each
        if not connection.execute(update(changes).where(row).values(count=changes.c.count + 1)).rowcount:
            connection.execute(insert(changes).values(vendor=each, count=1))


def note_change_everywhere(connection: Connection) -> None:
    """Something that pages of any vendor may show was changed; rare, since all that was kept is made again."""
    connection.execute(update(changes).values(count=changes.c.count + 1))


def count_changes(connection: Connection, vendor: str | None) -> tuple[int, int]:
    """How often anything was changed, and how often something of the vendor: of one that is not known, or None, any."""
    rows = connection.execute(_counts, {"among": [ALL, vendor or ALL]})
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    of_all = counts.get(ALL, 0)
    return of_all, counts.get(vendor, of_all) if vendor else of_all
