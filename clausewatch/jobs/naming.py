"""What an address, or the note in an archived text's first lines, says of vendor, document type and date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from clausewatch.errors import UsageError
from differ.provenance import Provenance, provenance_of

if TYPE_CHECKING:
    from tldextract import TLDExtract

__all__ = [
    "Naming",
    "Provenance",
    "checked_address",
    "document_type_of",
    "named_by_address",
    "provenance_of",
    "registered_domain",
    "vendor_of",
]

_UNSAFE = re.compile(r"[\\\s\x00-\x1f\x7f]")
DEFAULT_TYPE = "Privacy Policy"

# The first that stands in the address or the title decides; the narrower before the wider.
_TYPES = (
    (r"sub-?processor|unterauftrag", "Sub-processor List"),
    (r"data[-_ ]?processing|\bdpa\b|auftragsverarbeitung", "Data Processing Agreement"),
    (  # one document for both
        r"(?:privacy|datenschutz-?|confidentialit[eé]|privacidade?)[-_ ]*(?:and|und|et|y|e|&|\+)?[-_ ]*cookies?\b"
        r"|cookies?[-_ ]*(?:and|und|&|\+)[-_ ]*(?:privacy|datenschutz)",
        "Privacy Policy",
    ),
    (r"cookie|クッキー|쿠키", "Cookie Policy"),
    (r"acceptable[-_ ]?use|\baup\b", "Acceptable Use Policy"),
    (r"(?:child|kids).{0,20}(?:privacy|polic|notice)|privacy.{0,20}(?:child|kids)", "Children's Privacy Policy"),
    (
        r"privacy|data[-_ ]?protection|datenschutz|confidentialit[eé]|vie[-_ ]priv[eé]e|donn[eé]es[-_ ]personnelles"
        r"|privacidad|datos[-_ ]personales|riservatezza|dati[-_ ]personali|dados[-_ ]pessoais|gegevensbescherming"
        r"|integritetspolicy|personvern|privatliv|tietosuoja|prywatno[sś]|gizlilik|конфиденциальност"
        r"|プライバシー|個人情報|隐私|隱私|개인정보",
        "Privacy Policy",
    ),
    (
        r"terms|\btos\b|\beula\b|conditions|nutzungsbedingungen|gesch[aä]ftsbedingungen|\bagb\b|\bcgu\b|\bcgv\b"
        r"|condiciones|t[eé]rminos\b|condizioni|termini\b|condi[cç][oõ]es|termos\b"
        r"|voorwaarden|villkor|vilk[aå]r|k[aä]ytt[oö]ehdot|regulamin|利用規約|服务条款|服務條款|用户协议|이용약관",
        "Terms of Service",
    ),
    (r"community.{0,3}(?:guidelines|standards|rules)|guidelines", "Community Guidelines"),
    (r"imprint|impressum|mentions[-_ ]l[eé]gales|aviso[-_ ]legal|note[-_ ]legali", "Imprint"),
)


@dataclass(frozen=True, slots=True)
class Naming:
    """Names for a document that nobody named."""

    vendor: str
    type: str
    at: datetime | None = None
    url: str | None = None


def document_type_of(*hints: str) -> str | None:
    """The document type that an address or a title speaks of, or None.

    >>> document_type_of("https://example.com/legal/terms-of-use")
    'Terms of Service'
    """
    text = " ".join(hints).lower()
    return next((name for pattern, name in _TYPES if re.search(pattern, text)), None)


def named_by_address(url: str) -> Naming:
    """Vendor by the domain, type by the path, else by what stands before the domain; what neither tells is taken for
    a privacy policy."""
    parts = urlsplit(url)
    host = parts.hostname or url
    before = host.removesuffix(registered_domain(host))
    kind = document_type_of(unquote(parts.path), parts.query) or document_type_of(before)
    return Naming(vendor=vendor_of(host), type=kind or DEFAULT_TYPE, url=url)


def vendor_of(host: str) -> str:
    """The vendor's name: as the starter watchlist has it for that domain, else made from the domain.

    >>> vendor_of("www.dji.com"), vendor_of("shop.example.co.uk")
    ('DJI', 'Example')
    """
    domain = registered_domain(host)
    if name := _known_vendors().get(domain):
        return name
    label = domain.partition(".")[0] if not domain[-1:].isdigit() and ":" not in domain else domain
    return label.upper() if len(label) <= 3 else label.replace("-", " ").title()


def registered_domain(host: str) -> str:
    """The domain that somebody registered, of a host below it.

    >>> registered_domain("shop.example.co.uk")
    'example.co.uk'
    """
    if host.rpartition(".")[2].isdigit() or ":" in host:
        return host  # an IP address
    # a suffix that is none, as in a network of one's own: what stands before it is taken for the domain
    return _suffixes()(host).top_domain_under_public_suffix or ".".join(host.split(".")[-2:])


@cache
def _suffixes() -> TLDExtract:
    import tldextract

    # no list of public suffixes is fetched: the one in the package will do
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@cache
def _known_vendors() -> dict[str, str]:
    from clausewatch.watchlist import read_watchlist

    return {registered_domain(urlsplit(entry.url).hostname or ""): entry.vendor for entry in read_watchlist("starter")}


def checked_address(url: str) -> str:
    """The address, if it is one that may be fetched. Raises UsageError with what is wrong."""
    try:
        parts = urlsplit(url)
        is_fetchable = bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:  # brackets or a port that are none
        raise UsageError(f"{url}: is no address that can be fetched; give scheme, host and path alone") from None
    if parts.scheme not in ("http", "https"):
        raise UsageError(f"{url}: is not an http(s) address; only these are watched")
    if not is_fetchable or _UNSAFE.search(url):
        raise UsageError(f"{url}: is no address that can be fetched; give scheme, host and path alone")
    return url
