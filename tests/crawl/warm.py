"""What every crawl imports, for the process that crawls are forked from (`tests.crawl.crawling`).

Nothing here may start a thread or install a reactor: the crawl does that.
"""

import importlib

for name in (
    "scrapy.cmdline",
    "scrapy.core.engine",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.downloadermiddlewares.httpcompression",
    "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.extensions.feedexport",
    "scrapy.extensions.remote_control",
    "scrapy.extensions.throttle",
    "alembic.command",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "crawler.commands.crawl",
    "crawler.extensions.catalogue",
    "crawler.extensions.verdict",
    "crawler.portals.spider",
    "crawler.web.archive",
    "crawler.web.replay",
    "pipelines.extract",
    "pipelines.validate",
    "pipelines.versions",
):
    importlib.import_module(name)
