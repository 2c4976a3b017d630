"""A ``JOBDIR`` that no clean stop left is set aside before Scrapy opens it.

Scrapy writes what is still to be asked for when a crawl stops, and reads it again in the next. After a kill its files
are of different moments, and it takes them as they are: requests come back that were answered, and others are gone.
What was found is in the catalogue and in no JOBDIR, so nothing is lost with it.
"""

from __future__ import annotations

import fcntl
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

MARK = "nianbao.stopped"
"""The file in a JOBDIR that says that all others are whole; it is there while no crawl is under way."""
LOCK = "nianbao.lock"
"""The file in a JOBDIR that its crawl holds; a process that was killed holds nothing."""
STATE = ("requests.queue/active.json", "spider.state")
"""What Scrapy writes when it stops, last of all."""


class CleanJobs:
    """Opens a JOBDIR for a crawl, and marks it when Scrapy has written all of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = _take(folder)
        self._before = _look(folder)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CleanJobs:
        """Comes before Scrapy's own extensions, scheduler and filter, which make and open files there."""
        if not crawler.settings.get("JOBDIR"):
            raise NotConfigured
        folder = Path(crawler.settings["JOBDIR"]).absolute()
        try:
            extension = cls(folder)
        except OSError as error:
            why = "another crawl uses it" if isinstance(error, BlockingIOError) else error.strerror
            logger.error("%s: this JOBDIR cannot be used, and the crawl goes on without: %s", folder, why)
            crawler.settings.set("JOBDIR", None, priority="cmdline")
            raise NotConfigured from None
        crawler.signals.connect(extension.engine_stopped, signals.engine_stopped)
        return extension

    def engine_stopped(self) -> None:
        """Scheduler, filter and state are closed; where one of them could not be, there is no mark."""
        try:
            now = _look(self.folder)
            if all(now[name] is not None and now[name] != self._before[name] for name in STATE):
                (self.folder / MARK).touch()
        except OSError as error:
            logger.error("%s: not marked as whole, and set aside by the next crawl: %s", self.folder, error.strerror)
        finally:
            os.close(self._lock)


def _take(folder: Path) -> int:
    """Holds a folder, made or set aside as is needed, and takes its mark off; the descriptor of the lock.

    Raises:
        BlockingIOError: another process holds it.
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = _hold(folder)
    held = {MARK, LOCK}
    if not (folder / MARK).exists() and any(path.name not in held for path in folder.iterdir()):
        aside = folder.with_name(f"{folder.name}.broken-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
        folder.rename(aside)
        os.close(lock)
        logger.warning("%s: no clean stop left this JOBDIR; it is now %s, and the crawl starts anew", folder, aside)
        folder.mkdir()
        lock = _hold(folder)
    (folder / MARK).unlink(missing_ok=True)
    return lock


def _hold(folder: Path) -> int:
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _look(folder: Path) -> dict[str, int | None]:
    """When each file of Scrapy's state was written, in nanoseconds; None for one that is not there."""
    files = {name: folder / name for name in STATE}
    return {name: path.stat().st_mtime_ns if path.exists() else None for name, path in files.items()}
