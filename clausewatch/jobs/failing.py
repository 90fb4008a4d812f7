"""Documents that are not seen at present, because nothing comes or something else does: since when, why, what helps."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import datetime

from archive import Archive
from archive.coverage import longest_of
from archive.documents import documents_among, list_documents
from archive.snapshots import get_snapshot
from archive.watches import Failure, Watch, list_watches, overdue_documents
from clausewatch.jobs.doubts import doubtful_documents
from clausewatch.jobs.looks import GONE, search_said
from clausewatch.jobs.moving import stored_pointers
from clausewatch.jobs.pace import patience
from clausewatch.model import Document
from crawler.outcomes import ErrorKind
from differ.doubts import FLAGGED_LOOKS, Doubt

NEGLECTED = "not-looked-at"
"""The kind of failure of a document that nobody looks at, though nothing failed."""
WALLED = (401, 402, 403, 407, 429, 451)
_MOVE = "clausewatch add ADDRESS --vendor {vendor} --slug {slug}"
_BACKFILL = "clausewatch backfill {vendor}/{slug}"
_PASSES = "passes by itself as a rule; where it does not, see whether the address opens in a browser"
_GONE = f"the page is gone: look for it on the vendor's site, then {_MOVE}"
_CANDIDATE = re.compile(r"perhaps (\S+) \(")
_WALL = f"the site lets no program in: ask its operator, or take what the Wayback Machine has by {_BACKFILL}"
_ADVICE = {
    ErrorKind.ROBOTS: f"robots.txt forbids it: ask the site's operator, or take what others archived by {_BACKFILL}",
    ErrorKind.ROBOTS_UNREADABLE: "the site's robots.txt answers an error, which closes the site until it is mended",
    ErrorKind.FORBIDDEN: "nothing is fetched from there; name its host in CLAUSEWATCH_ALLOW_HOSTS if it is meant",
    ErrorKind.DNS: f"its host has no address: where the vendor moved, {_MOVE}",
    ErrorKind.TLS: f"its certificate does not hold: wait for the site to mend it, or where the vendor moved, {_MOVE}",
    ErrorKind.RATE_LIMITED: f"the site asked for a pause, which is kept; where it asks each time, {_BACKFILL}",
    ErrorKind.TOO_LARGE: f"too large to be a policy: look at what stands there; where the policy moved, {_MOVE}",
    ErrorKind.REDIRECTS: f"its redirects lead nowhere: look where a browser ends, then {_MOVE}",
    ErrorKind.NO_BROWSER: "the page shows its text only in a browser: pip install 'clausewatch[browser]', and Chromium "
    "(apt install chromium, or CLAUSEWATCH_CHROMIUM); docs/operating.md says more",
    NEGLECTED: "see that clausewatch serve or worker runs, and its log; clausewatch crawl {vendor}/{slug} looks now",
    ErrorKind.CRASHED: "the crawl itself ended early: see the log of that time; it is tried again",
}
_LASTS = {
    ErrorKind.ROBOTS, ErrorKind.FORBIDDEN, ErrorKind.DNS, ErrorKind.TLS, ErrorKind.TOO_LARGE, ErrorKind.REDIRECTS,
    ErrorKind.NO_BROWSER,
}  # fmt: skip
"""What does not pass by itself, beside pages that are gone or walled."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A document whose newest look was no good one."""

    document: Document
    watch: Watch
    failure: Failure | None  # looks that got no page
    doubt: Doubt | None  # looks that got a page that is not the document
    command: str | None  # shows the text that is believed beside the one that is doubted

    @property
    def since_at(self) -> datetime:
        """When the first of the looks in a row was that found nothing, or something else."""
        return min(each.since_at for each in (self.failure, self.doubt) if each)

    @property
    def until_at(self) -> datetime:
        """The newest of these looks."""
        ends = (self.failure and self.failure.newest_at, self.doubt and self.doubt.until_at)
        return max(at for at in ends if at)

    @property
    def looks(self) -> int:
        """In a row. An error page counts as a failure and as a doubt, and was one look."""
        return max(each.looks for each in (self.failure, self.doubt) if each)

    @property
    def is_looked_at(self) -> bool:
        return self.failure is None or self.failure.kind != NEGLECTED

    @property
    def kind(self) -> str:
        """Of the failure; where a page came the fault."""
        if self.failure is None:
            return str(self.doubt.fault) if self.doubt else ""
        return self.failure.kind

    @property
    def why(self) -> str:
        """The kind, and the status if there was one."""
        return f"{self.kind} {self.failure.status}" if self.failure and self.failure.status else self.kind

    @property
    def reason(self) -> str:
        """In words."""
        return self.failure.reason if self.failure else self.doubt.reason if self.doubt else ""

    @property
    def advice(self) -> str | None:
        """What to do about a failure; a doubt is shown by its command."""
        return advice_on(self.failure, self.document) if self.failure else None

    @property
    def needs_a_hand(self) -> bool:
        """Whether it does not pass by itself, as far as can be told."""
        failure = self.failure
        return failure is None or failure.status in GONE + WALLED or failure.kind in _LASTS

    @property
    def is_flagged(self) -> bool:
        return self.looks >= FLAGGED_LOOKS

    def is_lasting(self, now: datetime) -> bool:
        """Whether it was bad more than once, and two intervals are about to pass without a good look."""
        return self.is_flagged and now - self.since_at >= patience(self.document)


def unseen_documents(archive: Archive, name: str | None = None, *, now: datetime) -> list[Unseen]:
    """The documents that are not seen at present: the lasting first, then what needs a hand, then by when it began."""
    doubts = {each.document.id: each for each in doubtful_documents(archive, name)}
    with archive.read() as connection:
        among = overdue_documents(connection, now=now) | doubts.keys()
        documents = list_documents(connection, name) if name else documents_among(connection, among)
        watches = list_watches(connection, [each.id for each in documents])
    found = []
    for document in documents:
        watch, doubtful = watches.get(document.id, Watch()), doubts.get(document.id)
        failure = watch.failure or (None if doubtful else _neglect(document, watch, now))
        if failure or doubtful:
            doubt, command = (doubtful.doubt, doubtful.command) if doubtful else (None, None)
            found.append(Unseen(document, watch, failure=failure, doubt=doubt, command=command))
    return sorted(found, key=lambda each: (not each.is_lasting(now), not each.needs_a_hand, each.since_at))


def _neglect(document: Document, watch: Watch, now: datetime) -> Failure | None:
    """What a document is not seen for that should have been looked at since, where no look failed."""
    if document.due_at is None or document.url is None:
        return None
    since_at = watch.last_good_at or document.due_at
    if now - since_at <= longest_of(document.interval_hours):
        return None
    reason = "nothing failed, and yet no look found it since then: it is not looked at, or what came cannot be read"
    return Failure(
        kind=NEGLECTED, status=None, reason=reason, since_at=since_at, newest_at=since_at, looks=FLAGGED_LOOKS
    )


def advice_on(failure: Failure, document: Document) -> str:
    """What a person can do about the failure, in a line."""
    if failure.status in GONE and (candidate := _CANDIDATE.search(search_said(failure.reason))):
        return f"the page is gone: {_advice_to_move(document, candidate[1])}"
    if failure.status in GONE:
        advice = _GONE
    elif failure.kind == ErrorKind.HTTP and failure.status in WALLED:
        advice = _WALL
    else:
        known = {str(kind): words for kind, words in _ADVICE.items()}
        advice = known.get(failure.kind, _PASSES)
    return advice.format(vendor=document.vendor, slug=document.slug)


def pointing_advice(archive: Archive, unseen: Unseen) -> str | None:
    """What to do where the page that came in the document's place says that it went elsewhere. Reads that page."""
    if unseen.failure or unseen.doubt is None:
        return None
    with archive.read() as connection:
        snapshot = get_snapshot(connection, unseen.doubt.snapshot)
    pointers = stored_pointers(
        archive, snapshot.sha256, snapshot.url, content_type=snapshot.content_type, type=unseen.document.type
    )
    return f"its page points on: {_advice_to_move(unseen.document, pointers[0])}" if pointers else None


def _advice_to_move(document: Document, url: str) -> str:
    # an address that a page gave is no part of a command until it is quoted
    move = _MOVE.format(vendor=document.vendor, slug=document.slug).replace("ADDRESS", shlex.quote(url))
    return f"see whether the policy is at {url}, then {move}"
