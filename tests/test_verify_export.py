"""The verifier that lies beside every export: it runs without Clausewatch, and no altered byte escapes it."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clausewatch.jobs.export import export_jsonl
from clausewatch.jobs.heads import SigningKey, head_of_the_day, signing_key
from clausewatch.settings import Settings
from clausewatch.verify_export import SIGNATURE, SUMS, Export, files_of, is_signed, signed_sums, sum_line
from tests.support.scenario import NOW, World, archive_of, day, policy

DRAWN = 6  # bytes of each file that are altered


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return signing_key(Settings(home=tmp_path_factory.mktemp("key")))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, key: SigningKey) -> Path:
    """Two vendors, three versions of one policy, a head over all of it."""
    folder = tmp_path_factory.mktemp("export")
    with archive_of(folder / "home") as archive:
        world = World(archive)
        vendor = world.vendor()
        for number, months in enumerate((18, 24, 36)):
            vendor.publishes(policy(months=months), at=day(number))
        world.vendor("Gullwing", type="Terms of Service").publishes(policy(), at=day(1))
        world.settles()
        head_of_the_day(archive, key, now=NOW)
        export_jsonl(archive, folder / "out", signer=key)
    return folder / "out"


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "copy"))


def faults(folder: Path, *trusted: str) -> list[str]:
    return list(Export(folder, trusted=set(trusted)).faults())


def alter(folder: Path, name: str, change: Any) -> None:
    """Change the rows of a file, and make the sums fit again, as whoever has no key can."""
    path = folder / f"{name}.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    (folder / SUMS).write_text("".join(sum_line(folder, each) for each in files_of(folder)))


def sign(folder: Path, key: SigningKey) -> None:
    signature = key.sign(signed_sums(hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()))
    (folder / SIGNATURE).write_text(f"key {key.public}\nsignature {signature}\n")


def test_an_export_verifies_without_clausewatch(copy: Path, key: SigningKey, tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", str(copy / "verify.py")]  # no packages, no checkout
    done = subprocess.run([*command, "--key", key.public], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == (
        f"all is as it was written: 2 documents, 4 snapshots, 3 versions, 1 head; signed by {key.public}\n"
    )
    (copy / "heads.jsonl").write_text("")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "SHA256SUMS: does not fit 'heads.jsonl'\n1 fault\n")


def test_the_sums_are_those_that_sha256sum_checks(exported: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", SUMS], cwd=exported, check=True)


def test_any_byte_that_is_altered_is_found(copy: Path) -> None:
    assert faults(copy) == []
    drawn = random.Random(20260101)  # the same bytes in every run
    paths = sorted(path for path in copy.rglob("*") if path.is_file())
    assert len(paths) > 12
    for path in paths:
        whole = path.read_bytes()
        places = {0, len(whole) - 1, *(drawn.randrange(len(whole)) for _ in range(DRAWN))} if whole else set()
        for place in sorted(places):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << drawn.randrange(8)
            path.write_bytes(damaged)
            assert faults(copy), (path.name, place)
        path.write_bytes(whole + b"\n")
        assert faults(copy), path.name
        path.write_bytes(whole)
    assert faults(copy) == []


def test_a_file_that_is_missing_or_added_is_found(copy: Path) -> None:
    for path in sorted(each for each in copy.rglob("*") if each.is_file()):
        whole = path.read_bytes()
        path.unlink()
        assert faults(copy), path.name
        path.write_bytes(whole)
    (copy / "note.txt").touch()
    assert faults(copy) == ["SHA256SUMS: does not fit 'note.txt'"]


@pytest.mark.parametrize(
    ("name", "column", "words"),
    [
        ("versions", "text", "its text is not the one its hash was taken of"),
        ("versions", "sha256", "is not in the chain over the versions"),
        ("snapshots", "captured_at", "is not what its id was made of"),
        ("snapshots", "sha256", "its body is missing"),
        ("links", "sha256", "the chain over its versions breaks at 1"),
        ("heads", "sha256", "is not the hash of what it covers"),
        ("heads", "signature", "its signature is not that of key"),
        ("heads", "previous", "does not follow the one before"),
    ],
)
def test_whoever_makes_the_sums_fit_is_found_by_the_chains(copy: Path, name: str, column: str, words: str) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[0][column] = {"text": "We sell all of it.", "captured_at": "2020-01-01T00:00:00Z"}.get(column, "ab" * 32)
        if column == "signature":
            rows[0][column] = "ab" * 64

    alter(copy, name, change)
    found = faults(copy)
    assert any("SHA256SUMS: its signature is not that of key" in line for line in found)
    assert any(words in line for line in found), found


def test_a_snapshot_that_is_taken_out_is_found_by_the_head(copy: Path) -> None:
    alter(copy, "snapshots", lambda rows: rows.pop())
    assert any("of document" in line and "are not those signed" in line for line in faults(copy))


def test_a_quote_that_nobody_wrote_is_found(copy: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[0]["findings"][0]["after"]["quote"] = "We sell it."

    alter(copy, "comparisons", change)
    assert any("a quote is not in version" in line for line in faults(copy))


def test_another_key_is_found_by_who_knows_the_right_one(copy: Path, key: SigningKey, tmp_path: Path) -> None:
    thief = signing_key(Settings(home=tmp_path / "thief"))
    sign(copy, thief)
    assert faults(copy) == []
    assert faults(copy, key.public) == [f"SHA256SUMS: is signed by {thief.public}, a key that you do not trust"]


def test_an_export_that_is_not_signed_says_so(copy: Path) -> None:
    (copy / SIGNATURE).unlink()
    assert faults(copy) == ["SHA256SUMS.sig: is none: the export is not signed"]


def test_signatures_are_checked_as_the_library_makes_them(key: SigningKey) -> None:
    """And a signature with any bit of it, of the key or of the message altered is none."""
    for length in range(0, 200, 20):
        message = bytes(range(length))
        signature = key.sign(message)
        assert is_signed(key.public, signature, message)
        assert not is_signed(key.public, signature, message + b"x")
        for place in (0, 31, 32, 63):
            raw = bytearray.fromhex(signature)
            raw[place] ^= 4
            assert not is_signed(key.public, raw.hex(), message)
        public = bytearray.fromhex(key.public)
        public[length % 32] ^= 1
        assert not is_signed(public.hex(), signature, message)
    for wrong in ("", "zz", "00" * 31, "ff" * 64):
        assert not is_signed(key.public, wrong, b"")
        assert not is_signed(wrong, key.sign(b""), b"")


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    names = ["a.txt", "a/b", "a/c/d", "a-b", "b", "a0/x", "bodies/ab/01", "bodies/ab0", "SHA256SUMS", "__pycache__/x"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert list(files_of(tmp_path)) == sorted(names[:-2])
