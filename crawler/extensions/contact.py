"""Who runs this crawler: portals that mind it should be able to write instead of blocking."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

# A mailbox, or an address on the web: what a person who reads the log of a server can make use of.
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[\w-]+(?:\.[\w-]+)+", re.ASCII)


def names_contact(agent: str) -> bool:
    """Whether a user agent says how to reach an operator: a mail address, or a page on the web."""
    return _CONTACT.search(agent) is not None


class Contact:
    """Warns when a crawl starts whose ``USER_AGENT`` names nobody. A replay asks no server and needs no name."""

    def __init__(self, crawler: Crawler) -> None:
        if crawler.settings.get("REPLAY"):
            raise NotConfigured
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Contact:
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        return extension

    def spider_opened(self) -> None:
        """Before the first request."""
        agent = str(self.crawler.settings["USER_AGENT"])
        if not names_contact(agent):
            logger.warning(
                "contact: USER_AGENT names nobody to write to: %s "
                "(say in NIANBAO_USER_AGENT, or in settings/server.py, who runs this crawler)",
                agent,
            )
