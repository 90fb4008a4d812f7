"""What one version states."""

import pytest

from clausewatch.model import Block, BlockKind, Fact, Text
from differ.facts import KINDS, facts_of
from differ.facts.company_names import ledger_name
from differ.normalise import read

POLICY = """# Privacy Policy of Marlowe Kettles

Last updated: 3 May 2021

We share your name with service providers such as Google Analytics and Meta Platforms.
We do not share your voice with Stripe.

## Sub-processors

| Name | Purpose | Country |
|---|---|---|
| Fennel Hosting (Fennel GmbH) | servers | Germany |
| Amazon Web Services | servers | United States |

## Who else sees it

| Who | What they see |
|---|---|
| Quillmark & Daughters LLP | invoices |

We share orders with:

- Ansel Ads, which shows you tea.
- Couriers, who bring the kettle.

If you pay later, we share your name with Borage Credit, which checks whether you can pay.

## Keeping

We retain your boiling times for eighteen (18) months. Cookies last 2 years.

## Where

Your data is stored on servers in Singapore. We transfer data from the EEA to Japan.

## Children

The service is not directed to children under 13.

Write to dpo@marlowe.example.
"""


def text_of(markdown: str) -> Text:
    return read(markdown.encode(), name="policy.md").text


def facts(kind: str) -> dict[str, Fact]:
    return {fact.value: fact for fact in facts_of(text_of(POLICY)) if fact.kind == kind}


OPENING = "This tells what we do with what we learn of you. " * 8
"""A policy begins with the vendor: what stands there is its own."""


def stated(kind: str, *blocks: str | Block) -> list[tuple[str, str]]:
    """Value and subject of what paragraphs state, after an opening."""
    each = (OPENING, *blocks)
    read_blocks = tuple(block if isinstance(block, Block) else Block(BlockKind.PARAGRAPH, block) for block in each)
    return [(fact.value, fact.subject) for fact in facts_of(Text(read_blocks, language="en")) if fact.kind == kind]


def values(kind: str, *blocks: str | Block) -> set[str]:
    return {value for value, _ in stated(kind, *blocks)}


def heading(words: str, level: int = 2) -> Block:
    return Block(BlockKind.HEADING, words, level=level)


def item(words: str) -> Block:
    return Block(BlockKind.ITEM, words, level=1)


def test_recipients_have_the_names_of_the_ledger() -> None:
    assert set(facts("recipient")) == {"Google", "Meta", "Fennel Hosting", "Amazon"} | {
        "Quillmark & Daughters",
        "Ansel Ads",
        "Borage Credit",
    }


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("Payments are handled by our payment processor, Stripe.", {"Stripe"}),
        ("We use Mixpanel to learn which kettles are looked at.", {"Mixpanel"}),
        ("Klaviyo collects information about how you read our letters.", {"Klaviyo"}),
        ("Letters are sent via Quillpost, a service of Quillpost GmbH.", {"Quillpost"}),
        ("Our service provider, Larkspurio, counts visits.", {"Larkspurio"}),
        ("We share your address with Parcelino and Stripe.", {"Parcelino", "Stripe"}),
        ("Adobe and Krumholtz are other third parties that we engage to count visits.", {"Adobe", "Krumholtz"}),
        ("We do not share your data with Stripe.", set()),
        ("You can opt out of advertising from Google on its page.", set()),
        ("We receive your name from Facebook when you come to us.", set()),
        ("Follow us on our Facebook page, where we use pictures of tea.", set()),
        ("You may get the app by our partner, the store from Apple.", set()),
        ("We use the terms of a Microsoft volume licence for our tools.", set()),
        ("If you use Google to log in to your account, we learn your name.", set()),
        ("Our app runs on Apple devices and on Android; we use their clocks.", set()),
        ("We use Customer Data to improve the Kettle Services.", set()),
    ],
)
def test_a_recipient_is_told_by_its_form_and_its_place(sentence: str, names: set[str]) -> None:
    assert values("recipient", heading("Data"), sentence) == names


def test_the_vendor_is_no_recipient_of_its_own_data() -> None:
    defined = 'Google LLC ("Google", "we", "us") makes kettles.'
    assert values("recipient", defined, "We use Google Analytics and Stripe.") == {"Stripe"}


def test_a_name_that_is_said_often_in_one_place_is_not_the_vendor() -> None:
    parts = [f"We keep your order number {number} for our books, and for nothing else at all." for number in range(40)]
    embedded = ["This page embeds a plugin of Facebook, and Facebook receives your address."] * 8
    assert values("recipient", *parts, *embedded) == {"Meta"}


def test_a_heading_that_is_a_company_is_a_recipient_where_its_text_says_so() -> None:
    said = "When you open a page, this plugin collects your address."
    assert values("recipient", heading("1. Pinterest"), said) == {"Pinterest"}
    assert values("recipient", heading("1. Pinterest"), "We like pictures of tea.") == set()


def test_lines_of_a_paragraph_after_a_colon_are_a_list() -> None:
    lines = "Brambleworks GmbH Servers Germany\nStripe Payments USA\nZendesk Support USA"
    block = Block(BlockKind.PARAGRAPH, lines.replace("\n", " "), breaks=(33, 53))
    intro = "We use the following service providers:"
    assert lines[33] == lines[53] == "\n"
    assert values("recipient", intro, block) == {"Brambleworks", "Stripe", "Zendesk"}
    assert values("transfer", intro, block) == {"DE", "US"}


def test_the_subject_of_a_recipient_is_the_name_that_the_text_writes() -> None:
    assert stated("recipient", "We use the Facebook Pixel to count visits.") == [("Meta", "Facebook Pixel")]
    assert (ledger_name("facebook"), ledger_name("Quillmark GmbH")) == ("Meta", "Quillmark")


def test_a_period_is_kept_with_what_it_is_of_and_from_when_on() -> None:
    (fact,) = facts("retention").values()
    assert (fact.value, fact.subject) == ("18 months", "your boiling times")
    sentence = "We keep invoices for 7 years after the end of the contract."
    assert stated("retention", sentence) == [("7 years", "invoices, after the end of the contract")]


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("We keep your name until you delete your account.", "until the account is closed"),
        ("We store your voice until you withdraw your consent.", "until consent is withdrawn"),
        ("We retain data as long as necessary for the purposes above.", "as long as needed"),
    ],
)
def test_keeping_without_a_number_is_a_rule(sentence: str, value: str) -> None:
    assert values("retention", sentence) == {value}


@pytest.mark.parametrize(
    "sentence",
    [
        "It may take up to 30 days to process your request to delete data.",
        "The cookie is stored for 2 years.",
        "We will give 30 days notice before we delete the old policy.",
    ],
)
def test_other_periods_are_not_of_keeping(sentence: str) -> None:
    assert values("retention", sentence) == set()


def test_countries_that_data_goes_to_are_codes_and_those_that_it_leaves_are_none() -> None:
    assert set(facts("transfer")) == {"DE", "US", "SG", "JP"}
    left = "When we transfer data outside of the European Economic Area (EEA) or the UK, we use clauses."
    assert values("transfer", left) == set()


def test_every_country_of_a_row_counts() -> None:
    row = "Our servers are located in the USA, Germany, Singapore and the Netherlands, and are reached from India."
    assert values("transfer", row) == {"US", "DE", "SG", "NL", "IN"}


def test_those_who_work_with_data_are_where_it_goes() -> None:
    assert values("transfer", "Our support teams in India and/or Peru may see your letters.") == {"IN", "PE"}


def test_age_contact_and_date_are_stated() -> None:
    assert set(facts("age")) == {"13"}
    assert set(facts("contact")) == {"dpo@marlowe.example"}
    assert set(facts("date")) == {"2021-05-03"}


@pytest.mark.parametrize(
    ("kind", "sentence", "found"),
    [
        ("age", "The service may be used by individuals aged 14 and above.", {"14"}),
        ("response", "We will respond to your request within 30 days.", {"30 days"}),
        ("mechanism", "We rely on Standard Contractual Clauses and on adequacy decisions.",
         {"standard contractual clauses", "adequacy decision"}),
        ("legal-basis", "We process it for the performance of a contract or for our legitimate interests.",
         {"contract", "legitimate interests"}),
        ("category", "We share your orders with advertising networks and with law enforcement.",
         {"advertisers", "authorities"}),
        ("automation", "We use automated decision-making to set your limit.", {"automated decisions"}),
        ("automation", "We do not use automated decision-making.", {"no automated decisions"}),
        ("training", "We use your prompts to train our models.", {"trains models"}),
        ("training", "We do not use your prompts to train our models.", {"does not train models"}),
        ("opt-out", "You can unsubscribe by the link in each letter.", {"unsubscribe link"}),
        ("controller", "Marlowe Kettles GmbH is the controller of your data.", {"Marlowe Kettles GmbH"}),
    ],
)  # fmt: skip
def test_a_turn_of_phrase_states_a_fact(kind: str, sentence: str, found: set[str]) -> None:
    assert kind in KINDS
    assert values(kind, sentence) == found


def test_every_fact_has_an_exact_quote() -> None:
    text = text_of(POLICY)
    found = facts_of(text)
    assert found
    assert all(text.text[fact.quote.start : fact.quote.end] == fact.quote.quote for fact in found)


def test_kinds_fit_into_the_archive() -> None:
    assert all(len(kind) <= 12 for kind in KINDS)


def test_a_language_without_lexicon_states_nothing() -> None:
    assert facts_of(Text(text_of(POLICY).blocks, language="fi")) == ()


def test_a_run_of_words_without_an_end_states_nothing() -> None:
    text = read(f"# Privacy Policy\n\n{'We share data with Google, ' * 4000}\n".encode(), name="policy.md").text
    assert facts_of(text) == ()


def test_words_that_repeat_are_stated_once() -> None:
    text = Text((Block(BlockKind.PARAGRAPH, "until you delete your account " * 600),), language="en")
    assert len(facts_of(text)) <= 2


def test_that_nothing_is_sold_is_no_way_to_opt_out() -> None:
    assert "do not sell link" not in values("opt-out", "We do not sell or rent personal information.")
    assert "do not sell link" in values("opt-out", "Follow the link Do Not Sell My Personal Information below.")
