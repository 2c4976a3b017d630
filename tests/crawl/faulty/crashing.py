"""A portal whose spider has a fault: it falls over one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.portals.spider import PortalSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.http import Response


class CrashingSpider(PortalSpider):
    name = "crashing"

    def parse_candidate(self, response: Response, *args: Any, **given: Any) -> Iterator[Any]:
        if response.url.endswith("/2020/01-21/910740.html"):
            raise ZeroDivisionError("a fault of the spider")
        return super().parse_candidate(response, *args, **given)
