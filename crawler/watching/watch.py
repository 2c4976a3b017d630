"""What the monitors and actions of one crawl share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crawler.runs import data_dir
from crawler.watching.alerts import ALERTS, make_alert, read_standing
from crawler.watching.bounds import read_bounds
from crawler.watching.facts import gather_facts, write_time

if TYPE_CHECKING:
    from pathlib import Path

    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from spidermon import MonitorResult

    from crawler.watching.model import Alert, Bounds, Facts


BEGINS = "begins"
"""What stands in the place of a verdict when a crawl begins."""


class Watch:
    """The facts of a crawl, the bounds they are held against, and the alerts that came of it."""

    def __init__(self, settings: BaseSettings, facts: Facts | None) -> None:
        self.settings = settings
        self.facts = facts
        self.bounds: Bounds = read_bounds(settings)
        self.path: Path = data_dir(settings) / ALERTS
        self._alerts: dict[MonitorResult, tuple[Alert, ...]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Watch:
        return cls(crawler.settings, gather_facts(crawler))

    @property
    def verdict(self) -> str | None:
        """`BEGINS` where there is none yet."""
        if self.facts is None:
            return None
        return BEGINS if self.facts.reason is None and self.facts.verdict is None else self.facts.verdict

    def list_alerts(self, result: MonitorResult) -> tuple[Alert, ...]:
        """An alert for each monitor that failed or broke, in their order; the same for all who ask."""
        if self.facts is None:
            return ()
        if result not in self._alerts:
            facts = self.facts
            common: dict[str, Any] = {
                "portal": facts.portal,
                "run": facts.run,
                "started": facts.started,
                "time": write_time(datetime.now(UTC)),
                "standing": self._read_standing(facts),
            }
            self._alerts[result] = tuple(
                make_alert(item.monitor.monitor_name, _say(item), **common)
                for item in result.monitor_results
                if item in result.monitors_failed_results
            )
        return self._alerts[result]

    def _read_standing(self, facts: Facts) -> dict[str, str]:
        """What stood in the run before: at the end of the last one that had an end, and at the start of one behind it
        that had none."""
        past = facts.past
        runs = (past.before, past.broken_off) if past else ()
        return {name: since for run in runs for name, since in read_standing(self.path, facts.portal, run).items()}


def _say(item: Any) -> str:
    """What a monitor said; of one that broke, the last line of its traceback."""
    if item.reason is not None:
        return str(item.reason)
    lines = str(item.error or "").strip().splitlines()
    return f"the monitor broke: {lines[-1] if lines else 'no reason'}"
