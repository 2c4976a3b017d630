"""How a crawl ended: a verdict as finish reason, as data (``run.json``) and as a few lines on the terminal."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import scrapy
from scrapy import signals
from scrapy.exceptions import CloseSpider

from crawler.extraction.record.build import PARSER_VERSION, SCHEMA_VERSION
from crawler.files import write_whole
from crawler.portals.arguments import Years
from crawler.portals.ledger import OPEN, Ledger
from crawler.runs import run_dir

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

EXIT_STATUS = {"complete": 0, "failed": 1, "partial": 3, "blocked": 4, "nothing_found": 5}
"""Exit status of a crawl by its verdict; 2 is a usage error."""


def judge(crawler: Crawler, ledger: Ledger) -> tuple[str, list[str]]:
    """The verdict of a crawl that ran to its end, and why it is not `complete`."""
    stats = crawler.stats
    why: list[str] = []
    if missing := stats.get_value("replay/missing", 0):
        return "failed", [f"not in the replayed archive: {missing} of the addresses asked for"]
    if crashes := stats.get_value("spider_exceptions/count", 0):
        return "failed", [f"the spider crashed on {crashes} page{'s'[: crashes > 1]}; see the log"]
    if stats.get_value("archive/error"):
        return "failed", [f"the archive could not be written: {stats.get_value('archive/error')}"]
    starts = set(getattr(crawler.spider, "starts", ()))
    lost = {url: reason for url, reason in ledger.broken.items() if url in starts}
    if lost and not ledger.candidates and len(lost) == len(starts):
        refused = stats.get_value("refusals/reason") or all("robots.txt" in reason for reason in lost.values())
        return ("blocked" if refused else "failed"), [f"{url}: {reason}" for url, reason in lost.items()]
    why += [f"not all could be seen: {url}: {reason}" for url, reason in ledger.broken.items()]
    counts = ledger.counts()
    why += [f"{counts[name]} candidates {name}" for name in sorted(OPEN) if counts.get(name)]
    why += ledger.notes
    if why and (ledger.broken or any(counts.get(name) for name in OPEN)):
        return "partial", why
    if not any(candidate.outcome in {"read", "duplicate", "skipped"} for candidate in ledger.candidates.values()):
        return "nothing_found", [f"no report among {len(ledger.candidates)} candidates", *ledger.notes]
    if not counts.get("read") and not counts.get("duplicate"):
        return "nothing_found", ["no report within the years asked for"]
    return "complete", why


class Verdict:
    """Closes the spider with its verdict when nothing is left to do, and writes ``run.json``."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.why: list[str] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Verdict:
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_idle, signals.spider_idle)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_idle(self, spider: Spider) -> None:
        ledger = getattr(spider, "ledger", None)
        if isinstance(ledger, Ledger):
            verdict, self.why = judge(self.crawler, ledger)
            raise CloseSpider(verdict)

    def spider_closed(self, spider: Spider, reason: str) -> None:
        ledger = getattr(spider, "ledger", None)
        if not isinstance(ledger, Ledger):
            return
        stats = self.crawler.stats
        if reason == "blocked" and not self.why:  # stopped on the way, not judged at the end
            self.why = [str(stats.get_value("refusals/reason", "the portal refused us"))]
        elif reason not in EXIT_STATUS:
            self.why = [f"stopped before its end: {reason}"]
        verdict = reason if reason in EXIT_STATUS else "failed"
        run = {
            "portal": getattr(spider, "portal", spider.name),
            "run": self.crawler.settings["RUN"],
            "verdict": verdict,
            "why": self.why,
            "started": _iso(stats.get_value("start_time")),
            "finished": _iso(datetime.now(UTC)),
            "addresses": list(getattr(spider, "starts", ())),
            "years": _asked_years(spider),
            "candidates": {"all": len(ledger.candidates), **ledger.counts()},
            "records": {
                name: n
                for name in ("verified", "read", "partial", "failed")
                if (n := stats.get_value(f"records/{name}"))
            },
            "requests": stats.get_value("downloader/request_count", 0),
            "bytes": stats.get_value("downloader/response_bytes", 0),
            "versions": {
                "parser": PARSER_VERSION,
                "schema": SCHEMA_VERSION,
                "scrapy": scrapy.__version__,
                "lxml": version("lxml"),
            },
        }
        stats.set_value("verdict", verdict)
        stats.set_value("verdict/why", self.why)
        path = run_dir(self.crawler) / "run.json"
        write_whole(path, [json.dumps(run, ensure_ascii=False, indent=2) + "\n"])
        sys.stderr.write(self._report(run, ledger))

    def _report(self, run: dict, ledger: Ledger) -> str:  # type: ignore[type-arg]
        counts = ledger.counts()
        parts = [f"{counts[name]} {name}" for name in counts]
        lines = [
            f"{run['portal']}: {run['verdict']}: {len(ledger.candidates)} candidates ({', '.join(parts) or 'none'}), "
            f"{run['requests']} requests"
        ]
        lines += [f"  {line}" for line in self.why[:20]]
        for candidate in ledger.candidates.values():
            if candidate.outcome in OPEN:
                lines.append(f"  {candidate.outcome}: {candidate.url}: {candidate.reason}")
        return "\n".join(lines) + "\n"


def _asked_years(spider: Spider) -> list[int] | None:
    """First and last of the report years asked for, or None if all were."""
    years = getattr(spider, "years", None)
    return None if years in {None, Years()} else [years.first, years.last]


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
