"""Hanweb's later platform (JPAAS): parts of a page, the list among them, are asked for one by one.

A part says what it is on its element: ``<script url="/api-gateway/…/build/unit" queryData="{'webId':'1',…}">``. The
answer to the GET of both is JSON whose ``data.html`` is the part; its pager prints how many records there are, and
further pages are the same address with ``paramJson={"pageNo":2,"pageSize":15}``.
"""

from __future__ import annotations

import html
import json
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.listing.addresses import join
from crawler.listing.answers import load_answer
from crawler.listing.literals import GAP, lower, read_value
from crawler.listing.page import Link, Page
from crawler.listing.plain import MAX_PAGES

MAX_UNITS = 6  # of one page: its list, what stands beside it, and some that are no lists

_TAG = re.compile(r"<\w+\b(?=[^>]*\bquerydata\b)(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.I)
_ATTRIBUTE = re.compile(r"""\b(url|querydata)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I)
_NO_LIST = re.compile("头部|底部|页脚|页眉|导航|检索|搜索|轮播|广告|友情|位置|header|footer|nav|search|banner", re.I)
_COUNT = re.compile(r"\b(?:count|total|totalrecords?)\b[\"'\\]*\s*[=:]\s*[\"'\\]*(\d{1,7})", re.I)
_ROWS = re.compile(r"\b(?:rows|pagesize|perpage|limit)\b[\"'\\]*\s*[=:]\s*[\"'\\]*(\d{1,4})", re.I)


def recognises(page: Page) -> bool:
    return "querydata" in lower(page.html) or urlsplit(page.url).path.endswith("/page/build/unit")


def next_pages(page: Page) -> tuple[Link, ...]:
    """The parts of a page that may be lists, or, for the answer that a part is, its further pages."""
    if urlsplit(page.url).path.endswith("/page/build/unit"):
        return _follow_unit(page)
    links: dict[str, Link] = {}
    for tag in _TAG.findall(page.html):
        said = {one[0].lower(): html.unescape(one[1] or one[2]) for one in _ATTRIBUTE.findall(tag)}
        query = read_value(said.get("querydata", ""), 0, {})[0]
        address = join(page.url, said.get("url", ""))
        if address is None or not isinstance(query, dict):
            continue
        fields = {name: str(one) for name, one in query.items() if isinstance(one, str | int)}
        if not fields or any(GAP.search(one) for one in fields.values()) or _NO_LIST.search(fields.get("tagId", "")):
            continue
        url = f"{address}{'&' if '?' in address else '?'}{urlencode(fields)}"
        links.setdefault(url, Link(url, fields.get("tagId", "")))
    return tuple(links.values())[:MAX_UNITS]


def _follow_unit(page: Page) -> tuple[Link, ...]:
    """The further pages of a part that prints how many records it has in all."""
    bare, _, query = page.url.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True))
    asked = load_answer(fields.get("paramJson", "")) or {}
    number = asked.get("pageNo", 1) if isinstance(asked, dict) else 1
    count, rows = _COUNT.search(page.html), _ROWS.search(page.html)
    held = len({link.url for link in page.links})
    if not count or not held or not isinstance(number, int):
        return ()
    size = int(rows.group(1)) if rows and int(rows.group(1)) else held
    last = min(-(-int(count.group(1)) // size), MAX_PAGES)
    return tuple(
        Link(f"{bare}?{urlencode({**fields, 'paramJson': _param(at, size)})}", str(at))
        for at in range(number + 1, last + 1)
    )


def _param(number: int, size: int) -> str:
    return json.dumps({"pageNo": number, "pageSize": size}, separators=(",", ":"))
