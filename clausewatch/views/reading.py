"""One text for people and programs: plain, Markdown, HTML, JSON, and as a tree of its sections."""

from __future__ import annotations

import json
from collections.abc import Callable

from clausewatch.counts import counted
from clausewatch.instants import rfc3339
from clausewatch.model import Block, BlockKind, Reading, Side, Text, count_words
from clausewatch.views.templating import environment
from differ.dates import stated_dates
from differ.sections import Section, sections


def render_plain(text: Text, side: Side) -> str:
    """The text of the version and nothing else: what its hash is taken of."""
    return text.text


def render_markdown(text: Text, side: Side) -> str:
    """The text with its headings, lists and tables marked."""
    lines: list[str] = []
    last: BlockKind | None = None
    for block in text.blocks:
        is_run = block.kind == last and last in (BlockKind.ITEM, BlockKind.ROW)
        lines += ([] if is_run else [""]) + _markdown(block, is_first_row=block.kind is BlockKind.ROW and not is_run)
        last = block.kind
    return "\n".join(lines).lstrip("\n") + "\n"


def _markdown(block: Block, *, is_first_row: bool) -> list[str]:
    match block.kind:
        case BlockKind.HEADING:
            return ["#" * max(block.level, 1) + " " + block.text]
        case BlockKind.ITEM:
            return ["  " * (max(block.level, 1) - 1) + "- " + block.text]
        case BlockKind.ROW:
            head = [f"| {' | '.join(block.header)} |", "|" + " --- |" * len(block.header)]
            is_headed = is_first_row and bool(block.header) and " | ".join(block.header) != block.text
            return [*(head if is_headed else []), f"| {block.text} |"]
    return [block.text]


def render_tree(text: Text, side: Side) -> str:
    """The sections as an indented outline, each with its words and how it begins."""
    lines = [f"{side.label}: {counted(text.words, 'word')}, {side.language or 'language unknown'}"]
    for section in sections(text):
        depth = max(len(section.path) - 1, 0)
        body = section.blocks[1:] if section.path else section.blocks
        heading = section.path[-1] if section.path else "(before the first heading)"
        words = count_words(" ".join(block.text for block in body))
        lines.append(f"{'   ' * depth}{'└─ ' if depth else ''}{heading}  [{counted(words, 'word')}]")
    return "\n".join(lines) + "\n"


def render_json(text: Text, side: Side) -> str:
    """Everything: sections, blocks, links, offsets."""
    data = {
        "id": side.id, "label": side.label, "at": rfc3339(side.at) if side.at else None, "title": text.title,
        "language": text.language, "words": text.words, "sha256": text.sha256, "normaliser": text.normaliser,
        "notes": list(text.notes), "text": text.text, "sections": [_section(section) for section in sections(text)],
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False) + "\n"


def _section(section: Section) -> dict[str, object]:
    return {
        "path": list(section.path), "level": section.level, "start": section.start,
        "blocks": [
            {"kind": block.kind.value, "text": block.text, "level": block.level, "header": list(block.header),
             "links": list(block.links)}
            for block in section.blocks
        ],
    }  # fmt: skip


def render_html(text: Text, side: Side) -> str:
    """A page of its own, without anything from elsewhere."""
    template = environment().get_template("show/text.html")
    return template.render(text=text, side=side, sections=sections(text))


FORMATS: dict[str, Callable[[Text, Side], str]] = {
    "markdown": render_markdown,
    "text": render_plain,
    "tree": render_tree,
    "html": render_html,
    "json": render_json,
}


def render_why(text: Text, reading: Reading | None) -> str:
    """What the normaliser decided, a line each."""
    dates = stated_dates(text)
    lines = [
        f"normaliser revision {text.normaliser}, {counted(len(text.blocks), 'block')}, {counted(text.words, 'word')}",
        *text.notes,
    ]
    lines.append(f"it says: updated on {dates.updated_on or 'no day'}, in effect from {dates.effective_on or 'no day'}")
    if reading:
        lines.append(f"share of words that policies use: {reading.policy_share:.1%}")
        lines.append(f"fault: {reading.fault.value}: {reading.fault_reason}" if reading.fault else "no fault")
    return "\n".join(lines)
