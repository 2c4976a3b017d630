"""A download handler that notes when requests leave.

A server on a busy machine notes a request late and the next one in time; the pauses between two requests are kept, and
are to be measured, where they leave.
"""

from __future__ import annotations

from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy import Request
    from scrapy.http import Response

HANDLERS = {"http": "tests.web.timed.TimedHandler"}
"""The value of ``DOWNLOAD_HANDLERS``."""
SENT = "tests/sent"
"""The stat with path and time (monotonic seconds) of each request, in order."""


class TimedHandler(HTTP11DownloadHandler):
    """Scrapy's own handler; `SENT` has what it was asked for, and when."""

    async def download_request(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        self._crawler.stats.get_stats().setdefault(SENT, []).append((parts.path, monotonic()))
        return await super().download_request(request)


def find_pauses(sent: Sequence[tuple[str, float]]) -> list[float]:
    """The seconds between one request and the next."""
    return [after - before for (_, before), (_, after) in pairwise(sent)]
