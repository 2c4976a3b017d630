"""What is done where a monitor fails, as Spidermon's actions: alerts are kept in a file, mailed, and sent to robots.

One failed way stops no other, and none touches the crawl's result. An action of one's own finds the alerts in
``self.data.watch.list_alerts(self.result)``.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from spidermon import Action, SkipAction

from crawler.watching.alerts import ALERTS, append_alerts, write_subject, write_text
from crawler.watching.bounds import read_hooks, read_mail
from crawler.watching.sending import AlertError, send_hook, send_mail

if TYPE_CHECKING:
    from crawler.watching.model import Alert
    from crawler.watching.watch import Watch


class AlertAction(Action):  # type: ignore[misc]
    """An action that hands alerts on: `deliver` says how."""

    def run_action(self) -> None:
        watch: Watch = self.data.watch
        alerts = watch.list_alerts(self.result)
        if not alerts:
            raise SkipAction("no alert")
        self.deliver(watch, alerts)

    def deliver(self, watch: Watch, alerts: tuple[Alert, ...]) -> None:
        """Raises AlertError, in one line without a secret, where it cannot."""
        raise NotImplementedError


class KeepAlerts(AlertAction):
    """To ``alerts.jsonl``."""

    def deliver(self, watch: Watch, alerts: tuple[Alert, ...]) -> None:
        try:
            append_alerts(watch.path, alerts)
        except OSError as error:
            raise AlertError(f"{ALERTS}: {error}") from None


class MailAlerts(AlertAction):
    """One mail for all alerts of a run."""

    def deliver(self, watch: Watch, alerts: tuple[Alert, ...]) -> None:
        way = read_mail(watch.settings)
        if way is None:
            raise SkipAction("ALERT_MAIL_TO is not set")
        send_mail(way, write_subject(alerts, watch.verdict), write_text(alerts, watch.verdict))


class SendAlerts(AlertAction):
    """One message to each robot for all alerts of a run."""

    def deliver(self, watch: Watch, alerts: tuple[Alert, ...]) -> None:
        ways = read_hooks(watch.settings)
        if not ways:
            raise SkipAction("no robot is set")
        first = alerts[0]
        data = {
            "source": "nianbao",
            "portal": first.portal,
            "run": first.run,
            "time": first.time,
            "verdict": watch.verdict,
            "alerts": [asdict(alert) for alert in alerts],
        }
        failed = []
        for way in ways:
            try:
                send_hook(way, write_text(alerts, watch.verdict), data, time.time())
            except AlertError as error:
                failed.append(str(error))
        if failed:
            raise AlertError("; ".join(failed))
