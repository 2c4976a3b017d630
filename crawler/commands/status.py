"""``scrapy status``: each portal's last run, and what asks for attention, from the catalogue."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand

from crawler.catalogue.errors import CatalogueError, NoCatalogueError
from crawler.commandline import StrictUsage
from crawler.files import write_whole
from crawler.runs import data_dir
from crawler.telling.tables import clip, format_table, limit_lines
from crawler.watching.metrics import write_metrics

if TYPE_CHECKING:
    import argparse

COLUMNS = (
    *("portal", "last run", "verdict", "reports", "new", "changed", "same", "vanished", "waiting", "failing", "years"),
)
MOST = 40  # lines of what is failing, and of identities across years; --json has all
WIDEST = 160  # columns of one of these lines


class Command(StrictUsage, ScrapyCommand):
    requires_project = True
    requires_crawler_process = False
    examples = (
        "scrapy status",
        "scrapy status wolong xixia",
        "scrapy status --json",
        "scrapy status --prometheus nianbao.prom",
        "scrapy status -s CATALOGUE_URL=postgresql+psycopg://nianbao@db/nianbao",
    )

    def syntax(self) -> str:
        return "[options] [<portal> …]"

    def short_desc(self) -> str:
        return "Show the last run of each portal, what changed and what is failing"

    def long_desc(self) -> str:
        return (
            "Shows what the catalogue knows of each portal that was crawled. last run: when it ended (UTC). verdict: "
            "that of the run, or running, or unfinished if it was killed. reports: those on the portal. new, changed, "
            "same, vanished: in that run. waiting: versions that no whole feed has held yet; the next run delivers "
            "them. failing: addresses that could not be had or read, until they succeed. years: identities across "
            "years that do not hold. --prometheus writes the same figures for node_exporter. Exit status: 0, 1 where "
            "the catalogue cannot be read or the file not be written, 2 for a usage error."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object a portal instead of a table")
        parser.add_argument(
            "--prometheus", metavar="FILE", help="write the figures shown to FILE too, for node_exporter"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is None:
            raise RuntimeError("scrapy.cmdline makes the settings")
        # Every command is imported to find one, and SQLAlchemy takes longer to import than most of them take to run.
        from crawler.catalogue.store import open_catalogue  # noqa: PLC0415

        try:
            catalogue = open_catalogue(self.settings.get("CATALOGUE_URL"), data_dir(self.settings), create=False)
            try:
                rows = catalogue.describe()
            finally:
                catalogue.close()
        except NoCatalogueError as error:
            sys.stderr.write(f"scrapy status: {error}\n")
            rows = []
        except CatalogueError as error:
            sys.stderr.write(f"scrapy status: {error}\n")
            self.exitcode = 1
            return
        known = {row["portal"] for row in rows}
        for name in args:
            if name not in known:
                self.refuse(f"no portal {name!r} in the catalogue: it was never crawled (scrapy portals lists all)")
        shown = [row for row in rows if not args or row["portal"] in args]
        if opts.json:
            sys.stdout.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in shown))
        elif shown:
            sys.stdout.write("\n".join(format_status(shown)) + "\n")
        if opts.prometheus is not None:
            self._write_metrics(Path(opts.prometheus), shown)

    def _write_metrics(self, path: Path, rows: list[dict[str, Any]]) -> None:
        try:
            write_whole(path, write_metrics(rows))
        except OSError as error:
            sys.stderr.write(f"scrapy status: {path}: {error.strerror or error}\n")
            self.exitcode = 1


def format_status(rows: list[dict[str, Any]]) -> list[str]:
    """The table, and below it what is failing and which years do not go together, portal by portal."""
    lines = format_table(COLUMNS, [_cells(row) for row in rows], set(range(COLUMNS.index("reports"), len(COLUMNS))))
    failing = [
        f"{row['portal']}: {one['outcome']}: {one['url']}: {one['reason']} (since {one['since']}, {_times(one)})"
        for row in rows
        for one in row["failing"]
    ]
    checks = [f"{row['portal']}: {_write_check(one)}" for row in rows for one in row["checks"]]
    for title, found in (("failing:", failing), ("across years:", checks)):
        if found:
            shown = limit_lines([clip(line, WIDEST) for line in found], MOST, "scrapy status --json")
            lines += ["", title, *(f"  {line}" for line in shown)]
    return lines


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    last = row["last"] or {}
    numbers = (str(last[name]) if name in last else "-" for name in ("new", "changed", "same", "vanished"))
    return (
        row["portal"],
        last.get("finished") or last.get("started") or "-",
        last.get("verdict") or "-",
        str(row["reports"]),
        *numbers,
        *(str(number) for number in (row["waiting"], len(row["failing"]), len(row["checks"]))),
    )


def _times(failure: dict[str, Any]) -> str:
    return f"{failure['times']} run{'s'[: failure['times'] != 1]}"


def _write_check(check: dict[str, Any]) -> str:
    """An identity that does not hold, with both reports."""
    earlier, later = check["reports"]
    where = check["where"]
    place = ".".join((where["table"], where.get("row") or where["column"]))
    return f"{check['status']}: {place}: {later} says {check['expected']}, {earlier} gives {check['actual']}"
