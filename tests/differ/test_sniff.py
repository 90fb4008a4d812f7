import pytest
from hypothesis import given
from hypothesis import strategies as st

from differ.normalise.sniff import Form, decode, form_of


@pytest.mark.parametrize(
    ("body", "content_type", "name", "form"),
    [
        (b"<p>Hello", "text/html; charset=utf-8", None, Form.HTML),
        (b"<!DOCTYPE html><p>Hello", None, None, Form.HTML),
        (b"<?xml version='1.0'?>\n<html><body>x", None, "x.bin", Form.HTML),
        (b"# Privacy", None, "policy.md", Form.MARKDOWN),
        (b"# Privacy", "text/plain", "policy.md", Form.MARKDOWN),
        (b"# Privacy", "text/markdown", None, Form.MARKDOWN),
        (b"Privacy", None, "policy.txt", Form.PLAIN),
        (b"Privacy", None, None, Form.PLAIN),
        (b"%PDF-1.7 ...", "text/html", "policy.html", Form.PDF),
        (b"<html><body>Not the file", "application/pdf", "policy.pdf", Form.HTML),
        (b"\x89PNG\r\n\x1a\n\0\0", "text/html", "policy.html", Form.BINARY),
        (bytes(range(256)) * 4, None, "policy.html", Form.BINARY),
        ("<p>Hello".encode("utf-16"), None, "policy.html", Form.HTML),
        ("<p>Hello there".encode("utf-16-le"), None, "policy.html", Form.HTML),
        (b"<p>Hello", None, "https://larkspur.example/privacy.html?v=1", Form.HTML),
    ],
)
def test_the_form_is_told_by_type_name_and_bytes(
    body: bytes, content_type: str | None, name: str | None, form: Form
) -> None:
    assert form_of(body, content_type=content_type, name=name) is form


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Größe".encode(), None),
        (b"\xef\xbb\xbf" + "Größe".encode(), "text/html; charset=iso-8859-1"),
        ("Größe".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        (b"<meta charset='windows-1252'>" + "Größe".encode("cp1252"), None),
        (b"<meta http-equiv=Content-Type content='text/html; charset=latin1'>" + "Größe".encode("latin-1"), None),
        ("Größe".encode("utf-16"), None),
        ("Größe".encode("utf-16-le"), None),
        ("Größe".encode(), "text/html; charset=iso-8859-1"),
    ],
)
def test_characters_are_read_by_mark_header_and_meta(body: bytes, content_type: str | None) -> None:
    assert decode(body, content_type=content_type).endswith("Größe")


def test_without_a_word_about_it_the_character_set_is_guessed() -> None:
    body = ("Wir verarbeiten Ihre persönlichen Daten für die Erfüllung des Vertrags. " * 5).encode("cp1252")
    assert "persönlichen" in decode(body)


def test_an_unknown_character_set_does_not_stop_it() -> None:
    assert "abc" in decode(b"abc \xff", content_type="text/html; charset=klingon")


@given(st.binary(max_size=500), st.sampled_from([None, "text/html; charset=utf-7", "text/html; charset=rot13"]))
def test_any_bytes_can_be_decoded(body: bytes, content_type: str | None) -> None:
    assert isinstance(decode(body, content_type=content_type), str)
