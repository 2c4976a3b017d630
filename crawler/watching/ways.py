"""The ways an alert goes: into the file of all alerts, by mail, to robots. Each raises AlertError where it cannot, in
one line without a secret."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from crawler.watching.alerts import ALERTS, append_alerts, write_subject, write_text
from crawler.watching.bounds import read_hooks, read_mail
from crawler.watching.sending import AlertError, send_hook, send_mail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scrapy.settings import BaseSettings

    from crawler.watching.model import Alert


def keep_alerts(path: Path, alerts: Sequence[Alert]) -> None:
    """To ``alerts.jsonl``."""
    try:
        append_alerts(path, alerts)
    except OSError as error:
        raise AlertError(f"{ALERTS}: {error}") from None


def mail_alerts(settings: BaseSettings, alerts: Sequence[Alert], verdict: str | None) -> bool:
    """One mail for all of them. False: nobody is to be written to."""
    way = read_mail(settings)
    if way is None:
        return False
    send_mail(way, write_subject(alerts, verdict), write_text(alerts, verdict))
    return True


def send_alerts(settings: BaseSettings, alerts: Sequence[Alert], verdict: str | None) -> bool:
    """One message to each robot for all of them. False: there is none."""
    ways = read_hooks(settings)
    lines, data, failed = write_text(alerts, verdict), make_data(alerts, verdict), []
    for way in ways:
        try:
            send_hook(way, lines, data, time.time())
        except AlertError as error:
            failed.append(str(error))
    if failed:
        raise AlertError("; ".join(failed))
    return bool(ways)


def make_data(alerts: Sequence[Alert], verdict: str | None) -> dict[str, Any]:
    """What a plain webhook gets; ``portal`` and ``run`` are null where the alerts are of several."""
    portals, runs = ({getattr(alert, name) for alert in alerts} for name in ("portal", "run"))
    return {
        "source": "nianbao",
        "portal": alerts[0].portal if len(portals) == 1 else None,
        "run": alerts[0].run if len(runs) == 1 else None,
        "time": alerts[0].time,
        "verdict": verdict,
        "alerts": [asdict(alert) for alert in alerts],
    }
