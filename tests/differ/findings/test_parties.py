"""Which words of a sentence, an item or a row name somebody who receives data."""

import pytest

from differ.findings.difference import difference_of
from differ.findings.parties import new_parties
from differ.findings.rules import lexicon_of

from .policies import alignment_of

TABLE = "| Recipient | Purpose |\n|---|---|\n| Fennel Hosting | Servers |"
LIST = "We share data with:\n\n- Fennel Hosting"


def names(before: str, after: str, *, section: str = "Who receives data") -> list[str]:
    lexicon = lexicon_of("en")
    assert lexicon is not None
    alignment = alignment_of(*(f"## {section}\n\n{text}" for text in (before, after)))
    units = difference_of(alignment, lexicon=lexicon).units
    pieces = [unit.after for unit in units if unit.after is not None]
    return [name.value for piece in pieces for name in new_parties(piece, lexicon=lexicon)]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("| Larkspur | Measurement |", ["Larkspur"]),
        ("| Larkspur & Daughters LLP (Leith) | Accounts |", ["Larkspur & Daughters LLP"]),
        ("| Payment providers | Payment |", []),
        ("| Couriers | Delivery |", []),
        ("| Ireland | Delivery |", []),
    ],
)
def test_a_row_names_in_its_first_cell(row: str, found: list[str]) -> None:
    assert names(TABLE, f"{TABLE}\n{row}") == found


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ("Larkspur, which counts kettles.", ["Larkspur"]),
        ("Ansel Ads counts kettles.", ["Ansel Ads"]),
        ("Larkspur (measurement)", ["Larkspur"]),
        ("Couriers, who bring the kettle.", []),
        ("Advertising partners, which show you tea.", []),
        ("Authorities, when a court obliges us.", []),
    ],
)
def test_an_item_names_at_its_head(item: str, found: list[str]) -> None:
    assert names(LIST, f"{LIST}\n- {item}") == found


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("We disclose your name to our partners, such as Larkspur and Ansel Ads.", ["Larkspur", "Ansel Ads"]),
        ("Larkspur receives your name.", ["Larkspur"]),
        ("We do not share your name with Larkspur.", []),
        ("We share your name with couriers in Perth.", []),
        ("WE SHARE YOUR NAME AND ADDRESS WITH MANY OTHERS.", []),
        ("We share your name with authorities as the Kettle Act asks.", []),
    ],
)
def test_a_sentence_names_whom_data_is_shared_with(sentence: str, found: list[str]) -> None:
    assert names("Kettles boil.", f"Kettles boil.\n\n{sentence}", section="Kettles") == found
