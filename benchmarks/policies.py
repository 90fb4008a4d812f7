"""Policies of made-up vendors, as long and as repetitive as real ones; the same for the same seed."""

from __future__ import annotations

import random

from clausewatch.model import Block, BlockKind, Text

_WHO = (
    "We", "Our staff", "Lumenwood Ltd", "The carriers that we choose", "Our support team", "Our partners for payment",
    "The makers of your lamp", "Our lawyers", "The shop that sold it", "Our subsidiaries", "A buyer of our business",
    "The people who test lamps for us", "Our accountants", "Public bodies with a warrant", "Hosts of our servers",
)  # fmt: skip
_DO = (
    "may collect", "store", "will share", "do not sell", "can combine", "delete", "analyse", "send to others", "review",
    "transfer", "measure", "may disclose", "encrypt", "keep a copy of", "use", "log", "process", "compare", "receive",
)  # fmt: skip
_WHAT = (
    "your name and address", "the hours that a lamp burned", "recordings of a room", "the serial number of the lamp",
    "how often you open the application", "your e-mail address", "the location of your home", "payment details",
    "what you write to us", "cookies on our pages", "the language of your device", "photographs that you upload",
    "the age of a child", "your answers to a survey", "the temperature of the bulb", "crash reports", "your contacts",
    "the colours that you like", "information about your browser", "the date of your last order", "voice samples",
)  # fmt: skip
_WHY = (
    "to repair what is broken", "so that the lamp shines at dusk", "where the law asks for it", "for {n} months",
    "to keep our shop safe", "if you agreed to it", "until you close your account", "with {n} partners in {place}",
    "to answer your question within {n} days", "for the purposes of section {n}", "in order to bill you",
    "to learn which rooms are dark", "unless you object", "on servers in {place}", "to show you better lamps",
    "as described in our notice of {n} May", "before we ship it to {place}", "only with your consent", "at any time",
)  # fmt: skip
_PLACES = ("Norway", "Canada", "Portugal", "Japan", "Kenya", "Peru", "Austria", "Iceland")
_TOPICS = (
    "What we collect", "Cookies", "Children", "Your rights", "How long we keep it", "Security", "Transfers abroad",
    "Who receives it", "Advertising", "Changes to this policy", "Contact", "Payments", "Surveys", "Voice control",
    "Location", "Job applicants", "Legal bases", "Residents of other places", "Complaints", "Analytics", "Partners",
    "Automatic decisions", "Your account", "Newsletters", "Updates of the lamp", "Definitions", "Scope", "Research",
)  # fmt: skip


def sentence(chance: random.Random) -> str:
    """One sentence; many share phrases, as in real policies."""
    tail = " and ".join(chance.sample(_WHY, chance.choice((1, 1, 2))))
    words = f"{chance.choice(_WHO)} {chance.choice(_DO)} {chance.choice(_WHAT)} {tail}."
    return words.format(n=chance.randint(2, 36), place=chance.choice(_PLACES))


def paragraph(chance: random.Random) -> str:
    return " ".join(sentence(chance) for _ in range(chance.choice((1, 2, 2, 3, 4, 5))))


def policy(chance: random.Random, *, sections: int = 18) -> Text:
    """Some 3,500 words under headings of two levels, a third of the blocks list items."""
    blocks = [Block(BlockKind.HEADING, "Privacy at Lumenwood", 1), Block(BlockKind.PARAGRAPH, paragraph(chance))]
    for number, topic in enumerate(chance.sample(_TOPICS, min(sections, len(_TOPICS))), start=1):
        blocks.append(Block(BlockKind.HEADING, f"{number}. {topic}", chance.choice((2, 2, 3))))
        for _ in range(chance.randint(2, 7)):
            kind = chance.choice((BlockKind.PARAGRAPH, BlockKind.PARAGRAPH, BlockKind.ITEM))
            blocks.append(Block(kind, paragraph(chance), 1 if kind is BlockKind.ITEM else 0))
    return Text(tuple(blocks))
