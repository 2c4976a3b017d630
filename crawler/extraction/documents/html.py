"""HTML → Document: the article of the page as paragraphs and full grids, without menus, related links and footers.

lxml gives structure and tables. Where the article begins and ends is taken from the page itself, by rules that hold for
any site: semantic elements, else the smallest block that holds nearly all text that is no link. Where a page gives
neither (article and furniture side by side in the body), trafilatura tells which paragraphs are the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element as Element

from crawler.extraction.documents.article import BLOCKS, CONTROL, find_article, iter_texts, prune, trim
from crawler.extraction.documents.facts import read_facts
from crawler.extraction.documents.grid import Grid, SpanningCell, fill_grid
from crawler.extraction.documents.model import Block, Document, Paragraph, Place, Table
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.encoding import decode
from crawler.extraction.text.numbering import read_mark

MAX_BYTES = 24 * 1024 * 1024  # the longest reports pasted from Word are 3 MB
MAX_ROWS = 2_000  # the form has 40 rows in all
MAX_ELEMENTS = 400_000  # such a report has 20,000; what has more is generated to hurt
PICTURE = "[图]"
"""The text of a cell that shows nothing but a picture or a control: something is printed, and it is no number."""
_ROWS = frozenset({"tr", "tbody", "thead", "tfoot"})
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_SENTENCE = re.compile("[。；！？]")


def read_html(data: bytes, charset: str | None = None) -> Document:
    """The article of an HTML page. ``charset`` is what the transport declared.

    Raises UnreadableDocument for what is no HTML text, is empty, or exceeds the limits above.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"HTML of {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    text, _ = decode(data, charset)
    body = _parse(text)
    titles, published, trail = read_facts(body)
    prune(body)
    article, certain = find_article(body)
    flow = _Flow(article)
    blocks = flow.blocks
    if not certain:
        blocks = trim(blocks, text)
    pictures = sum(1 for _ in article.iter("img"))
    if not blocks and not pictures:
        raise UnreadableDocument("the page holds no text")
    return Document("text/html", tuple(blocks), titles, published, trail, pictures, tuple(flow.warnings))


def _parse(text: str) -> Element:
    """The parsed page, from its `html` element."""
    text = text.replace("\x00", "")
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, recover=True, no_network=True)
    try:
        root: Element | None = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise UnreadableDocument(f"no HTML: {error}") from None
    if root is None:
        raise UnreadableDocument("the page is empty")
    for count, _ in enumerate(root.iter()):
        if count > MAX_ELEMENTS:
            raise UnreadableDocument(f"more than {MAX_ELEMENTS:,} elements")
    return root


class _Flow:
    """Walks an article once and collects its paragraphs and tables in reading order."""

    def __init__(self, article: Element) -> None:
        self._paths: dict[Element, str] = {}
        self.blocks: list[Block] = []
        self.warnings: list[tuple[str, str]] = []
        self._line: list[str] = []
        self._owner: Element = article
        self._heading = 0
        self._walk(article)
        self._flush()

    def _walk(self, el: Element) -> None:
        tag = el.tag if isinstance(el.tag, str) else ""
        is_block = tag in BLOCKS
        if is_block:
            self._flush()
            outer = self._owner, self._heading
            self._owner, self._heading = el, _HEADINGS.get(tag, self._heading)
        if el.text:
            self._line.append(el.text)
        stray: list[Element] = []  # rows outside any table: the page closed it too early
        for child in el:
            if stray and child.tag not in _ROWS:
                self._table(el, stray)
                stray = []
            if child.tag == "br":
                self._flush()
            elif child.tag in _ROWS:
                self._flush()
                stray.append(child)
            elif child.tag == "table":
                self._flush()
                self._table(child, list(child))
            else:
                self._walk(child)
            if child.tail:
                self._line.append(child.tail)
        if stray:
            self._table(el, stray)
        if is_block:
            self._flush()
            self._owner, self._heading = outer

    def _path(self, el: Element) -> str:
        """The XPath of an element. lxml's own counts the elements before it anew each time, which is quadratic over the
        rows of a long table; here all children of a parent are counted at once."""
        if el not in self._paths:
            parent = el.getparent()
            if parent is None:
                self._paths[el] = f"/{el.tag!s}"
            else:
                above = self._path(parent)
                counts: dict[str, int] = {}
                for child in parent:
                    tag = str(child.tag)
                    if isinstance(child.tag, str):
                        counts[tag] = counts.get(tag, 0) + 1
                        self._paths[child] = f"{above}/{tag}[{counts[tag]}]"
        return self._paths[el]

    def _flush(self) -> None:
        text = clean_text("".join(self._line))
        self._line = []
        if text:
            place = Place(xpath=self._path(self._owner))
            self.blocks.append(Paragraph(text, place, self._heading))

    def _table(self, table: Element, children: list[Element]) -> None:
        """A table of data becomes a grid; rows that only lay out the page are walked as part of the flow, and so is
        what stands between rows because the page forgot to close the table before it."""
        parts = list(_parts(children))
        if len(parts) > MAX_ROWS:
            where = self._path(table)
            self.warnings.append(("table_too_long", f"{where}: {len(parts):,} rows; the first {MAX_ROWS:,} were read"))
            parts = parts[:MAX_ROWS]
        rows = [part for part in parts if part.tag == "tr"]
        whole = sum(len("".join(iter_texts(row))) for row in rows) or 1
        width = max((_width(row) for row in rows), default=0)
        data: list[Element] = []
        for part in parts:
            if part.tag != "tr" or _is_flow(part, width, whole):
                self._data(table, data)
                data = []
                for child in part if part.tag == "tr" else [part]:
                    if child.tag == "table":
                        self._table(child, list(child))
                    else:
                        self._walk(child)
                    self._flush()
            else:
                data.append(part)
        self._data(table, data)

    def _data(self, table: Element, rows: list[Element]) -> None:
        if rows and (grid := self._grid(rows)):
            self.blocks.append(Table(grid, Place(xpath=self._path(table))))

    def _grid(self, rows: list[Element]) -> Grid:
        lines = []
        last_of_group = {row.getparent(): index for index, row in enumerate(rows)}
        for index, row in enumerate(rows):
            line = []
            for cell in row:
                if cell.tail and cell.tail.strip():
                    where = self._path(row)
                    self.warnings.append(("text_outside_cells", f"{where}: {clean_text(cell.tail)[:40]!r}"))
                if cell.tag not in {"td", "th"}:
                    continue
                inner = next(cell.iter("table"), None)
                nested = self._grid(list(_own_rows(inner))) if inner is not None else None
                if nested and len(nested) == 1 and len(nested[0]) == 1:
                    nested = None
                rowspan = _number(cell.get("rowspan"))
                if rowspan == 0:  # to the end of the row group, which `fill_grid` cuts at the end of the table
                    rowspan = last_of_group[row.getparent()] - index + 1
                text = "" if nested else _cell_text(cell)
                if not text and nested is None and _holds_picture(cell):
                    text = PICTURE
                place = Place(xpath=self._path(cell))
                line.append(SpanningCell(text, place, rowspan, _number(cell.get("colspan")) or 1, nested))
            lines.append(line)
        return fill_grid(lines)


def _own_rows(table: Element) -> Iterator[Element]:
    """The rows of a table without those of tables nested in it."""
    return (part for part in _parts(list(table)) if part.tag == "tr")


def _parts(children: list[Element]) -> Iterator[Element]:
    """The rows among the children of a table and of its groups, and what else stands between and inside of them."""
    for child in children:
        if child.tag in {"thead", "tbody", "tfoot"}:
            yield from _parts(list(child))
        elif child.tag == "tr":
            yield child
            yield from (inner for inner in child if isinstance(inner.tag, str) and inner.tag not in {"td", "th"})
        elif isinstance(child.tag, str):
            yield child


def _width(row: Element) -> int:
    return sum(_number(cell.get("colspan")) or 1 for cell in row if cell.tag in {"td", "th"})


def _number(value: str | None) -> int:
    """A span as printed; what is no number is 1, as browsers have it."""
    found = re.match(r"\s*\+?(\d{1,5})", value or "")
    return min(int(found.group(1)), 10_000) if found else 1


def _cell_text(cell: Element) -> str:
    """The text of a cell, its blocks and line breaks kept apart before layout blanks are taken out."""
    if len(cell) == 0:
        return clean_text(cell.text or "")
    parts: list[str] = []
    for event, el in etree.iterwalk(cell, events=("start", "end")):
        block = el.tag in BLOCKS or el.tag == "br"
        note = _is_note(el)
        if event == "start":
            if note:
                parts.append("（")
            if block and el is not cell:
                parts.append("\n")
            if el.text:
                parts.append(el.text)
        elif el is not cell:
            if note:
                parts.append("）")
            if block:
                parts.append("\n")
            if el.tail:
                parts.append(el.tail)
    return clean_text("".join(parts))


def _holds_picture(cell: Element) -> bool:
    """Whether a cell without text holds a picture or a control that may show a number; not a spacer of a pixel."""
    if cell.get(CONTROL) is not None:
        return True
    return any(
        _number(img.get("width") or "9") > 2 and _number(img.get("height") or "9") > 2 for img in cell.iter("img")
    )


def _is_note(el: Element) -> bool:
    """Whether an element in a cell refers to a footnote: its digits must not join those of the number before it."""
    refers = el.tag in {"sup", "sub"} or (el.tag == "a" and (el.get("href") or "").startswith("#"))
    return refers and bool("".join(iter_texts(el)).strip())


def _is_flow(row: Element, width: int, whole: int) -> bool:
    """Whether a row lays out the page: it holds long prose, a heading over its full width, or most of the table."""
    texts = [(cell, "".join(iter_texts(cell)).strip()) for cell in row if cell.tag in {"td", "th"}]
    filled = [(cell, text) for cell, text in texts if text]
    for cell, text in filled:
        if len(text) >= 150 and len(_SENTENCE.findall(text)) >= 2:
            return True
        inner = next(cell.iter("table"), None)
        if inner is not None:
            share = len("".join(iter_texts(inner))) / whole
            if share >= 0.6 or (len(filled) == 1 and _width(row) <= 1):
                return True
    if len(filled) != 1:
        return False
    cell, text = filled[0]
    if max(_number(cell.get("colspan")) or 1, 1) < width and len(texts) > 1:
        return False
    mark = read_mark(text)
    return width <= 1 or len(text) >= 80 or (mark is not None and mark.level == 1)
