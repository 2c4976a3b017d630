"""A portal whose crawl is killed, as by ``kill -9``, when the environment variable KILL_AT says so.

It is the name of a signal of Scrapy's; with ``:2`` behind it, the second time.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from crawler.portals.spider import PortalSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class KilledSpider(PortalSpider):
    name = "killed"
    left = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        when, _, count = os.environ.get("KILL_AT", "").partition(":")
        if when:
            spider.left = int(count or 1)
            crawler.signals.connect(spider.count_down, getattr(signals, when))
        return spider

    def count_down(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
