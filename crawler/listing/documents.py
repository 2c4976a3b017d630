"""The documents behind a page: attachments, and what a page shows in a frame, a viewer or by a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from lxml import etree
from lxml.etree import _Element as Element

from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.titles import Title, read_title
from crawler.listing.addresses import join
from crawler.listing.literals import lower
from crawler.listing.page import Link, Page, find_base, parse_html

MAX_TITLE = 120  # characters; a longer text is a paragraph
MAX_DOCUMENTS = 60  # of one page
MAX_SCRIPT = 200_000  # characters of one script
_FILE = re.compile(r"\.(pdf|docx?|wps|xlsx?|et|txt|ofd|rtf|zip|rar|7z|jpe?g|png|tiff?)(?:$|[?&#])", re.I)
_PAPER = r"pdf|docx?|wps|xlsx?|et|ofd|rtf|zip|rar|7z"
_NAMED = re.compile(rf"\.(?:{_PAPER})(?=$|[\s)）】\]》\"”(（])", re.I)  # in the text of a link: 报告.pdf
_ATTACHED = re.compile(
    r"\s*(?:附件|下载附件|附件下载|点击(?:下载|查看)|下载|查看(?:全文|附件|原文)|全文)"
    r"\s*[:：]?\s*[一二三四五六七八九\d]*\s*"
)
OTHER_PAPER = re.compile("申请表|登记表|审批表|指南|流程|目录|规定|制度|预算|决算|收费")
"""What attachments are called that are no part of a report."""
_DOWNLOAD = re.compile(r"(?:down(?:load|file)?|attach(?:ment)?|getfile|openfile|fileview|readfile)", re.I)
_IN_SCRIPT = re.compile(rf"([\"'])([^\"'\s<>]{{1,400}}\.(?:{_PAPER})(?:\?[^\"'\s<>]{{0,200}})?)\1", re.I)
_ACTED_ON = ("onclick", "data-url", "data-src", "data-file", "data-pdf", "data-href", "href")
_VIEWED = frozenset("file url src pdf path filepath fileurl pdfurl furl".split())
_VIEWER = re.compile(r"view|pdf\.?js|reader", re.I)
_SHOWN = {"embed": "src", "object": "data", "iframe": "src", "frame": "src"}


def is_file(url: str) -> bool:
    """Whether an address names a document by its ending."""
    return bool(_FILE.search(url))


def find_documents(page: Page, named: str) -> list[Link]:
    """The documents that a page links or shows, each address once, in this order: links to files; links that say what
    the link to the page itself says (``named``), or 附件, or the name of a file; what is embedded; what scripts name.
    """
    own = read_title(named)
    found: dict[str, Link] = {}
    if (viewed := find_viewed(page.url)) is not None:  # the page is the viewer
        found[viewed] = Link(viewed, named)
    for link in page.links:
        if link.url == page.url or (OTHER_PAPER.search(link.text) and "报告" not in link.text):
            continue
        if is_file(link.url) or _names(link, own) or _downloads(link):
            viewed = find_viewed(link.url)
            found.setdefault(viewed or link.url, link if viewed is None else Link(viewed, link.text, link.above))
    root = parse_html(page.html)
    if root is not None:
        base = find_base(root, page.url)
        for url, text in (*_find_embedded(root, base), *_find_in_scripts(root, base, page.html)):
            if url != page.url:
                found.setdefault(url, Link(url, text or named))
    return list(found.values())[:MAX_DOCUMENTS]


def find_viewed(url: str) -> str | None:
    """The document that the address of a viewer names: ``/pdfjs/web/viewer.html?file=/a.pdf`` shows ``/a.pdf``."""
    parts = urlsplit(url)
    for name, value in parse_qsl(parts.query)[:20]:
        if name.lower() in _VIEWED and (is_file(value) or ("/" in value and _VIEWER.search(parts.path))):
            return join(url, value)
    return None


def _names(link: Link, own: Title) -> bool:
    """Whether a link names the same report."""
    if not link.text or len(link.text) > MAX_TITLE:
        return False
    title = read_title(link.text)
    return title.kind == "report" and title.year is not None and (title.year, title.body) == (own.year, own.body)


def _downloads(link: Link) -> bool:
    """Whether a link without a file's ending leads to one, by what it says: a file's name, or 附件 and an address that
    fetches files."""
    if len(link.text) > MAX_TITLE:
        return False
    if _NAMED.search(link.text):
        return True
    return bool(_ATTACHED.fullmatch(link.text) and _DOWNLOAD.search(urlsplit(link.url).path))


def _find_embedded(root: Element, base: str) -> Iterator[tuple[str, str]]:
    """What is shown in a frame of its own, and is a document or a viewer of one."""
    for el in root.iter(*_SHOWN):
        url = join(base, el.get(_SHOWN[str(el.tag)]) or "")
        if url is None:
            continue
        kind = (el.get("type") or "").lower()
        viewed = find_viewed(url)
        if viewed is not None or is_file(url) or "pdf" in kind:
            yield viewed or url, clean_text(el.get("title") or "")


@lru_cache(maxsize=64)
def _prepare_search(names: tuple[str, ...]) -> etree.XPath:
    """The search for links, and for elements with one of the attributes: a page of a thousand cells is gone through."""
    return etree.XPath("//*[" + " or ".join((*(f"@{name}" for name in names), "self::a")) + "]")


def _find_in_scripts(root: Element, base: str, html: str) -> Iterator[tuple[str, str]]:
    """Addresses of papers that scripts, and the attributes that scripts act on, hold in quotes."""
    for script in root.iter("script"):
        for found in _IN_SCRIPT.finditer((script.text or "")[:MAX_SCRIPT]):
            url = join(base, find_viewed(found.group(2)) or found.group(2))
            if url is not None:
                yield url, ""
    text = lower(html)
    for el in _prepare_search(tuple(name for name in _ACTED_ON[:-1] if name in text))(root):
        for name in _ACTED_ON:
            value = el.get(name) or ""
            if name == "href" and not value.lower().startswith("javascript:"):
                continue
            texts = [found.group(2) for found in _IN_SCRIPT.finditer(value[:2000])]
            if name.startswith("data-") and is_file(value):
                texts.append(value)
            for text in texts:
                url = join(base, find_viewed(text) or text)
                if url is not None:
                    yield url, clean_text("".join(str(t) for t in el.itertext()))[:MAX_TITLE]
