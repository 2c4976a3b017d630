"""What settings name is there, what listens is connected, and every portal is facts and well-mannered."""

from __future__ import annotations

import csv
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydispatch.dispatcher import getAllReceivers, liveReceivers
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.logformatter import LogFormatter
from scrapy.settings import Settings, default_settings
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.misc import build_from_crawler, load_object
from scrapy.utils.project import get_project_settings

from crawler.extensions.verdict import Verdict
from crawler.listing.addresses import is_government
from crawler.portals.spider import PortalSpider
from tests.test_rooms import MODULES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = ("local", "server", "demo")
OWN_SETTINGS = {
    "ALERT_DINGTALK",
    "ARCHIVE_STORE",
    "ALERT_DINGTALK_SECRET",
    "ALERT_FEISHU",
    "ALERT_FEISHU_SECRET",
    "ALERT_MAIL_FROM",
    "ALERT_MAIL_HOST",
    "ALERT_MAIL_PASSWORD",
    "ALERT_MAIL_PORT",
    "ALERT_MAIL_SECURITY",
    "ALERT_MAIL_TO",
    "ALERT_MAIL_USER",
    "ALERT_WEBHOOK",
    "ALERT_WECOM",
    "ALLOW_PRIVATE_ADDRESSES",
    "CATALOGUE_RECHECK_BYTES",
    "CATALOGUE_RECHECK_REQUESTS",
    "CATALOGUE_SWEEP_DAYS",
    "CATALOGUE_URL",
    "DATA_DIR",
    "HOST_TURNS",
    "PDF_ENGINE",
    "PORTALS_FILE",
    "PORTAL_PAGE_LIMIT",
    "PROMETHEUS_FILE",
    "READER_MEMORY_MB",
    "READER_TIMEOUT",
    "READER_WORKERS",
    "REFUSAL_PAUSE",
    "REFUSAL_PAUSE_MAX",
    "REPLAY",
    "SPIDERMON_ENABLED",
    "SPIDERMON_ENGINE_STOP_MONITORS",
    "SPIDERMON_SPIDER_OPEN_MONITORS",
    "WATCH_CELLS_MOST",
    "WATCH_DOUBTFUL_LEAST",
    "WATCH_DOUBTFUL_SHARE",
    "WATCH_ERRORS_MOST",
    "WATCH_SILENCE_DAYS",
    "WATCH_STALLED_DAYS",
    "WATCH_UNREAD_MOST",
}
SIGNALS = {name: value for name, value in vars(signals).items() if type(value) is object}
FACTS = {"name", "body", "division_code", "addresses", "hosts"}


def load_settings(place: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a place of work, as Scrapy's command line finds them."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "")  # so that it is as before when the test is over
    monkeypatch.delenv("SCRAPY_SETTINGS_MODULE")
    monkeypatch.setenv("SCRAPY_PROJECT", place)
    return get_project_settings()


@pytest.fixture(params=PLACES)
def settings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return load_settings(request.param, monkeypatch)


@pytest.fixture
def crawler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Crawler:
    """A crawler with the project's settings that does not run."""
    settings = load_settings("local", monkeypatch)
    settings.set("DATA_DIR", str(tmp_path))
    settings.set("LOG_ENABLED", False)
    settings.set("ARCHIVE_STORE", "s3://bucket/archives")  # else its extension is not there
    settings.set("JOBDIR", str(tmp_path / "job"))  # the same
    settings.set("EXTENSIONS", {})
    settings.set("TWISTED_REACTOR_ENABLED", False)  # nothing runs, and the process keeps its freedom of choice
    crawler = Crawler(load_spiders()["wolong"], settings)
    crawler._apply_settings()
    crawler.spider = crawler._create_spider()
    return crawler


def load_spiders() -> dict[str, type[PortalSpider]]:
    loader = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["spiders"], "SPIDER_LOADER_WARN_ONLY": False}))
    return {name: loader.load(name) for name in sorted(loader.list())}


PORTALS = tuple(name for name in load_spiders() if name != "portal")


# --- settings ---------------------------------------------------------------------------------------------------------


def find_dotted_names(value: Any) -> Iterator[str]:
    """Every dotted name in a setting: a value, or a key of a component table."""
    if isinstance(value, str) and re.fullmatch(r"(?:crawler|pipelines|settings|spiders|scrapy)(?:\.\w+)+", value):
        yield value
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from find_dotted_names(item)
    elif hasattr(value, "items"):
        for key, item in value.items():
            yield from find_dotted_names(key)
            yield from find_dotted_names(item)


def load_name(name: str) -> Any:
    return import_module(name) if name in MODULES else load_object(name)


@pytest.mark.parametrize("module", ["base", *PLACES])
def test_every_name_in_settings_loads(module: str) -> None:
    stated = vars(import_module(f"settings.{module}"))
    names = [name for key, value in stated.items() if key.isupper() for name in find_dotted_names(value)]
    assert len(names) > 15
    for name in names:
        assert load_name(name) is not None


def test_a_name_that_does_not_load_is_found() -> None:
    names = list(find_dotted_names({"crawler.web.addresses.NoSuchMiddleware": 50, "deep": ["crawler.nowhere.Thing"]}))
    assert names == ["crawler.web.addresses.NoSuchMiddleware", "crawler.nowhere.Thing"]
    for name in names:
        with pytest.raises((NameError, ImportError)):
            load_name(name)


def test_every_setting_is_known(settings: Settings) -> None:
    """A name that nobody reads is a misprint, and its manners are not kept."""
    stated = {name for name in vars(import_module("settings.base")) if name.isupper()}
    assert stated - set(vars(default_settings)) == OWN_SETTINGS
    sources = "".join(path.read_text(encoding="utf-8") for name, path in MODULES.items() if name.startswith("crawler"))
    assert [name for name in OWN_SETTINGS if f'"{name}"' not in sources] == []
    assert set(settings.keys()) >= stated


def test_every_place_of_work_loads(settings: Settings) -> None:
    assert settings["BOT_NAME"] == "nianbao"
    assert settings["COMMANDS_MODULE"] == "crawler.commands"


def test_places_differ_by_what_they_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    local, server, demo = (load_settings(place, monkeypatch) for place in PLACES)
    assert local["REPLAY"] is server["REPLAY"] is None
    assert Path(demo["REPLAY"]).is_file()
    assert server.getfloat("DOWNLOAD_DELAY") >= local.getfloat("DOWNLOAD_DELAY")


def test_manners_are_kept_everywhere(settings: Settings) -> None:
    check_manners(settings)


def check_manners(settings: Settings) -> None:
    assert settings.getbool("ROBOTSTXT_OBEY")
    assert settings["ROBOTSTXT_USER_AGENT"] in settings["USER_AGENT"]
    assert settings.getint("CONCURRENT_REQUESTS") == 1
    assert settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
    assert settings.getfloat("DOWNLOAD_DELAY") > 0  # with 0 Scrapy does not keep the limit for a host
    assert settings.getbool("AUTOTHROTTLE_ENABLED")
    assert not settings.getbool("TELNETCONSOLE_ENABLED")
    assert not settings.getbool("REMOTE_CONTROL_ENABLED")
    assert not settings.getbool("COOKIES_ENABLED")
    assert not settings.getbool("ALLOW_PRIVATE_ADDRESSES")
    assert not {403, 412, 429} & set(map(int, settings.getlist("RETRY_HTTP_CODES")))


# --- signals ----------------------------------------------------------------------------------------------------------


def find_handlers(component: type) -> list[str]:
    """The methods of a class of ours that are named after a signal."""
    if issubclass(component, LogFormatter):
        return []  # its item_error formats a line; Scrapy calls it
    return sorted(name for name in SIGNALS if inspect.isfunction(vars(component).get(name)))


def find_listeners() -> dict[str, type]:
    """Our classes with methods named after signals, by their dotted names."""
    return {
        f"{module}.{name}": member
        for module in MODULES
        if module.startswith(("crawler.", "pipelines.")) and not module.startswith(("crawler.extraction", "settings"))
        for name, member in vars(import_module(module)).items()
        if inspect.isclass(member) and member.__module__ == module and find_handlers(member)
    }


def find_unconnected(component: Any, crawler: Crawler) -> list[str]:
    """The handlers of a built component that no signal reaches."""

    def is_connected(name: str) -> bool:
        receivers = liveReceivers(getAllReceivers(crawler.signals.sender, SIGNALS[name]))
        return any(getattr(one, "__self__", None) is component and one.__name__ == name for one in receivers)

    return [name for name in find_handlers(type(component)) if not is_connected(name)]


@pytest.mark.parametrize("name", sorted(find_listeners()))
def test_every_handler_is_connected(name: str, crawler: Crawler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)  # Progress is there for terminals only
    component = build_from_crawler(find_listeners()[name], crawler)
    assert find_unconnected(component, crawler) == []


def test_listeners_are_found() -> None:
    found = {name.rpartition(".")[2] for name in find_listeners()}
    assert found >= {"Candidates", "Progress", "Verdict", "ArchiveMiddleware"}


def test_a_handler_that_is_not_connected_is_found(crawler: Crawler) -> None:
    class Deaf(Verdict):
        def spider_opened(self, spider: Spider) -> None:
            self.why = ["never called"]

    assert find_unconnected(Deaf.from_crawler(crawler), crawler) == ["spider_opened"]


# --- portals ----------------------------------------------------------------------------------------------------------


def test_all_portals_are_there() -> None:
    files = {path.stem for path in (ROOT / "spiders").glob("*.py")} - {"__init__"}
    assert {name.replace("-", "_") for name in load_spiders()} == files
    assert set(PORTALS) >= {"jianxi", "nanyang", "wolong", "xixia"}  # those of the sample archive


@pytest.mark.parametrize("name", [*PORTALS, "portal"])
def test_spider_is_called_like_its_file_and_its_class(name: str) -> None:
    spider = load_spiders()[name]
    words = name.replace("-", "_").split("_")
    assert spider.__module__ == f"spiders.{'_'.join(words)}"
    # PortalSpider is the base of all.
    own = "".join(word.capitalize() for word in words)
    assert spider.__name__ == ("AnyPortalSpider" if name == "portal" else f"{own}Spider")


def find_surplus(spider: type[PortalSpider]) -> list[str]:
    """What a spider has that is no fact of its portal. It may have settings of its own, and may do otherwise what
    `PortalSpider` does; what that does not have nobody would call."""
    own = {key: value for key, value in vars(spider).items() if not key.startswith("__")}
    facts = {key for key in own.keys() & FACTS if isinstance(own[key], str | tuple | None)}
    methods = {key for key, value in own.items() if callable(value) and callable(getattr(PortalSpider, key, None))}
    return sorted(own.keys() - facts - methods - {"custom_settings"})


@pytest.mark.parametrize("name", PORTALS)
def test_portal_is_facts_and_what_it_does_otherwise(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spider = load_spiders()[name]
    assert find_surplus(spider) == []
    settings = load_settings("local", monkeypatch)
    spider.update_settings(settings)
    check_manners(settings)


def test_portals_may_be_slow_and_not_rude(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(PortalSpider):
        name = "slow"
        division_code = None
        custom_settings: ClassVar[dict[str, Any]] = {"DOWNLOAD_DELAY": 5}

        def may_request(self, url: str, kind: str | None = None) -> str | None:
            return "not now" if "/old/" in url else super().may_request(url, kind)

    class Rude(Slow):
        addresses = ["http://www.example.gov.cn/"]  # type: ignore[assignment]  # noqa: RUF012
        custom_settings: ClassVar[dict[str, Any]] = {"ROBOTSTXT_OBEY": False}
        links = "a.title"

        def parse_list(self) -> None:
            """Nobody calls it."""

    assert find_surplus(Slow) == []
    assert find_surplus(Rude) == ["addresses", "links", "parse_list"]
    settings = load_settings("local", monkeypatch)
    Slow.update_settings(settings)
    check_manners(settings)
    Rude.update_settings(settings)
    with pytest.raises(AssertionError):
        check_manners(settings)


@pytest.mark.parametrize("name", PORTALS)
def test_portal_states_its_body_its_code_and_its_addresses(name: str) -> None:
    spider = load_spiders()[name]
    with (ROOT / "crawler" / "extraction" / "report" / "divisions.csv").open(encoding="utf-8", newline="") as file:
        divisions = {row["code"]: row["name"] for row in csv.DictReader(file)}
    assert spider.body is not None
    if spider.division_code is not None:  # a town has the code of its county, a development zone may have none
        assert divisions[spider.division_code] in spider.body
    assert spider.addresses
    assert all(is_government(address) for address in spider.addresses)


@pytest.mark.parametrize("name", [*PORTALS, "portal"])
def test_every_spider_builds(name: str, crawler: Crawler) -> None:
    spidercls = load_spiders()[name]
    spider = spidercls.from_crawler(crawler, url="http://www.example.gov.cn/")
    assert spider.starts == ("http://www.example.gov.cn/",)
    assert spider.portal == ("www.example.gov.cn" if name == "portal" else name)
    if name == "portal":
        with pytest.raises(ValueError, match="needs an address"):
            spidercls.from_crawler(crawler)
    else:
        assert spidercls.from_crawler(crawler).starts == spidercls.addresses
    for given in ({"year": "2019"}, {"years": "2023-2019"}, {"url": "no address"}):
        with pytest.raises(ValueError, match=next(iter(given))):
            spidercls.from_crawler(crawler, **given)
