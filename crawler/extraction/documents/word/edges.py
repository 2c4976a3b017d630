"""Rows of cells that know their edges (.rtf, .doc) or their columns (.docx) → a full grid.

Word's formats give no spans over rows or columns as such. A cell has a left and a right edge in each row, and it says
whether it begins an upright merge or goes on with that of the cell above. The columns of the table are the edges of
all of its rows together.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from crawler.extraction.documents.grid import MAX_CELLS, MAX_COLUMNS, Grid, SpanningCell, fill_grid
from crawler.extraction.documents.model import Place
from crawler.extraction.errors import UnreadableDocument

MAX_ROWS = 2_000  # the form has 40 rows in all
NOWHERE = Place()
_GAP = Place(table=-1)  # told by identity: where no cell of the row reaches

Merge: TypeAlias = Literal["", "first", "next"]


@dataclass(frozen=True, slots=True)
class EdgeCell:
    """A cell of one row with its left and right edge, in any unit that is the same for the whole table.

    ``merge`` is "first" for the uppermost cell of an upright merge, "next" for one that the merge above covers, whose
    own text is not printed. ``inner`` is the grid of a table nested in it.
    """

    text: str
    left: float
    right: float
    merge: Merge = ""
    place: Place = NOWHERE
    inner: Grid | None = None


@dataclass(frozen=True, slots=True)
class ColumnCell:
    """A cell of one row with its columns, from 0: ``left`` is the first, ``right`` the one behind the last."""

    text: str
    left: int
    right: int
    merge: Merge = ""
    place: Place = NOWHERE
    inner: Grid | None = None


def grid_from_edges(rows: Sequence[Sequence[EdgeCell]], tolerance: float) -> Grid:
    """The grid of a table whose cells give their edges. ``tolerance`` is how far apart two edges of one column may lie.

    A cell without width and without text divides nothing and is dropped. Where a row leaves a gap the grid has None.
    A place that names its table but no column gets the number of the cell's first column.
    Raises UnreadableDocument for more than 2,000 rows or 200 columns.
    """
    _check_rows(rows)
    upright = [_ascending(row) for row in rows]
    widths = [cell.right - cell.left for row in upright for cell in row if cell.text or cell.inner]
    # No cell with text may lose its width, however narrow it is.
    edges = _cluster(upright, min([tolerance, *(width / 2.01 for width in widths)]))
    lines = []
    for row in upright:
        line: list[ColumnCell] = []
        for cell in row:
            left, right = edges[cell.left], edges[cell.right]
            if right > left:
                place = cell.place
                if place.table is not None and place.column is None:
                    place = place._replace(column=left)
                line.append(ColumnCell(cell.text, left, right, cell.merge, place, cell.inner))
        lines.append(line)
    return grid_from_columns(lines)


def grid_from_columns(rows: Sequence[Sequence[ColumnCell]]) -> Grid:
    """The grid of a table whose cells give their columns, in ascending order. Where a row leaves a gap it has None.

    A cell "next" that does not stand right under its merge, over the same columns, is a cell of its own.
    Raises UnreadableDocument for more than 2,000 rows or 200 columns.
    """
    _check_rows(rows)
    _check_size(rows)
    heights: dict[tuple[int, int], int] = {}  # (row, index in it) of the cells that begin → rows covered
    merged: set[tuple[int, int]] = set()
    opened: dict[tuple[int, int], tuple[int, int]] = {}  # columns → the cell whose merge the row above goes on with
    for r, row in enumerate(rows):
        going: dict[tuple[int, int], tuple[int, int]] = {}
        for i, cell in enumerate(row):
            columns = cell.left, cell.right
            if cell.merge == "next" and columns in opened:
                going[columns] = opened[columns]
                heights[opened[columns]] += 1
                merged.add((r, i))
                continue
            heights[r, i] = 1
            if cell.merge:
                going[columns] = r, i
        opened = going
    lines = []
    for r, row in enumerate(rows):
        line: list[SpanningCell] = []
        column = 0
        for i, cell in enumerate(row):
            line += [SpanningCell("", _GAP) for _ in range(column, cell.left)]
            if (r, i) not in merged:
                line.append(SpanningCell(cell.text, cell.place, heights[r, i], cell.right - cell.left, cell.inner))
            column = cell.right
        lines.append(line)
    grid = fill_grid(lines)
    return tuple(tuple(None if cell is not None and cell.place is _GAP else cell for cell in row) for row in grid)


def _check_size(rows: Sequence[Sequence[ColumnCell]]) -> None:
    """Raises where the grid, nested ones laid out, would exceed the limits."""
    if max((row[-1].right for row in rows if row), default=0) > MAX_COLUMNS:
        raise UnreadableDocument(f"a table of more than {MAX_COLUMNS} columns")
    height = 0
    widths: dict[int, int] = {}
    for row in rows:
        height += max((len(cell.inner) for cell in row if cell.inner), default=1)
        for cell in row:
            widths[cell.left] = max(widths.get(cell.left, 1), len(cell.inner[0]) if cell.inner else 1)
    if height * sum(widths.values()) > MAX_CELLS:
        raise UnreadableDocument(f"a table of more than {MAX_CELLS:,} cells")


def _check_rows(rows: Sequence[object]) -> None:
    if len(rows) > MAX_ROWS:
        raise UnreadableDocument(f"a table of {len(rows):,} rows; the limit is {MAX_ROWS:,}")


def _ascending(row: Sequence[EdgeCell]) -> list[EdgeCell]:
    """The cells of a row side by side: none begins before the one before it ends, and one that prints something is at
    least one unit wide."""
    found: list[EdgeCell] = []
    for cell in row:
        left = max(cell.left, found[-1].right) if found else cell.left
        right = max(cell.right, left + 1 if cell.text or cell.inner else left)
        if right > left:
            found.append(replace(cell, left=left, right=right))
    return found


def _cluster(rows: Sequence[Sequence[EdgeCell]], tolerance: float) -> dict[float, int]:
    """Each edge → the number of its column's line. An edge belongs to the nearest line, and where most edges lie there
    is one; so a drift from row to row draws no two lines together."""
    counts = Counter(edge for row in rows for cell in row for edge in (cell.left, cell.right))
    lines: list[float] = []
    for edge, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if not lines or abs(_nearest(lines, edge) - edge) > tolerance:
            insort(lines, edge)
            if len(lines) > MAX_COLUMNS + 1:
                raise UnreadableDocument(f"a table of more than {MAX_COLUMNS} columns")
    numbers = {line: number for number, line in enumerate(lines)}
    return {edge: numbers[_nearest(lines, edge)] for edge in counts}


def _nearest(lines: Sequence[float], edge: float) -> float:
    at = bisect_left(lines, edge)
    return min(lines[max(at - 1, 0) : at + 1], key=lambda line: abs(line - edge))
