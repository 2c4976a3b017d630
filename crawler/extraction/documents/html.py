"""HTML → Document: the article of the page as paragraphs and full grids, without menus, related links and footers.

lxml gives structure and tables. Where the article begins and ends is taken from the page itself, by rules that hold for
any site: semantic elements, else the smallest block that holds nearly all text that is no link. Where a page gives
neither (article and furniture side by side in the body), trafilatura tells which paragraphs are the article.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from lxml import etree

from crawler.extraction.documents.article import BLOCKS, CONTROL, find_article, trim
from crawler.extraction.documents.facts import read_facts
from crawler.extraction.documents.grid import Grid, SpanningCell, fill_grid
from crawler.extraction.documents.images import find_image, is_spacer
from crawler.extraction.documents.model import Block, Document, Paragraph, Picture, Place, Table
from crawler.extraction.documents.nodes import Layout, Node, NodeBuilder, TooDeep
from crawler.extraction.documents.struck import tell_struck
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.encoding import decode
from crawler.extraction.text.numbering import read_mark

if TYPE_CHECKING:
    from lxml.etree import ParserTarget

MAX_BYTES = 24 * 1024 * 1024  # the longest reports pasted from Word are 3 MB
MAX_ROWS = 2_000  # the form has 40 rows in all
MAX_ELEMENTS = 400_000  # such a report has 20,000; what has more is generated to hurt
MAX_DEPTH = 256  # as in lxml's own trees; reports have 60
PICTURE = "[图]"
"""The text of a cell that shows nothing but a picture or a control: something is printed, and it is no number."""
_ROWS = frozenset({"tr", "tbody", "thead", "tfoot"})
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_CELLS = frozenset({"td", "th"})
_BREAKING = BLOCKS | {"br"}
_NOTES = frozenset({"sup", "sub", "a"})
_NUMBER = re.compile(r"\s*\+?(\d{1,5})")
_index = attrgetter("index")
_SENTENCE = re.compile("[。；！？]")
# libxml2 compares each attribute of a tag with those before it.
MAX_ATTRIBUTES = 2_000
_LONG_TAG = re.compile(rb"<[^<>]{4000,}")
_STRUCK = frozenset({"s", "strike", "del"})
_STRIKES = (b"<s>", b"<s ", b"<strike", b"<del", b"line-through")
_HALF = 2000  # what is twice as long covers a whole one of the stretches that begin at its multiples


def read_html(data: bytes, charset: str | None = None) -> Document:
    """The article of an HTML page. ``charset`` is what the transport declared.

    Raises UnreadableDocument for what is no HTML text, is empty, or exceeds the limits above.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"HTML of {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    if _may_hold_long_tag(data) and any(tag.group().count(b"=") > MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(data)):
        raise UnreadableDocument(f"a tag of more than {MAX_ATTRIBUTES:,} attributes")
    text, _ = decode(data, charset)
    page, warnings = _parse(text)
    try:
        return _read_page(page, warnings, text, data)
    finally:
        page.let_go()


def _read_page(page: Layout, warnings: list[tuple[str, str]], text: str, data: bytes) -> Document:
    titles, published, trail = read_facts(page)
    struck = _find_struck(page, data if b"\0" not in data[:64] else text.encode("utf-8", "replace"))
    article = find_article(page)
    flow = _Flow(article.page, article.node)
    blocks = flow.blocks if article.certain else trim(flow.blocks, text)
    pictures = flow.pictures
    if not blocks and not pictures:
        raise UnreadableDocument("the page holds no text")
    warnings += [*flow.warnings, *tell_struck(said for node, said in struck if _stood_in(article.node, node))]
    return Document("text/html", tuple(blocks), titles, published, trail, pictures, tuple(warnings))


def _find_struck(page: Layout, data: bytes) -> list[tuple[Node, str]]:
    """What a page strikes through, and the nodes that do, before these are taken out of it. ``data`` is the page in any
    encoding in which tags are ASCII: bytes are looked through faster than nodes."""
    data = data.lower()
    if not any(mark in data for mark in _STRIKES):
        return []
    return [
        (node, page.text_of(node))
        for node in page.nodes
        if node.tag in _STRUCK or "line-through" in node.attributes.get("style", "").lower()
    ]


def _stood_in(article: Node, node: Node) -> bool:
    """Whether a node that was taken out stood in an article, and not in something else that was taken out."""
    for up in node.ancestors():
        if up is article:
            return True
        if up.parent is None or up not in up.parent.children:
            return False
    return False


def _may_hold_long_tag(data: bytes) -> bool:
    """A quick look: whether there is a long stretch without the beginning or the end of a tag."""
    starts = range(0, len(data), _HALF)
    return any(data.find(b"<", i, i + _HALF) < 0 and data.find(b">", i, i + _HALF) < 0 for i in starts)


def _parse(text: str) -> tuple[Layout, list[tuple[str, str]]]:
    """The parsed page, from its `html` element, and what was lost of it."""
    builder = NodeBuilder(MAX_ELEMENTS, MAX_DEPTH)
    target = cast("ParserTarget[Layout | None]", builder)  # comments and the like are never handed to it
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, recover=True, no_network=True, target=target
    )
    data = text.encode("utf-8", errors="replace").replace(b"\x00", b"")
    lost = None
    try:
        page = etree.fromstring(data, parser)
    except TooDeep as error:
        page, lost = builder.close(), str(error)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise UnreadableDocument(f"no HTML: {error}") from None
    finally:
        builder.let_go()
    if page is None:
        raise UnreadableDocument("the page is empty")
    last = parser.error_log.last_error
    if last is not None and last.level == etree.ErrorLevels.FATAL and last.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        lost = last.message.strip()[:80]
    return page, [("page_cut", f"the rest of the page could not be parsed: {lost}")] if lost else []


class _Flow:
    """Walks an article once and collects its paragraphs and tables in reading order."""

    def __init__(self, page: Layout, article: Node) -> None:
        self._page = page
        nodes = page.nodes_of(article)
        self._tables = _find_first_tables(nodes)
        self._images = [node for node in nodes if node.tag == "img"]
        self._notes = [node for node in nodes if node.tag in _NOTES]
        self.pictures = len(self._images)
        self._paths: dict[Node, str] = {}
        self.blocks: list[Block] = []
        self.warnings: list[tuple[str, str]] = []
        self._line: list[str] = []
        self._waiting: list[Picture] = []  # pictures within a paragraph stand behind it
        self._owner = article
        self._heading = 0
        self._walk(article)
        self._flush()

    def _walk(self, node: Node) -> None:
        is_block = node.tag in BLOCKS
        if is_block:
            self._flush()
            outer = self._owner, self._heading
            self._owner, self._heading = node, _HEADINGS.get(node.tag, self._heading)
        if node.text:
            self._line.append(node.text)
        stray: list[Node] = []  # rows outside any table: the page closed it too early
        for child in node.children:
            tag = child.tag
            if stray and tag not in _ROWS:
                self._table(node, stray)
                stray = []
            if tag == "br":
                self._flush()
            elif tag in _ROWS:
                self._flush()
                stray.append(child)
            elif tag == "table":
                self._flush()
                self._table(child, child.children)
            elif tag == "img":
                self._picture(child)
            elif child.children or tag in BLOCKS:
                self._walk(child)
            elif child.text:
                self._line.append(child.text)
            if child.tail:
                self._line.append(child.tail)
        if stray:
            self._table(node, stray)
        if is_block:
            self._flush()
            self._owner, self._heading = outer

    def _path(self, node: Node) -> str:
        """The XPath of an element. All children of a parent are counted at once: one by one would be quadratic over the
        rows of a long table."""
        if node not in self._paths:
            if node.parent is None:
                self._paths[node] = f"/{node.tag}"
            else:
                above = self._path(node.parent)
                counts: dict[str, int] = {}
                for child in node.parent.children:
                    counts[child.tag] = count = counts.get(child.tag, 0) + 1
                    self._paths[child] = f"{above}/{child.tag}[{count}]"
        return self._paths[node]

    def _flush(self) -> None:
        if self._line:
            text = clean_text("".join(self._line))
            self._line = []
            if text:
                self.blocks.append(Paragraph(text, Place(xpath=self._path(self._owner)), self._heading))
        if self._waiting:
            self.blocks += self._waiting
            self._waiting = []

    def _picture(self, img: Node) -> None:
        """A picture stands where it is printed: before its paragraph if no text came yet, else behind it."""
        picture = find_image(img.attributes, self._path(img))
        if picture is not None and any(map(str.strip, self._line)):
            self._waiting.append(picture)
        elif picture is not None:
            self.blocks.append(picture)

    def _table(self, table: Node, children: Sequence[Node]) -> None:
        """A table of data becomes a grid; rows that only lay out the page are walked as part of the flow, and so is
        what stands between rows because the page forgot to close the table before it."""
        parts = list(_parts(children))
        for text in _between_rows(table):
            self._tell_outside(table, text)
        if len(parts) > MAX_ROWS:
            where = self._path(table)
            self.warnings.append(("table_too_long", f"{where}: {len(parts):,} rows; the first {MAX_ROWS:,} were read"))
            parts = parts[:MAX_ROWS]
        rows = [part for part in parts if part.tag == "tr"]
        whole = sum(map(self._page.length_of, rows)) or 1
        width = max(map(_width, rows), default=0)
        data: list[Node] = []
        for part in parts:
            if part.tag != "tr" or self._is_flow(part, width, whole):
                self._data(table, data)
                data = []
                for child in part.children if part.tag == "tr" else [part]:
                    if child.tag == "table":
                        self._table(child, child.children)
                    elif child.tag == "img":
                        self._picture(child)
                    else:
                        self._walk(child)
                    self._flush()
            else:
                data.append(part)
        self._data(table, data)

    def _data(self, table: Node, rows: Sequence[Node]) -> None:
        if not rows:
            return
        grid = self._grid(rows)
        if grid:
            self.blocks.append(Table(grid, Place(xpath=self._path(table))))
        for row in rows if self._images else ():
            for image in self._images_of(row):
                self._picture(image)

    def _grid(self, rows: Sequence[Node]) -> Grid:
        lines = []
        last_of_group = {row.parent: index for index, row in enumerate(rows)}
        for index, row in enumerate(rows):
            line = []
            self._tell_outside(row, row.text)
            for cell in row.children:
                self._tell_outside(row, cell.tail)
                if cell.tag not in _CELLS:
                    continue
                inner = self._tables.get(cell)
                nested = self._inner_grid(inner) if inner is not None else None
                if nested and len(nested) == 1 and len(nested[0]) == 1:
                    nested = None
                rowspan = _span(cell, "rowspan")
                if rowspan == 0:  # to the end of the row group, which `fill_grid` cuts at the end of the table
                    rowspan = last_of_group[row.parent] - index + 1
                text = "" if nested else self._cell_text(cell)
                if not text and nested is None and self._holds_picture(cell):
                    text = PICTURE
                place = Place(xpath=self._path(cell))
                line.append(SpanningCell(text, place, rowspan, _span(cell, "colspan") or 1, nested))
            lines.append(line)
        return fill_grid(lines)

    def _inner_grid(self, table: Node) -> Grid:
        """The grid of a table within a cell; what stands in it outside of its cells has no place in the flow."""
        parts = list(_parts(table.children))
        for part in parts:
            if part.tag != "tr":
                self._tell_outside(table, self._page.text_of(part))
        for text in _between_rows(table):
            self._tell_outside(table, text)
        return self._grid([part for part in parts if part.tag == "tr"])

    def _tell_outside(self, node: Node, text: str) -> None:
        if text and not text.isspace() and (cleaned := clean_text(text)):
            self.warnings.append(("text_outside_cells", f"{self._path(node)}: {cleaned[:40]!r}"))

    def _cell_text(self, cell: Node) -> str:
        """The text of a cell, its blocks and line breaks kept apart before layout blanks are taken out."""
        if not cell.children:
            return clean_text(cell.text)
        texts = [piece for piece in self._page.pieces[cell.first : cell.last] if not piece.isspace()]
        if len(texts) <= 1 and not _below(self._notes, cell):
            return clean_text(texts[0]) if texts else ""  # nothing to keep apart
        parts: list[str] = []
        self._gather(cell, parts)
        return clean_text("".join(parts))

    def _gather(self, node: Node, parts: list[str]) -> None:
        if node.text:
            parts.append(node.text)
        for child in node.children:
            tag = child.tag
            block = tag in _BREAKING
            note = tag in _NOTES and self._is_note(child)
            if note:
                parts.append("（")
            if block:
                parts.append("\n")
            self._gather(child, parts)
            if note:
                parts.append("）")
            if block:
                parts.append("\n")
            if child.tail:
                parts.append(child.tail)

    def _holds_picture(self, cell: Node) -> bool:
        """Whether a cell without text holds a picture or a control that may show a number; not a spacer of a pixel."""
        images = (image.attributes for image in self._images_of(cell))
        return CONTROL in cell.attributes or not all(map(is_spacer, images))

    def _images_of(self, node: Node) -> Sequence[Node]:
        return _below(self._images, node) if self._images else []

    def _is_note(self, node: Node) -> bool:
        """Whether an element in a cell refers to a footnote: its digits must not join those of the number before it."""
        refers = node.tag != "a" or node.attributes.get("href", "").startswith("#")
        return refers and bool(self._page.text_of(node).strip())

    def _is_flow(self, row: Node, width: int, whole: int) -> bool:
        """Whether a row lays out the page: it holds long prose, a heading over its full width, or most of the table."""
        if row not in self._tables and self._page.length_of(row) < 80 and self._has_two_texts(row):
            return False  # most rows of data
        texts = [(cell, self._page.text_of(cell).strip()) for cell in row.children if cell.tag in _CELLS]
        filled = [(cell, text) for cell, text in texts if text]
        for cell, text in filled:
            if len(text) >= 150 and len(_SENTENCE.findall(text)) >= 2:
                return True
            inner = self._tables.get(cell)
            if inner is not None:
                share = self._page.length_of(inner) / whole
                if share >= 0.6 or (len(filled) == 1 and _width(row) <= 1):
                    return True
        if len(filled) != 1:
            return False
        cell, text = filled[0]
        if max(_span(cell, "colspan") or 1, 1) < width and len(texts) > 1:
            return False
        mark = read_mark(text)
        return width <= 1 or len(text) >= 80 or (mark is not None and mark.level == 1)

    def _has_two_texts(self, row: Node) -> bool:
        texts = (self._page.text_of(cell).strip() for cell in row.children if cell.tag in _CELLS)
        filled = filter(None, texts)
        return next(filled, None) is not None and next(filled, None) is not None


def _below(nodes: Sequence[Node], node: Node) -> Sequence[Node]:
    """Those of some nodes, given in the order of the page, that are a node or below it."""
    first = bisect_left(nodes, node.index, key=_index)
    return nodes[first : bisect_left(nodes, node.end, first, key=_index)]


def _find_first_tables(nodes: Iterable[Node]) -> dict[Node, Node]:
    """Each element that holds a table, or is one, with the first of its tables. ``nodes``: in the order of the page."""
    first: dict[Node, Node] = {}
    for node in nodes:
        if node.tag == "table":
            first[node] = node
            for around in node.ancestors():
                if around in first:
                    break
                first[around] = node
    return first


def _between_rows(table: Node) -> Iterator[str]:
    """The texts that stand directly in a table and its row groups, where no text should."""
    if table.tag not in {"table", "thead", "tbody", "tfoot"}:
        return
    yield table.text
    for child in table.children:
        yield from _between_rows(child) if child.tag in {"thead", "tbody", "tfoot"} else ()
        if child.tag in {"tr", "thead", "tbody", "tfoot"}:
            yield child.tail


def _parts(children: Sequence[Node]) -> Iterator[Node]:
    """The rows among the children of a table and of its groups, and what else stands between and inside of them."""
    for child in children:
        if child.tag in {"thead", "tbody", "tfoot"}:
            yield from _parts(child.children)
        elif child.tag == "tr":
            yield child
            yield from (inner for inner in child.children if inner.tag not in _CELLS)
        else:
            yield child


def _width(row: Node) -> int:
    return sum(_span(cell, "colspan") or 1 for cell in row.children if cell.tag in _CELLS)


def _span(cell: Node, name: str) -> int:
    """A span as printed; what is no number is 1, as browsers have it."""
    value = cell.attributes.get(name)
    if not value:
        return 1
    found = _NUMBER.match(value)
    return min(int(found.group(1)), 10_000) if found else 1
