"""Spreadsheets → Document: .xlsx (ECMA-376) read from its parts, .xls (BIFF) by xlrd. Nothing is computed or fetched.

Portals put one table into a sheet, or each table into its own, or a whole report with headings and prose. So a sheet is
cut into bands (rows that merged cells hold together), and a band is a paragraph or a row of a table by what it holds
and what stands beside it: see `_divide`. What is ruled is a table; what is not is judged by its cells. Sheets follow
one another as their tabs do, but where the number of a heading says otherwise: see `_find_room`.

Numbers stand as the sheet prints them: by the decimals, percent sign and unit of their format. What a formula gave when
the file was saved is its value. What is struck through is no text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from crawler.extraction.documents.grid import MAX_CELLS, MAX_COLUMNS
from crawler.extraction.documents.model import Block, Cell, Document, Paragraph, Picture, Place, Table
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.package import XLSX, open_package
from crawler.extraction.documents.sheets.biff import read_biff
from crawler.extraction.documents.sheets.cells import Sheet, name_cell
from crawler.extraction.documents.sheets.ooxml import read_parts
from crawler.extraction.documents.struck import tell_struck
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.dates import find_published
from crawler.extraction.text.numbering import read_mark

XLS = "application/vnd.ms-excel"
_DEFAULTS = Options()
MAX_XLS_BYTES = 64 * 1024 * 1024
MAX_ROWS = 10_000  # with text; the form has 40
MAX_MERGES = 50_000
MAX_STEPS = 5  # rows of one cell, one below the other, within a table
MAX_BLANK_ROWS = 20  # ruled rows without text that are kept behind or between others

_DEFAULT_NAME = re.compile(r"(?:sheet|工作表|表)\s*\d*", re.I)
_ENDS = tuple("。！？：；.!?:;")


@dataclass(frozen=True, slots=True)
class _Item:
    """A cell with text, or a merged blank one, by its visible rectangle (inclusive) and the cell it is named by."""

    text: str
    top: int
    left: int
    bottom: int
    right: int
    place: Place


@dataclass(slots=True)
class _Band:
    """Rows ``top`` to ``bottom`` that merged cells hold together, with the texts in them."""

    top: int
    bottom: int
    items: list[_Item]
    ruled: bool
    kind: str = ""  # "table", "blank", "text"

    @property
    def left(self) -> int:
        return min(item.left for item in self.items)

    @property
    def right(self) -> int:
        return max(item.right for item in self.items)


def read_xlsx(data: bytes, options: Options = _DEFAULTS) -> Document:
    """The sheets of an .xlsx or .xlsm file.

    Raises UnreadableDocument for what is no such file, is encrypted or damaged, or exceeds the limits above.
    """
    package = open_package(data)
    try:
        return _join(read_parts(package), XLSX)
    except (ValueError, OverflowError, ArithmeticError, RecursionError, TypeError) as error:
        raise UnreadableDocument(f"a damaged workbook ({type(error).__name__})") from error


def read_xls(data: bytes, options: Options = _DEFAULTS) -> Document:
    """The sheets of an .xls (or .et) file.

    Raises UnreadableDocument for what is no such file, is encrypted or damaged, or exceeds the limits above.
    """
    if len(data) > MAX_XLS_BYTES:
        raise UnreadableDocument(f"a workbook of {len(data):,} bytes; the limit is {MAX_XLS_BYTES:,}")
    sheets, pictures = read_biff(data)
    return _join(sheets, XLS, pictures)


_HIDDEN = ("hidden_sheet", "hidden_cells")  # what no reader of the sheet sees is not printed


def _join(sheets: Sequence[Sheet], media_type: str, pictures: int = 0) -> Document:
    """The blocks of all visible sheets."""
    blocks: list[Block] = []
    warnings: list[tuple[str, str]] = []
    shown = [s for s in sheets if not s.hidden and (s.texts or s.floating)]
    for sheet in sheets:
        if sheet.hidden:
            if count := sum(_has_digit(text) for text in sheet.texts.values()):
                warnings.append(("hidden_sheet", f"{sheet.name}: not shown; {count} cells with numbers"))
            continue
        if sheet not in shown:
            continue
        own = _read_sheet(sheet, warnings)
        at = _find_room(blocks, own)
        if own and len(shown) > 1 and not _DEFAULT_NAME.fullmatch(sheet.name) and (name := clean_text(sheet.name)):
            own.insert(0, Paragraph(name, Place(sheet=sheet.name)))
        blocks[at:at] = own
    pictures += sum(isinstance(block, Picture) for block in blocks)
    if not blocks and not pictures:
        raise UnreadableDocument("the workbook holds no text" + (" outside hidden sheets" if warnings else ""))
    published = [
        found
        for block in blocks
        if isinstance(block, Paragraph) and len(block.text) < 200 and (found := find_published(block.text))
    ]
    return Document(
        media_type,
        tuple(blocks),
        published=min(published)[1] if published else None,
        pictures=pictures,
        warnings=tuple(found for found in warnings if found[0] not in _HIDDEN),
        remarks=tuple(found for found in warnings if found[0] in _HIDDEN),
    )


def _find_room(blocks: Sequence[Block], sheet: Sequence[Block]) -> int:
    """Where in the blocks of the sheets before it a sheet belongs: at their end, unless its first heading's number is
    missing among theirs. Where all prose stands in one sheet and the tables 二, 三 and 四 in others, the sections 五
    and 六 come behind them."""
    number = next((number for _, number in _find_chapters(sheet)), 0)
    chapters = _find_chapters(blocks)
    for (_, before), (at, after) in pairwise(chapters):
        if before < number < after and all(other != number for _, other in chapters):
            return at
    return len(blocks)


def _find_chapters(blocks: Sequence[Block]) -> list[tuple[int, int]]:
    """Where the headings 一、 二、 stand, and their numbers."""
    marks = (
        (i, read_mark(block.text))
        for i, block in enumerate(blocks)
        if isinstance(block, Paragraph) and not _is_prose(block.text)
    )
    return [(i, mark.number) for i, mark in marks if mark is not None and mark.level == 1]


def _read_sheet(sheet: Sheet, warnings: list[tuple[str, str]]) -> list[Block]:
    for row, column in sheet.unvalued:
        warnings.append(("formula_without_value", f"{sheet.name}!{name_cell(row, column)}: the file holds no value"))
    seen = (
        text
        for (row, column), text in sorted(sheet.struck.items())
        if row not in sheet.hidden_rows and column not in sheet.hidden_columns
    )
    warnings += tell_struck(seen)
    items = _find_items(sheet, warnings)
    with_text = [item for item in items if item.text]
    rows = {item.top for item in with_text}
    columns = {item.left for item in with_text}
    if len(rows) > MAX_ROWS or len(columns) > MAX_COLUMNS or len(with_text) > MAX_CELLS:
        raise UnreadableDocument(
            f"{sheet.name[:40]}: {len(rows):,} rows and {len(columns):,} columns; "
            f"the limits are {MAX_ROWS:,}, {MAX_COLUMNS:,} and {MAX_CELLS:,} cells"
        )
    lines: dict[int, set[int]] = {}
    for row, column in sheet.ruled:
        if row not in sheet.hidden_rows and column not in sheet.hidden_columns:
            lines.setdefault(row, set()).add(column)
    bands = _divide(sheet, items, set(lines))
    placed: list[tuple[int, Block]] = []
    run: list[_Band] = []
    for band in [*bands, None]:
        if run and (band is None or band.kind == "text" or not _adjoin(sheet, run[-1], band)):
            placed += [(run[0].top, table) for table in _make_tables(sheet, items, lines, run)]
            run = []
        if band is None:
            break
        if band.kind == "text":
            placed += [(band.top, paragraph) for paragraph in _make_paragraphs(band.items[0])]
        elif run or band.kind == "table":
            run.append(band)
    for row, block in sheet.floating:
        at = next((i for i, (top, _) in enumerate(placed) if top > row), len(placed))
        placed.insert(at, (row, block))
    return [block for _, block in placed]


def _find_items(sheet: Sheet, warnings: list[tuple[str, str]]) -> list[_Item]:
    """The cells with text and the merged ones, without what hidden rows and columns hide."""
    last_row = max((r for r, _ in [*sheet.texts, *sheet.ruled]), default=0)
    last_column = max((c for _, c in [*sheet.texts, *sheet.ruled]), default=0)
    items: list[_Item] = []
    inside: set[tuple[int, int]] = set()  # positions of merged cells
    area = 0
    for top, left, low, far in sheet.merges[:MAX_MERGES]:
        bottom, right = min(low, max(last_row, top)), min(far, max(last_column, left) + MAX_COLUMNS)
        area += (bottom - top + 1) * (right - left + 1)
        if area > 2 * MAX_CELLS:
            raise UnreadableDocument(f"{sheet.name[:40]}: merged cells cover more than {2 * MAX_CELLS:,} positions")
        squares = [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]
        if any(square in inside for square in squares):
            continue
        inside.update(squares)
        text = sheet.texts.get((top, left), "")
        if not text and not any(square in sheet.ruled for square in squares):
            continue
        if any(square in sheet.ruled for square in squares):
            sheet.ruled.update(squares)
        items.append(_Item(text, top, left, bottom, right, sheet.place(top, left)))
    items += [
        _Item(text, row, column, row, column, sheet.place(row, column))
        for (row, column), text in sheet.texts.items()
        if (row, column) not in inside
    ]
    seen: list[_Item] = []
    lost = 0
    for item in items:
        rows = [r for r in range(item.top, item.bottom + 1) if r not in sheet.hidden_rows]
        columns = [c for c in range(item.left, item.right + 1) if c not in sheet.hidden_columns]
        if rows and columns:
            seen.append(replace(item, top=rows[0], bottom=rows[-1], left=columns[0], right=columns[-1]))
        else:
            lost += _has_digit(item.text)
    if lost:
        warnings.append(("hidden_cells", f"{sheet.name}: {lost} cells with numbers in hidden rows or columns"))
    return sorted(seen, key=lambda item: (item.top, item.left))


def _divide(sheet: Sheet, items: Sequence[_Item], ruled_rows: set[int]) -> list[_Band]:
    """The bands of a sheet, each told to be a paragraph or part of a table.

    Two cells with text make a row of a table. One alone is a paragraph if it is prose, a heading 一、 or nothing ruled;
    yet a line of the form that is one cell only (a group, an article, a label whose numbers are blank) stays in its
    table: it stands between rows of the table, its number mark goes on with theirs, or lines rule it.
    """
    bands = list(_make_bands(items, ruled_rows))
    for band in bands:
        if not band.items:
            band.kind = "blank"
        elif len(band.items) > 1:
            band.kind = "table"
    for i, band in enumerate(bands):
        if not band.kind:
            before, after = _beside(sheet, bands, i, -1), _beside(sheet, bands, i, 1)
            band.kind = "table" if _is_line(band, before, after, bool(ruled_rows), is_first=i == 0) else "text"
    return bands


def _make_bands(items: Sequence[_Item], ruled_rows: set[int]) -> Iterator[_Band]:
    band: _Band | None = None
    blanks = 0
    starts: list[tuple[int, _Item | None]] = [(item.top, item) for item in items]
    starts += [(row, None) for row in ruled_rows]
    for row, item in sorted(starts, key=lambda pair: (pair[0], pair[1] is not None)):
        if band is None or row > band.bottom:
            if band is not None and (band.items or blanks <= MAX_BLANK_ROWS):
                yield band
            blanks = blanks + 1 if band is not None and not band.items else 0
            band = _Band(row, row, [], ruled=False)
        if item is None:
            band.ruled = True
        else:
            band.bottom = max(band.bottom, item.bottom)
            if item.text:
                band.items.append(item)
    if band is not None:
        yield band


def _beside(sheet: Sheet, bands: Sequence[_Band], index: int, step: int) -> _Band | None:
    """The next band in a direction that may be a table's, if no blank row stands between."""
    here = bands[index]
    for _ in range(MAX_STEPS):
        index += step
        if not 0 <= index < len(bands):
            return None
        other = bands[index]
        if not _adjoin(sheet, *((other, here) if step < 0 else (here, other))) or other.kind == "text":
            return None
        if other.kind == "table":
            return other
        if not other.kind and (_is_prose(text := other.items[0].text) or _is_heading(text)):
            return None
        here = other
    return None


def _adjoin(sheet: Sheet, upper: _Band, lower: _Band) -> bool:
    """Whether no row that is shown stands between two bands."""
    return all(row in sheet.hidden_rows for row in range(upper.bottom + 1, min(lower.top, upper.bottom + 1 + 10_000)))


def _is_line(band: _Band, before: _Band | None, after: _Band | None, sheet_is_ruled: bool, *, is_first: bool) -> bool:
    """Whether a band of one cell is a line of a table: see `_divide`."""
    item = band.items[0]
    if _is_prose(item.text) or (before is None and after is None):
        return False
    spans_all = all(item.left <= other.left and item.right >= other.right for other in (before, after) if other)
    mark = read_mark(item.text)
    if mark is not None and mark.level == 1:
        if before is not None and after is not None:
            own, next_ = _outer_mark(before, -1), _outer_mark(after, 0)
            goes_on = next_ is not None and (next_[0] > 1 or next_ == (1, mark.number + 1))
            if own == (1, mark.number - 1) and goes_on:
                return True
        return band.ruled and before is not None and not spans_all and item.right < before.right
    if before is None:
        # The first text of a sheet is its title, even in a box; later a line over the whole table belongs to it.
        over = band.ruled or (
            after is not None and item.left < item.right and (item.left, item.right) == (after.left, after.right)
        )
        return over and not (is_first and spans_all)
    if sheet_is_ruled:
        return band.ruled
    return after is not None or (mark is not None and item.right < before.right)


def _outer_mark(band: _Band, which: int) -> tuple[int, int] | None:
    """Level and number of the first (``which`` 0) or last (-1) mark in a band, 一、 before （一）, or None."""
    marks = [mark for item in band.items if (mark := read_mark(item.text))]
    marks = [mark for mark in marks if mark.level == 1] or marks
    return (marks[which].level, marks[which].number) if marks else None


def _is_prose(text: str) -> bool:
    return len(text) > 60 or (len(text) >= 8 and "。" in text)


def _is_heading(text: str) -> bool:
    mark = read_mark(text)
    return mark is not None and mark.level == 1


def _make_paragraphs(item: _Item) -> list[Paragraph]:
    """The paragraphs in one cell: lines, unless one breaks in the middle of a sentence."""
    parts: list[str] = []
    full = False
    for line in item.text.split("\n"):
        text = clean_text(line)
        if not text:
            full = False
            continue
        indented = len(line) - len(line.lstrip()) >= 2 or line.startswith("\u3000")
        if full and not indented and read_mark(text) is None:
            parts[-1] = clean_text(parts[-1] + "\n" + text)
        else:
            parts.append(text)
        full = len(text) >= 20 and not text.endswith(_ENDS)
    return [Paragraph(part, item.place) for part in parts]


def _make_tables(
    sheet: Sheet, items: Sequence[_Item], lines: Mapping[int, set[int]], run: Sequence[_Band]
) -> list[Table]:
    """The tables of a run of bands: one, or several side by side if each is ruled and a blank column parts them."""
    top, bottom = run[0].top, run[-1].bottom
    rows = [r for r in range(top, bottom + 1) if r not in sheet.hidden_rows]
    if len(rows) > MAX_ROWS:
        raise UnreadableDocument(f"{sheet.name[:40]}: a table of {len(rows):,} rows; the limit is {MAX_ROWS:,}")
    start = bisect_left(items, top, key=lambda item: item.top)
    own = items[start : bisect_left(items, bottom + 1, key=lambda item: item.top)]
    used = {c for item in own for c in range(item.left, item.right + 1)}
    ruled = {c for row in rows for c in lines.get(row, ())}
    columns = sorted((used | ruled) - sheet.hidden_columns)
    texts = [(item.left, item.right) for item in own if item.text]
    columns = [c for c in columns if texts[0][0] <= c or c in ruled] or columns
    groups: list[list[int]] = []
    for column in columns:
        if groups and all(c in sheet.hidden_columns for c in range(groups[-1][-1] + 1, column)):
            groups[-1].append(column)
        else:
            groups.append([column])
    apart = all(
        any(c in ruled for c in group) and sum(group[0] <= left <= group[-1] for left, _ in texts) >= 2
        for group in groups
    )
    parts = groups if apart else [columns]
    return [_make_table(sheet, own, rows, part) for part in parts]


def _make_table(sheet: Sheet, items: Sequence[_Item], rows: Sequence[int], columns: Sequence[int]) -> Table:
    if len(columns) > MAX_COLUMNS or len(rows) * len(columns) > MAX_CELLS:
        raise UnreadableDocument(f"{sheet.name[:40]}: a table of {len(rows):,} rows and {len(columns):,} columns")
    grid: list[list[Cell | None]] = [[None] * len(columns) for _ in rows]
    for item in items:
        top, left = bisect_left(rows, item.top), bisect_left(columns, item.left)
        height = bisect_left(rows, item.bottom + 1) - top
        width = bisect_left(columns, item.right + 1) - left
        if height <= 0 or width <= 0:
            continue
        cell = Cell(clean_text(item.text), top, left, height, width, item.place)
        for line in grid[top : top + height]:
            line[left : left + width] = [cell] * width
    full = tuple(
        tuple(cell or Cell("", r, c, 1, 1, sheet.place(rows[r], columns[c])) for c, cell in enumerate(line))
        for r, line in enumerate(grid)
    )
    return Table(full, sheet.place(rows[0], columns[0]))


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)
