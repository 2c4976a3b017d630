"""What every portal has besides reports: an entry, the disclosure column, news without end, and traps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from html import escape
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tests.sites.builder import Link, paragraphs_html
from tests.sites.prose import load_groups
from tests.sites.site import Asked, Page

if TYPE_CHECKING:
    from tests.sites.variants.base import Crumbs, Variant

HOME = ("首页", "/")
NEWS_PER_PAGE = 20
KINDS = ("机构职能", "规划信息", "财政信息", "行政许可", "行政处罚", "公务员招考", "应急管理", "公共资源配置")


def add_furniture(
    v: Variant,
    annual: str,
    column: str,
    news: str,
    index: str,
    page_name: Callable[[str, int], str] | None,
    annual_on_column: bool,
    links: Sequence[tuple[str, str]],
) -> None:
    """See ``Variant.add_furniture``."""
    random = v.random
    v.column = (v.look.disclosure, column)
    v.annual = (v.look.annual, annual)
    name_page = page_name or (lambda folder, n: folder if n == 1 else f"{folder}index_{n}.html")
    deep = random.random() < 0.3  # the entry leads to the column by a page of its own
    open_affairs = ("政务公开" if v.look.disclosure != "政务公开" else "信息公开", "/gk/")
    calendar, forbidden = random.choice(("/rili", "/calendar", "/hdrl")), random.choice(("/search/", "/jsp/so/", "/s/"))
    v.forbid(forbidden)
    if random.random() < 0.5:
        v.forbid(random.choice(("/admin/", "/manage/", "/tmp/")))
    channels = (("新闻中心", news), ("通知公告", news.rstrip("/") + "gg/"), ("部门动态", news.rstrip("/") + "bm/"))
    v.menu = [HOME, *channels, open_affairs if deep else v.column]
    if not deep and v.random.random() < 0.5:
        v.menu.append(("办事服务", "/bsfw/"))
        v.add_page("/bsfw/", "办事服务", (HOME, ("办事服务", "/bsfw/")), "<p>个人办事 法人办事</p>")
    guide = ("政府信息公开指南", f"{column}zn/{index}")
    rules = ("政府信息公开制度", f"{column}zd/{index}")
    content = ("法定主动公开内容", f"{column}nr/{index}")
    other = ("法治政府建设年度报告", f"{column}fz/{index}")
    fixed = [guide, rules, content]
    v.side = [*fixed, *([v.annual] if annual_on_column else ()), other, *links]
    if random.random() < 0.3:
        random.shuffle(v.side)
    v.side.append(("年报检索", f"{forbidden}nianbao.html"))
    _add_news(v, channels, name_page, calendar)
    _add_column(v, fixed, other)
    _add_traps(v, calendar, forbidden)
    _add_home(v, channels, calendar)
    if deep:
        label, here = open_affairs
        doors = [(v.look.disclosure, column), ("更多", channels[1][1])]
        body = "".join(f'<p><a href="{v.href(path, here)}">{text}</a></p>' for text, path in doors)
        v.add_page(here, label, (HOME, open_affairs), f"<h3>{label}</h3>{body}")
        v.need(open_affairs[1])
    v.need("/")
    v.need(column)


def _add_column(v: Variant, fixed: Sequence[tuple[str, str]], other: tuple[str, str]) -> None:
    """The disclosure column's own page, its fixed parts, and the list of another kind of annual reports."""
    texts = {
        fixed[0][1]: "申请人可以当面、来信或者在网上提出申请，收到申请之日起二十个工作日内答复。",
        fixed[1][1]: "本栏目登载信息发布审核、保密审查、社会评议和责任追究等制度。",
    }
    for label, path in fixed:
        items = "".join(f'<li><a href="#{n}">{kind}</a></li>' for n, kind in enumerate(KINDS))
        inside = paragraphs_html((texts[path],)) if path in texts else f"<ul>{items}</ul>"
        fixed_part = f"<h3>{label}</h3>\n{inside}"
        v.add_page(path, label, (HOME, v.column, (label, path)), partial(_stand_beside_menu, v, path, fixed_part))
    path = v.column[1]
    v.add_page(path, v.column[0], (HOME, v.column), lambda: f"{v.render_side(path)}\n<h3>{v.column[0]}</h3>")
    crumbs = (HOME, v.column, other)
    links = []
    for year in range(2024, 2024 - v.random.randint(3, 9), -1):
        for body in v.random.sample(v.place.bodies, min(3, len(v.place.bodies))):
            day = f"{year + 1}-03-{v.random.randint(1, 28):02d}"
            link = Link(f"{body.name}{year}年法治政府建设年度报告", v.article(day), day)
            v.add_article(link, body.name, crumbs, lambda: paragraphs_html(("全年审查合同和文件一百余件。",)))
            v.news[link.path] = link.title
            links.append(link)
    v.add_page(other[1], other[0], crumbs, lambda: v.render_side(other[1]) + v.render_items(links, other[1]))


def _stand_beside_menu(v: Variant, here: str, inside: str) -> str:
    return f"{v.render_side(here)}\n{inside}"


def _add_news(
    v: Variant, channels: Sequence[tuple[str, str]], name_page: Callable[[str, int], str], calendar: str
) -> None:
    """Channels of news, some dozens of list pages each, twenty articles a page, all made when asked for."""
    articles = [
        (group.name.format(area=v.place.name), partial(paragraphs_html, group.paragraphs))
        for group in load_groups("news")
    ]
    newest, source = date(2025, 6, 30).toordinal(), f"{v.place.name}融媒体中心"
    for label, folder in channels:
        crumbs: Crumbs = (HOME, (label, folder))
        total = v.random.randint(12, 40)
        links = []
        for n in range(total * NEWS_PER_PAGE):
            day = date.fromordinal(newest - n * 2).isoformat()
            title, content = articles[int(v.random.random() * len(articles))]
            address = v.news_article(folder, day) if v.news_article else v.article(day)
            link = Link(title, address, day)
            v.news[address] = title
            links.append(link)
            v.add_article(link, source, crumbs, content)
        v.newest += links[:20]
        for n in range(1, total + 1):
            here = name_page(folder, n)

            def body(
                here: str = here, n: int = n, links: list[Link] = links, folder: str = folder, total: int = total
            ) -> str:
                part = links[(n - 1) * NEWS_PER_PAGE : n * NEWS_PER_PAGE]
                names = v.look.pager
                near = [(names[1], n - 1), (names[2], n + 1), (names[3], total)]
                pager = " ".join(
                    f'<a href="{v.href(name_page(folder, to), here)}">{text}</a>'
                    for text, to in near
                    if 1 <= to <= total
                )
                month = f'<a href="{calendar}?month={part[0].day[:7]}">按月查看</a>'
                return f'{v.render_items(part, here)}\n<div class="{v.look.classes["pager"]}">{pager} {month}</div>'

            v.add_page(here, label, crumbs, body)


def _add_traps(v: Variant, calendar: str, forbidden: str) -> None:
    """A calendar without an end, session ids, and a list of reports that robots.txt forbids."""

    def months(asked: Asked) -> Page | None:
        path, _, query = asked.path.partition("?")
        if path != calendar:
            return None
        month = (parse_qs(query).get("month") or ["2025-01"])[0]
        try:
            first = date.fromisoformat(f"{month}-01")
        except ValueError:
            return None
        before, after = first - timedelta(days=1), first + timedelta(days=32)
        session = sha256(asked.path.encode()).hexdigest()[:8]
        here = f"{calendar}?month={month}&amp;sid={session}"
        days = " ".join(f'<a href="{here}&amp;day={n}">{n}</a>' for n in range(1, 29))
        body = (
            f'<h3>{first.year}年{first.month}月</h3><a href="{calendar}?month={before.isoformat()[:7]}">上一月</a> '
            f'<a href="{calendar}?month={after.isoformat()[:7]}">下一月</a> <p>{days}</p>'
            f"<p>{escape(v.place.government.name)}{first.year}年{first.month}月政务日历</p>"
        )
        return v.page_of(v.frame(calendar, "日历", (HOME, ("日历", calendar)), body))

    v.answer(months)
    path = f"{forbidden}nianbao.html"
    v.add_page(
        path,
        "年报检索",
        (HOME, v.column, ("年报检索", path)),
        lambda: v.render_items([Link(t.title, t.landing_path, t.published) for t in v.truth[:40]], path),
    )
    v.add_page(forbidden, "检索", (HOME, ("检索", forbidden)), "<form><input name=q><button>检索</button></form>")


def _add_home(v: Variant, channels: Sequence[tuple[str, str]], calendar: str) -> None:
    """The entry page."""
    random = Random(f"{v.family}/{v.seed}/home")
    session = sha256(v.host.encode()).hexdigest()[:16].upper()
    some = v.mix(random.sample(v.newest, 12))

    def body() -> str:
        here = "/"
        doors = "".join(f'<h3><a href="{v.href(path, here)}">{label}</a></h3>' for label, path in channels)
        return (
            f"{doors}\n{v.render_items(some, here)}\n"
            f'<p><a href="/index.html;jsessionid={session}">简体</a> <a href="/index.html?from=home">网站首页</a> '
            f'<a href="{calendar}?month=2025-06">日历</a> '
            f'<a href="http://www.upper{v.seed}.test/zfxxgk/zfxxgknb/">上级政府信息公开年报</a></p>'
        )

    v.add_page("/", "首页", (), body)
