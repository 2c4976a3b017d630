"""Manners under load: never two requests at once, measured at the server, and never sooner than asked, measured where
they leave. Lower bounds only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.web.crawling import PLAIN
from tests.web.server import Asked, Reply, WebServer, serve
from tests.web.timed import HANDLERS, SENT, find_pauses

if TYPE_CHECKING:
    from tests.web.crawling import Crawl, Worker

MANNERS = {
    **PLAIN,
    "DOWNLOADER_MIDDLEWARES": {
        "crawler.web.manners.CrawlDelayMiddleware": 110,
        "crawler.web.refusals.RefusalMiddleware": 585,
    },
    "ROBOTSTXT_OBEY": True,
    "ROBOTSTXT_USER_AGENT": "nianbao",
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 0.001,
    "AUTOTHROTTLE_ENABLED": True,
    "AUTOTHROTTLE_START_DELAY": 0.001,
    "AUTOTHROTTLE_MAX_DELAY": 60.0,
    "REFUSAL_PAUSE": 0.01,
    "DOWNLOAD_HANDLERS": HANDLERS,
}
PLENTY = 16  # requests that Scrapy may have under way at once, if nothing but the manners keeps them apart
GRAIN = 0.05  # a busy machine lets a request go this long after its turn, and the next one in time


def robots(text: str) -> Reply:
    return Reply(f"User-agent: *\n{text}\n".encode(), headers=(("Content-Type", "text/plain"),))


def crawl(worker: Worker, server: WebServer, *paths: str, **settings: object) -> Crawl:
    return worker.crawl([server.url(path) for path in paths], {**MANNERS, **settings})


def pauses(done: Crawl, *paths: str) -> list[float]:
    """The pauses between the requests for these paths, or between all of them."""
    return find_pauses([(path, at) for path, at in done.stats[SENT] if not paths or path in paths])


def page() -> Reply:
    return Reply(b"<p>x</p>")


def test_crawl_delay_is_kept_from_the_first_page_on(worker: Worker) -> None:
    pages = {f"/{n}": page() for n in range(4)}
    with serve({"/robots.txt": robots("Crawl-delay: 0.3"), **pages}) as server:
        done = crawl(worker, server, *pages, CONCURRENT_REQUESTS=PLENTY)
        assert server.in_flight_peak == 1
        assert [request.path for request in server.log] == ["/robots.txt", *pages]
    assert min(pauses(done)) >= 0.3 - GRAIN  # AutoThrottle saw quick answers all the while
    assert sum(pauses(done)) >= 4 * 0.3 - GRAIN
    assert done.stats["robotstxt/crawl_delay"] == 0.3


def test_crawl_delay_is_kept_as_long_as_the_setting_allows(worker: Worker) -> None:
    with serve({"/robots.txt": robots("Crawl-delay: 3600"), "/a": page(), "/b": page()}) as server:
        done = crawl(worker, server, "/a", "/b", CRAWL_DELAY_MAX=0.15)
    assert min(pauses(done)) >= 0.15 - GRAIN
    warned = [line for line in done.log if line.startswith("WARNING") and "3600" in line]
    assert warned == ["WARNING 127.0.0.1: robots.txt asks for 3600 s between requests; kept at 0.15 (CRAWL_DELAY_MAX)"]


def test_crawl_delay_of_another_crawler_is_not_ours(worker: Worker) -> None:
    rules = Reply(b"User-agent: other\nCrawl-delay: 3600\n\nUser-agent: *\nDisallow: /admin/\n")
    with serve({"/robots.txt": rules, "/a": page(), "/admin/": page()}) as server:
        done = crawl(worker, server, "/a", "/admin/")
        assert server.paths() == ["/a"]
    assert "robotstxt/crawl_delay" not in done.stats


def test_a_longer_pause_of_our_own_stays(worker: Worker) -> None:
    pages = {f"/{n}": page() for n in range(3)}
    with serve({"/robots.txt": robots("Crawl-delay: 0.01"), **pages}) as server:
        done = crawl(worker, server, *pages, DOWNLOAD_DELAY=0.2, AUTOTHROTTLE_START_DELAY=0.2)
    assert min(pauses(done, *pages)) >= 0.2 - GRAIN


def test_a_slow_server_is_asked_one_by_one_with_pauses_as_long_as_its_answers(worker: Worker) -> None:
    def slow(asked: Asked) -> Reply:
        time.sleep(0.15)
        return page()

    pages = dict.fromkeys((f"/{n}" for n in range(4)), slow)
    with serve({"/robots.txt": robots(""), **pages}) as server:
        done = crawl(worker, server, *pages, CONCURRENT_REQUESTS=PLENTY, DOWNLOAD_DELAY_JITTER=0)
        assert server.in_flight_peak == 1
        assert server.paths() == list(pages)
    assert min(pauses(done, *pages)) >= 0.15 - GRAIN


def test_never_two_at_once_with_the_least_pause(worker: Worker) -> None:
    pages = {f"/{n}": page() for n in range(20)}
    with serve({"/robots.txt": robots(""), **pages}) as server:
        crawl(worker, server, *pages, CONCURRENT_REQUESTS=PLENTY)
        assert server.in_flight_peak == 1
        assert len(server.paths()) == 20


def test_retry_after_is_kept_and_what_follows_is_slower(worker: Worker) -> None:
    answers = iter([Reply(b"", 429, headers=(("Retry-After", "1"),)), page()])
    with serve({"/robots.txt": robots(""), "/": page(), "/a": lambda asked: next(answers), "/b": page()}) as server:
        done = crawl(worker, server, "/", "/a", "/b", REFUSAL_PAUSE=0.2)
        assert server.paths() == ["/", "/a", "/a", "/b"]
    rest, after = pauses(done, "/a", "/b")
    assert rest >= 1 - GRAIN
    assert after >= 0.2 - GRAIN
    assert done.stats["refusals/429"] == 1


def test_crawl_delay_and_retry_after_together(worker: Worker) -> None:
    """The longer one holds: neither makes the other shorter."""
    answers = iter([Reply(b"", 429), page()])
    routes = {"/robots.txt": robots("Crawl-delay: 0.2"), "/": page(), "/a": lambda asked: next(answers), "/b": page()}
    with serve(routes) as server:
        done = crawl(worker, server, "/", "/a", "/b", REFUSAL_PAUSE=0.01)
    assert len(pauses(done, "/a", "/b")) == 2
    assert min(pauses(done, "/a", "/b")) >= 0.2 - GRAIN
