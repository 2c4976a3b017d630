"""A page made ready to be read: turned upright, without what is hidden or lies over the text, divided into lattices and
loose lines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from operator import itemgetter

from crawler.extraction.documents.pages.cutting import is_value
from crawler.extraction.documents.pages.lattice import Lattice, find_lattices, merge_rules
from crawler.extraction.documents.pages.lines import Bounds, Line, make_lines
from crawler.extraction.documents.pages.model import Glyph, Image, Page, Rule
from crawler.extraction.documents.pages.stamps import drop_stamps
from crawler.extraction.text.numbering import read_mark

_TURNS = frozenset((0, 90, 180, 270))
GUTTER = 0.03  # of the width of a sheet: the least space between two pages side by side
_SPECK = 1.0  # points: type so small is a speck for everybody, however much of it there is;
_SPECK_SHARE = 1 / 800  # of the page's height, on one that counts in larger units
_TINY = 0.3  # times the usual height: nobody reads that
_WIDEST = 3.5  # times its height: no character is so wide, not even a dash over three
_BIG = 1.8  # times the usual height: what is so big and lies over other text is a watermark


@dataclass(slots=True)
class DividedPage:
    """A page as it is read, or one of two that stand side by side on a sheet.

    ``order`` counts these from 0; ``number`` is the page of the file, ``side`` 1 or 2 for the left and right page of a
    sheet, else 0. ``turn`` is the direction that most of its text had (then all boxes here are turned); ``shift`` is
    how far from the left of the sheet the page begins (all boxes here count from there);
    ``inside[n][cell]`` are the glyphs in each cell of ``lattices[n]``.
    """

    number: int
    width: float
    height: float
    turn: int
    glyphs: list[Glyph]
    rules: list[Rule]
    images: list[Image]
    order: int = 0
    side: int = 0
    shift: float = 0.0
    lattices: list[Lattice] = field(default_factory=list)
    inside: list[list[list[Glyph]]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def locate(self, box: Bounds) -> Bounds:
        """A box of this sheet as it stands on the page, in points from the top left, to a hundredth."""
        x0, top, x1, bottom = box[0] + self.shift, box[1], box[2] + self.shift, box[3]
        if self.turn == 90:
            x0, top, x1, bottom = self.height - bottom, x0, self.height - top, x1
        elif self.turn == 270:
            x0, top, x1, bottom = top, self.width - x1, bottom, self.width - x0
        elif self.turn == 180:
            x0, top, x1, bottom = self.width - x1, self.height - bottom, self.width - x0, self.height - top
        return round(x0, 2), round(top, 2), round(x1, 2), round(bottom, 2)


def prepare(page: Page, turn: int | None = None) -> DividedPage:
    """A page made ready. ``turn`` is the direction to be read, if it is known already."""
    glyphs = [g for g in drop_stamps(page.glyphs) if g.visible and g.direction in _TURNS]
    if turn is None:
        turn = _main_direction(glyphs)
    width, height = (page.height, page.width) if turn in {90, 270} else (page.width, page.height)
    rules: Sequence[Rule] = page.rules
    images: Sequence[Image] = page.images
    if turn:
        glyphs = [
            Glyph(
                g.text,
                *_turn(g.x0, g.top, g.x1, g.bottom, page, turn),
                (g.direction - turn) % 360,
                g.visible,
                g.score,
                g.spaced,
                g.ink,
            )
            for g in glyphs
        ]
        rules = [Rule(*_turn(r.x0, r.top, r.x1, r.bottom, page, turn)) for r in rules]
        images = [Image(*_turn(i.x0, i.top, i.x1, i.bottom, page, turn)) for i in images]
    glyphs = _mend_widths(_drop_watermarks(glyphs, height))
    return DividedPage(page.number, width, height, turn, glyphs, list(rules), list(images))


def part_all(sheets: Sequence[DividedPage]) -> list[DividedPage]:
    """The pages that stand on sheets, one or two on each."""
    parts = [part(sheet) for sheet in sheets]
    sizes = {(round(s.width), round(s.height)) for s, halves in zip(sheets, parts, strict=True) if len(halves) == 2}
    # Where one sheet holds two pages for sure, others of its size do too, though one of them be but a few words.
    return [
        half
        for sheet, halves in zip(sheets, parts, strict=True)
        for half in (part(sheet, sure=True) if (round(sheet.width), round(sheet.height)) in sizes else halves)
    ]


def part(sheet: DividedPage, *, sure: bool = False) -> list[DividedPage]:
    """The one or two pages that stand on a sheet. Two are told by a gutter in the middle that nothing crosses, with
    what fills a page on both of its sides; where it is ``sure`` that there are two, by the gutter alone."""
    if sheet.width < 1.15 * sheet.height or (len(sheet.glyphs) < 40 and not sure):
        return [sheet]
    left, right = 0.0, sheet.width
    for glyph in sheet.glyphs:
        if glyph.x0 < 0.5 * sheet.width < glyph.x1:
            return [sheet]
        if glyph.x1 <= 0.5 * sheet.width:
            left = max(left, glyph.x1)
        else:
            right = min(right, glyph.x0)
    middle = (left + right) / 2
    aside = abs(middle - 0.5 * sheet.width) > 0.03 * sheet.width and not sure
    if right - left < GUTTER * sheet.width or aside:
        return [sheet]
    across, _ = merge_rules(sheet.rules)  # lines are often drawn cell by cell
    if any(start < middle - 1 and end > middle + 1 for line in across for start, end in line.pieces):
        return [sheet]
    halves = []
    for side in (1, 2):
        glyphs = [g for g in sheet.glyphs if (g.x0 < middle) == (side == 1)]
        rules = [r for r in sheet.rules if (r.x0 < middle) == (side == 1)]
        images = [i for i in sheet.images if (i.x0 < middle) == (side == 1)]
        if not glyphs or not (sure or _is_page(glyphs, rules, sheet.width / 2)):
            return [sheet]
        half = replace(sheet, glyphs=glyphs, rules=rules, images=images, side=side)
        halves.append(half if side == 1 else shift(half, sheet.width / 2))
    return halves


def _is_page(glyphs: Sequence[Glyph], rules: Sequence[Rule], width: float) -> bool:
    """Whether something on half a sheet is as wide as what stands on a page: a line of prose, or a ruled table."""
    if any(len(line.glyphs) >= 15 and is_prose(line.text) for line in make_lines(glyphs)):
        return True
    across = [rule for rule in rules if rule.x1 - rule.x0 > rule.bottom - rule.top]
    heights = {round(rule.top) for rule in across}
    if len(heights) < 4 or len(across) == len(rules):
        return False
    return max(rule.x1 for rule in across) - min(rule.x0 for rule in across) >= 0.5 * width


def shift(sheet: DividedPage, by: float) -> DividedPage:
    """A sheet with its boxes counted from ``by`` points further right, so that two pages on it have the same columns at
    the same places."""
    return replace(
        sheet,
        glyphs=[g._replace(x0=g.x0 - by, x1=g.x1 - by) for g in sheet.glyphs],
        rules=[r._replace(x0=r.x0 - by, x1=r.x1 - by) for r in sheet.rules],
        images=[i._replace(x0=i.x0 - by, x1=i.x1 - by) for i in sheet.images],
        shift=sheet.shift + by,
    )


def is_prose(text: str) -> bool:
    """Whether a line is mostly ideographs, as lines of prose and of labels are."""
    return sum("\u3400" <= c <= "\u9fff" for c in text) >= 0.6 * len(text)


def divide(sheet: DividedPage, before: DividedPage | None = None) -> None:
    """Finds the lattices of a sheet, what stands in their cells, and the lines outside of them. ``before`` is the sheet
    before it, divided."""
    sheet.lattices = find_lattices(sheet.rules, before=before.lattices[-1] if before and before.lattices else None)
    sheet.inside, loose = assign(sheet.lattices, sheet.glyphs)
    # A box around a page or a heading is no table, nor are uprights alone a row.
    for n in range(len(sheet.lattices) - 1, -1, -1):
        inside = sheet.inside[n]
        if len(inside) == 1 or (sheet.lattices[n].rest and _are_rows(inside)):
            loose += [glyph for glyphs in inside for glyph in glyphs]
            del sheet.lattices[n], sheet.inside[n]
    sheet.lines = make_lines(loose, sheet.order)


def _are_rows(inside: Sequence[list[Glyph]]) -> bool:
    """Whether cells hold more than a row each: several number marks one under the other, or nothing but such values."""
    cells = [[line.text for line in make_lines(glyphs)] for glyphs in inside]
    values = [[is_value(text) for text in texts] for texts in cells if any(map(is_value, texts))]
    marks = max(sum(read_mark(text) is not None for text in texts) for texts in cells)
    return marks > 1 or (bool(values) and all(len(own) > 1 and all(own) for own in values))


def assign(lattices: Sequence[Lattice], glyphs: Sequence[Glyph]) -> tuple[list[list[list[Glyph]]], list[Glyph]]:
    """The glyphs in each cell of each lattice (by their middles), and those in none. Where lattices lie in one another
    the smallest has them."""
    inside: list[list[list[Glyph]]] = [[[] for _ in lattice.cells] for lattice in lattices]
    order = sorted(range(len(lattices)), key=lambda n: _area(lattices[n].box))
    boxes = [(n, *lattices[n].box, lattices[n].find, inside[n]) for n in order]
    loose: list[Glyph] = []
    apart = not any(_overlap(one.box, other.box) for one, other in combinations(lattices, 2))
    left = high = right = low = 0.0  # of the cell of the glyph before, which mostly is that of the next one too
    into = loose
    for glyph in glyphs:
        x, y = (glyph[1] + glyph[3]) / 2, (glyph[2] + glyph[4]) / 2
        if left <= x < right and high <= y < low:
            into.append(glyph)
            continue
        for n, x0, top, x1, bottom, find, cells in boxes:
            if x0 <= x < x1 and top <= y < bottom:
                cell = find(x, y)
                if cell is not None:
                    into = cells[cell]
                    into.append(glyph)
                    if apart:
                        box = lattices[n].cells[cell]
                        left, high, right, low = box.x0, box.top, box.x1, box.bottom
                    break
        else:
            loose.append(glyph)
    return inside, loose


def _overlap(one: Bounds, other: Bounds) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _area(box: Bounds) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _main_direction(glyphs: Sequence[Glyph]) -> int:
    """The direction that most text of a page reads in; upright cells and margins do not decide it."""
    if not any(map(itemgetter(5), glyphs)):
        return 0  # as on most pages
    counts = dict.fromkeys(_TURNS, 0)
    for glyph in glyphs:
        counts[glyph.direction] += len(glyph.text)
    best = max(counts, key=lambda d: (counts[d], d == 0))
    return best if counts[best] > 0.6 * sum(counts.values()) else 0


def _turn(x0: float, top: float, x1: float, bottom: float, page: Page, turn: int) -> Bounds:
    """A box of a page turned so that text of a direction reads from left to right."""
    if turn == 90:
        return top, page.width - x1, bottom, page.width - x0
    if turn == 270:
        return page.height - bottom, x0, page.height - top, x1
    return page.width - x1, page.height - bottom, page.width - x0, page.height - top


def _mend_widths(glyphs: list[Glyph]) -> list[Glyph]:
    """Glyphs that a damaged font makes wider than any character is, as wide as high: they would reach over others."""
    return [
        g._replace(x1=g.x0 + g.bottom - g.top)
        if g[3] - g[1] > _WIDEST * (g[4] - g[2]) and len(g[0]) == 1 and not g.direction
        else g
        for g in glyphs
    ]


def _drop_watermarks(glyphs: list[Glyph], height: float) -> list[Glyph]:
    """Leaves out glyphs that are much larger than the rest and lie over other text, and those too small to be read.
    ``height`` is the page's."""
    heights = sorted(g.bottom - g.top for g in glyphs)
    heights = heights[bisect_left(heights, min(_SPECK, _SPECK_SHARE * height)) :] or heights
    if not heights:
        return glyphs
    usual = heights[len(heights) // 2]
    if len(heights) < len(glyphs) or heights[0] < _TINY * usual:
        glyphs = [g for g in glyphs if g.bottom - g.top >= _TINY * usual or g.score is not None or g.direction]
    big = [g for g in glyphs if g.bottom - g.top > _BIG * usual and g.score is None]
    if not big or len(big) > 400:
        return glyphs
    small = [((g.x0 + g.x1) / 2, (g.top + g.bottom) / 2) for g in glyphs if g.bottom - g.top <= _BIG * usual]
    over = {id(b) for b in big if any(b.x0 < x < b.x1 and b.top < y < b.bottom for x, y in small)}
    if not over:
        return glyphs
    words = {round(b.top) for b in big if id(b) in over}  # a watermark's other letters may lie over nothing
    return [g for g in glyphs if id(g) not in over and not (g.bottom - g.top > _BIG * usual and round(g.top) in words)]
