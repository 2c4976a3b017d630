"""``scrapy portals``: the register, with the verdict of each portal's last crawl."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand

from crawler.commandline import StrictUsage
from crawler.extraction.report.agency import load_divisions
from crawler.portals.register import Portal, check_divisions, check_register, load_register
from crawler.runs import data_dir
from crawler.telling.account import count_reports, read_last_run
from crawler.telling.tables import format_table

if TYPE_CHECKING:
    import argparse

COLUMNS = ("name", "body", "code", "address", "checked", "last verdict", "reports", "finished")


class Command(StrictUsage, ScrapyCommand):
    requires_project = True
    checks = (check_register,)
    requires_crawler_process = False
    examples = (
        "scrapy portals",
        "scrapy portals wolong xixia",
        "scrapy portals --json",
        "scrapy portals -s PORTALS_FILE=more.csv",
    )

    def syntax(self) -> str:
        return "[options] [<portal> …]"

    def short_desc(self) -> str:
        return "List the portals of the register with the verdict of their last crawl"

    def long_desc(self) -> str:
        return (
            "Lists the portals of the register: each is the name of a spider, for scrapy crawl and scrapy doctor. The "
            "last verdict is that of the newest run under DATA_DIR; - where there is none."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is None:
            raise RuntimeError("scrapy.cmdline makes the settings")
        portals = load_register(self.settings.get("PORTALS_FILE"))
        divisions = {code: (division.name, division.level) for code, division in load_divisions().items()}
        for problem in check_divisions(portals, divisions):
            self.refuse(problem)
        for name in args:
            if name not in portals:
                self.refuse(f"no portal {name!r} in the register; scrapy portals lists them all")
        shown = [portals[name] for name in dict.fromkeys(args)] or list(portals.values())
        folder = data_dir(self.settings)
        rows = [describe(portal, read_last_run(folder / portal.name)) for portal in shown]
        if opts.json:
            sys.stdout.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        else:
            sys.stdout.write("\n".join(format_portals(rows)) + "\n")


def describe(portal: Portal, run: dict[str, Any] | None) -> dict[str, Any]:
    """A portal and its last run as plain data; ``last`` is null where there is none."""
    return {
        "name": portal.name,
        "body": portal.body,
        "level": portal.level,
        "code": portal.code,
        "addresses": list(portal.addresses),
        "hosts": list(portal.hosts),
        "notes": portal.notes,
        "checked": portal.is_checked,
        "last": run
        and {
            "verdict": run["verdict"],
            "why": run.get("why", []),
            "reports": count_reports(run),
            "run": run.get("run"),
            "finished": run.get("finished"),
        },
    }


def format_portals(rows: list[dict[str, Any]]) -> list[str]:
    """The table: one line a portal, with the first of its addresses."""
    table = []
    for row in rows:
        last = row["last"] or {}
        table.append(
            (
                row["name"],
                row["body"],
                row["code"] or "-",
                row["addresses"][0],
                "yes" if row["checked"] else "no",
                last.get("verdict", "-"),
                str(last["reports"]) if "reports" in last else "-",
                last.get("finished") or "-",
            )
        )
    return format_table(COLUMNS, table, {COLUMNS.index("reports")})
