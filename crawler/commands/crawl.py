"""``scrapy crawl``: checks arguments first, and ends with the status of the crawl's verdict."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import BaseRunSpiderCommand
from scrapy.exceptions import UsageError

from crawler.commandline import add_examples, fail, find_unknown_option
from crawler.extensions.verdict import EXIT_STATUS
from crawler.web.replay import check_replay


class Command(BaseRunSpiderCommand):
    requires_project = True

    def syntax(self) -> str:
        return "[options] <portal>"

    def short_desc(self) -> str:
        return "Crawl a portal for its annual reports"

    def long_desc(self) -> str:
        return (
            "Crawls a portal for its annual reports and writes one record a report. Exit status: 0 complete, 1 failed, "
            "2 usage error, 3 partial, 4 blocked, 5 nothing found."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_examples(
            parser,
            "scrapy crawl wolong",
            "scrapy crawl wolong -a years=2019-2023 -O wolong.jsonl",
            "scrapy crawl portal -a url=http://www.example.gov.cn/",
            "scrapy crawl wolong -a url=http://127.0.0.1:8000/ -s ALLOW_PRIVATE_ADDRESSES=1",
            "scrapy crawl wolong -s REPLAY=data/wolong/archive/RUN.warc.gz",
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            super().process_options(args, opts)
        except UsageError as error:
            sys.exit(fail("crawl", str(error)))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        problem = self._find_problem(args, opts)
        if problem:
            self.exitcode = fail("crawl", problem)
            return
        if self.crawler_process is None:
            raise RuntimeError("scrapy.cmdline makes the crawler process")
        crawler = self._create_crawler(args[0])
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        reason = crawler.stats.get_value("finish_reason") if crawler.stats else None
        self.exitcode = EXIT_STATUS.get(reason, 1)
        stats = crawler.stats.get_stats() if crawler.stats else {}
        if self.crawler_process.bootstrap_failed or any(k.startswith("feedexport/failed_count") for k in stats):
            self.exitcode = 1

    def _find_problem(self, args: list[str], opts: argparse.Namespace) -> str | None:
        unknown = find_unknown_option(args)
        if unknown:
            return f"unknown option {unknown}; see scrapy crawl --help"
        if len(args) != 1:
            return "name one portal, as in scrapy crawl wolong; scrapy list shows them"
        if self.crawler_process is None or self.settings is None:
            raise RuntimeError("scrapy.cmdline makes settings and crawler process")
        loader = self.crawler_process.spider_loader
        if args[0] not in loader.list():
            return f"no spider {args[0]!r}; there are {', '.join(sorted(loader.list()))}"
        check = getattr(loader.load(args[0]), "check_arguments", None)
        return (check(opts.spargs) if check else None) or check_replay(self.settings)
