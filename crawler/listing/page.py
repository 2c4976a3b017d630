"""A page as a reader of lists sees it: its own names, its links in order, and whether a report stands on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from lxml import etree
from lxml.etree import _Element as Element

from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.encoding import decode
from crawler.listing.addresses import join

CHAPTER = re.compile(r"\s*第?([一二三四五六])\s*(?:[、.．]|部分)")
_HEAD = re.compile(r"[一二三四五六]\s*(?:[、.．]|部分)")
_CUT = re.compile(r"(?:\.{2,}|…+)$")
_TRAIL = re.compile("(?:当前|所在|您的|现在).{0,4}位置")
_ANCHOR = ("a", "area")
_FRAME = ("iframe", "frame")
_LINKING = (*_ANCHOR, "option", *_FRAME)
_HEADING = ("h1", "h2", "h3", "h4", "h5", "h6", "dt", "legend", "caption")
_LIKE_ADDRESS = re.compile(r"^(?:https?://|\.{0,2}/|\?)|\.(?:s?html?|jsp|aspx?|php|do)(?:$|[?#])", re.I)
MAX_LINKS = 20_000  # a list of a portal has some hundred; more is a trap or a dump
MAX_TABLES = 20_000
MAX_BYTES = 24 * 1024 * 1024


class Link(NamedTuple):
    """A link: its address, its whole text (a ``title`` attribute stands in for a text that is cut off), and the
    heading or group of links it stands under. ``rel`` is that of HTML, ``"frame"`` for what the page shows in a frame.
    ``post`` is what the address is asked with by POST, a form or JSON; without it, it is asked by GET."""

    url: str
    text: str
    above: str = ""
    rel: str = ""
    post: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of HTML. ``title`` is what it calls itself, ``trail`` its breadcrumb as printed. ``chapters`` counts the
    different heads 一、 to 六、 that begin a block, ``tables`` the tables with numbers, ``post`` is what it was asked
    with by POST, a form or JSON. ``addresses`` are those of all links, a line each: one search through them is quicker
    than one in each."""

    url: str
    title: str
    trail: str
    links: tuple[Link, ...]
    chapters: int
    tables: int
    html: str
    post: str = ""
    addresses: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "addresses", "\n".join([link.url for link in self.links]))

    @property
    def holds_report(self) -> bool:
        """Whether a report may stand on the page itself: at least three chapters, or one and a table of numbers
        (rules.md 28). The kernel decides in the end."""
        return self.chapters >= 3 or (self.chapters >= 1 and self.tables >= 1)


def parse_page(body: bytes, url: str, charset: str | None = None, post: str = "") -> Page:
    """The page in a response body. Raises UnreadableDocument if the bytes are no text."""
    text, _ = decode(body[:MAX_BYTES], charset)
    root = parse_html(text)
    if root is None:
        return Page(url, "", "", (), 0, 0, text, post)
    base = find_base(root, url)
    trail = _trail(root) if "位置" in text else ""
    chapters = _chapters(root) if _HEAD.search(text) else 0  # a look at the text saves one at every element
    return Page(url, _title(root), trail, _links(root, base), chapters, _tables(root), text, post)


def links_several(page: Page, pattern: re.Pattern[str], part: str = "") -> bool:
    """Whether two links of a page, or more, have a ``pattern`` in their addresses; ``part`` is a text that each has, to
    look for first."""
    lines = page.addresses
    return lines.count(part) >= 2 and len(list(islice(pattern.finditer(lines), 2))) == 2


def parse_html(text: str) -> Element | None:
    """The root of a page's elements; None where it has none."""
    parser = etree.HTMLParser(recover=True, no_network=True, encoding="utf-8", remove_comments=True, remove_pis=True)
    root: Element | None = etree.fromstring(
        text.replace("\x00", "").encode("utf-8", errors="replace") or b"<html/>", parser
    )
    return root


def find_base(root: Element, url: str) -> str:
    """The address that a page's links start from."""
    for el in root.iter("base"):
        return join(url, el.get("href") or "") or url
    return url


def _text(el: Element) -> str:
    if not len(el):
        return clean_text(el.text) if el.text else ""
    return clean_text("".join(str(t) for t in el.itertext() if isinstance(t, str)))


def _title(root: Element) -> str:
    metas = {(el.get("name") or "").lower(): clean_text(el.get("content") or "") for el in root.iter("meta")}
    for name in ("articletitle", "columnname"):  # an article may name its column too
        if metas.get(name):
            return metas[name]
    for tag in ("h1", "title"):
        for el in root.iter(tag):
            text = _text(el)
            if text:
                return text
    return ""


def _trail(root: Element) -> str:
    for el in root.iter("div", "p", "td", "span", "ul", "nav", "section", "dl"):
        own = (el.text or "") + "".join(child.text or "" for child in el[:2])
        if "位置" in own and len(text := _text(el)) < 200 and _TRAIL.search(text):
            return text
    return ""


def _links(root: Element, base: str) -> tuple[Link, ...]:
    """All links in order, each address once for each text."""
    links: dict[tuple[str, str], Link] = {}
    above = ""
    for el in root.iter(*_LINKING, *_HEADING):
        href = el.get("href")  # first of all: nearly all are <a>, and every look at an element costs
        if href is not None and el.tag in _ANCHOR:
            text, rel = _text(el), el.get("rel") or ""
        elif el.tag == "option":
            href, text, rel = el.get("value"), _text(el), ""
            if not href or not _LIKE_ADDRESS.search(href):
                continue
        elif el.tag in _FRAME:
            href, text, rel = el.get("src"), el.get("title") or el.get("name") or "", "frame"
        else:
            if el.tag not in _ANCHOR:
                above = _text(el)[:60]
            continue
        url = join(base, href) if href else None
        if url is None:
            continue
        title = el.get("title") or el.get("alt")
        if title and title != text:
            named, shown = clean_text(title), _CUT.sub("", text)
            if named and (not text or (shown != text and len(named) > len(shown)) or len(named) > len(text) + 4):
                text = named
        if not text:
            text = clean_text("".join(img.get("alt") or "" for img in el.iter("img")))
        if (url, text) not in links:
            links[url, text] = Link(url, text, above, rel)
        if len(links) >= MAX_LINKS:
            break
    return tuple(links.values())


def _chapters(root: Element) -> int:
    found: set[str] = set()
    for el in root.iter():
        if not isinstance(el.tag, str) or el.tag in {"script", "style", "title", "a"}:
            continue
        for text in (el.text, el.tail if el.tag == "br" else None):
            head = CHAPTER.match(text) if text else None
            if head:
                found.add(head.group(1))
    return len(found)


def _tables(root: Element) -> int:
    """Tables without another in them that hold at least six cells of nothing but a number."""
    count = 0
    for table in islice(root.iter("table"), MAX_TABLES):
        if next(table.iterdescendants("table"), None) is None:
            numbers = sum(1 for cell in table.iter("td") if re.fullmatch(r"\s*-?\d[\d.,]*\s*", _text(cell)))
            count += numbers >= 6
    return count
