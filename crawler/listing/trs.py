"""TRS WCM, the most frequent publishing system of government sites.

Articles are ``/zwgk/xxgknb/202401/t20240123_3554970.shtml``. The pages of a list are files beside one another, and a
script writes the pager: ``createPageHTML(14, 0, "index", "html")`` says how many there are, which one this is, counted
from 0, and what they are called: ``index.html``, ``index_1.html`` … ``index_13.html``. Variants: other names
(``createPage``, ``getCreatePageHTML``), numbers in quotes or in variables, an element to write to as first argument
(then pages are mostly counted from 1: ``list.html``, ``list_2.html``), and templates that keep the script's lines in
the page (``var countPage = 14`` with ``"index_" + nextPage + ".html"``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.listing.addresses import join
from crawler.listing.literals import Scripts, Value, find_calls, lower_scripts, read_scripts
from crawler.listing.page import Link, Page, links_several
from crawler.listing.plain import MAX_PAGES

_ARTICLE = re.compile(r"/(?:19|20)\d{4}/[tP]0?(?:19|20)\d{6}_?\d+\.(?:s?html?)(?=$|[?#])", re.M)
_CALL = re.compile(r"\b(?:get)?create_?page(?:_?(?:html|nav|bar|list|str|link)s?)?\s*\(", re.I)
_COUNT = re.compile(r"^_?n?(?:(?:count|total|all)_?pages?|pages?_?(?:count|total|num|sum))$", re.I)
_WORDS = tuple("createpage create_page countpage count_page totalpage total_page allpage".split()) + tuple(
    "pagecount page_count pagetotal page_total pagenum page_num pagesum pagescount pagestotal".split()
)
_TEMPLATE = re.compile(
    r"""["'](?:[^"'\\]|\\.)*?([\w-]+)\\?["']?(?:["']\s*\+\s*["'])?_["']\s*\+\s*\(?\s*[\w$]+[^+"']*(?:\+\s*\d\s*\))?\s*\+\s*["']\.["']?\s*\+?\s*["']?(s?html?|jhtml)\b"""
)
_NAME = re.compile(r"[\w./%-]+")
_FILE = re.compile(r"([^/]*?)(?:_(\d+))?\.(s?html?|jhtml|jspx?)$", re.I)


@dataclass(frozen=True, slots=True)
class _Pager:
    """Pages ``name_first.suffix`` … ``name_last.suffix`` behind the first one, ``name.suffix``."""

    name: str
    suffix: str
    first: int
    last: int


def is_article(url: str) -> bool:
    return bool(_ARTICLE.search(url))


def recognises(page: Page) -> bool:
    return is_article(page.url) or _find_pager(page) is not None or links_several(page, _ARTICLE)


def next_pages(page: Page) -> tuple[Link, ...]:
    """All further pages of a list, by the number that its script prints."""
    pager = _find_pager(page)
    if pager is None:
        return ()
    last = min(pager.last, pager.first + MAX_PAGES - 1)
    made = (
        (number, join(page.url, f"{pager.name}_{number}.{pager.suffix}")) for number in range(pager.first, last + 1)
    )
    return tuple(Link(url, str(number)) for number, url in made if url and url != page.url)


def _find_pager(page: Page) -> _Pager | None:
    text = lower_scripts(page.html)
    if not any(word in text for word in _WORDS):
        return None
    scripts = read_scripts(page.html)
    for _, given, _ in find_calls(scripts, _CALL):
        if pager := _read_call(given, page.url):
            return pager
    return _read_template(scripts, page.url)


def _read_call(given: list[Value], url: str) -> _Pager | None:
    """``createPageHTML(count, current, name, suffix)``, with or without an element before them."""
    placed = bool(given) and _as_number(given[0]) is None
    numbers = given[1:] if placed else given
    count = _as_number(numbers[0]) if numbers else None
    current = _as_number(numbers[1]) if len(numbers) > 1 else 0
    if count is None or count < 2 or current is None or current > count:
        return None
    words = [one.strip() for one in numbers[2:4] if isinstance(one, str)]
    return _make_pager(words, count, url, from_one=_counts_from_one(current, url, usual=placed))


def _read_template(scripts: Scripts, url: str) -> _Pager | None:
    """The lines of the script itself, with the number of pages in a variable."""
    count = next(
        (number for name, one in scripts.known.items() if _COUNT.match(name) and (number := _as_number(one))), 0
    )
    if count < 2:
        return None
    named = next((found for script in scripts.texts if (found := _TEMPLATE.search(script))), None)
    if named is None:
        return None
    current = _as_number(scripts.known.get("currentPage")) or 0
    from_one = _counts_from_one(current, url, usual=False)
    return _make_pager([named.group(1), named.group(2)], count, url, from_one=from_one)


def _counts_from_one(current: int, url: str, *, usual: bool) -> bool:
    """Whether pages are counted from 1, by what the first page, or the one called ``_1``, says of itself; ``usual``
    where only the template is known."""
    own = _own_file(url)[1]
    return current == 1 if own is None else usual and own != 1


def _make_pager(words: list[str], count: int, url: str, *, from_one: bool) -> _Pager | None:
    """The pager of ``count`` pages with the name and the suffix in ``words``, or those of the page itself."""
    own, number, own_suffix = _own_file(url)
    name = words[0] if words and words[0] else own or "index"
    suffix = (words[1] if len(words) > 1 and words[1] else own_suffix or "html").lstrip(".")
    if not _NAME.fullmatch(name) or not re.fullmatch(r"\w{2,5}", suffix):
        return None
    if not from_one:
        return _Pager(name, suffix, 1, count - 1)
    # A later page does not show from where pages are counted: it names those that are there in both cases.
    return _Pager(name, suffix, 2, count if number is None else count - 1)


def _own_file(url: str) -> tuple[str, int | None, str]:
    """Name, number and suffix of the file in an address; "" and None where there is none."""
    found = _FILE.search(urlsplit(url).path.rpartition("/")[2])
    if not found:
        return "", None, ""
    return found.group(1), int(found.group(2)) if found.group(2) else None, found.group(3)


def _as_number(value: Value) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    return int(value) if isinstance(value, str) and re.fullmatch(r"\s*\d{1,7}\s*", value) else None
