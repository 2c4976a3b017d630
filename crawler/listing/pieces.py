"""What a report's page leaves to others: tables shown as pictures, or attached as a sheet.

Judged by the page alone and without reading the report: the labels of the form's tables are printed on it or they are
not. All labels are the matter of `report/form.json`, which this room may not look into; a few of each table, which the
tests hold against it, are enough here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml.etree import _Element as Element

from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.titles import Title, find_year, read_title
from crawler.listing.addresses import join
from crawler.listing.documents import OTHER_PAPER, is_file
from crawler.listing.page import CHAPTER, Link, Page, find_base, parse_html

MAX_PIECES = 24  # of one page: a form has three tables, on six pages at the most
FIRST_YEAR_OF_FORM = 2019  # reports of earlier years have no table that could be missing
LEAST_CHAPTERS = 3  # fewer, and no report stands on the page

_LABELS = (
    "规章 政府规章 规范性文件 行政规范性文件 行政许可 其他对外管理服务事项 行政处罚 行政强制 行政强制措施 "
    "行政事业性收费 政府集中采购",
    "自然人 商业企业 科研机构 社会公益组织 法律服务机构 予以公开 属于国家秘密 其他法律行政法规禁止公开 "
    "保护第三方合法权益 属于三类内部事务信息 属于四类过程性信息 属于行政执法案卷 属于行政查询事项 信访举报投诉类申请 "
    "重复申请 要求提供公开出版物 结转下年度继续办理",
    "结果维持 结果纠正 其他结果 尚未审结 未经复议直接起诉 复议后起诉",
)
TABLES = tuple(frozenset(labels.split()) for labels in _LABELS)
"""For each of the three tables labels that stand in its header or before its rows."""
LEAST_LABELS = 3  # of one table: prose that lists two of them line by line is none

_MARK = re.compile(r"^[（(]?[一二三四五六七八九十\d]{1,2}[)）]?[、.．]?")
_NUMBERS = re.compile(r"(?:[\s/—-]|-?\d[\d.,]*)+$")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_OUTSIDE = frozenset("nav header footer aside script style noscript template select".split())
# Where pages that load pictures late keep the address, best first; `src` then shows a placeholder.
_SOURCES = "data-original data-src data-lazy-src data-lazy data-echo lazy-src lazysrc original zoomfile src".split()
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|bmp|tiff?|webp)$", re.I)
_NO_PICTURE = re.compile(
    r"\.svg$|icon|logo|qr_?code|erweima|ewm|weixin|wechat|share|filetype|spacer|blank|loading", re.I
)
_PIXELS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*$", re.I)
_STYLE_SIZE = re.compile(r"(?<![-\w])(width|height)\s*:\s*(\d+(?:\.\d+)?)px", re.I)
LEAST_WIDTH, LEAST_HEIGHT = 160, 60  # pixels; icons, seals and the codes that phones scan stay below in one of them

_SUFFIX = re.compile(r"\.[A-Za-z]{2,4}$")
_ATTACHED = re.compile(r"^(?:附件|附表|附)\s*[\d一二三四五六]{0,2}\s*[:：、.]?")
_SHEET = re.compile(r"\.(?:xlsx?|et|csv)$", re.I)
_TABULAR = re.compile("表(?:格)?\\d*$|附件|附表|情况表|统计表|数据表")


@dataclass(frozen=True, slots=True)
class Pieces:
    """``printed`` counts the form's tables whose labels the page prints. ``wholes`` are attachments that are the same
    report once more, ``parts`` the attached tables and the pictures that may hold what is missing, in this order."""

    printed: int
    wholes: tuple[Link, ...] = ()
    parts: tuple[Link, ...] = ()

    @property
    def complete(self) -> bool:
        return self.printed == len(TABLES)


def find_pieces(page: Page, named: str) -> Pieces:
    """What belongs to the report on a page, which a link calls ``named``; nothing where no table is missing."""
    year = find_year(named) or find_year(page.title)
    if page.chapters < LEAST_CHAPTERS or page.tables >= len(TABLES) or (year is not None and year < FIRST_YEAR_OF_FORM):
        return Pieces(len(TABLES))
    root = parse_html(page.html)
    if root is None:
        return Pieces(0)
    article, heads = _find_article(root)
    printed = max(page.tables, _count_tables(article))
    if printed == len(TABLES):
        return Pieces(printed)
    own = read_title(named)
    files = [link for link in page.links if link.url != page.url and is_file(link.url)]
    wholes = [link for link in files if is_whole(link, own, year)]
    tables = [link for link in files if link not in wholes and _is_table(link, year)]
    shown = _find_pictures(article, heads, find_base(root, page.url))
    parts = {link.url: link for link in reversed([*tables, *shown])}
    return Pieces(printed, tuple(wholes), tuple(reversed(parts.values()))[:MAX_PIECES])


def _find_article(root: Element) -> tuple[Element, list[Element]]:
    """The smallest element that holds all heads of chapters, and these in order."""
    heads = [
        el
        for el in root.iter()
        if isinstance(el.tag, str)
        and el.tag not in {"script", "style", "title", "a"}
        and (CHAPTER.match(el.text or "") or (el.tag == "br" and CHAPTER.match(el.tail or "")))
    ]
    if not heads:
        return root, heads
    ways = [[*reversed(list(head.iterancestors())), head] for head in heads]
    article = root
    for step in zip(*ways, strict=False):
        if any(el is not step[0] for el in step):
            break
        article = step[0]
    return article, heads


def _count_tables(article: Element) -> int:
    """How many of the form's tables have some of their labels printed, each in a cell or on a line of its own."""
    found = {label for text in _iter_texts(article) if (label := _read_label(text))}
    return sum(len(found & labels) >= LEAST_LABELS for labels in TABLES)


def _iter_texts(el: Element) -> Iterator[str]:
    """What stands by itself: the text of cells and short paragraphs, and each run of text without a tag in it."""
    for node in el.iter():
        if not isinstance(node.tag, str) or node.tag in {"script", "style", "a"}:
            continue
        if node.tag in {"td", "th", "p", "li"} and len(node):
            text = "".join(str(part) for part in node.itertext())
            if len(text) <= 400:  # blanks of the layout among it
                yield text
        yield node.text or ""
        for child in node:
            yield child.tail or ""


def _read_label(text: str) -> str:
    """A text without the mark before it and the numbers behind it."""
    if not text or text.isspace() or len(text) > 400:
        return ""
    label = re.sub(r"\s+", "", _NUMBERS.sub("", clean_text(text)))
    return _MARK.sub("", label) or label


def _find_pictures(article: Element, heads: list[Element], base: str) -> Iterator[Link]:
    """The pictures of an article behind its first head that may be tables, by their size, place and name."""
    behind = not heads
    outside = 0
    for event, el in etree.iterwalk(article, events=("start", "end")):
        if not isinstance(el.tag, str):
            continue
        hidden = el.tag in _OUTSIDE or bool(_HIDDEN.search(el.get("style") or ""))
        if hidden:
            outside += 1 if event == "start" else -1
        if event == "end":
            continue
        behind = behind or el is heads[0]
        if el.tag == "img" and behind and not outside and not _is_small(el):
            link = _read_picture(el, base)
            if link is not None:
                yield link


def _read_picture(img: Element, base: str) -> Link | None:
    """The picture that an element shows: where it is but a small copy, the large one that it links."""
    sources = [value for name in _SOURCES if (value := img.get(name))]
    over = next(iter(img.iterancestors("a")), None)
    if over is not None and over.get("href"):
        large = join(base, over.get("href") or "")
        if large is not None and not _PICTURE.search(urlsplit(large).path):
            return None  # it leads to a page: a banner, or the sign before an attachment
        sources = [large, *sources] if large is not None else sources
    url = next((url for source in sources if (url := join(base, source)) is not None), None)
    if url is None or _NO_PICTURE.search(urlsplit(url).path):
        return None
    text = clean_text(img.get("alt") or img.get("title") or "") or _name_of(url) or "a picture"
    return Link(url, text[:120])


def _is_small(img: Element) -> bool:
    """Whether a picture says that it is too small to be a table."""
    sizes = {name.lower(): float(number) for name, number in _STYLE_SIZE.findall(img.get("style") or "")}
    for name in ("width", "height"):
        said = _PIXELS.match(img.get(name) or "")
        if said:
            sizes.setdefault(name, float(said.group(1)))
    return sizes.get("width", LEAST_WIDTH) < LEAST_WIDTH or sizes.get("height", LEAST_HEIGHT) < LEAST_HEIGHT


def _name_of(url: str) -> str:
    """The name of a file in an address, as its author wrote it."""
    return clean_text(unquote(basename(urlsplit(url).path), errors="replace"))


def _call(link: Link) -> str:
    """What an attachment is called, without the word 附件 before it and the ending behind it."""
    return _ATTACHED.sub("", _SUFFIX.sub("", link.text.strip() or _name_of(link.url))).strip()


def is_whole(link: Link, own: Title, year: int | None) -> bool:
    """Whether an attachment is called as the same report; ``own`` and ``year`` are those of the page that links it."""
    called = _call(link)
    title = read_title(called)
    return (
        title.kind == "report"
        and not _TABULAR.search(called)
        and title.year in {None, year}
        and _is_same_body(title.body, own.body)
    )


def _is_same_body(one: str | None, other: str | None) -> bool:
    """Whether two names may be one body's: 夏尔县 and 夏尔县人民政府, 卧龙区 and 南阳市卧龙区; unknown is any."""
    if one is None or other is None:
        return True
    one, other = one.removesuffix("人民政府"), other.removesuffix("人民政府")
    return one.endswith(other) or other.endswith(one)


def _is_table(link: Link, year: int | None) -> bool:
    """Whether an attachment is called a table of this year, or 附件, or is a sheet."""
    called = link.text.strip() or _name_of(link.url)
    if OTHER_PAPER.search(called) or read_title(_call(link)).kind in {"notice", "interpretation", "news"}:
        return False
    if find_year(called) not in {None, year}:
        return False
    return bool(_SHEET.search(urlsplit(link.url).path) or _TABULAR.search(_SUFFIX.sub("", called)))
