"""What can go wrong, as a tree.

    ClausewatchError
    ├── UsageError                 wrong use: exit code 2
    │   └── SettingsError          a setting is missing or wrong
    ├── WatchlistError             a watchlist cannot be read; names the line
    ├── CrawlError                 a fetch failed; recorded, the run goes on
    │   ├── Forbidden              the guard refused the address: not public, not http(s)
    │   ├── RateLimited            asked too fast; see retry_after
    │   └── NoSnapshot             nothing is archived for that address and time
    ├── ExtractionError            a body holds no text that can be read
    ├── ArchiveError               the archive cannot be read or written; stops the run
    │   ├── Collision              two wrote the same at once; do it again
    │   ├── ClockApart             this machine's clock and the database's differ; set the one that is wrong
    │   ├── NotFound               no such vendor, document, version or comparison
    │   │   └── Gone               it was taken down; says when and why
    │   ├── Damaged                a stored body or text is not what it was; the others are well
    │   ├── Unreached              what bodies lie in does not answer: none of them can be had
    │   ├── NeedsMigration         older than the code: run `clausewatch migrate`
    │   └── TooNew                 newer than the code: upgrade Clausewatch
    └── DeliveryError              a mail was not taken; `retryable` says whether it may be later

A message says what, to which thing, and what to do, in one line.
"""

from __future__ import annotations


class ClausewatchError(Exception):
    """The root. ``exit_code`` is what the command line ends with, ``retryable`` whether trying again can help."""

    exit_code = 1
    retryable = False

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class UsageError(ClausewatchError):
    """Wrong use: show the message and what would be right."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is missing or wrong; all problems stand in one message."""


class WatchlistError(ClausewatchError):
    """A watchlist cannot be read; mend the line that the message names."""


class CrawlError(ClausewatchError):
    """A fetch failed. Record it and go on with the next document."""

    def __init__(
        self, message: str, *, url: str, retryable: bool = False, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)
        self.url = url
        self.retryable = retryable


class Forbidden(CrawlError):
    """The guard refused the address. Allow the host by CLAUSEWATCH_ALLOW_HOSTS if it is meant."""


class RateLimited(CrawlError):
    """The host asked for a pause. Wait ``retry_after_seconds``, for all requests to it."""


class NoSnapshot(CrawlError):
    """No snapshot is archived for that address and time. Ask for another time."""


class ExtractionError(ClausewatchError):
    """A body holds no text that can be read. It is kept as a snapshot with a fault."""


class ArchiveError(ClausewatchError):
    """The archive cannot be read or written. Stop; what was not written can be done again."""


class Collision(ArchiveError):
    """Two wrote the same at the same moment. Do it again, alone."""

    retryable = True


class ClockApart(ArchiveError):
    """This machine's clock is far from the database's. Set the one that is wrong; nothing is done by it until then."""

    retryable = True


class NotFound(ArchiveError):
    """No such thing in the archive. The message names what was asked for and how to list what there is."""


class Gone(NotFound):
    """It was here and was taken down. The message says when and why."""


class Damaged(ArchiveError):
    """A stored body or text is not what it was. Restore it; what does not need it goes on."""


class Unreached(ArchiveError):
    """What bodies lie in does not answer, for any of them. Stop, and see to it; then try again."""


class NeedsMigration(ArchiveError):
    """The database is older than the code. Run ``clausewatch migrate``."""


class TooNew(ArchiveError):
    """The database is newer than the code. Upgrade Clausewatch."""


class DeliveryError(ClausewatchError):
    """A mail was not taken by the transport."""

    def __init__(self, message: str, *, retryable: bool, retry_after_seconds: float | None = None) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)
        self.retryable = retryable
