"""Starts worker processes that crawl, and reads what they found."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

# The least that a polite crawl needs; each test adds the components it is about.
PLAIN = {
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "CONCURRENT_REQUESTS": 1,
    "RETRY_ENABLED": False,
    "COOKIES_ENABLED": False,
    "LOG_LEVEL": "INFO",
}
ARCHIVE = {
    **PLAIN,
    "ADDONS": {"crawler.runs.RunAddon": 100, "crawler.web.replay.ReplayAddon": 200},
    "HTTPCACHE_ENABLED": True,
    "HTTPCACHE_STORAGE": "crawler.web.archive.WarcStorage",
    "HTTPCACHE_POLICY": "crawler.web.archive.ArchivePolicy",
    "DOWNLOADER_MIDDLEWARES": {
        "crawler.web.addresses.AddressMiddleware": 60,
        "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
        "crawler.web.archive.ArchiveMiddleware": 900,
    },
    "ALLOW_PRIVATE_ADDRESSES": True,
}


@dataclass(frozen=True, slots=True)
class Page:
    """One response as the spider got it."""

    url: str
    status: int
    type: str
    body: bytes
    headers: dict[str, str]
    flags: list[str]
    protocol: str | None
    archive: dict[str, Any] | None
    fetched_at: str | None


@dataclass(frozen=True, slots=True)
class Crawl:
    """The end of one crawl; ``errors`` are (URL, type, text) as the errback got them."""

    pages: list[Page]
    errors: list[tuple[str, str, str]]
    stats: dict[str, Any]
    log: list[str]

    @property
    def reason(self) -> str:
        return str(self.stats["finish_reason"])


class Worker:
    """A process that crawls one job after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def begin(self, urls: list[str], settings: dict[str, Any], **job: Any) -> None:
        """Start a crawl and do not wait for it."""
        line = json.dumps({"urls": urls, "settings": settings, "name": "shire", **job})
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def crawl(self, urls: list[str], settings: dict[str, Any], **job: Any) -> Crawl:
        """Crawl ``urls`` to the end."""
        result = self.ask(urls, settings, **job)
        if "crash" in result:
            raise RuntimeError(result["crash"])
        pages = [Page(**{**page, "body": base64.b64decode(page["body"])}) for page in result["pages"]]
        errors = [(error["url"], error["type"], error["text"]) for error in result["errors"]]
        return Crawl(pages, errors, result["stats"], result["log"])

    def ask(self, urls: list[str], settings: dict[str, Any], **job: Any) -> dict[str, Any]:
        """Like `crawl`, but as the worker prints it: ``{"crash": …}`` if no crawl came about."""
        self.begin(urls, settings, **job)
        return self.finish()

    def finish(self) -> dict[str, Any]:
        """Wait for the crawl that was begun. Each one must be finished before the next, or the results mix."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the worker died")
        result: dict[str, Any] = json.loads(line)
        return result


@contextmanager
def start_worker(**options: Any) -> Iterator[Worker]:
    """A worker process with the ``options`` of `tests.web.worker`; warnings are errors in it."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.web.worker", json.dumps(options)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Worker(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.close()
            process.wait(timeout=30)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
