"""Logical tables of a report: cells with their true spans, how a table is cut, and the grid that it fills."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. ``kind``: article, head, corner, label, group, value, remark or filler.

    ``place`` is (row key, column key) of a value, ``name`` the key of a label. ``spans`` is the markup's own
    claim (rowspan, colspan) where it differs from the true ``rows`` and ``columns``.
    """

    text: str
    rows: int = 1
    columns: int = 1
    kind: str = "value"
    name: str = ""
    place: tuple[str, str] | None = None
    spans: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the cells that begin in them, as HTML writes a table; the first ``header`` rows are its header."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    header: int


def change_cells(table: Table, change: Callable[[Cell], Cell | None]) -> Table:
    """The table with every cell passed through ``change``; None drops the cell."""
    rows = tuple(tuple(new for cell in row if (new := change(cell)) is not None) for row in table.rows)
    return replace(table, rows=rows)


def fill_grid(table: Table) -> list[list[tuple[Cell, bool]]]:
    """The full grid by true spans: each square holds its cell and whether the cell begins there."""
    width = sum(cell.columns for cell in table.rows[0])
    grid: list[list[tuple[Cell, bool] | None]] = [[None] * width for _ in table.rows]
    for y, row in enumerate(table.rows):
        x = 0
        for cell in row:
            while grid[y][x] is not None:
                x += 1
            for dy in range(cell.rows):
                for dx in range(cell.columns):
                    if grid[y + dy][x + dx] is not None:
                        raise ValueError(f"{table.name}: two cells on one square, row {y}, column {x + dx}")
                    grid[y + dy][x + dx] = (cell, dy == 0 and dx == 0)
    full: list[list[tuple[Cell, bool]]] = []
    for y, line in enumerate(grid):
        squares = [square for square in line if square is not None]
        if len(squares) != width:
            raise ValueError(f"{table.name}: row {y} is not full")
        full.append(squares)
    return full


def cut_table(table: Table, at: int, *, header: bool = False, groups: str = "drop") -> tuple[Table, Table]:
    """Cuts before row ``at``. The second part repeats the header if asked.

    A group cell that reaches over the cut ends at it; in the second part it is left out ("drop": the rows are
    shorter), stands empty ("blank") or stands again ("again") over its remaining rows.
    """
    first: list[tuple[Cell, ...]] = []
    over: list[tuple[int, Cell]] = []
    grid = fill_grid(table)
    for y, row in enumerate(table.rows[:at]):
        cells = []
        for cell in row:
            if y + cell.rows > at:
                column = next(x for x, (other, starts) in enumerate(grid[y]) if other is cell and starts)
                over.append((column, replace(cell, rows=y + cell.rows - at)))
                cells.append(replace(cell, rows=at - y))
            else:
                cells.append(cell)
        first.append(tuple(cells))
    rest = list(table.rows[at:])
    if groups != "drop" and over:
        again = [replace(cell, text="") if groups == "blank" else cell for _, cell in sorted(over, key=lambda p: p[0])]
        rest[0] = (*again, *rest[0])
    head = table.rows[: table.header] if header else ()
    return (
        replace(table, rows=tuple(first)),
        replace(table, rows=(*head, *rest), header=table.header if header else 0),
    )


def split_articles(table: Table) -> list[Table]:
    """Table II as one small table for each article."""
    parts: list[list[tuple[Cell, ...]]] = []
    for row in table.rows:
        if row[0].kind == "article":
            parts.append([])
        parts[-1].append(row)
    return [replace(table, rows=tuple(rows), header=2) for rows in parts]
