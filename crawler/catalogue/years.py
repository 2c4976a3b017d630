"""The identities of the form across two years of one body (form.json, 'identities'): pure, never in a record."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from crawler.extraction.report.form import load_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.extraction.record.model import Record

Status = Literal["pass", "fail", "remark"]
# Reports of which every printed number stands in the record: where two of them differ, they contradict each other.
_SURE = frozenset({"verified", "read"})
_RULES_AND_DOCUMENTS = ("rules", "normative_documents")


@dataclass(frozen=True, slots=True)
class YearsDiffer:
    """One identity across the years of ``earlier`` and ``later`` (report ids). ``expected`` is what the later year
    prints, ``actual`` what the earlier one gives; blanks count as 0. ``place`` as in a record's checks.

    ``status``: ``pass``; ``fail`` where the two reports contradict each other; ``remark`` where there may be another
    reason (one of them was not read whole; papers were recounted).
    """

    rule: str
    status: Status
    place: tuple[tuple[str, str], ...]
    earlier: str
    later: str
    expected: float
    actual: float


def check_years(earlier: Record, later: Record) -> list[YearsDiffer]:
    """The identities between the reports of one body for two years, the second right after the first."""
    if later["year"] != earlier["year"] + 1:
        raise ValueError(f"{later['report_id']} is not of the year after {earlier['report_id']}")
    return [*_carried_over(earlier, later), *_in_force(earlier, later)]


def _carried_over(earlier: Record, later: Record) -> Iterator[YearsDiffer]:
    """``applications.year_to_year``: carried out of a year = carried in of the next, in every column."""
    out, into = _row(earlier, "applications", "carried_out"), _row(later, "applications", "carried_in")
    sure = {earlier["confidence"], later["confidence"]} <= _SURE
    for column in (column.key for column in load_form().tables["applications"].columns):
        if column in out and column in into:
            expected, actual = into[column] or 0, out[column] or 0
            status: Status = "pass" if expected == actual else "fail" if sure else "remark"
            yield YearsDiffer(
                "applications.year_to_year",
                status,
                (("table", "applications"), ("column", column)),
                earlier["report_id"],
                later["report_id"],
                expected,
                actual,
            )


def _in_force(earlier: Record, later: Record) -> Iterator[YearsDiffer]:
    """``proactive.year_to_year``, in the form of 2021: in force = in force a year before + issued - repealed.

    Papers are recounted and cleaned up, so what does not add up is a remark.
    """
    for row in _RULES_AND_DOCUMENTS:
        before, now = _row(earlier, "proactive", row), _row(later, "proactive", row)
        if before.get("in_force") is None or now.get("in_force") is None or not {"issued", "repealed"} <= now.keys():
            continue
        expected = now["in_force"]
        actual = _number(_exact(before["in_force"]) + _exact(now["issued"]) - _exact(now["repealed"]))
        yield YearsDiffer(
            "proactive.year_to_year",
            "pass" if expected == actual else "remark",
            (("table", "proactive"), ("row", row)),
            earlier["report_id"],
            later["report_id"],
            expected,
            actual,
        )


def _row(record: Record, table: str, row: str) -> dict[str, Any]:
    found: dict[str, Any] = record["tables"].get(table, {}).get(row, {})
    return found


def _exact(value: float | None) -> Decimal:
    return Decimal(str(value or 0))


def _number(value: Decimal) -> float:
    return int(value) if value == value.to_integral_value() else float(value)
