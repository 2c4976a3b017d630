"""Word 97 to 2003 (.doc, and .wps of WPS Office, which is the same) → Document.

`doc97` gives the text by position with the properties of its paragraphs; here it becomes paragraphs, pictures
and tables in order, which `word.flow` lays out.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from crawler.extraction.documents.doc97.file import (
    HIDDEN,
    HIDDEN_CELL,
    HIDDEN_END,
    PICTURE_MARK,
    ParagraphProperties,
    WordFile,
)
from crawler.extraction.documents.doc97.lists import Lists
from crawler.extraction.documents.doc97.pictures import Pictures
from crawler.extraction.documents.doc97.rows import RowCell, read_row
from crawler.extraction.documents.doc97.streams import u32
from crawler.extraction.documents.grid import MAX_COLUMNS
from crawler.extraction.documents.model import Document, Picture, Place
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.struck import tell_struck
from crawler.extraction.documents.word.flow import WordCell, WordItem, WordNote, WordTable, WordText, make_document
from crawler.extraction.errors import UnreadableDocument

MEDIA_TYPE = "application/msword"
TOLERANCE = 30  # twips (1.5 pt) by which edges of one column may differ
MAX_PARAGRAPHS = 50_000  # cells count as such; the longest reports have 3,000
MAX_TABLES = 2_000  # where each number stands in a box of its own there are 200
MAX_NOTES = 2_000
MAX_WARNINGS = 20
_LONGEST_NOTE = 10_000  # characters
NOTE = "（注）"
_WIDTH_UNKNOWN = 1000  # twips, for cells whose row says nothing of its edges
_DRAWN = "\x08"
_NOTE_MARK = "\x02"
_ENDS = re.compile(f"[\x07\x0c\r{HIDDEN_END}{HIDDEN_CELL}]")
_SPECIAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_CONTROLS: dict[int, str | None] = dict.fromkeys([*range(9), *range(11, 32)], None)
_CONTROLS |= {0x0B: "\n", 0x0E: "\n", 0x1E: "-"}  # line break, column break, hyphen that does not break
_DIGIT = re.compile(r"\d")


def read_doc(data: bytes, options: Options = Options()) -> Document:  # noqa: B008  (frozen)
    """The document of a Word file of the old binary format.

    Raises UnreadableDocument for what is no such file, is encrypted, older than Word 97, cut off, broken, empty or
    beyond the limits. Nothing is run or fetched, and no choice of ``options`` changes what is read.
    """
    del options
    try:
        word = WordFile(data)
        reader = _Reader(word)
        items = reader.read("main") + reader.read("boxes")
    except RecursionError:
        raise UnreadableDocument("the Word file is broken: it is nested too deep") from None
    return make_document(MEDIA_TYPE, items, [*reader.warnings, *tell_struck(word.struck)])


@dataclass(slots=True)
class _Open:
    """A table being read: its rows, the cells of the row so far, and what the cell holds so far."""

    rows: list[list[WordCell]] = field(default_factory=list)
    cells: list[list[WordItem]] = field(default_factory=list)
    items: list[WordItem] = field(default_factory=list)


class _Reader:
    """Reads the stories of a file as items."""

    def __init__(self, word: WordFile) -> None:
        self.warnings: list[tuple[str, str]] = []
        self._word = word
        self._lists = Lists(*word.part_and_rest(73), word.part(74))
        self._pictures = Pictures(word)
        self._notes = _find_notes(word)
        self._note_places = sorted(self._notes)
        self._raised = sorted(word.raised)
        self._shown = sorted(word.shown)
        self._paragraphs = 0
        self._pictured = 0
        self._tables = 0

    def read(self, story: str) -> list[WordItem]:
        """The paragraphs, tables, notes and pictures of a story in order."""
        begin, end = self._word.stories[story]
        items: list[WordItem] = []
        stack: list[_Open] = []
        start = begin
        for mark in _ENDS.finditer(self._word.text, begin, end):
            at, kind = mark.start(), mark.group()
            properties = self._word.paragraph(at)
            self._paragraphs += 1
            if self._paragraphs > MAX_PARAGRAPHS:
                raise UnreadableDocument(f"a Word file of more than {MAX_PARAGRAPHS:,} paragraphs")
            if kind == HIDDEN_END and not properties.cell_end and not properties.row_end:
                continue  # what follows is printed in the same paragraph
            self._enter(stack, properties.depth, items)
            target = stack[-1].items if stack else items
            row_end = properties.row_end and bool(stack)
            if not row_end:
                target += self._paragraph(start, at, properties, in_cell=bool(stack))
            start = at + 1
            if row_end:
                self._end_row(stack[-1], properties, hidden=kind in (HIDDEN_END, HIDDEN_CELL))
            elif stack and (properties.cell_end if len(stack) > 1 else kind in ("\x07", HIDDEN_CELL)):
                stack[-1].cells.append(stack[-1].items)
                if len(stack[-1].cells) > MAX_COLUMNS:
                    raise UnreadableDocument(f"a table of more than {MAX_COLUMNS} columns")
                stack[-1].items = []
        if start < end:
            self._enter(stack, 0, items)
            items += self._paragraph(start, end, ParagraphProperties(), in_cell=False)
        self._enter(stack, 0, items)
        return items

    def _enter(self, stack: list[_Open], depth: int, items: list[WordItem]) -> None:
        """Opens and closes tables until so many are open."""
        while len(stack) > depth:
            table = stack.pop()
            if table.cells or table.items:  # the row was never ended
                cells = [*table.cells, table.items] if table.items else table.cells
                table.rows.append(self._place_cells(cells, []))
            if table.rows:
                (stack[-1].items if stack else items).append(WordTable(table.rows, TOLERANCE))
        while len(stack) < depth:
            stack.append(_Open())
            self._tables += 1
            if self._tables > MAX_TABLES:
                raise UnreadableDocument(f"a Word file of more than {MAX_TABLES:,} tables")

    def _end_row(self, table: _Open, properties: ParagraphProperties, *, hidden: bool) -> None:
        """A row whose mark is hidden is gone only if nothing in it is printed: a mark takes the properties of what
        follows it where a writer says none for it, so one that is printed stands before a number that is not."""
        cells = [*table.cells, table.items] if table.items else table.cells
        table.cells, table.items = [], []
        if cells and not (hidden and not any(_prints(item) for items in cells for item in items)):
            table.rows.append(self._place_cells(cells, read_row(properties.row)))

    def _place_cells(self, contents: list[list[WordItem]], shapes: list[RowCell]) -> list[WordCell]:
        """The cells of a row at their edges. Where the row does not say where they stand, they stand side by side."""
        placed: list[WordCell] = []
        unplaced = ""
        for i, items in enumerate(contents):
            if i < len(shapes):
                shape = shapes[i]
            else:
                edge = placed[-1].right if placed else 0
                shape = RowCell(int(edge), int(edge) + _WIDTH_UNKNOWN)
                if not unplaced:
                    unplaced = _text_of(items)[:40]
            if not shape.joins:
                placed.append(WordCell(shape.left, shape.right, shape.merge, items))
        missing = len(shapes) - len(contents)
        if (
            missing > 0
            and any(_DIGIT.search(_text_of(items)) for items in contents)
            and len(self.warnings) < MAX_WARNINGS
        ):
            says = f"a row holds {len(contents)} cells and says {len(shapes)}"
            self.warnings.append(("odd_row", f"{says}: {' | '.join(map(_text_of, contents))[:80]!r}"))
        placed += [
            WordCell(shape.left, shape.right, shape.merge) for shape in shapes[len(contents) :] if not shape.joins
        ]
        if unplaced and len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(("cell_without_edges", f"where this cell stands is not said: {unplaced!r}"))
        return placed

    def _paragraph(self, begin: int, end: int, properties: ParagraphProperties, *, in_cell: bool) -> list[WordItem]:
        """A paragraph with the pictures and notes that stand in it."""
        text = self._word.text[begin:end]
        if self._word.style_says(properties.style)[0]:
            text = self._only_shown(begin, end)
        items: list[WordItem] = []
        if _SPECIAL.search(text) or in_cell:
            items = self._take_pictures(text, begin)
            text = self._clean(text, begin, in_cell=in_cell)
        if properties.list_number:
            label = self._lists.next_label(properties.list_number, properties.list_level)
            blank = " " if label[-1:].isdigit() and text[:1].isdigit() else ""
            text = label + blank + text
        if text:
            items.insert(0, WordText(text, properties.heading))
        low = bisect_left(self._note_places, begin)
        for place in self._note_places[low : bisect_left(self._note_places, end)]:
            items += self._note(*self._notes[place])
        return items

    def _clean(self, text: str, begin: int, *, in_cell: bool) -> str:
        """The text without its control characters; in a cell with brackets around what is raised, for a small digit
        must not join the number before it."""
        if in_cell:
            parts: list[str] = []
            at = 0
            low = max(bisect_right(self._raised, (begin, begin)) - 1, 0)
            for start, stop in self._raised[low : bisect_left(self._raised, (begin + len(text), 0))]:
                first, last = max(start - begin, at), min(stop - begin, len(text))
                if first < last and (small := text[first:last].translate(_CONTROLS).strip()):
                    parts += [text[at:first], "（", small, "）"]
                    at = last
            text = ("".join(parts) + text[at:]).replace(_NOTE_MARK, NOTE)
        text = text.translate(_CONTROLS)
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _only_shown(self, begin: int, end: int) -> str:
        """The text of a paragraph whose style hides it, but for the runs that say otherwise."""
        text = self._word.text
        parts: list[str] = []
        at = begin
        low = max(bisect_right(self._shown, (begin, begin)) - 1, 0)
        for start, stop in self._shown[low : bisect_left(self._shown, (end, 0))]:
            first, last = max(start, at), min(stop, end)
            if first < last:
                parts += [HIDDEN * (first - at), text[first:last]]
                at = last
        return "".join(parts) + HIDDEN * (end - at)

    def _take_pictures(self, text: str, begin: int) -> list[WordItem]:
        items: list[WordItem] = []
        for offset, char in enumerate(text) if PICTURE_MARK in text or _DRAWN in text else ():
            found: list[tuple[str, bytes | None]] = []
            if char == PICTURE_MARK and text[max(offset - 1, 0)] != _DRAWN:  # there it keeps the place of the drawing
                found = self._pictures.inline(begin + offset)
            elif char == _DRAWN:
                found = self._pictures.floating(begin + offset)
            for kind, data in found:
                self._pictured += 1
                items.append(Picture(data, f"picture-{self._pictured}{kind and '.' + kind}", Place()))
        return items

    def _note(self, begin: int, end: int) -> list[WordItem]:
        lines = (self._clean(line, begin, in_cell=False) for line in _ENDS.split(self._word.text[begin:end]))
        text = "\n".join(line for line in lines if line.strip())
        return [WordNote(text)] if text else []


def _find_notes(word: WordFile) -> dict[int, tuple[int, int]]:
    """Where footnotes and endnotes are referred to → where their text begins and ends."""
    notes: dict[int, tuple[int, int]] = {}
    for story, references, texts in (("notes", 2, 3), ("endnotes", 46, 47)):
        begin, end = word.stories[story]
        cps, places = word.part(texts), word.part(references)
        for i in range(min(max((len(places) - 4) // 6, 0), len(cps) // 4 - 1, MAX_NOTES)):
            start = begin + u32(cps, 4 * i)
            stop = min(begin + u32(cps, 4 * i + 4), start + _LONGEST_NOTE, end)
            if start < stop:
                notes[u32(places, 4 * i)] = start, stop
    return notes


def _prints(item: WordItem) -> bool:
    return not isinstance(item, WordText) or bool(item.text.strip())


def _text_of(items: list[WordItem]) -> str:
    return "".join(item.text for item in items if isinstance(item, WordText)).strip()
