import pytest

from differ.faults.ending import Ending, cut_note, ending_of


def end_of(source: str) -> Ending:
    note = cut_note(source)
    return ending_of((note,) if note else ())


def test_a_page_with_its_closing_tags_is_whole() -> None:
    assert end_of("<html><body><div><p>One.</p></div></body></html>") == Ending()
    assert end_of("<html><body><p>One.</p></BODY>\n<!-- served in 3 ms -->") == Ending()


def test_a_page_that_leaves_its_last_tags_open_says_how_many() -> None:
    assert end_of("<html><body><div><section><p>One.</p></section>") == Ending(is_cut=True, open_elements=1)
    assert end_of("<p>A fragment.</p>") == Ending(is_cut=True)


@pytest.mark.parametrize(
    "end",
    [
        "<p>Cut in a wo",
        "<p>One.</p><a href='/pri",
        "<p>One.</p><script>var x = 1;",
        "<p>One.</p><style>p { color: re",
        "<ul><li>One and the",
    ],
)
def test_a_page_that_stops_in_the_middle_is_torn(end: str) -> None:
    assert end_of(f"<html><body><div>{end}").is_torn


@pytest.mark.parametrize("end", ["<p>A last paragraph.", "<p>One.</p>", "<p>One<br>", "Plain text", ""])
def test_a_page_that_stops_after_a_sentence_or_a_tag_is_not_torn(end: str) -> None:
    assert not end_of(f"<html><body>{end}").is_torn
