import pytest

from clausewatch.model import BlockKind
from differ.normalise.page import Page, Piece
from differ.normalise.trim import drop_copies
from tests.differ.pages import PARAGRAPHS, POLICY, lines, text_of

WHOLE = lines(text_of(POLICY))
END = "<p>This is the end of the fictional policy.</p>"


@pytest.mark.parametrize(
    "label",
    [
        "Print this page",
        "Back to top",
        "Als PDF speichern",
        "Imprimer et enregistrer en format pdf",
        "Updated about 3 hours ago",
        "Was this page helpful?",
        "5 minutes ago",
        "© 2024 Larkspur Maps. All rights reserved.",
        "Session 0f8fad5b-d9cb-469f-a165-70867728950e",
    ],
)
def test_labels_and_tokens_are_left_out(label: str) -> None:
    assert lines(text_of(f"{POLICY}<p>{label}</p>{END}"))[:-1] == WHOLE


def test_buttons_that_open_nothing_are_left_out() -> None:
    assert lines(text_of(f"{POLICY}<button>Yes</button><button>No</button>")) == WHOLE


def test_a_short_answer_is_text() -> None:
    assert lines(text_of(f"{POLICY}<p>Do we sell your data to anyone?</p><p>No</p>{END}"))[-2] == "No"


def test_loose_links_at_both_ends_are_left_out_and_addresses_stay() -> None:
    menu = "<div><a href=/a>Lakes</a></div><div>New</div><div><a href=/b>Hills</a></div>"
    body = (
        f"<div>{menu}{POLICY}<p>Write to</p><p>Larkspur Maps</p><p><a "
        f"href='mailto:a@l.example'>a@l.example</a></p>{menu}</div>"
    )
    assert lines(text_of(body)) == [*WHOLE, "Write to", "Larkspur Maps", "a@l.example"]


def test_links_that_a_lead_in_announces_are_text() -> None:
    body = (
        f"<div>{POLICY}<p>You can opt out of each of them here:</p><p><a href=/a>Marl</a></p><p><a "
        f"href=/b>Fenwick</a></p></div>"
    )
    assert lines(text_of(body))[-2:] == ["Marl", "Fenwick"]


def test_a_line_that_repeats_the_one_before_is_left_out() -> None:
    assert lines(text_of(POLICY.replace("<h2>Part A", "<p>Part A</p><h2>Part A"))) == WHOLE


def test_a_copy_of_half_the_page_is_left_out() -> None:
    assert lines(text_of(f"<div>{POLICY}</div><div>{POLICY}</div>")) == WHOLE


def test_the_vendors_own_small_repetition_stays() -> None:
    pieces = [Piece(f"{PARAGRAPHS[i % 6]} {i}", BlockKind.PARAGRAPH, words=16) for i in range(60)]
    page = Page(pieces + pieces[:3])
    drop_copies(page)
    assert len(page.pieces) == 63
