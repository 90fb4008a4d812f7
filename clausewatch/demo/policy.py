"""The fictional vendors' policies: each one text and small edits, read into the full text of every version.

How a version looks as a page is in ``demo.pages``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

VENDORS = ("skyforge", "pulsetrail", "kettle-and-loom")
SECTION = "\n## "


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One wording of a policy, as Markdown."""

    dated: date  # the day that the text itself states
    note: str  # what it changes, in words for the reader of the demo
    source: str
    captured_at: tuple[datetime, ...]  # when the Wayback stand-in saw it; empty: it comes to pass live


@dataclass(frozen=True, slots=True)
class Trouble:
    """A moment at which the Wayback stand-in got something else than the policy."""

    at: datetime
    kind: str  # "bot-wall" or "unavailable"


@dataclass(frozen=True, slots=True)
class Policy:
    """A fictional vendor's policy with all its versions, oldest first, and what its page is made of."""

    folder: str
    vendor: str
    type: str
    path: str
    style: str
    is_lively: bool  # the frame around the policy differs at every look
    teasers: tuple[str, ...]
    template: str
    versions: tuple[PolicyVersion, ...]
    troubles: tuple[Trouble, ...]

    @property
    def archived(self) -> tuple[PolicyVersion, ...]:
        return tuple(version for version in self.versions if version.captured_at)

    @property
    def upcoming(self) -> tuple[PolicyVersion, ...]:
        """The versions that come to pass live."""
        return tuple(version for version in self.versions if not version.captured_at)


@cache
def read_policy(folder: str) -> Policy:
    """The policy that lies in ``demo/policies/FOLDER``. Raises ValueError where an edit does not fit its text."""
    place = files("clausewatch.demo.policies") / folder
    table = tomllib.loads((place / "versions.toml").read_text(encoding="utf-8"))
    source = (place / "policy.md").read_text(encoding="utf-8")
    versions = []
    for entry in table["version"]:
        source = apply_edits(source, entry)
        text = source.format(updated=f"{entry['dated']:%B} {entry['dated'].day}, {entry['dated'].year}")
        versions.append(PolicyVersion(entry["dated"], entry["note"], text, tuple(entry.get("captured", ()))))
    return Policy(
        folder=folder,
        vendor=table["vendor"],
        type=table["type"],
        path=table["path"],
        style=table["style"],
        is_lively=table["is_lively"],
        teasers=tuple(table["teasers"]),
        template=(place / "page.html").read_text(encoding="utf-8"),
        versions=tuple(versions),
        troubles=tuple(Trouble(entry["at"], entry["kind"]) for entry in table.get("trouble", ())),
    )


def apply_edits(source: str, entry: Mapping[str, Any]) -> str:
    """The next version's text: sections are moved first, then pieces replaced, each of which must occur once."""
    for move in entry.get("move", ()):
        source = move_section(source, move["section"], behind=move["behind"], name=move["name"])
    for edit in entry.get("edit", ()):
        if (times := source.count(edit["old"])) != 1:
            raise ValueError(f"version of {entry['dated']}: {edit['old']!r} occurs {times} times, not once")
        source = source.replace(edit["old"], edit["new"])
    return source


def move_section(source: str, section: str, *, behind: str, name: str) -> str:
    """The text with a section taken out and put behind another one under a name."""
    head, *sections = source.rstrip("\n").split(SECTION)
    titles = [text.partition("\n")[0] for text in sections]
    moved = sections[titles.index(section)].partition("\n")[2].rstrip("\n")
    sections = [text.rstrip("\n") for text in sections if not text.startswith(f"{section}\n")]
    at = [text.partition("\n")[0] for text in sections].index(behind)
    sections.insert(at + 1, f"{name}\n{moved}")
    return f"\n{SECTION}".join([head.rstrip("\n"), *sections]) + "\n"
