"""How an invented portal looks: wording, tags, class names, order. Chosen from a seed, so that no two are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from random import Random

# (what stands before the way, what divides its steps)
WAYS = (
    ("您当前所在位置：", " &gt; "),
    ("当前位置：", " &gt;&gt; "),
    ("您的位置：", " / "),
    ("您现在的位置: ", " » "),
    ("当前所在位置：", "&nbsp;&gt;&nbsp;"),
    ("所在位置：", " - "),
)
CLASSES = {
    "list": ("list", "newsList", "gl-list", "xxgk_list", "ul_con", "right-list", "lm_list", "default_pgContainer"),
    "menu": ("nav", "menu", "head_nav", "topnav", "mainNav", "dh"),
    "crumb": ("crumb", "position", "dqwz", "bread", "local", "path"),
    "side": ("side", "left", "leftnav", "zfxxgk_nav", "col-l", "xxgk-menu"),
    "main": ("main", "right", "content", "col-r", "con_right", "box"),
    "pager": ("page", "pages", "pagination", "fenye", "pagelist", "pb_sys_common"),
    "article": ("article", "TRS_Editor", "conTxt", "zoom", "news_content", "xl_con", "detail"),
}
INFOS = (
    "来源：{source} 作者： 时间：{day}",
    "发布时间：{day}&nbsp;&nbsp;来源：{source}&nbsp;&nbsp;浏览次数：<span id='hits'>0</span>次",
    "信息来源：{source} 发布日期：{day} 字体：[大 中 小]",
    "日期：{day} 来源：{source} 分享到：",
    "{day} 来源：{source}",
    "发布机构：{source} 发文日期：{day} 有效性：有效",
)
DAYS = ("{y}-{m}-{d}", "[{y}-{m}-{d}]", "{y}/{m}/{d}", "({y}-{m}-{d})", "{y}.{m}.{d}", "{y}年{m}月{d}日")
# Every list of titles holds only what names body, year and matter.
TITLES = (
    ("{body}{year}年政府信息公开工作年度报告",),
    ("{body}{year}年度政府信息公开工作年度报告", "{body}{year}年政府信息公开工作年度报告"),
    ("{year}年{body}政府信息公开工作年度报告", "{body}{year}年政府信息公开年度报告"),
    ("{body}政府信息公开年报（{year}年度）", "{body}{year}年政府信息公开年报"),
    ("{body}{year}年政府信息公开工作报告", "{body}政府信息公开{year}年度报告", "{body}{year}年信息公开年度报告"),
    ("{body}政府信息公开工作年度报告（{year}年）", "关于{body}{year}年政府信息公开工作情况的年度报告"),
)
ITEMS = (
    "<li>{a}<span>{day}</span></li>",
    "<li><span class='date'>{day}</span>{a}</li>",
    "<li><b>·</b>{a} <em>{day}</em></li>",
    "<dd>{a}<i>{day}</i></dd>",
    "<tr><td width='20'>·</td><td>{a}</td><td width='90'>{day}</td></tr>",
    "<p>{a}{day}</p>",
    "<div class='item'><div class='tit'>{a}</div><div class='time'>{day}</div></div>",
)
BOXES = {"<li": "ul", "<dd": "dl", "<tr": "table", "<p>": "div", "<di": "div"}


@dataclass(frozen=True, slots=True)
class Look:
    """What an editor of the portal would have chosen.

    ``classes`` names boxes by role, ``cut`` is the length at which lists cut titles (0: they do not), ``relative``
    whether links are written from the page or from the root, ``tracking`` what lists append to addresses ("" mostly),
    ``pager`` the words (first, previous, next, last).
    """

    disclosure: str
    annual: str
    titles: tuple[str, ...]
    way: tuple[str, str]
    classes: dict[str, str]
    info: str
    day: str
    item: str
    heading: str
    cut: int
    relative: bool
    tracking: str
    pager: tuple[str, str, str, str]
    metas: bool
    tables: bool
    quote: str
    doctype: str
    neighbours: bool

    def format_day(self, day: str) -> str:
        """An ISO date as lists print it."""
        year, month, number = day.split("-")
        return self.day.format(y=year, m=month, d=number)

    def render_anchor(self, title: str, href: str) -> str:
        """A link of a list; ``href`` is written as it is."""
        cut = self.cut and len(title) > self.cut
        text = title[: self.cut] + ("…" if self.cut % 2 else "...") if cut else title
        named = f' title="{escape(title)}"' if cut or self.cut % 3 == 1 else ""
        return f"<a href={self.quote}{href}{self.quote}{named} target=_blank>{escape(text)}</a>"

    def render_item(self, title: str, href: str, day: str) -> str:
        """One entry of a list."""
        return self.item.format(a=self.render_anchor(title, href), day=self.format_day(day))

    def render_items(self, links: Sequence[tuple[str, str, str]]) -> str:
        """A list of (title, address as written, ISO date)."""
        tag = BOXES[self.item[:3]]
        lines = [self.render_item(*link) for link in links]
        return f'<{tag} class="{self.classes["list"]}">\n' + "\n".join(lines) + f"\n</{tag}>"

    def render_side(self, links: Sequence[tuple[str, str]]) -> str:
        """A menu of (label, address as written) beside the page."""
        q = self.quote
        items = "".join(f"<li><a href={q}{href}{q}>{escape(label)}</a></li>" for label, href in links)
        return f'<div class="{self.classes["side"]}"><ul>{items}</ul></div>'

    def article_head(self, title: str, day: str, source: str) -> str:
        """What an article says of itself in its head."""
        if not self.metas:
            return ""
        return (
            f'<meta name="ArticleTitle" content="{escape(title)}">\n<meta name="PubDate" content="{day} 09:10">\n'
            f'<meta name="ContentSource" content="{escape(source)}">'
        )

    def render_article(self, title: str, info: str, content: str, near: Sequence[tuple[str, str, str]] = ()) -> str:
        """The article's box: heading, line of source and date, text; ``near`` are neighbours: label, address, title."""
        q = self.quote
        below = "".join(f"<p>{label}<a href={q}{href}{q}>{escape(other)}</a></p>" for label, href, other in near)
        box = f'<div class="{self.classes["article"]}" id="zoom">\n{content}\n</div>\n{below}'
        if self.tables:
            rows = (
                f"<tr><td align=center><{self.heading}>{escape(title)}</{self.heading}></td></tr>"
                f"<tr><td align=center>{info}</td></tr>"
            )
            return f"<table width=960 align=center>{rows}<tr><td>{box}</td></tr></table>"
        return (
            f'<{self.heading} class="title">{escape(title)}</{self.heading}>\n<div class="info">{info}</div>\n{box}\n'
            '<div class="tools"><a href="javascript:window.print()">打印</a> '
            '<a href="javascript:window.close()">关闭</a> <a href="#">返回顶部</a></div>'
        )

    def render_page(
        self,
        *,
        site: str,
        charset: str,
        title: str,
        column: str,
        menu: Sequence[tuple[str, str]],
        way: Sequence[tuple[str, str]],
        body: str,
        head: str,
    ) -> str:
        """The whole page; labels of ``way`` are escaped already, all addresses are as written."""
        q = self.quote
        if self.tables:
            cells = "".join(f"<td align=center><a href={q}{href}{q}>{label}</a></td>" for label, href in menu)
            top = f"<table width=1000 class={self.classes['menu']}><tr>{cells}</tr></table>"
        else:
            items = "".join(f"<li><a href={q}{href}{q}>{label}</a></li>" for label, href in menu)
            top = f'<ul class="{self.classes["menu"]}">{items}</ul>'
        steps = self.way[1].join(f"<a href={q}{href}{q}>{label}</a>" for label, href in way)
        crumb = f'<div class="{self.classes["crumb"]}">{self.way[0]}{steps}</div>' if way else ""
        metas = ""
        if self.metas:
            metas = f'<meta name="SiteName" content="{site}">\n<meta name="ColumnName" content="{escape(column)}">\n'
        declared = (
            f'<meta charset="{charset}">'
            if charset == "utf-8"
            else f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'
        )
        return f"""{self.doctype}
<html>
<head>
{declared}
<title>{escape(title)}{"_" if self.metas else "-"}{site}</title>
{metas}{head}
</head>
<body>
<div class="top">{site}</div>
{top}
{crumb}
<div class="{self.classes["main"]}">
{body}
</div>
<div class="footer"><p>主办：{site.removesuffix("门户网站")}办公室 网站标识码：0000000000</p>
<p><a href="http://www.gov.test/">上级政府网站</a> <a href="javascript:void(0)">联系我们</a>
<a href="mailto:web@portal.test">电子邮箱</a></p></div>
</body>
</html>
"""


def choose_look(random: Random) -> Look:
    """A look by chance."""
    return Look(
        disclosure=random.choice(("政府信息公开", "政府信息公开专栏", "政府信息公开平台", "政务公开")),
        annual=random.choice(
            ("政府信息公开年报", "政府信息公开年度报告", "政府信息公开工作年度报告", "信息公开年报", "年报")
        ),
        titles=random.choice(TITLES),
        way=random.choice(WAYS),
        classes={role: random.choice(names) for role, names in CLASSES.items()},
        info=random.choice(INFOS),
        day=random.choice(DAYS),
        item=random.choice(ITEMS),
        heading=random.choice(("h1", "h2", "h3")),
        cut=random.choice((0, 0, 18, 21, 24, 25)),
        relative=random.random() < 0.4,
        tracking=random.choice(("", "", "", "?from=list", "?spm=a1b2", "?isappinstalled=0")),
        pager=random.choice(
            (
                ("首页", "上一页", "下一页", "尾页"),
                ("第一页", "前一页", "后一页", "最后一页"),
                ("首页", "上页", "下页", "末页"),
                ("&lt;&lt;", "&lt;", "&gt;", "&gt;&gt;"),
                ("[首页]", "[上一页]", "[下一页]", "[尾页]"),
                ("首页", "上一页&lt;", "下一页&gt;", "尾页"),
            )
        ),
        metas=random.random() < 0.5,
        tables=random.random() < 0.25,
        quote=random.choice(('"', '"', "'")),
        neighbours=random.random() < 0.4,
        doctype=random.choice(
            (
                "<!DOCTYPE html>",
                '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
                '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">',
                '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">',
            )
        ),
    )
