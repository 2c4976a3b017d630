"""The pipeline that decides which version a record is, with a real catalogue and without a crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scrapy.crawler import Crawler
from scrapy.settings import Settings

from crawler.catalogue.run import PortalRun, share_run
from crawler.catalogue.store import Catalogue, open_catalogue
from crawler.portals.ledger import OPEN, OUTCOMES
from crawler.runs import RunAddon
from pipelines.outcomes import Duplicate, Same, Uncatalogued
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


def test_a_copy_elsewhere_does_not_change_what_was_passed_over(crawler: Crawler, run: PortalRun) -> None:
    pipeline = VersionsPipeline.from_crawler(crawler)
    copy = make_record(received=4, document="b", path="/copy.html")
    ledger, known = crawler.spider.ledger, RECORD["source"]["url"]
    ledger.list(known, "", "", 2024)
    ledger.settle(known, "same", "not asked for: it has not changed")
    with pytest.raises(Duplicate, match=f"stands at {known}, with other content"):
        pipeline.process_item(copy)
    assert pipeline.process_item(REVISED)["version"]["n"] == 2  # at its own address it is a new version
    ledger.candidates[known].outcome = "failed"
    assert pipeline.process_item(copy)["version"]["n"] == 2


def test_a_catalogue_that_is_lost_is_said(crawler: Crawler, run: PortalRun, tmp_path: Path) -> None:
    run.catalogue.close()  # its connections; the next one finds what is left
    (tmp_path / "catalogue.sqlite").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Uncatalogued, match="no SQLite database, or damaged"):
        VersionsPipeline.from_crawler(crawler).process_item(RECORD)
