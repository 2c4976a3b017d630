"""``scrapy doctor`` on portals that are healthy, changed, blocking, broken: what it says, and how little it asks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from crawler.extensions.verdict import name_patient
from crawler.portals.doctor import MAX_REQUESTS, MAX_SEARCH, STEPS
from crawler.portals.loader import make_spider
from crawler.portals.register import load_register
from spiders.portal import AnyPortalSpider
from tests.crawl.crawling import QUICK, Crawl, Finished, run_crawl, run_forked, run_side_by_side
from tests.crawl.shire import HTML, LIST, REPORTS, build_plain_shire, build_shire, report_reply, write_links, write_list
from tests.crawl.shire import write_page as write
from tests.portals.test_loader import LOADER
from tests.portals.test_register import FICTIONAL, HEADER
from tests.sites.build import build_site
from tests.sites.builder import EMPTY_PDF
from tests.sites.server import serve as serve_site
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.web.server import Asked, Route

pytestmark = pytest.mark.long

FIRST = REPORTS[0]
NO = Reply(b"<html><body>403 Forbidden</body></html>", 403, HTML)
TEXT = (("Content-Type", "text/plain"),)


@dataclass(frozen=True, slots=True)
class Examination:
    """What the doctor said, and what the portal was asked for."""

    done: Finished
    base: str
    paths: list[str]

    @property
    def steps(self) -> dict[str, tuple[str, str]]:
        """Name → status and text. Fails for a line that is no step between the head and the conclusion."""
        found = {}
        for line in self.done.stdout.splitlines()[2:-1]:
            name, status, text = re.fullmatch(r"  (\S+) +(ok|note|FAULT|-) +(\S.*)", line).groups()
            assert name not in found
            found[name] = (status, text)
        return found

    @property
    def faults(self) -> list[str]:
        return [name for name, (status, _) in self.steps.items() if status == "FAULT"]

    @property
    def conclusion(self) -> str:
        return self.done.stdout.splitlines()[-1]


def examine(arguments: list[str], *, private: bool = True, **settings: str) -> Finished:
    chosen = {**QUICK, "SPIDER_LOADER_CLASS": LOADER, "ALLOW_PRIVATE_ADDRESSES": str(int(private)), **settings}
    more = [part for name, value in chosen.items() for part in ("-s", f"{name}={value}")]
    return run_forked(["doctor", *arguments, *more], network="loopback")


def entry(*links: tuple[str, str], more: str = "") -> Reply:
    return Reply(write("门户网站", write_links(links), more).encode(), headers=HTML)


def page(title: str, *content: str) -> Reply:
    return Reply(write(title, *content).encode(), headers=HTML)


def maze() -> dict[str, Route]:
    """Every channel leads to two more, and none to a list."""

    def answer(asked: Asked) -> Reply:
        at = asked.path.rstrip("/")
        return page("政府信息公开年报", write_links([(f"{at}/1/", "教育局"), (f"{at}/2/", "财政局")]))

    class Routes(dict):  # type: ignore[type-arg]
        def get(self, path: str, other: object = None) -> object:
            return answer if path.startswith("/m/") else super().get(path, other)

    return Routes({"/": entry(("/m/", "政府信息公开年报"))})


def answer_call(asked: Asked) -> Reply:
    """The list as a script gets it that asks in JSON: records with numbers for addresses."""
    if asked.headers.get("content-type") != "application/json":
        return Reply(b"415", 415, HTML)
    answer = {"total": 2, "rows": [{"id": n, "title": report.title} for n, report in enumerate(REPORTS[:2])]}
    return Reply(json.dumps(answer).encode(), headers=(("Content-Type", "application/json"),))


WHOLE = build_plain_shire(3)
CALL = """<ul id="list"></ul><script>function load(page) { $.ajax({url: "/api/list", type: "POST",
contentType: "application/json", data: JSON.stringify({channel: "12", page: page}), success: function (d) {
d.rows.forEach(function (item) {
s += '<a href="/info/' + item.id + '.html">' + item.title + '</a>'; });
$("#list").html(s); }}); } load(1);</script>"""
CUT = ("<p>一、总体情况</p>", "<p>二、主动公开</p>", "<p>三、申请</p>")  # heads, and nothing below them
START = 'new Vue({el: "#app"}).load(code(7));'  # no reader of lists can tell what it asks for
PORTALS: dict[str, dict[str, Route]] = {
    "healthy": WHOLE,
    "changed": {**WHOLE, "/": entry(("/news/", "新闻中心"), ("/gk/", "公开内容"))},
    "column without a channel": {
        "/": entry(("/zfxxgk/", "政府信息公开")),
        "/zfxxgk/": page("政府信息公开", write_links([("/a/", "公开指南")])),
    },
    "empty list": {**WHOLE, LIST: write_list([])},
    "list by scripts": {**WHOLE, LIST: page("政府信息公开年报", f"<div id=app></div><script>{START}</script>")},
    "blocking": {**WHOLE, "/": NO},
    "list refused": {**WHOLE, LIST: NO},
    "closed by robots.txt": {**WHOLE, "/robots.txt": Reply(b"User-agent: *\nDisallow: /\n", headers=TEXT)},
    "list closed by robots.txt": {
        **WHOLE,
        "/robots.txt": Reply(b"User-agent: *\nCrawl-delay: 0.01\nDisallow: /zfxxgk/\n", headers=TEXT),
    },
    "down": {**WHOLE, "/": Reply(b"down", 500, HTML)},
    "no page": {**WHOLE, "/": Reply(EMPTY_PDF, headers=(("Content-Type", "application/pdf"),))},
    "unreadable report": {**WHOLE, FIRST.path: Reply(EMPTY_PDF)},
    "report gone": {**WHOLE, FIRST.path: Reply(b"gone", 410, HTML)},
    "pager broken": build_shire(
        [(FIRST.path, FIRST.title)], {FIRST.path: report_reply(FIRST)}, following="index_2.html"
    ),
    "report attached": {
        **WHOLE,
        FIRST.path: page(
            FIRST.title, *CUT, write_links([("/a/1.html", FIRST.title), ("/a/2.docx", f"{FIRST.title}.docx")])
        ),
        "/a/1.html": report_reply(FIRST),
    },
    "sent on": {
        **WHOLE,
        "/": page("门户网站", "<script>window.location.href='/index.html';</script>"),
        "/index.html": WHOLE["/"],
        "/robots.txt": Reply(b"", 404, HTML),
    },
    "misdeclared": {
        **WHOLE,
        "/": Reply(
            write("门户网站", write_links([(LIST, "政府信息公开年报")])).encode("gb18030"),
            headers=(("Content-Type", "text/html; charset=utf-8"),),
        ),
    },
    "list below the list": {
        **WHOLE,
        LIST: write_list([("/below/", f"{FIRST.year}年年报")]),
        "/below/": write_list([(FIRST.path, "县政府"), (REPORTS[1].path, "泠汀乡")]),
    },
    "pages out of sight": {
        **WHOLE,
        LIST: page("政府信息公开年报", write_links([(FIRST.path, FIRST.title)]), "<p>共3页</p>"),
    },
    "pager by buttons": {
        **WHOLE,
        LIST: page(
            "政府信息公开年报",
            write_links([(FIRST.path, FIRST.title)]),
            '<div class="pages"><a href="javascript:;" onclick="go(2)">下一页</a></div>',
        ),
    },
    "maze": maze(),
}
# What a crawl concludes of these is held against the doctor's word. No browser may show anything.
ALIKE: dict[str, dict[str, Route]] = {
    "entry by scripts": {"/": page("门户网站", f"<div id=app></div><script>{START}</script>")},
    "dead and barred links": {
        **WHOLE,
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /search/\n", headers=TEXT),
        "/": entry(("/gone/", "政府信息公开专栏"), ("/search/", "政府信息公开年报检索"), (LIST, "政府信息公开年报")),
        LIST: write_list([]),
    },
    "only a barred search": {
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /search/\n", headers=TEXT),
        "/": entry(("/zfxxgk/", "政府信息公开")),
        "/zfxxgk/": page("政府信息公开", write_links([("/search/nb.jsp", "政府信息公开年报查询")])),
    },
    "moved entry by scripts": {
        "/": page("", "<script>location.href='/main/'</script>"),
        "/main/": page("门户网站", f"<div id=app></div><script>{START}</script>"),
    },
    "list by a call": {
        **WHOLE,
        LIST: page("政府信息公开年报", CALL),
        "/api/list": answer_call,
        **{f"/info/{n}.html": report_reply(report) for n, report in enumerate(REPORTS[:2])},
    },
}
PORTALS |= ALIKE


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Examination]:
    data = tmp_path_factory.mktemp("data")

    def job(routes: dict[str, Route]) -> Callable[[], Examination]:
        def run() -> Examination:
            with serve(routes) as server:
                done = examine([server.url("/")], DATA_DIR=str(data), RETRY_TIMES="0")
                return Examination(done, server.url("/"), server.paths())

        return run

    done = run_side_by_side({name: job(routes) for name, routes in PORTALS.items()})
    assert list(data.iterdir()) == []  # a look leaves nothing behind
    return done


EACH = pytest.mark.parametrize("name", PORTALS)
# conclusion, status, faults
EXPECTED = {
    "healthy": ("healthy", 0, []),
    "changed": ("nothing_found", 5, ["column"]),
    "column without a channel": ("nothing_found", 5, ["channel"]),
    "empty list": ("nothing_found", 5, ["list"]),
    "list by scripts": ("partial", 3, ["list", "JavaScript"]),
    "blocking": ("blocked", 4, ["address"]),
    "list refused": ("partial", 3, ["column"]),
    "closed by robots.txt": ("blocked", 4, ["address"]),
    "list closed by robots.txt": ("partial", 3, ["column"]),
    "down": ("failed", 1, ["address"]),
    "no page": ("failed", 1, ["address"]),
    "unreadable report": ("partial", 3, ["report"]),
    "report gone": ("partial", 3, ["report"]),
    "pager broken": ("partial", 3, ["pager"]),
    "report attached": ("healthy", 0, []),
    "sent on": ("healthy", 0, []),
    "misdeclared": ("healthy", 0, []),
    "list below the list": ("healthy", 0, []),
    "maze": ("nothing_found", 5, ["list"]),
    "entry by scripts": ("failed", 1, ["column", "JavaScript"]),
    "dead and barred links": ("nothing_found", 5, ["list"]),
    "only a barred search": ("partial", 3, ["channel"]),
    "moved entry by scripts": ("failed", 1, ["column", "JavaScript"]),
    "list by a call": ("healthy", 0, []),
    "pager by buttons": ("partial", 3, ["pager"]),
    "pages out of sight": ("partial", 3, ["pager"]),
}


@EACH
def test_concludes_as_a_crawl_would_end(seen: Mapping[str, Examination], name: str) -> None:
    one = seen[name]
    verdict, status, faults = EXPECTED[name]
    assert one.conclusion.startswith(f"{verdict}: "), one.done.stdout
    assert (one.done.status, one.faults) == (status, faults), one.done.stdout
    assert "Traceback" not in one.done.stderr
    assert re.search(r"\(\d+ requests?\)$", one.conclusion)


@EACH
def test_says_something_of_every_step_in_order(seen: Mapping[str, Examination], name: str) -> None:
    assert tuple(seen[name].steps) == STEPS


@EACH
def test_asks_for_little_and_nothing_twice(seen: Mapping[str, Examination], name: str) -> None:
    paths = seen[name].paths
    assert len(paths) <= MAX_REQUESTS
    assert len(paths) == len(set(paths))
    if name == "closed by robots.txt":
        assert paths == []
    if name == "list closed by robots.txt":
        assert LIST not in paths
    if name == "maze":
        assert len(paths) == MAX_SEARCH


SAID = {
    ("healthy", "robots"): "1 Disallow; the entry may be asked for",
    ("healthy", "encoding"): "read as utf-8",
    ("healthy", "platform"): "henan",
    ("healthy", "list"): "3 reports of ",
    ("healthy", "pager"): "none: the list has one page",
    ("healthy", "report"): f"{FIRST.title} · 卧龙区人民政府 · {FIRST.year} · text/html · form 2021 · ",
    ("changed", "column"): "no page that was seen says 政府信息公开; BASE has 2 links, of which 公开内容 come nearest",
    ("column without a channel", "column"): "政府信息公开: BASEzfxxgk/",
    ("column without a channel", "channel"): "no page that was seen says 年报 or 年度报告",
    ("empty list", "list"): "no report is listed",
    ("list by scripts", "JavaScript"): "a crawl needs the browser for it: ",
    ("blocking", "address"): "BASE: answered 403 (forbidden)",
    ("list refused", "column"): "BASEzfxxgk/zfxxgknb/ (政府信息公开年报): answered 403 (forbidden)",
    ("closed by robots.txt", "address"): "BASE: Forbidden by robots.txt",
    ("closed by robots.txt", "robots"): "the entry must not be asked for",
    ("list closed by robots.txt", "column"): "(政府信息公开年报): Forbidden by robots.txt",
    ("list closed by robots.txt", "robots"): "Crawl-delay 0.01 s",
    ("down", "address"): "BASE: HTTP 500",
    ("no page", "address"): "no page of HTML (application/pdf, ",
    ("unreadable report", "report"): "could not be read: ",
    ("report gone", "report"): "HTTP 410",
    ("pager broken", "pager"): "index_2.html: HTTP 404",
    ("report attached", "report"): "BASEa/1.html",
    ("entry by scripts", "JavaScript"): "a crawl needs the browser for it: ",
    ("only a barred search", "channel"): "not all could be seen: BASEsearch/nb.jsp (政府信息公开年报查询): Forbidden",
    ("list by a call", "list"): "2 reports of ",
    ("list by a call", "platform"): "calls",
    ("pager by buttons", "pager"): "a crawl needs the browser for it: a pager by buttons: 下一页",
    ("pages out of sight", "pager"): "the list says that it has 3 pages; no way to the others was found",
    ("sent on", "address"): "sends on by a script to BASEindex.html",
    ("sent on", "robots"): "robots.txt answers 404: nothing is forbidden",
    ("misdeclared", "encoding"): "read as gb18030; the header says utf-8, the page nothing",
}


@pytest.mark.parametrize(("name", "step"), SAID)
def test_says_what_was_recognised(seen: Mapping[str, Examination], name: str, step: str) -> None:
    one = seen[name]
    assert SAID[name, step].replace("BASE", one.base) in one.steps[step][1]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Crawl]:
    def job(name: str) -> Callable[[], Crawl]:
        def run() -> Crawl:
            with serve(ALIKE[name]) as server:
                settings = {"BROWSER_PAGE_LIMIT": "0", "READER_WORKERS": "1"}
                return run_crawl(tmp_path_factory.mktemp("crawl"), "portal", server.url("/"), settings=settings)

        return run

    return run_side_by_side({name: job(name) for name in ALIKE})


@pytest.mark.parametrize("name", ALIKE)
def test_a_crawl_does_end_so(crawled: Mapping[str, Crawl], name: str) -> None:
    verdict, status, _ = EXPECTED[name]
    one = crawled[name]
    assert (one.verdict, one.status) == ("complete" if verdict == "healthy" else verdict, status), one.stderr


def test_every_address_of_a_portal_counts(tmp_path: Path) -> None:
    routes = {**WHOLE, "/down/": Reply(b"down", 500, HTML), "/bare/": page("欢迎")}
    with serve(routes) as server:
        addresses = " ".join(map(server.url, ("/down/", "/bare/", "/")))
        (tmp_path / "more.csv").write_text(f"{HEADER}\nyunlai,云来县人民政府,county,,{addresses},,\n", encoding="utf-8")
        settings = {"PORTALS_FILE": str(tmp_path / "more.csv"), "RETRY_TIMES": "0"}
        done = examine(["yunlai"], **settings)
        crawl = run_crawl(tmp_path, "yunlai", None, settings={**settings, "READER_WORKERS": "1"})
    one = Examination(done, server.url("/"), server.paths())
    assert (crawl.verdict, len(crawl.records)) == ("partial", 3)
    assert (done.status, one.faults) == (3, ["address"]), done.stdout
    assert "/down/: HTTP 500" in one.steps["address"][1]
    assert one.steps["list"][1].startswith("3 reports of ")


def test_a_crawl_that_found_nothing_names_what_to_examine() -> None:
    given = "http://127.0.0.1:8000/"
    wolong = make_spider(load_register()["wolong"])
    named = [name_patient(one) for one in (wolong(), wolong(url=given), AnyPortalSpider(url=given))]
    assert named == ["wolong", f"wolong -a url={given}", given]


def test_what_works_oddly_is_a_note(seen: Mapping[str, Examination]) -> None:
    one = seen["misdeclared"]
    assert one.steps["encoding"][0] == "note"
    assert "see encoding" in one.conclusion


def test_a_spider_is_examined_at_another_address() -> None:
    with serve_site(build_site("jianxi", extra=False)) as server:
        done = examine(["jianxi", "-a", f"url={server.url('/')}"])
        one = Examination(done, server.base_url, server.paths())
    assert (done.status, one.faults) == (0, []), done.stdout
    assert done.stdout.splitlines()[0] == f"jianxi 洛阳市涧西区人民政府: {server.base_url}"
    assert one.steps["platform"] == ("ok", "luoyang")
    assert "gb2312" in one.steps["encoding"][1]
    assert "涧西区人民政府" in one.steps["report"][1]
    assert not server.unknown
    assert server.in_flight_peak == 1


def test_a_line_of_the_register_is_examined() -> None:
    with serve(WHOLE) as server:
        done = examine(["yunlai", "-a", f"url={server.url('/')}"], PORTALS_FILE=str(FICTIONAL))
    assert done.status == 0
    assert done.stdout.startswith("yunlai 云来县人民政府: ")


def test_a_private_address_is_refused_as_in_a_crawl() -> None:
    with serve(WHOLE) as server:
        done = examine([server.url("/")], private=False)
        assert server.log == []
    assert done.status == 1
    assert "which is no public address" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "name one portal or address"),
        (("wolong", "xixia"), "name one portal or address"),
        (("no-such-portal",), "no portal 'no-such-portal': scrapy portals lists those known"),
        (("www.wolong.gov.cn",), "an address begins with http://, as in http://www.wolong.gov.cn/"),
        (("ftp://www.wolong.gov.cn/",), "write a whole address"),
        (("portal",), "portal has no address of its own"),
        (("wolong", "-a", "year=2019"), "unknown argument 'year'"),
        (("wolong", "-a", "url=nowhere"), "write a whole address"),
        (("http://a.test/", "-a", "url=http://b.test/"), "an address, and another one"),
        (("wolong", "--bogus"), "unknown option --bogus"),
        (("wolong", "-s", "PORTALS_FILE=nowhere.csv"), "nowhere.csv: No such file"),
        (("wolong", "-s", "REPLAY=nowhere.warc.gz"), "nowhere.warc.gz"),
    ],
)
def test_wrong_usage_is_one_line_and_no_request(tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    done = run_forked(
        ["doctor", "-s", f"SPIDER_LOADER_CLASS={LOADER}", "-s", f"DATA_DIR={tmp_path}", *arguments], network="none"
    )
    assert (done.status, done.stdout, len(done.lines)) == (2, "", 1), done.stderr
    assert done.lines[0].startswith("scrapy doctor: ")
    assert named in done.lines[0]


def test_help_says_what_the_steps_mean() -> None:
    done = run_forked(["doctor", "--help"], network="none")
    assert (done.status, done.stderr) == (0, "")
    shown = " ".join(done.stdout.split())
    for word in ("robots.txt", "政府信息公开年报", "FAULT", "Exit status: 0 healthy", "4 blocked"):
        assert word in shown
    assert "  scrapy doctor wolong" in done.stdout.partition("Examples:\n")[2].splitlines()
