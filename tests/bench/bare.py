"""The same way through the measured portal by a bare Scrapy spider: ``python -m tests.bench.bare URL OUT.jsonl``.

It follows the links that lead to the reports and notes their titles; nothing is archived, accounted for or read.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.http import Response

# What both crawls of the benchmark have in common; all else is Scrapy's default here and the project's there.
PACE = {"CONCURRENT_REQUESTS": 1, "DOWNLOAD_DELAY": 0.001, "AUTOTHROTTLE_ENABLED": False}
SETTINGS = {**PACE, "LOG_LEVEL": "WARNING", "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False}
WAY = "//a[.='政府信息公开年报' or .='下一页' or contains(@title, '年度报告')]/@href"


class BareSpider(Spider):
    """Follows the way to the reports by one XPath."""

    name = "bare"

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    async def start(self) -> AsyncIterator[Any]:
        yield Request(self.url)

    def parse(self, response: Response) -> Iterator[Any]:
        for href in response.xpath(WAY).getall():
            if not href.startswith("javascript:"):
                yield response.follow(href)
        if response.css("#artCon"):
            yield {"url": response.url, "title": response.css("h1::text").get()}


def main(url: str, out: str) -> None:
    """Crawls from ``url`` and writes what it found to ``out``."""
    process = CrawlerProcess({**SETTINGS, "FEEDS": {out: {"format": "jsonlines", "overwrite": True}}})
    process.crawl(BareSpider, url=url)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
