"""What lies between any two versions, and the part of a page that shows it: made where nothing else of the pages is
loaded, so that a process that does this alone is small."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import zstandard
from markupsafe import Markup

from clausewatch.model import Comparison, Document, Side, Text
from clausewatch.views.html import comparison_view
from clausewatch.views.templating import environment
from differ.comparing import compare

if TYPE_CHECKING:
    from clausewatch.jobs.sources import Given

_LEVEL = 3  # of compression: milliseconds for a megabyte
_KINDNESS = 5  # pages go first where processors are few

Sides = tuple[Side, Side]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts of a document."""

    document: Document
    sides: Sides
    texts: tuple[Text, Text]


@dataclass(frozen=True, slots=True)
class Made:
    """What lies between the texts of a pair, and the part of the page that shows it."""

    head: Comparison  # what stands above that part: without sections, and of the findings the most severe alone
    packed_body: bytes
    packed: bytes

    def __len__(self) -> int:
        return len(self.packed_body) + len(self.packed)

    def body(self) -> Markup:
        return Markup(zstandard.decompress(self.packed_body).decode())  # noqa: S704  # a template escaped it

    def comparison(self) -> Comparison:
        whole: Comparison = pickle.loads(zstandard.decompress(self.packed))  # noqa: S301  # packed by ourselves
        return whole


def make(pair: Pair) -> Made:
    """Compare the texts and show the difference. The same pair gives the same."""
    document = pair.document
    whole = compare(
        *pair.texts, before_side=pair.sides[0], after_side=pair.sides[1], vendor=document.vendor,
        document=document.slug, vendor_name=document.vendor_name,
    )  # fmt: skip
    worst = sorted(whole.findings, key=lambda finding: finding.severity.rank)[-1:]
    template: Any = environment().get_template("diff/comparison.html").module
    body: str = template.comparison_body(comparison_view(whole))
    return Made(
        head=replace(whole, sections=(), findings=tuple(worst)),
        packed_body=zstandard.compress(body.encode(), _LEVEL),
        packed=zstandard.compress(pickle.dumps(whole), _LEVEL),
    )


def make_beside(pair: Pair) -> Made:
    """As ``make``, in a process that does nothing else."""
    _give_way()
    return make(pair)


def compare_beside(before: Given, after: Given) -> Comparison:
    """As ``compare_given``, in a process that does nothing else."""
    from clausewatch.jobs.sources import compare_given

    _give_way()
    return compare_given(before, after)


@cache  # once in the life of the process: each time it would sink lower
def _give_way() -> None:
    if hasattr(os, "nice"):  # Windows has no such thing
        os.nice(_KINDNESS)
