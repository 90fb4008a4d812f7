"""Two texts become a comparison: aligned, then read for findings. Storing and telling it is left to others."""

from __future__ import annotations

from clausewatch.model import Comparison, Side, Text, content_id
from differ.align import align
from differ.findings import find


def compare(
    before: Text,
    after: Text,
    *,
    before_side: Side,
    after_side: Side,
    vendor: str | None = None,
    document: str | None = None,
    vendor_name: str | None = None,
    have_bodies_differed: bool = False,
) -> Comparison:
    """All that lies between two texts. ``vendor`` and ``document`` are slugs; the name is for the sentences.

    ``have_bodies_differed`` says that the files differ, so that equal texts can be explained.
    """
    alignment = align(before, after)
    result = find(alignment, vendor_name=vendor_name, have_bodies_differed=have_bodies_differed)
    return Comparison(
        id=content_id("comparison", before_side.id or before_side.sha256, after_side.id or after_side.sha256),
        before=before_side,
        after=after_side,
        sections=alignment.sections,
        findings=result.findings,
        summary=result.summary,
        artefact=result.artefact,
        artefact_reason=result.artefact_reason,
        is_classified=result.classified,
        vendor=vendor,
        document=document,
    )
