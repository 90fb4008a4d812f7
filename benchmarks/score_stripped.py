"""The texts of pages that name nothing: ``python -m benchmarks.score_stripped [--headings]``.

Takes classes, ids, roles, ARIA and telling tags (nav, header, main, ...) from every page of the archived histories,
imports the result and has the corpus's own noise.py score it. With ``--headings``, headings become paragraphs too.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from benchmarks.measuring import CORPUS, clausewatch, measure
from differ.normalise.sniff import decode

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord
    from warcio.warcwriter import WARCWriter

TELLING_TAGS = (
    "nav", "header", "main", "footer", "aside", "article", "section", "dialog", "search", "menu", "figure",
    "figcaption", "hgroup", "address",
)  # fmt: skip
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
NAMES = ("class", "id", "role")


def stripped(body: bytes, content_type: str | None, *, headings: bool) -> bytes:
    """The page without what names its parts; a PDF or a text as it is."""
    if body.startswith(b"%PDF-") or b"<" not in body:
        return body
    parser = etree.HTMLParser(huge_tree=True, encoding="utf-8")
    root = etree.fromstring(decode(body, content_type=content_type).encode("utf-8", "replace"), parser)
    if root is None:
        return body
    for element in root.iter(etree.Element):
        for name in list(element.attrib):
            if name in NAMES or name.startswith("aria-"):
                del element.attrib[name]
        if element.tag in TELLING_TAGS:
            element.tag = "div"
        elif headings and element.tag in HEADINGS:
            element.tag = "p"
    return b"<!doctype html>\n" + etree.tostring(root, method="html", encoding="utf-8")


def rewrite(source: Path, target: Path, *, headings: bool) -> dict[str, str]:
    """Write a WARC file with the same responses, stripped. Gives the new hash of each body by the old one."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.warcwriter import WARCWriter

    hashes = {}
    with source.open("rb") as read, target.open("wb") as written:
        writer = WARCWriter(written, gzip=True)
        for record in ArchiveIterator(read):
            if record.rec_type != "response":
                continue
            body = record.content_stream().read()
            after = stripped(body, record.http_headers.get_header("content-type"), headings=headings)
            hashes[_sha256(body)] = _sha256(after)
            writer.write_record(_record(writer, record, after, is_page=after is not body))
    return hashes


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _record(writer: WARCWriter, record: ArcWarcRecord, body: bytes, *, is_page: bool) -> ArcWarcRecord:
    http = record.http_headers
    if is_page:
        http.replace_header("Content-Type", "text/html; charset=utf-8")
    for name in ("Content-Encoding", "Transfer-Encoding", "Content-Length"):
        http.remove_header(name)
    return writer.create_warc_record(
        record.rec_headers.get_header("WARC-Target-URI"),
        "response",
        payload=io.BytesIO(body),
        http_headers=http,
        warc_headers_dict={"WARC-Date": record.rec_headers.get_header("WARC-Date")},
    )


def main(words: list[str]) -> None:
    """Rewrite, import, export, score."""
    files = sorted((CORPUS / "captures").glob("*.warc.gz"))
    if not files:
        print("the corpus does not stand beside the checkout")
        return
    with tempfile.TemporaryDirectory() as folder:
        home, exported, captures = (Path(folder) / name for name in ("home", "export", "captures"))
        captures.mkdir()
        (captures / "peer").symlink_to(CORPUS / "captures" / "peer")
        for path in files:
            name = path.name.removesuffix(".warc.gz")
            target = captures / path.name
            hashes = rewrite(path, target, headings="--headings" in words)
            described = json.loads(path.with_name(f"{name}.json").read_text(encoding="utf-8"))
            for capture in described["captures"]:
                capture["sha256"] = hashes.get(capture["sha256"], capture["sha256"])
            (captures / f"{name}.json").write_text(json.dumps(described), encoding="utf-8")
            kind = "Terms of Service" if name.endswith("terms-of-service") else "Privacy Policy"
            measure(clausewatch("import", "warc", target, "--vendor", name, "--document", kind), home=home)
        measure(clausewatch("export", "jsonl", exported), home=home)
        subprocess.run([sys.executable, CORPUS / "noise.py", exported, captures], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
