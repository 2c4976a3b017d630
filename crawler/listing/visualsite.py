"""Visual SiteBuilder (博达), frequent among county sites and universities.

Articles are ``/info/1050/64208.htm``. A list is ``xxgknb.htm``, its further pages are files in a folder of its name,
counted down to the oldest: of 13 pages the second is ``xxgknb/12.htm`` and the last ``xxgknb/1.htm``. The number of
pages stands in the pager's links (下页, 尾页, page numbers) and in the script of its jump box. Lists that are not files
carry the number in their parameters: ``list.jsp?a7t=13&a7p=2&a7c=20&wbtreeid=1050``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.listing.page import Link, Page, links_several
from crawler.listing.plain import MAX_PAGES

_ARTICLE = re.compile(r"/info/\d+/\d+\.htm(?=$|[?#])", re.M)
_PAGER = re.compile(r"[\s\[【<«‹]*(?:下一?页|上一?页|[首尾末]页|最后一?页|第?\s*\d{1,4}\s*页?)[\s\]】>»›]*")
_NUMBERED = re.compile(r"(.+)/(\d{1,5})\.htm$")
_NUMBERED_LINE = re.compile(r"/\d{1,5}\.htm$", re.M)
_GO = "_simple_list_gotopage_fun"
_JUMP = re.compile(_GO + r"\s*\(\s*['\"]?(\d{1,7})")
_TOTAL = re.compile(r"([A-Za-z]\w*?)t$")


def is_article(url: str) -> bool:
    return bool(_ARTICLE.search(url))


def recognises(page: Page) -> bool:
    own = _GO in page.html or is_article(page.url)
    return own or bool(next_pages(page)) or links_several(page, _ARTICLE, "/info/")


def next_pages(page: Page) -> tuple[Link, ...]:
    """All further pages of a list, newest first."""
    return _count_down(page) or _count_up(page)


@lru_cache(maxsize=4096)
def _is_control(text: str) -> bool:
    return len(text) <= 12 and _PAGER.fullmatch(text) is not None


def _count_down(page: Page) -> tuple[Link, ...]:
    """The files of a list behind this one."""
    parts = urlsplit(page.url)
    here = f"{parts.scheme}://{parts.netloc}{parts.path}"
    own = _NUMBERED.match(here)
    jump = _JUMP.search(page.html) if _GO in page.html else None
    if not own and not jump and not _NUMBERED_LINE.search(page.addresses):
        return ()
    numbers: dict[str, int] = {}
    firsts = set()
    for link in page.links:
        if _is_control(link.text):
            if found := _NUMBERED.match(link.url):
                numbers[found.group(1)] = max(numbers.get(found.group(1), 0), int(found.group(2)))
            firsts.add(link.url)
    if own and (own.group(1) in numbers or f"{own.group(1)}.htm" in firsts or jump):
        return _list_down(own.group(1), int(own.group(2)) - 1)
    base = here.removesuffix(".htm") if here.endswith(".htm") else f"{here}index" if here.endswith("/") else None
    if base is None or own:
        return ()
    last = numbers.get(base, 0)
    if jump and (last or here.endswith(".htm")):
        last = max(last, int(jump.group(1)) - 1)
    return _list_down(base, last)


def _list_down(base: str, last: int) -> tuple[Link, ...]:
    return tuple(Link(f"{base}/{number}.htm", str(number)) for number in range(last, max(0, last - MAX_PAGES), -1))


def _count_up(page: Page) -> tuple[Link, ...]:
    """The pages of a list whose pager prints their number as a parameter: ``a7t`` pages, this one is ``a7p``."""
    if "t=" not in page.addresses:
        return ()
    for link in page.links:
        if "t=" not in link.url or not _is_control(link.text):
            continue
        parts = urlsplit(link.url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        for name, total in query.items():
            found = _TOTAL.fullmatch(name)
            place = found.group(1) + "p" if found else ""
            if place not in query or not total.isdigit() or not query[place].isdigit() or int(total) < 2:
                continue
            bare = link.url.partition("?")[0]
            return tuple(
                Link(f"{bare}?{urlencode({**query, place: str(number)})}", str(number))
                for number in range(2, min(int(total), MAX_PAGES) + 1)
            )
    return ()
