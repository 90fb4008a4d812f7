"""The policies of the fictional vendors: what changes between their versions, and the pages around them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import lxml.html
import pytest
from markdown_it import MarkdownIt

from clausewatch.demo.pages import Look, render_page
from clausewatch.demo.policy import VENDORS, Policy, PolicyVersion, apply_edits, move_section, read_policy

WORD = re.compile(r"[^\W_]+")
EVERY_VERSION = [(read_policy(name), version) for name in VENDORS for version in read_policy(name).versions]
NAMES = [f"{policy.folder}-{index}" for index, (policy, _) in enumerate(EVERY_VERSION)]


def words_of(version: PolicyVersion) -> list[str]:
    """The words of a version as its Markdown says them."""
    rendered = MarkdownIt("commonmark").enable("table").render(version.source)
    return WORD.findall(" ".join(map(str, lxml.html.fromstring(rendered).itertext())))


def page(policy: Policy, version: PolicyVersion, number: int) -> str:
    look = Look(datetime(2024, 5, 1, tzinfo=UTC), number)
    return render_page(policy, version, url="http://127.0.0.1:8000/privacy", look=look)


@pytest.mark.parametrize("name", VENDORS)
def test_each_vendor_has_three_to_six_versions_from_2019_to_2026(name: str) -> None:
    policy = read_policy(name)
    assert 3 <= len(policy.versions) <= 6
    assert policy.versions[0].dated.year == 2019
    assert policy.versions[-1].dated.year == 2026
    assert policy.archived + policy.upcoming == policy.versions
    captured = [at for version in policy.archived for at in version.captured_at]
    assert captured == sorted(captured)
    assert all(version.captured_at[0].date() >= version.dated for version in policy.archived)


@pytest.mark.parametrize(("policy", "version"), EVERY_VERSION, ids=NAMES)
def test_each_version_has_the_size_of_a_real_policy(policy: Policy, version: PolicyVersion) -> None:
    assert 900 <= len(words_of(version)) <= 1_800
    assert 12 <= version.source.count("\n## ") <= 20
    assert "\n- " in version.source
    assert "\n|---|" in version.source


@pytest.mark.parametrize(("policy", "version"), EVERY_VERSION, ids=NAMES)
def test_each_page_parses_and_holds_the_words_of_its_policy_in_order(policy: Policy, version: PolicyVersion) -> None:
    text = " ".join(map(str, lxml.html.document_fromstring(page(policy, version, 1)).itertext()))
    assert " ".join(words_of(version)) in " ".join(WORD.findall(text))


@pytest.mark.parametrize("name", ["skyforge", "pulsetrail"])
def test_a_lively_page_differs_from_look_to_look(name: str) -> None:
    policy = read_policy(name)
    pages = [page(policy, policy.versions[0], number) for number in range(3)]
    assert len(set(pages)) == 3
    assert page(policy, policy.versions[0], 1) == pages[1]


def test_a_static_page_is_the_same_at_each_look_of_a_year() -> None:
    policy = read_policy("kettle-and-loom")
    assert page(policy, policy.versions[0], 1) == page(policy, policy.versions[0], 2)


def test_the_three_styles_of_markup_are_three() -> None:
    first, second, third = (page(read_policy(name), read_policy(name).versions[0], 1) for name in VENDORS)
    assert "<section id=" in first
    assert "<h2" not in second
    assert '<div class="txt txt-h"><b>' in second
    assert "<details>" in third


def test_a_section_that_moves_keeps_its_text() -> None:
    before, after = (read_policy("skyforge").versions[index].source for index in (2, 3))
    paragraph = "Our shop uses cookies to remember your basket"
    assert paragraph in before.split("## 7. Cookies and similar tools")[1].split("\n## ")[0]
    assert paragraph in after.split("## 11. Cookies on our sites")[1].split("\n## ")[0]
    assert before.count("\n") == after.count("\n")


def test_a_section_can_be_moved_to_the_end() -> None:
    text = "# T\n\nintro\n\n## A\n\none\n\n## B\n\ntwo\n"
    assert move_section(text, "A", behind="B", name="C") == "# T\n\nintro\n\n## B\n\ntwo\n\n## C\n\none\n"


@pytest.mark.parametrize("text", ["nothing of the kind", "18 months or 18 months"])
def test_an_edit_that_does_not_fit_exactly_once_is_refused(text: str) -> None:
    entry = {"dated": "2021-01-01", "edit": [{"old": "18 months", "new": "24 months"}]}
    with pytest.raises(ValueError, match="not once"):
        apply_edits(text, entry)
