"""What a spider asks for when it is told what earlier runs know: the portal's pages are handed to it one by one."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import HtmlResponse, Response
from scrapy.settings import Settings
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.catalogue.known import Knowledge, KnownCandidate, KnownList, KnownReport, Rules
from crawler.extensions.catalogue import list_findings
from crawler.extraction.text.titles import find_year
from crawler.items import Fetched
from crawler.runs import RunAddon
from spiders.portal import AnyPortalSpider
from tests.crawl.shire import LIST, write_links, write_page

if TYPE_CHECKING:
    from collections.abc import Iterable

BASE = "http://www.yunlai.gov.cn/"
KEY = "411399-云来县人民政府"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
BEFORE = NOW - timedelta(days=30)
TRAIL = "首页 > 政府信息公开 > 政府信息公开年报"
CHAPTERS = "<p>一、总体情况</p><p>二、主动公开情况</p><p>三、收到和处理申请情况</p>"
YEARS = tuple(range(2024, 2014, -1))


def title(year: int) -> str:
    return f"云来县人民政府{year}年政府信息公开工作年度报告"


def write_report(year: int, *more: str) -> str:
    return write_page(title(year), CHAPTERS, *more)


def page_path(number: int) -> str:
    return LIST if number == 1 else f"{LIST}index_{number}.html"


def write_lists(links: Iterable[tuple[str, str]], size: int = 2) -> dict[str, str]:
    """The pages of a list, each with a link to the next one alone."""
    links = list(links)
    cuts = [links[start : start + size] for start in range(0, len(links), size)]
    pages = {}
    for number, some in enumerate(cuts, 1):
        pager = f'<p><a href="{page_path(number + 1)}">下一页</a></p>' if number < len(cuts) else ""
        pages[page_path(number)] = write_page("政府信息公开年报", write_links(some), pager, trail=TRAIL)
    return pages


def link(year: int) -> tuple[str, str]:
    return f"/r/{year}.html", title(year)


def write_portal(*years: int, **more: str) -> dict[str, str]:
    """A portal by path: one list, two reports a page, each on a page of its own."""
    entry = write_page("门户网站", write_links([(LIST, "政府信息公开年报")]))
    reports = {f"/r/{year}.html": write_report(year) for year in years}
    return {"/": entry, **write_lists(map(link, years)), **reports, **more}


@dataclass
class Visit:
    """A crawl: the paths ``asked`` for, what the ledger says, and the archive as it leaves it."""

    spider: AnyPortalSpider
    archive: dict[str, str]
    asked: list[str] = field(default_factory=list)
    fetched: dict[str, Fetched] = field(default_factory=dict)

    @property
    def outcomes(self) -> dict[str, str]:
        return {urlsplit(one.url).path: one.outcome for one in self.spider.ledger.candidates.values()}

    @property
    def known(self) -> set[str]:
        return {urlsplit(one.url).path for one in self.spider.ledger.candidates.values() if one.known}

    @property
    def lists(self) -> list[str]:
        return [path for path in self.asked if path.startswith(LIST)]

    @property
    def reports(self) -> list[str]:
        return [path for path in self.asked if not path.startswith(LIST) and path != "/"]

    def remember(self, *, due: Iterable[str] = (), sweep: int = 85) -> Knowledge:
        """What the catalogue knows after it; ``due`` are paths whose turn it is."""
        ledger = self.spider.ledger
        candidates, reports = {}, []
        for one in list_findings(ledger):
            report = None
            if one.outcome in {"read", "same"}:
                report = KnownReport(KEY, "云来县人民政府", one.year or 0, (one.url,), (BASE,))
                reports.append(report)
            candidates[one.url] = KnownCandidate(
                *(one.url, one.text, one.found_on, one.parent, one.year, one.outcome, one.reason, BEFORE, report)
            )
        whole = {name: one for name, one in self.spider.series.items() if one.whole and not one.quiet}
        lists = {name: KnownList(one.first, one.told, BEFORE) for name, one in whole.items()}
        rules = Rules(NOW, timedelta(days=sweep), 0, 0)
        knowledge = Knowledge(rules, candidates, reports, {}, lists, (BASE,))
        knowledge.due = {urljoin(BASE, path) for path in due}
        return knowledge


def visit(
    pages: dict[str, str], memory: Knowledge | None = None, archive: dict[str, str] | None = None, **arguments: str
) -> Visit:
    """Crawls a portal: a page whose text is a number answers with that status."""
    settings = {"LOG_ENABLED": False, "TWISTED_REACTOR_ENABLED": False, "EXTENSIONS_BASE": {}}
    crawler = Crawler(AnyPortalSpider, Settings({**settings, "ADDONS": {RunAddon: 0}, "PORTAL_PAGE_LIMIT": 100}))
    crawler._apply_settings()
    spider = AnyPortalSpider.from_crawler(crawler, url=BASE, **arguments)
    spider.memory = memory
    crawler.spider = spider
    seen, titles = Visit(spider, dict(archive or {})), set()
    queue: list[tuple[int, int, Request]] = []
    numbers = count()

    def push(request: Request) -> None:
        heapq.heappush(queue, (-request.priority, next(numbers), request))

    crawler.engine = SimpleNamespace(crawl=push)

    async def begin() -> list[Any]:
        return [request async for request in spider.start()]

    for request in asyncio.run(begin()):
        push(request)
    while True:
        while queue:
            request = heapq.heappop(queue)[2]
            for result in answer(request, pages, seen):
                if isinstance(result, Request):
                    push(result)
                    continue
                outcome = "duplicate" if result.link_text in titles else "read"
                titles.add(result.link_text)
                if memory is not None:
                    memory.seen = {*memory.seen, f"{KEY}-{find_year(result.link_text)}"}
                seen.fetched[urlsplit(result.url).path] = result
                spider.ledger.settle(result.candidate, outcome, "verified")
        try:
            spider.go_on()
        except DontCloseSpider:
            continue
        return seen


def answer(request: Request, pages: dict[str, str], seen: Visit) -> Iterable[Any]:
    path = urlsplit(request.url).path
    body = seen.archive.get(path) if request.meta.get("recall") else None
    if body is not None:
        request.meta["recalled"] = True
    else:
        seen.asked.append(path)
        body = pages.get(path, "404")
    if body.isdigit():
        response = Response(request.url, status=int(body), request=request)
        failure = Failure(HttpError(response))
        failure.request = request
        return request.errback(failure) or ()
    seen.archive[path] = body
    html = HtmlResponse(request.url, body=body.encode(), headers={"Content-Type": "text/html"}, request=request)
    return request.callback(html, **request.cb_kwargs) or ()


def visit_again(pages: dict[str, str], then: dict[str, str], *, due: Iterable[str] = (), **arguments: str) -> Visit:
    """A first crawl of ``pages``, and a second one when they are ``then``."""
    first = visit(pages)
    return visit(then, first.remember(due=due), first.archive, **arguments)


PORTAL = write_portal(*YEARS)
ENDS = [page_path(1), page_path(5)]


def test_a_list_that_did_not_change_is_not_paged() -> None:
    first = visit(PORTAL)
    assert first.lists == [page_path(number) for number in range(1, 6)]
    assert len(first.reports) == len(YEARS)
    second = visit(PORTAL, first.remember(due=["/r/2023.html", "/r/2017.html"]), first.archive)
    assert second.asked == ["/", ENDS[0], "/r/2023.html", "/r/2017.html", ENDS[1]]
    assert len(second.known) == len(YEARS) - 2
    assert set(second.outcomes.values()) == {"same", "read"}
    (series,) = second.spider.series.values()
    assert (series.quiet, len(series.recalled), len(series.looked)) == (True, 3, 1)
    # On pages that nobody looked at; the two of the last one were seen, and so was what was asked for by itself.
    unlooked = {urlsplit(url).path for url in second.spider.ledger.unlooked}
    assert unlooked == {f"/r/{year}.html" for year in YEARS[2:8]}


@pytest.mark.parametrize(
    ("then", "found", "gone"),
    [
        pytest.param((*YEARS[:5], 2010, *YEARS[5:]), {2010}, set(), id="dated back"),
        pytest.param((*YEARS[:5], *YEARS[6:]), set(), {YEARS[5]}, id="removed"),
        pytest.param((*YEARS, 2010), {2010}, set(), id="at its end"),
        pytest.param((2025, *YEARS), {2025}, set(), id="on top"),
        pytest.param((*YEARS[1:5], 2025, *YEARS[6:]), {2025}, {YEARS[0], YEARS[5]}, id="everywhere"),
    ],
)
def test_a_list_that_changed_is_paged_to_its_end(then: tuple[int, ...], found: set[int], gone: set[int]) -> None:
    second = visit_again(PORTAL, write_portal(*then))
    assert second.lists.count(page_path(1)) == 1
    assert {page_path(number) for number in range(1, 6)} <= set(second.lists)
    assert second.reports == [f"/r/{year}.html" for year in found]
    assert set(second.outcomes) == {f"/r/{year}.html" for year in then}
    assert not second.spider.ledger.broken
    (series,) = second.spider.series.values()
    assert (series.quiet, series.whole) == (False, True)
    assert gone == set(YEARS) - set(then)


SWAPPED = (*YEARS[:4], 2010, *YEARS[5:])  # first and last page are what they were


def test_what_takes_the_place_of_another_is_found_at_the_sweep() -> None:
    first, then = visit(PORTAL), write_portal(*SWAPPED)
    quiet = visit(then, first.remember(), first.archive)
    assert (quiet.lists, quiet.reports) == (ENDS, [])
    sweep = visit(then, first.remember(sweep=30), first.archive)
    assert sweep.outcomes.keys() == {f"/r/{year}.html" for year in SWAPPED}
    assert set(sweep.outcomes.values()) == {"read"}


def test_what_could_not_be_had_on_a_quiet_list_may_be_gone() -> None:
    lost = f"/r/{YEARS[4]}.html"
    second = visit_again(PORTAL, write_portal(*SWAPPED), due=[lost])
    assert second.asked[:3] == ["/", ENDS[0], lost]
    assert second.outcomes.keys() == {f"/r/{year}.html" for year in SWAPPED}
    # Where the list still shows it, it counts as what it is.
    second = visit_again(PORTAL, {**PORTAL, lost: "404"}, due=[lost])
    assert second.outcomes[lost] == "failed"
    assert len(second.lists) == 5
    # What has failed before is no news.
    dead = {**PORTAL, lost: "404"}
    second = visit_again(dead, dead)
    assert (second.lists, second.reports, second.outcomes[lost]) == (ENDS, [lost], "failed")


def test_a_page_that_is_not_in_the_archive_is_asked_for() -> None:
    first = visit(PORTAL)
    kept = {path: page for path, page in first.archive.items() if path != page_path(3)}
    second = visit(PORTAL, first.remember(), kept)
    assert second.lists == [page_path(1), page_path(3), page_path(5)]
    assert second.reports == []


def test_a_crawl_that_was_killed_leaves_no_half_list_behind() -> None:
    """It had seen that the last page moved, and archived it; what it would have looked at then is looked at now."""
    first, then = visit(PORTAL), write_portal(*YEARS[:5], 2010, *YEARS[5:])
    archive = {**first.archive, page_path(5): then[page_path(5)]}
    second = visit(then, first.remember(), archive)
    assert second.reports == ["/r/2010.html"]
    assert len(second.outcomes) == len(YEARS) + 1


def test_a_list_that_lost_a_page_is_paged_again() -> None:
    broken = visit({**PORTAL, page_path(4): "500"})
    (series,) = broken.spider.series.values()
    assert not series.whole
    second = visit(PORTAL, broken.remember(), broken.archive)
    assert second.lists == [page_path(number) for number in range(1, 6)]
    assert second.reports == [f"/r/{year}.html" for year in YEARS[6:]]


def test_a_list_that_names_all_its_pages() -> None:
    """Every page links every other; the numbers in their addresses count down."""

    def write(years: tuple[int, ...]) -> dict[str, str]:
        pages = write_portal(*years)
        names = [LIST, *(f"{LIST}p_{number}.html" for number in range(4, 0, -1))]
        for number, name in enumerate(names):
            links = write_links(map(link, years[2 * number : 2 * number + 2]))
            pager = write_links((name, str(n)) for n, name in enumerate(names, 1))
            pages[name] = write_page("政府信息公开年报", links, pager, trail=TRAIL)
        return pages

    then = write(SWAPPED)
    second = visit_again(write(YEARS), then)
    assert second.lists == [LIST, f"{LIST}p_1.html"]
    third = visit_again(write(YEARS), write((*YEARS[:5], 2010, *YEARS[5:9])))
    assert len(third.lists) == 5
    assert third.reports == ["/r/2010.html"]


def test_a_report_that_its_list_calls_by_another_name_is_asked_for() -> None:
    renamed = [(path, f"{text}（修订）" if "2023" in text else text) for path, text in map(link, YEARS)]
    second = visit_again(PORTAL, {**PORTAL, **write_lists(renamed)})
    assert second.reports == ["/r/2023.html"]


def test_a_copy_is_asked_for_where_the_report_is_missing() -> None:
    few = [link(year) for year in YEARS[:2]]
    copy = ("/copy.html", title(YEARS[0]))
    pages = {**write_portal(*YEARS[:2]), **write_lists([*few, copy], 9), copy[0]: write_report(YEARS[0])}
    first = visit(pages)
    assert first.outcomes[copy[0]] == "duplicate"
    assert visit(pages, first.remember(), first.archive).reports == []
    second = visit({**pages, **write_lists([few[1], copy], 9)}, first.remember(), first.archive)
    assert second.reports == [copy[0]]
    assert second.outcomes == {few[1][0]: "same", copy[0]: "read"}


def test_a_copy_that_its_list_no_longer_shows_is_gone_with_it() -> None:
    """While a known report is missing, too."""
    copy = ("/copy.html", title(YEARS[4]))
    pages = {**PORTAL, **write_lists([*map(link, YEARS[:5]), copy, *map(link, YEARS[5:])])}
    left = (*YEARS[:5], *YEARS[6:], 2010, 2009)
    second = visit_again({**pages, copy[0]: write_report(YEARS[4])}, write_portal(*left))
    assert second.outcomes == {f"/r/{year}.html": "same" if year in YEARS else "read" for year in left}


LANDING = {
    **write_portal(2024, 2023),
    "/r/2024.html": write_page(title(2024), write_links([("/a/2024.pdf", title(2024) + ".pdf")])),
    "/a/2024.pdf": write_report(2024),
}


def test_a_landing_page_is_passed_over_with_its_document() -> None:
    first = visit(LANDING)
    assert first.outcomes == {"/r/2024.html": "followed", "/a/2024.pdf": "read", "/r/2023.html": "read"}
    second = visit(LANDING, first.remember(), first.archive)
    assert second.reports == []
    assert second.outcomes == {"/r/2024.html": "followed", "/a/2024.pdf": "same", "/r/2023.html": "same"}
    # The document is asked for by way of its page, which may lead to another one now.
    moved = {**LANDING, "/r/2024.html": LANDING["/r/2024.html"].replace("/a/2024.pdf", "/a/new.pdf")}
    second = visit({**moved, "/a/new.pdf": write_report(2024)}, first.remember(due=["/a/2024.pdf"]), first.archive)
    assert second.reports == ["/r/2024.html", "/a/new.pdf"]
    second = visit(LANDING, first.remember(due=["/r/2024.html"]), first.archive)
    assert second.reports == ["/r/2024.html", "/a/2024.pdf"]


def test_what_is_behind_a_page_stays_where_its_list_is_paged_after_all() -> None:
    middle, lost = f"/r/{YEARS[5]}.html", f"/r/{YEARS[4]}.html"
    page = write_page(title(YEARS[5]), write_links([("/a/1.pdf", title(YEARS[5]) + ".pdf")]))
    pages = {**PORTAL, middle: page, "/a/1.pdf": write_report(YEARS[5])}
    second = visit_again(pages, {**pages, lost: "404"}, due=[lost])
    assert len(second.lists) == 5
    assert len(second.outcomes) == len(YEARS) + 1
    assert second.outcomes["/a/1.pdf"] == "same"
    # With the page its document goes, too.
    second = visit_again(
        pages, {**pages, **write_lists(link(year) for year in (*YEARS[:5], 2010, *YEARS[6:]))}, due=[lost]
    )
    assert {middle, "/a/1.pdf"} <= second.outcomes.keys()  # nobody has seen it yet
    second = visit_again(pages, {**pages, **write_lists(link(year) for year in (*YEARS[:5], *YEARS[6:]))})
    assert not {middle, "/a/1.pdf"} & second.outcomes.keys()


def test_what_failed_is_asked_for_again() -> None:
    first = visit({**LANDING, "/a/2024.pdf": "500", "/r/2023.html": "404"})
    second = visit(LANDING, first.remember(), first.archive)
    assert second.reports == ["/r/2024.html", "/a/2024.pdf", "/r/2023.html"]
    assert set(second.outcomes.values()) == {"followed", "read"}


def test_what_only_a_report_leads_to_is_met() -> None:
    related = write_links([link(2009)])
    pages = {**write_portal(2024), "/r/2024.html": write_report(2024, related), "/r/2009.html": write_report(2009)}
    first = visit(pages)
    assert first.outcomes == {"/r/2024.html": "read", "/r/2009.html": "read"}
    second = visit(pages, first.remember(), first.archive)
    assert second.reports == []
    assert second.outcomes == {"/r/2024.html": "same", "/r/2009.html": "same"}
    third = visit(pages, first.remember(due=["/r/2009.html"]), first.archive)
    assert third.reports == ["/r/2009.html"]


def test_what_a_report_led_to_first_is_missing_where_its_list_shows_it_no_longer() -> None:
    def write(*years: int) -> dict[str, str]:
        steps = {f"/r/{year}.html": write_report(year, write_links(map(link, years[n + 1 : n + 2])))
                 for n, year in enumerate(years)}  # fmt: skip
        return {**write_portal(*years), **steps}

    first = visit(write(2024, 2023, 2022, 2021))
    found_on = {one.year: one.found_on for one in first.spider.ledger.candidates.values()}
    assert {year: urlsplit(on).path for year, on in found_on.items()} == {
        2024: page_path(1), 2023: page_path(1), 2022: page_path(2), 2021: page_path(2)
    }  # fmt: skip
    second = visit(write(2024, 2023, 2021), first.remember(), first.archive)
    assert second.outcomes == {f"/r/{year}.html": "same" for year in (2024, 2023, 2021)}
    # The pages of the reports before and behind it were not looked at.
    assert second.reports == []


def test_years_hold_for_what_is_known() -> None:
    second = visit_again(write_portal(2024, 2023), write_portal(2024, 2023), years="2024")
    assert (second.reports, second.outcomes) == ([], {"/r/2024.html": "same", "/r/2023.html": "skipped"})
    # What was of no year asked for then is asked for now.
    first = visit(write_portal(2024, 2023), years="2024")
    second = visit(write_portal(2024, 2023), first.remember(), first.archive)
    assert second.reports == ["/r/2023.html"]
