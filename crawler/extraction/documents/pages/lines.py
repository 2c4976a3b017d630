"""Glyphs → lines, pieces and the text of a cell, by where the glyphs stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise
from operator import itemgetter

from crawler.extraction.documents.pages.model import UNKNOWN, Glyph
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.thousands import goes_on

Bounds = tuple[float, float, float, float]

BLANK = 0.22  # of the glyph's height: a wider gap in a line is a blank
WIDE = 0.9  # of the glyph's height: such gaps divide the lines of a table, hardly ever those of prose
PIECE = 0.45  # of the glyph's height: a wider gap divides the cells of a line that is known to be a table's
SAME_LINE = 0.42  # of the glyph's height: how far the middles of glyphs of one line may differ
SMALL = 0.78  # of the height of its neighbours: a smaller, raised glyph refers to a note
ROUNDED = 0.03  # points: what two equal widths of a file may differ by
PADDING = 6.0  # points between the text of a cell and its wall, as word processors set it at most

_SEPARATORS = frozenset(".．,，")
_WIDE_COMMA = "，"
_OPENING = frozenset("（(【[")
_STAYING = _SEPARATORS | _OPENING
_IN_NUMBER = frozenset("0123456789０１２３４５６７８９") | _SEPARATORS


@dataclass(frozen=True)
class Line:
    """Glyphs that stand on one line of a page, from left to right, with their common box. What is made of them is kept,
    for it is asked again and again."""

    page: int
    glyphs: tuple[Glyph, ...]
    x0: float
    top: float
    x1: float
    bottom: float

    @cached_property
    def size(self) -> float:
        """The height of most of its glyphs, in points."""
        heights = sorted(g.bottom - g.top for g in self.glyphs)
        return heights[len(heights) // 2]

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @cached_property
    def text(self) -> str:
        return clean_text(join_glyphs(self.glyphs))

    @cached_property
    def pieces(self) -> list[Piece]:
        """Cut at wide gaps: see `cut_pieces`."""
        return cut_pieces(self) if self._has_gap(WIDE) else [self._whole]

    @cached_property
    def cells(self) -> list[Piece]:
        """Cut as a line is that is known to be a table's."""
        return cut_pieces(self, (), PIECE) if self._has_gap(PIECE) else [self._whole]

    @property
    def _whole(self) -> Piece:
        return Piece(self.text, self.glyphs, self.page, self.x0, self.top, self.x1, self.bottom)

    def _has_gap(self, least: float) -> bool:
        return any(after[1] - before[3] > least * (after[4] - after[2]) for before, after in pairwise(self.glyphs))


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of glyphs on a line with no wide gap in it."""

    text: str
    glyphs: tuple[Glyph, ...]
    page: int
    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


def bounds(glyphs: Sequence[Glyph]) -> Bounds:
    """The box around glyphs."""
    x0, top, x1, bottom = glyphs[0][1:5]
    for g in glyphs:  # without min and max, which cost twice as much
        x0 = g[1] if g[1] < x0 else x0
        top = g[2] if g[2] < top else top
        x1 = g[3] if g[3] > x1 else x1
        bottom = g[4] if g[4] > bottom else bottom
    return x0, top, x1, bottom


def make_lines(glyphs: Iterable[Glyph], page: int = 0) -> list[Line]:
    """Lines of glyphs that read from left to right, from top to bottom."""
    return [Line(page, tuple(group), *bounds(group)) for group in _group_lines(glyphs)]


def _group_lines(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Glyphs by line: those whose middles are at one height. Small raised ones join the line that they touch."""
    glyphs = list(glyphs)
    if not glyphs:
        return []
    middles = [(g[2] + g[4]) / 2 for g in glyphs]
    if max(middles) - min(middles) <= 0.5:  # most cells hold one line
        return [sorted(glyphs, key=itemgetter(1))]
    groups: list[list[Glyph]] = []
    middle = height = 0.0
    small = False
    for at, _, _, glyph in sorted(zip(middles, [g[1] for g in glyphs], count(), glyphs, strict=False)):
        tall = glyph[4] - glyph[2]
        low = tall if tall < height else height
        if groups and at - middle <= SAME_LINE * (low if low > 2.0 else 2.0):
            groups[-1].append(glyph)
            continue
        small = small or (bool(groups) and not SMALL * height <= tall <= height / SMALL)
        groups.append([glyph])
        middle, height = at, tall
    for group in groups:
        group.sort(key=itemgetter(1))
    return _join_raised(groups) if small else groups


def _join_raised(groups: list[list[Glyph]]) -> list[list[Glyph]]:
    """Puts a group of small glyphs that overlaps a line of larger ones, right behind one of them, into that line."""
    out: list[list[Glyph]] = []
    for n, group in enumerate(groups):
        tall = max(g.bottom - g.top for g in group)
        for other in (groups[n + 1] if n + 1 < len(groups) else None, out[-1] if out else None):
            if other is None or tall > SMALL * (size := max(g.bottom - g.top for g in other)):
                continue
            own = bounds(group)
            box = bounds(other)
            overlap = min(own[3], box[3]) - max(own[1], box[1])
            behind = any(-0.2 * size <= group[0].x0 - g.x1 <= 0.35 * size for g in other)
            if overlap >= 0.5 * tall and behind and len(group) <= 4:
                other.extend(group)
                other.sort(key=itemgetter(1))
                break
        else:
            out.append(group)
    return out


def join_glyphs(glyphs: Sequence[Glyph]) -> str:
    """The text of glyphs on one line, with a blank where there is a gap and small raised ones as a note （1）."""
    if len(glyphs) == 1:
        return glyphs[0].text
    heights = [g[4] - g[2] for g in glyphs]
    tall = max(heights)
    if min(heights) >= SMALL * tall:
        end = glyphs[0][1]
        least = BLANK * min(heights)
        parts: list[str] = []
        for glyph in glyphs:
            gap = glyph[1] - end
            if gap > least and gap > BLANK * (glyph[4] - glyph[2]):
                parts.append(" ")
            parts.append(glyph[0])
            if glyph[3] > end:  # noqa: PLR1730  (asked for every character of a document)
                end = glyph[3]
        return "".join(parts)
    return _join_mixed(glyphs, tall)


def _join_mixed(glyphs: Sequence[Glyph], tall: float) -> str:
    """The same for glyphs of different heights."""
    parts: list[str] = []
    raised = False
    end = glyphs[0].x0
    base = max(g.bottom for g in glyphs if g.bottom - g.top >= SMALL * tall)
    for glyph in glyphs:
        if glyph.x0 - end > BLANK * (glyph.bottom - glyph.top):
            parts.append(" ")
        small = glyph.bottom - glyph.top < SMALL * tall and glyph.bottom < base - 0.2 * tall
        if small != raised:
            parts.append("（" if small else "）")
            raised = small
        parts.append(glyph.text)
        end = max(glyph.x1, end)
    if raised:
        parts.append("）")
    return "".join(parts)


def cut_pieces(line: Line, walls: Sequence[float] = (), least: float = WIDE) -> list[Piece]:
    """The pieces of a line, cut at gaps of ``least`` times its height and at upright rules (``walls``, their places
    across); where a blank is written, only at wide gaps."""
    pieces: list[list[Glyph]] = []
    for glyph in line.glyphs:
        if pieces:
            last = pieces[-1][-1]
            gap = glyph.x0 - last.x1
            wall = any((last.x0 + last.x1) / 2 < x < (glyph.x0 + glyph.x1) / 2 for x in walls)
            if not wall and gap <= (WIDE if glyph.spaced else least) * (glyph.bottom - glyph.top):
                pieces[-1].append(glyph)
                continue
        pieces.append([glyph])
    return [Piece(clean_text(join_glyphs(p)), tuple(p), line.page, *bounds(p)) for p in pieces]


def read_plain(glyphs: Sequence[Glyph]) -> tuple[str, Bounds] | None:
    """The text of glyphs and the box around them if they are of one height and stand on one line from left to right
    without a gap, as the contents of most cells do; None for others, which take longer to read."""
    text, x0, top, end, bottom, *_ = glyphs[0]
    least = min(BLANK * (bottom - top), 2.0)
    parts = [text]
    for glyph in glyphs[1:]:
        if glyph[2] != top or glyph[4] != bottom or not -1 < glyph[1] - end <= least:
            return None
        parts.append(glyph[0])
        if glyph[3] > end:  # noqa: PLR1730  (asked for every character of a document)
            end = glyph[3]
    return clean_text("".join(parts)), (x0, top, end, bottom)


def read_line(glyphs: Sequence[Glyph]) -> str:
    """The text of glyphs that stand on one line from left to right."""
    return clean_text(join_glyphs(glyphs))


def read_text(glyphs: Sequence[Glyph], width: float | None = None, least: float | None = None) -> str:
    """The text of a cell, its lines joined. ``width`` is that of the cell, ``least`` the least space that a line of
    digits leaves in a cell of its table: by them a number that the layout broke is told from two numbers."""
    if not glyphs:
        return ""
    if len(glyphs) == 1:
        return clean_text(glyphs[0].text)
    direction = reading_direction(glyphs)
    if direction:
        return clean_text("".join(join_glyphs(line) for line in _turned_lines(glyphs, direction)))
    groups = _group_lines(glyphs)
    if len(groups) == 1:
        return clean_text(join_glyphs(groups[0]))
    if _is_stacked(groups):
        return clean_text("".join(g.text for g in sorted(glyphs, key=lambda g: (-round(g.x0 / 4), g.top))))
    text = join_glyphs(groups[0])
    for n, group in enumerate(groups[1:], 1):
        more = join_glyphs(group)
        text += more if _is_broken(text, groups[n - 1], groups[n:], more, width, least) else "\n" + more
    return clean_text(text)


def is_cut(above: Sequence[Glyph], below: Sequence[Glyph], width: float, least: float | None) -> bool:
    """Whether a number that ends the text of a cell goes on in the part of the cell on the next page, for its next
    digit had no room behind it. ``width`` and ``least`` are as for `read_text`."""
    over, under = _group_lines(above), _group_lines(below)
    return _is_broken(join_glyphs(over[-1]), over[-1], under, join_glyphs(under[0]), width, least)


def _is_broken(
    text: str,
    before: Sequence[Glyph],
    lines: Sequence[Sequence[Glyph]],
    more: str,
    width: float | None,
    least: float | None,
) -> bool:
    """Whether a number at the end of the lines so far (``text``, of which ``before`` is the last line) goes on in the
    lines that follow, of which ``more`` is the first. No number begins with a comma or point, and none ends within its
    thousands: there, it does for sure."""
    if text[-1:] not in _IN_NUMBER or more[:1] not in _IN_NUMBER:
        return False
    if (more[0] in _SEPARATORS and more[1:2].isdecimal()) or goes_on(text, more):
        return True
    return width is not None and _is_full(before, lines, width, least)


def reading_direction(glyphs: Sequence[Glyph]) -> int:
    """The direction that most glyphs read in."""
    first = glyphs[0].direction
    if all(g.direction == first for g in glyphs):
        return first
    counts: dict[int, int] = {}
    for glyph in glyphs:
        counts[glyph.direction] = counts.get(glyph.direction, 0) + 1
    return max(counts, key=lambda d: counts[d])


def turn_box(box: Bounds, direction: int) -> Bounds:
    """A box as it stands when text of ``direction`` is turned to read from left to right (about the origin)."""
    x0, top, x1, bottom = box
    if direction == 90:
        return top, -x1, bottom, -x0
    if direction == 270:
        return -bottom, x0, -top, x1
    if direction == 180:
        return -x1, -bottom, -x0, -top
    return box


def _turned_lines(glyphs: Sequence[Glyph], direction: int) -> list[list[Glyph]]:
    return _group_lines(
        Glyph(g.text, *turn_box((g.x0, g.top, g.x1, g.bottom), direction), 0, g.visible, g.score) for g in glyphs
    )


def _is_stacked(groups: Sequence[Sequence[Glyph]]) -> bool:
    """Whether characters stand in columns to be read downwards, from right to left: each line has one character for
    each column, and they are nearer to those below than to those beside them."""
    if len(groups) < 3:
        return False
    count = max(len(group) for group in groups)
    full = [group for group in groups if len(group) == count]
    if count < 2 or len(full) < len(groups) - 1 or any(len(g.text) > 1 for group in groups for g in group):
        return False
    pitch = [
        (after[0].top + after[0].bottom - before[0].top - before[0].bottom) / 2 for before, after in pairwise(groups)
    ]
    beside = min(b.x0 - a.x0 for group in full for a, b in pairwise(group))
    return max(pitch) < 0.92 * beside


def _is_full(group: Sequence[Glyph], lines: Sequence[Sequence[Glyph]], width: float, least: float | None) -> bool:
    """Whether the first characters of the lines that follow had no room on the line before them, so that the layout may
    have broken one number in two; not if a line of the table comes as near to its walls as they would have. A comma or
    point stays with the digit before it, though that be on a line of its own for want of room, and so does a bracket,
    with what it opens."""
    x0, _, x1, _ = bounds(group)
    after = lines[0]
    last = 0
    while last + 1 < len(after) and (after[last + 1].text in _STAYING or after[last].text in _OPENING):
        last += 1
    if after[last].text == _WIDE_COMMA:  # LibreOffice parts it neither from the digits before it nor from those behind
        last = len(after) - 1
    unit = after[last].x1 - after[0].x0
    opens = last == len(after) - 1 and after[last].text in _OPENING
    if len(lines) > 1 and (opens or (len(after) == 1 and lines[1][0].text in _SEPARATORS)):
        unit += lines[1][0].x1 - lines[1][0].x0
    elif opens:  # the page ends behind it; what it opens is as wide as high
        unit += after[last].bottom - after[last].top
    left = width - (x1 - x0) - unit
    return left < 2 * PADDING and (least is None or left < least - ROUNDED)


def lowest_score(glyphs: Iterable[Glyph]) -> float | None:
    """The score of the least sure glyph, None where none has a score."""
    return min((g.score for g in glyphs if g.score is not None), default=None)


def holds_unknown(text: str) -> bool:
    """Whether a font did not tell one of the characters."""
    return UNKNOWN in text
