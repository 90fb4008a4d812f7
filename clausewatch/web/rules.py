"""The form for a rule: its fields as a browser sends them, what it offers to choose from, and what was chosen."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import BaseModel, StringConstraints

from archive import Archive
from archive.documents import count_documents, list_types, list_vendors, vendor_names
from clausewatch.errors import UsageError
from clausewatch.jobs.rules import Asked, read_asked, read_rule, split_words
from clausewatch.model import Direction, Effect, Kind, Rule, Severity, Vendor
from notifier.letter import EFFECT_WORDS

Short = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=2000)]
MOST_LISTED = 200  # vendors to tick; beyond it nobody finds one among them, and the page grows with the archive
_LONGEST_WORD = 60  # characters; a name or a phrase, no message to a stranger
_LINKS = ("/", "@", ":", "\\", "www.")
_HOST_AMONG_WORDS = re.compile(r"\w\.[^\W\d]{2,}.*\s|\s.*\w\.[^\W\d]{2,}")
"""Mail programs make links of hosts. One that stands alone is a name: companies are called Booking.com."""


class RuleForm(BaseModel):
    """What somebody filled in. Checked by ``asked``, so that forms, programs and options are refused alike."""

    vendor: list[Short] = []
    vendors_named: Long = ""  # where they are too many to be listed; several, with commas between
    document: list[Short] = []
    kind: list[Short] = []
    direction: list[Short] = []
    effect: list[Short] = []
    min_severity: Short = ""
    severity_of: list[Short] = []  # KIND=SEVERITY
    company: Long = ""  # several, with commas between
    keyword: Long = ""
    language: Short = ""
    all_changes: bool = False
    every: Short = "instant"
    zone: Short = "UTC"
    hour: int = 7
    quiet: bool = False
    webhook: Long = ""

    def asked(self, allow_hosts: Collection[str]) -> Asked:
        """What it asks for. Raises UsageError."""
        rule = read_rule(
            vendors=[*self.vendor, *split_words(self.vendors_named)], documents=self.document, kinds=self.kind,
            directions=self.direction, effects=self.effect, min_severity=self.min_severity, severities=self.severity_of,
            companies=split_words(self.company), keywords=split_words(self.keyword),
            languages=split_words(self.language), everything=self.all_changes,
        )  # fmt: skip
        return read_asked(
            rule, every=self.every, zone=self.zone, hour=self.hour, is_quiet_told=self.quiet,
            webhook=self.webhook.strip() or None, allow_hosts=allow_hosts,
        )  # fmt: skip


def filled_in(asked: Asked) -> RuleForm:
    """The form as it would have been filled in."""
    rule = asked.rule
    return RuleForm(
        vendor=list(rule.vendors), document=list(rule.documents), kind=list(rule.kinds),
        direction=list(rule.directions), effect=list(rule.effects), min_severity=rule.min_severity or "",
        severity_of=[f"{kind}={severity}" for kind, severity in rule.severities],
        company=", ".join(rule.companies), keyword=", ".join(rule.keywords), language=", ".join(rule.languages),
        all_changes=rule.everything, every=asked.every, zone=asked.zone, hour=asked.hour, quiet=asked.is_quiet_told,
        webhook=asked.webhook or "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers. What was chosen and is not kept any more stays offered, so that no change drops it."""

    vendors: Sequence[Vendor]
    are_all_vendors: bool  # False: those that were chosen; others are named
    types: Sequence[str]
    kinds: Sequence[Kind]
    severities: Sequence[Severity]
    directions: Sequence[Direction]
    effects: dict[Effect, str]
    zones: Sequence[str]


def choices(archive: Archive, form: RuleForm) -> Choices:
    with archive.read() as connection:
        listed = list_vendors(connection, limit=MOST_LISTED + 1)
        names = vendor_names(connection, [slug for slug in form.vendor if slug])
        types = set(list_types(connection))
    are_all = len(listed) <= MOST_LISTED
    offered = listed if are_all else []
    known = {vendor.slug for vendor in offered}
    chosen = [Vendor(slug, names.get(slug, slug)) for slug in form.vendor if slug and slug not in known]
    return Choices(
        vendors=[*offered, *chosen],
        are_all_vendors=are_all,
        types=sorted(types | set(filter(None, form.document))),
        kinds=list(Kind),
        severities=list(Severity),
        directions=list(Direction),
        effects=EFFECT_WORDS,
        zones=_zones(),
    )


@cache
def _zones() -> Sequence[str]:
    """Those that people live in: the others are doubles under older names."""
    named = {name for name in available_timezones() if "/" in name}
    return ["UTC", *sorted(name for name in named if not name.startswith(("Etc/", "SystemV/", "US/", "posix/")))]


def check_names(archive: Archive, rule: Rule) -> None:
    """Raises UsageError for a vendor or a type that is not kept: a visitor would wait in silence for ever."""
    with archive.read() as connection:
        vendors = count_documents(connection, rule.vendors)
        types = list_types(connection) if rule.documents else []
    for vendor in rule.vendors:
        if vendor not in vendors:
            raise UsageError(f"{vendor}: no such vendor; choose one of the list")
    for type in rule.documents:
        if type not in types:
            raise UsageError(f"{type}: no such type of document; choose one of the list")


def check_words(rule: Rule) -> None:
    """Raises UsageError for words that read as an address: the confirmation repeats them to whoever owns the mailbox,
    and is not to carry a stranger's advertisement there."""
    for word in (*rule.companies, *rule.keywords, *rule.languages):
        if len(word) > _LONGEST_WORD:
            raise UsageError(
                f"{word[:40]!r}...: is too long for a name or word to look for; {_LONGEST_WORD} characters"
            )
        if any(sign in word.lower() for sign in _LINKS) or _HOST_AMONG_WORDS.search(word):
            raise UsageError(f"{word!r}: is no name or word to look for; leave out addresses")
