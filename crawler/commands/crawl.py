"""``scrapy crawl``: checks arguments first, and ends with the status of the crawl's verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.commands import BaseRunSpiderCommand

from crawler.commandline import StrictUsage, find_finish_reason
from crawler.extensions.archivestore import check_store
from crawler.portals.register import check_register
from crawler.telling.ends import EXIT_STATUS
from crawler.watching.bounds import check_watching
from crawler.web.replay import check_replay
from crawler.workers.choices import check_readers

if TYPE_CHECKING:
    import argparse

# The beginnings of Scrapy's own word, and ours, for what did not arrive where it was to go.
NOT_DELIVERED = ("feedexport/failed_count", "archive/store_failed")


class Command(StrictUsage, BaseRunSpiderCommand):
    requires_project = True
    checks = (check_register, check_watching, check_store)
    examples = (
        "scrapy crawl wolong",
        "scrapy crawl wolong -a years=2019-2023 -O wolong.jsonl",
        "scrapy crawl portal -a url=http://www.example.gov.cn/",
        "scrapy crawl wolong -a url=http://127.0.0.1:8000/ -s ALLOW_PRIVATE_ADDRESSES=1",
        "scrapy crawl wolong -s REPLAY=data/wolong/archive/RUN.warc.gz",
    )

    def syntax(self) -> str:
        return "[options] <portal>"

    def short_desc(self) -> str:
        return "Crawl a portal for its annual reports"

    def long_desc(self) -> str:
        return (
            "Crawls a portal for its annual reports and writes one record a report. Exit status: 0 complete, 1 failed, "
            "2 usage error, 3 partial, 4 blocked, 5 nothing found."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is not None and (opts.output or opts.overwrite_output):
            # Scrapy would add the feeds of the command line to the configured ones; they are to stand instead of them.
            for uri in list(self.settings["FEEDS"]):
                self.settings["FEEDS"].delete(uri, priority="cmdline")
        super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        problem = self._find_problem(args, opts)
        if problem:
            self.refuse(problem)
        if self.crawler_process is None:
            raise RuntimeError("scrapy.cmdline makes the crawler process")
        crawler = self._create_crawler(args[0])
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        reason = find_finish_reason(crawler)
        if reason and crawler.stats:
            reason = crawler.stats.get_value("verdict", reason)  # Scrapy's own reasons are none
        self.exitcode = EXIT_STATUS.get(reason or "", 1)
        if reason and crawler.stats and any(key.startswith(NOT_DELIVERED) for key in crawler.stats.get_stats()):
            self.exitcode = 1

    def _find_problem(self, args: list[str], opts: argparse.Namespace) -> str | None:
        if len(args) != 1:
            return "name one portal, as in scrapy crawl wolong; scrapy list shows them"
        if self.crawler_process is None or self.settings is None:
            raise RuntimeError("scrapy.cmdline makes settings and crawler process")
        loader = self.crawler_process.spider_loader
        if args[0] not in loader.list():
            return (
                f"no spider {args[0]!r}; scrapy portals lists them, and scrapy crawl portal -a url=… crawls any other"
            )
        check = getattr(loader.load(args[0]), "check_arguments", None)
        return (check(opts.spargs) if check else None) or check_replay(self.settings) or check_readers(self.settings)
