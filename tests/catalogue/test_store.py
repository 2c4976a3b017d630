"""Runs over a catalogue, on SQLite and on PostgreSQL: versions, deltas, delivery, what vanished and what fails."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from crawler.catalogue.ending import Ending
from crawler.catalogue.errors import PortalBusyError
from crawler.catalogue.model import Document, Page, Report, Version
from crawler.catalogue.pages import PageFacts
from crawler.catalogue.store import Catalogue, open_catalogue
from tests.catalogue.records import make_record
from tests.catalogue.runs import ENTRY, crawl, open_run, write_portal
from tests.crawl.crawling import Finished, call_forked, run_side_by_side

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long

FEBRUARY, MARCH, APRIL = (f"2026-0{month}-01T03:15:00Z" for month in (2, 3, 4))


def describe(catalogue: Catalogue) -> dict[str, Any]:
    """The only portal."""
    (row,) = catalogue.describe()
    return row


def count(catalogue: Catalogue, *tables: type) -> list[int | None]:
    with catalogue.read() as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def names(rows: list[dict[str, Any]]) -> list[int]:
    """The years of records, or of rows of changes."""
    return [int(row["report_id"][-4:]) for row in rows]


def test_a_second_run_delivers_what_is_new_and_what_changed(catalogue: Catalogue) -> None:
    first = crawl(catalogue, make_record(2021), make_record(2022), make_record(2023), name="1")
    assert names(first.feed) == names(first.of("new")) == [2021, 2022, 2023]
    revised = make_record(2022, received=30, document="b", fetched_at=MARCH)
    furniture = make_record(2023, document="seen 18 times", fetched_at=MARCH)
    second = crawl(catalogue, revised, furniture, make_record(2024, fetched_at=MARCH), name="2")
    assert names(second.feed) == [2022, 2024]
    assert [record["version"]["n"] for record in second.feed] == [2, 1]
    (changed,) = second.of("changed")
    assert [(cell["column"], cell["old"], cell["new"]) for cell in changed["cells"]] == [
        ("natural_person", 3, 30),
        ("total", 3, 30),
    ]
    assert [names(second.of(change)) for change in ("new", "same", "vanished")] == [[2024], [2023], [2021]]
    (gone,) = second.of("vanished")
    assert (gone["n"], gone["last_seen"], gone["last_run"]) == (1, FEBRUARY, "1")
    row = describe(catalogue)
    assert (row["reports"], row["vanished"], row["waiting"]) == (3, 1, 0)
    last = row["last"]
    assert (last["verdict"], last["delivered"], last["reports"]) == ("complete", True, 3)
    assert (last["new"], last["changed"], last["same"], last["vanished"]) == (1, 1, 1, 1)
    assert count(catalogue, Report, Version) == [4, 5]
    assert {record["version"]["last_seen"] for record in catalogue.find_records("yunlai")} == {FEBRUARY, MARCH}


def test_a_report_that_comes_back_is_the_same(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2023), make_record(2024), name="1")
    crawl(catalogue, make_record(2024), name="2")
    assert describe(catalogue)["vanished"] == 1
    third = crawl(catalogue, make_record(2023, fetched_at=MARCH), make_record(2024), name="3")
    assert (third.feed, describe(catalogue)["vanished"]) == ([], 0)
    returned = {row["report_id"][-4:]: row.get("returned", False) for row in third.of("same")}
    assert returned == {"2023": True, "2024": False}


@pytest.mark.parametrize(
    "how",
    [
        {"verdict": "partial"},
        {"swept": False},  # lists were not looked at to their end
        {"asked": (f"{ENTRY}zfxxgk/",)},  # a crawl of a part of the portal
        {"years": (2024, 2024)},
        {"outcomes": {make_record(2023)["source"]["url"]: "duplicate"}},
        {"whole": False},  # nobody would be told
    ],
)
def test_only_a_run_that_saw_all_misses_a_report(catalogue: Catalogue, how: dict[str, Any]) -> None:
    crawl(catalogue, make_record(2023), make_record(2024), name="1")
    second = crawl(catalogue, make_record(2024), name="2", **how)
    assert second.of("vanished") == []
    assert describe(catalogue)["vanished"] == 0


def test_a_report_that_was_met_and_known_is_seen(catalogue: Catalogue) -> None:
    """A run may pass over what the catalogue knows, and settle its candidate as the same."""
    record = make_record(2023)
    crawl(catalogue, record, name="1")
    with open_run(catalogue, "2") as run:
        ending = Ending(datetime.now(UTC), "complete", outcomes={record["source"]["url"]: "same"})
        rows = run.finish(ending, list)
    assert [row["change"] for row in rows] == ["same"]
    assert describe(catalogue)["last"]["same"] == 1
    (seen,) = catalogue.find_records("yunlai")
    assert seen["version"]["last_seen"] > FEBRUARY


def test_what_no_whole_feed_held_is_delivered_again(catalogue: Catalogue) -> None:
    """Killed before its end, or with a feed that broke: at least once to a feed, exactly once to the catalogue."""
    crawl(catalogue, make_record(2022), make_record(2023), name="1", killed=True)
    row = describe(catalogue)
    assert (row["waiting"], row["last"]["verdict"], row["last"]["finished"]) == (2, "unfinished", None)
    second = crawl(catalogue, make_record(2022), make_record(2024), name="2", whole=False)
    assert names(second.feed) == [2022, 2023, 2024]
    assert second.rows == []
    assert describe(catalogue)["waiting"] == 3
    revised = make_record(2022, received=30, document="b", fetched_at=MARCH)
    third = crawl(catalogue, revised, make_record(2023), make_record(2024), name="3")
    assert [(record["year"], record["version"]["n"]) for record in third.feed] == [
        *((2022, 1), (2023, 1), (2024, 1), (2022, 2)),  # older versions first
    ]
    assert names(third.of("new")) == [2022, 2023, 2024]
    assert names(third.of("changed")) == [2022]
    assert crawl(catalogue, revised, make_record(2023), make_record(2024), name="4").feed == []
    assert count(catalogue, Version) == [4]
    assert describe(catalogue)["waiting"] == 0


def test_changes_that_cannot_be_written_leave_all_undelivered(catalogue: Catalogue) -> None:
    with open_run(catalogue, "1") as run:
        run.weigh(make_record())
        run.keep(make_record()["report_id"])

        def fail(_: object) -> None:
            raise OSError("no room")

        with pytest.raises(OSError, match="no room"):
            run.finish(Ending(datetime.now(UTC), "complete"), fail)
    assert describe(catalogue)["waiting"] == 1
    assert describe(catalogue)["last"]["verdict"] == "unfinished"


def test_years_asked_for_hold_for_what_waits(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2022), make_record(2023), name="1", killed=True)
    assert names(crawl(catalogue, make_record(2023), name="2", years=(2023, 2023)).feed) == [2023]
    assert names(crawl(catalogue, make_record(2022), make_record(2023), name="3").feed) == [2022]


def test_a_full_feed_holds_all_that_is_current(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2021), make_record(2022), make_record(2023), name="1")
    crawl(catalogue, make_record(2022, received=30, document="b"), make_record(2023), name="2")  # 2021 vanished
    # 2023 could not be had this time, so that it is as it was.
    full = crawl(catalogue, make_record(2022, received=30, document="b"), name="3", full=True, verdict="partial")
    assert [(record["year"], record["version"]["n"]) for record in full.feed] == [(2022, 2), (2023, 1)]
    assert names(full.of("same")) == [2022]
    assert full.of("new") == full.of("changed") == []
    complete = crawl(catalogue, make_record(2022, received=30, document="b"), name="4", full=True)
    assert names(complete.feed) == [2022]
    assert names(complete.of("vanished")) == [2023]


def test_years_that_do_not_go_together_are_told_once_and_listed(catalogue: Catalogue) -> None:
    first = crawl(catalogue, make_record(2022, carried_out=2), make_record(2023, carried_in=2), name="1")
    assert {row["status"] for row in first.of("check")} == {"pass"}
    assert describe(catalogue)["checks"] == []
    second = crawl(
        catalogue,
        make_record(2022, carried_out=2),
        make_record(2023, carried_in=2),
        make_record(2024, carried_in=7),
        make_record(2024, carried_in=9, body="云来县财政局"),
        name="2",
    )
    told = [row for row in second.of("check") if row["status"] != "pass"]
    assert [(row["reports"], row["where"]["column"], row["expected"], row["actual"]) for row in told] == [
        (["411399-云来县人民政府-2023", "411399-云来县人民政府-2024"], column, 7, 0)
        for column in ("natural_person", "total")
    ]
    assert {tuple(row["reports"]) for row in second.of("check")} == {tuple(told[0]["reports"])}  # of what is new
    third = crawl(catalogue, *catalogue.find_records("yunlai"), name="3")
    assert third.of("check") == []
    listed = describe(catalogue)["checks"]
    assert [(one["rule"], one["status"], one["expected"], one["actual"]) for one in listed] == [
        ("applications.year_to_year", "fail", 7, 0)
    ] * 2


def test_what_failed_is_listed_until_it_succeeds(catalogue: Catalogue) -> None:
    def failing() -> dict[str, tuple[str, int]]:
        return {
            row["url"].removeprefix(ENTRY): (row["outcome"], row["times"]) for row in describe(catalogue)["failing"]
        }

    failures = {
        f"{ENTRY}1.html": ("failed", "HTTP 500"),
        f"{ENTRY}2.html": ("unread", "the file is empty"),
        f"{ENTRY}list/": ("unseen", "HTTP 503"),
    }
    crawl(catalogue, name="1", verdict="partial", failing=failures)
    assert failing() == {"1.html": ("failed", 1), "2.html": ("unread", 1), "list/": ("unseen", 1)}
    # A crawl that was stopped asked for none of them.
    crawl(catalogue, name="stopped", verdict="failed", whole=False, outcomes=dict.fromkeys(failures, "failed"))
    assert failing() == {"1.html": ("failed", 1), "2.html": ("unread", 1), "list/": ("unseen", 1)}
    # One fails again, one is of a year that was not asked for, one is silent.
    crawl(
        catalogue,
        name="2",
        verdict="partial",
        years=(2024, 2024),
        failing={f"{ENTRY}1.html": ("failed", "HTTP 500")},
        outcomes={f"{ENTRY}1.html": "failed", f"{ENTRY}2.html": "skipped"},
    )
    assert failing() == {"1.html": ("failed", 2), "2.html": ("unread", 1), "list/": ("unseen", 1)}
    with open_run(catalogue, "3") as run:
        run.note_page(PageFacts(f"{ENTRY}list/", 200, None, None, "0" * 64, 1, datetime.now(UTC)))
        run.note_page(PageFacts(f"{ENTRY}2.html", 500, None, None, "0" * 64, 1, datetime.now(UTC)))
        run.finish(Ending(datetime.now(UTC), "partial", outcomes={f"{ENTRY}1.html": "read"}), list)
    assert failing() == {"2.html": ("unread", 1)}
    crawl(catalogue, name="4")  # complete: nothing leads there any more
    assert failing() == {}


def test_what_failed_is_known_by_the_name_of_its_page(catalogue: Catalogue) -> None:
    """A session's number in the links gives a page another address in every run."""

    def failing() -> list[tuple[str, int]]:
        return [(row["url"].removeprefix(ENTRY), row["times"]) for row in describe(catalogue)["failing"]]

    def fail(run: int, *pages: int) -> dict[str, tuple[str, str]]:
        return {f"{ENTRY}{page}.html;jsessionid={run}": ("failed", "HTTP 500") for page in pages}

    crawl(catalogue, name="1", verdict="partial", failing=fail(1, 1, 2))
    crawl(catalogue, name="2", verdict="partial", failing=fail(2, 1, 2))
    assert failing() == [("1.html;jsessionid=2", 2), ("2.html;jsessionid=2", 2)]
    read = {f"{ENTRY}1.html;jsessionid=3": "read"}
    crawl(catalogue, name="3", verdict="partial", failing=fail(3, 2) | fail(4, 2), outcomes=read)
    assert sorted(failing()) == [("2.html;jsessionid=3", 3), ("2.html;jsessionid=4", 1)]
    # The row of one address is not given to another one before its own has it.
    crawl(catalogue, name="4", verdict="partial", failing=fail(5, 2) | fail(3, 2))
    assert sorted(failing()) == [("2.html;jsessionid=3", 4), ("2.html;jsessionid=5", 2)]


def test_only_a_run_that_saw_all_misses_a_failure(catalogue: Catalogue) -> None:
    """A trial from another address did not look where the failures are; what it misses, the next usual run clears."""

    def failing() -> list[str]:
        return [row["url"].removeprefix(ENTRY) for row in describe(catalogue)["failing"]]

    usual, trial = (ENTRY,), (f"{ENTRY}new/",)
    failures = {f"{ENTRY}1.html": ("failed", "HTTP 500")}
    crawl(catalogue, name="1", verdict="partial", failing=failures, addresses=usual)
    for number in range(2):
        crawl(catalogue, make_record(), name=f"trial {number}", asked=trial, addresses=usual)
        assert failing() == ["1.html"]
    crawl(catalogue, name="trial 2", asked=trial)  # nobody says which its usual addresses are
    assert failing() == ["1.html"]
    lost = {f"{ENTRY}new/2.html": ("failed", "HTTP 404")}
    crawl(catalogue, name="3", asked=trial, addresses=usual, verdict="partial", failing=lost)
    assert failing() == ["1.html", "new/2.html"]
    crawl(catalogue, name="4", asked=trial, addresses=usual)
    assert failing() == ["1.html"]
    crawl(catalogue, name="5", asked=trial, addresses=usual, verdict="partial", failing=lost)
    crawl(catalogue, name="6", addresses=usual)
    assert failing() == []


def read_pages(catalogue: Catalogue) -> list[PageFacts]:
    with catalogue.read() as session:
        return [
            PageFacts(one.address, one.status, one.etag, one.modified, one.sha256, one.bytes, one.last_seen)
            for one in session.scalars(select(Page))
        ]


def test_pages_keep_their_validators(catalogue: Catalogue) -> None:
    long = f"{ENTRY}{'x' * 4000}"  # longer than an index of PostgreSQL takes
    first = PageFacts(long, 200, '"1"', "Sun, 01 Feb 2026 03:15:00 GMT", "0" * 64, 12, datetime(2026, 2, 1, tzinfo=UTC))
    with open_run(catalogue, "1") as run:
        run.note_page(first)
        run.flush_pages()
        assert read_pages(catalogue) == [first]
        run.note_page(PageFacts(long, 200, '"2"', None, "1" * 64, 13, datetime(2026, 3, 1, tzinfo=UTC)))
        run.finish(Ending(datetime.now(UTC), "complete"), list)
        (page,) = read_pages(catalogue)
        assert (page.etag, page.modified, page.bytes, page.seen.month) == ('"2"', None, 13, 3)


def test_strangers_write_what_no_database_takes(catalogue: Catalogue) -> None:
    failing = {f"{ENTRY}\ud800.html": ("unread", "it says \0")}
    crawl(catalogue, name="1", verdict="partial", failing=failing)
    crawl(catalogue, name="2", verdict="partial", failing=failing)
    (row,) = describe(catalogue)["failing"]
    assert (row["url"], row["reason"], row["times"]) == (f"{ENTRY}?.html", "it says \ufffd", 2)


def test_documents_are_known_by_their_digests(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2023, parts=("sheet", "sheet")), make_record(2024, document="b"), name="1")
    assert count(catalogue, Document) == [3]


def test_records_come_out_as_they_went_in(catalogue: Catalogue) -> None:
    tables = {"proactive": {"fees": {"amount": 55.887}, "rules": {"issued": None}}}
    odd = make_record(tables=tables, text="“〇”\u0000\U00020000")
    crawl(catalogue, odd, name="1")
    (record,) = catalogue.find_records("yunlai")
    assert record == odd
    assert list(record) == list(odd)


def test_one_run_of_a_portal_at_a_time(catalogue: Catalogue, tmp_path: Path) -> None:
    other = open_catalogue(catalogue.engine.url.render_as_string(hide_password=False), tmp_path)
    try:
        with open_run(catalogue, "1"):
            busy = r"yunlai is being crawled already: run 1 \(.+:\d+\)"
            with pytest.raises(PortalBusyError, match=busy), open_run(other, "2"):
                pass
            assert describe(other)["last"]["verdict"] == "running"
            with open_run(other, "3", portal="elsewhere"):
                pass
        with open_run(other, "4"):
            pass
        assert [row["portal"] for row in other.describe()] == ["elsewhere", "yunlai"]
    finally:
        other.close()


def test_several_processes_make_and_write_one_catalogue(url: str, tmp_path: Path) -> None:
    portals = ["portal-0", "portal-1"]
    done = run_side_by_side(
        {portal: partial(call_forked, write_portal, url, str(tmp_path), portal, 25) for portal in portals}
    )
    assert set(done.values()) == {Finished(0, "", "")}
    catalogue = open_catalogue(url, tmp_path)
    try:
        assert [(row["portal"], row["reports"], row["waiting"]) for row in catalogue.describe()] == [
            (portal, 25, 0) for portal in portals
        ]
    finally:
        catalogue.close()
