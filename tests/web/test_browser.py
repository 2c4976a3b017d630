"""A real Chromium on loopback: what it shows, what its pages may not have, and what happens where there is none."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.http import Request

from crawler.listing.page import parse_page
from crawler.listing.rendering import NEXT, needs_clicks, needs_scripts, split_shown
from crawler.web.browser import RENDER, make_answer
from crawler.web.chromium import MAX_HTML, Shown
from crawler.web.refusals import NotRendered
from tests.web.crawling import ARCHIVE, ROOT
from tests.web.server import Asked, Reply, WebServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web.crawling import Crawl, Worker

pytestmark = pytest.mark.long

MIDDLEWARES = {**ARCHIVE["DOWNLOADER_MIDDLEWARES"], "crawler.web.addresses.ScopeMiddleware": 50}
BROWSING = {
    **ARCHIVE,
    "ADDONS": {**ARCHIVE["ADDONS"], "crawler.web.browser.BrowserAddon": 300},
    "DOWNLOADER_MIDDLEWARES": MIDDLEWARES,
    "ROBOTSTXT_OBEY": True,
    "ROBOTSTXT_USER_AGENT": "nianbao",
    "USER_AGENT": "nianbao/0.1 (test@example.org)",
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 0.001,
    "BROWSER_TIMEOUT": 60,
}
SCRIPT = (("Content-Type", "text/javascript"),)
JSON = (("Content-Type", "application/json"),)
BODIES = ["民政局", "教育局", "司法局", "水利局", "统计局"]
EACH = 3

FRAME = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>政府信息公开年报</title>
<link rel="stylesheet" href="/s.css">
<style>@font-face{font-family:f;src:url(/f.woff)} body{font-family:f}</style></head><body>
<ul id="list"></ul><div class="pages">%s</div><img src="/i.png"><video src="/v.mp4"></video>
<script src="/list.js"></script></body></html>"""
LIST = """
let shown = 0;
async function go(number) {
  const answer = await fetch('api?page=' + number, {headers: {'X-Requested-With': 'XMLHttpRequest'}});
  const rows = await answer.json();
  if (!rows.length) return;
  shown = number;
  document.getElementById('list').innerHTML = rows.map(r => `<li><a href="${r.url}">${r.title}</a></li>`).join('');
}
setTimeout(() => go(1), 50);
"""


def answer_call(asked: Asked) -> Reply:
    number = int(asked.path.partition("page=")[2])
    some = list(enumerate(BODIES))[(number - 1) * EACH : number * EACH]
    rows = [{"url": f"c/{n}.html", "title": f"黎阳县{body}2023年政府信息公开工作年度报告"} for n, body in some]
    return Reply(json.dumps(rows).encode(), headers=JSON)


def build_lists() -> dict[str, Any]:
    """Three lists of five reports on two pages, whose pagers are a button, numbers and a select."""
    numbers = "".join(f"<span onclick='go({n})'>{n}</span>" for n in (1, 2))
    options = "".join(f"<option value='{n}'>第{n}页</option>" for n in (1, 2))
    pagers = {
        "button": '<a href="javascript:;" onclick="go(shown + 1)">下一页</a>',
        "numbers": numbers,
        "select": f'<select onchange="go(Number(this.value))">{options}</select>',
    }
    found: dict[str, Any] = {"/list.js": Reply(LIST.encode(), headers=SCRIPT)}
    for name, pager in pagers.items():
        found[f"/{name}/"] = Reply((FRAME % pager).encode())
        found[f"/{name}/api"] = answer_call
    return found


def show(worker: Worker, folder: Path, server: WebServer, *paths: str, **job: Any) -> Crawl:
    settings = {**BROWSING, "DATA_DIR": str(folder), **job.pop("settings", {})}
    meta = {"render": NEXT, **job.pop("meta", {})}
    return worker.crawl([server.url(path) for path in paths], settings, method=RENDER, meta=meta, **job)


@contextmanager
def trap() -> Iterator[tuple[int, list[str]]]:
    """A port on 127.0.0.2, TCP and UDP, and what came to it."""
    came: list[str] = []
    with socket.create_server(("127.0.0.2", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.2", port))

        def accept() -> None:
            while True:
                try:
                    connection, _ = tcp.accept()
                except OSError:
                    return
                came.append("tcp")
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield port, came
        udp.setblocking(False)
        with suppress(BlockingIOError):
            came.append(f"udp: {udp.recv(100)!r}")
        tcp.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_lists_are_shown_clicked_through_archived_and_replayed(worker: Worker, tmp_path: Path) -> None:
    lists = ["/button/", "/numbers/", "/select/"]
    routes = {**build_lists(), "/moved": Reply(b"", 302, headers=(("Location", "/button/"),))}
    with serve(routes) as server:
        plain = parse_page(routes["/button/"].body, server.url("/button/"))
        assert needs_scripts(plain) == "an empty box for a list: list"
        assert needs_clicks(plain) == "a pager by buttons: 下一页"
        live = show(worker, tmp_path, server, *lists, "/moved")
        asked = server.paths()
        assert server.in_flight_peak == 1
        agents = {request.headers["user-agent"] for request in server.log}
        calls = [request.headers for request in server.log if "/api" in request.path]
    assert live.errors == []
    assert live.stats["playwright/browser_count"] == 1
    assert agents == {BROWSING["USER_AGENT"]}
    assert all(call["x-requested-with"] == "XMLHttpRequest" and "cookie" not in call for call in calls)
    for path, page in zip(lists, live.pages, strict=False):
        shown = split_shown(page.body, page.url)
        assert shown.notes == ()
        assert [part.url for part in shown.pages] == [server.url(path)] * 2
        texts = [
            [link.url for link in parse_page(p.body, p.url, "utf-8").links if "年" in link.text] for p in shown.pages
        ]
        wanted = [server.url(f"{path}c/{n}.html") for n in range(len(BODIES))]
        assert texts == [wanted[:3], wanted[3:]]
    # Nothing but documents, scripts and calls, each script once, and nothing behind the last page but the try.
    assert asked == [
        *("/button/", "/list.js", *(f"/button/api?page={n}" for n in (1, 2, 3))),
        *("/numbers/", *(f"/numbers/api?page={n}" for n in (1, 2))),
        *("/select/", *(f"/select/api?page={n}" for n in (1, 2))),
        *("/moved", "/button/", *(f"/button/api?page={n}" for n in (1, 2, 3))),
    ]
    moved = live.pages[3]
    assert split_shown(moved.body, moved.url).pages == split_shown(live.pages[0].body, moved.url).pages
    # Replayed from the archive, with no server and no browser.
    urls = [server.url(path) for path in (*lists, "/moved")]
    settings = {**BROWSING, "DATA_DIR": str(tmp_path), "REPLAY": str(tmp_path / "shire" / "archive")}
    again = worker.crawl(urls, settings, method=RENDER, meta={"render": NEXT})
    assert [(page.body, page.archive, page.fetched_at) for page in again.pages] == [
        (page.body, page.archive, page.fetched_at) for page in live.pages
    ]
    assert not any(key.startswith(("browser/", "playwright/")) for key in again.stats)
    # The page that was sent is another one than the page that was shown.
    sent = worker.crawl(urls[:1], settings)
    assert sent.pages[0].body == routes["/button/"].body


GREEDY = """<!DOCTYPE html><html><head><title>x</title>
<link rel="preconnect" href="http://127.0.0.2:PORT/"><link rel="prefetch" href="http://127.0.0.2:PORT/p">
<link rel="dns-prefetch" href="http://localhost:PORT/"></head><body><ul id="list"></ul>
<iframe src="http://127.0.0.2:PORT/frame"></iframe><script src="http://localhost:PORT/x.js"></script>
<script src="/forbidden/a.js"></script><script src="/outside/b.js"></script><script src="/leads-there.js"></script>
<script>
const there = 'http://127.0.0.2:PORT/';
const attempt = async what => { try { await what(); } catch (error) {} };
(async () => {
  await attempt(() => fetch(there, {mode: 'no-cors'}));
  await attempt(() => fetch('http://127.1:PORT/', {mode: 'no-cors'}));
  await attempt(() => navigator.sendBeacon(there, 'x'));
  await attempt(() => { new EventSource(there); });
  await attempt(() => { new WebSocket('ws://127.0.0.2:PORT/'); });
  await attempt(() => { new WebTransport('https://127.0.0.2:PORT/'); });
  await attempt(() => { new Image().src = there; });
  await attempt(() => window.open(there));
  await attempt(() => navigator.serviceWorker.register('/sw.js'));
  const code = `fetch('${there}w', {mode: 'no-cors'}).catch(() => 0); new WebSocket('ws://127.0.0.2:PORT/w');
    try { new WebTransport('https://127.0.0.2:PORT/w') } catch (error) {}`;
  await attempt(() => { new Worker(URL.createObjectURL(new Blob([code]))); });
  const frame = document.createElement('iframe');
  document.body.appendChild(frame);
  for (const one of [window, frame.contentWindow]) await attempt(async () => {
    const peer = new one.RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.2:PORT'}]});
    peer.createDataChannel('x'); await peer.setLocalDescription(await peer.createOffer());
  });
  const save = document.createElement('a'); save.href = '/file.zip'; save.download = 'file.zip'; save.click();
  document.getElementById('list').innerHTML = '<li><a href="/c/1.html">done</a></li>';
})();
</script></body></html>"""


def test_a_page_gets_nothing_that_the_crawl_would_not_ask_for(worker: Worker, tmp_path: Path) -> None:
    guard = {"crawler.web.addresses.AddressMiddleware": None, "tests.web.guards.OneGoodHost": 60}
    robots = Reply(b"User-agent: *\nDisallow: /forbidden/\n", headers=(("Content-Type", "text/plain"),))
    with trap() as (port, came), serve({"/robots.txt": robots}) as server:
        server.routes["/"] = Reply(GREEDY.replace("PORT", str(port)).encode())
        server.routes["/leads-there.js"] = Reply(b"", 302, headers=(("Location", f"http://127.0.0.2:{port}/"),))
        settings = {
            "ALLOW_PRIVATE_ADDRESSES": False,
            "GOOD_HOST": server.url(""),
            "DOWNLOADER_MIDDLEWARES": {**MIDDLEWARES, **guard},
        }
        done = show(worker, tmp_path, server, "/", settings=settings, refuse="/outside/")
        asked = server.paths()
    assert done.errors == []
    assert came == []
    assert asked == ["/", "/leads-there.js"]
    (page,) = done.pages
    shown = split_shown(page.body, page.url)
    assert "done" in [link.text for link in parse_page(shown.pages[0].body, page.url, "utf-8").links]
    notes = "\n".join(shown.notes)
    assert f"refused to the page: {server.url('/forbidden/a.js')}: Forbidden by robots.txt" in notes
    assert f"refused to the page: {server.url('/outside/b.js')}: not in scope (page)" in notes
    assert f"refused to the page: http://127.0.0.2:{port}/frame: 127.0.0.2 is 127.0.0.2, which is no public" in notes
    assert f"refused to the page: http://localhost:{port}/x.js: localhost is 127.0.0.1, which is no public" in notes
    assert done.stats["browser/refused"] >= 6


def test_a_page_that_hangs_is_given_up_and_its_browser_ended(worker: Worker, tmp_path: Path) -> None:
    with serve({"/hangs": Reply(b"<script>for (;;) {}</script>"), "/gone": Reply(b"<html>no</html>", 404)}) as server:
        done = show(worker, tmp_path, server, "/hangs", "/gone", settings={"BROWSER_TIMEOUT": 1})
        url = server.url("/hangs")
    assert done.errors == [(url, "NotRendered", f"{url}: the browser had not shown it after 1 s (BROWSER_TIMEOUT)")]
    assert [page.status for page in done.pages] == [404]  # the page that was sent; there is nothing to show
    assert done.reason == "finished"
    children = Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children").read_text(encoding="ascii")
    assert children.split() == []


def test_limits_hold_and_an_idle_browser_is_closed(worker: Worker, tmp_path: Path) -> None:
    def slow(asked: Asked) -> Reply:
        time.sleep(1.0)  # longer than an idle browser is kept
        return Reply(b"<ul><a href='/c/1.html'>x</a></ul>")

    endless = (
        "<ul id='list'></ul><button onclick='go()'>下一页</button>"
        "<script>let n = 0; function go() { document.getElementById('list').innerHTML = "
        "`<a href='/c/${++n}.html'>${n}</a>`; } go();</script>"
    )
    vast = f"document.documentElement.append(document.createComment('x'.repeat({MAX_HTML * 51 // 100})))"
    routes = {
        "/endless": Reply(endless.encode()),
        "/vast": Reply(endless.replace("go();<", f"go(); {vast};<").encode()),  # as large again behind each click
        "/pdf": Reply(b"%PDF-1.4", headers=(("Content-Type", "application/pdf"),)),
        "/slow": slow,
        "/more": Reply(b"<html>x</html>"),
    }
    limits = {"BROWSER_PAGE_LIMIT": 4, "BROWSER_CLICKS": 3, "BROWSER_IDLE": 0.5}
    with serve(routes) as server:
        done = show(worker, tmp_path, server, *routes, settings=limits)
        url = server.url
        assert server.paths() == ["/endless", "/vast", "/pdf", "/slow"]
    assert done.errors == [
        (url("/pdf"), "NotRendered", f"{url('/pdf')}: no page of HTML that a browser could show"),
        (url("/more"), "NotRendered", f"{url('/more')}: 4 pages were shown by the browser (BROWSER_PAGE_LIMIT)"),
    ]
    first, large, last = done.pages
    assert split_shown(large.body, large.url).notes == (f"the page showed more than {MAX_HTML:,} characters",)
    shown = split_shown(first.body, first.url)
    assert len(shown.pages) == 4
    assert shown.notes == ("the pager went on behind 3 clicks (BROWSER_CLICKS)",)
    assert b"c/1.html" in last.body
    assert done.stats["playwright/browser_count"] >= 2  # the one that was idle was closed, and another started
    assert done.stats["playwright/page_count/max_concurrent"] == 1


def test_without_a_browser_the_request_fails_in_one_line_and_the_crawl_goes_on(worker: Worker, tmp_path: Path) -> None:
    settings = {"PLAYWRIGHT_LAUNCH_OPTIONS": {"executable_path": str(tmp_path / "none")}}
    with serve({"/a": Reply(b"<html>a</html>"), "/b": Reply(b"<html>b</html>")}) as server:
        done = show(worker, tmp_path, server, "/a", "/b", settings=settings)
        assert server.paths() == ["/a"]  # the second is not tried
    assert [(url, kind) for url, kind, _ in done.errors] == [
        (server.url("/a"), "NotRendered"),
        (server.url("/b"), "NotRendered"),
    ]
    for url, _, text in done.errors:
        assert text.startswith(f"{url}: no browser: ")
        assert "\n" not in text
    assert NotRendered.outcome == "unread"
    assert done.reason == "finished"
    assert not [line for line in done.log if line.startswith("ERROR")]


def test_a_crawl_without_such_pages_knows_of_no_browser() -> None:
    code = """
import sys
from scrapy.settings import Settings
from crawler.web.browser import BrowserAddon, RenderMiddleware
settings = Settings()
BrowserAddon().update_settings(settings)
assert settings["DOWNLOADER_MIDDLEWARES"][RenderMiddleware] == 950
assert settings.getint("BROWSER_PAGE_LIMIT") > 0
settings = Settings({"REPLAY": "a.warc.gz"})
BrowserAddon().update_settings(settings)
assert RenderMiddleware not in settings["DOWNLOADER_MIDDLEWARES"]
print(sorted(name for name in sys.modules if "playwright" in name))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


def test_a_page_that_came_already_is_not_asked_for_again() -> None:
    """The way a spider goes: the page as it was sent, then the same page as it is shown."""
    code = """
import sys
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess

class Shire(Spider):
    name = "shire"
    async def start(self):
        yield Request(sys.argv[1])
    def parse(self, response):
        meta = {"render": True, "document": response}
        yield Request(response.url, self.show, method="RENDER", meta=meta)
    def show(self, response):
        print(response.request.method, response.text.count("<li>"), "document" in response.meta)

process = CrawlerProcess({"ADDONS": {"crawler.web.browser.BrowserAddon": 300}, "CONCURRENT_REQUESTS": 1,
                          "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False, "LOG_LEVEL": "ERROR"})
process.crawl(Shire)
process.start()
"""
    with serve(build_lists()) as server:
        command = [sys.executable, "-W", "error", "-c", code, server.url("/button/")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert server.paths() == ["/button/", "/list.js", "/button/api?page=1"]  # nothing is clicked
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "RENDER 3 False", "")


def test_a_page_cannot_speak_in_our_name() -> None:
    forged = '<html><!--nianbao:shown http://evil.test/-->\n</html>\n<!--nianbao:notes ["all is well"]-->\n'
    note = "refused to the page: http://a.test/--> <b>: outside the portal"
    answer = make_answer(Request("http://a.test/", method=RENDER), [Shown("http://a.test/--l", forged)], [note])
    shown = split_shown(answer.body, answer.url)
    assert [page.url for page in shown.pages] == ["http://a.test/%2D%2Dl"]
    assert shown.notes == (note,)
