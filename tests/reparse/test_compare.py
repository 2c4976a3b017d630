"""How a reading differs from the version of the catalogue, as rows and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crawler.catalogue.reread import judge
from crawler.catalogue.years import check_years
from crawler.reparse.compare import KINDS, compare_checks, compare_readings
from crawler.reparse.portal import Counts
from crawler.reparse.show import write_block, write_check, write_summary
from crawler.reparse.spool import Spool
from tests.catalogue.records import make_record

if TYPE_CHECKING:
    from crawler.reparse.compare import Row


def compare(record: dict[str, Any], before: dict[str, Any]) -> Row | None:
    return compare_readings(record, before, judge(record, before))


def without_table(**more: Any) -> dict[str, Any]:
    return make_record(tables={}, **more)


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (make_record(received=4), "reading"),
        (make_record(received=4, confidence="partial", text="又。"), "reading"),
        (without_table(), "reading"),
        (without_table(warnings=("picture",), confidence="partial"), "lesser"),
        (without_table(warnings=("unread_page",), confidence="partial"), "lesser"),
        (make_record(text="又。"), "text"),
        (make_record(confidence="read"), "other"),
        (make_record(warnings=("shifted_row",)), "other"),
        ({**make_record(), "published": "2025-01-23"}, "other"),
        ({**make_record(), "checks": [{"rule": "applications.balance"}]}, "other"),
        (make_record(body="云来县财政局"), "name"),
        (make_record(year=2023), "name"),
        ({**make_record(), "provenance": {}}, None),
        ({**make_record(), "parser": {"name": "nianbao", "version": "9.9"}}, None),
    ],
)
def test_what_a_difference_comes_to(record: dict[str, Any], kind: str | None) -> None:
    row = compare(record, make_record())
    assert (row and row["change"]) == kind
    if row is not None:
        assert (row["becomes"], row["n"]) == (2 if kind == "reading" else None, 1)
        assert write_block(row)[0].startswith(f"{make_record()['report_id']} (version 1, http://www.yunlai.gov.cn/")
        assert all("\n" not in line for line in write_block(row))


def test_a_block_says_all_that_differs() -> None:
    before = make_record(warnings=("one_decoder", "one_decoder"), confidence="partial")
    after = make_record(received=None, text="又。", warnings=("one_decoder", "assumed_cells"), code="411399")
    after |= {"title": "云来县2024年报告", "published": "2025-01-23"}
    after["agency"] |= {"level": None}
    row = compare(after, before)
    assert row is not None
    assert [line.removeprefix("  ") for line in write_block(row)[1:]] == [
        "applications.received.natural_person: 3 → blank",
        "applications.received.total: 3 → blank",
        "confidence: partial → verified",
        "agency: 云来县人民政府 411399 county → 云来县人民政府 411399 none",
        "published: none → 2025-01-23",
        f"title: {before['title']} → 云来县2024年报告",
        "text: overview",
        "- one_decoder: one_decoder",
        "+ assumed_cells: assumed_cells",
    ]
    named = compare(make_record(body="云来县财政局"), before)
    assert named is not None
    assert write_block(named)[0].endswith(": it is now read as another report: not stored: 411399-云来县财政局-2024")


def test_identities_across_years_that_come_out_otherwise() -> None:
    first, second = make_record(2023, carried_out=2), make_record(2024, carried_in=5)
    mended, blank = make_record(2024, carried_in=2), make_record(2024, tables={})
    broken, whole, none = (check_years(first, later) for later in (second, mended, blank))
    assert list(compare_checks(broken, broken)) == []
    assert list(compare_checks(whole, none)) == []  # what held is no news
    rows = list(compare_checks(broken, whole))
    assert [(row["where"]["column"], row["status"], row["before"]["status"]) for row in rows] == [
        ("natural_person", "pass", "fail"),
        ("total", "pass", "fail"),
    ]
    earlier, later = first["report_id"], second["report_id"]
    assert write_check(rows[1]) == (
        f"across years: applications.total: pass: {later} says 2, {earlier} gives 2 (before: fail: 5, 2)"
    )
    gone, *_ = compare_checks(broken, none)
    assert (gone["status"], gone["expected"]) == (None, None)
    assert write_check(gone).endswith("not to be worked out any more (before: fail: 5, 2)")
    new, *_ = compare_checks(none, broken)
    assert write_check(new).endswith(f"fail: {later} says 5, {earlier} gives 2 (not to be worked out before)")


def test_the_summary() -> None:
    counts = Counts(documents=1003, same=990, unreadable=2, missing=1, stored=6)
    counts.kinds |= {"reading": 6, "other": 1}
    row = counts.describe() | {"seconds": 30.0, "per_second": 33.4}
    head = (
        "1,003 documents of 1,000 reports: 990 same, 7 changed (6 reading, 1 other), 2 unreadable, 1 missing; "
        "33.4 documents/s, 30.0 s"
    )
    assert write_summary(row, write=False) == f"{head}; nothing was written (--write)"
    assert write_summary(row, write=True) == f"{head}; 6 versions stored, the next crawl delivers them"
    assert set(KINDS) <= row.keys()


def test_the_spool_gives_back_what_it_was_given() -> None:
    records = [make_record(year, body=body) for body in ("云来县人民政府", "云来县财政局") for year in (2023, 2024)]
    with Spool() as spool:
        for number, record in enumerate(records):
            spool.add(number, record)
        assert spool.find("unknown") is None
        assert spool.find(records[2]["report_id"]) == records[2]
        assert list(spool.list_all()) == list(enumerate(records))
        assert spool.list_bodies() == ["411399-云来县人民政府", "411399-云来县财政局"]
