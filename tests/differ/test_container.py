from tests.differ.pages import PARAGRAPHS, POLICY, lines, text_of

WHOLE = lines(text_of(POLICY))


def test_the_container_is_found_without_any_name() -> None:
    side = "<div><div><a href=/a>Lakes</a></div><div>Blue is nice</div></div>"
    assert lines(text_of(f"<div>{side}<div><div>{POLICY}</div></div>{side}</div>")) == WHOLE


def test_a_policy_in_several_containers_comes_whole() -> None:
    parts = POLICY.split("<h2>Part D")
    body = f"<div><div>{parts[0]}</div></div><div><div><h2>Part D{parts[1]}</div></div>"
    assert lines(text_of(f"<div><div><a href=/>Home</a></div>{body}</div>"))[-13:] == WHOLE


def test_a_title_before_the_container_is_kept_with_the_lines_under_it() -> None:
    title, rest = POLICY.split("</h1>")
    body = f"<div><a href=/>Home</a></div><div>{title}</h1><p>Last updated 3 May 2024</p></div><div>{rest}</div>"
    assert lines(text_of(body)) == ["Privacy Policy", "Last updated 3 May 2024", *WHOLE[1:]]


def test_a_page_without_any_prose_gives_what_it_has() -> None:
    assert lines(text_of("<div><p>Two words</p><p>Three more words</p></div>")) == ["Two words", "Three more words"]


def test_the_title_is_the_first_heading_before_the_container_not_that_of_the_contents() -> None:
    title, rest = POLICY.split("</h1>")
    contents = "<h2>In this article</h2><ul><li><a href=#a>Part A</a></li><li><a href=#b>Part B</a></li></ul>"
    body = f"<div>{title}</h1><button>View it as a file, please</button>{contents}</div><div>{rest}</div>"
    assert lines(text_of(f"<div><a href=/>Home</a></div>{body}")) == WHOLE


def test_a_section_apart_from_a_long_policy_is_text() -> None:
    long = POLICY + "".join(f"<h2>Lake {i}</h2><p>{PARAGRAPHS[i % 6]} It is lake {i}.</p>" for i in range(300))
    apart = f"<h2>Contact</h2><p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[3]}</p><p>{PARAGRAPHS[4]}</p>"
    found = lines(text_of(f"<div><div>{long}</div><div>{apart}</div></div>"))
    assert found[-4:] == ["Contact", PARAGRAPHS[1], PARAGRAPHS[3], PARAGRAPHS[4]]
