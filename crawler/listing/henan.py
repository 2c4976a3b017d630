"""Henan's common platform (河南省政府网站统一技术平台): wolong, nanyang, xixia and most of the province.

Articles are ``/2025/07-21/1076200.html``; its lists print 下一页 links, which the plain reader reads.
"""

from __future__ import annotations

import re

from crawler.listing.page import Page, links_several

_ARTICLE = re.compile(r"[^?#]*/(?:19|20)\d\d/\d\d-\d\d/\d+\.html(?:$|[?#])")
_LISTED = re.compile(r"/(?:19|20)\d\d/\d\d-\d\d/\d+\.html(?:$|[?#])", re.M)


def is_article(url: str) -> bool:
    return _ARTICLE.match(url) is not None


def recognises(page: Page) -> bool:
    return is_article(page.url) or links_several(page, _LISTED)
