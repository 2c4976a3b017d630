"""Lists that are JSON calls: the address in the page's scripts, the further pages by the answer."""

from __future__ import annotations

import json

import pytest

from crawler.listing.answers import read_answer
from crawler.listing.calls import MAX_CALLS, find_shape, media_type_of
from crawler.listing.families import recognise
from crawler.listing.literals import fill
from crawler.listing.plain import MAX_PAGES
from tests.listing.families.pages import HOST, answer_of, further, page_of, show


def script(text: str) -> str:
    return f"<div id=app></div><script>{text}</script>"


GET = "/api/list?channelId=34&pageNo=1&pageSize=20"


@pytest.mark.parametrize(
    "text",
    [
        "$.ajax({url:'/api/list',type:'get',data:{channelId:34,pageNo:1,pageSize:20},success:function(d){show(d)}})",
        'function load(page){$.ajax({url:"/api/list",data:{channelId:"34",pageNo:page,pageSize:20}})} load(1)',
        "var url = '/api/list'; var channelId = 34, size = 20;\n"
        "$.get(url, {channelId: channelId, pageNo: 1, pageSize: size})",
        "$.getJSON('/api/list?channelId=34&pageNo=' + pageNo + '&pageSize=20', function(d){})",
        "fetch(`/api/list?channelId=${34}&pageNo=${page}&pageSize=20`).then(r => r.json()).then(show)",
        "axios.get('/api/list', {params: {channelId: 34, pageNo: this.pageNo, pageSize: 20}}).then(r => r)",
        "axios({url: '/api/list', method: 'get', params: {channelId: '34', pageNo: 1, pageSize: 20}})",
        "new Vue({data: {q: {channelId: 34, pageNo: 1, pageSize: 20}},"
        " created() { axios.get('/api/list', {params: this.q}) }})",
        "export default {data() { return {id: 34, rows: 20} }, methods: {go(p) {"
        " $.ajax({url: '/api/list', data: {channelId: this.id, pageNo: p, pageSize: this.rows}}) }}}",
        "var x = new XMLHttpRequest(); x.open('GET', '/api/list?channelId=34&pageNo=1&pageSize=20', true); x.send();",
        "table.render({elem: '#t', url: '/api/list', where: {channelId: 34, pageNo: 1, pageSize: 20}})",
        "// $.get('/api/list?channelId=1&pageNo=1')\n$.get('/api/list?channelId=34&pageNo=1&pageSize=20')",
        "$.ajax('/api/list', {data: {channelId: 34, pageNo: 1, pageSize: 20}})",
    ],
)
def test_a_call_in_any_spelling(text: str) -> None:
    page = page_of(script(text))
    assert further(page) == [GET]
    assert recognise(page).name == "calls"


def test_values_from_the_fields_of_the_page() -> None:
    body = '<input type="hidden" id="cid" value="34"><input id="key">'
    text = "$.get('/api/list', {cid: $('#cid').val(), key: $.trim($('#key').val()), page: 1, no: getNo()})"
    assert further(page_of(body + script(text))) == ["/api/list?cid=34&key=&page=1&no="]


@pytest.mark.parametrize(
    ("text", "post"),
    [
        ("$.post('/api/list', {cid: 34, page: 1}, show)", "cid=34&page=1"),
        ("$.ajax({url: '/api/list', type: 'POST', data: {cid: '34', page: p}})", "cid=34&page=1"),
        ("fetch('/api/list', {method: 'POST', body: 'cid=34&page=' + page})", "cid=34&page=1"),
        ("axios.post('/api/list', Qs.stringify({cid: 34, page: 1}))", None),
        ("axios.post('/api/list', {cid: 34, page: 1})", '{"cid": 34, "page": 1}'),
        ("fetch('/api/list', {method: 'post', body: JSON.stringify({cid: 34, page: 1})})", '{"cid": 34, "page": 1}'),
        (
            "$.ajax({url: '/api/list', method: 'POST', contentType: 'application/json',"
            " data: JSON.stringify({q: {page: p}, size: 9})})",
            '{"q": {"page": 1}, "size": 9}',
        ),
    ],
)
def test_calls_by_post(text: str, post: str | None) -> None:
    links = recognise(page_of(script(text))).next_pages(page_of(script(text)))
    assert [link.url for link in links] == ["http://www.a.gov.cn/api/list"]
    if post is not None:
        assert [link.post for link in links] == [post]
        assert media_type_of(post) == ("application/json" if "{" in post else "application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    "text",
    [
        "$.post('/api/message/save', {page: 1})",
        "$.get('/api/addHits?page=1')",
        "$.ajax({url: '/visit/count', data: {id: 5}})",
        "$.post('/user/login', {name: 'x', size: 2})",
        "$.ajax({url: '/api/list', type: 'DELETE', data: {page: 1}})",
        "$.getScript('/js/list.js?page=1')",
        "$.get('/static/list.css?page=1')",
        "$.get('/api/list/' + channelId + '?page=1')",
        "$.get('/weather?city=5')",
        "$.post('/api/list', {id: 5})",
        "function fetch(url, page) { }",
        "location.href = '/api/list?page=1'",
        "$.ajax({success: show})",
        "$.ajax(",
    ],
)
def test_what_is_no_list(text: str) -> None:
    assert further(page_of(script(text))) == []


def test_prose_is_no_call() -> None:
    assert further(page_of("<p>$.get('/api/list?page=1') 可取得列表。</p><script>var a = 1</script>")) == []


def test_few_calls_of_one_page_those_with_a_page_number_first() -> None:
    text = "".join(f"$.get('/api/list{number}.json');" for number in range(9)) + f"$.get('{GET}');"
    found = further(page_of(script(text)))
    assert len(found) == MAX_CALLS
    assert found[0] == GET


@pytest.mark.no_cover
def test_hostile_scripts_end() -> None:
    for text in (
        "$.ajax(" + "{a:[" * 5000,
        "var x = " + "(" * 20000,
        "$.get('/api/list?page=' + " * 2000,
        "`${" * 9000,
    ):
        page_of(script(text))
        assert isinstance(further(page_of(script(text))), list)


# --- answers


def answer(held: int, **more: object) -> str:
    rows = [{"title": f"青松县第{number}号报告", "url": f"/art/{number}.html"} for number in range(held)]
    return json.dumps({"code": 200, "data": {"list": rows, **more}}, ensure_ascii=False)


@pytest.mark.parametrize(
    "totals",
    [{"total": 61}, {"totalCount": "61"}, {"totalPages": 4}, {"pages": 4, "total": 61}, {"page": {"recordCount": 61}}],
)
def test_all_further_pages_by_the_total(totals: dict[str, object]) -> None:
    page = answer_of(answer(20, **totals), GET)
    assert further(page) == [GET.replace("pageNo=1", f"pageNo={number}") for number in (2, 3, 4)]
    assert recognise(page).name == "calls"


def test_pages_counted_from_zero() -> None:
    page = answer_of(answer(20, totalElements=50), "/api/list?page=0&size=20")
    assert further(page) == ["/api/list?page=1&size=20", "/api/list?page=2&size=20"]


def test_the_number_that_a_script_begins_with() -> None:
    text = "function load(page) { $.getJSON('/api/list?cid=9&pageIndex=' + page, show); } load(%s);"
    assert further(page_of(script(text % 0))) == ["/api/list?cid=9&pageIndex=0"]
    assert further(page_of(script(text % 1))) == ["/api/list?cid=9&pageIndex=1"]
    assert further(page_of(script(text % "current"))) == ["/api/list?cid=9&pageIndex=1"]
    text = "var list = function (cid, page) { return axios.get('/api/list', {params: {cid: cid, page: page}}) };"
    assert further(page_of(script(f"{text} $(() => list('34', 0))"))) == ["/api/list?cid=34&page=0"]
    text = "let now = 1; const load = (n) => fetch(`/api/list?cid=8&pageIndex=${n}&pageSize=7`).then(show); load(now);"
    assert further(page_of(script(text))) == ["/api/list?cid=8&pageIndex=1&pageSize=7"]
    assert further(page_of(script(text.replace("now = 1", "now = 0")))) == ["/api/list?cid=8&pageIndex=0&pageSize=7"]
    assert further(page_of(script(text.partition("load(")[0]))) == ["/api/list?cid=8&pageIndex=1&pageSize=7"]
    other = "function tell(page) { say(page); } tell(7); $.getJSON('/api/list?pageNo=' + page, show);"
    assert further(page_of(script(other))) == ["/api/list?pageNo=1"]  # another function's page


def test_an_empty_page_that_should_not_be_shows_that_pages_count_from_zero() -> None:
    assert further(answer_of(answer(0, total=6), GET)) == [GET.replace("pageNo=1", "pageNo=0")]
    behind = GET.replace("pageNo=1", "pageNo=2")
    assert further(answer_of(answer(0, total=21), behind)) == [GET.replace("pageNo=1", "pageNo=0")]
    assert further(answer_of(answer(0, total=20), behind)) == []
    assert further(answer_of(answer(0, total=0), GET)) == []
    assert further(answer_of(answer(0, total=6), GET.replace("pageNo=1", "pageNo=0"))) == []


def test_records_counted() -> None:
    page = answer_of(answer(20, total=50), "/api/list?start=0&limit=20")
    assert further(page) == ["/api/list?start=20&limit=20", "/api/list?start=40&limit=20"]


def test_forms_and_json() -> None:
    page = answer_of(answer(2, total=5), "/api/list", "cid=34&page=1&rows=2")
    assert further(page) == ["/api/list < cid=34&page=2&rows=2", "/api/list < cid=34&page=3&rows=2"]
    page = answer_of(answer(2, total=4), "/api/list", '{"q": {"page": 1}, "size": 2}')
    assert further(page) == ['/api/list < {"q": {"page": 2}, "size": 2}']


def test_pieces_of_html() -> None:
    row = '<li><a href="/art/7.html">青松县2023年政府信息公开工作年度报告</a></li>'
    assert further(answer_of(row, GET)) == [GET.replace("pageNo=1", "pageNo=2")]
    assert further(answer_of(row, "/api/list", "cid=3&page=4")) == ["/api/list < cid=3&page=5"]
    assert further(answer_of(row, "/api/list?cid=3")) == []
    assert further(answer_of("<p>no more</p>", GET)) == []
    assert read_answer(b"<rss><item>no list</item></rss>", f"{HOST}{GET}") is None
    assert read_answer(f"<html><body>{row}</body></html>".encode(), f"{HOST}{GET}") is None
    assert further(page_of(row, "/list.jsp?page=3")) == []  # a page of its own says itself which come next


def test_a_number_in_the_path() -> None:
    assert further(answer_of(answer(2, pageCount=3), "/data/list_1.json")) == ["/data/list_2.json", "/data/list_3.json"]
    assert further(answer_of(answer(2), "/data/list_1.json")) == []


def test_a_server_that_gives_fewer_than_asked() -> None:
    assert len(further(answer_of(answer(10, total=35), GET))) == 3


def test_without_a_total_the_next_page_until_one_is_not_full() -> None:
    assert further(answer_of(answer(20), GET)) == [GET.replace("pageNo=1", "pageNo=2")]
    assert further(answer_of(answer(7), GET)) == []
    assert further(answer_of(answer(5), "/api/list?page=3")) == ["/api/list?page=4"]


def test_a_huge_total_is_bounded() -> None:
    assert len(further(answer_of(answer(20, total=99999999), GET))) == MAX_PAGES
    assert further(answer_of(answer(20, total=10**40), GET))[:1] == [GET.replace("pageNo=1", "pageNo=2")]


def test_an_answer_that_was_asked_for_without_a_number() -> None:
    assert further(answer_of(answer(20, total=61), "/api/list")) == []


# --- records without an address


@pytest.mark.parametrize(
    ("body", "address"),
    [
        (
            "$.each(d, function(i, v){ s += '<li><a href=\"/info/' + v.id + '.html\" title=\"' + v.title + '\">' })",
            "/info/7.html",
        ),
        (
            """s += "<a target='_blank' href='/info/" + data[i].id + ".html'>" + data[i].title + "</a>";""",
            "/info/7.html",
        ),
        (
            """$("#list").append('<li><a href="/info/' + item.id + '.html">' + item.title + '</a></li>');""",
            "/info/7.html",
        ),
        ('s += `<li><a href="/info/${item.channel}/${item.id}.html">${item.title}</a></li>`;', "/info/34/7.html"),
        (
            "function go(r) { window.open('/detail.html?id=' + r.id + '&c=' + r.channel) }",
            "/detail.html?id=7&c=34",
        ),
        ("function go(row) { location.href = '/detail.html?id=' + row.ID }", "/detail.html?id=7"),
    ],
)
def test_the_shape_of_an_address(body: str, address: str) -> None:
    record = {"id": 7, "channel": "34", "title": "青松县2021年政府信息公开工作年度报告"}
    text = json.dumps({"rows": [record, {"title": "没有编号"}]}, ensure_ascii=False)
    shape = find_shape(page_of(script(body)))
    page = read_answer(text.encode(), f"{HOST}{GET}", shape=shape)
    assert page is not None
    assert [(show(link), link.text) for link in page.links] == [(address, record["title"])]


def test_the_shape_in_a_bound_attribute() -> None:
    body = (
        """<li v-for="x in list"><a :href="'/info/' + x.id + '.html'">{{x.title}}</a></li><script>var a = 1</script>"""
    )
    assert fill(find_shape(page_of(body)), {"id": "7"}.get) == "/info/7.html"


@pytest.mark.parametrize(
    "text",
    [
        "s += '<a href=\"' + item.url + '\">'",
        "s += '<a href=\"/index.html\">首页</a>'",
        "location.href = '/index.html'",
        "location.href = url",
        "if (location.href == 'x' + y) {}",
        "var a = 1",
    ],
)
def test_what_is_no_shape(text: str) -> None:
    assert find_shape(page_of(script(text))) == ""
    assert find_shape(page_of("<p>text</p>")) == ""
