"""Which form a body has, and its characters: by content type, file name and the bytes themselves."""

from __future__ import annotations

import codecs
import re
from enum import Enum
from pathlib import PurePosixPath
from urllib.parse import urlsplit

__all__ = ["Form", "decode", "form_of"]


class Form(Enum):
    HTML = "HTML"
    PDF = "PDF"
    MARKDOWN = "Markdown"
    PLAIN = "plain text"
    BINARY = "binary"


_BY_TYPE = {
    "text/html": Form.HTML,
    "application/xhtml+xml": Form.HTML,
    "application/pdf": Form.PDF,
    "application/x-pdf": Form.PDF,
    "text/markdown": Form.MARKDOWN,
    "text/x-markdown": Form.MARKDOWN,
    "text/plain": Form.PLAIN,
}
_BY_ENDING = {
    ".html": Form.HTML, ".htm": Form.HTML, ".xhtml": Form.HTML, ".shtml": Form.HTML,
    ".pdf": Form.PDF,
    ".md": Form.MARKDOWN, ".markdown": Form.MARKDOWN, ".mdown": Form.MARKDOWN,
    ".txt": Form.PLAIN, ".text": Form.PLAIN,
}  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HTML_START = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|body|title|meta|div|p|h[1-6]|table"
    rb"|script|main|article|section|center|font)\b",
    re.IGNORECASE | re.DOTALL,
)
_MAGIC = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"RIFF",
    b"\x7fELF",
    b"MZ",
    b"wOFF",
    b"wOF2",
    b"\x00\x00\x01\x00",
    b"\xd0\xcf\x11\xe0",
)
_CONTROL = bytes([*range(9), *range(14, 27)])
_SNIFFED = 4096
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_GUESSED = 200_000


def form_of(body: bytes, *, content_type: str | None = None, name: str | None = None) -> Form:
    """The form of a body. The bytes overrule what is said of them only where they leave no doubt."""
    start = body[:_SNIFFED].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"%PDF-") or b"%PDF-" in body[:1024]:
        return Form.PDF
    if _is_binary(body[:_SNIFFED]):
        return Form.BINARY
    declared = _BY_TYPE.get((content_type or "").partition(";")[0].strip().lower())
    if declared is Form.PDF:
        declared = None  # without its mark it is what was sent instead of it
    if declared is Form.HTML:
        return declared
    ending = _BY_ENDING.get(_ending(name))
    if declared is Form.PLAIN and ending is Form.MARKDOWN:
        return Form.MARKDOWN
    if declared or (ending and ending is not Form.PDF):
        return declared or ending or Form.PLAIN
    return Form.HTML if _HTML_START.match(start) else Form.PLAIN


def _ending(name: str | None) -> str:
    if not name:
        return ""
    path = urlsplit(name).path if "://" in name else name.replace("\\", "/")
    return PurePosixPath(path).suffix.lower()


def _is_binary(start: bytes) -> bool:
    if start.startswith(_MAGIC):
        return True
    if any(start.startswith(mark) for mark, _ in _BOMS):
        return False
    if b"\0" in start:  # UTF-16 without its mark has a zero at every second byte
        return not _is_utf16(start)
    return len(start) - len(start.translate(None, _CONTROL)) > len(start) // 20


def _is_utf16(start: bytes) -> bool:
    half = max(len(start) // 2, 1)
    return start[::2].count(0) > 0.4 * half > start[1::2].count(0) or start[1::2].count(0) > 0.4 * half > start[
        ::2
    ].count(0)


def decode(body: bytes, *, content_type: str | None = None) -> str:
    """The characters: by byte order mark, then header, then the page's own word, then a guess. Never fails."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    try:
        return body.decode("utf-8")  # only UTF-8 passes for UTF-8, whatever is said of it
    except UnicodeDecodeError:
        pass
    header = _CHARSET.search(content_type or "")
    meta = _META_CHARSET.search(body, 0, _SNIFFED)
    declared = [header[1]] if header else []
    if meta:
        declared.append((meta[1] or meta[2]).decode("ascii"))
    for name in declared:
        text = _decode_as(body, name)
        if text is not None:
            return text
    return _decode_by_guess(body)


def _decode_as(body: bytes, name: str) -> str | None:
    # Browsers read these names so (the WHATWG's table of encodings).
    name = {
        "iso-8859-1": "cp1252",
        "latin1": "cp1252",
        "latin-1": "cp1252",
        "us-ascii": "cp1252",
        "ascii": "cp1252",
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "ks_c_5601-1987": "cp949",
        "euc-kr": "cp949",
        "shift_jis": "cp932",
        "x-sjis": "cp932",
        "iso-8859-9": "cp1254",
        "tis-620": "cp874",
    }.get(name.lower(), name)
    try:
        if not codecs.lookup(name)._is_text_encoding:
            return None
    except LookupError:
        return None
    return body.decode(name, "replace")


def _decode_by_guess(body: bytes) -> str:
    if _is_utf16(body[:_SNIFFED]):
        return body.decode(
            "utf-16-le" if body[1:_SNIFFED:2].count(0) > body[:_SNIFFED:2].count(0) else "utf-16-be", "replace"
        )
    text = body.decode("utf-8", "replace")
    if text.count("�") < len(text) / 1000:
        return text  # UTF-8 with a few broken bytes, or cut in the middle of a character
    from charset_normalizer import from_bytes

    best = from_bytes(body[:_GUESSED], threshold=0.3).best()
    return body.decode(best.encoding if best else "cp1252", "replace")
