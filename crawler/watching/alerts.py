"""Alerts as text, and the file of all alerts: ``alerts.jsonl`` under ``DATA_DIR``."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from crawler.watching.model import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

ALERTS = "alerts.jsonl"
SEE = "docs/logs.md#alerts"
"""Where it stands what an alert asks for."""
_MOST_CHARS = 400  # of a message: the rules cut theirs to half of it, and what a broken monitor says may be long


def make_alert(
    monitor: str, said: str, *, portal: str, run: str, started: str, time: str, standing: dict[str, str]
) -> Alert:
    """An alert of a run. ``standing`` are the alerts of the run before: monitor → since when."""
    clean = "".join(c if c.isprintable() else " " for c in said)
    clean = clean if len(clean) <= _MOST_CHARS else f"{clean[:_MOST_CHARS]}…"
    message = f"{portal}: {monitor}: {clean}: {SEE}"
    since = standing.get(monitor)
    return Alert(time, portal, run, monitor, message, since or started, new=since is None)


def write_text(alerts: Sequence[Alert], verdict: str | None) -> list[str]:
    """Lines for people: the run, if they are of one, then one for each alert; one that stood in the run before says
    since when."""
    runs = {alert.run for alert in alerts}
    head = [write_subject(alerts, verdict), *(f"run {run}" for run in runs if run and len(runs) == 1)]
    return head + [_write_line(alert) for alert in alerts]


def write_subject(alerts: Sequence[Alert], verdict: str | None) -> str:
    """One line that stands for all; ``nianbao`` is in it, which a robot may ask for as its keyword."""
    portals = {alert.portal for alert in alerts}
    whose = alerts[0].portal if len(portals) == 1 else f"{len(portals)} portals"
    return f"nianbao: {whose}: {verdict or 'no verdict'}, {len(alerts)} alert{'s'[: len(alerts) != 1]}"


def _write_line(alert: Alert) -> str:
    return alert.message if alert.new else f"{alert.message} (since {alert.since})"


def cut_lines(lines: Sequence[str], limit: int) -> str:
    """Lines as one text of ``limit`` bytes at most in UTF-8; what does not fit is left out by the line, and counted."""
    kept = list(lines)
    while True:
        more = len(lines) - len(kept)
        text = "\n".join([*kept, *([f"and {more} more: {ALERTS}"] if more else [])])
        if len(text.encode()) <= limit or not kept:
            return text
        kept.pop()


def append_alerts(path: Path, alerts: Iterable[Alert]) -> None:
    """Adds a line for each alert, all of them or none: where the disk is full, the file is as it was.

    Several processes may write at once. A file that ends in the middle of a line, cut by a crash, gets its line break
    first. Raises OSError.
    """
    data = "".join(json.dumps(asdict(alert), ensure_ascii=False) + "\n" for alert in alerts).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with _hold(path) as file:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            data = b"\n" + data
        try:
            while data:
                data = data[os.write(file, data) :]
            os.fsync(file)
        except OSError:
            os.ftruncate(file, size)
            raise


@contextmanager
def _hold(path: Path) -> Iterator[int]:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def read_standing(path: Path, portal: str, run: str | None) -> dict[str, str]:
    """The alerts of a run of a portal: monitor → since when it stands. What cannot be read stands for none."""
    if run is None:
        return {}
    return {
        str(alert.get("monitor")): str(alert.get("since"))
        for alert in _read_lines(path)
        if (alert.get("portal"), alert.get("run")) == (portal, run)
    }


def read_raised(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """The newest alert of each portal and monitor: when it was raised, and since when it stands."""
    return {
        (str(alert.get("portal")), str(alert.get("monitor"))): (str(alert.get("time")), str(alert.get("since")))
        for alert in _read_lines(path)
    }


def _read_lines(path: Path) -> list[dict[str, object]]:
    """The alerts of a file in their order; none where it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return [alert for line in file if (alert := _read_line(line))]
    except OSError:
        return []


def _read_line(line: str) -> dict[str, object]:
    try:
        alert = json.loads(line)
    except ValueError:
        return {}
    return alert if isinstance(alert, dict) else {}
