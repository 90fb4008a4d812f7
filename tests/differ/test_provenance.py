from __future__ import annotations

from datetime import UTC, datetime

import pytest

from differ.provenance import is_note, provenance_of

NOTE = (
    "The following text is extracted and transformed from the harborkites.example privacy policy that was archived on "
    "2019-05-17."
)
LINKED = (
    "> *The following text is extracted and transformed from the www.harborkites.example terms & conditions that was "
    "archived on 2018-02-02. Please check the [original snapshot on the Wayback Machine]"
    "(https://web.archive.org/web/20180202213945id_/https%3A//www.harborkites.example/terms%3Flang%3Den) for the most "
    "accurate reproduction.*"
)


def test_a_note_says_domain_type_and_day() -> None:
    found = provenance_of(NOTE + "\n\nHarbor Kites | Privacy\n")
    assert found is not None
    assert (found.domain, found.type, found.archived_on) == ("harborkites.example", "privacy policy", "2019-05-17")
    assert (found.archived_at, found.url) == (None, None)


def test_a_note_with_a_link_says_the_moment_and_the_original_address() -> None:
    found = provenance_of("\n\n" + LINKED + "\n\n# Terms\n")
    assert found is not None
    assert (found.domain, found.type) == ("www.harborkites.example", "terms & conditions")
    assert found.archived_at == datetime(2018, 2, 2, 21, 39, 45, tzinfo=UTC)
    assert found.url == "https://www.harborkites.example/terms?lang=en"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Privacy Policy\n\nWe keep it for a year.",
        "\n".join(["One.", "Two.", "Three.", NOTE]),
        NOTE.replace("2019-05-17", "2019-02-30"),
        "x" * 6000 + NOTE,
    ],
    ids=["empty", "none", "too far down", "a day that is none", "after thousands of letters"],
)
def test_what_is_no_note_in_the_first_lines_says_nothing(text: str) -> None:
    assert provenance_of(text) is None


def test_a_moment_that_is_none_leaves_the_day() -> None:
    found = provenance_of(LINKED.replace("20180202213945", "20189902213945"))
    assert found is not None
    assert (found.archived_at, found.archived_on) == (None, "2018-02-02")


def test_a_line_is_known_for_a_note_anywhere_in_it() -> None:
    assert is_note(LINKED)
    assert is_note(NOTE.upper())
    assert not is_note("This policy was archived on 2019-05-17.")
