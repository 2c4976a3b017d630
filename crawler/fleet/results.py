"""What became of a portal: the end of its process and the account that its run left, as one verdict."""

from __future__ import annotations

import json
import os
import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.fleet.model import MEGABYTE, say_time
from crawler.telling.account import ACCOUNT, count_reports
from crawler.telling.ends import BUSY_END, EXIT_STATUS

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.fleet.due import Counts
    from crawler.fleet.model import End, Limits

# Verdicts beside those of a crawl: none of them left an account that says all.
CRASHED = "crashed"
TIMED_OUT = "timed_out"
OUT_OF_MEMORY = "out_of_memory"
ALREADY_RUNNING = "already_running"
INTERRUPTED = "interrupted"
NOT_STARTED = "not_started"

FAILED_STATUS = EXIT_STATUS["failed"]
# From the worst to the best: what broke, who refuses, where nothing was found, what lacks something.
WORST = (FAILED_STATUS, *(EXIT_STATUS[name] for name in ("blocked", "nothing_found", "partial", "complete")))
TAIL = 65536  # bytes of a log that are searched for its last word
OVER = "closespider_timeout"  # Scrapy's finish reason of a crawl whose own time is over
_ERROR = re.compile(r" (?:ERROR|CRITICAL): (.*)")
_LOGGED = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[[^\]]*\] [A-Z]+: ")


@dataclass(frozen=True, slots=True)
class Result:
    """A portal's ``verdict`` and, if it is not ``complete``, ``why``. ``reports`` is None where no account says."""

    end: End
    verdict: str
    why: tuple[str, ...]
    reports: int | None

    @property
    def status(self) -> int:
        return EXIT_STATUS.get(self.verdict, FAILED_STATUS)


def find_untold(results: list[Result]) -> list[Result]:
    """Those whose crawl could not say itself that it did not come to its end: killed, crashed, or never started."""
    return [
        result
        for result in results
        if result.end.cause == "start"
        or result.verdict == CRASHED
        or (result.verdict in {TIMED_OUT, OUT_OF_MEMORY} and (result.end.forced or result.reports is None))
    ]


def find_worst(results: list[Result]) -> int:
    """The status of all together: that of the worst; 0 where there is none."""
    return min((result.status for result in results), key=WORST.index, default=0)


def conclude(end: End, limits: Limits) -> Result:
    """What the end of a crawl's process means."""
    if end.cause == "never":
        return Result(end, NOT_STARTED, ("stopped before its turn came",), None)
    if end.launch is None:
        return Result(end, "failed", (f"could not be started: {end.why}",), None)
    account = read_account(end.launch.log.parent)
    reports = None if account is None else count_reports(account)
    over = account is not None and not end.forced and _says(account, OVER)
    # With the status of a failure and another verdict its feed could not be written, and it is not told as delivered.
    if (
        account is not None
        and over
        and end.status == EXIT_STATUS["failed" if account["verdict"] == "failed" else "partial"]
    ):
        return Result(end, TIMED_OUT, (f"ended by itself after {say_time(end.seconds)}, before --timeout",), reports)
    if account is not None and not end.forced and account["verdict"] != "failed":
        if end.status == EXIT_STATUS.get(account["verdict"]):
            return Result(end, account["verdict"], tuple(account.get("why", ())), reports)  # in time, after all
        if end.status == FAILED_STATUS and (over or not end.cause):
            why = f"it was {account['verdict']}, but its feed or the catalogue could not be written"
            return Result(end, "failed", (why,), reports)
    word = read_last_word(end.launch.log)
    if end.cause:
        return Result(end, *_say_cause(end, limits), reports)
    if account is not None and end.status == FAILED_STATUS:
        verdict = OUT_OF_MEMORY if _says(account, "memusage_exceeded") else "failed"
        return Result(end, verdict, tuple(account.get("why", ())), reports)
    if account is None and word.endswith(BUSY_END):
        return Result(end, ALREADY_RUNNING, (word.removesuffix(BUSY_END),), None)
    return Result(end, CRASHED, (f"{say_status(end.status)}; its log ends with: {word or 'nothing'}",), reports)


def read_account(folder: Path) -> dict[str, Any] | None:
    """The account of the run in a folder; None if it left none, or none that can be read."""
    try:
        account = json.loads((folder / ACCOUNT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return account if isinstance(account, dict) and "verdict" in account else None


def _says(account: dict[str, Any], reason: str) -> bool:
    """Whether the reasons of a verdict name that finish reason."""
    return any(line.endswith(f": {reason}") for line in account.get("why", ()))


def _say_cause(end: End, limits: Limits) -> tuple[str, tuple[str, ...]]:
    late = f", and killed after {say_time(limits.grace)} more" if end.forced else ""
    if end.cause == "memory":
        return OUT_OF_MEMORY, (f"it took more than {limits.megabytes:,} MB and was killed (--memory)",)
    if end.cause == "time":
        return TIMED_OUT, (f"stopped after {say_time(limits.seconds)} (--timeout){late}",)
    return INTERRUPTED, ("killed by hand" if end.forced else "stopped by hand",)


def say_status(status: int | None) -> str:
    """A status as `subprocess` gives it, in words."""
    if status is not None and status < 0:
        try:
            return f"killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"killed by signal {-status}"
    return f"ended with status {status}"


def read_last_word(log: Path) -> str:
    """What a log says at its end, on one line: its last line or, where that is no more than what happened, the last
    error before it."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"{log}: {error.strerror}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    last = lines[-1]
    if _LOGGED.match(last) and (errors := [found[1] for line in lines if (found := _ERROR.search(line))]):
        return errors[-1]
    return _LOGGED.sub("", last)


def describe(result: Result, counts: Counts | None, body: str) -> dict[str, Any]:
    """A portal's result as plain data. Numbers that nobody knows are null."""
    end = result.end
    numbers = ("new", "changed", "same", "vanished", "failing")
    return {
        "portal": end.task.name,
        "body": body,
        "verdict": result.verdict,
        "why": list(result.why),
        "status": result.status,
        "run": None if end.launch is None else end.launch.run,
        "log": None if end.launch is None else str(end.launch.log),
        "seconds": round(end.seconds, 1),
        "memory_mb": round(end.peak / MEGABYTE),
        "reports": counts.reports if counts else result.reports,
        **{name: None if counts is None else getattr(counts, name) for name in numbers},
    }
