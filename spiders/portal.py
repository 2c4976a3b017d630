"""Any government portal: ``scrapy crawl portal -a url=http://www.example.gov.cn/``."""

from urllib.parse import urlsplit

from crawler.portals.spider import PortalSpider


class AnyPortalSpider(PortalSpider):
    """A portal without a spider of its own; its records carry its host name."""

    name = "portal"

    @property
    def portal(self) -> str:
        return urlsplit(self.starts[0]).hostname or self.name
