"""The monitors, as Spidermon runs them when a crawl begins and when it is over: one for each rule, with
`crawler.watching.model.Facts`.

The data of a monitor has ``watch`` besides what Spidermon's own extension gives; see `crawler.watching.extension`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from spidermon import Monitor, MonitorSuite, monitors

from crawler.watching import rules
from crawler.watching.actions import KeepAlerts, MailAlerts, SendAlerts

if TYPE_CHECKING:
    from collections.abc import Callable

    from spidermon import Action

    from crawler.watching.model import Bounds, Facts


class RuleMonitor(Monitor):  # type: ignore[misc]
    """Fails with what its rule says."""

    def check(self, rule: Callable[[Facts, Bounds], str | None]) -> None:
        watch = self.data.watch
        if watch.facts is None:
            self.skipTest("nothing to watch")
        said = rule(watch.facts, watch.bounds)
        if said is not None:
            self.fail(said)


@monitors.name("nothing_found")
class NothingFound(RuleMonitor):
    def test(self) -> None:
        """Nothing was found where something was before."""
        self.check(rules.find_nothing)


@monitors.name("verdict")
class Verdict(RuleMonitor):
    def test(self) -> None:
        """The verdict is not `complete`."""
        self.check(rules.find_verdict)


@monitors.name("doubtful_records")
class DoubtfulRecords(RuleMonitor):
    def test(self) -> None:
        """The share of `partial` and `failed` records."""
        self.check(rules.find_doubtful)


@monitors.name("unread")
class Unread(RuleMonitor):
    def test(self) -> None:
        """Candidates that could not be read."""
        self.check(rules.find_unread)


@monitors.name("missing_cells")
class MissingCells(RuleMonitor):
    def test(self) -> None:
        """Cells that the version before had."""
        self.check(rules.find_missing_cells)


@monitors.name("finish_reason")
class FinishReason(RuleMonitor):
    def test(self) -> None:
        """The crawl did not end by a verdict."""
        self.check(rules.find_reason)


@monitors.name("errors")
class Errors(RuleMonitor):
    def test(self) -> None:
        """Errors in the log."""
        self.check(rules.find_errors)


@monitors.name("archive_store")
class ArchiveStore(RuleMonitor):
    def test(self) -> None:
        """Archives that could not be stored."""
        self.check(rules.find_unstored)


@monitors.name("broken_off")
class BrokenOff(RuleMonitor):
    def test(self) -> None:
        """The run before never came to its end."""
        self.check(rules.find_broken_off)


@monitors.name("silent_bodies")
class SilentBodies(RuleMonitor):
    def test(self) -> None:
        """No report of a body that was due on 31 January."""
        self.check(rules.find_silent_bodies)


@monitors.name("silent_governments")
class SilentGovernments(RuleMonitor):
    def test(self) -> None:
        """No report of a government that was due on 31 March."""
        self.check(rules.find_silent_governments)


class StartSuite(MonitorSuite):  # type: ignore[misc]
    """What is watched when a crawl begins: a portal whose crawl is killed each time would never say so at an end."""

    monitors: ClassVar[list[type[Monitor]]] = [BrokenOff]
    monitors_failed_actions: ClassVar[list[type[Action]]] = [KeepAlerts, MailAlerts, SendAlerts]


class CrawlSuite(MonitorSuite):  # type: ignore[misc]
    """What is watched of every crawl. The file goes first: nothing that hangs or fails keeps an alert out of it."""

    monitors: ClassVar[list[type[Monitor]]] = [
        NothingFound,
        Verdict,
        DoubtfulRecords,
        Unread,
        MissingCells,
        FinishReason,
        Errors,
        ArchiveStore,
        SilentBodies,
        SilentGovernments,
    ]
    monitors_failed_actions: ClassVar[list[type[Action]]] = [KeepAlerts, MailAlerts, SendAlerts]
