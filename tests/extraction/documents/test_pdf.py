"""PDF through both decoders: a whole report printed by Chromium, what only one of them can read, and pictures."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from crawler.extraction.documents import pdf as pdf_reader
from crawler.extraction.documents.model import Document, Table
from crawler.extraction.documents.options import PDF_ENGINES, Options
from crawler.extraction.documents.pdf import read_pdf
from crawler.extraction.documents.sniff import read_document
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.report.naming import Hints
from crawler.extraction.report.read import read_report
from tests.cases.make.draft import Draft, make_draft
from tests.corpus.pdf_change import drop_every_map, drop_unicode, open_pdf, save_pdf
from tests.corpus.scans import Paper, write_page
from tests.corpus.tools import Tools

NO_OCR = Options(ocr=False)
FONT = "WenQuanYi Zen Hei"  # one that Chromium embeds as TrueType


@pytest.fixture(scope="module")
def draft() -> Draft:
    made = make_draft("pdf report", 2023, size="dense")
    made.published = None
    return made


@pytest.fixture(scope="module")
def printed(draft: Draft, tools: Tools) -> bytes:
    """The report as Chromium prints it: four pages or so, tables with all lines."""
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "20mm")
    return tools.print_pdf(write_page(draft.blocks(), Paper(FONT, 9.0, "1px solid #000")), format="A4", margin=margin)


def values_of(document: Document) -> dict[str, Any]:
    report = read_report(document, Hints((), None, None))
    return {
        table: {row: {column: value.value for column, value in columns.items()} for row, columns in rows.items()}
        for table, rows in report.tables.items()
    }


def doubts_of(document: Document) -> set[str | None]:
    return {
        cell.doubt
        for block in document.blocks
        if isinstance(block, Table)
        for row in block.grid
        for cell in row
        if cell
    }


def draw_text(lines: list[str], size: tuple[int, int] = (600, 400)) -> Image.Image:
    """A picture of lines in Latin letters and digits."""
    picture = Image.new("L", size, 255)
    pen = ImageDraw.Draw(picture)
    for n, line in enumerate(lines):
        pen.text((20, 20 + 60 * n), line, fill=0, font=ImageFont.load_default(40))
    return picture


def save_as_pdf(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PDF", resolution=150)
    return out.getvalue()


def show_picture(data: bytes, picture: Image.Image, box: tuple[float, float, float, float]) -> bytes:
    """A PDF with a picture on its first page, at ``box`` in points from the bottom left."""
    pdf = open_pdf(data)
    page = pdf.pages[0]
    image = pdf.make_stream(
        picture.tobytes(),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=picture.width,
        Height=picture.height,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
    )
    name = page.add_resource(image, pikepdf.Name.XObject)
    x0, y0, x1, y1 = box
    page.contents_coalesce()
    page.contents_add(b"q ", prepend=True)
    page.contents_add(f" Q q {x1 - x0:g} 0 0 {y1 - y0:g} {x0:g} {y0:g} cm {name} Do Q".encode())
    return save_pdf(pdf)


# --- A whole report ---------------------------------------------------------------------------------------------


@pytest.mark.no_cover
@pytest.mark.parametrize("engine", PDF_ENGINES)
def test_every_cell_of_a_printed_report(draft: Draft, printed: bytes, engine: str) -> None:
    document = read_pdf(printed, Options(pdf_engine=engine))
    assert values_of(document) == draft.expect()["tables"]
    assert document.warnings == ()
    assert document.media_type == "application/pdf"
    assert doubts_of(document) == {None}


def test_a_file_may_begin_with_something_else(draft: Draft, printed: bytes) -> None:
    assert values_of(read_document(b"\r\n%junk\n" + printed)) == draft.expect()["tables"]


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="there are both, pdfminer, pdfium"):
        Options(pdf_engine="poppler")


# --- What cannot be read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF", b"%PDF-" * 99])
@pytest.mark.parametrize("engine", PDF_ENGINES)
def test_what_is_no_pdf_is_refused_with_a_reason(data: bytes, engine: str) -> None:
    with pytest.raises(UnreadableDocument) as error:
        read_pdf(data, Options(pdf_engine=engine))
    assert str(error.value)
    assert "\n" not in str(error.value)


def test_pages_without_anything_are_refused() -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    with pytest.raises(UnreadableDocument, match="the pages hold no text"):
        read_pdf(save_pdf(pdf))


def test_a_file_that_only_one_decoder_opens_says_so(draft: Draft, printed: bytes) -> None:
    """Its trailer names no catalogue: one decoder finds it by looking through the file."""
    document = read_pdf(printed.replace(b"/Root ", b"/Rxxt "), NO_OCR)
    assert values_of(document) == draft.expect()["tables"]
    assert document.warnings == (("one_decoder", "only one decoder reads this file: a broken PDF"),)


# --- Characters -------------------------------------------------------------------------------------------------


def test_fonts_that_tell_nothing_are_named(printed: bytes) -> None:
    with pytest.raises(
        UnreadableDocument, match="its fonts do not say which characters they show; OCR is switched off"
    ):
        read_pdf(drop_every_map(printed), NO_OCR)


def test_the_decoder_that_knows_more_is_believed(draft: Draft, printed: bytes) -> None:
    """Without ToUnicode the fonts' own tables tell the characters, to one decoder more than to the other."""
    document = read_pdf(drop_unicode(printed), NO_OCR)
    assert values_of(document) == draft.expect()["tables"]
    assert {code for code, _ in document.warnings} <= {"one_decoder"}


# --- Pictures without OCR ---------------------------------------------------------------------------------------


def test_a_scan_without_ocr_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match="a scan; OCR is switched off"):
        read_pdf(save_as_pdf(draw_text(["2023"])), NO_OCR)


@pytest.mark.no_cover
def test_a_picture_that_may_hold_a_table_is_said(draft: Draft, printed: bytes) -> None:
    data = show_picture(printed, draw_text(["12 34"]), (100, 5, 500, 55))
    small = show_picture(printed, draw_text(["12 34"]), (100, 5, 200, 55))
    assert read_pdf(small, NO_OCR).warnings == ()
    pdf = open_pdf(printed)
    pdf.add_blank_page(page_size=(595, 842))
    last = len(pdf.pages)
    pdf.pages.insert(0, pdf.pages[-1])
    with_page = show_picture(save_pdf(pdf), draw_text(["12 34"]), (50, 100, 550, 800))
    document = read_pdf(with_page, NO_OCR)
    assert document.warnings == (("unread_page", "page 1 shows a picture that may hold text; OCR is switched off"),)
    assert values_of(document) == draft.expect()["tables"]
    assert last > 1
    assert read_pdf(data, NO_OCR).blocks


# --- Pictures with OCR ------------------------------------------------------------------------------------------


def test_pages_over_the_limit_are_not_read(printed: bytes, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading takes seconds for each page."""
    monkeypatch.setattr(pdf_reader, "MAX_OCR_PAGES", 0)
    pdf = open_pdf(printed)
    with pikepdf.open(io.BytesIO(save_as_pdf(draw_text(["66883"])))) as other:
        pdf.pages.extend(other.pages)
    document = read_pdf(save_pdf(pdf))
    assert document.warnings == (("pages_left_out", "1 pages are pictures; the first 0 were read"),)
    assert values_of(document) == draft.expect()["tables"]


def test_a_table_given_as_a_picture_is_read_in_its_place() -> None:
    """A page with text of its own and a picture of a table: the text by its characters, the picture by OCR. Then one
    that is nothing but a picture, then one that is nothing but text."""
    picture = Image.new("L", (900, 300), 255)
    pen = ImageDraw.Draw(picture)
    for x in (10, 450, 890):
        pen.line((x, 10, x, 290), fill=0, width=3)
    for y in (10, 150, 290):
        pen.line((10, y, 890, y), fill=0, width=3)
    for (x, y), text in {(180, 50): "2023", (620, 50): "1136", (180, 190): "550", (620, 190): "4119"}.items():
        pen.text((x, y), text, fill=0, font=ImageFont.load_default(56))
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(400, 300))
    helvetica = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(H=helvetica))
    text = b"BT /H 12 Tf 50 240 Td (Annual-report-77) Tj ET"
    page.Contents = pdf.make_stream(text)
    scan = draw_text(["66883"], (300, 100))
    with pikepdf.open(io.BytesIO(save_as_pdf(scan))) as other:
        pdf.pages.extend(other.pages)
    last = pdf.add_blank_page(page_size=(400, 300))
    last.Resources = page.Resources
    last.Contents = pdf.make_stream(text.replace(b"77", b"88"))
    begun: list[bool] = []
    data = show_picture(save_pdf(pdf), picture, (50, 60, 350, 160))
    document = read_pdf(data, Options(before_ocr=lambda: begun.append(True)))
    assert begun == [True]
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    assert [[cell and cell.text for cell in row] for row in table.grid] == [["2023", "1136"], ["550", "4119"]]
    scores = [cell.place.score for row in table.grid for cell in row if cell]
    assert all(score is not None and score > 0.8 for score in scores)
    assert table.place.bbox == pytest.approx((53, 143, 347, 237), abs=3)
    assert [(block.text, block.place.page) for block in document.paragraphs()] == [
        ("Annual-report-77", 1),
        ("66883", 2),
        ("Annual-report-88", 3),
    ]
    assert doubts_of(document) == {None}
