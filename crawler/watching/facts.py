"""The facts of a crawl, gathered when it is over: from its stats, and from the catalogue."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from crawler.catalogue.errors import CatalogueError
from crawler.catalogue.store import open_catalogue
from crawler.runs import data_dir
from crawler.telling.ends import BUSY
from crawler.watching.model import Facts
from crawler.watching.past import look_back

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.watching.model import Past

logger = logging.getLogger(__name__)

CHINA = timezone(timedelta(hours=8))
"""The zone in which reports are due; it has no summer time."""
CONFIDENCES = ("verified", "read", "partial", "failed")


def gather_facts(crawler: Crawler) -> Facts | None:
    """What is to be watched of a crawl, once its verdict is known and the catalogue has it. None where there is
    nothing to watch: another spider than a portal's, or a run that gave way to another."""
    spider, stats = crawler.spider, crawler.stats
    if spider is None or stats is None or not hasattr(spider, "ledger"):
        return None
    found = stats.get_stats()
    if found.get("finish_reason") == BUSY:
        return None
    portal, run = str(getattr(spider, "portal", spider.name)), str(crawler.settings["RUN"])
    past = _look_back(crawler, portal, run)
    counted = sum(found.get(f"records/{one}", 0) for one in CONFIDENCES) + found.get("candidates/same", 0)
    started = read_start(run, found.get("start_time"))
    years = getattr(spider, "years", None)
    return Facts(
        portal=portal,
        run=run,
        started=write_time(started),
        day=started.astimezone(CHINA).date(),
        verdict=found.get("verdict"),
        why=tuple(found.get("verdict/why") or ()),
        reason=found.get("finish_reason"),
        reports=counted if past is None or past.reports is None else past.reports,
        unread=found.get("candidates/unread", 0),
        errors=found.get("log_count/ERROR", 0) + found.get("log_count/CRITICAL", 0),
        unstored=found.get("archive/store_failed", 0),
        asked_years=None if years is None else (years.first, years.last),
        past=past,
    )


def read_start(run: str, started: Any) -> datetime:
    """When a run began: its name says it (`crawler.runs.RunAddon`); one that was named otherwise began when Scrapy's
    stats say."""
    try:
        return datetime.strptime(run, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return started.astimezone(UTC) if isinstance(started, datetime) else datetime.now(UTC)


def write_time(moment: datetime) -> str:
    """A moment as records have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _look_back(crawler: Crawler, portal: str, run: str) -> Past | None:
    """None where the catalogue cannot be read, which is said in the log."""
    settings = crawler.settings
    try:
        catalogue = open_catalogue(settings.get("CATALOGUE_URL"), data_dir(settings), create=False)
        try:
            return look_back(catalogue, portal, run)
        finally:
            catalogue.close()
    except CatalogueError as error:
        logger.error("watching: %s; what needs the runs before is not watched", error)
        return None
