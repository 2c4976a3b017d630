"""Lines of text as pieces between blanks, each with its columns on the line: what both ways of reading them share."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from crawler.extraction.documents.model import Paragraph, Place
from crawler.extraction.report.cells import is_value
from crawler.extraction.report.form import FormTable
from crawler.extraction.report.headers import Header, Leaf, is_heading, make_header, read_stream, side_rows
from crawler.extraction.report.labels import RowMatch, match_column
from crawler.extraction.text.clean import clean_text, display_width

CHUNK = re.compile(r"\S+")
WIDE_CHUNK = re.compile(r"\S+(?:[ \u3000]\S+)*")
LINE = re.compile(r"\S.*\S|\S")
CORNER = re.compile("勾稽关系|第.项[加＋+]第.项之?和")  # what the form prints in the corner of table III


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters between blanks: its text, its line (index of the paragraph), its columns on the line."""

    text: str
    line: int
    start: int
    end: int
    first: bool
    blanks: int
    place: Place

    @property
    def is_value(self) -> bool:
        return is_value(self.text)

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@dataclass(slots=True)
class Row:
    """A printed label with the pieces behind it that belong to its cells."""

    label: str
    match: RowMatch
    place: Place
    values: list[Piece] = field(default_factory=list)
    header: Header | None = None
    ends_with: Piece | None = None  # the piece behind the row: its blank lines close the last gap
    last: Piece | None = None  # the last piece of the label
    assumed: bool = False  # where its blank cells are was concluded, not seen


@dataclass(slots=True)
class LineTable:
    """A table as its lines give it: the rows with their values, the header of the last of them, numbers that belong to
    no label (a sideways table has only such), and texts that are no label. ``behind`` is how many blank lines stand
    between it and what follows, None if nothing does."""

    form: FormTable
    pieces: list[Piece]
    one_a_line: bool
    header: Header | None = None
    rows: list[Row] = field(default_factory=list)
    loose: list[Piece] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    behind: int | None = None


def cut(region: Sequence[tuple[int, Paragraph]], chunk: re.Pattern[str] = CHUNK) -> Iterable[Piece]:
    """The pieces of each line: what stands between blanks, between runs of blanks, or the whole line."""
    for index, paragraph in region:
        raw = paragraph.raw or paragraph.text
        column, at = 0, 0
        for number, found in enumerate(chunk.finditer(raw)):
            column += display_width(raw[at : found.start()])
            width = display_width(found.group())
            text = clean_text(found.group())
            if text and not CORNER.search(text):
                yield Piece(text, index, column, column + width, number == 0, paragraph.blanks, paragraph.place)
            column, at = column + width, found.end()


def is_one_a_line(pieces: Sequence[Piece]) -> bool:
    """Whether nearly every number stands alone on its line."""
    if not pieces:
        return False
    following = [*pieces[1:], None]
    valued = [(p, q) for p, q in zip(pieces, following, strict=True) if p.is_value]
    alone = sum(1 for p, q in valued if p.first and (q is None or q.first))
    return bool(valued) and alone >= 0.8 * len(valued)


def find_zones(full: Sequence[Sequence[Piece]]) -> list[float] | None:
    """Where one column of numbers ends and the next begins, by lines that have a number in each; None if these lines
    do not stand in columns."""
    if not full:
        return None
    middles = [median(pieces[c].middle for pieces in full) for c in range(len(full[0]))]
    zones = [(left + right) / 2 for left, right in pairwise(middles)]
    if any(bisect_right(zones, piece.middle) != c for pieces in full for c, piece in enumerate(pieces)):
        return None
    return zones


def is_laid_out(pieces: Sequence[Piece]) -> bool:
    """Whether lines keep the columns of a page: most of their pieces stand more than one blank apart."""
    gaps = [after.start - before.end for before, after in pairwise(pieces) if before.line == after.line]
    return len(gaps) >= 6 and 2 * sum(gap >= 2 for gap in gaps) > len(gaps)


def read_head(form: FormTable, head: Sequence[Piece]) -> Header | None:
    """The header that pieces make up: by their positions where they stand in columns, else by their order."""
    return _head_by_position(form, head) or read_stream(form.key, [(p.text, p.line) for p in head])


def _head_by_position(form: FormTable, head: Sequence[Piece]) -> Header | None:
    """The header where its labels stand in columns of their own, broken labels one part under the other."""
    pieces = [p for p in head if not _spans_columns(form, p.text)]
    columns: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.start):
        if columns and piece.start < max(p.end for p in columns[-1]):
            columns[-1].append(piece)
        else:
            columns.append([piece])
    labels = [("".join(p.text for p in sorted(column, key=lambda p: p.line)), column) for column in columns]
    if any(match_column(form, text) is None for text, _ in labels):
        return None
    groups = [p.text for p in sorted(head, key=lambda p: p.start) if side_rows(form, p.text)]
    if form.key == "review_litigation":
        return read_stream(form.key, [*((text, 0) for text in groups), *((text, 1) for text, _ in labels)])
    return make_header(form.key, [Leaf(text, _key(form, text)) for text, _ in labels])


def _spans_columns(form: FormTable, text: str) -> bool:
    """Whether a text of the header stands over several columns (法人或其他组织, 行政诉讼)."""
    if match_column(form, text) is not None:
        return False
    return is_heading(form.key, text) or (form.key == "review_litigation" and side_rows(form, text) is not None)


def _key(form: FormTable, text: str) -> str | None:
    column = match_column(form, text)
    return column.key if column else None
