"""Documents that stand elsewhere now."""

from __future__ import annotations

from archive.watches import Failure


def with_findings(reason: str, known: Failure | None) -> str:
    return reason
