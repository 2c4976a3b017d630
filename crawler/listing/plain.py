"""Any list: further pages by what their links say, in whatever wording."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
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
_BLOT = str.maketrans(dict.fromkeys("0123456789", "#"))
NEXT, NUMBER = "next", "number"  # what a control of a pager says


def next_pages(page: Page) -> tuple[Link, ...]:
    """The further pages of a list: a link that says 'next', and numbered links that differ from this page's address,
    or from each other, in nothing but a number."""
    here = host(page.url)
    found: dict[str, Link] = {}
    numbered = []
    for link in page.links:
        says = _read_control(link.text) if len(link.text) <= LONGEST else ""
        if link.rel and "next" in link.rel.split():
            says = NEXT
        if not says or link.url == page.url or host(link.url) != here:
            continue
        if says == NEXT:
            found.setdefault(link.url, link)
        else:
            numbered.append(link)
    shapes = Counter(_shape(link.url) for link in numbered)
    for link in numbered:
        shape = _shape(link.url)
        if shape == _shape(page.url) or shapes[shape] >= 2 or link.url in found:
            found.setdefault(link.url, link)
    return tuple(found.values())


@lru_cache(maxsize=4096)  # the controls of a pager, and the menus around it, are the same on every page
def _read_control(text: str) -> str:
    """What a short text says in a pager: NEXT, NUMBER, or "" for nothing."""
    if not _SIGN.search(text):
        return ""
    if _NEXT.fullmatch("".join(text.split())):
        return NEXT
    number = _NUMBER.fullmatch(text)
    return NUMBER if number and 1 <= int(number.group(1)) <= MAX_PAGES else ""


def count_pages(page: Page) -> int:
    """How many pages a list says that it has; 0 where it does not say."""
    return max((int(found[1] or found[2]) for found in _COUNTED.finditer(page.html)), default=0)


def contents(page: Page, further: tuple[Link, ...]) -> bytes:
    """A digest of what a page of a list links, without its pager (``further``: what `next_pages` gave); empty where it
    links nothing. Two pages with the same contents are one page: some portals answer every page number beyond the last
    with the last page, and always with a next one."""
    links = {link.url for link in page.links}
    if further and links:
        pager = {_shape(page.url), *(_shape(link.url) for link in further)}
        shapes = _shape(page.addresses).split("\n")  # all at once: an address has no line breaks
        links = {link.url for link, shape in zip(page.links, shapes, strict=True) if shape not in pager}
    return blake2b("\n".join(sorted(links)).encode(), digest_size=16).digest() if links else b""


def _shape(url: str) -> str:
    """An address, or several, with every number blotted out."""
    blotted = url.translate(_BLOT)
    while "##" in blotted:  # a few rounds, each half as long a run: quicker than a search for numbers
        blotted = blotted.replace("##", "#")
    return blotted
