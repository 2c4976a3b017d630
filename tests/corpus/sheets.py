"""Spreadsheets: whole reports in one sheet or a sheet for each table, by openpyxl, xlwt and LibreOffice."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import openpyxl
import xlwt
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from tests.cases.make import labels
from tests.cases.make.draft import Draft, make_draft
from tests.cases.make.grid import Cell, Table, fill_grid
from tests.corpus.drawn import Drawn, draw_report
from tests.corpus.model import Made
from tests.corpus.word import write_zip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.cases.make.draft import Block
    from tests.corpus.model import Maker
    from tests.corpus.tools import Tools

WIDE = 15  # columns of a sheet that holds all three tables: those of table IV
SPREAD = {"proactive": (6, 3, 3, 3), "applications": (1, 2, 5, *[1] * 7), "review_litigation": (1,) * WIDE}
GROUPED = re.compile(r"^\d{1,3}(,\d{3})+(\.\d+)?$")
DAY = "yyyy\u5e74m\u6708d\u65e5"


@dataclass(frozen=True, slots=True)
class Square:
    """A cell of a sheet, merged over ``rows`` and ``columns``; row and column from 1. ``look`` is a number format."""

    row: int
    column: int
    rows: int
    columns: int
    value: object
    kind: str = "text"
    look: str = ""
    formula: str = ""


@dataclass
class Sheet:
    """A sheet: its name and squares; ``state`` as openpyxl has it."""

    name: str
    squares: list[Square] = field(default_factory=list)
    state: str = "visible"
    row: int = 1  # the next free row

    def add(self, value: object, kind: str = "text", columns: int = WIDE, column: int = 1, look: str = "") -> None:
        """A square at the next free row; the row stays."""
        self.squares.append(Square(self.row, column, 1, columns, value, kind, look))


def put_text(sheet: Sheet, block: Block, width: int) -> None:
    """A row merged over the width with a title, heading or paragraph."""
    sheet.add(block.text, block.kind, width)
    sheet.row += 1


def put_value(draft: Draft, table: str, cell: Cell, rng: Random) -> tuple[object, str]:
    """(value, number format) of a number's cell: a number where it is printed plainly, else the text."""
    row, column = cell.place or ("", "")
    value = draft.values[table][row][column]
    printed = draft.printed.get((table, row, column))
    if value is None or (printed is not None and not GROUPED.match(printed)):
        return cell.text or None, ""
    if printed is None:
        return value, ""
    if rng.random() < 0.5:
        return printed, ""
    return value, "#,##0" if isinstance(value, int) else "#,##0." + "0" * len(printed.partition(".")[2])


def put_table(sheet: Sheet, draft: Draft, table: Table, rng: Random, *, spread: bool) -> None:
    """The table from the next free row on, spread over all columns of the sheet if asked."""
    grid = fill_grid(table)
    parts = SPREAD[table.name] if spread else (1,) * len(grid[0])
    starts = [1 + sum(parts[:x]) for x in range(len(parts) + 1)]
    for y, line in enumerate(grid):
        for x, (cell, begins) in enumerate(line):
            if not begins:
                continue
            value, look = (cell.text or None, "")
            if cell.kind == "value":
                value, look = put_value(draft, table.name, cell, rng)
            columns = starts[x + cell.columns] - starts[x]
            kind = f"{table.name}/{'/'.join(cell.place)}" if cell.place else cell.kind
            sheet.squares.append(Square(sheet.row + y, starts[x], cell.rows, columns, value, kind, look))
    sheet.row += len(grid)


# --- What stands where ------------------------------------------------------------------------------------------
def lay_out_one(drawn: Drawn) -> list[Sheet]:
    """The whole report in one sheet."""
    rng = drawn.rng
    sheet = Sheet(rng.choice(("Sheet1", "年度报告", f"{drawn.draft.year}年")))
    spread, gaps = rng.random() < 0.6, rng.random() < 0.4
    drawn.told.append("tables spread over the sheet" if spread else "tables from column A")
    for block in drawn.blocks():
        if block.table is not None:
            put_table(sheet, drawn.draft, block.table, rng, spread=spread)
            sheet.row += int(gaps)
        else:
            put_text(sheet, block, WIDE)
    return [sheet]


def lay_out_several(drawn: Drawn) -> list[Sheet]:
    """Title and prose in the first sheet, a sheet for each table, in some one more for the last sections."""
    rng = drawn.rng
    names = rng.choice(
        (
            ("总体情况", "主动公开", "依申请公开", "复议诉讼", "问题及其他"),
            ("正文", "表二", "表三", "表四", "正文（续）"),
            ("Sheet1", "主动公开政府信息情况", "收到和处理申请情况", "行政复议诉讼情况", "Sheet5"),
        )
    )
    last = rng.random() < 0.6  # sections five and six after the tables, or in the first sheet
    drawn.told.append("last sections in a sheet of their own" if last else "all prose in the first sheet")
    sheets = [Sheet(name) for name in names]
    for block in drawn.blocks():
        at = block.section - 1 if 2 <= block.section <= 4 else 0
        if last and (block.section > 4 or (block.kind == "line" and sheets[4].squares)):
            at = 4
        sheet = sheets[at]
        if block.table is not None:
            put_table(sheet, drawn.draft, block.table, rng, spread=False)
        else:
            width = {1: 4, 2: 10, 3: WIDE}.get(at, 8)
            put_text(sheet, block, width)
    return [sheet for sheet in sheets if sheet.squares]


def hide_sheet(drawn: Drawn, sheets: list[Sheet]) -> list[Sheet]:
    """Before or after the report: a hidden sheet with another report's numbers, and one without anything."""
    other = make_draft(f"{drawn.draft.title} {drawn.name} before", drawn.draft.year - 1, form=drawn.draft.form)
    hidden = Sheet("上年数据", state=drawn.rng.choice(("hidden", "veryHidden")))
    for block in other.blocks():
        if block.table is not None:
            put_table(hidden, other, block.table, drawn.rng, spread=False)
        elif block.kind != "paragraph":
            put_text(hidden, block, WIDE)
    drawn.told.append(f"a {hidden.state} sheet with other numbers")
    return [hidden, *sheets] if drawn.rng.random() < 0.5 else [*sheets, hidden]


def put_dates(drawn: Drawn, sheet: Sheet) -> None:
    """A line under the title: who filled it in and when, the day as a date."""
    for n, square in enumerate(sheet.squares):
        if square.row > 1:
            sheet.squares[n] = replace(square, row=square.row + 1)
    sheet.row += 1
    day = datetime.date(drawn.draft.year + 1, 1, drawn.rng.randint(4, 29))
    for column, columns, value, look in (
        (1, 2, "填报单位：", ""),
        (3, 6, drawn.draft.body.name, ""),
        (9, 3, "填报日期：", ""),
        (12, 4, day, drawn.rng.choice(("yyyy-mm-dd", DAY))),
    ):
        sheet.squares.append(Square(2, column, 1, columns, value, "line", look))


# --- Values in disguise -----------------------------------------------------------------------------------------
def add_formulas(draft: Draft, sheet: Sheet) -> int:
    """Totals of table III and IV as formulas, where the sum of their number cells is what is printed; how many."""
    places = {s.kind: s for s in sheet.squares if s.kind.count("/") == 2}
    count = 0

    def as_sum(total: str, parts: list[str]) -> None:
        nonlocal count
        squares = [places[name] for name in parts if name in places]
        target = places.get(total)
        if target is None or target.look or not isinstance(target.value, int) or len(squares) < 2:
            return
        if sum(s.value for s in squares if isinstance(s.value, int | float)) != target.value:
            return
        if isinstance(squares[-1].value, str):  # of which LibreOffice gives its format to the total: no value is saved
            return
        first, last = squares[0], squares[-1]
        area = f"{get_column_letter(first.column)}{first.row}:{get_column_letter(last.column)}{last.row}"
        sheet.squares[sheet.squares.index(target)] = replace(target, formula=f"=SUM({area})")
        count += 1

    rows = draft.values["applications"]
    columns = [c for c in labels.APPLICATION_COLUMNS if c != "total"]
    outcomes = [r for r in rows if r not in (*labels.OUTER_ROWS, "processed_total")]
    for row in rows:
        as_sum(f"applications/{row}/total", [f"applications/{row}/{c}" for c in columns])
    for column in columns:
        as_sum(f"applications/processed_total/{column}", [f"applications/{r}/{column}" for r in outcomes])
    for row in draft.values["review_litigation"]:
        parts = [f"review_litigation/{row}/{c}" for c in labels.REVIEW_COLUMNS if c != "total"]
        as_sum(f"review_litigation/{row}/total", parts)
    return count


def disguise_values(drawn: Drawn, sheet: Sheet) -> None:
    """Numbers as text, with blanks around, with units and zeros that only their format prints."""
    rng = drawn.rng
    share = rng.choice((0.1, 0.4, 0.9))
    for n, square in enumerate(sheet.squares):
        if square.kind.count("/") != 2 or square.formula or square.look or rng.random() >= share:
            continue
        if not isinstance(square.value, int | float):
            continue
        way = rng.choice(("text", "text", "blanks", "measure", "decimals"))
        if way == "text":
            square = replace(square, value=str(square.value), look="@")  # noqa: PLW2901
        elif way == "blanks":
            square = replace(square, value=f" {square.value}\u3000")  # noqa: PLW2901
        elif way == "measure" and isinstance(square.value, int):
            square = replace(square, look='0"件"')  # noqa: PLW2901
        elif way == "decimals":
            square = replace(square, look="0.00" if isinstance(square.value, int) else "0.0000")  # noqa: PLW2901
        sheet.squares[n] = square


def write_floats(xlsx: bytes) -> bytes:
    """The same workbook with every whole number written as a float: 12.0."""
    files: dict[str, str | bytes] = {}
    with zipfile.ZipFile(io.BytesIO(xlsx)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.startswith("xl/worksheets/"):
                # A cell without t="s" holds a number.
                content = re.sub(rb'(<c r="[A-Z]+\d+"(?: s="\d+")?(?: t="n")?><v>-?\d+)(</v>)', rb"\1.0\2", content)
            files[name] = content
    return write_zip(files)


# --- Files ------------------------------------------------------------------------------------------------------
EDGE = Side(style="thin")


def save_xlsx(sheets: list[Sheet]) -> bytes:
    """The workbook by openpyxl."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        page.sheet_state = sheet.state
        for square in sheet.squares:
            cell = page.cell(square.row, square.column, square.formula or square.value)
            if square.look:
                cell.number_format = square.look
            text = square.kind in ("paragraph", "heading", "line")
            cell.alignment = Alignment(wrap_text=True, horizontal="left" if text else "center", vertical="center")
            cell.font = Font(name="宋体", size=18 if square.kind == "title" else 11, bold=square.kind == "heading")
            if not text and square.kind != "title":
                cell.border = Border(EDGE, EDGE, EDGE, EDGE)
            if square.rows > 1 or square.columns > 1:
                last_row, last_column = square.row + square.rows - 1, square.column + square.columns - 1
                page.merge_cells(
                    start_row=square.row, start_column=square.column, end_row=last_row, end_column=last_column
                )
            if square.kind == "paragraph":
                page.row_dimensions[square.row].height = 48
    book.active = next(n for n, sheet in enumerate(sheets) if sheet.state == "visible")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def save_xls(sheets: list[Sheet]) -> bytes:
    """The workbook by xlwt."""
    book = xlwt.Workbook(encoding="utf-8")
    styles = {
        look: xlwt.easyxf("align: wrap on, horiz center, vert center", num_format_str=look or "General")
        for look in {square.look for sheet in sheets for square in sheet.squares}
    }
    for sheet in sheets:
        page = book.add_sheet(sheet.name)
        page.visibility = {"visible": 0, "hidden": 1, "veryHidden": 2}[sheet.state]
        for square in sheet.squares:
            top, left, style = square.row - 1, square.column - 1, styles[square.look]
            if square.rows > 1 or square.columns > 1:
                bottom, right = top + square.rows - 1, left + square.columns - 1
                page.write_merge(top, bottom, left, right, square.value, style)
            else:
                page.write(top, left, square.value, style)
    book.set_active_sheet(next(n for n, sheet in enumerate(sheets) if sheet.state == "visible"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- Makers -----------------------------------------------------------------------------------------------------
def lay_out_values(drawn: Drawn) -> list[Sheet]:
    """One sheet or several with values in disguise, a date, a hidden sheet."""
    whole = drawn.rng.random() < 0.6
    sheets = (lay_out_one if whole else lay_out_several)(drawn)
    if whole:
        put_dates(drawn, sheets[0])
    for sheet in sheets:
        disguise_values(drawn, sheet)
    return hide_sheet(drawn, sheets) if drawn.rng.random() < 0.6 else sheets


def make_with(kind: str, lay_out: Callable[[Drawn], list[Sheet]], how: str) -> Maker:
    """A maker of .xlsx files by openpyxl."""

    def make(tools: Tools, seed: int, count: int) -> Iterator[Made]:
        for number in range(count):
            drawn = draw_report(kind, seed, number)
            data = save_xlsx(lay_out(drawn))
            yield Made(drawn.name, ".xlsx", data, drawn.draft.expect(), drawn.origin(f"{how}, by openpyxl"))

    return make


def make_values(tools: Tools, seed: int, count: int) -> Iterator[Made]:
    """Numbers as text, as floats, as formulas with the values that LibreOffice worked out."""
    made: dict[int, tuple[Drawn, bytes, str]] = {}
    waiting: list[int] = []
    for number in range(count):
        drawn = draw_report("xlsx-values", seed, number)
        sheets = lay_out_values(drawn)
        if number % 4 == 3:
            made[number] = (drawn, write_floats(save_xlsx(sheets)), "whole numbers as floats")
            continue
        count_formulas = sum(add_formulas(drawn.draft, sheet) for sheet in sheets if sheet.state == "visible")
        made[number] = (drawn, save_xlsx(sheets), f"{count_formulas} formulas worked out by LibreOffice")
        waiting.append(number)
    files = [(f"{number}.xlsx", made[number][1]) for number in waiting]
    for number, data in zip(waiting, tools.convert(files, "xlsx:Calc MS Excel 2007 XML"), strict=True):
        made[number] = (made[number][0], data, made[number][2])
    for drawn, data, how in made.values():
        yield Made(drawn.name, ".xlsx", data, drawn.draft.expect(), drawn.origin(f"values in disguise, {how}"))


def lay_out_any(drawn: Drawn) -> list[Sheet]:
    """One sheet or several, with a hidden one in some."""
    sheets = (lay_out_one if drawn.rng.random() < 0.6 else lay_out_several)(drawn)
    return hide_sheet(drawn, sheets) if drawn.rng.random() < 0.3 else sheets


def make_xls(tools: Tools, seed: int, count: int) -> Iterator[Made]:
    """The old binary format by xlwt."""
    for number in range(count):
        drawn = draw_report("xls-xlwt", seed, number)
        data = save_xls(lay_out_any(drawn))
        yield Made(drawn.name, ".xls", data, drawn.draft.expect(), drawn.origin("an old sheet by xlwt"))


def convert_with(kind: str, suffix: str, how: str) -> Maker:
    """A maker of old sheets by LibreOffice, formulas worked out, all in one run."""

    def make(tools: Tools, seed: int, count: int) -> Iterator[Made]:
        drawn = [draw_report(kind, seed, number) for number in range(count)]
        files = []
        for one in drawn:
            sheets = lay_out_values(one)
            for sheet in sheets:
                if sheet.state == "visible":
                    add_formulas(one.draft, sheet)
            files.append((f"{one.name}.xlsx", save_xlsx(sheets)))
        for one, data in zip(drawn, tools.convert(files, "xls:MS Excel 97"), strict=True):
            yield Made(one.name, suffix, data, one.draft.expect(), one.origin(how))

    return make


MAKERS: dict[str, Maker] = {
    "xlsx-one": make_with("xlsx-one", lay_out_one, "a whole report in one sheet"),
    "xlsx-several": make_with("xlsx-several", lay_out_several, "a sheet for each table"),
    "xlsx-values": make_values,
    "xls-xlwt": make_xls,
    "xls-office": convert_with("xls-office", ".xls", "an old sheet by LibreOffice"),
    "et": convert_with("et", ".et", "an old sheet under the name of WPS, by LibreOffice"),
}
