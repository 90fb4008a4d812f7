"""Comparisons for the views: the longest, the emptiest, and one of each change."""

from __future__ import annotations

from datetime import UTC, datetime

from clausewatch.model import (
    Change,
    Comparison,
    ComparisonState,
    Direction,
    Edit,
    Effect,
    Finding,
    Kind,
    Quote,
    SectionChange,
    Severity,
    Side,
)

HOSTILE = '<script>alert("1")</script> & *stars* _lines_ [link](x) `code` # ~~gone~~'

EMPTIEST = Comparison(
    id="0" * 16,
    before=Side(None, "", None, None, 0, "a" * 64),
    after=Side(None, "", None, None, 0, "a" * 64),
    sections=(),
    findings=(),
    summary="",
)

UNCHANGED = tuple(
    SectionChange(
        (), (f"Chapter {n}",), (f"Chapter {n}",), n * 40, n * 40, (Edit("=", f"Chapter {n}\n\nAs it was.\n\n"),)
    )
    for n in range(30)
)

LONGEST = Comparison(
    id="f" * 16,
    before=Side("v1", "Lumenwood privacy 2019", datetime(2019, 5, 3, tzinfo=UTC), "en", 4000, "b" * 64),
    after=Side("v2", "Lumenwood privacy 2020", datetime(2020, 5, 3, 7, 30, tzinfo=UTC), "en", 4100, "c" * 64),
    vendor="lumenwood",
    document="privacy-policy",
    state=ComparisonState.CONFIRMED,
    notify=True,
    artefact_reason=None,
    summary="Lumenwood keeps data 24 months instead of 18 months.",
    findings=(
        Finding(
            kind=Kind.RETENTION,
            direction=Direction.CHANGED,
            effect=Effect.EXPANDS,
            subject="18 months -> 24 months",
            severity=Severity.HIGH,
            confidence=0.93,
            section=("Privacy", "How long"),
            sentence="Lumenwood keeps data 24 months instead of 18 months.",
            rule="retention.period",
            before=Quote("We keep orders for 18 months.", 2009, 2038),
            after=Quote("We keep orders for 24 months.", 3009, 3038),
        ),
        Finding(
            kind=Kind.RECIPIENT,
            direction=Direction.ADDED,
            effect=Effect.EXPANDS,
            subject=HOSTILE,
            severity=Severity.CRITICAL,
            confidence=0.4,
            section=("Nowhere",),
            sentence=f"The policy appears to name {HOSTILE}.",
            rule="recipient.named",
            before=None,
            after=Quote(HOSTILE, 9000, 9000 + len(HOSTILE)),
        ),
    ),
    sections=(
        *UNCHANGED,
        SectionChange(
            (Change.EDITED, Change.MOVED),
            ("Privacy", "How long"),
            ("Privacy", "How long"),
            2000,
            3000,
            (
                Edit("=", "How long\n\nWe keep orders for "),
                Edit("-", "18"),
                Edit("+", "24"),
                Edit("=", " months." + " We say it again." * 40 + "\n\nThe second block stays. "),
                Edit("-", "It goes.\n\n"),
                Edit("+", "It comes."),
                Edit("=", "\n\n"),
                Edit("-", "This paragraph found another home.\n\n", "m1"),
            ),
        ),
        SectionChange(
            (Change.RENAMED,),
            ("Privacy", "Cookies"),
            ("Privacy", "Cookies and more"),
            5000,
            5000,
            (Edit("=", "Cookies"), Edit("+", " and more"), Edit("=", "\n\nOne.\n\n")),
        ),
        SectionChange((Change.REMOVED,), ("Old",), None, 6000, None, (Edit("-", "Old\n\nGone.\n\n"),)),
        SectionChange(
            (Change.ADDED,),
            None,
            (HOSTILE,),
            None,
            9000,
            (Edit("+", f"{HOSTILE}\n\n"), Edit("+", "This paragraph found another home.\n\n", "m1")),
        ),
        SectionChange((Change.EDITED,), (), (), 0, 0, (Edit("-", "Top.\n\n"), Edit("+", f"Top {HOSTILE}\n\n"))),
    ),
)
