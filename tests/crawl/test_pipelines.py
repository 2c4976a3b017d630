"""What becomes of a fetched document on its way to the feed, step by step, without a crawl."""

from __future__ import annotations

import asyncio
import copy
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.crawler import Crawler
from scrapy.settings import Settings

from crawler.extraction.record.schema import find_faults
from crawler.items import Fetched
from crawler.portals.known import BROKEN_PROMISE
from crawler.portals.ledger import OPEN, OUTCOMES, Ledger
from crawler.runs import RunAddon, feed_uri_params, run_dir
from crawler.workers.model import ReaderFailed
from crawler.workers.pool import ReaderPool
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
    outcome = extract_all(crawler, [fetched])[0]
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def extract_all(crawler: Crawler, documents: list[Any], order: list[str] | None = None) -> list[Any]:
    """The record or the exception of each document, sent in at once; their titles or reasons go to ``order`` as they
    come out."""

    async def run() -> list[Any]:
        pipeline = ExtractPipeline.from_crawler(crawler)

        async def process(document: Any) -> Any:
            try:
                outcome = await pipeline.process_item(document)
            except Exception as error:
                outcome = error
            if order is not None:
                order.append(document.link_text)
            return outcome

        try:
            return await asyncio.gather(*map(process, documents))
        finally:
            pipeline.close_spider()

    return asyncio.run(run())


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
    with pytest.raises(Unread, match=f"^{BROKEN_PROMISE}: "):
        extract(crawler, replace(FETCHED, body=news))
    with pytest.raises(Unread, match="the file is empty"):
        extract(crawler, replace(FETCHED, body=b""))
    crawler.spider = AnyPortalSpider.from_crawler(crawler, url="http://www.shire.gov.cn/", years="2019")
    with pytest.raises(Skipped, match=f"{REPORT.year} is outside the years asked for"):
        extract(crawler, FETCHED)
    assert {kind.outcome for kind in (Refused, Unread, Skipped, Duplicate)} <= OUTCOMES.keys()


def test_documents_leave_in_the_order_in_which_they_came(crawler: Crawler) -> None:
    """With two readers and the slow ones first; what is no report keeps its place."""
    crawler.settings.frozen = False
    crawler.settings.set("READER_WORKERS", 2, priority="cmdline")
    slow = FETCHED.body.replace(b"</body>", b"<p>" + "依申请公开工作。".encode() * 40_000 + b"</p></body>")
    bodies = [slow, FETCHED.body, b"", slow, b"<p>news</p>", FETCHED.body] * 5
    documents = [replace(FETCHED, body=body, link_text=f"第{n}个") for n, body in enumerate(bodies)]
    order: list[str] = []
    outcomes = extract_all(crawler, documents, order)
    assert order == [document.link_text for document in documents]
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [dict, dict, Unread, dict, Refused, dict] * 5


def test_a_reader_that_dies_or_hangs_costs_one_document(crawler: Crawler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pipelines.extract.ReaderPool", partial(ReaderPool, function="tests.workers.mishaps:read_or_die")
    )
    bodies = [FETCHED.body, b"die", FETCHED.body, b"fail", FETCHED.body]
    outcomes = extract_all(crawler, [replace(FETCHED, body=body) for body in bodies])
    assert [type(outcome) for outcome in outcomes] == [dict, Unread, dict, ReaderFailed, dict]
    assert str(outcomes[1]) == "the reader died (signal 11)"
    assert str(outcomes[3]).startswith("KeyError")


def test_readers_start_with_the_first_document_and_end_with_the_spider(crawler: Crawler) -> None:
    async def run() -> None:
        pipeline = ExtractPipeline.from_crawler(crawler)
        assert threading.active_count() == threads
        await pipeline.process_item(FETCHED)
        assert threading.active_count() == threads + 1
        pipeline.close_spider()
        assert threading.active_count() == threads

    threads = threading.active_count()
    asyncio.run(run())


def test_settings_of_readers_that_make_no_sense_stop_the_crawl(crawler: Crawler) -> None:
    crawler.settings.frozen = False
    crawler.settings.set("PDF_ENGINE", "word", priority="cmdline")
    with pytest.raises(ValueError, match="PDF_ENGINE"):
        ExtractPipeline.from_crawler(crawler)


def test_one_record_of_each_report(crawler: Crawler) -> None:
    """Without a catalogue: the first one stays."""
    record = extract(crawler, FETCHED)
    pipeline = DuplicatesPipeline.from_crawler(crawler)
    assert pipeline.process_item(record) is record
    again = copy.deepcopy(record)
    again["source"]["url"] = "http://www.shire.gov.cn/again.html"
    with pytest.raises(Duplicate, match=f"was read from {URL}, with the same content"):
        pipeline.process_item(again)
    again["version"]["content_sha256"] = "0" * 64
    with pytest.raises(Duplicate, match=f"was read from {URL}, with the same figures and another text"):
        pipeline.process_item(again)
    again["tables"]["applications"]["received"]["total"] += 1
    with pytest.raises(Duplicate, match=f"was read from {URL}, with other figures in 1 cell; nothing tells"):
        pipeline.process_item(again)
    again["title"] += "（更正版）"
    with pytest.raises(Duplicate, match="this one says that it is corrected; without a catalogue the first stays"):
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


def test_ledger_tells_whether_a_report_stands() -> None:
    ledger = Ledger()
    ends = {
        "read": True,
        "same": True,
        "refused": False,
        "duplicate": False,
        "followed": False,
        "unread": None,
        "listed": None,
    }
    for outcome in ends:
        ledger.settle(f"/{outcome}", outcome)
    assert {outcome: ledger.tell_standing([f"/{outcome}", "/unknown"]) for outcome in ends} == ends
    for status, stands in ((404, False), (410, False), (500, None)):
        ledger.settle("/lost", "failed", f"HTTP {status}")
        assert ledger.tell_standing(["/lost"]) is stands
    assert ledger.tell_standing(["/lost", "/refused", "/same"])
    assert ledger.tell_standing(["/unknown"]) is None
    ledger.twins["/unknown"] = "/read"
    assert ledger.tell_standing(["/unknown"])
    assert ledger.outcomes()["/unknown"] == "read"
