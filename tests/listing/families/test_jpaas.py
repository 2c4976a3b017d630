"""JPAAS: the list is a part of the page that is asked for by itself."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.listing.families import recognise
from crawler.listing.plain import MAX_PAGES
from tests.listing.families.pages import answer_of, further, page_of

UNIT = "/api-gateway/jpaas-publish-server/front/page/build/unit"
ASKED = UNIT + "?parseType=bulidstatic&webId=29&tagId=%E4%BF%A1%E6%81%AF%E5%88%97%E8%A1%A8&pageId=7"


def part(tag: str, url: str = UNIT) -> str:
    query = f"{{'parseType':'bulidstatic','webId':'29','tagId':'{tag}','pageId':'7'}}"
    return f'<script id="x" url="{url}" src="/unitbuild.js" queryData="{query}"></script>'


def answer(count: int | None, held: int, rows: str = 'rows="2"') -> str:
    items = "".join(f'<li><a href="/art/{number}.html">第{number}号报告</a></li>' for number in range(held))
    pager = "" if count is None else f'<div class="pagination" count="{count}" {rows}></div>'
    return json.dumps({"success": True, "data": {"html": f"<ul>{items}</ul>{pager}"}}, ensure_ascii=False)


def test_the_parts_that_may_be_lists_are_asked_for() -> None:
    page = page_of(part("头部导航") + part("信息列表") + part("信息列表") + part("页脚"))
    assert further(page) == [ASKED]
    assert "jpaas" in recognise(page).name


def test_an_answer_says_how_many_pages_there_are() -> None:
    page = answer_of(answer(5, 2), ASKED)
    assert [link.text for link in page.links] == ["第0号报告", "第1号报告"]
    asked = [dict(parse_qsl(urlsplit(path).query))["paramJson"] for path in further(page)]
    assert asked == ['{"pageNo":2,"pageSize":2}', '{"pageNo":3,"pageSize":2}']
    later = answer_of(answer(5, 2), further(page)[0])
    assert further(later) == further(page)[1:]


def test_without_a_page_size_it_is_what_the_first_page_holds() -> None:
    assert len(further(answer_of(answer(9, 3, ""), ASKED))) == 2


@pytest.mark.parametrize(("count", "held"), [(None, 2), (2, 2), (5, 0)])
def test_answers_without_further_pages(count: int | None, held: int) -> None:
    assert further(answer_of(answer(count, held), ASKED)) == []


def test_a_huge_count_is_bounded() -> None:
    assert len(further(answer_of(answer(9999999, 2), ASKED))) == MAX_PAGES - 1


def test_what_leads_nowhere() -> None:
    body = (
        '<p>queryData 是参数。</p><div queryData="没有对象" url="/x"></div><div queryData="{\'a\':b}" url="/x"></div>'
    )
    assert further(page_of(body)) == []
    assert further(page_of(part("信息列表", "javascript:void(0)"))) == []
