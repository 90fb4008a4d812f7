import html
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clausewatch.model import BlockKind, Fault, Text
from differ import REVISION, read
from tests.differ.pages import PARAGRAPHS, POLICY, headings, lines, page

ORDINARY = f"<p>{PARAGRAPHS[0]}</p>".encode()


def as_html(body: bytes) -> Text:
    return read(body, content_type="text/html").text


def test_the_four_forms_of_one_policy_give_one_text() -> None:
    whole = as_html(page(POLICY))
    markdown = read(
        (
            "# Privacy Policy\n\n"
            + "".join(f"## Part {n}\n\n{p}\n\n" for n, p in zip("ABCDEF", PARAGRAPHS, strict=True))
        ).encode(),
        name="policy.md",
    ).text
    plain = read("\n".join(lines(whole)).encode(), name="policy.txt").text
    assert whole.key == markdown.key == plain.key
    assert whole.sha256 == markdown.sha256
    assert headings(whole) == headings(markdown)
    assert whole.normaliser == REVISION
    assert (whole.language, markdown.language, plain.language) == ("en", "en", "en")


def test_one_text_in_other_markup_is_one_text() -> None:
    other = (
        POLICY.replace("<h2>", "<p><b>")
        .replace("</h2>", "</b></p>")
        .replace("<p>We", "<div>We\n")
        .replace("Privacy", "Pri&shy;vacy")
    )
    assert as_html(page(f"<nav>x</nav>{other}")).key == as_html(page(POLICY)).key


@pytest.mark.parametrize("repeat", ["0123", "abcd"])
def test_volatile_parts_of_the_page_do_not_reach_the_text(repeat: str) -> None:
    body = (
        f"<div data-nonce={repeat} id=x{repeat}>{POLICY}<p>See <a href='/x?utm_id={repeat}'>more of it</a>"
        f" there.</p></div>"
        f"<script nonce={repeat}>{repeat}</script><!-- {repeat} -->"
    )
    text = as_html(page(body))
    assert repeat not in repr(text.blocks)


def test_include_and_exclude_pick_elements() -> None:
    body = page(f"<div id=a>{POLICY}</div><div id=b><h1>Other</h1>{ORDINARY.decode() * 9}</div>")
    assert lines(read(body, content_type="text/html", include="#b").text)[0] == "Other"
    assert "Part D" not in read(body, content_type="text/html", exclude="#a h2").text.text
    assert "Part D" in read(body, content_type="text/html", include="#a").text.text


@pytest.mark.parametrize("selector", [".absent", "p[", "::before", "a:nope(x)"])
def test_a_selector_that_finds_nothing_is_noted_and_ignored(selector: str) -> None:
    reading = read(page(POLICY), content_type="text/html", include=selector)
    assert lines(reading.text) == lines(as_html(page(POLICY)))
    assert any(selector in note for note in reading.text.notes)


def test_what_was_left_out_is_noted() -> None:
    text = as_html(page(f"<nav><a href=/>Home</a></nav>{POLICY}"))
    assert text.notes == ("1 blocks of navigation, footers and dialogs left out",)


def test_the_language_is_not_looked_for_when_nobody_asks() -> None:
    assert read(page(POLICY), content_type="text/html", detect_language=False).text.language is None


@given(st.binary(max_size=400), st.sampled_from(["a.html", "a.md", "a.txt", "a.pdf", None]))
@settings(deadline=None, max_examples=200)
def test_any_bytes_give_a_text_or_a_fault(body: bytes, name: str | None) -> None:
    reading = read(body, name=name, detect_language=False)
    assert (reading.fault is None) == (reading.fault_reason is None)
    assert 0 <= reading.policy_share <= 1


SNIPPETS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<br>",
        "<ul>",
        "<li>",
        "</ul>",
        "<h2>",
        "</h2>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<div>",
        "</div>",
        "<button>",
        "•",
        "1. ",
        "\n\n",
        "We share data.",
        "WHO WE ARE",
        "café",
        "“so”",
        "<a href=/x>",
        "</a>",
        "&nbsp;",
        "<dt>",
    ]
)


@given(st.lists(SNIPPETS, max_size=60).map("".join), st.sampled_from(["a.html", "a.md", "a.txt"]))
@settings(deadline=None, max_examples=200)
def test_blocks_are_single_lines_in_nfc_and_reading_them_again_changes_no_word(source: str, name: str) -> None:
    text = read(source.encode(), name=name, detect_language=False).text
    for block in text.blocks:
        assert block.text == " ".join(block.text.split())
        assert unicodedata.is_normalized("NFC", block.text)
        assert (block.level > 0) == (block.kind in (BlockKind.HEADING, BlockKind.ITEM))
    again = read(rendered(text).encode(), name="b.md", detect_language=False).text
    assert lines(again) == lines(text)


def rendered(text: Text) -> str:
    tags = {BlockKind.HEADING: "h{}", BlockKind.ITEM: "li", BlockKind.PARAGRAPH: "p", BlockKind.ROW: "p"}
    shown = []
    for block in text.blocks:
        tag = tags[block.kind].format(block.level)
        shown.append(f"<{tag}>{html.escape(block.text)}</{tag}>")
    return "".join(shown)


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 100_000 + ORDINARY,
        b"<table><tr><td>" * 20_000 + ORDINARY,
        b"<b>a " * 20_000,
        b"<p>unclosed " * 20_000,
        b"a" * 1_000_000,
        b"&amp;" * 200_000,
        b"x<br>" * 100_000,
        b"<" * 200_000,
        b"<div " + b" ".join(b"a%d=1" % i for i in range(60_000)) + b">" + ORDINARY,
        b"<p>" + b"".join(b"<a href=/%d>a</a> " % i for i in range(10_000)),
        ORDINARY * 20 + b"<div><button>Accept</button><button>Reject</button>cookies" * 5_000,
    ],
    ids=[
        "divs",
        "tables",
        "bold",
        "paragraphs",
        "word",
        "entities",
        "breaks",
        "angles",
        "attributes",
        "links",
        "choices",
    ],
)
def test_a_page_built_to_hurt_ends(body: bytes) -> None:
    reading = read(b"<html><body>" + body, content_type="text/html")
    assert reading.text.normaliser == REVISION


def test_what_lies_deeper_than_any_page_is_cut_and_noted() -> None:
    reading = read(b"<html><body>" + b"<div>" * 3000 + ORDINARY, content_type="text/html")
    assert any("deeper" in note for note in reading.text.notes)
    assert reading.fault is Fault.EMPTY


def test_unclosed_tags_of_an_old_page_cost_no_text() -> None:
    body = page("<font size=2>" * 500 + POLICY)
    assert lines(as_html(body)) == lines(as_html(page(POLICY)))
