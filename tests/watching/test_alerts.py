"""The file of alerts, and alerts as text."""

from __future__ import annotations

import json
import multiprocessing
import resource
from dataclasses import asdict
from pathlib import Path

import pytest

from crawler.watching.alerts import (
    append_alerts,
    cut_lines,
    make_alert,
    read_standing,
    write_subject,
    write_text,
)
from tests.watching.facts import BEFORE, RUN, STARTED, make_alerts

WRITERS, TIMES = 4, 25


def test_a_file_holds_a_line_for_each_alert(tmp_path: Path) -> None:
    path = tmp_path / "data" / "alerts.jsonl"
    append_alerts(path, make_alerts(2))
    append_alerts(path, make_alerts(1))
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows == [asdict(alert) for alert in (*make_alerts(2), *make_alerts(1))]
    assert list(rows[0]) == ["time", "portal", "run", "monitor", "message", "since", "new"]
    assert "云来县教育局" in path.read_text(encoding="utf-8")


def test_a_line_that_was_cut_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"portal": "yun')
    append_alerts(path, make_alerts(1))
    assert path.read_text(encoding="utf-8").splitlines()[0] == '{"portal": "yun'
    assert read_standing(path, "yunlai", RUN) == {"monitor0": "2026-03-20T03:15:00Z"}


def _append(path: Path) -> None:
    for _ in range(TIMES):
        append_alerts(path, make_alerts(3))


def test_processes_write_whole_lines_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_append, args=(path,)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == WRITERS * TIMES * 3
    # What one run has to say stands together.
    assert [row["monitor"] for row in rows] == ["monitor0", "monitor1", "monitor2"] * (WRITERS * TIMES)


def _append_beyond_the_limit(path: Path) -> None:
    import signal  # noqa: PLC0415

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, resource.RLIM_INFINITY))
    try:
        append_alerts(path, make_alerts(5))
    except OSError:
        raise SystemExit(3) from None


def test_on_a_full_disk_the_file_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    append_alerts(path, make_alerts(1))
    before = path.read_bytes()
    process = multiprocessing.get_context("fork").Process(target=_append_beyond_the_limit, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == 3
    assert path.read_bytes() == before


def test_what_stood_in_the_run_before_is_known(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    assert read_standing(path, "yunlai", RUN) == {}  # no file yet
    append_alerts(path, make_alerts(2))
    assert read_standing(path, "yunlai", RUN) == {"monitor0": "2026-03-20T03:15:00Z", "monitor1": STARTED}
    assert read_standing(path, "yunlai", BEFORE) == read_standing(path, "hengtai", RUN) == {}
    assert read_standing(path, "yunlai", None) == {}
    path.write_bytes(b'\xff\x00\n[1]\n"x"\n{}\n')
    assert read_standing(path, "yunlai", RUN) == {}


def test_an_alert_is_new_or_stands() -> None:
    common = {"portal": "yunlai", "run": RUN, "started": STARTED, "time": STARTED, "standing": {"errors": "x"}}
    new = make_alert("unread", "3 candidates", **common)
    assert (new.message, new.since, new.new) == ("yunlai: unread: 3 candidates: docs/logs.md#alerts", STARTED, True)
    old = make_alert("errors", "a\nb\x1b[31m" + "c" * 1000, **common)
    assert (old.since, old.new) == ("x", False)
    assert old.message.startswith("yunlai: errors: a b [31mccc")
    assert old.message.endswith("c…: docs/logs.md#alerts")
    assert len(old.message) < 500


def test_text_says_since_when() -> None:
    alerts = make_alerts(2)
    assert write_subject(alerts, "partial") == "nianbao: yunlai: partial, 2 alerts"
    assert write_subject(alerts[:1], None) == "nianbao: yunlai: no verdict, 1 alert"
    assert write_text(alerts, "partial") == [
        "nianbao: yunlai: partial, 2 alerts",
        f"run {RUN}",
        f"{alerts[0].message} (since 2026-03-20T03:15:00Z)",
        alerts[1].message,
    ]


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (100, "年报\n第二\n第三"),
        (20, "年报\n第二\n第三"),  # as many bytes as it has
        (38, "年报\n第二\n第三"),
        (19, "and 3 more: alerts.jsonl"),  # nothing fits, and it is said
    ],
)
def test_text_is_cut_by_the_line(limit: int, text: str) -> None:
    assert cut_lines(["年报", "第二", "第三"], limit) == text


def test_text_that_is_cut_says_how_much() -> None:
    text = cut_lines([f"第{n}行" * 20 for n in range(30)], 2048)
    assert len(text.encode()) <= 2048
    kept = text.splitlines()
    assert kept[-1] == f"and {30 - len(kept) + 1} more: alerts.jsonl"
    assert kept[0] == "第0行" * 20
