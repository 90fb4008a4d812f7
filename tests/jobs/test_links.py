"""Where a page leads, however it says so."""

from __future__ import annotations

import pytest

from clausewatch.jobs.links import links_of_page

HOME = "https://kites.example/"


@pytest.mark.parametrize(
    ("page", "path", "words"),
    [
        ('<a href="/p">Privacy <b>Policy</b></a>', "p", "Privacy Policy"),
        ('<a href="/p" aria-label="Privacy Policy"><svg></svg></a>', "p", "Privacy Policy"),
        ('<a href="/p" title="Privacy Policy"><i></i></a>', "p", "Privacy Policy"),
        ('<a href="/p"><img src="x.png" alt="Privacy Policy"></a>', "p", "Privacy Policy"),
        ('<map><area href="/p" alt="Privacy Policy"></map>', "p", "Privacy Policy"),
        ("<button onclick=\"window.location.href='/p'\">Terms</button>", "p", "Terms"),
        ("<button onclick=\"window.open('/p', '_blank')\">Terms</button>", "p", "Terms"),
        ('<iframe src="/p" title="Menu"></iframe>', "p", "Menu"),
        ('<frameset><frame src="p"></frameset>', "p", ""),
        ('<meta http-equiv="Refresh" content="0; URL=/p">', "p", ""),
        ("""<meta http-equiv="refresh" content="3;url='p'">""", "p", ""),
        ('<script type="application/json">{"href":"/p/privacy"}</script>', "p/privacy", ""),
        (r'<script>var u = "https:\/\/kites.example\/p\/privacy";</script>', "p/privacy", ""),
        ('<base href="/en/"><a href="p">Privacy</a>', "en/p", "Privacy"),
    ],
)
def test_links_of_many_kinds_are_found(page: str, path: str, words: str) -> None:
    (link,) = links_of_page(page.encode(), HOME)
    assert (link.url, link.words) == (HOME + path, words)


@pytest.mark.parametrize(
    "page",
    [
        '<a href="#">Privacy</a>', '<a href="mailto:privacy@kites.example">Privacy</a>', "<a>Privacy</a>",
        '<meta http-equiv="refresh" content="60">', "<button onclick=\"go('/p')\">Terms</button>",
        '<script>let a = "x", b = "/"; c = "//"</script>', '<a href="http://[p">Privacy</a>',
    ],
)  # fmt: skip
def test_what_leads_to_no_page_is_no_link(page: str) -> None:
    assert links_of_page(page.encode(), HOME) == []
