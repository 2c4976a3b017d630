"""Answers that are no page of HTML: the JSON of a list, and the XML datastores of Hanweb's jpage.

What they list becomes the links of a `Page`, so that whoever reads pages reads them too. The text of the answer stays
in ``Page.html``: how many there are in all is said there, and the families read it from there.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping

from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.encoding import decode
from crawler.listing.addresses import join
from crawler.listing.literals import fill, read_value
from crawler.listing.page import MAX_BYTES, MAX_LINKS, Link, Page, parse_page

MAX_NODES = 400_000  # of one answer: a list of a hundred reports has some thousand
MAX_DEPTH = 40
MAX_LITERAL = 2_000_000  # characters of an answer that is a script and no JSON

_WRAPPED = re.compile(r"(?:/\*.*?\*/)?\s*[A-Za-z_$][\w$.]*\s*\((?P<call>.*)\)\s*;?", re.S)
_ASSIGNED = re.compile(r"(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$.]*\s*=\s*(?=[\[{])")
_GUARD = re.compile(r"(?:while\s*\(1\);|for\s*\(;;\);|\)\]\}',?)\s*")
_DATASTORE = re.compile(r"<(?:datastore|recordset|record)\b", re.I)
_RECORD = re.compile(r"<record\b[^>]*>(.*?)(?=</record\s*>|<record\b|</recordset|</datastore|</script|$)", re.I | re.S)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|$)", re.S)
_FRAGMENT = re.compile(r"<a\b[^>]*\bhref", re.I)
_PIECE = re.compile(
    r"(?:<!--.*?-->\s*)*<(?:ul|ol|li|dl|dd|dt|div|p|a|span|table|tbody|tr|td|section|h\d)\b", re.I | re.S
)
_TAG = re.compile(r"<[^>]*>")
_HAN = re.compile("[一-鿿]")
_DATE = re.compile(r"[\d\s:/.T年月日-]+")
_FILES = "pdf|docx?|wps|xlsx?|et|ofd|txt|rtf|zip|rar"
_ADDRESS = re.compile(
    rf"(?:https?:)?//\S.*|\.{{0,2}}/\S.*|\?[\w.]+=.*|[^\s<>:]+\.(?:s?html?|jhtml|jspx?|aspx?|php|do|action|{_FILES})(?:[?#].*)?",
    re.I,
)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|bmp|svg|webp|ico|mp[34])(?:\?|$)", re.I)
_SIDE = re.compile(
    "img|image|pic|thumb|photo|cover|icon|logo|video|audio|site|home|channel|column|chnl|qr|avatar|parent"
)
_TITLES = ("title", "doctitle", "infotitle", "articletitle", "subject", "name", "docname", "filename", "text", "label")
_ADDRESSES = ("url", "href", "link", "docpuburl", "puburl", "linkurl", "htmlurl", "visiturl", "path", "filepath", "src")
_ABOVE = re.compile("(?:channel|column|chnl|catalog|class|category|dept|org|unit|site)(?:name|title)$")


def read_answer(body: bytes, url: str, charset: str | None = None, post: str = "", shape: str = "") -> Page | None:
    """The page that an answer makes: its links are the records in it, in order. ``url`` and ``post`` are what was
    asked for; ``shape`` is how the page that asked makes an address of a record without one (`calls.find_shape`). None
    for what is neither JSON (JSONP and the literals of a script among it), an XML datastore, nor a piece of HTML.

    A record of JSON is an object in an array, at any depth, with a text that could be a title and an address; strings
    that hold HTML are read as HTML.
    """
    try:
        text, _ = decode(body[:MAX_BYTES], charset)
    except UnreadableDocument:
        return None
    text = text.strip("\ufeff\x00 \t\r\n")
    if text.startswith("<"):
        head = text[:4096].lower()
        if "<html" in head or "<!doctype html" in head:
            return None
        if not _DATASTORE.search(head):
            return parse_page(body, url, charset, post) if _PIECE.match(text) else None
        links = read_records(text, url)
    else:
        value = load_answer(text)
        if value is None:
            return None
        links = _read_links(value, url, shape)
    return Page(url, "", "", links, 0, 0, text, post)


def load_answer(text: str) -> dict[str, object] | list[object] | None:
    """The object or array of an answer, whether JSON, JSONP, or a script that gives it a name; None for all else."""
    text = _GUARD.sub("", text.strip("\ufeff\x00 \t\r\n"), count=1)
    if (wrapped := _WRAPPED.fullmatch(text)) and wrapped.group("call").lstrip()[:1] in {"{", "["}:
        text = wrapped.group("call").strip()
    elif assigned := _ASSIGNED.match(text):
        text = text[assigned.end() :].rstrip("; \r\n")
    if text[:1] not in {"{", "["}:
        return None
    try:
        value = json.loads(text, strict=False)
    except RecursionError:
        return None
    except ValueError:
        return _load_literal(text)
    return value if isinstance(value, dict | list) else None


def _load_literal(text: str) -> dict[str, object] | list[object] | None:
    """An object or array as a script prints it: other quotes, keys without any, a comma too many."""
    if len(text) > MAX_LITERAL or not re.match(r"\{\s*(?:[\"'\w$]+\s*:|\})|\[\s*[\"'{\[\]\d-]", text):
        return None
    value, end = read_value(text, 0, {}, MAX_LITERAL)
    if end > len(text) or text[end:].strip("; \r\n") or not isinstance(value, dict | list):
        return None
    whole: dict[str, object] | list[object] = json.loads(json.dumps(value))
    return whole


def read_records(text: str, url: str) -> tuple[Link, ...]:
    """The links of all records of the XML datastores in a text, well-formed or not. ``url`` is where links start."""
    whole = "\n".join(split_records(text))
    return parse_page(whole.encode("utf-8", errors="replace"), url, "utf-8").links if whole else ()


def split_records(text: str) -> list[str]:
    """The HTML of each record of the XML datastores in a text."""
    records = []
    for record in _RECORD.finditer(text):
        inside = record.group(1)
        parts = _CDATA.findall(inside)
        records.append("".join(parts) if parts else html.unescape(inside) if "&lt;" in inside else inside)
    return [record for record in records if record.strip()]


def _read_links(value: object, url: str, shape: str = "") -> tuple[Link, ...]:
    """The links in an answer, each address once for each text."""
    links: dict[tuple[str, str], Link] = {}
    waiting: list[tuple[object, int, bool]] = [(value, 0, False)]
    for _ in range(MAX_NODES):
        if not waiting or len(links) >= MAX_LINKS:
            break
        node, depth, listed = waiting.pop()
        if depth > MAX_DEPTH:
            continue
        found: tuple[Link, ...] = ()
        if isinstance(node, dict):
            record = _read_record(node, url, shape) if listed else None
            found = (record,) if record else ()
            numbered = bool(node) and all(str(key).isdigit() for key in node)
            # The text of an article is not the list: of a record only what hangs below it is looked at.
            below = [one for one in node.values() if not (record and isinstance(one, str))]
            waiting += [(one, depth + 1, numbered) for one in reversed(below)]
        elif isinstance(node, list):
            waiting += [(one, depth + 1, True) for one in reversed(node)]
        elif isinstance(node, str):
            fragment = html.unescape(node) if "&lt;a" in node.lower() else node
            if node.lstrip()[:1] in {"{", "["} and (inner := load_answer(node)):
                waiting.append((inner, depth + 1, False))
            elif _FRAGMENT.search(fragment):
                found = parse_page(fragment.encode("utf-8", errors="replace"), url, "utf-8").links
        for link in found:
            links.setdefault((link.url, link.text), link)
    return tuple(links.values())[:MAX_LINKS]


def _read_record(node: Mapping[str, object], url: str, shape: str) -> Link | None:
    """The link that an object makes, or None if it has no title or no address."""
    texts = {_key(name): one.strip() for name, one in _iter_texts(node)}
    address = _choose(texts, _rank_address) or _shape_address(node, shape)
    title = _choose(texts, _rank_title)
    to = join(url, address) if address else None
    if not title or to is None:
        return None
    above = next((one for name, one in texts.items() if _ABOVE.search(name)), "")
    return Link(to, _clean(title), _clean(above)[:60])


def _shape_address(node: Mapping[str, object], shape: str) -> str:
    """The address of a record by the shape of its page's links; "" where a field is missing."""
    fields = {_key(name): str(one) for name, one in node.items() if isinstance(one, str | int) and str(one).strip()}
    return (fill(shape, lambda name: fields.get(_key(name))) or "") if shape else ""


def _iter_texts(node: Mapping[str, object]) -> list[tuple[str, str]]:
    """The texts of an object, and behind them those of the objects in it."""
    own = [(name, one) for name, one in node.items() if isinstance(one, str) and one.strip()]
    below = [one for one in node.values() if isinstance(one, dict)]
    inner = [(name, one) for part in below for name, one in part.items() if isinstance(one, str) and one.strip()]
    names = {_key(name) for name, _ in own}
    return [*own, *((name, one) for name, one in inner if _key(name) not in names)]


def _choose(texts: Mapping[str, str], rank: Callable[[str, str], int | None]) -> str:
    """The text of the lowest rank, the first of equals; "" where none has one."""
    ranked = [(found, one) for name, one in texts.items() if (found := rank(name, one)) is not None]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else ""


def _rank_title(name: str, text: str) -> int | None:
    """How likely a text is the title, 0 the most; None if it is none."""
    if len(text) > 400 or (_ADDRESS.fullmatch(text) and not _HAN.search(text)):
        return None
    if name in _TITLES:
        return _TITLES.index(name)
    if name.endswith("title") and "sub" not in name:
        return 5
    if name.endswith("name") and not _SIDE.search(name) and not _ABOVE.search(name):
        return 20
    han = len(_HAN.findall(text))
    return None if han < 6 or len(text) > 120 or _DATE.fullmatch(text) else 200 - min(han, 100)


def _rank_address(name: str, text: str) -> int | None:
    """How likely a text is the address, 0 the most; None if it is none."""
    if len(text) > 2000 or name in _TITLES or not _ADDRESS.fullmatch(text):
        return None
    if name in _ADDRESSES:
        return _ADDRESSES.index(name) + (50 if _PICTURE.search(text) else 0)
    if _SIDE.search(name) or _PICTURE.search(text):
        return None
    return 20 if re.search("url|href|link|uri", name) else 30


def _key(name: object) -> str:
    return re.sub(r"[\W_]+", "", str(name)).lower()


def _clean(text: str) -> str:
    return clean_text(html.unescape(_TAG.sub("", text)))
