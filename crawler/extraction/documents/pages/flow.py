"""Pages → Document: tables put together over pages, prose as paragraphs again, running heads and page numbers gone.

With the pages of a second decoder, the text of every cell is read from both; where they differ the cell is doubtful.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from crawler.extraction.documents.model import PICTURE, Block, Cell, Document, Paragraph, Place, Table
from crawler.extraction.documents.pages.columns import Inferred, find_pitch, head_columns, infer_tables
from crawler.extraction.documents.pages.cutting import Wall, is_value
from crawler.extraction.documents.pages.divided import DividedPage, assign, divide, is_prose, part_all, prepare, shift
from crawler.extraction.documents.pages.lattice import NEAR, Box, Lattice, merge_rules
from crawler.extraction.documents.pages.lines import (
    Bounds,
    Line,
    Piece,
    bounds,
    cut_pieces,
    holds_unknown,
    is_cut,
    lowest_score,
    make_lines,
    read_line,
    read_plain,
    read_text,
)
from crawler.extraction.documents.pages.model import Glyph, Page
from crawler.extraction.documents.pages.prose import drop_furniture, join_paragraphs
from crawler.extraction.text.clean import clean_characters
from crawler.extraction.text.dates import find_published
from crawler.extraction.text.numbering import read_mark

LOW_SCORE = 0.8  # OCR: what is less sure than this is not believed
SIDES = 4.0  # points: how far the sides of the two parts of a cut table may differ
PIXEL = 0.75  # points: 1/96 inch
MAX_GRID = 400_000  # cells
MAX_LABEL = 9  # lines: no label has more
NEAR_ROW = 2.2  # times the height of the text: a row with one line is hardly ever higher
HEADING = 4  # characters: no heading has fewer behind its number; a label in a narrow column is broken after two
_LONG = 40  # characters: no label of the form has more
_SHORT = 26  # characters: labels stand in pieces of at most so many on a line
_VALUE_SIGNS = frozenset("0123456789０１２３４５６７８９-−－—–/\\无")
_NOT_DIGITS = re.compile("[.,-]+")  # in numbers
_DASHES = re.compile("[-−－—–―‐‑]")


@dataclass(slots=True)
class _Drawn:
    """A table on its way: cells by the positions of their edges, one entry for each page that it runs over; ``head``
    are lines of its header that no line encloses."""

    sheets: list[DividedPage]
    tops: list[Lattice]
    inside: list[list[list[Glyph]]]
    head: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """Lines that make up a table which rules do not divide, or not wholly."""

    lines: list[Line]


def read_pages(pages: Iterable[Page], media_type: str, second: Iterable[Page] | None = None) -> Document:
    """The document that pages make up. ``second``: the same pages from another decoder, held against the first."""
    sheets = part_all([prepare(page) for page in pages])
    for order, sheet in enumerate(sheets):
        sheet.order = order
        divide(sheet, sheets[order - 1] if order else None)
    drop_furniture(sheets)
    other = _Other(sheets, second) if second is not None else None
    blocks: list[Block] = []
    by_order = {sheet.order: sheet for sheet in sheets}
    prose: list[Line] = []
    elements = _order(sheets)
    measure = [element for element in elements if isinstance(element, Line)]
    pitch = find_pitch(_broken_lines(elements))
    for element in elements:
        if isinstance(element, Line):
            prose.append(element)
            continue
        blocks += join_paragraphs(prose, measure, by_order)
        prose = []
        if isinstance(element, _Drawn):
            blocks.append(_make_table(element, by_order, other, pitch))
        else:
            tables, over, under = _make_inferred(element, by_order, other, pitch)
            blocks += join_paragraphs(over, measure or over, by_order)
            blocks += tables
            blocks += join_paragraphs(under, measure or under, by_order)
    blocks += join_paragraphs(prose, measure, by_order)
    dates = [
        found for b in blocks if isinstance(b, Paragraph) and len(b.text) < 200 and (found := find_published(b.text))
    ]
    warnings = other.warnings() if other is not None else ()
    published = min(dates)[1] if dates else None
    return Document(media_type, tuple(blocks), (), published, (), 0, warnings)


def _broken_lines(elements: Sequence[Line | _Drawn | _Run]) -> list[list[Line]]:
    """Lines of tables that show how far apart those of one label are, if that is to be known."""
    drawn = [element for element in elements if isinstance(element, _Drawn)]
    found = [element.lines for element in elements if isinstance(element, _Run)]
    if any(table.head for table in drawn):
        found += [make_lines(glyphs) for table in drawn for inside in table.inside for glyphs in inside if glyphs]
    return found


# --- Which lines and lattices are tables, in reading order ----------------------------------------------------------


def _order(sheets: Sequence[DividedPage]) -> list[Line | _Drawn | _Run]:
    """Lines and tables in reading order, tables cut by a page put together."""
    out: list[Line | _Drawn | _Run] = []
    loose: list[Line] = []
    for sheet in sheets:
        fresh = True
        items: list[tuple[float, int, Line | int]] = [(line.top, 1, line) for line in sheet.lines]
        items += [(lattice.ys[0], 0, n) for n, lattice in enumerate(sheet.lattices)]
        for _, _, item in sorted(items, key=lambda found: found[:2]):
            if isinstance(item, Line):
                loose.append(item)
                continue
            lattice, inside = sheet.lattices[item], sheet.inside[item]
            head = _open_head(lattice, inside, loose, sheet.order)
            if head:
                loose = loose[: -len(head)]
            tail = (_find_runs(loose) or out)[-1:] if fresh else []
            goes_on = any(isinstance(run, _Run) and _goes_on(run, lattice, sheet.order) for run in tail)
            if goes_on or _is_undivided(lattice, inside) or _lacks_walls(lattice, inside):
                _add_lines(out, loose)
                loose = []
                own = [*head, *make_lines((g for glyphs in inside for g in glyphs), sheet.order)]
                before = out[-1] if out else None
                if fresh and isinstance(before, _Run) and before.lines[-1].page == sheet.order - 1:
                    before.lines += own
                else:
                    out.append(_Run(own))
            else:
                last = out[-1] if out else None
                if fresh and isinstance(last, _Drawn) and _continues(last, sheet, lattice):
                    loose = _hang(last, loose)
                cut = fresh and not loose and not head
                _add_lines(out, loose)
                loose = []
                if cut and isinstance(last, _Drawn) and _continues(last, sheet, lattice):
                    last.sheets.append(sheet)
                    last.tops.append(lattice)
                    last.inside.append(inside)
                else:
                    out.append(_Drawn([sheet], [lattice], [inside], head))
            fresh = False
    _add_lines(out, loose)
    return _join_headers(out)


def _join_headers(elements: Sequence[Line | _Drawn | _Run]) -> list[Line | _Drawn | _Run]:
    """Puts the header, or the part of it, that ends a page over the columns that begin the next."""
    out: list[Line | _Drawn | _Run] = []
    for element in elements:
        while isinstance(element, _Run) and out:
            before = out[-1]
            if isinstance(before, Line) and _is_head_of(before, element.lines):
                element.lines.insert(0, before)
            elif isinstance(before, _Drawn) and _is_header(before, element):
                glyphs = [g for cells in before.inside for inside in cells for g in inside]
                element.lines[:0] = [*before.head, *make_lines(glyphs, before.sheets[0].order)]
            else:
                break
            out.pop()
        out.append(element)
    return out


def _is_header(drawn: _Drawn, run: _Run) -> bool:
    """Whether a table at the end of a page is nothing but a header, for no number stands in it, and the lines behind it
    go on, or begin, on the next page."""
    order, first = drawn.sheets[0].order, run.lines[0]
    cut = first.page - 1 == order
    if first.page == order < run.lines[-1].page:
        cut = first.top - drawn.tops[0].ys[-1] <= first.size
    texts = [read_text(glyphs) for cells in drawn.inside for glyphs in cells]
    return len(drawn.sheets) == 1 and cut and not any(map(is_value, texts))


def _add_lines(out: list[Line | _Drawn | _Run], lines: Sequence[Line]) -> None:
    """Adds lines that stand in no lattice: those that go on with a table of the page before to that table. A line of
    numbers under a header that ends a page is a table with it."""
    lines = list(lines)
    before = out[-1] if out else None
    if isinstance(before, _Drawn) and lines and _is_all_values(lines[0]) and _is_header(before, _Run(lines[:1])):
        before = _Run([lines.pop(0)])
        out.append(before)
    if isinstance(before, _Run):
        while lines and lines[0].page == before.lines[-1].page + (1 if lines[0].top < before.lines[-1].top else 0):
            pieces = lines[0].pieces
            if not _is_spread(lines[0]) or not any(is_value(p.text) for p in pieces):
                break
            before.lines.append(lines.pop(0))
    out += _find_runs(lines)


def _continues(before: _Drawn, sheet: DividedPage, lattice: Lattice) -> bool:
    """Whether a lattice at the top of a page goes on with the one that ended the page before: most of their uprights
    stand in the same places (the page may have cut off the outer ones), or as many between the same sides."""
    above = before.tops[-1].xs
    if len(above) == len(lattice.xs) and abs(above[0] - lattice.xs[0]) + abs(above[-1] - lattice.xs[-1]) <= SIDES:
        return before.sheets[-1].order == sheet.order - 1  # set anew on each page, with the same columns
    return before.sheets[-1].order == sheet.order - 1 and _share(above, lattice.xs)


def _share(above: Sequence[float], below: Sequence[float]) -> bool:
    """Whether most uprights of two parts stand in the same places."""
    shared = sum(any(abs(x - other) <= SIDES for other in above) for x in below)
    return shared >= max(2, 0.6 * min(len(above), len(below)))


def _are_level(above: Sequence[float], below: Sequence[float]) -> bool:
    """Whether each of as many uprights stands beside its own of the other part, nearer than to any other."""
    narrowest = min(b - a for xs in (above, below) for a, b in pairwise(xs))
    return all(abs(a - b) <= max(SIDES, 0.5 * narrowest) for a, b in zip(above, below, strict=True))


def _hang(drawn: _Drawn, loose: Sequence[Line]) -> list[Line]:
    """Puts lines that hang out of the last row of a lattice, where the page ends before the row does, into its cells.
    Returns the lines as they were if any of them does not hang in one cell."""
    lattice, inside = drawn.tops[-1], drawn.inside[-1]
    found: list[tuple[int, Line, int]] = []
    for line in loose:
        if line.page != drawn.sheets[-1].order or line.top - lattice.ys[-1] > 15 * line.size:
            return list(loose)
        for n, piece in enumerate(cut_pieces(line, lattice.xs)):
            ends = [lattice.find(x, lattice.ys[-1] - 1) for x in (piece.x0 + 0.5, piece.x1 - 0.5)]
            if ends[0] is None or ends[0] != ends[1] or _is_closed(lattice, ends[0]):
                return list(loose)
            found.append((ends[0], line, n))
    for cell, line, n in found:
        inside[cell] += cut_pieces(line, lattice.xs)[n].glyphs
    return []


def _goes_on(before: _Run, lattice: Lattice, order: int) -> bool:
    """Whether a lattice at the top of a page is a further part of a table whose part on the page before rules did not
    divide: they need not divide this one, though it shows in none of its lines."""
    left, right = min(line.x0 for line in before.lines), max(line.x1 for line in before.lines)
    within = lattice.xs[0] - SIDES <= left and right <= lattice.xs[-1] + SIDES
    return before.lines[-1].page == order - 1 and within and len(lattice.xs) > 2


def _lacks_walls(lattice: Lattice, inside: list[list[Glyph]]) -> bool:
    """Whether a cell of the header over one line of numbers, which are whole, holds the labels of several columns, side
    by side."""
    last = len(lattice.ys) - 2
    for box, glyphs in zip(lattice.cells, inside, strict=True):
        numbers = box.row + box.rowspan - 1 == last
        if numbers and (box.row != last or (glyphs and not (_is_plain(glyphs) and is_value(read_line(glyphs))))):
            return False
        if not numbers and glyphs and is_value(read_text(glyphs)):
            return False
    for box, glyphs in zip(lattice.cells, inside, strict=True):
        if box.colspan < 2 or len(glyphs) < 2 * box.colspan or _is_plain(glyphs):
            continue
        edges = lattice.xs[box.column : box.column + box.colspan + 1]
        lines = make_lines(glyphs)
        rows = [[piece for piece in cut_pieces(line, edges) if _column_of(piece, edges) is not None] for line in lines]
        letters = Counter(_column_of(piece, edges) for pieces in rows for piece in pieces for _ in piece.text)
        beside = any(len(pieces) > 1 for pieces in rows)
        if beside and len(letters) == box.colspan and min(letters.values()) > 1:
            return True
    return False


def _column_of(piece: Piece, edges: Sequence[float]) -> int | None:
    """The column (between two edges) that a piece stands in wholly; None if it stands in several."""
    return next((n for n, (x0, x1) in enumerate(pairwise(edges)) if x0 <= piece.x0 and piece.x1 <= x1), None)


def _is_closed(lattice: Lattice, cell: int) -> bool:
    """Whether a line ends a cell of the last row below."""
    box = lattice.cells[cell]
    return all(lattice.closed[box.column : box.column + box.colspan])


def _is_undivided(lattice: Lattice, inside: list[list[Glyph]]) -> bool:
    """Whether the lines of a lattice leave numbers undivided: side by side in a cell, or under the labels of their
    columns. Numbers one under the other may be one that did not fit into its cell."""
    headed: list[tuple[Box, list[Line]]] = []
    for box, glyphs in zip(lattice.cells, inside, strict=True):
        if len(glyphs) < 2 or _is_plain(glyphs) or _VALUE_SIGNS.isdisjoint("".join([g[0] for g in glyphs])):
            continue
        lines = make_lines(glyphs)
        for line in lines:
            if len(line.pieces) > 1 and any(is_value(p.text) for p in line.pieces):
                return True
        if len(lines) > 1 and is_value(lines[-1].text) and is_prose(lines[0].text):
            headed.append((box, lines))
    rows = [box.row for box, _ in headed]
    if len(rows) > len(set(rows)):
        return True
    # One such cell in its row may be a number behind its own label; not if labels beside it stand at the height of its
    # lines and no number beside it has a cell of its own.
    for box, lines in headed:
        beside = [
            glyphs
            for other, glyphs in zip(lattice.cells, inside, strict=True)
            if glyphs and box.row <= other.row and other.row + other.rowspan <= box.row + box.rowspan
        ]
        if any(is_value(read_line(glyphs)) for glyphs in beside):
            continue
        labels = [glyphs for glyphs in beside if _VALUE_SIGNS.isdisjoint(g[0] for g in glyphs)]
        others = [line for glyphs in labels for line in make_lines(glyphs)]
        if all(any(abs(line.middle - o.middle) < 0.3 * line.size for o in others) for line in lines[-2:]):
            return True
    return False


def _is_plain(glyphs: Sequence[Glyph]) -> bool:
    """Whether glyphs stand on one line from left to right without a gap, as most contents of cells do."""
    _, _, top, end, *_ = glyphs[0]
    for glyph in glyphs[1:]:
        if glyph[2] != top or not -1 < glyph[1] - end < 2:
            return False
        end = glyph[3]
    return True


def _open_head(lattice: Lattice, inside: list[list[Glyph]], loose: Sequence[Line], order: int) -> list[Line]:
    """Lines of a header right over a lattice that leaves its header without lines: it begins with numbers, over which
    they stand. They may begin at the end of the page before."""
    first = [(box, glyphs) for box, glyphs in zip(lattice.cells, inside, strict=True) if box.row == 0]
    numbers = [(box.x0, box.x1) for box, glyphs in first if is_value(read_text(glyphs))]
    if not numbers:
        return []
    head: list[Line] = []
    edge = lattice.ys[0]
    page = order
    for line in reversed(loose):
        pieces = line.pieces
        over = line.x0 >= lattice.xs[0] - SIDES and line.x1 <= lattice.xs[-1] + SIDES
        near = edge - line.bottom <= 1.8 * line.size and line.bottom <= edge + line.size
        if line.page != page:
            near = line.page == page - 1 == order - 1
            page = line.page
        long = any(len(p.text) > _SHORT or is_value(p.text) for p in pieces)
        mark = read_mark(line.text)
        if not over or not near or long or (mark is not None and mark.level == 1):
            break
        head.insert(0, line)
        edge = line.top
    columns = any(x0 <= p.middle <= x1 for line in head for p in line.pieces for x0, x1 in numbers)
    return head if columns and any(len(line.pieces) >= 2 for line in head) else []


def _find_runs(lines: Sequence[Line]) -> list[Line | _Drawn | _Run]:
    """Lines outside lattices, those that stand in columns gathered into runs."""
    spread = [_is_spread(line) for line in lines]
    out: list[Line | _Drawn | _Run] = []
    n = 0
    while n < len(lines):
        if not spread[n]:
            out.append(lines[n])
            n += 1
            continue
        end = last = seen = n
        left = float("inf")  # of the numbers
        while end < len(lines) and end - seen <= MAX_LABEL and (spread[end] or not _breaks(lines, spread, end, left)):
            if spread[end]:
                last = end
                left = min([left, *(p.x0 for p in lines[end].pieces if is_value(p.text))])
            if spread[end] or read_mark(lines[end].text) is not None:
                seen = end  # rows of blanks show nothing but their labels
            end += 1
        while last + 1 < len(lines) and last + 1 < end and _is_rest(lines[last + 1], lines[last]):
            last += 1
        while last + 1 < len(lines) and _is_blank_row(
            lines[last + 1], lines[n : last + 1], left, out, lines[last + 2 :]
        ):
            last += 1
        own = list(lines[n : last + 1])
        if _is_table(own):
            head: list[Line] = []
            while out and isinstance(before := out[-1], Line) and _is_head_of(before, [*head, *own]):
                head.insert(0, before)
                out.pop()
            out.append(_Run([*head, *own]))
        else:
            out += own
        n = last + 1
    return out


def _is_spread(line: Line) -> bool:
    """Whether a line is divided by wide gaps as only tables are: short pieces, or numbers behind a label."""
    if sum(g[0] in _VALUE_SIGNS for g in line.glyphs) >= 3 and sum(is_value(p.text) for p in line.cells) >= 3:
        return True
    pieces = line.pieces
    if len(pieces) > 1 and len(pieces[0].text) <= _LONG and all(is_value(p.text) for p in pieces[1:]):
        return True
    if len(pieces) < 2 or any(len(p.text) > _SHORT for p in pieces):
        return False
    return len(pieces) >= 3 or any(is_value(p.text) for p in pieces) or all(len(p.text) <= 14 for p in pieces)


def _breaks(lines: Sequence[Line], spread: Sequence[bool], n: int, left: float) -> bool:
    """Whether a line between lines of a table ends it: prose, or the heading of a section, behind which no numbers come
    before another header or other prose. ``left`` is where the numbers begin: a long line does not run into them."""
    text = lines[n].text
    if len(text) > 40 or text.endswith(("。", "：", "；")) or (len(text) > 12 and lines[n].x1 > left + lines[n].size):
        return True
    mark = read_mark(lines[n].cells[0].text)
    if mark is None or mark.level != 1 or len(mark.rest) < HEADING:
        return False
    for ahead in range(n + 1, min(n + 4, len(lines))):
        if spread[ahead]:
            return not _has_value(lines[ahead])
        if len(lines[ahead].text) > 30:
            return True
    return True


def _has_value(line: Line) -> bool:
    """Whether a line of a table holds a number."""
    return any(is_value(p.text) for p in line.cells)


def _is_all_values(line: Line) -> bool:
    """Whether a line is nothing but numbers, more than two."""
    return len(line.cells) > 2 and all(is_value(p.text) for p in line.cells)


def _is_value_of(line: Line, label: Line) -> bool:
    """Whether a line is nothing but numbers, which stand right of a label over it."""
    pieces = line.cells
    return is_value(pieces[0].text) and label.x1 <= pieces[0].x0 + line.size


def _is_rest(line: Line, before: Line) -> bool:
    """Whether a line right under the last line of a table is the rest of its label."""
    return (
        line.page == before.page
        and line.top - before.top <= 1.9 * line.size
        and len(line.text) <= 12
        and read_mark(line.text) is None
        and line.x1 < (before.x0 + before.x1) / 2
    )


def _is_blank_row(
    line: Line, own: Sequence[Line], left: float, before: Sequence[object], behind: Sequence[Line]
) -> bool:
    """Whether a line right under the last line of a table is a row of it that holds nothing but its label: the number
    mark follows those of the table, and it is set like one of them. With the number of a heading it is a row only if
    that heading is still to come, and if headings are set otherwise. ``left`` is where the numbers begin."""
    mark = read_mark(line.text)
    last = own[-1]
    if mark is None or line.page != last.page or line.top - last.top > NEAR_ROW * line.size:
        return False
    if len(line.text) > _LONG or line.text.endswith(("。", "：", "；", "，")) or line.x1 > left + line.size:
        return False
    found = [
        (label.number, piece, other.size)
        for other in own
        for piece in other.cells
        if (label := read_mark(piece.text)) is not None and label.level == mark.level
    ]
    if mark.number != max((number for number, _, _ in found), default=0) + 1:
        return False
    if not any(
        min(abs(line.x0 - piece.x0), abs(line.x0 + line.x1 - 2 * piece.middle)) <= 1 and abs(line.size - size) <= 1
        for _, piece, size in found
    ):
        return False
    if mark.level > 1:
        return True
    headings = [other for other in before if isinstance(other, Line) and _level_of(other) == 1]
    if headings and abs(headings[-1].x0 - line.x0) <= 1 and abs(headings[-1].size - line.size) <= 1:
        return False
    ahead = (later.number for other in behind if (later := read_mark(other.text)) is not None and later.level == 1)
    return next(ahead, 0) == mark.number


def _level_of(line: Line) -> int:
    """The level of the number mark that a line begins with, 0 without one."""
    mark = read_mark(line.text)
    return mark.level if mark is not None else 0


def _is_head_of(line: Line, own: Sequence[Line]) -> bool:
    """Whether a line right over the first line of a table belongs to its header or its first label; it may be the last
    one of the page before."""
    first = own[0]
    pieces = line.pieces
    width = max(other.x1 for other in own) - min(other.x0 for other in own)
    near = first.top - line.top <= NEAR_ROW * line.size if line.page == first.page else line.page == first.page - 1
    return (
        near
        and (line.x1 - line.x0 < 0.45 * width or len(pieces) > 1)
        and all(len(p.text) <= 20 for p in pieces)
        and (read_mark(line.text) is None or _is_value_of(first, line))
        and not line.text.endswith(("。", "："))
    )


def _is_table(lines: Sequence[Line]) -> bool:
    """Whether lines hold enough columns to be a table: three pieces on a line, or numbers under one another."""
    pieces = [line.pieces for line in lines]
    valued = sum(any(is_value(p.text) for p in ps) for ps in pieces)
    return len(lines) >= 2 and valued >= 1 and (any(len(ps) >= 3 for ps in pieces) or valued >= 3)


# --- Tables ---------------------------------------------------------------------------------------------------------


def _make_table(drawn: _Drawn, sheets: dict[int, DividedPage], other: _Other | None, pitch: float) -> Table:
    """The grid of a table that lines divide. Over pages its columns are those of all its parts."""
    sides = _find_sides(drawn.tops)
    xs = _union(sides)
    grid: list[list[Cell | None]] = []
    breaks = []
    room = _Room(drawn)
    above: dict[tuple[int, int], list[Glyph]] = {}  # what stands in the last row of the page before, by columns
    for cells in head_columns(drawn.head, list(pairwise(xs)), pitch) if drawn.head else ():
        anchor = next(iter(cells.values()))
        row: list[Cell | None] = []
        for column in range(len(xs) - 1):
            label = cells.get(column)
            place = _place(sheets[anchor.page], (label or anchor).box)
            row.append(Cell(label.text if label is not None else "", len(grid), column, 1, 1, place))
        grid.append(row)
    for part, sheet in enumerate(drawn.sheets):
        lattice, inside, own_sides = drawn.tops[part], drawn.inside[part], sides[part]
        base = len(grid)
        if sheet is not drawn.sheets[0]:
            breaks.append(base)
        at = [_find_nearest(xs, x) for x in own_sides]
        grid += [[None] * (len(xs) - 1) for _ in range(len(lattice.ys) - 1)]
        seen = other.of(sheet, lattice) if other is not None else None
        last: dict[tuple[int, int], list[Glyph]] = {}
        first_row = _find_first_numbers(lattice, inside) if above else 0
        for n, box in enumerate(lattice.cells):
            left, right = at[box.column], max(at[box.column + box.colspan], at[box.column] + 1)
            glyphs = inside[n]
            area: Bounds = (box.x0, box.top, box.x1, box.bottom)
            text, shown = "", area
            if glyphs:
                plain = read_plain(glyphs)
                if plain is not None:
                    text, shown = plain
                else:
                    text = read_line(glyphs) if _is_plain(glyphs) else room.read(part, box, glyphs)
                    shown = bounds(glyphs)
            if not text and _holds_image(sheet, area):
                text = PICTURE
            score = lowest_score(glyphs)
            doubt = _low(score)
            if other is not None and seen is not None and [g[0] for g in glyphs] != [g[0] for g in seen[n]]:
                others = seen[n]
                if box.row + box.rowspan == len(lattice.ys) - 1:  # where the page ends before the row, lines hang out
                    hanging = [g for g in glyphs if g.top > lattice.ys[-1]]
                    others = [*others, *(other.within(sheet, bounds(hanging)) if hanging else ())]
                doubt = doubt or other.differ(text, room.read(part, box, others))
            place = Place(page=sheet.number, bbox=sheet.locate(shown), score=score)
            over = above.get((left, right), []) if box.row == first_row else []
            cut = bool(over and glyphs) and room.cuts(part, box, over, glyphs)
            cell = Cell(text, base + box.row, left, box.rowspan, right - left, place, doubt, cut)
            if box.row + box.rowspan == len(lattice.ys) - 1:
                last[left, right] = glyphs
            for own in grid[base + box.row : base + box.row + box.rowspan]:
                for column in range(left, right):
                    own[column] = own[column] or cell
        above = last
    first = drawn.sheets[0]
    place = Place(page=first.number, bbox=first.locate(drawn.tops[0].box))
    return Table(tuple(tuple(row) for row in grid), place, not drawn.head, tuple(breaks), bool(drawn.head))


def _find_first_numbers(lattice: Lattice, inside: Sequence[Sequence[Glyph]]) -> int:
    """The first row that holds a number: above it, at the top of a page, the header may be printed again."""
    cells = zip(lattice.cells, inside, strict=True)  # row by row
    return next((box.row for box, glyphs in cells if glyphs and is_value(read_line(glyphs))), 0)


def _find_sides(lattices: Sequence[Lattice]) -> list[tuple[float, ...]]:
    """Where the uprights of each part of a table stand, those of one that was set anew with as many columns as the part
    before it where that one's do."""
    out: list[tuple[float, ...]] = []
    for n, lattice in enumerate(lattices):
        own, above = tuple(lattice.xs), tuple(lattices[n - 1].xs)
        anew = n > 0 and len(own) == len(above) and (_are_level(above, own) or not _share(above, own))
        out.append(out[-1] if anew else own)
    return out


def _union(edges: Sequence[tuple[float, ...]]) -> list[float]:
    """The edges of the columns of all parts of a table; those closer than a side may differ are one."""
    out: list[float] = []
    for x in sorted(x for xs in edges for x in xs):
        if not out or x - out[-1] > SIDES:
            out.append(x)
    return out


def _find_nearest(xs: Sequence[float], x: float) -> int:
    """The index of the place (in order) that is nearest to x."""
    after = bisect_left(xs, x)
    if after == len(xs) or (after > 0 and x - xs[after - 1] <= xs[after] - x):
        return after - 1
    return after


class _Room:
    """How much room the cells of a table leave to what they hold: by it a number that the layout broke is told from
    two. Measured once it is asked.

    A cell ends at its own lines: where each is drawn by itself, a wall between two of them is two lines. What the
    tightest line of digits in the table leaves free is kept free everywhere in it. But a browser draws lines at whole
    pixels, so that its columns are up to a pixel wider or narrower than what they were laid out for: there, what is
    tight in its own column counts as it is, what is in another one to a pixel.
    """

    def __init__(self, drawn: _Drawn) -> None:
        self._drawn = drawn
        self._sides: list[list[list[tuple[float, float, float]]]] = []
        self._least: dict[tuple[int, int, int], tuple[float, float]] | None = None  # space, and the width it is left of

    def read(self, part: int, box: Box, glyphs: Sequence[Glyph]) -> str:
        """The text of a cell of the ``part``-th page's part of the table."""
        width = self._measure_width(part, box)
        return read_text(glyphs, width, self._find_least(part, box, width))

    def cuts(self, part: int, box: Box, over: Sequence[Glyph], glyphs: Sequence[Glyph]) -> bool:
        """Whether a number ends ``over`` on the page before that goes on in this cell."""
        width = self._measure_width(part, box)
        return is_cut(over, glyphs, width, self._find_least(part, box, width))

    def _measure_width(self, part: int, box: Box) -> float:
        if not self._sides:
            both = zip(self._drawn.sheets, self._drawn.tops, strict=True)
            self._sides = [_find_uprights(sheet, lattice) for sheet, lattice in both]
        sides = self._sides[part]
        left, right = (
            [x for x, top, bottom in sides[n] if top < box.bottom - 1 and bottom > box.top + 1]
            for n in (box.column, box.column + box.colspan)
        )
        return min(right, default=box.x1) - max(left, default=box.x0)

    def _find_least(self, part: int, box: Box, width: float) -> float | None:
        """The least space that a line of digits leaves, so far as it counts here; None in a table without digits."""
        if self._least is None:
            self._least = {}
            for key, found in self._measure():
                self._least[key] = min(found, self._least.get(key, found))
        if not self._least:
            return None
        space, narrow = min(self._least.values())
        space += PIXEL if _is_in_pixels(width) and _is_in_pixels(narrow) else 0.0
        own = self._least.get((part, box.column, box.colspan))
        return space if own is None else min(own[0], space)

    def _measure(self) -> Iterator[tuple[tuple[int, int, int], tuple[float, float]]]:
        for part, (lattice, inside) in enumerate(zip(self._drawn.tops, self._drawn.inside, strict=True)):
            for box, glyphs in zip(lattice.cells, inside, strict=True):
                if not 0 < len(glyphs) <= 12:
                    continue
                digits = _NOT_DIGITS.sub("", "".join([g[0] for g in glyphs]))
                if digits and not digits.isdecimal():
                    continue
                plain = read_plain(glyphs)
                boxes = [plain[1]] if plain is not None else [(g.x0, g.top, g.x1, g.bottom) for g in make_lines(glyphs)]
                width = self._measure_width(part, box)
                yield (part, box.column, box.colspan), (width - max(x1 - x0 for x0, _, x1, _ in boxes), width)


def _is_in_pixels(width: float) -> bool:
    return abs(width / PIXEL - round(width / PIXEL)) < 0.02


def _find_uprights(sheet: DividedPage, lattice: Lattice) -> list[list[tuple[float, float, float]]]:
    """The lines (place, top, bottom) that make up each upright of a lattice."""
    xs, ys = lattice.xs, lattice.ys
    sides: list[list[tuple[float, float, float]]] = [[] for _ in xs]
    for x0, top, x1, bottom in sheet.rules:
        if x1 - x0 <= bottom - top and top < ys[-1] and bottom > ys[0]:
            n = _find_nearest(xs, x0)
            if abs(xs[n] - x0) <= NEAR:
                sides[n].append((x0, top, bottom))
    return sides


def _holds_image(sheet: DividedPage, area: Bounds) -> bool:
    """Whether an image that is no background stands in an area."""
    x0, top, x1, bottom = area
    for image in sheet.images:
        x, y = (image.x0 + image.x1) / 2, (image.top + image.bottom) / 2
        wide, high = image.x1 - image.x0, image.bottom - image.top
        small = wide <= 4 or high <= 4 or wide * high >= 1.5 * (x1 - x0) * (bottom - top)
        if x0 < x < x1 and top < y < bottom and not small:
            return True
    return False


def _make_inferred(
    run: _Run, sheets: dict[int, DividedPage], other: _Other | None, pitch: float
) -> tuple[list[Table], list[Line], list[Line]]:
    """The grids of the tables that alignment divides, with the help of what lines there are; and the lines over the
    first of them and after it that are in none."""
    walls, floors = _find_lines(run, sheets)
    found = [
        one
        for one in infer_tables(run.lines, walls, floors, pitch)
        if one.width > 1 and one.width * len(one.rows) <= MAX_GRID
    ]
    parts = (part for one in found for row in one.rows for part in row.values())
    used = {id(glyph) for part in parts for glyphs in part.glyphs.values() for glyph in glyphs}
    within = [any(id(glyph) in used for glyph in line.glyphs) for line in run.lines]
    first = within.index(True) if any(within) else len(within)
    under = [line for line, inside in zip(run.lines[first:], within[first:], strict=True) if not inside]
    return [_make_aligned(one, sheets, other) for one in found], list(run.lines[:first]), under


def _find_lines(run: _Run, sheets: dict[int, DividedPage]) -> tuple[list[Wall], list[tuple[int, float]]]:
    """The uprights among lines that stand in columns, and the horizontals that run through all columns."""
    walls: list[Wall] = []
    floors: list[tuple[int, float]] = []
    for number in dict.fromkeys(line.page for line in run.lines):
        own = [line for line in run.lines if line.page == number]
        left, right = min(line.x0 for line in own), max(line.x1 for line in own)
        top, bottom = min(line.top for line in own), max(line.bottom for line in own)
        across, upright = merge_rules(sheets[number].rules)
        floors += [
            (number, line.at)
            for line in across
            if sum(min(end, right) - max(start, left) for start, end in line.pieces if end > left and start < right)
            >= 0.85 * (right - left)
        ]
        walls += [
            (number, line.at, start, end)
            for line in upright
            if left - 20 <= line.at <= right + 20
            for start, end in line.pieces
            if end > top and start < bottom
        ]
    return walls, floors if len(floors) >= 3 else []


def _make_aligned(found: Inferred, sheets: dict[int, DividedPage], other: _Other | None) -> Table:
    grid = []
    for r, parts in enumerate(found.rows):
        anchor = next(iter(parts.values()))
        row: list[Cell | None] = []
        for c in range(found.width):
            one = parts.get(c)
            if one is None:
                place = _place(sheets[anchor.page], anchor.box)
                row.append(Cell("", r, c, 1, 1, place))
                continue
            score = lowest_score(g for glyphs in one.glyphs.values() for g in glyphs)
            doubt = _low(score)
            sheet = sheets[one.page]
            if other is not None:
                seen = "\n".join(read_text(other.within(sheets[p], bounds(own))) for p, own in one.glyphs.items())
                doubt = doubt or other.differ(one.text, seen)
            place = Place(page=sheet.number, bbox=sheet.locate(one.box), score=score)
            row.append(Cell(one.text, r, c, 1, 1, place, doubt))
        grid.append(tuple(row))
    first = next(iter(found.rows[0].values()))
    place = _place(sheets[first.page], first.box)
    return Table(tuple(grid), place, spans=False, breaks=tuple(found.breaks), aligned=True)


def _place(sheet: DividedPage, box: Bounds) -> Place:
    return Place(page=sheet.number, bbox=sheet.locate(box))


def _low(score: float | None) -> str | None:
    return None if score is None or score >= LOW_SCORE else f"read with a score of {score:.2f}"


# --- The second decoder ---------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    plain = _DASHES.sub("-", "".join(clean_characters(text).split()))
    return plain if plain.strip("-") else plain[:1]  # a dash as long as two may be one character or two


class _Other:
    """The glyphs of the second decoder, by the sheets of the first."""

    def __init__(self, sheets: Sequence[DividedPage], second: Iterable[Page]) -> None:
        turns = {sheet.number: sheet.turn for sheet in sheets}
        self._sheets = {page.number: prepare(page, turns.get(page.number)) for page in second}
        self._missing = sorted(set(turns) - set(self._sheets))
        self._shifted: dict[int, list[Glyph]] = {}
        self._alone = 0

    def of(self, sheet: DividedPage, lattice: Lattice) -> list[list[Glyph]]:
        """What the second decoder has in each cell of a lattice."""
        return assign([lattice], self._glyphs(sheet))[0][0]

    def within(self, sheet: DividedPage, area: Bounds) -> list[Glyph]:
        """What the second decoder has in an area of a sheet."""
        x0, top, x1, bottom = area
        return [
            g
            for g in self._glyphs(sheet)
            if x0 - 1 <= (g.x0 + g.x1) / 2 <= x1 + 1 and top - 1 <= (g.top + g.bottom) / 2 <= bottom + 1
        ]

    def _glyphs(self, sheet: DividedPage) -> list[Glyph]:
        """All that the second decoder has on a sheet, counted from where the sheet begins."""
        own = self._sheets.get(sheet.number)
        if own is None or not sheet.shift:
            return own.glyphs if own is not None else []
        if sheet.number not in self._shifted:
            self._shifted[sheet.number] = shift(own, sheet.shift).glyphs
        return self._shifted[sheet.number]

    def differ(self, text: str, other: str) -> str | None:
        """Why two readings of a cell do not agree, or None if they do. Blanks and kinds of dashes are no difference; a
        text of which one decoder does not know the characters is counted, see `warnings`."""
        if text in {other, PICTURE}:
            return None
        a, b = _plain(text), _plain(other)
        if a == b:
            return None
        if holds_unknown(a) != holds_unknown(b):
            self._alone += 1
            return None
        return f"two decoders read {text!r} and {other!r}"

    def warnings(self) -> tuple[tuple[str, str], ...]:
        """What the second decoder lacks."""
        found = []
        if self._missing:
            pages = ", ".join(map(str, self._missing[:8]))
            found.append(("one_decoder", f"the second decoder gave no page {pages}"))
        if self._alone:
            found.append(("one_decoder", f"only one decoder knows the characters of {self._alone} cells"))
        return tuple(found)
