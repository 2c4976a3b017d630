"""Pages that show no list without scripts, pagers that are only buttons, and what a browser brings back."""

from __future__ import annotations

import re

import pytest

from crawler.listing.page import Page, parse_page
from crawler.listing.rendering import NEXT, ShownPage, needs_clicks, needs_scripts, split_shown
from crawler.listing.weigh import ANNUAL

URL = "http://www.liyang.test/zfxxgk/zfxxgknb/"
MENU = (
    '<ul class="menu"><li><a href="/zfxxgk/zn/">政府信息公开指南</a></li>'
    '<li><a href="/zfxxgk/zd/">政府信息公开制度</a></li><li><a href="/zfxxgk/fd/">法定主动公开内容</a></li>'
    '<li><a href="/zfxxgk/zfxxgknb/">政府信息公开年报</a></li></ul>'
)
TRAIL = "<div>您当前所在位置：首页 &gt; 政府信息公开 &gt; 政府信息公开年报</div>"
FOOT = "<footer>主办：黎阳县人民政府办公室 备案号：00000000 网站标识码：0000000000 联系电话：0000-0000000</footer>"
REPORTS = "".join(
    f'<li><a href="/c/{year}/01/{year}.html">黎阳县人民政府{year}年政府信息公开工作年度报告</a></li>'
    for year in range(2020, 2025)
)
JQUERY = '<script src="/js/jquery.min.js"></script>'


def make(*content: str, title: str = "政府信息公开年报", head: str = "") -> Page:
    html = f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{''.join(content)}</body></html>"
    return parse_page(html.encode(), URL, "utf-8")


# --- lists that are not there yet -------------------------------------------------------------------------------------

WANTING = {
    "mount": (['<div id="app"></div><script src="/static/js/app.8f3a.js"></script>'], "an empty mount point: app"),
    "mount with a notice": (
        ["<noscript>本站需要启用 JavaScript 才能运行</noscript><div id='root'> </div><script src='/m.js'></script>"],
        "an empty mount point: root",
    ),
    "named box": (
        [
            MENU,
            TRAIL,
            '<ul id="nbList"></ul><script>$.getJSON("/api/nb", d => $("#nbList").html(draw(d)))</script>',
            FOOT,
        ],
        "an empty box that a script fills: nbList",
    ),
    "box by class": (
        [MENU, TRAIL, '<div class="lby w800"></div><script>fetch("/q").then(r => $(".lby").append(r))</script>', FOOT],
        "an empty box that a script fills: lby",
    ),
    "box of a linked script": (
        [MENU, TRAIL, '<ul class="news_list"></ul>', JQUERY, '<script src="/js/nb.js"></script>', FOOT],
        "an empty box for a list: news_list",
    ),
    "braces": (
        [MENU, TRAIL, '<ul><li><a href="#">{{ item.title }}</a></li></ul>', JQUERY, FOOT],
        "a template: {{ item.title }}",
    ),
    "attribute": (
        [MENU, TRAIL, '<ul><li v-for="one in list"><a :href="one.url" v-text="one.title"></a></li></ul>', JQUERY],
        "a template: v-for",
    ),
    "template in a script": (
        [MENU, TRAIL, '<script type="text/template"><li><a href="<%=url%>"><%=title%></a></li></script>', JQUERY],
        "a template in a script: text/template",
    ),
    "loading": (
        [MENU, TRAIL, "<div><p>数据加载中，请稍候...</p></div>", JQUERY, FOOT],
        "it is loading: 数据加载中，请稍候...",
    ),
    "notice": (
        [MENU, TRAIL, "<noscript>您的浏览器未开启JavaScript</noscript>", JQUERY, FOOT],
        "it asks for scripts: 您的浏览器未开启JavaScript",
    ),
}


@pytest.mark.parametrize("name", WANTING)
def test_a_list_that_scripts_fill_is_told(name: str) -> None:
    content, why = WANTING[name]
    assert needs_scripts(make(*content)) == why


def test_an_entry_that_is_nothing_but_scripts_is_told() -> None:
    page = make('<div id="app"></div><script src="/a.js"></script>', title="黎阳县人民政府")
    assert needs_scripts(page) == "an empty mount point: app"


def test_the_link_may_promise_what_the_page_does_not_say() -> None:
    nav = "".join(f'<a href="/n{n}/">栏目{n}</a>' for n in range(12))
    page = make(nav, '<ul id="box"></ul><script>ajax("/q", x => $("#box").html(x))</script>', title="黎阳县人民政府")
    assert needs_scripts(page) is None
    assert needs_scripts(page, ANNUAL) == "an empty box that a script fills: box"


PROSE = "<p>" + "本机关依照规定编制本年度的报告，现将有关情况向社会公布，欢迎监督并提出意见。" * 20 + "</p>"
CONTENT = {
    "a list": [MENU, TRAIL, f'<ul>{REPORTS}</ul><div id="hot"></div><script>$("#hot").html(ajax())</script>'],
    "a list beside a template": [MENU, TRAIL, f"<ul>{REPORTS}</ul><p>{{{{ visits }}}}</p>", JQUERY],
    "prose": [MENU, TRAIL, PROSE, '<ul id="list"></ul>', JQUERY],
    "a report": [MENU, TRAIL, "<p>一、总体情况</p><p>二、主动公开</p><p>三、依申请公开</p><ul id='list'></ul>", JQUERY],
    "bodies": [
        MENU,
        TRAIL,
        "".join(
            f'<li><a href="/nb/{n}/">黎阳县{name}</a></li>' for n, name in enumerate(["民政局", "教育局", "司法局"])
        ),
        '<ul class="news_list"></ul>',
        JQUERY,
    ],
    "no script": [MENU, TRAIL, '<ul id="list"></ul>', FOOT],
    "an empty list": [MENU, TRAIL, "<ul><li>暂无内容</li></ul>", JQUERY, FOOT],
    "decoys": [MENU, TRAIL, '<li><a href="/t.html">关于做好2023年政府信息公开年度报告编制工作的通知</a></li>', JQUERY],
}


@pytest.mark.parametrize("name", CONTENT)
def test_a_page_that_shows_something_needs_none(name: str) -> None:
    assert needs_scripts(make(*CONTENT[name])) is None


def test_a_page_of_news_needs_none() -> None:
    news = "".join(f'<li><a href="/x/{n}.html">县里的第{n}件新鲜事</a></li>' for n in range(20))
    page = make(news, '<ul id="list"></ul><script>$("#list").html(ajax())</script>', title="新闻中心")
    assert needs_scripts(page) is None


# --- pagers -----------------------------------------------------------------------------------------------------------

BUTTONS = [
    "<button>下一页</button>",
    '<a href="javascript:void(0)" onclick="go(2)">下一页</a>',
    '<a href="#">下页 &gt;</a>',
    "<a onclick='turn()'>[后一页]</a>",
    '<span onclick="more()">加载更多</span>',
    '<div class="el-pagination"><button type="button" aria-label="下一页"><i class="ic"></i></button></div>',
    '<ul class="ant-pagination"><li title="下一页"><i></i></li></ul>',
    '<input type="button" value="下一页" onclick="p()">',
    "<button>Next Page</button>",
    '<div class="pages"><b class="prev">上页</b><span>1</span><span>2</span><span class="next">下页</span></div>',
    '<div class="pages"><span class="prev">上页</span><span>1</span><span class="next">下页</span> 共3页</div>',
]


@pytest.mark.parametrize("button", BUTTONS)
def test_a_pager_by_buttons_is_told(button: str) -> None:
    why = needs_clicks(make(f"<ul>{REPORTS}</ul>", button, JQUERY))
    assert why is not None
    assert why.startswith("a pager by buttons: ")


@pytest.mark.parametrize(
    "pager",
    [
        '<a href="index_1.html">下一页</a>',
        '<a href="index_1.html"><span onclick="count()">下一页</span></a>',
        '<button disabled="disabled">下一页</button>',
        '<li class="page disabled"><a href="javascript:;">下一页</a></li>',
        "<p>共1页 <a href='javascript:;'>下一页</a></p>",
        "<p>1/1 <a href='javascript:;'>下一页</a></p>",
        '<a href="javascript:;">下一篇</a>',
        "<span>&gt;</span>",
        "<p>上一页 下一页</p>",
        '<div class="pages"><span class="p_prev">上页</span><span>1</span><span class="p_next">下页</span></div>',
    ],
)
def test_no_buttons_to_click(pager: str) -> None:
    assert needs_clicks(make(f"<ul>{REPORTS}</ul>", pager, JQUERY)) is None


def test_without_scripts_no_button_does_anything() -> None:
    assert needs_clicks(make(f"<ul>{REPORTS}</ul><button>下一页</button>")) is None
    elsewhere = "<a href='javascript:void(0)'>联系我们</a>"
    assert needs_clicks(make(f"<ul>{REPORTS}</ul><div class='page'><span>下一页</span></div>", elsewhere)) is None


@pytest.mark.parametrize("text", ["下一页", "下页", "后一页", "下一页>>", "[下一页]", "NEXT", "加载更多", ">", "»"])
def test_words_that_lead_on(text: str) -> None:
    assert re.fullmatch(NEXT, text, re.I)


@pytest.mark.parametrize("text", ["上一页", "下一篇", "更多", "首页", "2", "尾页", ""])
def test_words_that_do_not(text: str) -> None:
    assert not re.fullmatch(NEXT, text, re.I)


# --- what a browser brought back --------------------------------------------------------------------------------------


def test_pages_shown_are_parted() -> None:
    body = (
        b"<!--nianbao:shown http://a.test/l-->\n<html>1</html>"
        b"<!--nianbao:shown http://a.test/l?p=2-->\n<html>2</html>"
        b'\n<!--nianbao:notes ["refused to the page: http://b.test/x.js: outside the portal"]-->\n'
    )
    shown = split_shown(body, "http://a.test/l")
    assert shown.pages == (
        ShownPage("http://a.test/l", b"<html>1</html>"),
        ShownPage("http://a.test/l?p=2", b"<html>2</html>"),
    )
    assert shown.notes == ("refused to the page: http://b.test/x.js: outside the portal",)


def test_a_plain_body_is_one_page() -> None:
    assert split_shown(b"<html>x</html>", "http://a.test/").pages == (ShownPage("http://a.test/", b"<html>x</html>"),)
