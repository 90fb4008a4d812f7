"""Who is owed a notice of a comparison, and when: rules found by what a comparison shows, never all of them tried.

Equal rules are one, whoever has them; each is kept under the vendors, types, and kinds or words that it asks for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product

from clausewatch.model import Comparison, Rule, Subscription, SubscriptionState
from notifier.audience import Shown, anchor_of, anchors_in, asks_for, is_return, plain_type
from notifier.rhythm import due_at

MOST_PLACES = 48
"""That one rule is kept under; one that names more is kept under less of what it asks for."""

_Sign = tuple[str, str] | None  # a kind or a word; None: any
_Place = tuple[str | None, str | None, _Sign]
_Owed = list[tuple[Subscription, datetime]]


class Listeners:
    """The confirmed subscriptions among those given, by what they listen for."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        rhythms: dict[tuple[str, str, int], int] = {}  # few differ
        members: defaultdict[Rule, list[int]] = defaultdict(list)  # places in the order given
        self._subscriptions: list[tuple[Subscription, int]] = []
        for each in subscriptions:
            if each.state is SubscriptionState.CONFIRMED:
                members[each.rule].append(len(self._subscriptions))
                rhythm = rhythms.setdefault((each.every, each.zone, each.hour), len(rhythms))
                self._subscriptions.append((each, rhythm))
        self._rhythms = list(rhythms)
        self._rules = list(members.items())
        self._kept: defaultdict[_Place, list[int]] = defaultdict(list)  # places in the list of rules
        for number, rule in enumerate(members):
            for place in _places(rule):
                self._kept[place].append(number)

    def __len__(self) -> int:
        return len(self._subscriptions)

    def owed(self, comparison: Comparison, *, document_type: str, now: datetime) -> _Owed:
        """The subscriptions that are owed a notice of the comparison, each with the instant it is due, in the order
        given. Digests alone are owed a return."""
        found: list[int] = []
        shown = Shown(comparison, document_type=document_type)
        for rule, members in self._candidates(shown):
            if asks_for(rule, shown):
                found += members
        found.sort()
        is_for_digests = is_return(comparison)
        dues = [due_at(every, now, zone=zone, hour=hour) for every, zone, hour in self._rhythms]
        return [
            (each, dues[rhythm])
            for number in found
            for each, rhythm in (self._subscriptions[number],)
            if not (is_for_digests and each.every == "instant")
        ]

    def _candidates(self, shown: Shown) -> Iterator[tuple[Rule, list[int]]]:
        """The rules that may ask for it, each once, with who has them."""
        places = product((shown.vendor, None), (shown.document_type, None), _signs(shown))
        numbers = {number for place in places for number in self._kept.get(place, ())}
        return (self._rules[number] for number in numbers)


def _signs(shown: Shown) -> set[_Sign]:
    kinds = {("kind", each.finding.kind.value) for each in shown.findings}
    return {None, *kinds, *anchors_in(text for each in shown.findings for text in each.texts)}


def _places(rule: Rule) -> set[_Place]:
    """Where the rule is kept: a comparison that it asks for looks at one of them at least."""
    vendors: set[str | None] = {vendor.casefold() for vendor in rule.vendors} or {None}
    types: set[str | None] = {plain_type(each) for each in rule.documents} or {None}
    names = rule.companies or rule.keywords
    signs: set[_Sign] = {None}
    if names:
        signs = {anchor for name in names if (anchor := anchor_of(name))}
    elif rule.kinds:
        signs = {("kind", kind.value) for kind in rule.kinds}
    if len(vendors) * len(types) * len(signs) > MOST_PLACES:
        types = {None}
    if len(vendors) * len(signs) > MOST_PLACES and rule.vendors:
        signs = {None}
    return set(product(vendors, types, signs))
