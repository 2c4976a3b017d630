"""Alerts of crawls that cannot speak for themselves, raised by who started them: one that was killed, and portals of
which no run came to its end for long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from crawler.catalogue.errors import CatalogueError
from crawler.catalogue.model import Portal, Run
from crawler.catalogue.store import open_catalogue
from crawler.runs import data_dir
from crawler.telling.tables import clip
from crawler.watching.alerts import ALERTS, make_alert, read_raised
from crawler.watching.bounds import read_bounds
from crawler.watching.facts import read_start, write_time
from crawler.watching.rules import WIDEST
from crawler.watching.sending import AlertError
from crawler.watching.ways import keep_alerts, mail_alerts, send_alerts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from scrapy.settings import BaseSettings

    from crawler.catalogue.store import Catalogue
    from crawler.watching.model import Alert

UNFINISHED, STALLED = "unfinished", "stalled"
"""The names of these alerts, where those of a crawl have that of their monitor."""
SPEAKER = "crawlall"
"""What stands in the place of a verdict."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A crawl that did not come to its end, and why. ``run`` is blank where it never began."""

    portal: str
    run: str
    why: str


@dataclass(frozen=True, slots=True)
class Ends:
    """What the catalogue knows of a portal's runs: when the first one ``began``, when one ``ended`` last, and the name
    of the ``newest``."""

    began: datetime
    ended: datetime | None
    newest: str


def read_ends(catalogue: Catalogue, portals: Sequence[str]) -> dict[str, Ends]:
    """By portal; without those that were never crawled."""
    counted = select(Run.portal_id, func.min(Run.started), func.max(Run.finished), func.max(Run.id))
    with catalogue.read() as session:
        names = dict(session.execute(select(Portal.id, Portal.name)).all())
        rows = session.execute(counted.group_by(Run.portal_id)).all()
        newest = dict(session.execute(select(Run.id, Run.name).where(Run.id.in_([row[3] for row in rows]))).all())
    wanted = set(portals)
    return {
        names[portal]: Ends(began, ended, newest[last])
        for portal, began, ended, last in rows
        if names[portal] in wanted
    }


def say_stalled(ends: Ends, now: datetime, days: int) -> str | None:
    """What is wrong where no run came to its end for more than ``days``."""
    since = ends.ended or ends.began
    passed = (now - since).days
    if passed <= days:
        return None
    never = "" if ends.ended else " the first one began on"
    return f"no run came to its end since{never} {since:%Y-%m-%d}, {passed} days ago (bound: {days})"


def find_alerts(
    settings: BaseSettings, broken: Sequence[Broken], ends: Mapping[str, Ends], now: datetime
) -> tuple[Alert, ...]:
    """The alerts of crawls that were broken, and of portals that stall. One stands as long as no run has ended since it
    was raised."""
    path = data_dir(settings) / ALERTS
    days = read_bounds(settings).stalled
    found = [(one.portal, one.run, UNFINISHED, one.why) for one in broken]
    found += [
        (portal, one.newest, STALLED, said) for portal, one in ends.items() if (said := say_stalled(one, now, days))
    ]
    if not found:
        return ()
    raised = read_raised(path)
    alerts = []
    for portal, run, monitor, said in found:
        time, since = raised.get((portal, monitor), ("", ""))
        ended = ends[portal].ended if portal in ends else None
        stands = bool(time) and (ended is None or time > write_time(ended))
        alerts.append(
            make_alert(
                monitor,
                clip(said, WIDEST),
                portal=portal,
                run=run,
                started=write_time(read_start(run, now)),
                time=write_time(now),
                standing={monitor: since} if stands else {},
            )
        )
    return tuple(alerts)


def raise_alerts(settings: BaseSettings, broken: Sequence[Broken], portals: Sequence[str], now: datetime) -> list[str]:
    """Raises what is to be raised, all of it in one message; lines that say so, and what could not be delivered. A
    catalogue that cannot be read knows of no run."""
    ends: dict[str, Ends] = {}
    try:
        catalogue = open_catalogue(settings.get("CATALOGUE_URL"), data_dir(settings), create=False)
        try:
            ends = read_ends(catalogue, portals)
        finally:
            catalogue.close()
    except CatalogueError:
        pass  # whoever reads it for the table says so
    alerts = find_alerts(settings, broken, ends, now)
    if not alerts:
        return []
    lines = [f"alert: {alert.message}" for alert in alerts]
    for deliver in (
        lambda: keep_alerts(data_dir(settings) / ALERTS, alerts),
        lambda: mail_alerts(settings, alerts, SPEAKER),
        lambda: send_alerts(settings, alerts, SPEAKER),
    ):
        try:
            deliver()
        except AlertError as error:
            lines.append(f"alert: not delivered: {error}")
    return lines
