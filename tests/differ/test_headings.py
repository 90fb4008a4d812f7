import pytest

from clausewatch.model import BlockKind
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
    ],
)
def test_a_line_that_heads_the_text_after_it_is_a_heading(markup: str, heading: str) -> None:
    assert headings(text_of(POLICY + markup + LONG)) == [*KNOWN, heading]


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
        f"<h2>{PARAGRAPHS[0]}</h2>",
        "<table><tr><td><b>Company</b><td><b>Country</b></tr><tr><td>Marl<td>Iceland</tr></table>",
    ],
)
def test_a_line_that_only_looks_like_a_heading_is_text(markup: str) -> None:
    assert headings(text_of(POLICY + markup + LONG)) == KNOWN


def test_a_contents_list_of_headings_heads_nothing() -> None:
    contents = "".join(f"<h2>Part {name} of it</h2>" for name in "UVWXYZ")
    assert headings(text_of(f"<h1>Privacy Policy</h1><p>What follows:</p>{contents}{POLICY}"))[1:] == KNOWN


def test_levels_follow_numbers_and_then_style() -> None:
    body = (
        f"<p><b>1. Data</b></p>{LONG}<p><b>1.1 Your name</b></p>{LONG}<p><b>In "
        f"short</b></p>{LONG}<p><b>2. Use</b></p>{LONG}"
    )
    levels = [block.level for block in text_of(POLICY + body).blocks if block.kind is BlockKind.HEADING][len(KNOWN) :]
    assert levels == [3, 4, 4, 3]
