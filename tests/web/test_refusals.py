"""What refuses us is left alone."""

from __future__ import annotations

from email.utils import formatdate
from time import time
from typing import TYPE_CHECKING

import pytest
from scrapy.http import HtmlResponse, Response

from crawler.web.refusals import find_challenge, find_refusal, read_retry_after
from tests.web.crawling import ARCHIVE, PLAIN
from tests.web.server import Reply, WebServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.crawling import Crawl, Worker

POLITE = {
    **PLAIN,
    "DOWNLOADER_MIDDLEWARES": {"crawler.web.refusals.RefusalMiddleware": 585},
    "RETRY_ENABLED": True,
    "RETRY_TIMES": 2,
    "RETRY_HTTP_CODES": [500, 503],
    "RETRY_GIVE_UP_LOG_LEVEL": "INFO",
    "ROBOTSTXT_OBEY": True,
    "DOWNLOAD_DELAY": 0.001,
    "REFUSAL_PAUSE": 0.05,
    "REFUSAL_PAUSE_MAX": 0.3,
}
OK = Reply("<p>政府信息公开工作年度报告</p>".encode())
WALL = Reply(b"<html><script>document.cookie='a=1';location.reload();</script></html>", gzipped=True)
SCRIPT = "<html><head><script>%s</script></head><body></body></html>"


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serve({"/": OK, "/a": OK, "/b": OK, "/c": OK}) as running:
        yield running


def crawl(worker: Worker, server: WebServer, *paths: str, **more: object) -> Crawl:
    return worker.crawl([server.url(path) for path in paths], {**POLITE, **more})


@pytest.mark.parametrize("status", [403, 412, 451, 521])
def test_one_refused_page_is_its_own_failure(worker: Worker, server: WebServer, status: int) -> None:
    server.routes["/a"] = Reply(b"no", status)
    done = crawl(worker, server, "/", "/a", "/b")
    assert done.reason == "finished"
    assert [page.url for page in done.pages] == [server.url("/"), server.url("/b")]
    ((url, kind, text),) = done.errors
    assert (url, kind) == (server.url("/a"), "Refused")
    assert text.startswith(f"{url}: answered {status} (")
    assert done.stats[f"refusals/{status}"] == 1
    assert "refusals/reason" not in done.stats
    assert server.paths() == ["/", "/a", "/b"]  # asked once


@pytest.mark.parametrize(("reply", "kind"), [(Reply(b"no", 403), "403"), (WALL, "challenge")])
def test_refused_first_page_stops_the_crawl(worker: Worker, server: WebServer, reply: Reply, kind: str) -> None:
    server.routes["/"] = reply
    done = crawl(worker, server, "/", "/a", "/b")
    assert done.reason == "blocked"
    assert done.stats[f"refusals/{kind}"] == 1
    assert done.stats["refusals/reason"].startswith(f"shire: {server.url('/')}: answered ")
    assert done.stats["refusals/reason"].endswith(", and it is the first page of the crawl")
    assert sum(line == f"ERROR blocked: {done.stats['refusals/reason']}" for line in done.log) == 1
    assert server.paths() == ["/"]


def test_three_in_a_row_stop_the_crawl(worker: Worker, server: WebServer) -> None:
    no = {f"/no{number}": reply for number, reply in enumerate([Reply(b"", 403), WALL, Reply(b"", 412), WALL])}
    server.routes.update(no)
    done = crawl(worker, server, "/", "/no0", "/no1", "/a", "/no2", "/no3", "/no0?again", "/b", "/c")
    assert done.reason == "blocked"
    assert done.stats["refusals/reason"].endswith("the 3rd refusal in a row on this host")
    assert server.paths() == ["/", "/no0", "/no1", "/a", "/no2", "/no3", "/no0?again"]
    assert [error[1] for error in done.errors] == ["Refused"] * 5


def test_first_429_is_waited_for(worker: Worker, server: WebServer) -> None:
    server.routes["/a"] = [Reply(b"slower", 429), OK]
    done = crawl(worker, server, "/", "/a", "/b")
    assert done.reason == "finished"
    assert [page.url for page in done.pages] == [server.url(path) for path in ("/", "/a", "/b")]
    assert done.errors == []
    assert server.paths() == ["/", "/a", "/a", "/b"]
    assert sum("answered as too much: resting" in line for line in done.log) == 1


def test_second_429_stops_the_crawl(worker: Worker, server: WebServer) -> None:
    server.routes["/a"] = [Reply(b"slower", 429), OK]
    server.routes["/b"] = Reply(b"slower", 429)
    done = crawl(worker, server, "/", "/a", "/b", "/c")
    assert done.reason == "blocked"
    why = "answered 429 (too many requests), for the second time on this host"
    assert done.stats["refusals/reason"] == f"shire: {server.url('/b')}: {why}"
    assert done.stats["refusals/429"] == 2
    assert server.paths() == ["/", "/a", "/a", "/b"]
    assert server.in_flight_peak == 1


def test_pause_is_as_long_as_asked_within_reason(worker: Worker, server: WebServer) -> None:
    server.routes["/a"] = [Reply(b"", 429, headers=(("Retry-After", "99999"),)), OK]
    done = crawl(worker, server, "/a", "/b", REFUSAL_PAUSE=0.05, REFUSAL_PAUSE_MAX=0.4)
    assert done.reason == "finished"
    (line,) = [line for line in done.log if "resting" in line]
    assert line.endswith("resting 0 s, then 0.1 s between requests")  # 0.4 at most, 0.05 at least
    assert done.stats["elapsed_time_seconds"] >= 0.4


def test_503_with_retry_after_is_asked_once_more(worker: Worker, server: WebServer) -> None:
    server.routes["/a"] = [Reply(b"", 503, headers=(("Retry-After", "0"),)), OK]
    server.routes["/b"] = Reply(b"", 503, headers=(("Retry-After", "0"),))
    done = crawl(worker, server, "/", "/a", "/b", "/c")
    assert done.reason == "finished"
    assert server.paths() == ["/", "/a", "/a", "/b", "/b", "/c"]
    assert done.errors == [(server.url("/b"), "Refused", f"{server.url('/b')}: answered 503 (come back later)")]


def test_plain_errors_of_the_server_are_no_refusals(worker: Worker, server: WebServer) -> None:
    server.routes["/"] = Reply(b"<p>busy</p>", 503)
    done = crawl(worker, server, "/", "/a")
    assert done.reason == "finished"
    assert server.paths().count("/") == 3  # left to the usual retries
    assert not any(name.startswith("refusals/") for name in done.stats)


def test_refused_robots_txt_forbids_nothing(worker: Worker, server: WebServer) -> None:
    server.routes["/robots.txt"] = Reply(b"<h1>403</h1>", 403)
    done = crawl(worker, server, "/", "/a")
    assert done.reason == "finished"
    assert len(done.pages) == 2


def test_challenge_that_refreshes_itself_is_not_followed(worker: Worker, server: WebServer) -> None:
    html = "<html><head><meta http-equiv='refresh' content='0'></head><body>正在进行安全验证</body></html>"
    server.routes["/a"] = Reply(html.encode())
    done = crawl(worker, server, "/", "/a", "/b")
    assert server.paths() == ["/", "/a", "/b"]
    assert done.errors[0][2].endswith("answered 200 with a challenge page (it says 安全验证)")


def test_replay_keeps_the_rules_and_does_not_wait(tmp_path: Path, worker: Worker, server: WebServer) -> None:
    server.routes["/a"] = Reply(b"slower", 429, headers=(("Retry-After", "500"),))
    middlewares = {**ARCHIVE["DOWNLOADER_MIDDLEWARES"], "crawler.web.refusals.RefusalMiddleware": 585}  # type: ignore[dict-item]
    settings = {**ARCHIVE, **POLITE, "DOWNLOADER_MIDDLEWARES": middlewares, "DATA_DIR": str(tmp_path)}
    urls = [server.url(path) for path in ("/", "/a", "/b")]
    live = worker.crawl(urls, settings)
    archive = str(tmp_path / "shire/archive")
    given = {"REPLAY": archive, "REFUSAL_PAUSE": 500, "REFUSAL_PAUSE_MAX": 500}
    replayed = worker.crawl(urls, settings, cmdline=given)
    for name in ("finish_reason", "refusals/reason", "refusals/429"):
        assert replayed.stats[name] == live.stats[name]
    assert not any("resting" in line for line in replayed.log)


# --- Challenge pages by their content ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "sign"),
    [
        (SCRIPT % "var arg1='A';function setCookie(n,v){}setCookie('acw_sc__v2',x)", "acw_sc__v2"),
        (SCRIPT % "document.cookie='__jsl_clearance_s=1|-1|x';location.href=location.pathname", "__jsl_clearance"),
        (SCRIPT % "$_ts=window['$_ts'];if(!$_ts)$_ts={};", "$_ts=window"),
        (SCRIPT % "window['_$jsvmprt']=function(b,e,f){}", "_$jsvmprt"),
        (SCRIPT % "document.cookie = 'k=' + f(); window.location.reload();", "a script sets a cookie and reloads"),
        (SCRIPT % "document['cookie']='k=1';location='/'", "a script sets a cookie and reloads"),
        ("<script>document.cookie='a=b';location.replace('/');", "a script sets a cookie and reloads"),
        ("<title>访问被拒绝</title><p>您的访问被拒绝</p>", "访问被拒绝"),
        ("<html><body><h1>安全验证</h1><p>请完成验证后继续访问</p></body></html>", "安全验证"),
        (
            "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>No permission</BODY></HTML>",
            "Access Denied",
        ),
        ("<title>Just a moment...</title>", "Just a moment"),
    ],
)
def test_challenges_are_known(html: str, sign: str) -> None:
    assert sign in (find_challenge(html) or "")


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html></html>",
        SCRIPT % "location.href='/zwgk/index.html'",  # a front page that only forwards
        SCRIPT % "document.cookie='seen=1'",
        SCRIPT % "if (document.cookie == 'x') location.reload()",
        "<frameset><frame src='/main.html'></frameset>" + SCRIPT % "document.cookie='a=1';location.reload()",
        SCRIPT % "document.cookie='a=1';location.reload()" + "正文" * 60,
        "<script>document.cookie='a=1';location.reload()</script>" + "<a href='/1'>2023年</a>" * 4,
        "<p>网络安全验证平台建设情况的说明</p>" + "<a href='/x'>附件</a>" * 4,
        "<p>" + "本年度开展食品安全验证工作。" * 30 + "</p>",
        "<style>.访问被拒绝{}</style><p>政府信息公开指南</p>",
    ],
)
def test_ordinary_pages_are_none(html: str) -> None:
    assert find_challenge(html) is None


def test_hostile_pages_cost_no_more_than_others() -> None:
    for html in ("<script" * 40_000, "<" * 250_000, "<a " * 80_000, "<script></script" * 16_000):
        find_challenge(html)


def test_only_pages_are_read_for_challenges() -> None:
    body = b"<title>Access Denied</title>"
    assert find_refusal(HtmlResponse("http://a.test/", body=body, encoding="utf-8")) is not None
    assert find_refusal(HtmlResponse("http://a.test/", status=404, body=body, encoding="utf-8")) is None
    assert find_refusal(Response("http://a.test/a.pdf", body=body)) is None
    assert find_refusal(HtmlResponse("http://a.test/", body=body + b" " * 300_000, encoding="utf-8")) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), ("soon", 0.0), ("-5", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("9" * 5000, 999999999.0)],
)
def test_retry_after_is_read(value: str, seconds: float) -> None:
    assert read_retry_after(Response("http://a.test/", headers={"Retry-After": value})) == seconds


def test_retry_after_may_be_a_date_or_missing() -> None:
    asked = read_retry_after(Response("http://a.test/", headers={"Retry-After": formatdate(time() + 100, usegmt=True)}))
    assert asked is not None
    assert 0 < asked <= 100
    assert read_retry_after(Response("http://a.test/")) is None
