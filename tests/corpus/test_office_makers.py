"""What the makers of office files make holds what they say it holds, by libraries that no reader is built from."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from typing import TYPE_CHECKING

import docx
import openpyxl
import pytest
import xlrd
from PIL import Image

from crawler.extraction.documents.engines.pdfium import page_count
from tests.corpus import office, packages, scans, sheets
from tests.corpus.drawn import draw_report
from tests.corpus.page_layout import Style, set_blocks
from tests.corpus.tools import Tools
from tests.corpus.word import Writer

if TYPE_CHECKING:
    from tests.cases.make.draft import Draft
    from tests.corpus.model import Made, Maker

MAKERS: dict[str, Maker] = {**office.MAKERS, **sheets.MAKERS, **packages.MAKERS}
CONVERTED = ("doc-", "wps", "rtf", "xls-office", "et", "xlsx-values")
WRITTEN = sorted(kind for kind in MAKERS if not kind.startswith(CONVERTED) or kind in ("doc-html", "doc-mht"))


@cache
def make(kind: str) -> list[Made]:
    """Two documents of a kind that needs no program: none is started."""
    return list(MAKERS[kind](Tools(), 7, 2))


def printed_rows(draft: Draft, table: str) -> list[list[str]]:
    """What each row of numbers prints."""
    return [[draft.cell(table, row, column).text for column in cells] for row, cells in draft.values[table].items()]


@pytest.mark.parametrize("kind", WRITTEN)
def test_same_seed_same_truth(kind: str) -> None:
    first, second = make(kind), make.__wrapped__(kind)
    assert [made.name for made in first] == [f"{kind}-{n:03d}" for n in range(2)]
    assert [made.expected for made in first] == [made.expected for made in second]
    assert all(made.data and made.suffix.startswith(".") for made in first)
    assert {made.expected["generation"] for made in first} == {"2019", "2021"}
    assert first[1].expected["failed_checks"], "every third report contradicts itself"


@pytest.mark.parametrize("kind", ["docx-plain", "docx-nested", "docx-textbox"])
def test_word_tables_hold_the_numbers(kind: str) -> None:
    for number, made in enumerate(make(kind)):
        body = docx.Document(io.BytesIO(made.data)).element.body
        word = f"{{{body.nsmap['w']}}}"
        rows = []
        for row in body.iter(f"{word}tr"):
            cells = row.iterchildren(f"{word}tc")
            rows.append(["".join(text.text or "" for text in cell.iter(f"{word}t")) for cell in cells])
        wanted = printed_rows(draw_report(kind, 7, number).draft, "applications")
        assert all(any(row[-len(line) :] == line for row in rows) for line in wanted)


def test_strict_differs_in_its_names_only() -> None:
    drawn = draw_report("strict", 7, 0)
    plain = Writer(drawn.draft, drawn.rng).write(drawn.blocks())
    strict = office.make_strict(plain)
    members = [zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml").decode() for data in (plain, strict)]
    assert members[0].count("<w:tc>") == members[1].count("<w:tc>") > 300


def test_sheets_hold_the_numbers() -> None:
    for number, made in enumerate(make("xlsx-one")):
        page = openpyxl.load_workbook(io.BytesIO(made.data)).active
        cells = [[str(c) for c in row if c is not None] for row in page.iter_rows(values_only=True)]
        draft = draw_report("xlsx-one", 7, number).draft
        for row, columns in draft.values["applications"].items():
            texts = [draft.cell("applications", row, c).text.replace(",", "") for c in columns]
            wanted = [text for text in texts if text]
            assert any([c.replace(",", "") for c in line[-len(wanted) :]] == wanted for line in cells if wanted), row


def test_old_sheets_hold_the_title() -> None:
    for number, made in enumerate(make("xls-xlwt")):
        book = xlrd.open_workbook(file_contents=made.data)
        shown = [page for page in book.sheets() if page.visibility == 0]
        assert shown[0].cell_value(0, 0) == draw_report("xls-xlwt", 7, number).draft.title


def test_formulas_are_worked_out_and_sum_to_what_is_printed(tools: Tools) -> None:
    drawn = draw_report("formulas", 7, 0)
    page = sheets.lay_out_one(drawn)[0]
    assert sheets.add_formulas(drawn.draft, page) > 20
    (data,) = tools.convert([("a.xlsx", sheets.save_xlsx([page]))], "xlsx:Calc MS Excel 2007 XML")
    read = openpyxl.load_workbook(io.BytesIO(data), data_only=True).active
    for square in page.squares:
        if square.formula:
            assert read.cell(square.row, square.column).value == square.value


def test_archives_hold_the_report_under_gbk_names() -> None:
    for made in make("zip-gbk"):
        names = [member.filename for member in zipfile.ZipFile(io.BytesIO(made.data), metadata_encoding="gbk").filelist]
        assert f"{made.expected['title']}.docx" in names


def test_pages_keep_every_character_within_the_paper() -> None:
    drawn = draw_report("pages", 7, 0)
    style = Style(keep=False, height=500)
    press = set_blocks(drawn.blocks(), style)
    pages = press.finish()
    assert press.cuts
    assert len(pages) > 3
    assert all(0 <= g.x0 < g.x1 <= style.width and g.bottom <= style.height for page in pages for g in page.glyphs)
    text = "".join(g.text for page in pages for g in page.glyphs)
    assert drawn.draft.title in text


def test_pictures_of_every_mode_become_a_pdf() -> None:
    for mode in ("1", "L", "RGB"):
        pages = [Image.new(mode, (60, 80), 1 if mode == "1" else "white")] * 2
        assert page_count(scans.bind_pages(pages, scans.Wear(bilevel=mode == "1"), 100)) == 2


def test_wear_keeps_the_size_and_says_what_it_did() -> None:
    page = Image.new("L", (600, 800), 255)
    drawn = draw_report("wear", 7, 0)
    wear = scans.Wear(angle=1.2, noise=9, blur=1, shade=0.2, stamp=True, quality=50)
    made = scans.spoil_picture(page, wear, drawn.rng, 100)
    assert made.size == page.size
    assert made.mode == "RGB"
    assert all(word in wear.tell() for word in ("1.20°", "noise 9", "stamp", "quality 50"))
