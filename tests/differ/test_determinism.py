"""The same bytes give the same text, signals and faults, in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.differ.pages import PARAGRAPHS, POLICY, page

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT.parent / "shared" / "corpus" / "captures"

READ = """
import dataclasses, hashlib, json, sys
from clausewatch.model import Text
from differ import read, sections
from differ.dates import stated_dates
from differ.faults import signals_of

def said(body, kind):
    reading = read(body, content_type=kind, url="https://larkspur.example/privacy", document_type="Privacy Policy")
    told = [reading.text.text, reading.fault, reading.fault_reason, reading.policy_share, reading.text.notes,
            dataclasses.asdict(signals_of(reading)), stated_dates(reading.text), sections(reading.text),
            [(block.kind, block.level, block.links, block.header) for block in reading.text.blocks]]
    return hashlib.sha256(repr(told).encode()).hexdigest()

"""
OWN = READ + "\nfor line in sys.stdin: print(said(bytes.fromhex(line), 'text/html'))"
ARCHIVED = (
    READ
    + """
from warcio.archiveiterator import ArchiveIterator
number = 0
for name in sys.argv[1:]:
    with open(name, 'rb') as file:
        for record in ArchiveIterator(file):
            if record.rec_type == 'response':
                number += 1
                if number % 13 == 0:
                    print(said(record.content_stream().read(), record.http_headers.get_header('content-type')))
"""
)


def lines_under(seed: str, code: str, *words: str, given: str = "") -> list[str]:
    environment = os.environ | {"PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, input=given, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.splitlines()


def own_pages() -> list[bytes]:
    """Sixty pages: policies in several shapes, shells, walls and cut ones."""
    rows = "".join(f"<tr><td>Vendor {i}</td><td>{line}</td></tr>" for i, line in enumerate(PARAGRAPHS))
    links = "".join(f"<li><a href=/{i}?utm_source=x&b={i}&a=1>Part {i}</a></li>" for i in range(9))
    bodies = [
        POLICY,
        f"<nav>{links}</nav><main>{POLICY}</main><footer>{links}</footer>",
        f"{POLICY}<h2>Providers</h2><table>{rows}</table>",
        f"<p>Last updated: May 3, 2024</p>{POLICY}<h1>Terms of Service</h1>{POLICY}",
        "<h1>Seite nicht gefunden</h1><p>Bitte nutzen Sie die Suche.</p>",
        "<p>" + "</p><p>".join(f"<b>{i}. Title {i}</b><br>{line}" for i, line in enumerate(PARAGRAPHS)) + "</p>",
    ]
    whole = [page(body + f"<p>{PARAGRAPHS[i]}</p>") for body in bodies for i in range(5)]
    return whole + [body[: len(body) * (i % 7 + 2) // 9] for i, body in enumerate(whole)]


def test_pages_read_alike_whatever_the_hash_seed() -> None:
    pages = own_pages()
    given = "\n".join(body.hex() for body in pages)
    first = lines_under("1", OWN, given=given)
    assert len(first) == len(pages) == 60
    assert lines_under("4242", OWN, given=given) == first


@pytest.mark.slow
@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the corpus does not stand beside the checkout")
def test_archived_pages_read_alike_whatever_the_hash_seed() -> None:
    names = sorted(map(str, CAPTURES.glob("*.warc.gz")))
    first = lines_under("1", ARCHIVED, *names)
    assert len(first) == 60
    assert lines_under("4242", ARCHIVED, *names) == first
