"""Sets a report on pages, character by character and line by line: a small press of the tests' own.

What it gives are pages of the seam (`crawler.extraction.documents.pages.model`), in points from the top left, to be
written as OFD. So the truth of an OFD file depends on no other program that sets or reads pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.extraction.documents.pages.model import Glyph, Page, Rule
from tests.cases.make.grid import Cell, Table, fill_grid
from tests.corpus.word import WIDTHS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.cases.make.draft import Block

NOT_FIRST = "，。、；：？！）》”’％%"  # marks that begin no line
SIZES = {"title": 20.0, "heading": 15.0, "line": 14.0, "paragraph": 14.0}


@dataclass(frozen=True, slots=True)
class Style:
    """How a document is set, lengths in points.

    ``keep``: a table that does not fit goes to the next page whole. ``repeat``: a table that goes on says its header
    again. ``number``: how the page number is printed, with {n} and {all}; "" for none.
    """

    width: float = 595.0
    height: float = 842.0
    margin: float = 72.0
    cell_size: float = 9.0
    padding: float = 2.5
    ruled: bool = True
    keep: bool = True
    repeat: bool = False
    number: str = "- {n} -"
    leading: float = 1.6  # of prose, in sizes


def advance(char: str, size: float) -> float:
    """How far a character goes: half a size for ASCII, a size for all else."""
    return size / 2 if char.isascii() else size


def measure(text: str, size: float) -> float:
    """The width of a line."""
    return sum(advance(char, size) for char in text)


def break_lines(text: str, size: float, width: float, first: float = 0.0) -> list[str]:
    """The text in lines of at most ``width``, the first one shorter by ``first``; a mark never begins a line."""
    lines, line, room = [], "", width - first
    for char in text:
        step = advance(char, size)
        if line and step > room + 1e-6 and char not in NOT_FIRST:
            lines.append(line)
            line, room = "", width
        line += char
        room -= step
    return [*lines, line] if line or not lines else lines


@dataclass
class Press:
    """Pages on their way. ``y`` is where the next thing stands on the last page."""

    style: Style
    pages: list[tuple[list[Glyph], list[Rule]]] = field(default_factory=list)
    y: float = 0.0
    cuts: int = 0  # how often a table went on on another page

    def __post_init__(self) -> None:
        self.turn()

    @property
    def left(self) -> float:
        return self.style.margin

    @property
    def right(self) -> float:
        return self.style.width - self.style.margin

    @property
    def bottom(self) -> float:
        return self.style.height - self.style.margin

    def turn(self) -> None:
        """Go on with a new page."""
        self.pages.append(([], []))
        self.y = self.style.margin

    def set_line(self, text: str, x: float, y: float, size: float) -> None:
        """A line of characters from x on; blanks are not printed."""
        glyphs = self.pages[-1][0]
        for char in text:
            step = advance(char, size)
            if not char.isspace():
                glyphs.append(Glyph(char, x, y, x + step, y + size))
            x += step

    def set_text(self, block: Block) -> None:
        """A title, heading or paragraph."""
        size = SIZES.get(block.kind, 14.0)
        centred = block.kind == "title"
        indent = 0.0 if block.kind in ("title", "line") else 2 * size
        for n, line in enumerate(break_lines(block.text, size, self.right - self.left, indent)):
            height = size * self.style.leading
            if self.y + height > self.bottom:
                self.turn()
            x = self.left + (indent if n == 0 else 0.0)
            if centred:
                x = (self.left + self.right - measure(line, size)) / 2
            elif block.kind == "line":
                x = self.right - measure(line, size)
            self.set_line(line, x, self.y + (height - size) / 2, size)
            self.y += height

    def set_table(self, table: Table) -> None:
        """A table, cut between rows at the foot of a page."""
        style = self.style
        grid = fill_grid(table)
        count = len(grid[0])
        wanted = (WIDTHS[table.name] + [700] * count)[:count]
        widths = [(self.right - self.left) * w / sum(wanted) for w in wanted]
        xs = [self.left + sum(widths[:n]) for n in range(count + 1)]
        heights = self.measure_rows(grid, xs)
        self.y += 4
        if style.keep and self.y + sum(heights) > self.bottom and sum(heights) < self.bottom - style.margin:
            self.turn()
        row = 0
        while row < len(grid):
            head = list(range(table.header)) if style.repeat and 0 < table.header <= row else []
            room = self.bottom - self.y - sum(heights[n] for n in head)
            last = row
            while last < len(grid) and sum(heights[row : last + 1]) <= room:
                last += 1
            if last == row:  # a row higher than what is left
                if self.y > style.margin + 5:
                    self.turn()
                    continue
                last += 1
            self.set_rows(grid, head, xs, heights)
            self.set_rows(grid, list(range(row, last)), xs, heights)
            row = last
            if row < len(grid):
                self.turn()
                self.cuts += 1
        self.y += 8

    def break_cell(self, cell: Cell, width: float) -> list[str]:
        """The lines of a cell; nothing for a blank."""
        return break_lines(cell.text, self.style.cell_size, width - 2 * self.style.padding) if cell.text else []

    def measure_rows(self, grid: Sequence[Sequence[tuple[Cell, bool]]], xs: Sequence[float]) -> list[float]:
        """The height of each row: that of its highest cell; the last row of a spanning cell gives what is lacking."""
        style = self.style
        line = style.cell_size * 1.25
        heights = [line + 2 * style.padding] * len(grid)
        spanning = []
        for y, squares in enumerate(grid):
            for x, (cell, begins) in enumerate(squares):
                if not begins:
                    continue
                need = len(self.break_cell(cell, xs[x + cell.columns] - xs[x])) * line + 2 * style.padding
                if cell.rows == 1:
                    heights[y] = max(heights[y], need)
                else:
                    spanning.append((y, cell, need))
        for y, cell, need in spanning:
            lacking = need - sum(heights[y : y + cell.rows])
            heights[y + cell.rows - 1] += max(0.0, lacking)
        return heights

    def set_rows(
        self,
        grid: Sequence[Sequence[tuple[Cell, bool]]],
        rows: Sequence[int],
        xs: Sequence[float],
        heights: Sequence[float],
    ) -> None:
        """Rows that stand on this page: a cell that reaches over the cut shows its words in its longer part."""
        if not rows:
            return
        tops = {rows[0]: self.y}
        for row in rows:
            tops[row + 1] = tops[row] + heights[row]
        edges: set[tuple[float, float, float, float]] = set()
        for y in rows:
            for x, (cell, _) in enumerate(grid[y]):
                above = y > rows[0] and grid[y - 1][x][0] is cell
                beside = x > 0 and grid[y][x - 1][0] is cell
                if above or beside:
                    continue
                reach = [r for r in range(y, rows[-1] + 1) if grid[r][x][0] is cell]
                x0, x1 = xs[x], xs[x + cell.columns]
                top, bottom = tops[y], tops[reach[-1] + 1]
                edges |= {(x0, top, x1, top), (x0, bottom, x1, bottom), (x0, top, x0, bottom), (x1, top, x1, bottom)}
                if self.shows_here(grid, cell, x, reach, heights):
                    self.set_cell(cell, x0, top, x1, bottom)
        if self.style.ruled:
            self.pages[-1][1].extend(Rule(*edge) for edge in sorted(edges))
        self.y = tops[rows[-1] + 1]

    @staticmethod
    def shows_here(
        grid: Sequence[Sequence[tuple[Cell, bool]]], cell: Cell, x: int, reach: list[int], heights: Sequence[float]
    ) -> bool:
        """Whether these rows are the longer part of all rows of the cell (the first, if they are equal)."""
        every = [r for r in range(len(grid)) if grid[r][x][0] is cell]
        here = sum(heights[r] for r in reach)
        rest = sum(heights[r] for r in every if r not in reach)
        return here > rest or (here == rest and reach[0] == every[0])

    def set_cell(self, cell: Cell, x0: float, top: float, x1: float, bottom: float) -> None:
        """The lines of a cell in its middle."""
        size = self.style.cell_size
        lines = self.break_cell(cell, x1 - x0)
        y = (top + bottom - len(lines) * size * 1.25) / 2
        for line in lines:
            x = (x0 + x1 - measure(line, size)) / 2
            self.set_line(line, x, y + size * 0.125, size)
            y += size * 1.25

    def finish(self) -> list[Page]:
        """The pages, with their numbers printed."""
        style = self.style
        made = []
        for n, (glyphs, rules) in enumerate(self.pages, 1):
            if style.number:
                text = style.number.format(n=n, all=len(self.pages))
                x = (style.width - measure(text, 10.5)) / 2
                self.pages.append((glyphs, rules))  # the page to set on
                self.set_line(text, x, style.height - style.margin * 0.6, 10.5)
                self.pages.pop()
            made.append(Page(n, style.width, style.height, glyphs, rules))
        return made


def set_blocks(blocks: Sequence[Block], style: Style) -> Press:
    """The report on a press."""
    press = Press(style)
    for block in blocks:
        if block.table is not None:
            press.set_table(block.table)
        else:
            press.set_text(block)
    return press


def set_pages(blocks: Sequence[Block], style: Style) -> list[Page]:
    """The report on pages."""
    return set_blocks(blocks, style).finish()
