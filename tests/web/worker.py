"""Crawls for the tests, in a process of its own: one JSON job a line on stdin, one JSON result a line on stdout.

``python -m tests.web.worker OPTIONS``, where OPTIONS is a JSON object: ``settings`` (of the process: the resolver
reads them), ``offline`` (every use of the network raises), ``file_limit`` (bytes that a file may grow to, so that
writing fails as on a full disk).
"""

from __future__ import annotations

import base64
import json
import logging
import resource
import sys
import threading
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings
from scrapy.utils.reactor import install_reactor
from twisted.internet.defer import Deferred

NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind")


class NetworkUsed(RuntimeError):
    """Raised by the audit hook of an offline worker."""


def forbid_network() -> None:
    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in NETWORK:
            raise NetworkUsed(f"{event}{arguments[1:]}")

    sys.addaudithook(refuse)


class PageSpider(Spider):
    """Asks for the job's addresses and notes what comes; with ``follow``, for what their links name too."""

    def __init__(self, job: dict[str, Any]) -> None:
        super().__init__(job["name"])
        self.job = job
        self.pages: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []
        if "refuse" in job:
            self.may_request = self._may_request

    def _may_request(self, url: str, kind: str | None) -> str | None:
        return f"not in scope ({kind})" if self.job["refuse"] in url else None

    async def start(self) -> Any:
        for url in self.job["urls"]:
            yield self._ask(url)

    def _ask(self, url: str) -> Request:
        meta = {"handle_httpstatus_list": [304, 404, 500, 503], **self.job.get("meta", {})}
        return Request(
            url,
            self.parse,
            errback=self.note_error,
            method=self.job.get("method", "GET"),
            body=self.job.get("body", ""),
            meta=meta,
            dont_filter=self.job.get("dont_filter", False),
        )

    def parse(self, response: Any) -> Any:
        fields = [(name, values) for name, values in response.headers.items() if values]
        self.pages.append(
            {
                "url": response.url,
                "status": response.status,
                "type": type(response).__name__,
                "body": base64.b64encode(response.body).decode(),
                "headers": {name.decode().lower(): values[-1].decode("latin-1") for name, values in fields},
                "flags": response.flags,
                "protocol": response.protocol,
                "archive": response.meta.get("archive"),
                "fetched_at": response.meta.get("fetched_at"),
            }
        )
        yield {"url": response.url, "status": response.status}
        if self.job.get("follow"):
            for link in response.css("a::attr(href)").getall():
                yield self._ask(response.urljoin(link))

    def note_error(self, failure: Any) -> None:
        self.errors.append(
            {"url": failure.request.url, "type": type(failure.value).__name__, "text": str(failure.value)}
        )


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.getMessage()}")


async def run(process: CrawlerProcess, process_settings: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    settings = Settings()
    settings.setdict({**process_settings, **job["settings"]}, priority="project")
    settings.setdict(job.get("cmdline", {}), priority="cmdline")
    crawler = Crawler(PageSpider, settings, init_reactor=False)
    lines = Lines()
    logging.getLogger().addHandler(lines)
    try:
        await process.crawl(crawler, job=job)
    finally:
        logging.getLogger().removeHandler(lines)
    spider = crawler.spider
    assert isinstance(spider, PageSpider)
    assert crawler.stats is not None
    return {
        "pages": spider.pages,
        "errors": spider.errors,
        "stats": json.loads(json.dumps(crawler.stats.get_stats(), default=str)),
        "log": lines.lines,
    }


def main() -> None:
    options = json.loads(sys.argv[1])
    if options.get("file_limit"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (options["file_limit"], options["file_limit"]))
    if options.get("offline"):
        forbid_network()
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor  # noqa: PLC0415 - only now is it the right one

    process_settings = options.get("settings", {})
    process = CrawlerProcess({**process_settings, "LOG_INSTALL_ROOT_HANDLER": False})
    logging.getLogger().setLevel(logging.INFO)
    logging.getLogger().addHandler(logging.NullHandler())

    def answer(result: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()

    def begin(job: dict[str, Any]) -> None:
        done: Deferred[dict[str, Any]] = Deferred.fromCoroutine(run(process, process_settings, job))
        done.addErrback(lambda failure: {"crash": f"{failure.type.__name__}: {failure.value}"})
        done.addCallback(answer)

    def read_jobs() -> None:
        for line in sys.stdin:
            reactor.callFromThread(begin, json.loads(line))
        reactor.callFromThread(reactor.stop)

    threading.Thread(target=read_jobs, daemon=True).start()
    process.start(stop_after_crawl=False)


if __name__ == "__main__":
    main()
