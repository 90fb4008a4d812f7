"""Check what ``clausewatch export jsonl`` wrote, without Clausewatch: ``python verify.py [FOLDER] [--key HEX]``.

This one file needs Python 3.9 and nothing else; it lies beside every export as verify.py. What it trusts is the key.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
_PART_BYTES = 1 << 20
EMPTY_CHAIN = "0" * 64
_UTC = timezone.utc  # noqa: UP017  # datetime.UTC came with Python 3.11
Rows = list[dict[str, Any]]


def main() -> int:
    """Print what is wrong, a line each; 0 where nothing is."""
    parser = argparse.ArgumentParser(description="Check an export of a Clausewatch archive.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", action="append", metavar="HEX", help="a public key that you trust; others are faults")
    asked = parser.parse_args()
    export = Export(asked.folder, trusted={key.lower() for key in asked.key or ()})
    faults = 0
    for fault in export.faults():
        faults += 1
        sys.stdout.write(fault + "\n")
    keys = ", ".join(sorted(export.keys)) or "nobody"
    said = _counted(faults, "fault") if faults else f"all is as it was written: {export.counts}; signed by {keys}"
    sys.stdout.write(said + "\n")
    return 1 if faults else 0


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Export:
    """A folder that was exported; ``keys`` and ``counts`` are known once its faults are."""

    def __init__(self, folder: Path, *, trusted: set[str]) -> None:
        self.folder = folder
        self.trusted = trusted
        self.keys: set[str] = set()
        self.counts = ""

    def faults(self) -> Iterator[str]:
        yield from self._sum_faults()
        try:
            documents = {row["id"]: row for row in self._rows("documents")}
            names = {(row["vendor"], row["document"]): id for id, row in documents.items()}
            snapshots, links = self._by_document("snapshots", names), self._by_document("links", names)
            versions, heads = self._rows("versions"), self._rows("heads")
            erased = {row["sha256"] for row in self._rows("tombstones") if row["what"] == "body"}
            chains: dict[str, list[str]] = {}
            version_chains: dict[str, list[str]] = {}
            for id, rows in snapshots.items():
                yield from self._snapshot_faults(id, rows, chains.setdefault(id, [EMPTY_CHAIN]), erased)
            for id, rows in links.items():
                yield from _link_faults(id, rows, version_chains.setdefault(id, [EMPTY_CHAIN]))
            yield from self._head_faults(heads, chains, version_chains)
            linked = {(row["version"], row["sha256"]) for rows in links.values() for row in rows}
            yield from _text_faults(versions, linked)
            yield from _quote_faults(self._rows("comparisons"), {row["id"]: row["text"] for row in versions})
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            yield f"cannot be read to its end: {type(error).__name__} {error}"
            return
        known = sum(map(len, snapshots.values()))
        self.counts = ", ".join((
            _counted(len(documents), "document"), _counted(known, "snapshot"), _counted(len(versions), "version"),
            _counted(len(heads), "head"),
        ))  # fmt: skip

    def _sum_faults(self) -> Iterator[str]:
        """The files by their hashes, these by their signature."""
        written = _read(self.folder / SUMS)
        found = "".join(sum_line(self.folder, path) for path in files_of(self.folder)).encode()
        if written != found:
            listed, there = (set(each.decode("utf-8", "replace").splitlines()) for each in (written, found))
            names = sorted({line.partition("  ")[2] or line for line in listed ^ there})
            yield f"{SUMS}: does not fit {', '.join(map(repr, names[:10])) or 'the files, in its order'}"
        match = re.fullmatch(rb"key ([0-9a-f]{64})\nsignature ([0-9a-f]{128})\n", _read(self.folder / SIGNATURE))
        if match is None:
            yield f"{SIGNATURE}: is none: the export is not signed"
            return
        yield from self._signature_faults(
            SUMS, match[1].decode(), match[2].decode(), words=signed_sums(hashlib.sha256(written).hexdigest())
        )

    def _signature_faults(self, what: str, key: str, signature: str, *, words: bytes) -> Iterator[str]:
        if not is_signed(key, signature, words):
            yield f"{what}: its signature is not that of key {key}"
        elif self.trusted and key not in self.trusted:
            yield f"{what}: is signed by {key}, a key that you do not trust"
        else:
            self.keys.add(key)

    def _snapshot_faults(self, document: str, rows: Rows, chain: list[str], erased: set[str]) -> Iterator[str]:
        for position, row in enumerate(sorted(rows, key=lambda row: int(row["position"])), 1):
            name = f"{row['vendor']}/{row['document']}: snapshot {row['id']}"
            captured_at = datetime.fromisoformat(row["captured_at"].replace("Z", "+00:00")).astimezone(_UTC)
            if row["position"] != position:
                yield f"{name}: stands at {row['position']} of its chain, not at {position}"
            if row["id"] != content_id("snapshot", document, row["sha256"], captured_at.isoformat()):
                yield f"{name}: is not what its id was made of"
            chain.append(chained(chain[-1], row["id"], row["sha256"]))
            path = self.folder / "bodies" / row["sha256"][:2] / row["sha256"][2:]
            if row["sha256"] in erased:
                if path.exists():
                    yield f"{name}: its body was taken down, and is there"
            elif (fault := body_fault(_read(path), row["sha256"])) is not None:
                yield f"{name}: its body {fault}"

    def _head_faults(
        self, heads: Rows, chains: dict[str, list[str]], version_chains: dict[str, list[str]]
    ) -> Iterator[str]:
        previous = EMPTY_CHAIN
        for row in sorted(heads, key=lambda row: str(row["day"])):
            name = f"head of {row['day']}"
            if row["previous"] != previous:
                yield f"{name}: does not follow the one before"
            entries = sorted(row["entries"], key=lambda entry: str(entry["id"]))
            lines = [f"{e['id']} {e['snapshots']} {e['chain']} {e['versions']} {e['version_chain']}\n" for e in entries]
            words = f"{row['day']}\n{row['made_at']}\n{row['previous']}\n{''.join(lines)}"
            if hashlib.sha256(words.encode()).hexdigest() != row["sha256"]:
                yield f"{name}: is not the hash of what it covers"
            signed = f"clausewatch head {row['day']} {row['sha256']}\n".encode()
            yield from self._signature_faults(name, row["key"], row["signature"], words=signed)
            for entry in entries:
                for what, known in (("snapshots", chains), ("versions", version_chains)):
                    chain = known.get(entry["id"], [EMPTY_CHAIN])
                    wanted = entry["chain" if what == "snapshots" else "version_chain"]
                    if len(chain) <= entry[what] or chain[entry[what]] != wanted:
                        yield f"{name}: the first {entry[what]} {what} of document {entry['id']} are not those signed"
            previous = row["sha256"]

    def _rows(self, name: str) -> Rows:
        text = (self.folder / f"{name}.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.split("\n") if line]

    def _by_document(self, name: str, names: dict[tuple[str, str], str]) -> dict[str, Rows]:
        found: defaultdict[str, Rows] = defaultdict(list)
        for row in self._rows(name):
            found[names[row["vendor"], row["document"]]].append(row)
        return found


def _link_faults(document: str, rows: Rows, chain: list[str]) -> Iterator[str]:
    for position, row in enumerate(sorted(rows, key=lambda row: int(row["position"])), 1):
        chain.append(chained(chain[-1], row["version"], row["sha256"]))
        if (row["position"], row["chain"]) != (position, chain[-1]):
            yield f"document {document}: the chain over its versions breaks at {position}, {row['version']}"
            return


def _text_faults(versions: Rows, linked: set[tuple[str, str]]) -> Iterator[str]:
    for row in versions:
        name = f"{row['vendor']}/{row['document']}: version {row['id']}"
        if hashlib.sha256(row["text"].encode()).hexdigest() != row["sha256"]:
            yield f"{name}: its text is not the one its hash was taken of"
        if (row["id"], row["sha256"]) not in linked:
            yield f"{name}: is not in the chain over the versions"


def _quote_faults(comparisons: Rows, texts: dict[str, str]) -> Iterator[str]:
    for row in comparisons:
        for finding in row["findings"]:
            for side in ("before", "after"):
                quote, text = finding[side], texts.get(row[side]["id"])
                if quote and text is not None and text[quote["start"] : quote["end"]] != quote["quote"]:
                    yield f"comparison {row['id']}: a quote is not in version {row[side]['id']}"


# --- hashes ---------------------------------------------------------------------------------------------------


def content_id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def chained(head: str, thing: str, sha256: str) -> str:
    return hashlib.sha256(f"{head}\n{thing}\n{sha256}".encode()).hexdigest()


def files_of(folder: Path, under: str = "") -> Iterator[str]:
    """Every file that is summed, in the order of their paths; one folder is read at a time, there may be millions."""
    inside = list((folder / under).iterdir())
    folders = {f"{under}{path.name}/" for path in inside if path.is_dir() and not path.is_symlink()}
    files = {f"{under}{path.name}" for path in inside if path.is_file()} - {SUMS, SIGNATURE}
    for name in sorted(files | folders - {"__pycache__/"}):
        if name in folders:
            yield from files_of(folder, name)
        else:
            yield name


def sum_line(folder: Path, path: str) -> str:
    """As sha256sum writes it."""
    digest = hashlib.sha256()
    with (folder / path).open("rb") as file:
        while part := file.read(_PART_BYTES):
            digest.update(part)
    return f"{digest.hexdigest()}  {path}\n"


def signed_sums(sha256: str) -> bytes:
    """What is signed of an export: the hash of its sums."""
    return f"clausewatch export {sha256}\n".encode()


def body_fault(raw: bytes, sha256: str) -> str | None:
    """What is wrong with a stored body."""
    line, _, frame = raw.partition(b"\n")
    match = re.fullmatch(rb"clausewatch-blob 1 zlib (\d{1,12})", line)
    if match is None:
        return "is missing or in no form that is known" if raw else "is missing"
    try:
        body = zlib.decompressobj().decompress(frame, int(match[1]) + 1)
    except zlib.error as error:
        return f"is damaged ({error})"
    return None if hashlib.sha256(body).hexdigest() == sha256 else "is not the one it is named by"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


# --- Ed25519, checking only (RFC 8032) ------------------------------------------------------------------------

Point = tuple[int, int, int, int]  # extended coordinates
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)  # of -1


def is_signed(key: str, signature: str, message: bytes) -> bool:
    """Whether the signature, hexadecimal as the key, is that of the message."""
    try:
        public, raw = bytes.fromhex(key), bytes.fromhex(signature)
    except ValueError:
        return False
    if len(public) != 32 or len(raw) != 64 or (key, signature) != (public.hex(), raw.hex()):
        return False
    a, r, s = _point(public), _point(raw[:32]), int.from_bytes(raw[32:], "little")
    if a is None or r is None or s >= _L:
        return False
    hashed = int.from_bytes(hashlib.sha512(raw[:32] + public + message).digest(), "little") % _L
    base = _point(b"\x58" + b"\x66" * 31)
    assert base is not None
    left, right = _times(s, base), _plus(r, _times(hashed, a))
    return not ((left[0] * right[2] - right[0] * left[2]) % _P or (left[1] * right[2] - right[1] * left[2]) % _P)


def _point(raw: bytes) -> Point | None:
    number = int.from_bytes(raw, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _plus(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, p: Point) -> Point:
    made: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            made = _plus(made, p)
        p = _plus(p, p)
        scalar >>= 1
    return made


if __name__ == "__main__":
    sys.exit(main())
