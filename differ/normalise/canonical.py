"""One spelling for characters and link targets, so that two looks at one policy give one text.

What is folded here never tells readers anything; letters, digits and punctuation with a meaning stay.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_plus, urljoin, urlsplit, urlunsplit

__all__ = ["BULLET", "MASKED_PATH", "Links", "decode_masked_address", "fold", "mask_anew"]

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
)
_CONTROL = [chr(code) for code in (*range(0x09), *range(0x0E, 0x1C), *range(0x7F, 0x85), *range(0x86, 0xA0))]
_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# A redesign swaps typographic quotes for plain ones without meaning anything by it; so do Markdown exporters.
_QUOTES = {**dict.fromkeys("“”„‟", '"'), **dict.fromkeys("‘’‚‛", "'"), "\u2010": "-", "\u2011": "-"}
_FOLD = str.maketrans({**dict.fromkeys([*_INVISIBLE, *_CONTROL, *_BIDI], ""), **_QUOTES, "\ufffc": ""})
# Most lines have none but these; replacing them is ten times faster than the table.
_COMMON = (("’", "'"), ("“", '"'), ("”", '"'))
# Putting marks in order takes quadratic time; Unicode's own limit for them on one letter is 30 (UAX #15, 13).
_MAX_MARKS = 30
_CROWD = re.compile(rf"[^\w\s\x00-\u02ff]{{{_MAX_MARKS + 1},}}")
_FAR = re.compile(f"[\u0300-\U0010ffff]{{{_MAX_MARKS + 1}}}")  # no European text has that; a quick look
# All but the letters and signs of European texts, which stay as they are and are NFC (none is, or meets, a mark).
_STRANGE = re.compile(r"[^ -~\xa1-\xac\xae-\u02ff–—•…€™]")
_FOLDED = re.compile(f"[{re.escape(''.join(map(chr, _FOLD)))}]")
# A dash or a star is a bullet only with a space after it.
BULLET = re.compile(r"\s*(?:(?:[•●▪◦‣⁃∙·■□➢➤✓✔–—-]|\*)\s+|[•●▪◦‣⁃∙·■□➢➤✓✔]\s*)+(?=\S)")


def fold(text: str) -> str:
    """The text in NFC on one line: single spaces, nothing invisible, plain quotes and hyphens.

    >>> fold(" We\\u00a0do  “not” sell\\nper\\u00adsonal data. ")
    'We do "not" sell personal data.'
    """
    if not text.isascii():  # a flag of the string
        for mark, plain in _COMMON:
            if mark in text:
                text = text.replace(mark, plain)
    if "  " not in text and _is_plain(text) and text.strip() == text:
        return text  # as most are; to look is faster than to make it anew
    joined = " ".join(text.split())
    if _is_plain(joined):
        return joined
    if _FOLDED.search(text):
        text = text.translate(_FOLD)
    if _FAR.search(text) and _CROWD.search(text):
        text = _without_crowds(text)
    # NFC last: a combining mark may only meet its letter when what stood between them is gone.
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _is_plain(text: str) -> bool:
    """Whether a text has no characters but those that stay as they are."""
    return text.isprintable() if text.isascii() else _STRANGE.search(text) is None


def _without_crowds(text: str) -> str:
    kept = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def decode_masked_address(code: str) -> str | None:
    """The e-mail address that Cloudflare masked: hexadecimal, each byte XORed with the first. None if it is none."""
    try:
        data = bytes.fromhex(code)
    except ValueError:
        return None
    address = bytes(byte ^ data[0] for byte in data[1:]).decode("utf-8", "replace") if data else ""
    return address if "@" in address else None


def mask_anew(code: str, key: int) -> str:
    """The code of the same address with another key, 0 to 255."""
    data = bytes.fromhex(code)
    return bytes([key, *(byte ^ data[0] ^ key for byte in data[1:])]).hex()


_TRACKING = re.compile(
    r"^(utm_\w+|mtm_\w+|pk_\w+|hsa_\w+|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|ttclid|igshid"
    r"|mc_[ce]id|_ga|_gl|_hsenc|_hsmi|mkt_tok|vero_id|icid|ref_src|jsessionid|phpsessid|aspsessionid\w*|sessionid"
    r"|session_id|sid|cfid|cftoken"
    r"|_{0,2}cf_chl_\w+|nonce|cb|cachebuster)$",
    re.IGNORECASE,
)
_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
MASKED_PATH = "/cdn-cgi/l/email-protection#"
"""Where Cloudflare has links to addresses lead; each time it is asked it takes other keys."""
_KEPT_SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp", ""})
_MAX_TARGET = 2000  # longer ones are data or traps
# Most targets are canonical as they stand, or are once the site is put before them.
_WHOLE = re.compile(r"https?://[a-z0-9.-]+/[a-zA-Z0-9_/~%.@+-]*")
_ON_SITE = re.compile(r"/(?!/)[a-zA-Z0-9_/~%@+-]*")


def _site_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:  # "http://[broken"
        return None
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme in ("http", "https") and parts.netloc else None


class Links:
    """Canonical link targets of one page. Each spelling is worked out once."""

    def __init__(self, base: str | None) -> None:
        self._base = base
        self._site = _site_of(base) if base else None
        self._known: dict[str, str | None] = {}

    def canonical(self, target: str) -> str | None:
        """Absolute if the page's address is known, without tracking; None for what leads nowhere else."""
        if target not in self._known:
            self._known[target] = self._canonical(target.strip())
        return self._known[target]

    def _canonical(self, target: str) -> str | None:
        if not target or target.startswith("#") or len(target) > _MAX_TARGET:
            return None
        if _WHOLE.fullmatch(target):
            return target
        if self._site and _ON_SITE.fullmatch(target):
            return self._site + target
        if MASKED_PATH in target:
            address = decode_masked_address(target.rpartition("#")[2].partition("?")[0])
            return f"mailto:{address}" if address else None
        try:
            return self._clean(urljoin(self._base, target) if self._base else target)
        except ValueError:  # "http://[broken"
            return None

    def _clean(self, target: str) -> str | None:
        parts = urlsplit(target)
        if parts.scheme.lower() not in _KEPT_SCHEMES:
            return None
        pairs = parts.query.split("&")  # what stays keeps its spelling
        query = "&".join(pair for pair in pairs if not _TRACKING.match(unquote_plus(pair.partition("=")[0])))
        path = _SESSION_PATH.sub("", parts.path)
        if self._base and not parts.netloc and not path:
            return None
        return fold(urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path, query, parts.fragment))) or None
