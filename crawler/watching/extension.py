"""Spidermon's extension, with what a crawl of ours has to say, and one line where it has a page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.utils.asyncio import sleep
from spidermon import MonitorRunner
from spidermon.contrib.scrapy.extensions import Spidermon

from crawler.catalogue.run import find_run
from crawler.telling.work import is_working
from crawler.watching.sending import AlertError
from crawler.watching.watch import BEGINS, Watch

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from spidermon import MonitorSuite

logger = logging.getLogger(__name__)

PAUSE = 0.05  # seconds between two looks at whether all is done


class WatchingSpidermon(Spidermon):  # type: ignore[misc]
    """Gives its monitors ``watch``, and says what they found by a line for each alert.

    Spidermon's own result writes a title, a status for each monitor, and tracebacks of those that failed.

    When a crawl begins, the monitors of ``SPIDERMON_SPIDER_OPEN_MONITORS`` look at what its catalogue knows. A crawl
    that is refused at its start (the catalogue cannot be opened, say) has a spider that closes and no engine
    that stops; it is watched when the spider closes.
    """

    started = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> WatchingSpidermon:
        extension: WatchingSpidermon = super().from_crawler(crawler)
        crawler.signals.connect(extension.note_start, signals.engine_started)
        crawler.signals.disconnect(extension.engine_stopped, signals.engine_stopped)
        crawler.signals.connect(extension.watch_end, signals.engine_stopped)
        return extension

    def note_start(self) -> None:
        self.started = True

    async def watch_end(self) -> None:
        """When what others do at this moment is done."""
        while is_working(self.crawler):
            await sleep(PAUSE)
        self.engine_stopped()

    def _run_suites(self, spider: Spider, suites: list[MonitorSuite]) -> None:
        if suites is self.engine_stopped_suites:
            self._watch(spider, suites)
            return
        if suites is self.spider_opened_suites:
            if find_run(self.crawler) is not None:  # else it gives way to another, or has no catalogue
                self._watch(spider, suites)
            return
        super()._run_suites(spider, suites)  # of somebody else's
        if suites is self.spider_closed_suites and not self.started:
            self._watch(spider, self.engine_stopped_suites)

    def _watch(self, spider: Spider, suites: list[MonitorSuite]) -> None:
        watch = Watch.from_crawler(self.crawler)
        if watch.facts is None:
            return
        data: dict[str, Any] = {**self._generate_data_for_spider(spider), "meta": {}, "watch": watch}
        for suite in suites:
            result = MonitorRunner().run(suite, **data)
            alerts = watch.list_alerts(result)
            for alert in alerts:
                logger.warning("alert: %s", alert.message)
            if not alerts and watch.verdict != BEGINS:
                logger.info("watching: %s: %d monitors, no alert", watch.facts.portal, len(result.monitor_results))
            for item in (*result.monitors_finished_action_results, *result.monitors_failed_action_results):
                if item.error:
                    logger.error("alert: not delivered: %s", read_reason(item.error))


def read_reason(error: str) -> str:
    """The last line of an action's traceback; of an error that has been made one line already, that line."""
    return error.strip().splitlines()[-1].removeprefix(f"{AlertError.__module__}.{AlertError.__name__}: ")
