"""Portals of no known platform, each with another way through its list of annual reports, by the seed:

``words``: a link to the next page in a wording of its own; ``numbers``: nothing but page numbers, only those around
the page one is on; ``select``: a box to choose a page from, whose values are addresses; ``frames``: the list stands in
a frame of a page that has no text itself; ``tabs``: all entries stand on one page, all but the first tab hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from tests.sites.builder import Link
from tests.sites.variants.base import HOME, Crumbs, Variant

if TYPE_CHECKING:
    from tests.sites.site import Site

WAYS = ("words", "numbers", "select", "frames", "tabs")
# (previous, next) as portals without a designer write them; some show a picture or a sign and no word.
WORDS = (
    ("前页", "后页"),
    ("«", "»"),
    ("&lt; 前一页", "后一页 &gt;"),
    ("上翻", "下翻"),
    ("[ 上页 ]", "[ 下页 ]"),
    ("←", "→"),
    ("Prev", "Next »"),
    ('<img src="/images/l.gif" alt="上一页">', '<img src="/images/r.gif" alt="下一页">'),
    ("〈上一页", "下一页〉"),
    ("往前", "往后"),
)
NUMBERS = ("{n}", "[{n}]", "第{n}页", "&nbsp;{n}&nbsp;")
TABS = ("政府", "部门", "乡镇街道")
Address = Callable[[int], str]
Paged = Sequence[tuple[str, Sequence[Link]]]


def make_plain(seed: int) -> Site:
    """One portal; ``seed`` modulo five chooses the way through its list."""
    v = Variant("plain", seed, reports=(30, 120))
    way = WAYS[seed % len(WAYS)]
    choose_articles(v)
    folder, address = choose_lists(v)
    # A list that has its frame's page before it does not stand at the channel's own address.
    first = address(1)
    annual = f"{folder}main.htm" if way == "frames" else first
    v.add_furniture(annual=annual, column=v.random.choice(("/zfxxgk/", "/xxgk/", "/gk/open/")))
    crumbs: Crumbs = (HOME, v.column, v.annual)
    links = v.mix(v.add_reports(v.plans, crumbs), v.add_decoys(crumbs))
    if way == "tabs":
        add_tabs(v, annual, crumbs, links)
        return v.build()
    pages = [(address(n), part) for n, part in enumerate(v.split(links), 1)]
    pager = {"words": choose_words, "numbers": choose_numbers, "select": choose_select}.get(way, choose_frame_words)(v)
    for n, (path, part) in enumerate(pages):
        if way == "frames":
            add_bare_page(v, path, part, pager(pages, n))
        else:
            add_list_page(v, path, crumbs, part, pager(pages, n))
    if way == "frames":
        add_frames(v, annual, first, folder)
    return v.build()


# --- addresses --------------------------------------------------------------------------------------------------


def choose_articles(v: Variant) -> None:
    """How articles and attachments are called on this portal."""
    shape = v.random.choice(
        (
            "/show/{id}.html",
            "/content.aspx?id={id}",
            "/n{month}/c{id}/content.html",
            "/doc/{year}/{id}.shtml",
            "/info/{id}.jspx",
            "/xxgk/view/{id}",
        )
    )
    v.article = lambda day: shape.format(id=v.take_id(), year=day[:4], month=int(day[5:7]))
    store = v.random.choice(("/uploadfile/{year}/{id}.{suffix}", "/attach/{id}.{suffix}", "/UserFiles/{id}.{suffix}"))
    v.attachment = lambda day, suffix: store.format(id=v.take_id(), year=day[:4], suffix=suffix)


def choose_lists(v: Variant) -> tuple[str, Address]:
    """The folder of the list's pages, and the address of page n, from 1."""
    cid = v.random.randint(11, 980)
    size = v.random.choice((10, 15, 20))
    folder, shape = v.random.choice(
        (
            ("/", "/list.jsp?cid={cid}&page={n}"),
            (f"/html/{cid}/", "/html/{cid}/p{n}.html"),
            ("/list/", "/list/{cid}-{n}.html"),
            (f"/c{cid}/", "/c{cid}/{n}/"),
            ("/nb/", "/nb/more.asp?start={start}&class={cid}"),
            (f"/col{cid}/", "/col{cid}/more_{n}.htm"),
        )
    )
    return folder, lambda n: shape.format(cid=cid, n=n, start=(n - 1) * size)


# --- pages of a list --------------------------------------------------------------------------------------------


def add_list_page(v: Variant, path: str, crumbs: Crumbs, part: Sequence[Link], pager: str) -> None:
    """A page of the list in the portal's frame."""
    v.add_page(
        path,
        crumbs[-1][0],
        crumbs,
        lambda: (
            f'{v.render_side(path)}\n{v.render_items(part, path)}\n<div class="{v.look.classes["pager"]}">{pager}</div>'
        ),
    )
    v.need(path)


def add_bare_page(v: Variant, path: str, part: Sequence[Link], pager: str) -> None:
    """A page that stands within a frame: entries and pager, no way, no menu, hardly a title."""
    title = v.look.annual if v.random.random() < 0.5 else ""

    def make() -> str:
        return (
            f'<html><head><meta charset="{v.named_charset}"><title>{title}</title></head>\n'
            f"<body>{v.render_items(part, path)}\n<p align=center>{pager}</p></body></html>"
        )

    v.add_html(path, make)
    v.need(path)


Pager = Callable[[Paged, int], str]


def choose_words(v: Variant) -> Pager:
    """Previous and next in this portal's words; an end that leads nowhere is plain text or an empty link."""
    before, after = v.random.choice(WORDS)
    ends = v.random.random() < 0.5
    empty = v.random.random() < 0.5

    def render(pages: Paged, n: int) -> str:
        here = pages[n][0]

        def anchor(label: str, at: int) -> str:
            if 0 <= at < len(pages) and at != n:
                return f'<a href="{v.href(pages[at][0], here)}">{label}</a>'
            return f'<a href="javascript:void(0)">{label}</a>' if empty else f"<span>{label}</span>"

        first, last = (anchor("首页", 0), anchor("尾页", len(pages) - 1)) if ends else ("", "")
        return f"{first} {anchor(before, n - 1)} {n + 1}/{len(pages)} {anchor(after, n + 1)} {last}"

    return render


def choose_frame_words(v: Variant) -> Pager:
    """The pager of a list within a frame."""

    def render(pages: Paged, n: int) -> str:
        here = pages[n][0]
        near = [(text, at) for text, at in (("上一页", n - 1), ("下一页", n + 1)) if 0 <= at < len(pages)]
        return " | ".join(f'<a href="{v.href(pages[at][0], here)}" target="_self">{text}</a>' for text, at in near)

    return render


def choose_numbers(v: Variant) -> Pager:
    """Page numbers without a word: the first, the last, and those beside the page one is on."""
    shape = v.random.choice(NUMBERS)
    reach = v.random.randint(1, 2)
    mark = v.random.choice(("<b>{}</b>", "<span class=current>{}</span>", '<a class="on">{}</a>'))

    def render(pages: Paged, n: int) -> str:
        here, parts, last = pages[n][0], [], -1
        for at in sorted({0, len(pages) - 1, *range(max(0, n - reach), min(len(pages), n + reach + 1))}):
            if at - last > 1:
                parts.append("…")
            text = shape.format(n=at + 1)
            parts.append(mark.format(text) if at == n else f'<a href="{v.href(pages[at][0], here)}">{text}</a>')
            last = at
        return " ".join(parts)

    return render


def choose_select(v: Variant) -> Pager:
    """A box of pages: its values are addresses, and a script goes where one chooses."""
    shape = v.random.choice(("第{n}页", "{n}", "第 {n} 页 / 共 {all} 页"))
    go = v.random.choice(
        (
            "location.href=this.options[this.selectedIndex].value",
            "window.location=this.value",
            "javascript:jump(this)",
        )
    )

    def render(pages: Paged, n: int) -> str:
        here = pages[n][0]
        options = "".join(
            f'<option value="{v.href(path, here)}"{" selected" if at == n else ""}>'
            f"{shape.format(n=at + 1, all=len(pages))}</option>"
            for at, (path, _) in enumerate(pages)
        )
        script = "<script>function jump(box){location.href=box.value;}</script>" if "jump" in go else ""
        return f'{script}转到 <select name="page" onchange="{go}">{options}</select>'

    return render


# --- frames and tabs --------------------------------------------------------------------------------------------


def add_frames(v: Variant, path: str, inside: str, folder: str) -> None:
    """The channel's page: a set of frames, or an article's box with a frame in it; the list is what it shows."""
    way = v.random.choice(("set", "inline", "named"))
    title = v.annual[0]
    if way == "set":
        left = f"{folder}left.htm"
        side = lambda: (  # noqa: E731
            f'<html><head><meta charset="{v.named_charset}"></head><body>{v.render_side(left)}</body></html>'
        )
        v.add_html(left, side)
        v.add_html(
            path,
            lambda: (
                f'<html><head><meta charset="{v.named_charset}"><title>{title}</title></head>\n'
                f'<frameset cols="210,*"><frame src="{v.href(left, path)}" name="left">'
                f'<frame src="{v.href(inside, path)}" name="main">'
                "<noframes><body>您的浏览器不支持框架。</body></noframes></frameset></html>"
            ),
        )
    else:
        named = ' name="list" title="年报列表"' if way == "named" else ""
        box = f'<iframe src="{v.href(inside, path)}"{named} width="100%" height="620" frameborder="0"></iframe>'
        crumbs: Crumbs = (HOME, v.column, v.annual)
        v.add_page(path, title, crumbs, lambda: f"{v.render_side(path)}\n{box}")
    v.need(path)


def add_tabs(v: Variant, path: str, crumbs: Crumbs, links: Sequence[Link]) -> None:
    """One page with all entries, divided by who reports or by year; a script shows one part at a time."""
    if v.random.random() < 0.5:
        kinds = {plan.title: ("government", "department", "town").index(plan.body.kind) for plan in v.plans}
        parts = [(label, [x for x in links if kinds.get(x.title, 1) == n]) for n, label in enumerate(TABS)]
    else:
        years = sorted({int(link.day[:4]) - 1 for link in links}, reverse=True)
        parts = [(f"{year}年", [x for x in links if int(x.day[:4]) - 1 == year]) for year in years]
    parts = [(label, part) for label, part in parts if part]
    hidden = v.random.choice(('style="display:none"', 'style="display: none;"', "hidden", 'class="pane"'))
    linked = v.random.random() < 0.5

    def body() -> str:
        heads, panels = [], []
        for n, (label, part) in enumerate(parts):
            text = escape(label)
            heads.append(
                f'<li><a href="#tab{n}" onclick="show({n})">{text}</a></li>'
                if linked
                else f'<li onmouseover="show({n})">{text}</li>'
            )
            look = 'class="pane on"' if n == 0 else hidden
            panels.append(f'<div id="tab{n}" {look}>\n{v.render_items(part, path)}\n</div>')
        script = (
            "<script>function show(n){for(var i=0;;i++){var e=document.getElementById('tab'+i);if(!e)break;"
            "e.style.display=i==n?'block':'none';e.hidden=i!=n;}}</script>"
        )
        return f'{v.render_side(path)}\n<ul class="tabs">{"".join(heads)}</ul>\n{chr(10).join(panels)}\n{script}'

    v.add_page(path, crumbs[-1][0], crumbs, body)
    v.need(path)


FAMILIES = {"plain": make_plain}
