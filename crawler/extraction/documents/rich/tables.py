"""Paragraphs, cells and rows of an .rtf as they end one after the other → items, tables inside tables included.

Nothing in RTF opens a table. A paragraph says how deep it lies, a cell ends with ``\\cell`` (``\\nestcell``), a row
with ``\\row`` (``\\nestrow``), and a table ends where a paragraph lies less deep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from crawler.extraction.documents.word.edges import MAX_ROWS, Merge
from crawler.extraction.documents.word.flow import MAX_NESTING, MAX_TABLES, WordCell, WordItem, WordTable, WordText
from crawler.extraction.errors import UnreadableDocument

TOLERANCE = 30  # twips (1.5 pt) between edges of one column
MAX_CELLS = 500  # of one row as written; Word ends at 63
_UNKNOWN_WIDTH = 600  # twips, for a cell that its row does not define

RAISED, LOWERED = "\x01", "\x02"
"""Marks around text that is set above or below the line."""
NOTE, END_OF_NOTE = "\x03", "\x04"
"""Marks around the number of a footnote."""
_NOTES = re.compile(f"{NOTE}[^{END_OF_NOTE}]*{END_OF_NOTE}")
_IN_CELL = str.maketrans({RAISED: "（", LOWERED: "）", NOTE: "（", END_OF_NOTE: "）"})
_IN_PROSE = str.maketrans({RAISED: "", LOWERED: ""})


@dataclass(slots=True)
class Tally:
    """How many tables were begun in all stories of a file."""

    tables: int = 0

    def count(self) -> None:
        self.tables += 1
        if self.tables > MAX_TABLES:
            raise UnreadableDocument(f"more than {MAX_TABLES:,} tables")


@dataclass(slots=True)
class CellDefinition:
    """What a row says about a cell before its right edge (in twips) closes the definition."""

    right: int = 0
    merge: Merge = ""
    joins: bool = False
    deleted: bool = False


@dataclass(slots=True)
class RowDefinition:
    """A row as defined since ``\\trowd``: its left edge in twips and its cells; ``next`` is the one being defined."""

    left: int = 0
    cells: list[CellDefinition] = field(default_factory=list)
    next: CellDefinition = field(default_factory=CellDefinition)

    def close_cell(self, right: int) -> None:
        if len(self.cells) >= MAX_CELLS:
            raise UnreadableDocument(f"a row of more than {MAX_CELLS} cells")
        self.next.right = right
        self.cells.append(self.next)
        self.next = CellDefinition()


@dataclass(slots=True)
class _Level:
    """A table that is being read: its rows, the cells of the row that is open, what the open cell holds."""

    rows: list[list[WordCell]] = field(default_factory=list)
    cells: list[list[WordItem]] = field(default_factory=list)
    items: list[WordItem] = field(default_factory=list)


class Story:
    """One flow of text: the body, a text box, a footnote (then ``note`` is its number)."""

    def __init__(self, tally: Tally, note: int | None = None) -> None:
        self.note = note
        self._tally = tally
        self._items: list[WordItem] = []
        self._levels: list[_Level] = []
        self.text: list[str] = []
        self.after: list[WordItem] = []
        self.row = RowDefinition()
        self.nested_row = RowDefinition()
        self.in_row = False

    def end_paragraph(self, depth: int, heading: int, *, last: bool = False) -> None:
        """``depth`` is how many tables the paragraph lies in; ``last``: without text there is no paragraph."""
        text = "".join(self.text)
        if last and not text and not self.after:
            self._go_to(depth)
            return
        if RAISED in text:
            text = text.replace(LOWERED + RAISED, "")
        text = text.translate(_IN_CELL) if depth else _NOTES.sub("", text).translate(_IN_PROSE)
        self.text.clear()
        items = self._go_to(depth)
        items.append(WordText(text, heading))
        items += self.after
        self.after.clear()

    def end_cell(self, depth: int, heading: int) -> None:
        self.end_paragraph(depth, heading, last=True)
        level = self._levels[depth - 1]
        level.cells.append(level.items)
        level.items = []
        if len(level.cells) > MAX_CELLS:
            raise UnreadableDocument(f"a row of more than {MAX_CELLS} cells")

    def end_row(self, depth: int, row: RowDefinition) -> None:
        self._go_to(depth)
        level = self._levels[depth - 1]
        if level.items:
            level.cells.append(level.items)
            level.items = []
        if len(level.rows) <= MAX_ROWS:
            level.rows.append(_make_row(row, level.cells))
        level.cells = []

    def finish(self) -> list[WordItem]:
        """All items, with what was left open closed."""
        depth = len(self._levels) if self.in_row else 0
        self.end_paragraph(depth, 0, last=True)
        self._go_to(0)
        return self._items

    def _go_to(self, depth: int) -> list[WordItem]:
        """Where items of that depth go: tables that are deeper end, those that are missing begin."""
        if depth > MAX_NESTING:
            raise UnreadableDocument(f"more than {MAX_NESTING} tables inside one another")
        while len(self._levels) > depth:
            level = self._levels[-1]
            if level.items or level.cells:  # a row without its end
                self._end_open_row(level)
            self._levels.pop()
            if level.rows:
                outer = self._levels[-1].items if self._levels else self._items
                outer.append(WordTable(level.rows, TOLERANCE))
        while len(self._levels) < depth:
            self._tally.count()
            self._levels.append(_Level())
        return self._levels[-1].items if self._levels else self._items

    def _end_open_row(self, level: _Level) -> None:
        if level.items:
            level.cells.append(level.items)
        level.rows.append(_make_row(self.row if len(self._levels) == 1 else self.nested_row, level.cells))


def _make_row(row: RowDefinition, contents: list[list[WordItem]]) -> list[WordCell]:
    cells: list[WordCell] = []
    left = row.left
    for i, items in enumerate(contents):
        definition = row.cells[i] if i < len(row.cells) else CellDefinition(left + _UNKNOWN_WIDTH)
        right = max(definition.right, left)
        if definition.joins and cells:
            cells[-1].right = right
            cells[-1].items += items
        elif not definition.deleted:
            cells.append(WordCell(left, right, definition.merge, items))
        left = right
    return cells
