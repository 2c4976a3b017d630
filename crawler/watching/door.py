"""Where Scrapy comes in: Spidermon is an optional extra, and this module is imported without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.exceptions import NotConfigured

from crawler.watching.bounds import check_watching

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


MONITORS = ("SPIDERMON_SPIDER_OPEN_MONITORS", "SPIDERMON_ENGINE_STOP_MONITORS")


class Watching:
    """The monitors of `crawler.watching.monitors`, where ``SPIDERMON_ENABLED``.

    Without the extra, or with settings that cannot be, Scrapy logs the one line and the crawl goes on unwatched. A
    replay is not watched: what it reads is not seen now.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Any:
        settings = crawler.settings
        if not settings.getbool("SPIDERMON_ENABLED") or settings.get("REPLAY"):
            raise NotConfigured
        if not any(settings.getlist(name) for name in MONITORS):
            raise NotConfigured(f"{' and '.join(MONITORS)} name no monitors; this crawl is not watched")
        if problem := check_watching(settings):
            raise NotConfigured(f"{problem}; this crawl is not watched")
        try:
            from crawler.watching.extension import WatchingSpidermon  # noqa: PLC0415
        except ImportError as error:
            raise NotConfigured(
                f"{error}; this crawl is not watched: pip install 'nianbao[watch]', or set SPIDERMON_ENABLED=0"
            ) from None
        return WatchingSpidermon.from_crawler(crawler)
