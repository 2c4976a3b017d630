"""The file of metrics, written anew at the end of each crawl."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured

from crawler.catalogue.errors import CatalogueError
from crawler.catalogue.store import open_catalogue
from crawler.files import write_whole
from crawler.runs import data_dir
from crawler.watching.metrics import write_metrics

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)


def find_path(settings: BaseSettings) -> Path | None:
    """``PROMETHEUS_FILE`` as a path, with ``%(data_dir)s`` filled in; None where it is blank."""
    given = settings.get("PROMETHEUS_FILE")
    return Path(str(given).replace("%(data_dir)s", str(data_dir(settings)))).absolute() if given else None


class Textfile:
    """Writes the metrics of all portals to ``PROMETHEUS_FILE`` when a crawl is over, behind the catalogue's own end.

    A replay enters nothing, so it has nothing to say. What goes wrong is one line; the file stays as it was.
    """

    def __init__(self, crawler: Crawler, path: Path) -> None:
        self.crawler = crawler
        self.path = path

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Textfile:
        path = find_path(crawler.settings)
        if path is None or crawler.settings.get("REPLAY"):
            raise NotConfigured
        extension = cls(crawler, path)
        crawler.signals.connect(extension.engine_stopped, signals.engine_stopped)
        return extension

    def engine_stopped(self) -> None:
        settings = self.crawler.settings
        try:
            catalogue = open_catalogue(settings.get("CATALOGUE_URL"), data_dir(settings), create=False)
            try:
                rows = catalogue.describe()
            finally:
                catalogue.close()
            write_whole(self.path, write_metrics(rows))
        except (CatalogueError, OSError) as error:
            logger.error("metrics: %s: not written: %s", self.path, error)
