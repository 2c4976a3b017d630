"""scrapyd for real: started with the configuration that the project ships, deployed to as docs/operations.md says, and
given the four portals to crawl: one of them over sockets, the others from the sample archive."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from tests.crawl.crawling import QUICK, SAMPLE, read_lines
from tests.deploy.scrapyd_server import PACKED, Scrapyd, copy_project, run_scrapyd
from tests.deploy.test_files import COMPOSE
from tests.sites.build import build_site
from tests.sites.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.long

LIVE = "jianxi"
REPORTS = {"wolong": [2019, 2023], "nanyang": [2019], "xixia": [2021], "jianxi": [2019]}


@dataclass(frozen=True, slots=True)
class Crawled:
    """scrapyd after its jobs: ``files`` are those of the project that was deployed, ``jobs`` the ids by portal."""

    server: Scrapyd
    files: set[str]
    answer: dict[str, Any]
    jobs: dict[str, str]

    def run_of(self, portal: str) -> Path:
        [run] = (self.server.state / "data" / portal).glob("*/run.json")
        return run.parent

    def log_of(self, portal: str) -> str:
        path = self.server.state / "scrapyd" / "logs" / "nianbao" / portal / f"{self.jobs[portal]}.log"
        return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("scrapyd")
    with serve(build_site(LIVE, extra=False)) as site, run_scrapyd(folder) as server:
        project = copy_project(folder / "project")
        files = {
            path.relative_to(project).as_posix()
            for name in PACKED
            if name != "deploy"
            for path in (project / name).rglob("*")
            if path.is_file()
        }
        deployed = server.deploy(project)
        assert deployed.returncode == 0, deployed.stderr + deployed.stdout
        shutil.rmtree(project)  # what runs from here on is the egg alone
        settings = {"READER_WORKERS": "1"}
        live = {**settings, **QUICK, "ALLOW_PRIVATE_ADDRESSES": "1"}
        jobs = {LIVE: server.schedule(LIVE, live, url=site.base_url)}
        for portal in sorted(REPORTS.keys() - {LIVE}):
            jobs[portal] = server.schedule(portal, {**settings, "REPLAY": str(SAMPLE)})
        server.wait_for(list(jobs.values()))
        yield Crawled(server, files, json.loads(deployed.stdout), jobs)
    assert server.find_processes() == []


def test_the_egg_is_taken_with_all_portals(crawled: Crawled) -> None:
    assert crawled.answer["status"] == "ok"
    spiders = crawled.server.ask("listspiders", project="nianbao")["spiders"]
    assert {*REPORTS, "portal"} < set(spiders)
    assert len(spiders) == crawled.answer["spiders"]
    assert crawled.server.ask("listprojects")["projects"] == ["nianbao"]


def test_the_egg_holds_the_code_and_every_file_beside_it(crawled: Crawled) -> None:
    [egg] = (crawled.server.state / "scrapyd" / "eggs" / "nianbao").iterdir()
    with zipfile.ZipFile(io.BytesIO(egg.read_bytes())) as archive:
        names = {name for name in archive.namelist() if not name.endswith((".pyc", "/"))}
        entry = archive.read("EGG-INFO/entry_points.txt").decode()
    assert {name for name in names if not name.startswith("EGG-INFO/")} == crawled.files
    assert entry.split() == ["[scrapy]", "settings", "=", "settings.server"]


@pytest.mark.parametrize("portal", REPORTS)
def test_a_job_leaves_its_records(crawled: Crawled, portal: str) -> None:
    folder = crawled.run_of(portal)
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (run["verdict"], run["why"]) == ("complete", [])
    records = read_lines(folder / "reports.jsonl")
    found = sorted((record["portal"], record["year"], record["confidence"]) for record in records)
    assert found == [(portal, year, "verified") for year in REPORTS[portal]]


@pytest.mark.parametrize("portal", REPORTS)
def test_a_job_has_a_log_and_the_settings_of_a_server(crawled: Crawled, portal: str) -> None:
    log = crawled.log_of(portal)
    assert "Spider closed (complete)" in log
    assert portal == LIVE or "'AUTOTHROTTLE_START_DELAY': 2.0" in log  # settings/server.py
    assert " ERROR: " not in log
    # The contact is missing in the settings as they are shipped, and a replay asks nobody.
    assert log.count(" WARNING: ") == log.count("WARNING: contact: USER_AGENT names nobody") == (portal == LIVE)


def test_what_was_fetched_is_archived_and_catalogued_under_data_dir(crawled: Crawled) -> None:
    """The catalogue makes its tables by migrations, which are files that a zipped egg does not show as such."""
    data = crawled.server.state / "data"
    assert (data / "catalogue.sqlite").is_file()
    [record] = read_lines(crawled.run_of(LIVE) / "reports.jsonl")
    archive = data / record["source"]["archive"]["file"]
    assert archive.parent == data / LIVE / "archive"
    assert archive.is_file()


def test_nothing_is_written_but_data_and_the_folders_of_scrapyd(crawled: Crawled) -> None:
    server = crawled.server
    assert list(server.home.iterdir()) == []
    assert list(server.temporary.iterdir()) == []
    assert {path.name for path in server.state.iterdir()} == {"scrapyd", "data"}
    assert {path.name for path in (server.state / "scrapyd").iterdir()} == {"scrapyd.conf", "eggs", "dbs", "logs"}


def test_jobs_leave_no_process(crawled: Crawled) -> None:
    [line] = crawled.server.find_processes()
    assert line.endswith("scrapyd --pidfile= ")


def test_the_health_check_of_the_container_tells_whether_scrapyd_answers(crawled: Crawled) -> None:
    *_, code = COMPOSE["services"]["scrapyd"]["healthcheck"]["test"]
    port = str(urlsplit(crawled.server.url).port)
    for asked, status in ((port, 0), ("9", 1)):
        done = subprocess.run(
            [sys.executable, "-c", code.replace("6800", asked)], capture_output=True, timeout=60, check=False
        )
        assert done.returncode == status, done.stderr


def test_a_stranger_is_refused(crawled: Crawled) -> None:
    with pytest.raises(HTTPError, match="401") as refused:
        crawled.server.ask("listjobs", known=False)
    refused.value.close()
