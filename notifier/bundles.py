"""Which notices make up a mail: what was tried together stays together, whatever came since. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clausewatch.model import Notice, NoticeState


@dataclass(frozen=True, slots=True)
class Bundle:
    """The notices of one mail to be."""

    subscription: str
    mail: str | None  # its id, from when it was first claimed on
    notices: tuple[Notice, ...]

    @property
    def ids(self) -> list[str]:
        return [notice.id for notice in self.notices]

    @property
    def attempts(self) -> int:
        return max(notice.attempts for notice in self.notices)

    @property
    def tried_at(self) -> datetime | None:
        return min((notice.tried_at for notice in self.notices if notice.tried_at), default=None)

    @property
    def newest_due_at(self) -> datetime:
        return max(notice.due_at for notice in self.notices)

    @property
    def was_cut_short(self) -> bool:
        """Whether the run that held it ended before it could say what came of it: the mail may be out."""
        return any(notice.state is NoticeState.CLAIMED for notice in self.notices)


def bundled(due: Iterable[Notice]) -> list[Bundle]:
    """The due notices by mail: those of a subscription that were never tried are one, by the time they came due; what
    was put into a mail once makes that mail again."""
    found: defaultdict[tuple[str, str | None], list[Notice]] = defaultdict(list)
    for notice in due:
        found[notice.subscription, notice.mail].append(notice)
    return [Bundle(subscription, mail, tuple(notices)) for (subscription, mail), notices in found.items()]
