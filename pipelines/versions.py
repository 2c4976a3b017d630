"""Which version of its report a record is; what the catalogue holds already goes no further."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy.extensions.feedexport import FeedExporter

from crawler.catalogue.copies import judge_copy
from crawler.catalogue.errors import CatalogueError
from crawler.catalogue.run import find_run
from pipelines.outcomes import Duplicate, Same, Uncatalogued

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.crawler import Crawler

    from crawler.catalogue.run import PortalRun
    from crawler.extraction.record.model import Record

logger = logging.getLogger(__name__)

# With none of these among its outcomes, and no list lost, a crawl saw all there is (`crawler.portals.ledger.OPEN`).
_OPEN = frozenset({"listed", "unread", "failed", "forbidden"})


class VersionsPipeline:
    """Fills ``version`` from the catalogue; it writes nothing there (`crawler.extensions.catalogue` does).

    What no whole feed has held yet goes into this one before anything else, and with ``-a full=1`` all that is current
    at the end. Without a catalogue (a replay) every record is the first version.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.begun = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> VersionsPipeline:
        return cls(crawler)

    def process_item(self, item: Record) -> Record:
        run = find_run(self.crawler)
        if run is None:
            return item
        try:
            self._deliver_waiting(run)
            remark = self._judge_copy(run, item)
            if remark is not None:
                warning = {"code": "other_copy", "message": remark}
                item = {**item, "warnings": [*item["warnings"], warning]}
            decision = run.weigh(item)
        except CatalogueError as error:
            raise Uncatalogued(str(error)) from error
        if decision.kind == "same" and not (self._full and _name(decision.record) not in run.fed):
            raise Same(decision.why, item)
        return decision.record

    def _judge_copy(self, run: PortalRun, record: Record) -> str | None:
        """Refuses a copy that stands beside the report that was taken, unless it is the one that holds: then what its
        record is to say of the other. None where there is no other.

        Where the crawl does not know yet whether the report still stands, its copies wait for that (`Ledger.held`).
        """
        original, ledger = run.find_original(record), self.crawler.spider.ledger
        if original is None:
            return None
        report_id, taken = record["report_id"], original.record["source"]["url"]
        found = run.find_found(record["source"]["url"])
        stands = True if original.read else ledger.tell_standing(original.addresses)
        if stands is False or (stands is None and found.candidate in ledger.sought):
            return None
        if record["version"]["content_sha256"] == original.record["version"]["content_sha256"]:
            if stands is None:
                return None
            raise Duplicate(f"{report_id} was read from {taken}, with the same content")
        judgement = judge_copy(original.record, record, (original.link, found.link))
        if judgement.holds:
            return f"the same report stands at {taken} too, {judgement.why}"
        if stands is None:
            ledger.held[found.candidate] = original.addresses
        raise Duplicate(f"{report_id} was read from {taken}, {judgement.why}")

    def close_spider(self) -> None:
        """After the last item, and before the feeds close."""
        run = find_run(self.crawler)
        if run is None:
            return
        try:
            self._deliver_waiting(run)
            if self._full:
                ledger = self.crawler.spider.ledger
                complete = not ledger.broken and not _OPEN & ledger.counts().keys()
                self._export(run.take_unseen(ledger.outcomes(), complete=complete))
        except CatalogueError as error:
            logger.error("%s: the feed does not hold all that it should", error)
            self.crawler.stats.inc_value("feedexport/failed_count/VersionsPipeline")  # so it counts as not delivered

    @property
    def _full(self) -> bool:
        return bool(getattr(self.crawler.spider, "full", False))

    def _deliver_waiting(self, run: PortalRun) -> None:
        if not self.begun:
            self.begun = True
            self._export(run.take_waiting())

    def _export(self, records: Iterable[Record]) -> None:
        """Puts records into the feeds that no page of this crawl brought."""
        feeds = self.crawler.get_extension(FeedExporter)
        for record in records:
            self.crawler.stats.inc_value("catalogue/again")
            try:
                if feeds is not None:
                    feeds.item_scraped(record, self.crawler.spider)
            except OSError as error:  # the feed then holds less than it should, and counts as none
                logger.error("feed: %s could not be written: %s", record["report_id"], error)


def _name(record: Record) -> tuple[str, int]:
    return record["report_id"], record["version"]["n"]
