"""``scrapy demo``: the four spiders over the sample archive that the project ships, without a network."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.commands import ScrapyCommand

from crawler.commandline import StrictUsage, find_finish_reason
from crawler.extraction.text.clean import display_width
from crawler.files import write_whole
from crawler.portals.register import check_register
from crawler.runs import data_dir, run_dir
from crawler.telling.ends import EXIT_STATUS
from crawler.web.replay import check_replay

PORTALS = ("wolong", "nanyang", "xixia", "jianxi")
COLUMNS = ("portal", "year", "body", "cells read", "checks passed", "failed", "confidence")


class Command(StrictUsage, ScrapyCommand):
    requires_project = True
    checks = (check_register,)
    examples = ("scrapy demo",)

    def short_desc(self) -> str:
        return "Crawl the sample archive with the four spiders and show the records"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        if self.settings is not None:
            # In the place of the project's settings, whatever SCRAPY_PROJECT says: below them it would be the network.
            self.settings.setmodule("settings.demo", priority="project")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            self.refuse(f"takes no arguments, was given {args[0]}")
        if self.crawler_process is None or self.settings is None:
            raise RuntimeError("scrapy.cmdline makes settings and crawler process")
        problem = check_replay(self.settings)
        if problem:
            self.refuse(problem)
        crawlers = []
        for name in PORTALS:
            crawler = self.crawler_process.create_crawler(name)
            crawler.signals.connect(self._show_start, signals.spider_opened)
            self.crawler_process.crawl(crawler)
            crawlers.append(crawler)
        self.crawler_process.start()
        records = []
        for crawler in crawlers:
            reason = find_finish_reason(crawler)
            self.exitcode = max(self.exitcode, EXIT_STATUS.get(reason or "", 1))
            feed = run_dir(crawler) / "reports.jsonl" if crawler.spider else None
            if feed is not None and feed.exists():
                lines = feed.read_text(encoding="utf-8").splitlines()
                records += sorted(map(json.loads, lines), key=lambda record: record["report_id"])
        sys.stdout.write(format_table(records))
        if self.exitcode == 0:  # what is there from an earlier run is better than half of it
            out = data_dir(self.settings) / "reports.jsonl"
            write_whole(out, (json.dumps(record, ensure_ascii=False) + "\n" for record in records))
            sys.stdout.write(f"\n{len(records)} records: {_short(out)}\n")

    def _show_start(self, spider: Any) -> None:
        sys.stderr.write(f"{spider.name}: reading the sample archive\n")


def format_table(records: list[dict[str, Any]]) -> str:
    """One line a record, columns aligned for wide characters."""
    rows = [COLUMNS]
    for record in records:
        cells = sum(v is not None for t in record["tables"].values() for row in t.values() for v in row.values())
        printed = sum(len(row) for t in record["tables"].values() for row in t.values())
        passed = sum(check["status"] == "pass" for check in record["checks"])
        rows.append(
            (
                record["portal"],
                str(record["year"]),
                record["agency"]["name"] or "?",
                f"{printed} ({printed - cells} blank)",
                str(passed),
                str(len(record["checks"]) - passed),
                record["confidence"],
            )
        )
    widths = [max(display_width(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = [
        "  ".join(cell + " " * (widths[i] - display_width(cell)) for i, cell in enumerate(row)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines) + "\n"


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
