"""Pages of fictional vendors: the parts that the tests of the normaliser put together."""

from __future__ import annotations

from clausewatch.model import BlockKind, Reading, Text
from differ import read

PARAGRAPHS = (
    "We collect the personal data that you give us when you open an account with Larkspur Maps.",
    "We share personal information with service providers who process it for us under a contract.",
    "We keep your data for eighteen months after your last visit, unless the law asks for longer.",
    "You have the right to access, correct and delete the personal data that we hold about you.",
    "Our cookies remember your choices; you can withdraw your consent to them at any time here.",
    "We transfer information to other countries only where the law of your country allows it.",
)
POLICY = "<h1>Privacy Policy</h1>" + "".join(
    f"<h2>Part {name}</h2><p>{paragraph}</p>" for name, paragraph in zip("ABCDEF", PARAGRAPHS, strict=True)
)


def page(body: str, *, title: str = "Larkspur Maps") -> bytes:
    return f"<!doctype html><html lang=en><head><title>{title}</title></head><body>{body}</body></html>".encode()


def read_html(body: str, *, title: str = "Larkspur Maps", document_type: str | None = None) -> Reading:
    return read(
        page(body, title=title), content_type="text/html", url="https://larkspur.example/p", document_type=document_type
    )


def text_of(body: str) -> Text:
    return read_html(body).text


def lines(text: Text) -> list[str]:
    return [block.text for block in text.blocks]


def headings(text: Text) -> list[str]:
    return [block.text for block in text.blocks if block.kind is BlockKind.HEADING]
