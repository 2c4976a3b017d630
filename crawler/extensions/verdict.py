"""How a crawl ended: a verdict as finish reason, as data (``run.json``) and as a few lines on the terminal."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import scrapy
from scrapy import signals
from scrapy.exceptions import CloseSpider

from crawler.catalogue.copies import asks_for_a_look
from crawler.extensions.verdict_table import (
    MOST_LINES,
    count_reasons,
    find_coverage,
    format_coverage,
    format_reasons,
    write_suspicions,
)
from crawler.extraction.record.build import PARSER_VERSION, SCHEMA_VERSION
from crawler.files import write_whole
from crawler.portals.arguments import Years
from crawler.portals.ledger import OPEN, OUTCOMES, Ledger
from crawler.runs import run_dir
from crawler.telling.account import count_reports, read_last_run
from crawler.telling.ends import EXIT_STATUS
from crawler.telling.tables import limit_lines

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

BOUNDS = frozenset({f"closespider_{bound}" for bound in ("timeout", "pagecount", "itemcount")}) | frozenset(
    {"closespider_timeout_no_item", "closespider_pagecount_no_item"}
)
"""Finish reasons of a crawl that reached a bound which its operator set: it was stopped in good order, and its feed is
whole as far as it goes."""
MOST_CANDIDATES = 40  # named on the terminal one by one; candidates.jsonl has all
_KNOWN = (("candidates", "candidates"), ("pages", "pages of lists"))
STAGES = ("entry", "disclosure", "annual")  # of pages, in the spider's stats


def judge(crawler: Crawler, ledger: Ledger) -> tuple[str, list[str]]:
    """The verdict of a crawl that ran to its end, and why it is not `complete`."""
    stats = crawler.stats
    why: list[str] = []
    if missing := stats.get_value("replay/missing", 0):
        return "failed", [f"not in the replayed archive: {missing} of the addresses asked for"]
    if crashes := stats.get_value("spider_exceptions/count", 0):
        return "failed", [f"the spider crashed on {crashes} page{'s'[: crashes > 1]}; see the log"]
    if crash := stats.get_value("portal/crash"):
        return "failed", [f"the spider crashed before its end: {crash}; see the log"]
    if stats.get_value("archive/error"):
        return "failed", [f"the archive could not be written: {stats.get_value('archive/error')}"]
    entries = set(getattr(crawler.spider, "entries", ()))
    lost = {url: reason for url, reason in ledger.broken.items() if url in entries}
    if lost and not ledger.candidates and len(lost) == len(entries):
        refused = stats.get_value("refusals/reason") or all("robots.txt" in reason for reason in lost.values())
        return ("blocked" if refused else "failed"), [f"{url}: {reason}" for url, reason in lost.items()]
    why += [f"not all could be seen: {url}: {reason}" for url, reason in ledger.broken.items()]
    counts = ledger.counts()
    why += [f"{counts[name]} candidates {name}" for name in sorted(OPEN) if counts.get(name)]
    why += ledger.notes
    if why and (ledger.broken or any(counts.get(name) for name in OPEN)):
        return "partial", why
    if not any(counts.get(name) for name in ("read", "same", "duplicate", "skipped")):
        nothing = describe_nothing(find_seen(crawler, ledger), name_patient(crawler.spider))
        return "nothing_found", [f"no report among {len(ledger.candidates)} candidates", nothing, *ledger.notes]
    if not any(counts.get(name) for name in ("read", "same", "duplicate")):
        return "nothing_found", ["no report within the years asked for"]
    return "complete", why


def count_known(spider: Any, ledger: Ledger) -> dict[str, int]:
    """What of a crawl was taken from earlier runs without a look at the portal: ``candidates``, and ``pages`` of
    lists."""
    lists = (one for one in getattr(spider, "series", {}).values() if one.quiet)
    return {
        "candidates": sum(one.known for one in ledger.candidates.values()),
        "pages": sum(len(one.recalled) for one in lists),
    }


def find_seen(crawler: Crawler, ledger: Ledger) -> dict[str, Any]:
    """How far a crawl came: ``pages`` by what they are, whether it recognised the ``column`` 政府信息公开 and a
    ``list`` of annual reports, and how many candidates were ``listed``."""
    pages = {stage: crawler.stats.get_value(f"portal/pages/{stage}", 0) for stage in STAGES}
    return {
        "pages": pages,
        "column": bool(pages["disclosure"] or pages["annual"]),
        "list": bool(pages["annual"]),
        "listed": len(ledger.candidates),
    }


def name_patient(spider: Any) -> str:
    """What ``scrapy doctor`` is to be given, so that it examines what a spider of a portal crawled."""
    start: str = spider.starts[0]
    if not spider.addresses:
        return start
    return str(spider.name) if start in spider.addresses else f"{spider.name} -a url={start}"


def describe_nothing(seen: dict[str, Any], portal: str) -> str:
    """Why nothing was found, in one line: nothing is published, or the way to it was not recognised. ``portal`` is what
    the doctor is to be given."""
    pages, number = seen["pages"], sum(seen["pages"].values())
    lost = f"the spider may be broken here: scrapy doctor {portal}"
    if not seen["column"]:
        return f"no column 政府信息公开 was recognised on {_pages(number)}; {lost}"
    if not seen["list"]:
        return f"the column 政府信息公开 was found, and no list of 年报 on its {_pages(pages['disclosure'])}; {lost}"
    if not seen["listed"]:
        return f"the list of 年报 was found ({_pages(pages['annual'])}) and is empty: nothing is published there"
    return f"the list of 年报 was found ({_pages(pages['annual'])}), and what it lists is no report"


def _pages(number: int) -> str:
    return f"{number} page{'s'[: number != 1]}"


class Verdict:
    """Closes the spider with its verdict when nothing is left to do, and writes ``run.json``."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.why: list[str] = []
        self.reports: set[tuple[str, str, int]] = set()  # key of the body, its name, year
        self.pagers: set[str] = set()  # further pages of lists that were asked for

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Verdict:
        extension = cls(crawler)
        crawler.signals.connect(extension.item_scraped, signals.item_scraped)
        crawler.signals.connect(extension.item_dropped, signals.item_dropped)
        crawler.signals.connect(extension.request_scheduled, signals.request_scheduled)
        crawler.signals.connect(extension.spider_idle, signals.spider_idle)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def item_scraped(self, item: dict[str, Any]) -> None:
        year, body = item["year"], item["agency"]["name"] or "?"
        self.reports.add((str(item["report_id"]).removesuffix(f"-{year}"), body, year))

    def item_dropped(self, exception: Exception) -> None:
        if getattr(exception, "outcome", None) == "same":  # it is there, and the catalogue has it
            self.item_scraped(exception.record)  # type: ignore[attr-defined]

    def request_scheduled(self, request: Request) -> None:
        if request.meta.get("following"):
            self.pagers.add(request.url)

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
        verdict = reason
        if reason not in EXIT_STATUS:
            verdict, why = judge(self.crawler, ledger) if reason in BOUNDS else ("failed", [])
            if verdict in {"complete", "nothing_found"}:
                verdict, why = "partial", []
            self.why = [f"stopped before its end: {reason}", *why]
        candidates = ledger.candidates.values()
        reasons = count_reasons(((one.outcome, one.reason) for one in candidates), tuple(OUTCOMES))
        coverage = find_coverage(self.reports | set(ledger.reports.values()))
        open_years = {one.year for one in candidates if one.outcome in OPEN and one.year is not None}
        run: dict[str, Any] = {
            "portal": getattr(spider, "portal", spider.name),
            "run": self.crawler.settings["RUN"],
            "verdict": verdict,
            "why": self.why,
            "started": _iso(stats.get_value("start_time")),
            "finished": _iso(datetime.now(UTC)),
            "addresses": list(getattr(spider, "entries", ())),
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
            "seen": find_seen(self.crawler, ledger),
            "known": count_known(spider, ledger),
            "unseen": [{"url": url, "reason": why, "pager": url in self.pagers} for url, why in ledger.broken.items()],
            "outcomes": [asdict(one) for one in reasons],
            "reports": [asdict(one) for one in coverage],
        }
        folder = run_dir(self.crawler)
        before = read_last_run(folder.parent, folder.name)
        run["suspicions"] = [
            *compare_runs(run, before),
            *(
                f"{one.url}: {one.reason}"
                for one in candidates
                if one.outcome == "duplicate" and asks_for_a_look(one.reason)
            ),
            *write_suspicions(coverage, open_years),
        ]
        self._fill_stats(run)
        write_whole(folder / "run.json", [json.dumps(run, ensure_ascii=False, indent=2) + "\n"])
        tables = [format_reasons(reasons), format_coverage(coverage)]
        sys.stderr.write(self._report(run, ledger, tables))

    def _fill_stats(self, run: dict[str, Any]) -> None:
        """The numbers of the account; the whole stands in ``run.json``."""
        stats = self.crawler.stats
        stats.set_value("verdict", run["verdict"])
        stats.set_value("verdict/why", self.why)
        for name, count in run["known"].items():
            stats.set_value(f"verdict/known_{name}", count)
        for outcome, count in run["candidates"].items():
            stats.set_value(f"candidates/{outcome}", count)
        stats.set_value("verdict/bodies", len(run["reports"]))
        stats.set_value("verdict/reports", sum(len(one["years"]) for one in run["reports"]))
        stats.set_value("verdict/gaps", sum(len(one["gaps"]) for one in run["reports"]))
        stats.set_value("verdict/pagers_broken", sum(one["pager"] for one in run["unseen"]))

    def _report(self, run: dict[str, Any], ledger: Ledger, tables: list[list[str]]) -> str:
        counts = ledger.counts()
        parts = [f"{counts[name]} {name}" for name in counts]
        lines = [
            f"{run['portal']}: {run['verdict']}: {len(ledger.candidates)} candidates ({', '.join(parts) or 'none'}), "
            f"{run['requests']} requests"
        ]
        pagers = sum(one["pager"] for one in run["unseen"])
        if pagers:
            lines.append(f"  {pagers} pager{'s'[: pagers != 1]} broke: what the further pages list is unknown")
        known = run["known"]
        if any(known.values()):
            told = ", ".join(f"{known[name]} {word}" for name, word in _KNOWN if known[name])
            lines.append(f"  known from earlier runs, and not asked for in this one: {told}")
        below = [
            *limit_lines(self.why, MOST_LINES, "run.json"),
            *limit_lines(
                [
                    f"{one.outcome}: {one.url}: {one.reason}"
                    for one in ledger.candidates.values()
                    if one.outcome in OPEN
                ],
                MOST_CANDIDATES,
                "candidates.jsonl",
            ),
            *(line for table in tables if table for line in ("", *table)),
        ]
        if run["suspicions"]:
            below += ["", *limit_lines([f"suspicious: {line}" for line in run["suspicions"]], MOST_LINES, "run.json")]
        lines += [f"  {line}".rstrip() for line in below]
        return "\n".join(lines) + "\n"


def compare_runs(run: dict[str, Any], before: dict[str, Any] | None) -> list[str]:
    """A line where a run found fewer reports than the one before it, which asked the same addresses and years."""
    if before is None or any(before.get(key) != run[key] for key in ("addresses", "years")):
        return []
    now, then = count_reports(run), count_reports(before)
    if now >= then:
        return []
    return [f"{now or 'no'} report{'s'[: now != 1]}, and the run before ({before['run']}) had {then}"]


def _asked_years(spider: Spider) -> list[int] | None:
    """First and last of the report years asked for, or None if all were."""
    years = getattr(spider, "years", None)
    return None if years in {None, Years()} else [years.first, years.last]


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
