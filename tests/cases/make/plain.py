"""Renders a flow of blocks as plain text, in the ways converters and printers leave a table behind."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from tests.cases.make.grid import Cell, Table, fill_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.cases.make.draft import Block, Draft

# Radicals supplement that PDF text has in place of ordinary simplified characters.
SUPPLEMENT = {
    "民": "⺠", "龙": "⻰", "门": "⻔", "户": "⼾", "见": "⻅", "车": "⻋", "风": "⻛", "食": "⻝", "齐": "⻬",
    "页": "⻚", "马": "⻢", "青": "⻘", "西": "⻄", "母": "⺟", "角": "⻆", "飞": "⻜", "骨": "⻣", "麦": "⻨",
    "长": "⻓",
}  # fmt: skip
RADICALS = {
    **{unicodedata.normalize("NFKC", chr(point)): chr(point) for point in range(0x2F00, 0x2FD6)},
    **SUPPLEMENT,
}


def put_radicals(text: str) -> str:
    """Kangxi radicals and the supplement wherever a browser's print would have them."""
    return "".join(RADICALS.get(c, c) for c in text)


def measure(text: str) -> int:
    """Width in half-width columns."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def wrap_text(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` half-width columns, broken anywhere but inside numbers."""
    lines, line = [], ""
    units: list[str] = []
    for c in text:
        if units and c.isascii() and c.isalnum() and units[-1][-1].isascii() and units[-1][-1].isalnum():
            units[-1] += c
        else:
            units.append(c)
    for unit in units:
        if line and measure(line) + measure(unit) > width:
            lines.append(line)
            line = ""
        line += unit
    return [*lines, line] if line or not lines else lines


# --- Tables -----------------------------------------------------------------------------------------------------
def by_blanks(wrap: str = "") -> Callable[[Table], list[str]]:
    """Columns by blanks, as text of a browser's print. ``wrap``: where the numbers of a long label stand.

    "" keeps labels whole; "first": behind the label's first line; "last": on a line after it; "between": alone
    between its two lines. Needs every cell filled.
    """

    def head_iii(table: Table) -> list[str]:
        corner, applicants = table.rows[0][:2]
        lines = [corner.text, applicants.text, *(cell.text for cell in table.rows[1])]
        for cell in table.rows[2]:
            if len(cell.text) > 4:
                lines += [cell.text[:4], cell.text[4:]]
            elif lines[-1] == "商业企业":
                lines[-1] += f" {cell.text}"
            else:
                lines.append(cell.text)
        return [line for line in lines if line]

    def row_iii(row: tuple[Cell, ...]) -> list[str]:
        lines = []
        words = [cell.text for cell in row if cell.kind in ("group", "label")]
        numbers = " ".join(cell.text for cell in row if cell.kind in ("value", "filler"))
        for group in words[:-1]:
            lines += [group[:-2], group[-2:]] if wrap else [group]
        label = words[-1]
        if not wrap or len(label) < 24:
            return [*lines, f"{label} {numbers}"]
        first, rest = label[:21], label[21:]
        if wrap == "first":
            return [*lines, f"{first} {numbers}", rest]
        if wrap == "last":
            return [*lines, first, rest, numbers]
        return [*lines, first, numbers, rest]

    def render(table: Table) -> list[str]:
        if table.name == "proactive":
            return [" ".join(cell.text for cell in row) for row in table.rows]
        if table.name == "applications":
            lines = head_iii(table) if table.header else []
            for row in table.rows[table.header :]:
                lines += row_iii(row)
            return lines
        lines = []
        for row in table.rows[:1]:
            lines.append(" ".join(cell.text for cell in row))
        if table.header:
            second = table.rows[1]
            lines.append(" ".join(cell.text for cell in second if cell.rows == 2))
            lines.append(" ".join(cell.text for cell in second if cell.rows == 1))
            lines += [" ".join(cell.text for cell in row) for row in table.rows[2:]]
        return lines

    return render


def by_tabs(*, pad: bool = True, shifted: tuple[str, ...] = ()) -> Callable[[Table], list[str]]:
    """Columns by tabs. ``pad``: a square that a span covers is an empty field; else only cells are printed.

    The rows named in ``shifted`` begin where a rowspan ended too early: their label stands at the left edge, the
    numbers one field too far left.
    """

    def render(table: Table) -> list[str]:
        if not pad:
            return ["\t".join(cell.text for cell in row) for row in table.rows]
        lines = []
        for squares in fill_grid(table):
            name = next((c.name for c, starts in squares if c.kind == "label" and starts), "")
            if name in shifted:
                label = next(c.text for c, starts in squares if c.kind == "label" and starts)
                numbers = [c.text for c, _ in squares if c.kind == "value"]
                lines.append("\t".join([label, "", *numbers, ""]))
                continue
            lines.append("\t".join(cell.text if starts else "" for cell, starts in squares))
        return lines

    return render


def by_lines(between: int = 1, blank: int = 0) -> Callable[[Table], list[str]]:
    """One cell a line, ``between`` empty lines after a filled cell and ``blank`` more after the line of a blank one."""

    def render(table: Table) -> list[str]:
        lines: list[str] = []
        for y, row in enumerate(table.rows):
            for x, cell in enumerate(row):
                if not cell.text:
                    lines += [""] * (1 + blank)
                    continue
                margin = ("", "\u00a0", " \u00a0")[(y * 7 + x) % 3] if cell.kind == "value" else ""
                lines += [margin + cell.text + margin[1:], *[""] * between]
        return lines

    return render


WIDTHS = {
    "proactive": [26, 20, 20, 20],
    "applications": [10, 10, 30, 12, 12, 12, 12, 12, 12, 12],
    "review_litigation": [8] * 15,
}


def by_layout(*, gap: int = 0, narrow: int = 0) -> Callable[[Table], list[str]]:
    """Text set at its place on the page, as ``pdftotext -layout`` keeps it: blank cells leave only room.

    ``gap`` empty lines between rows; ``narrow`` takes that many columns from the labels, so that they wrap.
    """

    def render(table: Table) -> list[str]:
        grid = fill_grid(table)
        widths = list(WIDTHS[table.name][: len(grid[0])])
        widths += [12] * (len(grid[0]) - len(widths))
        if table.name == "applications":
            widths[2] -= narrow
        starts = [sum(widths[:x]) for x in range(len(widths))]
        heights = [1] * len(grid)
        cells = []
        for y, squares in enumerate(grid):
            for x, (cell, begins) in enumerate(squares):
                if begins:
                    room = sum(widths[x : x + cell.columns]) - 2
                    lines = wrap_text(cell.text, room)
                    cells.append((y, x, cell, lines, room))
                    if cell.rows == 1:
                        heights[y] = max(heights[y], len(lines))
        for y, _, cell, lines, _ in cells:
            lacking = len(lines) - sum(heights[y : y + cell.rows])
            if lacking > 0:
                heights[y + cell.rows - 1] += lacking
        tops = [sum(heights[:y]) + gap * y for y in range(len(heights))]
        canvas: list[list[tuple[int, str]]] = [[] for _ in range(sum(heights) + gap * len(heights))]
        for y, x, cell, lines, room in cells:
            bottom = tops[y + cell.rows - 1] + heights[y + cell.rows - 1]
            top = tops[y] + (bottom - tops[y] - len(lines)) // 2
            for i, line in enumerate(lines):
                if line:
                    left = 0 if cell.kind == "label" else (room - measure(line)) // 2
                    canvas[top + i].append((starts[x] + 1 + left, line))
        out = []
        for pieces in canvas:
            text, at = "", 0
            for column, piece in sorted(pieces):
                text += " " * max(column - at, 1 if text else 0) + piece
                at = max(column, at + 1) + measure(piece)
            out.append(text)
        return out

    return render


# --- The flow ---------------------------------------------------------------------------------------------------
def write_lines(
    blocks: Sequence[Block],
    tables: Callable[[Table], list[str]],
    *,
    width: int = 0,
    indent: str = "    ",
    spacing: int = 1,
    loose: bool = False,
) -> list[str]:
    """The flow as lines. ``width`` wraps the prose (0: a line for each paragraph), ``spacing`` 2 puts an empty line
    after every line, ``loose`` one between paragraphs and around tables."""
    lines: list[str] = []
    for block in blocks:
        if block.kind == "table" and block.table is not None:
            new = tables(block.table)
        elif block.kind == "title":
            new = [(" " * max(0, (width - measure(block.text)) // 2)) + block.text, ""]
        elif block.kind in ("heading", "mark"):
            new = [block.text]
        else:
            text = block.text.replace("\n", "")
            new = wrap_text(indent + text, width) if width else [indent + text]
        for line in new:
            lines += [line, *[""] * (spacing - 1)]
        if loose and lines[-1]:
            lines.append("")
    return lines


def put_page_marks(draft: Draft, lines: list[str], every: int, style: int) -> list[str]:
    """Header and footer lines of pages: address and page number, form feed, the printing date with the title."""
    draft.chrome += [f"http://{draft.body.host}", "打印时间"]
    pages = len(lines) // every + 1
    out: list[str] = []
    for count, line in enumerate(lines):
        if count and count % every == 0:
            page = count // every
            address = f"http://{draft.body.host}/{draft.year + 1}/01-22/30{draft.year}.html"
            if style == 0:
                out += [f"{address} {page}/{pages}", f"\f{draft.year + 1}/3/10 打印时间 {draft.title}", ""]
            elif style == 1:
                out += ["", f"                         - {page} -", "", "\f" + line]
                continue
            else:
                out += [f"第 {page} 页 共 {pages} 页", "", address]
        out.append(line)
    return out


def write_text(lines: list[str], encoding: str = "utf-8", newline: str = "\n") -> bytes:
    """Bytes of the lines; what the encoding cannot hold is an error."""
    text = newline.join(lines) + newline
    if encoding == "gbk":
        text = text.replace("\u00a0", " ")
    return text.encode(encoding)


def allow_lost_blanks(draft: Draft) -> bool:
    """Where a row has blank cells that leave no trace but room, its numbers may be read or left as null.

    Says whether there is such a row.
    """
    found = False
    for table, rows in draft.values.items():
        lost = {
            row
            for row, columns in rows.items()
            for column, value in columns.items()
            if value is None and not draft.printed.get((table, row, column))
        }
        if lost and table == "review_litigation":
            lost = set(rows)  # one line of fifteen
        for row in lost:
            for column, value in rows[row].items():
                if value is not None:
                    draft.expected[table, row, column] = [value, None]
        found = found or bool(lost)
    if found:
        draft.never_verified = True
        draft.tolerated.add("reading")
    return found


def fill_blanks(draft: Draft, text: str = "/") -> None:
    """Gives every null cell a mark, for ways of printing that need one."""
    for table, rows in draft.values.items():
        for row, columns in rows.items():
            for column, value in columns.items():
                if value is None and not draft.printed.get((table, row, column)):
                    draft.printed[table, row, column] = text
