"""A search over a site on loopback, with real fetches in a child process."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from clausewatch.demo import answers
from clausewatch.errors import CrawlError, UsageError
from clausewatch.jobs.discovery import MAX_PAGES, Candidate, best_of, discover
from clausewatch.settings import Settings
from tests.support import VendorSite

pytestmark = pytest.mark.once


@pytest.fixture
def site() -> Iterator[VendorSite]:
    with VendorSite() as site:
        yield site


def found_on(site: VendorSite) -> tuple[Candidate, ...]:
    domain = site.root.partition("://")[2]
    return discover(domain, settings=Settings(allow_hosts=(domain,)))


PARAGRAPH = """<p>Harbor Kites collects your name, your e-mail address and the data of the devices that you use when you
open an account, order a kite or visit our pages. We process this personal data to perform the contract with you, and
keep it as long as the law asks for. You may access, correct and erase your personal data, and object to its
processing, at any time. We share personal data with processors that host our services and send our parcels.</p>"""
GERMAN = """<p>Harbor Kites verarbeitet Ihren Namen, Ihre E-Mail-Adresse und die Daten der Geräte, die Sie nutzen,
wenn Sie ein Konto eröffnen, einen Drachen bestellen oder unsere Seiten besuchen. Wir verarbeiten diese
personenbezogenen Daten, um den Vertrag mit Ihnen zu erfüllen, und speichern sie, solange das Gesetz es verlangt. Sie
können jederzeit Auskunft über Ihre personenbezogenen Daten verlangen, sie berichtigen und löschen lassen.</p>"""

JAPANESE = """<p>凧の港は、お客様が口座を開設し、凧を注文する際に、お名前、メールアドレス、
ご利用の端末の情報を取得します。契約の履行のためにこれらの個人情報を利用し、法令で定める期間保管します。
お客様は、いつでも個人情報の開示、訂正、削除を請求することができます。</p>"""


def policy(name: str, paragraph: str = PARAGRAPH) -> str:
    parts = "".join(f"<h2>{part}. {name}</h2>{paragraph}" for part in range(1, 5))
    return f"<html><head><title>{name}</title></head><body><main><h1>{name}</h1>{parts}</main></body></html>"


def test_links_and_pages_of_links_lead_to_documents_and_their_variants(site: VendorSite) -> None:
    privacy = "".join(f'<a href="/{place}/privacy">Privacy {place}</a>' for place in ("de", "en-gb", "us"))
    site.publish("/", f'<h1>Kites</h1>{privacy}<a href="/legal">Legal</a><a href="/red-kite">Red</a>')
    site.publish("/de/privacy", policy("Datenschutzerklärung", GERMAN))
    site.publish("/en-gb/privacy", policy("Privacy Policy"))
    site.publish("/us/privacy", policy("Privacy Policy"))
    site.publish("/legal", '<ul><li><a href="/l/terms">Terms of use</a></li><li><a href="/l/9">Cookies</a></li></ul>')
    site.publish("/l/terms", policy("Terms of Service"))
    site.publish("/l/9", policy("Cookie Policy"))
    found = found_on(site)
    assert [(each.type, each.url, each.language) for each in found] == [
        ("Cookie Policy", site.url("/l/9"), "en"),
        ("Privacy Policy", site.url("/us/privacy"), "en"),
        ("Terms of Service", site.url("/l/terms"), "en"),
    ]
    assert all(each.confidence > 0.8 for each in found)
    assert best_of(found) == found
    assert [each.language for each in found[1].variants] == ["en", "de"]
    assert "/red-kite" not in {entry.path for entry in site.requests}


def test_a_site_may_speak_a_language_without_spaces(site: VendorSite) -> None:
    site.publish("/", '<h1>凧の港</h1><a href="/1">個人情報保護方針</a><a href="/2">利用規約</a>')
    site.publish("/1", policy("個人情報保護方針", JAPANESE))
    site.publish("/2", policy("利用規約", JAPANESE))
    assert [(each.type, each.url, each.language) for each in best_of(found_on(site))] == [
        ("Privacy Policy", site.url("/1"), "ja"), ("Terms of Service", site.url("/2"), "ja"),
    ]  # fmt: skip


def test_site_maps_are_read_where_links_lead_to_nothing(site: VendorSite) -> None:
    site.set_robots(f"User-agent: *\nDisallow: /closed\nSitemap: {site.url('/maps.xml')}\n")
    site.publish("/", "<h1>Kites</h1>")
    name = "http://www.sitemaps.org/schemas/sitemap/0.9"
    site.publish(
        "/maps.xml",
        f'<sitemapindex xmlns="{name}"><sitemap><loc>{site.url("/pages.xml")}</loc></sitemap></sitemapindex>',
    )
    pages = "".join(f"<url><loc>{site.url(path)}</loc></url>" for path in ("/about/privacy", "/closed/privacy", "/red"))
    site.publish("/pages.xml", f'<urlset xmlns="{name}">{pages}</urlset>')
    site.publish("/about/privacy", policy("Privacy Policy"))
    site.publish("/closed/privacy", policy("Privacy Policy"))
    assert [each.url for each in found_on(site)] == [site.url("/about/privacy")]
    assert "/closed/privacy" not in {entry.path for entry in site.requests}


def test_usual_paths_are_tried_where_links_lead_to_what_is_no_policy_of_the_vendor(site: VendorSite) -> None:
    with VendorSite() as other:
        # the hosts of loopback sites are all one address: another name makes another site
        elsewhere = f"http://localhost:{other.root.rpartition(':')[2]}/privacy"
        other.publish("/privacy", policy("Privacy Policy").replace("Harbor Kites", "Bottle Post"))
        site.publish("/", f'<a href="{elsewhere}">Privacy</a><a href="/privacy">Privacy</a><a href="/terms">Terms</a>')
        site.publish("/privacy", "<h1>Privacy</h1><p>This page could not be found.</p>")
        site.publish("/terms", f"<h1>Kites</h1>{'<p>Our kites fly higher than any other kite on the coast.</p>' * 40}")
        site.publish("/legal/privacy", policy("Privacy Policy"))
        domain = site.root.partition("://")[2]
        found = discover(domain, settings=Settings(allow_hosts=(domain, elsewhere.split("/")[2])))
        assert {entry.path for entry in other.requests} == {"/robots.txt", "/privacy"}
    assert [(each.url, each.how) for each in best_of(found)] == [(site.url("/legal/privacy"), "a usual path")]


def test_a_site_is_asked_for_so_many_pages_and_no_more(site: VendorSite) -> None:
    site.publish("/", "".join(f'<a href="/{kind}/{n}">{kind}</a>' for n in range(30) for kind in KINDS))
    for kind in KINDS:
        for n in range(30):
            site.publish(f"/{kind}/{n}", policy(kind))
    found_on(site)
    assert len({entry.path for entry in site.requests}) <= MAX_PAGES + 1  # and robots.txt


KINDS = ("Privacy", "Terms", "Cookies", "Sub-processors", "Guidelines", "Imprint", "Children")


def test_a_site_that_does_not_answer_is_an_error(site: VendorSite) -> None:
    site.answer("/", answers.redirect("/"))
    with pytest.raises(CrawlError, match="home page cannot be read"):
        found_on(site)


@pytest.mark.parametrize("name", ["kites.example/privacy", "kites.example?lang=en"])
def test_a_page_without_its_scheme_is_no_domain(name: str) -> None:
    with pytest.raises(UsageError, match=f"write https://{re.escape(name)}"):
        discover(name, settings=Settings())


@pytest.mark.slow
def test_a_site_that_shows_its_first_page_to_no_program_may_have_policies_at_usual_paths(site: VendorSite) -> None:
    site.publish("/", "<title>Just a moment...</title><p>Checking your browser</p>", status=403)
    with pytest.raises(CrawlError, match="home page cannot be read"):
        found_on(site)
    site.publish("/policies/privacy-policy", policy("Privacy policy"))
    (found,) = found_on(site)
    assert (found.url, found.how) == (site.url("/policies/privacy-policy"), "a usual path")


@pytest.mark.slow
def test_what_stands_behind_frames_forwards_and_pages_about_the_vendor_is_found(site: VendorSite) -> None:
    site.publish("/", '<meta http-equiv="refresh" content="0;url=/welcome">')
    site.publish("/welcome", '<frameset><frame src="/menu.html"></frameset>')
    site.publish("/menu.html", '<a href="/p7" aria-label="Privacy Policy"><svg></svg></a><a href="/c">Company</a>')
    site.publish("/c", '<a href="/c/legal">Legal</a>')
    site.publish("/c/legal", '<a href="/t9">Terms of use</a>')
    site.publish("/p7", policy("Privacy Policy"))
    site.publish("/t9", policy("Terms of Use"))
    assert {each.url for each in best_of(found_on(site))} == {site.url("/p7"), site.url("/t9")}
