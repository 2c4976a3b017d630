"""Keeps the spider's ledger up to date with what became of each item, and writes ``candidates.jsonl``."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from scrapy import signals

from crawler.files import write_whole
from crawler.portals.ledger import Ledger
from crawler.runs import run_dir

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)


class Candidates:
    """Listens to what becomes of items; idle for spiders without a ledger."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Candidates:
        extension = cls(crawler)
        crawler.signals.connect(extension.item_scraped, signals.item_scraped)
        crawler.signals.connect(extension.item_dropped, signals.item_dropped)
        crawler.signals.connect(extension.item_error, signals.item_error)
        crawler.signals.connect(extension.spider_error, signals.spider_error)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def item_scraped(self, item: dict[str, Any], response: Response | Failure, spider: Spider) -> None:
        self._settle(response, "read", item["confidence"])
        self.crawler.stats.inc_value(f"records/{item['confidence']}")

    def item_dropped(self, item: Any, response: Response | Failure, exception: Exception, spider: Spider) -> None:
        outcome = getattr(exception, "outcome", "refused")
        self._settle(response, outcome, str(exception))
        if outcome == "unread":
            logger.warning("could not read: %s: %s", getattr(item, "url", "?"), exception)

    def item_error(self, item: Any, response: Response | Failure, spider: Spider, failure: Failure) -> None:
        self._settle(response, "failed", f"the reader failed: {failure.getErrorMessage()[:200]}")

    def spider_error(self, failure: Failure, response: Response | Failure, spider: Spider) -> None:
        ledger = getattr(spider, "ledger", None)
        reason = f"the spider crashed: {type(failure.value).__name__}: {failure.getErrorMessage()[:200]}"
        if response.request is not None and "candidate" in response.request.cb_kwargs:
            self._settle(response, "failed", reason)
        elif isinstance(ledger, Ledger):
            ledger.break_off(_address(response), reason)

    def _settle(self, response: Response | Failure, outcome: str, reason: str) -> None:
        """``response`` is a failure where the last part of a report could not be had: it has its request too."""
        ledger = getattr(self.crawler.spider, "ledger", None)
        if isinstance(ledger, Ledger):
            given = response.request.cb_kwargs if response.request else {}
            ledger.settle(given.get("candidate") or _address(response), outcome, reason)

    def spider_closed(self, spider: Spider, reason: str) -> None:
        ledger = getattr(spider, "ledger", None)
        if isinstance(ledger, Ledger):
            ledger.close(f"the crawl ended before: {reason}")
            lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in ledger.rows())
            write_whole(run_dir(self.crawler) / "candidates.jsonl", lines)


def _address(response: Response | Failure) -> str:
    """Where an answer came from, or was to come from."""
    address: str = getattr(response, "url", None) or response.request.url
    return address
