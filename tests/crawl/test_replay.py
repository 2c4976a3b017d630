"""A live crawl's archive, crawled again without a network: the same records, or a clear word of what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.crawl.crawling import SAMPLE, Crawl, leave_out, run_crawl, run_side_by_side
from tests.crawl.test_spiders import without_times
from tests.sites.build import build_site
from tests.sites.server import serve

if TYPE_CHECKING:
    from pathlib import Path

PORTAL = "jianxi"
SITE = build_site(PORTAL, extra=True)
LOST_REPORT = next(truth.path for truth in SITE.truth if truth.real)
LOST_LIST = "/html/1//2/151/164/list_2.html"


@dataclass(frozen=True, slots=True)
class Replayed:
    base: str
    live: Crawl
    whole: Crawl
    no_report: Crawl
    no_list: Crawl


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    folder = tmp_path_factory.mktemp("live")
    with serve(SITE) as server:
        base = server.base_url
        live = run_crawl(folder, PORTAL, base)
    archive = next(live.data_dir.rglob("*.warc.gz"))
    jobs = {}
    for name, lost in {"whole": None, "no_report": LOST_REPORT, "no_list": LOST_LIST}.items():
        own = tmp_path_factory.mktemp(name)
        copy = own / "archive.warc.gz"
        leave_out(archive, copy, lost)

        def job(own: Path = own, copy: Path = copy) -> Crawl:
            return run_crawl(own, PORTAL, base, network="none", private=False, settings={"REPLAY": str(copy)})

        jobs[name] = job
    return Replayed(base, live, **run_side_by_side(jobs))


def test_replay_gives_the_same_records_and_verdict(replayed: Replayed) -> None:
    live, whole = replayed.live, replayed.whole
    assert len(live.records) == len(SITE.truth)
    assert [without_times(record) for record in whole.records] == [without_times(record) for record in live.records]
    # The pages are those of the live crawl, and so is the time at which they were fetched.
    assert [r["source"]["fetched_at"] for r in whole.records] == [r["source"]["fetched_at"] for r in live.records]
    assert (whole.status, whole.verdict, whole.run["why"]) == (live.status, live.verdict, live.run["why"])
    assert whole.candidates == live.candidates
    assert not list(whole.data_dir.rglob("*.warc.gz"))  # what comes from an archive is not archived again
    assert not list(whole.data_dir.rglob("catalogue*"))  # nor is it seen now


@pytest.mark.parametrize(("name", "lost"), [("no_report", LOST_REPORT), ("no_list", LOST_LIST)])
def test_page_that_the_archive_lacks_is_named_and_fails_the_crawl(replayed: Replayed, name: str, lost: str) -> None:
    crawl: Crawl = getattr(replayed, name)
    assert (crawl.status, crawl.verdict) == (1, "failed")
    assert f"replay: not in the archive: {replayed.base[:-1]}{lost}" in crawl.stderr
    assert crawl.run["why"] == ["not in the replayed archive: 1 of the addresses asked for"]
    assert 0 < len(crawl.records) < len(replayed.live.records)


def test_sample_archive_is_whole(tmp_path: Path) -> None:
    crawl = run_crawl(tmp_path, "xixia", None, network="none", private=False, settings={"REPLAY": str(SAMPLE)})
    assert (crawl.status, crawl.verdict, len(crawl.records)) == (0, "complete", 1)
    assert crawl.run["addresses"] == ["http://www.xixia.gov.cn/zfxxgk/", "http://www.xixia.gov.cn/zfxxgk/dfbmptlj/"]
