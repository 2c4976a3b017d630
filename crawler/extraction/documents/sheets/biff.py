"""The sheets of an .xls workbook (BIFF): xlrd reads them, one pass over the records finds what it does not tell."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crawler.extraction.documents.model import Paragraph, Place
from crawler.extraction.documents.sheets.cells import BUILTIN_FORMATS, FORMULA, MAX_SHEETS, Sheet, print_number
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_text


def read_biff(data: bytes) -> tuple[list[Sheet], int]:
    """The sheets of a BIFF workbook, and how many pictures float in them."""
    import xlrd  # noqa: PLC0415  (start-up time)

    stream = _find_stream(data)
    marks = _scan_records(stream) if stream else _Marks()
    try:
        book = xlrd.open_workbook(
            file_contents=data, logfile=io.StringIO(), formatting_info=True, ragged_rows=True, on_demand=False
        )
        return [_read_biff_sheet(book, index, marks) for index in range(min(book.nsheets, MAX_SHEETS))], marks.pictures
    except UnreadableDocument:
        raise
    except Exception as error:  # xlrd raises whatever a damaged record leads it to
        text = " ".join(str(error).split())[:120]
        raise UnreadableDocument(f"a damaged or foreign workbook ({text or type(error).__name__})") from error


def _read_biff_sheet(book: Any, index: int, marks: _Marks) -> Sheet:
    import xlrd  # noqa: PLC0415

    source = book.sheet_by_index(index)
    sheet = Sheet(source.name, hidden=source.visibility != 0)
    sheet.hidden_rows = {row for row, info in source.rowinfo_map.items() if info.hidden}
    sheet.hidden_columns = {column for column, info in source.colinfo_map.items() if info.hidden}
    sheet.merges = [(top, left, bottom - 1, right - 1) for top, bottom, left, right in source.merged_cells]
    for row in range(source.nrows):
        for column in range(source.row_len(row)):
            kind, value = source.cell_type(row, column), source.cell_value(row, column)
            xf = source.cell_xf_index(row, column)
            code = "General"
            struck = False
            if 0 <= xf < len(book.xf_list):
                form = book.xf_list[xf]
                if form.border.left_line_style or form.border.right_line_style:
                    sheet.ruled.add((row, column))
                key = form.format_key
                code = book.format_map[key].format_str if key in book.format_map else "General"
                code = BUILTIN_FORMATS.get(key, code) if key < 164 else code
                struck = _is_struck(book, form.font_index)
            if kind in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}:
                text = print_number(float(value), code, since_1904=bool(book.datemode))
            elif kind == xlrd.XL_CELL_BOOLEAN:
                text = "TRUE" if value else "FALSE"
            elif kind == xlrd.XL_CELL_ERROR:
                text = xlrd.error_text_from_code.get(value, "#ERR!")
            else:
                text = str(value)
            text, gone = _divide(book, text, source.rich_text_runlist_map.get((row, column), ()), struck=struck)
            if gone:
                sheet.struck[row, column] = gone
            if not text and (index, row, column) in marks.unvalued:
                sheet.unvalued.append((row, column))
                text = FORMULA
            if text and not text.isspace():
                sheet.texts[row, column] = text
    sheet.floating = [(0, Paragraph(text, Place(sheet=sheet.name))) for text in marks.boxes.get(index, [])]
    return sheet


def _is_struck(book: Any, font: int) -> bool:
    return 0 <= font < len(book.font_list) and bool(book.font_list[font].struck_out)


def _divide(book: Any, text: str, runs: Sequence[tuple[int, int]], *, struck: bool) -> tuple[str, str]:
    """What is printed and what is struck through in a cell. ``runs``: where another font begins, and which."""
    kept, gone = "", ""
    at = 0
    for start, font in [*runs, (len(text), 0)]:
        piece = text[at:start]
        at = max(at, start)
        if struck:
            gone += piece
        else:
            kept += piece
        struck = _is_struck(book, font)
    return kept, gone


@dataclass(slots=True)
class _Marks:
    """What xlrd does not tell: formulas saved without a value (sheet, row, column), texts of boxes, pictures."""

    unvalued: set[tuple[int, int, int]] = field(default_factory=set)
    boxes: dict[int, list[str]] = field(default_factory=dict)
    pictures: int = 0


def _find_stream(data: bytes) -> bytes | None:
    """The stream of records in an OLE file; None where there is none."""
    import olefile  # noqa: PLC0415

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            if ole.exists("EncryptedPackage"):
                raise UnreadableDocument("the workbook is encrypted")
            for name in ("Workbook", "Book"):
                if ole.exists(name):
                    return bytes(ole.openstream(name).read())
    except UnreadableDocument:
        raise
    except Exception:  # a damaged container: xlrd says what is wrong with it
        return None
    return None


_BOUNDSHEET, _RECORD_FORMULA, _OBJ, _TXO, _CONTINUE = 0x85, 0x06, 0x5D, 0x1B6, 0x3C


def _scan_records(stream: bytes) -> _Marks:
    """One pass over the records of a BIFF8 stream ([MS-XLS] 2.1.4)."""
    marks = _Marks()
    starts: dict[int, int] = {}
    sheet, offset, box = -1, 0, 0
    while offset + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, offset)
        body = stream[offset + 4 : offset + 4 + length]
        sheet = starts.get(offset, sheet)
        if kind == _BOUNDSHEET and length >= 6 and body[5] == 0:
            starts.setdefault(int.from_bytes(body[:4], "little"), len(starts))
        elif kind == _RECORD_FORMULA and length >= 22 and body[6] == 3 and body[12:14] == b"\xff\xff":
            # An empty text was saved. A formula gives one only if it holds one, or takes it from another cell.
            row, column = struct.unpack_from("<HH", body)
            if b"\x17\x00" not in body[22:]:
                marks.unvalued.add((sheet, row, column))
        elif kind == _OBJ and length >= 6 and body[4] == 8:
            marks.pictures += 1
        elif kind == _TXO and length >= 12:
            box = int.from_bytes(body[10:12], "little")
        elif kind == _CONTINUE and box and length > 1:
            text = body[1:].decode("utf-16-le" if body[0] & 1 else "latin-1", "replace")[:box]
            if cleaned := clean_text(text):
                marks.boxes.setdefault(sheet, []).append(cleaned)
            box = 0
        offset += 4 + length
    return marks
