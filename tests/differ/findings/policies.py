"""Builds short policies from Markdown and compares them."""

from clausewatch.model import Alignment
from differ.align import align
from differ.findings import Result, find
from differ.normalise import read

OPENING = (
    "# {title} of Marlowe Kettles\n\nMarlowe Kettles makes kettles that boil water on command. "
    "This text is about kettles and those who own them. Every kettle has a lid, a spout and a handle.\n\n"
)
"""Stands before both texts, so that most of the two is equal, as in two versions of one document."""


def alignment_of(before: str, after: str, *, title: str = "Privacy Policy") -> Alignment:
    old, new = (read((OPENING.format(title=title) + text).encode(), name="policy.md").text for text in (before, after))
    return align(old, new)


def compare(before: str, after: str, *, vendor_name: str | None = None, title: str = "Privacy Policy") -> Result:
    return find(alignment_of(before, after, title=title), vendor_name=vendor_name)
