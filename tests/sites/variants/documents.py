"""A report as a small real document: DOCX as an office program would pack it, PDF with ruled tables."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from tests.sites.forms import Cell, lay_out, spread

if TYPE_CHECKING:
    from tests.sites.reports import Report

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
Rows = Sequence[Sequence[Cell]]


def write_document(report: Report, suffix: str) -> bytes:
    """The report as ``pdf`` or ``docx``; raises ValueError for another suffix."""
    if suffix == "docx":
        return write_docx(report)
    if suffix == "pdf":
        return write_pdf(report)
    raise ValueError(f"no maker of {suffix}")


def list_parts(report: Report) -> Iterator[str | Rows]:
    """Title, headings and paragraphs as text, tables as their rows, in order."""
    yield report.title
    if report.body not in report.title:
        yield report.body
    for block in report.blocks:
        if block.kind == "table":
            yield lay_out(block.text, report.tables[block.text], report.generation, report.style)
        else:
            yield block.text


# --- DOCX -------------------------------------------------------------------------------------------------------
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def write_docx(report: Report) -> bytes:
    """The report as DOCX with grid spans and vertical merges."""
    body = "".join(_word_paragraph(part) if isinstance(part, str) else _word_table(part) for part in list_parts(report))
    document = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{_WORD}"><w:body>{body}'
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        parts = (("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELATIONS), ("word/document.xml", document))
        for name, text in parts:
            # A date of its own for each member would make each copy another file.
            package.writestr(zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6)), text.encode(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _word_paragraph(text: str) -> str:
    runs = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line, quote=False)}</w:t>' for line in text.split("\n"))
    return f"<w:p><w:r>{runs}</w:r></w:p>"


def _word_table(rows: Rows) -> str:
    grid = spread(rows)
    lines = []
    for y, row in enumerate(grid):
        cells = []
        for x, place in enumerate(row):
            if place is None:
                cells.append("<w:tc><w:p/></w:tc>")
                continue
            cell, top, left = place
            if left != x:
                continue
            span = f'<w:gridSpan w:val="{cell.colspan}"/>' if cell.colspan > 1 else ""
            merge = ""
            if cell.rowspan > 1:
                merge = '<w:vMerge w:val="restart"/>' if top == y else "<w:vMerge/>"
            inside = _word_paragraph(cell.text) if top == y else "<w:p/>"
            cells.append(f"<w:tc><w:tcPr>{span}{merge}</w:tcPr>{inside}</w:tc>")
        lines.append(f"<w:tr>{''.join(cells)}</w:tr>")
    columns = '<w:gridCol w:w="900"/>' * len(grid[0])
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="4"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    head = f"<w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr><w:tblGrid>{columns}</w:tblGrid>"
    return f"<w:tbl>{head}{''.join(lines)}</w:tbl><w:p/>"


# --- PDF --------------------------------------------------------------------------------------------------------
WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 50.0  # points
SIZE, CELL_SIZE, LEADING, PADDING = 11.0, 7.5, 1.5, 2.5
COLUMNS = {4: (150.0, 115.0, 115.0, 115.0), 10: (55.0, 60.0, 125.0, *(36.0,) * 7), 15: (33.0,) * 15}


class _Sheets:
    """Pages being filled from the top: content streams in PDF's own coordinates."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = []
        self.y = 0.0
        self.turn()

    def turn(self) -> None:
        self.pages.append([])
        self.y = HEIGHT - MARGIN

    def write(self, text: str, x: float, y: float, size: float) -> None:
        if text:
            code = text.encode("utf-16-be").hex()
            self.pages[-1].append(f"BT /F1 {size:g} Tf {x:.2f} {y:.2f} Td <{code}> Tj ET")

    def rule(self, x: float, y: float, width: float, height: float) -> None:
        self.pages[-1].append(f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re S")


def write_pdf(report: Report) -> bytes:
    """The report as PDF: ruled tables, each on one page, and a font of the reader's that is not embedded."""
    sheets = _Sheets()
    for part in list_parts(report):
        if isinstance(part, str):
            _set_paragraph(sheets, part)
        else:
            _set_table(sheets, part)
    count = len(sheets.pages)
    kids = " ".join(f"{6 + 2 * number} 0 R" for number in range(count))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {count}/Kids[{kids}]>>".encode(),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light-UniGB-UTF16-H/Encoding/UniGB-UTF16-H"
        b"/DescendantFonts[4 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/FontDescriptor 5 0 R/DW 1000/W[1 95 500]"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>>>",
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 880"
        b"/Descent -120/CapHeight 700/StemV 80>>",
    ]
    for number, lines in enumerate(sheets.pages):
        stream = zlib.compress(("0.5 w\n" + "\n".join(lines)).encode())
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH:g} {HEIGHT:g}]/Resources<</Font<</F1 3 0 R>>>>"
            f"/Contents {7 + 2 * number} 0 R>>".encode()
        )
        objects.append(b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    return _pack_pdf(objects)


def _pack_pdf(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.5\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _advance(char: str) -> float:
    return 0.5 if char < "\x7f" else 1.0


def _break(text: str, size: float, width: float) -> list[str]:
    lines: list[str] = []
    for piece in text.split("\n"):
        line, used = "", 0.0
        for char in piece:
            step = _advance(char) * size
            # No digit is cut off from its number.
            if used + step > width and line and not (char.isascii() and line[-1].isascii()):
                lines.append(line)
                line, used = "", 0.0
            line += char
            used += step
        lines.append(line)
    return lines


def _set_paragraph(sheets: _Sheets, text: str) -> None:
    for line in _break(f"　　{text}", SIZE, WIDTH - 2 * MARGIN):
        if sheets.y - SIZE * LEADING < MARGIN:
            sheets.turn()
        sheets.y -= SIZE * LEADING
        sheets.write(line, MARGIN, sheets.y, SIZE)


def _set_table(sheets: _Sheets, rows: Rows) -> None:
    grid = spread(rows)
    widths = COLUMNS[len(grid[0])]
    step = CELL_SIZE * 1.25
    heights = [0.0] * len(grid)
    cells: list[tuple[Cell, int, int, list[str]]] = []
    for y, row in enumerate(grid):
        for x, place in enumerate(row):
            if place is not None and place[1:] == (y, x):
                width = sum(widths[x : x + place[0].colspan]) - 2 * PADDING
                cells.append((place[0], y, x, _break(place[0].text, CELL_SIZE, width)))
    for cell, y, _, lines in sorted(cells, key=lambda entry: entry[0].rowspan):
        missing = len(lines) * step + 2 * PADDING - sum(heights[y : y + cell.rowspan])
        if missing > 0:
            heights[y + cell.rowspan - 1] += missing
    if sheets.y - sum(heights) - 10 < MARGIN:
        sheets.turn()
    top = sheets.y - 8
    for cell, y, x, lines in cells:
        left, width = MARGIN + sum(widths[:x]), sum(widths[x : x + cell.colspan])
        upper, height = top - sum(heights[:y]), sum(heights[y : y + cell.rowspan])
        sheets.rule(left, upper - height, width, height)
        base = upper - (height - len(lines) * step) / 2 - CELL_SIZE
        for line in lines:
            middle = left + (width - sum(map(_advance, line)) * CELL_SIZE) / 2
            sheets.write(line, middle, base, CELL_SIZE)
            base -= step
    sheets.y = top - sum(heights) - 4
