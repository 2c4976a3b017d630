"""Henan's common platform (河南省政府网站统一技术平台): wolong, nanyang, xixia and most of the province.

Articles are ``/2025/07-21/1076200.html``; its lists print 下一页 links, which the plain reader reads.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.listing.page import Page

_ARTICLE = re.compile(r"/(?:19|20)\d\d/\d\d-\d\d/\d+\.html$")


def is_article(url: str) -> bool:
    return bool(_ARTICLE.search(urlsplit(url).path))


def recognises(page: Page) -> bool:
    return is_article(page.url) or sum(is_article(link.url) for link in page.links) >= 2
