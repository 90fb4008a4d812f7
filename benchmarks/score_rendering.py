"""Whether a browser reads real pages as they are read plainly: ``python -m benchmarks.score_rendering [CHROMIUM]``.

Serves the first and the last capture of each history of the corpus from loopback, renders them, and prints a line for
each whose text is another, how many are the same to the letter, how long a page took, and how many are called shells.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from warcio.archiveiterator import ArchiveIterator

import differ
from benchmarks.measuring import CORPUS
from clausewatch.demo.server import utc_now
from clausewatch.demo.site import VendorSite
from clausewatch.jobs.rendering import is_shell
from clausewatch.model import Reading
from clausewatch.settings import Settings
from crawler.outcomes import Fetch, FetchKind, Outcome
from crawler.run import run_batch


@dataclass(frozen=True, slots=True)
class Page:
    """An archived page."""

    path: str  # at the loopback site
    url: str
    content_type: str
    body: bytes

    def read(self) -> Reading:
        return differ.read(self.body, content_type=self.content_type, url=self.url)


def pages() -> Iterator[Page]:
    """The first and the last whole HTML answer of each history."""
    for path in sorted((CORPUS / "captures").glob("*.warc.gz")):
        found = list(_html_answers(path.name))
        yield from dict.fromkeys((found[0], found[-1])) if found else ()


def _html_answers(name: str) -> Iterator[Page]:
    with (CORPUS / "captures" / name).open("rb") as file:
        for number, record in enumerate(ArchiveIterator(file)):
            headers = record.http_headers
            if record.rec_type != "response" or headers.get_statuscode() != "200":
                continue
            content_type = headers.get_header("content-type") or "text/html"
            if "html" in content_type:
                url = record.rec_headers.get_header("WARC-Target-URI")
                yield Page(f"/{name}/{number}", url, content_type, record.content_stream().read())


def render(chosen: list[Page], chromium: str) -> tuple[dict[str, Outcome], list[float]]:
    """What the browser makes of them, and the seconds between one and the next."""
    outcomes: dict[str, Outcome] = {}
    moments: list[float] = []

    def note(outcome: Outcome) -> None:
        outcomes[outcome.id] = outcome
        moments.append(time.monotonic())

    with VendorSite() as site:
        for page in chosen:
            site.publish(page.path, page.body, content_type=page.content_type)
        run_batch(
            [Fetch(page.path, site.url(page.path), FetchKind.RENDERED) for page in chosen],
            settings=Settings(allow_hosts=(site.host,), chromium=chromium),
            on_outcome=note,
            timeout_seconds=60.0 * len(chosen),
        )
    return outcomes, [after - before for before, after in itertools.pairwise(moments)]


def main(chromium: str = "") -> None:
    """Prints the figures."""
    chosen = list(pages())
    outcomes, seconds = render(chosen, chromium)
    same = 0
    for page in chosen:
        outcome, plain = outcomes[page.path], page.read()
        shown = (
            differ.read(outcome.body, content_type="text/html; charset=utf-8", url=page.url) if outcome.body else None
        )
        if shown and shown.text.sha256 == plain.text.sha256:
            same += 1
        else:
            words = f"{shown.text.words} words" if shown else outcome.error
            print(f"{page.path[1:]} {page.url}: {plain.text.words} words ({plain.fault or 'no fault'}), shown: {words}")
    print(f"{same} of {len(chosen)} pages have the same text; {statistics.median(seconds):.1f} seconds a page")
    shells = [page for page in chosen if is_shell(_answer(page))]
    print(f"{len(shells)} are called shells: {', '.join(page.url for page in shells) or 'none'}")


def _answer(page: Page) -> Outcome:
    headers = {"content-type": page.content_type}
    return Outcome(page.path, page.url, utc_now(), status=200, headers=headers, body=page.body)


if __name__ == "__main__":
    main(*sys.argv[1:])
