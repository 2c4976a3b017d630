"""Spiders by name: files of ``spiders/`` first, then the lines of the register."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader, get_spider_loader

from crawler.portals.loader import RegisterSpiderLoader, make_spider
from crawler.portals.register import RegisterError, load_register
from crawler.portals.spider import PortalSpider
from tests.crawl.crawling import Finished, run_crawl, run_forked, run_side_by_side
from tests.crawl.shire import REPORTS, build_plain_shire
from tests.portals.test_register import FICTIONAL, GOOD, HEADER
from tests.web.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LOADER = "crawler.portals.loader.RegisterSpiderLoader"
FILES = tuple(sorted(SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["spiders"]})).list()))


def load(**more: object) -> RegisterSpiderLoader:
    settings = Settings({"SPIDER_MODULES": ["spiders"], "SPIDER_LOADER_CLASS": LOADER, **more})
    loader = get_spider_loader(settings)
    assert isinstance(loader, RegisterSpiderLoader)
    return loader


def test_every_line_is_a_spider() -> None:
    loader = load(PORTALS_FILE=str(FICTIONAL))
    portals = load_register(str(FICTIONAL))
    assert sorted(loader.list()) == sorted({*FILES, *portals})
    assert len(loader.list()) == len(set(loader.list()))
    for name, portal in portals.items():
        spider = loader.load(name)
        assert issubclass(spider, PortalSpider)
        assert (spider.name, spider.body, spider.division_code) == (name, portal.body, portal.code)
        assert spider.addresses == portal.addresses
        assert loader.load(name) is spider


@pytest.mark.parametrize("name", [name for name in FILES if name != "portal"])
def test_files_win_and_agree_with_their_line(name: str) -> None:
    spider, portal = load().load(name), load_register()[name]
    assert spider.__module__ == f"spiders.{name.replace('-', '_')}"
    assert issubclass(spider, PortalSpider)
    assert (spider.body, spider.division_code, spider.addresses) == (portal.body, portal.code, portal.addresses)
    assert tuple(getattr(spider, "hosts", ())) == portal.hosts


def test_a_line_is_a_class_as_a_file_would_have_it() -> None:
    spider = make_spider(load_register(str(FICTIONAL))["qingxi-new"])
    own = {key: value for key, value in vars(spider).items() if not key.startswith("__")}
    assert spider.__name__ == "QingxiNewSpider"
    assert own.pop("hosts") == ("files.qingxi.test", "oss.qingxi.test:8080")
    assert own.keys() == {"name", "body", "division_code", "addresses"}
    assert spider(years="2021").starts == ("http://www.qingxi.test/", "http://www.qingxi.test/zfxxgk/")


def test_without_spider_files_the_register_is_enough() -> None:
    loader = load(SPIDER_MODULES=[])
    assert loader.list() == list(load_register())
    assert loader.load("wolong").__module__ == "crawler.portals.loader"


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="no-such-portal"):
        load().load("no-such-portal")


def test_requests_are_found_as_scrapy_finds_them() -> None:
    plain = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["spiders"]}))
    request = Request("http://www.example.com/")
    assert load().find_by_request(request) == plain.find_by_request(request) == []


def test_a_wrong_register_stops_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RegisterError, match=r"nowhere\.csv"):
        RegisterSpiderLoader(Settings({"PORTALS_FILE": "nowhere.csv"}))
    with pytest.raises(SystemExit, match="2"):
        load(PORTALS_FILE="nowhere.csv")
    assert capsys.readouterr().err == "scrapy: PORTALS_FILE: nowhere.csv: No such file or directory\n"


BROKEN = {
    "list": ("scrapy", "", "No such file or directory"),
    "crawl wolong": ("scrapy crawl", GOOD.replace("county", "town"), "line 2: yunlai: 'town' is no level"),
    "demo": ("scrapy demo", GOOD.replace("yunlai,", "wolong,"), "line 2: wolong stands in portals.csv, line 2"),
    "shell --nolog": ("scrapy", GOOD.removesuffix(","), "line 2: 6 columns instead of 7"),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Finished]:
    folder = tmp_path_factory.mktemp("registers")

    def job(command: str, lines: str) -> Callable[[], Finished]:
        path = folder / f"{command}.csv"
        if lines:
            path.write_text(f"{HEADER}\n{lines}\n", encoding="utf-8")
        arguments = [*command.split(), "-s", f"PORTALS_FILE={path}", "-s", f"DATA_DIR={folder / 'data'}"]
        return lambda: run_forked(arguments, network="none")

    done = run_side_by_side({command: job(command, lines) for command, (_, lines, _) in BROKEN.items()})
    assert not (folder / "data").exists()
    return done


@pytest.mark.parametrize("command", BROKEN)
def test_a_wrong_register_is_one_line_of_every_command(refused: Mapping[str, Finished], command: str) -> None:
    (speaker, _, named), done = BROKEN[command], refused[command]
    assert (done.status, done.stdout, len(done.lines)) == (2, "", 1), done.stderr
    assert done.lines[0].startswith(f"{speaker}: ")
    assert named in done.lines[0]


def test_a_line_crawls_as_any_other_spider(tmp_path: Path) -> None:
    settings = {"SPIDER_LOADER_CLASS": LOADER, "PORTALS_FILE": str(FICTIONAL), "READER_WORKERS": "1"}
    with serve(build_plain_shire(2)) as server:
        crawl = run_crawl(tmp_path, "yunlai", server.url("/"), network="loopback", settings=settings)
    assert (crawl.status, crawl.verdict, crawl.run["portal"]) == (0, "complete", "yunlai")
    assert {(r["portal"], r["year"]) for r in crawl.records} == {("yunlai", report.year) for report in REPORTS[:2]}
