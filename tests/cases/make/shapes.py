"""Faults in the shape of HTML tables: spans, nesting, cuts, Word's leftovers. Blocks in, blocks or markup out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.cases.make import labels
from tests.cases.make.draft import Block, Draft
from tests.cases.make.grid import Cell, Table, change_cells, cut_table, fill_grid, split_articles
from tests.cases.make.pages import GRID, plain_cell, render_rows, render_table

if TYPE_CHECKING:
    from collections.abc import Callable


def change_tables(blocks: list[Block], change: Callable[[Table], Table]) -> list[Block]:
    """Every table of the flow changed."""
    return [replace(b, table=change(b.table)) if b.table is not None else b for b in blocks]


def replace_table(blocks: list[Block], name: str, make: Callable[[Block, Table], list[Block]]) -> list[Block]:
    """The table of that name replaced by other blocks."""
    out: list[Block] = []
    for block in blocks:
        if block.table is not None and block.table.name == name:
            out += make(block, block.table)
        else:
            out.append(block)
    return out


def claim(cell: Cell, rows: int | str | None = None, columns: int | str | None = None) -> Cell:
    """The cell with other spans in the markup."""
    old = cell.spans or (str(cell.rows), str(cell.columns))
    spans = (old[0] if rows is None else str(rows), old[1] if columns is None else str(columns))
    return replace(cell, spans=spans)


# --- Spans ------------------------------------------------------------------------------------------------------
def shorten_rowspans(draft: Draft, blocks: list[Block]) -> list[Block]:
    """三、本年度办理结果 and the last groups end too early: later rows shift left (卧龙区 2023)."""
    draft.also.add("partial")

    def change(cell: Cell) -> Cell:
        if cell.kind == "group" and cell.name == "result":
            return claim(cell, rows=cell.rows - 1)
        if cell.kind == "group" and cell.name in ("other", "not_processed"):
            return claim(cell, rows=cell.rows - 1)
        return cell

    return change_tables(blocks, lambda t: change_cells(t, change))


def lengthen_rowspans(draft: Draft, blocks: list[Block]) -> list[Block]:
    """三、本年度办理结果 and （三）不予公开 reach into the rows below, which are pushed to the right."""
    draft.also.add("partial")

    def change(cell: Cell) -> Cell:
        if cell.kind == "group" and cell.name == "result":
            return claim(cell, rows=cell.rows + 1)
        if cell.kind == "group" and cell.name == "refused":
            return claim(cell, rows=cell.rows + 1)
        return cell

    return change_tables(blocks, lambda t: change_cells(t, change))


def differ_colspans(draft: Draft, blocks: list[Block]) -> list[Block]:
    """The colspans of each row add up to another sum."""
    draft.also.add("partial")

    def change(cell: Cell) -> Cell:
        if cell.name == "received" and cell.kind == "label":
            return claim(cell, columns=2)
        if cell.name == "carried_out" and cell.kind == "label":
            return claim(cell, columns=4)
        if cell.kind == "corner":
            return claim(cell, columns=2)
        if cell.kind == "article":
            return claim(cell, columns=7)
        if cell.text == labels.LITIGATION:
            return claim(cell, columns=9)
        return cell

    return change_tables(blocks, lambda t: change_cells(t, change))


def zero_rowspans(draft: Draft, blocks: list[Block]) -> list[Block]:
    """rowspan=0: to the end of the table's body by the standard, "none" in the minds of some editors."""
    draft.also.add("partial")

    def change(cell: Cell) -> Cell:
        if cell.kind == "group" and cell.name == "result":
            return claim(cell, rows=0)
        if (
            cell.kind == "value"
            and cell.place
            and cell.place[0] in ("review", "litigation_direct", "fees", "carried_out")
        ):
            return claim(cell, rows=0, columns=0 if cell.columns == 1 else None)
        return cell

    return change_tables(blocks, lambda t: change_cells(t, change))


def lose_last_cells(draft: Draft, blocks: list[Block], *, totals: bool = False) -> list[Block]:
    """Rows end before their last cells: after the first number, or before the total."""
    draft.also.add("read")
    applications = draft.values["applications"]
    printed = draft.order.get("applications", list(labels.APPLICATION_COLUMNS))
    gone: set[tuple[str, str]] = set()
    for row, cells in applications.items():
        if not any(cells.values()):
            gone |= {(row, c) for c in cells if c != printed[0]}
    if totals:
        row = next(r for r in ("granted", "unavailable.not_held", "received") if applications[r]["total"])
        gone.add((row, printed[-1]))
    for row, column in gone:
        cell = ("applications", row, column)
        draft.expected[cell] = None
        draft.doubtful.add(cell)

    def drop(cell: Cell) -> Cell | None:
        return None if cell.kind == "value" and cell.place in gone else cell

    return replace_table(blocks, "applications", lambda b, t: [replace(b, table=change_cells(t, drop))])


# --- Nesting ----------------------------------------------------------------------------------------------------
def nest_rows(blocks: list[Block]) -> list[Block]:
    """The seven numbers of each row of table III in one cell that holds a table of one row."""

    def nest(block: Block, table: Table) -> list[Block]:
        rows = []
        for row in table.rows:
            numbers = [cell for cell in row if cell.kind == "value"]
            others = [cell for cell in row if cell.kind != "value"]
            if not numbers:
                rows.append("<tr>" + "".join(render_part(cell) for cell in row) + "</tr>")
                continue
            inner = "<table width=100%><tr>" + "".join(render_part(cell) for cell in numbers) + "</tr></table>"
            rows.append(
                "<tr>"
                + "".join(render_part(cell) for cell in others)
                + f'<td colspan="{len(numbers)}">{inner}</td></tr>'
            )
        return [Block("raw", GRID + "\n".join(rows) + "</table>", section=block.section)]

    return replace_table(blocks, "applications", nest)


def nest_group(draft: Draft, blocks: list[Block]) -> list[Block]:
    """The numbers of the eight refusals in one cell that holds a table of eight rows."""
    for row, columns in draft.values["applications"].items():
        if row.startswith("refused."):
            for column, value in columns.items():
                if value is not None:
                    draft.expected["applications", row, column] = [value, None]
    draft.also.add("partial")
    draft.tolerated.add("reading")

    def nest(block: Block, table: Table) -> list[Block]:
        refused = [row for row in table.rows if any(c.place and c.place[0].startswith("refused.") for c in row)]
        inner = "<table>" + "".join(
            "<tr>" + "".join(render_part(c) for c in row if c.kind == "value") + "</tr>" for row in refused
        )
        out = []
        for row in table.rows:
            cells = [c for c in row if not (row in refused and c.kind == "value")]
            markup = "".join(render_part(cell) for cell in cells)
            if row == refused[0]:
                markup += f'<td rowspan="{len(refused)}" colspan="7">{inner}</table></td>'
            out.append(f"<tr>{markup}</tr>")
        return [Block("raw", GRID + "\n".join(out) + "</table>", section=block.section)]

    return replace_table(blocks, "applications", nest)


def render_part(cell: Cell) -> str:
    """A cell in plain markup."""
    rows = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    columns = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    return f"<td{rows}{columns}>{plain_cell(cell)}</td>"


def wrap_tables(blocks: list[Block]) -> list[Block]:
    """Each data table in a layout table of its own."""
    return [
        Block(
            "raw",
            f'<table width="100%" border="0"><tr><td align="center">\n{render_table(b.table)}\n</td></tr></table>',
            section=b.section,
        )
        if b.table is not None
        else b
        for b in blocks
    ]


# --- Cuts -------------------------------------------------------------------------------------------------------
def row_of(table: Table, name: str) -> int:
    """The index of the row whose label has that key."""
    return next(y for y, row in enumerate(table.rows) if any(c.kind == "label" and c.name == name for c in row))


def cut_applications(
    blocks: list[Block], before: str, *, header: bool = False, groups: str = "again", marks: tuple[str, ...] = ()
) -> list[Block]:
    """Table III cut before the row ``before``, with page marks between the parts."""

    def cut(block: Block, table: Table) -> list[Block]:
        first, second = cut_table(table, row_of(table, before), header=header, groups=groups)
        between = [Block("mark", text, section=block.section) for text in marks]
        return [replace(block, table=first), *between, replace(block, table=second)]

    return replace_table(blocks, "applications", cut)


def part_review(blocks: list[Block], marks: tuple[str, ...] = ()) -> list[Block]:
    """The header of table IV in one table, its line of numbers in the next."""

    def cut(block: Block, table: Table) -> list[Block]:
        first, second = cut_table(table, 3)
        between = [Block("mark", text, section=block.section) for text in marks]
        return [replace(block, table=first), *between, replace(block, table=second)]

    return replace_table(blocks, "review_litigation", cut)


def part_articles(blocks: list[Block]) -> list[Block]:
    """Table II as one small table for each article."""
    return replace_table(
        blocks, "proactive", lambda block, table: [replace(block, table=part) for part in split_articles(table)]
    )


# --- Word -------------------------------------------------------------------------------------------------------
def insert_empty_column(table: Table, at: int) -> Table:
    """A column without any text before grid column ``at``; cells that reach over it grow."""
    grid = fill_grid(table)
    rows: list[tuple[Cell, ...]] = []
    for y, row in enumerate(table.rows):
        width = len(grid[y])
        covered = at < width and at > 0 and grid[y][at][0] is grid[y][at - 1][0]
        cells: list[Cell] = []
        placed = covered
        for cell in row:
            x = next(x for x in range(width) if grid[y][x][0] is cell and grid[y][x][1])
            if x >= at and not placed:
                cells.append(Cell("", kind="filler"))
                placed = True
            grows = covered and grid[y][at][0] is cell
            cells.append(replace(cell, columns=cell.columns + 1) if grows else cell)
        if not placed:
            cells.append(Cell("", kind="filler"))
        rows.append(tuple(cells))
    return replace(table, rows=tuple(rows))


def empty_columns(blocks: list[Block]) -> list[Block]:
    """Columns without text among the numbers and at the edge."""

    def change(table: Table) -> Table:
        if table.name == "applications":
            return insert_empty_column(insert_empty_column(table, 10), 3)
        if table.name == "proactive":
            return insert_empty_column(table, 1)
        return insert_empty_column(table, 5)

    return change_tables(blocks, change)


def hide_leftovers(draft: Draft, blocks: list[Block]) -> list[Block]:
    """Rows of no height, hidden rows with last year's numbers, hidden words in cells and paragraphs."""
    draft.chrome += ["模板请勿删除", "此处填写"]
    out: list[Block] = []
    for block in blocks:
        if block.table is None:
            out.append(block)
            continue
        width = sum(cell.columns for cell in block.table.rows[0])
        rows = render_rows(block.table, plain_cell)
        last = rows[-1]
        old = "<tr style='display:none;mso-yfti-irow:9'>" + "<td>777</td>" * width + "</tr>"
        zero = "<![if !supportMisalignedColumns]><tr height=0>" + "<td width=37 style='border:none'></td>" * width
        words = "<span style='display:none'>模板请勿删除</span>"
        rows[-1] = last.replace("<td>", f"<td>{words}", 1)
        rows.insert(len(rows) // 2, old)
        rows.append(zero + "</tr><![endif]>")
        out.append(Block("raw", GRID + "\n" + "\n".join(rows) + "</table>", section=block.section))
        out.append(Block("raw", '<p style="DISPLAY: none">此处填写本单位情况，共888件。</p>', section=block.section))
    return out


BLOCK_FAULTS: dict[str, Callable[[Draft, list[Block]], list[Block]]] = {
    "rowspans too short": shorten_rowspans,
    "rowspans too long": lengthen_rowspans,
    "colspans differ": differ_colspans,
    "last cells missing": lose_last_cells,
    "numbers nested": lambda draft, blocks: nest_rows(blocks),
    "tables wrapped": lambda draft, blocks: wrap_tables(blocks),
    "cut without header": lambda draft, blocks: cut_applications(blocks, "unavailable.not_held"),
    "cut with header": lambda draft, blocks: cut_applications(blocks, "not_processed.petition", header=True),
    "cut inside a group": lambda draft, blocks: cut_applications(
        blocks, "refused.internal_affairs", groups="drop", marks=("- 4 -",)
    ),
    "numbers of IV apart": lambda draft, blocks: part_review(blocks),
    "II by article": lambda draft, blocks: part_articles(blocks),
    "empty columns": lambda draft, blocks: empty_columns(blocks),
    "hidden leftovers": hide_leftovers,
}
