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
_Owed = list[tuple[str, datetime]]


class Listeners:
    """The confirmed subscriptions among those given, by what they listen for. Of each nothing is kept but its id, its
    rule and when it is told: there may be a million."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._rhythms: dict[tuple[str, str, int], int] = {}  # few differ
        self._held: dict[str, tuple[int, int]] = {}  # numbers of rule and rhythm, by the id of the subscription
        self._numbers: dict[Rule, int] = {}
        self._rules: dict[int, tuple[Rule, list[str]]] = {}  # with who has it
        self._kept: defaultdict[_Place, list[int]] = defaultdict(list)  # numbers of rules
        self._newest = 0
        for each in subscriptions:
            self.put(each)

    def __len__(self) -> int:
        return len(self._held)

    def put(self, subscription: Subscription) -> None:
        """Know the subscription as it is now; one that is not confirmed listens no more."""
        if subscription.id in self._held:
            self._drop(subscription.id)
        if subscription.state is SubscriptionState.CONFIRMED:
            number = self._number_of(subscription.rule)
            rhythm = (subscription.every, subscription.zone, subscription.hour)
            self._held[subscription.id] = number, self._rhythms.setdefault(rhythm, len(self._rhythms))
            self._rules[number][1].append(subscription.id)

    def _number_of(self, rule: Rule) -> int:
        number = self._numbers.get(rule)
        if number is None:
            number = self._numbers[rule] = self._newest = self._newest + 1
            self._rules[number] = rule, []
            for place in _places(rule):
                self._kept[place].append(number)
        return number

    def _drop(self, subscription: str) -> None:
        number, _ = self._held.pop(subscription)
        rule, members = self._rules[number]
        members.remove(subscription)
        if members:
            return
        del self._rules[number], self._numbers[rule]
        for place in _places(rule):
            self._kept[place].remove(number)
            if not self._kept[place]:
                del self._kept[place]

    def owed(self, comparison: Comparison, *, document_type: str, now: datetime) -> _Owed:
        """The subscriptions, by id and in that order, that are owed a notice of the comparison, each with the instant
        it is due. Digests alone are owed a return."""
        found: list[str] = []
        shown = Shown(comparison, document_type=document_type)
        for rule, members in self._candidates(shown):
            if asks_for(rule, shown):
                found += members
        found.sort()
        is_for_digests = is_return(comparison)
        dues = [
            None if is_for_digests and every == "instant" else due_at(every, now, zone=zone, hour=hour)
            for every, zone, hour in self._rhythms
        ]
        return [(id, at) for id in found if (at := dues[self._held[id][1]])]

    def _candidates(self, shown: Shown) -> Iterator[tuple[Rule, list[str]]]:
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
