from __future__ import annotations

import pytest

from clausewatch.jobs.leads import leads_of_addresses, leads_of_page, place_of

HOME = "https://kites.example/"


def types_of(page: str, url: str = HOME) -> dict[str, str | None]:
    return {lead.url: lead.type for lead in leads_of_page(page.encode(), url)}


def test_links_lead_to_documents_by_their_words_their_path_or_their_relation() -> None:
    page = """
        <a href="/p/17">Privacy notice</a> <a href="legal/cookies">More</a> <a href="//docs.kites.example/s">Our
        sub-processors</a> <a href="/x" rel="nofollow terms-of-service">Small print</a>
        <link rel="privacy-policy" href="/app-privacy"><a href="/shop">Kites</a>
    """
    assert types_of(page) == {
        "https://kites.example/p/17": "Privacy Policy",
        "https://kites.example/legal/cookies": "Cookie Policy",
        "https://docs.kites.example/s": "Sub-processor List",
        "https://kites.example/x": "Terms of Service",
        "https://kites.example/app-privacy": "Privacy Policy",
    }


def test_a_page_of_legal_links_is_worth_a_look() -> None:
    assert types_of('<a href="/legal">Legal</a><a href="/trust">Trust centre</a>') == {
        "https://kites.example/legal": None, "https://kites.example/trust": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Informations légales", "Políticas", "Note legali", "Juridische informatie", "法的情報", "Rechtliches"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_such_a_page_is_known_in_other_languages_and_encodings(name: str, encoding: str) -> None:
    [lead] = leads_of_page(f'<p>Drachen, cerfs-volants, 凧</p><a href="/l">{name}</a>'.encode(encoding), HOME)
    assert (lead.url, lead.how) == (f"{HOME}l", f"a link {name!r}")


def test_the_server_may_say_in_what_letters_a_page_is_written() -> None:
    page = '<a href="/p">プライバシー</a>'.encode("euc-jp")
    [lead] = leads_of_page(page, HOME, content_type="text/html; charset=euc-jp")
    assert lead.type == "Privacy Policy"


def test_teasers_articles_and_files_are_no_documents() -> None:
    teaser = "How a kite maker from the coast came to think about privacy, and what ten years of wind have taught it"
    page = f"""<a href="/stories/privacy">Privacy</a><a href="/t">{teaser}</a><a href="privacy.png">Privacy</a>
        <a href="mailto:privacy@kites.example">Privacy</a><a href="javascript:privacy()">Privacy</a>
        <a href="http://[privacy">Privacy</a>"""
    assert types_of(page) == {}


def test_addresses_are_relative_to_the_base_and_told_once_without_fragments() -> None:
    page = '<base href="/en/"><a href="privacy#a"></a><a href="privacy">Privacy</a>'
    [lead] = leads_of_page(page.encode(), HOME)
    assert (lead.url, lead.is_told) == ("https://kites.example/en/privacy", True)


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"%PDF-1.7", b"<?xml version='1.0' encoding='x'?>"])
def test_what_is_no_page_has_no_links(body: bytes) -> None:
    assert leads_of_page(body, HOME) == []


def test_site_maps_are_read_for_paths_that_name_a_type() -> None:
    urls = [HOME + path for path in ("en/terms-of-use", "kites/red", "blog/privacy-matters", "privacy.pdf")]
    assert [(lead.url, lead.type) for lead in leads_of_addresses(urls)] == [
        (HOME + "en/terms-of-use", "Terms of Service"), (HOME + "privacy.pdf", "Privacy Policy"),
    ]  # fmt: skip


def test_variants_of_a_document_share_their_place() -> None:
    urls = (
        "https://kites.example/en-gb/privacy",
        "https://de.kites.example/privacy/",
        "http://kites.example/Privacy?l=fr",
    )
    assert {place_of(url) for url in urls} == {"kites.example/privacy"}


def test_what_a_frame_shows_or_a_page_forwards_to_is_worth_a_look_on_the_same_site() -> None:
    page = """<meta http-equiv="refresh" content="0;url=/welcome"><iframe src="/menu.html"></iframe>
        <iframe src="https://player.example/film"></iframe><iframe src="/en/privacy-text"></iframe>"""
    assert types_of(page) == {
        f"{HOME}welcome": None,
        f"{HOME}menu.html": None,
        f"{HOME}en/privacy-text": "Privacy Policy",
    }


def test_scripts_may_name_the_address_of_a_policy() -> None:
    page = '<script>{"links": ["/company/privacy-2024", "/kites/red", "/blog/privacy-and-wind"]}</script>'
    assert types_of(page) == {f"{HOME}company/privacy-2024": "Privacy Policy"}


def test_pages_about_the_vendor_are_worth_a_look_where_nothing_else_is() -> None:
    leads = leads_of_page(b'<a href="/c">Company</a><a href="/l">Legal</a><a href="/n">Company picnic</a>', HOME)
    assert [(lead.url, lead.is_remote) for lead in leads] == [(f"{HOME}c", True), (f"{HOME}l", False)]
