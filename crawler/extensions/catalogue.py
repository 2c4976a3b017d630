"""A run in the catalogue: held, written to, and closed once its feed is whole; and ``changes.jsonl``."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import CloseSpider, NotConfigured
from scrapy.extensions.feedexport import FeedExporter
from scrapy.utils.defer import deferred_from_coro

from crawler.catalogue.ending import Ending, Finding
from crawler.catalogue.errors import CatalogueError, PortalBusyError
from crawler.catalogue.known import Rules
from crawler.catalogue.pages import PageFacts
from crawler.catalogue.run import RunFacts, begin_run, find_run, share_run
from crawler.catalogue.store import Catalogue, open_catalogue
from crawler.extensions.candidates import Candidates
from crawler.extensions.feedstorage import BROKEN_OFF
from crawler.extensions.verdict import Verdict
from crawler.files import write_whole
from crawler.portals.arguments import Years
from crawler.portals.ledger import OPEN, Ledger
from crawler.runs import data_dir, run_dir
from crawler.telling.ends import BUSY, BUSY_END

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.extensions.feedexport import FeedSlot
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from crawler.catalogue.run import PortalRun

logger = logging.getLogger(__name__)

FAILED = "failed"
_TO_ITS_END = frozenset({"complete", "partial", "nothing_found"})  # verdicts of a crawl that left nothing out
# What a crawl that was stopped never asked for did not fail.
_NOT_ASKED = "not asked for: the crawl ended before"


class Cataloguing:
    """Opens the catalogue before the first request and enters what the pipelines let through.

    A record is entered when it has passed all pipelines, and stays undelivered until the run's feed is whole: stored
    without an error, of a crawl that was not broken off, and with as many items as were scraped. That is entered last,
    with all else of the run's end, in one transaction: a process that is killed before has delivered nothing, and the
    next run delivers it. A replay keeps no catalogue, for what it reads is not seen now.
    """

    def __init__(self, crawler: Crawler) -> None:
        if crawler.settings.get("REPLAY"):
            raise NotConfigured
        self.crawler = crawler
        self.catalogue: Catalogue | None = None
        self.reason = ""
        self.items = 0
        self.stored: Counter[str] = Counter()  # items in the feeds that were closed, by the feed's address
        self._closing: Deferred[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Cataloguing:
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.response_received, signals.response_received)
        crawler.signals.connect(extension.item_scraped, signals.item_scraped)
        crawler.signals.connect(extension.item_dropped, signals.item_dropped)
        crawler.signals.connect(extension.feed_slot_closed, signals.feed_slot_closed)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        crawler.signals.connect(extension.engine_stopped, signals.engine_stopped)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        if not isinstance(getattr(spider, "ledger", None), Ledger):
            return
        settings = self.crawler.settings
        try:
            self.catalogue = open_catalogue(settings.get("CATALOGUE_URL"), data_dir(settings))
            run = begin_run(self.catalogue, _describe_run(spider, settings["RUN"]))
            share_run(self.crawler, run)
            self._remind(spider, run)
        except PortalBusyError as error:
            logger.error("%s%s", error, BUSY_END)
            self._leave_no_account()
            raise CloseSpider(BUSY) from None
        except CatalogueError as error:
            self._end_by(error)
            raise CloseSpider(FAILED) from None

    def _remind(self, spider: Spider, run: PortalRun) -> None:
        """Tells a spider what earlier runs know, unless this one is to ask for everything."""
        settings = self.crawler.settings
        days = settings.getfloat("CATALOGUE_SWEEP_DAYS")
        if days > 0 and not getattr(spider, "full", False):
            shares = [settings.getfloat(name) for name in ("CATALOGUE_RECHECK_REQUESTS", "CATALOGUE_RECHECK_BYTES")]
            spider.memory = run.recall(Rules(datetime.now(UTC), timedelta(days=days), *shares))  # type: ignore[attr-defined]

    def _leave_no_account(self) -> None:
        """A run that does not take place must not be the portal's last one."""
        for kind in (Verdict, Candidates):
            if (extension := self.crawler.get_extension(kind)) is not None:
                self.crawler.signals.disconnect(extension.spider_closed, signals.spider_closed)

    def response_received(self, response: Response, request: Request) -> None:
        run = find_run(self.crawler)
        if run is None or request.method != "GET" or request.meta.get("recalled"):
            return
        header = response.headers
        page = PageFacts(
            response.url,
            response.status,
            _text(header.get("ETag")),
            _text(header.get("Last-Modified")),
            hashlib.sha256(response.body).hexdigest(),
            len(response.body),
            datetime.now(UTC),
        )
        self._write(run.note_page, page)

    def item_scraped(self, item: dict[str, Any], response: Response | Failure) -> None:
        run = find_run(self.crawler)
        if run is not None:
            self.items += 1
            self._write(run.keep, item["report_id"], _find_candidate(response), item["source"]["url"])

    def item_dropped(self, exception: Exception, response: Response | Failure) -> None:
        run, outcome = find_run(self.crawler), getattr(exception, "outcome", None)
        if run is None:
            return
        if outcome == "same":
            record = exception.record  # type: ignore[attr-defined]
            self._write(run.see, record["report_id"], _find_candidate(response), record["source"]["url"])
        elif isinstance(exception.__cause__, CatalogueError):
            self._give_up(exception.__cause__)

    def feed_slot_closed(self, slot: FeedSlot) -> None:
        self.stored[slot.uri_template] += slot.itemcount

    def spider_closed(self, reason: str) -> None:
        self.reason = reason
        run = find_run(self.crawler)
        if run is not None:
            stats = self.crawler.stats
            stats.set_value("catalogue/new", run.new)
            stats.set_value("catalogue/changed", run.changed)
            stats.set_value("catalogue/seen", len(run.seen))

    def engine_stopped(self) -> None:
        """The feeds are closed, and the verdict is known."""
        run = find_run(self.crawler)
        try:
            if run is not None:
                ending = self._describe_end()
                rows = run.finish(ending, self._write_changes)
                self._prune(run, ending)
                if ending.whole:
                    self._tell(rows)
                elif self.reason not in BROKEN_OFF and self.crawler.get_extension(FeedExporter) is not None:
                    self._say_undelivered(f"{run.facts.portal}: the feed does not hold all records")
        except (CatalogueError, OSError) as error:
            if self._closing is None:  # else it is said already
                self._say_undelivered(str(error))
        finally:
            share_run(self.crawler, None)
            if run is not None:
                run.close()
            if self.catalogue is not None:
                self.catalogue.close()

    @staticmethod
    def _prune(run: PortalRun, ending: Ending) -> None:
        """Nothing of the run depends on it: what could not be let go now is let go by the next run."""
        try:
            run.prune(ending)
        except CatalogueError as error:
            logger.warning("%s: nothing that the portal no longer needs was let go", error)

    def _say_undelivered(self, why: str) -> None:
        logger.error("%s: what this run found is delivered again by the next one", why)
        # Scrapy's own word for a feed that was not delivered; the command's status follows it.
        self.crawler.stats.inc_value("feedexport/failed_count/Cataloguing")

    def _describe_end(self) -> Ending:
        spider, stats = self.crawler.spider, self.crawler.stats
        ledger: Ledger = spider.ledger
        series = getattr(spider, "series", {})
        failing = {
            one.url: (one.outcome, one.reason)
            for one in ledger.candidates.values()
            if one.outcome in OPEN and not one.reason.startswith(_NOT_ASKED)
        }
        failing |= {url: ("unseen", reason) for url, reason in ledger.broken.items()}
        return Ending(
            finished=datetime.now(UTC),
            verdict=stats.get_value("verdict") or FAILED,
            why=tuple(stats.get_value("verdict/why") or ()),
            whole=self._is_whole(),
            requests=stats.get_value("downloader/request_count", 0),
            bytes=stats.get_value("downloader/response_bytes", 0),
            outcomes=ledger.outcomes(),
            failing=failing,
            swept=not any(one.quiet for one in series.values()),
            full=bool(getattr(spider, "full", False)),
            findings=list_findings(ledger, lost=self._closing is not None),
            lists={
                name: (one.first, one.told) if one.whole else None
                for name, one in series.items()
                if not one.quiet and self.reason in _TO_ITS_END
            },
            unlooked=_find_unlooked(ledger),
            passed=any(one.known for one in ledger.candidates.values()),
            gone=frozenset(ledger.gone),
            sweep=timedelta(days=max(0.0, self.crawler.settings.getfloat("CATALOGUE_SWEEP_DAYS"))),
        )

    def _is_whole(self) -> bool:
        """Whether some feed holds all that it should."""
        stats = self.crawler.stats
        items = self.items + stats.get_value("catalogue/again", 0)
        if self.reason in BROKEN_OFF or any(key.startswith("feedexport/failed_count") for key in stats.get_stats()):
            return False
        return items == 0 or max(self.stored.values(), default=0) >= items

    def _write_changes(self, rows: Iterable[dict[str, Any]]) -> None:
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        if lines:
            write_whole(run_dir(self.crawler) / "changes.jsonl", lines)

    def _tell(self, rows: list[dict[str, Any]]) -> None:
        counts = Counter(row["change"] for row in rows)
        if rows:
            parts = (f"{counts[name]} {name}" for name in ("new", "changed", "vanished", "same"))
            sys.stderr.write(f"  reports: {', '.join(parts)}\n")

    def _write(self, act: Any, *arguments: Any) -> None:
        try:
            act(*arguments)
        except CatalogueError as error:
            self._give_up(error)

    def _give_up(self, error: CatalogueError) -> None:
        """Ends the crawl: what it reads could not be entered, and would be lost to the next run's deltas."""
        if self._closing is None and self.crawler.engine is not None:
            self._end_by(error)
            # Not awaited: the engine waits for the items under way, and this one is among them.
            self._closing = deferred_from_coro(self.crawler.engine.close_spider_async(reason=FAILED))

    def _end_by(self, error: CatalogueError) -> None:
        """Names what ends the crawl, in the log and in the run's account."""
        logger.error("%s: the crawl ends", error)
        if (verdict := self.crawler.get_extension(Verdict)) is not None:
            verdict.why = [str(error)]


def _describe_run(spider: Any, name: str) -> RunFacts:
    years: Years | None = getattr(spider, "years", None)
    return RunFacts(
        portal=getattr(spider, "portal", spider.name),
        body=getattr(spider, "body", None),
        division_code=getattr(spider, "division_code", None),
        name=name,
        asked=tuple(getattr(spider, "starts", ())),
        years=None if years in {None, Years()} else (years.first, years.last),
        addresses=tuple(getattr(spider, "addresses", ())) or None,
    )


def list_findings(ledger: Ledger, *, lost: bool = False) -> list[Finding]:
    """What a crawl settled itself; without candidates whose page is a list of others, for that is always asked for.
    ``lost``: some of what was read could not be entered, and the ledger does not know what: all of it is open."""
    return [
        Finding(
            one.url,
            one.text,
            one.found_on,
            ledger.parents.get(one.url),
            one.year,
            "unread" if lost and one.outcome in {"read", "same"} else one.outcome,
            one.reason,
        )
        for one in ledger.candidates.values()
        if not one.known and one.url not in ledger.lists
    ]


def _find_unlooked(ledger: Ledger) -> set[str]:
    """What stands only on pages that this run did not look at, by the addresses of earlier runs too."""
    unlooked = set(ledger.find_unlooked())
    return unlooked | {old for old, url in ledger.twins.items() if url in unlooked}


def _find_candidate(response: Response | Failure) -> str | None:
    """The address by which the ledger has what an answer belongs to."""
    request = getattr(response, "request", None)
    return request.cb_kwargs.get("candidate") if request is not None else None


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")
