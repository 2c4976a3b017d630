"""Any list: further pages by what their links say, in whatever wording."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b

from crawler.listing.addresses import host
from crawler.listing.page import Link, Page

LONGEST = 18  # characters: no control of a pager says more
MAX_PAGES = 500  # a list of annual reports has a few; more is a pager without an end
NEXT_WORDS = "下一?[页頁]|后一?[页頁]|[向往]后翻?|next(?:page)?"
"""What leads on in a list, blanks and signs taken out: a part of a regular expression, of Python and JavaScript."""
NEXT_SIGNS = r"[\[【(（<]*[>＞»›〉⟩→▶►]{1,2}[\]】)）>]*"
"""The same in signs alone."""
_NEXT = re.compile(rf"\W*(?:{NEXT_WORDS})\W*|{NEXT_SIGNS}", re.I)
_COUNTED = re.compile(  # how many pages a list says it has: 共6页, or 1/6 by itself
    r"共\s*(?:<[^>]{0,200}>\s*)*(\d{1,4})\s*(?:<[^>]{0,200}>\s*)*页"
    r"|>\s*第?\s*\d{1,4}\s*页?\s*/\s*共?\s*(\d{1,4})\s*页?\s*<"
)
_SIGN = re.compile(r"[页頁翻后\d>＞»›〉⟩→▶►]|next", re.I)  # in all that follows: a quick look
_NUMBER = re.compile(r"[\s\[【(（]*第?\s*(\d{1,3})\s*页?(?:\s*/\s*共?\s*\d{1,4}\s*页?)?[\s\]】)）]*")
_DIGITS = re.compile(r"\d+")


def next_pages(page: Page) -> tuple[Link, ...]:
    """The further pages of a list: a link that says 'next', and numbered links that differ from this page's address,
    or from each other, in nothing but a number."""
    here = host(page.url)
    found: dict[str, Link] = {}
    numbered = []
    for link in page.links:
        text = link.text
        if (not link.rel and (len(text) > LONGEST or not _SIGN.search(text))) or link.url == page.url:
            continue
        if _NEXT.fullmatch("".join(text.split())) or "next" in link.rel.split():
            if host(link.url) == here:
                found.setdefault(link.url, link)
        elif (number := _NUMBER.fullmatch(text)) and 1 <= int(number.group(1)) <= MAX_PAGES and host(link.url) == here:
            numbered.append(link)
    shapes = Counter(_shape(link.url) for link in numbered)
    for link in numbered:
        shape = _shape(link.url)
        if shape == _shape(page.url) or shapes[shape] >= 2 or link.url in found:
            found.setdefault(link.url, link)
    return tuple(found.values())


def count_pages(page: Page) -> int:
    """How many pages a list says that it has; 0 where it does not say."""
    return max((int(found[1] or found[2]) for found in _COUNTED.finditer(page.html)), default=0)


def contents(page: Page, further: tuple[Link, ...]) -> bytes:
    """A digest of what a page of a list links, without its pager (``further``: what `next_pages` gave); empty where it
    links nothing. Two pages with the same contents are one page: some portals answer every page number beyond the last
    with the last page, and always with a next one."""
    pager = {_shape(page.url), *(_shape(link.url) for link in further)} if further else set()
    links = {link.url for link in page.links if not pager or _shape(link.url) not in pager}
    return blake2b("\n".join(sorted(links)).encode(), digest_size=16).digest() if links else b""


def _shape(url: str) -> str:
    """An address with every number blotted out."""
    return _DIGITS.sub("#", url)
