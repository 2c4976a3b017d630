"""Rows of cells with spans → a full grid, each span filled as a whole rectangle when its cell is met.

The placing follows the table model of HTML (WHATWG, 4.9.12): a cell goes to the first free column of its row. Where
spans do not add up, nothing is moved to make them: what overlaps keeps its first owner, what no cell reaches is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.extraction.documents.model import Cell, Place

MAX_COLUMNS = 200  # the widest row of the form has 15; more is a page's layout or an attack
MAX_CELLS = 400_000

Grid = tuple[tuple[Cell | None, ...], ...]
_Owner = tuple["SpanningCell", int, int, int, int]
"""A cell with the row and column of its corner and its spans as they came out."""


@dataclass(slots=True)
class SpanningCell:
    """A cell as the source has it; ``inner`` is the grid of a table nested in it."""

    text: str
    place: Place
    rowspan: int = 1
    colspan: int = 1
    inner: Grid | None = None


def fill_grid(rows: Sequence[Sequence[SpanningCell]]) -> Grid:
    """The grid of a table. Spans end at the last row; a span that would cover taken positions covers what is free."""
    height = len(rows)
    grid: list[dict[int, tuple[SpanningCell, int, int, int, int]]] = [{} for _ in rows]
    filled = 0
    for r, row in enumerate(rows):
        column = 0
        for cell in row:
            while column in grid[r]:
                column += 1
            if column >= MAX_COLUMNS:
                break
            rowspan = min(max(cell.rowspan, 1), height - r)
            colspan = min(max(cell.colspan, 1), MAX_COLUMNS - column)
            filled += rowspan * colspan
            if filled > MAX_CELLS:
                return _to_cells(grid)
            owner = (cell, r, column, rowspan, colspan)
            if rowspan == colspan == 1:  # most cells
                grid[r][column] = owner
                column += 1
                continue
            for below in grid[r : r + rowspan]:
                for c in range(column, column + colspan):
                    below.setdefault(c, owner)
            column += colspan
    return _expand_inner(_to_cells(grid), {id(c): c.inner for row in rows for c in row if c.inner}, grid)


def _to_cells(grid: list[dict[int, _Owner]]) -> Grid:
    made: dict[int, Cell] = {}  # by the identity of their owner, which `grid` keeps alive
    width = max((max(row) + 1 for row in grid if row), default=0)
    lines = []
    for row in grid:
        line: list[Cell | None] = [None] * width
        for c, owner in row.items():
            cell = made.get(id(owner))
            if cell is None:
                source, top, left, rowspan, colspan = owner
                cell = made[id(owner)] = Cell(source.text, top, left, rowspan, colspan, source.place)
            line[c] = cell
        lines.append(tuple(line))
    return tuple(lines)


def _expand_inner(
    cells: Grid, inner: dict[int, Grid | None], owners: list[dict[int, tuple[SpanningCell, int, int, int, int]]]
) -> Grid:
    """Puts nested grids into the place of their cells: outer rows and columns are divided as finely as is needed."""
    if not inner:
        return cells
    width = len(cells[0]) if cells else 0
    heights, widths = [1] * len(cells), [1] * width
    nested: dict[tuple[int, int], Grid] = {}
    for r, row in enumerate(owners):
        for c, (source, top, left, rowspan, colspan) in row.items():
            grid = inner.get(id(source))
            if grid is None or (top, left) != (r, c) or not grid[0]:
                continue
            nested[r, c] = grid
            if len(grid) > rowspan:
                heights[r] = max(heights[r], len(grid) - rowspan + 1)
            if len(grid[0]) > colspan:
                widths[c] = max(widths[c], len(grid[0]) - colspan + 1)
    tops = [sum(heights[:r]) for r in range(len(cells) + 1)]
    lefts = [sum(widths[:c]) for c in range(width + 1)]
    out: list[list[Cell | None]] = [[None] * lefts[-1] for _ in range(tops[-1])]
    done: set[tuple[int, int]] = set()
    for r, line in enumerate(cells):
        for c, cell in enumerate(line):
            if cell is None:
                continue
            top, left = tops[r], lefts[c]
            if (r, c) in nested:
                grid = nested[r, c]
                for dr, inner_row in enumerate(grid):
                    for dc, small in enumerate(inner_row):
                        if small is not None and top + dr < len(out) and left + dc < len(out[0]):
                            moved = Cell(small.text, top + dr, left + dc, small.rowspan, small.colspan, small.place)
                            out[top + dr][left + dc] = moved
                done.add((cell.row, cell.column))
                continue
            if (cell.row, cell.column) in nested:
                continue
            big = Cell(
                cell.text,
                tops[cell.row],
                lefts[cell.column],
                tops[min(cell.row + cell.rowspan, len(cells))] - tops[cell.row],
                lefts[min(cell.column + cell.colspan, width)] - lefts[cell.column],
                cell.place,
            )
            for dr in range(heights[r]):
                for dc in range(widths[c]):
                    out[top + dr][left + dc] = big
    return tuple(tuple(line) for line in out)
