"""What a crawl says at its end: tables, gaps, and whether nothing is published or the spider is broken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crawler.extensions.verdict import compare_runs
from crawler.extraction.text.clean import display_width
from crawler.telling.account import read_last_run
from tests.crawl.crawling import Crawl, run_crawl, run_side_by_side
from tests.crawl.shire import HTML, LIST, REPORTS, build_plain_shire, build_shire, report_reply, write_links, write_list
from tests.crawl.shire import write_page as write
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.web.server import Route

BY_YEAR = {report.year: report for report in REPORTS}
YEARS = sorted(BY_YEAR)
GAP = next(year for year in YEARS[1:-1])  # a year with one before and one behind it
ACROSS = [year for year in YEARS if year != GAP]


def list_of(*years: int, dead: int | None = None) -> dict[str, Route]:
    """The portal with the reports of ``years``, and with a dead link to that of ``dead``."""
    links = [(BY_YEAR[year].path, BY_YEAR[year].title) for year in years]
    if dead is not None:
        links.append(("/2020/lost.html", BY_YEAR[dead].title))
    return build_shire(links, {BY_YEAR[year].path: report_reply(BY_YEAR[year]) for year in years})


def entry(*links: tuple[str, str]) -> Reply:
    return Reply(write("门户网站", write_links(links)).encode(), headers=HTML)


DECOYS = [("/n/1.html", "关于做好2022年政府信息公开工作年度报告编制工作的通知")]
COLUMN = Reply(write("政府信息公开", write_links([("/a/", "政府信息公开指南")])).encode(), headers=HTML)
PORTALS: dict[str, dict[str, Route]] = {
    "whole": build_plain_shire(2),
    "gap": list_of(*ACROSS),
    "gap by a dead link": list_of(*ACROSS, dead=GAP),
    "broken pager": {
        **build_shire(
            [(REPORTS[0].path, REPORTS[0].title)],
            {REPORTS[0].path: report_reply(REPORTS[0])},
            following="index_2.html",
        ),
        f"{LIST}index_2.html": Reply(b"down", 500, HTML),
    },
    "no column": {**build_plain_shire(1), "/": entry(("/news/", "新闻中心"))},
    "no list": {"/": entry(("/zfxxgk/", "政府信息公开")), "/zfxxgk/": COLUMN},
    "empty list": {**build_plain_shire(1), LIST: write_list([])},
    "only decoys": {**build_plain_shire(1), LIST: write_list(DECOYS)},
}


@pytest.fixture(scope="module")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Crawl]:
    def job(name: str) -> Callable[[], Crawl]:
        folder = tmp_path_factory.mktemp("crawl")

        def crawl() -> Crawl:
            with serve(PORTALS[name]) as server:
                settings = {"READER_WORKERS": "1", "RETRY_TIMES": "0"}
                return run_crawl(folder, "wolong", server.url("/"), network="loopback", settings=settings)

        return crawl

    return run_side_by_side({name: job(name) for name in PORTALS})


def test_account_has_reasons_and_years(crawls: Mapping[str, Crawl]) -> None:
    run = crawls["whole"].run
    assert (run["verdict"], run["why"], run["suspicions"], run["unseen"]) == ("complete", [], [], [])
    assert {(row["outcome"], row["count"]) for row in run["outcomes"]} == {("read", 2)}
    years = sorted(report.year for report in REPORTS[:2])
    assert [(row["body"], row["years"]) for row in run["reports"]] == [("卧龙区人民政府", years)]
    assert run["seen"]["column"]
    assert run["seen"]["list"]
    assert run["seen"]["listed"] == 2
    assert run["seen"]["pages"]["annual"] == 1


def test_tables_line_up_on_the_terminal(crawls: Mapping[str, Crawl]) -> None:
    lines = crawls["gap"].stderr.splitlines()
    at = next(n for n, line in enumerate(lines) if line.split()[:2] == ["body", "reports"])
    header, rule, row = lines[at : at + 3]
    columns = [n for n, char in enumerate(rule) if char == "-" and rule[n - 1] == " "]
    assert row.split()[0] == "卧龙区人民政府"
    assert display_width(row[: row.index(str(YEARS[0]))]) == columns[2] == header.index("years")
    assert any(line.split()[:1] == ["outcome"] for line in lines)


def test_a_missing_year_between_two_is_suspicious(crawls: Mapping[str, Crawl]) -> None:
    crawl = crawls["gap"]
    missing = [year for year in range(YEARS[0], YEARS[-1]) if year not in ACROSS]
    assert crawl.verdict == "complete"
    assert crawl.run["reports"][0]["gaps"] == missing
    (line,) = crawl.run["suspicions"]
    assert line.startswith("卧龙区人民政府: no report of ")
    assert str(GAP) in line
    assert f"  suspicious: {line}" in crawl.stderr.splitlines()
    assert "could not be had" not in line


def test_a_gap_names_the_candidate_that_may_fill_it(crawls: Mapping[str, Crawl]) -> None:
    crawl = crawls["gap by a dead link"]
    assert crawl.verdict == "partial"
    (line,) = crawl.run["suspicions"]
    assert line.endswith(f"(a candidate of {GAP} could not be had or read)")


def test_a_pager_that_broke_is_told(crawls: Mapping[str, Crawl]) -> None:
    crawl = crawls["broken pager"]
    assert crawl.verdict == "partial"
    (unseen,) = crawl.run["unseen"]
    assert unseen["url"].endswith(f"{LIST}index_2.html")
    assert (unseen["reason"], unseen["pager"]) == ("HTTP 500", True)
    assert "  1 pager broke: what the further pages list is unknown" in crawl.stderr.splitlines()


NOTHING = {
    "no column": (False, False, "no column 政府信息公开 was recognised", "scrapy doctor wolong"),
    "no list": (True, False, "the column 政府信息公开 was found, and no list of 年报", "scrapy doctor wolong"),
    "empty list": (True, True, "the list of 年报 was found (1 page) and is empty", "nothing is published there"),
    "only decoys": (True, True, "the list of 年报 was found (1 page), and what it lists is no report", ""),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_published_is_not_a_broken_spider(crawls: Mapping[str, Crawl], name: str) -> None:
    crawl = crawls[name]
    column, listed, said, do = NOTHING[name]
    assert (crawl.status, crawl.verdict) == (5, "nothing_found")
    assert (crawl.run["seen"]["column"], crawl.run["seen"]["list"]) == (column, listed)
    assert any(said in line and do in line for line in crawl.run["why"]), crawl.run["why"]
    assert any(said in line for line in crawl.stderr.splitlines())


# --- the run before


RUN = {"addresses": ["http://a/"], "years": None, "records": {"verified": 3, "read": 1}, "run": "20260101T000000Z"}


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({"records": {"verified": 4}}, []),
        ({"records": {"verified": 5}}, []),
        ({"records": {"read": 1}}, ["1 report, and the run before (20260101T000000Z) had 4"]),
        ({"records": {}}, ["no reports, and the run before (20260101T000000Z) had 4"]),
        ({"records": {}, "years": [2019, 2020]}, []),
        ({"records": {}, "addresses": ["http://b/"]}, []),
    ],
)
def test_fewer_reports_than_before_are_suspicious(change: dict[str, object], lines: list[str]) -> None:
    assert compare_runs({**RUN, **change}, RUN) == lines
    assert compare_runs({**RUN, **change}, None) == []


def test_the_newest_account_is_found(tmp_path: Path) -> None:
    assert read_last_run(tmp_path / "nowhere") is None
    for name, verdict in (("20260101", "complete"), ("20260301", "partial"), ("20260201", "blocked")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps({"run": name, "verdict": verdict}), encoding="utf-8")
    (tmp_path / "20260401").mkdir()  # a crawl that still runs, or was killed
    (tmp_path / "archive").mkdir()
    assert (read_last_run(tmp_path) or {})["verdict"] == "partial"
    assert (read_last_run(tmp_path, "20260301") or {})["verdict"] == "blocked"
    assert read_last_run(tmp_path, "20260101") is None
    (tmp_path / "20260401" / "run.json").write_text("[half", encoding="utf-8")
    assert read_last_run(tmp_path) == {"run": "20260401", "verdict": "unreadable"}
