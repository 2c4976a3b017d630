"""What a Word file says, in order (paragraphs, pictures, notes, tables of cells with edges) → blocks of a document.

The readers of .docx and .rtf make the items; how they become blocks is the same for both. Tables are numbered from 0:
first those that stand in the flow itself, in order, then those that lie inside other tables, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from crawler.extraction.documents.grid import Grid
from crawler.extraction.documents.model import PICTURE, Block, Cell, Document, Paragraph, Picture, Place, Table
from crawler.extraction.documents.word.edges import MAX_ROWS, EdgeCell, Merge, grid_from_edges
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.numbering import read_mark

MAX_TABLES = 10_000  # a report that puts each number into a table of its own has some 300
MAX_NESTING = 20  # tables and text boxes inside one another; Word itself draws some ten
_SENTENCE = re.compile("[。；！？]")
_SAME_COLUMN = 60  # twips by which columns of two parts of one table may differ


@dataclass(slots=True)
class WordText:
    """A paragraph; its line breaks are "\\n". ``heading`` is 1 to 6 where it is marked as one, else 0."""

    text: str
    heading: int = 0


@dataclass(slots=True)
class WordNote:
    """A footnote or endnote: printed below, and no part of the cell that refers to it."""

    text: str


@dataclass(slots=True)
class WordCell:
    """A cell of one row. ``merge`` as in `EdgeCell`."""

    left: float
    right: float
    merge: Merge = ""
    items: list[WordItem] = field(default_factory=list)


@dataclass(slots=True)
class WordTable:
    """Rows of cells. ``tolerance`` is how far two edges of one column may lie apart, in the unit of the edges;
    ``columns`` are the widths of the columns in twips, where the file gives them for the whole table."""

    rows: list[list[WordCell]]
    tolerance: float = 0
    columns: tuple[int, ...] = ()


WordItem: TypeAlias = WordText | WordNote | WordTable | Picture


def make_document(media_type: str, items: Sequence[WordItem], warnings: Sequence[tuple[str, str]]) -> Document:
    """The document that items make. Raises UnreadableDocument where they print nothing."""
    tables = sum(isinstance(item, WordTable) for item in items)
    if tables > MAX_TABLES:
        raise UnreadableDocument(f"{tables:,} tables; the limit is {MAX_TABLES:,}")
    layout = _Layout(tables)
    layout.walk(items, top=True)
    if not layout.blocks:
        raise UnreadableDocument("the document holds no text")
    pictures = sum(isinstance(block, Picture) for block in layout.blocks)
    return Document(
        media_type,
        tuple(layout.blocks),
        pictures=pictures,
        warnings=tuple(dict.fromkeys([*warnings, *layout.warnings])),
    )


class _Layout:
    """Turns items into blocks and counts the tables."""

    def __init__(self, tables: int) -> None:
        self.blocks: list[Block] = []
        self.warnings: list[tuple[str, str]] = []
        self._top = 0
        self._nested = tables
        self._lines = 0  # paragraphs so far: what stands in one is known by its number

    def walk(self, items: Sequence[WordItem], *, top: bool) -> None:
        i = 0
        while i < len(items):
            item = items[i]
            if isinstance(item, WordTable):
                parts = [item]
                while i + 1 < len(items):
                    follower = items[i + 1]
                    if not isinstance(follower, WordTable) or not _goes_on(parts[-1], follower):
                        break
                    parts.append(follower)
                    i += 1
                self._table(parts, top=top)
            elif isinstance(item, Picture):
                self.blocks.append(item)
            else:
                heading = item.heading if isinstance(item, WordText) else 0
                for line in item.text.split("\n"):
                    if text := clean_text(line):
                        self._lines += 1
                        self.blocks.append(Paragraph(text, Place(line=self._lines), heading))
            i += 1

    def _number(self, *, top: bool) -> int:
        if top:
            self._top += 1
            return self._top - 1
        self._nested += 1
        if self._nested > MAX_TABLES:
            raise UnreadableDocument(f"more than {MAX_TABLES:,} tables")
        return self._nested - 1

    def _table(self, parts: Sequence[WordTable], *, top: bool) -> None:
        """A table of data becomes a grid; rows that only lay out the page are walked as part of the flow. Parts that
        stand side by side in the file are one table on paper."""
        rows: list[tuple[list[WordCell], Place]] = []
        first = -1
        for part in parts:
            number = self._number(top=top)
            first = number if first < 0 else first
            rows += [(row, Place(table=number, row=r)) for r, row in enumerate(part.rows)]
        if len(rows) > MAX_ROWS:
            message = f"table {first}: more than {MAX_ROWS:,} rows; only these were read"
            self.warnings.append(("table_too_long", message))
            rows = rows[:MAX_ROWS]
        extent = max((row[-1].right - row[0].left for row, _ in rows if row), default=0)
        columns = len({edge for row, _ in rows for cell in row for edge in (cell.left, cell.right)}) - 1
        whole = sum(len(_all_text(cell.items)) for row, _ in rows for cell in row) or 1
        data: list[tuple[list[WordCell], Place]] = []
        for row, place in rows:
            if _is_flow(row, extent, columns, whole):
                self._data(data, parts[0].tolerance)
                data = []
                for cell in row:
                    self.walk(cell.items, top=False)
            else:
                data.append((row, place))
        self._data(data, parts[0].tolerance)

    def _data(self, rows: Sequence[tuple[list[WordCell], Place]], tolerance: float) -> None:
        if not rows:
            return
        grid, outside = self._grid(rows, tolerance)
        if grid and grid[0]:
            self.blocks.append(Table(grid, Place(table=rows[0][1].table)))
        self.walk(outside, top=False)

    def _grid(
        self, rows: Sequence[tuple[list[WordCell], Place]], tolerance: float
    ) -> tuple[Grid, list[Picture | WordNote]]:
        """The grid, and the pictures and notes of its cells."""
        outside: list[Picture | WordNote] = []
        lines = []
        for row, place in rows:
            line = []
            for cell in row:
                text, inner, more = self._content(cell.items, place)
                outside += more
                line.append(EdgeCell(text, cell.left, cell.right, cell.merge, place, inner))
            lines.append(line)
        return grid_from_edges(lines, tolerance), outside

    def _content(self, items: Sequence[WordItem], place: Place) -> tuple[str, Grid | None, list[Picture | WordNote]]:
        """What a cell holds: its text, or the grid of what lies in it; and its pictures and notes."""
        outside: list[Picture | WordNote] = []
        stack: list[str | Grid] = []
        for item in items:
            if isinstance(item, Picture):
                outside.append(Picture(item.data, item.name, place))
            elif isinstance(item, WordNote):
                outside.append(item)
            elif isinstance(item, WordText):
                if stack and isinstance(stack[-1], str):
                    stack[-1] += "\n" + item.text
                else:
                    stack.append(item.text)
            else:
                number = self._number(top=False)
                rows = item.rows
                if len(rows) > MAX_ROWS:
                    message = f"table {number}: more than {MAX_ROWS:,} rows; only these were read"
                    self.warnings.append(("table_too_long", message))
                    rows = rows[:MAX_ROWS]
                grid, more = self._grid(
                    [(row, Place(table=number, row=r)) for r, row in enumerate(rows)], item.tolerance
                )
                outside += more
                if len(grid) == 1 and len(grid[0]) == 1:
                    stack.append(grid[0][0].text if grid[0][0] is not None else "")
                elif grid and grid[0]:
                    stack.append(grid)
        if all(isinstance(part, str) for part in stack):
            text = clean_text("\n".join(part for part in stack if isinstance(part, str)))
            if not text and any(isinstance(item, Picture) for item in outside):
                text = PICTURE
            return text, None, outside
        return "", _stack(stack, place), outside


def _goes_on(table: WordTable, follower: WordTable) -> bool:
    """Whether a table that stands right behind another, without a paragraph between, has the same columns."""
    return len(table.columns) == len(follower.columns) > 0 and all(
        abs(a - b) <= _SAME_COLUMN for a, b in zip(table.columns, follower.columns, strict=True)
    )


def _stack(parts: Sequence[str | Grid], place: Place) -> Grid:
    """The grids of one cell and the text between them, one below the other."""
    width = max(len(part[0]) for part in parts if not isinstance(part, str))
    lines: list[tuple[Cell | None, ...]] = []
    for part in parts:
        top = len(lines)
        if isinstance(part, str):
            if text := clean_text(part):
                lines.append((Cell(text, top, 0, 1, width, place),) * width)
            continue
        for row in part:
            moved = tuple(
                cell and Cell(cell.text, cell.row + top, cell.column, cell.rowspan, cell.colspan, cell.place)
                for cell in row
            )
            lines.append(moved + (None,) * (width - len(moved)))
    return tuple(lines)


def _all_text(items: Sequence[WordItem]) -> str:
    """All text of a cell, that of nested tables included."""
    return "".join(_texts(items)).strip()


def _texts(items: Sequence[WordItem]) -> Iterator[str]:
    for item in items:
        if isinstance(item, WordText):
            yield item.text
        elif isinstance(item, WordTable):
            for row in item.rows:
                for cell in row:
                    yield from _texts(cell.items)


def _is_flow(row: Sequence[WordCell], extent: float, columns: int, whole: int) -> bool:
    """Whether a row lays out the page: it holds long prose, a heading over its full width, or most of the table.

    ``extent`` is the width of the table, ``columns`` how many it has, ``whole`` the length of all its text.
    """
    own = [cell for cell in row if cell.merge != "next"]
    filled = [(cell, text) for cell in own if (text := _all_text(cell.items))]
    for cell, text in filled:
        if len(text) >= 150 and len(_SENTENCE.findall(text)) >= 2:
            return True
        inner = sum(len(text) for text in _texts([item for item in cell.items if isinstance(item, WordTable)]))
        if inner and (inner / whole >= 0.6 or (len(filled) == 1 and len(row) == 1 and columns <= 1)):
            return True
    if len(filled) != 1:
        return False
    cell, text = filled[0]
    if len(row) > 1 and cell.right - cell.left < 0.98 * extent:
        return False
    mark = read_mark(text)
    return columns <= 1 or len(text) >= 80 or (mark is not None and mark.level == 1)
