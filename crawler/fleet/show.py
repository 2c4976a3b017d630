"""What is seen of a fleet: a line for each portal that is done, one on a terminal that says how far all are, and a
table at the end."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

from crawler.fleet.model import say_time
from crawler.fleet.results import conclude
from crawler.telling.tables import clip, format_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.fleet.model import End, Launch, Limits, Task
    from crawler.fleet.results import Result

COLUMNS = ("portal", "body", "verdict", "reports", "new", "changed", "vanished", "failing", "time", "MB")
DUE_COLUMNS = ("portal", "body", "address", "why")
EVERY = 0.2  # seconds between two updates of the line
WIDEST = 200  # columns of a line on what went wrong


class Display:
    """What standard error shows while a fleet runs; `results` collects how it went. The line is shown on terminals."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.results: list[Result] = []
        self._terminal = sys.stderr.isatty()
        self._shown = 0.0
        self._lit = False

    def begin(self, task: Task, launch: Launch) -> None:
        if not self._terminal:
            self._write(f"{task.name}: started, log {launch.log}")

    def end(self, end: End) -> None:
        result = conclude(end, self.limits)
        self.results.append(result)
        self._write(clip(write_result(result), WIDEST))

    def show(self, running: Sequence[tuple[str, float]], waiting: int) -> None:
        now = time.monotonic()
        if self._terminal and now - self._shown >= EVERY:
            self._shown, self._lit = now, True
            bad = sum(result.status != 0 for result in self.results)
            names = ", ".join(f"{name} {say_time(seconds)}" for name, seconds in running)
            line = (
                f"{len(self.results)} done ({bad} not complete) · {waiting} waiting · {len(running)} running"
                f"{f': {names}' if names else ''}"
            )
            sys.stderr.write(f"\r\x1b[K{clip(line, shutil.get_terminal_size().columns - 1)}")
            sys.stderr.flush()

    def close(self) -> None:
        """Takes the line away."""
        if self._lit:
            self._lit = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _write(self, line: str) -> None:
        self.close()
        self._shown = 0.0
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def write_result(result: Result) -> str:
    """How a portal ended, on one line; what is wrong with the log behind it."""
    parts = [f"{result.end.task.name}: {result.verdict}"]
    if result.reports is not None:
        parts.append(f"{result.reports} report{'s'[: result.reports != 1]}")
    if result.end.launch is not None:
        parts.append(say_time(result.end.seconds))
    line = ", ".join(parts)
    return f"{line}: {'; '.join(result.why[:2])}" if result.why else line


def format_results(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The table of what `crawler.fleet.results.describe` gives; below it what is not complete, with its log."""
    table = [
        (
            *(row["portal"], row["body"], row["verdict"]),
            *("-" if row[name] is None else str(row[name]) for name in COLUMNS[3:8]),
            *((say_time(row["seconds"]), str(row["memory_mb"])) if row["run"] else ("-", "-")),
        )
        for row in rows
    ]
    lines = format_table(COLUMNS, table, set(range(3, len(COLUMNS))))
    if bad := [row for row in rows if row["status"] and row["run"]]:
        lines += ["", "not complete:"]
        for row in bad:
            line = f"{row['portal']}: {'; '.join(row['why'])}"
            lines += [f"  {clip(line, WIDEST)}", f"    {row['log']}"]
    return lines


def format_due(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The table of portals that would be crawled."""
    return format_table(DUE_COLUMNS, [tuple(row[name] for name in DUE_COLUMNS) for row in rows])
