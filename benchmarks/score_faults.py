"""How surely faulty snapshots are held, and how rarely good ones: faults injected into the archived histories.

    python -m benchmarks.score_faults [SEED] [--missed] [--replay]

Injects pages of every class (faulty_pages.py) at random places of the twelve histories, the first look among them and
two in a row, and judges the histories as the archive does. A cut page that lost none of the policy's words is no fault
and is drawn again. Then judges the untouched histories, and with --replay those of the replay.
"""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from benchmarks.faulty_pages import MAKERS, ONLY_HISTORY_TELLS, Place
from benchmarks.good_histories import held_pages, held_pairs, look_of, pairs, replay
from benchmarks.measuring import CORPUS
from clausewatch.model import Look, Reading
from differ import read
from differ.doubts import doubts_of

EACH_CLASS = 30  # faults injected, in all histories together
FIRST_SHARE, PAIR_SHARE = 0.12, 0.25  # at the very first look; two in a row
IN_ONE_HISTORY = 3  # places at most at which one run of a history is disturbed
_DAY = datetime(2026, 1, 1, tzinfo=UTC)
MIN_WORDS_LOST = 8  # of a page that counts as cut: a shorter end may be a mark of the page's foot
NOT_THE_DOCUMENT = {
    "badoo-privacy-policy": (
        "2023-05-19T18", "2023-05-20T00", "2023-05-22T06", "2023-05-24T12", "2023-05-24T18", "2023-07-12T00",
        "2023-07-14T06", "2024-02-29T00", "2024-06-03T06",
    ),
    "hily-privacy-policy": ("2023-01-30T12", "2023-01-30T18", "2023-01-31T18", "2026-08-22T12"),
    "match-privacy-policy": ("2024-04-24T00", "2024-05-01T18"),
}  # fmt: skip
"""Snapshots that are faults as they came (read one by one): error shells, a bot wall, front pages, stray languages."""


@dataclass(frozen=True, slots=True)
class Body:
    """One archived answer."""

    at: str
    url: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class History:
    """The archived answers of one document, oldest first."""

    name: str
    bodies: tuple[Body, ...]

    @property
    def document_type(self) -> str:
        return "Terms of Service" if self.name.endswith("terms-of-service") else "Privacy Policy"

    @property
    def vendor(self) -> str:
        words = self.name.removesuffix("-terms-of-service").removesuffix("-privacy-policy").split("-")
        return " ".join(word.capitalize() for word in words)


def histories() -> Iterator[History]:
    """The archived histories of the corpus."""
    from warcio.archiveiterator import ArchiveIterator

    for path in sorted((CORPUS / "captures").glob("*.warc.gz")):
        bodies = []
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "response":
                    header = record.rec_headers.get_header
                    kind = record.http_headers.get_header("content-type") or ""
                    at, url = header("WARC-Date"), header("WARC-Target-URI")
                    bodies.append(Body(at, url, kind, record.content_stream().read()))
        yield History(path.name.removesuffix(".warc.gz"), tuple(sorted(bodies, key=lambda body: body.at)))


def read_body(history: History, body: Body, content: bytes | None = None) -> Reading:
    """What is read from an answer, or from another content in its place."""
    kind = body.content_type
    if content is not None and content is not body.body and not content.startswith(b"%PDF"):
        kind = "text/html; charset=utf-8"
    return read(
        body.body if content is None else content,
        content_type=kind, url=body.url, document_type=history.document_type,
    )  # fmt: skip


# --- injecting --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Injected:
    """One faulty snapshot, and whether it was held."""

    name: str
    history: str
    is_first: bool
    held: str | None
    reason: str
    content: bytes


@dataclass
class Bench:
    """The histories as they are, read once."""

    histories: list[History]
    looks: dict[str, list[Look]]
    words: dict[str, list[int]]
    keys: dict[str, list[str]]
    languages: dict[str, list[str | None]]
    unclosed: dict[str, History]


def load() -> Bench:
    """Read every archived answer."""
    bench = Bench(list(histories()), {}, {}, {}, {}, {})
    for history in bench.histories:
        _take(bench, history)
    for name in (
        "github-privacy-policy",
        "open-collective-privacy-policy",
        "finya-privacy-policy",
        "lex-privacy-policy",
    ):
        source = next(history for history in bench.histories if history.name == name)
        bodies = tuple(replace(body, body=_without_ends(body.body)) for body in source.bodies)
        history = History(name.replace("-privacy", "*-privacy"), bodies)
        bench.unclosed[history.name] = history
        _take(bench, history)
    return bench


def _take(bench: Bench, history: History) -> None:
    readings = [read_body(history, body) for body in history.bodies]
    bench.looks[history.name] = [
        look_of(reading, id=f"{at}", at=_at(body.at))
        for at, (body, reading) in enumerate(zip(history.bodies, readings, strict=True))
    ]
    bench.words[history.name] = [reading.text.words for reading in readings]
    bench.keys[history.name] = [reading.text.key for reading in readings]
    bench.languages[history.name] = [reading.text.language for reading in readings]


def _without_ends(body: bytes) -> bytes:
    """The page as some write it: the tags that may be left open at the end are."""
    return body.replace(b"</body>", b"").replace(b"</html>", b"")


def _at(written: str) -> datetime:
    return datetime.fromisoformat(written.replace("Z", "+00:00")).astimezone(UTC)


def inject(bench: Bench, *, seed: int) -> list[Injected]:
    """Every class EACH_CLASS times, spread over the histories."""
    rng = random.Random(seed)
    waiting = [name for name in MAKERS for _ in range(EACH_CLASS)]
    rng.shuffle(waiting)
    found: list[Injected] = []
    while waiting:
        names = [waiting.pop() for _ in range(min(IN_ONE_HISTORY, len(waiting)))]
        if "truncated-unclosed" in names:
            waiting += [name for name in names if name != "truncated-unclosed"]
            rng.shuffle(waiting)
            found += _one_run(bench, rng.choice(list(bench.unclosed.values())), ["truncated-unclosed"], rng)
        else:
            found += _one_run(bench, rng.choice(bench.histories), names, rng)
    return found


def _one_run(bench: Bench, history: History, names: Sequence[str], rng: random.Random) -> list[Injected]:
    looks = bench.looks[history.name]
    good = [at for at, look in enumerate(looks) if look.fault is None]
    added: list[tuple[int, str, bytes, Look]] = []
    for number, name in enumerate(names):
        place = 0 if rng.random() < FIRST_SHARE else rng.choice(good)
        for again in range(2 if rng.random() < PAIR_SHARE else 1):
            content, reading = _faulty(bench, history, name, max(place, good[0]), rng)
            at = looks[place].captured_at - timedelta(minutes=90 - 30 * again - 5 * number)
            added.append((place, name, content, look_of(reading, id=f"{name}-{number}-{again}", at=at)))
    mixed = sorted([*looks, *(look for *_, look in added)], key=lambda look: (look.captured_at, look.snapshot))
    held = doubts_of(mixed).faults
    return [
        Injected(
            name, history.name, place == 0, held[look.snapshot][0].value if look.snapshot in held else None,
            held[look.snapshot][1] if look.snapshot in held else "", content,
        )
        for place, name, content, look in added
    ]  # fmt: skip


def _faulty(bench: Bench, history: History, name: str, at: int, rng: random.Random) -> tuple[bytes, Reading]:
    body = history.bodies[at]
    language = bench.languages[history.name][at] or "en"
    is_terms = history.document_type.startswith("Terms")
    place = Place(
        body=body.body,
        content_type=body.content_type,
        vendor=history.vendor,
        document_type=history.document_type,
        language=language,
        others=_policies(not is_terms, language, history.name),
        other_types=_policies(is_terms, language, ""),
    )
    while True:
        content = MAKERS[name](rng, place)
        reading = read_body(history, body, content)
        whole = bench.words[history.name][at]
        if not name.startswith("truncated") or reading.text.words <= whole - MIN_WORDS_LOST:
            return content, reading


@cache
def _policies(is_privacy: bool, language: str, own: str) -> tuple[str, ...]:
    """Other vendors' documents of the corpus as plain lines; German ones come from the archived histories."""
    if language == "de" and is_privacy:
        german = [h for h in histories() if h.name.startswith(("finya", "parship")) and h.name != own.replace("*", "")]
        return tuple(read_body(h, h.bodies[-1]).text.text for h in german)
    wanted = "Privacy Policy" if is_privacy else "Terms of Service"
    paths = [before for before, _, kind in pairs() if kind == wanted]
    texts = (read(path.read_bytes(), name=path.name).text for path in paths)
    return tuple(text.text for text in texts if text.words > 1000 and text.language == "en")[:60]


# --- the figures ------------------------------------------------------------------------------------------------


def main(words: Sequence[str]) -> None:
    """Print the figures."""
    if not (CORPUS / "captures").is_dir():
        print("skipped: the corpus does not stand beside the checkout")
        return
    seed = next((int(word) for word in words if word.isdigit()), 1)
    bench = load()
    injected = inject(bench, seed=seed)
    _print_injected(injected, is_long="--missed" in words)
    good = false = 0
    for history in bench.histories:
        looks = bench.looks[history.name]
        held = doubts_of(looks).faults
        known = NOT_THE_DOCUMENT.get(history.name, ())
        good += len(looks) - len(known)
        false += sum(not history.bodies[int(snapshot)].at.startswith(known or "-") for snapshot in held)
        for snapshot, (fault, reason) in held.items():
            print(f"  held as it came: {history.name} {history.bodies[int(snapshot)].at} {fault.value}: {reason}")
    print(f"good snapshots held: {false} of {good} ({false / good:.2%}; reach 0.5 % or less)")
    total, sides = held_pairs()
    print(f"pairs of neighbouring versions, {total}: {len(sides)} sides held")
    for line in sides:
        print(f"  {line}")
    pages, strange = held_pages()
    print(f"pages made of their texts, short ones among them: {len(strange)} of {pages} held")
    for line in strange:
        print(f"  {line}")
    if "--replay" not in words:
        return
    total, held_count, for_ever = replay()
    print(f"replay: {held_count} of {total} records held, {len(for_ever)} texts never let through")
    for line in for_ever:
        print(f"  {line}")


def _print_injected(injected: Sequence[Injected], *, is_long: bool) -> None:
    counts, held = Counter[str](), Counter[str]()
    names: dict[str, Counter[str]] = defaultdict(Counter)
    blind = [one for one in injected if one.is_first and one.name in ONLY_HISTORY_TELLS]
    for one in injected:
        counts[one.name] += 1
        held[one.name] += one.held is not None
        names[one.name][one.held or "NOT HELD"] += 1
    for name in MAKERS:
        kinds = ", ".join(f"{kind} {count}" for kind, count in names[name].most_common())
        print(f"{name:22} {held[name]:4} of {counts[name]:4} held   ({kinds})")
    total = sum(held.values())
    seen = [one for one in injected if one not in blind]
    told = sum(one.held is not None for one in seen)
    print(f"faults held: {total} of {len(injected)} ({total / len(injected):.1%}; reach 99 %)")
    print(f"  without first looks that nothing tells from a document: {told} of {len(seen)} ({told / len(seen):.1%})")
    for one in (one for one in injected if is_long and one.held is None):
        print(
            f"  missed: {one.name} in {one.history}{' at the first look' if one.is_first else ''}: {one.content[:90]!r}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
