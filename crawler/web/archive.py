"""Everything that is fetched goes into WARC 1.1 files, behind Scrapy's own HTTP cache interface.

One file a run: ``<DATA_DIR>/<portal>/archive/<RUN>.warc.gz``, and beside it the index ``<RUN>.cdxj``, which is made
again from the archive when it is missing or cut. An archived page never stands in for a failed request: it is used
to ask conditionally, as the payload of an answer 304, and for what a crawl chooses not to ask again (``recall`` in a
request's meta), which is marked as such (``recalled``), counts as no request, and is not archived a second time.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urldefrag
from weakref import WeakKeyDictionary

from scrapy.downloadermiddlewares.httpcache import HttpCacheMiddleware
from scrapy.downloadermiddlewares.stats import DownloaderStats
from scrapy.exceptions import CloseSpider
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.httpobj import urlparse_cached

from crawler.runs import data_dir, portal_dir
from crawler.web.warc import (
    ARCHIVE_SUFFIX,
    WARC_VERSION,
    ArchiveError,
    ArchiveFile,
    load_index,
    make_response,
    read_message,
)

if TYPE_CHECKING:
    from pathlib import Path

    from scrapy import Request, Spider
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.internet.defer import Deferred

    from crawler.web.warc import IndexEntry

logger = logging.getLogger(__name__)

FAILED = "failed"  # the finish reason of a crawl that could not archive

_CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
_CONDITIONS = ("If-None-Match", "If-Modified-Since")
# Fields of a 304 that speak of the 304 itself, not of the stored body (RFC 9111, section 3.2).
_OF_THE_BODY = ("Content-Length", "Content-Encoding", "Content-Type", "Content-Range", "Transfer-Encoding")


class ArchivePolicy:
    """``HTTPCACHE_POLICY``: everything is archived, only a 304 makes a stored page valid, and nothing is fresh but what
    the crawl says need not be asked again.

    No age and no heuristic: a list that last changed a year ago may have changed today.
    """

    def __init__(self, settings: BaseSettings) -> None:
        pass

    def should_cache_request(self, request: Request) -> bool:
        return urlparse_cached(request).scheme in {"http", "https"}

    def should_cache_response(self, response: Response, request: Request) -> bool:
        return True

    def is_cached_response_fresh(self, cachedresponse: Response, request: Request) -> bool:
        """Whether the crawl says so; else makes ``request`` ask whether the stored response still holds."""
        if request.meta.get("recall"):
            return True
        for condition, validator in zip(_CONDITIONS, ("ETag", "Last-Modified"), strict=True):
            value = cachedresponse.headers.get(validator)
            if value is not None:
                request.headers[condition] = value
        return False

    def is_cached_response_valid(self, cachedresponse: Response, response: Response, request: Request) -> bool:
        return response.status == 304


class WarcStorage:
    """``HTTPCACHE_STORAGE``: archives exchanges, and finds the newest archived page of a request.

    ``store_response`` sets ``request.meta["archive"]`` (``{"file", "offset"}``: where the payload stands, the file
    relative to ``DATA_DIR``) and ``request.meta["fetched_at"]`` (UTC, ``2026-02-01T03:15:00Z``). Only the index is
    kept in memory, never a body.
    """

    def __init__(self, settings: BaseSettings) -> None:
        self._settings = settings
        self._data_dir = data_dir(settings)
        self._folder: Path | None = None
        self._place = ""  # of the folder under DATA_DIR
        self._file: ArchiveFile | None = None
        self._broken: str | None = None
        # The newest page (status 200) of each fingerprint, over all runs of the portal.
        self._pages: dict[str, IndexEntry] = {}
        # Where the stored responses under way came from.
        self._origins: WeakKeyDictionary[Response, IndexEntry] = WeakKeyDictionary()

    def open_spider(self, spider: Spider) -> None:
        """Read the indexes of the portal's archives. Nothing is written before there is something to store."""
        if not self._settings.get("RUN"):
            raise ArchiveError("archive: the setting RUN must name the run (crawler.runs.RunAddon does)")
        assert spider.crawler.request_fingerprinter is not None
        self._fingerprinter = spider.crawler.request_fingerprinter
        folder = self._data_dir / portal_dir(spider) / "archive"
        for archive in sorted(folder.glob(f"*{ARCHIVE_SUFFIX}")):
            for entry in load_index(archive, self._fingerprinter):
                self._note(entry)
        self._folder, self._place = folder, folder.relative_to(self._data_dir).as_posix()

    def close_spider(self, spider: Spider) -> None:
        if self._file is not None:
            self._file.close()

    def retrieve_response(self, spider: Spider, request: Request) -> Response | None:
        """The newest archived 200 response of ``request``, or None where there is none; unless it is recalled, also
        where it could not be asked for conditionally."""
        recall = request.meta.get("recall")
        if request.method != "GET" and not recall:
            return None
        entry = self._pages.get(self._fingerprinter.fingerprint(request).hex())
        if entry is None or not (entry.etag or entry.last_modified or recall):
            return None
        assert self._folder is not None
        message = read_message(self._folder / entry.filename, entry.offset)
        response = make_response(urldefrag(request.url)[0], message)
        self._origins[response] = entry
        if recall:
            request.meta["recalled"] = True
            self._note_place(request, entry, datetime.fromisoformat(entry.date))
        return response

    def store_response(self, spider: Spider, request: Request, response: Response) -> None:
        """Archive the exchange; a ``response`` that came from `retrieve_response` is written as its revisit.

        Raises:
            ArchiveError: it could not be written. Nothing is written after that.
        """
        answer: Response | None = request.meta.pop("not_modified", None)
        origin = self._origins.get(response)
        now = datetime.now(UTC)
        date = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        fingerprint = self._fingerprinter.fingerprint(request).hex()
        try:
            file = self._open()
            if origin is None:
                entry = file.write_exchange(request, response, date, fingerprint)
                self._note(entry)
            else:
                entry = origin
                answer = answer or response.replace(status=304, body=b"")
                file.write_revisit(request, answer, origin, date, fingerprint)
        except OSError as error:
            self._broken = f"archive: {self._folder}: {error}"
            raise ArchiveError(self._broken) from error
        self._note_place(request, entry, now)

    def _note_place(self, request: Request, entry: IndexEntry, moment: datetime) -> None:
        """Says in the request's meta where the payload of its answer stands, and when that was seen."""
        request.meta["archive"] = {"file": f"{self._place}/{entry.filename}", "offset": entry.offset}
        request.meta["fetched_at"] = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _open(self) -> ArchiveFile:
        if self._broken is not None:
            raise ArchiveError(self._broken)
        if self._folder is None:
            raise ArchiveError("archive: not open")
        if self._file is None:
            about = {
                "software": f"{self._settings['BOT_NAME']} (Scrapy {version('scrapy')}, warcio {version('warcio')})",
                "format": f"WARC File Format {WARC_VERSION}",
                "conformsTo": _CONFORMS_TO,
                "robots": "obey" if self._settings.getbool("ROBOTSTXT_OBEY") else "ignore",
            }
            self._file = ArchiveFile(self._folder, self._settings["RUN"], about)
        return self._file

    def _note(self, entry: IndexEntry) -> None:
        if entry.kind == "response" and entry.status == 200:
            known = self._pages.get(entry.fingerprint)
            if known is None or known.date <= entry.date:
                self._pages[entry.fingerprint] = entry


class ArchiveMiddleware(HttpCacheMiddleware):
    """Scrapy's cache middleware, which puts a stored page in for a failed request; this one never does.

    It also archives what Scrapy would leave out (``dont_cache``), adds no field that the server did not send, and
    stops the crawl (reason ``failed``) when the archive cannot be written.
    """

    _closing: Deferred[None] | None = None

    def spider_opened(self, spider: Spider) -> None:
        try:
            super().spider_opened(spider)
        except (OSError, ArchiveError) as error:
            logger.error("archive: cannot be opened: %s", error)
            raise CloseSpider(FAILED) from error

    def process_request(self, request: Request) -> Request | Response | None:
        # A redirect takes over the conditions of the page that redirected, and a repeated request its old ones.
        for name in _CONDITIONS:
            request.headers.pop(name, None)
        for name in ("cached_response", "not_modified", "archive", "fetched_at", "recalled"):
            request.meta.pop(name, None)
        return super().process_request(request)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        if request.meta.get("recalled"):
            return response
        cached: Response | None = request.meta.pop("cached_response", None)
        request.meta.pop("_dont_cache", None)
        if not self.policy.should_cache_request(request):
            return response
        if cached is None or not self.policy.is_cached_response_valid(cached, response, request):
            self.stats.inc_value("httpcache/firsthand" if cached is None else "httpcache/invalidate")
            self._cache_response(response, request)
            return response
        self.stats.inc_value("httpcache/revalidate")
        request.meta["not_modified"] = response
        self._freshen_cached_response(cached, response)
        self._cache_response(cached, request)
        return cached

    def process_exception(self, request: Request, exception: Exception) -> None:
        request.meta.pop("cached_response", None)

    def _freshen_cached_response(self, cachedresponse: Response, response: Response) -> None:
        told = {name: values for name, values in response.headers.items() if name.decode() not in _OF_THE_BODY}
        cachedresponse.headers.update(told)

    def _cache_response(self, response: Response, request: Request) -> None:
        try:
            super()._cache_response(response, request)
        except ArchiveError as error:
            if self._closing is None:
                assert self.crawler.engine is not None
                logger.error("%s: the crawl stops, nothing may go unarchived", error)
                self.stats.set_value("archive/error", str(error))
                # Not awaited: the engine waits for the requests under way, and this one is among them.
                self._closing = deferred_from_coro(self.crawler.engine.close_spider_async(reason=FAILED))
            raise


class WireStats(DownloaderStats):
    """Scrapy's counts of requests and bytes, behind the archive: of what goes over the wire. A 304 has no body, a body
    counts as it was packed, and what the archive answers counts for nothing."""

    def process_response(self, request: Request, response: Response) -> Request | Response:
        return response if request.meta.get("recalled") else super().process_response(request, response)
