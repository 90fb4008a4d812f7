"""Facts found in versions that a person read: ``python -m benchmarks.score_ledger [--errors]``.

``ledger.json`` holds, for each of thirty versions, the recipients, periods of keeping, countries and ages that it
states, and those that could be taken either way, which count for nothing. A name that ends with ``*`` stands for all
that begin so; ``|`` stands between spellings. The vendors set aside are those of ``score_findings``: their errors were
not looked at.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import CORPUS
from clausewatch.model import Fact, Text
from differ.facts import facts_of
from differ.normalise import read

EXPECTED = Path(__file__).with_name("ledger.json")
KINDS = ("recipient", "retention", "transfer", "age")
_FORM = re.compile(r"\b(?:inc|llc|ltd|limited|corp|corporation|gmbh|pte|sarl|co|company|designated activity)\b\.?")


@dataclass(frozen=True, slots=True)
class Score:
    """What was found of one kind in one version, or in several."""

    name: str
    is_aside: bool
    kind: str
    right: int
    missed: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def f1(self) -> float:
        total = 2 * self.right + len(self.missed) + len(self.wrong)
        return 2 * self.right / total if total else 1.0


def run() -> dict[str, float] | None:
    """F1 of each kind over all versions, and over those set aside; None without the corpus."""
    scores = list(scores_of())
    if not scores:
        return None
    aside = [score for score in scores if score.is_aside]
    return {kind: total(kind, scores).f1 for kind in KINDS} | {f"aside_{kind}": total(kind, aside).f1 for kind in KINDS}


def scores_of() -> Iterator[Score]:
    """A score for each version and kind, by the versions that stand beside the checkout."""
    for version in json.loads(EXPECTED.read_text(encoding="utf-8")):
        path = CORPUS / "pairs" / version["pair"]
        if path.is_file():
            yield from score(version, read_version(path, version["type"]))


def read_version(path: Path, document_type: str) -> Text:
    """The text of a version as ``diff --pairs`` reads it."""
    return read(path.read_bytes(), content_type=None, name=path.name, document_type=document_type).text


def score(version: dict[str, Any], text: Text) -> Iterator[Score]:
    """The facts of a text against those that a reader found."""
    stated = facts_of(text)
    for kind in KINDS:
        found = {_plain(fact.value) for fact in stated if fact.kind == kind and _has_value(fact)}
        expected: list[str] = version[kind]
        either: list[str] = version["either"].get(kind, [])
        missed = [name for name in expected if not any(_is(value, name) for value in found)]
        wrong = sorted(value for value in found if not any(_is(value, name) for name in (*expected, *either)))
        yield Score(version["pair"], version["aside"], kind, len(expected) - len(missed), tuple(missed), tuple(wrong))


def _has_value(fact: Fact) -> bool:
    """Whether it is of what readers labelled: of periods those with a number."""
    return fact.kind != "retention" or fact.value[0].isdigit()


def _is(value: str, expected: str) -> bool:
    return any(
        value == _plain(name) or (name.endswith("*") and value.startswith(_plain(name[:-1])))
        for name in expected.split("|")
    )


def _plain(name: str) -> str:
    """A name without case, legal form and signs; a period as it is but for them."""
    return re.sub(r"\W+", "", _FORM.sub("", name.casefold())) or name.casefold()


def total(kind: str, scores: Iterable[Score]) -> Score:
    """The sums of some versions for one kind."""
    of_kind = [score for score in scores if score.kind == kind]
    return Score(
        "all", False, kind, sum(score.right for score in of_kind),
        tuple(name for score in of_kind for name in score.missed),
        tuple(name for score in of_kind for name in score.wrong),
    )  # fmt: skip


def main() -> None:
    """Print the figures of each kind, and with ``--errors`` what was missed and wrong where errors may be looked at."""
    scores = list(scores_of())
    if not scores:
        print("the corpus does not stand beside the checkout")
        return
    sides = {
        "all": scores,
        "looked at": [s for s in scores if not s.is_aside],
        "set aside": [s for s in scores if s.is_aside],
    }
    print(f"{'kind':10} {'side':10} {'right':>6} {'missed':>6} {'wrong':>6} {'F1':>6}")
    for kind in KINDS:
        for side, of_side in sides.items():
            each = total(kind, of_side)
            print(f"{kind:10} {side:10} {each.right:6} {len(each.missed):6} {len(each.wrong):6} {each.f1:6.3f}")
    if "--errors" in sys.argv[1:]:
        for score in sides["looked at"]:
            if score.missed or score.wrong:
                print(f"{score.name} {score.kind}: missed {list(score.missed)}, wrong {list(score.wrong)}")


if __name__ == "__main__":
    main()
