"""docs/findings.md names every rule."""

from pathlib import Path

from differ.findings.rules import lexicon_of

PAGE = Path(__file__).parents[3] / "docs" / "findings.md"


def test_every_rule_has_its_row() -> None:
    lexicon = lexicon_of("en")
    assert lexicon is not None
    page = PAGE.read_text(encoding="utf-8")
    ids = [*(rule.id for rule in lexicon.rules), *(name for name, _, _ in lexicon.quiet)]
    assert [rule for rule in ids if f"| `{rule}` |" not in page] == []
