"""What subscribers are owed of a document that was settled, decided once. When they get it, the outbox decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive.comparisons import Step, lasting_returns, mark_told, undecided_comparisons, was_told
from clausewatch.model import Comparison, ComparisonState, Document

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from notifier.outbox import Queue

RETURN_LASTS = timedelta(days=7)
"""A text that returns to an earlier one, and stays so long, is no flap: digests list it."""


def new_queue() -> Queue:
    """What fills the outbox; with one for many documents, who subscribed is read once for all."""
    from notifier.outbox import Queue  # mails and templates: not on the way of a one-off comparison

    return Queue()


def tell(
    connection: Connection,
    document: Document,
    steps: Sequence[Step],
    *,
    untold: Mapping[str, ComparisonState],
    old: Collection[str],
    queue: Queue,
    now: datetime,
) -> tuple[tuple[Comparison, ...], int]:
    """Decide what is owed of the steps that subscribers may hear of, once for each, and queue it; what is told to those
    who asked for what matters, and how many notices are new.

    ``untold`` has the states of the comparisons of which that was not decided yet, by their ids. A version that was
    told is not told again, nor is one of ``old``. What no finding tells is owed to those alone who asked for
    everything; a return that lasts, to digests.
    """
    told, notices = [], 0
    news = [step for step in steps if step.may_notify and step.id in untold]
    for comparison in undecided_comparisons(connection, news) if news else ():
        version = comparison.after.id or ""
        if version not in old and not was_told(connection, version):
            notices += queue.fill(connection, comparison, document_type=document.type, now=now)
            told += [comparison] if comparison.notify else []
        mark_told(connection, comparison.id, at=now)
    has_returns = ComparisonState.UNSTABLE in untold.values()
    for comparison in lasting_returns(connection, document, lasting=RETURN_LASTS) if has_returns else ():
        if comparison.after.id not in old:
            notices += queue.fill(connection, comparison, document_type=document.type, now=now)
        mark_told(connection, comparison.id, at=now)
    return tuple(told), notices
