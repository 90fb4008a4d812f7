"""From bytes to texts, from texts to comparisons. Pure: no network, no database, no clock."""

from differ.align import align
from differ.comparing import compare
from differ.normalise import REVISION, read
from differ.sections import Section, sections

__all__ = ["REVISION", "Section", "align", "compare", "read", "sections"]
