"""The script of the demo: what the Wayback stand-in has archived, and what the vendors publish round by round.

The command that plays it, and all that it prints, is elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from clausewatch.demo import answers
from clausewatch.demo.pages import Look, render_page
from clausewatch.demo.policy import VENDORS, Policy, PolicyVersion, Trouble, read_policy
from clausewatch.demo.server import Reply, Request
from clausewatch.demo.site import HTML, Answer, Page, VendorSite, serve_page
from clausewatch.demo.wayback import WaybackStandIn

UNAVAILABLE = (
    "<!doctype html><title>503 Service Unavailable</title><h1>Service Unavailable</h1><p>Back in a minute.</p>"
)


@dataclass(frozen=True, slots=True)
class StoryDocument:
    """What is to be watched: as ``clausewatch add`` takes it."""

    vendor: str
    type: str
    url: str


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of the vendors. Calling it changes the site; a crawl is to follow."""

    title: str
    sees: Mapping[str, str]  # vendor -> what a crawl after it finds
    steps: tuple[Callable[[], None], ...] = field(repr=False)

    def __call__(self) -> None:
        for step in self.steps:
            step()


@dataclass(frozen=True, slots=True)
class Story:
    """The documents, whose past is archived already, and the rounds to be played in order."""

    documents: tuple[StoryDocument, ...]
    rounds: tuple[Round, ...]


def build(site: VendorSite, archive: WaybackStandIn) -> Story:
    """Fills the archive with the vendors' past and says what they do next. Both servers run already."""
    skyforge, pulsetrail, kettle = stages = [Stage(read_policy(name), site) for name in VENDORS]
    for stage in stages:
        fill_archive(archive, stage)
    return Story(tuple(stage.document for stage in stages), _rounds(skyforge, pulsetrail, kettle))


def _rounds(skyforge: Stage, pulsetrail: Stage, kettle: Stage) -> tuple[Round, ...]:
    same = "the same text"
    stages = (skyforge, pulsetrail, kettle)

    def turn(title: str, *steps: Callable[[], None], sees: tuple[str, str, str]) -> Round:
        return Round(title, dict(zip((stage.vendor for stage in stages), sees, strict=True)), steps)

    return (
        turn(
            "The vendors serve the texts that were archived last",
            *(stage.opens for stage in stages),
            sees=("the newest archived text", "the newest archived text", "the newest archived text"),
        ),
        turn(
            "Skyforge publishes a new text; Pulsetrail hides behind a bot wall",
            skyforge.publishes_next,
            pulsetrail.hides,
            sees=(skyforge.coming(0), "a bot wall instead of the policy", "304: nothing new"),
        ),
        turn(
            "Pulsetrail is back with a new text; Kettle & Loom rewrites its notice in other words",
            pulsetrail.publishes_next,
            kettle.publishes_next,
            sees=(f"{same}, a second time", pulsetrail.coming(0), kettle.coming(0)),
        ),
        turn(
            "Nothing happens",
            sees=(same, f"{same}, a second time", "304: the same text, a second time"),
        ),
        turn(
            "Kettle & Loom tries a text on whoever looks next",
            kettle.tries_next,
            sees=(same, same, kettle.coming(1)),
        ),
        turn(
            "Kettle & Loom is back at the text it had before",
            kettle.ends_trial,
            sees=(same, same, "the text before the trial"),
        ),
    )


def fill_archive(archive: WaybackStandIn, stage: Stage) -> None:
    """Archives every captured version at its instants, bytes seen before as revisits, and what went wrong between."""
    policy, url = stage.policy, stage.url
    looks = [(at, version) for version in policy.archived for at in version.captured_at]
    seen: dict[bytes, datetime] = {}
    for at, version in looks:
        body = stage.render(version, Look(at, next(stage.looks))).encode()
        if body in seen:
            archive.add_revisit(url, at, of=seen[body])
        else:
            archive.add(url, at, body, headers={"Server": "nginx"})
            seen[body] = at
    for trouble in policy.troubles:
        _archive_trouble(archive, url, trouble)


def _archive_trouble(archive: WaybackStandIn, url: str, trouble: Trouble) -> None:
    if trouble.kind == "bot-wall":
        archive.add(url, trouble.at, answers.BOT_WALL.format(ray=f"{trouble.at:%j%H%M%S}"))
    elif trouble.kind == "unavailable":
        archive.add(url, trouble.at, UNAVAILABLE, status=503, headers={"Retry-After": "60"})
    else:
        raise ValueError(f"{url}: no such trouble as {trouble.kind!r}; write bot-wall or unavailable")


@dataclass
class Stage:
    """One vendor on the site: which version it serves, and the turns that it can take."""

    policy: Policy
    site: VendorSite
    looks: Iterator[int] = field(default_factory=itertools.count, repr=False)
    at: int = -1  # index of the version served; -1: nothing yet

    @property
    def vendor(self) -> str:
        return self.policy.vendor

    @property
    def url(self) -> str:
        return self.site.url(self.policy.path)

    @property
    def document(self) -> StoryDocument:
        return StoryDocument(self.vendor, self.policy.type, self.url)

    def coming(self, index: int) -> str:
        """What the next live version but ``index`` changes, in words."""
        return f"a new text: {self.policy.upcoming[index].note}"

    def opens(self) -> None:
        """Serves the version that was archived last."""
        self._serve(len(self.policy.archived) - 1)

    def publishes_next(self) -> None:
        self._serve(self.at + 1)

    def hides(self) -> None:
        """A bot wall, until a text is published."""
        self.site.answer(self.policy.path, answers.bot_wall())

    def tries_next(self) -> None:
        """The next text for one look; every look after it finds the present one again."""
        tried, present = (self._answer(self.policy.versions[index]) for index in (self.at + 1, self.at))
        self.site.answer(self.policy.path, answers.in_turn(tried, present))

    def ends_trial(self) -> None:
        self._serve(self.at)

    def render(self, version: PolicyVersion, look: Look) -> str:
        return render_page(self.policy, version, url=self.url, look=look)

    def _serve(self, index: int) -> None:
        self.at = index
        self.site.answer(self.policy.path, self._answer(self.policy.versions[index]))

    def _answer(self, version: PolicyVersion) -> Answer:
        """A lively page is another one at each look and has no validators; a static one answers 304."""
        published_at = self.site.clock()

        def answer(request: Request) -> Reply:
            body = self.render(version, Look(request.at, next(self.looks))).encode()
            if self.policy.is_lively:
                return Reply(200, body, (("Content-Type", HTML), ("Cache-Control", "no-cache, private")))
            return serve_page(Page(body, HTML, 200, published_at), request)

        return answer
