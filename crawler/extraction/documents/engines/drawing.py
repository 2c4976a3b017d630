"""What is drawn on a page besides text: lines, filled shapes and images, and which of them are ruling.

Both engines hand over shapes in points of the page as shown, in the order of the content; what counts as ruling is
decided here and is therefore the same behind either. Producers draw a border as a stroked line or rectangle, as a thin
filled rectangle (WPS, LibreOffice), as a thin trapezoid, or as a row of dashes or dots each filled for itself
(Chromium). What is pale, outside the page or cut away by the clip is no ruling.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any, TypeAlias

from crawler.extraction.documents.pages.model import Glyph, Image, Rule
from crawler.extraction.errors import TooLarge, UnreadableDocument

Box: TypeAlias = tuple[float, float, float, float]
"""x0, top, x1, bottom."""

MAX_PAGES = 1000
MAX_SIDE = 14_400.0  # points; the largest page that PDF 1.7 allows
MAX_GLYPHS = 200_000  # on a page
MAX_RULES = 100_000  # on a page
ASCENT, DESCENT = 0.88, -0.12
"""Of every font, in ems. Declared values differ wildly (0 from LibreOffice, a box of three ems from others) and would
give the characters of one line different tops; with one measure for all, lines are level and the engines agree."""

THIN = 3.0  # points; a filled shape no thicker may be a line
THICK = 6.0  # points; a stroke no thicker is a line, a thicker one a coloured bar
PALE = 0.95  # luminance from which ink on paper is no line
WHITE = 0.97  # luminance from which text on paper is not seen
BESIDE = 0.15  # of its height: how far a character may stand from the blank it follows
WIDEST_BLANK = 0.7  # of the height: a blank of a font of one width is 0.6
BIT = 8.0  # points; a filled shape no longer may be a dash or dot of a line
SLOPE = 0.0087  # tangent of half a degree
MAX_PALE = 5_000_000  # pairs of white character and coloured box; beyond, white text counts as seen
MAX_GROUNDS = 2000  # coloured boxes kept on a page to hold white text against


_new: Any = tuple.__new__


class Drawing:
    """Collects what one page shows besides its text. ``width`` and ``height`` are those of the page as shown."""

    def __init__(self, width: float, height: float) -> None:
        self.page: Box = (0.0, 0.0, width, height)
        self.rules: list[Rule] = []
        self.images: list[Image] = []
        self._grounds: list[Box] = []
        self._bits: list[Box] = []

    def stroke(self, x0: float, y0: float, x1: float, y1: float, clip: Box, thickness: float) -> None:
        """A straight stroke in visible ink."""
        if x0 > x1:
            x0, x1 = x1, x0
        if y0 > y1:
            y0, y1 = y1, y0
        across, down = x1 - x0, y1 - y0
        slack = 0.5 + thickness / 2  # a line on the edge of its clip shows half
        left, top, right, bottom = clip
        if across >= down:
            if (down > 0.5 and down > across * SLOPE) or thickness > THICK or not across:
                return
            y = (y0 + y1) / 2
            x0, x1 = max(x0, left), min(x1, right)
            if x0 < x1 and top - slack <= y <= bottom + slack:
                self._add(x0, y, x1, y)
        elif (across <= 0.5 or across <= down * SLOPE) and thickness <= THICK:
            x = (x0 + x1) / 2
            y0, y1 = max(y0, top), min(y1, bottom)
            if y0 < y1 and left - slack <= x <= right + slack:
                self._add(x, y0, x, y1)

    def stroke_box(self, box: Box, clip: Box, thickness: float) -> None:
        """The four edges of a rectangle stroked in visible ink; a rectangle without width or height is one line."""
        x0, top, x1, bottom = box
        self.stroke(x0, top, x1, top, clip, thickness)
        if bottom - top > 0.1:
            self.stroke(x0, bottom, x1, bottom, clip, thickness)
        self.stroke(x0, top, x0, bottom, clip, thickness)
        if x1 - x0 > 0.1:
            self.stroke(x1, top, x1, bottom, clip, thickness)

    def fill(self, box: Box, clip: Box, luminance: float) -> None:
        """A rectangle or quadrangle filled in visible ink of this luminance (0 black to 1 white)."""
        if luminance > PALE:
            return
        x0, top, x1, bottom = box
        left, high, right, low = clip
        # Without min and max, which cost twice as much: a browser's page fills thousands.
        x0, top = x0 if x0 > left else left, top if top > high else high
        x1, bottom = x1 if x1 < right else right, bottom if bottom < low else low
        across, down = x1 - x0, bottom - top
        if across < 0 or down < 0 or not (across or down):
            return
        if min(across, down) > THIN:
            self.ground((x0, top, x1, bottom))
        elif max(across, down) <= BIT:
            self._bits.append((x0, top, x1, bottom))
            self._check(len(self._bits))
        elif across > down:
            y = (top + bottom) / 2
            self._add(x0, y, x1, y)
        else:
            x = (x0 + x1) / 2
            self._add(x, top, x, bottom)

    def fill_boxes(self, boxes: list[Box], clip: Box, luminance: float) -> None:
        """The rectangles of one filled path. Two of which one is just within the other are a frame."""
        if len(boxes) == 2:
            outer, inner = boxes if boxes[0][0] <= boxes[1][0] else boxes[::-1]
            gaps = (inner[0] - outer[0], inner[1] - outer[1], outer[2] - inner[2], outer[3] - inner[3])
            if min(gaps) > 0 and max(gaps) <= THIN:
                if luminance <= PALE:
                    middle = tuple((outer[side] + inner[side]) / 2 for side in range(4))
                    self.stroke_box((middle[0], middle[1], middle[2], middle[3]), clip, max(gaps))
                return
        for box in boxes:
            self.fill(box, clip, luminance)

    def fill_line(self, line: list[tuple[float, float]], clip: Box, luminance: float) -> None:
        """A filled shape of straight lines and curves (whose inner points are nan)."""
        across = [x for x, _ in line if x == x]  # noqa: PLR0124
        down = [y for x, y in line if x == x]  # noqa: PLR0124
        if len(across) < 4:
            return
        box = (min(across), min(down), max(across), max(down))
        thin = min(box[2] - box[0], box[3] - box[1]) <= THIN
        if not thin or (len(across) == len(line) and len(line) <= 6):
            self.fill(box, clip, luminance)

    def stroke_line(self, line: list[tuple[float, float]], clip: Box, thickness: float) -> None:
        """A stroked line of several parts; curves (whose inner points are nan) are no ruling."""
        for (x0, y0), (x1, y1) in pairwise(line):
            if x0 == x0 and x1 == x1:  # noqa: PLR0124
                self.stroke(x0, y0, x1, y1, clip, thickness)

    def image(self, box: Box, clip: Box) -> None:
        """An image; one that is thin and long is a line."""
        x0, top, x1, bottom = max(box[0], clip[0]), max(box[1], clip[1]), min(box[2], clip[2]), min(box[3], clip[3])
        if x0 >= x1 or top >= bottom:
            return
        if min(x1 - x0, bottom - top) <= THIN < max(x1 - x0, bottom - top):
            self.fill((x0, top, x1, bottom), clip, 0.0)
            return
        self.images.append(Image(x0, top, x1, bottom))
        self._check(len(self.images))
        self.ground((x0, top, x1, bottom))

    def ground(self, box: Box) -> None:
        """Something darker than paper that white text may stand on."""
        if len(self._grounds) < MAX_GROUNDS:
            self._grounds.append(box)

    def finish(self, glyphs: list[Glyph], pale: list[int]) -> list[Glyph]:
        """Joins dashes and dots to lines, and gives the glyphs without doubles (bold made by printing twice).

        ``pale`` are the indices of the glyphs in white ink; those that stand on nothing darker become invisible.
        """
        self._join_bits()
        for index in pale if len(pale) * len(self._grounds) < MAX_PALE else ():
            glyph = glyphs[index]
            x, y = (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2
            if not any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in self._grounds):
                glyphs[index] = glyph._replace(visible=False)
        return drop_doubles(glyphs)

    def _add(self, x0: float, top: float, x1: float, bottom: float) -> None:
        rules = self.rules
        rules.append(_new(Rule, (x0, top, x1, bottom)))  # as Rule(...), in half the time
        if len(rules) > MAX_RULES:
            self._check(len(rules))

    def _check(self, count: int) -> None:
        if count > MAX_RULES:
            raise TooLarge(f"a page with more than {MAX_RULES:,} lines")

    def _join_bits(self) -> None:
        """Rows of small filled shapes are dashed and dotted lines; a long one alone is a line, a dot alone nothing."""
        used: set[int] = set()
        for near, far, side in ((0, 2, 1), (1, 3, 0)):  # along x, then along y
            lines: dict[tuple[int, int], list[int]] = defaultdict(list)
            for index, box in enumerate(self._bits):
                if box[far] - box[near] >= (box[side + 2] - box[side]) * 0.9:
                    lines[round(box[side] * 2), round(box[side + 2] * 2)].append(index)
            for members in lines.values():
                members.sort(key=lambda index: self._bits[index][near])
                chain = members[:1]
                for index in [*members[1:], -1]:
                    last = self._bits[chain[-1]]
                    if index >= 0 and self._bits[index][near] - last[far] <= 1.5 * (last[far] - last[near]) + 0.5:
                        chain.append(index)
                        continue
                    self._close_chain(chain, near, far, side, used)
                    chain = [index]
        self._bits.clear()

    def _close_chain(self, chain: list[int], near: int, far: int, side: int, used: set[int]) -> None:
        first = self._bits[chain[0]]
        start, end = first[near], max(self._bits[index][far] for index in chain)
        middle, thickness = (first[side] + first[side + 2]) / 2, first[side + 2] - first[side]
        alone = len(chain) < 3 and end - start < max(2.0, 1.5 * thickness)
        if alone or used.issuperset(chain):
            return
        used.update(chain)
        if near == 0:
            self._add(start, middle, end, middle)
        else:
            self._add(middle, start, middle, end)


def drop_doubles(glyphs: list[Glyph]) -> list[Glyph]:
    """Without empty glyphs and those that repeat an earlier one within a tenth of its height (bold by printing twice).

    Ligatures become their characters, each with its part of the box: decoders differ in whether they part them.
    """
    seen: dict[tuple[str, float, float], list[tuple[float, float]]] = {}
    kept = []
    for glyph in glyphs:
        text, x, y = glyph[0], glyph[1], glyph[2]
        if len(text) != 1:
            if text:
                kept.extend(part_glyph(glyph))
            continue
        if not glyph[6]:  # what nobody sees may lie under a character that everybody does
            kept.append(glyph)
            continue
        i, j = x // 64, y // 64
        cell = (text, i, j)
        near = seen.get(cell)
        inside = 2.0 < x - 64 * i < 62.0 and 2.0 < y - 64 * j < 62.0
        if near is None and inside:
            kept.append(glyph)
            seen[cell] = [(x, y)]
            continue
        tall = glyph[4] - y
        tolerance = tall / 10 if tall < 20.0 else 2.0
        low_x, high_x, low_y, high_y = x - tolerance, x + tolerance, y - tolerance, y + tolerance
        if not inside:
            # A double may lie over the edge of the cell: then the neighbours are looked at too.
            near = [
                point
                for column in {low_x // 64, high_x // 64}
                for row in {low_y // 64, high_y // 64}
                for point in seen.get((text, column, row), ())
            ]
        if near:
            for other_x, other_y in near:
                if low_x <= other_x <= high_x and low_y <= other_y <= high_y:
                    break
            else:
                kept.append(glyph)
                if len(near) < 128:  # a hostile page shall cost no square
                    seen.setdefault(cell, []).append((x, y))
            continue
        kept.append(glyph)
        seen.setdefault(cell, []).append((x, y))
    return kept


def part_glyph(glyph: Glyph) -> list[Glyph]:
    """A glyph of several characters as one for each, side by side in the direction of reading."""
    count = len(glyph.text)
    places = list(range(count)) if glyph.direction in (0, 90) else list(range(count))[::-1]
    parts = []
    for character, place in zip(glyph.text, places, strict=True):
        if glyph.direction in (90, 270):
            step = (glyph.bottom - glyph.top) / count
            top = glyph.top + place * step
            parts.append(glyph._replace(text=character, top=top, bottom=top + step))
        else:
            step = (glyph.x1 - glyph.x0) / count
            x0 = glyph.x0 + place * step
            parts.append(glyph._replace(text=character, x0=x0, x1=x0 + step))
    return parts


def is_behind(x: float, y0: float, y1: float, end: float, e0: float, e1: float, *, wide: bool = False) -> bool:
    """Whether a character that begins at x, from y0 to y1, stands right behind something that ends at ``end``, from e0
    to e1 (either way up). ``wide``: a blank begins there, and how wide it is was not told."""
    tall = abs(y1 - y0)
    near = -BESIDE * tall <= x - end <= (WIDEST_BLANK if wide else BESIDE) * tall
    return near and min(y0, y1) < max(e0, e1) and max(y0, y1) > min(e0, e1)


def narrow_clip(clip: Box, boxes: list[Box], lines: list[list[tuple[float, float]]]) -> Box:
    """The clip within the box of a path; unchanged by an empty path."""
    points = [point for line in lines for point in line if point[0] == point[0]]
    across = [x for box in boxes for x in box[::2]] + [x for x, _ in points]
    down = [y for box in boxes for y in box[1::2]] + [y for _, y in points]
    if not across:
        return clip
    return max(clip[0], min(across)), max(clip[1], min(down)), min(clip[2], max(across)), min(clip[3], max(down))


def place_square(a: float, b: float, c: float, d: float, e: float, f: float) -> Box:
    """The box of the unit square, on which images are drawn, under a matrix."""
    across, down = (e, a + e, c + e, a + c + e), (f, b + f, d + f, b + d + f)
    return min(across), min(down), max(across), max(down)


def turn_page(box: Box, rotation: int) -> tuple[float, float, tuple[float, float, float, float, float, float]]:
    """Width, height and the matrix from PDF's user space to points from the top left of the page as shown.

    ``box`` is x0, y0, x1, y1 in user space (y upwards), ``rotation`` what the page asks for, in degrees clockwise.
    Raises UnreadableDocument for a page larger than PDF allows.
    """
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise UnreadableDocument(f"a page of {width:.0f} by {height:.0f} points")
    if rotation == 90:
        return height, width, (0.0, 1.0, 1.0, 0.0, -y0, -x0)
    if rotation == 180:
        return width, height, (-1.0, 0.0, 0.0, 1.0, x1, -y0)
    if rotation == 270:
        return height, width, (0.0, -1.0, -1.0, 0.0, y1, x1)
    return width, height, (1.0, 0.0, 0.0, -1.0, -x0, y1)
