"""The older sites of Luoyang: the last page's number implies the others."""

from __future__ import annotations

from crawler.listing.families import recognise
from crawler.listing.plain import MAX_PAGES
from tests.listing.families.pages import further, page_of

ARTICLE = '<a href="/html/1//2/151/164/59946.html">甲</a>'
LIST = "/html/1//2/151/list.html"


def test_the_last_page_implies_the_others() -> None:
    page = page_of(ARTICLE + '<a href="list_2.html">下一页</a><a href="list_4.html">尾页</a>', LIST)
    assert recognise(page).name == "luoyang"
    assert recognise(page).is_article("http://b.gov.cn/html/1//2/151/164/59946.html")
    assert further(page) == [f"/html/1//2/151/list_{number}.html" for number in (2, 3, 4)]


def test_without_articles_or_with_a_huge_number_links_count_alone() -> None:
    assert further(page_of('<a href="list_4.html">尾页</a>', LIST)) == []
    huge = f'<a href="list_2.html">下一页</a><a href="list_{MAX_PAGES + 1}.html">尾页</a>'
    assert further(page_of(ARTICLE + huge, LIST)) == ["/html/1//2/151/list_2.html"]
