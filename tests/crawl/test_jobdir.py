"""Crawls with a JOBDIR: after a clean stop, after a kill, and two at once."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

import pytest

from crawler.extensions.jobdir import LOCK, MARK
from crawler.telling.account import read_last_run
from tests.catalogue.test_delivery import Ran, crawl
from tests.crawl.shire import build_plain_shire
from tests.web.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.server import WebServer

YEARS = [(2021, 1), (2023, 1), (2024, 1)]


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with serve(build_plain_shire(3)) as server:
        yield server


def crawl_job(folder: Path, server: WebServer, *arguments: str) -> Ran:
    settings = {"SPIDER_MODULES": "tests.catalogue.killed", "JOBDIR": str(folder / "job")}
    return crawl(folder / "data", server, *arguments, spider="killed", **settings)


def find_aside(folder: Path) -> list[Path]:
    return list(folder.glob("job.broken-*"))


def test_what_a_kill_left_is_set_aside(tmp_path: Path, server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KILL_AT", "item_scraped")
    assert crawl_job(tmp_path, server).done.status == -9
    left = {path.name for path in (tmp_path / "job").iterdir()}
    assert "requests.queue" in left
    assert MARK not in left
    monkeypatch.setenv("KILL_AT", "")
    again = crawl_job(tmp_path, server)
    assert (again.done.status, again.years()) == (0, YEARS), again.done.stderr
    (aside,) = find_aside(tmp_path)
    (line,) = (line for line in again.done.lines if "JOBDIR" in line)
    assert f"WARNING: {tmp_path}/job: no clean stop left this JOBDIR; it is now {aside}," in line
    assert {path.name for path in aside.iterdir()} == left
    assert (tmp_path / "job" / MARK).exists()


def test_what_a_clean_stop_left_is_gone_on_with(tmp_path: Path, server: WebServer) -> None:
    stopped = crawl_job(tmp_path, server, "-s", "CLOSESPIDER_PAGECOUNT=3")
    assert len(stopped.feed) < len(YEARS)
    # Its bound was reached in good order: what it read is delivered, and the rest is for the next run.
    account = read_last_run(tmp_path / "data" / "killed")
    assert account is not None
    assert (stopped.done.status, account["verdict"]) == (3, "partial")
    assert account["why"][0] == "stopped before its end: closespider_pagecount"
    assert stopped.of("new") == [year for year, _ in stopped.years()]
    assert (tmp_path / "job" / MARK).exists()
    resumed = crawl_job(tmp_path, server)
    assert (resumed.done.status, resumed.years()) == (0, YEARS), resumed.done.stderr
    assert (find_aside(tmp_path), "JOBDIR" in resumed.done.stderr) == ([], False)
    third = crawl_job(tmp_path, server)
    assert (third.done.status, third.feed, third.of("vanished")) == (0, [], [])
    assert third.of("same") == [year for year, _ in YEARS]


def test_what_another_crawl_uses_is_left_to_it(tmp_path: Path, server: WebServer) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "requests.seen").touch()
    with (folder / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        beside = crawl_job(tmp_path, server)
    assert (beside.done.status, beside.years()) == (0, YEARS)
    (line,) = (line for line in beside.done.lines if "JOBDIR" in line)
    assert line.endswith("cannot be used, and the crawl goes on without: another crawl uses it")
    assert {path.name for path in folder.iterdir()} == {"requests.seen", LOCK}
    assert find_aside(tmp_path) == []
