import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from differ.normalise.canonical import Links, decode_masked_address, fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("one\n two\t three", "one two three"),
        ("per\u00adsonal\u200b data\ufeff", "personal data"),
        ("“Maps” and ‘you’", "\"Maps\" and 'you'"),
        ("third\u2011party", "third-party"),
        ("cafe\u0301", "café"),
        ("a\x07b", "ab"),
        ("\u202eabc\u202c", "abc"),
        ("18 – 24 months — or «more»…", "18 – 24 months — or «more»…"),
    ],
)
def test_one_spelling_for_what_readers_cannot_tell_apart(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_folding_gives_one_line_in_nfc_and_folding_again_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "  " not in once
    assert len(once.splitlines()) <= 1


def test_a_masked_address_is_decoded() -> None:
    masked = "42" + "".join(f"{byte ^ 0x42:02x}" for byte in b"ada@larkspur.example")
    assert decode_masked_address(masked) == "ada@larkspur.example"


@pytest.mark.parametrize("code", ["", "zz", "4242", "42"])
def test_what_is_no_masked_address_is_left_alone(code: str) -> None:
    assert decode_masked_address(code) is None


@pytest.mark.parametrize(
    ("target", "canonical"),
    [
        ("/terms?utm_source=mail&id=7&gclid=x", "https://larkspur.example/terms?id=7"),
        ("/find?q=a%20b&utm_source=mail", "https://larkspur.example/find?q=a%20b"),
        ("/find?q=a%20b", "https://larkspur.example/find?q=a%20b"),
        ("terms;jsessionid=AB12", "https://larkspur.example/terms"),
        ("HTTPS://Other.Example/Path", "https://other.example/Path"),
        ("mailto:ada@larkspur.example", "mailto:ada@larkspur.example"),
        ("/cookies#list", "https://larkspur.example/cookies#list"),
        ("#part-2", None),
        ("javascript:void(0)", None),
        ("data:text/plain,x", None),
        ("http://[broken", None),
        ("", None),
    ],
)
def test_link_targets_are_absolute_and_carry_no_tracking(target: str, canonical: str | None) -> None:
    assert Links("https://larkspur.example/privacy").canonical(target) == canonical


def test_without_an_address_a_target_stays_relative() -> None:
    assert Links(None).canonical("/terms") == "/terms"


@pytest.mark.parametrize(
    ("base", "target", "canonical"),
    [
        ("https://Larkspur.example/p?x=1", "/terms/", "https://larkspur.example/terms/"),
        ("https://larkspur.example/p", "/a/../b", "https://larkspur.example/b"),
        ("https://larkspur.example/p", "//fen.example/x", "https://fen.example/x"),
        ("https://larkspur.example/p", "https://fen.example/a/./b", "https://fen.example/a/./b"),
        ("http://[broken/", "/x", None),
        (None, "/x", "/x"),
    ],
)
def test_a_plain_target_is_spelled_as_any_other(base: str | None, target: str, canonical: str | None) -> None:
    assert Links(base).canonical(target) == canonical


def test_a_letter_keeps_thirty_marks_at_most() -> None:
    assert len(fold("x" + "\u0323\u0301" * 100)) == 31
    assert fold("日本語" * 40) == "日本語" * 40
