import pytest

from clausewatch.model import Fault
from differ import read
from tests.differ.pages import PARAGRAPHS, headings, lines


def pdf(pages: list[list[str]]) -> bytes:
    """A small PDF with the lines of each page, one under the other."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for page in pages:
        shown = " ".join(f"({line.replace('(', '').replace(')', '')}) Tj T*" for line in page)
        stream = f"BT /F1 11 Tf 14 TL 50 780 Td {shown} ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        resources = "<< /Font << /F1 3 0 R >> >>"
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
