import pytest

from clausewatch.model import Fault
from differ import read
from tests.differ.pages import PARAGRAPHS, headings, lines

REGULAR, BOLD = "/F1 11 Tf", "/F2 11 Tf"


def pdf(pages: list[list[str]], *, font: str = REGULAR) -> bytes:
    """A small PDF with the lines of each page, one under the other; those that begin with a star are bold."""
    return pdf_of([f"BT {font} 14 TL 50 780 Td {' '.join(map(_shown, page))} ET" for page in pages])


def _shown(line: str) -> str:
    text = line.removeprefix("*").replace("(", "").replace(")", "")
    return f"{BOLD} ({text}) Tj T* {REGULAR}" if line.startswith("*") else f"({text}) Tj T*"


def pdf_of(contents: list[str], *, forms: str = "") -> bytes:
    """A PDF whose pages are drawn by those contents."""
    fonts = [f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica{style} >>" for style in ("", "-Bold")]
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", *fonts]
    resources = f"<< /Font << /F1 3 0 R /F2 4 0 R >> {forms} >>"
    kids = []
    for stream in contents:
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R "
            f"/Resources {resources} >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return f"{out}xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


def test_lines_are_put_together_to_paragraphs() -> None:
    halves = [paragraph.split(" and ", 1) for paragraph in PARAGRAPHS]
    body = [line for half in halves for line in ([half[0], "and " + half[1]] if len(half) > 1 else half)]
    reading = read(pdf([["PRIVACY POLICY", *body]]), name="policy.pdf")
    assert reading.fault is None
    assert headings(reading.text) == ["PRIVACY POLICY"]
    assert PARAGRAPHS[3] in " ".join(lines(reading.text))


def test_page_numbers_and_running_heads_are_left_out() -> None:
    pages = [["Larkspur Maps, Privacy", PARAGRAPHS[i], PARAGRAPHS[i + 1], f"Page {i + 1} of 4"] for i in range(4)]
    text = read(pdf(pages), content_type="application/pdf").text.text
    assert "Larkspur Maps, Privacy" not in text
    assert "Page 1" not in text
    assert PARAGRAPHS[4] in text


@pytest.mark.parametrize("body", [b"%PDF-1.4\nbroken", pdf([[]]), pdf([list(PARAGRAPHS)])[:300]])
def test_a_pdf_without_text_is_unreadable(body: bytes) -> None:
    reading = read(body, content_type="application/pdf")
    assert reading.fault is Fault.UNREADABLE
    assert reading.fault_reason


def test_lines_in_bold_or_large_type_are_headings() -> None:
    large = "BT /F1 18 Tf 50 800 Td (What we collect) Tj ET "
    body = [PARAGRAPHS[0], "*How long we keep it", PARAGRAPHS[2], PARAGRAPHS[3]]
    shown = " ".join(map(_shown, body))
    text = read(pdf_of([f"{large} BT {REGULAR} 14 TL 50 780 Td {shown} ET"]), name="policy.pdf").text
    assert headings(text) == ["What we collect", "How long we keep it"]
    assert PARAGRAPHS[2] in text.text


def test_bold_marks_nothing_in_a_document_that_is_bold_throughout() -> None:
    bold = pdf([[f"*{line}" for line in ("We are few.", *PARAGRAPHS)]])
    assert headings(read(bold, name="policy.pdf").text) == headings(
        read(pdf([["We are few.", *PARAGRAPHS]]), name="policy.pdf").text
    )


def test_space_between_lines_sets_paragraphs_apart() -> None:
    lines_at = [(780, PARAGRAPHS[0]), (766, "and this is a second line of it that is about as long as the first one"),
                (738, PARAGRAPHS[1]), (724, "and its own second line, which ends it.")]  # fmt: skip
    shown = " ".join(f"BT {REGULAR} 50 {y} Td ({line}) Tj ET" for y, line in lines_at)
    found = lines(read(pdf_of([shown]), name="policy.pdf").text)
    assert [line.split()[1] for line in found] == ["collect", "share"]


def test_a_word_cut_at_the_end_of_a_line_is_whole_again() -> None:
    body = [
        "We share personal data with every third party that you asked us to tell about infor-",
        "mation on maps, as a third-party licence of the party that drew them asks of all third-",
        "party readers of them, in writing.",
    ]
    text = read(pdf([body]), name="policy.pdf").text.text
    assert "about information on maps" in text
    assert "of all third-party readers" in text


def test_running_heads_that_count_the_pages_are_left_out() -> None:
    pages = [[f"Larkspur Maps {i + 1} - Privacy", PARAGRAPHS[i], PARAGRAPHS[i + 1]] for i in range(4)]
    assert "Larkspur Maps 2" not in read(pdf(pages), name="policy.pdf").text.text


def test_a_paragraph_goes_on_over_the_page() -> None:
    first, rest = PARAGRAPHS[0].split(" account ")
    pages = [[PARAGRAPHS[1], first, "Page 1"], [f"account {rest}", PARAGRAPHS[2], "Page 2"]]
    assert PARAGRAPHS[0] in read(pdf(pages), name="policy.pdf").text.text


def test_two_columns_are_read_one_after_the_other() -> None:
    columns = [
        f"BT /F1 6 Tf 9 TL {left} 780 Td {' '.join(map(_shown, PARAGRAPHS[first : first + 3]))} ET"
        for left, first in ((30, 0), (320, 3))
    ]
    found = lines(read(pdf_of([" ".join(columns)]), name="policy.pdf").text)
    assert " ".join(found) == " ".join(PARAGRAPHS)


@pytest.mark.stress
def test_a_pdf_that_draws_without_end_is_unreadable() -> None:
    body = pdf([[PARAGRAPHS[0]] * 2000])
    kids = body.index(b"/Kids [")
    many = body[:kids] + b"/Kids [" + b"6 0 R " * 400 + body[body.index(b"]", kids) :]
    reading = read(many, name="policy.pdf")
    assert reading.fault is Fault.UNREADABLE
    assert "draws more than" in (reading.fault_reason or "")
