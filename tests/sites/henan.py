"""The furniture of Henan's common platform (河南省政府网站统一技术平台), as three of the portals wear it.

Seen in stored copies of public pages: articles at ``/{year}/{month}-{day}/{id}.html``; a breadcrumb 您当前所在位置,
the title, a line of source and time, and at the end 相关阅读 and 扫一扫在手机打开当前页. The rest is a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

from tests.sites.builder import Area, Article, Link, SiteBuilder, by_date, paragraphs_html, split_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

Crumbs = tuple[tuple[str, str], ...]
HOME = ("首页", "/")
COLUMN = ("政府信息公开平台", "/zfxxgk/")
GUIDE = ("政府信息公开指南", "/zfxxgk/zfxxgkzn/")
RULES = ("政府信息公开制度", "/zfxxgk/zfxxgkzd/")
CONTENT = ("法定主动公开内容", "/zfxxgk/fdzdgknr/")
ANNUAL = ("政府信息公开年报", "/zfxxgk/zfxxgknb/")
PARTS = (GUIDE, RULES, CONTENT, ANNUAL)
SEARCH = "/search/index.html"
NEWEST = "2025-02-24"  # the day the copies were "taken"


@dataclass(frozen=True, slots=True)
class Look:
    """What differs between sites of the platform.

    ``info`` is the line under the title (slots ``source`` and ``day``), ``content`` the attributes of the article's
    box, ``pager`` whether lists have words (首页 上一页 下一页 尾页) or numbers and 下一页, ``cut`` how many
    characters of a title a list shows before it writes an ellipsis and leaves the rest to the ``title`` attribute.
    """

    info: str
    content: str
    heading: Literal["h1", "h2", "div"]
    pager: Literal["words", "numbers"]
    cut: int


class HenanBuilder(SiteBuilder):
    """Builds one portal of the platform: menu, home page, news channels and the disclosure column."""

    charset = "utf-8"
    content_type = "text/html;charset=UTF-8"
    sends_etag = True

    def __init__(self, portal: str, host: str, area: Area, look: Look, first_id: int) -> None:
        super().__init__(portal, host, area, disallow="/search/")
        self.look = look
        self._next_id = first_id
        short = area.name.removesuffix(area.unit) if len(area.name) > 2 else area.name
        self.channels = (
            ("要闻动态", "/ywdt/", ("今日要闻", "部门动态", "乡镇动态", "图片新闻", "视频新闻")),
            (f"走进{short}", "/zj/", ("历史沿革", "自然地理", "人文旅游", "行政区划")),
            ("政务公开", "/zwgk/", ("领导之窗", "机构职能", "政府文件", "人事信息", "财政资金", "重大项目")),
            ("政务服务", "https://www.hnzwfw.gov.cn/", ("个人办事", "法人办事", "便民查询", "阳光政务")),
            ("互动交流", "/hdjl/", ("领导信箱", "民意征集", "在线访谈", "常见问答")),
            ("通知公告", "/tzgg/", ("公示公告", "招标采购", "招考录用")),
        )
        style = b".nav li{float:left;margin:0 8px}.list span{float:right}.MsoNormal{margin:0}\n"
        self.add("/static/site.css", style, "text/css", "2022-05-10")
        form = f"<form action='{SEARCH}'><input name='keyword'><button>检索</button></form>"
        self.add_html(SEARCH, self.render("检索", (HOME, ("检索", SEARCH)), form), NEWEST)

    # --- addresses ---

    def article_path(self, day: str) -> str:
        self._next_id += 37
        year, month, number = day.split("-")
        return f"/{year}/{month}-{number}/{self._next_id}.html"

    def attachment_path(self, day: str, suffix: str) -> str:
        self._next_id += 37
        stamp = day.replace("-", "")
        return f"/upload/{stamp[:6]}/{stamp}{self._next_id}.{suffix}"

    # --- furniture ---

    def render(self, title: str, crumbs: Crumbs, body: str) -> str:
        """A whole page: header, wide menu, breadcrumb, ``body``, footer."""
        name = f"{self.area.government}门户网站"
        menu = []
        for label, path, below in self.channels:
            anchor = "#" if path.startswith("http") else path + "#"
            items = "".join(f'<dd><a href="{anchor}n{n}">{text}</a></dd>' for n, text in enumerate(below, 1))
            menu.append(f'<li><a href="{path}">{label}</a><dl>{items}</dl></li>')
        way = " &gt; ".join(f'<a href="{path}">{escape(label)}</a>' for label, path in crumbs)
        return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="UTF-8">
<title>{escape(title)}_{name}</title>
<meta name="SiteName" content="{name}">
<meta name="SiteDomain" content="{self.host}">
<meta name="ColumnName" content="{escape(crumbs[-1][0])}">
<link rel="stylesheet" href="/static/site.css">
</head>
<body>
<div class="top"><span>无障碍浏览</span> <span>长者模式</span>
<a href="{SEARCH}">高级检索</a> <span id="date"></span></div>
<div class="header"><a class="logo" href="/">{name}</a></div>
<ul class="nav"><li><a href="/">首页</a></li>{"".join(menu)}<li><a href="{COLUMN[1]}">政府信息公开</a></li></ul>
<div class="crumb">您当前所在位置：{way}</div>
{body}
<div class="footer">
<p><a href="http://www.gov.cn/" target="_blank">中国政府网</a>
<a href="https://www.henan.gov.cn/" target="_blank">河南省人民政府</a> <a href="/zj/#map">网站地图</a>
<a href="javascript:void(0)">联系我们</a> <a href="mailto:web@{self.host}">电子邮箱</a></p>
<p>主办：{self.area.government}办公室 网站标识码：4113000000 豫ICP备00000000号</p>
</div>
<script>document.getElementById("date").innerHTML=new Date().toLocaleDateString();</script>
</body>
</html>
"""

    def render_article(self, article: Article) -> str:
        look = self.look
        info = look.info.format(source=escape(article.source), day=article.day)
        related = "".join(f'<li><a href="{link.path}">{escape(link.title)}</a></li>' for link in article.related)
        body = f"""<div class="article">
<{look.heading} class="title">{escape(article.title)}</{look.heading}>
<div class="info">{info}</div>
<div {look.content}>
{article.content}
</div>
<div class="related"><p>相关阅读</p><ul>{related}</ul></div>
<div class="qrcode"><p>扫一扫在手机打开当前页</p></div>
</div>"""
        return self.render(article.title, article.crumbs, body)

    def render_links(self, links: Sequence[Link]) -> str:
        items = []
        for link in links:
            text = link.title if len(link.title) <= self.look.cut else link.title[: self.look.cut] + "…"
            anchor = f'<a href="{link.path}" title="{escape(link.title)}" target="_blank">{escape(text)}</a>'
            items.append(f"<li>{anchor}<span>{link.day}</span></li>")
        return '<ul class="list">\n' + "\n".join(items) + "\n</ul>"

    def add_list(self, directory: str, crumbs: Crumbs, links: Sequence[Link], pages: int, side: str = "") -> None:
        """A list over ``pages`` pages: ``index.html`` unwritten, then ``index_2.html`` and so on."""
        names = [directory, *(f"{directory}index_{n}.html" for n in range(2, pages + 1))]
        for n, part in enumerate(split_pages(by_date(links), pages)):
            heading = f"<h3>{crumbs[-1][0]}</h3>"
            body = f'{side}<div class="main">{heading}\n{self.render_links(part)}\n{self._render_pager(names, n)}</div>'
            self.add_html(names[n], self.render(crumbs[-1][0], crumbs, body), max(link.day for link in part))

    def _render_pager(self, names: list[str], n: int) -> str:
        def anchor(label: str, at: int) -> str:
            path = names[at] if 0 <= at < len(names) and at != n else "javascript:void(0)"
            return f'<a href="{path}">{label}</a>'

        last = len(names) - 1
        if self.look.pager == "words":
            inside = f"{anchor('首页', 0)} {anchor('上一页', n - 1)} {anchor('下一页', n + 1)} {anchor('尾页', last)}"
            return f'<div class="page">{inside} 第{n + 1}页/共{last + 1}页</div>'
        if not last:
            return '<div class="page"><span>1</span></div>'
        numbers = " ".join(f"<span>{at + 1}</span>" if at == n else anchor(str(at + 1), at) for at in range(last + 1))
        following = anchor("下一页&gt;", n + 1) if n < last else ""
        return f'<div class="page">{numbers} {following} 共{last + 1}页</div>'

    def render_side(self, parts: Crumbs, heading: str) -> str:
        """The column's own menu, which stands left of everything in it."""
        items = "".join(f'<li><a href="{path}">{label}</a></li>' for label, path in parts)
        return f'<div class="side"><h2>{heading}</h2><ul>{items}</ul></div>'

    # --- the parts every portal has ---

    def add_channels(self, news_count: int, notices: Sequence[Link] = ()) -> None:
        """News, their lists, and the plain pages of the menu."""
        news = self.add_news(news_count, (HOME, ("要闻动态", "/ywdt/")))
        cut = len(news) * 3 // 4
        self.add_list("/ywdt/", (HOME, ("要闻动态", "/ywdt/")), news[:cut], 2)
        self.add_list("/tzgg/", (HOME, ("通知公告", "/tzgg/")), [*news[cut:], *notices], 1)
        for label, path, below in self.channels:
            if path in self.pages or path.startswith("http"):
                continue
            boxes = "".join(f'<h4 id="n{n}">{text}</h4>' for n, text in enumerate(below, 1))
            links = self.render_links(news[:3])
            public = f'<p><a href="{COLUMN[1]}">政府信息公开</a></p>' if path == "/zwgk/" else ""
            body = f'<div class="main"><h3>{label}</h3>{boxes}{public}{links}</div>'
            self.add_html(path, self.render(label, (HOME, (label, path)), body), NEWEST)

    def add_home(self) -> None:
        """The entry page: headlines, notices, and the doors to the channels."""
        doors = "".join(f'<a href="{path}">{label}</a> ' for label, path in (COLUMN, GUIDE, CONTENT))
        body = f"""<div class="main">
<h3><a href="/ywdt/">要闻动态</a></h3>
{self.render_links(by_date(self.news)[:10])}
<h3><a href="/zwgk/">政务公开</a></h3>
<p>{doors}</p>
</div>"""
        self.add_html("/", self.render("首页", (HOME,), body), NEWEST)

    def add_column(self, *, annual: tuple[str, str] = ANNUAL, extra: Crumbs = (), landing: bool = True) -> str:
        """The disclosure column with its four fixed parts (without the annual list); returns its menu."""
        side = self.render_side((GUIDE, RULES, CONTENT, annual, *extra), "政府信息公开")
        office = f"{self.area.government}办公室"
        guide = (
            f"{office}是{self.area.name}政府信息公开工作的主管部门，负责受理向{self.area.government}提出的申请。",
            "申请人可以当面、邮寄或者在线提交申请表。收到申请之日起二十个工作日内予以答复，需要延长的另行告知。",
        )
        rules = ("信息发布审核、保密审查、社会评议和责任追究等制度，按照施行时间先后列于本栏目。",)
        for (label, path), texts in ((GUIDE, guide), (RULES, rules)):
            body = f'{side}<div class="main"><h3>{label}</h3>{paragraphs_html(texts)}</div>'
            self.add_html(path, self.render(label, (HOME, COLUMN, (label, path)), body), "2022-06-01")
        kinds = ("机构职能", "规划信息", "财政信息", "行政许可", "行政处罚", "公务员招考", "应急管理", "公共资源配置")
        items = "".join(f'<li><a href="/zwgk/#n{n % 6 + 1}">{kind}</a></li>' for n, kind in enumerate(kinds))
        body = f'{side}<div class="main"><h3>{CONTENT[0]}</h3><ul>{items}</ul></div>'
        self.add_html(CONTENT[1], self.render(CONTENT[0], (HOME, COLUMN, CONTENT), body), NEWEST)
        if landing:
            body = f'{side}<div class="main"><h3>{GUIDE[0]}</h3>{paragraphs_html(guide)}</div>'
            self.add_html(COLUMN[1], self.render("政府信息公开", (HOME, COLUMN), body), NEWEST)
        return side

    def add_forbidden_list(self, links: Sequence[Link]) -> str:
        """A second way to the reports which robots.txt forbids; returns its address."""
        path = "/search/nianbao.html"
        crumbs = (HOME, COLUMN, ("政府信息公开年报检索", path))
        self.add_html(path, self.render("政府信息公开年报检索", crumbs, self.render_links(links)), NEWEST)
        return path
