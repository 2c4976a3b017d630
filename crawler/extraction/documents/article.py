"""Where the article of a page begins and ends, by rules that hold for any site.

The page itself says it: by semantic elements, else by the smallest block that holds nearly all text that is no link.
Where a page gives neither (article and furniture side by side in the body), trafilatura tells which paragraphs are the
article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element as Element

from crawler.extraction.documents.model import Block, Paragraph, Table
from crawler.extraction.text.clean import clean_text

MAX_LINES = 2_000  # of the article, as trafilatura sees it
BLOCKS = frozenset(
    (
        "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
        "form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody td tfoot th "
        "thead tr ul"
    ).split()
)
# What is never text of a report. `form` stays: whole pages stand in one.
_DROPPED = frozenset(
    (
        "script style noscript template select textarea button input iframe object embed svg math xml head title link "
        "meta nav aside del s strike audio video canvas map area col colgroup option"
    ).split()
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|text-decoration[^;]*line-through", re.I
)
CONTROL = "data-control"  # set on a cell whose control was taken out
_CONTROLS = frozenset("input select textarea object embed svg canvas".split())
_TABLE_PARTS = frozenset("tr td th tbody thead tfoot caption".split())
_NUMBER_CELL = re.compile(r"\s*-?\d[\d.,]*\s*")
_CHAPTER = re.compile(r"\s*(?:[一二三四五六七八九十]{1,2}\s*[、.．]|第[一二三四五六七八九十]{1,2}部分)")
_SENTENCE = re.compile("[。；！？]")


def iter_texts(el: Element) -> Iterator[str]:
    """All text below an element, without what scripts and styles hold."""
    for node in el.iter():
        if isinstance(node.tag, str) and node.tag not in {"script", "style"} and node.text:
            yield node.text
        if node is not el and node.tail:
            yield node.tail


def prune(root: Element) -> None:
    """Takes out what is never text of a report: scripts, controls, navigation, hidden and struck-out text."""
    for el in list(root.iter()):
        tag = el.tag
        if not isinstance(tag, str):
            continue
        if tag in {"body", "html"}:
            continue
        style = el.get("style")
        hidden = (style and _HIDDEN.search(style)) or el.get("hidden") is not None or el.get("role") == "navigation"
        if tag in _DROPPED or hidden:
            if tag in _CONTROLS and not hidden and (el.get("type") or "").lower() != "hidden":
                cell = next((up for up in el.iterancestors("td", "th")), None)
                if cell is not None:
                    cell.set(CONTROL, "")
            _remove(el)


def _remove(el: Element) -> None:
    """Takes an element out and leaves the text behind it where it is."""
    parent = el.getparent()
    if parent is None:
        return
    if el.tail:
        before = el.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + el.tail
        else:
            parent.text = (parent.text or "") + el.tail
    parent.remove(el)


@dataclass(slots=True)
class _Weight:
    """What an element holds: characters of plain text, characters of link text, links, chapter heads, tables, and
    cells with nothing but a number."""

    text: int = 0
    linked: int = 0
    links: int = 0
    chapters: int = 0
    tables: int = 0
    numbers: int = 0


_TABLE_WEIGHT = 200  # a table of data weighs as a paragraph: its many cells must not outweigh the prose around it


def _weigh(root: Element) -> dict[Element, _Weight]:
    """The weight of each element, in one pass from the leaves up."""
    weights: dict[Element, _Weight] = {}
    inside_link = 0
    for event, el in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            inside_link += el.tag == "a" and el.get("href") is not None
            continue
        own = _Weight()
        text = (el.text or "").strip()
        amount = len(text)
        for child in el:
            below = weights.get(child)
            if below is not None:
                own.text += below.text
                own.linked += below.linked
                own.links += below.links
                own.chapters += below.chapters
                own.tables += below.tables
                own.numbers += below.numbers
            amount += len((child.tail or "").strip())
        if inside_link:
            own.linked += amount
        else:
            own.text += amount
            own.chapters += bool(_CHAPTER.match(text))
            own.chapters += sum(1 for child in el if child.tag == "br" and _CHAPTER.match(child.tail or ""))
        if el.tag == "a" and el.get("href") is not None:  # without an address it is a bookmark that Word left
            inside_link -= 1
            own.links += 1
        if el.tag in {"td", "th"}:
            own.numbers += bool(_NUMBER_CELL.fullmatch("".join(iter_texts(el)))) if len(el) < 8 else 0
        if el.tag == "table" and not own.tables and own.text > own.linked:
            own.tables = 1
            own.text = min(own.text, _TABLE_WEIGHT)
        weights[el] = own
    return weights


def find_article(root: Element) -> tuple[Element, bool]:
    """The element that holds the article, and whether the page itself set it apart from its surroundings."""
    body = root.find("body")
    top = body if body is not None else root
    weights = _weigh(top)
    _drop_link_lists(top, weights)
    whole = weights[top]
    marked = [el for el in top.iter("article", "main") if el in weights]
    marked += [el for el in top.iter() if el.get("itemprop") == "articleBody" or el.get("role") in {"main", "article"}]
    fitting = [el for el in marked if _holds(weights.get(el), whole)]
    if fitting:
        top = min(fitting, key=lambda el: weights[el].text)
    article = top
    while True:
        here = weights[article]
        child = max((c for c in article if c in weights), key=lambda c: weights[c].text, default=None)
        if child is None or not _holds(weights[child], here) or not _is_container(child):
            break
        article = child
    while article.tag in {"table", "tbody", "thead", "tr"} and article is not top and article.getparent() is not None:
        article = article.getparent()  # type: ignore[assignment]
    certain = article.tag not in {"body", "html"} or weights[article].links == 0
    return article, certain


def _holds(part: _Weight | None, whole: _Weight) -> bool:
    """Whether a part holds nearly all of a whole: its text, and every chapter and table of it."""
    return (
        part is not None
        and part.text >= 0.7 * whole.text
        and part.chapters >= whole.chapters
        and part.tables >= whole.tables
    )


def _is_container(el: Element) -> bool:
    return el.tag in {
        "div", "section", "article", "main", "center", "form", "table", "tbody", "tr", "td", "body", "ul", "li", "dl",
        "dd", "font", "span", "blockquote", "fieldset", "o:p", "header",
    }  # fmt: skip


def _drop_link_lists(top: Element, weights: dict[Element, _Weight]) -> None:
    """Takes out blocks that are mostly links: menus, related reading, lists of other pages."""
    stack = [top]
    while stack:
        el = stack.pop()
        for child in list(el):
            weight = weights.get(child)
            if weight is None:
                continue
            mostly_links = weight.links >= 3 and weight.linked > 1.5 * weight.text and weight.chapters < 3
            # Numbers may be links too (to the cases they count), and a part of a table is never taken out.
            if mostly_links and weight.numbers < 6 and child.tag in BLOCKS and child.tag not in _TABLE_PARTS:
                _remove(child)
                del weights[child]
            else:
                stack.append(child)


def trim(blocks: list[Block], html: str) -> list[Block]:
    """Cuts what stands before and after the article, where trafilatura knows the article of a page without bounds."""
    import trafilatura  # noqa: PLC0415  (half a second to import, and few pages need it)

    found = trafilatura.extract(html, favor_recall=True, include_tables=False, include_comments=False) or ""
    lines = {clean_text(line) for line in found.split("\n")} - {""}
    long = [line for line in lines if len(line) > 8][:MAX_LINES]
    known = [
        i
        for i, block in enumerate(blocks)
        if isinstance(block, Table) or block.text in lines or any(line in block.text for line in long)
    ]
    heads = [i for i, block in enumerate(blocks) if isinstance(block, Paragraph) and _CHAPTER.match(block.text)]
    if not known:
        return blocks
    first, last = min([known[0], *heads[:1]]), max([known[-1], *heads[-1:]])  # chapters are never cut off
    while last in heads or (last + 1 < len(blocks) and last not in known and _is_sentence(blocks[last + 1])):
        if last + 1 == len(blocks):
            break
        last += 1
    while first > 0 and isinstance(blocks[first - 1], Paragraph) and _is_head(blocks[first - 1]):
        first -= 1
    return blocks[first : last + 1]


def _is_sentence(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.text.endswith("。")


def _is_head(block: Block) -> bool:
    """Short paragraphs right before the article: its title, its date, its first heading."""
    return isinstance(block, Paragraph) and len(block.text) < 60 and not _SENTENCE.search(block.text)
