"""TRS WCM: the pager is a call of a script."""

from __future__ import annotations

import pytest

from crawler.listing.families import recognise
from crawler.listing.plain import MAX_PAGES
from tests.listing.families.pages import further, page_of


def script(text: str) -> str:
    return f'<div class="page"><script type="text/javascript">{text}</script></div>'


@pytest.mark.parametrize(
    "call",
    [
        'createPageHTML(4, 0, "index", "html");',
        "createPageHTML(4,0,'index','html')",
        'createpagehtml ( "4" , "0" , "index" , ".html" )',
        'createPage(4, 0, "index", "html");',
        'getCreatePageHTML(4, 0, "index", "html", 61);',
        'createPageHtml(parseInt("4"), 0, "index", "html");',
        'var countPage = 4; var current = 0; createPageHTML(countPage, current, "index", "html");',
        "createPageHTML(4);",
        '/* createPageHTML(9, 0, "old", "htm") */ createPageHTML(4, 0, "index", "html"); // createPageHTML(7,0,"x")',
        'try { createPageHTML(4, 0, "index", "html"); } catch (e) {}',
    ],
)
def test_a_count_in_any_spelling(call: str) -> None:
    page = page_of(script(call))
    assert further(page) == [f"/zwgk/xxgknb/index_{number}.html" for number in (1, 2, 3)]
    assert recognise(page).name == "trs"


def test_other_names_and_suffixes() -> None:
    page = page_of(script('createPageHTML(3, 0, "nb_list", "shtml")'), "/zwgk/nb_list.shtml")
    assert further(page) == ["/zwgk/nb_list_1.shtml", "/zwgk/nb_list_2.shtml"]
    page = page_of(script("createPageHTML(3, 0)"), "/zwgk/nb.shtml")
    assert further(page) == ["/zwgk/nb_1.shtml", "/zwgk/nb_2.shtml"]


def test_pages_counted_from_one() -> None:
    wanted = ["/zwgk/list_2.shtml", "/zwgk/list_3.shtml"]
    assert (
        further(page_of(script("createPageHTML('page_div', 3, 1, 'list', 'shtml', 57);"), "/zwgk/list.shtml")) == wanted
    )
    assert further(page_of(script("createPageHTML(3, 1, 'list', 'shtml');"), "/zwgk/list.shtml")) == wanted


def test_the_first_page_says_from_where_pages_are_counted() -> None:
    page = page_of(script("createPageHTML('page_div', 4, 0, 'list', 'shtml', 57);"), "/zwgk/list.shtml")
    assert further(page) == [f"/zwgk/list_{n}.shtml" for n in (1, 2, 3)]
    page = page_of(script("createPageHTML('page_div', 4, 1, 'list', 'shtml', 57);"), "/zwgk/list_1.shtml")
    assert further(page) == [f"/zwgk/list_{n}.shtml" for n in (2, 3)]
    page = page_of(script("createPageHTML('page_div', 4, 2, 'list', 'shtml', 57);"), "/zwgk/list_2.shtml")
    assert further(page) == ["/zwgk/list_3.shtml"]  # either way


def test_a_later_page_says_the_others() -> None:
    page = page_of(script('createPageHTML(4, 2, "index", "html");'), "/zwgk/xxgknb/index_2.html")
    assert further(page) == ["/zwgk/xxgknb/index_1.html", "/zwgk/xxgknb/index_3.html"]


@pytest.mark.parametrize(
    "lines",
    [
        'var currentPage = 0; var countPage = 3;document.write("<a href=\\"index_" + nextPage + ".html\\">下页</a>");',
        "var currentPage=0;var countPage=3//页\nfor(i=1;i<3;i++){s+='<a href=\"index'+'_'+i+'.'+'html\">'+i+'</a>'}",
        'var countPage = 3;\ndocument.write("<a href=\'index_" + (currentPage + 1) + ".html\'>下页</a>");',
    ],
)
def test_templates_that_stand_in_the_page(lines: str) -> None:
    assert further(page_of(script(lines))) == ["/zwgk/xxgknb/index_1.html", "/zwgk/xxgknb/index_2.html"]


@pytest.mark.parametrize(
    "body",
    [
        "<p>本栏目翻页由 createPageHTML(14, 0, &quot;index&quot;, &quot;html&quot;) 生成。</p>",
        "<p>createPageHTML(14, 0, 'index', 'html')</p>",
        '<!-- <div>createPageHTML(14, 0, "index", "html")</div> -->',
        script('createPageHTML(1, 0, "index", "html");'),
        script('createPageHTML(0, 0, "index", "html");'),
        script("createPageHTML(, );"),
        script("createPageHTML(count, 0, 'index', 'html');"),
        script("function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt) { return; }"),
        script('createPageHTML(5, 0, "<b>", "html");'),
        script('createPageHTML(5, 9, "index", "html");'),
        script("var countPage = 12;"),
    ],
)
def test_what_is_no_pager(body: str) -> None:
    assert further(page_of(body)) == []


def test_a_script_that_is_cut_off() -> None:
    assert further(page_of('<script>createPageHTML(3, 0, "index", "html"')) == []
    assert further(page_of('<script>createPageHTML(3, 0, "ind')) == []


def test_a_huge_count_is_bounded() -> None:
    found = further(page_of(script('createPageHTML(999999, 0, "index", "html");')))
    assert len(found) == MAX_PAGES
    assert found[0] == "/zwgk/xxgknb/index_1.html"


def test_what_links_say_still_counts() -> None:
    page = page_of('<a href="more.html">下一页</a>' + script('createPageHTML(2, 0, "index", "html");'))
    assert further(page) == ["/zwgk/xxgknb/more.html", "/zwgk/xxgknb/index_1.html"]


def test_articles() -> None:
    page = page_of('<a href="202401/t20240123_3554970.shtml">甲</a><a href="202301/t20230110_12.html">乙</a>')
    family = recognise(page)
    assert family.name == "trs"
    assert family.is_article("http://b.gov.cn/zwgk/xxgknb/202401/t20240123_3554970.shtml")
    assert not family.is_article("http://b.gov.cn/zwgk/xxgknb/index_1.html")
