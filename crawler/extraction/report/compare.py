"""Two readings of one report: where they differ, a cell is doubtful."""

from __future__ import annotations

from dataclasses import replace

from crawler.extraction.report.model import Report, Tables, Value, Warning_


def compare_tables(report: Report, other: Tables) -> Report:
    """A report whose cells are held against a second reading of the same file. A cell that both have with different
    values is null from then on, with a warning; a cell that only one of them has is left as it is."""
    tables: Tables = {}
    warnings: list[Warning_] = []
    for table, rows in report.tables.items():
        for row, columns in rows.items():
            for column, value in columns.items():
                second = other.get(table, {}).get(row, {}).get(column)
                tables.setdefault(table, {}).setdefault(row, {})[column] = _hold(value, second)
                if second is not None and _differ(value, second):
                    where = f"{table}.{row}.{column}"
                    message = f"{where}: read as {value.value!r}, by the second reader as {second.value!r}"
                    warnings.append(Warning_("second_reading", message, lowers=True, table=table))
    return replace(report, tables=tables, warnings=(*report.warnings, *warnings)) if warnings else report


def _hold(value: Value, second: Value | None) -> Value:
    if second is None or not _differ(value, second):
        return value
    return value._replace(value=None, doubt="two readers differ")


def _differ(value: Value, second: Value) -> bool:
    """Whether both readings are sure of what they read, and it is not the same."""
    return value.doubt is None and second.doubt is None and value.value != second.value
