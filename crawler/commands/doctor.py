"""``scrapy doctor``: what of a portal is recognised, step by step, with a few polite requests."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import scrapy
from scrapy.commands import ScrapyCommand

from crawler.commandline import StrictUsage, find_finish_reason
from crawler.extraction.record.build import PARSER_VERSION
from crawler.portals.arguments import read_url
from crawler.portals.doctor import MAX_REQUESTS, STEPS, DoctorSpider, Step
from crawler.portals.register import check_register
from crawler.portals.spider import PortalSpider
from crawler.telling.ends import EXIT_STATUS
from crawler.web.replay import check_replay
from crawler.workers.choices import check_readers

if TYPE_CHECKING:
    import argparse

ANY = "portal"  # the spider of any address
WIDTH = max(map(len, STEPS))


class Command(StrictUsage, ScrapyCommand):
    requires_project = True
    checks = (check_register,)
    examples = (
        "scrapy doctor wolong",
        "scrapy doctor http://www.example.gov.cn/",
        "scrapy doctor http://127.0.0.1:8000/ -s ALLOW_PRIVATE_ADDRESSES=1",
        "scrapy doctor wolong -a url=http://127.0.0.1:8000/ -s ALLOW_PRIVATE_ADDRESSES=1",
    )

    def syntax(self) -> str:
        return "[options] <portal or address>"

    def short_desc(self) -> str:
        return "Examine a portal: what of it is recognised, and what is not"

    def long_desc(self) -> str:
        return (
            f"Fetches the key pages of a portal ({MAX_REQUESTS} requests at most besides robots.txt, with the pauses "
            "of a crawl) and says step by step what was recognised: the address, robots.txt, the encoding, the column "
            "政府信息公开, the channel 政府信息公开年报, the list, the platform, the pager, whether scripts are "
            "needed, and the first report, read. A step is ok, note (it works, look at it), FAULT, or - (not looked "
            "at); the last line is the conclusion. Nothing is archived or written. Exit status: 0 healthy, else that "
            "of the verdict a crawl without a browser would probably end with: 1 failed, 3 partial, 4 blocked, 5 "
            "nothing found; 2 usage error."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-a", dest="given", metavar="url=URL", help="examine the portal at this address instead")
        if self.settings is not None:  # the steps are the answer; what goes on below them is for -L INFO
            self.settings.set("LOG_LEVEL", "WARNING", priority="project")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            self.refuse("name one portal or address, as in scrapy doctor wolong; scrapy portals lists those known")
        if self.crawler_process is None or self.settings is None:
            raise RuntimeError("scrapy.cmdline makes settings and crawler process")
        patient, url = self._find_patient(args[0], opts.given)
        problem = check_replay(self.settings) or check_readers(self.settings)
        if problem:
            self.refuse(problem)
        write(f"{patient.name}{f' {patient.body}' if patient.body else ''}: {url or ' '.join(patient.addresses)}")
        write(f"nianbao {PARSER_VERSION}, Scrapy {scrapy.__version__}, {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        crawler = self.crawler_process.create_crawler(DoctorSpider)
        self.crawler_process.crawl(crawler, patient=patient, say=write_step, url=url)
        self.crawler_process.start()
        doctor = crawler.spider
        if not isinstance(doctor, DoctorSpider) or find_finish_reason(crawler) is None:
            write("failed: the examination could not begin; see the log")
            self.exitcode = EXIT_STATUS["failed"]
            return
        verdict, why = doctor.conclude()
        requests = crawler.stats.get_value("downloader/request_count", 0) if crawler.stats else 0
        write(f"{verdict}: {why} ({requests} request{'s'[: requests != 1]})")
        self.exitcode = EXIT_STATUS.get(verdict, 0)

    def _find_patient(self, named: str, given: str | None) -> tuple[type[PortalSpider], str | None]:
        """The spider class that a name or an address means, and the address to begin at if it is not the spider's."""
        if self.crawler_process is None:
            raise RuntimeError("scrapy.cmdline makes the crawler process")
        loader = self.crawler_process.spider_loader
        url = None
        if given is not None:
            key, _, value = given.partition("=")
            if key != "url":
                self.refuse(f"unknown argument {key!r}: -a takes url, as in -a url=http://www.example.gov.cn/")
            url = self._check_url(value)
        if "/" in named or ":" in named:
            if given is not None:
                self.refuse("an address, and another one with -a url=")
            named, url = ANY, self._check_url(named)
        elif named not in loader.list():
            hint = f"an address begins with http://, as in http://{named}/" if "." in named else "scrapy portals"
            self.refuse(f"no portal {named!r}: {hint if '.' in named else 'scrapy portals lists those known'}")
        patient = loader.load(named)
        if not issubclass(patient, PortalSpider):
            self.refuse(f"{named} is no spider of a portal")
        if url is None and not patient.addresses:
            self.refuse(f"{named} has no address of its own: scrapy doctor http://www.example.gov.cn/")
        return patient, url

    def _check_url(self, text: str) -> str:
        try:
            return read_url(text)
        except ValueError as error:
            self.refuse(str(error))


def write(line: str) -> None:
    """A line of the answer, at once: an examination takes a while."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def write_step(step: Step) -> None:
    write(f"  {step.name:<{WIDTH}}  {step.status:<5}  {step.text}")
