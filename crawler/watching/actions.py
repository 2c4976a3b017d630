"""What is done where a monitor fails, as Spidermon's actions: alerts are kept in a file, mailed, and sent to robots.

One failed way stops no other, and none touches the crawl's result. An action of one's own finds the alerts in
``self.data.watch.list_alerts(self.result)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spidermon import Action, SkipAction

from crawler.watching.ways import keep_alerts, mail_alerts, send_alerts

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.watching.model import Alert
    from crawler.watching.watch import Watch


class AlertAction(Action):  # type: ignore[misc]
    """An action that hands alerts on. ``deliver`` says how; it raises AlertError, in one line without a secret, where
    it cannot."""

    deliver: Callable[[Watch, tuple[Alert, ...]], None]

    def run_action(self) -> None:
        watch: Watch = self.data.watch
        alerts = watch.list_alerts(self.result)
        if not alerts:
            raise SkipAction("no alert")
        self.deliver(watch, alerts)


class KeepAlerts(AlertAction):
    """To ``alerts.jsonl``."""

    def deliver(self, watch: Watch, alerts: tuple[Alert, ...]) -> None:
        keep_alerts(watch.path, alerts)


class MailAlerts(AlertAction):
    """One mail for all alerts of a run."""

    def deliver(self, watch: Watch, alerts: tuple[Alert, ...]) -> None:
        if not mail_alerts(watch.settings, alerts, watch.verdict):
            raise SkipAction("ALERT_MAIL_TO is not set")


class SendAlerts(AlertAction):
    """One message to each robot for all alerts of a run."""

    def deliver(self, watch: Watch, alerts: tuple[Alert, ...]) -> None:
        if not send_alerts(watch.settings, alerts, watch.verdict):
            raise SkipAction("no robot is set")
