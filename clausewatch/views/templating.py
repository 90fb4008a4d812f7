"""The Jinja environment of what stands by itself: reports and texts. The pages of the web have their own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment() -> Environment:
    """Templates escape what they show, and fail where something is not there."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # not every form of a view needs it

    return Environment(
        loader=PackageLoader("templates", ""),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
