"""``scrapy demo``: the four spiders over the sample archive, without a network, on a fresh clone's settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.crawl.crawling import SAMPLE, Finished, leave_out, read_lines, run_forked, run_scrapy
from tests.sites.build import PORTALS, build_site

if TYPE_CHECKING:
    from pathlib import Path

TRUTH = {(truth.body, truth.year): (portal, truth) for portal in PORTALS for truth in build_site(portal, False).truth}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def done(data_dir: Path) -> Finished:
    return run_scrapy(["demo", "-s", f"DATA_DIR={data_dir}"], network="none")


@pytest.fixture(scope="module")
def records(done: Finished, data_dir: Path) -> list[dict[str, Any]]:
    assert (done.status, "Traceback" in done.stderr) == (0, False), done.stderr
    return read_lines(data_dir / "reports.jsonl")


def test_demo_reads_the_five_real_reports(records: list[dict[str, Any]]) -> None:
    assert len(records) == len(TRUTH) == 5
    for record in records:
        portal, truth = TRUTH[record["agency"]["name"], record["year"]]
        assert record["portal"] == portal
        assert record["tables"] == truth.tables
        assert record["confidence"] == "verified"


def test_demo_shows_one_table(done: Finished, records: list[dict[str, Any]], data_dir: Path) -> None:
    header, rule, *rows, blank, total = done.stdout.splitlines()
    assert header.split() == ["portal", "year", "body", "cells", "read", "checks", "passed", "failed", "confidence"]
    assert set(rule) == {"-", " "}
    assert (blank, total) == ("", f"5 records: {data_dir / 'reports.jsonl'}")
    for row, record in zip(rows, records, strict=True):
        cells = [value for rows_ in record["tables"].values() for row_ in rows_.values() for value in row_.values()]
        blanks = sum(value is None for value in cells)
        passed = sum(check["status"] == "pass" for check in record["checks"])
        assert row.split() == [
            *(record["portal"], str(record["year"]), record["agency"]["name"]),
            *(str(len(cells)), f"({blanks}", "blank)", str(passed), str(len(record["checks"]) - passed)),
            record["confidence"],
        ]


def test_demo_tells_how_it_goes(done: Finished) -> None:
    for portal in PORTALS:
        assert f"{portal}: reading the sample archive" in done.lines
        assert any(line.startswith(f"{portal}: complete: ") for line in done.lines)


def test_demo_leaves_a_run_of_each_portal(records: list[dict[str, Any]], data_dir: Path) -> None:
    assert records
    for portal in PORTALS:
        runs = list((data_dir / portal).iterdir())
        assert len(runs) == 1
        assert {path.name for path in runs[0].iterdir()} == {"reports.jsonl", "candidates.jsonl", "run.json"}
        assert json.loads((runs[0] / "run.json").read_text(encoding="utf-8"))["verdict"] == "complete"


def test_demo_that_fails_keeps_the_records_of_the_last_one(
    tmp_path: Path, data_dir: Path, records: list[dict[str, Any]]
) -> None:
    kept = (data_dir / "reports.jsonl").read_bytes()
    leave_out(SAMPLE, tmp_path / "cut.warc.gz", "http://www.jianxi.gov.cn/")
    failed = run_forked(
        ["demo", "-s", f"DATA_DIR={data_dir}", "-s", f"REPLAY={tmp_path / 'cut.warc.gz'}"], network="none"
    )
    assert failed.status == 1
    assert "replay: not in the archive: http://www.jianxi.gov.cn/" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert failed.stdout.count("verified") == len(records) - 1  # what could be read is shown
    assert (data_dir / "reports.jsonl").read_bytes() == kept
