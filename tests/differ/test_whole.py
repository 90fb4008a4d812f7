"""What real sites put around, between and into their policies: none of it stays, and nothing of the policy goes."""

from __future__ import annotations

import json

import pytest

from tests.differ.pages import PARAGRAPHS, lines, read_html, text_of

SECTIONS = [
    (
        f"{number}. {name}",
        [f"{paragraph[:-1]}, {ending}." for paragraph in (PARAGRAPHS[number % 6], PARAGRAPHS[(number + 2) % 6])],
    )
    for number, (name, ending) in enumerate(
        [
            ("Who we are", "as the controller of it"),
            ("What we collect", "and what follows from it"),
            ("Why we use it", "for each of these purposes"),
            ("Who receives it", "and nobody else"),
            ("How long we keep it", "and then no longer"),
            ("Your rights", "wherever you live"),
            ("Cookies", "in every browser"),
            ("Other countries", "under standard clauses"),
            ("Children", "if they are under sixteen"),
            ("Changes", "after we have told you"),
        ],
        1,
    )
]
SECTION_MARKUP = [
    f"<h2>{heading}</h2>" + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    for heading, paragraphs in SECTIONS
]
POLICY = "<h1>Privacy Policy</h1><p>Last updated 3 May 2024</p>" + "".join(SECTION_MARKUP)
WHOLE = [
    "Privacy Policy",
    "Last updated 3 May 2024",
    *(line for heading, paragraphs in SECTIONS for line in (heading, *paragraphs)),
]
ASKS = "We and our partners use cookies and similar tools to show you nicer lakes and to count how often you look."
CARDS = "".join(
    f"<a href=/{name}><h4>The {name} lakes</h4><p>Ten {name} lakes that you should see at least once in "
    "your life, with maps.</p></a>"
    for name in ("blue", "green", "deep")
)
SWITCHES = "".join(
    f"<div><h4>{name}</h4><p>{number} partners can use this purpose</p><p>Maps presented to you on this service can "
    f"be based on your {name.lower()}, such as the lakes you are using, your device type or the hills that you look "
    "at most.</p></div>"
    for number, name in enumerate(("Select lakes", "Measure maps", "Understand hikers", "Store hills"), 12)
)

CHROME = {
    "consent, unnamed": f"<div><p>{ASKS}</p><button>Accept</button><button>Reject</button></div>",
    "consent, links as buttons": f"<div><p>{ASKS}</p><div><a href=#>Accept all</a> <a href=#>Decline</a></div></div>",
    "consent, one button": "<div>This site uses cookies. By continuing to browse the site, you are agreeing to our "
    "use of cookies. <a href=/c>Learn more</a> <a href=#>OK</a></div>",
    "consent, buttons in one line": f"<div><p>{ASKS}</p><span>Accept</span> <span>Reject all</span></div>",
    "consent, German": "<div><p>Wir verwenden Cookies, um unsere Karten zu verbessern. Sie können jederzeit "
    "widersprechen, auch später.</p><button>Annehmen</button><button>Alle ablehnen</button></div>",
    "consent, Polish": "<div><p>Używamy plików cookie, aby pokazywać ładniejsze jeziora i liczyć, jak często na nie "
    "patrzysz.</p><button>Akceptuję wszystkie</button><button>Odrzucam</button></div>",
    "consent, switches": f"<div><h2>Your choices</h2><p>{ASKS}</p>{SWITCHES}<button>Allow all</button>"
    "<button>Confirm my choices</button></div>",
    "languages, links": "<div><a href=/de>Deutsch</a><a href=/fr>Français</a><a href=/es>Español</a></div>",
    "languages, list": "<ul><li><a href=/de>Deutsch</a></li><li><a href=/fr>Français</a></li><li>English</li></ul>",
    "languages, menu": "<details><summary>English</summary><ul><li><a href=/de>Deutsch</a></li><li><a href=/fr>"
    "Français</a></li></ul></details>",
    "languages, select": "<select><option>English</option><option>Deutsch</option></select>",
    "related": "<section><h3>Related articles</h3><ul><li><a href=/a>How we draw lakes</a></li><li><a href=/b>How we "
    "find hills</a></li><li><a href=/c>What a map is for</a></li></ul></section>",
    "teasers": f"<section><h3>More from us</h3>{CARDS}</section>",
    "share bar": "<div><span>Share:</span><a href=https://f.example>Facebook</a><a href=https://t.example>Twitter</a>"
    "</div>",
    "chat": "<div><p>Hi there!</p><p>How can we help you today?</p><button>Start a chat</button></div>",
    "helpful": "<div><p>Was this page helpful?</p><button>Yes</button><button>No</button></div>",
    "helpful, counted": "<div><span>Was this article helpful?</span><div><a href=#>Yes</a><a href=#>No</a></div><p>3 "
    "out of 5 found this helpful</p></div>",
    "ago": "<div>Updated 5 minutes ago</div>",
    "ago, vague": "<div><p>Updated over a week ago</p></div>",
    "nonce": "<div>3f786850e387550fdab836ed7e6dc881de23001b</div>",
    "build": "<div>Build 2024.05.3-rc1 (a1b2c3d)</div>",
    "version of the site": "<p>v3.14.2</p>",
    "quote": "<div><blockquote>A lake is the earth's eye, looking into which the beholder draws his own maps, says "
    "the poet of the month.</blockquote></div>",
    "newsletter": "<div><h3>Stay in touch</h3><p>Get the best lakes of the month in your inbox, free of charge and "
    "without any fuss.</p><input type=email><button>Subscribe</button></div>",
    "browser": "<div><p>You are using an old browser. Please upgrade to a newer one to see all of our maps in "
    "colour.</p></div>",
    "scripts": "<div><noscript>Please turn on JavaScript to see our maps.</noscript><p>Please turn on JavaScript to "
    "see our maps.</p></div>",
    "breadcrumbs": "<div><a href=/>Home</a> &gt; <a href=/legal>Legal</a> &gt; Privacy Policy</div>",
    "breadcrumbs, said": "<div>You are here: <a href=/>Home</a> / Privacy Policy</div>",
    "skip": "<a href=#main>Skip to main content</a>",
    "apps": "<div><p>Get the app</p><a href=/ios>App Store</a><a href=/android>Google Play</a></div>",
    "address": "<div><p>© 2024 Larkspur Maps Ltd. All rights reserved.</p><p>Larkspur Maps Ltd, Lake Road 7, Marl. "
    "Registered in Iceland under the number 1200.</p></div>",
    "back to top": "<a href=#>Back to top</a>",
    "login": "<form><p>Log in to see the lakes that you saved.</p><input name=u><input type=password></form>",
    "search": "<form role=search><label>Search our maps</label><input></form>",
    "loading": "<div>Loading...</div>",
    "rating": "<div><p>Rate this page</p><span>★★★★★</span></div>",
    "cart": "<div><a href=/cart>Cart (0)</a> <a href=/me>My account</a></div>",
    "phone": "<div><a href='tel:+35412'>Call us: +354 12</a></div>",
}


@pytest.mark.parametrize("name", CHROME)
def test_what_stands_before_the_policy_goes(name: str) -> None:
    assert lines(text_of(f"<div>{CHROME[name]}</div><div><div>{POLICY}</div></div>")) == WHOLE


@pytest.mark.parametrize("name", CHROME)
def test_what_stands_after_the_policy_goes(name: str) -> None:
    assert lines(text_of(f"<div><div><div>{POLICY}</div></div></div>{CHROME[name]}")) == WHOLE


INSIDE = {
    "share bar": CHROME["share bar"],
    "helpful": CHROME["helpful"],
    "ago": CHROME["ago"],
    "nonce": CHROME["nonce"],
    "build": CHROME["build"],
    "consent": CHROME["consent, unnamed"],
    "print": "<button>Print</button>",
    "top": "<p><a href=#top>↑ Back to top</a></p>",
    "reading time": "<p>7 min read</p>",
}


@pytest.mark.parametrize("name", INSIDE)
def test_what_stands_in_the_middle_of_the_policy_goes(name: str) -> None:
    middle = POLICY.index("<h2>5.")
    assert lines(text_of(f"<div>{POLICY[:middle]}{INSIDE[name]}{POLICY[middle:]}</div>")) == WHOLE


MENU = "<div><a href=/maps>Maps</a> <a href=/jobs>Jobs</a> <a href=/blog>Blog</a></div>"
FOLDED = [section.split("</h2>") for section in SECTION_MARKUP]
TOP = "<h1>Privacy Policy</h1><p>Last updated 3 May 2024</p>"
SHAPES = {
    "details": "".join(f"<details><summary>{head[4:]}</summary>{rest}</details>" for head, rest in FOLDED),
    "accordion": "".join(
        f"<div><button aria-expanded=false aria-controls=p{i}>{head[4:]}</button><div id=p{i} hidden>{rest}</div></div>"
        for i, (head, rest) in enumerate(FOLDED)
    ),
    "accordion in headings": "".join(
        f"<h3><button aria-expanded=false>{head[4:]}</button></h3><div style='display:none'>{rest}</div>"
        for head, rest in FOLDED
    ),
    "accordion in a tab list": "<div role=tablist>"
    + "".join(f"<div role=tab>{head[4:]}</div><div role=tabpanel>{rest}</div>" for head, rest in FOLDED)
    + "</div>",
    "small accordion in a tab list": "".join(SECTION_MARKUP[:8])
    + "<div role=tablist>"
    + "".join(f"<div role=tab>{head[4:]}</div><div role=tabpanel>{rest}</div>" for head, rest in FOLDED[8:])
    + "</div>",
    "custom elements": "".join(
        f"<x-panel><x-title>{head[4:]}</x-title><x-body>{rest}</x-body></x-panel>" for head, rest in FOLDED
    ),
    "definition list": "<dl>" + "".join(f"<dt>{head[4:]}</dt><dd>{rest}</dd>" for head, rest in FOLDED) + "</dl>",
    "layout table": "<table><tr><td>" + "</td></tr><tr><td>".join(SECTION_MARKUP) + "</td></tr></table>",
    "layout table with a menu": f"<table><tr><td>{MENU}</td><td>{''.join(SECTION_MARKUP)}</td></tr></table>",
    "a container each": "".join(f"<div><div><div>{section}</div></div></div>" for section in SECTION_MARKUP),
    "two containers": f"<div><div>{''.join(SECTION_MARKUP[:7])}</div></div><div><div>{''.join(SECTION_MARKUP[7:])}"
    "</div></div>",
    "last section apart": f"<div>{''.join(SECTION_MARKUP[:9])}</div><div>{SECTION_MARKUP[9]}</div>",
    "headings beside": "".join(
        f"<div><div>{head}</h2></div><div>{rest}</div></div>" for head, rest in FOLDED
    ),
    "articles": "".join(f"<article><header>{head}</h2></header>{rest}</article>" for head, rest in FOLDED),
    "an aside within": "".join(SECTION_MARKUP[:4])
    + "".join(f"<aside>{section}</aside>" for section in SECTION_MARKUP[4:6])
    + "".join(SECTION_MARKUP[6:]),
    "a footer of the article": f"<article>{''.join(SECTION_MARKUP[:9])}<footer>{SECTION_MARKUP[9]}</footer></article>",
    "shadow root": f"<x-page><template shadowrootmode=open>{''.join(SECTION_MARKUP)}</template></x-page>",
    "dialog": f"<div role=dialog aria-modal=true>{''.join(SECTION_MARKUP)}</div>",
    "form": f"<form>{''.join(SECTION_MARKUP)}</form>",
    "line breaks": "<div>"
    + "<br><br>".join(f"<b>{heading}</b><br>{'<br><br>'.join(paragraphs)}" for heading, paragraphs in SECTIONS)
    + "</div>",
    "class names that lie": "".join(
        f"<section class='footer banner share login'>{section}</section>" for section in SECTION_MARKUP
    ),
    "consent in the name": "".join(f"<div id=consent-banner-{i}>{s}</div>" for i, s in enumerate(SECTION_MARKUP)),
    "centred fonts": "".join(
        f"<center><font size=4>{head}</h2></font></center><font>{rest}</font>" for head, rest in FOLDED
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_a_policy_of_any_shape_comes_whole(name: str) -> None:
    found = lines(text_of(f"<div>{MENU}</div><div>{TOP}{SHAPES[name]}</div><div>{MENU}</div>"))
    assert found == WHOLE


def test_tables_of_cookies_and_of_processors_come_whole() -> None:
    rows = [("Name", "Purpose", "Kept"), ("sid", "Session", "1 day"), ("lake", "Your lake", "2 years")]
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    found = lines(text_of(f"<div>{POLICY}</div><div><table>{table}</table></div>"))
    assert found == [*WHOLE, *(" | ".join(row) for row in rows)]


def test_half_of_a_policy_in_a_table_comes_whole() -> None:
    rows = "".join(f"<tr><td>{heading}<td>{' '.join(paragraphs)}</tr>" for heading, paragraphs in SECTIONS[5:])
    found = lines(text_of(f"<div>{TOP}{''.join(SECTION_MARKUP[:5])}<table>{rows}</table></div>"))
    assert found == [*WHOLE[:17], *(f"{heading} | {' '.join(paragraphs)}" for heading, paragraphs in SECTIONS[5:])]


def test_the_names_of_tabs_and_their_panels_come_whole() -> None:
    tabs = "<div role=tablist><button role=tab>Visitors</button><button role=tab>Members</button></div>"
    panels = (
        f"<div role=tabpanel>{''.join(SECTION_MARKUP[:5])}</div><div role=tabpanel>{''.join(SECTION_MARKUP[5:])}</div>"
    )
    found = lines(text_of(f"<div>{TOP}{tabs}{panels}</div>"))
    assert [line for line in found if line not in ("Visitors", "Members")] == WHOLE


def test_tracking_in_links_does_not_tell_two_looks_apart() -> None:
    looks = [
        text_of(
            f"<div>{POLICY}<p>See <a href='/opt?x=1&amp;utm_source={source}&amp;_gl={source}'>the "
            "form</a> for it.</p></div>"
        )
        for source in ("a", "b")
    ]
    assert looks[0].blocks == looks[1].blocks
    assert looks[0].blocks[-1].links == ("https://larkspur.example/opt?x=1",)


def test_markup_that_a_page_shows_as_text_is_read_as_markup() -> None:
    escaped = POLICY.replace("<", "&lt;").replace(">", "&gt;")
    assert lines(text_of(f"<div><div>{escaped}</div></div>")) == WHOLE


def test_a_link_that_a_page_shows_as_text_is_read_as_a_link() -> None:
    found = text_of(f"<div>{POLICY}<p>It stands in &lt;a href=&quot;/rules&quot;&gt;our rules&lt;/a&gt; too.</p></div>")
    assert lines(found) == [*WHOLE, "It stands in our rules too."]


def test_a_policy_that_an_application_holds_as_data_is_read() -> None:
    data = json.dumps({"props": {"pageProps": {"title": "Privacy Policy", "body": POLICY}}, "buildId": "x1y2z3"})
    body = f"<div id=__next></div><script id=__NEXT_DATA__ type=application/json>{data}</script>"
    assert lines(read_html(body).text) == WHOLE


def test_a_policy_in_the_source_of_a_frame_is_read() -> None:
    source = POLICY.replace("&", "&amp;").replace('"', "&quot;")
    assert lines(text_of(f'<div>{MENU}</div><iframe srcdoc="{source}"></iframe>')) == WHOLE


@pytest.mark.parametrize("first", ["main", "article", "section", "policy-page"])
def test_a_page_that_opens_neither_head_nor_body_is_read(first: str) -> None:
    assert lines(text_of(f"<!doctype html><html><title>Kites</title><{first}>{POLICY}</{first}>")) == WHOLE
