"""Archives kept beyond one disk: copied, when a crawl is over, to where ``ARCHIVE_STORE`` says."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.misc import build_from_crawler, load_object

from crawler.files import write_whole
from crawler.runs import data_dir, portal_dir
from crawler.telling.work import begin_work, end_work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

ARCHIVE, INDEX, STORED = ".warc.gz", ".cdxj", ".stored"
_HERE = ("", "file", "stdout")  # schemes of this machine, where the archive is already


class ArchiveStore:
    """Copies the portal's archives, each with its index, through the storages that Scrapy has for feeds.

    ``ARCHIVE_STORE`` is the address of a folder in a scheme of ``FEED_STORAGES`` that leaves this machine
    (``s3://bucket/archives``; its keys come from the environment, as ``AWS_…``, for Scrapy logs settings); the files
    lie below it in a folder of the portal's name. A file ``<RUN>.stored`` beside an archive says where its copies are:
    what has none yet (this run's, and that of a run that was killed or could not reach the store) is copied when the
    next crawl of the portal is over. Where something could not be copied the status is 1. The archive on this disk
    stays: it is what the next run asks conditionally by, and what is read anew.
    """

    def __init__(self, crawler: Crawler, store: str) -> None:
        self.crawler = crawler
        self.store = store.rstrip("/")
        self.folder: Path | None = None
        self.portal = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchiveStore:
        store: str | None = crawler.settings.get("ARCHIVE_STORE")
        if not store or crawler.settings.get("REPLAY"):
            raise NotConfigured
        if (problem := check_store(crawler.settings)) is not None:
            raise NotConfigured(problem)
        extension = cls(crawler, store)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.engine_stopped, signals.engine_stopped)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        self.portal = portal_dir(spider)
        self.folder = data_dir(self.crawler.settings) / self.portal / "archive"
        begin_work(self.crawler)

    async def engine_stopped(self) -> None:
        """The archive of the run is closed."""
        try:
            await self._store()
        finally:
            end_work(self.crawler)

    async def _store(self) -> None:
        for archive in list(self._find_unstored()):
            try:
                copies = [await self._copy(path) for path in _find_files(archive)]
                write_whole(_name(archive, STORED), (f"{copy}\n" for copy in copies))
            except Exception as error:  # of any client library; the next run tries again
                reason = " ".join(str(error).split()) or type(error).__name__
                self.crawler.stats.inc_value("archive/store_failed")
                logger.error(
                    "archive: %s is not stored at %s: %s; it stays here, the next run tries again",
                    archive.name,
                    self.store,
                    reason,
                )
            else:
                self.crawler.stats.inc_value("archive/stored")
                logger.info("archive: %s is stored at %s", archive.name, self.store)

    def _find_unstored(self) -> Iterator[Path]:
        for archive in sorted(self.folder.glob(f"*{ARCHIVE}")) if self.folder is not None else ():
            if not _name(archive, STORED).exists():
                yield archive

    async def _copy(self, path: Path) -> str:
        """Copies a file; where its copy is."""
        address = f"{self.store}/{self.portal}/{path.name}"
        storage_class = load_object(_list_storages(self.crawler.settings)[self.store.partition("://")[0]])
        storage = build_from_crawler(storage_class, self.crawler, address, feed_options={"overwrite": True})
        copy = storage.open(self.crawler.spider)
        with path.open("rb") as file:
            shutil.copyfileobj(file, copy)
        if (stored := storage.store(copy)) is not None:  # in a thread
            await maybe_deferred_to_future(stored)
        return address


def check_store(settings: BaseSettings) -> str | None:
    """What is wrong with ``ARCHIVE_STORE``, in one line, or None."""
    store: str | None = settings.get("ARCHIVE_STORE")
    if not store:
        return None
    scheme, mark, rest = store.partition("://")
    schemes = _list_storages(settings)
    if not mark or scheme not in schemes:
        return f"ARCHIVE_STORE: write an address that begins with one of {', '.join(f'{one}://' for one in schemes)}"
    if "@" in rest.partition("/")[0]:
        return "ARCHIVE_STORE: leave user and password out of the address, which is logged (AWS_… in the environment)"
    return None


def _list_storages(settings: BaseSettings) -> dict[str, str]:
    """The storages for feeds that leave this machine, by scheme."""
    storages = settings.getwithbase("FEED_STORAGES").items()
    return {scheme: one for scheme, one in storages if one is not None and scheme not in _HERE}


def _name(archive: Path, suffix: str) -> Path:
    return archive.with_name(archive.name.removesuffix(ARCHIVE) + suffix)


def _find_files(archive: Path) -> list[Path]:
    """An archive, and its index where it has one: it is made again where it is missing."""
    return [path for path in (archive, _name(archive, INDEX)) if path.exists()]
