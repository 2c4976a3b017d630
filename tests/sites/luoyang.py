"""The furniture of the older Luoyang sites, as 涧西区 wears it.

Seen on a sister site: addresses like ``/html/1//2/151/164/175/552/554/59946.html`` with their double slash. Guessed:
layout tables, numbered pages with 下页, and pages that declare GB2312 while they hold what only GB18030 can write
(a no-break blank, the 瀍 of 瀍河区).

Links are written from the host's root: Python's ``urljoin`` drops the empty step of ``/html/1//2/`` when it resolves
a link that is relative to the page.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tests.sites.builder import Area, Article, Link, SiteBuilder, by_date, paragraphs_html, split_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

Crumbs = tuple[tuple[str, str], ...]
HOME = ("首页", "/")
NEWS = ("工作动态", "/html/1//2/101/list_1.html")
NOTICES = ("公示公告", "/html/1//2/102/list_1.html")
COLUMN = ("政府信息公开", "/html/1//2/151/index.html")
GUIDE = ("政府信息公开指南", "/html/1//2/151/161/index.html")
RULES = ("政府信息公开制度", "/html/1//2/151/162/index.html")
CONTENT = ("法定主动公开内容", "/html/1//2/151/163/index.html")
ANNUAL = ("政府信息公开年报", "/html/1//2/151/164/list_1.html")
LOGIN = "/admin/login.html"
NEWEST = "2025-02-17"


class LuoyangBuilder(SiteBuilder):
    """Builds one older site: everything stands in layout tables."""

    charset = "gb18030"
    content_type = "text/html"  # the server says nothing of the encoding; the page claims GB2312
    sends_etag = False

    def __init__(self, portal: str, host: str, area: Area, first_id: int) -> None:
        super().__init__(portal, host, area, disallow="/admin/")
        self._next_id = first_id
        form = "<form>用户名<input name=u> 密码<input name=p type=password></form>"
        self.add_html(LOGIN, self.render("后台登录", (HOME, ("后台登录", LOGIN)), form), "2018-01-02")

    # --- addresses ---

    def article_path(self, day: str) -> str:
        return self.article_path_in("/html/1//2/151/164/", day)

    def article_path_in(self, folder: str, day: str) -> str:
        """A free address in the folder of a column; the day plays no part in it."""
        if not day:
            raise ValueError("an article has a day")
        self._next_id += 13
        return f"{folder}{self._next_id}.html"

    def attachment_path(self, day: str, suffix: str) -> str:
        self._next_id += 13
        return f"/uploadfile/{day[:4]}/{day.replace('-', '')}{self._next_id}.{suffix}"

    # --- furniture ---

    def render(self, title: str, crumbs: Crumbs, body: str) -> str:
        """A whole page, in tables, with a menu of cells."""
        name = f"洛阳市{self.area.government}"
        menu = (HOME, NEWS, NOTICES, COLUMN, GUIDE, RULES, CONTENT)
        cells = "".join(f"<td align=center><a href={path}>{label}</a></td>" for label, path in menu)
        way = " &gt;&gt; ".join(f"<a href={path}>{escape(label)}</a>" for label, path in crumbs)
        return f"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">
<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>{escape(title)} - {name}</title>
</head>
<body bgcolor=#ffffff topmargin=0>
<table width=1000 border=0 align=center cellpadding=0 cellspacing=0>
<tr><td height=90><font size=6>{name}</font></td></tr>
<tr><td><table width=100% border=0 bgcolor=#b22222><tr>{cells}</tr></table></td></tr>
<tr><td height=28>当前位置：{way}</td></tr>
<tr><td valign=top>
{body}
</td></tr>
<tr><td align=center><font size=2>友情链接：<a href="http://www.ly.gov.cn/">洛阳市人民政府</a> <a \
href="http://www.gov.cn/">中国政府网</a> 西工区 老城区 瀍河区 洛龙区<br>版权所有：{name} <a href={LOGIN}>后台管理</a> \
<a href="#" onclick="window.external.AddFavorite(location.href)">加入收藏</a></font></td></tr>
</table>
</body>
</html>
"""

    def render_article(self, article: Article) -> str:
        related = "<br>".join(f"·<a href={link.path}>{escape(link.title)}</a>" for link in article.related)
        body = f"""<table width=960 border=0 align=center cellpadding=4>
<tr><td align=center height=50><b><font size=5>{escape(article.title)}</font></b></td></tr>
<tr><td align=center><font size=2>发布时间：{article.day}\xa0\xa0来源：{escape(article.source)}\xa0\xa0点击数：\
<script src="" type="text/javascript"></script> 【字体：大 中 小】</font></td></tr>
<tr><td class=content>
{article.content}
</td></tr>
<tr><td align=right>[<a href="javascript:window.print()">打印</a>]
[<a href="javascript:window.close()">关闭</a>]</td></tr>
<tr><td>相关信息：<br>{related}</td></tr>
</table>"""
        return self.render(article.title, article.crumbs, body)

    def add_list(self, crumbs: Crumbs, links: Sequence[Link], pages: int) -> None:
        """A list over ``pages`` pages: ``list_1.html``, ``list_2.html`` and so on, in the last crumb's folder."""
        label, first = crumbs[-1]
        names = [first.replace("list_1", f"list_{n}") for n in range(1, pages + 1)]
        for n, part in enumerate(split_pages(by_date(links), pages)):
            rows = "\n".join(
                f"<tr><td width=20>·</td><td><a href={link.path} target=_blank>{escape(link.title)}</a></td>"
                f"<td width=90>[{link.day}]</td></tr>"
                for link in part
            )
            numbers = " ".join(
                f"[{at + 1}]" if at == n else f"<a href={names[at]}>[{at + 1}]</a>" for at in range(pages)
            )
            following = f" <a href={names[n + 1]}>下页</a> <a href={names[-1]}>末页</a>" if n < pages - 1 else ""
            before = f"<a href={names[0]}>首页</a> <a href={names[n - 1]}>上页</a> " if n else ""
            body = f"""<table width=960 border=0 align=center>
<tr><td valign=top width=200>{self.render_side()}</td>
<td valign=top><table width=100% border=0>
<tr><td colspan=3><b>{label}</b></td></tr>
{rows}
<tr><td colspan=3 align=center>共{len(links)}条 {before}{numbers}{following}</td></tr>
</table></td></tr>
</table>"""
            self.add_html(names[n], self.render(label, crumbs, body), max(link.day for link in part))

    def render_side(self) -> str:
        rows = "".join(
            f"<tr><td><a href={path}>{label}</a></td></tr>" for label, path in (GUIDE, RULES, CONTENT, ANNUAL)
        )
        return f"<table border=0 width=100%>{rows}</table>"

    # --- the parts of the site ---

    def add_channels(self, news_count: int) -> None:
        """News on two pages, notices on one, and the entry page."""
        news = self.add_news(news_count, (HOME, NEWS))
        cut = news_count * 3 // 4
        self.add_list((HOME, NEWS), news[:cut], 2)
        self.add_list((HOME, NOTICES), news[cut:], 1)
        rows = "".join(
            f"<tr><td>·<a href={link.path}>{link.title}</a></td><td>{link.day}</td></tr>" for link in news[:9]
        )
        body = f"""<table width=960 border=0 align=center><tr><td valign=top><table border=0>
<tr><td><a href={NEWS[1]}>更多&gt;&gt;</a></td></tr>{rows}</table></td>
<td valign=top><a href={COLUMN[1]}>政府信息公开</a><br><a href={NOTICES[1]}>公示公告</a></td></tr></table>"""
        self.add_html("/", self.render("首页", (HOME,), body), NEWEST)

    def add_column(self) -> None:
        """The disclosure column and its fixed parts, without the annual list."""
        texts = {
            GUIDE: "申请公开政府信息，可以到区政府办公室当面提出，也可以来信或者在网上填写申请表。",
            RULES: "本栏目登载信息发布、保密审查、培训考核等方面的工作制度。",
            CONTENT: "机构职能、规划计划、财政预决算、行政许可、行政处罚、重大项目和公共资源配置等信息在此公开。",
        }
        for crumb, text in texts.items():
            self._add_plain(crumb, (HOME, COLUMN, crumb), text)
        self._add_plain(COLUMN, (HOME, COLUMN), "请从左侧选择要查看的内容。")

    def _add_plain(self, crumb: tuple[str, str], crumbs: Crumbs, text: str) -> None:
        body = f"""<table width=960 border=0 align=center><tr><td valign=top width=200>{self.render_side()}</td>
<td valign=top>{paragraphs_html((text,))}</td></tr></table>"""
        self.add_html(crumb[1], self.render(crumb[0], crumbs, body), "2019-09-02")
