"""Hanweb jpage: records in scripts, further ones by POST or GET."""

from __future__ import annotations

import pytest

from crawler.listing.families import recognise
from crawler.listing.plain import MAX_PAGES
from tests.listing.families.pages import HOST, answer_of, further, page_of

COLUMN = "/col/col1229214366/index.html"
PROXY = "/module/web/jpage/dataproxy.jsp"
OPTIONS = (
    "proxyUrl:'/module/web/jpage/dataproxy.jsp',perPage:%d,groupSize:3,%sbarPosition:'bottom',"
    "ajaxParam:{col:'1',appid:'1',webid:'149',path:'/',columnid:'1229214366',sourceContentType:'1',"
    "unitid:'6325023',webname:'青松县人民政府',permissiontype:0}"
)
FORM = (
    "col=1&appid=1&webid=149&path=%2F&columnid=1229214366&sourceContentType=1&unitid=6325023"
    "&webname=%E9%9D%92%E6%9D%BE%E5%8E%BF%E4%BA%BA%E6%B0%91%E6%94%BF%E5%BA%9C&permissiontype=0"
)


def record(number: int) -> str:
    href = f"/art/2024/1/23/art_1229114055_{number}.html"
    item = f"<li><a href='{href}' title='青松县第{number}号报告'>青松县…</a><i>2024-01-23</i></li>"
    return f"<record><![CDATA[{item}]]></record>"


def store(first: int, last: int, head: str = "") -> str:
    items = "".join(record(number) for number in range(first, last + 1))
    return f"<datastore>{head}<recordset>{items}</recordset></datastore>"


def column(held: int, call: str = "", head: str = "") -> str:
    held_records = f'<script type="text/xml">{store(1, held, head)}</script>'
    return f'<div id="6325023">{held_records}</div><script>$(function(){{$("#6325023").jpage({{{call}}});}});</script>'


def group(first: int, last: int, per_page: int) -> str:
    return f"{PROXY}?startrecord={first}&endrecord={last}&perpage={per_page} < {FORM}"


def test_records_are_read_from_the_script() -> None:
    page = page_of(column(3), COLUMN)
    family = recognise(page)
    assert family.name == "hanweb"
    assert [link.text for link in family.records(page)] == [f"青松县第{number}号报告" for number in (1, 2, 3)]
    assert family.records(page)[0].url == f"{HOST}/art/2024/1/23/art_1229114055_1.html"
    assert page.links == ()


def test_broken_records_are_read_as_far_as_they_go() -> None:
    body = (
        '<script type="text/xml"><datastore><recordset><record><![CDATA[<li><a href="/art/1.html">甲</a></record>'
        "<record>&lt;a href='/art/2.html'&gt;乙 &amp; 丙&lt;/a&gt;</record><record><![CDATA[<a href=/art/3.html>丁</a>"
    )
    page = page_of(body, COLUMN)
    assert [(link.url.removeprefix(HOST), link.text) for link in recognise(page).records(page)] == [
        ("/art/1.html", "甲"),
        ("/art/2.html", "乙 & 丙"),
        ("/art/3.html", "丁"),
    ]


def test_further_records_by_the_call_of_the_script() -> None:
    page = page_of(column(30, OPTIONS % (10, "totalRecord:85,")), COLUMN)
    assert further(page) == [group(31, 60, 10), group(61, 85, 10)]


def test_the_total_in_the_datastore() -> None:
    page = page_of(column(6, OPTIONS % (2, ""), "<totalrecord>14</totalrecord>"), COLUMN)
    assert further(page) == [group(7, 12, 2), group(13, 14, 2)]


def test_a_list_without_records_of_its_own() -> None:
    assert further(page_of(column(0, OPTIONS % (2, "totalRecord:'7',")), COLUMN)) == [group(1, 6, 2), group(7, 7, 2)]
    assert further(page_of(column(0, OPTIONS % (2, "")), COLUMN)) == [group(1, 6, 2)]


def test_a_whole_list_has_no_further_pages() -> None:
    assert further(page_of(column(5, OPTIONS % (15, "totalRecord:5,")), COLUMN)) == []


def test_a_huge_total_is_bounded() -> None:
    assert len(further(page_of(column(3, OPTIONS % (1, "totalRecord:9999999,")), COLUMN))) == MAX_PAGES


def test_two_lists_on_one_page() -> None:
    one, two = OPTIONS % (2, "totalRecord:8,"), (OPTIONS % (2, "totalRecord:4,")).replace("6325023", "77")
    found = further(page_of(column(6, one) + column(2, two), COLUMN))
    assert found == [group(7, 8, 2), group(3, 4, 2).replace("6325023", "77")]


def test_answers_say_what_is_behind_them() -> None:
    path = f"{PROXY}?startrecord=1&endrecord=6&perpage=2"
    page = answer_of(store(1, 6, "<totalrecord>14</totalrecord><totalpage>7</totalpage>"), path, FORM)
    assert len(page.links) == 6
    assert page.post == FORM
    assert further(page) == [group(7, 12, 2), group(13, 14, 2)]
    assert further(answer_of(store(1, 6), path, FORM)) == [group(7, 12, 2)]  # full, and no total
    assert further(answer_of(store(1, 4), path, FORM)) == []
    assert further(answer_of(store(1, 0), path, FORM)) == []


NEXT = (
    '<nextgroup><![CDATA[<a href="%sdataproxy.jsp?page=%d&amp;webid=149&amp;unitid=77&amp;path=/"></a>]]></nextgroup>'
)


def test_further_pages_by_the_link_of_the_next_group() -> None:
    page = page_of(column(3, head="<totalpage>3</totalpage>" + NEXT % ("/module/web/jpage/", 1)), COLUMN)
    wanted = [f"{PROXY}?page={number}&webid=149&unitid=77&path=%2F" for number in (1, 2, 3)]
    assert further(page) == wanted
    first = f"{PROXY}?page=1&webid=149&unitid=77&path=/"
    answer = answer_of(store(1, 2, "<totalpage>3</totalpage>" + NEXT % ("./", 2)), first)
    assert further(answer) == wanted[1:]
    assert further(answer_of(store(1, 2, NEXT % ("./", 2)), first)) == wanted[1:2]
    assert further(answer_of(store(1, 0, NEXT % ("./", 2)), first)) == []  # an empty page is the last
    assert further(answer_of(store(1, 2, NEXT % ("./", 1)), first)) == []  # one that leads back


def test_the_call_goes_before_the_link() -> None:
    page = page_of(column(3, OPTIONS % (1, "totalRecord:4,"), NEXT % ("/module/web/jpage/", 1)), COLUMN)
    assert further(page) == [group(4, 4, 1)]


def test_numbered_links_up_to_the_last() -> None:
    body = '<a href="?uid=77&amp;pageNum=2">2</a><a href="?uid=77&amp;pageNum=5">尾页</a>'
    assert set(further(page_of(body, COLUMN))) == {f"{COLUMN}?uid=77&pageNum={number}" for number in range(2, 6)}


def test_lists_of_the_disclosure_module() -> None:
    path = "/module/xxgk/xxgkAnnualReport.jsp?area=11&standardXxgk=1"
    page = page_of("<a href='/art/1.html'>甲</a><span>共 <b>3</b> 页</span><script>toPage(currpage)</script>", path)
    assert further(page) == [f"{path}&currpage=2", f"{path}&currpage=3"]
    later = page_of("<span>共3页</span>", path + "&pageNo=2")
    assert further(later) == [f"{path}&pageNo=3"]
    assert further(page_of("<span>共1页</span>", path)) == []


@pytest.mark.parametrize(
    "body",
    [
        "<p>更多记录由 /module/web/jpage/dataproxy.jsp 提供，见 jpage 的 proxyUrl 一项。</p>",
        "<script>$('#x').jpage({proxyUrl: address, perPage: 3, ajaxParam: {col: 1}})</script>",
        "<script>$('#x').jpage()</script>",
        '<script type="text/xml"><datastore><nextgroup></nextgroup></datastore></script>',
    ],
)
def test_what_leads_nowhere(body: str) -> None:
    page = page_of(body, COLUMN)
    assert further(page) == []
    assert recognise(page).records(page) == ()


def test_articles() -> None:
    family = recognise(page_of("", "/art/2024/1/23/art_1229114055_88348.html"))
    assert family.is_article("http://b.gov.cn/art/2020/12/3/art_77304_9200604.html")
    assert not family.is_article("http://b.gov.cn/col/col77304/index.html")
