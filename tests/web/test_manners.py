"""Manners under load, measured at the server: never two at once, and never sooner than asked. Lower bounds only."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.web.crawling import PLAIN
from tests.web.server import Asked, Reply, WebServer, serve

if TYPE_CHECKING:
    from collections.abc import Callable

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
}
PLENTY = 16  # requests that Scrapy may have under way at once, if nothing but the manners keeps them apart
GRAIN = 0.1  # a busy machine notes a request this late, and the next one in time


class Clock:
    """Answers for a server that note when they were asked for."""

    def __init__(self) -> None:
        self.times: list[tuple[str, float]] = []

    def at(self, answer: Callable[[], Reply]) -> Callable[[Asked], Reply]:
        def reply(asked: Asked) -> Reply:
            self.times.append((asked.path, time.monotonic()))
            return answer()

        return reply

    def gaps(self) -> list[float]:
        """The seconds between one request and the next."""
        return [after - before for (_, before), (_, after) in pairwise(self.times)]


def robots(text: str) -> Reply:
    return Reply(f"User-agent: *\n{text}\n".encode(), headers=(("Content-Type", "text/plain"),))


def crawl(worker: Worker, server: WebServer, *paths: str, **settings: object) -> Crawl:
    return worker.crawl([server.url(path) for path in paths], {**MANNERS, **settings})


def page() -> Reply:
    return Reply(b"<p>x</p>")


def test_crawl_delay_is_kept_from_the_first_page_on(worker: Worker) -> None:
    clock = Clock()
    pages = {f"/{n}": clock.at(page) for n in range(4)}
    with serve({"/robots.txt": clock.at(lambda: robots("Crawl-delay: 0.3")), **pages}) as server:
        done = crawl(worker, server, *pages, CONCURRENT_REQUESTS=PLENTY)
        assert server.in_flight_peak == 1
    assert [path for path, _ in clock.times] == ["/robots.txt", *pages]
    assert min(clock.gaps()) >= 0.3 - GRAIN  # AutoThrottle saw quick answers all the while
    assert sum(clock.gaps()) >= 4 * 0.3 - GRAIN
    assert done.stats["robotstxt/crawl_delay"] == 0.3


def test_crawl_delay_is_kept_as_long_as_the_setting_allows(worker: Worker) -> None:
    clock = Clock()
    with serve({"/robots.txt": robots("Crawl-delay: 3600"), "/a": clock.at(page), "/b": clock.at(page)}) as server:
        done = crawl(worker, server, "/a", "/b", CRAWL_DELAY_MAX=0.15)
    assert min(clock.gaps()) >= 0.15 - GRAIN
    warned = [line for line in done.log if line.startswith("WARNING") and "3600" in line]
    assert warned == ["WARNING 127.0.0.1: robots.txt asks for 3600 s between requests; kept at 0.15 (CRAWL_DELAY_MAX)"]


def test_crawl_delay_of_another_crawler_is_not_ours(worker: Worker) -> None:
    rules = Reply(b"User-agent: other\nCrawl-delay: 3600\n\nUser-agent: *\nDisallow: /admin/\n")
    with serve({"/robots.txt": rules, "/a": page(), "/admin/": page()}) as server:
        done = crawl(worker, server, "/a", "/admin/")
        assert server.paths() == ["/a"]
    assert "robotstxt/crawl_delay" not in done.stats


def test_a_longer_pause_of_our_own_stays(worker: Worker) -> None:
    clock = Clock()
    pages = {f"/{n}": clock.at(page) for n in range(3)}
    with serve({"/robots.txt": robots("Crawl-delay: 0.01"), **pages}) as server:
        crawl(worker, server, *pages, DOWNLOAD_DELAY=0.2, AUTOTHROTTLE_START_DELAY=0.2)
    assert min(clock.gaps()) >= 0.2 - GRAIN


def test_a_slow_server_is_asked_one_by_one_with_pauses_as_long_as_its_answers(worker: Worker) -> None:
    clock = Clock()

    def slow() -> Reply:
        time.sleep(0.15)
        return page()

    pages = {f"/{n}": clock.at(slow) for n in range(4)}
    with serve({"/robots.txt": robots(""), **pages}) as server:
        crawl(worker, server, *pages, CONCURRENT_REQUESTS=PLENTY, DOWNLOAD_DELAY_JITTER=0)
        assert server.in_flight_peak == 1
    assert min(clock.gaps()) >= 0.15 - GRAIN
    assert [path for path, _ in clock.times] == list(pages)


def test_never_two_at_once_with_the_least_pause(worker: Worker) -> None:
    pages = {f"/{n}": page() for n in range(20)}
    with serve({"/robots.txt": robots(""), **pages}) as server:
        crawl(worker, server, *pages, CONCURRENT_REQUESTS=PLENTY)
        assert server.in_flight_peak == 1
        assert len(server.paths()) == 20


def test_retry_after_is_kept_and_what_follows_is_slower(worker: Worker) -> None:
    clock = Clock()
    answers = iter([Reply(b"", 429, headers=(("Retry-After", "1"),)), page()])
    with serve(
        {"/robots.txt": robots(""), "/": page(), "/a": clock.at(lambda: next(answers)), "/b": clock.at(page)}
    ) as server:
        done = crawl(worker, server, "/", "/a", "/b", REFUSAL_PAUSE=0.2)
    assert [path for path, _ in clock.times] == ["/a", "/a", "/b"]
    rest, after = clock.gaps()
    assert rest >= 1 - GRAIN
    assert after >= 0.2 - GRAIN
    assert done.stats["refusals/429"] == 1


def test_crawl_delay_and_retry_after_together(worker: Worker) -> None:
    """The longer one holds: neither makes the other shorter."""
    clock = Clock()
    answers = iter([Reply(b"", 429), page()])
    with serve(
        {
            "/robots.txt": robots("Crawl-delay: 0.2"),
            "/": page(),
            "/a": clock.at(lambda: next(answers)),
            "/b": clock.at(page),
        }
    ) as server:
        crawl(worker, server, "/", "/a", "/b", REFUSAL_PAUSE=0.01)
    assert min(clock.gaps()) >= 0.2 - GRAIN
