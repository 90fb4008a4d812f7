import pytest

from tests.differ.pages import PARAGRAPHS, headings, read_html

PART = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS) * 2
BUNDLE = "<h1>Legal</h1>" + "".join(
    f"<h2>{name}</h2>{PART.replace('.', f', says the {name}.')}"
    for name in ("Terms of Use", "Privacy Policy", "Cookie Policy")
)


@pytest.mark.parametrize(
    ("document_type", "kept"),
    [
        ("Terms of Service", ["Legal", "Terms of Use"]),
        ("privacy-policy", ["Legal", "Privacy Policy"]),
        ("cookie-policy", ["Legal", "Cookie Policy"]),
        ("imprint", ["Legal", "Terms of Use", "Privacy Policy", "Cookie Policy"]),
        ("something-else", ["Legal", "Terms of Use", "Privacy Policy", "Cookie Policy"]),
        (None, ["Legal", "Terms of Use", "Privacy Policy", "Cookie Policy"]),
    ],
)
def test_a_page_that_bundles_policies_gives_the_one_that_is_meant(document_type: str | None, kept: list[str]) -> None:
    reading = read_html(BUNDLE, document_type=document_type)
    assert headings(reading.text) == kept
    assert any("bundles" in note for note in reading.text.notes) == (len(kept) == 2)


def test_a_policy_with_a_section_on_cookies_is_no_bundle() -> None:
    body = (
        f"<h1>Privacy Policy</h1><h2>What we "
        f"collect</h2>{PART}<h2>Cookies</h2>{PART.replace('.', ', too.')}<h2>Contact</h2>{PART.replace('.', '!')}"
    )
    assert len(headings(read_html(body, document_type="cookie-policy").text)) == 4


def test_parts_are_known_in_every_language_in_which_titles_are() -> None:
    body = BUNDLE.replace(">Terms of Use<", ">Käyttöehdot<").replace(">Privacy Policy<", ">Tietosuojaseloste<")
    assert headings(read_html(body, document_type="privacy-policy").text) == ["Legal", "Tietosuojaseloste"]
