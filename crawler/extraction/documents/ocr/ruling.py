"""Finds the ruling of tables in a grey picture, and by how much the picture is turned.

A line of a table is thin, darker than what lies on both its sides, nearly unbroken over more than the width of a
character, and it meets other lines. Each of these is weighed against the picture's own noise, so that a grey hairline
is found beside text that is ten times darker; the last one tells it from strokes of characters and underlines.

Arrays are uint8, 0 black and 255 white; lengths are pixels of the array.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from crawler.extraction.documents.pages.model import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    Grey = npt.NDArray[np.uint8]

MAX_SKEW = 3.0  # degrees; more than a sheet fed askew, and the page is a photograph
LEAST_SKEW = 0.04  # degrees; less shifts a line by one pixel on a page, and turning would only blur
SKEW_WIDTH = 900  # pixels; the angle is estimated on a picture reduced to this
WORKING_EM = 20.0  # pixels; ruling is looked for in a picture whose characters are no larger: enough, and faster
ONE_SIDED = 0.17  # what a piece of line counts less if text is set close to it on one side
LEAST_GOOD = 0.75  # of any stretch of a line: dark, and paper beside it; strokes of characters reach some 0.5
THICKER = 2.0  # by how much the thickest lines of a table may outdo the others
LEAST_SOLID = 0.85  # how much of the side of a cell is dark, by how much of the rest of the line is
CLEAN = 0.95  # of a line: dark, and paper beside it; text leaves less
LEAST_COVER = 0.5  # of the side of a cell, under which a line counts for no wall of it
MAX_LINES = 20_000  # candidates, strokes of the text among them; more is hatching or noise


@dataclass(frozen=True, slots=True)
class Line:
    """A candidate along one axis: ``at`` across it, from ``start`` to ``end`` along it, ``thick`` pixels wide;
    ``quality`` is the part of it that is dark with paper on both sides, ``tight`` where it starts and ends if it may
    not be interrupted by anything, ``level`` by how much it is darker than paper."""

    at: float
    start: float
    end: float
    thick: float
    quality: float = 1.0
    tight: tuple[float, float] = (0.0, 0.0)
    level: float = 255.0

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Ruling:
    """The ruling of a page: its lines, how thick each is, and the size of its characters (``em``)."""

    rules: tuple[Rule, ...]
    thick: tuple[float, ...]
    em: float


def estimate_em(grey: Grey) -> float:
    """The height of an ordinary character: the upper quartile of what is roughly square and ink; at least 8."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 41, 25)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    filled = stats[1:, cv2.CC_STAT_AREA] >= 0.22 * width * height  # the borders of cells are not
    square = filled & (height >= 6) & (height <= 160) & (width >= 0.45 * height) & (width <= 2.2 * height)
    heights = height[square]
    if heights.size < 20:
        return float(max(8.0, grey.shape[1] / 80))
    return float(max(8.0, np.percentile(heights, 75)))


def estimate_skew(grey: Grey) -> float:
    """The angle in degrees, clockwise positive, by which lines and text are turned; 0 where none stands out.

    Rows of text and ruling give the sharpest profile when the picture is sheared back by its angle.
    """
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    factor = min(1.0, SKEW_WIDTH / max(grey.shape))
    small = resize(grey, factor)
    ink = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, np.ones((15, 15), np.uint8)).astype(np.float32)
    ink = np.minimum(ink, 90.0)  # thin grey ruling must count beside black text
    height, width = ink.shape

    def sharpness(angle: float) -> float:
        slope = np.tan(np.radians(angle))
        shear = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, slope * width / 2]], np.float32)
        profile = cv2.warpAffine(ink, shear, (width, height), flags=cv2.INTER_LINEAR).sum(axis=1)
        return float(np.square(np.diff(profile)).sum())

    coarse = np.arange(-MAX_SKEW - 0.2, MAX_SKEW + 0.21, 0.2)
    values = [sharpness(float(angle)) for angle in coarse]
    best = float(coarse[int(np.argmax(values))])
    if max(values) < 1.15 * float(np.median(values)) or abs(best) > MAX_SKEW:
        return 0.0
    fine = np.arange(best - 0.2, best + 0.201, 0.02)
    best = float(fine[int(np.argmax([sharpness(float(angle)) for angle in fine]))])
    return best if abs(best) >= LEAST_SKEW else 0.0


def turn_back(grey: Grey, angle: float) -> tuple[Grey, Any]:
    """The picture turned back by ``angle`` degrees, on a canvas that holds all of it, and the 2×3 matrix that takes a
    point of the turned picture to one of ``grey``."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = int(np.ceil(width * cos + height * sin)), int(np.ceil(height * cos + width * sin))
    matrix[0, 2] += (wide - width) / 2
    matrix[1, 2] += (high - height) / 2
    turned = cv2.warpAffine(grey, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderValue=paper_level(grey))
    return np.asarray(turned, np.uint8), cv2.invertAffineTransform(matrix)


def resize(grey: Grey, factor: float) -> Grey:
    """The picture smaller by a factor; as it is for 1 and more."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    if factor >= 1:
        return grey
    return np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def paper_level(grey: Grey) -> int:
    """The level of blank paper: the commonest one of the brighter half."""
    import numpy as np  # noqa: PLC0415

    counts = np.bincount(grey[::4, ::4].ravel(), minlength=256)
    counts[:128] = 0
    return int(np.argmax(counts)) if counts.any() else 255


def find_ruling(grey: Grey) -> Ruling:
    """The ruling lines of a picture that stands straight (see `estimate_skew`)."""
    em = estimate_em(grey)
    rules, thick, region = _find_rules(grey, em)
    if region:  # tables are often set in smaller characters than prose
        x0, top, x1, bottom = region
        inner = estimate_em(grey[top:bottom, x0:x1])
        if inner < 0.9 * em:
            em = inner
            rules, thick, _ = _find_rules(grey, em)
    return Ruling(tuple(rules), tuple(thick), em)


def _find_rules(grey: Grey, em: float) -> tuple[list[Rule], list[float], tuple[int, int, int, int] | None]:
    """The ruling for characters of one size, how thick each line is, and the region of long lines."""
    factor = WORKING_EM / em if em > 1.25 * WORKING_EM else 1.0
    small = resize(grey, factor)
    size = em * factor
    across, down = _Strip.of(small, size), _Strip.of(small.T.copy(), size)
    lying = _join_lines(across.weigh([one for one in across.candidates if one.length >= 4 * size]), size)
    long = [line for line in lying if line.length > 8 * size]
    if len(long) < 2:
        return [], [], None  # no table has fewer, and most pages of prose end here
    x0, x1 = min(line.start for line in long), max(line.end for line in long)
    top, bottom = min(line.at for line in long), max(line.at for line in long)
    region = (int(x0 / factor), int(top / factor), int(x1 / factor) + 1, int(bottom / factor) + 1)
    # Short candidates are weighed only where they could end on lines: a page has thousands, strokes of its text.
    upright = _join_lines(down.weigh(_find_ending(down.candidates, lying, size), lying), size)
    short = [one for one in across.candidates if one.length < 4 * size]
    lying = _join_lines([*lying, *across.weigh(_find_ending(short, upright, size), upright)], size)
    lying, upright = _keep_network(_drop_echoes(lying, size), _drop_echoes(upright, size), size)
    thick = [line.thick / factor for line in (*lying, *upright)]
    most = THICKER * sorted(thick)[len(thick) // 2] if thick else 0.0
    thick = [min(one, most) for one in thick]  # rows of small text close by make lines look thicker than any is
    rules = [Rule(line.start, line.at, line.end, line.at) for line in lying]
    rules += [Rule(line.at, line.start, line.at, line.end) for line in upright]
    return [Rule(*(value / factor for value in rule)) for rule in rules], thick, region


@dataclass(frozen=True, slots=True)
class _Strip:
    """A picture as the search for lying lines needs it: its grey, by how much each pixel is darker than what lies above
    and below it, the size of characters, and the candidates: dark for about a character, and thin."""

    grey: Grey
    contrast: Any
    em: float
    candidates: tuple[Line, ...]

    @classmethod
    def of(cls, grey: Grey, em: float) -> _Strip:
        import cv2  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415

        thin = np.ones((max(5, round(0.6 * em)) | 1, 1), np.uint8)
        fine = cv2.morphologyEx(cv2.blur(grey, (3, 1)), cv2.MORPH_BLACKHAT, thin)
        return cls(grey, fine, em, tuple(_find_candidates(grey, em, thin)))

    def weigh(self, candidates: Sequence[Line], others: Sequence[Line] = ()) -> list[Line]:
        """The stretches of candidates that are ruling; ``others`` are lines of the other direction, the short ones of
        which may be strokes."""
        found = []
        long = [other for other in others if other.length >= 4 * self.em]
        for one in candidates:
            cuts = sorted(other.at for other in long if other.start - 2 <= one.at <= other.end + 2)
            found += _weigh_line(one, self.grey, self.contrast, self.em, cuts)
        return found


def _find_candidates(grey: Grey, em: float, thin: Any) -> list[Line]:
    """Lying stretches that are thin, darker than above and below, and unbroken for about a character."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    along = max(3, round(0.5 * em)) | 1
    contrast = cv2.morphologyEx(cv2.blur(grey, (along, 1)), cv2.MORPH_BLACKHAT, thin)
    sample = contrast[::3, ::3]
    middle = float(np.median(sample))
    spread = 1.4826 * float(np.median(np.abs(sample.astype(np.int16) - middle)))
    dark = (contrast > max(7.0, middle + 5 * spread)).astype(np.uint8)
    mask = cv2.dilate(dark, np.ones((3, 1), np.uint8))  # a line that steps by a pixel stays one
    gap, run = max(3, round(0.35 * em)) | 1, max(7, round(0.8 * em)) | 1
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = []
    for index in range(1, min(count, MAX_LINES)):
        left, top, width, height, area = (int(value) for value in stats[index])
        window = (slice(top, top + height), slice(left, left + width))
        weight = np.where(labels[window] == index, contrast[window], 0).astype(np.float64)
        rows = weight.sum(axis=1)
        if height <= 0.6 * em + 0.012 * width + 3:
            at = top + float((rows * np.arange(height)).sum()) / max(float(rows.sum()), 1.0)
            found.append(Line(at + 0.5, float(left), float(left + width), max(1.0, area / width - 2)))
            continue
        for row in range(height):  # strokes have grown together with the line: each row that stands out
            if rows[row] > 0 and rows[row] >= rows[max(row - 2, 0) : row + 3].max():
                found += [
                    Line(top + row + 0.5, float(left + first), float(left + last), 1.0)
                    for first, last in _find_runs(weight[row] > 0)
                    if last - first >= run
                ]
    return found


def _find_ending(candidates: Sequence[Line], others: Sequence[Line], em: float) -> list[Line]:
    """Candidates that are long, or whose ends lie near lines of the other direction."""
    reach = 0.8 * em + 2
    found = []
    for one in candidates:
        if one.length < 4 * em:
            met = [o.at for o in others if o.start - reach <= one.at <= o.end + reach]
            if not any(abs(at - one.start) <= reach or one.start < at < one.end for at in met):
                continue
            if not any(abs(at - one.end) <= reach or one.start < at < one.end for at in met):
                continue
        found.append(one)
    return found


def _find_runs(flags: Any) -> list[tuple[int, int]]:
    """The stretches of a row of flags that are set: first, and one behind the last."""
    import numpy as np  # noqa: PLC0415

    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _weigh_line(line: Line, grey: Grey, contrast: Any, em: float, cuts: Sequence[float] = ()) -> list[Line]:
    """The stretches of a candidate that are ruling, with their thickness; ``cuts`` are where other lines cross it.

    Ruling is equally dark all along, and beside it there is paper, or another line; strokes of characters come and
    go, and have others at their side.
    """
    import numpy as np  # noqa: PLC0415

    height, width = grey.shape
    start, end = max(int(line.start), 0), min(int(line.end), width)
    reach = max(4, round(0.5 * em))
    low, high = max(int(line.at) - reach, 0), min(int(line.at) + reach + 1, height)
    if end - start < 4 or high - low < 5:
        return []
    band = contrast[low:high, start:end].astype(np.float32)
    rows, wide = np.median(band, axis=1), max(2, round(0.25 * em))
    middle = int(line.at) - low
    middle = max(middle - wide, 0) + int(np.argmax(rows[max(middle - wide, 0) : middle + wide + 1]))
    block, wander, space = max(6, round(3 * em)), max(1, round(0.1 * em)), max(1, round(0.12 * em))
    twin, least = max(1, round(0.2 * em)), round(0.8 * em)
    inner = [round(cut) - start for cut in cuts]
    good, dark = np.zeros(end - start), np.zeros(end - start, bool)
    centres, thicknesses, levels = np.zeros(end - start), np.zeros(end - start), np.zeros(end - start)
    depth = np.zeros(end - start)

    def weigh_block(begin: int, stop: int) -> None:
        """Weighs one piece of the line by itself, and keeps that where it is better than what was known of it."""
        here = slice(begin, stop)
        part = band[:, here]
        first = max(middle - wander, 0)
        at = first + int(np.argmax(part[first : middle + wander + 1].mean(axis=1)))
        rows = np.median(part[:, part[at] >= 0.5 * np.percentile(part[at], 80)], axis=1)
        if rows[at] <= 0:
            return
        inked_rows = np.flatnonzero(rows > 0.35 * rows[at])  # a double line is one, with the gap between
        place = int(np.searchsorted(inked_rows, at))
        first = last = place
        while first > 0 and inked_rows[first] - inked_rows[first - 1] <= 1 + twin:
            first -= 1
        while last < len(inked_rows) - 1 and inked_rows[last + 1] - inked_rows[last] <= 1 + twin:
            last += 1
        above, below = int(inked_rows[first]), int(inked_rows[last])
        darkest = part[above : below + 1].max(axis=0)
        level = float(np.median(darkest))
        fine = darkest > 0.5 * level
        paper = fine.astype(np.float64)
        for row in (low + above - 1 - space, low + below + 1 + space):
            side = grey[min(max(row, 0), height - 1), start + here.start : start + here.stop].astype(np.float32)
            inked = side < np.percentile(side, 80) - max(0.5 * level, 15.0)
            if inked.mean() < 0.9:  # else a second line runs beside it
                paper[inked] -= np.where(paper[inked] == 1, ONE_SIDED, 1)
        paper = np.maximum(paper, 0)
        if paper.mean() <= good[here].mean():
            return
        good[here], dark[here], levels[here] = paper, fine, level
        # Strokes in its direction may have moved it a row from where it is darkest.
        depth[here] = part[max(above - 1, 0) : below + 2].max(axis=0)
        centres[here], thicknesses[here] = low + (above + below) / 2 + 0.5, below - above + 1

    for begin in range(0, end - start, block):
        stop = min(begin + block, end - start)
        weigh_block(begin, stop)
        # Where a line begins or ends within a piece, strokes of text in its direction may outweigh it.
        if good[begin:stop].mean() < LEAST_GOOD:
            ends = [begin]
            ends += [cut for cut in inner if begin + least <= cut <= stop - least]
            for one, other in pairwise([*ends, stop] if len(ends) > 1 else ()):
                if other - one >= least:
                    weigh_block(one, other)
    # So may they where a piece ends soon behind a line that crosses: the wall from one such line to the next is one.
    for one, other in pairwise(sorted({0, *(cut for cut in inner if 0 < cut < end - start), end - start})):
        if other - one >= least and good[one:other].mean() < LEAST_GOOD:
            weigh_block(one, other)
    window = max(5, round(1.1 * em)) | 1
    share = np.convolve(np.pad(good, window // 2, mode="edge"), np.ones(window) / window, "valid")
    found = []
    for first, last in _find_runs(share >= LEAST_GOOD):
        inside = np.flatnonzero(good[first:last] > 0) + first
        if inside.size < 0.7 * em:
            continue
        if float(np.median(thicknesses[inside])) > 0.45 * em + 1:
            continue
        # Text that stands close to a part of the line makes it look thicker there.
        thick, centre = float(np.percentile(thicknesses[inside], 25)), float(np.mean(centres[inside]))
        quality = float(good[inside[0] : inside[-1] + 1].mean())
        begin = _reach_out(dark, int(inside[0]), -1, em, 0.45 * em + 1)
        stop = _reach_out(dark, int(inside[-1]), 1, em, 0.45 * em + 1) + 1
        fine = (_reach_out(dark, int(inside[0]), -1, em, 1.0), _reach_out(dark, int(inside[-1]), 1, em, 1.0) + 1)
        for one, other in _part_strokes((begin, stop), inner, dark, depth, thick):
            if other - one < 0.7 * em:
                continue
            found.append(
                Line(
                    centre,
                    float(start + one),
                    float(start + other),
                    thick,
                    quality,
                    (float(start + max(fine[0], one)), float(start + min(fine[1], other))),
                    float(np.median(levels[inside])),
                )
            )
    return found


def _part_strokes(
    ends: tuple[int, int], cuts: Sequence[int], dark: Any, depth: Any, thick: float
) -> list[tuple[int, int]]:
    """The stretches of a line without strokes of text that stand between lines it meets, right where a wall would go
    on: from one to the next it is more broken there than elsewhere, or darker, or brighter."""
    import numpy as np  # noqa: PLC0415

    begin, stop = ends
    side = round(thick / 2) + 1
    near = [cut for cut in cuts if begin + 2 * side < cut < stop - 2 * side]
    outer = [*[cut for cut in cuts if cut <= begin + 2 * side][-1:], *near]
    outer += [cut for cut in cuts if cut >= stop - 2 * side][:1]
    if len(outer) < 3:
        return [ends]
    sides = [(first + side, last - side) for first, last in pairwise(outer)]
    pieces = [slice(max(first, 0), max(last, 0)) for first, last in sides]
    solid = [
        float(dark[piece].sum()) / max(last - first, 1) for piece, (first, last) in zip(pieces, sides, strict=True)
    ]
    level = [float(np.median(depth[piece][dark[piece]])) if dark[piece].any() else 0.0 for piece in pieces]
    most = max(solid)
    whole = [pieces[n] for n in range(len(pieces)) if solid[n] >= LEAST_SOLID * most]
    usual = float(np.median(np.concatenate([depth[piece][dark[piece]] for piece in whole]))) if most > 0 else 0.0
    found = [[begin, max(begin, outer[0])]]
    for n, (first, last) in enumerate(pairwise(outer)):
        alike = solid[n] >= LEAST_SOLID * most and 0.6 * usual <= level[n] <= 1.6 * usual
        if alike or last - first <= 3 * side:
            found[-1][1] = min(last, stop)
        else:
            found.append([last, last])
    if outer[-1] < stop:
        found[-1][1] = stop
    return [(first, last) for first, last in found if last > first]


def _reach_out(dark: Any, place: int, step: int, em: float, skip: float) -> int:
    """How far a stretch goes on without paper beside it: near lines that it meets, which interrupt it, and text."""
    end = place
    at = place + step
    while 0 <= at < len(dark) and abs(at - end) <= skip and abs(at - place) <= 1.5 * em:
        if dark[at]:
            end = at
        at += step
    return end


def _join_lines(lines: Sequence[Line], em: float) -> list[Line]:
    """Joins pieces of one line (broken, or double) over short gaps."""
    joined: list[Line] = []
    waiting = sorted(lines, key=lambda line: line.start)
    used = [False] * len(waiting)
    for i, first in enumerate(waiting):
        if used[i]:
            continue
        line = first
        for j in range(i + 1, len(waiting)):
            other = waiting[j]
            if used[j] or abs(other.at - line.at) > 0.35 * em:
                continue
            gap = other.tight[0] - line.tight[1]
            if gap > 0.7 * em:  # longer than that a cell may lie between
                break
            if gap > 0 and (_differ(line.thick, other.thick) or _differ(line.level, other.level)):
                continue  # a stroke in its direction
            used[j] = True
            total = line.length + other.length
            at = (line.at * line.length + other.at * other.length) / total
            quality = (line.quality * line.length + other.quality * other.length) / total
            tight = (min(line.tight[0], other.tight[0]), max(line.tight[1], other.tight[1]))
            level = max(line.level, other.level)
            thick = max(line.thick, other.thick)
            if min(line.end, other.end) - other.start < 0.5 * other.length:  # not the two strokes of a double line
                thick = (line.thick * line.length + other.thick * other.length) / total
            line = Line(at, line.start, max(line.end, other.end), thick, quality, tight, level)
        joined.append(line)
    return joined


def _differ(one: float, other: float) -> bool:
    return max(one, other) > 2.5 * min(one, other)


def _drop_echoes(lines: Sequence[Line], em: float) -> list[Line]:
    """Lines without the faint ones that accompany a dark one closer than a row is high: poor JPEG draws them."""
    return [
        line
        for line in lines
        if not any(
            abs(other.at - line.at) <= 0.8 * em
            and other.level > 2 * line.level
            and min(other.end, line.end) - max(other.start, line.start) > 0.5 * line.length
            for other in lines
        )
    ]


def _keep_network(lying: list[Line], upright: list[Line], em: float) -> tuple[list[Line], list[Line]]:
    """Only lines that meet lines of the other direction, until nothing changes; their ends set on those they meet."""
    reach = 0.3 * em + 2
    while True:
        left = [trimmed for line in lying if (trimmed := _trim(line, upright, em, reach, 8 * em))]
        stay = [trimmed for line in upright if (trimmed := _trim(line, left, em, reach, 4 * em))]
        left, stay = _drop_strokes(left, stay, em), _drop_strokes(stay, left, em)
        if len(left) == len(lying) and len(stay) == len(upright):
            return left, stay
        lying, upright = left, stay


def _drop_strokes(lines: Sequence[Line], others: Sequence[Line], em: float) -> list[Line]:
    """Lines without those that only look like it. A stroke that fills its row stands alone between two lines that run
    on over it, where a wall between cells goes on in other rows, is where another line ends, is as long as the table,
    or has others of its kind in its row; and it is thinner than the lines of a bold table."""
    found = []
    thick = sorted(line.thick for line in (*lines, *others))
    usual = thick[len(thick) // 2] if thick else 0.0  # text set close to a line makes it look thicker
    for line in lines:
        if line.length < 8 * em:
            met = [o for o in others if o.start - 2 <= line.at <= o.end + 2 and line.start - 2 <= o.at <= line.end + 2]
            if line.length < 4 * em and line.thick < 0.45 * min((min(o.thick, usual) for o in met), default=0.0):
                continue
            corner = any(min(abs(o.start - line.at), abs(o.end - line.at)) <= 0.3 * em + 2 for o in met)
            beside = any(o.length >= 1.5 * line.length and abs(o.at - line.at) <= 0.25 * em for o in lines)
            within = any(
                o.at < line.start - 2 or o.at > line.end + 2 for o in others if o.start - 2 <= line.at <= o.end + 2
            )
            if len(met) <= 2 and within and not corner and not beside and not _stands_in_row(line, lines, em):
                continue
        found.append(line)
    return found


def _stands_in_row(line: Line, lines: Sequence[Line], em: float) -> bool:
    """Whether a line has paper on both sides all along, and so have two others between the same two lines: walls of the
    last row on a page."""
    if line.quality < CLEAN or line.length < 1.2 * em:
        return False
    peers = [
        other
        for other in lines
        if other is not line
        and other.quality >= CLEAN
        and abs(other.start - line.start) <= 2
        and abs(other.end - line.end) <= 2
        and abs(other.at - line.at) > em
    ]
    return len(peers) >= 2


def _trim(line: Line, others: Sequence[Line], em: float, reach: float, free: float) -> Line | None:
    """The line with its ends set on the lines that they meet; None if it is no ruling.

    A line shorter than ``free`` must end on others at both ends (strokes and dashes do not). A longer one may stand
    out: a table may be open at its sides or at the end of a page.
    """
    met = sorted(
        (other.at, other.thick)
        for other in others
        if other.start - reach <= line.at <= other.end + reach and line.start - reach <= other.at <= line.end + reach
    )
    if not met:
        return None
    start, end = line.start, line.end
    # What was reached over a gap right beyond a line that it meets is no part of it: strokes of text above a wall.
    near = 0.15 * em + 2
    ats = [at for at, _ in met]
    if line.tight[0] - start >= 0.8 * em and any(abs(at - line.tight[0]) <= near for at in ats[1:]):
        start = line.tight[0]
    if end - line.tight[1] >= 0.8 * em and any(abs(at - line.tight[1]) <= near for at in ats[:-1]):
        end = line.tight[1]
    met = [one for one in met if start - reach <= one[0] <= end + reach]
    first, last = met[0][0], met[-1][0]
    at_start, at_end = abs(first - start) <= reach, abs(last - end) <= reach
    if line.length < free and not (at_start and at_end and len(met) >= 2 and line.quality >= 0.8):
        return None
    if line.length < 4 * em:  # as long as strokes may be: it must run right up to what it meets
        near = max(2.0, 0.08 * em)
        if line.tight[0] > first + met[0][1] / 2 + near or line.tight[1] < last - met[-1][1] / 2 - near:
            return None
    if len(met) >= 2:  # what stands out by less than a column is text that it touches
        at_start = first - start < (0.8 if line.tight[0] <= start + 2 else 1.6) * em
        at_end = end - last < (0.8 if line.tight[1] >= end - 2 else 1.6) * em
        # What stands out further, and does not reach the next line: a wall that was nearly found, or strokes of text.
        spanning = [other.at for other in others if other.start - reach <= line.at <= other.end + reach]
        before = max((at for at in spanning if at < start), default=None)
        behind = min((at for at in spanning if at > end), default=None)
        at_start = at_start or (before is not None and first - start < max(LEAST_COVER * (first - before), 1.7 * em))
        at_end = at_end or (behind is not None and end - last < max(LEAST_COVER * (behind - last), 1.7 * em))
    return replace(line, start=first if at_start else start, end=last if at_end else end)
