"""Reads what stands in the cells of a ruled table in a picture.

Each cell is looked at alone: the ruling is painted out, what ink is left is told from paper and specks, and cut into
lines. A line that says a number is read twice, cut and scaled in different ways, and its digits are counted by their
shapes; where these disagree, or the network was unsure of any digit, the score is low. Ink that says nothing is a
glyph of `UNKNOWN`: what is printed is never taken for a blank.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from crawler.extraction.documents.ocr.engine import SAME, Number
from crawler.extraction.documents.ocr.ruling import resize
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.extraction.documents.ocr.engine import Engine, Look
    from crawler.extraction.documents.ocr.ruling import Grey

LEAST_TEXT = 0.5  # mean chance of a text under which it is not told
SINGLE = 0.8  # of its height: no digit is wider, and two that touch are
_BETWEEN = re.compile(r"\d([,.]*)(?=\d)")  # what stands between digits that follow one another
UNEVEN = 1.4  # by how much the digits of one number may be farther from one another than others: a 1 is narrow
WIDEST_MARK = 3.0  # times the distance of digits, with a wide comma between them
EVEN = 0.12  # by how much the distances of digits set alike may differ
NEAR_END = 0.15  # of its height: so far from the ends of its line the ink of a digit may begin and end
DISAGREED = 0.3  # the score where two looks, or a look and the count of shapes, say different numbers
TOUCHING = 0.6  # the highest score of a number whose ink runs into the wall of its cell
SHAPED = 0.9  # the score of a mark that its shape alone tells
SURE = 0.9  # the score of a look that may outvote another
STROKES = frozenset("1/-")
SLASH, LEANING = -0.28, 0.2  # the lean of a /, from top to bottom by its height; and of what may be either
FAINTEST = 0.35  # of the darkest ink of a stroke: what is paler is its edge, or noise
WIDE, NARROW = 0.6, 0.42  # the ink of a digit, and of a 1, by its height
DISTINCT = 3  # digits, up to which the width of a number tells how many they are in any font
PITCHES = (0.7, 0.95)  # from one digit to the next by their height, in all ordinary fonts
LEAST_ALONE = 5  # numbers of one digit that tell how wide a digit is
LONGEST_NUMBER = 14  # characters; 1234567.8901 has 12

_WELL_FORMED = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Field:
    """A cell as far as reading needs it: its box in pixels, from the middle of a wall to the middle of the next, and
    how far each wall (left, top, right, bottom) reaches into it: there the picture was painted over."""

    x0: float
    top: float
    x1: float
    bottom: float
    walls: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of ink in a cell: its box in pixels; ``touching`` if it runs into a wall. ``pieces`` are the boxes of
    single characters, for lines that stand one under another. ``room`` is from where to where its cell has paper."""

    x0: int
    top: int
    x1: int
    bottom: int
    touching: bool = False
    faint: bool = False
    pieces: tuple[tuple[int, int, int, int], ...] = ()
    room: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page ready to be read: grey without its ruling, the level of paper, the contrast of its text to paper, the
    noise of the paper (standard deviation), and the height of the characters in its tables."""

    grey: Grey
    paper: float
    contrast: float
    noise: float
    em: float


def read_cells(sheet: Sheet, fields: Sequence[Field], engine: Engine) -> list[Glyph]:
    """The glyphs of all cells, each a line of its cell; nothing for a blank one."""
    lines = [line for field in fields for line in find_lines(sheet, field)]
    return read_lines(sheet, lines, engine, labels=True)


def read_lines(sheet: Sheet, lines: Sequence[Line], engine: Engine, *, labels: bool = False) -> list[Glyph]:
    """The glyph of each line of ink; with ``labels`` what is no number is rather a label of the form."""
    first = engine.recognise([_cut(sheet, line, 0.12, 1.0) for line in lines])
    dashes = {i for i, line in enumerate(lines) if is_dash(line, sheet.em)}
    numbers = [
        i for i, look in enumerate(first) if look.number and len(look.number.text) <= LONGEST_NUMBER and i not in dashes
    ]
    second = engine.recognise([_cut(sheet, lines[i], 0.3, 0.8, wide=True) for i in numbers])
    shapes = [measure_shapes(sheet, lines[i]) for i in numbers]
    pitch = _find_pitch([(seen, first[i].number) for i, seen in zip(numbers, shapes, strict=True)])
    _ask_third(sheet, lines, engine, {i: (first[i], n) for n, i in enumerate(numbers)}, second, shapes, pitch)
    said = [look.label if labels else Number(look.text, look.score) for look in first]
    glyphs = [_tell_text(line, text) for line, text in zip(lines, said, strict=True)]
    for i in dashes:  # the network has no word for a dash alone
        line = lines[i]
        glyphs[i] = Glyph("-", float(line.x0), float(line.top), float(line.x1), float(line.bottom), score=SHAPED)
    counted = dashes | {i for i in numbers if not lines[i].pieces}
    for i, again, seen in zip(numbers, second, shapes, strict=True):
        number = first[i].number
        if number is not None:
            glyphs[i] = _tell_number(lines[i], number, again.number, seen, pitch)
    _read_pieces(sheet, lines, glyphs, engine, labels=labels)
    # The network may see a character in the blank behind a number: two other looks can say that there is none.
    odd = [
        i
        for i, look in enumerate(first)
        if look.number is None and _may_be_number(lines[i], look.text) and i not in dashes
    ]
    third = engine.recognise([_cut(sheet, lines[i], 0.3, 0.8, wide=True) for i in odd])
    fourth = engine.recognise([_cut(sheet, lines[i], 0.22, 0.65) for i in odd])
    for i, one, other in zip(odd, third, fourth, strict=True):
        if one.number is not None and other.number is not None and one.number.text == other.number.text:
            seen = measure_shapes(sheet, lines[i])
            glyphs[i] = _tell_number(lines[i], one.number, other.number, seen, pitch)
            counted.add(i)
    # What says a number only as text, or by pieces one under another, was not looked at as one.
    return [
        g if n in counted or not SAME.keys() >= set(g.text) else g._replace(score=min(g.score or 0.0, DISAGREED))
        for n, g in enumerate(glyphs)
    ]


def _read_pieces(sheet: Sheet, lines: Sequence[Line], glyphs: list[Glyph], engine: Engine, *, labels: bool) -> None:
    """Reads characters that stand one under another each alone, and keeps that where it is surer."""
    where = [(i, box) for i, line in enumerate(lines) for box in line.pieces]
    looks = engine.recognise([_cut(sheet, Line(*box), 0.2, 1.0) for _, box in where])
    found: dict[int, list[Number]] = {}
    for (i, _), look in zip(where, looks, strict=True):
        found.setdefault(i, []).append(look.label if labels else Number(look.text, look.score))
    for i, alone in found.items():
        score = min(look.score for look in alone)
        if score > (glyphs[i].score or 0.0):
            glyphs[i] = glyphs[i]._replace(text="".join(look.text for look in alone), score=round(score, 4))


def _ask_third(
    sheet: Sheet,
    lines: Sequence[Line],
    engine: Engine,
    first: dict[int, tuple[Look, int]],
    second: list[Look],
    shapes: Sequence[Shapes],
    pitch: Pitch,
) -> None:
    """Puts a third look in the place of a second one that was unsure, or that the width of the ink contradicts while
    the shapes bear out the first, which was sure."""
    asked = []
    for i, (look, n) in first.items():
        one, other = look.number, second[n].number
        if one is None or one.score < SURE or not shapes[n].fits(one.text, pitch):
            continue
        if other is None or other.score < SURE or not shapes[n].is_wide_for(other.text, pitch):
            asked.append((i, n))
    for (_, n), look in zip(asked, engine.recognise([_cut(sheet, lines[i], 0.22, 0.9) for i, _ in asked]), strict=True):
        second[n] = look


def _may_be_number(line: Line, text: str) -> bool:
    """Whether a short line that was read as text has digits for the most part, or is a single character."""
    if line.pieces or len(text) > LONGEST_NUMBER:
        return False
    return len(text) == 1 or 2 * sum(character.isdigit() for character in text) >= len(text) > 0


def is_dash(line: Line, em: float) -> bool:
    """Whether a line is one thin lying stroke, as long as a dash."""
    width, height = line.x1 - line.x0, line.bottom - line.top
    return not line.pieces and height <= 0.2 * em + 1 and 2.5 * height <= width <= 2.4 * em


def _tell_text(line: Line, said: Number) -> Glyph:
    text, score = said
    if not text or score < LEAST_TEXT:
        text, score = UNKNOWN, min(score, DISAGREED)
    if line.faint:
        score = min(score, TOUCHING)
    return Glyph(text, float(line.x0), float(line.top), float(line.x1), float(line.bottom), score=round(score, 4))


def _tell_number(line: Line, number: Number, again: Number | None, seen: Shapes, pitch: Pitch) -> Glyph:
    number, again = settle_marks(number, again)
    text, score = number
    fits = seen.fits(text, pitch)
    if all(STROKES.issuperset(look.text) for look in (number, again) if look is not None):
        # The network takes a lone / for a 1, or for two strokes; no upright 1 leans as a / does.
        if seen.straight and -1.5 < seen.lean < SLASH:
            text, again, fits, score = "/", Number("/", SHAPED), True, max(score, SHAPED)
        elif abs(seen.lean) > LEANING:
            fits = False
    if again is None or again.text != text or not fits or line.pieces:  # numbers are not set downwards
        score = min(score, DISAGREED)
    else:
        score = min(score, again.score)
    if line.touching or line.faint:
        score = min(score, TOUCHING)
    return Glyph(text, float(line.x0), float(line.top), float(line.x1), float(line.bottom), score=round(score, 4))


def settle_marks(one: Number, other: Number | None) -> tuple[Number, Number | None]:
    """Two looks that say the same digits and differ in commas and points, of which the smallest type leaves no more
    than a dot: where only one way to set them makes a number, it is that one."""
    if other is None or one.text == other.text or _bare(one.text) != _bare(other.text):
        return one, other
    head, _, tail = _bare(one.text).rpartition(".")
    fitting = [text for mark in ",." if _WELL_FORMED.fullmatch(text := head.replace(".", ",") + mark + tail)]
    if len(fitting) != 1:
        return one, other
    return one._replace(text=fitting[0]), other._replace(text=fitting[0])


def _bare(text: str) -> str:
    return text.replace(",", ".")


@dataclass(frozen=True, slots=True)
class Shapes:
    """What stands in a line, without being recognised: how many shapes as high as a digit at several levels of ink
    (faint strokes fall apart at one, digits that touch are one shape at another), its width by its height, and how
    far its middle moves to the right from top to bottom by its height; ``straight`` if it may be one stroke. ``apart``
    are, for levels where no shape is wider than one digit and they fill the line, how far each shape as high as a digit
    is from the next, by the height."""

    counts: frozenset[int]
    width: float
    lean: float = 0.0
    straight: bool = False
    apart: tuple[tuple[float, ...], ...] = ()

    def fits(self, text: str, pitch: Pitch) -> bool:
        """Whether these can be the characters that were read. The network joins equal digits that stand close (111 as
        11); neither their shapes nor their width do."""
        digits = [character for character in text if character.isdigit()]
        if not digits or self.counts == {len(digits)}:
            return True
        if len(digits) == max(self.counts) and self._are_counted(text, pitch):
            return True
        if not self.is_wide_for(text, pitch):
            return False
        return pitch.known is not None or len(digits) <= DISTINCT or len(digits) in self.counts

    def _are_counted(self, text: str, pitch: Pitch) -> bool:
        """Whether the digits of a text stand apart, set wider than others of the page, and too pale to be seen at every
        level. Two may be what is left of three: others of the page must stand as far from one another."""
        steps = self.measure_steps(text)
        if len(_BETWEEN.findall(text)) > 1:
            return bool(steps)
        return any(abs(step - other) <= EVEN * other for step in steps for other in pitch.wider)

    def measure_steps(self, text: str) -> list[float]:
        """How far the digits of a text are apart at the levels where they are at even distances, wider at its marks."""
        marked = _BETWEEN.findall(text)
        found = []
        for distances in self.apart:
            plain = [d for d, mark in zip(distances, marked, strict=False) if not mark]
            wide = [d for d, mark in zip(distances, marked, strict=False) if mark]
            even = len(distances) == len(marked) and plain and max(plain) <= UNEVEN * min(plain)
            if even and all(min(plain) <= d <= WIDEST_MARK * max(plain) for d in wide):
                found.append(sum(plain) / len(plain))
        return found

    def is_wide_for(self, text: str, pitch: Pitch) -> bool:
        """Whether the width is that of a number, at the page's pitch or else at any usual one."""
        digits = [character for character in text if character.isdigit()]
        if not digits:
            return True
        marks, gaps = len(text) - len(digits), len(digits) - 1
        known = pitch.known
        least, most = PITCHES if known is None else (0.93 * known, 1.07 * known)
        ends = sum(pitch.narrow if digit == "1" else pitch.wide for digit in (digits[0], digits[-1])) / 2
        slack = 0.25 if known is None else 0.35
        low = (gaps + 0.4 * marks) * least + ends - slack
        return low <= self.width <= (gaps + 1.05 * marks) * most + ends + slack


@dataclass(frozen=True, slots=True)
class Pitch:
    """How wide the digits of a page are by their height: from one to the next (``known``, None where the page does not
    tell), the ink of one, and that of a 1; ``wider`` are the distances of three or more that stand apart."""

    known: float | None = None
    wide: float = WIDE
    narrow: float = NARROW
    wider: tuple[float, ...] = ()


def _find_pitch(seen: Sequence[tuple[Shapes, Number | None]]) -> Pitch:
    """The widths from numbers of one digit, of which blur makes more than there is, and from numbers whose digits stand
    apart or are so few that their width tells how many they are."""
    numbers = [(shapes, number.text) for shapes, number in seen if number is not None and number.text.isdigit()]
    alone = sorted(shapes.width for shapes, text in numbers if len(text) == 1 and text != "1" and shapes.counts == {1})
    wide = min(max(alone[len(alone) // 2], WIDE - 0.1), WIDE + 0.3) if len(alone) >= LEAST_ALONE else WIDE
    said = [(shapes, number.text) for shapes, number in seen if number is not None]
    steps = tuple(s for shapes, text in said if len(_BETWEEN.findall(text)) > 1 for s in shapes.measure_steps(text))
    own = Pitch(None, wide, NARROW + wide - WIDE, steps)
    found = sorted(
        (shapes.width - wide) / (len(text) - 1)
        for shapes, text in numbers
        if len(text) >= 2 and "1" not in text
        if shapes.counts == {len(text)} or (len(text) <= DISTINCT and shapes.is_wide_for(text, own))
    )
    return replace(own, known=found[len(found) // 2] if found else None)


def _ink(sheet: Sheet, crop: Grey, share: float) -> Any:
    """Which pixels are ink: darker than paper by ``share`` of the text's contrast, and by more than noise."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    smooth = cv2.GaussianBlur(crop, (3, 3), 0) if sheet.noise > 4 else crop
    paper = float(np.percentile(smooth, 80))  # a cell may be shaded
    return (paper - smooth.astype(np.float32)) > max(share * sheet.contrast, 3.5 * sheet.noise, 10.0)


def find_lines(sheet: Sheet, field: Field) -> list[Line]:
    """The lines of ink in a cell, from top to bottom."""
    import numpy as np  # noqa: PLC0415

    height, width = sheet.grey.shape
    left, top = max(int(field.x0), 0), max(int(field.top), 0)
    right, bottom = min(int(np.ceil(field.x1)) + 1, width), min(int(np.ceil(field.bottom)) + 1, height)
    if right - left < 4 or bottom - top < 4:
        return []
    crop = sheet.grey[top:bottom, left:right]
    faint = False
    mask, touching = _drop_rests(_ink(sheet, crop, 0.3).astype(np.uint8), sheet.em, field)
    if not mask.any():
        faint = True
        mask, touching = _drop_rests(_ink(sheet, crop, 0.12).astype(np.uint8), sheet.em, field)
        if not mask.any():
            return []
    weak = np.zeros_like(mask) if faint else _find_weak(sheet, crop, mask, field)
    room = (left + round(field.walls[0]) + 2, right - round(field.walls[2]) - 2)
    rows = mask.any(axis=1)
    spans = _join_rows(_runs(rows), sheet.em)
    found = []
    for first, last in spans:
        columns = np.flatnonzero((mask[first:last] | weak[first:last]).any(axis=0))
        inside = np.flatnonzero(mask[first:last].any(axis=1))
        if columns.size == 0:
            continue
        edge = bool((touching[first:last] > 0).any())
        up, down = top + first + int(inside[0]), top + first + int(inside[-1]) + 1
        cuts = np.flatnonzero(np.diff(columns) > 2 * sheet.em)  # so far apart stand two things
        starts = [int(columns[0]), *(int(columns[cut + 1]) for cut in cuts)]
        ends = [*(int(columns[cut]) for cut in cuts), int(columns[-1])]
        found += [
            Line(left + a, up, left + z + 1, down, edge, faint, room=room) for a, z in zip(starts, ends, strict=True)
        ]
    return _stack(found, sheet.em)


def _find_weak(sheet: Sheet, crop: Grey, mask: Any, field: Field) -> Any:
    """Faint ink in line with sure ink, a character away at most: a sign that poor JPEG has nearly washed out."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    faint, _ = _drop_rests(_ink(sheet, crop, 0.12).astype(np.uint8), sheet.em, field)
    reach = max(3, round(1.2 * sheet.em))
    near = cv2.dilate(mask, np.ones((1, 2 * reach + 1), np.uint8))
    first, last = (round(wall + 0.25 * sheet.em) for wall in (field.walls[0], field.walls[2]))
    near[:, :first] = 0  # there it is more likely what is left of a line
    near[:, max(near.shape[1] - last, 0) :] = 0
    return faint & near


def _drop_rests(mask: Any, em: float, field: Field) -> tuple[Any, Any]:
    """The mask without specks and without what is left of ruling at its edges; and what ink touches the edges."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    height, width = mask.shape
    left, up, right, down = (round(wall) for wall in field.walls)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    kept, touching = np.zeros_like(mask), np.zeros_like(mask)
    speck, thin = max(2.0, 0.12 * em), 0.25 * em + 1
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        if area < 2 or (w < speck and h < speck and area < 0.5 * speck * speck):
            continue
        at_left, at_right = x <= left + 2, x + w >= width - right - 2
        at_top, at_bottom = y <= up + 2, y + h >= height - down - 2
        if (
            ((at_left or at_right) and w <= thin and h > 1.5 * w)
            or ((at_top or at_bottom) and h <= thin and w > 1.5 * h)
            or (x <= left and y <= up)
        ):
            continue
        if (w <= thin and at_top and at_bottom) or (h <= thin and at_left and at_right):
            continue  # from wall to wall: the other line of a double one
        part = labels[y : y + h, x : x + w] == index
        kept[y : y + h, x : x + w][part] = 1
        if x <= left or x + w >= width - right or y <= up or y + h >= height - down:
            touching[y : y + h, x : x + w][part] = 1
    if kept.any():  # specks alone are no ink, but a point within a number is part of it
        box_x, box_y = np.flatnonzero(kept.any(axis=0)), np.flatnonzero(kept.any(axis=1))
        low = box_y[-1] - box_y[0] + 1 < 0.12 * em
        if low and box_x[-1] - box_x[0] + 1 < 0.15 * em and int(kept.sum()) < 0.04 * em * em:
            return np.zeros_like(mask), touching
    return kept, touching


def _runs(flags: Any) -> list[tuple[int, int]]:
    import numpy as np  # noqa: PLC0415

    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _join_rows(runs: list[tuple[int, int]], em: float) -> list[tuple[int, int]]:
    """Rows of ink → lines: strokes of one character (三) are put together as far as a character is high."""
    lines: list[tuple[int, int]] = []
    for first, last in runs:
        if lines and last - lines[-1][0] <= 1.35 * em and first - lines[-1][1] <= 0.45 * em:
            lines[-1] = (lines[-1][0], last)
        else:
            lines.append((first, last))
    return lines


def _stack(lines: list[Line], em: float) -> list[Line]:
    """Lines of one character each, one under another, are one line that is read downwards."""
    if len(lines) < 2 or any(line.x1 - line.x0 > 1.4 * em for line in lines):
        return lines
    return [
        Line(
            min(line.x0 for line in lines),
            lines[0].top,
            max(line.x1 for line in lines),
            lines[-1].bottom,
            any(line.touching for line in lines),
            any(line.faint for line in lines),
            tuple((line.x0, line.top, line.x1, line.bottom) for line in lines),
        )
    ]


def _cut(sheet: Sheet, line: Line, pad: float, scale: float, *, wide: bool = False) -> Grey:
    """The picture of a line with ``pad`` of its height around, stretched to the page's full contrast; characters that
    stand one under another are set side by side. ``wide``: with what stands beside its ink, for a sign too faint."""
    import numpy as np  # noqa: PLC0415

    if line.pieces:
        size = max(max(x1 - x0, bottom - top) for x0, top, x1, bottom in line.pieces)
        tiles = [_take(sheet, box, size, 0.06) for box in line.pieces]
        cut = np.concatenate(tiles, axis=1)
    else:
        x0, x1 = line.x0, line.x1
        if wide and line.room is not None:
            reach = round(0.9 * sheet.em)
            x0, x1 = min(x0, max(line.room[0], x0 - reach)), max(x1, min(line.room[1], x1 + reach))
        cut = _take(sheet, (x0, line.top, x1, line.bottom), 0, pad)
    if scale < 1 and cut.shape[0] * scale >= 12:
        cut = resize(cut, scale)
    return cut


def _take(sheet: Sheet, box: tuple[int, int, int, int], size: int, pad: float) -> Grey:
    """A piece of the page on paper of its own: at least ``size`` square, else as high as a digit."""
    import numpy as np  # noqa: PLC0415

    x0, top, x1, bottom = box
    ink = sheet.grey[top:bottom, x0:x1].astype(np.float32)
    level = float(np.percentile(ink, 95)) if ink.size else sheet.paper
    dark = float(ink.min()) if ink.size else 0.0
    reach = max(level - dark, 20.0)
    ink = np.clip(255.0 - (level - ink) * (230.0 / reach), 0, 255)
    high = max(bottom - top, size, round(0.75 * sheet.em) if not size else 0)
    wide = max(x1 - x0, size)
    margin = max(2, round(pad * high))
    out = np.full((high + 2 * margin, wide + 2 * margin), 255, np.uint8)
    y, x = margin + (high - (bottom - top)) // 2, margin + (wide - (x1 - x0)) // 2
    out[y : y + bottom - top, x : x + x1 - x0] = ink.astype(np.uint8)
    return out


def measure_shapes(sheet: Sheet, line: Line) -> Shapes:
    """The shapes in a line that are as high as its digits."""
    import numpy as np  # noqa: PLC0415

    margin = round(0.3 * sheet.em)  # paper around, against which ink is told
    top, left = max(line.top - margin, 0), max(line.x0 - margin, 0)
    crop = sheet.grey[top : line.bottom + margin, left : line.x1 + margin]
    height, width = line.bottom - line.top, line.x1 - line.x0
    counts: set[int] = set()
    apart: list[tuple[float, ...]] = []
    tall: list[int] = []
    for share in (0.25, 0.4, 0.55):
        mask = _ink(sheet, crop, share)[line.top - top :, line.x0 - left :][:height, :width]
        runs = _runs(mask.any(axis=0))
        rows = [np.flatnonzero(mask[:, first:last].any(axis=1)) for first, last in runs]
        sizes = [int(own[-1] - own[0]) + 1 for own in rows]
        digits = [run for run, size in zip(runs, sizes, strict=True) if size >= 0.6 * height]
        counts.add(len(digits))
        tall += [size for size in sizes if size >= 0.6 * height]
        if _fill_line(runs, width, height):
            middles = [(first + last) / 2 / height for first, last in digits]
            apart.append(tuple(after - before for before, after in pairwise(middles)))
    own = crop[line.top - top :, line.x0 - left :][:height, :width]
    lean, straight = _measure_lean(float(np.percentile(crop, 80)) - own.astype(np.float32))
    # A comma hangs below its digits, and makes the line higher than they are.
    high = sorted(tall)[len(tall) // 2] if tall else height
    return Shapes(frozenset(counts), width / high, lean, straight, tuple(apart))


def _fill_line(runs: Sequence[tuple[int, int]], width: int, height: int) -> bool:
    """Whether each shape of a line may be but one digit, and they go from one of its ends to the other."""
    if len(runs) < 2 or max(last - first for first, last in runs) > SINGLE * height:
        return False
    return runs[0][0] <= NEAR_END * height and runs[-1][1] >= width - NEAR_END * height


def _measure_lean(ink: Any) -> tuple[float, bool]:
    """The lean of ink (darkness by pixel), and whether it is one straight stroke. What is ink is told by the darkest of
    its own, for a thin stroke is paler than others. 0 where there is too little to say."""
    import numpy as np  # noqa: PLC0415

    ink = np.where(ink > FAINTEST * ink.max(initial=0.0), ink, 0.0)
    weights = ink.sum(axis=1)
    rows = np.flatnonzero(weights)
    if rows.size < 5:
        return 0.0, False
    middles = (ink[rows] @ np.arange(ink.shape[1])) / weights[rows]
    slope, start = np.polyfit(rows.astype(float), middles, 1)
    off = float(np.abs(middles - (start + slope * rows)).max())
    return float(slope), off <= 0.1 * rows.size + 0.5
