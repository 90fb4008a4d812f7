"""A page that is taken for one read before, by its fingerprint, is what reading it anew gives."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clausewatch.model import Reading
from differ import read
from differ.faults import signals_of
from differ.normalise import fingerprint
from tests.differ.pages import PARAGRAPHS, POLICY, page

URL = "https://larkspur.example/privacy"

# Where a token stands decides whether it is text, and that is at times not where it seems to stand.
FRAGMENTS = (
    "<script nonce={0}>var nonce = '{0}'</script>",
    "<script>document.write('<p>{0}</p>')</script>",
    "<script>unclosed {0}",
    "<style>.a{{content:'{0}'}}</style>",
    "<!-- {0} -->",
    "<!-- <script> -->We keep {0} for a year.<!-- </script> -->",
    "<!-- unclosed {0}",
    "<textarea>{0}</textarea>",
    "<textarea>" + "You agree to all of these terms. " * 9 + "{0}</textarea>",
    "<textarea><script>{0}</script></textarea>",
    "<template>{0}</template>",
    "<template shadowrootmode=open><p>We also keep {0}.</p></template>",
    "<noscript>{0}</noscript>",
    "<svg><title>{0}</title><text>{0}</text></svg>",
    "<math><mi>{0}</mi></math>",
    "<input type=hidden value={0}>",
    "<form><input type=password value='{0}'><p>Log in, {0}</p></form>",
    "<select><option>{0}</select>",
    "<div data-id='{0}'>We show what stands here to all.</div>",
    "<div class='{0}'>We show what stands here to some.</div>",
    "<div id='{0}' style='{0}'><p>We show this too.</p></div>",
    "<div role='{0}'>We show what stands here to few.</div>",
    "<p title='{0}'>A line with a title to it.",
    "<p>We keep {0} for as long as we must.</p>",
    "<p>&{0}; and &#{0}; are no marks.</p>",
    "<b>{0}</b>",
    "<span class=bold>{0}</span>",
    "<pre>one {0}\ntwo</pre>",
    "<table><tr><th>What<th>{0}<tr><td>mail<td>a year</table>",
    "<a href='/x?session_id={0}&a=1'>more</a>",
    "<a href='/{0}'>one</a><a href='/{0}'>two</a>",
    "<a href='/{0}'>more about this and about all of that</a>",
    "<base href='/{0}/'>",
    "<title>{0}</title>",
    "<link rel=stylesheet href='/{0}.css'>",
    "<xmp>{0}</xmp>",
    "<![CDATA[{0}]]>",
    "<?target {0}?>",
    "<o:p o:a='{0}'>We keep this.</o:p>",
    "<{0}>We keep that.</{0}>",
    "<p {0}='{0}'>We keep those.</p>",
    "<iframe srcdoc='<p>{0}</p>'></iframe>",
    "</div></body></html>{0}",
    "<li>{0}",
    "</p>{0}<p",
    "<span data-cfemail='{0}'>[email&#160;protected]</span>",
    "<a href='/cdn-cgi/l/email-protection#{0}'>write to us</a>",
    "<a href='/cdn-cgi/l/email-protection#{0}'>write</a><a href='/cdn-cgi/l/email-protection#{0}'>to us</a>",
    "&lt;p&gt;{0}&lt;/p&gt;&lt;p&gt;{0}&lt;/p&gt;&lt;p&gt;{0}&lt;/p&gt;&lt;p&gt;{0}&lt;/p&gt;",
)
TOKENS = (
    "", "a", "b", "A", "x1", "your orders", "our partners", "\x01", "\x1c", "\x1f", "\ufffd", "\ufffe", "</script>",
    "-->", "<!--", "<b>", "</div>", "'", '"', "&amp;", "&#28;", "<script>", "</textarea>", "]]>", "28", "bold",
    "nav", "hidden", "heading", "script", "p", " ", "\n", "é",
)  # fmt: skip


def masked(address: str, key: int) -> str:
    return bytes([key, *(byte ^ key for byte in address.encode())]).hex()


MASKS = tuple(masked(f"{name}@larkspur.example", key) for name, key in itertools.product("ab", (0, 1, 0x2A, 0xFF)))
tokens = st.sampled_from((*TOKENS, *MASKS))


@st.composite
def two_pages(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Two pages of the same parts, with the same or other words in some of them."""
    parts = draw(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5))
    pairs = [draw(st.tuples(tokens, tokens)) for _ in parts]
    at = draw(st.integers(0, 6))
    shown = draw(st.sampled_from((POLICY, POLICY, PARAGRAPHS[0])))
    sides = []
    for side in range(2):
        said = "".join(part.format(pair[side]) for part, pair in zip(parts, pairs, strict=True))
        cut = shown.split("<h2>")
        sides.append(page("<h2>".join(cut[:at]) + said + "<h2>" + "<h2>".join(cut[at:])))
    return sides[0], sides[1]


def read_page(body: bytes, known: str | None = None, **named: str) -> Reading:
    return read(body, content_type="text/html", url=URL, known=known, **named)  # type: ignore[arg-type]  # passed on


def read_anew(body: bytes, **named: str) -> Reading:
    fingerprint._recent.clear()  # what was read before in this process
    return read_page(body, **named)


def said(reading: Reading) -> tuple[object, ...]:
    return reading, reading.fingerprint, signals_of(reading)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(two_pages())
def test_a_page_with_a_known_fingerprint_says_what_the_known_one_said(pages: tuple[bytes, bytes]) -> None:
    one, other = pages
    first, anew = read_anew(one), read_anew(other)
    if first.fingerprint and first.fingerprint == anew.fingerprint:
        assert said(anew) == said(first)
    assert said(read_anew(one)) == said(first)
    assert said(read_page(other)) == said(anew)  # with the first one remembered
    short = read_page(other, first.fingerprint)
    assert (short.fingerprint == first.fingerprint) == (anew.fingerprint == first.fingerprint)
    if first.fingerprint is None or anew.fingerprint != first.fingerprint:
        assert said(short) == said(anew)


@pytest.mark.parametrize("fragment", [
    "<script nonce={0}>var a = '{0}'</script>", "<!-- {0} -->", "<style>.{0}{{}}</style>",
    "<input type=hidden value={0}>", "<noscript>{0}</noscript>",
    "<template>{0}</template>", "<textarea>{0}</textarea>", "<svg><text>{0}</text></svg>",
    "<iframe src='/{0}'></iframe>",
])  # fmt: skip
def test_what_is_never_text_is_in_no_fingerprint(fragment: str) -> None:
    one, other = (read_anew(page(fragment.format(token) + POLICY)) for token in ("abc", "xyz"))
    assert one.fingerprint is not None
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize("fragment", [
    "<p>We keep {0} for as long as we must.</p>", "<div class='{0}'>We keep it.</div>",
    "<a href='/{0}'>about us all</a>",
    "<textarea>" + "You agree to all of these terms. " * 9 + "{0}</textarea>", "<title>{0}</title>",
    "<!-- <script> -->We keep {0} for a year.<!-- </script> -->", "<base href='/{0}/'>",
])  # fmt: skip
def test_what_may_tell_on_the_text_is_in_the_fingerprint(fragment: str) -> None:
    one, other = (read_anew(page(fragment.format(token) + POLICY)) for token in ("abc", "xyz"))
    assert one.fingerprint != other.fingerprint


def test_what_was_asked_for_is_in_the_fingerprint() -> None:
    body = page("<main>" + POLICY + "</main><footer>Larkspur</footer>")
    asked: list[dict[str, str]] = [
        {}, {"document_type": "privacy-policy"}, {"document_type": "imprint"}, {"include": "main"},
        {"include": "main p"}, {"exclude": "footer"}, {"exclude": "form"},
    ]  # fmt: skip
    found = [read_anew(body, **each).fingerprint for each in asked]
    assert len(set(found) - {None}) == len(asked) - 1  # what an exclusion does not find changes nothing
    elsewhere = read(body, content_type="text/html", url="https://fennel.example/privacy")
    assert elsewhere.fingerprint not in found


def test_control_characters_leave_a_page_without_a_fingerprint() -> None:
    """They would all look the same; some are spaces, and some are nothing."""
    for character in ("\x01", "\x1c", "&#28;"):
        assert read_anew(page(f"<p>What we{character}keep</p>" + POLICY)).fingerprint is None
    assert read_anew(page("<p>What we&amp;#xFFFD;\ufffdkeep</p>" + POLICY)).fingerprint is not None


@pytest.mark.parametrize("body", [
    page("<p>We are closed.</p>"),  # what it is is told by its scripts too
    page(f"<script type=application/json>{{\"text\": \"<p>{' '.join(PARAGRAPHS * 3)}</p>\"}}</script>"),
    page(""), b"",
])  # fmt: skip
def test_a_page_that_is_judged_by_more_than_its_tree_has_no_fingerprint(body: bytes) -> None:
    assert read_anew(body).fingerprint is None


def test_only_pages_have_fingerprints() -> None:
    assert read("\n\n".join(PARAGRAPHS).encode(), name="notice.md").fingerprint is None
    assert read("\n\n".join(PARAGRAPHS).encode(), name="notice.txt").fingerprint is None


def test_addresses_masked_anew_are_the_same_addresses() -> None:
    def contact(*keys: int) -> Reading:
        links = "".join(
            f'<p>Ask <a href="/cdn-cgi/l/email-protection#{masked(f"ask{number}@larkspur.example", key)}">'
            f'<span class="__cf_email__" data-cfemail="{masked(f"ask{number}@larkspur.example", key + 1)}">'
            "[email&#160;protected]</span></a> about it.</p>"
            for number, key in enumerate(keys)
        )
        return read_anew(page(POLICY + links))

    one, other = contact(7, 90, 7), contact(90, 34, 1)
    assert one.fingerprint == other.fingerprint
    assert said(one) == said(other)
    assert one.text.blocks[-1].links == ("mailto:ask2@larkspur.example",)


def test_a_page_of_more_masked_addresses_than_keys_keeps_them() -> None:
    links = "".join(
        f'<p>{PARAGRAPHS[number % 5]} <a href="/cdn-cgi/l/email-protection#{masked(f"{number}@larkspur.example", 9)}">'
        f"Office {number}</a> knows more.</p>"
        for number in range(300)
    )
    text = read_anew(page(f"<h1>Privacy Policy</h1>{links}")).text
    assert [block.links for block in text.blocks[1:]] == [
        (f"mailto:{number}@larkspur.example",) for number in range(300)
    ]


def test_a_fingerprint_is_no_part_of_what_was_read() -> None:
    reading = read_anew(page(POLICY))
    assert reading == replace(reading, fingerprint=None)
