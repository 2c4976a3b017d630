"""Visual SiteBuilder: pages counted down to the oldest."""

from __future__ import annotations

import pytest

from crawler.listing.families import recognise
from crawler.listing.plain import MAX_PAGES
from tests.listing.families.pages import further, page_of

JUMP = "<script>function a7_gopage_fun(){_simple_list_gotopage_fun(%d,'a7GOPAGE',2)}</script>"


def pager(base: str, total: int) -> str:
    """The pager of the first page: links to the next ones, a gap, and the last."""
    numbers = "".join(
        f'<span class="p_no"><a href="{base}/{total + 1 - at}.htm">{at}</a></span>'
        for at in range(2, min(total, 4) + 1)
    )
    ends = f'<a href="{base}/{total - 1}.htm">下页</a><a href="{base}/1.htm">尾页</a>'
    return f'<span class="p_no_d">1</span>{numbers}<span class="p_dot">...</span>{ends}'


def counted(base: str, last: int) -> list[str]:
    return [f"{base}/{number}.htm" for number in range(last, 0, -1)]


def test_the_first_page_says_all_others() -> None:
    page = page_of(pager("xxgknb", 13), "/zwgk/xxgknb.htm")
    assert set(further(page)) == set(counted("/zwgk/xxgknb", 12))
    assert len(further(page)) == 12
    assert "visualsite" in recognise(page).name


def test_a_later_page_says_those_behind_it() -> None:
    body = '<a href="../xxgknb.htm">首页</a><a href="6.htm">上页</a><a href="4.htm">下页</a><a href="1.htm">尾页</a>'
    assert set(further(page_of(body, "/zwgk/xxgknb/5.htm"))) == set(counted("/zwgk/xxgknb", 4))


def test_the_last_page_has_none_behind_it() -> None:
    body = '<a href="../xxgknb.htm">首页</a><a href="2.htm">上页</a><span>下页</span>'
    assert further(page_of(body, "/zwgk/xxgknb/1.htm")) == []


def test_the_number_in_the_script_of_the_jump_box() -> None:
    page = page_of("共62条&nbsp;1/4" + JUMP % 4 + '<a href="javascript:;">下页</a>', "/zwgk/xxgknb.htm")
    assert further(page) == counted("/zwgk/xxgknb", 3)


def test_a_list_that_is_the_index_of_its_folder() -> None:
    assert set(further(page_of(pager("index", 3), "/zwgk/"))) == set(counted("/zwgk/index", 2))


def test_the_number_as_a_parameter() -> None:
    body = (
        '<a href="?a7t=4&amp;a7p=2&amp;a7c=20&amp;wbtreeid=1050">下页</a>'
        '<a href="?a7t=4&amp;a7p=4&amp;a7c=20&amp;wbtreeid=1050">尾页</a>'
    )
    assert further(page_of(body, "/list.jsp?wbtreeid=1050")) == [
        f"/list.jsp?a7t=4&a7p={number}&a7c=20&wbtreeid=1050" for number in (2, 3, 4)
    ]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('<a href="xxgknb/12.htm">2012年报告</a>', "/zwgk/xxgknb.htm"),
        ('<a href="other/12.htm">尾页</a>', "/zwgk/xxgknb.htm"),
        (JUMP % 1, "/zwgk/xxgknb.htm"),
        ("<p>_simple_list_gotopage_fun 是翻页用的函数。</p>", "/zwgk/xxgknb.htm"),
        (JUMP % 9, "/zwgk/xxgknb.jsp"),
    ],
)
def test_what_is_no_pager(body: str, path: str) -> None:
    assert further(page_of(body, path)) == []


def test_a_huge_count_is_bounded() -> None:
    found = further(page_of(JUMP % 99999, "/zwgk/xxgknb.htm"))
    assert len(found) == MAX_PAGES
    assert found[0] == "/zwgk/xxgknb/99998.htm"


def test_articles() -> None:
    family = recognise(page_of('<a href="../info/1050/64208.htm">甲</a><a href="../info/1050/64207.htm">乙</a>'))
    assert family.name == "visualsite"
    assert family.is_article("http://b.gov.cn/info/1050/64208.htm")
