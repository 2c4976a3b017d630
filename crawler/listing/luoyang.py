"""The older sites of Luoyang and its districts.

Articles lie deep below ``/html/`` (``/html/1//2/151/164/175/552/554/59946.html``), lists are ``list.html`` and
``list_2.html``; a page number without a link to it is found by that pattern in the pager's other links.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.listing import plain
from crawler.listing.page import Link, Page

_ARTICLE = re.compile(r"/html/(?:\d*/){3,}\d+\.html?$")
_LIST = re.compile(r"(.*/(?:list|index))_(\d+)(\.s?html?)$")


def is_article(url: str) -> bool:
    return "/html/" in url and bool(_ARTICLE.search(urlsplit(url).path))


def recognises(page: Page) -> bool:
    listed = "/html/" in page.addresses
    return is_article(page.url) or (listed and any(is_article(link.url) for link in page.links))


def next_pages(page: Page) -> tuple[Link, ...]:
    """The pages that the last page's number (尾页) implies."""
    last = next(
        (m for link in page.links if link.text in {"尾页", "末页", "最后一页"} and (m := _LIST.match(link.url))), None
    )
    if last is None or int(last.group(2)) > plain.MAX_PAGES:
        return ()
    return tuple(
        Link(f"{last.group(1)}_{number}{last.group(3)}", str(number)) for number in range(2, int(last.group(2)) + 1)
    )
