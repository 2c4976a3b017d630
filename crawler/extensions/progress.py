"""A live line on the terminal while a crawl runs; nothing where standard error is no terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

from scrapy import signals
from scrapy.exceptions import NotConfigured

from crawler.portals.ledger import Ledger

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler

EVERY = 0.2  # seconds between two updates: smooth to the eye, nothing to the crawl


class Progress:
    """Portal, pages fetched, candidates listed and read."""

    def __init__(self, crawler: Crawler, terminal: TextIO) -> None:
        self.crawler = crawler
        self.terminal = terminal
        self.pages = 0
        self.shown = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        if not sys.stderr.isatty():
            raise NotConfigured
        extension = cls(crawler, sys.stderr)
        crawler.signals.connect(extension.response_received, signals.response_received)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def response_received(self, spider: Spider) -> None:
        self.pages += 1
        now = time.monotonic()
        ledger = getattr(spider, "ledger", None)
        if now - self.shown >= EVERY and isinstance(ledger, Ledger):
            self.shown = now
            read = ledger.counts().get("read", 0)
            self.terminal.write(
                f"\r\x1b[K{spider.name}: {self.pages} pages, {len(ledger.candidates)} candidates, {read} read"
            )
            self.terminal.flush()

    def spider_closed(self) -> None:
        self.terminal.write("\r\x1b[K")
        self.terminal.flush()
