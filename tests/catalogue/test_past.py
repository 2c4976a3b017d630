"""What the monitors are told of the runs before, and ``scrapy status`` of all portals, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from crawler.catalogue.ending import Ending
from crawler.watching.model import Body, EarlierRun, Past
from crawler.watching.past import count_missing, look_back
from tests.catalogue.records import make_record
from tests.catalogue.runs import crawl, open_run

if TYPE_CHECKING:
    from crawler.catalogue.store import Catalogue

SCHOOLS = {"body": "云来县教育局", "tables": {}}


def make_department(year: int, **more: Any) -> dict[str, Any]:
    record = make_record(year, **SCHOOLS, **more)
    return {**record, "agency": {**record["agency"], "level": "department"}}


def test_a_first_run_has_no_past_but_its_own(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2023, confidence="partial"), make_record(2024), make_department(2024), name="1")
    assert look_back(catalogue, "yunlai", "1") == Past(
        reports=3,
        seen={"verified": 2, "partial": 1},
        fresh={"verified": 2, "partial": 1},
        bodies=(
            Body("411399-云来县人民政府", "云来县人民政府", "county", frozenset({2023, 2024})),
            Body("411399-云来县教育局", "云来县教育局", "department", frozenset({2024})),
        ),
    )


def test_a_run_that_is_not_known_has_none(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(), name="1")
    assert look_back(catalogue, "yunlai", "2") == look_back(catalogue, "hengtai", "1") == Past()


def test_what_is_the_same_counts_among_what_was_seen(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2023), make_record(2024), name="1")
    crawl(catalogue, make_record(2023), make_record(2024), make_record(2025, confidence="failed"), name="2")
    past = look_back(catalogue, "yunlai", "2")
    assert (past.seen, past.fresh) == ({"verified": 2, "failed": 1}, {"failed": 1})
    assert (past.before, past.had, past.reports) == ("1", EarlierRun("1", 2), 3)


def test_what_vanished_is_not_there_and_was_published(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2023), make_record(2024), name="1")
    crawl(catalogue, make_record(2024), name="2")
    past = look_back(catalogue, "yunlai", "2")
    assert (past.reports, past.seen) == (1, {"verified": 1})
    assert [body.years for body in past.bodies] == [{2023, 2024}]


def test_the_run_that_had_something_is_of_the_same_addresses_and_years(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(), name="1")
    crawl(catalogue, make_record(), make_record(2023), name="2", asked=("http://www.yunlai.gov.cn/other/",))
    crawl(catalogue, make_record(), name="3", years=(2024, 2024))
    crawl(catalogue, name="4", verdict="nothing_found")
    crawl(catalogue, name="5", verdict="nothing_found")
    past = look_back(catalogue, "yunlai", "5")
    assert (past.before, past.had, past.reports) == ("4", EarlierRun("1", 1), 0)
    crawl(catalogue, name="6", verdict="nothing_found", years=(2024, 2024))
    assert look_back(catalogue, "yunlai", "6").had == EarlierRun("3", 1)
    crawl(catalogue, name="7", verdict="nothing_found", years=(2020, 2024))
    assert look_back(catalogue, "yunlai", "7").had is None


def test_a_run_that_was_killed_is_named_once(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(), name="1")
    crawl(catalogue, make_record(2023), name="2", killed=True)
    crawl(catalogue, make_record(), name="3")
    past = look_back(catalogue, "yunlai", "3")
    assert (past.broken_off, past.before) == ("2", "1")
    crawl(catalogue, make_record(), name="4")
    past = look_back(catalogue, "yunlai", "4")
    assert (past.broken_off, past.before) == (None, "3")


def test_a_run_without_its_end_has_no_count(catalogue: Catalogue) -> None:
    with open_run(catalogue, "1"):
        assert look_back(catalogue, "yunlai", "1") == Past()


def test_cells_that_are_gone_are_counted_by_report(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2022), make_record(2023), make_record(2024), name="1")
    blank = make_record(2023, received=None, document="b")  # two cells of a row
    bare = make_record(2024, document="b", tables={"applications": {"received": {"total": 3}}})
    more = make_record(2022, received=9, document="b")
    crawl(catalogue, more, blank, bare, name="2")
    ids = [f"411399-云来县人民政府-{year}" for year in (2024, 2023)]
    assert look_back(catalogue, "yunlai", "2").missing == ((ids[0], 20), (ids[1], 2))
    # The next run enters neither: what is missing is missing since then.
    crawl(catalogue, more, blank, bare, name="3")
    assert look_back(catalogue, "yunlai", "3").missing == ()


@pytest.mark.parametrize(
    ("old", "new", "number"), [(3, None, 2), (None, 3, 0), (3, 4, 0), (None, None, 0), (0, None, 2)]
)
def test_a_cell_is_missing_that_had_a_number(old: int | None, new: int | None, number: int) -> None:
    assert count_missing(make_record(received=new), make_record(received=old)) == number


# --- all portals


def describe(catalogue: Catalogue) -> tuple[list[dict[str, Any]], int]:
    """The rows, and how many statements they took."""
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(catalogue.engine, "before_cursor_execute", note)
    try:
        return catalogue.describe(), len(statements)
    finally:
        event.remove(catalogue.engine, "before_cursor_execute", note)


def test_many_portals_take_no_more_statements_than_one(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2021), make_record(2022), name="1")
    crawl(catalogue, make_record(2022), name="2", killed=True)
    crawl(catalogue, make_record(2022), name="3", failing={"http://a.test/": ("unread", "a scan")})
    (row,), alone = describe(catalogue)
    for name, whole in (("elsewhere", True), ("afar", False)):
        with open_run(catalogue, "1", portal=name) as run:
            run.weigh(record := make_record(2021, portal=name))
            run.keep(record["report_id"])
            run.finish(Ending(datetime.now(UTC), "partial", whole=whole), list)
    rows, together = describe(catalogue)
    assert together == alone
    assert [(one["portal"], one["last"]["run"], one["last"]["verdict"]) for one in rows] == [
        ("afar", "1", "partial"),
        ("elsewhere", "1", "partial"),
        ("yunlai", "3", "complete"),
    ]
    assert [(one["reports"], one["vanished"], one["waiting"], len(one["failing"])) for one in rows] == [
        (1, 0, 1, 0),
        (1, 0, 0, 0),
        (1, 1, 0, 1),
    ]
    assert rows[-1] == row
