"""A download handler that takes turns and notes when requests leave; see `tests.web.timed`."""

from __future__ import annotations

from crawler.web.turns import TurnDownloadHandler
from tests.web.timed import TimedHandler


class TimedTurnHandler(TurnDownloadHandler, TimedHandler):
    """Notes a request behind its wait, when it leaves."""
