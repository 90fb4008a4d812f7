"""``python -m benchmarks.score_severity``: whether findings stand in the order in which a reader would want them.

A reader would hear of a sale of data, a lost right, arbitration, training on their data and a new country without a
mechanism before a new analytics company, and of that before a longer list of device data. Labels say nothing of
severity, so each labelled change that is one of these by its own words is looked up among the findings that name it;
then every two changes of different steps are compared, in one comparison and over all."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from benchmarks.measuring import CORPUS
from clausewatch.jobs.pairs import compare_pairs
from clausewatch.jobs.scores import names
from clausewatch.model import Severity

NO_SALE = re.compile(r"\b(?:not|never|no longer|no sale|business|merge[rd]?|acqui\w+|assets)\b", re.IGNORECASE)
GUARDED = re.compile(
    r"standard contractual|adequacy|mechanism|privacy shield|framework|safeguard|comp(?:ly|lies)", re.I
)


@dataclass(frozen=True)
class Theme:
    """What a labelled change is about, and how far up a reader would put it: 0 is first."""

    name: str
    step: int
    kind: str
    directions: frozenset[str]
    effects: frozenset[str]
    says: re.Pattern[str]
    unless: re.Pattern[str] | None = None


def _theme(name: str, step: int, kind: str, directions: str, effects: str, says: str, **more: Any) -> Theme:
    found = re.compile(says, re.IGNORECASE)
    return Theme(name, step, kind, frozenset(directions.split()), frozenset(effects.split()), found, **more)


THEMES = (
    _theme("sale of data", 0, "recipient", "added changed", "expands", r"\b(?:sells?|sold|sale)\b", unless=NO_SALE),
    _theme("lost right", 0, "rights", "removed", "expands", ""),
    _theme("arbitration", 0, "terms", "added changed", "expands", r"\barbitrat|class action"),
    _theme("training", 0, "automation", "added changed", "expands unclear", r"\btrain"),
    _theme("country, no mechanism", 0, "transfer", "added changed", "expands unclear", "", unless=GUARDED),
    _theme("analytics company", 1, "recipient", "added", "expands unclear", r"\banalytics?\b"),
    _theme("device data", 2, "data", "added", "expands unclear", r"\b(?:device|browser|IP address|operating system)"),
)


@dataclass(frozen=True)
class Placed:
    """A labelled change that a finding names: of which pair, about what, how grave we say it is."""

    pair: str
    theme: Theme
    severity: Severity
    subject: str


def theme_of(change: dict[str, str]) -> Theme | None:
    """The first theme that a labelled change is of."""
    said = " ".join(change[part] for part in ("subject", "before", "after"))
    for theme in THEMES:
        if change["kind"] != theme.kind or change["direction"] not in theme.directions:
            continue
        if change["effect"] not in theme.effects or (theme.unless and theme.unless.search(said)):
            continue
        if theme.says.search(said):
            return theme
    return None


def placed() -> tuple[list[Placed], Counter[str]]:
    """The changes that a finding of their kind names, the gravest one that does; how many were missed, by theme."""
    gold = {row["id"]: row for row in map(json.loads, (CORPUS / "gold.jsonl").read_text("utf-8").splitlines())}
    found, missed = [], Counter[str]()
    for row in compare_pairs(CORPUS / "pairs.jsonl", jobs=2):
        for change in gold[row["id"]]["changes"]:
            theme = theme_of(change)
            if theme is None:
                continue
            naming = [Severity(f["severity"]) for f in row["findings"] if _names(f, change)]
            if naming:
                gravest = max(naming, key=lambda severity: severity.rank)
                found.append(Placed(row["id"], theme, gravest, change["subject"]))
            else:
                missed[theme.name] += 1
    return found, missed


def _names(finding: dict[str, Any], change: dict[str, str]) -> bool:
    return finding["kind"] == change["kind"] and names(change["subject"], finding)


def orders(found: Iterable[Placed]) -> Iterator[tuple[str, Placed, Placed]]:
    """Every two changes of different steps, what a reader puts first ahead, and whether we do: right, tied or wrong."""
    for one, other in combinations(found, 2):
        if one.theme.step != other.theme.step:
            first, second = sorted((one, other), key=lambda each: each.theme.step)
            lead = first.severity.rank - second.severity.rank
            yield "right" if lead > 0 else "wrong" if lead < 0 else "tied", first, second


def main() -> None:
    """Print severities by theme and how the orders agree; name no vendor, so that those set aside stay unread."""
    if not (CORPUS / "gold.jsonl").exists():
        print("skipped: the corpus does not stand beside the checkout")
        return
    found, missed = placed()
    by_pair: dict[str, list[Placed]] = defaultdict(list)
    for each in found:
        by_pair[each.pair].append(each)
    for theme in THEMES:
        told = Counter(each.severity for each in found if each.theme is theme)
        said = ", ".join(f"{told[severity]} {severity}" for severity in reversed(Severity) if told[severity])
        print(f"{theme.step} {theme.name:24}{said or '-':40}{missed[theme.name]} not named")
    for name, pairs in (("in one comparison", by_pair.values()), ("over all", [found])):
        agreed = Counter(order for each in pairs for order, _, _ in orders(each))
        print(f"{name:26}" + ", ".join(f"{agreed[order]} {order}" for order in ("right", "tied", "wrong")))


if __name__ == "__main__":
    main()
