"""HTML → Document: the article of the page as paragraphs and full grids, without menus, related links and footers.

lxml gives structure and tables. Where the article begins and ends is taken from the page itself, by rules that hold for
any site: semantic elements, else the smallest block that holds nearly all text that is no link. Where a page gives
neither (article and furniture side by side in the body), trafilatura tells which paragraphs are the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element as Element

from crawler.extraction.documents.grid import Grid, SpanningCell, fill_grid
from crawler.extraction.documents.model import Block, Document, Paragraph, Place, Table
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.dates import find_date, find_published
from crawler.extraction.text.encoding import decode
from crawler.extraction.text.numbering import read_mark

MAX_BYTES = 24 * 1024 * 1024  # the longest reports pasted from Word are 3 MB
MAX_ROWS = 2_000  # the form has 40 rows in all
MAX_LINES = 2_000  # of the article, as trafilatura sees it
MAX_ELEMENTS = 400_000  # such a report has 20,000; what has more is generated to hurt

_BLOCKS = frozenset(
    (
        "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
        "form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody td tfoot th "
        "thead tr ul"
    ).split()
)
# What is never text of the report. `form` stays: whole pages stand in one.
_DROPPED = frozenset(
    (
        "script style noscript template select textarea button input iframe object embed svg math xml head title link "
        "meta nav aside del s strike audio video canvas map area col colgroup option"
    ).split()
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|text-decoration[^;]*line-through", re.I
)
PICTURE = "[图]"
"""The text of a cell that shows nothing but a picture or a control: something is printed, and it is no number."""
_CONTROL = "data-control"
_CONTROLS = frozenset("input select textarea object embed svg canvas".split())
_TABLE_PARTS = frozenset("tr td th tbody thead tfoot caption".split())
_NUMBER_CELL = re.compile(r"\s*-?\d[\d.,]*\s*")
_ROWS = frozenset({"tr", "tbody", "thead", "tfoot"})
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_TRAIL = re.compile(r"^.{0,12}(?:位置|导航)\s*[:：]?\s*(?=.)")
_CHAPTER = re.compile(r"\s*[一二三四五六七八九十]{1,2}\s*、")
_SENTENCE = re.compile("[。；！？]")


def read_html(data: bytes, charset: str | None = None) -> Document:
    """The article of an HTML page. ``charset`` is what the transport declared.

    Raises UnreadableDocument for what is no HTML text, is empty, or exceeds the limits above.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"HTML of {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    text, _ = decode(data, charset)
    body = _parse(text)
    titles, published, trail = _outside(body)
    _prune(body)
    article, certain = _find_article(body)
    flow = _Flow(article)
    blocks = flow.blocks
    if not certain:
        blocks = _trim(blocks, text)
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


# --- What the page says about itself ----------------------------------------------------------------------------


def _outside(root: Element) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
    """Titles (best first), date of publication and breadcrumb of a page."""
    metas: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").lower()
        if name and meta.get("content"):
            metas.setdefault(name, meta.get("content") or "")
    titles = [metas.get("articletitle", ""), metas.get("og:title", "")]
    titles += ["".join(_texts(el)) for tag in ("h1", "h2", "h3") for el in root.iter(tag)]
    for el in root.iter("title"):
        whole = el.text or ""
        titles += [*re.split(r"\s*[-_|–—]+\s*", whole), whole]
        break
    cleaned = dict.fromkeys(filter(None, (clean_text(t) for t in titles)))
    dates = (metas.get(name) for name in ("pubdate", "publishdate", "article:published_time", "firstpublishedtime"))
    published = next(((-1, d) for d in map(find_date, filter(None, dates)) if d), None)
    trail: tuple[str, ...] = ()
    for el in root.iter("div", "p", "td", "span", "ul", "nav", "section"):
        if trail and published and published[0] <= 0:
            break
        own = el.text or ""
        if len(own) > 200 or (not trail and len(el) > 60):
            continue
        line = None
        if not trail and ("位置" in own or "位置" in _first_text(el)):
            line = clean_text("".join(_texts(el)))
            if len(line) < 200 and _TRAIL.match(line):
                trail = tuple(
                    p.strip() for p in re.split(r"\s*(?:>+|»|›|→|＞|/)\s*", _TRAIL.sub("", line)) if p.strip()
                )
        if len(el) < 20 and (published is None or published[0] > 0):
            line = line if line is not None else _line(el)
            found = find_published(line) if len(line) < 300 else None
            if found:
                published = min(published or found, found)
    return tuple(cleaned), published[1] if published else None, trail


def _line(el: Element) -> str:
    """The text of an element up to 300 characters: longer ones are no line of a page's head."""
    parts: list[str] = []
    length = 0
    for text in _texts(el):
        parts.append(text)
        length += len(text)
        if length > 300:
            break
    return "".join(parts)


def _first_text(el: Element) -> str:
    return next((t for t in _texts(el) if isinstance(t, str) and t.strip()), "")


def _texts(el: Element) -> Iterator[str]:
    """All text below an element, without what scripts and styles hold."""
    for node in el.iter():
        if isinstance(node.tag, str) and node.tag not in {"script", "style"} and node.text:
            yield node.text
        if node is not el and node.tail:
            yield node.tail


# --- Where the article begins and ends --------------------------------------------------------------------------


def _prune(root: Element) -> None:
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
                    cell.set(_CONTROL, "")
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
            own.numbers += bool(_NUMBER_CELL.fullmatch("".join(_texts(el)))) if len(el) < 8 else 0
        if el.tag == "table" and not own.tables and own.text > own.linked:
            own.tables = 1
            own.text = min(own.text, _TABLE_WEIGHT)
        weights[el] = own
    return weights


def _find_article(root: Element) -> tuple[Element, bool]:
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
            if mostly_links and weight.numbers < 6 and child.tag in _BLOCKS and child.tag not in _TABLE_PARTS:
                _remove(child)
                del weights[child]
            else:
                stack.append(child)


def _trim(blocks: list[Block], html: str) -> list[Block]:
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


# --- The article as a flow --------------------------------------------------------------------------------------


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
        is_block = tag in _BLOCKS
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
        whole = sum(len("".join(_texts(row))) for row in rows) or 1
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
        block = el.tag in _BLOCKS or el.tag == "br"
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
    if cell.get(_CONTROL) is not None:
        return True
    return any(
        _number(img.get("width") or "9") > 2 and _number(img.get("height") or "9") > 2 for img in cell.iter("img")
    )


def _is_note(el: Element) -> bool:
    """Whether an element in a cell refers to a footnote: its digits must not join those of the number before it."""
    refers = el.tag in {"sup", "sub"} or (el.tag == "a" and (el.get("href") or "").startswith("#"))
    return refers and bool("".join(_texts(el)).strip())


def _is_flow(row: Element, width: int, whole: int) -> bool:
    """Whether a row lays out the page: it holds long prose, a heading over its full width, or most of the table."""
    texts = [(cell, "".join(_texts(cell)).strip()) for cell in row if cell.tag in {"td", "th"}]
    filled = [(cell, text) for cell, text in texts if text]
    for cell, text in filled:
        if len(text) >= 150 and len(_SENTENCE.findall(text)) >= 2:
            return True
        inner = next(cell.iter("table"), None)
        if inner is not None:
            share = len("".join(_texts(inner))) / whole
            if share >= 0.6 or (len(filled) == 1 and _width(row) <= 1):
                return True
    if len(filled) != 1:
        return False
    cell, text = filled[0]
    if max(_number(cell.get("colspan")) or 1, 1) < width and len(texts) > 1:
        return False
    mark = read_mark(text)
    return width <= 1 or len(text) >= 80 or (mark is not None and mark.level == 1)
