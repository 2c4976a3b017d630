"""Answers that are no page: JSON in all shapes, XML datastores, and what is neither."""

from __future__ import annotations

import json

import pytest

from crawler.listing import answers
from crawler.listing.answers import load_answer, read_answer
from tests.listing.families.pages import HOST, answer_of

URL = f"{HOST}/api/list?page=1"
TITLE = "青松县教育局2021年政府信息公开工作年度报告"


def links_of(text: str) -> list[tuple[str, str]]:
    return [(link.url.removeprefix(HOST), link.text) for link in answer_of(text, "/api/list?page=1").links]


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize(
    "record",
    [
        {"title": TITLE, "url": "/a/1.html"},
        {"docTitle": TITLE, "docPubUrl": "http://www.a.gov.cn/a/1.html", "id": 5},
        {"TITLE": f"<em>{TITLE}</em>", "LINK_URL": "//www.a.gov.cn/a/1.html"},
        {"name": TITLE, "href": "../a/1.html", "img": "/x.jpg", "imgUrl": "/y.png"},
        {
            "infoTitle": TITLE,
            "summary": "一段比题目长得多的文字，说明这一年的工作。",
            "htmlUrl": "/a/1.html",
            "picUrl": "/p/1.html",
        },
        {"bt": TITLE, "dz": "/a/1.html", "rq": "2022-01-20"},
        {"meta": {"title": TITLE}, "url": "/a/1.html"},
        {"title": TITLE, "subTitle": "副题", "content": "<p><a href='/other.html'>别处</a></p>", "path": "/a/1.html"},
        {"siteName": "青松县", "siteUrl": "http://www.b.gov.cn/", "title": TITLE, "url": "/a/1.html"},
        {"title": f" {TITLE}\n", "fileUrl": "/a/1.html"},
        {"html": f'<li><a href="/a/1.html" title="{TITLE}">青松县…</a></li>'},
        {"html": f"&lt;a href='/a/1.html'&gt;{TITLE}&lt;/a&gt;"},
    ],
)
def test_a_record_in_any_words(record: dict[str, object]) -> None:
    for wrapped in ([record], {"data": {"rows": [record], "total": 1}}, {"page": {"1": record}}, {"d": dump([record])}):
        assert links_of(dump(wrapped)) == [("/a/1.html", TITLE)]


@pytest.mark.parametrize(
    "wrapped",
    [
        "callback123({});",
        "/**/jQuery.cb_1({})",
        "var data = {};",
        "window.list = {}",
        "while(1);{}",
        "\ufeff \n{}",
    ],
)
def test_json_in_scripts(wrapped: str) -> None:
    inside = dump({"list": [{"title": TITLE, "url": "/a/1.html"}]})
    assert links_of(wrapped.replace("{}", inside)) == [("/a/1.html", TITLE)]


def test_literals_that_are_no_json() -> None:
    assert links_of(f"{{list: [{{'title': '{TITLE}', url: '/a/1.html', n: 3,}},]}}") == [("/a/1.html", TITLE)]
    assert links_of(f"dataStore = ['<li><a href=\"/a/1.html\">{TITLE}</a></li>', ''];") == [("/a/1.html", TITLE)]


def test_an_attachment_within_a_record_and_what_stands_above() -> None:
    record = {
        "title": TITLE,
        "url": "/a/1.html",
        "channelName": "教育局",
        "files": [{"fileName": "附件：年报.pdf", "fileUrl": "/f/1.pdf"}],
    }
    page = answer_of(dump([record]), "/api/list?page=1")
    assert [(link.text, link.above) for link in page.links] == [(TITLE, "教育局"), ("附件：年报.pdf", "")]


def test_years_and_bodies_of_a_tree() -> None:
    tree = [{"name": "2021", "url": "/2021/", "children": [{"label": "教育局", "link": "/2021/jyj/"}]}]
    assert links_of(dump(tree)) == [("/2021/", "2021"), ("/2021/jyj/", "教育局")]


@pytest.mark.parametrize(
    "value",
    [
        {"title": TITLE, "url": "/a/1.html"},  # no array: what the site says of itself
        [{"title": TITLE, "url": "javascript:void(0)"}],
        [{"title": "", "url": "/a/1.html"}],
        [{"title": TITLE, "id": 5}],
        [{"id": "123", "url": "/a/1.html", "date": "2022-01-20"}],
        [{"name": "横幅", "img": "/banner.jpg"}],
        [],
        {},
        {"code": 404, "msg": "没有数据"},
        [1, 2, None, True, "x"],
    ],
)
def test_answers_without_records_are_still_answers(value: object) -> None:
    assert links_of(dump(value)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "404 page not found",
        '"text"',
        "12",
        "null",
        "[注] 本表单位为万元",
        "{ 见附件 }",
        "function f() { return [1]; }",
        '{"list": [',
        "<html><body><a href='/a'>甲</a></body></html>",
        "<!DOCTYPE html><html><script type='text/xml'><datastore></datastore></script></html>",
        "<?xml version='1.0'?><rss><item/></rss>",
        "PK\x03\x04",
        "%PDF-1.4",
    ],
)
def test_what_is_no_answer(text: str) -> None:
    assert read_answer(text.encode(), URL) is None


def test_bytes_that_are_no_text() -> None:
    assert read_answer(b"\x00\x01\xfe\x81" * 600, URL) is None


def test_charsets() -> None:
    body = dump({"list": [{"title": TITLE, "url": "/a/1.html"}]}).encode("gb18030")
    page = read_answer(body, URL, "gbk", "page=1")
    assert page is not None
    assert page.links[0].text == TITLE
    assert (page.url, page.post, page.chapters, page.tables) == (URL, "page=1", 0, 0)
    assert '"list"' in page.html


def test_datastores() -> None:
    head = "<?xml version='1.0' encoding='UTF-8'?>\n<datastore><totalrecord>2</totalrecord><recordset>"
    one = f"<record><![CDATA[<a href='a/1.html'>{TITLE}</a>]]></record>"
    assert links_of(f"{head}{one}</recordset></datastore>") == [("/api/a/1.html", TITLE)]
    assert links_of(f"{head}{one}<record><![CDATA[<a href='a/2") == [("/api/a/1.html", TITLE)]
    assert links_of("<datastore></datastore>") == []


def test_nesting_and_size_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_answer(b"[" * 200_000 + b"]" * 200_000, URL) is None
    record = {"title": TITLE, "url": "/a/1.html"}
    deep: object = [record]
    for _ in range(100):
        deep = [deep]
    assert links_of(dump(deep)) == []
    monkeypatch.setattr(answers, "MAX_LINKS", 50)
    many = dump([{"title": TITLE, "url": f"/a/{number}.html"} for number in range(200)])
    assert len(links_of(many)) == 50
    nested = dump("x")
    for _ in range(12):
        nested = dump([nested])
    assert links_of(nested) == []


def test_the_value_of_an_answer() -> None:
    assert load_answer('cb({"a": 1})') == {"a": 1}
    assert load_answer("{a: 1, b: [1.5, -2, 0x10, true, null]}") == {"a": 1, "b": [1.5, -2, 16, True, None]}
    assert load_answer("text") is None
