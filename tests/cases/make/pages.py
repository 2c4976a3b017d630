"""Renders a flow of blocks as HTML: looks (how paragraphs and cells are marked up) and shells (the page around)."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.cases.make.draft import Block, Draft
    from tests.cases.make.grid import Cell, Table

GRID = '<table border="1" cellspacing="0" cellpadding="0" width="100%">'
WORD_GRID = (
    '<table class="MsoTableGrid" border="1" cellspacing="0" cellpadding="0" '
    'style="border-collapse:collapse;border:none;mso-border-alt:solid windowtext .5pt;mso-yfti-tbllook:1184;'
    'mso-padding-alt:0cm 5.4pt 0cm 5.4pt">'
)


# --- Cells ------------------------------------------------------------------------------------------------------
def plain_cell(cell: Cell) -> str:
    """The text, a no-break space where it is blank."""
    return escape(cell.text, quote=False) or "&nbsp;"


def empty_cell(cell: Cell) -> str:
    """The text and nothing where it is blank."""
    return escape(cell.text, quote=False)


def word_cell(cell: Cell) -> str:
    """A cell as Word's filtered HTML has it."""
    text = escape(cell.text, quote=False) or "&nbsp;"
    return (
        '<p class="MsoNormal" align="center" style="text-align:center;mso-line-height-rule:exactly">'
        f'<span lang="EN-US" style="font-family:宋体;mso-bidi-font-size:10.5pt">{text}<o:p></o:p></span></p>'
    )


def split_digits_cell(cell: Cell) -> str:
    """Numbers split over several spans, as Word does after an edit."""
    text = cell.text
    if cell.kind == "value" and len(text) > 1:
        middle = len(text) // 2
        return f"<p><span>{escape(text[:middle])}</span><span lang=EN-US>{escape(text[middle:])}</span></p>"
    if len(text) > 4:
        return f"<p><span>{escape(text[:2], quote=False)}</span><b>{escape(text[2:], quote=False)}</b></p>"
    return f"<p><span>{escape(text, quote=False) or '&nbsp;'}</span></p>"


def invisible_cell(cell: Cell) -> str:
    """No-break spaces, zero-width characters and soft hyphens around and inside."""
    text = cell.text
    if not text:
        return "&nbsp;&#8203;"
    if cell.kind == "value" and len(text) > 1:
        return f"&nbsp;{escape(text[0])}&#8203;{escape(text[1:])}&nbsp;&nbsp;"
    if len(text) > 3:
        return f"&#65279;{escape(text[:2], quote=False)}&shy;{escape(text[2:], quote=False)}&#8205;&nbsp;"
    return f"&nbsp;{escape(text, quote=False)}&#8203;"


def boxed_cell(cell: Cell) -> str:
    """Each number in a table of its own, one by one."""
    if cell.kind == "value":
        return f"<table border=0 cellpadding=0><tr><td>{escape(cell.text) or '&nbsp;'}</td></tr></table>"
    return plain_cell(cell)


def broken_lines_cell(cell: Cell) -> str:
    """Long labels broken by hand."""
    text = cell.text
    if len(text) > 8 and cell.kind != "value":
        middle = len(text) // 2
        return f"{escape(text[:middle], quote=False)}<br />\n      {escape(text[middle:], quote=False)}"
    return plain_cell(cell)


# --- Tables -----------------------------------------------------------------------------------------------------
def render_cell(cell: Cell, inner: Callable[[Cell], str], tag: str = "td") -> str:
    """One td with its spans as the markup claims them."""
    rows, columns = cell.spans or (str(cell.rows), str(cell.columns))
    spans = (f' rowspan="{rows}"' if rows != "1" else "") + (f' colspan="{columns}"' if columns != "1" else "")
    return f"<{tag}{spans}>{inner(cell)}</{tag}>"


def render_rows(table: Table, inner: Callable[[Cell], str]) -> list[str]:
    """The tr elements of a table."""
    return ["<tr>" + "".join(render_cell(cell, inner) for cell in row) + "</tr>" for row in table.rows]


def render_table(table: Table, inner: Callable[[Cell], str] = plain_cell, opening: str = GRID) -> str:
    """One table element."""
    return opening + "\n<tbody>\n" + "\n".join(render_rows(table, inner)) + "\n</tbody></table>"


# --- Paragraphs and headings ------------------------------------------------------------------------------------
def p(block: Block) -> str:
    """A paragraph element; headings bold."""
    text = escape(block.text, quote=False)
    if block.kind == "title":
        return f'<p style="text-align:center"><strong>{text}</strong></p>'
    if block.kind == "heading":
        return f"<p><strong>{text}</strong></p>"
    if block.kind == "runin":
        heading, _, rest = text.partition("\n")
        return f"<p><strong>{heading}</strong>{rest}</p>"
    return f'<p style="text-indent:2em">{text}</p>'


def div(block: Block) -> str:
    """A bare div for everything."""
    return f"<div>　　{escape(block.text, quote=False)}</div>"


def br(block: Block) -> str:
    """Lines that only br divides."""
    return f"　　{escape(block.text, quote=False)}<br>\n<br>"


def h2(block: Block) -> str:
    """Headings as elements of their own."""
    if block.kind == "heading":
        return f"<h2>{escape(block.text, quote=False)}</h2>"
    return p(block)


def word_p(block: Block) -> str:
    """A paragraph as Word's filtered HTML has it."""
    weight = "<b>" if block.kind in ("heading", "title") else ""
    close = "</b>" if weight else ""
    return (
        '<p class="MsoNormal" style="text-indent:32.0pt;line-height:28.0pt;mso-pagination:none">'
        f'{weight}<span style="font-size:16.0pt;font-family:仿宋_GB2312;mso-hansi-font-family:仿宋">'
        f'{escape(block.text, quote=False)}<span lang="EN-US"><o:p></o:p></span></span>{close}</p>'
    )


def invisible_p(block: Block) -> str:
    """Zero-width characters, soft hyphens and no-break spaces strewn between the characters."""
    marks = ("\u200b", "\u00ad", "\ufeff", "\u2060")
    text = "".join(
        escape(c, quote=False) + (marks[i % 4] if i % 7 == 3 and not c.isascii() else "")
        for i, c in enumerate(block.text)
    )
    return f"<p>&nbsp;&nbsp;&nbsp; {text}&nbsp;</p>"


@dataclass(frozen=True, slots=True)
class Look:
    """How the pieces of the flow are marked up."""

    paragraph: Callable[[Block], str] = p
    inner: Callable[[Cell], str] = plain_cell
    opening: str = GRID


def render_flow(blocks: Sequence[Block], look: Look, *, title: bool = False) -> str:
    """The flow; the title is left to the shell unless asked for."""
    parts = []
    for block in blocks:
        if block.kind == "title" and not title:
            continue
        if block.kind == "table" and block.table is not None:
            parts.append(render_table(block.table, look.inner, look.opening))
        elif block.kind == "raw":
            parts.append(block.text)
        else:
            parts.append(look.paragraph(block))
    return "\n".join(parts)


# --- Shells -----------------------------------------------------------------------------------------------------
def neighbours(draft: Draft) -> list[str]:
    """Titles of other reports, as the page links them: what must not be taken for this one."""
    rng = Random(f"{draft.title} neighbours")
    others = ["望川区审计局", "松河市民政局", "青松县石桥镇人民政府", "云岭县财政局", "柳河市人民政府"]
    rng.shuffle(others)
    return [
        f"{others[0]}{draft.year - 1}年政府信息公开工作年度报告",
        f"{others[1]}{draft.year + 1}年法治政府建设年度报告",
        f"关于做好{draft.year + 1}年政府信息公开工作年度报告编制发布工作的通知",
    ]


def print_date(draft: Draft, form: int) -> str:
    """The line under the title, with the date in one of four ways."""
    if draft.published is None:
        return "来源："
    year, month, day = draft.published.split("-")
    return (
        f"发布时间:{draft.published}来源:{draft.body.name}　分享:",
        f"来源：{draft.body.name}　作者：　时间：{draft.published}",
        f"发布日期：{year}年{int(month)}月{int(day)}日　浏览次数：{draft.year % 7 * 113 + 128}次",
        f"时间：{year}/{month}/{day} 字号：[大 中 小]",
    )[form % 4]


def shell_article(draft: Draft, flow: str, *, heading: bool = True) -> str:
    """A page that says where its article is."""
    links = neighbours(draft)
    draft.chrome += ["网站地图", links[0], "上一篇"]
    head = f"<h1>{escape(draft.title)}</h1>\n" if heading else ""
    return f"""<header><a href="/">网站首页</a><nav><ul><li><a href="/zwgk/">政务公开</a></li>
<li><a href="/zwfw/">政务服务</a></li><li><a href="/hdjl/">互动交流</a></li></ul></nav></header>
<main><div class="crumb">当前位置：首页 &gt; 政务公开 &gt; 政府信息公开年报</div>
<article>
{head}<div class="info">{print_date(draft, 2)}</div>
{flow}
</article>
<aside><h3>相关链接</h3><ul><li>上一篇：<a href="/zwgk/1.html">{links[0]}</a></li>
<li>下一篇：<a href="/zwgk/2.html">{links[1]}</a></li></ul></aside></main>
<footer>主办单位：{draft.body.name}　备案号：豫ICP备05012345号　<a href="/map">网站地图</a></footer>"""


def shell_platform(draft: Draft, flow: str, *, heading: bool = True) -> str:
    """Div soup in the manner of a provincial platform: breadcrumb, title, source, text, related links."""
    links = neighbours(draft)
    draft.chrome += ["您当前所在位置", "扫一扫在手机打开当前页", "相关阅读", links[0]]
    head = f'<div class="tit">{escape(draft.title)}</div>\n' if heading else ""
    related = "".join(f'<li><a href="/{draft.year}/{i}.html">{text}</a></li>' for i, text in enumerate(links))
    return f"""<div class="top"><div class="w"><a href="/">首页</a><a href="/zjwl/">走进{draft.body.name[:2]}</a>
<a href="/zwdt/">政务动态</a><a href="/zfxxgk/">政府信息公开</a><a href="/fw/">政务服务</a></div></div>
<div class="wz">您当前所在位置：<a href="/">首页</a> &gt; <a href="/zfxxgk/">政府信息公开平台</a> &gt; \
<a href="/nb/">政府信息公开年报</a></div>
<div class="left"><ul><li><a href="/zn/">政府信息公开指南</a></li><li><a href="/zd/">政府信息公开制度</a></li>
<li><a href="/fd/">法定主动公开内容</a></li><li><a href="/nb/">政府信息公开年报</a></li></ul></div>
<div class="main">{head}<div class="ly">{print_date(draft, 0)}</div>
<div class="conTxt">
{flow}
</div>
<div class="xg">相关阅读:<ul>{related}</ul></div><div class="ewm">扫一扫在手机打开当前页</div></div>
<div class="foot"><div>主办：{draft.body.name}　承办：政务公开办公室</div><div>网站标识码：4113000001　\
豫公网安备 41130302000123号</div><div>联系电话：0377-60000000</div></div>"""


def shell_layout(draft: Draft, flow: str, *, heading: bool = True) -> str:
    """A whole site in layout tables, as sites of the first years are."""
    links = neighbours(draft)
    draft.chrome += ["设为首页", "栏目导航", links[0]]
    head = (
        f'<tr><td height="40" align="center"><font size="4" color="red"><b>{escape(draft.title)}</b></font></td></tr>'
        if heading
        else ""
    )
    return f"""<table width="1002" border="0" align="center" cellpadding="0" cellspacing="0"><tr>
<td height="28" colspan="2">今天是{draft.year + 1}年3月31日 星期三</td><td align="right">设为首页 | 加入收藏</td></tr>
<tr><td colspan="3"><table width="100%"><tr><td><a href="/">首 页</a></td><td><a href="/a/">政务信息</a></td>
<td><a href="/b/">公示公告</a></td><td><a href="/c/">办事服务</a></td></tr></table></td></tr></table>
<table width="1002" border="0" align="center"><tr><td width="230" valign="top">
<table width="100%"><tr><td>栏目导航</td></tr><tr><td>·<a href="/1">机构概况</a></td></tr>
<tr><td>·<a href="/2">{links[0]}</a></td></tr><tr><td>·<a href="/3">规划计划</a></td></tr></table></td>
<td valign="top"><table width="100%" border="0"><tr><td>您的位置：首页 → 信息公开 → 年度报告</td></tr>
{head}<tr><td align="center">{print_date(draft, 3)}</td></tr>
<tr><td class="content">
{flow}
</td></tr><tr><td align="right">【<a href="javascript:window.print()">打印</a>】【<a href="#">关闭</a>】</td></tr>
</table></td></tr></table>
<table width="1002" align="center"><tr>
<td align="center">版权所有：{draft.body.name}　技术支持：信息中心</td></tr></table>"""


def shell_outer(draft: Draft, flow: str, *, heading: bool = True) -> str:
    """Everything in one cell of one table."""
    draft.chrome += ["返回顶部", "友情链接"]
    head = f"<h3>{escape(draft.title)}</h3>" if heading else ""
    return f"""<div id="nav"><a href="/">首页</a> <a href="/xxgk/">信息公开</a></div>
<table border="0" width="980" align="center"><tbody><tr><td>
{head}<p>{print_date(draft, 1)}</p>
{flow}
</td></tr></tbody></table>
<div id="bottom">友情链接：<a href="http://www.gov.cn/">中国政府网</a> <a href="#top">返回顶部</a></div>"""


def shell_sides(draft: Draft, flow: str, *, heading: bool = True) -> str:
    """Side bars with tables of their own: a calendar, the weather, counts of links, all full of numbers."""
    links = neighbours(draft)
    draft.chrome += ["星期日历", "空气质量", "办件统计", links[0]]
    days = "".join(
        "<tr>" + "".join(f"<td>{d if 0 < d < 32 else '&nbsp;'}</td>" for d in range(w, w + 7)) + "</tr>"
        for w in range(-2, 32, 7)
    )
    head = f'<div class="article-title">{escape(draft.title)}</div>' if heading else ""
    return f"""<div class="side-left"><div>星期日历</div>
<table border="1"><tr><td>日</td><td>一</td><td>二</td><td>三</td>
<td>四</td><td>五</td><td>六</td></tr>{days}</table>
<table><tr><td>空气质量</td><td>良</td></tr><tr><td>今日气温</td><td>-3</td></tr><tr><td>明日气温</td><td>12</td></tr></table></div>
<div class="center">{head}<div>{print_date(draft, 0)}</div>
<div class="text">
{flow}
</div></div>
<div class="side-right"><table border="1"><tr><th colspan="3">办件统计</th></tr>
<tr><td>事项</td><td>受理</td><td>总计</td></tr>
<tr><td>行政许可</td><td>318</td><td>2046</td></tr><tr><td>其他</td><td>77</td><td>901</td></tr></table>
<table><tr><td><a href="/1">{links[0]}</a></td><td>01-12</td></tr>
<tr><td><a href="/2">{links[2]}</a></td><td>01-15</td></tr>
</table></div><div class="footer">{draft.body.name}版权所有</div>"""


def shell_word(draft: Draft, flow: str, *, heading: bool = True) -> str:
    """Word's own page, with what it leaves in comments."""
    draft.chrome += ["mso-style", "WordDocument"]
    head = (
        '<p class="MsoTitle" align="center"><b><span style="font-size:22.0pt">'
        f"{escape(draft.title)}<o:p></o:p></span></b></p>"
        if heading
        else ""
    )
    return f"""<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View><w:Zoom>0</w:Zoom>
</w:WordDocument></xml><![endif]-->
<style><!-- p.MsoNormal {{mso-style-unhide:no;margin:0cm;}}
table.MsoNormalTable {{mso-style-name:普通表格;}} --></style>
<div class="WordSection1" style="layout-grid:15.6pt">
{head}<p class="MsoNormal"><o:p>&nbsp;</o:p></p>
<!--[if gte vml 1]><v:shape id="_x0000_s1026" type="#_x0000_t75" style="position:absolute">
<v:imagedata src="image001.png"/></v:shape><![endif]-->
<![if !vml]><img width="3" height="3" src="image001.png" v:shapes="_x0000_s1026"/><![endif]>
{flow}
<p class="MsoNormal"><span lang="EN-US"><o:p>&nbsp;</o:p></span></p>
</div>"""


SHELLS = {
    "article": shell_article,
    "platform": shell_platform,
    "layout": shell_layout,
    "outer": shell_outer,
    "sides": shell_sides,
    "word": shell_word,
}


def make_page(
    draft: Draft, flow: str, *, shell: str = "platform", charset: str | None = "utf-8", heading: bool = True
) -> str:
    """The whole page. ``charset`` is what it declares (None: nothing); ``heading``: the shell prints the title."""
    body = SHELLS[shell](draft, flow, heading=heading)
    if shell == "word":
        draft.published = None  # Word's page prints no date
    declared = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">\n' if charset else ""
    return f"""<!DOCTYPE html>
<html xmlns:o="urn:schemas-microsoft-com:office:office" lang="zh-CN">
<head>
{declared}<title>{escape(draft.title)}_{draft.body.name}</title>
<script>var id = 910503; document.onready = function () {{ count(id); }};</script>
</head>
<body>
{body}
</body>
</html>
"""


def encode_page(page: str, encoding: str) -> bytes:
    """Bytes in ``encoding``; what it cannot hold becomes a character reference."""
    return page.encode(encoding, errors="xmlcharrefreplace")


def render_page(
    draft: Draft, look: Look | None = None, shell: str = "platform", blocks: list[Block] | None = None
) -> bytes:
    """The usual way: blocks → flow → shell → UTF-8."""
    flow = render_flow(draft.blocks() if blocks is None else blocks, look or Look())
    return encode_page(make_page(draft, flow, shell=shell), "utf-8")


def replace_once(text: str, old: str, new: str) -> str:
    """``text`` with exactly one place changed; raises if it is not there."""
    if old not in text:
        raise ValueError(f"nothing to replace: {old!r}")
    return text.replace(old, new, 1)
