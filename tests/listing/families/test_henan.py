"""Henan's common platform: told by its articles, paged by links."""

from __future__ import annotations

from crawler.listing.families import recognise
from tests.listing.families.pages import further, page_of


def test_two_articles_tell_it() -> None:
    page = page_of(
        '<a href="/2024/01-20/1.html">甲</a><a href="/2023/01-20/2.html">乙</a><a href="index_2.html">下一页</a>'
    )
    assert recognise(page).name == "henan"
    assert recognise(page).is_article("http://b.gov.cn/2024/01-20/1.html?from=x")
    assert further(page) == ["/zwgk/xxgknb/index_2.html"]


def test_one_article_alone_does_not() -> None:
    assert recognise(page_of('<a href="/2024/01-20/1.html">甲</a><a href="/2024/1/2.html">乙</a>')).name == "plain"
    assert recognise(page_of("", "/2024/01-20/1.html")).name == "henan"
