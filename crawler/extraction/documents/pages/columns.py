"""Tables that no ruling, or not enough of it, divides: columns by alignment, rows by their labels.

Numbers of one column stand under one another, and what is printed once for the column stands over them. A row is a line
with numbers; the lines of its label that have none belong to it by a number mark, by nearness, or by the rules between
rows where some are drawn. Nothing here knows the form; what the labels say is for those who do.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from crawler.extraction.documents.pages.cutting import (
    Wall,
    close_brackets,
    cut_at,
    cut_table,
    is_value,
    part_heads,
    part_values,
)
from crawler.extraction.documents.pages.lines import Bounds, Line, Piece, bounds, read_text
from crawler.extraction.documents.pages.model import Glyph
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.numbering import read_mark

USUAL_PITCH = 1.5  # from line to line, in heights of the text, where a document does not show it
SLACK = 1.22  # times the pitch: lines of one label follow one another at most so far apart
MAX_BANDS = 40
WHOLE = 4  # characters: shorter words are parts of several labels (结果 of 结果维持 and of 其他结果)
SAME_SIDE = 4.0  # points: how far a side may move from page to page
_PAGE = 100_000.0  # points: more than any page is high


@dataclass(slots=True)
class Part:
    """What stands in one cell, and the cell's place in the grid: its glyphs by page; ``box`` is around those on the
    first, ``page``."""

    row: int
    column: int
    glyphs: dict[int, list[Glyph]]
    page: int
    text: str
    box: Bounds


@dataclass(slots=True)
class Inferred:
    """A table whose cells were concluded: its rows of parts, each row with at most one part a column; ``breaks`` are
    the rows that begin a new page."""

    width: int
    rows: list[dict[int, Part]] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)


def infer_tables(
    lines: Sequence[Line],
    walls: Sequence[Wall] = (),
    floors: Sequence[tuple[int, float]] = (),
    pitch: float = USUAL_PITCH,
) -> list[Inferred]:
    """The tables that lines make up, from top to bottom (over pages in their order); none if they stand in no columns.
    Where another header follows, another table begins: its columns need not be those of the one before.

    ``walls`` are uprights ``(page, x, top, bottom)``, ``floors`` horizontals ``(page, y)`` over the full width,
    ``pitch`` is how far the lines of one label are apart, in heights of the text.
    """
    rows = close_brackets([[_lower(piece) for piece in pieces] for pieces in cut_table(lines, walls)], pitch * SLACK)
    walls = [(page, x, top + page * _PAGE, bottom + page * _PAGE) for page, x, top, bottom in walls]
    floors = sorted((page, y + page * _PAGE) for page, y in floors)
    found = [_infer(part, walls, floors, pitch * SLACK) for part in _divide(rows, floors)]
    return [table for table in found if table is not None]


def find_pitch(runs: Sequence[Sequence[Line]]) -> float:
    """How far apart the lines of broken labels are, in heights of their text: seen where a label with a number mark
    goes on in a later line, and between the labels of headers."""
    found = []
    for lines in runs:
        rows = [line.cells for line in lines]
        head = next((n for n, pieces in enumerate(rows) if any(is_value(p.text) for p in pieces)), 0)
        for n, pieces in enumerate(rows):
            for upper in pieces:
                if is_value(upper.text) or not (n < head or read_mark(upper.text)):
                    continue
                under = (p for row in rows[n + 1 : n + 4] for p in row if p.x0 < upper.x1 and p.x1 > upper.x0)
                lower = next(under, None)
                if lower is None or is_value(lower.text) or read_mark(lower.text) or lower.page != upper.page:
                    continue
                found.append((lower.top - upper.top) / max(upper.bottom - upper.top, 1.0))
    found = sorted(ratio for ratio in found if 0.8 < ratio < 2.6)
    return found[len(found) // 3] if len(found) >= 3 else USUAL_PITCH


def _lower(piece: Piece) -> Piece:
    """A piece with the pages before its own above it, so that heights can be compared over pages."""
    return replace(piece, top=piece.top + piece.page * _PAGE, bottom=piece.bottom + piece.page * _PAGE)


def _divide(rows: Sequence[list[Piece]], floors: Sequence[tuple[int, float]]) -> list[list[list[Piece]]]:
    """The lines of each table: a header behind numbers begins a new one. A line heads columns if it has no number and
    stands over the numbers before it, not left of them; or if it stands where no label of a row does."""
    parts: list[list[list[Piece]]] = [[]]
    left: float | None = None
    labels: list[Piece] = []
    between = [_floor_of(pieces, floors) for pieces in rows]
    rowed = {key: bool(floors) and _is_row(rows, between, key) for key in set(between)}
    for n, pieces in enumerate(rows):
        values = [p.x0 for p in pieces if is_value(p.text)]
        goes_on = n > 0 and between[n] == between[n - 1] and rowed[between[n]]
        if values:
            left = min(values) if left is None else min(left, *values)
        elif left is not None and not any(_ends_bracket(p.text) for p in pieces):
            ahead = rows[n + 1] if n + 1 < len(rows) else []
            heads = len(ahead) > 1 and not any(is_value(p.text) or read_mark(p.text) for p in ahead)
            over = _is_over(pieces, left)
            apart = len(pieces) == 1 and not any(p.x0 < pieces[0].x1 and p.x1 > pieces[0].x0 for p in labels)
            titles = apart and heads and bool(labels)
            begins = (over and not _is_cut(pieces, parts[-1])) or titles
            beyond = titles and any(p.x0 > max(label.x1 for label in labels) for p in ahead)
            if begins and (not goes_on or (over and heads) or (titles and _is_over(ahead, left)) or beyond):
                parts.append([])
                left, labels = None, []
        if left is not None:
            labels += [p for p in pieces if not is_value(p.text)]
        parts[-1].append(pieces)
    return parts


def _is_over(pieces: Sequence[Piece], left: float) -> bool:
    """Whether a piece of a line stands over the numbers, which begin at ``left``."""
    return any(p.x1 > left + 1 and p.middle > left - 2 * (p.bottom - p.top) for p in pieces)


def _is_row(rows: Sequence[Sequence[Piece]], between: Sequence[object], key: object) -> bool:
    """Whether what stands between two horizontals is one row: no number under another."""
    values = sorted(
        (p.x0, p.x1)
        for pieces, own in zip(rows, between, strict=True)
        if own == key
        for p in pieces
        if is_value(p.text)
    )
    return all(a[1] <= b[0] for a, b in pairwise(values))


def _ends_bracket(text: str) -> bool:
    """Whether a text ends a bracket that it does not open."""
    return sum(text.count(c) for c in "）)】") > sum(text.count(c) for c in "（(【")


def _is_cut(pieces: Sequence[Piece], before: Sequence[Sequence[Piece]]) -> bool:
    """Whether a line at the top of a page only ends brackets that the page before opened."""
    opened = sum(p.text.count("（") + p.text.count("(") for p in before[-1])
    return pieces[0].page != before[-1][0].page and opened > 0 and any(p.text[-1:] in "）)】" for p in pieces)


def head_columns(lines: Sequence[Line], edges: Sequence[Band], pitch: float = USUAL_PITCH) -> list[dict[int, Part]]:
    """The rows of a header whose columns (intervals across) are known, each as its parts by column."""
    rows = [[_lower(piece) for piece in line.cells] for line in lines]
    blocks = _head_rows(_make_heads(rows, edges, pitch * SLACK), edges, range(len(edges)))
    return _fill(blocks, edges, rows[0][0].page).rows


Band = tuple[float, float]
Cells = dict[int, list[Piece]]
Placed = Sequence[Sequence[tuple[Piece, int]]]


def _infer(
    rows: Sequence[list[Piece]], walls: Sequence[Wall], floors: Sequence[tuple[int, float]], tight: float
) -> Inferred | None:
    values = [p for pieces in rows for p in pieces if is_value(p.text)]
    if not values:
        return None
    split = _first_of_body(rows, tight)
    rows = [*rows[:split], *(part_values(pieces, _value_bands(values)) for pieces in rows[split:])]
    values = [p for pieces in rows for p in pieces if is_value(p.text)]
    heads = _join_heads(rows[:split], tight)
    sides = _find_sides(rows[split:], walls)
    bands = _walled(rows[split:], sides) if len(sides) >= 3 else []
    labels = _label_bands(rows[split:], bands[0][0]) if bands else []
    if not bands or any(_is_crowded(band, rows[split:]) for band in bands):
        bands = _value_bands(values)
        heads = _make_heads(rows[:split], bands, tight)
        labels = _label_bands(rows[split:], bands[0][0])
        bands = _claim(bands, _leaves(heads, max((x1 for _, x1 in labels), default=None)))
    if not bands or len(bands) > MAX_BANDS:
        return None
    edges = sorted([*labels, *bands])
    numbers = [n for n, edge in enumerate(edges) if edge in bands]
    blocks = _head_rows(heads, edges, numbers)
    sideways = split == len(rows) - 1 and not labels
    blocks += _make_blocks(rows[split:], edges, numbers, floors, tight, sideways=sideways)
    return _fill(blocks, edges, rows[0][0].page)


def _fill(blocks: Sequence[Cells], edges: Sequence[Band], page: int) -> Inferred:
    table = Inferred(len(edges))
    for block in blocks:
        row: dict[int, Part] = {}
        broken = _find_broken(block)
        for column, pieces in block.items():
            first = pieces[0].page
            glyphs: dict[int, list[Glyph]] = {}
            for piece in pieces:
                glyphs.setdefault(piece.page, []).extend(piece.glyphs)
            text = clean_text("\n".join(piece.text for piece in pieces))
            if column in broken:
                text = _join_number(pieces, column, edges, blocks) or text
            row[column] = Part(len(table.rows), column, glyphs, first, text, bounds(glyphs[first]))
        newest = max(part.page for part in row.values())
        if newest > page:
            table.breaks.append(len(table.rows))
            page = newest
        table.rows.append(row)
    return table


def _find_broken(block: Cells) -> list[int]:
    """The columns of a row in which a number may go on in further lines: each is shorter than the line before it, and
    most columns have but one. Else they may be the numbers of two rows, of which one has lost its label."""
    several = [
        column for column, pieces in block.items() if len(pieces) > 1 and all(_in_number(piece) for piece in pieces)
    ]
    single = sum(len(pieces) == 1 and is_value(pieces[0].text) for pieces in block.values())
    shorter = all(len(after.text) < len(before.text) for column in several for before, after in pairwise(block[column]))
    return several if shorter and len(several) < single else []


def _in_number(piece: Piece) -> bool:
    """Whether a piece is nothing but digits, with points or commas."""
    return all(character.isdecimal() or character in ",，." for character in piece.text)


def _join_number(pieces: Sequence[Piece], column: int, edges: Sequence[Band], blocks: Sequence[Cells]) -> str | None:
    """A number that stands in several lines of a cell without lines around it, joined if its next digit had no room
    between the columns beside it; None if it stands on two pages."""
    if pieces[0].page != pieces[-1].page or len(edges) < 2:
        return None
    middles = [(x0 + x1) / 2 for x0, x1 in edges]
    width = min(abs(middles[n] - middles[column]) for n in (column - 1, column + 1) if 0 <= n < len(edges))
    widest = max(p.x1 - p.x0 for block in blocks for p in block.get(column, ()) if _in_number(p))
    return read_text([glyph for piece in pieces for glyph in piece.glyphs], width, width - widest)


def _first_of_body(rows: Sequence[Sequence[Piece]], tight: float) -> int:
    """Where the header ends: at the first numbers, or above them where only the beginning of their label stands."""
    numbered = next(n for n, pieces in enumerate(rows) if any(is_value(p.text) for p in pieces))
    left = min(p.x0 for p in rows[numbered] if is_value(p.text))
    own = [p for p in rows[numbered] if not is_value(p.text)]
    first = numbered
    while first > 0 and not any(read_mark(p.text) for p in own):
        own, below = list(rows[first - 1]), rows[first]
        near = below[0].top - own[0].top <= tight * (own[0].bottom - own[0].top)
        if not near or len(own) > 1 or own[0].x1 > left + 1:
            break
        first -= 1
    return first


# --- Columns --------------------------------------------------------------------------------------------------------


def _find_sides(rows: Sequence[Sequence[Piece]], walls: Sequence[Wall]) -> list[float]:
    """Where uprights pass most lines of the numbers."""
    found: list[tuple[float, set[int]]] = []
    for page, x, top, bottom in sorted(walls, key=lambda wall: wall[1]):
        passed = {
            n
            for n, pieces in enumerate(rows)
            if pieces[0].page == page and top - 1 <= (pieces[0].top + pieces[0].bottom) / 2 <= bottom + 1
        }
        if found and x - found[-1][0] <= SAME_SIDE:
            found[-1][1].update(passed)
        else:
            found.append((x, passed))
    return [x for x, passed in found if len(passed) >= 0.8 * len(rows)]


def _walled(rows: Sequence[Sequence[Piece]], walls: Sequence[float]) -> list[Band]:
    """The columns of numbers where uprights divide them."""
    sides = sorted(walls)
    values = [p for pieces in rows for p in pieces if is_value(p.text)]
    left, right = min(p.x0 for pieces in rows for p in pieces), max(p.x1 for p in values)
    inner = list(
        pairwise([*([left - 1] if left < sides[0] else []), *sides, *([right + 1] if right > sides[-1] else [])])
    )
    if len(values) == sum(map(len, rows)):
        return inner  # a sideways table: its blank columns have no labels in them either
    first = next(
        (n for n, b in enumerate(inner) if any(is_value(p.text) and b[0] <= p.middle < b[1] for r in rows for p in r)),
        len(inner),
    )
    return inner[first:]


def _is_crowded(band: Band, rows: Sequence[Sequence[Piece]]) -> bool:
    """Whether numbers stand side by side between two uprights, so that these do not divide all columns."""
    return any(sum(is_value(p.text) and band[0] <= p.middle < band[1] for p in pieces) > 1 for pieces in rows)


def _value_bands(values: Sequence[Piece]) -> list[Band]:
    """The columns that numbers make up. A number with a note may run into its neighbours' columns; it has one of its
    own only if there is no bare number under or over it."""
    bands = _merge_intervals([(p.x0, p.x1) for p in values if not _is_noted(p)])
    noted = [(p.x0, p.x1) for p in values if _is_noted(p)]
    return _merge_intervals([*bands, *(n for n in noted if not any(n[0] < b[1] and n[1] > b[0] for b in bands))])


def _is_noted(piece: Piece) -> bool:
    return piece.text[-1:] in {"）", ")", "】"}


def _merge_intervals(intervals: Sequence[Band]) -> list[Band]:
    """Intervals that overlap become one."""
    out: list[Band] = []
    for x0, x1 in sorted(intervals):
        if out and x0 < out[-1][1] - 0.5:
            out[-1] = (out[-1][0], max(out[-1][1], x1))
        else:
            out.append((x0, x1))
    return out


def _label_bands(rows: Sequence[Sequence[Piece]], left: float) -> list[Band]:
    """The columns of labels left of the numbers: labels of groups stand left of those of rows. Two on one line stand
    in two columns; what runs over the side between them spans both and tells nothing of either."""
    lines = [[p for p in pieces if p.middle <= left and not is_value(p.text)] for pieces in rows]
    cuts = _find_cuts(lines)
    own = [(p.x0, p.x1) for line in lines for p in line]
    merged: list[Band] = []
    for zone in pairwise([float("-inf"), *cuts, float("inf")]):
        merged += _merge_labels([b for b in own if b[0] >= zone[0] - 1 and b[1] <= zone[1] + 1])
    return merged


def _find_cuts(lines: Sequence[Sequence[Piece]]) -> list[float]:
    """Places across that part all labels which stand side by side, as few as do, each where it cuts fewest labels."""
    labels = [piece for line in lines for piece in line]
    gaps = [(before.x1, after.x0) for line in lines for before, after in pairwise(line) if after.x0 > before.x1]
    cuts: list[float] = []
    while gaps:
        end = min(after for _, after in gaps)
        since = max(before for before, _ in gaps if before <= end)
        places = [x for x in (end, *(p.x0 for p in labels)) if since <= x <= end]
        cuts.append(min(places, key=lambda x: (sum(p.x0 < x - 1 and p.x1 > x + 1 for p in labels), -x)))
        gaps = [gap for gap in gaps if gap[0] > end]
    return cuts


def _merge_labels(labels: Sequence[Band]) -> list[Band]:
    """The columns of labels of which no two need stand side by side."""
    merged: list[Band] = []
    for x0, x1 in sorted(labels, key=lambda b: b[1] - b[0]):  # a label that spans both columns must not join them
        over = [b for b in merged if b[0] < x1 - 1 and b[1] > x0 + 1]
        if len(over) <= 1:
            merged = [b for b in merged if b not in over]
            merged.append((min([x0, *(b[0] for b in over)]), max([x1, *(b[1] for b in over)])))
    return sorted(merged)


@dataclass(slots=True)
class _Head:
    """A label of the header, put together from its lines."""

    pieces: list[Piece]
    alone: bool  # nothing else stood on its line

    @property
    def box(self) -> Bounds:
        return (
            min(p.x0 for p in self.pieces),
            self.pieces[0].top,
            max(p.x1 for p in self.pieces),
            self.pieces[-1].bottom,
        )


def _make_heads(rows: Sequence[Sequence[Piece]], bands: Sequence[Band], tight: float) -> list[_Head]:
    """The labels of a header over columns (``bands``) that are known."""
    parted = [[part for piece in pieces for part in part_heads(piece, bands)] for pieces in rows]
    return _part_all(_join_heads(parted, tight), bands)


def _join_heads(rows: Sequence[Sequence[Piece]], tight: float) -> list[_Head]:
    """The labels of a header, put together from their lines. What ends in the whole of another label is two."""
    heads: list[_Head] = []
    for pieces in rows:
        _add_heads(heads, pieces, tight)
    whole = {text for head in heads if len(text := _text_of(head.pieces)) >= WHOLE}
    out = []
    for head in heads:
        end = next((n for n in range(1, len(head.pieces)) if _text_of(head.pieces[n:]) in whole), None)
        out += [head] if end is None else [replace(head, pieces=head.pieces[:end]), _Head(head.pieces[end:], False)]
    return out


def _add_heads(heads: list[_Head], pieces: Sequence[Piece], tight: float) -> None:
    """Adds the pieces of a line to the labels over them, or as labels of their own. A piece goes on with the label
    right above it if nothing else stands under that."""
    fresh: list[_Head] = []
    for piece in pieces:
        over = [h for h in heads if h.box[0] < piece.x1 and h.box[2] > piece.x0]
        lowest = max(over, key=lambda h: h.box[3], default=None)
        if lowest is not None:
            last = lowest.pieces[-1]
            under = sum(p.x0 < lowest.box[2] and p.x1 > lowest.box[0] for p in pieces)
            near = piece.top - last.top <= tight * (piece.bottom - piece.top)
            if last.page != piece.page:  # the end of the page cut it: a label in a narrow column
                near = last.page == piece.page - 1 and len(last.text) < WHOLE and len(piece.text) < WHOLE
            if under == 1 and near and not is_value(piece.text) and not (lowest.alone and len(pieces) > 1):
                lowest.pieces.append(piece)
                continue
        fresh.append(_Head([piece], len(pieces) == 1))
    heads += fresh


def _part_all(heads: Sequence[_Head], bands: Sequence[Band]) -> list[_Head]:
    """The labels of a header, those parted that follow one another without space; those of the same words alike, for
    not all need have numbers under them."""
    parted = [_part_head(head, heads, bands) for head in heads]
    sizes = {_text_of(head.pieces): len(parts) for head, parts in zip(heads, parted, strict=True) if len(parts) > 1}
    out = []
    for head, parts in zip(heads, parted, strict=True):
        count = sizes.get(_text_of(head.pieces), 1)
        alike = len(parts) == 1 < count and len(head.pieces) == 1
        out += [_Head(p, head.alone) for p in (_part_evenly(head.pieces[0], count) if alike else parts)]
    return out


def _text_of(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _part_head(head: _Head, heads: Sequence[_Head], bands: Sequence[Band]) -> list[list[Piece]]:
    """The labels of a header that follow one another without space: all have as many characters, and no two of the
    columns of numbers under them are one label's."""
    text = _text_of(head.pieces)
    x0, top, x1, _ = head.box
    under = [b for b in bands if b[0] < x1 and b[1] > x0]
    if any(h.box[1] > top + 1 and h.box[0] < x1 and h.box[2] > x0 for h in heads):
        return [head.pieces]  # it spans the columns of other labels
    if len(head.pieces) != 1 or len(under) < 2 or len(text) < 2 * len(under) or len(text) != len(head.pieces[0].glyphs):
        return [head.pieces]
    middles = [(b[0] + b[1]) / 2 for b in under]
    groups = cut_at(head.pieces[0], [(a + b) / 2 for a, b in pairwise(middles)])
    if len({len(group.glyphs) for group in groups}) == 1:
        return [[group] for group in groups]
    for count in range(len(under), len(text) // 2 + 1):
        if len(text) % count == 0:
            # Numbers set to the left of their columns stand under the beginnings of their labels, not the middles.
            parts = _part_evenly(head.pieces[0], count)
            owners = [[n for n, (p,) in enumerate(parts) if p.x0 < b[1] and p.x1 > b[0]] for b in under]
            if all(len(own) == 1 for own in owners) and len({own[0] for own in owners}) == len(under):
                return parts
    return [head.pieces]


def _part_evenly(piece: Piece, count: int) -> list[list[Piece]]:
    """A piece cut into so many parts of as many characters."""
    size, glyphs = len(piece.glyphs) // count, piece.glyphs
    cuts = [(glyphs[n - 1].x1 + glyphs[n].x0) / 2 for n in range(size, size * count, size)]
    return [[part] for part in cut_at(piece, cuts)]


def _leaves(heads: Sequence[_Head], labels_end: float | None) -> list[Bounds]:
    """The labels that head a single column: nothing of the header is under them, and no label of a row. One alone on
    its line is the title of all, unless the lines of another label run past it."""
    boxes = [h.box for h in heads]
    found = []
    for n, (x0, top, x1, bottom) in enumerate(boxes):
        if labels_end is not None and (x0 + x1) / 2 < labels_end:
            continue
        lower = [b for b in boxes if b[1] > top + 1]
        if any(b[0] < x1 and b[2] > x0 for b in lower):
            continue
        if heads[n].alone and lower and not any(b[1] < bottom and b[3] > top for b in boxes[:n] + boxes[n + 1 :]):
            continue
        found.append(boxes[n])
    return sorted(found)


def _claim(bands: list[Band], leaves: list[Bounds]) -> list[Band]:
    """The columns with their headers: a label heads the numbers that it stands over; where the two are set differently
    (one left, one centred) those left over are matched in order; what is still left over heads a column of blanks,
    unless other labels stand lower: then it heads several of their columns."""
    owner: dict[int, int] = {}
    for n, (x0, _, x1, _) in enumerate(leaves):
        shared = [(min(x1, b1) - max(x0, b0), m) for m, (b0, b1) in enumerate(bands) if m not in owner.values()]
        best = max(shared, default=(0.0, -1))
        if best[0] > 0:
            owner[n] = best[1]
    n = 0
    while n < len(leaves):
        if n in owner:
            n += 1
            continue
        end = n
        while end < len(leaves) and end not in owner:
            end += 1
        after = owner[end] if end < len(leaves) else len(bands)
        before = owner[n - 1] if n > 0 else -1
        free = list(range(before + 1, after))
        if len(free) == end - n:
            owner |= dict(zip(range(n, end), free, strict=True))
        else:
            for m in free:
                nearest = min(
                    (k for k in range(n, end) if k not in owner),
                    key=lambda k: abs(leaves[k][0] + leaves[k][2] - sum(bands[m])),
                    default=None,
                )
                if nearest is not None:
                    owner[nearest] = m
        n = end
    out = list(bands)
    for n, (x0, top, x1, bottom) in enumerate(leaves):
        if n in owner:
            b0, b1 = bands[owner[n]]
            out[owner[n]] = (min(b0, x0), max(b1, x1))
            continue
        beside = leaves[max(n - 1, 0) : n] + leaves[n + 1 : n + 2]
        level = any(min(bottom, b) - max(top, t) > 0.5 * min(bottom - top, b - t) for _, t, _, b in beside)
        if level or not any(leaves[k][1] >= bottom - 1 for k in owner):
            out.append((x0, x1))
    return sorted(out)


def _column_of(piece: Piece, edges: Sequence[Band], numbers: Sequence[int]) -> int:
    """The column that a piece stands in: the one it overlaps most, else the nearest; for a number one of numbers."""
    if is_value(piece.text):
        return min(numbers, key=lambda n: abs(piece.middle - min(max(piece.middle, edges[n][0]), edges[n][1])))
    shared = [min(piece.x1, x1) - max(piece.x0, x0) for x0, x1 in edges]
    best = max(range(len(edges)), key=lambda n: shared[n])
    if shared[best] > 0:
        over = [n for n in range(len(edges)) if shared[n] > 0]
        if len(over) > 1:  # it spans several: the one under its middle, the leftmost for a label
            starts = [x0 for x0, _ in edges]
            return max(bisect_right(starts, piece.middle) - 1, over[0])
        return best
    return min(range(len(edges)), key=lambda n: min(abs(piece.x0 - edges[n][1]), abs(piece.x1 - edges[n][0])))


# --- Rows -----------------------------------------------------------------------------------------------------------


def _head_rows(heads: Sequence[_Head], edges: Sequence[Band], numbers: Sequence[int]) -> list[Cells]:
    """The rows of a header: labels stand in one row if they overlap in height."""
    rows: list[tuple[float, float, int, Cells]] = []
    for head in sorted(heads, key=lambda h: (h.pieces[0].page, (h.box[1] + h.box[3]) / 2)):
        x0, top, x1, bottom = head.box
        first = head.pieces[0]
        whole = Piece("", (), first.page, x0, top, x1, bottom)
        column = _column_of(whole, edges, numbers)
        if rows:
            above_top, above_bottom, page, cells = rows[-1]
            shared = min(bottom, above_bottom) - max(top, above_top)
            same = page == first.page and shared > 0.5 * min(bottom - top, above_bottom - above_top)
            if same and column not in cells:
                cells[column] = head.pieces
                rows[-1] = (min(top, above_top), max(bottom, above_bottom), page, cells)
                continue
        rows.append((top, bottom, first.page, {column: head.pieces}))
    return [cells for _, _, _, cells in rows]


def _make_blocks(
    rows: Sequence[Sequence[Piece]],
    edges: Sequence[Band],
    numbers: Sequence[int],
    floors: Sequence[tuple[int, float]],
    tight: float,
    *,
    sideways: bool,
) -> list[Cells]:
    """The rows of numbers: lines gathered into rows, each as its pieces by column."""
    placed = [[(piece, _column_of(piece, edges, numbers)) for piece in pieces] for pieces in rows]
    if sideways:
        return [_gather(line) for line in placed]
    intervals = [_floor_of(pieces, floors) for pieces in rows]
    blocks: list[Cells] = []
    start = 0
    while start < len(placed):
        end = start + 1
        while end < len(placed) and intervals[end] == intervals[start]:
            end += 1
        blocks += _rows_between(placed[start:end], tight, whole=bool(floors))
        start = end
    return blocks


def _floor_of(pieces: Sequence[Piece], floors: Sequence[tuple[int, float]]) -> tuple[int, int]:
    """Between which two horizontals a line stands."""
    page, y = pieces[0].page, (pieces[0].top + pieces[0].bottom) / 2
    return page, bisect_right(floors, (page, y))


def _rows_between(placed: Placed, tight: float, *, whole: bool) -> list[Cells]:
    """The rows that stand between two horizontals. Lines with a number in one column twice are rows of their own."""
    numbered = [n for n, line in enumerate(placed) if any(is_value(p.text) for p, _ in line)]
    taken = [c for n in numbered for c in {c for p, c in placed[n] if is_value(p.text)}]
    rows = _number_rows(placed, numbered, tight)
    labels = _find_labels(placed, {n: k for k, row in enumerate(rows) for n in row}, tight)
    if whole and len(taken) == len(set(taken)):
        row = _gather([pair for n in numbered for pair in placed[n] if is_value(pair[0].text)])
        for label in labels:
            row.setdefault(label.column, []).extend(label.pieces)
        return [row]
    return _body_rows(placed, rows, labels, tight)


def _number_rows(placed: Placed, numbered: Sequence[int], tight: float) -> list[list[int]]:
    """The lines (their indices) that hold numbers, by row: cells of two lines stand beside cells of one."""
    rows: list[list[int]] = []
    for n in numbered:
        above = [pair for m in rows[-1] for pair in placed[m]] if rows else []
        if above and (_is_beside(above, placed[n], tight) or _is_rest(above, placed[n], tight)):
            rows[-1].append(n)
        else:
            rows.append([n])
    return rows


def _gather(pairs: Sequence[tuple[Piece, int]]) -> Cells:
    cells: Cells = {}
    for piece, column in pairs:
        cells.setdefault(column, []).append(piece)
    return cells


@dataclass(slots=True)
class _Label:
    """A label that runs over lines ``top`` to ``bottom`` (their indices) in one column."""

    column: int
    pieces: list[Piece]
    top: int
    bottom: int


def _find_labels(placed: Placed, row_of: Mapping[int, int], tight: float) -> list[_Label]:
    """The labels of rows and groups: lines under one another from a number mark on, or those that follow tightly.
    ``row_of`` tells the row of each line that holds numbers."""
    labels: list[_Label] = []
    # The numbers of a line are those of the label next to them; one of a group, left of it, has none.
    beside = {n: _label_beside(placed[n]) for n in row_of}
    for n, line in enumerate(placed):
        for piece, column in line:
            if is_value(piece.text):
                continue
            own = {m: k for m, k in row_of.items() if beside[m] == column}
            label = None if _begins_label(piece, placed[n + 1 : n + 3]) else _open_label(labels, piece, n, own, tight)
            if label is not None:
                label.pieces.append(piece)
                label.bottom = n
            else:
                labels.append(_Label(column, [piece], n, n))
    return labels


def _body_rows(
    placed: Placed, numbered: Sequence[Sequence[int]], labels: Sequence[_Label], tight: float
) -> list[Cells]:
    """Rows of numbers (``numbered``: their lines) with their labels. A label belongs to the numbers on its lines, else
    to the nearest."""
    rows = {
        float(lines[-1]): _gather([pair for n in lines for pair in placed[n] if is_value(pair[0].text)])
        for lines in numbered
    }
    own = {
        id(label): [lines[-1] for lines in numbered if any(label.top <= n <= label.bottom for n in lines)]
        for label in labels
    }
    last = [lines[-1] for lines in numbered]
    for label in sorted(labels, key=lambda label: not own[id(label)]):  # those beside numbers first
        inside = own[id(label)]
        owner = float(inside[0]) if inside else _nearest_row(label, placed, last, rows, tight)
        rows.setdefault(owner, {}).setdefault(label.column, []).extend(label.pieces)
    return _join_orphans([rows[n] for n in sorted(rows)], tight)


def _merge(above: Cells, below: Cells) -> Cells:
    return {c: [*above.get(c, ()), *below.get(c, ())] for c in sorted(above.keys() | below.keys())}


def _join_orphans(rows: Sequence[Cells], tight: float) -> list[Cells]:
    """Lines of numbers without a label put into the row near them that has no number in their columns, else into the
    nearest: part of a number may have gone on in another line, and one that is read in part is worse than one that is
    not read."""
    out: list[Cells] = []
    left = list(rows)
    while left:
        cells = left.pop(0)
        if any(not is_value(p.text) for pieces in cells.values() for p in pieces):
            out.append(cells)
            continue
        above = _distance(out[-1], cells) if out else None
        below = _distance(cells, left[0]) if left else None
        near = [d for d in (above, below) if d is not None and d <= tight]
        if not near:
            out.append(cells)
            continue
        fits = [d for d, row in ((above, out[-1:]), (below, left[:1])) if d in near and _lacks(row[0], cells)]
        if min(fits or near) == above:
            out[-1] = _merge(out[-1], cells)
        else:
            left[0] = _merge(cells, left[0])
    return out


def _lacks(row: Cells, cells: Cells) -> bool:
    """Whether a row has no number in the columns of others."""
    return not any(is_value(p.text) for column in cells for p in row.get(column, ()))


def _distance(above: Cells, below: Cells) -> float | None:
    """How far apart the numbers of two rows are, in heights of their text; None if on two pages or without numbers."""
    upper = max((p for pieces in above.values() for p in pieces if is_value(p.text)), key=_top, default=None)
    lower = min((p for pieces in below.values() for p in pieces if is_value(p.text)), key=_top, default=None)
    if upper is None or lower is None or upper.page != lower.page:
        return None
    return (lower.top - upper.top) / (upper.bottom - upper.top)


def _is_beside(above: Sequence[tuple[Piece, int]], below: Sequence[tuple[Piece, int]], tight: float) -> bool:
    """Whether two lines of numbers are nearer than lines that follow one another can be: the lines of one cell stand
    half their distance above and below the one line of another."""
    upper = max((piece for piece, _ in above if is_value(piece.text)), key=_top)
    lower = next(piece for piece, _ in below if is_value(piece.text))
    return lower.top - upper.top < max(0.8, 0.6 * min(tight / SLACK, USUAL_PITCH)) * (upper.bottom - upper.top)


def _is_rest(above: Sequence[tuple[Piece, int]], below: Sequence[tuple[Piece, int]], tight: float) -> bool:
    """Whether a line of numbers belongs to the row of the line over it: its label goes on with one that has a number
    mark and has none itself, and one of the two has numbers only where the other has some too."""
    upper, lower = _label_beside(above), _label_beside(below)
    if upper < 0 or upper != lower:
        return False
    label = next(piece for piece, column in above if column == upper)
    rest = next(piece for piece, column in below if column == lower)
    last = max((piece for piece, column in above if column == upper), key=_top)
    taken, more = ({c for p, c in line if is_value(p.text)} for line in (above, below))
    near = rest.page == last.page and rest.top - last.top <= tight * (rest.bottom - rest.top)
    return near and bool(read_mark(label.text)) and not read_mark(rest.text) and (taken < more or more < taken)


def _top(piece: Piece) -> float:
    return piece.top


def _label_beside(line: Sequence[tuple[Piece, int]]) -> int:
    """The column of the label next to the numbers of a line, which stand right of it; -1 without one."""
    first = min(column for piece, column in line if is_value(piece.text))
    return max((column for piece, column in line if column < first and not is_value(piece.text)), default=-1)


def _begins_label(piece: Piece, below: Placed) -> bool:
    """Whether a piece has a number mark, or is a numeral whose mark stands in the lines ``below``: 三 over 、."""
    if read_mark(piece.text):
        return True
    under = next((p for line in below for p, _ in line if p.x0 < piece.x1 and p.x1 > piece.x0), None)
    return under is not None and read_mark(piece.text + under.text[:1]) is not None


def _open_label(
    labels: Sequence[_Label], piece: Piece, n: int, row_of: Mapping[int, int], tight: float
) -> _Label | None:
    """The label that a piece goes on with: the last one over it, if it follows tightly and that has no numbers yet, or
    the piece has none of another row."""
    for label in reversed(labels):
        last = label.pieces[-1]
        if last.page != piece.page or piece.top - last.top > tight * (piece.bottom - piece.top):
            continue
        if max(p.x0 for p in label.pieces) < piece.x1 and min(p.x0 for p in label.pieces) < piece.x1:
            overlap = min(piece.x1, max(p.x1 for p in label.pieces)) - max(piece.x0, min(p.x0 for p in label.pieces))
            if overlap <= 0 or label.bottom == n:
                continue
            others = any(label.top <= m <= label.bottom and row_of[m] != row_of.get(n) for m in row_of)
            return None if others and n in row_of else label
    return None


def _nearest_row(
    label: _Label, placed: Placed, numbered: Sequence[int], rows: dict[float, Cells], tight: float
) -> float:
    """The row of the numbers nearest to a label that none stand beside; else a row of its own."""
    middle = (label.pieces[0].top + label.pieces[-1].bottom) / 2
    tall = label.pieces[0].bottom - label.pieces[0].top
    nearest = sorted(
        (abs(_middle(placed[n]) - middle), n) for n in numbered if placed[n][0][0].page == label.pieces[0].page
    )
    if nearest and nearest[0][0] <= tight * tall and label.column not in rows[float(nearest[0][1])]:
        return float(nearest[0][1])
    return label.top + 0.5


def _middle(line: Sequence[tuple[Piece, int]]) -> float:
    value = next(p for p, _ in line if is_value(p.text))
    return (value.top + value.bottom) / 2
