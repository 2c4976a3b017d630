"""A guard with one exception, so that a test on loopback can begin outside and be led inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.web.addresses import AddressMiddleware

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class OneGoodHost(AddressMiddleware):
    """Lets through the address in the setting ``GOOD_HOST`` as if it were public."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._good: str = crawler.settings["GOOD_HOST"]

    async def process_request(self, request: Request) -> None:
        if not request.url.startswith(self._good):
            await super().process_request(request)
