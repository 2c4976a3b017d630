"""Spreadsheets: whole reports in one sheet or several, numbers as printed, what is hidden, bad files."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import openpyxl
import pytest
import xlwt
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.drawing.image import Image as SheetImage
from openpyxl.styles import Border, Font, Side
from openpyxl.utils import get_column_letter
from PIL import Image

from crawler.extraction.documents.model import Document, Paragraph, Picture, Table
from crawler.extraction.documents.sheet import read_xls, read_xlsx
from crawler.extraction.documents.sheets.cells import print_number
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.report.read import read_report
from tests.cases.make.draft import BUILDERS, Draft, make_draft
from tests.cases.make.grid import fill_grid

THIN = Border(*[Side(style="thin")] * 4)
WIDTH = 15  # columns of the widest table


def as_number(text: str) -> str | int | float:
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d+\.\d+", text) else text


class Xlsx:
    """Writes cells through openpyxl."""

    def __init__(self) -> None:
        self.book = openpyxl.Workbook()
        self.book.remove(self.book.active)

    def open(self, name: str) -> None:
        self.sheet = self.book.create_sheet(name)

    def put(self, row: int, column: int, rows: int, columns: int, text: str, *, ruled: bool) -> None:
        self.sheet.cell(row + 1, column + 1).value = as_number(text) if text else None
        if ruled:
            for r in range(row, row + rows):
                for c in range(column, column + columns):
                    self.sheet.cell(r + 1, c + 1).border = THIN
        if rows * columns > 1:
            last = f"{get_column_letter(column + columns)}{row + rows}"
            self.sheet.merge_cells(f"{get_column_letter(column + 1)}{row + 1}:{last}")

    def save(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


class Xls:
    """Writes cells through xlwt."""

    def __init__(self) -> None:
        self.book = xlwt.Workbook()
        self.plain = xlwt.easyxf("")
        self.lined = xlwt.easyxf("borders: left thin, right thin, top thin, bottom thin")

    def open(self, name: str) -> None:
        self.sheet = self.book.add_sheet(name)

    def put(self, row: int, column: int, rows: int, columns: int, text: str, *, ruled: bool) -> None:
        style = self.lined if ruled else self.plain
        value = as_number(text)
        if rows * columns > 1:
            self.sheet.write_merge(row, row + rows - 1, column, column + columns - 1, value, style)
        else:
            self.sheet.write(row, column, value, style)

    def save(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


def write_report(
    draft: Draft,
    writer: Xlsx | Xls,
    *,
    ruled: bool,
    merged: bool,
    gap: int,
    start: tuple[int, int] = (0, 0),
    boxed: bool = False,
) -> bytes:
    """A whole report in one sheet: prose in cells (merged over the width or not, boxed or not), tables below it."""
    writer.open("年报")
    row, left = start
    for block in draft.blocks():
        if block.table is None:
            writer.put(row, left, 1, WIDTH if merged else 1, block.text, ruled=boxed)
            row += 1
            continue
        row += gap
        grid = fill_grid(block.table)
        for y, line in enumerate(grid):
            for x, (cell, starts) in enumerate(line):
                if starts:
                    writer.put(row + y, left + x, cell.rows, cell.columns, cell.text, ruled=ruled)
        row += len(grid) + gap
    return writer.save()


def check(document: Document, draft: Draft) -> None:
    """Every cell is the draft's, every section has its prose, nothing is remarked as lost."""
    report = read_report(document)
    got = {
        (t, r, c): v.value
        for t, rows in report.tables.items()
        for r, columns in rows.items()
        for c, v in columns.items()
    }
    want = {(t, r, c): v for t, rows in draft.values.items() for r, columns in rows.items() for c, v in columns.items()}
    assert {key: got.get(key) for key in want} == want
    assert {key for key, value in got.items() if value is not None} <= set(want)
    assert not [w for w in report.warnings if w.lowers]
    assert report.title == draft.title
    texts = {s.number: s.text for s in report.sections}
    for section in draft.expect_sections():
        for part in section["text_contains"]:
            assert part in texts[section["number"]]
        for part in section["text_lacks"]:
            assert part not in texts[section["number"]]
    for rows in report.tables.values():
        for columns in rows.values():
            for value in columns.values():
                assert value.place.sheet
                assert value.place.cell


@pytest.mark.no_cover
@pytest.mark.parametrize("ruled", [True, False])
@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("gap", [0, 1])
@pytest.mark.parametrize(("seed", "year"), [("sheet-1", 2019), ("sheet-2", 2023)])
def test_a_whole_report_in_one_sheet(seed: str, year: int, gap: int, *, merged: bool, ruled: bool) -> None:
    draft = make_draft(seed, year)
    check(read_xlsx(write_report(draft, Xlsx(), ruled=ruled, merged=merged, gap=gap)), draft)
    check(read_xls(write_report(draft, Xls(), ruled=ruled, merged=merged, gap=gap)), draft)


@pytest.mark.no_cover
def test_a_report_that_does_not_begin_at_a1_with_blank_numbers() -> None:
    draft = make_draft("sheet-blank", 2024, size="sparse", blank=True)
    for ruled in (True, False):
        check(read_xlsx(write_report(draft, Xlsx(), ruled=ruled, merged=True, gap=0, start=(3, 2))), draft)


@pytest.mark.no_cover
@pytest.mark.parametrize("year", [2020, 2021, 2022, 2024])
def test_a_report_whose_prose_is_boxed_too(year: int) -> None:
    draft = make_draft(f"sheet-boxed-{year}", year)
    check(read_xlsx(write_report(draft, Xlsx(), ruled=True, merged=True, gap=0, boxed=True)), draft)


def test_each_table_in_its_own_sheet() -> None:
    draft = make_draft("sheets", 2022)
    writer = Xlsx()
    writer.open("封面")
    writer.put(0, 0, 1, 1, draft.title, ruled=False)
    writer.open("Sheet3")
    for section in (2, 3, 4):
        writer.open(draft.section(section).heading[:31])
        table = BUILDERS[draft.section(section).table or ""](draft)
        for y, line in enumerate(fill_grid(table)):
            for x, (cell, starts) in enumerate(line):
                if starts:
                    writer.put(y, x, cell.rows, cell.columns, cell.text, ruled=True)
    document = read_xlsx(writer.save())
    texts = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    assert texts[:2] == ["封面", draft.title]
    assert draft.section(3).heading in texts
    assert "Sheet3" not in texts
    report = read_report(document)
    assert {t: set(rows) for t, rows in report.tables.items()} == {t: set(rows) for t, rows in draft.values.items()}
    value = report.tables["applications"]["received"]["total"]
    assert value.value == draft.values["applications"]["received"]["total"]
    assert value.place.as_dict() == {"sheet": draft.section(3).heading[:31], "cell": "J4"}


@pytest.mark.parametrize("seed", ["sheets 1", "sheets 2"])
def test_sections_follow_the_tables_that_stand_in_sheets_of_their_own(seed: str) -> None:
    draft = make_draft(seed, 2023)
    writer = Xlsx()
    writer.open("报告")
    line = 0
    for section in (1, 5, 6):
        for text in (draft.section(section).heading, f"第{section}部分的情况如下。"):
            writer.put(line, 0, 1, 1, text, ruled=False)
            line += 1
    for section in (2, 3, 4):
        writer.open(f"表{section}")
        writer.put(0, 0, 1, 5, draft.section(section).heading, ruled=False)
        writer.put(1, 0, 1, 1, "甲", ruled=True)
        writer.put(1, 1, 1, 1, "1", ruled=True)
    document = read_xlsx(writer.save())
    marks = [block.text[0] for block in document.blocks if isinstance(block, Paragraph) and block.text[1] == "、"]
    assert "".join(marks) == "一二三四五六"
    assert [s.number for s in read_report(replace(document, titles=(draft.title,))).sections] == [1, 2, 3, 4, 5, 6]


def test_prose_in_one_cell_of_several_lines_and_a_group_line_over_the_width() -> None:
    writer = Xlsx()
    writer.open("Sheet1")
    lines = ["一、总体情况", "　　本年度公开文件三十件。", "　　答复申请五件，均已按期"]
    writer.put(0, 0, 3, 4, "\n".join(lines), ruled=False)
    rows = [
        ("一、本年新收数量", "3"),
        ("二、上年结转数量", "1"),
        ("三、本年度办理结果", None),
        ("（一）予以公开", "2"),
        ("四、结转下年度", "2"),
    ]
    for y, (label, number) in enumerate(rows, 3):
        writer.put(y, 0, 1, 4 if number is None else 3, label, ruled=False)
        if number is not None:
            writer.put(y, 3, 1, 1, number, ruled=False)
    writer.put(8, 0, 1, 4, "五、存在的问题", ruled=False)
    blocks = read_xlsx(writer.save()).blocks
    assert [b.text if isinstance(b, Paragraph) else len(b.grid) for b in blocks if not isinstance(b, Picture)] == [
        "一、总体情况", "本年度公开文件三十件。", "答复申请五件，均已按期", 5, "五、存在的问题",
    ]  # fmt: skip


def first_table(document: Document) -> list[list[str]]:
    table = next(block for block in document.blocks if isinstance(block, Table))
    return [[cell.text if cell else "-" for cell in row] for row in table.grid]


def test_values_as_printed() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    values = [
        ("甲", 5.0, 55.887, 0.1 + 0.2), ("乙", True, "007", "１２"), ("丙", 0.125, 1234.5, -3), ("丁", 12, 45366, 2.5),
    ]  # fmt: skip
    for row in values:
        sheet.append(row)
    sheet["B3"].number_format = "0.0%"
    sheet["C3"].number_format = "#,##0.00"
    sheet["B4"].number_format = '0"万元"'
    sheet["C4"].number_format = "yyyy/m/d"
    sheet["D4"].number_format = "0"
    data = io.BytesIO()
    book.save(data)
    assert first_table(read_xlsx(data.getvalue())) == [
        ["甲", "5", "55.887", "0.3"],
        ["乙", "TRUE", "007", "12"],
        ["丙", "12.5%", "1234.50", "-3"],
        ["丁", "12万元", "2024-03-15", "3"],
    ]
    old = xlwt.Workbook()
    page = old.add_sheet("一")
    page.write(0, 0, "甲")
    page.write(0, 1, 0.125, xlwt.easyxf(num_format_str="0.0%"))
    page.write(0, 2, 45366, xlwt.easyxf(num_format_str="yyyy/m/d"))
    page.write(0, 3, 5.0)
    data = io.BytesIO()
    old.save(data)
    assert first_table(read_xls(data.getvalue())) == [["甲", "12.5%", "2024-03-15", "5"]]


@pytest.mark.parametrize(
    ("value", "code", "printed"),
    [
        (5.0, "General", "5"),
        (12345678901234.0, "General", "12345678901234"),
        (0.00001, "G/通用格式", "0.00001"),
        (0, '_ * #,##0_ ;_ * \\-#,##0_ ;_ * "-"_ ;_ @_ ', "0"),
        (-7, "0_);[Red]\\(0\\)", "-7"),
        (-7, "0;-0", "-7"),
        (8, ";;;", "8"),
        (2.5, "# ?/?", "2.5"),
        (1.50, "0.0#", "1.5"),
        (1.0, "0.##", "1"),
        (25000, '[>=10000]0!.0,"万";0', "25000"),
        (3, '0"件"', "3件"),
        (12000, '0.0,"千"', "12.0千"),
        (1e9, "yyyy-m-d", "#####"),
        (0.75, "h:mm:ss", "18:00:00"),
        (2.675, "0.00", "2.68"),
        (-0.2, "0", "0"),
    ],
)
def test_number_formats(value: float, code: str, printed: str) -> None:
    assert print_number(value, code) == printed


def test_errors_and_formulas() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["甲", "#REF!", "#DIV/0!"])
    sheet.append(["乙", "=1+2", 4])
    data = io.BytesIO()
    book.save(data)
    document = read_xlsx(data.getvalue())
    assert first_table(document) == [["甲", "#REF!", "#DIV/0!"], ["乙", "[公式]", "4"]]
    assert document.warnings == (("formula_without_value", "Sheet!B2: the file holds no value"),)
    cached = rewrite(
        data.getvalue(), "xl/worksheets/sheet1.xml", lambda x: re.sub(rb"</f><v ?(?:/>|></v>)", b"</f><v>3</v>", x)
    )
    assert first_table(read_xlsx(cached))[1] == ["乙", "3", "4"]
    assert read_xlsx(cached).warnings == ()
    old = xlwt.Workbook()
    page = old.add_sheet("一")
    page.write(0, 0, "甲")
    page.write(0, 1, xlwt.Formula("1+2"))
    page.write(0, 2, xlwt.Formula('IF(A1="","","")'))
    data = io.BytesIO()
    old.save(data)
    document = read_xls(data.getvalue())
    assert first_table(document) == [["甲", "[公式]"]]
    assert document.warnings == (("formula_without_value", "一!B1: the file holds no value"),)


STRUCK = (("struck_text", "struck through: '157'"), ("struck_text", "struck through: '6'"))


def test_struck_numbers_are_told_and_not_read() -> None:
    struck = InlineFont(strike=True)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["甲", CellRichText(TextBlock(struck, "157"), TextBlock(InlineFont(b=True), "5"), " 件"), 6])
    sheet["C1"].font = Font(strike=True)
    sheet.append(["乙", CellRichText("8", TextBlock(struck, "废")), 9])
    data = io.BytesIO()
    book.save(data)
    document = read_xlsx(data.getvalue())
    assert first_table(document) == [["甲", "5 件", ""], ["乙", "8", "9"]]
    assert document.warnings == STRUCK


def test_struck_numbers_in_an_old_sheet() -> None:
    struck = xlwt.easyfont("struck_out on")
    book = xlwt.Workbook()
    page = book.add_sheet("一")
    page.write(0, 0, "甲")
    page.write_rich_text(0, 1, [("157", struck), "5"], xlwt.easyxf(""))
    page.write(0, 2, 6, xlwt.easyxf("font: struck_out on"))
    page.write(1, 0, "乙")
    page.write_rich_text(1, 1, ["8", ("废", struck)], xlwt.easyxf(""))
    page.write(1, 2, 9)
    data = io.BytesIO()
    book.save(data)
    document = read_xls(data.getvalue())
    assert first_table(document) == [["甲", "5", ""], ["乙", "8", "9"]]
    assert document.warnings == STRUCK


def test_what_is_hidden_is_said_and_not_read() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["甲", 1, 10, 100], ["乙", 2, 20, 200], ["丙", 3, 30, 300]):
        sheet.append(row)
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["C"].hidden = True
    hidden = book.create_sheet("旧")
    hidden["A1"] = 7
    hidden.sheet_state = "hidden"
    empty = book.create_sheet("备用")
    empty.sheet_state = "veryHidden"
    data = io.BytesIO()
    book.save(data)
    document = read_xlsx(data.getvalue())
    assert first_table(document) == [["甲", "1", "100"], ["丙", "3", "300"]]
    assert [code for code, _ in document.remarks] == ["hidden_cells", "hidden_sheet"]
    assert "5 cells" in document.remarks[0][1]
    old = xlwt.Workbook()
    page = old.add_sheet("一")
    page.write(0, 0, "甲")
    page.write(0, 1, 1)
    other = old.add_sheet("二")
    other.write(0, 0, 5)
    other.visibility = 1
    data = io.BytesIO()
    old.save(data)
    assert [code for code, _ in read_xls(data.getvalue()).remarks] == ["hidden_sheet"]


def test_tables_side_by_side_are_two() -> None:
    writer = Xlsx()
    writer.open("Sheet1")
    for y in range(3):
        for x in (0, 1, 3, 4):
            writer.put(y, x, 1, 1, f"格{y}{x}", ruled=True)
    tables = [block for block in read_xlsx(writer.save()).blocks if isinstance(block, Table)]
    assert [table.width for table in tables] == [2, 2]
    assert [table.place.cell for table in tables] == ["A1", "D1"]


def test_a_picture_in_a_sheet() -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "white").save(picture, "PNG")
    book = openpyxl.Workbook()
    book.active["A1"] = "二、主动公开政府信息情况"
    book.active["A9"] = "三、收到和处理政府信息公开申请情况"
    book.active.add_image(SheetImage(picture), "A2")
    data = io.BytesIO()
    book.save(data)
    document = read_xlsx(data.getvalue())
    assert [type(block).__name__ for block in document.blocks] == ["Paragraph", "Picture", "Paragraph"]
    found = document.blocks[1]
    assert isinstance(found, Picture)
    assert (found.data or b"")[:4] == b"\x89PNG"
    assert found.name == "xl/media/image1.png"
    assert document.pictures == 1


def rewrite(data: bytes, name: str, change) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info.filename)
            new.writestr(info.filename, change(content) if info.filename == name else content)
    return out.getvalue()


def test_bad_workbooks_are_refused_with_a_line() -> None:
    writer = Xlsx()
    writer.open("Sheet1")
    writer.put(0, 0, 1, 1, "甲", ruled=False)
    good = writer.save()
    part = "xl/worksheets/sheet1.xml"
    bad = [
        b"",
        b"PK\x03\x04",
        good[:-200],
        rewrite(good, part, lambda _: b"<worksheet"),
        rewrite(good, part, lambda x: b'<!DOCTYPE a [<!ENTITY b "c">]>' + x.split(b"?>", 1)[-1]),
        rewrite(good, "xl/workbook.xml", lambda x: x.replace(b"<sheet ", b"<leaf ")),
        rewrite(good, part, lambda x: x.replace(b'r="1"', b'r="one"')),
        rewrite(good, part, lambda x: x.replace(b"<sheetData>", b"<sheetData>" + b"".join(
            b'<row r="%d"><c t="inlineStr"><is><t>x</t></is></c></row>' % n for n in range(2, 10_100)
        ))),
    ]  # fmt: skip
    for data in bad:
        with pytest.raises(UnreadableDocument) as error:
            read_xlsx(data)
        assert "\n" not in str(error.value)
    wide = rewrite(
        good, part, lambda x: x.replace(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/>'
                                        b"</mergeCells>"),
    )  # fmt: skip
    assert [block.text for block in read_xlsx(wide).blocks if isinstance(block, Paragraph)] == ["甲"]
    old = Xls()
    old.open("一")
    old.put(0, 0, 1, 1, "甲", ruled=False)
    data = old.save()
    for broken in (b"", data[:600], data[:1500], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), b"\x09\x08" * 500):
        with pytest.raises(UnreadableDocument) as error:
            read_xls(broken)
        assert "\n" not in str(error.value)


@pytest.mark.no_cover
def test_damaged_bytes_raise_nothing_else() -> None:
    draft = make_draft("sheet-damage", 2022)
    data = write_report(draft, Xls(), ruled=True, merged=True, gap=0)
    for at in range(600, len(data), len(data) // 25):
        changed = data[:at] + bytes(255 - b for b in data[at : at + 8]) + data[at + 8 :]
        try:
            read_xls(changed)
        except UnreadableDocument as error:
            assert "\n" not in str(error)  # noqa: PT017
