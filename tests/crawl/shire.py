"""A small portal whose pages a test can spoil: an entry, one list of annual reports, and real report pages."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from tests.sites.build import build_site
from tests.web.server import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.sites.site import Truth
    from tests.web.server import Route

_RELATED = re.compile(rb'<div class="related">.*?</div>', re.DOTALL)
LIST = "/zfxxgk/zfxxgknb/"
HTML = (("Content-Type", "text/html; charset=utf-8"),)
SITE = build_site("wolong", extra=True)
# Reports that stand on pages of their own, one for each year, newest first.
REPORTS: tuple[Truth, ...] = tuple(
    sorted(
        (t for t in SITE.truth if t.path.endswith(".html") and t.body == "卧龙区人民政府" and t.tables),
        key=lambda t: -t.year,
    )
)


def report_reply(report: Truth) -> Reply:
    """The page of a report as the portal serves it, without the related reading that would lead to further reports."""
    body = _RELATED.sub(b"", SITE.pages[report.path].body)
    return Reply(body, headers=HTML)


def write_page(title: str, *content: str, trail: str = "") -> str:
    """A page of HTML in the usual frame."""
    way = f"<div>您当前所在位置：{escape(trail)}</div>" if trail else ""
    head = f"<!DOCTYPE html><html><head><title>{title}</title></head>"
    return f"{head}<body>{way}<h1>{title}</h1>{''.join(content)}</body></html>"


def write_links(links: Iterable[tuple[str, str]]) -> str:
    """(address as printed, text) → a list of links."""
    return "<ul>" + "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links) + "</ul>"


def write_list(links: Iterable[tuple[str, str]], *, following: str = "") -> Reply:
    """A list of annual reports; ``following`` is the address of its next page."""
    pager = f'<p>上一页 <a href="{following}">下一页</a></p>' if following else ""
    html = write_page("政府信息公开年报", write_links(links), pager, trail="首页 > 政府信息公开 > 政府信息公开年报")
    return Reply(html.encode(), headers=HTML)


def build_shire(links: Iterable[tuple[str, str]], pages: dict[str, Route], *, following: str = "") -> dict[str, Route]:
    """The portal: its list shows ``links``, and ``pages`` are all its other pages (they may replace the usual ones)."""
    entry = write_page("门户网站", write_links([("/news/", "新闻中心"), (LIST, "政府信息公开年报")]))
    return {
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /admin/\n", headers=(("Content-Type", "text/plain"),)),
        "/": Reply(entry.encode(), headers=HTML),
        LIST: write_list(links, following=following),
        **pages,
    }


def build_plain_shire(count: int = 3, **pages: Route) -> dict[str, Route]:
    """The portal with ``count`` readable reports."""
    some = REPORTS[:count]
    return build_shire(
        [(report.path, report.title) for report in some],
        {**{report.path: report_reply(report) for report in some}, **pages},
    )
