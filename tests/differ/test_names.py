"""The names of a version: what is put together from its blocks is what its whole text says."""

from collections import Counter
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from clausewatch.model import Block, BlockKind, Fact, Text
from differ import facts
from differ.facts.block_facts import BlockFacts, facts_of_blocks, moved
from differ.facts.company_names import may_be_proper
from differ.facts.known import known_companies
from differ.facts.lexicon import FactLexicon, fact_lexicon_of
from differ.facts.name_reader import _SMALL, _WORD, PARTS, SPREAD_FROM, NameReader
from differ.facts.passages import intros_of, passages_of_block
from differ.facts.recipients import Recipients
from differ.facts.statements import hints_in, statements_in
from differ.findings.context import contexts_of
from differ.findings.rules import stem

LINES = (
    "We share data with Quillmark GmbH, Stripe and Fennel Hosting.", "Quillmark", "Facebook (Meta) | analytics | USA",
    "Marlowe Kettles Ltd (“we”) keeps your orders for 18 months.", "© 2024 Marlowe Kettles", "Our processors:",
    "Stripe: payments", "Tarnbrook Analytics – counts visits", "we ask larkspur kettles and Larkspur Kettles",
    "Write to dpo@marlowe.example. You must be at least 16 years old.",
    "If Larkspur receives your data, it is in Canada.",
    "You can opt out of marketing emails. We rely on legitimate interests.", "Who receives your data",
    "Google receives it.",
)  # fmt: skip
BLOCKS = st.builds(
    Block, st.sampled_from(BlockKind), st.sampled_from(LINES), st.integers(1, 3),
    header=st.just(()) | st.just(("Recipient", "Purpose")), breaks=st.just(()) | st.just((3, 9, 12)),
)  # fmt: skip
TEXTS = st.builds(Text, st.lists(BLOCKS, min_size=1, max_size=30).map(tuple), title=st.sampled_from([None, "Marlowe"]))


def english() -> FactLexicon:
    lexicon = fact_lexicon_of("en")
    assert lexicon is not None
    return lexicon


@settings(max_examples=40)
@given(TEXTS)
def test_the_words_written_small_are_those_of_the_whole_text(text: Text) -> None:
    reader = NameReader(text, lexicon=english())
    assert reader._small == {stem(word) for word in _SMALL.findall(text.text)}


@settings(max_examples=40)
@given(TEXTS)
def test_names_are_spread_where_they_stand_in_most_tenths_of_the_whole_text(text: Text) -> None:
    reader = NameReader(text, lexicon=english())
    size = len(text.text) // PARTS + 1
    parts = [text.text[at * size : (at + 1) * size] for at in range(PARTS)]
    values = Counter(value for part in parts for value in {name.value for name in known_companies().within(part)})
    words = Counter(word for part in parts for word in {match.lower() for match in _WORD.findall(part)})
    proper = {word for word in words if may_be_proper(word, "en") and stem(word) not in reader._small}
    assert reader._spread_values == {value for value, count in values.items() if count >= SPREAD_FROM}
    assert reader._spread_words == {word for word in proper if words[word] >= SPREAD_FROM}


@settings(max_examples=40)
@given(TEXTS)
def test_facts_of_blocks_that_are_kept_are_those_of_blocks_read_anew(text: Text) -> None:
    around = list(zip(text.blocks, contexts_of(text), intros_of(text), strict=True))
    anew = [
        BlockFacts(block.text, block.breaks, block.header if context.is_row else (), context, intro, "en")
        for block, context, intro in around
    ]
    kept = facts_of_blocks(text, lexicon=english())
    assert [block.facts for block in kept] == [block.facts for block in anew]
    assert [fact for fact in facts.facts_of(text) if fact.kind != "recipient"] == _first(
        moved(fact, start) for block, start in zip(anew, text.starts, strict=True) for fact in block.facts
    )
    for block, (words, context, intro) in zip(anew, around, strict=True):
        header = words.header if context.is_row else ()
        block.naming = passages_of_block(words.text, breaks=words.breaks, header=header, context=context, intro=intro)
    assert list(Recipients(kept, text, lexicon=english()).all()) == list(
        Recipients(anew, text, lexicon=english()).all()
    )


@settings(max_examples=40)
@given(TEXTS)
def test_a_passage_states_the_same_whether_its_block_was_looked_through_for_hints_or_not(text: Text) -> None:
    lexicon = english()
    for block, context, intro in zip(text.blocks, contexts_of(text), intros_of(text), strict=True):
        for passage in passages_of_block(block.text, breaks=block.breaks, header=(), context=context, intro=intro):
            hints = hints_in(block.text, lexicon.hints)
            found = [list(statements_in(passage, hints=each)) for each in (hints, lexicon.hints)]
            assert found[0] == found[1]


@settings(max_examples=40)
@given(TEXTS)
def test_every_quote_of_a_fact_stands_where_it_says(text: Text) -> None:
    for fact in facts.facts_of(text):
        assert text.text[fact.quote.start : fact.quote.end] == fact.quote.quote


def _first(found: Iterable[Fact]) -> list[Fact]:
    once: dict[tuple[str, str, str], Fact] = {}
    for fact in found:
        once.setdefault((fact.kind, fact.value, fact.subject), fact)
    return sorted(once.values(), key=lambda fact: (fact.quote.start, fact.kind, fact.value, fact.subject))
