"""A report as the file that an office attaches: .pdf, .docx, .doc, .xls, .ofd, .zip, and .rar, which nobody here reads.

Each writer takes a report and a source of chance, and gives bytes; the same seed gives the same bytes. No program
is started: a file takes some ten milliseconds.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass, replace
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import xlwt

from tests.cases.make.draft import Block
from tests.cases.make.grid import Cell, Table, fill_grid
from tests.corpus.ofd import write_ofd
from tests.corpus.page_layout import Style, set_pages
from tests.corpus.word import WIDTHS, Writer, write_zip
from tests.sites.forms import lay_out
from tests.sites.reports import render_report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from crawler.extraction.documents.pages.model import Glyph, Page
    from tests.cases.make.draft import Draft
    from tests.sites.reports import Report

HEADER_ROWS = {"proactive": 2, "applications": 3, "review_litigation": 3}
_ASCENT = 0.88  # of an em: where the base line is in a glyph's box


@dataclass(frozen=True, slots=True)
class Paper:
    """A file: ``suffix`` without its dot, ``media_type`` as a server of files says it."""

    suffix: str
    media_type: str
    data: bytes


def write_paper(kind: str, report: Report, random: Random) -> Paper:
    """The report as a file of ``kind``, a key of WRITERS. Raises KeyError for another."""
    media_type, write = WRITERS[kind]
    return Paper(kind, media_type, write(report, random))


def lay_out_blocks(report: Report) -> list[Block]:
    """Title, headings, paragraphs and tables in the model that the writers of the corpus take."""
    blocks = [Block("title", report.title)]
    if report.body not in report.title:
        blocks.append(Block("paragraph", report.body))
    for block in report.blocks:
        if block.kind == "table":
            blocks.append(Block("table", table=lay_out_table(report, block.text)))
        else:
            blocks.append(Block(block.kind, block.text))
    return blocks


def lay_out_table(report: Report, key: str) -> Table:
    """One of the form's tables with its true spans."""
    rows = lay_out(key, report.tables[key], report.generation, replace(report.style, ends_early=False))
    cells = tuple(
        tuple(Cell(cell.text.replace("\n", ""), rows=cell.rowspan, columns=cell.colspan) for cell in row)
        for row in rows
    )
    return Table(key, cells, HEADER_ROWS[key])


# --- pages ------------------------------------------------------------------------------------------------------


def choose_style(random: Random) -> Style:
    """Paper, margins and sizes; tables are ruled."""
    return Style(
        margin=random.choice((54.0, 64.0, 72.0)),
        cell_size=random.choice((8.0, 8.5, 9.0)),
        keep=random.random() < 0.7,
        number=random.choice(("- {n} -", "—{n}—", "第{n}页", "")),
        leading=random.choice((1.5, 1.6, 1.8)),
    )


def write_report_ofd(report: Report, random: Random) -> bytes:
    return write_ofd(set_pages(lay_out_blocks(report), choose_style(random)), random.randrange(10**6))


def write_report_pdf(report: Report, random: Random) -> bytes:
    """Without an embedded font: readers know the characters from Adobe's collection, as in many old files."""
    return write_pdf(set_pages(lay_out_blocks(report), choose_style(random)))


def write_pdf(pages: Sequence[Page]) -> bytes:
    """Glyphs and rules as a PDF 1.4; upright text is not known to it."""
    objects: list[bytes] = []

    def add(content: bytes) -> int:
        objects.append(content)
        return len(objects)

    add(b"<</Type/Catalog/Pages 2 0 R>>")
    add(b"")  # the tree of pages, known at the end
    descriptor = add(
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/FontBBox[-25 -254 1000 880]/Ascent 880/Descent -120"
        b"/ItalicAngle 0/CapHeight 880/StemV 93>>"
    )
    below = add(
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
        b"/Supplement 2>>/DW 1000/W[1 95 500 814 939 500]/FontDescriptor %d 0 R>>" % descriptor
    )
    font = add(
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[%d 0 R]>>" % below
    )
    kids = []
    for page in pages:
        content = zlib.compress(_draw_page(page))
        stream = add(b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(content), content))
        box = f"[0 0 {page.width:g} {page.height:g}]".encode()
        kids.append(
            add(
                b"<</Type/Page/Parent 2 0 R/MediaBox%s/Resources<</Font<</S %d 0 R>>>>/Contents %d 0 R>>"
                % (box, font, stream)
            )
        )
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return out.getvalue()


def _draw_page(page: Page) -> bytes:
    height = page.height
    parts = ["0.5 w"]
    parts += [f"{r.x0:.2f} {height - r.top:.2f} m {r.x1:.2f} {height - r.bottom:.2f} l S" for r in page.rules]
    parts.append("BT")
    run: list[Glyph] = []
    for glyph in page.glyphs:
        if run and not _goes_on(run[-1], glyph):
            parts.append(_show(run, page.height))
            run = []
        run.append(glyph)
    if run:
        parts.append(_show(run, page.height))
    parts.append("ET")
    return "\n".join(parts).encode("ascii")


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    return (
        abs(glyph.x0 - last.x1) < 0.01 and abs(glyph.top - last.top) < 0.01 and abs(glyph.bottom - last.bottom) < 0.01
    )


def _show(run: Sequence[Glyph], height: float) -> str:
    size = run[0].bottom - run[0].top
    base = height - run[0].top - size * _ASCENT
    codes = "".join(glyph.text for glyph in run).encode("utf-16-be").hex()
    return f"/S {size:.2f} Tf 1 0 0 1 {run[0].x0:.2f} {base:.2f} Tm <{codes}> Tj"


# --- Word -------------------------------------------------------------------------------------------------------


def write_report_docx(report: Report, random: Random) -> bytes:
    # The writer wants of its draft no more than the title, which a report has too.
    writer = Writer(cast("Draft", report), random)
    return writer.write(lay_out_blocks(report))


def write_report_doc(report: Report, random: Random) -> bytes:
    """What offices call .doc and is none: rich text, or a web page with Word's name spaces. Which one is chance."""
    return write_rtf(report) if random.random() < 0.5 else write_word_page(report)


def write_word_page(report: Report) -> bytes:
    """The report as Word saves it as a web page."""
    spaces = 'xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word"'
    title = escape(report.title)
    head = f'<meta http-equiv=Content-Type content="text/html; charset=utf-8"><title>{title}</title>'
    content = render_report(report, "word")
    return (
        f'<html {spaces} xmlns="http://www.w3.org/TR/REC-html40">\n<head>{head}</head>\n<body lang=ZH-CN>\n'
        f"<p class=MsoNormal align=center><b>{title}</b></p>\n{content}\n</body></html>"
    ).encode()


def write_rtf(report: Report) -> bytes:
    """The report as rich text: tables by the edges of their cells, merged ones marked."""
    parts = [r"{\rtf1\ansi\ansicpg936\deff0{\fonttbl{\f0\fnil\fcharset134 \'cb\'ce\'cc\'e5;}}\uc1\f0\fs28"]
    for block in lay_out_blocks(report):
        if block.table is not None:
            parts.append(_table_rtf(block.table))
        else:
            look = {"title": r"\qc\b\fs44 ", "heading": r"\ql\fi560\b\fs32 "}.get(block.kind, r"\ql\fi560\b0\fs28 ")
            parts.append(rf"\pard{look}{_escape_rtf(block.text)}\b0\par")
    return "\n".join([*parts, "}"]).encode("ascii")


def _table_rtf(table: Table) -> str:
    grid = fill_grid(table)
    widths = (WIDTHS[table.name] + [700] * len(grid[0]))[: len(grid[0])]
    lines = []
    for squares in grid:
        edges, cells = [], []
        x = 0
        while x < len(squares):
            cell, begins = squares[x]
            x += cell.columns
            # A cell that reaches down begins where `begins` says so; in the rows below it goes on.
            merge = ("" if cell.rows == 1 else r"\clvmgf" if begins else r"\clvmrg") + r"\clbrdrt\brdrs\clbrdrl\brdrs"
            edges.append(rf"{merge}\cellx{sum(widths[:x])}")
            cells.append(rf"\pard\intbl\qc\fs18 {_escape_rtf(cell.text) if begins else ''}\cell")
        lines.append(rf"\trowd\trgaph108{''.join(edges)}{''.join(cells)}\row")
    return "\n".join([*lines, r"\pard\par"])


def _escape_rtf(text: str) -> str:
    out = []
    for char in text:
        if char in "\\{}":
            out.append("\\" + char)
        elif char.isascii():
            out.append(char)
        else:
            code = struct.unpack("<h", char.encode("utf-16-le"))[0]  # RTF counts in signed sixteen bits
            out.append(rf"\u{code}?")
    return "".join(out)


# --- sheets, archives -------------------------------------------------------------------------------------------


def write_report_xls(report: Report, random: Random) -> bytes:
    """The whole report on one sheet: prose in merged rows, tables between."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(random.choice(("Sheet1", "年度报告", "报告")))
    text = xlwt.easyxf("align: wrap on, vert center")
    number = xlwt.easyxf("align: wrap on, horiz center, vert center")
    wide = 14  # the last column of the widest table, from 0
    y = 0
    for block in lay_out_blocks(report):
        if block.table is None:
            sheet.write_merge(y, y, 0, wide, block.text, number if block.kind == "title" else text)
            y += 1
            continue
        grid = fill_grid(block.table)
        for line in grid:
            for x, (cell, begins) in enumerate(line):
                if begins:
                    value = _as_number(cell.text)
                    sheet.write_merge(y, y + cell.rows - 1, x, x + cell.columns - 1, value, number)
            y += 1
        y += 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _as_number(text: str) -> str | int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def write_report_zip(report: Report, random: Random) -> bytes:
    """An archive with the report in it and nothing else."""
    kind = random.choice(("docx", "pdf"))
    member = write_paper(kind, report, random)
    return write_zip({f"{report.title}.{kind}": member.data})


def write_rar(report: Report, random: Random) -> bytes:
    """The beginning of a RAR archive (version 4) and noise: enough to be known as one, and no more."""
    del report
    main = b"\xcf\x90\x73\x00\x00\x0d\x00" + b"\x00" * 6
    return b"Rar!\x1a\x07\x00" + main + random.randbytes(2048)


WRITERS: Mapping[str, tuple[str, Callable[[Report, Random], bytes]]] = MappingProxyType(
    {
        "pdf": ("application/pdf", write_report_pdf),
        "docx": (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            write_report_docx,
        ),
        "doc": ("application/msword", write_report_doc),
        "xls": ("application/vnd.ms-excel", write_report_xls),
        "ofd": ("application/ofd", write_report_ofd),
        "zip": ("application/zip", write_report_zip),
        "rar": ("application/x-rar-compressed", write_rar),
    }
)
"""Media type and writer by the suffix of the file."""
