"""Lists that only a script shows: it asks for JSON, and the address and its parameters stand in the page's scripts.

Any call counts that names a list or a page of one: ``$.ajax``, ``$.get``, ``$.post``, ``axios``, ``fetch``,
``XMLHttpRequest``, and the tables of layui, bootstrap and others that are given a ``url``. Of calls that could change
something (a counter, a form that is sent) none is followed. The answer says how many pages there are, or pages are
asked for until one is empty.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from crawler.listing.addresses import join
from crawler.listing.answers import load_answer
from crawler.listing.literals import (
    GAP,
    Stringified,
    Value,
    fill,
    find_calls,
    lower,
    lower_scripts,
    read_scripts,
    read_value,
)
from crawler.listing.page import Link, Page
from crawler.listing.plain import MAX_PAGES

MAX_SHAPES = 50  # texts of a page's scripts that are looked at for a link
MAX_CALLS = 4  # of one page: its list, and what may stand beside it
PAGE_SIZE = "15"  # where a script takes the number of records from somewhere else

_WORDS = (
    "ajax",
    "axios",
    "fetch(",
    "fetch (",
    "$.get",
    "$.post",
    "jquery.get",
    "jquery.post",
    "xmlhttp",
    "url:",
    "url :",
)
_CALL = re.compile(
    r"(?:(?:\$|jQuery|axios|\$http|http|request|service|api)\s*\.\s*(?P<verb>ajax|get|post|getJSON|request)"
    r"|\b(?P<plain>fetch|axios|request|ajax)|\.\s*(?P<table>render|bootstrapTable|DataTable|dataTable|datagrid|jqGrid|load)"
    r"|\.\s*(?P<open>open))\s*\("
)
_SEND = re.compile(r"\.\s*send\s*\(")
_PAGE = re.compile(
    r"(?:(?:cur|current|this)?_?page_?(?:no|num|number|index|now|current|n)?|p|pn|pno|pageno|cpage|curr|current|nowpage|currpage"
    r"|pageIndex|toPage|goPage)",
    re.I,
)
_SIZE = re.compile(
    r"(?:page_?size|per_?page|rows|limit|size|page_?count|page_?rows|row_?count|psize|ps|num_?per_?page|length)", re.I
)
_START = re.compile(r"(?:start|offset|skip|start_?index|first|from)", re.I)
_FIELD_GAP = re.compile("(?<=[?&])([\\w.]+)=\x00[^\x00]*\x00(?=&|$)")
_LIST = re.compile(
    r"list|quer(?:y|ies)|column|channel|article|news|info|content|catalog|xxgk|zfxxgk|gkml|page|search|documents?|docs?|data|annual|report|nb"
    r"|year|items?|records?|publish|manuscript|\.json",
    re.I,
)
_CHANGES = re.compile(
    r"(?<![a-z])(?:submit|save|add|insert|update|delete|del|remove|upload|send|sign|vote|like|praise|comment|register|reg|login|logout"
    r"|apply|feedback|subscribe|mail|sms|captcha|verif\w*|token|auth|oauth|user|count\w*|click\w*|hits?|visit\w*|pv|stat\w*|track\w*|log"
    r"|collect|weather|share|qrcode|suggest\w*|hot\w*|config|online\w*|message|letter|survey|header|footer|nav|menu|banner)(?![a-z])",
    re.I,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ASSET = re.compile(r"\.(?:js|css|png|jpe?g|gif|svg|ico|woff2?|mp4|swf|vue|map)(?:$|[?#])", re.I)
_CLOCK = re.compile(r"now|getTime|random|valueOf|timestamp|time|date", re.I)
_NUMBERED = re.compile(r"(.*[/_-])(\d{1,4})((?:\.\w+)?/?)$")
_STRING = re.compile(r"""'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`""", re.S)
_HREF_IN = re.compile(r"\bhref\s*=")
_BOUND = re.compile(r"""(?:v-bind)?:href\s*=\s*"([^"]{1,400})\"""")
_OPENED = re.compile(r"\bwindow\.open\s*\(|\blocation(?:\.href)?\s*=(?!=)")
_HREF = re.compile(r"""href\s*=\s*["']?([^"'<>\s]*\x00[^"'<>\s]*)""")
_SHAPE = re.compile("(?!\x00[^\x00]*\x00$)[^\\s<>]+")
_FIELD = re.compile(r"[A-Za-z_]\w*")
_TOTAL_PAGES = re.compile(
    r"(?:total_?pages?|pages?_?(?:count|total|num_?total|all)|pages|max_?page|last_?page|count_?page|page_?sum)", re.I
)
_TOTAL_RECORDS = re.compile(
    r"(?:total|(?:total|all)_?(?:count|elements|records?|num|number|size|rows?|hits|items?)|count|records?_?(?:count|total)|row_?count"
    r"|num_?found|hits|records_?filtered)",
    re.I,
)
_ZERO = re.compile(r"(?:has_?previous(?:_?page)?|has_?prev)", re.I)


@dataclass(frozen=True, slots=True)
class _Totals:
    pages: int
    records: int
    size: int


def recognises(page: Page) -> bool:
    return _is_answer(page) or _is_piece(page) or bool(find_list_calls(page))


def next_pages(page: Page) -> tuple[Link, ...]:
    """The calls of a page that bring a list; for the answer to one, the further pages."""
    if _is_answer(page):
        return _follow_answer(page)
    return _follow_piece(page) if _is_piece(page) else find_list_calls(page)


def media_type_of(post: str) -> str:
    """What kind of body ``Link.post`` is: scripts send either a form or JSON."""
    return "application/json" if post[:1] in {"{", "["} else "application/x-www-form-urlencoded"


def find_list_calls(page: Page) -> tuple[Link, ...]:
    """The calls in a page's scripts that could bring a list, those with a page number first."""
    text = lower_scripts(page.html)
    if not any(word in text for word in _WORDS):
        return ()
    paged: dict[tuple[str, str], Link] = {}
    others: dict[tuple[str, str], Link] = {}
    for found, given, follows in find_calls(read_scripts(page.html), _CALL):
        asked = _read_call(found, given, follows)
        made = _make_link(asked, page.url) if asked else None
        if made:
            link, is_paged = made
            (paged if is_paged else others).setdefault((link.url, link.post), link)
    links = {**paged, **others}
    links.pop((page.url, ""), None)
    return tuple(links.values())[:MAX_CALLS]


def find_shape(page: Page) -> str:
    """How a page's scripts make the address of a record, with a gap for each of its fields; "" where they do not say.

    For ``'<a href="/info/' + item.id + '.html">'`` it is ``/info/`` and ``.html`` with a gap called id in between.
    """
    if "<script" not in lower(page.html):
        return ""
    scripts = read_scripts(page.html)
    strings = ((text, found) for text in scripts.texts for found in _STRING.finditer(text))
    quoted = [(text, found.start()) for text, found in strings if _HREF_IN.search(found.group())]
    for text, start in quoted[:MAX_SHAPES]:
        value = read_value(text, start, scripts.known)[0]
        inside = _HREF.search(value) if isinstance(value, str) else None
        if inside and _is_shape(inside.group(1)):
            return inside.group(1)
    bound = [(html.unescape(found.group(1)), 0) for found in _BOUND.finditer(page.html)]
    opened = [(text, found.end()) for text in scripts.texts for found in _OPENED.finditer(text)]
    for text, start in (*bound[:MAX_SHAPES], *opened[:MAX_SHAPES]):
        value = read_value(text, start, scripts.known)[0]
        if isinstance(value, str) and _is_shape(value):
            return value
    return ""


def _is_shape(text: str) -> bool:
    """Whether a text is an address with fields of a record in it, and more than a field alone."""
    names = GAP.findall(text)
    return bool(names) and all(_FIELD.fullmatch(name) for name in names) and bool(_SHAPE.fullmatch(text))


# --- a call in a script


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call: its address and what goes with it, with gaps."""

    url: str
    is_post: bool
    data: Value
    is_json: bool


def _read_call(found: re.Match[str], given: list[Value], follows: str) -> _Asked | None:
    verb = (found.group("verb") or found.group("plain") or found.group("table") or "open").lower()
    first = given[0] if given else None
    second = given[1] if len(given) > 1 else None
    if verb == "open":
        if not isinstance(first, str) or first.upper() not in {"GET", "POST"} or not isinstance(second, str):
            return None
        return _Asked(second, first.upper() == "POST", None, False)
    if isinstance(first, str) and verb in {"ajax", "fetch", "axios", "request"} and isinstance(second, dict):
        return _read_options({"url": first, **second}, axios=verb in {"axios", "request"})
    if isinstance(first, dict):
        return _read_options(first, axios=verb in {"axios", "request"} and found.group("verb") != "ajax")
    if not isinstance(first, str):
        return None
    if found.group("table"):
        if verb != "load":  # $("#x").bootstrapTable("refresh", {url: …})
            return _read_options(second, axios=False) if isinstance(second, dict) else None
        return _Asked(first, isinstance(second, dict), second, False)
    of_axios = not found.group().lstrip().startswith(("$.", "jQuery"))
    if verb == "post":
        return _Asked(first, True, second, isinstance(second, Stringified) or (of_axios and isinstance(second, dict)))
    if isinstance(second, dict) and of_axios:
        second = second.get("params", second)
    return _Asked(first, False, second, False) if follows is not None else None


def _read_options(options: Mapping[str, Value], *, axios: bool) -> _Asked | None:
    """A call whose argument is an object: ``{url, type or method, data, params, where, body …}``."""
    url = options.get("url") or options.get("ajax")
    if isinstance(url, dict):
        return _read_options(url, axios=axios)
    if not isinstance(url, str):
        return None
    method = options.get("type") or options.get("method") or "GET"
    is_post = isinstance(method, str) and method.upper() == "POST"
    if isinstance(method, str) and method.upper() not in {"GET", "POST"} and not GAP.search(method):
        return None
    kind = json.dumps([options.get("contentType"), options.get("headers")], ensure_ascii=False)
    query = options.get("params")
    body = next(
        (options[name] for name in ("data", "body", "where", "queryParams", "postData") if name in options), None
    )
    if isinstance(query, dict) and is_post and body is not None:
        url += ("&" if "?" in url else "?") + _encode(query)
    elif body is None:
        body = query
    is_json = "application/json" in kind or isinstance(body, Stringified) or (axios and isinstance(body, dict))
    return _Asked(url, is_post, body, is_json)


def _make_link(asked: _Asked, base: str) -> tuple[Link, bool] | None:
    """The link that a call makes, and whether it names a page of a list; None for what is no list."""
    plain_url = GAP.sub("", asked.url)
    bare = plain_url.partition("?")[0]
    words = _CAMEL.sub("_", re.sub(r"^(?:https?:)?//[^/]*", "", bare))
    if not bare or _ASSET.search(bare) or _CHANGES.search(words):
        return None
    url = fill(_FIELD_GAP.sub(_count, asked.url), _give_in_address)
    to = join(base, url) if url else None
    if to is None:
        return None
    data = asked.data
    body = data if isinstance(data, str) else ""
    fields: dict[str, Value] = data if isinstance(data, dict) else {}
    names = [*fields, *(name for name, _ in parse_qsl(f"{urlsplit(to).query}&{body}", keep_blank_values=True))]
    gaps = [name for name in GAP.findall(asked.url) if _PAGE.fullmatch(name)]
    is_paged = bool(gaps) or any(
        _PAGE.fullmatch(name) or _SIZE.fullmatch(name) or _START.fullmatch(name) for name in names
    )
    if not is_paged and (asked.is_post or not _LIST.search(words)):
        return None
    text = fill(body, _give) or ""
    if asked.is_post:
        post = json.dumps(_filled(fields), ensure_ascii=False) if asked.is_json and fields else text or _encode(fields)
        return Link(to, "1", post=post or "page=1"), is_paged
    more = text or _encode(fields)
    return Link(f"{to}{'&' if '?' in to else '?'}{more}" if more else to, "1"), is_paged


def _count(field: re.Match[str]) -> str:
    """A field of an address with a gap: the first page or a size where its name says so, whatever the gap is called."""
    given = "0" if _START.fullmatch(field[1]) else _give_in_address(field[1])
    return field[0] if given is None else f"{field[1]}={given}"


def _give_in_address(name: str) -> str | None:
    """What fills a gap in an address: the first page, a size, a fixed time; nothing else can be guessed."""
    if _PAGE.fullmatch(name):
        return "1"
    if _SIZE.fullmatch(name):
        return PAGE_SIZE
    return "0" if _CLOCK.search(name) else None


def _give(name: str) -> str:
    return _give_in_address(name) or ""


def _filled(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Fields without gaps, by what the field is called or what was missing in it."""
    whole: dict[str, Value] = {}
    for name, one in fields.items():
        if isinstance(one, dict):
            whole[name] = _filled(one)
        elif isinstance(one, str) and (found := GAP.fullmatch(one)):
            if found.group(1) != "function":
                given = "1" if _PAGE.fullmatch(name) else PAGE_SIZE if _SIZE.fullmatch(name) else _give(found.group(1))
                whole[name] = (
                    int(given) if given.isdigit() and (_PAGE.fullmatch(name) or _SIZE.fullmatch(name)) else given
                )
        elif isinstance(one, str):
            whole[name] = fill(one, _give)
        else:
            whole[name] = one
    return whole


def _encode(fields: Mapping[str, Value]) -> str:
    """Fields as a form."""
    pairs = []
    for name, one in _filled(fields).items():
        if isinstance(one, dict | list):
            pairs.append((name, json.dumps(one, ensure_ascii=False, separators=(",", ":"))))
        elif one is not None:
            pairs.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return urlencode(pairs, quote_via=quote)


# --- answers


def _is_answer(page: Page) -> bool:
    head = page.html[:200].lstrip("\ufeff \t\r\n")
    return bool(head) and head[0] != "<" and load_answer(page.html) is not None


def _is_piece(page: Page) -> bool:
    """Whether a page is a piece of HTML that a script asked for by the number of a page."""
    if "<html" in page.html[:1024]:
        return False  # as most pages say at once
    head = page.html[:4096].lower()
    whole = any(mark in head for mark in ("<html", "<!doctype", "<body", "<datastore", "<record"))
    if not page.links or whole or _is_answer(page):
        return False
    place = _find_place(page)
    return place is not None and place.sure and not place.counts_records


def _follow_piece(page: Page) -> tuple[Link, ...]:
    """The next page: a piece does not say how many there are, but one without links, or with those of another, is
    behind the last."""
    place = _find_place(page)
    return (place.make(place.at + 1, place.size, str(place.at + 1)),) if place is not None else ()


def _follow_answer(page: Page) -> tuple[Link, ...]:
    """The further pages of a list that was asked for: all where the answer says how many, the next one else."""
    held = len({link.url for link in page.links})
    place = _find_place(page)
    if place is None:
        return ()
    totals = _read_totals(load_answer(page.html))
    if not held:
        return _count_from_zero(place, totals)
    size = place.size or totals.size or held
    if held < size and totals.records > size and place.number <= place.first:
        size = held  # the server gives fewer than it was asked for
    last = totals.pages or -(-totals.records // size)
    if not last:
        if held < size or not place.sure:
            return ()
        last = place.at + 1
    elif held < size and not totals.pages:
        return ()  # a page that is not full is the last
    upto = min(last, place.at + MAX_PAGES)
    return tuple(place.make(at, size, str(at)) for at in range(place.at + 1, upto + 1))


def _count_from_zero(place: _Place, totals: _Totals) -> tuple[Link, ...]:
    """The page before the first, where a page is empty that should not be: then its numbers begin with 0."""
    full = place.number <= totals.pages or (place.number - 1) * (place.size or totals.size) < totals.records
    if place.counts_records or place.number < 1 or not full:
        return ()
    return (replace(place, number=0).make(1, place.size, "0"),)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the number of a page stands in what was asked for, and what it is there. ``step`` "record": it counts
    records. ``sure``: it is called a page."""

    url: str
    post: str
    name: str
    number: int
    size: int
    counts_records: bool = False
    sure: bool = True

    @property
    def first(self) -> int:
        return 0 if self.counts_records or self.number == 0 else 1

    @property
    def at(self) -> int:
        """This page, counted from 1."""
        if self.counts_records:
            return self.number // (self.size or 1) + 1
        return self.number + 1 if self.number == 0 else self.number

    def make(self, at: int, size: int, text: str) -> Link:
        """The link to page ``at``, counted from 1."""
        number = (at - 1) * (self.size or size) if self.counts_records else at - 1 if self.number == 0 else at
        if not self.name:
            found = _NUMBERED.match(self.url)
            return Link(f"{found.group(1)}{number}{found.group(3)}" if found else self.url, text, post=self.post)
        bare, mark, query = self.url.partition("?")
        url = f"{bare}?{_replace(query, self.name, number)}" if mark else bare
        if self.post[:1] == "{":
            body = json.loads(self.post)
            _put(body, self.name, number)
            return Link(url, text, post=json.dumps(body, ensure_ascii=False))
        return Link(url, text, post=_replace(self.post, self.name, number))


def _find_place(page: Page) -> _Place | None:
    """Where the page number stands in the address or the form that an answer was asked with."""
    bare, _, query = page.url.partition("?")
    fields = [(name, one) for part in (query, "" if page.post[:1] == "{" else page.post) for name, one in _pairs(part)]
    if page.post[:1] == "{":
        try:
            fields += list(_flatten(json.loads(page.post)))
        except ValueError:
            return None
    numbers = [(name, int(one)) for name, one in fields if re.fullmatch(r"\d{1,6}", one)]
    size = next((one for name, one in numbers if _SIZE.fullmatch(name)), 0)
    for pattern, counts_records in ((_PAGE, False), (_START, True)):
        for name, one in numbers:
            if pattern.fullmatch(name) and not (pattern is _PAGE and _SIZE.fullmatch(name)):
                return _Place(page.url, page.post, name, one, size, counts_records)
    found = _NUMBERED.match(bare)
    if found and not query and int(found.group(2)) <= MAX_PAGES:
        return _Place(page.url, page.post, "", int(found.group(2)), size, sure=False)
    return None


def _read_totals(value: object) -> _Totals:
    """How many there are, from the objects of an answer outside of its records."""
    pages = records = size = 0
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        node, depth = waiting.pop(0)
        if not isinstance(node, dict) or depth > 4:
            continue
        for name, one in node.items():
            number = one if isinstance(one, int) and not isinstance(one, bool) else None
            if isinstance(one, str) and re.fullmatch(r"\s*\d{1,7}\s*", one):
                number = int(one)
            if number is None or number < 1:
                continue
            if not size and _SIZE.fullmatch(name) and not _TOTAL_PAGES.fullmatch(name):
                size = number
            elif not pages and _TOTAL_PAGES.fullmatch(name):
                pages = number
            elif not records and _TOTAL_RECORDS.fullmatch(name):
                records = number
        waiting += [(one, depth + 1) for one in node.values()]
    return _Totals(pages, records, size)


def _pairs(form: str) -> list[tuple[str, str]]:
    return parse_qsl(form, keep_blank_values=True)


def _replace(form: str, name: str, number: int) -> str:
    pairs = [(key, str(number) if key == name else one) for key, one in _pairs(form)]
    return urlencode(pairs, quote_via=quote)


def _flatten(body: object) -> list[tuple[str, str]]:
    if not isinstance(body, dict):
        return []
    own = [(str(name), str(one)) for name, one in body.items() if isinstance(one, str | int)]
    return own + [pair for one in body.values() for pair in _flatten(one)]


def _put(body: object, name: str, number: int) -> None:
    if isinstance(body, dict):
        for key, one in body.items():
            if key == name and isinstance(one, str | int):
                body[key] = str(number) if isinstance(one, str) else number
            else:
                _put(one, name, number)
