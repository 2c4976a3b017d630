"""Sets small pages by hand: characters at coordinates, ruled grids, and what is read of them as plain rows of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from crawler.extraction.checks.confidence import judge
from crawler.extraction.checks.identities import run_checks
from crawler.extraction.documents.model import Document, Paragraph, Table
from crawler.extraction.documents.pages.flow import read_pages
from crawler.extraction.documents.pages.model import Glyph, Image, Page, Rule
from crawler.extraction.report.model import Report
from crawler.extraction.report.naming import Hints
from crawler.extraction.report.read import read_report

SIZE = 12.0
WIDTH, HEIGHT = 595.0, 842.0
PDF = "application/pdf"
Item = Glyph | Rule | Image


def advance(char: str, size: float) -> float:
    """How far a character goes: half a size for ASCII, a size for all else."""
    return size / 2 if char.isascii() else size


def measure(text: str, size: float = SIZE) -> float:
    return sum(advance(char, size) for char in text)


def write(text: str, x: float, top: float, size: float = SIZE, **more: float | bool | None) -> list[Glyph]:
    """Characters from left to right; lines of the text follow at 1.25 sizes. Blanks leave a gap and no glyph."""
    glyphs = []
    for n, line in enumerate(text.split("\n")):
        at, y = x, top + 1.25 * size * n
        for char in line:
            step = advance(char, size)
            if char != " ":
                glyphs.append(Glyph(char, at, y, at + step, y + size, **more))  # type: ignore[arg-type]
            at += step
    return glyphs


def turn_items(items: Iterable[Item], direction: int, width: float, height: float) -> list[Item]:
    """What stands on a page of ``width`` × ``height``, turned clockwise with its paper so that reading goes on in
    ``direction``: as it then stands on the turned page."""

    def turn(item: Item) -> Item:
        x0, top, x1, bottom = item.x0, item.top, item.x1, item.bottom
        if direction == 90:
            box = (height - bottom, x0, height - top, x1)
        elif direction == 180:
            box = (width - x1, height - bottom, width - x0, height - top)
        else:
            box = (top, width - x1, bottom, width - x0)
        if isinstance(item, Glyph):
            return item._replace(
                x0=box[0], top=box[1], x1=box[2], bottom=box[3], direction=(item.direction + direction) % 360
            )
        return type(item)(*box)

    return [turn(item) for item in items]


def rule_grid(xs: Sequence[float], ys: Sequence[float]) -> list[Rule]:
    """Every line of a grid, each in one piece."""
    across = [Rule(xs[0], y, xs[-1], y) for y in ys]
    return across + [Rule(x, ys[0], x, ys[-1]) for x in xs]


def set_cells(
    rows: Sequence[Sequence[str]], xs: Sequence[float], ys: Sequence[float], size: float = 10.0
) -> list[Glyph]:
    """The texts of a grid, each at the left and in the middle of the height of its cell."""
    glyphs = []
    for row, (top, bottom) in zip(rows, pairwise(ys), strict=True):
        for text, x in zip(row, xs, strict=False):
            tall = 1.25 * size * text.count("\n") + size
            glyphs += write(text, x + 3, (top + bottom - tall) / 2, size)
    return glyphs


def set_table(
    rows: Sequence[Sequence[str]], xs: Sequence[float], top: float, height: float = 20.0, size: float = 10.0
) -> list[Item]:
    """A ruled table with rows of one height."""
    ys = [top + height * n for n in range(len(rows) + 1)]
    return [*rule_grid(xs, ys), *set_cells(rows, xs, ys, size)]


def make_page(*content: Item | Iterable[Item], number: int = 1, width: float = WIDTH, height: float = HEIGHT) -> Page:
    """A page of glyphs, rules and images in any order."""
    page = Page(number, width, height)
    for part in content:
        for item in [part] if isinstance(part, Glyph | Rule | Image) else part:
            kept: list[Item] = {Glyph: page.glyphs, Rule: page.rules, Image: page.images}[type(item)]  # type: ignore[assignment]
            kept.append(item)
    return page


def read(*pages: Page, second: Sequence[Page] | None = None) -> Document:
    return read_pages(pages, PDF, second)


def tables_of(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]


def texts_of(document: Document) -> list[str]:
    """The paragraphs."""
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def rows_of(table: Table) -> list[list[str | None]]:
    """The text at every position; a spanning cell at each of its own."""
    return [[None if cell is None else cell.text for cell in row] for row in table.grid]


def rows_read(*pages: Page) -> list[list[str | None]]:
    """The rows of the one table that pages hold."""
    (table,) = tables_of(read(*pages))
    return rows_of(table)


def report_on(document: Document) -> tuple[Report, str]:
    """The report that a document is, and its verdict."""
    report = read_report(document, Hints((), None, None))
    return report, judge(report, run_checks(report))


def change_glyphs(page: Page, old: str, new: str, nth: int = 0) -> Page:
    """A page on which the n-th run of glyphs that spells ``old`` is decoded as ``new`` (of the same length)."""
    glyphs = list(page.glyphs)
    text = "".join(glyph.text for glyph in glyphs)
    at = -1
    for _ in range(nth + 1):
        at = text.index(old, at + 1)
    for n, char in enumerate(new):
        glyphs[at + n] = glyphs[at + n]._replace(text=char)
    return replace(page, glyphs=glyphs)
