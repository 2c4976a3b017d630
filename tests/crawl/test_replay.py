"""A live crawl's archive, crawled again without a network: the same records, or a clear word of what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter

from tests.crawl.crawling import ROOT, Crawl, run_crawl, run_side_by_side
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
            return run_crawl(own, PORTAL, base, offline=True, private=False, settings={"REPLAY": str(copy)})

        jobs[name] = job
    return Replayed(base, live, **run_side_by_side(jobs))


def leave_out(archive: Path, copy: Path, lost: str | None) -> None:
    """Copies an archive without the exchange of the path ``lost``."""
    with archive.open("rb") as source, copy.open("wb") as target:
        writer = WARCWriter(target, gzip=True, warc_version="WARC/1.1")
        for record in ArchiveIterator(source):
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            if lost is None or not url.endswith(lost):
                writer.write_record(record)


def test_replay_gives_the_same_records_and_verdict(replayed: Replayed) -> None:
    live, whole = replayed.live, replayed.whole
    assert len(live.records) == len(SITE.truth)
    assert [without_times(record) for record in whole.records] == [without_times(record) for record in live.records]
    # The pages are those of the live crawl, and so is the time at which they were fetched.
    times = [[record["source"]["fetched_at"] for record in crawl.records] for crawl in (live, whole)]
    assert times[0] == times[1]
    assert (whole.status, whole.verdict, whole.run["why"]) == (live.status, live.verdict, live.run["why"])
    assert whole.candidates == live.candidates
    assert not list(whole.data_dir.rglob("*.warc.gz"))  # what comes from an archive is not archived again


@pytest.mark.parametrize(("name", "lost"), [("no_report", LOST_REPORT), ("no_list", LOST_LIST)])
def test_page_that_the_archive_lacks_is_named_and_fails_the_crawl(replayed: Replayed, name: str, lost: str) -> None:
    crawl: Crawl = getattr(replayed, name)
    assert (crawl.status, crawl.verdict) == (1, "failed")
    assert f"replay: not in the archive: {replayed.base[:-1]}{lost}" in crawl.stderr
    assert any("1 address" in line for line in crawl.run["why"])
    assert 0 < len(crawl.records) < len(replayed.live.records)


def test_sample_archive_is_whole(tmp_path: Path) -> None:
    sample = ROOT / "crawler" / "samples" / "portals.warc.gz"
    crawl = run_crawl(tmp_path, "xixia", None, offline=True, private=False, settings={"REPLAY": str(sample)})
    assert (crawl.status, crawl.verdict, len(crawl.records)) == (0, "complete", 1)
    assert crawl.run["addresses"] == ["http://www.xixia.gov.cn/zfxxgk/", "http://www.xixia.gov.cn/zfxxgk/dfbmptlj/"]
