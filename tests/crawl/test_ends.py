"""Crawls that end by a fault of our own, or because somebody stopped them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from tests.crawl.crawling import PATIENCE, QUICK, ROOT, read_lines, run_crawl
from tests.crawl.shire import REPORTS, build_plain_shire
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.server import Asked


def test_fault_of_the_spider_makes_the_crawl_fail_and_costs_one_page(tmp_path: Path) -> None:
    broken = next(report for report in REPORTS if report.path == "/2020/01-21/910740.html")
    count = len(REPORTS)
    with serve(build_plain_shire(count)) as server:
        crawl = run_crawl(tmp_path, "crashing", server.url("/"), settings={"SPIDER_MODULES": "tests.crawl.faulty"})
        outcomes = crawl.outcomes(server.url("/"))
    assert (crawl.status, crawl.verdict) == (1, "failed")
    assert crawl.run["why"] == ["the spider crashed on 1 page; see the log"]
    assert outcomes[broken.path] == ("failed", "the spider crashed: ZeroDivisionError: a fault of the spider")
    assert len(crawl.records) == count - 1
    assert "ZeroDivisionError" in crawl.stderr
    # A crawl that failed replaces nothing: what there is of its records stands beside.
    assert not (tmp_path / "out.jsonl").exists()
    assert (tmp_path / "out.jsonl.incomplete").exists()


def test_crawl_that_is_stopped_accounts_for_what_it_left(tmp_path: Path) -> None:
    asked = threading.Event()

    def answer(_: Asked) -> Reply:
        asked.set()
        return Reply(b"late", wait=True)

    routes = {**build_plain_shire(3), **{report.path: answer for report in REPORTS[:3]}}
    settings = {**QUICK, "DATA_DIR": str(tmp_path), "ALLOW_PRIVATE_ADDRESSES": "1", "LOG_LEVEL": "INFO"}
    with serve(routes) as server:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "scrapy", "crawl", "wolong", "-a", f"url={server.url('/')}"),
                *(part for name, value in settings.items() for part in ("-s", f"{name}={value}")),
            ],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stderr is not None
        assert asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        while "SIGTERM" not in process.stderr.readline():
            assert process.poll() is None
        server.release()
        _, rest = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    run = json.loads(next(tmp_path.glob("wolong/*/run.json")).read_text(encoding="utf-8"))
    assert (run["verdict"], run["why"]) == ("failed", ["stopped before its end: shutdown"])
    candidates = read_lines(next(tmp_path.glob("wolong/*/candidates.jsonl")))
    left = [row for row in candidates if row["reason"] == "not asked for: the crawl ended before: shutdown"]
    assert len(candidates) == 3
    assert len(left) >= 2
    assert {row["outcome"] for row in left} == {"failed"}
    assert "wolong: failed: 3 candidates" in rest
