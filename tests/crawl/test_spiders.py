"""The four spiders over their portals, on real sockets: all reports, nothing else, every cell, and good manners."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.crawl.crawling import Crawl, run_crawl, run_side_by_side
from tests.sites.build import PORTALS, build_site
from tests.sites.server import Logged, SiteServer, serve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from tests.sites.site import Site, Truth

pytestmark = pytest.mark.long

REFUSED_BY_ROBOTS = "Forbidden by robots.txt"


@dataclass(frozen=True, slots=True)
class Visit:
    """A crawl of a portal and what the portal's server saw of it."""

    site: Site
    base: str
    crawl: Crawl
    log: list[Logged]
    in_flight_peak: int
    unknown: list[str]

    @property
    def paths(self) -> list[str]:
        return [entry.path for entry in self.log if entry.path != "/robots.txt"]

    def by_path(self) -> dict[str, dict[str, Any]]:
        return {record["source"]["url"].removeprefix(self.base[:-1]): record for record in self.crawl.records}


def visit(folder: Path, portal: str, *, extra: bool, start: str = "/", arguments: tuple[str, ...] = ()) -> Visit:
    with serve(build_site(portal, extra)) as server:
        return crawl_server(folder, server, portal, start=start, arguments=arguments)


def crawl_server(
    folder: Path, server: SiteServer, portal: str, *, start: str = "/", arguments: tuple[str, ...] = (), begun: int = 0
) -> Visit:
    """A crawl of a portal that is served; ``begun`` requests of its log belong to an earlier one."""
    crawl = run_crawl(folder, portal, server.url(start), *arguments)
    log = server.log[begun:]
    return Visit(server.site, server.base_url, crawl, log, server.in_flight_peak, list(server.unknown))


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Visit]:
    """Each portal with all it has (``wolong``), and with nothing but what can be read (``wolong-plain``).

    ``some-years`` is a crawl of 卧龙区 within the years 2019 and 2020, ``first`` and ``second`` are two crawls of
    南阳市 into one ``DATA_DIR``.
    """

    def job(portal: str, extra: bool) -> Any:
        folder = tmp_path_factory.mktemp(portal)
        return lambda: visit(folder, portal, extra=extra)

    def crawl_twice(folder: Path) -> tuple[Visit, Visit]:
        with serve(build_site("nanyang", extra=False)) as server:
            first = crawl_server(folder, server, "nanyang")
            full = ("-a", "full=1")  # else the feed of the second one holds nothing: the catalogue has it all
            return first, crawl_server(folder, server, "nanyang", arguments=full, begun=len(first.log))

    years = ("-a", "years=2019-2020", "-a", "_job=1")
    some, twice = tmp_path_factory.mktemp("years"), tmp_path_factory.mktemp("twice")
    done = run_side_by_side(
        {
            "twice": lambda: crawl_twice(twice),
            "some-years": lambda: visit(some, "wolong", extra=True, start="/zfxxgk/", arguments=years),
            **{
                f"{portal}{'' if extra else '-plain'}": job(portal, extra)
                for portal in PORTALS
                for extra in (True, False)
            },
        }
    )
    first, second = done.pop("twice")
    return {**done, "first": first, "second": second}


EACH = pytest.mark.parametrize("name", [f"{portal}{kind}" for portal in PORTALS for kind in ("", "-plain")])
FULL = pytest.mark.parametrize("name", list(PORTALS))


@EACH
def test_finds_every_report_and_nothing_else(visits: Mapping[str, Visit], name: str) -> None:
    seen = visits[name]
    wanted = {(truth.path, truth.body, truth.year) for truth in seen.site.truth}
    found = [(path, record["agency"]["name"], record["year"]) for path, record in seen.by_path().items()]
    assert set(found) == wanted  # recall and precision
    assert len(seen.crawl.records) == len(wanted) == len({record["report_id"] for record in seen.crawl.records})


@EACH
def test_reads_every_cell(visits: Mapping[str, Visit], name: str) -> None:
    seen = visits[name]
    for truth in seen.site.truth:
        record = seen.by_path()[truth.path]
        assert record["tables"] == truth.tables, truth.path
        assert (record["title"], record["generation"]) == (truth.title, truth.generation)
        # The date stands on a report's own page. A linked document seldom prints one.
        assert record["published"] in ({truth.published} if is_page(truth) else {truth.published, None})
        linked = {row["url"]: row["found_on"] for row in seen.crawl.candidates}[seen.base[:-1] + truth.path]
        landing = seen.base[:-1] + truth.path if is_page(truth) else linked
        assert record["source"]["landing_url"] == landing
        if truth.landing_path != truth.path:
            assert landing == seen.base[:-1] + truth.landing_path
        assert record["source"]["media_type"] == truth.media_type
        assert record["confidence"] in ({"read"} if truth.generation == "free" else {"verified", "read"}), truth.path


def is_page(truth: Truth) -> bool:
    return truth.media_type == "text/html" and truth.landing_path == truth.path


@EACH
def test_keeps_its_manners(visits: Mapping[str, Visit], name: str) -> None:
    seen = visits[name]
    assert seen.log[0].path == "/robots.txt"
    assert not seen.site.disallowed & set(seen.paths)
    assert not seen.site.news & set(seen.paths)
    assert not seen.unknown
    assert seen.in_flight_peak == 1
    assert len(seen.paths) == len(set(seen.paths))  # nothing is asked twice
    assert {entry.user_agent.partition("/")[0] for entry in seen.log} == {"nianbao"}
    assert {entry.method for entry in seen.log} == {"GET"}


# Requests each portal costs, robots.txt among them: a change here wants a reason.
REQUESTS = {
    "wolong": 24,
    "wolong-plain": 10,
    "nanyang": 22,
    "nanyang-plain": 8,
    "xixia": 32,
    "xixia-plain": 17,
    "jianxi": 19,
    "jianxi-plain": 8,
}


@EACH
def test_asks_no_more_than_it_needs(visits: Mapping[str, Visit], name: str) -> None:
    seen = visits[name]
    assert seen.crawl.run["requests"] == len(seen.log)
    assert len(seen.log) == REQUESTS[name]


@EACH
def test_accounts_for_every_candidate(visits: Mapping[str, Visit], name: str) -> None:
    seen = visits[name]
    outcomes = seen.crawl.outcomes(seen.base)
    assert len(outcomes) == len(seen.crawl.candidates)
    assert "listed" not in {outcome for outcome, _ in outcomes.values()}
    assert all(row["found_on"].startswith(seen.base) and row["text"] for row in seen.crawl.candidates)
    assert all(reason for outcome, reason in outcomes.values()), "a candidate without a reason"
    assert {path for path, (outcome, _) in outcomes.items() if outcome == "read"} == {t.path for t in seen.site.truth}
    for truth in seen.site.truth:
        if truth.landing_path != truth.path:
            assert outcomes[truth.landing_path][0] == "followed"
    for path in outcomes.keys() & seen.site.decoys.keys():
        assert outcomes[path][0] == "refused"


@FULL
def test_names_what_nobody_can_read(visits: Mapping[str, Visit], name: str) -> None:
    seen = visits[name]
    assert seen.site.truth_unreadable
    for lost in seen.site.truth_unreadable:
        outcome, reason = seen.crawl.outcomes(seen.base)[lost.path]
        assert (outcome, reason) == {
            "http_404": ("failed", "HTTP 404"),
            "pdf": ("unread", "the pages hold no text"),
        }[lost.reason]
        assert f"{outcome}: {seen.base[:-1]}{lost.path}: {reason}" in seen.crawl.stderr
    assert (seen.crawl.verdict, seen.crawl.status) == ("partial", 3)


@pytest.mark.parametrize("name", [f"{portal}-plain" for portal in PORTALS])
def test_a_whole_portal_is_complete(visits: Mapping[str, Visit], name: str) -> None:
    seen = visits[name]
    assert (seen.crawl.verdict, seen.crawl.status) == ("complete", 0)
    assert seen.crawl.run["why"] == []
    assert "WARNING" not in seen.crawl.stderr
    assert "ERROR" not in seen.crawl.stderr


@EACH
def test_writes_the_account_of_its_run(visits: Mapping[str, Visit], name: str) -> None:
    crawl = visits[name].crawl
    assert crawl.folder == crawl.data_dir / crawl.run["portal"] / crawl.run["run"]
    assert not (crawl.folder / "reports.jsonl").exists()  # -O stands instead of the configured feed
    assert not (crawl.folder / "rejects.jsonl").exists()
    assert not list(crawl.data_dir.rglob("*.part"))
    run = crawl.run
    assert run["portal"] == name.removesuffix("-plain")
    assert run["candidates"]["all"] == len(crawl.candidates)
    assert sum(n for outcome, n in run["candidates"].items() if outcome != "all") == len(crawl.candidates)
    assert run["candidates"]["read"] == sum(run["records"].values()) == len(crawl.records)
    assert run["started"] <= run["finished"]
    assert set(run["versions"]) >= {"parser", "schema", "scrapy"}
    assert run["bytes"] > 0


def by_url(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {record["source"]["url"]: record for record in records}


def test_portal_with_a_forbidden_list_says_so(visits: Mapping[str, Visit]) -> None:
    seen = visits["wolong"]
    assert any("/search/nianbao.html" in line and REFUSED_BY_ROBOTS in line for line in seen.crawl.run["why"])


# --- years ----------------------------------------------------------------------------------------------------------


def test_years_limit_a_crawl(visits: Mapping[str, Visit]) -> None:
    seen = visits["some-years"]
    wanted = {truth.path for truth in seen.site.truth if 2019 <= truth.year <= 2020}
    assert set(seen.by_path()) == wanted
    others = {truth.landing_path for truth in seen.site.truth if not 2019 <= truth.year <= 2020}
    assert not others & set(seen.paths)  # not even asked for
    assert {seen.crawl.outcomes(seen.base)[path][0] for path in others} == {"skipped"}
    # The dead link and the PDF are of other years: within these years only the forbidden list is unseen.
    assert len(seen.crawl.run["why"]) == 1
    assert seen.crawl.run["years"] == [2019, 2020]


# --- archive and second crawl --------------------------------------------------------------------------------------


@EACH
def test_every_record_can_be_found_in_the_archive(visits: Mapping[str, Visit], name: str) -> None:
    crawl = visits[name].crawl
    for record in crawl.records:
        assert payload_digest(crawl.data_dir, record) == record["source"]["sha256"]


def payload_digest(data_dir: Path, record: dict[str, Any]) -> str:
    place = record["source"]["archive"]
    with (data_dir / place["file"]).open("rb") as file:
        file.seek(place["offset"])
        archived = next(iter(ArchiveIterator(file)))
        assert archived.rec_type == "response"
        assert archived.rec_headers.get_header("WARC-Target-URI") == record["source"]["url"]
        return hashlib.sha256(archived.content_stream().read()).hexdigest()


@FULL
def test_warcio_accepts_the_archive(visits: Mapping[str, Visit], name: str) -> None:
    archives = list(visits[name].crawl.data_dir.rglob("*.warc.gz"))
    assert len(archives) == 1
    checked = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", *map(str, archives)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_second_crawl_asks_conditionally_and_reads_the_same(visits: Mapping[str, Visit]) -> None:
    assert {entry.status for entry in visits["first"].log} == {200}
    assert visits["second"].paths == visits["first"].paths
    assert {entry.status for entry in visits["second"].log} == {304}
    first, second = visits["first"].crawl, visits["second"].crawl
    assert [without_times(record) for record in second.records] == [without_times(record) for record in first.records]
    # The page did not come again, so the record names the file in which its payload stands.
    assert [r["source"]["archive"] for r in second.records] == [r["source"]["archive"] for r in first.records]
    assert all(payload_digest(second.data_dir, record) == record["source"]["sha256"] for record in second.records)
    assert (second.verdict, second.status) == ("complete", 0)


def without_times(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what differs between two crawls of an unchanged portal."""
    source = {name: value for name, value in record["source"].items() if name not in {"fetched_at", "archive"}}
    version = {name: value for name, value in record["version"].items() if name not in {"first_seen", "last_seen"}}
    return {**record, "source": source, "version": version}
