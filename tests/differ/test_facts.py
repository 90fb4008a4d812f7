"""What one version states."""

from clausewatch.model import Fact, Text
from differ.facts import facts_of
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


def test_recipients_have_the_names_of_the_ledger() -> None:
    assert set(facts("recipient")) == {"Google", "Meta", "Fennel Hosting", "Amazon"} | {
        "Quillmark & Daughters",
        "Ansel Ads",
        "Borage Credit",
    }


def test_a_period_is_kept_with_what_it_is_of() -> None:
    (fact,) = facts("retention").values()
    assert (fact.value, fact.subject) == ("18 months", "your boiling times")


def test_countries_that_data_goes_to_are_codes_and_those_that_it_leaves_are_none() -> None:
    assert set(facts("transfer")) == {"DE", "US", "SG", "JP"}


def test_age_contact_and_date_are_stated() -> None:
    assert set(facts("age")) == {"13"}
    assert set(facts("contact")) == {"dpo@marlowe.example"}
    assert set(facts("date")) == {"2021-05-03"}


def test_every_fact_has_an_exact_quote() -> None:
    text = text_of(POLICY)
    found = facts_of(text)
    assert found
    assert all(text.text[fact.quote.start : fact.quote.end] == fact.quote.quote for fact in found)


def test_a_language_without_lexicon_states_nothing() -> None:
    assert facts_of(Text(text_of(POLICY).blocks, language="fi")) == ()


def test_a_run_of_words_without_an_end_states_nothing() -> None:
    text = read(f"# Privacy Policy\n\n{'We share data with Google, ' * 4000}\n".encode(), name="policy.md").text
    assert facts_of(text) == ()
