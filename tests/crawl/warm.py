"""What every crawl imports, for the process that crawls are forked from (`tests.crawl.crawling`).

Nothing here may start a thread, install a reactor or load the settings: the crawl does that.
"""

from __future__ import annotations

import gc
import importlib
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.settings import default_settings
from scrapy.utils.misc import walk_modules_iter

from crawler.catalogue.store import open_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("scrapy.commands", "crawler.commands", "crawler.extensions", "crawler.portals", "pipelines", "spiders")
MODULES = (
    "jsonschema_rs",
    "scrapy.cmdline",
    "scrapy.core.engine",
    "scrapy.downloadermiddlewares.httpcache",
    "scrapy.extensions.throttle",
    "tldextract",
    "crawler.web.addresses",
    "crawler.web.archive",
    "crawler.web.browser",
    "crawler.web.manners",
    "crawler.web.refusals",
    "crawler.web.replay",
    "crawler.web.turns",
)


def find_components() -> Iterator[str]:
    """The modules of the components that Scrapy's own settings name."""
    for value in vars(default_settings).values():
        for name in [*value, *value.values()] if isinstance(value, dict) else [value]:
            if isinstance(name, str) and name.startswith("scrapy."):
                yield name.rpartition(".")[0]


for package in PACKAGES:
    for _ in walk_modules_iter(package):
        pass
for module in (*MODULES, *find_components()):
    importlib.import_module(module)
with tempfile.TemporaryDirectory() as folder:  # what SQLAlchemy and Alembic make of the tables at their first use
    open_catalogue(None, Path(folder)).close()
if "twisted.internet.reactor" in sys.modules:
    raise RuntimeError("a reactor is installed")
# What stays as long as the process is no garbage; a fork neither copies it nor goes through it.
gc.collect()
gc.freeze()
