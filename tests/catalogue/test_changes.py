"""What ``changes.jsonl`` says of a version, and what does not hold across years."""

from __future__ import annotations

import pytest

from crawler.catalogue.changes import tell_version
from crawler.catalogue.years import check_years
from tests.catalogue.records import COLUMNS, make_record


def test_a_new_version_has_nothing_before_it() -> None:
    record = make_record()
    assert tell_version(record, None) == {
        "change": "new",
        "report_id": record["report_id"],
        "body": "云来县人民政府",
        "year": 2024,
        "url": record["source"]["url"],
        "n": 1,
    }


def test_a_changed_version_names_its_cells() -> None:
    before = make_record(tables={"proactive": {"rules": {"issued": 1, "in_force": 3}, "fees": {"amount": 25.1}}})
    after = make_record(tables={"proactive": {"rules": {"issued": None, "repealed": 0, "in_force": 3}}})
    row = tell_version(after, before)
    assert row["cells"] == [
        {"table": "proactive", "row": "rules", "column": "issued", "old": 1, "new": None},
        {"table": "proactive", "row": "fees", "column": "amount", "old": 25.1},  # not printed any more
        {"table": "proactive", "row": "rules", "column": "repealed", "new": 0},  # not printed before
    ]
    assert (row["change"], row["text"], row["title"], row["sections"]) == ("changed", False, False, [])


def test_a_changed_text_is_named_by_its_sections() -> None:
    before, after = make_record(), make_record(text="本年度情况有更正。")
    after["sections"].append({"number": None, "key": None, "heading": "附件", "text": "无。"})
    row = tell_version(after, before)
    assert (row["cells"], row["text"], row["title"], row["sections"]) == ([], True, False, ["overview", "附件"])


def test_carried_over_in_every_column() -> None:
    checks = check_years(make_record(2023, carried_out=2), make_record(2024, carried_in=5))
    assert [check.place[1][1] for check in checks] == list(COLUMNS)
    assert {check.rule for check in checks} == {"applications.year_to_year"}
    failed = {check.place[1][1]: (check.status, check.expected, check.actual) for check in checks}
    assert failed == {
        **dict.fromkeys(COLUMNS, ("pass", 0, 0)),
        "natural_person": ("fail", 5, 2),
        "total": ("fail", 5, 2),
    }
    assert (checks[0].earlier, checks[0].later) == ("411399-云来县人民政府-2023", "411399-云来县人民政府-2024")


def test_blanks_count_as_nothing_and_doubt_is_a_remark() -> None:
    blank = check_years(make_record(2023, carried_out=None), make_record(2024, carried_in=0))
    assert {check.status for check in blank} == {"pass"}
    doubt = check_years(make_record(2023, carried_out=2, confidence="partial"), make_record(2024))
    assert {check.status for check in doubt} == {"pass", "remark"}


def test_what_is_not_printed_is_not_compared() -> None:
    assert check_years(make_record(2023, tables={}), make_record(2024)) == []
    with pytest.raises(ValueError, match="not of the year after"):
        check_years(make_record(2022), make_record(2024))


@pytest.mark.parametrize(
    ("before", "now", "status", "actual"),
    [
        ({"in_force": 70}, {"issued": 3, "repealed": 2, "in_force": 71}, "pass", 71),
        ({"in_force": 70}, {"issued": 3, "repealed": None, "in_force": 43}, "remark", 73),
    ],
)
def test_papers_in_force(before: dict[str, int], now: dict[str, int | None], status: str, actual: int) -> None:
    (check,) = check_years(
        make_record(2023, tables={"proactive": {"normative_documents": before}}),
        make_record(2024, tables={"proactive": {"normative_documents": now}}),
    )
    assert (check.rule, check.status, check.expected, check.actual) == (
        "proactive.year_to_year",
        status,
        now["in_force"],
        actual,
    )


def test_papers_in_force_that_one_year_does_not_say() -> None:
    """The form of 2019 has other columns, and a blank says nothing of what is in force."""
    now = {"proactive": {"rules": {"issued": 3, "repealed": 2, "in_force": 71}}}
    for before in ({"total_disclosed": 70}, {"in_force": None}):
        earlier = make_record(2023, tables={"proactive": {"rules": before}})
        assert check_years(earlier, make_record(2024, tables=now)) == []
