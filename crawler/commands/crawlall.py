"""``scrapy crawlall``: the portals of the register side by side, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.conf import arglist_to_dict

from crawler.catalogue.errors import CatalogueError, NoCatalogueError
from crawler.commandline import StrictUsage, read_jobs
from crawler.fleet.model import Launch, Limits, Task
from crawler.portals.register import check_register, load_register
from crawler.runs import data_dir
from crawler.watching.bounds import check_watching
from crawler.web.replay import check_replay
from crawler.workers.choices import check_readers, count_cores, read_limits

if TYPE_CHECKING:
    from scrapy import Spider

    from crawler.catalogue.store import Catalogue
    from crawler.fleet.due import Counts
    from crawler.fleet.results import Result
    from crawler.portals.register import Portal

# A portal of 5,000 pages, a second apart and slow to answer, takes some four hours. At a Crawl-delay of 60 s six hours
# are 360 requests: what was read in them is delivered, and the next run goes on with what it does not know.
TIMEOUT = 6 * 3600.0
GRACE = 120.0  # what is on its way may take a pause and DOWNLOAD_TIMEOUT, then the feed is closed
MEMORY = 2048  # MB for a crawl and its browser, beside what READER_MEMORY_MB lets its readers have
DAYS = 25.0  # a month, less what a run may take: what was done on one 2nd is due on the next
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
APART = ("%(portal)s", "%(name)s", "%(run)s")  # each of them keeps the feeds of two crawls apart
LOG = "crawl.log"


class Command(StrictUsage, ScrapyCommand):
    requires_project = True
    requires_crawler_process = False
    checks = (check_register, check_readers, check_replay, check_watching)
    examples = (
        "scrapy crawlall",
        "scrapy crawlall --due",
        "scrapy crawlall --due --days 7 --dry-run",
        "scrapy crawlall wolong nanyang -a years=2023 --jobs 2",
        "scrapy crawlall --due --except xixia --except jianxi",
        "scrapy crawlall --timeout 2h --memory 3000 --json > results.jsonl",
    )

    def syntax(self) -> str:
        return "[options] [<portal> …]"

    def short_desc(self) -> str:
        return "Crawl the portals of the register side by side, each in a process of its own"

    def long_desc(self) -> str:
        return (
            "Crawls the portals of the register (those named, or all), several at once, each as scrapy crawl in a "
            "process of its own; portals that share a host one after the other. A crawl that crashes, hangs or takes "
            "too much memory touches no other. Each writes its log to DATA_DIR/<portal>/<run>/crawl.log. Ctrl-C stops "
            "all of them with their files whole, a second one kills them. At the end a table on standard output. Exit "
            "status: that of the worst portal, in this order: 1 failed (crashed, timed_out, out_of_memory and "
            "already_running too), 4 blocked, 5 nothing found, 3 partial, 0 all complete or none due; 2 for a usage "
            "error, 130 and 143 when stopped by Ctrl-C and SIGTERM."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group("Which portals")
        which = group.add_mutually_exclusive_group()
        which.add_argument("--all", action="store_true", help="whether they are due or not (the default)")
        which.add_argument(
            "--due",
            action="store_true",
            help="those without a whole run in --days days, or whose last run was not complete or left addresses "
            "failing; one that refused us (blocked) rests for those days",
        )
        group.add_argument(
            "--days", type=read_days, default=DAYS, metavar="N", help=f"for --due: how old a run may be ({DAYS:g})"
        )
        group.add_argument(
            "--checked", action="store_true", help="only those whose address somebody has checked (scrapy portals)"
        )
        group.add_argument(
            "--except",
            dest="left_out",
            action="append",
            default=[],
            metavar="PORTAL",
            help="not this one, named or due: one that asked us to stop, say; may be given several times",
        )
        group.add_argument("--dry-run", action="store_true", help="show which they are and why, and crawl nothing")
        group = parser.add_argument_group("How they are crawled")
        group.add_argument("--jobs", type=read_jobs, metavar="N", help="crawls side by side (default: one a core)")
        group.add_argument(
            "--timeout",
            type=read_duration,
            default=TIMEOUT,
            metavar="TIME",
            help="time for each portal, as in 90m or 6h (the default). It ends by itself, with its feed whole, --grace "
            "before that, and is asked to stop if it has not ended then",
        )
        group.add_argument(
            "--grace",
            type=read_duration,
            default=GRACE,
            metavar="TIME",
            help="time in which a crawl that was asked to stop may close its files, then it is killed (2m)",
        )
        group.add_argument(
            "--memory",
            type=read_megabytes,
            metavar="MB",
            help=f"memory for each portal, readers and browser included; beyond it, it is killed (default: {MEMORY}, "
            "and READER_MEMORY_MB for each of its readers)",
        )
        group.add_argument(
            "-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE", help="for all: years=…, full=1"
        )
        group.add_argument("--json", action="store_true", help="one JSON object a portal instead of the table")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.logfile:
            self.refuse(f"--logfile: each portal has a log of its own, DATA_DIR/<portal>/<run>/{LOG}")
        super().process_options(args, opts)
        try:
            self.spargs = arglist_to_dict(opts.spargs)
        except ValueError:
            self.refuse("Invalid -a value, use -a NAME=VALUE")
        except UsageError as error:
            self.refuse(str(error))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is None:
            raise RuntimeError("scrapy.cmdline makes the settings")
        if problem := self._find_problem():
            self.refuse(problem)
        register = load_register(self.settings.get("PORTALS_FILE"))
        for name in args:
            if name not in register:
                self.refuse(f"no portal {name!r} in the register; scrapy portals lists them all")
        for name in opts.left_out:  # a slip would crawl a portal that is to be left alone
            if name not in register:
                self.refuse(f"--except: no portal {name!r} in the register; scrapy portals lists them all")
        names = [name for name in dict.fromkeys(args or register) if name not in opts.left_out]
        portals = [register[name] for name in names if register[name].is_checked or not opts.checked]
        self.watched = [portal.name for portal in portals]
        loader = get_spider_loader(self.settings)
        self.spiders = {portal.name: loader.load(portal.name) for portal in portals}
        for spider in self.spiders.values():
            check = getattr(spider, "check_arguments", None)
            if check is not None and (problem := check(self.spargs)):
                self.refuse(problem)
        try:
            reasons: dict[str, str | None] = dict.fromkeys(self.spiders, "")
            if opts.due:
                reasons = self._find_due(portals, opts.days)
        except CatalogueError as error:
            sys.stderr.write(f"scrapy crawlall: {error}\n")
            self.exitcode = 1
            return
        chosen = [portal for portal in portals if reasons[portal.name] is not None]
        try:
            if opts.dry_run:
                self._show_due(chosen, reasons, opts.json)
            elif chosen:
                self._crawl(chosen, opts)
            else:
                self._alert([])
            if not chosen:
                what = f"none of {len(portals)} portals is due" if portals else "none of these is to be crawled"
                sys.stderr.write(f"scrapy crawlall: {what}\n")
        except BrokenPipeError:  # `| head`: nobody reads on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self.exitcode = max(self.exitcode, 1)

    def _find_problem(self) -> str | None:
        """What one crawl may do and many side by side must not."""
        assert self.settings is not None
        if "url" in self.spargs:
            return "-a url=… is the address of one portal: scrapy crawl <portal> -a url=…"
        if self.settings.get("JOBDIR"):
            return "JOBDIR is one crawl's, and several would write to it: leave it out"
        for uri in self.settings["FEEDS"]:
            if not any(part in str(uri) for part in APART):
                return f"FEEDS: several crawls would write to {uri}: put %(portal)s into it"
        return None

    def _find_due(self, portals: list[Portal], days: float) -> dict[str, str | None]:
        from crawler.fleet.due import NEVER, find_due  # noqa: PLC0415

        try:
            catalogue = self._open_catalogue()
        except NoCatalogueError:
            return {portal.name: NEVER for portal in portals}
        try:
            wanted = [(portal.name, find_addresses(self.spiders[portal.name])) for portal in portals]
            return find_due(catalogue, wanted, datetime.now(UTC), days)
        finally:
            catalogue.close()

    def _open_catalogue(self) -> Catalogue:
        # Every command is imported to find one, and SQLAlchemy takes longer to import than most of them take to run.
        from crawler.catalogue.store import open_catalogue  # noqa: PLC0415

        assert self.settings is not None
        return open_catalogue(self.settings.get("CATALOGUE_URL"), data_dir(self.settings), create=False)

    def _show_due(self, portals: list[Portal], reasons: dict[str, str | None], as_json: bool) -> None:
        from crawler.fleet.show import format_due  # noqa: PLC0415

        rows = [
            {
                "portal": portal.name,
                "body": portal.body,
                "address": " ".join(find_addresses(self.spiders[portal.name])[:1]),
                "why": reasons[portal.name] or "all",
            }
            for portal in portals
        ]
        self._print(rows, format_due(rows) if rows else [], as_json)

    def _alert(self, results: list[Result]) -> None:
        """Raises what no crawl could raise itself, where crawls are watched."""
        if self.settings is None or not self.settings.getbool("SPIDERMON_ENABLED") or self.settings.get("REPLAY"):
            return
        from crawler.fleet.results import find_untold  # noqa: PLC0415
        from crawler.watching.outside import Broken, raise_alerts  # noqa: PLC0415

        broken = []
        for one in find_untold(results):
            run = "" if one.end.launch is None else one.end.launch.run
            broken.append(Broken(one.end.task.name, run, f"{one.verdict}: {'; '.join(one.why)}"))
        for line in raise_alerts(self.settings, broken, self.watched, datetime.now(UTC)):
            sys.stderr.write(f"scrapy crawlall: {line}\n")

    def _crawl(self, portals: list[Portal], opts: argparse.Namespace) -> None:
        from crawler.fleet.fleet import Fleet  # noqa: PLC0415
        from crawler.fleet.results import describe, find_worst  # noqa: PLC0415
        from crawler.fleet.show import Display, format_results  # noqa: PLC0415

        assert self.settings is not None
        jobs = min(opts.jobs or count_cores(), len(portals))
        # One reader for each core, as READER_WORKERS has it by default, would be one for each in every crawl.
        readers = self.settings.getint("READER_WORKERS") or max(1, count_cores() // jobs)
        megabytes = opts.memory or MEMORY + readers * read_limits(self.settings).slow_megabytes
        self.passed = [*opts.set, f"READER_WORKERS={readers}", "LOG_FILE="]
        if not self.settings.getint("MEMUSAGE_LIMIT_MB"):  # Scrapy's own limit closes all files, of the crawl alone
            self.passed.append(f"MEMUSAGE_LIMIT_MB={megabytes}")
        if opts.loglevel:
            self.passed.append(f"LOG_LEVEL={opts.loglevel}")
        if opts.nolog:
            self.passed.append("LOG_ENABLED=0")
        limits = Limits(opts.timeout, opts.grace, megabytes)
        if not self.settings.getfloat("CLOSESPIDER_TIMEOUT"):
            self.passed.append(f"CLOSESPIDER_TIMEOUT={limits.own_seconds:g}")
        display = Display(limits)
        tasks = [Task(portal.name, find_hosts(self.spiders[portal.name])) for portal in portals]
        fleet = Fleet(tasks, jobs, limits, self._launch, display)
        try:
            fleet.run()
        finally:
            display.close()
        order = [portal.name for portal in portals]
        results = sorted(display.results, key=lambda result: order.index(result.end.task.name))
        self.exitcode = find_worst(results) if fleet.stopped_by is None else 128 + fleet.stopped_by
        counts = self._read_counts(results)
        bodies = {portal.name: portal.body for portal in portals}
        rows = [describe(one, counts.get(one.end.task.name), bodies[one.end.task.name]) for one in results]
        self._alert(results)
        self._print(rows, format_results(rows), opts.json)

    def _launch(self, task: Task) -> Launch:
        assert self.settings is not None
        run = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        command = [sys.executable, "-m", "scrapy", "crawl", task.name]
        command += [part for value in (*self.passed, f"RUN={run}") for part in ("-s", value)]
        command += [part for name, value in self.spargs.items() for part in ("-a", f"{name}={value}")]
        return Launch(tuple(command), run, data_dir(self.settings) / task.name / run / LOG)

    def _read_counts(self, results: list[Result]) -> dict[str, Counts]:
        from crawler.fleet.due import read_counts  # noqa: PLC0415

        runs = [(one.end.task.name, one.end.launch.run) for one in results if one.end.launch is not None]
        try:
            catalogue = self._open_catalogue()
            try:
                return read_counts(catalogue, runs)
            finally:
                catalogue.close()
        except NoCatalogueError:
            return {}
        except CatalogueError as error:
            sys.stderr.write(f"scrapy crawlall: {error}\n")
            return {}

    def _print(self, rows: list[dict[str, Any]], table: list[str], as_json: bool) -> None:
        lines = [json.dumps(row, ensure_ascii=False) for row in rows] if as_json else table
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


def find_addresses(spider: type[Spider]) -> tuple[str, ...]:
    """Where the crawl of a portal begins; a file of ``spiders/`` may know better than the register."""
    return tuple(getattr(spider, "addresses", ()))


def find_hosts(spider: type[Spider]) -> frozenset[str]:
    """The hosts that the crawl of a portal may ask, without ports: they are of one machine."""
    addresses = (*find_addresses(spider), *(f"http://{host}/" for host in getattr(spider, "hosts", ())))
    return frozenset(name for address in addresses if (name := urlsplit(address).hostname))


def read_duration(text: str) -> float:
    """The seconds of a time as the command line has it."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([smhd])", text)
    if not found or not float(found[1]):
        raise argparse.ArgumentTypeError(f"a number with s, m, h or d behind it, as in 90m, not {text!r}")
    return float(found[1]) * UNITS[found[2]]


def read_days(text: str) -> float:
    """The value of ``--days``."""
    if not re.fullmatch(r"\d{1,4}(?:\.\d{1,3})?", text):
        raise argparse.ArgumentTypeError(f"a number of days, not {text!r}")
    return float(text)


def read_megabytes(text: str) -> int:
    """The value of ``--memory``."""
    if not re.fullmatch(r"[1-9]\d{0,7}", text):
        raise argparse.ArgumentTypeError(f"a whole number of MB, not {text!r}")
    return int(text)
