"""One text in every form."""

from __future__ import annotations

import hashlib
import json

import differ
from clausewatch.model import Fault, Reading, Side, Text
from clausewatch.views.reading import FORMATS, render_why

POLICY = b"""# Lanternfish Privacy Notice

We make lamps that answer to a whistle.

## What we collect

- The sound of your whistle
- <script>alert("the <b>lamp</b>")</script> is not a lamp

| Data | Kept for |
| --- | --- |
| Whistles | 30 days |
"""


def read() -> tuple[Text, Side, Reading]:
    reading = differ.read(POLICY, name="notice.md")
    text = reading.text
    side = Side(id=None, label="notice.md", at=None, language="en", words=text.words, sha256=text.sha256)
    return text, side, reading


def test_the_plain_form_is_what_the_hash_was_taken_of() -> None:
    text, side, _ = read()
    assert hashlib.sha256(FORMATS["text"](text, side).encode()).hexdigest() == side.sha256


def test_markdown_marks_headings_items_and_rows() -> None:
    text, side, _ = read()
    shown = FORMATS["markdown"](text, side)
    assert shown.startswith("# Lanternfish Privacy Notice\n\nWe make")
    assert "\n## What we collect\n\n- The sound of your whistle\n- " in shown
    assert "| Whistles | 30 days |" in shown


def test_the_tree_indents_sections_under_theirs() -> None:
    text, side, _ = read()
    first, second, third = FORMATS["tree"](text, side).splitlines()
    assert first.startswith("notice.md: ")
    assert second.startswith("Lanternfish Privacy Notice  [")
    assert third.startswith("   └─ What we collect  [")


def test_json_holds_every_block_with_offsets_into_the_text() -> None:
    text, side, _ = read()
    data = json.loads(FORMATS["json"](text, side))
    for section in data["sections"]:
        assert data["text"][section["start"] :].startswith(section["blocks"][0]["text"])
    assert (
        "".join(block["text"] + "\n\n" for section in data["sections"] for block in section["blocks"]) == data["text"]
    )


def test_html_shows_policy_text_as_text() -> None:
    text, side, _ = read()
    shown = FORMATS["html"](text, side)
    assert "<script" not in shown
    assert "<h2>What we collect</h2>" in shown


def test_why_names_the_fault() -> None:
    text, _, reading = read()
    assert "no fault" in render_why(text, reading)
    faulty = Reading(text, Fault.BOT_WALL, "it asks for a whistle", 0.0)
    assert "bot-wall: it asks for a whistle" in render_why(text, faulty)


def test_why_tells_the_days_that_the_text_states() -> None:
    reading = differ.read(b"# Lamps\n\nLast updated: March 2, 2026\n\nWe make lamps.\n", name="notice.md")
    assert "updated on 2026-03-02, in effect from no day" in render_why(reading.text, reading)
