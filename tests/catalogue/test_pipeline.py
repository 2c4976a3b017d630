"""The pipeline that decides which version a record is, with a real catalogue and without a crawl."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from scrapy.crawler import Crawler
from scrapy.settings import Settings

from crawler.catalogue.ending import Ending, Finding
from crawler.catalogue.known import Rules
from crawler.catalogue.run import PortalRun, share_run
from crawler.catalogue.store import Catalogue, open_catalogue
from crawler.portals.known import BROKEN_PROMISE
from crawler.portals.ledger import OPEN, OUTCOMES
from crawler.runs import RunAddon
from pipelines.outcomes import Duplicate, Same, Uncatalogued, Unread
from pipelines.validate import ValidatePipeline
from pipelines.versions import _OPEN, VersionsPipeline
from spiders.portal import AnyPortalSpider
from tests.catalogue.records import make_record
from tests.catalogue.runs import crawl, open_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORD = make_record()
REVISED = make_record(received=4, document="b", fetched_at="2026-03-01T03:15:00Z")


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    """One that holds the record."""
    catalogue = open_catalogue(f"sqlite:///{tmp_path / 'catalogue.sqlite'}?timeout=0.01", tmp_path)
    crawl(catalogue, RECORD, name="1")
    yield catalogue
    catalogue.close()


def make_crawler(**arguments: str) -> Crawler:
    settings = {"LOG_ENABLED": False, "TWISTED_REACTOR_ENABLED": False, "EXTENSIONS_BASE": {}}
    crawler = Crawler(AnyPortalSpider, Settings({**settings, "ADDONS": {RunAddon: 0}}))
    crawler._apply_settings()
    crawler.spider = AnyPortalSpider.from_crawler(crawler, url="http://www.yunlai.gov.cn/", **arguments)
    return crawler


@pytest.fixture
def crawler() -> Crawler:
    return make_crawler()


@pytest.fixture
def run(catalogue: Catalogue, crawler: Crawler) -> Iterator[PortalRun]:
    with open_run(catalogue, "2") as run:
        share_run(crawler, run)
        yield run
        share_run(crawler, None)


def test_outcomes_are_those_of_the_ledger() -> None:
    assert {Same.outcome, Uncatalogued.outcome} <= OUTCOMES.keys()
    assert Same.outcome not in OPEN
    assert _OPEN == OPEN  # pipelines do not import portals


def test_without_a_catalogue_every_record_passes(crawler: Crawler) -> None:
    pipeline = VersionsPipeline.from_crawler(crawler)
    assert pipeline.process_item(RECORD) is RECORD
    pipeline.close_spider()


def test_what_is_the_same_goes_no_further(crawler: Crawler, run: PortalRun) -> None:
    pipeline = VersionsPipeline.from_crawler(crawler)
    with pytest.raises(Same, match=r"unchanged \(verified\)") as caught:
        pipeline.process_item(RECORD)
    assert caught.value.record is RECORD
    assert pipeline.process_item(REVISED)["version"]["n"] == 2
    assert run.seen == {}  # it is the extension that writes


def test_a_full_feed_takes_the_same_too(catalogue: Catalogue) -> None:
    crawler = make_crawler(full="1")
    with open_run(catalogue, "2") as run:
        share_run(crawler, run)
        assert VersionsPipeline.from_crawler(crawler).process_item(RECORD)["version"]["n"] == 1


def test_a_full_feed_holds_what_waited_once(tmp_path: Path) -> None:
    catalogue, crawler = open_catalogue(None, tmp_path), make_crawler(full="1")
    crawl(catalogue, RECORD, name="1", killed=True)
    with open_run(catalogue, "2") as run:
        share_run(crawler, run)
        pipeline = VersionsPipeline.from_crawler(crawler)
        assert [record["report_id"] for record in run.take_waiting()] == [RECORD["report_id"]]
        with pytest.raises(Same):
            pipeline.process_item(RECORD)
    catalogue.close()


def test_a_copy_elsewhere_does_not_change_what_stands(crawler: Crawler, run: PortalRun) -> None:
    pipeline = VersionsPipeline.from_crawler(crawler)
    copy = make_record(received=4, document="b", path="/copy.html")
    ledger, known = crawler.spider.ledger, RECORD["source"]["url"]
    ledger.list(known, "", "", 2024)
    ledger.settle(known, "same", "not asked for: it has not changed")
    with pytest.raises(Duplicate, match=f"was read from {known}, with other figures in 2 cells; nothing tells"):
        pipeline.process_item(copy)
    with pytest.raises(Duplicate, match=f"was read from {known}, with the same content"):
        pipeline.process_item(make_record(document="b", path="/copy.html"))
    assert ledger.held == {}
    assert pipeline.process_item(REVISED)["version"]["n"] == 2  # at its own address it is a new version
    corrected = make_record(received=5, document="c", path="/copy.html") | {"title": "年报（更正）"}
    assert pipeline.process_item(corrected)["version"]["n"] == 3


def test_a_copy_takes_the_place_of_what_is_gone(crawler: Crawler, run: PortalRun) -> None:
    pipeline, ledger, known = VersionsPipeline.from_crawler(crawler), crawler.spider.ledger, RECORD["source"]["url"]
    copy = make_record(received=4, document="b", path="/copy.html")
    ledger.settle(known, "failed", "HTTP 500")
    with pytest.raises(Duplicate):  # it may come back
        pipeline.process_item(copy)
    ledger.settle(known, "failed", "HTTP 404")
    assert pipeline.process_item(copy)["version"]["n"] == 2


def test_a_copy_waits_until_it_is_known_whether_the_report_stands(crawler: Crawler, run: PortalRun) -> None:
    pipeline, ledger, known = VersionsPipeline.from_crawler(crawler), crawler.spider.ledger, RECORD["source"]["url"]
    copy = make_record(received=4, document="b", path="/copy.html")
    url = copy["source"]["url"]
    ledger.list(url, "", "", 2024)
    for _ in range(2):
        with pytest.raises(Duplicate):
            pipeline.process_item(copy)
        ledger.settle(url, "duplicate")
        assert {url: set(addresses) for url, addresses in ledger.held.items()} == {url: {known}}
    ledger.broken["list"] = "HTTP 500"  # it may stand there
    assert list(crawler.spider._known.take_held()) == []
    ledger.broken.clear()
    ledger.held[url] = (known,)
    (due,) = crawler.spider._known.take_held()
    assert (due.url, due.kind, due.held, ledger.held) == (url, "report", True, {})
    assert pipeline.process_item(copy)["version"]["n"] == 2


@pytest.mark.parametrize(
    ("outcome", "reason", "stands"),
    [
        ("same", "", True),
        ("unread", f"{BROKEN_PROMISE}: no title", False),
    ],
)
def test_where_something_was_lost_a_report_is_asked_for_itself(
    catalogue: Catalogue, crawler: Crawler, outcome: str, reason: str, stands: bool
) -> None:
    """A list that could not be had may lead to it: its own address says whether a copy takes its place."""
    known = RECORD["source"]["url"]
    crawl(catalogue, name="2", findings=[Finding(known, "年报", "list", None, 2024, "read", "")], verdict="partial")
    copy = make_record(received=4, document="b", path="/copy.html")
    pipeline, ledger = VersionsPipeline.from_crawler(crawler), crawler.spider.ledger
    ledger.list(copy["source"]["url"], "", "", 2024)
    ledger.broken["list"] = "HTTP 500"
    with open_run(catalogue, "3") as run:
        share_run(crawler, run)
        crawler.spider.memory = run.recall(Rules(datetime.now(UTC), timedelta(days=85), 0, 0))
        with pytest.raises(Duplicate):
            pipeline.process_item(copy)
        ledger.settle(copy["source"]["url"], "duplicate")
        (due,) = crawler.spider._known.take_held()
        assert (due.url, due.text, due.held) == (known, "年报", False)
        ledger.settle(known, outcome, reason)
        crawler.spider._known.settle_unled()
        again = list(crawler.spider._known.take_held())
        assert [one.url for one in again] == ([] if stands else [copy["source"]["url"]])
        if not stands:
            assert pipeline.process_item(copy)["version"]["n"] == 2
        share_run(crawler, None)


def test_a_report_that_is_known_by_another_address_of_its_page_stands(catalogue: Catalogue, crawler: Crawler) -> None:
    known, rows = RECORD["source"]["url"], []
    crawl(catalogue, name="2", findings=[Finding(known, "年报", "list", None, 2024, "read", "")], verdict="partial")
    spider, url = crawler.spider, f"{known}?jsessionid=00000001"
    with open_run(catalogue, "3") as run:
        memory = spider.memory = run.recall(Rules(datetime.now(UTC), timedelta(days=85), 0, 0))
        memory.due = set()
        spider.ledger.list_page(url, "list", "年报", 2024)
        assert not list(spider._ask_candidate(url, "list", "年报"))
        assert (spider.ledger.outcomes(), spider._known.misses()) == ({known: "same", url: "same"}, False)
        assert spider.ledger.tell_standing([known]) is True
        run.finish(Ending(datetime.now(UTC), "complete", outcomes=spider.ledger.outcomes(), passed=True), rows.extend)
    assert [row["change"] for row in rows] == ["same"]


def test_a_copy_is_held_against_what_is_about_to_be_entered(crawler: Crawler, run: PortalRun) -> None:
    """Records go through the pipelines before the one before them is entered."""
    pipeline = VersionsPipeline.from_crawler(crawler)
    first = make_record(2023)
    corrected = make_record(2023, received=4, document="b", path="/b.html") | {"title": "年报（更正）"}
    assert pipeline.process_item(first)["version"]["n"] == 1
    second = pipeline.process_item(corrected)
    assert (second["version"]["n"], [one["code"] for one in second["warnings"]]) == (2, ["other_copy"])
    with pytest.raises(Duplicate, match="that one says that it is corrected"):
        pipeline.process_item(make_record(2023, received=5, document="c", path="/c.html"))
    run.keep(first["report_id"], address=first["source"]["url"])
    run.keep(first["report_id"], address=corrected["source"]["url"])
    assert (run.new, run.changed, run.seen) == (1, 1, {first["report_id"]: 2})


def test_what_breaks_the_schema_is_held_against_nothing(crawler: Crawler, run: PortalRun) -> None:
    versions, broken = VersionsPipeline.from_crawler(crawler), make_record(2023) | {"year": "2023"}
    with pytest.raises(Unread):
        ValidatePipeline.from_crawler(crawler).process_item(versions.process_item(broken))
    assert versions.process_item(make_record(2023, received=4, document="b"))["version"]["n"] == 1


def test_a_catalogue_that_is_lost_is_said(crawler: Crawler, run: PortalRun, tmp_path: Path) -> None:
    run.catalogue.close()  # its connections; the next one finds what is left
    (tmp_path / "catalogue.sqlite").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Uncatalogued, match="no SQLite database, or damaged"):
        VersionsPipeline.from_crawler(crawler).process_item(RECORD)
