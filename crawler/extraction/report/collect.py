"""Gathers the cells that the readers of grids and of lines have placed, and what they could not place."""

from __future__ import annotations

from functools import cache
from itertools import chain

from crawler.extraction.documents.model import Place
from crawler.extraction.report.cells import named_unit, read_cell
from crawler.extraction.report.form import Column, Form, load_form
from crawler.extraction.report.model import Tables, Value, Warning_

NO_CELL = "no cell is printed"


class Collector:
    """The tables of one report while they are read. Nothing is overwritten: two readings that differ are doubtful."""

    def __init__(self) -> None:
        self.form: Form = load_form()
        self.tables: Tables = {}
        self.warnings: list[Warning_] = []
        self.note = ""
        """The line over the table that is being read, where it names a unit (单位：元)."""
        self._group_numbers: list[tuple[str, str, str, str]] = []

    def warn(self, code: str, table: str, message: str, *, lowers: bool) -> None:
        """Notes what was guessed, repaired or left out in a table; ``lowers`` if a number may be missing or wrong."""
        warning = Warning_(code, f"{table}{message}", lowers, table)
        if warning not in self.warnings:
            self.warnings.append(warning)

    def put(
        self,
        table: str,
        row: str,
        column: str,
        printed: str,
        place: Place,
        *,
        header: str = "",
        label: str = "",
        doubt: str | None = None,
        by_count: bool = False,
    ) -> None:
        """One cell at its row and column, ``printed`` as it stands there; its ``header`` or the ``label`` of its row
        may name its unit."""
        where = f".{row}.{column}"
        if not self._has(table, row, column):
            if printed:
                self.warn(
                    "cell_off_form", table, f"{where}: the form has no such cell; it prints {printed!r}", lowers=True
                )
            return
        if _columns(table)[column].amount:
            reading = read_cell(printed, amount=True, unit=named_unit(header, label, self.note))
        else:
            reading = read_cell(printed, signed=column == "change")
        value = Value(None if doubt else reading.value, place, printed, doubt or reading.problem, by_count)
        if doubt and doubt != NO_CELL:
            self.warn("doubtful_cell", table, f"{where}: {printed!r}: {doubt}", lowers=True)
        elif reading.problem:
            self.warn("unreadable_cell", table, f"{where}: {printed!r}: {reading.problem}", lowers=True)
        before = self.tables.setdefault(table, {}).setdefault(row, {}).get(column)
        if before is None:
            self.tables[table][row][column] = value
        elif (before.value, before.doubt) != (value.value, value.doubt):
            self.tables[table][row][column] = Value(None, before.place, before.raw, "printed twice, differently")
            self.warn("conflicting_cells", table, f"{where}: printed as {before.raw!r} and as {printed!r}", lowers=True)

    def leave_out(self, table: str, row: str, columns: list[str], place: Place, printed: str, why: str) -> None:
        """A row that is printed, yet whose numbers could not be placed: null in every column, with a warning."""
        for column in columns:
            if self._has(table, row, column):
                self.tables.setdefault(table, {}).setdefault(row, {}).setdefault(column, Value(None, place, "", why))
        self.warn("unplaced_values", table, f".{row}: {why}; it prints {printed!r}", lowers=True)

    def put_group_number(self, table: str, group: str, column: str, printed: str) -> None:
        """A number in a group's own line, which the form leaves blank; see `settle`."""
        self._group_numbers.append((table, group, column, printed))

    def settle(self) -> None:
        """Compares numbers printed for groups with the sums of their lines; what differs could not be placed."""
        for table, group, column, printed in self._group_numbers:
            form = self.form.tables[table]
            keys = [row.key for row in form.rows if row.group is not None and row.group.text == group]
            lines = [self.tables.get(table, {}).get(key, {}).get(column) for key in keys]
            total = sum(line.value or 0 for line in lines if line is not None)
            same = read_cell(printed).value == total
            says = "the sum of its lines" if same else f"its lines add up to {total}"
            message = f": the group {group} prints {printed!r} in {column} ({says})"
            self.warn("group_number", table, message, lowers=not same)

    def _has(self, table: str, row: str, column: str) -> bool:
        return column in _printed_columns(table)[row]


@cache
def _columns(table: str) -> dict[str, Column]:
    return {column.key: column for column in load_form().tables[table].columns}


@cache
def _printed_columns(table: str) -> dict[str, frozenset[str]]:
    """The columns of each row of a table, of either generation."""
    form = load_form().tables[table]
    return {
        row.key: frozenset(chain.from_iterable(row.columns.values())) if row.columns else frozenset(_columns(table))
        for row in form.rows
    }
