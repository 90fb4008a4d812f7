"""Pairs whose difference comes from the capture."""

from textwrap import wrap

from clausewatch.model import Text
from differ.align import align
from differ.findings import find
from differ.normalise import read

from .policies import alignment_of, compare

CLAUSES = [
    "We collect your name and the times at which you boil water, so that the kettle can be ready when you are.",
    "We share the name of the person who ordered a kettle with the courier who brings it to the door of the house.",
    "We keep the orders of the last 24 months, because the law of our country asks every maker of kettles to do so.",
    "You have the right to object to the processing of your data and to ask us for a copy of everything we have.",
    "The service is not directed to children under 13, and we delete what a child has told us as soon as we know.",
]
POLICY = "\n\n".join(f"## Part {number}\n\n{clause}" for number, clause in enumerate(CLAUSES, start=1))


def test_another_document_is_an_artefact_without_findings() -> None:
    other = "Tea grows on hills.\n\nPickers carry it down in baskets.\n\nWe may sell your data to traders of tea."
    before, after = alignment_of(POLICY, POLICY).before, Text(alignment_of(other, other).before.blocks[2:])
    result = find(align(before, after))
    assert (result.artefact, result.findings) == (True, ())
    assert "another document" in (result.artefact_reason or "")


def test_another_language_is_an_artefact() -> None:
    alignment = alignment_of(POLICY, POLICY)
    english, german = (Text(alignment.before.blocks, language=language) for language in ("en", "de"))
    assert find(align(german, english)).artefact_reason == "the language changed from de to en"


def test_a_page_cut_in_mid_sentence_is_an_artefact() -> None:
    cut = POLICY[: POLICY.index("because the law of our")].rstrip()
    result = compare(POLICY, cut)
    assert result.artefact
    assert result.findings == ()


def test_a_wall_is_an_artefact() -> None:
    alignment = alignment_of(POLICY, POLICY)
    wall = Text(alignment_of("", "Access denied. Please enable JavaScript.").after.blocks[-1:])
    assert find(align(alignment.before, wall)).artefact_reason == "the new text is an error page or a wall"


def test_a_removed_last_section_is_no_artefact() -> None:
    without = POLICY[: POLICY.index("## Part 5")].rstrip()
    result = compare(POLICY, without)
    assert not result.artefact
    assert result.findings


def test_a_menu_around_the_text_is_an_artefact() -> None:
    result = compare(POLICY + "\n\n- Kettles of the week", POLICY + "\n\n- Lids and spouts")
    assert result.findings == ()
    assert result.artefact_reason == "menus, banners or teasers around the text differ"


def test_a_finding_beside_a_menu_survives() -> None:
    changed = POLICY.replace("24 months", "36 months")
    result = compare(POLICY + "\n\n- Kettles of the week", changed + "\n\n- Lids and spouts")
    assert [finding.subject for finding in result.findings] == ["24 months -> 36 months"]
    assert result.artefact_reason == "menus, banners or teasers around the text differ"


def test_the_date_of_a_document_is_no_artefact() -> None:
    dated = "Last updated: 3 May 2021\n\n" + POLICY
    result = compare(dated, dated.replace("3 May", "4 May"))
    assert (result.findings, result.artefact) == ((), False)


def test_a_banner_above_the_title_is_an_artefact() -> None:
    banner = (
        "We have updated our privacy policy, which says more clearly what we share with our partners from 1 May on."
    )
    texts = [
        read(f"{top}\n\n# Privacy Policy\n\n{POLICY}".encode(), name="policy.md").text for top in (banner, "Welcome")
    ]
    result = find(align(*texts))
    assert (result.findings, result.artefact) == ((), True)


def test_a_table_of_contents_that_came_is_an_artefact() -> None:
    entries = "\n".join(f"- Part {number}" for number in range(1, 6))
    whole = POLICY.replace(CLAUSES[0], " ".join(CLAUSES))
    texts = [read(f"{top}\n\n{whole}".encode(), name="policy.md").text for top in ("Hello", f"Hello\n\n{entries}")]
    result = find(align(*texts))
    assert (result.findings, result.artefact_reason) == ((), "a table of contents was caught or lost")


def test_the_same_words_in_shorter_lines_are_an_artefact() -> None:
    words = " ".join(CLAUSES).split()
    lines = "\n\n".join(" ".join(words[at : at + 6]) for at in range(0, len(words), 6))
    result = compare(" ".join(CLAUSES), lines)
    assert (result.findings, result.artefact) == ((), True)


def test_a_table_that_became_a_list_says_the_same() -> None:
    table = "## What we collect\n\nWith an order: your name your email address your phone number your door code."
    listed = table.replace(": your", ":\n\n- your").replace(" your", "\n- your").replace("-\n- ", "- ")
    assert compare(table, listed).findings == ()
    more = listed.replace("- your door", "- your location data\n- your door")
    assert any("location" in finding.subject for finding in compare(table, more).findings)


def test_a_hidden_mail_address_is_an_artefact() -> None:
    shown = (
        POLICY + "\n\nWrite to us at dpo@marlowe.example whenever you like, and we will answer you by the next post."
    )
    result = compare(shown, shown.replace("dpo@marlowe.example", "[email protected]"))
    assert result.artefact_reason == "mail addresses were hidden by the capture"


def test_equal_texts_of_different_bodies_are_an_artefact() -> None:
    alignment = alignment_of(POLICY, POLICY)
    assert find(alignment, have_bodies_differed=True).artefact
    assert not find(alignment).artefact


def test_a_short_notice_that_changed_in_each_sentence_is_the_same_notice() -> None:
    result = find(alignment_of("# Kettles\n\nWe keep data for 18 months.", "# Kettles\n\nWe keep data for 24 months."))
    assert not result.artefact
    assert [finding.subject for finding in result.findings] == ["18 months -> 24 months"]


def in_lines(policy: str, *, letters: int) -> str:
    """A policy of which each line is a paragraph, as a PDF is read."""
    return "\n\n".join("\n\n".join(wrap(paragraph, letters)) for paragraph in policy.split("\n\n"))


def test_a_change_among_other_lines_is_told_and_the_lines_are_not() -> None:
    parts = ["lid", "spout", "handle", "base", "cord", "switch", "scale", "filter"]
    said = "The {one} of a kettle stands near the {two}, and each {one} has a {two} of its own."
    rows = [said.format(one=one, two=two) for one in parts for two in parts]
    policy = "\n\n".join([*(" ".join(rows[at : at + 8]) for at in range(0, len(rows), 8))] * 3)
    kept = policy + "\n\nWe keep your orders for {period}, and delete them afterwards."
    old, new = (kept.format(period=period) for period in ("12 months", "24 months"))
    for before, after in ((old, in_lines(new, letters=80)), (in_lines(old, letters=80), new)):
        result = compare(before, after)
        assert [finding.subject for finding in result.findings] == ["12 months -> 24 months"]
        assert result.artefact_reason == "the same words stand in other lines"
    assert compare(old, in_lines(old, letters=80)).findings == ()
