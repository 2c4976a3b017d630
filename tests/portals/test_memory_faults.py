"""What a spider that passes over what is known must not take for true: that a list is as it was, that a report is gone,
that a copy needs a look."""

from __future__ import annotations

import pytest
from scrapy import signals

from crawler.catalogue.known import Knowledge
from crawler.extensions.verdict import judge
from crawler.portals.ledger import Ledger
from tests.crawl.shire import LIST, write_links, write_page
from tests.portals.test_memory import (
    PORTAL,
    TRAIL,
    YEARS,
    Visit,
    link,
    page_path,
    title,
    visit,
    visit_again,
    write_lists,
    write_portal,
    write_report,
)

FIVE = [page_path(number) for number in range(1, 6)]


def same(*years: int) -> dict[str, str]:
    return {f"/r/{year}.html": "same" for year in years}


def test_a_page_that_holds_what_another_held_is_no_end_of_its_list() -> None:
    """Four reports come into the midst of a list: its two new last pages say what two of the old ones said."""
    then = (*YEARS[:2], 2010, 2009, 2008, 2007, *YEARS[2:])
    second = visit_again(PORTAL, write_portal(*then))
    assert set(second.lists) == {page_path(number) for number in range(1, 8)}
    assert second.outcomes == same(*YEARS) | dict.fromkeys(same(2010, 2009, 2008, 2007), "read")


def test_a_list_without_an_end_is_not_paged_forever() -> None:
    """Every page beyond the last shows the last one, and always a next one."""

    def write(*years: int) -> dict[str, str]:
        pages, count = write_portal(*years), (len(years) + 1) // 2
        for number in range(1, 20):
            at = 2 * min(number, count)
            pager = f'<p><a href="{page_path(number + 1)}">下一页</a></p>'
            links = write_links(map(link, years[at - 2 : at]))
            pages[page_path(number)] = write_page("政府信息公开年报", links, pager, trail=TRAIL)
        return pages

    first = visit(write(*YEARS))
    assert first.lists == [page_path(number) for number in range(1, 7)]
    second = visit(write(*YEARS), first.remember(), first.archive)
    assert second.lists == [page_path(1), page_path(6), page_path(7)]
    then = (*YEARS[:4], 2010, *YEARS[4:])
    third = visit(write(*then), first.remember(), first.archive)
    assert third.outcomes.keys() == same(*then).keys()
    assert set(third.lists) == {page_path(number) for number in range(1, 8)}


class BrokenMemory(Knowledge):
    """A memory with a fault, which shows when nothing is left to ask for."""

    def misses(self, met: object) -> bool:
        raise KeyError("a fault of ours")


def test_a_fault_before_the_end_makes_the_crawl_fail(caplog: pytest.LogCaptureFixture) -> None:
    first = visit(PORTAL)
    spider, (series,) = first.spider, first.spider.series.values()
    assert judge(spider.crawler, spider.ledger) == ("complete", [])
    series.last, series.checked = series.told, True  # a list that did not change
    spider.memory = BrokenMemory(first.remember().rules)
    spider.crawler.signals.send_catch_log(signals.spider_idle, spider=spider)
    verdict, why = judge(spider.crawler, spider.ledger)
    assert (verdict, why) == ("failed", ["the spider crashed before its end: KeyError: 'a fault of ours'; see the log"])
    assert "Traceback" in caplog.text


# --- copies


def test_attachments_are_no_copies() -> None:
    """One report of a list is gone, and each of the others has an attachment that nobody needs."""
    pages = write_portal(*YEARS)
    for year in YEARS:
        attached = write_links([(f"/f/{year}.doc", "统计口径说明.doc")])
        pages |= {f"/r/{year}.html": write_report(year, attached), f"/f/{year}.doc": "404"}
    first = visit(pages)
    assert [first.outcomes[f"/f/{year}.doc"] for year in YEARS] == ["duplicate"] * len(YEARS)
    assert not [path for path in first.asked if path.startswith("/f/")]
    left = (*YEARS[:4], *YEARS[5:])
    second = visit({**pages, **write_lists(map(link, left))}, first.remember(), first.archive)
    assert second.reports == []
    assert second.outcomes == same(*left) | {f"/f/{year}.doc": "duplicate" for year in left}


def test_a_copy_behind_a_report_is_looked_at_where_its_report_is_missing() -> None:
    """Unlike an attachment it has been read, and may be all that is left."""
    related = write_links([("/copy.html", title(2023))])
    pages = {
        **write_portal(2024, 2023),
        "/r/2024.html": write_report(2024, related),
        "/copy.html": write_report(2023),
        **write_lists([link(2023), link(2024)]),
    }
    first = visit(pages)
    assert first.outcomes["/copy.html"] == "duplicate"
    second = visit({**pages, **write_lists([link(2024)])}, first.remember(), first.archive)
    assert second.reports == ["/copy.html"]
    assert second.outcomes == {"/r/2024.html": "same", "/copy.html": "read"}


def test_a_report_that_was_read_at_another_address_is_not_missing() -> None:
    copy = ("/copy.html", title(2024))
    pages = {**write_portal(2024, 2023), **write_lists([link(2024), link(2023), copy], 9), copy[0]: write_report(2024)}
    moved = {**pages, **write_lists([link(2024), ("/r/moved.html", title(2023)), copy], 9)}
    second = visit_again(pages, {**moved, "/r/moved.html": write_report(2023)})
    assert second.reports == ["/r/moved.html"]
    assert second.outcomes[copy[0]] == "duplicate"


# --- a list that loses its last page

LEFT = (*YEARS[:4], *YEARS[6:])
FEWER = write_portal(*LEFT)  # of its four pages the last one says what that of five said
MOVED = f"<!DOCTYPE html><html><head><script>location.href = '{LIST}';</script></head><body></body></html>"


@pytest.mark.parametrize(
    "answer", [pytest.param("404", id="gone"), pytest.param("", id="empty"), pytest.param(MOVED, id="moved")]
)
def test_a_list_that_lost_its_last_page_is_paged_again(answer: str) -> None:
    first = visit(PORTAL)
    then = {**FEWER, FIVE[4]: answer}
    second = visit(then, first.remember(), first.archive)
    assert set(second.lists) == set(FIVE)
    assert second.outcomes == same(*LEFT)
    assert (second.spider.ledger.broken, second.spider.ledger.notes) == ({}, [])
    (series,) = second.spider.series.values()
    assert (series.quiet, series.whole, series.recalled) == (False, True, set())
    third = visit(then, remember_both(first, second), second.archive)
    assert third.lists == [FIVE[0], FIVE[3]]
    assert third.outcomes == same(*LEFT)


def remember_both(first: Visit, second: Visit) -> Knowledge:
    """What the catalogue knows after a visit, and a second one that read nothing and paged a list."""
    known, lists = first.remember(), second.remember().lists
    met = second.spider.ledger.candidates
    candidates = {url: one for url, one in known.candidates.items() if url in met}
    reports = [one for one in known.reports if one.addresses[0] in met]
    both = Knowledge(known.rules, candidates, reports, {}, lists, known.asked)
    both.due = set()
    return both


def test_a_list_that_lost_two_pages() -> None:
    left = (*YEARS[:2], *YEARS[5:])
    second = visit_again(PORTAL, {**write_portal(*left[:6]), FIVE[3]: "404", FIVE[4]: "404"})
    assert second.outcomes == same(*left[:6])
    assert not second.spider.ledger.broken


def test_a_page_that_its_list_still_links_is_lost() -> None:
    second = visit_again(PORTAL, {**PORTAL, FIVE[4]: "404"})
    assert list(second.spider.ledger.broken.values()) == ["HTTP 404"]
    assert set(second.lists) == set(FIVE)
    (series,) = second.spider.series.values()
    assert not series.whole


def test_a_last_page_is_known_by_its_number() -> None:
    """A crawl was killed when it had archived the new last page, which says what the old one said."""
    dead = f"/r/{YEARS[0]}.html"  # where something fails, nothing counts as missing
    first = visit({**PORTAL, dead: "404"})
    archive = {**first.archive, FIVE[3]: FEWER[FIVE[3]]}
    second = visit({**FEWER, dead: "404"}, first.remember(), archive)
    assert set(second.lists) == set(FIVE[:4])
    assert second.outcomes == same(*LEFT) | {dead: "failed"}


# --- one page, several addresses


def test_what_stands_on_a_list_by_another_address_of_its_page_stands_there() -> None:
    """The list changes at its end, and calls a report of its midst by an address with a trace of the reader."""
    links = [link(year) for year in (*YEARS, 2010)]
    links[3] = (f"{links[3][0]}?from=singlemessage", links[3][1])
    second = visit_again(PORTAL, {**write_portal(*YEARS, 2010), **write_lists(links)})
    assert second.outcomes == same(*YEARS) | {"/r/2010.html": "read"}


def test_what_a_list_dropped_may_come_back_by_another_address_of_its_page() -> None:
    ledger = Ledger()
    for url in ("http://www.yunlai.gov.cn/r/1.html", "http://www.yunlai.gov.cn/r/1.html?from=singlemessage"):
        assert ledger.list_page(url, "http://www.yunlai.gov.cn/", title(2024), 2024)
        ledger.drop(url)
