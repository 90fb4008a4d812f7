"""docs/findings.md names every rule."""

from pathlib import Path

from differ.findings.rules import lexicon_of

PAGE = Path(__file__).parents[3] / "docs" / "findings.md"


def test_every_rule_has_its_row_with_what_it_is_about() -> None:
    lexicon = lexicon_of("en")
    assert lexicon is not None
    page = PAGE.read_text(encoding="utf-8")
    rows = [f"| `{rule.id}` | {rule.about}" for rule in lexicon.rules]
    rows += [f"| `{name}` |" for name, _, _ in lexicon.quiet]
    assert [row for row in rows if row not in page] == []
