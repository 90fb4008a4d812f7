import pytest

from clausewatch.model import BlockKind
from differ import read
from tests.differ.pages import PARAGRAPHS, POLICY, headings, text_of

KNOWN = headings(text_of(POLICY))
LONG = f"<p>{PARAGRAPHS[0]} Twice.</p>"


@pytest.mark.parametrize(
    ("markup", "heading"),
    [
        ("<p><b>How we store it</b></p>", "How we store it"),
        ("<p><span style='font-weight: 700'>How we store it</span></p>", "How we store it"),
        ("<p style='font-weight:bold'>How we store it</p>", "How we store it"),
        ("<p class='font-bold'>How we store it</p>", "How we store it"),
        ("<p>HOW WE STORE IT</p>", "HOW WE STORE IT"),
        ("<p>4. How we store it</p>", "4. How we store it"),
        ("<p>§ 4 How we store it</p>", "§ 4 How we store it"),
        ("<p>IV. How we store it</p>", "IV. How we store it"),
        ("<div role=heading aria-level=3>How we store it</div>", "How we store it"),
        ("<button aria-expanded=false>How we store it</button>", "How we store it"),
        ("<dl><dt>How we store it</dt></dl>", "How we store it"),
        ("<ul><li><b>How we store it</b></li></ul>", "How we store it"),
        (
            "<ul><li><b>How we store it</b></li><li>We store it on discs in Iceland, in two halls that "
            "nobody else has a key to.</li></ul>",
            "How we store it",
        ),
        ("<p>How we store it</p>", "How we store it"),
        ("<p>How do we store it?</p>", "How do we store it?"),
        ("<p>【How we store it】</p>", "【How we store it】"),
        (
            "<p><b>How we store it, for whom (see www.larkspur.example):</b></p>",
            "How we store it, for whom (see www.larkspur.example):",
        ),
        ("<h3>How we store it <a href=#store>#</a></h3>", "How we store it"),
        ("<p>Terms of Storage</p><p>Effective 3 May 2024</p>", "Terms of Storage"),
    ],
)
def test_a_line_that_heads_the_text_after_it_is_a_heading(markup: str, heading: str) -> None:
    assert headings(text_of(POLICY + markup + LONG)) == [*KNOWN, heading]


def test_a_label_that_a_file_kept_is_no_heading() -> None:
    text = read(f"# Privacy Policy\n\n{LONG[3:-4]}\n\nBACK TO TOP\n\n{LONG[3:-4]}\n".encode(), name="a.md").text
    assert headings(text) == ["Privacy Policy"]


@pytest.mark.parametrize(
    "markup",
    [
        "<p><b>Larkspur Maps, Lake Road 7,</b></p>",
        "<p><b>ada@larkspur.example</b></p>",
        "<p><b>Last updated: 3 May 2024</b></p>",
        "<h2>Last updated: 3 May 2024</h2>",
        "<p><a href=/x>WHO WE ARE</a></p>",
        "<p>1. your name</p><p>2. your address</p><p>3. your lake</p>",
        "<p>4. We store it in Iceland.</p>",
        "<p>and on discs</p>",
        "<p>Write to:</p><p>Larkspur Maps</p>",
        "<p>Write to:</p><p><b>The Larkspur Privacy Team</b></p><p>Lake Road 7, Marl ML4 1200, Iceland</p>",
        "<p><b>Larkspur Maps Ltd.</b></p>",
        "<p><b>or:</b></p>",
        "<ul><li>Marl</li></ul>",
        "".join(f"<p><b>Part {name} of it</b></p>" for name in "UVWXYZ") + "<p>All of them follow.</p>",
        f"<h2>{PARAGRAPHS[0]}</h2>",
        "<table><tr><td><b>Company</b><td><b>Country</b></tr><tr><td>Marl<td>Iceland</tr></table>",
    ],
)
def test_a_line_that_only_looks_like_a_heading_is_text(markup: str) -> None:
    assert headings(text_of(POLICY + markup + LONG)) == KNOWN


def test_a_contents_list_of_headings_heads_nothing() -> None:
    contents = "".join(f"<h2>Part {name} of it</h2>" for name in "UVWXYZ")
    assert headings(text_of(f"<h1>Privacy Policy</h1><p>What follows:</p>{contents}{POLICY}"))[1:] == KNOWN


def test_short_items_alone_in_their_lists_head_the_text_after_them() -> None:
    names = ["How we store it", "How we lend it", "How we lose it"]
    body = "".join(f"<ol start={i}><li>{name}</li></ol>{LONG}" for i, name in enumerate(names, 1))
    assert headings(text_of(POLICY + body)) == [*KNOWN, *names]


def test_the_upper_of_two_bold_lines_heads_the_lower() -> None:
    body = f"<p>{PARAGRAPHS[1]} Thrice.</p><p><b>How we store it</b></p><p><b>On discs</b></p>{LONG}"
    assert headings(text_of(POLICY + body)) == [*KNOWN, "How we store it", "On discs"]


def test_levels_follow_numbers_and_then_style() -> None:
    body = (
        f"<p><b>1. Data</b></p>{LONG}<p><b>1.1 Your name</b></p>{LONG}<p><b>In "
        f"short</b></p>{LONG}<p><b>2. Use</b></p>{LONG}"
    )
    levels = [block.level for block in text_of(POLICY + body).blocks if block.kind is BlockKind.HEADING][len(KNOWN) :]
    assert levels == [3, 4, 4, 3]
