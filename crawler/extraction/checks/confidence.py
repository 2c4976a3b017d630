"""How far a record may be trusted: failed, partial, read or verified, judged in this order."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.extraction.checks.identities import Check
from crawler.extraction.report.form import load_form
from crawler.extraction.report.model import Report


def judge(report: Report, checks: Sequence[Check]) -> str:
    """The confidence of a record.

    "failed": a table should be there and none could be read. "partial": something printed could not be read or placed,
    a guess was made, two readings disagree, or a check failed because of the reading. "read": all that is printed was
    read at its place, yet the report contradicts itself, prints less than its form, or follows none. "verified": the
    rest.
    """
    if report.generation == "free":
        return "partial" if any(w.lowers for w in report.warnings) else "read"
    if not report.tables:
        return "failed"
    values = [v for rows in report.tables.values() for columns in rows.values() for v in columns.values()]
    if all(v.doubt for v in values):
        return "failed"
    if any(v.doubt for v in values) or any(w.lowers for w in report.warnings):
        return "partial"
    if any(check.cause == "reading" for check in checks) or _unproved(report, checks):
        return "partial"
    if any(check.cause == "report" for check in checks) or not _is_whole(report):
        return "read"
    return "verified"


def _unproved(report: Report, checks: Sequence[Check]) -> bool:
    """Whether a row was placed by counting its cells and the identities of its row and columns do not confirm it."""
    counted = [
        (table, row)
        for table, rows in report.tables.items()
        for row, columns in rows.items()
        if any(v.by_count for v in columns.values())
    ]
    if not counted:
        return False
    proved = {(dict(c.where)["table"], dict(c.where).get("row")) for c in checks if c.passed}
    askew = {dict(c.where)["table"] for c in checks if not c.passed and "column" in dict(c.where)}
    return any((table, row) not in proved or table in askew for table, row in counted)


def _is_whole(report: Report) -> bool:
    """Whether every table, row and column of its generation's form is printed."""
    for key, table in load_form().tables.items():
        rows = report.tables.get(key, {})
        for row in table.rows:
            if row.generation not in {None, report.generation}:
                continue
            columns = row.columns.get(report.generation, ()) if row.columns else tuple(c.key for c in table.columns)
            if any(column not in rows.get(row.key, {}) for column in columns):
                return False
    return True
