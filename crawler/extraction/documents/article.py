"""Where the article of a page begins and ends, by rules that hold for any site.

The page itself says it: by semantic elements, else by the smallest block that holds nearly all text that is no link.
Where a page gives neither (article and furniture side by side in the body), trafilatura tells which paragraphs are the
article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from crawler.extraction.documents.model import Block, Paragraph, Picture
from crawler.extraction.documents.nodes import SILENT, Layout, Node
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
_CONTAINERS = frozenset(
    (
        "div section article main center form table tbody tr td body ul li dl dd font span blockquote fieldset o:p "
        "header"
    ).split()
)
# How a page calls its article.
_NAMED = frozenset({"article", "main"})  # by its tag, or by its role
_WHOLE = frozenset({"body", "html"})
_NUMBER_CELL = re.compile(r"\s*-?\d[\d.,]*\s*")
_CHAPTER = re.compile(r"\s*(?:[一二三四五六七八九十]{1,2}\s*[、.．]|第[一二三四五六七八九十]{1,2}部分)")
_SENTENCE = re.compile("[。；！？]")


class _Hiding(dict[str | None, bool]):
    """Whether a style hides what it is set on. Word gives thousands of elements the same few styles."""

    def __missing__(self, style: str | None) -> bool:
        self[style] = hides = bool(style and _HIDDEN.search(style))
        return hides


def prune(page: Layout, top: Node) -> tuple[list[Node], bool]:
    """Takes out below a node what is never text of a report: scripts, controls, navigation, hidden and struck-out text.

    Gives which of the nodes that stay the page calls its article, and whether the layout still holds: it does where
    only scripts and styles were cut, which never were in its text.
    """
    hiding = _Hiding()
    dropped: dict[Node, list[Node]] = {}
    marked: list[Node] = []
    holds = True
    end = 0  # where what was dropped last ends
    for node in page.nodes_of(top):
        if node.index < end:
            continue
        tag, attributes = node.tag, node.attributes
        hidden = marks = False
        if attributes:
            role = attributes.get("role")
            hidden = "hidden" in attributes or role == "navigation" or hiding[attributes.get("style")]
            hidden = hidden and tag not in _WHOLE
            marks = role in _NAMED or attributes.get("itemprop") == "articleBody"
        if (hidden or tag in _DROPPED) and node is not top and node.parent is not None:
            end = node.end
            dropped.setdefault(node.parent, []).append(node)
            holds = holds and tag in SILENT and not node.tail.strip()
            if tag in _CONTROLS and not hidden:
                _mark_control(node)
        elif marks or tag in _NAMED:
            marked.append(node)
    for parent, nodes in dropped.items():
        parent.cut(nodes)
    return marked, holds


def _mark_control(node: Node) -> None:
    """Notes on its cell that a control was taken out of it."""
    if node.attributes.get("type", "").lower() != "hidden":
        cell = next((up for up in node.ancestors() if up.tag in {"td", "th"}), None)
        if cell is not None:
            cell.attributes[CONTROL] = ""


class _Weights:
    """What any element of a page holds: characters of plain text and of links, links, chapter heads, tables of data.

    Each is a difference of two running sums over the layout, so the weight of an element costs the same whatever is
    below it.
    """

    def __init__(self, page: Layout) -> None:
        plain = list(map(len, map(str.strip, page.pieces)))
        linked = [0] * len(plain)
        links = [0] * len(page.nodes)
        for node in page.nodes:
            # A link without an address is a bookmark that Word left.
            if node.tag == "a" and "href" in node.attributes:
                links[node.index] = 1
                for i in range(node.first, node.last):
                    linked[i] += plain[i]
                    plain[i] = 0
        chapters = [0] * len(plain)
        for i in _find_chapters(page):
            chapters[i] = int(plain[i] > 0)
        self._plain, self._linked = _sum_up(plain), _sum_up(linked)
        self._links, self._chapters = _sum_up(links), _sum_up(chapters)
        tables = [0] * len(page.nodes)
        surplus = [0] * len(page.nodes)
        inner = len(page.nodes)  # where the next table of data begins
        for node in reversed(page.nodes):
            if node.tag == "table" and inner >= node.end:
                text = self._plain[node.last] - self._plain[node.first]
                if text > self.linked(node):
                    inner = node.index
                    tables[inner], surplus[inner] = 1, max(text - _TABLE_WEIGHT, 0)
        self._tables, self._surplus = _sum_up(tables), _sum_up(surplus)

    def text(self, node: Node) -> int:
        """Characters of plain text; a table of data weighs no more than a paragraph."""
        surplus = self._surplus[node.end] - self._surplus[node.index]
        return self._plain[node.last] - self._plain[node.first] - surplus

    def linked(self, node: Node) -> int:
        return self._linked[node.last] - self._linked[node.first]

    def links(self, node: Node) -> int:
        return self._links[node.end] - self._links[node.index]

    def chapters(self, node: Node) -> int:
        return self._chapters[node.last] - self._chapters[node.first]

    def tables(self, node: Node) -> int:
        return self._tables[node.end] - self._tables[node.index]


_TABLE_WEIGHT = 200  # a table of data weighs as a paragraph: its many cells must not outweigh the prose around it


def _sum_up(amounts: Iterable[int]) -> list[int]:
    return list(accumulate(amounts, initial=0))


def _find_chapters(page: Layout) -> Iterator[int]:
    """The pieces of text that are heads of chapters: they begin an element, or a line within one."""
    for node in page.nodes:
        if node.text and _CHAPTER.match(node.text) and node.tag not in SILENT:
            yield node.first
        if node.tag == "br" and node.tail and _CHAPTER.match(node.tail):
            yield node.last  # the tail of an element is the piece behind its own


@dataclass(frozen=True, slots=True)
class Article:
    """The element that holds the article, the layout of the page around it, and whether the page itself set it apart
    from its surroundings."""

    node: Node
    page: Layout
    certain: bool


def find_article(page: Layout) -> Article:
    """The article of a page, without what is never text of a report and without the blocks that are mostly links."""
    root = page.nodes[0]
    top = next((child for child in root.children if child.tag == "body"), root)
    marked, holds = prune(page, top)
    if not holds:
        page = Layout(top)
    weights = _Weights(page)
    dropped = _drop_link_lists(page, weights, top)
    if dropped:
        marked = [node for node in marked if not any(out.index <= node.index < out.end for out in dropped)]
    fitting = [node for node in marked if _holds(weights, node, top)]
    # Of two that hold the same, the one that is an article by its name.
    article = top = min(fitting, key=lambda node: (weights.text(node), node.tag not in _NAMED), default=top)
    while True:
        child = max(article.children, key=weights.text, default=None)
        if child is None or not _holds(weights, child, article) or child.tag not in _CONTAINERS:
            break
        article = child
    while article.tag in {"table", "tbody", "thead", "tr"} and article is not top and article.parent is not None:
        article = article.parent
    certain = article.tag not in {"body", "html"} or weights.links(article) == 0
    return Article(article, Layout(article) if dropped else page, certain)


def _holds(weights: _Weights, part: Node, whole: Node) -> bool:
    """Whether a part holds nearly all of a whole: its text, and every chapter and table of it."""
    return (
        weights.text(part) >= 0.7 * weights.text(whole)
        and weights.chapters(part) >= weights.chapters(whole)
        and weights.tables(part) >= weights.tables(whole)
    )


def _drop_link_lists(page: Layout, weights: _Weights, top: Node) -> list[Node]:
    """Takes out blocks that are mostly links: menus, related reading, lists of other pages. Returns them."""
    dropped = []
    stack = [top]
    while stack:
        node = stack.pop()
        lists = []
        for child in node.children:
            if weights.links(child) < 3:
                continue  # nor has anything below it more
            mostly_links = weights.linked(child) > 1.5 * weights.text(child) and weights.chapters(child) < 3
            # Numbers may be links too (to the cases they count), and a part of a table is never taken out.
            removable = mostly_links and child.tag in BLOCKS and child.tag not in _TABLE_PARTS
            if removable and _count_numbers(page, child) < 6:
                lists.append(child)
            else:
                stack.append(child)
        if lists:
            node.cut(lists)
            dropped += lists
    return dropped


def _count_numbers(page: Layout, node: Node) -> int:
    """How many cells below a node hold nothing but a number."""
    cells = (cell for cell in page.nodes_of(node) if cell.tag in {"td", "th"} and len(cell.children) < 8)
    return sum(1 for cell in cells if _NUMBER_CELL.fullmatch(page.text_of(cell)))


def trim(blocks: list[Block], html: str) -> list[Block]:
    """Cuts what stands before and after the article, where trafilatura knows the article of a page without bounds."""
    import trafilatura  # noqa: PLC0415  (half a second to import, and few pages need it)

    found = trafilatura.extract(html, favor_recall=True, include_tables=False, include_comments=False) or ""
    lines = {clean_text(line) for line in found.split("\n")} - {""}
    long = [line for line in lines if len(line) > 8][:MAX_LINES]
    placed = [(i, block) for i, block in enumerate(blocks) if not isinstance(block, Picture)]
    first, last = _find_bounds([block for _, block in placed], lines, long)
    start = placed[first][0] if first > 0 else 0
    end = placed[last + 1][0] if last + 1 < len(placed) else len(blocks)
    return blocks[start:end]


def _find_bounds(blocks: Sequence[Block], lines: set[str], long: Sequence[str]) -> tuple[int, int]:
    """The first and the last block of the article: all of them, if none of its lines is known."""
    known = [
        i
        for i, block in enumerate(blocks)
        if not isinstance(block, Paragraph) or block.text in lines or any(line in block.text for line in long)
    ]
    heads = [i for i, block in enumerate(blocks) if isinstance(block, Paragraph) and _CHAPTER.match(block.text)]
    if not known:
        return 0, len(blocks) - 1
    first, last = min([known[0], *heads[:1]]), max([known[-1], *heads[-1:]])  # chapters are never cut off
    while last in heads or (last + 1 < len(blocks) and last not in known and _is_sentence(blocks[last + 1])):
        if last + 1 == len(blocks):
            break
        last += 1
    while first > 0 and isinstance(blocks[first - 1], Paragraph) and _is_head(blocks[first - 1]):
        first -= 1
    return first, last


def _is_sentence(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.text.endswith("。")


def _is_head(block: Block) -> bool:
    """Short paragraphs right before the article: its title, its date, its first heading."""
    return isinstance(block, Paragraph) and len(block.text) < 60 and not _SENTENCE.search(block.text)
