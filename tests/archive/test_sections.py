from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence

import pytest

import differ
from archive.sections import fill_sections, pack_sections, unpack_sections
from clausewatch.errors import Damaged
from clausewatch.model import Change, Edit, SectionChange, Side, Text

HEADINGS = ("Data", "How long", "Who receives it", "Your rights", "Data")
WORDS = [
    "we",
    "keep",
    "your",
    "name",
    "and",
    "orders",
    "for",
    "months",
    "after",
    "which",
    "they",
    "are",
    "erased",
    "by",
    "us",
    "or",
    "a",
    "carrier",
]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def packed(sections: Sequence[SectionChange], old: str, new: str) -> bytes:
    return pack_sections(sections, before_sha256=sha256(old), after_sha256=sha256(new))


def compared(before: Text, after: Text) -> tuple[SectionChange, ...]:
    sides = [Side(None, "", None, "en", text.words, text.sha256) for text in (before, after)]
    return differ.compare(before, after, before_side=sides[0], after_side=sides[1]).sections


def draw_text(draw: random.Random, headings: Sequence[str]) -> Text:
    lines = []
    for heading in headings:
        lines.append(f"<h{draw.randint(1, 3)}>{heading}</h{draw.randint(1, 3)}>")
        lines += [
            f"<p>{' '.join(draw.choices(WORDS, k=draw.randint(4, 30)))} 🪁</p>" for _ in range(draw.randint(0, 3))
        ]
    page = f"<html lang='en'><main>{''.join(lines)}</main></html>"
    return differ.read(page.encode(), content_type="text/html").text


@pytest.mark.parametrize("seed", range(25))
def test_the_sections_of_any_comparison_come_back(seed: int) -> None:
    draw = random.Random(seed)
    texts = [draw_text(draw, draw.sample(HEADINGS, draw.randint(1, 5))) for _ in range(2)]
    made = compared(*texts)
    old, new = (text.text for text in texts)
    assert unpack_sections(packed(made, old, new), old, new) == made


def test_a_long_text_with_a_word_changed_packs_to_little() -> None:
    draw = random.Random(1)
    before = "\n\n".join(f"# Part {part}\n\n{' '.join(draw.choices(WORDS, k=300))}" for part in range(30))
    texts = [differ.read(each.encode(), content_type="text/markdown").text
             for each in (before, before.replace("months", "weeks", 1))]  # fmt: skip
    made = compared(*texts)
    old, new = (text.text for text in texts)
    assert len(packed(made, old, new)) < 450
    assert unpack_sections(packed(made, old, new), old, new) == made


ODD = (
    SectionChange((), ("Top",), ("Top",), 0, 0, (Edit("=", "Top\n\nThe same.\n\n"),)),
    SectionChange((Change.EDITED,), ("A",), ("B",), 3, 7, (Edit("-", "A\n\n"), Edit("+", "B\n\n", "m1"))),
)


@pytest.mark.parametrize("sections", [ODD, ODD[1:], ()])
def test_sections_that_do_not_join_to_their_texts_keep_their_words(sections: tuple[SectionChange, ...]) -> None:
    kept = packed(sections, "other", "texts")
    assert unpack_sections(kept, "Top\n\nThe same.\n\n"[:3], "texts") == fill_sections(
        [each if each.change else SectionChange((), each.before, each.after, 0, 0, ()) for each in sections], "Top"
    )


def test_damaged_sections_are_said() -> None:
    text = "A\n\nOne.\n\n"
    section = SectionChange((), ("A",), ("A",), 0, 0, (Edit("=", text),))
    assert unpack_sections(packed([section], text, text), text, text) == (section,)
    for damaged in (b"[1,[0]]", b"[1,[0],[0],[9],[0],[1],[],[],[],[]]", b"[0]", b"[0,[[1]]]"):
        with pytest.raises(Damaged, match="restore the database"):
            unpack_sections(damaged, text, text)
