"""What the end of a crawl's process and the account of its run come to, and how that is shown."""

from __future__ import annotations

import json
import os
import pty
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from crawler.catalogue.errors import PortalBusyError
from crawler.catalogue.store import open_catalogue
from crawler.fleet.due import Counts
from crawler.fleet.model import End, Launch, Limits, Task
from crawler.fleet.results import Result, conclude, describe, find_untold, find_worst
from crawler.fleet.show import Display, format_results, write_result
from crawler.telling.ends import BUSY_END
from tests.catalogue.runs import open_run

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.fleet.model import Cause

TASK = Task("wolong", frozenset({"www.wolong.gov.cn"}))
LIMITS = Limits(21600, 120, 4096)
PARTIAL = {"verdict": "partial", "why": ["2 candidates unread"], "candidates": {"same": 1}, "records": {"read": 3}}
STOPPED = {"verdict": "failed", "why": ["stopped before its end: shutdown"], "records": {"read": 1}}
OVER = {**STOPPED, "why": ["stopped before its end: closespider_timeout"]}
OVER_PARTIAL = {**OVER, "verdict": "partial"}
UNWRITTEN = "it was partial, but its feed or the catalogue could not be written"
LOG = """\
2027-02-02 01:00:00 [scrapy.core.scraper] ERROR: Error processing {'a': 1}
Traceback (most recent call last):
  File "x.py", line 1, in <module>
2027-02-02 01:00:01 [scrapy.core.engine] INFO: Spider closed (failed)
"""
FAULT = "Traceback (most recent call last):\n  File\nImportError: no module named x\n"


def end(folder: Path, status: int | None, cause: Cause = "", *, forced: bool = False) -> End:
    launch = Launch(("scrapy",), folder.name, folder / "crawl.log")
    return End(TASK, launch, status, cause, forced, 12.3, 90 << 20)


@pytest.mark.parametrize(
    ("status", "cause", "forced", "account", "log", "verdict", "why"),
    [
        (3, "", False, PARTIAL, "", "partial", "2 candidates unread"),
        (3, "time", False, PARTIAL, "", "partial", "2 candidates unread"),  # it was done when it was asked to stop
        (1, "", False, PARTIAL, "", "failed", UNWRITTEN),
        (1, "", False, STOPPED, "", "failed", "stopped before its end: shutdown"),
        (1, "", False, OVER, "", "timed_out", "ended by itself after 0:12, before --timeout"),
        (1, "time", False, OVER, "", "timed_out", "ended by itself after 0:12, before --timeout"),  # at the last moment
        (3, "", False, OVER_PARTIAL, "", "timed_out", "ended by itself after 0:12, before --timeout"),
        (1, "", False, OVER_PARTIAL, "", "failed", UNWRITTEN),
        (1, "time", False, OVER_PARTIAL, "", "failed", UNWRITTEN),  # and was asked to stop meanwhile
        (-9, "time", True, OVER, "", "timed_out", "stopped after 6:00:00 (--timeout), and killed after 2:00 more"),
        (1, "time", False, STOPPED, "", "timed_out", "stopped after 6:00:00 (--timeout)"),
        (-9, "time", True, None, "", "timed_out", "stopped after 6:00:00 (--timeout), and killed after 2:00 more"),
        (-9, "memory", True, None, "", "out_of_memory", "it took more than 4,096 MB and was killed (--memory)"),
        (-9, "memory", True, PARTIAL, "", "out_of_memory", "it took more than 4,096 MB and was killed (--memory)"),
        (1, "stop", False, STOPPED, "", "interrupted", "stopped by hand"),
        (-9, "stop", True, None, "", "interrupted", "killed by hand"),
        (-11, "", False, PARTIAL, "", "crashed", "killed by SIGSEGV; its log ends with: nothing"),
        (
            1,
            "",
            False,
            None,
            FAULT,
            "crashed",
            "ended with status 1; its log ends with: ImportError: no module named x",
        ),
        (-9, "", False, None, LOG, "crashed", "killed by SIGKILL; its log ends with: Error processing {'a': 1}"),
        (
            *(1, "", False, {"verdict": "failed", "why": ["stopped before its end: memusage_exceeded"]}, ""),
            *("out_of_memory", "stopped before its end: memusage_exceeded"),
        ),
    ],
)
def test_an_end_has_a_verdict_and_a_reason(
    tmp_path: Path,
    status: int,
    cause: Cause,
    forced: bool,
    account: dict[str, Any] | None,
    log: str,
    verdict: str,
    why: str,
) -> None:
    (tmp_path / "crawl.log").write_text(log, encoding="utf-8")
    if account is not None:
        (tmp_path / "run.json").write_text(json.dumps(account), encoding="utf-8")
    result = conclude(end(tmp_path, status, cause, forced=forced), LIMITS)
    assert (result.verdict, result.why) == (verdict, (why,))
    assert result.status == (3 if verdict == "partial" else 1)


def test_a_portal_that_another_run_holds_is_said(tmp_path: Path) -> None:
    catalogue = open_catalogue(None, tmp_path)
    with open_run(catalogue, "20270201T031500.000000Z"), pytest.raises(PortalBusyError) as busy, open_run(catalogue):
        pass
    catalogue.close()
    head = "2027-02-02 01:00:00 [crawler.extensions.catalogue] ERROR: "
    more = "2027-02-02 01:00:01 [scrapy.core.engine] INFO: Spider closed (already_running)\n"
    (tmp_path / "crawl.log").write_text(f"{head}{busy.value}{BUSY_END}\n{more}", encoding="utf-8")
    result = conclude(end(tmp_path, 1), LIMITS)
    assert (result.verdict, result.status, result.why) == ("already_running", 1, (str(busy.value),))
    assert result.why[0].startswith("yunlai is being crawled already: run 20270201T031500.000000Z (")


def test_what_was_not_started_says_why() -> None:
    never = End(TASK, None, None, "never", forced=False, seconds=0, peak=0)
    assert conclude(never, LIMITS).verdict == "not_started"
    lost = End(TASK, None, None, "start", forced=False, seconds=0, peak=0, why="data: No space left on device")
    assert conclude(lost, LIMITS).why == ("could not be started: data: No space left on device",)


def test_who_could_not_say_itself_that_it_did_not_end_is_found(tmp_path: Path) -> None:
    done, killed = end(tmp_path, 1), end(tmp_path, -9, "time", forced=True)
    told = [
        Result(done, "complete", (), 4),
        Result(done, "failed", (), 4),
        Result(done, "timed_out", (), 4),  # it ended by itself, with an account
        Result(done, "out_of_memory", (), 4),
        Result(end(tmp_path, -9, "stop", forced=True), "interrupted", (), None),
        Result(done, "already_running", (), None),
        Result(End(TASK, None, None, "never", forced=False, seconds=0, peak=0), "not_started", (), None),
    ]
    untold = [
        Result(done, "crashed", (), None),
        Result(killed, "timed_out", (), 4),
        Result(done, "timed_out", (), None),
        Result(killed, "out_of_memory", (), None),
        Result(End(TASK, None, None, "start", forced=False, seconds=0, peak=0), "failed", (), None),
    ]
    assert find_untold([*told, *untold]) == untold


def test_the_status_of_all_is_that_of_the_worst(tmp_path: Path) -> None:
    done = end(tmp_path, -signal.SIGKILL)
    results = [
        Result(done, verdict, (), None) for verdict in ("complete", "partial", "nothing_found", "blocked", "crashed")
    ]
    assert [find_worst(results[:count]) for count in range(6)] == [0, 0, 3, 5, 4, 1]


@pytest.mark.parametrize(("seconds", "grace", "own"), [(21600, 120, 21480), (90, 120, 45), (120, 120, 60)])
def test_a_crawl_ends_by_itself_before_it_is_stopped(seconds: float, grace: float, own: float) -> None:
    assert Limits(seconds, grace, 4096).own_seconds == own


def test_a_result_is_a_line_and_a_row_of_the_table(tmp_path: Path) -> None:
    whole = Result(end(tmp_path / "1", 0), "complete", (), 4)
    part = Result(end(tmp_path / "2", 3), "partial", ("2 candidates unread",), 4)
    assert write_result(whole) == "wolong: complete, 4 reports, 0:12"
    assert write_result(part) == "wolong: partial, 4 reports, 0:12: 2 candidates unread"
    rows = [describe(whole, Counts(5, 1, 2, 2, 0, 0), "南阳市卧龙区人民政府"), describe(part, None, "南阳市")]
    assert format_results(rows) == [
        "portal  body                  verdict   reports  new  changed  vanished  failing  time  MB",
        "------  --------------------  --------  -------  ---  -------  --------  -------  ----  --",
        "wolong  南阳市卧龙区人民政府  complete        5    1        2         0        0  0:12  90",
        "wolong  南阳市                partial         4    -        -         -        -  0:12  90",
        "",
        "not complete:",
        "  wolong: 2 candidates unread",
        f"    {tmp_path / '2' / 'crawl.log'}",
    ]


def test_a_terminal_has_one_line_that_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("COLUMNS", "60")
    try:
        with open(theirs, "w", encoding="utf-8") as terminal:  # noqa: PTH123  (a descriptor)
            monkeypatch.setattr(sys, "stderr", terminal)
            display = Display(LIMITS)
            display.begin(TASK, Launch((), "1", tmp_path))
            display.show([("wolong", 62.0), ("南阳", 3725.0)], 18)
            display.end(End(TASK, None, None, "never", forced=False, seconds=0, peak=0))
            display.show([], 17)
            display.close()
        seen = b""
        with suppress(OSError):  # what was written comes in pieces, and EIO where nobody has it open any more
            while piece := os.read(ours, 4096):
                seen += piece
    finally:
        os.close(ours)
    assert seen.decode().split("\r\x1b[K") == [
        "",
        "0 done (0 not complete) · 18 waiting · 2 running: wolong 1…",
        "wolong: not_started: stopped before its turn came\r\n",
        "1 done (1 not complete) · 17 waiting · 0 running",
        "",
    ]
