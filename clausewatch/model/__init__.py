"""Every noun of the domain. Start reading here.

A page is fetched: a *snapshot* (bytes). The differ reads it: a *text* of blocks, or a *fault*. Runs of equal
text over time are *versions*. Two versions and all that lies between them are a *comparison*, whose material
changes are *findings*. A *subscription* is owed a *notice* of a comparison.

Standard library only; nothing here does input or output. Instants end in ``_at`` and are aware UTC.
"""

from clausewatch.model.comparisons import (
    Alignment,
    BlockChange,
    Change,
    Comparison,
    ComparisonState,
    Direction,
    Edit,
    Effect,
    Fact,
    Finding,
    Form,
    Kind,
    Quote,
    SectionChange,
    Severity,
    Side,
    StatedDays,
)
from clausewatch.model.documents import Address, Document, Fault, Look, Snapshot, Source, Vendor, Version, content_id
from clausewatch.model.subscriptions import Notice, NoticeState, Rule, Subscription, SubscriptionState
from clausewatch.model.texts import BLOCK_END, Block, BlockKind, Reading, Text, count_words

__all__ = [
    "BLOCK_END",
    "Address",
    "Alignment",
    "Block",
    "BlockChange",
    "BlockKind",
    "Change",
    "Comparison",
    "ComparisonState",
    "Direction",
    "Document",
    "Edit",
    "Effect",
    "Fact",
    "Fault",
    "Finding",
    "Form",
    "Kind",
    "Look",
    "Notice",
    "NoticeState",
    "Quote",
    "Reading",
    "Rule",
    "SectionChange",
    "Severity",
    "Side",
    "Snapshot",
    "Source",
    "StatedDays",
    "Subscription",
    "SubscriptionState",
    "Text",
    "Vendor",
    "Version",
    "content_id",
    "count_words",
]
