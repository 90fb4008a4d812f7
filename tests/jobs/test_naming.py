from __future__ import annotations

import pytest

from clausewatch.errors import UsageError
from clausewatch.jobs.naming import checked_address, document_type_of, named_by_address, vendor_of


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://harborkites.example/privacy", "Privacy Policy"),
        ("https://harborkites.example/legal/cookie-policy", "Cookie Policy"),
        ("https://harborkites.example/legal/privacy-and-cookies", "Privacy Policy"),
        ("https://harborkites.example/terms-of-use", "Terms of Service"),
        ("https://harborkites.example/legal?page=terms", "Terms of Service"),
        ("https://harborkites.example/dpa", "Data Processing Agreement"),
        ("https://harborkites.example/subprocessors", "Sub-processor List"),
        ("https://harborkites.example/kids/privacy", "Children's Privacy Policy"),
        ("https://harborkites.example/datenschutz", "Privacy Policy"),
        ("https://harborkites.example/impressum", "Imprint"),
        ("https://harborkites.example/p/12", "Privacy Policy"),
        ("https://terms.harborkites.example/", "Terms of Service"),
        ("https://terms.harborkites.example/privacy", "Privacy Policy"),
        ("https://kids-terms.example/", "Privacy Policy"),
    ],
)
def test_the_path_of_an_address_tells_the_type_or_else_its_host(url: str, kind: str) -> None:
    assert named_by_address(url).type == kind


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("harborkites.example", "Harborkites"),
        ("www.harbor-kites.example", "Harbor Kites"),
        ("legal.shop.harborkites.co.uk", "Harborkites"),
        ("abc.example", "ABC"),
        ("www.dji.com", "DJI"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "Localhost"),
    ],
)
def test_the_domain_tells_the_vendor(host: str, name: str) -> None:
    assert vendor_of(host) == name


def test_a_hint_without_a_type_tells_none() -> None:
    assert document_type_of("https://harborkites.example/p/12") is None
    assert document_type_of("about", "Our Privacy Notice") == "Privacy Policy"


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example:8443/p?q=1#x", "HTTPS://A.example/", "https://bücher.example/"]
)
def test_an_address_that_may_be_fetched_passes(url: str) -> None:
    assert checked_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "a.example/p", "ftp://a.example/p", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x",
        "https://", "https:///p", "http://user:secret@a.example/", "http://@a.example/", "http://a.example\\@b.example/",
        "http://a.example/a b", "http://a.example/\n", "http://a.example/\x00", "http://[::1/p", "http://a.example:port/",
        "http://a.example:99999/", "http://a.example:0/",
    ],
)  # fmt: skip
def test_an_address_that_may_not_is_wrong_use(url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        checked_address(url)


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Politique de confidentialité", "Privacy Policy"),
        ("Protection de la vie privée", "Privacy Policy"),
        ("Política de privacidad", "Privacy Policy"),
        ("Política de Privacidade", "Privacy Policy"),
        ("Informativa sulla riservatezza", "Privacy Policy"),
        ("Privacyverklaring", "Privacy Policy"),
        ("Integritetspolicy", "Privacy Policy"),
        ("プライバシーポリシー", "Privacy Policy"),
        ("隐私政策", "Privacy Policy"),
        ("CGU", "Terms of Service"),
        ("Términos y condiciones", "Terms of Service"),
        ("Termini di servizio", "Terms of Service"),
        ("Termos de uso", "Terms of Service"),
        ("Algemene voorwaarden", "Terms of Service"),
        ("利用規約", "Terms of Service"),
        ("Politique de cookies", "Cookie Policy"),
        ("Mentions légales", "Imprint"),
        ("Aviso legal", "Imprint"),
    ],
)
def test_types_are_known_in_other_languages(title: str, kind: str) -> None:
    assert document_type_of(title) == kind


@pytest.mark.parametrize("title", ["Privacy & Cookies", "Cookies and Privacy", "Datenschutz- und Cookie-Hinweise"])
def test_one_document_for_privacy_and_cookies_is_the_privacy_policy(title: str) -> None:
    assert document_type_of(title) == "Privacy Policy"


@pytest.mark.parametrize("title", ["Community", "Kids", "Airline tickets"])
def test_parts_of_a_shop_are_no_documents(title: str) -> None:
    assert document_type_of(title) is None
