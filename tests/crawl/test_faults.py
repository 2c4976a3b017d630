"""Portals that refuse, mislead and break: what a crawl says then, how it ends, and what it still brings home."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.crawl.crawling import Crawl, run_crawl, run_side_by_side
from tests.crawl.shire import (
    HTML,
    LIST,
    REPORTS,
    build_plain_shire,
    build_shire,
    report_reply,
    write_links,
    write_list,
    write_page,
)
from tests.sites.builder import EMPTY_PDF
from tests.web.server import Asked, Reply, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.web.server import Route

pytestmark = pytest.mark.long

FIRST, SECOND, THIRD = REPORTS[:3]
NO = Reply(b"<html><body>403 Forbidden</body></html>", 403, HTML)
SLOWER = Reply(b"slower", 429, (("Content-Type", "text/plain"), ("Retry-After", "0")))
CHALLENGE = Reply(b"<html><body><script>document.cookie='x=1';location.reload();</script></body></html>", headers=HTML)
LOST = Reply(write_page("404", "<p>您访问的页面不存在或已被删除</p>").encode(), headers=HTML)


@dataclass(frozen=True, slots=True)
class Fault:
    """A crawl of a spoiled portal, and what its server was asked."""

    crawl: Crawl
    base: str
    paths: list[str]

    @property
    def outcomes(self) -> dict[str, tuple[str, str]]:
        return self.crawl.outcomes(self.base)

    @property
    def read(self) -> set[str]:
        return {record["source"]["url"].removeprefix(self.base[:-1]) for record in self.crawl.records}


def crawl_routes(folder: Path, routes: dict[str, Route], *arguments: str, **options: Any) -> Fault:
    with serve(routes) as server:
        base = server.url("/")
        settings = {
            "READER_WORKERS": "1",
            **options.pop("settings", {}),
        }  # here reports are few
        crawl = run_crawl(folder, "portal", base, *arguments, network="loopback", settings=settings, **options)
        return Fault(crawl, base, server.paths())


# --- the portals ----------------------------------------------------------------------------------------------------


def list_that_ends_in(second: Route) -> dict[str, Route]:
    """A list of two pages, the second of which is ``second``."""
    return build_shire(
        [(FIRST.path, FIRST.title)],
        {FIRST.path: report_reply(FIRST), f"{LIST}index_2.html": second},
        following="index_2.html",
    )


def looping_list() -> dict[str, Route]:
    """The next page of the second page is the first, and each names itself as next too."""
    second = write_list([(SECOND.path, SECOND.title)], following="/zfxxgk/zfxxgknb/")
    return build_shire(
        [(FIRST.path, FIRST.title), (LIST, "下一页")],
        {
            FIRST.path: report_reply(FIRST),
            SECOND.path: report_reply(SECOND),
            f"{LIST}index_2.html": Reply(second.body + b'<a href="index_2.html">next</a>', headers=HTML),
        },
        following="index_2.html",
    )


def endless_list(*, new: bool) -> dict[str, Route]:
    """Every page of the list has a next one; with ``new`` it also lists something new each time."""

    def answer(asked: Asked) -> Reply:
        number = int(asked.path.partition("page=")[2] or 1)
        links = [(FIRST.path, FIRST.title)]
        if new:
            links.append((f"/news/{number}.html", f"第{number}期公告"))
        return write_list(links, following=f"/zfxxgk/zfxxgknb/?page={number + 1}")

    return {**build_plain_shire(1), LIST: answer}


def odd_documents() -> dict[str, Route]:
    """Seven reports on a list: one can be read."""
    pages: dict[str, Route] = {
        "/r/good.html": report_reply(FIRST),
        "/r/empty.html": Reply(b"", headers=HTML),
        "/r/half.html": Reply(report_reply(SECOND).body[:-30000], headers=HTML),
        "/r/pdf.html": Reply(EMPTY_PDF, headers=HTML),
        "/r/lost.html": LOST,
        "/r/gone.html": Reply(b"gone", 410, HTML),
        "/r/reset.html": Reply(drop=True),
        "/r/forbidden.html": NO,
        "/r/moved.html": Reply(b"", 302, (("Location", "http://www.example.com/report.html"),)),
        "/r/inside.html": Reply(b"", 302, (("Location", "http://10.0.0.1/report.html"),)),
        "/r/home.html": Reply(b"", 302, (("Location", "/"),)),
        "/r/twin.html": Reply(b"", 301, (("Location", "/r/good.html"),)),
        "/r/picture.html": Reply(b"\x89PNG\r\n\x1a\n" + bytes(64), headers=(("Content-Type", "image/png"),)),
    }
    # Each is another year's report of another town, so that none is taken for another.
    links = [(path, f"卧龙区第{n}镇人民政府2020年政府信息公开工作年度报告") for n, path in enumerate(pages)]
    return build_shire(links, pages)


def odd_links() -> dict[str, Route]:
    """A list whose links are printed as no standard would have them."""
    chinese = "/zfxxgk/报告/2021.html"
    links = [
        (" \n" + FIRST.path + "\t ", FIRST.title),
        (SECOND.path.replace("/", "\\"), SECOND.title),
        (chinese, THIRD.title),
        ("/zfxxgk/a b/2020 (1).html", REPORTS[3].title),
        ("javascript:void(0)", "卧龙区人民政府2010年政府信息公开工作年度报告"),
        ("javascript:open('/x.html')", "卧龙区人民政府2011年政府信息公开工作年度报告"),
        ("#top", "卧龙区人民政府2012年政府信息公开工作年度报告"),
        ("", "卧龙区人民政府2013年政府信息公开工作年度报告"),
        ("mailto:a@b.cn", "卧龙区人民政府2014年政府信息公开工作年度报告"),
        ("http://[broken/x.html", "卧龙区人民政府2015年政府信息公开工作年度报告"),
        ("ftp://127.0.0.1/x.html", "卧龙区人民政府2016年政府信息公开工作年度报告"),
        (FIRST.path + "#part", FIRST.title),
    ]
    pages = {
        FIRST.path: report_reply(FIRST),
        SECOND.path: report_reply(SECOND),
        quote(chinese): report_reply(THIRD),
        "/zfxxgk/a%20b/2020%20(1).html": report_reply(REPORTS[3]),
    }
    return build_shire(links, pages)


def deep_relative_links() -> dict[str, Route]:
    """An older site: all below ``/html/1//2/``, links and next page relative to the page."""
    base = "/html/1//2/151/164/"
    entry = write_page("门户网站", write_links([(f"{base}list_1.html", "政府信息公开年报")]))
    first = write_list([("552/554/59946.html", FIRST.title)], following="list_2.html")
    second = write_list([("../164/./552/554/59947.html", SECOND.title)])
    return {
        **build_shire([], {}),
        "/": Reply(entry.encode(), headers=HTML),
        f"{base}list_1.html": first,
        f"{base}list_2.html": second,
        f"{base}552/554/59946.html": report_reply(FIRST),
        f"{base}552/554/59947.html": report_reply(SECOND),
    }


def wrong_charsets() -> dict[str, Route]:
    """What the header declares is not what the page is written in."""
    text = report_reply(FIRST).body.decode()
    other = report_reply(SECOND).body.decode()
    bare = report_reply(THIRD).body.decode().replace('<meta charset="UTF-8">', "")
    claims = other.replace('<meta charset="UTF-8">', '<meta charset="gb2312">')
    listed = write_list([("/a.html", FIRST.title), ("/b.html", SECOND.title), ("/c.html", THIRD.title)])
    return build_shire(
        [],
        {
            LIST: Reply(listed.body.decode().encode("gb18030"), headers=HTML),  # a list that says it is UTF-8
            "/a.html": Reply(text.encode("gb18030"), headers=(("Content-Type", "text/html; charset=ISO-8859-1"),)),
            "/b.html": Reply(claims.encode("utf-8"), headers=(("Content-Type", "text/html; charset=GBK"),)),
            "/c.html": Reply(bare.encode("gb18030"), headers=(("Content-Type", "text/html"),)),
        },
    )


def department_channels(broken: Route) -> dict[str, Route]:
    """A disclosure column with a page for each body; that of one is ``broken``."""
    entry = write_page("门户网站", write_links([("/zfxxgk/", "政府信息公开")]))
    column = write_page(
        "政府信息公开平台",
        write_links([(LIST, "政府信息公开年报"), ("/zfxxgk/lyj/", "卧龙区林业局"), ("/zfxxgk/czj/", "卧龙区财政局")]),
        trail="首页 > 政府信息公开平台",
    )
    own = write_links([("/zfxxgk/lyj/nb/", "政府信息公开年报")])
    body = write_page("卧龙区林业局", own, trail="首页 > 卧龙区林业局")
    return {
        **build_plain_shire(1),
        "/": Reply(entry.encode(), headers=HTML),
        "/zfxxgk/": Reply(column.encode(), headers=HTML),
        "/zfxxgk/lyj/": Reply(body.encode(), headers=HTML),
        "/zfxxgk/lyj/nb/": write_list([(SECOND.path, "2023年政府信息公开工作年度报告")]),
        SECOND.path: report_reply(SECOND),
        "/zfxxgk/czj/": broken,
    }


PORTALS: dict[str, dict[str, Route]] = {
    "whole": build_plain_shire(3),
    "entry forbidden": {**build_plain_shire(), "/": NO},
    "robots.txt forbids all": {
        **build_plain_shire(),
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /\n", headers=(("Content-Type", "text/plain"),)),
    },
    "challenge": {**build_plain_shire(), "/": CHALLENGE},
    "too many": {**build_plain_shire(), "/": SLOWER},
    "too many later": {**build_plain_shire(), FIRST.path: SLOWER, SECOND.path: SLOWER, THIRD.path: SLOWER},
    "no list": {**build_plain_shire(), "/": Reply(write_page("门户网站", "<p>建设中</p>").encode(), headers=HTML)},
    "empty list": build_shire([], {}),
    "entry lost": {**build_plain_shire(), "/": Reply(b"nothing", 404, HTML)},
    "entry no page": {**build_plain_shire(), "/": Reply(EMPTY_PDF, headers=(("Content-Type", "application/pdf"),))},
    "entry moved away": {**build_plain_shire(), "/": Reply(b"", 302, (("Location", "http://www.example.com/"),))},
    "second page broken": list_that_ends_in(Reply(b"error", 500, HTML)),
    "second page reset": list_that_ends_in(Reply(drop=True)),
    "second page lost": list_that_ends_in(Reply(b"error", 404, HTML)),
    "list loops": looping_list(),
    "list without end": endless_list(new=False),
    "list without end, always new": endless_list(new=True),
    "odd documents": odd_documents(),
    "odd links": odd_links(),
    "relative links": deep_relative_links(),
    "wrong charsets": wrong_charsets(),
    "department broken": department_channels(Reply(b"error", 500, HTML)),
    "department lost": department_channels(Reply(b"gone", 404, HTML)),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "list without end, always new": {"settings": {"PORTAL_PAGE_LIMIT": "40"}},
    "second page reset": {"settings": {"RETRY_TIMES": "1"}},
}


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Fault]:
    def job(name: str, routes: dict[str, Route]) -> Callable[[], Fault]:
        folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
        return lambda: crawl_routes(folder, routes, **OPTIONS.get(name, {}))

    def ask_nobody(folder: Path) -> Fault:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # bound and not listening: a connection is refused
            base = f"http://127.0.0.1:{unused.getsockname()[1]}/"
            return Fault(run_crawl(folder, "wolong", base, settings={"RETRY_TIMES": "1"}), base, [])

    nobody, private = tmp_path_factory.mktemp("nobody"), tmp_path_factory.mktemp("private")
    return run_side_by_side(
        {
            "nobody there": lambda: ask_nobody(nobody),
            "private": lambda: crawl_routes(private, build_plain_shire(), private=False),
            **{name: job(name, routes) for name, routes in PORTALS.items()},
        }
    )


# --- a portal without a spider of its own ----------------------------------------------------------------------------


def test_any_portal_is_crawled_and_named_by_its_host(faults: Mapping[str, Fault]) -> None:
    fault = faults["whole"]
    assert (fault.crawl.status, fault.crawl.verdict) == (0, "complete")
    assert fault.read == {FIRST.path, SECOND.path, THIRD.path}
    assert {record["portal"] for record in fault.crawl.records} == {"127.0.0.1"}
    assert fault.crawl.run["portal"] == "127.0.0.1"
    assert fault.crawl.folder.parent.name == "127.0.0.1"
    assert all(record["agency"]["name"] == "卧龙区人民政府" for record in fault.crawl.records)


def test_no_fault_shows_a_traceback(faults: Mapping[str, Fault]) -> None:
    assert [name for name, fault in faults.items() if "Traceback" in fault.crawl.stderr] == []


def test_no_candidate_is_left_as_it_was_listed(faults: Mapping[str, Fault]) -> None:
    for name, fault in faults.items():
        assert not [url for url, (outcome, _) in fault.outcomes.items() if outcome == "listed"], name
        assert all(reason for _, reason in fault.outcomes.values()), name


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason", "asked"),
    [
        ("entry forbidden", "answered 403 (forbidden)", 1),
        ("robots.txt forbids all", "Forbidden by robots.txt", 0),
        ("challenge", "answered 200 with a challenge page", 1),
        ("too many", "answered 429 (too many requests)", 2),
        ("too many later", "answered 429 (too many requests)", 4),
    ],
)
def test_refusing_portal_is_left_alone(faults: Mapping[str, Fault], name: str, reason: str, asked: int) -> None:
    fault = faults[name]
    assert (fault.crawl.status, fault.crawl.verdict) == (4, "blocked")
    assert len(fault.paths) == asked
    assert reason in fault.crawl.run["why"][0]
    assert fault.crawl.records == []
    assert any(reason in line for line in fault.crawl.stderr.splitlines())


# --- nothing there --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["no list", "empty list"])
def test_portal_without_reports_is_said_to_be_so(faults: Mapping[str, Fault], name: str) -> None:
    fault = faults[name]
    assert (fault.crawl.status, fault.crawl.verdict) == (5, "nothing_found")
    assert fault.crawl.candidates == []
    assert not (fault.crawl.folder / "reports.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("entry lost", "HTTP 404"),
        ("entry no page", "no page of HTML"),
        ("entry moved away", "outside the portal: www.example.com"),
    ],
)
def test_entry_that_cannot_be_had_is_a_failure(faults: Mapping[str, Fault], name: str, reason: str) -> None:
    fault = faults[name]
    assert (fault.crawl.status, fault.crawl.verdict) == (1, "failed")
    assert len(fault.crawl.run["why"]) == 1
    assert reason in fault.crawl.run["why"][0]
    assert fault.paths == ["/"]


def test_host_that_does_not_answer_is_a_failure(faults: Mapping[str, Fault]) -> None:
    fault = faults["nobody there"]
    assert (fault.crawl.status, fault.crawl.verdict) == (1, "failed")
    assert fault.crawl.run["why"] == [f"{fault.base}: Connection was refused by other side: 111: Connection refused."]


def test_private_address_is_refused_in_one_clear_line(faults: Mapping[str, Fault]) -> None:
    fault = faults["private"]
    assert (fault.crawl.status, fault.crawl.verdict) == (1, "failed")
    reason = "127.0.0.1 is 127.0.0.1, which is no public address (-s ALLOW_PRIVATE_ADDRESSES=1 lets it through)"
    assert fault.crawl.run["why"] == [f"{fault.base}: {reason}"]
    assert fault.crawl.run["requests"] == 0


# --- lists ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason", "asked"),
    [
        ("second page broken", "HTTP 500", 3),
        ("second page reset", "Connection was closed cleanly.", 4),  # Twisted may repeat each once by itself
        ("second page lost", "HTTP 404", 1),
    ],
)
def test_list_that_breaks_off_makes_a_partial_crawl(
    faults: Mapping[str, Fault], name: str, reason: str, asked: int
) -> None:
    fault = faults[name]
    assert (fault.crawl.status, fault.crawl.verdict) == (3, "partial")
    assert len(fault.crawl.run["why"]) == 1
    assert f"not all could be seen: {fault.base[:-1]}{LIST}index_2.html: {reason}" in fault.crawl.run["why"][0]
    assert fault.read == {FIRST.path}
    assert 1 <= fault.paths.count(f"{LIST}index_2.html") <= asked


def test_list_that_loops_is_read_once(faults: Mapping[str, Fault]) -> None:
    fault = faults["list loops"]
    assert (fault.crawl.status, fault.crawl.verdict) == (0, "complete")
    assert fault.read == {FIRST.path, SECOND.path}
    assert len(fault.paths) == len(set(fault.paths))


def test_list_whose_next_page_is_always_the_same_ends(faults: Mapping[str, Fault]) -> None:
    fault = faults["list without end"]
    assert (fault.crawl.status, fault.crawl.verdict) == (0, "complete")
    assert fault.read == {FIRST.path}
    assert len(fault.paths) <= 5


def test_portal_without_end_is_left_at_the_limit(faults: Mapping[str, Fault]) -> None:
    fault = faults["list without end, always new"]
    assert (fault.crawl.status, fault.crawl.verdict) == (3, "partial")
    assert len(fault.paths) == 40
    assert "PORTAL_PAGE_LIMIT" in fault.crawl.run["why"][0]


def test_channel_that_breaks_is_not_passed_over(faults: Mapping[str, Fault]) -> None:
    fault = faults["department broken"]
    assert (fault.crawl.status, fault.crawl.verdict) == (3, "partial")
    assert any("/zfxxgk/czj/: HTTP 500" in line for line in fault.crawl.run["why"])
    assert fault.read == {FIRST.path, SECOND.path}


def test_dead_link_to_a_channel_is_noted_and_hides_nothing(faults: Mapping[str, Fault]) -> None:
    fault = faults["department lost"]
    assert (fault.crawl.status, fault.crawl.verdict) == (0, "complete")
    assert any("/zfxxgk/czj/: HTTP 404" in line for line in fault.crawl.run["why"])


# --- documents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "outcome", "reason"),
    [
        ("/r/good.html", "read", "verified"),
        ("/r/empty.html", "unread", "the file is empty"),
        ("/r/pdf.html", "unread", "the pages hold no text"),
        ("/r/lost.html", "unread", "its link promises a report"),
        ("/r/gone.html", "failed", "HTTP 410"),
        ("/r/reset.html", "failed", "Connection was closed cleanly."),
        ("/r/forbidden.html", "forbidden", "answered 403 (forbidden)"),
        ("/r/moved.html", "forbidden", "outside the portal: www.example.com"),
        ("/r/inside.html", "forbidden", "outside the portal: 10.0.0.1"),
        ("/r/home.html", "unread", "its link promises a report"),
        ("/r/twin.html", "duplicate", "leads to "),
        ("/r/picture.html", "unread", "no picture of a known kind, or a broken one"),
    ],
)
def test_every_odd_document_is_named_with_its_reason(
    faults: Mapping[str, Fault], path: str, outcome: str, reason: str
) -> None:
    found = faults["odd documents"].outcomes[path]
    assert found[0] == outcome, found
    assert reason in found[1]


def test_odd_documents_cost_the_others_nothing(faults: Mapping[str, Fault]) -> None:
    fault = faults["odd documents"]
    assert (fault.crawl.status, fault.crawl.verdict) == (3, "partial")
    assert "/r/good.html" in fault.read
    half = [record for record in fault.crawl.records if record["source"]["url"].endswith("/r/half.html")]
    assert all(record["confidence"] in {"failed", "partial", "read"} for record in half)
    assert "/report.html" not in fault.paths


def test_links_are_followed_as_browsers_do(faults: Mapping[str, Fault]) -> None:
    fault = faults["odd links"]
    assert (fault.crawl.status, fault.crawl.verdict) == (0, "complete")
    assert fault.read == {
        FIRST.path,
        SECOND.path,
        "/zfxxgk/%E6%8A%A5%E5%91%8A/2021.html",
        "/zfxxgk/a%20b/2020%20(1).html",
    }
    assert len(fault.crawl.candidates) == 4
    assert len(fault.paths) == 6


def test_relative_links_keep_empty_steps_of_their_path(faults: Mapping[str, Fault]) -> None:
    fault = faults["relative links"]
    assert (fault.crawl.status, fault.crawl.verdict) == (0, "complete")
    assert fault.read == {"/html/1//2/151/164/552/554/59946.html", "/html/1//2/151/164/552/554/59947.html"}


def test_wrong_charsets_are_seen_through(faults: Mapping[str, Fault]) -> None:
    fault = faults["wrong charsets"]
    assert (fault.crawl.status, fault.crawl.verdict) == (0, "complete")
    truth = {"/a.html": FIRST, "/b.html": SECOND, "/c.html": THIRD}
    assert fault.read == truth.keys()
    for record in fault.crawl.records:
        wanted = truth[record["source"]["url"].removeprefix(fault.base[:-1])]
        assert (record["title"], record["tables"]) == (wanted.title, wanted.tables)
