import json

import pytest

from differ.normalise.embedded import embedded_markup


def data(*nodes: object) -> str:
    return f"<script type=application/json>{json.dumps({'nodes': nodes})}</script>"


@pytest.mark.parametrize(
    ("node", "tag"),
    [
        ({"level": 3}, "h3"),
        ({"attrs": {"level": "4"}}, "h4"),
        ({"attrs": "level"}, "h2"),
        ({"attrs": ["level"]}, "h2"),
        ({"level": True}, "h2"),
        ({"level": 2.5}, "h2"),
        ({"level": {}}, "h2"),
    ],
)
def test_a_heading_of_an_editor_is_read_whatever_it_says_of_its_level(node: dict[str, object], tag: str) -> None:
    assert embedded_markup(data({"type": "heading", "text": "What we keep", **node})) == f"<{tag}>What we keep</{tag}>"


def test_what_a_script_gives_to_the_application_is_data() -> None:
    source = '<script>window["state"] = {"type": "paragraph", "text": "We keep orders."}; start()</script>'
    assert embedded_markup(source) == "<p>We keep orders.</p>"


def test_a_script_that_is_neither_data_nor_gives_any_holds_no_text() -> None:
    assert embedded_markup('<script>start({"type": "paragraph", "text": "We keep your orders."})</script>') == ""
