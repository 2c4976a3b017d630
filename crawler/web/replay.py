"""Replay: ``-s REPLAY=archive.warc.gz`` runs any spider offline, over archives of ours or of other tools.

It is a download handler and no cache storage, because Scrapy takes an exception in a storage for a miss and asks
the network then. This handler has no way to the network: it opens no socket and resolves no name.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urldefrag
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import UsageError
from scrapy.http import Response
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils.httpobj import urlparse_cached

from crawler.items import RENDER
from crawler.runs import data_dir
from crawler.web.refusals import NianbaoRefusal, NotRendered
from crawler.web.warc import ARCHIVE_SUFFIX, make_response, read_message, scan_records

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from scrapy.utils.request import RequestFingerprinterProtocol

    from crawler.web.warc import ScannedRecord

logger = logging.getLogger(__name__)

# Above the command line: a replay that could reach the network after all would be none.
_PRIORITY = SETTINGS_PRIORITIES["cmdline"] + 10
_HANDLER = "crawler.web.replay.ReplayDownloadHandler"


class NotArchived(NianbaoRefusal):
    """The archives of a replay do not hold the address. Raised by `ReplayDownloadHandler`."""

    outcome = "failed"


def find_archives(settings: BaseSettings) -> list[Path]:
    """The files that ``REPLAY`` names, in its order; of a folder all ``*.warc.gz`` by name. May name missing ones."""
    paths: list[Path] = []
    for name in settings.getlist("REPLAY"):
        path = Path(str(name).strip()).absolute()
        paths.extend(sorted(path.glob(f"*{ARCHIVE_SUFFIX}")) if path.is_dir() else [path])
    return paths


def check_replay(settings: BaseSettings) -> str | None:
    """What makes the setting ``REPLAY`` unusable, in one line, or None (also when there is no replay)."""
    if not settings.get("REPLAY"):
        return None
    for name in settings.getlist("REPLAY"):
        path = Path(str(name).strip()).absolute()
        if not path.exists():
            return f"REPLAY: {name}: no such file or folder"
        archives = sorted(path.glob(f"*{ARCHIVE_SUFFIX}")) if path.is_dir() else [path]
        try:
            if not any(_is_answer(record) for archive in archives for record in scan_records(archive)):
                return f"REPLAY: {name}: holds no archived response"
        except OSError as error:
            return f"REPLAY: {name}: {error.strerror or error}"
    return None


class ReplayAddon:
    """``ADDONS``: with the setting ``REPLAY``, takes the network away from a crawl. Does nothing without it."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Point http and https at the archives.

        Raises:
            UsageError: ``REPLAY`` names nothing that can be replayed.
        """
        if not settings.get("REPLAY"):
            return
        problem = check_replay(settings)
        if problem is not None:
            raise UsageError(problem, print_help=False)
        for name, value in {
            "DOWNLOAD_HANDLERS": {"http": _HANDLER, "https": _HANDLER, "ftp": None, "s3": None},
            "HTTPCACHE_ENABLED": False,  # what comes from an archive is not archived again
            "AUTOTHROTTLE_ENABLED": False,
            "DOWNLOAD_DELAY": 0,
            "RETRY_ENABLED": False,
            "ALLOW_PRIVATE_ADDRESSES": True,  # nothing is connected to, and no name may be resolved
        }.items():
            settings.set(name, value, priority=_PRIORITY)


@dataclass(frozen=True, slots=True)
class _Answer:
    """Where an archived answer stands. ``payload`` is the record with its body, ``date`` the WARC-Date."""

    path: Path
    offset: int
    payload: tuple[Path, int]
    date: str


class ReplayIndex:
    """Which archived answer belongs to which request: the newest of each fingerprint. No bodies in memory."""

    def __init__(self, archives: list[Path], fingerprinter: RequestFingerprinterProtocol) -> None:
        self._fingerprinter = fingerprinter
        self._answers: dict[bytes, _Answer] = {}
        self._read(archives)

    def __len__(self) -> int:
        return len(self._answers)

    def find(self, request: Request) -> _Answer | None:
        """The newest answer to ``request``, or None."""
        return self._answers.get(self._fingerprinter.fingerprint(request))

    def _read(self, archives: list[Path]) -> None:
        answers: list[tuple[Path, ScannedRecord]] = []
        # What was asked, by the record of the question and by that of the answer; a plain GET needs no entry.
        asked: dict[str, tuple[str, bytes]] = {}
        for path in archives:
            for record in scan_records(path):
                if _is_answer(record):
                    answers.append((path, record))
                elif record.kind == "request" and record.head is not None:
                    method = record.head.first.split(b" ", 1)[0].decode("latin-1")
                    if method != "GET":
                        for name in (record.get("WARC-Record-ID"), *_concurrent(record)):
                            asked[name or ""] = (method, record.asked_body)
        payloads = _Payloads(answers)
        for path, record in answers:
            names = [record.get("WARC-Record-ID") or "-", *_concurrent(record)]
            method, body = next((asked[name] for name in names if name in asked), ("GET", b""))
            payload = (path, record.offset) if record.kind == "response" else payloads.find(record)
            if payload is None:
                logger.warning("replay: %s: the archives do not hold the page that its revisit means", record.url)
                continue
            try:
                key = self._fingerprinter.fingerprint(Request(record.url, method=method, body=body))
            except ValueError:  # an address that Scrapy could not have asked for
                continue
            date = (record.get("WARC-Date") or "").removesuffix("Z")
            known = self._answers.get(key)
            if known is None or known.date <= date:
                self._answers[key] = _Answer(path, record.offset, payload, date)


class _Payloads:
    """Finds the response that a revisit record means: by its id, else by address and time, else by digest."""

    def __init__(self, answers: list[tuple[Path, ScannedRecord]]) -> None:
        self._places: dict[tuple[str, ...], tuple[Path, int]] = {}
        for path, record in answers:
            if record.kind == "response":
                for name in ("WARC-Record-ID", "WARC-Payload-Digest"):
                    self._places[name, record.get(name) or ""] = (path, record.offset)
                self._places["url", record.url, record.get("WARC-Date") or ""] = (path, record.offset)

    def find(self, revisit: ScannedRecord) -> tuple[Path, int] | None:
        url, date = (revisit.get(f"WARC-Refers-To-{name}") or "-" for name in ("Target-URI", "Date"))
        keys: list[tuple[str, ...]] = [
            ("WARC-Record-ID", revisit.get("WARC-Refers-To") or "-"),
            ("url", url, date),
            ("WARC-Payload-Digest", revisit.get("WARC-Payload-Digest") or "-"),
        ]
        return next((self._places[key] for key in keys if key in self._places), None)


def _is_answer(record: ScannedRecord) -> bool:
    return record.kind in {"response", "revisit"} and record.head is not None and record.head.status is not None


def _concurrent(record: ScannedRecord) -> list[str]:
    return [value for name, value in record.fields.headers if name.lower() == "warc-concurrent-to"]


# One index for both schemes of a crawl.
_indexes: WeakKeyDictionary[Crawler, ReplayIndex] = WeakKeyDictionary()


class ReplayDownloadHandler(BaseDownloadHandler):
    """Answers requests from the archives that ``REPLAY`` names.

    Sets ``request.meta["archive"]`` and ``request.meta["fetched_at"]`` as the live crawl does. An address that is
    not held is one line in the log (``replay: not in the archive: URL``), one more in the stat
    ``replay/missing``, and `NotArchived`. Two may be missing. robots.txt is answered 404, which forbids nothing
    (RFC 9309), because archives of other tools seldom hold it. A page as a browser shows it (the method ``RENDER``) is
    `NotRendered`, as where there is no browser: the crawl that made the archive had none, or asked in vain.
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._data_dir = data_dir(crawler.settings)
        self._limit = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        if crawler not in _indexes:
            assert crawler.request_fingerprinter is not None
            _indexes[crawler] = ReplayIndex(find_archives(crawler.settings), crawler.request_fingerprinter)
            logger.info("replay: %d archived answers", len(_indexes[crawler]))
        self._index = _indexes[crawler]

    async def download_request(self, request: Request) -> Response:
        url = urldefrag(request.url)[0]
        answer = self._index.find(request)
        if answer is None:
            if urlparse_cached(request).path == "/robots.txt":
                return Response(url, status=404, protocol="HTTP/1.1")
            if request.method == RENDER:
                raise NotRendered(f"{url}: no browser in a replay, and the archive does not hold what one shows")
            assert self.crawler.stats is not None
            self.crawler.stats.inc_value("replay/missing")
            logger.error("replay: not in the archive: %s", url)
            raise NotArchived(f"{url}: not in the archive that is replayed")
        path, offset = answer.payload
        message = read_message(path, offset, self._limit)
        body = message.body
        if (answer.path, answer.offset) != answer.payload:
            visited = read_message(answer.path, answer.offset)
            if visited.head.status != 304:  # the same body again, under a head of its own
                message = visited
        request.meta["archive"] = {"file": Path(os.path.relpath(path, self._data_dir)).as_posix(), "offset": offset}
        request.meta["fetched_at"] = answer.date[:19] + "Z"
        return make_response(url, message, body)
