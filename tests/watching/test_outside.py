"""What is raised for crawls that cannot speak for themselves, over a real catalogue, and to a real robot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.settings import Settings

from crawler.catalogue.store import open_catalogue
from crawler.watching.alerts import SEE
from crawler.watching.outside import Broken, Ends, raise_alerts, say_stalled
from tests.catalogue.records import make_record
from tests.catalogue.runs import crawl
from tests.crawl.crawling import read_lines
from tests.watching.servers import Robot, serve_robot

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)
RUN, AGAIN, LATER = ("20270201T031500.000000Z", "20270301T031500.000000Z", "20270401T031500.000000Z")
WHY = "crashed: killed by SIGKILL; its log ends with: nothing"


def settings(folder: Path, **more: Any) -> Settings:
    return Settings({"DATA_DIR": str(folder), **more})


def test_what_was_killed_is_told_in_one_message_to_all(tmp_path: Path) -> None:
    robot = Robot()
    broken = [Broken("yunlai", RUN, WHY), Broken("qingxi", "", "failed: could not be started: data: No space left")]
    with serve_robot(robot):
        way = robot.url("/token-of-this-robot")
        lines = raise_alerts(settings(tmp_path, ALERT_WEBHOOK=way), broken, ["yunlai", "qingxi"], NOW)
    said = [
        f"yunlai: unfinished: {WHY}: {SEE}",
        f"qingxi: unfinished: failed: could not be started: data: No space left: {SEE}",
    ]
    assert lines == [f"alert: {one}" for one in said]
    rows = read_lines(tmp_path / "alerts.jsonl")
    assert [(row["run"], row["monitor"], row["message"], row["new"]) for row in rows] == [
        (RUN, "unfinished", said[0], True),
        ("", "unfinished", said[1], True),
    ]
    assert rows[0]["since"] == "2027-02-01T03:15:00Z"
    (posted,) = robot.posted
    assert posted.json["text"].splitlines() == ["nianbao: 2 portals: crawlall, 2 alerts", *said]
    assert {name: posted.json[name] for name in ("portal", "run", "verdict")} == {
        "portal": None,
        "run": None,
        "verdict": "crawlall",
    }
    assert posted.json["alerts"] == rows


def test_it_stands_until_a_run_comes_to_its_end(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    catalogue = open_catalogue(None, tmp_path)
    crawl(catalogue, make_record(2023), name="0", finished=NOW)
    raise_alerts(chosen, [Broken("yunlai", RUN, WHY)], ["yunlai"], NOW + timedelta(days=1))
    crawl(catalogue, make_record(2023), name=RUN, killed=True)
    raise_alerts(chosen, [Broken("yunlai", AGAIN, WHY)], ["yunlai"], NOW + timedelta(days=2))
    crawl(catalogue, make_record(2023), name=AGAIN, finished=NOW + timedelta(days=3))
    raise_alerts(chosen, [Broken("yunlai", LATER, WHY)], ["yunlai"], NOW + timedelta(days=4))
    catalogue.close()
    assert [(row["run"], row["since"][:10], row["new"]) for row in read_lines(tmp_path / "alerts.jsonl")] == [
        (RUN, "2027-02-01", True),
        (AGAIN, "2027-02-01", False),
        (LATER, "2027-04-01", True),
    ]


def test_a_portal_of_which_no_run_ends_for_long_is_told(tmp_path: Path) -> None:
    catalogue = open_catalogue(None, tmp_path)
    crawl(catalogue, make_record(2023), name=RUN, finished=NOW + timedelta(hours=1))
    crawl(catalogue, make_record(2023), name=AGAIN, killed=True)
    catalogue.close()
    later = NOW + timedelta(days=46, hours=2)
    said = f"no run came to its end since {NOW + timedelta(hours=1):%Y-%m-%d}, 46 days ago (bound: 45)"
    assert raise_alerts(settings(tmp_path), [], ["yunlai", "never-crawled"], later) == [
        f"alert: yunlai: stalled: {said}: {SEE}"
    ]
    assert raise_alerts(settings(tmp_path), [], ["qingxi"], later) == []  # not one of those asked for
    assert raise_alerts(settings(tmp_path, WATCH_STALLED_DAYS=46), [], ["yunlai"], later) == []
    (row,) = read_lines(tmp_path / "alerts.jsonl")
    assert row["run"] == AGAIN


@pytest.mark.parametrize(
    ("ended", "days", "said"),
    [
        (None, 45, None),
        (None, 9, "no run came to its end since the first one began on 2027-01-01, 10 days ago (bound: 9)"),
        (datetime(2027, 1, 9, tzinfo=UTC), 2, None),
        (datetime(2027, 1, 9, tzinfo=UTC), 1, "no run came to its end since 2027-01-09, 2 days ago (bound: 1)"),
        (datetime(2027, 2, 9, tzinfo=UTC), 1, None),  # the clock was ahead
    ],
)
def test_a_portal_stalls_by_its_last_end(ended: datetime | None, days: int, said: str | None) -> None:
    ends = Ends(datetime(2027, 1, 1, tzinfo=UTC), ended, RUN)
    assert say_stalled(ends, datetime(2027, 1, 11, tzinfo=UTC), days) == said


def test_a_way_that_fails_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "alerts.jsonl").mkdir()
    robot = Robot(500, b"out of order")
    with serve_robot(robot):
        chosen = settings(tmp_path, ALERT_WEBHOOK=robot.url("/token"))
        lines = raise_alerts(chosen, [Broken("yunlai", RUN, WHY)], ["yunlai"], NOW)
    assert [line.partition(": not delivered: ")[2].partition(":")[0] for line in lines] == [
        "",
        "alerts.jsonl",
        "webhook",
    ]
    assert "token" not in "".join(lines)
