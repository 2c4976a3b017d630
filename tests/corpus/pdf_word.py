"""The same looks as .docx, for LibreOffice to print: python-docx for the frame, WordprocessingML for the tables."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from tests.cases.make.draft import Block, Draft
from tests.cases.make.grid import Cell, Table, fill_grid
from tests.corpus.pdf_look import PT_A_MM, Look

TWIPS = 20  # a point
ALIGN = {"center": "center", "left": "left", "right": "right"}
VALIGN = {"middle": "center", "top": "top", "bottom": "bottom"}
Edges = dict[str, tuple[float, str]]  # top, bottom, left, right → (points, colour); absent: no line


@dataclass
class Ruling:
    """Which edges of a cell are drawn, and how a cell's text runs."""

    edges: Callable[[Table, int, Cell], Edges] | None = None  # None: all four
    direction: Callable[[Table, Cell], str] | None = None  # "" or tbRlV, tbRl, btLr


def make_docx(draft: Draft, blocks: list[Block], look: Look, ruling: Ruling) -> bytes:
    """The report as .docx."""
    import docx  # noqa: PLC0415  (slow to import; half of the makers do without)
    from docx.oxml import parse_xml  # noqa: PLC0415
    from docx.shared import Mm  # noqa: PLC0415

    document = docx.Document()
    section = document.sections[0]
    width, height = look.size
    section.page_width, section.page_height = Mm(width), Mm(height)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Mm(look.margin))
    section.header_distance = section.footer_distance = Mm(max(5.0, look.margin / 2))
    if look.head:
        fill_line(section.header.paragraphs[0], look.head, look)
    if look.foot:
        fill_line(section.footer.paragraphs[0], look.foot, look)
    body = document.element.body
    last = body[-1]  # sectPr stays at the end
    for block in blocks:
        if block.kind == "table" and block.table is not None:
            last.addprevious(parse_xml(write_table(block.table, look, ruling)))
            last.addprevious(parse_xml(write_paragraph("", look, size=6)))
        else:
            last.addprevious(parse_xml(write_block(block, look)))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def declare() -> str:
    """The namespace of every element."""
    return 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def write_run(text: str, look: Look, size: float, *, bold: bool = False, colour: str = "") -> str:
    """A run in the look's fonts."""
    digits = escape(look.digits)
    return (
        f'<w:r {declare()}><w:rPr><w:rFonts w:ascii="{digits}" w:hAnsi="{digits}" w:eastAsia="{escape(look.font)}"/>'
        + ("<w:b/>" if bold else "")
        + (f'<w:color w:val="{colour}"/>' if colour else "")
        + f'<w:sz w:val="{round(size * 2)}"/></w:rPr><w:t xml:space="preserve">{escape(text, quote=False)}</w:t></w:r>'
    )


def write_paragraph(
    text: str,
    look: Look,
    *,
    size: float,
    align: str = "left",
    indent: float = 0,
    leading: float = 1.0,
    bold: bool = False,
    keep: bool = False,
) -> str:
    """One paragraph; ``indent`` of the first line in points, ``leading`` in lines."""
    run = write_run(text, look, size, bold=bold) if text else ""
    return (
        f"<w:p {declare()}><w:pPr>"
        + ("<w:keepNext/>" if keep else "")
        + f'<w:spacing w:before="0" w:after="0" w:line="{round(240 * leading)}" w:lineRule="auto"/>'
        + f'<w:ind w:firstLine="{round(indent * TWIPS)}"/><w:jc w:val="{align}"/>'
        + f'<w:rPr><w:sz w:val="{round(size * 2)}"/></w:rPr></w:pPr>{run}</w:p>'
    )


def write_block(block: Block, look: Look) -> str:
    """Title, heading or prose."""
    if block.kind == "title":
        return write_paragraph(
            block.text, look, size=look.body * 1.35, align="center", leading=1.3, bold=look.bold, keep=True
        )
    heading = block.kind == "heading"
    return write_paragraph(
        block.text,
        look,
        size=look.body,
        indent=2 * look.body,
        leading=look.leading,
        bold=heading and look.bold,
        keep=heading,
        align="both" if look.justify else "left",
    )


def fill_line(paragraph: Any, text: str, look: Look) -> None:
    """A running head or a page number: {n} and {of} become fields."""
    from docx.oxml import parse_xml  # noqa: PLC0415

    paragraph.alignment = 1
    rest = text
    while rest:
        at = min((i for i in (rest.find("{n}"), rest.find("{of}")) if i >= 0), default=len(rest))
        if at:
            paragraph._p.append(parse_xml(write_run(rest[:at], look, 9)))
        if at < len(rest):
            name = "PAGE" if rest.startswith("{n}", at) else "NUMPAGES"
            field = f'<w:fldSimple {declare()} w:instr="{name}">{write_run("1", look, 9)}</w:fldSimple>'
            paragraph._p.append(parse_xml(field))
            at += 3 if name == "PAGE" else 4
        rest = rest[at:]


def find_widths(table: Table, look: Look) -> list[float]:
    """Width of each grid column in points: numbers get what they need, labels what is left."""
    whole = (look.size[0] - 2 * look.margin) * PT_A_MM
    grid = fill_grid(table)
    width = len(grid[0])
    em = look.small
    if look.narrow:
        labels = [max(1.3, look.narrow * 0.8), look.narrow + 0.5, 2.2 * look.narrow + 1.5]
        if table.name == "applications":
            return [n * em + 6 for n in (*labels, *[look.narrow] * (width - 3))]
        return [(look.narrow if table.name == "review_litigation" else max(look.narrow, 1.9)) * em + 6] * width
    if table.name != "applications":
        return [whole / width] * width
    longest = [
        max([len(row[x][0].text) for row in grid[table.header :] if row[x][0].kind != "remark"] + [1])
        for x in range(3, width)
    ]
    values = [max(2.3 * em, n * em * 0.66 + 8) for n in longest]
    left = whole - sum(values)
    if left > 17 * em:  # the rest is shared
        more = (left - 17 * em) * 0.5 / len(values)
        values = [value + more for value in values]
        left = whole - sum(values)
    first = 2.2 * em
    second = min(5 * em, (left - first) * 0.33)
    return [first, second, left - first - second, *values]


def write_table(table: Table, look: Look, ruling: Ruling) -> str:
    """A w:tbl with gridSpan and vMerge after the true spans."""
    widths = find_widths(table, look)
    grid = fill_grid(table)
    header = table.header if table.name != "proactive" else 0
    rows = []
    for y, line in enumerate(grid):
        cells, x = [], 0
        while x < len(line):
            cell, _ = line[x]
            begins = y == 0 or grid[y - 1][x][0] is not cell
            cells.append(write_cell(table, y, cell, begins, sum(widths[x : x + cell.columns]), look, ruling))
            x += cell.columns
        properties = "<w:tblHeader/>" if y < header and look.groups else ""
        rows.append(f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>")
    columns = "".join(f'<w:gridCol w:w="{round(w * TWIPS)}"/>' for w in widths)
    margin = round(max(1.5, look.padding * 0.75) * TWIPS)
    sides = "".join(f'<w:{side} w:w="{margin}" w:type="dxa"/>' for side in ("top", "left", "bottom", "right"))
    return (
        f'<w:tbl {declare()}><w:tblPr><w:tblW w:w="{round(sum(widths) * TWIPS)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{sides}</w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def write_cell(table: Table, y: int, cell: Cell, begins: bool, width: float, look: Look, ruling: Ruling) -> str:
    """A w:tc; below its first row a merged cell is empty and continues."""
    if ruling.edges is None:
        line = (max(0.25, look.border * 0.75), look.colour)
        edges: Edges = dict.fromkeys(("top", "left", "bottom", "right"), line)
    else:
        edges = ruling.edges(table, y, cell)
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="{max(2, round(edges[side][0] * 8))}" w:space="0" '
        f'w:color="{spell_colour(edges[side][1])}"/>'
        if side in edges
        else f'<w:{side} w:val="nil"/>'
        for side in ("top", "left", "bottom", "right")
    )
    value = cell.kind in ("value", "filler")
    direction = ruling.direction(table, cell) if ruling.direction else ""
    align = look.value_align if value else look.label_align if cell.kind == "label" else "center"
    valign = look.value_valign if value else "middle"
    shade = look.shade.lstrip("#") if look.shade and cell.kind in ("head", "corner") else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{round(width * TWIPS)}" w:type="dxa"/>'
        + (f'<w:gridSpan w:val="{cell.columns}"/>' if cell.columns > 1 else "")
        + ("" if cell.rows == 1 else '<w:vMerge w:val="restart"/>' if begins else "<w:vMerge/>")
        + f"<w:tcBorders>{borders}</w:tcBorders>"
        + (f'<w:shd w:val="clear" w:color="auto" w:fill="{shade}"/>' if shade else "")
        + (f'<w:textDirection w:val="{direction}"/>' if direction else "")
        + f'<w:vAlign w:val="{VALIGN[valign]}"/></w:tcPr>'
        + write_paragraph(
            cell.text if begins else "", look, size=look.small, align=ALIGN[align], leading=look.table_leading
        )
        + "</w:tc>"
    )


def spell_colour(colour: str) -> str:
    """ "#999" → "999999"."""
    digits = colour.lstrip("#")
    return "".join(c * 2 for c in digits) if len(digits) == 3 else digits
