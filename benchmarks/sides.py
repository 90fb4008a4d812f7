"""Which vendors are set aside: no rule is written after them, and the figures of their side come from weights that
were not trained on them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

SIDES = 3
"""One vendor in three is set aside."""

Chosen = Callable[[str], bool]
"""Whether a vendor is among those that are learned from."""


def is_set_aside(vendor: str) -> bool:
    """Whether a vendor is one whose texts and errors nobody looks at."""
    return int(hashlib.sha256(vendor.lower().encode()).hexdigest()[:8], 16) % SIDES == 0


def is_looked_at(vendor: str) -> bool:
    """Whether a vendor is none of those."""
    return not is_set_aside(vendor)


def every(_vendor: str) -> bool:
    """Any vendor: for the weights that are shipped."""
    return True
