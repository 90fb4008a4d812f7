"""Versions as sentences: what is kept by blocks is what the sentences say."""

from hypothesis import given
from hypothesis import strategies as st

from clausewatch.model import Block, BlockKind, Text
from differ.findings.bodies import BODY_WORDS, FEW_ASKED, Body, words_of_block
from differ.findings.sentences import Sentence, keys_of, split, written_small

LINES = (
    "We boil water. You pour it into cups.", "2. Your rights", "Perth", "We boil water in Leith.", "It’s Marlowe's tea",
    "Write to dpo@marlowe.example; we answer soon. Or do we?", "the U.S. kettle", " ".join(["tea"] * BODY_WORDS), "...",
    "Namen; Adressen; Ölkannen", "You pour it into cups.",
)  # fmt: skip
WORDS = ("we", "boil", "tea", "marlowe", "it", "oi", "perth", "us", "ölkannen", "2", "a", "dpo")
BLOCKS = st.builds(
    Block,
    st.sampled_from(BlockKind),
    st.sampled_from(LINES) | st.text("ab AB.;:’ |1", min_size=1, max_size=12),
    st.integers(0, 3),
    breaks=st.just(()) | st.just((2, 5)),
)
TEXTS = st.builds(Text, st.lists(BLOCKS, max_size=8).map(tuple))


@given(TEXTS)
def test_a_body_is_the_sentences_of_its_blocks(text: Text) -> None:
    body, sentences = Body(text), _sentences(text)
    assert body.sentences == sentences
    assert [body.in_block(at) for at in range(-1, len(text.blocks) + 1)] == [
        tuple(s for s in sentences if s.block == at) for at in range(-1, len(text.blocks) + 1)
    ]


@given(TEXTS)
def test_a_body_has_the_words_of_its_sentences(text: Text) -> None:
    body, sentences = Body(text), _sentences(text)
    keys = tuple(key for sentence in sentences for key in keys_of(sentence.text))
    assert (body.keys, body.run, body.size) == (keys, "".join(keys), len(keys))
    assert body.runs == tuple(sentence.run for sentence in sentences)
    assert body.sentence_runs == frozenset(body.runs)
    headings = [s for s in sentences if text.blocks[s.block].kind is BlockKind.HEADING]
    assert body.heading_runs == frozenset(s.run.lstrip("0123456789") for s in headings)
    long = [at for at, block in enumerate(text.blocks) if len(block.text.split()) >= BODY_WORDS]
    assert body.bounds == ((long[0], long[-1]) if long else (0, len(text.blocks)))


@given(TEXTS, TEXTS)
def test_the_words_that_another_text_holds_are_those_of_sentences_that_it_holds(one: Text, other: Text) -> None:
    ours, theirs = Body(one), Body(other)
    assert ours.words_in(theirs) == sum(len(s.keys) for s in _sentences(one) if theirs.holds(s))


@given(TEXTS, st.lists(st.frozensets(st.sampled_from(WORDS), max_size=5), max_size=FEW_ASKED // 2))
def test_words_are_found_alike_one_by_one_and_among_all(text: Text, asked: list[frozenset[str]]) -> None:
    body, sentences = Body(text), _sentences(text)
    small = frozenset[str]().union(*(written_small(sentence.text) for sentence in sentences))
    assert [body.novel_among(keys) for keys in asked] == [keys - frozenset(body.keys) for keys in asked]
    assert [body.never_small_among(keys) for keys in asked] == [keys - small for keys in asked]


def test_a_body_holds_a_sentence_that_was_joined_or_split() -> None:
    body = Body(Text((Block(BlockKind.PARAGRAPH, "We boil water and you pourit into cups."),)))
    assert body.holds(Sentence("You pour it into cups.", 0, 0))
    assert not body.holds(Sentence("You pour it into pots.", 0, 0))


def test_a_short_line_is_held_only_as_a_line_of_its_own() -> None:
    body = Body(Text((Block(BlockKind.PARAGRAPH, "We boil water in Leith."), Block(BlockKind.ITEM, "Perth", 1))))
    assert body.holds(Sentence("Perth", 0, 0))
    assert not body.holds(Sentence("Leith", 0, 0))


def test_a_block_is_taken_apart_once_for_all_texts_that_hold_it() -> None:
    assert words_of_block("We boil water in Leith.") is words_of_block("We boil water in " + "Leith.")


def _sentences(text: Text) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(
            block.text[start:end], index, text.starts[index] + start,
            tuple(at - start for at in block.breaks if start < at < end),
        )
        for index, block in enumerate(text.blocks)
        for start, end in split(block.text)
    )  # fmt: skip
