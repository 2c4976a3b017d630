"""``scrapy reparse``: reads the archives again with today's parser, and says what that changes."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawler.catalogue.errors import CatalogueError, NoCatalogueError, PortalBusyError
from crawler.commandline import Progress, StrictUsage, end_by_signal, read_jobs
from crawler.portals.arguments import read_years
from crawler.runs import data_dir
from crawler.workers.choices import check_readers, count_readers, read_limits, read_options

if TYPE_CHECKING:
    import argparse

    from crawler.catalogue.reread import PortalFacts
    from crawler.catalogue.store import Catalogue
    from crawler.reparse.compare import Row


class Command(StrictUsage, ScrapyCommand):
    requires_project = True
    requires_crawler_process = False
    checks = (check_readers,)
    examples = (
        "scrapy reparse",
        "scrapy reparse wolong --years 2019-2023",
        "scrapy reparse --json > differences.jsonl",
        "scrapy reparse wolong --write",
    )

    def syntax(self) -> str:
        return "[options] [<portal> …]"

    def short_desc(self) -> str:
        return "Read the archives again with today's parser and show what changes"

    def long_desc(self) -> str:
        return (
            "Reads the documents of all current reports of the catalogue again, from the archives, and shows each "
            "report whose reading differs, with every cell's old and new value, and the identities across years that "
            "come out otherwise. Asks no portal, and writes nothing unless told: --write enters a new version (reason "
            "reading) of each report of which a value differs, and the next crawl delivers it. What cannot be read is "
            "named on standard error. Exit status: 0, 1 where a document could not be read or the catalogue not be "
            "used, 2 for a usage error."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group("Reading")
        group.add_argument("--years", metavar="YEARS", help="reports of these years, as in 2021 or 2019-2023")
        group.add_argument("--jobs", type=read_jobs, metavar="N", help="readers side by side (default: one a core)")
        group.add_argument("--write", action="store_true", help="store the new versions; no crawl may be under way")
        group.add_argument("--json", action="store_true", help="one JSON object a line, the summary last")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is None:
            raise RuntimeError("scrapy.cmdline makes the settings")
        # Every command is imported to find one, and SQLAlchemy takes longer to import than most of them take to run.
        from crawler.catalogue.store import open_catalogue  # noqa: PLC0415

        try:
            years = read_years(opts.years) if opts.years is not None else None
        except ValueError as error:
            self.refuse(f"--{error}")
        self.years = None if years is None else (years.first, years.last)
        self.write, self.json = bool(opts.write), bool(opts.json)
        signal.signal(signal.SIGTERM, end_by_signal)  # so that readers and their files go first
        try:
            catalogue = open_catalogue(self.settings.get("CATALOGUE_URL"), data_dir(self.settings), create=False)
            try:
                self._reparse(catalogue, self._choose(catalogue, args), opts.jobs)
            finally:
                catalogue.close()
        except NoCatalogueError as error:
            self._fail(str(error), 0)
        except (CatalogueError, OSError) as error:
            if isinstance(error, BrokenPipeError):  # `| head`: nobody reads on
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                self.exitcode = 1
            else:
                self._fail(str(error))
        except KeyboardInterrupt:
            self.exitcode = 130

    def _choose(self, catalogue: Catalogue, names: list[str]) -> list[PortalFacts]:
        from crawler.catalogue.reread import find_portals  # noqa: PLC0415

        portals = {portal.name: portal for portal in find_portals(catalogue)}
        for name in names:
            if name not in portals:
                self.refuse(f"no portal {name!r} in the catalogue: it was never crawled (scrapy status lists those)")
        return [portal for name, portal in portals.items() if not names or name in names]

    def _reparse(self, catalogue: Catalogue, portals: list[PortalFacts], jobs: int | None) -> None:
        from crawler.catalogue.reread import hold_portal, list_versions  # noqa: PLC0415
        from crawler.reparse.portal import Counts, reparse_portal  # noqa: PLC0415
        from crawler.reparse.show import write_summary  # noqa: PLC0415
        from crawler.workers.pool import ReaderPool  # noqa: PLC0415

        assert self.settings is not None
        folder, options, limits = data_dir(self.settings), read_options(self.settings), read_limits(self.settings)
        counts = Counts()
        total = sum(len(list_versions(catalogue, portal, self.years)) for portal in portals)
        self.progress = Progress(total)
        with ReaderPool(min(jobs or count_readers(self.settings), max(1, total)), limits) as pool:
            for portal in portals:
                try:
                    with hold_portal(catalogue, portal.name) if self.write else nullcontext():
                        versions = list_versions(catalogue, portal, self.years)
                        for row in reparse_portal(
                            catalogue, portal, versions, pool, folder, options, counts, write=self.write
                        ):
                            self._count(row)
                except PortalBusyError as error:
                    self._fail(f"{error}; it is left out: run again when that is over")
        self.progress.clear()
        summary = counts.describe()
        self._print(summary if self.json else write_summary(summary, write=self.write))

    def _count(self, row: Row | None) -> None:
        """Tells a row, and how far it is."""
        if row is None or row["change"] != "check":
            self.progress.count(failed=row is not None and row["change"] == "unread")
        if row is not None:
            self.progress.clear()
            self._tell(row)
        self.progress.show()

    def _tell(self, row: Row) -> None:
        from crawler.reparse.show import write_block, write_check  # noqa: PLC0415

        if row["change"] == "unread":
            sys.stderr.write(f"{row['report_id']}: {row['url']}: {row['reason']}\n")
            self.exitcode = 1
        if self.json:
            self._print(row)
        elif row["change"] == "check":
            self._print(write_check(row))
        elif row["change"] != "unread":
            self._print("\n".join(write_block(row)))

    def _print(self, what: Row | str) -> None:
        sys.stdout.write(f"{what if isinstance(what, str) else json.dumps(what, ensure_ascii=False)}\n")
        sys.stdout.flush()

    def _fail(self, problem: str, status: int = 1) -> None:
        sys.stderr.write(f"scrapy reparse: {problem}\n")
        self.exitcode = max(self.exitcode, status)
