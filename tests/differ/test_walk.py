from clausewatch.model import BlockKind
from tests.differ.pages import POLICY, lines, text_of


def blocks_of(body: str) -> list[tuple[str, int, str]]:
    """Kind, level and text of what stands between the policy and its end mark."""
    text = text_of(f"{POLICY}{body}<p>This is the end of the fictional policy.</p>")
    return [(block.kind.value, block.level, block.text) for block in text.blocks[13:-1]]


def test_paragraphs_items_and_headings_keep_their_kind_and_depth() -> None:
    body = "<h2>Why we use it</h2><ul><li>To draw maps.<ol><li>To draw them well.</ol><li>To find you.</ul>"
    assert blocks_of(body) == [
        ("heading", 2, "Why we use it"),
        ("item", 1, "To draw maps."),
        ("item", 2, "To draw them well."),
        ("item", 1, "To find you."),
    ]


def test_two_line_breaks_end_a_paragraph_and_one_does_not() -> None:
    body = "<p>First line<br>goes on here.<br><br>Second paragraph is here.<br> &nbsp; <br>Third one is here.</p>"
    assert blocks_of(body) == [
        ("paragraph", 0, "First line goes on here."),
        ("paragraph", 0, "Second paragraph is here."),
        ("paragraph", 0, "Third one is here."),
    ]


def test_a_bold_line_over_its_paragraph_stands_by_itself() -> None:
    body = "<p>We draw maps.<br><br><b>Your location<br></b>We ask your device where it is, and only then.</p>"
    assert blocks_of(body)[1:] == [
        ("heading", 3, "Your location"),
        ("paragraph", 0, "We ask your device where it is, and only then."),
    ]


def test_bullets_between_line_breaks_become_items() -> None:
    body = "<p>We collect these things:<br>• your name as you give it<br>• your postal address</p>"
    assert blocks_of(body)[1:] == [
        ("item", 1, "your name as you give it"),
        ("item", 1, "your postal address"),
    ]


def test_hidden_folded_and_custom_elements_are_text() -> None:
    body = (
        "<details><summary>What we log in detail</summary><p>We log each address that asks us for a "
        "map tile.</p></details>"
        "<div style='display:none'><p>We also log the time of each request.</p></div>"
        "<map-panel hidden>We log errors as well, without names.</map-panel>"
        "<dl><dt>Map tile</dt><dd>A small square picture of a part of the map.</dd></dl>"
    )
    assert blocks_of(body) == [
        ("heading", 3, "What we log in detail"),
        ("paragraph", 0, "We log each address that asks us for a map tile."),
        ("paragraph", 0, "We also log the time of each request."),
        ("paragraph", 0, "We log errors as well, without names."),
        ("heading", 4, "Map tile"),
        ("paragraph", 0, "A small square picture of a part of the map."),
    ]


def test_scripts_styles_fields_and_pictures_are_no_text() -> None:
    body = (
        "<script>var a='no';</script><style>p{}</style><select><option>Deutsch</select><textarea>typed</textarea>"
        "<svg><text>no</text></svg><p>Only<!-- not this --> this is <img alt=no src=x>text.</p>"
    )
    assert blocks_of(body) == [("paragraph", 0, "Only this is text.")]


def test_terms_shown_in_a_text_field_are_text() -> None:
    terms = "You agree to use the maps with care and to tell us about every lake that we forgot to draw. " * 3
    assert terms.strip() in " ".join(line for _, _, line in blocks_of(f"<textarea readonly>{terms}</textarea>"))


def test_preformatted_text_keeps_its_paragraphs() -> None:
    body = "<pre>We draw maps of\nlakes and hills.\n\nWe do not draw people.</pre>"
    assert [line for _, _, line in blocks_of(body)] == ["We draw maps of lakes and hills.", "We do not draw people."]


def test_masked_addresses_are_decoded_and_markup_joins_no_words() -> None:
    masked = "42" + "".join(f"{byte ^ 0x42:02x}" for byte in b"ada@larkspur.example")
    body = (
        f"<p>Write to <a href='/cdn-cgi/l/email-protection#{masked}'><span "
        f"data-cfemail='{masked}'>[email&#160;protected]"
        "</span></a> or<br>call us; the bold<b>er</b> the better.</p>"
    )
    assert blocks_of(body) == [
        ("paragraph", 0, "Write to ada@larkspur.example or call us; the bolder the better."),
    ]


def test_links_are_kept_beside_the_text() -> None:
    body = (
        "<p>See <a href='/cookies?utm_source=x'>our cookies</a>, <a href='#top'>above</a> and <a "
        "href=/cookies>here</a>.</p>"
    )
    text = text_of(POLICY + body + "<p>This is the end.</p>")
    assert text.blocks[-2].links == ("https://larkspur.example/cookies",)
    assert text.blocks[-2].text == "See our cookies, above and here."


def test_the_declared_base_and_the_title_are_read() -> None:
    text = text_of(
        "<base href='https://docs.larkspur.example/a/'>" + POLICY + "<p>Look <a href=b>here</a> for more of it.</p>"
    )
    assert text.blocks[-1].links == ("https://docs.larkspur.example/a/b",)
    assert text.title == "Larkspur Maps"


def test_every_block_is_one_line() -> None:
    text = text_of(POLICY + "<p>a\n\nb\u2028c d e f g h</p>")
    assert all(len(line.splitlines()) == 1 for line in lines(text))
    assert text.blocks[0].kind is BlockKind.HEADING
