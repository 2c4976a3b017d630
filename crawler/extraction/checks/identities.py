"""The identities that the form sets within one report (form.json, 'identities'), worked out and told apart.

A failed identity has one of two causes. "report": every number in it was read at its printed place, so the report
contradicts itself. "reading": one of them is missing, doubtful or was placed by counting, so we may have misread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from crawler.extraction.report.form import load_form
from crawler.extraction.report.model import Number, Report, Value

Rows = dict[str, dict[str, Value]]


@dataclass(frozen=True, slots=True)
class Check:
    """One identity: ``expected`` is printed as the total, ``actual`` the sum of the parts; blanks count as 0.

    ``where`` is ``{"table", "row"}`` or ``{"table", "column"}``; ``cause`` is None unless the check failed.
    """

    rule: str
    where: tuple[tuple[str, str], ...]
    expected: Number
    actual: Number
    cause: str | None

    @property
    def passed(self) -> bool:
        return self.cause is None


def run_checks(report: Report) -> list[Check]:
    """All identities of a report that can be worked out, row by row and column by column."""
    applications = report.tables.get("applications", {})
    checks = [
        *_row_sums("applications", applications),
        *_outcome_sums(applications),
        *_balances(applications),
        *_row_sums("review_litigation", report.tables.get("review_litigation", {})),
    ]
    # What was printed in a table and could not be placed may be what an identity lacks; a row's own sum is whole.
    unsure = {warning.table for warning in report.warnings if warning.lowers}
    askew = _is_askew([check for check in checks if check.rule == "applications.row_sum"])
    return [
        replace(check, cause="reading")
        if check.cause
        and (
            (dict(check.where)["table"] in unsure and not check.rule.endswith("row_sum"))
            or (dict(check.where)["table"] == "applications" and askew)
        )
        else check
        for check in checks
    ]


def _is_askew(row_sums: list[Check]) -> bool:
    """Whether so many rows do not add up that their columns must have been mistaken: a report contradicts itself in a
    few rows, a column out of place breaks most of those that hold numbers."""
    filled = [check for check in row_sums if check.expected or check.actual]
    failed = [check for check in filled if not check.passed]
    return len(failed) >= 3 and 2 * len(failed) > len(filled)


def _row_sums(table: str, rows: Rows) -> Iterable[Check]:
    """natural_person + five kinds of organisation = total; upheld + corrected + other + pending = total."""
    parts = [c.key for c in load_form().tables[table].columns if c.key != "total"]
    for row, columns in rows.items():
        if "total" in columns and any(key in columns for key in parts):
            cells = [columns.get(key) for key in parts]
            yield _check(f"{table}.row_sum", ("row", row), table, [columns["total"]], cells)


def _outcome_sums(rows: Rows) -> Iterable[Check]:
    """In every column all outcomes （一） to （六） add up to （七）总计."""
    form = load_form().tables["applications"]
    if "processed_total" not in rows:
        return
    keys = [row.key for row in form.rows]
    first, last = keys.index("granted"), keys.index("processed_total")
    outcomes = keys[first:last]
    lines = [key for key in outcomes if key.startswith("other.")]
    # （六）其他处理 is one line in the 2019 form and three in that of 2021; the lines count where they hold a number.
    divided = any(v.value is not None or v.doubt for key in lines for v in rows.get(key, {}).values())
    left_out = {"other"} if divided or (lines[0] in rows and "other" not in rows) else set(lines)
    parts = [key for key in outcomes if key not in left_out]
    if not any(key in rows for key in parts):
        return
    for column in (c.key for c in form.columns):
        if column in rows["processed_total"]:
            cells = [rows.get(key, {}).get(column) for key in parts]
            yield _check(
                "applications.outcome_sum", ("column", column), "applications", [rows["processed_total"][column]], cells
            )


def _balances(rows: Rows) -> Iterable[Check]:
    """In every column received + carried in = processed + carried out: printed in the table's own corner."""
    if any(key not in rows for key in ("received", "carried_in", "processed_total", "carried_out")):
        return
    for column in (c.key for c in load_form().tables["applications"].columns):
        if all(column in rows[key] for key in ("received", "carried_in", "processed_total", "carried_out")):
            totals = [rows["processed_total"][column], rows["carried_out"][column]]
            parts = [rows["received"][column], rows["carried_in"][column]]
            yield _check("applications.balance", ("column", column), "applications", totals, parts)


def _check(
    rule: str, where: tuple[str, str], table: str, totals: Sequence[Value], parts: Sequence[Value | None]
) -> Check:
    expected, actual = _sum(totals), _sum(parts)
    cause = None
    if expected != actual:
        sure = all(v is not None and v.doubt is None and not v.by_count for v in (*totals, *parts))
        cause = "report" if sure else "reading"
    return Check(rule, (("table", table), where), expected, actual, cause)


def _sum(values: Iterable[Value | None]) -> Number:
    numbers = [v.value for v in values if v is not None and v.value is not None]
    if all(type(number) is int for number in numbers):
        return sum(numbers)
    total = sum((Decimal(str(number)) for number in numbers), Decimal(0))
    return int(total) if total == total.to_integral_value() else float(total)
