"""What becomes of a fetched document on its way to the feed, step by step, without a crawl."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.crawler import Crawler
from scrapy.settings import Settings

from crawler.extraction.record.schema import find_faults
from crawler.items import Fetched
from crawler.portals.ledger import OPEN, OUTCOMES, Ledger
from crawler.runs import RunAddon, feed_uri_params, run_dir
from pipelines.duplicates import DuplicatesPipeline
from pipelines.extract import ExtractPipeline
from pipelines.outcomes import Duplicate, Refused, Skipped, Unread
from pipelines.validate import ValidatePipeline
from spiders.portal import AnyPortalSpider
from tests.crawl.crawling import read_lines
from tests.crawl.shire import REPORTS, SITE, write_page

if TYPE_CHECKING:
    from pathlib import Path

REPORT = REPORTS[0]
URL = f"http://www.shire.gov.cn{REPORT.path}"
FETCHED = Fetched(
    url=URL,
    landing_url=URL,
    body=SITE.pages[REPORT.path].body,
    media_type="text/html",
    charset="utf-8",
    fetched_at="2026-02-01T03:15:00Z",
    archive={"file": "shire/archive/run.warc.gz", "offset": 12},
    portal="www.shire.gov.cn",
    link_text=REPORT.title,
    portal_body=None,
    division_code=None,
    candidate=URL,
)


@pytest.fixture
def crawler(tmp_path: Path) -> Crawler:
    settings = {
        "DATA_DIR": str(tmp_path),
        "LOG_ENABLED": False,
        "TWISTED_REACTOR_ENABLED": False,
        "EXTENSIONS_BASE": {},
    }
    crawler = Crawler(AnyPortalSpider, Settings({**settings, "ADDONS": {RunAddon: 0}}))
    crawler._apply_settings()
    crawler.spider = AnyPortalSpider.from_crawler(crawler, url="http://www.shire.gov.cn/", years="2019-2025")
    return crawler


def extract(crawler: Crawler, fetched: Fetched) -> dict[str, Any]:
    return asyncio.run(ExtractPipeline.from_crawler(crawler).process_item(fetched))


def test_a_document_becomes_a_record_that_names_where_it_came_from(crawler: Crawler) -> None:
    record = extract(crawler, FETCHED)
    assert find_faults(record) == []
    assert (record["year"], record["portal"], record["tables"]) == (REPORT.year, "www.shire.gov.cn", REPORT.tables)
    source = record["source"]
    assert (source["url"], source["archive"], source["fetched_at"]) == (URL, FETCHED.archive, FETCHED.fetched_at)
    assert record["version"]["first_seen"] == record["version"]["last_seen"] == FETCHED.fetched_at


def test_what_is_no_record_says_why_in_the_words_of_the_ledger(crawler: Crawler) -> None:
    news = write_page("夏尔县召开座谈会", "<p>会议听取了近期工作的汇报。</p>").encode()
    with pytest.raises(Refused):
        extract(crawler, replace(FETCHED, body=news, link_text="座谈会"))
    # The list promised a report: that none came is no matter of rule.
    with pytest.raises(Unread, match="its link promises a report"):
        extract(crawler, replace(FETCHED, body=news))
    with pytest.raises(Unread, match="the file is empty"):
        extract(crawler, replace(FETCHED, body=b""))
    crawler.spider = AnyPortalSpider.from_crawler(crawler, url="http://www.shire.gov.cn/", years="2019")
    with pytest.raises(Skipped, match=f"{REPORT.year} is outside the years asked for"):
        extract(crawler, FETCHED)
    assert {kind.outcome for kind in (Refused, Unread, Skipped, Duplicate)} <= OUTCOMES.keys()


def test_one_record_of_each_report(crawler: Crawler) -> None:
    record = extract(crawler, FETCHED)
    pipeline = DuplicatesPipeline()
    assert pipeline.process_item(record) is record
    again = copy.deepcopy(record)
    again["source"]["url"] = "http://www.shire.gov.cn/again.html"
    with pytest.raises(Duplicate, match=f"was read from {URL}, with the same content"):
        pipeline.process_item(again)
    again["version"]["content_sha256"] = "0" * 64
    with pytest.raises(Duplicate, match=f"was read from {URL}, with other content"):
        pipeline.process_item(again)


def test_a_record_that_breaks_the_schema_goes_to_the_rejects(crawler: Crawler) -> None:
    record = extract(crawler, FETCHED)
    pipeline = ValidatePipeline.from_crawler(crawler)
    assert pipeline.process_item(record) is record
    broken = {**record, "year": str(record["year"])}
    with pytest.raises(Unread, match=f"record {record['report_id']} breaks the schema: "):
        pipeline.process_item(broken)
    pipeline.close_spider()
    rejects = read_lines(run_dir(crawler) / "rejects.jsonl")
    assert [row["record"] for row in rejects] == [broken]
    assert all("year" in fault for fault in rejects[0]["reason"])


def test_a_run_without_rejects_leaves_no_file_of_them(crawler: Crawler) -> None:
    ValidatePipeline.from_crawler(crawler).close_spider()
    assert not (run_dir(crawler) / "rejects.jsonl").exists()


def test_every_run_has_a_folder_of_its_own(crawler: Crawler, tmp_path: Path) -> None:
    run = crawler.settings["RUN"]
    assert run_dir(crawler) == tmp_path / "www.shire.gov.cn" / run
    assert crawler.spider is not None
    assert feed_uri_params({}, crawler.spider) == {"data_dir": str(tmp_path), "portal": "www.shire.gov.cn", "run": run}
    other = Settings()
    RunAddon().update_settings(other)
    assert other["RUN"] > run
    named = Settings({"RUN": "by-hand"})
    RunAddon().update_settings(named)
    assert named["RUN"] == "by-hand"


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_ledger_keeps_what_was_said_first_and_never_unsays_a_record() -> None:
    ledger = Ledger()
    assert ledger.list("/a", "/", "甲", 2019)
    assert not ledger.list("/a", "/other", "乙")
    ledger.settle("/a", "read", "verified")
    ledger.settle("/a", "failed", "later")
    ledger.list("/b", "/", "乙")
    ledger.settle("/c", "unread", "was never listed")
    assert ledger.counts() == {"read": 1, "listed": 1, "unread": 1}
    ledger.close("the end")
    assert {row["url"]: row["outcome"] for row in ledger.rows()} == {"/a": "read", "/b": "failed", "/c": "unread"}
    assert ledger.candidates["/b"].reason == "not asked for: the end"
    with pytest.raises(ValueError, match="no such outcome"):
        ledger.settle("/a", "gone")
    assert OUTCOMES.keys() > OPEN
