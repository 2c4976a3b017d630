"""The rows of a table of lines → its columns: by count, by blank lines, by where they stand on the line."""

from __future__ import annotations

from bisect import bisect_right

from crawler.extraction.report.collect import Collector
from crawler.extraction.report.grids import note_label
from crawler.extraction.report.headers import Header, Leaf
from crawler.extraction.report.pieces import LineTable, Piece, Row, find_zones


def put_table(table: LineTable, out: Collector) -> bool:
    """Puts the cells of a table into the collector; False if it has no header or no row."""
    if table.header is None:
        return False
    return _Placing(table, out).put(table.header)


class _Placing:
    """One table on its way into the collector."""

    def __init__(self, table: LineTable, out: Collector) -> None:
        self.table = table
        self.key = table.form.key
        self.out = out

    def put(self, header: Header) -> bool:
        if header.leaves[0].row is not None:
            self._put_sideways(header.leaves)
            return True
        if not self.table.rows:
            return False
        self._put_rows()
        for text in self.table.unknown:
            self.out.warn("unplaced_text", self.key, f": {text!r} is no label of the form", lowers=True)
        if self.table.loose:
            printed = " ".join(p.text for p in self.table.loose)
            self.out.warn("unplaced_values", self.key, f": numbers without a label: {printed!r}", lowers=True)
        return True

    def _put_rows(self) -> None:
        blank = self._blank_lines() if self.table.one_a_line else None
        for row in self.table.rows:
            if row.header is None:
                continue
            keys = [leaf.column for leaf in row.header.leaves if leaf.column]
            cells = self._place(row, row.header, blank)
            if cells is None:
                printed = " ".join(p.text for p in row.values)
                why = f"{len(row.values)} of {len(row.header.leaves)} cells are printed and nothing tells which"
                self.out.leave_out(self.key, row.match.row.key, keys, row.place, printed, why)
                continue
            note_label(self.out, self.key, row.match, row.label)
            if row.assumed:
                message = f".{row.match.row.key}: which of its cells are blank was concluded, not seen"
                self.out.warn("assumed_cells", self.key, message, lowers=False)
            for leaf, piece in zip(row.header.leaves, cells, strict=True):
                if leaf.column is None:
                    if piece is not None and piece.is_value:
                        message = f": no column of the form: {leaf.text!r}"
                        self.out.warn("unknown_column", self.key, message, lowers=True)
                    continue
                text, place = (piece.text, piece.place) if piece else ("", row.place)
                self.out.put(
                    self.key,
                    row.match.row.key,
                    leaf.column,
                    text,
                    place,
                    header=leaf.text,
                    label=row.label,
                    by_count=row.assumed,
                )

    def _place(self, row: Row, header: Header, blank: tuple[int, int] | None) -> list[Piece | None] | None:
        count = len(header.leaves)
        values = self._without_page_number(row.values, count)
        if len(values) == count:
            row.assumed = (
                count == 1
                and self._is_alone(row)
                and not all(self._is_alone(other) for other in self.table.rows if other.values)
            )
            return list(values)
        if blank is not None:
            cells = _by_blank_lines(row, count, blank)
            row.assumed = row.ends_with is None  # what stands behind the last row may have blank lines of its own
            if row.assumed and cells is not None:
                self._doubt_end(cells, *blank)
            return cells
        if not values:
            return [None] * count
        return self._by_alignment(row, values, count)

    def _doubt_end(self, cells: list[Piece | None], between: int, each: int) -> None:
        """Says so where fewer blank lines stand behind the last number of a table than its blank cells behind it make,
        ``each`` for one and ``between`` two cells anyhow: the text may have been cut off there."""
        ends = next((n for n, piece in enumerate(reversed(cells)) if piece is not None), len(cells))
        if ends and (self.table.behind is None or self.table.behind < between + ends * each):
            message = f": nothing tells whether the last {ends} cells are blank or cut off"
            self.out.warn("assumed_cells", self.key, message, lowers=True)

    def _is_alone(self, row: Row) -> bool:
        """Whether the first number of a row stands on a line of its own: it may be that of the page."""
        return not self.table.one_a_line and bool(row.values) and row.values[0].first

    def _without_page_number(self, values: list[Piece], count: int) -> list[Piece]:
        """A number alone on its line behind a row that is complete without it is the number of the page."""
        if (
            len(values) == count + 1
            and not self.table.one_a_line
            and values[-1].first
            and values[-1].line != values[-2].line
        ):
            return values[:-1]
        return values

    def _by_alignment(self, row: Row, values: list[Piece], count: int) -> list[Piece | None] | None:
        """Columns by where they stand on the line, if every full row of the table agrees on them."""
        full = [r.values for r in self.table.rows if r.header is row.header and len(r.values) == count]
        full = [pieces for pieces in full if len({p.line for p in pieces}) == 1]
        zones = find_zones(full)
        if zones is None or len({p.line for p in values}) != 1:
            return None
        cells: list[Piece | None] = [None] * count
        for piece in values:
            under = bisect_right(zones, piece.middle)
            if cells[under] is not None:
                return None
            cells[under] = piece
        row.assumed = True
        message = f".{row.match.row.key}: its blank cells are known only by where the others stand"
        self.out.warn("placed_by_alignment", self.key, message, lowers=True)
        return cells

    def _blank_lines(self) -> tuple[int, int] | None:
        """How many blank lines divide two cells, and how many stand for a blank cell: what fits most rows."""
        best, found = 0, None
        for between in range(4):
            for each in dict.fromkeys((1, between + 1)):
                fit = sum(
                    1
                    for row in self.table.rows
                    if row.header is not None and _fits(row, len(row.header.leaves), (between, each))
                )
                if fit > best:
                    best, found = fit, (between, each)
        return found

    def _put_sideways(self, leaves: tuple[Leaf, ...]) -> None:
        values = self._without_page_number(self.table.loose, len(leaves))
        rows = list(dict.fromkeys(leaf.row for leaf in leaves if leaf.row))
        place = values[0].place if values else self.table.pieces[-1].place
        cells: list[Piece | None] | None = list(values) if len(values) == len(leaves) else None
        assumed = False
        if not values:
            cells = [None] * len(leaves)
            self.out.warn("assumed_cells", self.key, ": no number is printed below its header", lowers=True)
        if cells is None and self.table.one_a_line:
            found = self._sideways_by_blank_lines(values, len(leaves))
            if found is not None:
                cells, between, each = found
                assumed = cells[-1] is None
                self._doubt_end(cells, between, each)
        if cells is None:
            printed = " ".join(p.text for p in values)
            why = f"{len(values)} of {len(leaves)} cells are printed and nothing tells which"
            for row in rows:
                keys = [leaf.column for leaf in leaves if leaf.row == row and leaf.column]
                self.out.leave_out(self.key, row, keys, place, printed, why)
            return
        for leaf, piece in zip(leaves, cells, strict=True):
            if leaf.column and leaf.row:
                text, at = (piece.text, piece.place) if piece else ("", place)
                self.out.put(self.key, leaf.row, leaf.column, text, at, header=leaf.text, by_count=assumed)

    def _sideways_by_blank_lines(self, values: list[Piece], count: int) -> tuple[list[Piece | None], int, int] | None:
        """The cells, with how many blank lines divide two and how many stand for a blank one: those between the labels
        of the header tell."""
        heads = [p for p in self.table.pieces if not p.is_value][1:]
        gaps = [p.blanks for p in heads]
        if not gaps or not values:
            return None
        between = max(set(gaps), key=gaps.count)
        found: list[tuple[list[Piece | None], int]] = []
        for each in dict.fromkeys((1, between + 1)):
            extras = [piece.blanks - between for piece in values]
            if any(extra < 0 or extra % each for extra in extras):
                continue
            cells: list[Piece | None] = []
            for piece, extra in zip(values, extras, strict=True):
                cells += [None] * (extra // each) + [piece]
            if len(cells) <= count:
                found.append((cells, each))
        whole = [one for one in found if len(one[0]) == count] or found
        if len(whole) != 1:
            return None
        cells, each = whole[0]
        return cells + [None] * (count - len(cells)), between, each


def _gaps(row: Row) -> list[int]:
    """Blank lines before each value, and before what stands behind the row (not for the last row of a table)."""
    gaps = [piece.blanks for piece in row.values]
    return gaps + ([row.ends_with.blanks] if row.ends_with is not None else [])


def _fits(row: Row, count: int, blank: tuple[int, int]) -> bool:
    between, each = blank
    extras = [gap - between for gap in _gaps(row)]
    if any(extra < 0 or extra % each for extra in extras):
        return False
    cells = len(row.values) + sum(extra // each for extra in extras)
    return cells == count if row.ends_with is not None else cells <= count


def _by_blank_lines(row: Row, count: int, blank: tuple[int, int]) -> list[Piece | None] | None:
    """The cells of a row whose blank cells are blank lines, or None if the lines do not add up to its columns."""
    if not _fits(row, count, blank):
        return None
    between, each = blank
    cells: list[Piece | None] = []
    for piece in row.values:
        cells += [None] * ((piece.blanks - between) // each) + [piece]
    return cells + [None] * (count - len(cells))
