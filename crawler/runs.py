"""A run: one crawl of one portal, with a name and a folder of its own under ``DATA_DIR``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


class RunAddon:
    """Names the run (setting ``RUN``) by its UTC start, e.g. ``20260201T031500.123456Z``.

    One process may run several crawlers; each of them gets a name of its own, to the microsecond, so that two runs of a
    portal never share a folder.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        if not settings.get("RUN"):
            settings.set("RUN", datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"), priority="addon")


def data_dir(settings: BaseSettings) -> Path:
    """``DATA_DIR`` as an absolute path; a relative one counts from the working directory."""
    return Path(settings["DATA_DIR"]).absolute()


def portal_dir(spider: Spider) -> str:
    """The name of a portal's folder: what its records call it, made safe for file systems."""
    return re.sub(r"[^\w.-]", "_", getattr(spider, "portal", spider.name))


def run_dir(crawler: Crawler) -> Path:
    """``<DATA_DIR>/<portal>/<run>``, made if it is not there."""
    if crawler.spider is None:
        raise RuntimeError("a run has a folder only once its spider is there")
    path = data_dir(crawler.settings) / portal_dir(crawler.spider) / crawler.settings["RUN"]
    path.mkdir(parents=True, exist_ok=True)
    return path


def feed_uri_params(params: dict[str, Any], spider: Spider) -> dict[str, Any]:
    """``FEED_URI_PARAMS``: adds ``data_dir``, ``portal`` and ``run`` to what feed addresses may use."""
    settings = spider.crawler.settings
    return {**params, "data_dir": str(data_dir(settings)), "portal": portal_dir(spider), "run": settings["RUN"]}
