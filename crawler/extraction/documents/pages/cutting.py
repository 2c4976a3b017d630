"""Lines of a table → pieces, each what one cell holds of a line, where no ruling divides them.

A gap in a line divides two cells, or it is a blank within one; how wide it is tells the two apart only where it is very
wide or very narrow. Between these the other lines of the table tell: what stands under the gap, and where their pieces
begin.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from crawler.extraction.documents.pages.lines import BLANK, PIECE, WIDE, Line, Piece, bounds, cut_pieces, join_glyphs
from crawler.extraction.documents.pages.model import Glyph
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.numbering import read_mark

_UNITS = ("亿元", "万元", "万", "元", "件", "项", "个", "次", "条", "人")
_VALUE = re.compile(
    r"[-+−－—–/\\]{1,3}|无|[-+−－]?\s?\d[\d,，]*(?:\.\d+)?\s?(?:%|"
    + "|".join(_UNITS)
    + r")?(?:[（(【][^)）】]{0,40}[)）】]?)?"
)
_DASHES = frozenset("-−－—–―")
ALIGNED = 0.3  # points: how far the beginnings of pieces that are set to the left in one column may differ
NARROW = 0.1  # of the height of the text: less space than this is none
HEADER = 4  # lines that a header has at most below one of its own

Wall = tuple[int, float, float, float]
"""An upright rule: page, place across, top and bottom."""


def is_han(text: str) -> bool:
    """Whether a text is nothing but ideographs."""
    return all("\u3400" <= c <= "\u9fff" for c in text)


def is_value(text: str) -> bool:
    """Whether a text looks like the content of a cell of numbers."""
    return bool(_VALUE.fullmatch(text))


def cut_table(lines: Sequence[Line], walls: Sequence[Wall] = ()) -> list[list[Piece]]:
    """The pieces of each line of a table. ``walls`` are uprights; what they part is never one piece."""
    sides = [_beside(walls, line) for line in lines]
    rows = [cut_pieces(line, beside, PIECE) for line, beside in zip(lines, sides, strict=True)]
    rows = [[part for piece in pieces for part in _part_dashes(piece)] for pieces in rows]
    starts, marked = _find_starts(rows)
    if starts:
        rows = [[part for piece in pieces for part in _split(piece, starts, marked)] for pieces in rows]
    rows = [_join_labels(pieces, beside, marked) for pieces, beside in zip(rows, sides, strict=True)]
    rows = [
        [part for piece in pieces for part in _part_over(piece, rows[n + 1 : n + 1 + HEADER])]
        for n, pieces in enumerate(rows)
    ]
    for n, pieces in enumerate(rows):
        rows[n] = [part for piece in pieces for part in _part_under(piece, rows[max(n - HEADER, 0) : n])]
    return [_join_header(n, rows, beside) for n, beside in enumerate(sides)]


def _part_dashes(piece: Piece) -> list[Piece]:
    """Dashes for blanks with space between them: each stands in a column of its own."""
    if not all(character in _DASHES for character in piece.text):
        return [piece]
    least = NARROW * (piece.bottom - piece.top)
    cuts = [n for n, (a, b) in enumerate(pairwise(piece.glyphs), 1) if b.x0 - a.x1 > least and not b.spaced]
    return [_make_piece(piece.glyphs[a:b], piece.page, piece) for a, b in pairwise([0, *cuts, len(piece.glyphs)])]


def _beside(walls: Sequence[Wall], line: Line) -> list[float]:
    """Where uprights pass a line."""
    return [x for page, x, top, bottom in walls if page == line.page and top - 1 <= line.middle <= bottom + 1]


def _find_starts(rows: Sequence[Sequence[Piece]]) -> tuple[list[float], list[float]]:
    """Where labels begin that are set to the left: the places across where those of three lines do, and the places
    where number marks of two do."""
    groups: list[list[tuple[float, bool]]] = []
    for label in sorted(
        (glyphs[0].x0, read_mark(join_glyphs(glyphs)) is not None)
        for pieces in rows
        for piece in pieces
        if not is_value(piece.text)
        for glyphs in [piece.glyphs, *(piece.glyphs[n:] for n in _spaces(piece))]
    ):
        if groups and label[0] - groups[-1][0][0] <= ALIGNED:
            groups[-1].append(label)
        else:
            groups.append([label])
    marked = [group[0][0] for group in groups if sum(mark for _, mark in group) >= 2]
    return [group[0][0] for group in groups if len(group) >= 3 or group[0][0] in marked], marked


def _spaces(piece: Piece) -> list[int]:
    """Before which characters of a piece there is space and no blank, more than its characters have between them
    anyhow."""
    gaps = [after.x0 - before.x1 for before, after in pairwise(piece.glyphs)]
    if not gaps:
        return []
    least = sorted(gaps)[len(gaps) // 2] + NARROW * (piece.bottom - piece.top)
    return [n for n, gap in enumerate(gaps, 1) if gap > least and not piece.glyphs[n].spaced]


def _begins(x: float, places: Sequence[float]) -> bool:
    """Whether something at x begins at one of the places (in order)."""
    at = bisect_left(places, x - ALIGNED)
    return at < len(places) and places[at] <= x + ALIGNED


def _split(piece: Piece, starts: Sequence[float], marked: Sequence[float]) -> list[Piece]:
    """A piece cut where labels of other lines begin, if there is space or a number mark begins too: columns may stand
    nearer to one another than words do."""
    glyphs = piece.glyphs
    if len(glyphs) < 2 or is_value(piece.text):
        return [piece]
    spaces = _spaces(piece)
    cuts = [
        n
        for n, glyph in enumerate(glyphs)
        if n
        and not glyph.spaced
        and _begins(glyph.x0, starts)
        and (n in spaces or (_begins(glyph.x0, marked) and read_mark(join_glyphs(glyphs[n:])) is not None))
    ]
    return [_make_piece(glyphs[a:b], piece.page, piece) for a, b in pairwise([0, *cuts, len(glyphs)])]


def _join_labels(pieces: Sequence[Piece], beside: Sequence[float], marked: Sequence[float]) -> list[Piece]:
    """Pieces of a line put together that are one label, if no upright parts them: two single ideographs set wide
    (总 计), and a number mark with the text behind it ((七) 总计)."""
    out: list[Piece] = []
    for piece in pieces:
        if out and not any(out[-1].middle < x < piece.middle for x in beside):
            before, gap, tall = out[-1], piece.x0 - out[-1].x1, piece.bottom - piece.top
            single = len(before.text) == len(piece.text) == 1 and is_han(before.text) and is_han(piece.text)
            mark = read_mark(before.text)
            behind = (
                mark is not None
                and not mark.rest
                and not is_value(piece.text)
                and read_mark(piece.text) is None
                and (piece.glyphs[0].spaced or not _begins(piece.x0, marked))
            )
            if (single and gap <= 1.25 * tall) or (behind and gap <= WIDE * tall):
                out[-1] = _join(before, piece)
                continue
        out.append(piece)
    return out


def _part_over(piece: Piece, below: Sequence[Sequence[Piece]]) -> list[Piece]:
    """A piece of a header cut where there is space and each part has a piece of a line below right under itself: labels
    side by side in narrow columns, of which each goes on in further lines."""
    parts = _part_spaced(piece)
    rests: list[Piece] = []
    for row in below:
        if any(is_value(p.text) for p in row):
            break
        rests += [part for p in row for part in (p, *_part_spaced(p))]
    rested = all(any(part.x0 - 1 <= p.x0 and p.x1 <= part.x1 + 1 for p in rests) for part in parts)
    return parts if len(parts) > 1 and rested else [piece]


def _part_under(piece: Piece, above: Sequence[Sequence[Piece]]) -> list[Piece]:
    """A piece of a header cut where there is space and each part goes on with a piece of its own of one line above."""
    parts = _part_spaced(piece)
    for row in above:
        owners = [{id(p) for p in row if p.x0 - 1 <= part.x0 and part.x1 <= p.x1 + 1} for part in parts]
        if len(parts) > 1 and all(len(own) == 1 for own in owners) and len(set.union(*owners)) == len(parts):
            return [piece] if any(is_value(p.text) for p in row) else parts
    return [piece]


def _part_spaced(piece: Piece) -> list[Piece]:
    """A piece cut wherever there is space in it; whole where it is a number."""
    cuts = [] if is_value(piece.text) else _spaces(piece)
    return [_make_piece(piece.glyphs[a:b], piece.page, piece) for a, b in pairwise([0, *cuts, len(piece.glyphs)])]


def _join_header(n: int, rows: Sequence[Sequence[Piece]], beside: Sequence[float]) -> list[Piece]:
    """The pieces of line ``n``, those put together that a label or number of the header below runs under: there no
    column ends."""
    pieces = rows[n]
    if len(pieces) < 2 or any(is_value(p.text) for p in pieces):
        return list(pieces)
    below: list[Piece] = []
    for row in rows[n + 1 : n + 1 + HEADER]:
        values = [p for p in row if is_value(p.text)]
        below += values or row
        if values:
            break
    else:
        return list(pieces)
    out = [pieces[0]]
    for piece in pieces[1:]:
        before = out[-1]
        middle = (before.x1 + piece.x0) / 2
        near = piece.x0 - before.x1 <= WIDE * (piece.bottom - piece.top)
        wall = any(before.middle < x < piece.middle for x in beside)
        if near and not wall and any(p.x0 < middle - 1 and p.x1 > middle + 1 for p in below):
            out[-1] = _join(before, piece)
        else:
            out.append(piece)
    return out


def cut_at(piece: Piece, places: Sequence[float]) -> list[Piece]:
    """A piece cut at places across, by the middles of its characters."""
    groups: list[list[Glyph]] = [[] for _ in range(len(places) + 1)]
    for glyph in piece.glyphs:
        groups[bisect_left(places, (glyph.x0 + glyph.x1) / 2)].append(glyph)
    return [_make_piece(group, piece.page, piece) for group in groups if group]


def part_heads(piece: Piece, bands: Sequence[tuple[float, float]]) -> list[Piece]:
    """A piece of a header parted where there is space, if each part stands over a column of numbers (``bands``) of its
    own: labels side by side in columns that are hardly wider than they."""
    parts = _part_spaced(piece)
    if len(piece.glyphs) == 2:  # they were put together for one label set wide, and may be the ends of two
        parts = [_make_piece([glyph], piece.page, piece) for glyph in piece.glyphs]
    own = [[n for n, (x0, x1) in enumerate(bands) if p.x0 < x1 and p.x1 > x0] for p in parts]
    apart = all(len(over) == 1 for over in own) and len({n for over in own for n in over}) == len(parts)
    return parts if len(parts) > 1 and apart else [piece]


def part_values(pieces: Sequence[Piece], bands: Sequence[tuple[float, float]]) -> list[Piece]:
    """The pieces of a line, those parted that hold several numbers with blanks between, each in a column (``bands``)
    of its own, or a long label that ends right before the number of the first column."""
    out: list[Piece] = []
    for piece in pieces:
        words = _words(piece) if " " in piece.text and not is_value(piece.text) else []
        own = [next((n for n, (x0, x1) in enumerate(bands) if w.x0 < x1 and w.x1 > x0), None) for w in words]
        apart = len(words) > 1 and None not in own and len(set(own)) == len(own)
        if apart and all(is_value(w.text) for w in words):
            out += words
        elif len(words) > 1 and own[-1] == 0 and not any(n is not None for n in own[:-1]) and is_value(words[-1].text):
            label = words[0]
            for word in words[1:-1]:
                label = _join(label, word)
            out += [label, words[-1]]
        else:
            out.append(piece)
    return out


def _words(piece: Piece) -> list[Piece]:
    """A piece cut at its blanks; those that are written cut nothing."""
    glyphs, tall = piece.glyphs, piece.bottom - piece.top
    cuts = [n for n, (a, b) in enumerate(pairwise(glyphs), 1) if b.x0 - a.x1 > BLANK * tall and not b.spaced]
    return [_make_piece(glyphs[a:b], piece.page, piece) for a, b in pairwise([0, *cuts, len(glyphs)])]


def _join(before: Piece, after: Piece) -> Piece:
    return _make_piece((*before.glyphs, *after.glyphs), before.page)


def _make_piece(glyphs: Sequence[Glyph], page: int, like: Piece | None = None) -> Piece:
    """``like`` tells the height where that of the glyphs is not the one to be compared."""
    x0, top, x1, bottom = bounds(glyphs)
    if like is not None:
        top, bottom = like.top, like.bottom
    return Piece(clean_text(join_glyphs(glyphs)), tuple(glyphs), page, x0, top, x1, bottom)


def close_brackets(rows: list[list[Piece]], tight: float) -> list[list[Piece]]:
    """The lines with each number whole whose note goes on under it, in the lines that follow, or whose unit does."""
    for n, pieces in enumerate(rows):
        for k, piece in enumerate(pieces):
            last = piece
            for follower in rows[n + 1 : n + 8]:
                if not is_value(piece.text):
                    break
                rest = next((p for p in follower if p.x0 < piece.x1 and p.x1 > piece.x0), None)
                if rest is None:
                    continue
                if not _opens_bracket(pieces[k].text) and not (rest.text in _UNITS and pieces[k].text[-1].isdecimal()):
                    break
                if rest.page != piece.page or rest.top - last.top > tight * (last.bottom - last.top):
                    break
                glyphs = (*pieces[k].glyphs, *rest.glyphs)
                pieces[k] = replace(pieces[k], text=pieces[k].text + rest.text, glyphs=glyphs, bottom=rest.bottom)
                follower.remove(rest)
                last = rest
    return [pieces for pieces in rows if pieces]


def _opens_bracket(text: str) -> bool:
    return sum(text.count(c) for c in "（(【") > sum(text.count(c) for c in "）)】")
