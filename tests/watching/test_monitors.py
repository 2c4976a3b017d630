"""The monitors as Spidermon runs them, over plain facts; what is done with what they find; and their documentation."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.extension import ExtensionManager
from scrapy.settings import Settings
from spidermon import Monitor, MonitorResult, MonitorRunner, MonitorSuite

from crawler.watching import rules
from crawler.watching.alerts import SEE
from crawler.watching.door import Watching
from crawler.watching.extension import WatchingSpidermon, read_reason
from crawler.watching.facts import read_start
from crawler.watching.model import Facts
from crawler.watching.monitors import CrawlSuite, StartSuite
from crawler.watching.outside import STALLED, UNFINISHED
from crawler.watching.watch import Watch
from settings import base
from tests.test_rooms import ROOT
from tests.watching.facts import BEFORE, GOOD, RUN, STARTED, spoil
from tests.watching.servers import Mailbox, Robot, serve_mail, serve_robot
from tests.watching.test_rules import CASES

DOOR = "crawler.watching.door.Watching"


def run_suite(
    facts: Facts, folder: Path, suite: MonitorSuite | None = None, **more: Any
) -> tuple[MonitorResult, Watch]:
    watch = Watch(Settings({"DATA_DIR": str(folder), **more}), facts)
    return MonitorRunner().run(suite or CrawlSuite(), watch=watch, meta={}), watch


def test_a_good_crawl_passes_all_monitors(tmp_path: Path) -> None:
    result, watch = run_suite(GOOD, tmp_path)
    assert result.all_monitors_passed
    assert len(result.monitor_results) == len(CrawlSuite.monitors)
    assert watch.list_alerts(result) == ()
    assert list(tmp_path.iterdir()) == []


def test_there_is_a_monitor_for_each_rule(tmp_path: Path) -> None:
    asked = {name for name in vars(rules) if name.startswith("find_")} - {"find_overdue"}
    source = (ROOT / "crawler" / "watching" / "monitors.py").read_text(encoding="utf-8")
    assert set(re.findall(r"self\.check\(rules\.(\w+)\)", source)) == asked
    assert len(list_names()) == len(asked)


def list_names() -> set[str]:
    return {monitor.monitor_name for suite in (StartSuite(), CrawlSuite()) for monitor in suite.all_monitors}


@pytest.mark.parametrize(("facts", "said"), [case[1:] for case in CASES if case[0] != "find_broken_off"])
def test_a_monitor_fails_with_what_its_rule_says(facts: Facts, said: str, tmp_path: Path) -> None:
    result, watch = run_suite(facts, tmp_path)
    alerts = watch.list_alerts(result)
    assert [alert for alert in alerts if alert.message.endswith(f": {said}: {SEE}")]
    assert {alert.message.split(": ")[0] for alert in alerts} == {"yunlai"}
    rows = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["message"] for row in rows] == [alert.message for alert in alerts]


def test_every_monitor_is_documented_where_its_message_points() -> None:
    path, _, anchor = SEE.partition("#")
    text = (ROOT / path).read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {anchor.capitalize()}$(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == {*list_names(), UNFINISHED, STALLED}


def test_who_was_killed_is_told_of_when_the_next_one_begins(tmp_path: Path) -> None:
    """And where that one is killed too, since when."""
    begins = spoil(verdict=None, reason=None, past={"broken_off": "killed"})
    result, watch = run_suite(begins, tmp_path, StartSuite())
    (alert,) = watch.list_alerts(result)
    assert (alert.monitor, alert.since, watch.verdict) == ("broken_off", STARTED, "begins")
    again = replace(spoil(verdict=None, reason=None, past={"broken_off": RUN}), run="later", started="later")
    result, watch = run_suite(again, tmp_path, StartSuite())
    assert [(one.since, one.new) for one in watch.list_alerts(result)] == [(STARTED, False)]
    result, watch = run_suite(GOOD, tmp_path, StartSuite())
    assert watch.list_alerts(result) == ()


def test_an_alert_that_stands_keeps_its_day(tmp_path: Path) -> None:
    earlier = replace(spoil(unread=1), run=BEFORE, started="2026-03-20T03:15:00Z")
    run_suite(earlier, tmp_path)
    result, watch = run_suite(spoil(unread=1, errors=1), tmp_path)
    stood = {alert.monitor: (alert.since, alert.new) for alert in watch.list_alerts(result)}
    assert stood == {"unread": ("2026-03-20T03:15:00Z", False), "errors": (STARTED, True)}
    # What was not found in between is new when it comes again.
    result, watch = run_suite(replace(spoil(past={"before": RUN}, errors=1), run="later"), tmp_path)
    assert [(alert.monitor, alert.since) for alert in watch.list_alerts(result)] == [("errors", STARTED)]
    result, watch = run_suite(replace(spoil(past={"before": "later"}, unread=1), run="last"), tmp_path)
    assert [(alert.monitor, alert.new) for alert in watch.list_alerts(result)] == [("unread", True)]


def test_a_monitor_that_breaks_is_an_alert_of_its_own(tmp_path: Path) -> None:
    class Broken(Monitor):  # type: ignore[misc]
        def test(self) -> None:
            raise ZeroDivisionError("a fault\nof the monitor")

    suite = CrawlSuite(monitors=[Broken])
    result, watch = run_suite(spoil(unread=1), tmp_path, suite)
    assert {alert.monitor: alert.message for alert in watch.list_alerts(result)} == {
        "unread": f"yunlai: unread: 1 candidate unread (bound: 0): {SEE}",
        "Broken": f"yunlai: Broken: the monitor broke: of the monitor: {SEE}",
    }


# --- actions ----------------------------------------------------------------------------------------------------------


def test_one_way_that_fails_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "alerts.jsonl").mkdir()  # no file can be written there
    good, bad = Robot(), Robot(500, b"out of order")
    with serve_robot(good), serve_robot(bad), serve_mail(Mailbox(answers={"MAIL": "550 no"})) as box:
        result, watch = run_suite(
            spoil(unread=1),
            tmp_path,
            ALERT_MAIL_TO="a@example.org",
            ALERT_MAIL_FROM="n@example.org",
            ALERT_MAIL_HOST="127.0.0.1",
            ALERT_MAIL_PORT=box.port,
            ALERT_MAIL_SECURITY="none",
            ALERT_DINGTALK=bad.url("/token"),
            ALERT_WEBHOOK=good.url("/token"),
        )
    failed = [read_reason(item.error) for item in result.monitors_failed_action_results if item.error]
    assert failed == [
        f"alerts.jsonl: [Errno 21] Is a directory: '{tmp_path / 'alerts.jsonl'}'",
        f"mail: 127.0.0.1:{box.port}: 550 no",
        "dingtalk: 127.0.0.1: HTTP 500 out of order",
    ]
    (posted,) = good.posted
    (alert,) = watch.list_alerts(result)
    assert posted.json["alerts"] == [json.loads(json.dumps({**_plain(alert)}))]
    assert {key: posted.json[key] for key in ("source", "portal", "run", "verdict")} == {
        "source": "nianbao",
        "portal": "yunlai",
        "run": RUN,
        "verdict": "complete",
    }
    assert posted.json["text"].splitlines() == ["nianbao: yunlai: complete, 1 alert", f"run {RUN}", alert.message]


def _plain(alert: Any) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in alert.__slots__}


def test_what_is_not_set_is_passed_over(tmp_path: Path) -> None:
    result, watch = run_suite(spoil(unread=1), tmp_path)
    assert watch.list_alerts(result) is watch.list_alerts(result)
    assert [(item.action.name, item.status) for item in result.monitors_failed_action_results] == [
        ("KeepAlerts", "OK"),
        ("MailAlerts", "SKIPPED"),
        ("SendAlerts", "SKIPPED"),
    ]


# --- the door ---------------------------------------------------------------------------------------------------------


def make_crawler(**more: Any) -> Crawler:
    settings = Settings({"LOG_ENABLED": False, "TWISTED_REACTOR_ENABLED": False, "EXTENSIONS_BASE": {}})
    settings.setmodule(base)
    settings.setdict({"EXTENSIONS": {DOOR: 500}, "ADDONS": {}, "SPIDERMON_ENABLED": True, **more}, priority="cmdline")
    return Crawler(Spider, settings)


def open_door(caplog: pytest.LogCaptureFixture, **more: Any) -> tuple[ExtensionManager, list[str]]:
    """The extensions of a crawl that begins, and its warnings."""
    with caplog.at_level(logging.WARNING):
        manager = ExtensionManager.from_crawler(make_crawler(**more))
    return manager, [record.getMessage() for record in caplog.records]


def test_it_is_on_where_the_setting_is(caplog: pytest.LogCaptureFixture) -> None:
    manager, said = open_door(caplog)
    assert [type(one) for one in manager.middlewares] == [WatchingSpidermon]
    assert said == []
    (suite,) = manager.middlewares[0].engine_stopped_suites
    assert isinstance(suite, CrawlSuite)
    (suite,) = manager.middlewares[0].spider_opened_suites
    assert isinstance(suite, StartSuite)


@pytest.mark.parametrize("more", [{"SPIDERMON_ENABLED": False}, {"REPLAY": "a.warc.gz"}])
def test_it_is_off_without_a_word(more: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    manager, said = open_door(caplog, **more)
    assert (manager.middlewares, said) == ((), [])


def test_without_the_extra_one_line_says_so(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        one for one in sys.modules if one.partition(".")[0] == "spidermon" or one.startswith("crawler.watching.ext")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "spidermon", None)
    manager, (line,) = open_door(caplog)
    assert manager.middlewares == ()
    assert line.startswith(f"Disabled {DOOR}: import of spidermon")
    assert line.endswith("; this crawl is not watched: pip install 'nianbao[watch]', or set SPIDERMON_ENABLED=0")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            {"WATCH_UNREAD_MOST": "x"},
            "WATCH_UNREAD_MOST must be a whole number from 0, not 'x'; this crawl is not watched",
        ),
        (
            {"SPIDERMON_ENGINE_STOP_MONITORS": [], "SPIDERMON_SPIDER_OPEN_MONITORS": []},
            "SPIDERMON_SPIDER_OPEN_MONITORS and SPIDERMON_ENGINE_STOP_MONITORS name no monitors; this crawl is not "
            "watched",
        ),
    ],
)
def test_settings_that_cannot_be_are_one_line(
    more: dict[str, Any], says: str, caplog: pytest.LogCaptureFixture
) -> None:
    manager, said = open_door(caplog, **more)
    assert manager.middlewares == ()
    assert said == [f"Disabled {DOOR}: {says}"]


def test_another_spider_is_not_watched(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    crawler = make_crawler(DATA_DIR=str(tmp_path))
    crawler._apply_settings()
    crawler.spider = Spider("shire")
    with caplog.at_level(logging.INFO):
        asyncio.run(send_signals(crawler))
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert list(tmp_path.iterdir()) == []


async def send_signals(crawler: Crawler) -> None:
    for signal in (signals.spider_opened, signals.spider_closed, signals.engine_stopped):
        await crawler.signals.send_catch_log_async(signal, spider=crawler.spider, reason="finished")


def test_the_door_itself_has_no_state() -> None:
    with pytest.raises(NotConfigured):
        Watching.from_crawler(make_crawler(SPIDERMON_ENABLED=False))


def test_a_run_began_when_its_name_says() -> None:
    assert read_start(RUN, None).isoformat() == "2026-04-20T03:15:00+00:00"
    began = read_start(RUN, None)
    assert read_start("by-hand", began) == began
    assert read_start("by-hand", None).tzinfo is not None
