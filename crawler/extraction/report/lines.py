"""Lines of text → cells of the form, where a converter left a table as nothing but labels, numbers and blanks.

Three ways of leaving it are read: columns divided by blanks, where a blank cell leaves no trace but its width; one cell
a line, where a blank cell is a blank line; and anything in between whose rows have one number for each header. Labels
may be broken over lines, with the numbers of their row between the pieces.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from crawler.extraction.documents.model import Paragraph, Place
from crawler.extraction.report.cells import is_value, read_cell
from crawler.extraction.report.collect import Collector
from crawler.extraction.report.form import FormTable, Label, load_form, make_label
from crawler.extraction.report.grids import note_label
from crawler.extraction.report.headers import (
    MAX_PIECES,
    Header,
    Leaf,
    checked,
    is_heading,
    read_stream,
    side_rows,
    tells,
)
from crawler.extraction.report.labels import RowMatch, match_column, match_group, match_row
from crawler.extraction.text.clean import clean_text, display_width, label_key
from crawler.extraction.text.numbering import read_mark

_CHUNK = re.compile(r"\S+")
_WIDE_CHUNK = re.compile(r"\S+(?:[ \u3000]\S+)*")
_LINE = re.compile(r"\S.*\S|\S")
_CORNER = re.compile("勾稽关系|第.项[加＋+]第.项之?和")  # what the form prints in the corner of table III
_PROSE = re.compile("[。；]")


@dataclass(frozen=True, slots=True)
class _Piece:
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
class _Row:
    """A printed label with the pieces behind it that belong to its cells."""

    label: str
    match: RowMatch
    place: Place
    values: list[_Piece] = field(default_factory=list)
    header: Header | None = None
    ends_with: _Piece | None = None  # the piece behind the row: its blank lines close the last gap
    last: _Piece | None = None  # the last piece of the label
    assumed: bool = False  # where its blank cells are was concluded, not seen


def read_lines(paragraphs: Sequence[tuple[int, Paragraph]], collector: Collector) -> set[int]:
    """Reads the tables that stand as lines among paragraphs (index, paragraph). Returns the indices it used.

    ``paragraphs`` is what stands between two headings of sections, in order.
    """
    used: set[int] = set()
    for table, region in _find_regions(paragraphs):
        pieces = list(_cut(region))
        one_a_line = _is_one_a_line(pieces)
        if one_a_line:
            pieces = list(_cut(region, _LINE))
        elif _is_laid_out(pieces):
            pieces = list(_cut(region, _WIDE_CHUNK))
        if pieces and _Lines(table, pieces, collector, one_a_line).read():
            used.update(index for index, _ in region)
    return used


def _find_regions(
    paragraphs: Sequence[tuple[int, Paragraph]],
) -> Iterable[tuple[str, list[tuple[int, Paragraph]]]]:
    """The stretches of lines that are a table: from the first label that tells it to the next prose."""
    region: list[tuple[int, Paragraph]] = []
    table: str | None = None
    for index, paragraph in paragraphs:
        kind = _kind_of(paragraph)
        if kind is not None and kind != table:
            if table is not None:
                yield table, region
            table, region = kind, []
        elif table is not None and _is_prose(table, paragraph):
            yield table, region
            table, region = None, []
        if table is not None:
            region.append((index, paragraph))
    if table is not None:
        yield table, region


def _kind_of(paragraph: Paragraph) -> str | None:
    """The table that a line can only belong to, by one of its labels."""
    if len(paragraph.text) > 160 or _PROSE.search(paragraph.text):
        return None
    pieces = [clean_text(p) for p in _CHUNK.findall(paragraph.raw or paragraph.text)]
    if any(_is_count(p) for p in pieces):
        return None
    for text in (paragraph.text, *pieces):
        if is_heading("proactive", text) and len(text) <= 14:
            return "proactive"
        if "勾稽关系" in text and len(text) < 60:
            return "applications"
        if (kind := tells(text)) is not None:
            return kind
    named = ("行政复议", "行政诉讼")
    return "review_litigation" if pieces and all(make_label(p).text in named for p in pieces) else None


def _is_prose(table: str, paragraph: Paragraph) -> bool:
    text = paragraph.text
    if _CORNER.search(text) or is_heading(table, text):
        return False
    if len(text) >= 16 and not any(is_value(piece) for piece in _CHUNK.findall(text)) and read_mark(text) is None:
        form = load_form().tables[table]
        key = label_key(text)
        whole = [own for row in form.rows for own in row.printed]
        if not any(key in label for label in whole) and match_row(form, text) is None:
            pieces = _CHUNK.findall(paragraph.raw or text)
            if len(pieces) == 1 and match_column(form, text) is None:
                return True  # prose that goes on in the next line
    return (len(text) >= 8 and text.endswith("。")) or (len(text) >= 40 and bool(_PROSE.search(text)))


def _cut(region: Sequence[tuple[int, Paragraph]], chunk: re.Pattern[str] = _CHUNK) -> Iterable[_Piece]:
    """The pieces of each line: what stands between blanks, between runs of blanks, or the whole line."""
    for index, paragraph in region:
        raw = paragraph.raw or paragraph.text
        column, at = 0, 0
        for number, found in enumerate(chunk.finditer(raw)):
            column += display_width(raw[at : found.start()])
            width = display_width(found.group())
            text = clean_text(found.group())
            if text and not _CORNER.search(text):
                yield _Piece(text, index, column, column + width, number == 0, paragraph.blanks, paragraph.place)
            column, at = column + width, found.end()


def _is_one_a_line(pieces: Sequence[_Piece]) -> bool:
    """Whether nearly every number stands alone on its line."""
    following = [*pieces[1:], None]
    valued = [(p, q) for p, q in zip(pieces, following, strict=True) if p.is_value]
    alone = sum(1 for p, q in valued if p.first and (q is None or q.first))
    return bool(valued) and alone >= 0.8 * len(valued)


def _zones(full: Sequence[Sequence[_Piece]]) -> list[float] | None:
    """Where one column of numbers ends and the next begins, by lines that have a number in each; None if these lines
    do not stand in columns."""
    if not full:
        return None
    middles = [median(pieces[c].middle for pieces in full) for c in range(len(full[0]))]
    zones = [(left + right) / 2 for left, right in pairwise(middles)]
    if any(bisect_right(zones, piece.middle) != c for pieces in full for c, piece in enumerate(pieces)):
        return None
    return zones


def _is_laid_out(pieces: Sequence[_Piece]) -> bool:
    """Whether lines keep the columns of a page: most of their pieces stand more than one blank apart."""
    gaps = [after.start - before.end for before, after in pairwise(pieces) if before.line == after.line]
    return len(gaps) >= 6 and 2 * sum(gap >= 2 for gap in gaps) > len(gaps)


def _is_count(text: str) -> bool:
    return read_cell(text, amount=True, signed=True).value is not None


class _Lines:
    """One table as a stream of pieces."""

    def __init__(self, table: str, pieces: list[_Piece], collector: Collector, one_a_line: bool) -> None:
        self.form: FormTable = collector.form.tables[table]
        self.table = table
        self.pieces = pieces
        self.out = collector
        self.one_a_line = one_a_line
        self.rows: list[_Row] = []
        self.header: Header | None = None
        self.head: list[_Piece] = []
        self.rest = ""  # what is still to come of a label that the layout broke
        self.group: Label | None = None
        self.loose: list[_Piece] = []
        self.unknown: list[str] = []

    def read(self) -> bool:
        """Reads the table; False if there is no header or no row in it."""
        if not self._read_layout():
            i = 0
            while i < len(self.pieces):
                i = self._step(i)
        if self.header is None and not self._take_header():
            return False
        assert self.header is not None
        if self.header.leaves[0].row is not None:
            return self._put_sideways()
        if not self.rows:
            return False
        self._put_rows()
        for text in self.unknown:
            self.out.warn("unplaced_text", self.table, f": {text!r} is no label of the form", lowers=True)
        if self.loose:
            printed = " ".join(p.text for p in self.loose)
            self.out.warn("unplaced_values", self.table, f": numbers without a label: {printed!r}", lowers=True)
        return True

    # --- from pieces to labels with their values

    def _step(self, i: int) -> int:
        piece = self.pieces[i]
        row = self.rows[-1] if self.rows and self.rows[-1].ends_with is None else None
        if piece.is_value:
            if row is not None:
                row.values.append(piece)
            else:
                self.loose.append(piece)
            return i + 1
        if self.table == "review_litigation" and row is None and self._step_sideways(i):
            return i + 1
        if self._completes(piece.text):
            return i + 1
        count, match = self._find_row(i, exact=True)
        if match is not None and not self._is_group_only(i, count, match):
            return self._open_row(i, count, match)
        texts = [text for n in range(1, MAX_PIECES + 1) if (text := self._join(i, n)) is not None]
        for count, joined in enumerate(texts, 1):
            group = match_group(self.form, joined)
            if group is not None and make_label(joined).text == group.text:
                self._close_row(piece)
                self.group = group
                return i + count
        for count, joined in enumerate(texts, 1):
            if match_column(self.form, joined) is not None or is_heading(self.table, joined):
                if row is None or self._heads_again(joined):
                    self._close_row(piece)
                    self.head.extend(self.pieces[i : i + count])
                return i + count
        if self._begins(piece):
            return i + 1
        around = self._find_around(i)
        if around is not None:
            count, values, tail, match = around
            self._open_row(i, count, match)
            self.rows[-1].values.extend(self.pieces[i + count : i + count + values])
            self.rows[-1].last = self.pieces[i + count + values + tail - 1]
            return i + count + values + tail
        count, match = self._find_row(i, exact=False)
        if match is not None:
            return self._open_row(i, count, match)
        if self._is_part(piece.text):
            return i + 1
        if row is not None and self._lacks(row) and len(piece.text) <= 8 and self._is_in_cell(i):
            row.values.append(piece)  # something is printed in a cell that is no number
            return i + 1
        if self.rows or self.header:
            self._close_row(piece)
            self.unknown.append(piece.text)
        else:
            self.head.append(piece)
        return i + 1

    def _is_in_cell(self, i: int) -> bool:
        """Whether a text stands where a number should: alone on its line, or on a line with numbers."""
        piece = self.pieces[i]
        return self.one_a_line or any(p.is_value and p.line == piece.line for p in self.pieces[max(i - 8, 0) : i + 8])

    def _step_sideways(self, i: int) -> bool:
        """Takes a piece as part of the header of a sideways table."""
        self.head.append(self.pieces[i])
        return True

    def _join(self, i: int, count: int) -> str | None:
        pieces = self.pieces[i : i + count]
        if len(pieces) < count or any(p.is_value for p in pieces):
            return None
        return "".join(p.text for p in pieces)

    def _find_row(self, i: int, *, exact: bool) -> tuple[int, RowMatch | None]:
        for count in range(1, MAX_PIECES + 1):
            text = self._join(i, count)
            if text is None:
                break
            match = self._match(text)
            if match is not None and match.exact == exact:
                return count, match
        return 0, None

    def _match(self, text: str) -> RowMatch | None:
        if not self.rows and not self.head and self.table != "proactive":
            return None
        if self.table == "applications" and not self._header_is_whole() and make_label(text).text == "总计":
            return None
        return match_row(self.form, text, self.group) or match_row(self.form, text, None)

    def _header_is_whole(self) -> bool:
        """Whether the columns have been printed already, so that 总计 is the label of a row."""
        return bool(self.rows)

    def _is_group_only(self, i: int, count: int, match: RowMatch) -> bool:
        """Whether a label that names a row and a group (（六）其他处理) stands here for the group."""
        label = match.row.labels[0]
        if not any(group.text == label.text for group in self.form.groups()):
            return False
        behind = self.pieces[i + count : i + count + 1]
        if not behind or behind[0].is_value:
            return False
        group = next(g for g in self.form.groups() if g.text == label.text)
        for pieces in range(1, MAX_PIECES + 1):
            text = self._join(i + count, pieces)
            found = match_row(self.form, text, group) if text else None
            if found is not None and found.row.group is not None and found.row.group.text == group.text:
                return True
        start = make_label(behind[0].text)  # the first line of the group may be broken, its numbers between
        return any(
            row.labels[0].text.startswith(start.text) and start.level == row.labels[0].level
            for row in self.form.rows
            if row.group is not None and row.group.text == group.text
        )

    def _find_around(self, i: int) -> tuple[int, int, int, RowMatch] | None:
        """A label broken in two with the numbers of its row between: pieces, numbers, pieces, and the row."""
        for count in range(1, MAX_PIECES + 1):
            head = self._join(i, count)
            if head is None:
                return None
            at = i + count
            values = 0
            while at + values < len(self.pieces) and (
                self.pieces[at + values].is_value
                or (
                    len(self.pieces[at + values].text) <= 8
                    and self._is_in_cell(at + values)
                    and self._match_none(at + values)
                )
            ):
                values += 1
            if not any(p.is_value for p in self.pieces[at : at + values]):
                continue
            for tail in range(1, MAX_PIECES + 1):
                rest = self._join(at + values, tail)
                if rest is None:
                    break
                match = self._match(head + rest)
                if match is not None and match.exact:
                    return count, values, tail, match
        return None

    def _begins(self, piece: _Piece) -> bool:
        """Takes the first part of a broken group label (（三）不予); the rest may come lines later (公开)."""
        label = make_label(piece.text)
        known = [*self.form.groups(), *self.form.headings]
        for own in known:
            if not (own.marked and (own.level, own.number) == (label.level, label.number)):
                continue
            if label.text and own.text.startswith(label.text) and not self._starts_row(piece.text):
                self._close_row(piece)
                self.group = own if own in self.form.groups() else None
                self.rest = own.text[len(label.text) :]
                return True
        return False

    def _starts_row(self, text: str) -> bool:
        label = make_label(text)
        own = [row.labels[0] for row in self.form.rows]
        return any((o.level, o.number) == (label.level, label.number) and o.text == label.text for o in own)

    def _completes(self, text: str) -> bool:
        """Takes a further part of a label that was begun."""
        key = make_label(text).text
        if not self.rest or not key or not self.rest.startswith(key):
            return False
        self.rest = self.rest[len(key) :]
        return True

    def _match_none(self, i: int) -> bool:
        """Whether a piece is no label and no part of one."""
        text = self.pieces[i].text
        return not self._is_part(text) and self._match(text) is None and not make_label(text).marked

    def _is_part(self, text: str) -> bool:
        """Whether a piece is part of a label that the layout broke apart (公开 of （三）不予 / 公开)."""
        key = make_label(text).text
        labels = [*(g.text for g in self.form.groups()), *(h.text for h in self.form.headings)]
        return len(key) >= 2 and any(key in label for label in labels)

    def _heads_again(self, text: str) -> bool:
        """Whether a label of a column opens a new header behind rows (table II has one for each article)."""
        return self.table == "proactive" or tells(text) == self.table

    def _open_row(self, i: int, count: int, match: RowMatch) -> int:
        piece = self.pieces[i]
        self._close_row(piece)
        self._take_header()
        if match.row.group is None:
            self.group = None
        label = "".join(p.text for p in self.pieces[i : i + count])
        self.rows.append(_Row(label, match, piece.place, [], self.header, None, self.pieces[i + count - 1]))
        return i + count

    def _close_row(self, behind: _Piece | None) -> None:
        if self.rows and self.rows[-1].ends_with is None and behind is not None:
            self.rows[-1].ends_with = behind

    def _take_header(self) -> bool:
        """Makes the labels gathered since the last row the header of the next ones."""
        if self.head:
            header = self._head_by_position() or read_stream(self.table, [(p.text, p.line) for p in self.head])
            if header is not None:
                self.header = header
                self.out.print_columns(self.table, header.keys())
            self.head = []
        return self.header is not None

    def _head_by_position(self) -> Header | None:
        """The header where its labels stand in columns of their own, broken labels one part under the other."""
        pieces = [p for p in self.head if not self._spans_columns(p.text)]
        columns: list[list[_Piece]] = []
        for piece in sorted(pieces, key=lambda p: p.start):
            if columns and piece.start < max(p.end for p in columns[-1]):
                columns[-1].append(piece)
            else:
                columns.append([piece])
        labels = [("".join(p.text for p in sorted(column, key=lambda p: p.line)), column) for column in columns]
        if any(match_column(self.form, text) is None for text, _ in labels):
            return None
        groups = [p.text for p in sorted(self.head, key=lambda p: p.start) if side_rows(self.form, p.text)]
        if self.table == "review_litigation":
            return read_stream(self.table, [*((text, 0) for text in groups), *((text, 1) for text, _ in labels)])
        return checked(self.table, [Leaf(text, _key(self.form, text)) for text, _ in labels])

    def _spans_columns(self, text: str) -> bool:
        """Whether a text of the header stands over several columns (法人或其他组织, 行政诉讼)."""
        if match_column(self.form, text) is not None:
            return False
        return is_heading(self.table, text) or (
            self.table == "review_litigation" and side_rows(self.form, text) is not None
        )

    # --- text laid out in columns

    def _read_layout(self) -> bool:
        """Reads a table whose lines keep the columns of a page, labels broken within their own column.

        Each column of labels is a text of its own; a line of numbers belongs to the label on whose lines it stands.
        """
        if self.table != "applications" or self.one_a_line:
            return False
        lines: dict[int, list[_Piece]] = {}
        for piece in self.pieces:
            lines.setdefault(piece.line, []).append(piece)
        numbers = {line: [p for p in ps if p.is_value] for line, ps in lines.items()}
        counts = [len(ps) for ps in numbers.values() if len(ps) >= 3]
        width = max(set(counts), key=lambda n: (counts.count(n), n), default=0)
        full = [ps for ps in numbers.values() if len(ps) == width]
        if width < 3 or len(full) < 3:
            return False
        if _zones(full) is None:
            return False
        left_edge = min(ps[0].start for ps in full) - 2
        first = min(line for line, ps in numbers.items() if len(ps) >= 2)
        labels = self._columns_of_labels([p for p in self.pieces if not p.is_value and p.end <= left_edge + 2])
        if len(labels) < 6:
            return False
        start = min(top for _, top, _, _ in labels)
        self.head = [p for p in self.pieces if not p.is_value and p.line < max(start, first) and p.end > left_edge]
        if not self._take_header():
            return False
        rows = [_Row(text, match, place, [], self.header) for text, match, _, _, place in self._rows_of(labels)]
        spans = [(top, bottom) for _, _, top, bottom, _ in self._rows_of(labels)]
        for line, found in numbers.items():
            if not found or line < start:
                continue
            values = [p for p in lines[line] if p.is_value or p.start > left_edge]  # a cell may hold no number
            inside = [n for n, (top, bottom) in enumerate(spans) if top <= line <= bottom]
            near = inside or [
                n for n, (top, bottom) in enumerate(spans) if min(abs(top - line), abs(bottom - line)) <= 1
            ]
            free = [n for n in near if not rows[n].values]
            if len(free) == 1:
                rows[free[0]].values = values
            else:
                self.loose.extend(values)
        self.rows = rows
        return True

    def _columns_of_labels(self, pieces: list[_Piece]) -> list[tuple[str, int, int, Place]]:
        """The labels left of the numbers, each with its first and last line, read column by column."""
        starts = sorted({p.start for p in pieces})
        edges = [starts[0]] if starts else []
        for before, start in pairwise(starts):
            if start - before > 4:  # centred labels of one column begin up to four places apart
                edges.append(start)
        labels: list[tuple[str, int, int, Place]] = []
        for n, edge in enumerate(edges):
            end = edges[n + 1] if n + 1 < len(edges) else 10_000
            whole = False
            own: list[tuple[str, int, int, Place]] = []
            for piece in (p for p in pieces if edge <= p.start < end):
                marked = make_label(piece.text).marked
                if own and not marked and not whole:
                    text, top, _, place = own[-1]
                    own[-1] = (text + piece.text, top, piece.line, place)
                else:
                    own.append((piece.text, piece.line, piece.line, piece.place))
                whole = self._is_label(own[-1][0])
            labels += own
        return sorted(labels, key=lambda found: found[1])

    def _is_label(self, text: str) -> bool:
        """Whether a text is a whole label of a row, a group or a heading of the form."""
        match, group, key = match_row(self.form, text), match_group(self.form, text), make_label(text).text
        if (match is not None and match.exact) or (group is not None and group.text == key):
            return True
        return any(own.text == key for own in self.form.headings)

    def _rows_of(self, labels: list[tuple[str, int, int, Place]]) -> list[tuple[str, RowMatch, int, int, Place]]:
        """The labels that name rows; what names a group settles which 其他 is meant."""
        rows: list[tuple[str, RowMatch, int, int, Place]] = []
        for text, top, bottom, place in labels:
            group = match_group(self.form, text)
            near = min(
                (g for g in labels if match_group(self.form, g[0]) and g[1] <= bottom + 2),
                key=lambda g: abs(g[2] - top),
                default=None,
            )
            match = match_row(self.form, text, match_group(self.form, near[0]) if near else None)
            match = match or match_row(self.form, text)
            if match is None:
                continue
            inner = group is not None and any(
                m.row.group is not None and m.row.group.text == group.text
                for t, *_ in labels
                if (m := match_row(self.form, t)) is not None
            )
            if not inner:
                rows.append((text, match, top, bottom, place))
        return rows

    # --- from values to columns

    def _lacks(self, row: _Row) -> bool:
        return row.header is not None and len(row.values) < len(row.header.leaves)

    def _put_rows(self) -> None:
        blank = self._blank_lines() if self.one_a_line else None
        for row in self.rows:
            if row.header is None:
                continue
            keys = [leaf.column for leaf in row.header.leaves if leaf.column]
            cells = self._place(row, blank)
            if cells is None:
                printed = " ".join(p.text for p in row.values)
                why = f"{len(row.values)} of {len(row.header.leaves)} cells are printed and nothing tells which"
                self.out.leave_out(self.table, row.match.row.key, keys, row.place, printed, why)
                continue
            note_label(self.out, self.table, row.match, row.label)
            for leaf, piece in zip(row.header.leaves, cells, strict=True):
                if leaf.column is None:
                    continue
                text, place = (piece.text, piece.place) if piece else ("", row.place)
                self.out.put(
                    self.table, row.match.row.key, leaf.column, text, place, header=leaf.text, by_count=row.assumed
                )

    def _place(self, row: _Row, blank: tuple[int, int] | None) -> list[_Piece | None] | None:
        assert row.header is not None
        count = len(row.header.leaves)
        values = self._without_page_number(row.values, count)
        if len(values) == count:
            return list(values)
        if blank is not None:
            row.assumed = row.ends_with is None  # nothing behind the last row tells how many blank cells end it
            return _by_blank_lines(row, count, blank)
        if not values:
            return [None] * count
        return self._by_alignment(row, values, count)

    def _without_page_number(self, values: list[_Piece], count: int) -> list[_Piece]:
        """A number alone on its line behind a row that is complete without it is the number of the page."""
        if len(values) == count + 1 and not self.one_a_line and values[-1].first and values[-1].line != values[-2].line:
            return values[:-1]
        return values

    def _by_alignment(self, row: _Row, values: list[_Piece], count: int) -> list[_Piece | None] | None:
        """Columns by where they stand on the line, if every full row of the table agrees on them."""
        full = [r.values for r in self.rows if r.header is row.header and len(r.values) == count]
        full = [pieces for pieces in full if len({p.line for p in pieces}) == 1]
        zones = _zones(full)
        if zones is None or len({p.line for p in values}) != 1:
            return None
        cells: list[_Piece | None] = [None] * count
        for piece in values:
            under = bisect_right(zones, piece.middle)
            if cells[under] is not None:
                return None
            cells[under] = piece
        row.assumed = True
        message = f".{row.match.row.key}: its blank cells are known only by where the others stand"
        self.out.warn("placed_by_alignment", self.table, message, lowers=True)
        return cells

    def _blank_lines(self) -> tuple[int, int] | None:
        """How many blank lines divide two cells, and how many stand for a blank cell: what fits most rows."""
        best, found = 0, None
        for between in range(4):
            for each in dict.fromkeys((1, between + 1)):
                fit = sum(
                    1
                    for row in self.rows
                    if row.header is not None and _fits(row, len(row.header.leaves), (between, each))
                )
                if fit > best:
                    best, found = fit, (between, each)
        return found

    def _put_sideways(self) -> bool:
        assert self.header is not None
        leaves = self.header.leaves
        values = self._without_page_number(self.loose, len(leaves))
        rows = list(dict.fromkeys(leaf.row for leaf in leaves if leaf.row))
        place = values[0].place if values else self.pieces[-1].place
        cells: list[_Piece | None] | None = list(values) if len(values) == len(leaves) else None
        assumed = False
        if not values:
            cells = [None] * len(leaves)
        if cells is None and self.one_a_line:
            cells = self._sideways_by_blank_lines(values, len(leaves))
            assumed = cells is not None and cells[-1] is None
        if cells is None:
            printed = " ".join(p.text for p in values)
            why = f"{len(values)} of {len(leaves)} cells are printed and nothing tells which"
            for row in rows:
                keys = [leaf.column for leaf in leaves if leaf.row == row and leaf.column]
                self.out.leave_out(self.table, row, keys, place, printed, why)
            return True
        for leaf, piece in zip(leaves, cells, strict=True):
            if leaf.column and leaf.row:
                text, at = (piece.text, piece.place) if piece else ("", place)
                self.out.put(self.table, leaf.row, leaf.column, text, at, header=leaf.text, by_count=assumed)
        return True

    def _sideways_by_blank_lines(self, values: list[_Piece], count: int) -> list[_Piece | None] | None:
        """Blank lines between the labels of the header tell how cells are divided."""
        heads = [p for p in self.pieces if not p.is_value][1:]
        gaps = [p.blanks for p in heads]
        if not gaps or not values:
            return None
        between = max(set(gaps), key=gaps.count)
        found: list[list[_Piece | None]] = []
        for each in dict.fromkeys((1, between + 1)):
            extras = [piece.blanks - between for piece in values]
            if any(extra < 0 or extra % each for extra in extras):
                continue
            cells: list[_Piece | None] = []
            for piece, extra in zip(values, extras, strict=True):
                cells += [None] * (extra // each) + [piece]
            if len(cells) <= count:
                found.append(cells)
        whole = [cells for cells in found if len(cells) == count] or found
        return whole[0] + [None] * (count - len(whole[0])) if len(whole) == 1 else None


def _key(form: FormTable, text: str) -> str | None:
    column = match_column(form, text)
    return column.key if column else None


def _gaps(row: _Row) -> list[int]:
    """Blank lines before each value, and before what stands behind the row (not for the last row of a table)."""
    gaps = [piece.blanks for piece in row.values]
    return gaps + ([row.ends_with.blanks] if row.ends_with is not None else [])


def _fits(row: _Row, count: int, blank: tuple[int, int]) -> bool:
    between, each = blank
    extras = [gap - between for gap in _gaps(row)]
    if any(extra < 0 or extra % each for extra in extras):
        return False
    cells = len(row.values) + sum(extra // each for extra in extras)
    return cells == count if row.ends_with is not None else cells <= count


def _by_blank_lines(row: _Row, count: int, blank: tuple[int, int]) -> list[_Piece | None] | None:
    """The cells of a row whose blank cells are blank lines, or None if the lines do not add up to its columns."""
    if not _fits(row, count, blank):
        return None
    between, each = blank
    cells: list[_Piece | None] = []
    for piece in row.values:
        cells += [None] * ((piece.blanks - between) // each) + [piece]
    return cells + [None] * (count - len(cells))
