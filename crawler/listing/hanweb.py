"""Hanweb (大汉) jcms with jpage lists: Jiangsu, Zhejiang, Shandong and many counties.

Articles are ``/art/2024/1/23/art_1229114055_88348.html``, lists ``/col/col1229214366/index.html``. A list holds its
first records in ``<script type="text/xml"><datastore>``, and its pager asks for the others, some pages at a time:

- as the platform's script does, by POST to the address in ``proxyUrl`` with ``startrecord``, ``endrecord`` and
  ``perpage`` behind it and the options of ``ajaxParam`` as the form;
- where the page has no such call, by GET of the address in ``<nextgroup>``, page by page.

Lists of ``/module/xxgk/*.jsp`` (``xxgkAnnualReport.jsp`` among them) are pages of HTML with a page number as parameter.
Lists that are linked by ``?uid=…&pageNum=2`` have as many pages as their last link says.
"""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.listing.addresses import join
from crawler.listing.answers import read_records, split_records
from crawler.listing.literals import GAP, Value, find_calls, lower, read_scripts
from crawler.listing.page import Link, Page, links_several
from crawler.listing.plain import MAX_PAGES

PER_PAGE, GROUP = 15, 3  # what the platform's script takes where a page prints nothing else

_ARTICLE = re.compile(r"/art/(?:19|20)\d\d/\d{1,2}/\d{1,2}/art_\d+_\d+\.html?(?=$|[?#])", re.M)
_CALL = re.compile(r"\.\s*jpage\s*\(")
_STORE = re.compile(r"<datastore\b.*?(?:</datastore\s*>|</script|$)|<recordset\b.*?(?:</recordset\s*>|$)", re.I | re.S)
_RECORD = re.compile(r"<record\b", re.I)
_NEXT_GROUP = re.compile(r"""<nextgroup\b[^>]*>.*?\bhref\s*=\s*["']([^"']+)["']""", re.I | re.S)
_TOTALS = re.compile(r"<(totalrecord|totalpage)\b[^>]*>\s*(?:<!\[CDATA\[)?\s*(\d{1,7})", re.I)
_PAGES = re.compile(
    r"共\s*(?:<[^<>]*>\s*)*(\d{1,4})\s*(?:<[^<>]*>\s*)*页|\btotal_?pages?\s*[=:]\s*[\"']?(\d{1,4})", re.I
)
_PAGE_KEY = re.compile(r"\b(currpage|pageNum|pageNo|pageNumber|currentPage|pageIndex|curpage)\b")


def is_article(url: str) -> bool:
    return bool(_ARTICLE.search(url))


def recognises(page: Page) -> bool:
    return (
        _holds_records(page.html)
        or ("proxyurl" in lower(page.html) and _CALL.search(page.html) is not None)
        or "/module/xxgk/" in page.url
        or is_article(page.url)
        or _find_numbered(page) is not None
        or links_several(page, _ARTICLE, "/art/")
    )


def records(page: Page) -> tuple[Link, ...]:
    """The records in the datastores of a page."""
    return read_records(page.html, page.url) if _holds_records(page.html) else ()


def next_pages(page: Page) -> tuple[Link, ...]:
    """All further records of a list, a group of pages a request, or what the answer of such a request says of more."""
    if "dataproxy" in urlsplit(page.url).path.lower():
        return _follow_group(page) or _follow_answer(page)
    return _read_calls(page) or _follow_group(page) or _read_module(page) or _read_numbered(page)


def _holds_records(text: str) -> bool:
    return any(word in lower(text) for word in ("<datastore", "<record>", "<recordset"))


# --- the call of the platform's script


def _read_calls(page: Page) -> tuple[Link, ...]:
    if not _CALL.search(page.html):
        return ()
    found_calls = find_calls(read_scripts(page.html), _CALL)
    calls = [one for _, given, _ in found_calls for one in given[:1] if isinstance(one, dict)]
    stores = [found.group() for found in _STORE.finditer(page.html)]
    found: dict[tuple[str, str], Link] = {}
    for at, call in enumerate(calls):
        store = stores[at] if len(stores) == len(calls) else "".join(stores) if len(calls) == 1 else ""
        for link in _read_call(call, store, page.url):
            found.setdefault((link.url, link.post), link)
    return tuple(found.values())


def _read_call(call: dict[str, Value], store: str, url: str) -> tuple[Link, ...]:
    """The groups of records behind those that ``store`` holds; the next one alone where no total is printed."""
    options = {name.lower(): one for name, one in call.items()}
    proxy = options.get("proxyurl")
    address = join(url, proxy) if isinstance(proxy, str) and not GAP.search(proxy) else None
    if address is None:
        return ()
    forms = [one for one in options.values() if isinstance(one, dict)]
    form = next((one for one in forms if _FORM_KEYS & {name.lower() for name in one}), {})
    fields = {name: str(one) for name, one in form.items() if not isinstance(one, dict | list) and one is not None}
    per_page = _as_number(options.get("perpage")) or PER_PAGE
    size = per_page * (_as_number(options.get("groupsize")) or GROUP)
    totals = _read_totals(store)
    total = _as_number(options.get("totalrecord")) or totals.get("totalrecord", 0)
    held = len(_RECORD.findall(store))
    if held == 0 and total == 0:
        total = size
    post = urlencode({name: "" if GAP.search(one) else one for name, one in fields.items()})
    return _list_groups(address, post, held + 1, size, per_page, total or held + size)


def _list_groups(address: str, post: str, start: int, size: int, per_page: int, total: int) -> tuple[Link, ...]:
    bare, _, query = address.partition("?")
    kept = [(name, one) for name, one in parse_qsl(query, keep_blank_values=True) if name not in _GROUP_KEYS]
    links = []
    for first in range(start, min(total, start + size * MAX_PAGES - 1) + 1, size):
        group = {"startrecord": first, "endrecord": min(first + size - 1, total), "perpage": per_page}
        links.append(Link(f"{bare}?{urlencode([*group.items(), *kept])}", str(first), post=post))
    return tuple(links)


_FORM_KEYS = frozenset({"unitid", "columnid", "webid"})
_GROUP_KEYS = ("startrecord", "endrecord", "perpage")


# --- answers


def _follow_answer(page: Page) -> tuple[Link, ...]:
    """The groups behind an answer to a group of records: up to the total it prints, or the next while groups are
    full."""
    asked = dict(parse_qsl(f"{urlsplit(page.url).query}&{page.post}", keep_blank_values=True))
    first, last, per_page = (int(asked[key]) if asked.get(key, "").isdigit() else 0 for key in _GROUP_KEYS)
    size = last - first + 1
    if first < 1 or size < 1:
        return ()
    total = _read_totals(page.html).get("totalrecord", 0)
    held = len(split_records(page.html))
    if not total and held >= size:
        total = last + size
    return _list_groups(page.url, page.post, last + 1, size, per_page or size, total) if held else ()


def _follow_group(page: Page) -> tuple[Link, ...]:
    """The groups that ``<nextgroup>`` begins, up to the number of pages that is printed."""
    query = dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))
    if "startrecord" in query or not (found := _NEXT_GROUP.search(page.html)):
        return ()
    address = join(page.url, html.unescape(found.group(1)))
    if address is None or ("dataproxy" in urlsplit(page.url).path and not split_records(page.html)):
        return ()
    fields = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    number = next((int(one) for name, one in fields if name == "page" and one.isdigit()), 0)
    own = int(query["page"]) if query.get("page", "").isdigit() else 0
    if not number or number <= own:
        return ()
    last = max(number, min(_read_totals(page.html).get("totalpage", 0), number + MAX_PAGES - 1))
    bare = address.partition("?")[0]
    return tuple(
        Link(f"{bare}?{urlencode([(name, str(at) if name == 'page' else one) for name, one in fields])}", str(at))
        for at in range(number, last + 1)
    )


def _read_totals(text: str) -> dict[str, int]:
    return {name.lower(): int(number) for name, number in reversed(_TOTALS.findall(text))}


# --- pages with a number as parameter


def _read_module(page: Page) -> tuple[Link, ...]:
    """The further pages of a list of ``/module/xxgk/``."""
    parts = urlsplit(page.url)
    if "/module/xxgk/" not in parts.path or not (printed := _PAGES.search(page.html)):
        return ()
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    named = next((name for name in query if _PAGE_KEY.fullmatch(name)), None)
    if named is None:
        found = _PAGE_KEY.search(page.html)
        named = found.group(1) if found else "currpage"
    bare = page.url.partition("?")[0]
    last = min(int(printed.group(1) or printed.group(2)), MAX_PAGES)
    own = query.get(named, "1")
    return tuple(
        Link(f"{bare}?{urlencode({**query, named: str(at)})}", str(at), post=page.post)
        for at in range(2, last + 1)
        if str(at) != own
    )


def _find_numbered(page: Page) -> tuple[str, list[tuple[str, str]], int] | None:
    """The links ``?uid=…&pageNum=2`` of a page: their address, their fields, and the last number."""
    best: tuple[str, list[tuple[str, str]], int] | None = None
    if "pageNum=" not in page.addresses:
        return None
    for link in page.links:
        if "pageNum=" not in link.url or "uid=" not in link.url:
            continue
        bare, _, query = link.url.partition("?")
        fields = parse_qsl(query, keep_blank_values=True)
        number = dict(fields).get("pageNum", "")
        if number.isdigit() and (best is None or int(number) > best[2]):
            best = bare, fields, int(number)
    return best


def _read_numbered(page: Page) -> tuple[Link, ...]:
    found = _find_numbered(page)
    if found is None:
        return ()
    bare, fields, last = found
    return tuple(
        Link(f"{bare}?{urlencode([(name, str(at) if name == 'pageNum' else one) for name, one in fields])}", str(at))
        for at in range(2, min(last, MAX_PAGES) + 1)
    )


def _as_number(value: Value) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,7}\s*", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10_000_000 else 0
