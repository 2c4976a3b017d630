"""Log lines that name an item by its address and never print the body of a document."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter, LogFormatterResult

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response
    from twisted.python.failure import Failure


def _drop_traceback(record: logging.LogRecord) -> bool:
    """A server that cannot be reached is no fault of the program, and its reason stands in the line."""
    record.exc_info = None
    return True


class QuietLogFormatter(LogFormatter):
    """Also takes the traceback from the line about a robots.txt that could not be fetched."""

    def __init__(self) -> None:
        super().__init__()
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").addFilter(_drop_traceback)

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        return _line(logging.DEBUG, "Read %(name)s", item, response)

    def dropped(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        return _line(logging.INFO, "Left out %(name)s: %(reason)s", item, response, str(exception))

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        return _line(logging.ERROR, "Error reading %(name)s: %(reason)s", item, response, repr(exception))


def _line(level: int, message: str, item: Any, response: Any, reason: str = "") -> LogFormatterResult:
    name = item.get("report_id") if isinstance(item, dict) else getattr(item, "url", None)
    name = name or getattr(response, "url", "?")
    return {"level": level, "msg": message, "args": {"name": name, "reason": reason}}
