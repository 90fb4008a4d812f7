from clausewatch.model import Text
from differ import read
from tests.differ.pages import headings, lines


def markdown(source: str) -> Text:
    return read(source.encode(), name="policy.md").text


def test_markup_escapes_and_link_targets_are_no_text() -> None:
    text = markdown("1\\. We *never* sell [your data](https://larkspur.example/x?utm_source=a) to `anyone` & all.\n")
    assert lines(text) == ["1. We never sell your data to anyone & all."]
    assert text.blocks[0].links == ("https://larkspur.example/x",)


def test_headings_lists_and_tables_keep_their_structure() -> None:
    text = markdown(
        "# Privacy\n\nWhat\n----\n\n* one\n    * two\n\n| Company | Country |\n| --- | --- |\n| Marl | "
        "Iceland<br>and Malta |\n"
    )
    assert [(block.kind.value, block.level, block.text) for block in text.blocks] == [
        ("heading", 1, "Privacy"),
        ("heading", 2, "What"),
        ("item", 1, "one"),
        ("item", 2, "two"),
        ("row", 0, "Company | Country"),
        ("row", 0, "Marl | Iceland and Malta"),
    ]
    assert text.blocks[-1].header == ("Company", "Country")


def test_html_within_markdown_is_read_as_html() -> None:
    text = markdown("We <span class='x'>collect</span> data.<br><br>And more.\n\n<table><tr><td>a<td>b</tr></table>\n")
    assert lines(text)[:2] == ["We collect data.", "And more."]
    assert "<" not in text.text


def test_bold_lines_are_headings_where_none_is_marked() -> None:
    text = markdown("**What we collect**\n\nWe collect your name and the lakes that you like.\n")
    assert headings(text) == ["What we collect"]


def test_indented_lines_are_text_and_not_code() -> None:
    assert lines(markdown("We collect:\n\n    your name and\n    your address.\n"))[1] == "your name and your address."


def test_nothing_is_taken_for_chrome_and_short_texts_are_no_fault() -> None:
    reading = read(b"[Home](/)\n\nPrint\n\nWe keep your data for a year.\n", name="policy.md")
    assert lines(reading.text) == ["Home", "Print", "We keep your data for a year."]
    assert reading.fault is None
