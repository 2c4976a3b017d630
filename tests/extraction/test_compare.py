"""Two readings of one report, held against one another."""

from __future__ import annotations

from crawler.extraction.documents.model import Place
from crawler.extraction.report.compare import compare_tables
from crawler.extraction.report.model import Agency, Report, Tables, Value

PLACE = Place(table=0, row=1, column=1)


def make_tables(received: float | None, new: float | None = None, doubt: str | None = None) -> Tables:
    rows = {"received": {"total": Value(received, PLACE, doubt=doubt)}}
    if new is not None:
        rows["carried_over"] = {"total": Value(new, PLACE)}
    return {"applications": rows}


def make_report(tables: Tables) -> Report:
    return Report(
        "某县2023年政府信息公开工作年度报告", 2023, Agency("某县人民政府", None, None), "2021", None, (), tables
    )


def test_readings_that_agree_leave_a_report_as_it_is() -> None:
    report = make_report(make_tables(5, 0))
    assert compare_tables(report, make_tables(5, 0)) is report
    assert compare_tables(report, make_tables(5)) is report  # what only one of them has is no contradiction
    assert compare_tables(report, {}) is report


def test_where_readings_differ_the_cell_is_null_and_said() -> None:
    report = compare_tables(make_report(make_tables(5, 3)), make_tables(6, 3))
    rows = report.tables["applications"]
    assert (rows["received"]["total"].value, rows["received"]["total"].doubt) == (None, "two readers differ")
    assert rows["carried_over"]["total"].value == 3
    (warning,) = report.warnings
    assert (warning.code, warning.lowers, warning.table) == ("second_reading", True, "applications")
    assert warning.message == "applications.received.total: read as 5, by the second reader as 6"


def test_a_blank_is_another_reading_than_a_number() -> None:
    report = compare_tables(make_report(make_tables(5)), make_tables(None))
    assert report.tables["applications"]["received"]["total"].value is None
    assert len(report.warnings) == 1


def test_a_doubtful_reading_contradicts_nothing() -> None:
    report = make_report(make_tables(5))
    assert compare_tables(report, make_tables(6, doubt="two numbers")) is report
    doubtful = make_report(make_tables(None, doubt="two numbers"))
    assert compare_tables(doubtful, make_tables(6)) is doubtful
