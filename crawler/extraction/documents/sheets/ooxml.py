"""The sheets of an .xlsx package (ECMA-376), from its parts. Links to other files are left alone."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml.etree import _Element as Element

from crawler.extraction.documents.model import Paragraph, Picture
from crawler.extraction.documents.package import Package
from crawler.extraction.documents.sheets.cells import (
    BUILTIN_FORMATS,
    FORMULA,
    MAX_SHEETS,
    Sheet,
    print_number,
    read_range,
    read_reference,
)
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_text

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}"


def read_parts(package: Package) -> list[Sheet]:
    """The sheets of a package, in the order of the workbook."""
    start = _relations(package, "").get("officeDocument", [])
    main = next((path for path in start if path in package), "xl/workbook.xml")
    workbook = package.parse(main)
    relations = _relation_ids(package, main)
    by_type = _relations(package, main)
    strings = _read_strings(package, by_type.get("sharedStrings", []))
    looks = _read_styles(package, by_type.get("styles", []))
    properties = workbook.find("{*}workbookPr")
    since_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
    entries = workbook.findall("{*}sheets/{*}sheet")
    if not entries:
        raise UnreadableDocument("the workbook has no sheet")
    if len(entries) > MAX_SHEETS:
        raise UnreadableDocument(f"a workbook of {len(entries):,} sheets; the limit is {MAX_SHEETS}")
    sheets = []
    for entry in entries:
        key = entry.get(f"{_RELATION}id") or entry.get(f"{_STRICT_RELATION}id") or ""
        path = relations.get(key)
        if path is None or path not in package:
            raise UnreadableDocument(f"the sheet {entry.get('name', '')[:40]} is not in the workbook")
        sheet = Sheet(entry.get("name", ""), hidden=entry.get("state", "visible") != "visible")
        root = package.parse(path)
        if isinstance(root.tag, str) and root.tag.endswith("}worksheet"):
            _read_worksheet(sheet, root, strings, looks, since_1904=since_1904)
            _read_drawings(sheet, package, path)
        sheets.append(sheet)
    return sheets


def _relation_elements(package: Package, part: str) -> Iterator[tuple[str, str, str]]:
    """Id, kind and path of what a part points to inside the package; links to elsewhere are left alone."""
    folder, name = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    if path not in package:
        return
    for element in package.parse(path).iter("{*}Relationship"):
        if element.get("TargetMode") == "External":
            continue
        target = posixpath.normpath(posixpath.join("/" + folder, element.get("Target", ""))).lstrip("/")
        yield element.get("Id", ""), element.get("Type", "").rpartition("/")[2], target


def _relations(package: Package, part: str) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for _, kind, path in _relation_elements(package, part):
        out.setdefault(kind, []).append(path)
    return out


def _relation_ids(package: Package, part: str) -> dict[str, str]:
    return {key: path for key, _, path in _relation_elements(package, part)}


@dataclass(frozen=True, slots=True)
class _String:
    """A string as its runs: text, and whether it is struck through (None: as the font of its cell says)."""

    runs: tuple[tuple[str, bool | None], ...]

    def divide(self, *, struck: bool) -> tuple[str, str]:
        """What is printed and what is struck through in a cell whose font is struck or not."""
        kept = "".join(text for text, own in self.runs if not (struck if own is None else own))
        gone = "".join(text for text, own in self.runs if (struck if own is None else own))
        return kept, gone


def _read_strings(package: Package, paths: Iterable[str]) -> list[_String]:
    return [_read_rich(item) for path in paths if path in package for item in package.parse(path).iterfind("{*}si")]


def _read_rich(item: Element) -> _String:
    """A string with its runs, without the reading aids over them."""
    runs: list[tuple[str, bool | None]] = [(t.text or "", None) for t in item.iterfind("{*}t")]
    for run in item.iterfind("{*}r"):
        font = run.find("{*}rPr")
        text = "".join(t.text or "" for t in run.iterfind("{*}t"))
        runs.append((text, None if font is None else _is_struck(font)))
    return _String(tuple(runs))


def _is_struck(font: Element) -> bool:
    mark = font.find("{*}strike")
    return mark is not None and mark.get("val", "1") not in {"0", "false"}


@dataclass(frozen=True, slots=True)
class _Look:
    """A cell format: its number format, whether it has a line at the left or right, whether it strikes through."""

    code: str = "General"
    ruled: bool = False
    struck: bool = False


def _read_styles(package: Package, paths: Iterable[str]) -> list[_Look]:
    """The cell formats by their numbers."""
    looks: list[_Look] = []
    for path in paths:
        if path not in package:
            continue
        root = package.parse(path)
        codes = dict(BUILTIN_FORMATS)
        for element in root.iterfind("{*}numFmts/{*}numFmt"):
            codes[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
        lines = [
            any(
                side.get("style", "none") != "none"
                for tag in ("left", "right", "start", "end")
                for side in border.iterfind(f"{{*}}{tag}")
            )
            for border in root.iterfind("{*}borders/{*}border")
        ]
        struck = [_is_struck(font) for font in root.iterfind("{*}fonts/{*}font")]
        for xf in root.iterfind("{*}cellXfs/{*}xf"):
            code = codes.get(int(xf.get("numFmtId", "0")), "General")
            border, font = int(xf.get("borderId", "0")), int(xf.get("fontId", "0"))
            looks.append(_Look(code, border < len(lines) and lines[border], 0 <= font < len(struck) and struck[font]))
    return looks


def _read_worksheet(
    sheet: Sheet, root: Element, strings: Sequence[_String], looks: Sequence[_Look], *, since_1904: bool
) -> None:
    for column in root.iterfind("{*}cols/{*}col"):
        if column.get("hidden") in {"1", "true"}:
            first, last = int(column.get("min", "1")), int(column.get("max", "1"))
            sheet.hidden_columns.update(range(first - 1, min(last, 16_384)))
    row = -1
    for element in root.iterfind("{*}sheetData/{*}row"):
        row = int(element.get("r", row + 2)) - 1
        if element.get("hidden") in {"1", "true"}:
            sheet.hidden_rows.add(row)
        column_ = -1
        for cell in element.iterfind("{*}c"):
            place = read_reference(cell.get("r", ""))
            column_ = place[1] if place else column_ + 1
            style = int(cell.get("s", "0"))
            look = looks[style] if style < len(looks) else _Look()
            if look.ruled:
                sheet.ruled.add((row, column_))
            string = _read_cell(cell, strings, look.code, since_1904=since_1904)
            text, gone = string.divide(struck=look.struck) if isinstance(string, _String) else (string, "")
            if text and look.struck and not isinstance(string, _String):
                text, gone = "", text
            if gone:
                sheet.struck[row, column_] = gone
            if text is None:
                sheet.unvalued.append((row, column_))
                text = FORMULA
            if text and not text.isspace():
                sheet.texts[row, column_] = text
    for merge in root.iterfind("{*}mergeCells/{*}mergeCell"):
        if (found := read_range(merge.get("ref", ""))) is not None:
            sheet.merges.append(found)


def _read_cell(cell: Element, strings: Sequence[_String], code: str, *, since_1904: bool) -> _String | str | None:
    """The text of a cell as printed, or its string; None for a formula without a value."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = cell.find("{*}is")
        return _read_rich(inline) if inline is not None else ""
    stored = cell.find("{*}v")
    value = (stored.text or "") if stored is not None else ""
    if not value and kind != "str":
        return None if cell.find("{*}f") is not None else ""
    if kind == "s":
        return strings[int(value)] if value.strip().isdecimal() and int(value) < len(strings) else "#REF!"
    if kind == "b":
        return {"1": "TRUE", "0": "FALSE"}.get(value.strip(), value)
    if kind != "n" or not value.strip():
        return value
    number = float(value)
    return print_number(number, code, since_1904=since_1904) if abs(number) < 1e300 else value


def _read_drawings(sheet: Sheet, package: Package, path: str) -> None:
    """Pictures and text boxes over the cells, at the rows where they begin."""
    for drawing in _relations(package, path).get("drawing", []):
        if drawing not in package:
            continue
        media = _relation_ids(package, drawing)
        for anchor in package.parse(drawing):
            start = anchor.find("{*}from")
            row = int(start.findtext("{*}row") or 0) if start is not None else 0
            column = int(start.findtext("{*}col") or 0) if start is not None else 0
            for blip in anchor.iterfind(".//{*}blip"):
                name = media.get(blip.get(f"{_RELATION}embed") or blip.get(f"{_STRICT_RELATION}embed") or "")
                if name is not None and name in package:
                    sheet.floating.append((row, Picture(package.read(name), name, sheet.place(row, column))))
            for paragraph in anchor.iterfind(".//{*}txBody/{*}p"):
                text = clean_text("".join(t.text or "" for t in paragraph.iterfind(".//{*}t")))
                if text:
                    sheet.floating.append((row, Paragraph(text, sheet.place(row, column))))
