"""Which reports stand, and which are gone, after a run that did not ask for all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from crawler.catalogue.ending import Ending, Finding
from crawler.catalogue.model import Page, Report
from crawler.catalogue.pages import PageFacts
from tests.catalogue.records import make_record
from tests.catalogue.runs import ENTRY, crawl, open_run

if TYPE_CHECKING:
    from crawler.catalogue.store import Catalogue


def find(url: str, outcome: str = "read", parent: str | None = None) -> Finding:
    return Finding(url, "年报", ENTRY, parent, 2023, outcome, "")


def years(rows: list[dict[str, Any]]) -> list[str]:
    return [row["report_id"][-4:] for row in rows]


def test_an_address_that_is_used_again_speaks_for_what_was_read_there_last(catalogue: Catalogue) -> None:
    latest = f"{ENTRY}latest.html"
    old, new = (make_record(year, path="/latest.html") for year in (2023, 2024))
    crawl(catalogue, old, name="1", outcomes={latest: "read"})
    crawl(catalogue, new, name="2", outcomes={latest: "read"})
    third = crawl(catalogue, name="3", outcomes={latest: "same"})
    assert (years(third.of("same")), years(third.of("vanished"))) == (["2024"], [])
    with catalogue.read() as session:
        seen = {report.year: report.last_seen for report in session.scalars(select(Report))}
    assert seen[2023] < seen[2024]


def test_the_known_are_seen_by_few_statements(catalogue: Catalogue) -> None:
    records = [make_record(year) for year in range(2010, 2020)]
    first = crawl(catalogue, *records, name="1")
    assert len(first.feed) == 10
    now = datetime.now(UTC)
    second = crawl(catalogue, name="2", finished=now, outcomes={r["source"]["url"]: "same" for r in records})
    assert len(second.of("same")) == 10
    with catalogue.read() as session:
        assert {report.last_seen for report in session.scalars(select(Report))} == {now}
        assert {report.last_run.name for report in session.scalars(select(Report))} == {"2"}


def test_what_only_another_reports_page_links_is_not_missed_where_pages_were_passed_over(catalogue: Catalogue) -> None:
    """Each has but one such page on record, and that one changed; a page that was not asked for may link it still."""
    first, beside = make_record(2023), make_record(2022)
    page, address = first["source"]["url"], beside["source"]["url"]
    crawl(catalogue, first, beside, name="1", findings=[find(page), find(address, parent=page)])
    second = crawl(catalogue, name="2", outcomes={page: "same"}, passed=True)
    assert second.of("vanished") == []
    third = crawl(catalogue, name="3", outcomes={page: "same"}, passed=True, gone=frozenset({address}))
    assert years(third.of("vanished")) == ["2022"]  # its own address says so


def test_what_only_another_reports_page_linked_is_missed_where_all_was_asked_for(catalogue: Catalogue) -> None:
    first, beside = make_record(2023), make_record(2022)
    page, address = first["source"]["url"], beside["source"]["url"]
    crawl(catalogue, first, beside, name="1", findings=[find(page), find(address, parent=page)])
    assert years(crawl(catalogue, name="2", outcomes={page: "same"}).of("vanished")) == ["2022"]


def test_another_address_of_the_entry_begins_at_the_same_page(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2023), name="1", asked=(ENTRY,))
    second = crawl(catalogue, name="2", asked=(f"{ENTRY.replace('http:', 'https:')}index.html",))
    assert years(second.of("vanished")) == ["2023"]


def test_what_a_landing_page_led_to_is_missed_with_it(catalogue: Catalogue) -> None:
    record, other = make_record(2023), make_record(2022)
    landing, paper = f"{ENTRY}landing.html", record["source"]["url"]
    findings = [find(landing, "followed"), find(paper, parent=landing), find(other["source"]["url"])]
    crawl(catalogue, record, other, name="1", findings=findings)
    second = crawl(catalogue, name="2", outcomes={other["source"]["url"]: "same"}, passed=True)
    assert years(second.of("vanished")) == ["2023"]


def test_a_page_is_validated_where_its_validators_hold(catalogue: Catalogue) -> None:
    """Some servers make new ones for each answer, and never say that a page did not change."""
    for number in range(2):
        with open_run(catalogue, str(number)) as run:
            for name, etag in (("steady", '"1"'), ("new", f'"{number}"')):
                run.note_page(PageFacts(f"{ENTRY}{name}", 200, etag, None, "0" * 64, 1, datetime.now(UTC)))
            run.finish(Ending(datetime.now(UTC), "complete"), list)
    with catalogue.read() as session:
        assert {page.address.removeprefix(ENTRY): page.steady for page in session.scalars(select(Page))} == {
            "steady": True,
            "new": False,
        }
