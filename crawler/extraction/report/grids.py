"""Grids → cells of the form. A printed label chooses the row, a printed header the column; count and order confirm.

A grid comes with real positions, yet spans often do not add up: then the numbers of a row stand left or right of their
headers. Such a row is read by count, and only if it has exactly one cell for each header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from crawler.extraction.documents.model import Cell, Table
from crawler.extraction.report.cells import is_value, read_cell
from crawler.extraction.report.collect import NO_CELL, Collector
from crawler.extraction.report.form import FormTable, Label, make_label
from crawler.extraction.report.headers import (
    MAX_PIECES,
    NEAR,
    Header,
    Leaf,
    heading_likeness,
    is_heading,
    is_label,
    make_header,
    read_stream,
    side_rows,
    tells,
)
from crawler.extraction.report.labels import RowMatch, match_column, match_group, match_row
from crawler.extraction.text.numbering import read_mark
from crawler.extraction.text.thousands import goes_on

LOOSE = "numbers without a label stand next to it"
_OPEN_BRACKET = re.compile("[（(][^（()）]*$")
_WORD = re.compile("[\u3400-\u9fff]")


@dataclass(slots=True)
class _State:
    """What carries over from one grid to the next: a table cut in two goes on without its header."""

    header: Header | None = None
    group: Label | None = None
    width: int = 0
    reach: int = 0  # how far to the right the rows of the header go
    expects: int = 0  # rows still expected of a sideways table


def read_grids(tables: Sequence[tuple[Table, str]], collector: Collector) -> list[bool]:
    """Reads every grid, with the line over it, into the collector. Returns for each whether it is a table of the
    form."""
    state = _State()
    read = []
    for table, over in tables:
        collector.note = over if "单位" in over and len(over) <= 40 else ""
        if state.header is not None and state.header.leaves[0].row is not None and state.expects == 0:
            state.header = None  # the one line of a sideways table was read: what follows is another table
        read.append(_Grid(table, collector, state).read())
    collector.note = ""
    return read


class _Grid:
    def __init__(self, table: Table, collector: Collector, state: _State) -> None:
        self.table = table = _join_cut_header(table, collector)
        self.width = self.table.width
        self.out = collector
        self.state = state
        self.rows = [_own(row) for row in table.grid]
        reaches = [self._reach(row) for row in self.rows if any(_is_number(cell.text) for cell in row)]
        self.headed = False  # whether the header stands in this grid
        self.usual_reach = max(set(reaches), key=reaches.count, default=0)

    @staticmethod
    def _reach(cells: list[Cell]) -> int:
        """How far to the right a row has cells; a row that ends before the others may have lost one in its middle."""
        return max((cell.column + cell.colspan for cell in cells), default=0)

    def read(self) -> bool:
        read = False
        index = 0
        if not self._goes_on():
            self.state.header = None
        while index < len(self.rows):
            index = self._behind_repeat(index)
            kind = self._header_kind(index) if index < len(self.rows) else None
            if kind is not None:
                end = self._end_of_header(index, kind)
                header = self._read_header(kind, self._begin_of_header(index, kind), end)
                if header is not None:
                    self.state.header, self.state.width, self.state.group = header, self.width, None
                    self.headed = True
                    self.state.expects = 1 if header.leaves[0].row else 0
                    self.state.reach = max(self._reach(self.rows[r]) for r in range(index, end))
                    read = True
                    index = end
                    continue
            if index == len(self.rows):
                break
            behind = self._join_cut_row(index)
            read = self._read_row(index) or read
            index = behind
        return read

    def _behind_repeat(self, index: int) -> int:
        """The first row behind those of the table's head that are printed again at the top of a page, within one of its
        parts; ``index`` itself where none are."""
        row = index
        while index in self.table.breaks and row < len(self.rows) and row - index < index:
            texts, again = self._texts(row - index), self._texts(row)
            if texts != again or not texts or any(map(is_value, texts)):
                break
            row += 1
        return row if any(self._header_kind(r) for r in range(index, row)) else index

    def _texts(self, row: int) -> list[str]:
        return [cell.text for cell in self.rows[row] if cell.row == row and cell.text]

    def _join_cut_row(self, index: int) -> int:
        """Puts a row together that the end of a page cut in two: its label was, or nothing but notes to its numbers.
        Returns the index of the row behind."""
        header = self.state.header
        if header is None or index + 1 not in self.table.breaks or index + 1 >= len(self.rows):
            return index + 1
        form = self.out.form.tables[header.table]
        below = self._behind_repeat(index + 1)
        while below < len(self.rows) and (kind := self._header_kind(below)) is not None:
            below = self._end_of_header(below, kind)
        if below >= len(self.rows):
            return index + 1
        upper = [cell for cell in self.rows[index] if cell.row + cell.rowspan - 1 == index]
        lower = [cell for cell in self.rows[below] if cell.row == below]
        label = self._find_cut_label(form, upper, lower)
        parts = {cell.column: cell for cell in lower}
        rests = label is not None or _are_rests(upper, lower) or self._are_one_line(header, upper, lower)
        if not rests and not self._are_numbers_of(form, upper, lower) and not self._is_named_again(form, upper, lower):
            return index + 1
        joined = []
        for cell in self.rows[index]:
            other = parts.get(cell.column)
            if other is None or not other.text:
                joined.append(cell)
            elif cell is label:
                joined.append(cell._replace(text=cell.text + other.text))
            elif not cell.text:
                joined.append(other._replace(row=index, rowspan=1))
            else:
                joined.append(_join_values(cell, other) if cell.row == index else cell)
        self.rows[index] = joined
        self.rows[below] = []  # between them the header may be printed again
        return index + 1

    def _are_one_line(self, header: Header, upper: Sequence[Cell], lower: Sequence[Cell]) -> bool:
        """Whether two rows of nothing but values are the one line of a table that stands sideways."""
        if header.leaves[0].row is None or not self.state.expects:
            return False
        values = all(is_value(cell.text) for cell in (*upper, *lower))
        return values and all(any(_is_number(cell.text) for cell in row) for row in (upper, lower))

    def _are_numbers_of(self, form: FormTable, upper: Sequence[Cell], lower: Sequence[Cell]) -> bool:
        """Whether a row that names none of the form is nothing but the rests of numbers: the row above it does name one
        and has a number over each of its own. Beside them may stand the rest of a label left of that row's."""
        label, _ = self._find_label(form, list(upper), None)
        above = {cell.column: cell.text for cell in upper}
        rests = [cell for cell in lower if is_value(cell.text) and cell.text[:1].isdecimal()]  # 07 may be one
        names = [cell for cell in lower if cell.text and cell not in rests]
        if label is None or not rests:
            return False
        if any(cell.column >= label.column or _row_of(form, cell.text, None) for cell in names):
            return False
        return all(
            _is_number(number) or goes_on(number, rest.text)
            for rest in rests
            for number in [above.get(rest.column, "")]
        )

    def _is_named_again(self, form: FormTable, upper: Sequence[Cell], lower: Sequence[Cell]) -> bool:
        """Whether a row holds nothing but a label that names the row above it, as that one's own does: what each part
        of a long label says is enough."""
        label, found = self._find_label(form, list(upper), None)
        again, same = self._find_label(form, list(lower), None)
        if label is None or again is None or found is None or same is None or found.row is not same.row:
            return False
        return label.column == again.column and not any(cell.text for cell in lower if cell is not again)

    def _find_cut_label(self, form: FormTable, upper: Sequence[Cell], lower: Sequence[Cell]) -> Cell | None:
        """The cell of the label that a cut divides: neither of its parts names a row, or only the first's beginning,
        and both together do."""
        for rest in reversed(lower):
            label = next((cell for cell in upper if cell.column == rest.column and cell.text), None)
            if label is None or not _WORD.search(rest.text) or is_value(rest.text):
                continue
            alone = _row_of(form, rest.text, self.state.group)
            marked = (mark := read_mark(label.text)) is not None and not mark.rest  # nothing but 3. is above
            stands = _row_of(form, label.text, None) or _group_of(form, label.text)
            known = stands or not any(_is_number(cell.text) for cell in upper)  # else the row above says of what it is
            if (alone is not None and alone.exact and not marked and known) or _group_of(form, rest.text):
                return None
            whole = match_row(form, label.text + rest.text, self.state.group)
            if whole is not None and (whole.exact or (alone is None and not stands)):
                return label
        return None

    def _goes_on(self) -> bool:
        """Whether a grid without a header goes on with the table before it: its first row with a number says so by a
        label of the form, or is the awaited line of a sideways table."""
        header = self.state.header
        if header is None or self.state.expects:
            return True
        form = self.out.form.tables[header.table]
        for index, row in enumerate(self.rows):
            if self._header_kind(index) is not None:
                return True
            if any(_is_number(cell.text) for cell in row):
                texts = [cell.text for cell in row if cell.text]
                return any(_row_of(form, text, self.state.group) or _group_of(form, text) for text in texts)
        return True

    # --- headers

    def _header_kind(self, index: int) -> str | None:
        """The table whose header begins in a row, or None."""
        cells = [cell for cell in self.rows[index] if cell.row == index and cell.text]
        if not cells or any(_is_number(cell.text) for cell in cells):
            return None
        kinds = [kind for cell in cells if (kind := tells(cell.text))]
        if kinds:
            return kinds[0]
        form = self.out.form.tables["review_litigation"]
        named = [cell for cell in cells if side_rows(form, cell.text) or is_heading("review_litigation", cell.text)]
        below = self.rows[index + 1] if index + 1 < len(self.rows) else []
        if len(named) == len(cells) and any(tells(cell.text) == "review_litigation" for cell in below):
            return "review_litigation"
        return None

    def _end_of_header(self, start: int, kind: str) -> int:
        """The first row behind a header: it holds a number or the label of a row."""
        if kind == "proactive":
            return start + 1
        form = self.out.form.tables[kind]
        first = [cell.text for cell in self.rows[start] if cell.row == start and cell.text]
        end = start + 1
        for index in range(start + 1, len(self.rows)):
            own = [cell for cell in self.rows[index] if cell.row == index and cell.text]
            if not own:
                continue  # of the row that the end of a page cuts, nothing but its cells may be on that page
            numbers = any(_is_number(cell.text) for cell in own) or all(is_value(cell.text) for cell in own)
            if numbers or [cell.text for cell in own] == first:
                break  # the same again is the header printed again on the next page
            telling = sum(tells(cell.text) == kind for cell in own)
            labelled = kind == "applications" and any(_is_row(form, cell.text) for cell in own)
            if labelled and not telling:
                break
            if not telling and not self.table.aligned and not self._continues(kind, own):
                break
            end = index + 1
        return end

    def _begin_of_header(self, index: int, kind: str) -> int:
        """The first row of a header whose row ``index`` is the first to tell that it is one. Above it may stand rows of
        headings, and what the end of a page left of them; of aligned columns, lines that say nothing by themselves."""
        form, sideways = self.out.form.tables[kind], kind == "review_litigation"
        begin = index
        for above in range(index - 1, -1, -1):
            own = [cell for cell in self.rows[above] if cell.row == above and cell.text]
            if any(is_value(cell.text) or (not sideways and _is_row(form, cell.text)) for cell in own):
                break
            if not self.table.aligned and not self._continues(kind, own):
                break
            if own:
                begin = above
        return begin

    def _continues(self, kind: str, cells: list[Cell]) -> bool:
        form = self.out.form.tables[kind]
        return all(
            match_column(form, c.text)
            or is_heading(kind, c.text)
            or (kind == "review_litigation" and side_rows(form, c.text))
            for c in cells
        )

    def _read_header(self, kind: str, start: int, end: int) -> Header | None:
        rows = range(start, end)
        pieces = [(cell.text, r) for r in rows for cell in self.rows[r] if cell.row == r and cell.text]
        if not self.table.spans:
            cells = [cell for r in rows for cell in self.rows[r] if cell.row == r and cell.text]
            header = self._read_stacks(kind, cells, end) if self.table.aligned else None
            sideways = kind == "review_litigation" and self.table.aligned
            if header is None and (not sideways or self._is_level(kind, cells)):
                header = read_stream(kind, pieces)
                header = self._locate(header, cells, end) if header else None
            return header
        return self._read_columns(kind, rows) or read_stream(kind, pieces)

    def _read_stacks(self, kind: str, cells: Sequence[Cell], end: int) -> Header | None:
        """The header of aligned columns: the lowest label of each heads it, none of a column stands over another."""
        stacked = _join_stacks(self.out.form.tables[kind], cells)
        if not self._is_level(kind, stacked):
            return None
        header = read_stream(kind, [(cell.text, cell.row) for cell in stacked], whole=True)
        return self._locate(header, stacked, end) if header else None

    def _is_level(self, kind: str, cells: Sequence[Cell]) -> bool:
        """Whether the labels of columns stand in one row, so that they are printed in their order."""
        form = self.out.form.tables[kind]
        return len({cell.row for cell in cells if match_column(form, cell.text)}) <= 1

    def _read_columns(self, kind: str, rows: range) -> Header | None:
        """The header by what stands over each column; None if its spans do not add up, so that a label may stand over
        a column that is not its own."""
        form = self.out.form.tables[kind]
        leaves: list[Leaf] = []
        for column in range(self.width):
            stack = [cell for r in rows if (cell := self.table.grid[r][column]) is not None and cell.text]
            if not stack:
                continue
            leaf = stack[-1]
            if (
                leaves
                and (leaves[-1].start, leaves[-1].text) == (leaf.column, leaf.text)
                and leaves[-1].end == column - 1
            ):
                leaves[-1] = replace(leaves[-1], end=column)
                continue
            found = match_column(form, leaf.text)
            if found is None and (is_heading(kind, leaf.text) or (kind != "proactive" and side_rows(form, leaf.text))):
                continue
            row = None
            if kind == "review_litigation":
                row = next((key for cell in reversed(stack[:-1]) if (key := side_rows(form, cell.text))), None)
            leaves.append(Leaf(leaf.text, found.key if found else None, row, leaf.column, column))
        first = min((leaf.start for leaf in leaves if leaf.column), default=None)
        if first is None:
            return None
        leaves = [leaf for leaf in leaves if leaf.start >= first]
        rows_named = {leaf.row for leaf in leaves if leaf.column}
        if len(rows_named) > 1 and None in rows_named:
            return None
        if kind != "proactive" and not self._adds_up(form, rows, leaves):
            return None
        return make_header(kind, leaves)

    def _adds_up(self, form: FormTable, rows: range, leaves: list[Leaf]) -> bool:
        """Whether the rows of a header fill their rectangle, and every label of a column heads one."""
        if any(self.table.grid[r][c] is None for r in rows for c in range(leaves[0].start, leaves[-1].end + 1)):
            return False
        own = {id(cell): cell for r in rows for cell in self.rows[r] if cell.row in rows}
        printed = [found.key for cell in own.values() if (found := match_column(form, cell.text))]
        heads = [leaf.column for leaf in leaves if leaf.column]
        groups = {row: {leaf.column for leaf in leaves if leaf.row == row} for row in {leaf.row for leaf in leaves}}
        alike = len({frozenset(columns) for columns in groups.values()}) == 1
        return sorted(printed) == sorted(heads) and alike and self._are_grouped(form, rows, leaves)

    def _are_grouped(self, form: FormTable, rows: range, leaves: list[Leaf]) -> bool:
        """Whether the columns of a group (法人或其他组织), and no others, stand under its label if it is printed.

        They do not where a wrong span all the same leaves each label a column.
        """
        over = {
            leaf: {make_label(cell.text).text for r in rows if (cell := self.table.grid[r][leaf.start])}
            for leaf in leaves
        }
        groups = {column.key: column.group.text for column in form.columns if column.group}
        return all(
            not any(group in texts for texts in over.values())
            or all((group in over[leaf]) == (groups.get(leaf.column) == group) for leaf in leaves if leaf.column)
            for group in set(groups.values())
        )

    def _locate(self, header: Header, cells: Sequence[Cell], end: int) -> Header:
        """Finds the grid columns of a header read as a stream, where each label stands in a column of its own."""
        places: list[tuple[int, Leaf]] = []
        left = list(cells)
        for leaf in header.leaves:
            cell = next((c for c in left if c.text == leaf.text), None)
            if cell is None:
                return header
            left.remove(cell)
            places.append((cell.column, leaf))
        if self.table.aligned:  # what is no label of the form, and heads no numbers, is left out
            taken = {column for column, leaf in places if leaf.column}
            unknown = {
                c: leaf for c, leaf in places if not leaf.column and c not in taken and self._holds_numbers(end, c)
            }
            places = [*((c, leaf) for c, leaf in places if leaf.column), *unknown.items()]
        if len({column for column, _ in places}) < len(places) or header.leaves[0].row is not None:
            return header
        if self.table.spans is False and not self._fits_rows(end, [column for column, _ in places]):
            return header
        places.sort(key=lambda found: found[0])
        while places and places[0][1].column is None and not self._holds_numbers(end, places[0][0]):
            places.pop(0)  # it stands over the labels of the rows
        return Header(header.table, tuple(replace(leaf, start=c, end=c) for c, leaf in places))

    def _fits_rows(self, first: int, columns: list[int]) -> bool:
        """Whether labels stand over numbers at all: not so where each row lists its cells without padding."""
        rows = [[c.column for c in row if _is_number(c.text)] for row in self.rows[first:]]
        return any(row and set(row) <= set(columns) for row in rows)

    def _number_columns(self) -> set[int]:
        return {cell.column for row in self.rows for cell in row if _is_number(cell.text)}

    def _holds_numbers(self, first: int, column: int) -> bool:
        return any(_is_number(c.text) for row in self.rows[first:] for c in row if c.column == column)

    # --- rows

    def _read_row(self, index: int) -> bool:
        header = self.state.header
        if header is None:
            return False
        form = self.out.form.tables[header.table]
        own = [cell for cell in self.rows[index] if cell.row == index]
        if header.leaves[0].row is not None:
            return self._read_sideways(header, own)
        if self.table.aligned:
            loose = self._loose_columns(form, index - 1) | self._loose_columns(form, index + 1)
            own = [cell._replace(doubt=cell.doubt or LOOSE) if cell.column in loose else cell for cell in own]
            self.rows[index] = own
        group = next((g for c in self.rows[index] if (g := _group_of(form, c.text))), None)
        label, match = self._find_label(form, own, group)
        if label is None or match is None:
            return self._read_unlabelled(header, form, own)
        if group is not None and _group_of(form, label.text) is None:
            self.state.group = group
        elif match.row.group is None and (found := _group_of(form, label.text)) is not None:
            self.state.group = found
        elif match.row.group is None:
            self.state.group = None
        self._put_row(header, form, match, label, own, index)
        return True

    def _loose_columns(self, form: FormTable, index: int) -> set[int]:
        """The columns of the numbers of a row without a label, or with what may be the rest of one: each number may be
        part of one in the rows beside it."""
        own = [cell for cell in self.rows[index] if cell.text] if 0 <= index < len(self.rows) else []
        names = [cell.text for cell in own if not is_value(cell.text)]
        if any(read_mark(text) or _row_of(form, text, self.state.group) or _group_of(form, text) for text in names):
            return set()
        return {cell.column for cell in own if is_value(cell.text) and cell.text[0].isdecimal()}

    def _find_label(self, form: FormTable, own: list[Cell], group: Label | None) -> tuple[Cell | None, RowMatch | None]:
        """The rightmost cell of a row that names a row of the form; 其他 needs the group it stands in."""
        for cell in reversed(own):
            if not cell.text or _is_number(cell.text):
                continue
            match = _row_of(form, cell.text, group) or _row_of(form, cell.text, self.state.group)
            if match is not None:
                return cell, match
        return None, None

    def _read_unlabelled(self, header: Header, form: FormTable, own: list[Cell]) -> bool:
        """A row that names no row of the form: a group's own line, a heading of the form, or something unknown."""
        texts = [cell.text for cell in own if cell.text]
        group = next((g for text in texts if (g := _group_of(form, text))), None)
        numbers = [cell for cell in own if _is_number(cell.text)]
        if group is not None:
            self.state.group = group
            labels = [cell for cell in own if _group_of(form, cell.text)]
            cells, _ = self._place(header, [cell for cell in own if cell.column > labels[-1].column])
            for leaf, cell in zip(header.leaves, cells, strict=False):
                if leaf.column and cell is not None and _is_number(cell.text):
                    self.out.put_group_number(header.table, group.text, leaf.column, cell.text)
            if numbers and not cells:
                self.out.warn("unplaced_values", header.table, f": {group.text}: {' | '.join(texts)!r}", lowers=True)
            return True
        if numbers:
            self.out.warn("unknown_row", header.table, f": no row of the form: {' | '.join(texts)!r}", lowers=True)
            return True
        return bool(texts) and all(is_heading(header.table, text) for text in texts)

    def _put_row(
        self, header: Header, form: FormTable, match: RowMatch, label: Cell, own: list[Cell], index: int
    ) -> None:
        row = match.row.key
        values = [cell for cell in self.rows[index] if cell.column > label.column and cell.row == index]
        cells, shifted = self._place(header, values)
        columns = [leaf.column for leaf in header.leaves if leaf.column]
        printed = " | ".join(cell.text for cell in values)
        if not any(cell.text for cell in values) and self._is_group_line(form, match, index):
            return  # the heading of a group, with the cells of its own line left blank
        if not cells:
            place = values[0].place if values else label.place
            self.out.leave_out(header.table, row, columns, place, printed, "its cells do not fit the header")
            return
        note_label(self.out, header.table, match, label.text)
        if shifted:
            message = f".{row}: its cells stand beside their headers and were read by count"
            self.out.warn("shifted_row", header.table, message, lowers=False)
        for leaf, cell in zip(header.leaves, cells, strict=True):
            if leaf.column is None:
                if cell is not None and _is_number(cell.text):
                    self.out.warn(
                        "unknown_column", header.table, f": no column of the form: {leaf.text!r}", lowers=True
                    )
                continue
            if cell is None:
                self.out.put(header.table, row, leaf.column, "", label.place, doubt=NO_CELL)
                self.out.warn("missing_cell", header.table, f".{row}.{leaf.column}: no cell is printed", lowers=True)
            else:
                self.out.put(
                    header.table,
                    row,
                    leaf.column,
                    cell.text,
                    cell.place,
                    header=leaf.text,
                    label=label.text,
                    doubt=cell.doubt,
                    by_count=shifted,
                )

    def _is_group_line(self, form: FormTable, match: RowMatch, index: int) -> bool:
        """Whether a row that is also the name of a group (（六）其他处理) has the lines of that group below it."""
        label = match.row.labels[0]
        if not any(group.text == label.text for group in form.groups()):
            return False
        below = self.rows[index + 1] if index + 1 < len(self.rows) else []
        found = (_row_of(form, cell.text, label) for cell in below if cell.text and not _is_number(cell.text))
        return any(m is not None and m.row.group is not None and m.row.group.text == label.text for m in found)

    def _read_sideways(self, header: Header, own: list[Cell]) -> bool:
        """The one line of numbers of a table that stands sideways."""
        if not own or not any(is_value(cell.text) for cell in own):
            return False
        index = own[0].row
        if any(row <= index + 1 for row in self.table.breaks):  # what a cut header left blank
            below = [cell.text for row in self.rows[index + 1 :] for cell in row]
            if not any(cell.text for cell in own) and any(_is_number(text) for text in below):
                return False
        if self.state.expects == 0:
            if any(_is_number(cell.text) for cell in own):
                texts = " | ".join(cell.text for cell in own)
                self.out.warn("unknown_row", header.table, f": a further line of numbers: {texts!r}", lowers=True)
            return False
        first = header.leaves[0].start
        values = [c for c in own if c.column >= first or is_value(c.text)] if self._same_width() else own
        cells, shifted = self._place(header, values)
        self.state.expects = 0
        if not cells:
            printed = " | ".join(cell.text for cell in own)
            for row in dict.fromkeys(leaf.row for leaf in header.leaves if leaf.row):
                columns = [leaf.column for leaf in header.leaves if leaf.row == row and leaf.column]
                why = "its cells do not fit the header"
                self.out.leave_out(header.table, row, columns, own[0].place, printed, why)
            return True
        if shifted:
            self.out.warn("shifted_row", header.table, ": its line was read by count", lowers=False)
        for leaf, cell in zip(header.leaves, cells, strict=True):
            if leaf.column and leaf.row:
                if cell is None:
                    self.out.put(header.table, leaf.row, leaf.column, "", own[0].place, doubt=NO_CELL)
                    where = f".{leaf.row}.{leaf.column}"
                    self.out.warn("missing_cell", header.table, f"{where}: no cell is printed", lowers=True)
                else:
                    self.out.put(
                        header.table,
                        leaf.row,
                        leaf.column,
                        cell.text,
                        cell.place,
                        header=leaf.text,
                        doubt=cell.doubt,
                        by_count=shifted,
                    )
        return True

    def _same_width(self) -> bool:
        return (
            self.state.width == self.width
            and self.state.header is not None
            and (self.state.header.leaves[0].start >= 0)
        )

    def _under_headers(self, header: Header, values: list[Cell]) -> list[Cell | None]:
        """The cells of a tabbed row that stand in the columns of their headers; nothing if any stands elsewhere."""
        at = {cell.column: cell for cell in values}
        columns = [leaf.start for leaf in header.leaves]
        if any(cell.text and cell.column not in columns for cell in values) or values[0].column > columns[0]:
            return []
        return [at.get(column) or _blank_after(values, column) for column in columns]

    def _place(self, header: Header, values: list[Cell]) -> tuple[list[Cell | None], bool]:
        """The cell under each header, and whether they stand beside their headers. Nothing if they do not fit."""
        leaves = header.leaves
        own = self.headed or not self.table.aligned  # columns of two grids are not the same ones
        if not self.table.spans and header.leaves[0].start >= 0 and values and own:
            cells = self._under_headers(header, values)
            if cells or self.table.aligned:
                return cells, False
        if self.table.aligned and header.leaves[0].row is None and len(self._number_columns()) != len(leaves):
            return [], False  # the header lacks a column: to count would give numbers to their neighbours
        if self.table.aligned and any(leaf.column is None for leaf in leaves):
            return [], False  # so it would where what is no label of a column counts as one
        if self._same_width():
            under = [_covering(values, leaf) for leaf in leaves]
            if _is_aligned(under, values):
                ends = {self.usual_reach, self.state.reach}
                lost = len(values) != len(leaves) and self._reach(values) not in ends
                return under, self.table.spans and lost
        elif self.table.spans and not self.headed and leaves[0].start >= 0:
            # The part that a page cut off has columns of its own for labels; those of numbers end both parts.
            further = self.width - self.state.width
            under = [
                _covering(values, replace(leaf, start=leaf.start + further, end=leaf.end + further)) for leaf in leaves
            ]
            if len(values) == len(leaves) and _is_aligned(under, values) and self._reach(values) == self.width:
                return under, False
        if len(values) == len(leaves):
            # Without spans a row stands where it may; one printed cell for each header still leaves no choice.
            return list(values), self.table.spans or not all(cell.text for cell in values)
        if not self.table.spans:
            window = _only_window(values, len(leaves))
            if window:
                return window, not all(cell is not None and cell.text for cell in window)
        if self._same_width() and self.table.spans:
            # Cells missing at the end of a row: those that are there stand under their headers.
            here = [cell for cell in under if cell is not None]
            if here and values and values[0] is under[0] and len(set(map(id, here))) == len(here) == len(values):
                return under, True
        return [], False


def _join_cut_header(table: Table, out: Collector) -> Table:
    """A table in which labels of a header that the end of a page cut in two are whole again."""
    changed: dict[int, Cell] = {}
    for index in table.breaks:
        if not 0 < index < len(table.grid):
            continue
        above, below = table.grid[index - 1], table.grid[index]
        if any(cell is not None and _is_number(cell.text) for cell in (*above, *below)):
            continue
        pairs = {}
        for upper, lower in zip(above, below, strict=False):
            if upper is None or lower is None or not upper.text or is_value(lower.text) or lower.row != index:
                continue
            if (upper.column, upper.colspan) != (lower.column, lower.colspan):
                continue
            if any(_is_cut_label(form, upper.text, lower.text) for form in out.form.tables.values()):
                pairs[id(lower)] = (upper, lower, upper.text + lower.text)
        all_joined = all(id(cell) in pairs for cell in below if cell is not None and cell.row == index and cell.text)
        for upper, lower, whole in pairs.values():
            changed[id(upper)] = upper._replace(text=whole if all_joined else "")
            changed[id(lower)] = lower._replace(text="" if all_joined else whole)
    if not changed:
        return table
    grid = tuple(tuple(cell and changed.get(id(cell), cell) for cell in row) for row in table.grid)
    return replace(table, grid=grid)


def _is_cut_label(form: FormTable, upper: str, lower: str) -> bool:
    """Whether two texts, one under the other, are one label of a header: together they name a column, or come nearer to
    a heading than each does alone."""
    found = match_column(form, upper + lower)
    if found is not None and match_column(form, lower) in {None, found}:
        return True
    whole, above, below = (heading_likeness(form, text) for text in (upper + lower, upper, lower))
    return whole >= NEAR and whole > max(above, below)


def _are_rests(upper: Sequence[Cell], lower: Sequence[Cell]) -> bool:
    """Whether all that a row prints are the rests of what a row before it prints, which is no value without them."""
    above = {cell.column: cell.text for cell in upper}
    rests = [(above.get(cell.column, ""), cell.text) for cell in lower if cell.text]
    return bool(rests) and all(_is_unfinished(text, rest) and not is_value(rest) for text, rest in rests)


def _is_unfinished(text: str, rest: str) -> bool:
    """Whether a text is no value, and one with its rest: a note's bracket is open, or thousands lack digits."""
    return bool(text) and not is_value(text) and is_value(text + rest)


def _join_values(upper: Cell, lower: Cell) -> Cell:
    """The cell whose parts stand on two pages; only the part above where that may be no value at all."""
    one = lower.goes_on or goes_on(upper.text, lower.text) or _is_unfinished(upper.text, lower.text)
    if not one and not is_value(upper.text):
        return upper
    # A comma, a unit or a note begins no number; else the layout must tell that the two are one.
    doubt = "the end of a page cuts it" if not one and lower.text[0].isdecimal() else None
    return upper._replace(text=upper.text + lower.text, doubt=upper.doubt or lower.doubt or doubt)


def _blank_after(cells: list[Cell], column: int) -> Cell:
    """The blank cell at a column where a line of tabs ends before it: trailing blanks leave no tab."""
    last = cells[-1]
    return Cell("", last.row, column, 1, 1, last.place)


def note_label(out: Collector, table: str, match: RowMatch, printed: str) -> None:
    """Says so when a row was known by a label that is only close to the form's."""
    if match.exact:
        return
    mark, own = make_label(printed), match.row.labels[0]
    confirmed = mark.marked and (mark.level, mark.number) == (own.level, own.number)
    message = f".{match.row.key}: its label is printed as {printed!r}"
    out.warn("label_misprinted", table, message, lowers=not confirmed)


def _join_stacks(form: FormTable, cells: Sequence[Cell]) -> list[Cell]:
    """The cells of a header, those put together at the foot of each column that make one label, whose lines may be in
    several rows; these labels in the last row, for they head their columns."""
    out: list[Cell] = []
    last = max(cell.row for cell in cells)
    for column in sorted({cell.column for cell in cells}):
        stack = [cell for cell in cells if cell.column == column]
        texts = ["".join(cell.text for cell in stack[-n:]) for n in range(1, min(MAX_PIECES, len(stack)) + 1)]
        count = max((n for n, text in enumerate(texts, 1) if is_label(form, text)), default=1)
        out += stack[: len(stack) - count]
        out.append(stack[-1]._replace(text=texts[count - 1], row=last))
    return sorted(out, key=lambda cell: (cell.row, cell.column))


def _own(row: Sequence[Cell | None]) -> list[Cell]:
    """The cells of a row, each once, from left to right."""
    return list({id(cell): cell for cell in row if cell is not None}.values())


@lru_cache(maxsize=4096)
def _is_number(text: str) -> bool:
    return read_cell(text, amount=True, signed=True).value is not None or read_cell(text, signed=True).value is not None


def _row_of(form: FormTable, text: str, group: Label | None) -> RowMatch | None:
    match = match_row(form, text, group)
    if match is not None:
        return match
    open_bracket = _OPEN_BRACKET.search(text)
    if open_bracket is not None:  # the end of a page cut the remark, whose rest stands in no cell of the label's column
        return _row_of(form, text[: open_bracket.start()], group)
    for own in form.groups():  # the label of a group and of its first line in one cell
        mark = make_label(text)
        if mark.level == own.level and mark.text.startswith(own.text) and len(mark.text) > len(own.text):
            rest = text[text.find(own.text[-1]) + 1 :]
            return match_row(form, rest, own)
    return None


def _is_row(form: FormTable, text: str) -> bool:
    """Whether a text is the label of a row and no label of a column (总计 is both)."""
    return _row_of(form, text, None) is not None and match_column(form, text) is None


def _group_of(form: FormTable, text: str) -> Label | None:
    return match_group(form, text) if text else None


def _covering(values: list[Cell], leaf: Leaf) -> Cell | None:
    found = [c for c in values if c.column <= leaf.end and c.column + c.colspan - 1 >= leaf.start]
    filled = [c for c in found if c.text] or found
    return filled[0] if len(filled) == 1 or (filled and not filled[0].text) else None


def _is_aligned(under: list[Cell | None], values: list[Cell]) -> bool:
    """Every header has its own cell, and no number stands anywhere else."""
    if any(cell is None for cell in under):
        return False
    used = [id(cell) for cell in under]
    shared = [cell for cell in under if cell is not None and used.count(id(cell)) > 1]
    if any(_is_number(cell.text) for cell in shared):
        return False
    return all(id(cell) in used or not cell.text for cell in values)


def _only_window(values: list[Cell], count: int) -> list[Cell | None]:
    """The one run of ``count`` cells that holds everything printed, where blanks may be the rest of wider cells."""
    filled = [i for i, cell in enumerate(values) if cell.text]
    if not filled:
        return list(values[:count]) if len(values) >= count else []
    starts = [i for i in range(len(values) - count + 1) if i <= filled[0] and filled[-1] < i + count]
    return list(values[starts[0] : starts[0] + count]) if len(starts) == 1 else []
