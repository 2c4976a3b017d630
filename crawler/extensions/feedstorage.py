"""Feeds that are whole or not there (see `crawler.files`)."""

from __future__ import annotations

import io
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from scrapy import signals
from w3lib.url import file_uri_to_path

from crawler.files import name_part, sync

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

# Finish reasons of a crawl that did not come to its end by itself: a signal, or a crash.
BROKEN_OFF = frozenset({"shutdown", "failed", "start_error", "memusage_exceeded"})


class _PartFile(io.BufferedWriter):
    """Remembers a write that failed: Scrapy logs it and goes on, and the record would be missing in silence."""

    failed = False

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            self.failed = True
            raise


class WholeFileFeedStorage:
    """``FEED_STORAGES`` for files: neither an empty nor a half file ever replaces a good one.

    A feed is written to ``<name>.<some letters>.part`` in the same folder and renamed when whole. Appending
    (``-o``) copies what is there first. A feed into which nothing was written leaves its target as it is. When
    the crawl was broken off (`BROKEN_OFF`), a file that would be overwritten stays too: what there is of the new
    one is put beside it as ``<name>.incomplete``, and a warning says so. A target that is no ordinary file
    (``/dev/stdout``, a pipe) is written to directly.
    """

    def __init__(self, uri: str, *, feed_options: dict[str, Any] | None = None) -> None:
        self.path = Path(os.path.realpath(file_uri_to_path(uri) if uri.startswith("file:") else uri))
        self._overwrite = bool((feed_options or {}).get("overwrite", False))
        self._crawler: Crawler | None = None
        self._part: Path | None = None
        self._file: _PartFile | None = None
        self._before = 0  # bytes that were there before this feed
        self._reason: str | None = None

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, uri: str, *, feed_options: dict[str, Any] | None = None
    ) -> WholeFileFeedStorage:
        storage = cls(uri, feed_options=feed_options)
        storage._crawler = crawler
        # Scrapy tells a storage neither why the crawl ended nor that an exporter failed before its first item.
        crawler.signals.connect(storage._note_reason, signals.spider_closed)
        crawler.signals.connect(storage._clean_up, signals.feed_exporter_closed)
        return storage

    def open(self, spider: Spider) -> IO[bytes]:
        """The file to write to, with what it must begin with."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and not self.path.is_file():
            return self.path.open("wb")
        self._part = name_part(self.path)
        self._file = file = _PartFile(io.FileIO(self._part, "x"))
        if not self._overwrite and self.path.exists():
            with self.path.open("rb") as old:
                shutil.copyfileobj(old, file)
            self._before = file.tell()
        return file

    def store(self, file: IO[bytes]) -> None:
        """Put the finished file in its place.

        Raises:
            OSError: it is not whole; the target is unchanged.
        """
        if self._part is None or self._file is None:
            file.close()
            return
        try:
            sync(self._file)
            size = self._file.tell()
        finally:
            with suppress(OSError):  # said already, by the write that failed
                self._file.close()
        part, self._part = self._part, None
        if size <= self._before:
            part.unlink()
        elif self._file.failed:
            self._set_aside(part, "a record could not be written")
            raise OSError(f"{self.path}: a record could not be written")  # counted by Scrapy as a failed feed
        elif self._overwrite and self._broken_off():
            self._set_aside(part, "the crawl was broken off")
        else:
            part.replace(self.path)

    def _broken_off(self) -> bool:
        reason = self._reason
        if reason is None and self._crawler is not None and self._crawler.stats is not None:
            reason = self._crawler.stats.get_value("finish_reason")
        return reason in BROKEN_OFF

    def _note_reason(self, reason: str) -> None:
        self._reason = reason

    def _clean_up(self) -> None:
        """What Scrapy never stored: an exporter failed before its first item, or the disk is full."""
        part, self._part = self._part, None
        if part is None or not part.exists():
            return
        if part.stat().st_size <= self._before:
            part.unlink()
        else:
            self._set_aside(part, "it could not be finished")

    def _set_aside(self, part: Path, why: str) -> None:
        incomplete = self.path.with_name(f"{self.path.name}.incomplete")
        part.replace(incomplete)
        logger.warning("feed: %s; %s is unchanged, see %s", why, self.path, incomplete)
