"""``Crawl-delay`` of robots.txt, which Scrapy 2.19 reads and does not keep."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

logger = logging.getLogger(__name__)

LONGEST_DELAY = 60.0  # seconds; setting CRAWL_DELAY_MAX


class CrawlDelayMiddleware:
    """Keeps the pause between two requests to a host as long as its robots.txt asks, and no shorter than it was.

    A pause longer than the setting ``CRAWL_DELAY_MAX`` (seconds) is kept as long as that, and a warning says so. The
    pause is exact, not at random: at random, half of it would be left out now and then. AutoThrottle may lengthen it;
    what it takes away is put back before the next request leaves. Stat: ``robotstxt/crawl_delay``, the longest pause
    kept. A crawl that does not obey robots.txt, or replays an archive, has no such pauses.

    A downloader middleware and not an extension, because it must hear of each answer after AutoThrottle: components
    are told in the order in which they were made, and extensions are made first.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        if settings.get("REPLAY") or not settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self.crawler = crawler
        self._agent: str = settings["ROBOTSTXT_USER_AGENT"] or settings["USER_AGENT"]
        self._longest = settings.getfloat("CRAWL_DELAY_MAX", LONGEST_DELAY)
        self._least: dict[str, float] = {}  # by download slot, which is a host without its port

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CrawlDelayMiddleware:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.robots_parsed, signals.robots_parsed)
        crawler.signals.connect(middleware.response_downloaded, signals.response_downloaded)
        return middleware

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Before the request that asked for robots.txt goes on its way, and so before any page of the host."""
        asked = robotparser.crawl_delay(self._agent)
        if asked is None or not asked > 0:  # nan is no pause either
            return
        assert self.crawler.engine is not None
        assert self.crawler.stats is not None
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        delay = min(asked, self._longest)
        if delay < asked:
            logger.warning(
                "%s: robots.txt asks for %g s between requests; kept at %g (CRAWL_DELAY_MAX)", key, asked, delay
            )
        delay = max(delay, self._least.get(key, 0.0))
        self._least[key] = delay
        self.crawler.stats.max_value("robotstxt/crawl_delay", delay)
        # Scrapy forgets an idle slot after a minute; the next one begins with these.
        known = downloader.per_slot_settings.get(key, {})
        downloader.per_slot_settings[key] = {
            **known,
            "delay": max(delay, known.get("delay", downloader._delay)),
            "jitter": 0.0,
        }
        self._keep(key)

    def response_downloaded(self, request: Request) -> None:
        """Behind AutoThrottle, and before the next request of the host is let go."""
        self._keep(request.meta.get("download_slot", ""))

    def _keep(self, key: str) -> None:
        least = self._least.get(key)
        if least is None:
            return
        assert self.crawler.engine is not None
        slot = self.crawler.engine.downloader.slots.get(key)
        if slot is not None:
            slot.jitter = 0.0
            slot.delay = max(slot.delay, least)
