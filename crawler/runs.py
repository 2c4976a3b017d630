"""A run: one crawl of one portal, with a name and a folder of its own under ``DATA_DIR``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


class RunAddon:
    """Names the run (setting ``RUN``) by its UTC start, e.g. ``20260201T031500.123456Z``.

    One process may run several crawlers in a row; each of them gets a name of its own, to the microsecond,
    so that two runs of a portal never share a folder.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        if not settings.get("RUN"):
            settings.set("RUN", datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"), priority="addon")


def data_dir(settings: BaseSettings) -> Path:
    """``DATA_DIR`` as an absolute path; a relative one counts from the working directory."""
    return Path(settings["DATA_DIR"]).absolute()


def run_dir(crawler: Crawler) -> Path:
    """``<DATA_DIR>/<portal>/<run>``, made if it is not there."""
    assert crawler.spider is not None
    path = data_dir(crawler.settings) / crawler.spider.name / crawler.settings["RUN"]
    path.mkdir(parents=True, exist_ok=True)
    return path


def feed_uri_params(params: dict[str, object], spider: Spider) -> dict[str, object]:
    """``FEED_URI_PARAMS``: adds ``data_dir`` and ``run`` to what feed addresses may use."""
    settings = spider.crawler.settings
    return {**params, "data_dir": str(data_dir(settings)), "run": settings["RUN"]}
