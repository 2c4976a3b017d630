"""A grey picture of a page → a `Page` of glyphs and rules, as every engine gives it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from crawler.extraction.documents.ocr.cells import Field, Line, Sheet, read_cells, read_lines
from crawler.extraction.documents.ocr.engine import load_engine
from crawler.extraction.documents.ocr.ruling import (
    estimate_em,
    estimate_skew,
    find_ruling,
    paper_level,
    resize,
    turn_back,
)
from crawler.extraction.documents.pages.lattice import Box, Lattice, find_lattices
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph, Page, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from crawler.extraction.documents.ocr.engine import Engine
    from crawler.extraction.documents.ocr.ruling import Grey, Ruling

    Matrix: TypeAlias = npt.NDArray[np.float64]

MOST_SHIFT = 40.0  # points; how far apart sheets may lie on the glass
POINT_EM = 10.5  # points; pixels become points so that characters of tables have this size
DETECTION_EM = 20.0  # pixels; the size of characters at which text is looked for outside tables
LEAST_SIDE = 24  # pixels; a smaller picture says nothing
HANGING = 1.2  # characters; how far text may hang out of a row that the page cuts
LARGEST_EM = 40.0  # pixels; larger characters are read no better
SAMPLE = 12  # lines that tell which way a page stands
SURE_TEXT = 0.7  # mean score of a page's longest lines under which it may stand on its side or head


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture says, in its own pixels but turned straight about its middle: the size of the picture, glyphs
    and ruling, the height of the characters in its tables, and the 2×3 matrix that turns points back."""

    number: int
    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    rules: tuple[Rule, ...]
    em: float
    back: Matrix


def ocr_page(grey: Grey, number: int, scale: float) -> Page:
    """The page that a grey picture (uint8, 0 black) shows; ``scale`` turns its pixels to the units of the page.

    Raises `UnreadableDocument` without the extra. The geometry is that of the page turned straight.
    """
    return make_page(read_picture(grey, number), scale)


def read_picture(grey: Grey, number: int) -> Reading:
    """Turns a picture straight and reads it. Raises `UnreadableDocument` without the extra."""
    import numpy as np  # noqa: PLC0415

    engine = load_engine()
    height, width = grey.shape
    if min(height, width) < LEAST_SIDE:
        return Reading(number, float(width), float(height), (), (), POINT_EM, np.eye(2, 3))
    small, factor = _shrink(grey)
    straight, back = _straighten(small)
    glyphs, ruling = _read_straight(straight, engine)
    upended = _stands_on_head(straight, glyphs, engine)
    sideways = _stands_sideways(glyphs, ruling.em)
    if upended or sideways or _weigh_text(glyphs) < SURE_TEXT:
        turn = 2 if upended and not sideways else _find_turn(small, engine)
        if turn:
            small, matrix = _turn(small, turn)
            straight, back = _straighten(small)
            back = _chain(matrix, back)
            glyphs, ruling = _read_straight(straight, engine)
            height, width = (width, height) if turn != 2 else (height, width)
    # The canvas grew when it was turned; pages of one document must share their middle, so that growth goes again.
    dx, dy = (straight.shape[1] - small.shape[1]) / 2, (straight.shape[0] - small.shape[0]) / 2
    return Reading(
        number,
        float(width),
        float(height),
        tuple(
            g._replace(
                x0=(g.x0 - dx) / factor,
                top=(g.top - dy) / factor,
                x1=(g.x1 - dx) / factor,
                bottom=(g.bottom - dy) / factor,
            )
            for g in glyphs
        ),
        tuple(
            Rule((r.x0 - dx) / factor, (r.top - dy) / factor, (r.x1 - dx) / factor, (r.bottom - dy) / factor)
            for r in ruling.rules
        ),
        ruling.em / factor,
        _chain(back, np.array([[factor, 0.0, dx], [0.0, factor, dy]])) / factor,
    )


def make_page(reading: Reading, unit: float, shift: float = 0.0) -> Page:
    """A reading as a page: pixels times ``unit``, all of it moved to the right by ``shift`` units."""

    def place(x0: float, top: float, x1: float, bottom: float) -> tuple[float, float, float, float]:
        return x0 * unit + shift, top * unit, x1 * unit + shift, bottom * unit

    glyphs = []
    for glyph in reading.glyphs:
        x0, top, x1, bottom = place(glyph.x0, glyph.top, glyph.x1, glyph.bottom)
        glyphs.append(glyph._replace(x0=x0, top=top, x1=x1, bottom=bottom))
    rules = [Rule(*place(*rule)) for rule in reading.rules]
    return Page(reading.number, reading.width * unit, reading.height * unit, glyphs, rules)


def make_pages(readings: Sequence[Reading]) -> list[tuple[Page, Matrix]]:
    """The pages of one document in points, and for each the matrix that takes its points to pixels of its picture.

    Points are such that the characters of tables have their usual size. Sheets lie differently on a scanner: where a
    table ends one page and one as wide begins the next, they are set one under another.
    """
    import numpy as np  # noqa: PLC0415

    sizes = sorted(r.em for r in readings if r.rules) or sorted(r.em for r in readings)
    unit = POINT_EM / sizes[len(sizes) // 2] if sizes else 1.0
    made: list[tuple[Page, Matrix]] = []
    last: tuple[float, float] | None = None
    for reading in readings:
        lattices = find_lattices([Rule(*(value * unit for value in rule)) for rule in reading.rules])
        shift = 0.0
        if last is not None and lattices:
            x0, _, x1, _ = lattices[0].box
            if abs(x0 - last[0]) < MOST_SHIFT and abs((x1 - x0) - (last[1] - last[0])) < 0.02 * (x1 - x0):
                shift = (last[0] + last[1] - x0 - x1) / 2
        if lattices:
            last = lattices[-1].box[0] + shift, lattices[-1].box[2] + shift
        matrix = _chain(reading.back, np.array([[1 / unit, 0.0, -shift / unit], [0.0, 1 / unit, 0.0]]))
        made.append((make_page(reading, unit, shift), matrix))
    return made


def map_box(matrix: Matrix, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The upright rectangle around a box that a 2×3 matrix moves."""
    import numpy as np  # noqa: PLC0415

    x0, top, x1, bottom = box
    corners = np.array([[x0, x1, x0, x1], [top, top, bottom, bottom], [1.0, 1.0, 1.0, 1.0]])
    xs, ys = matrix @ corners
    return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())


def _shrink(grey: Grey) -> tuple[Grey, float]:
    """The picture, smaller where its characters are larger than reading needs."""

    em = estimate_em(grey)
    if em <= LARGEST_EM:
        return grey, 1.0
    factor = LARGEST_EM / em
    return resize(grey, factor), factor


def _straighten(grey: Grey) -> tuple[Grey, Matrix]:
    import numpy as np  # noqa: PLC0415

    angle = estimate_skew(grey)
    return turn_back(grey, angle) if angle else (grey, np.eye(2, 3))


def _turn(grey: Grey, turn: int) -> tuple[Grey, Matrix]:
    """The picture turned by quarters anticlockwise, and the matrix that takes its pixels back."""
    import numpy as np  # noqa: PLC0415

    height, width = grey.shape
    matrices = {
        1: [[0.0, -1.0, width], [1.0, 0.0, 0.0]],
        2: [[-1.0, 0.0, width], [0.0, -1.0, height]],
        3: [[0.0, 1.0, 0.0], [-1.0, 0.0, height]],
    }
    return np.ascontiguousarray(np.rot90(grey, turn)), np.array(matrices[turn])


def _chain(outer: Matrix, inner: Matrix) -> Matrix:
    """The matrix that does ``inner`` first."""
    import numpy as np  # noqa: PLC0415

    whole: Matrix = outer @ np.vstack([inner, [0.0, 0.0, 1.0]])
    return whole


def _weigh_text(glyphs: Sequence[Glyph]) -> float:
    """The mean score of what is text; 1 where there is none."""
    texts = [(len(g.text), g.score or 0.0) for g in glyphs if len(g.text) > 1 or g.text == UNKNOWN]
    return sum(n * score for n, score in texts) / sum(n for n, _ in texts) if texts else 1.0


def _stands_sideways(glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether most of what is long is high and not wide; upright text has a few such cells in a table."""
    sizes = [(g.x1 - g.x0, g.bottom - g.top) for g in glyphs]
    tall = sum(high for wide, high in sizes if high > 2 * em and high > 1.5 * wide)
    flat = sum(wide for wide, high in sizes if wide > 2 * em and wide > 1.5 * high)
    return tall > flat


def _stands_on_head(grey: Grey, glyphs: Sequence[Glyph], engine: Engine) -> bool:
    """Whether the longest lines stand on their heads: digits then may say other digits (60 is 09)."""
    lines = [g for g in glyphs if len(g.text) >= 3 and g.x1 - g.x0 >= 2.5 * (g.bottom - g.top)]
    lines = sorted(lines, key=lambda g: g.x0 - g.x1)[:SAMPLE]
    crops = [grey[int(g.top) : int(g.bottom) + 1, int(g.x0) : int(g.x1) + 1] for g in lines]
    chances = engine.weigh_heads(crops) if crops else []
    turned = sum(chance > 0.8 for chance in chances)
    return turned > 0.6 * len(chances) and turned > 0


def _find_turn(grey: Grey, engine: Engine) -> int:
    """By how many quarters the picture must be turned for its longest lines to say something; 0 where none do."""

    factor = min(1.0, DETECTION_EM / estimate_em(grey))
    best, turn = SURE_TEXT, 0
    for quarters in (1, 3, 2):
        turned, _ = _turn(grey, quarters)
        small = resize(turned, factor)
        boxes = [b for b in engine.find_text(small) if b.x1 - b.x0 > 2 * (b.bottom - b.top)]
        boxes = sorted(boxes, key=lambda b: b.x0 - b.x1)[:SAMPLE]
        crops = [small[int(b.top) : int(b.bottom) + 1, int(b.x0) : int(b.x1) + 1] for b in boxes]
        if len(crops) < 2:
            continue
        heads, looks = engine.weigh_heads(crops), engine.recognise(crops)
        length = sum(len(look.text) for look in looks)
        standing = sum(len(k.text) * k.score * (1 - head) for k, head in zip(looks, heads, strict=True))
        score = standing / max(length, 1)
        if score > best:
            best, turn = score, quarters
    return turn


def _read_straight(grey: Grey, engine: Engine) -> tuple[list[Glyph], Ruling]:
    """The glyphs and the ruling of a picture that stands straight, in its pixels."""
    ruling = find_ruling(grey)
    unit = POINT_EM / ruling.em
    lattices = find_lattices([Rule(*(value * unit for value in rule)) for rule in ruling.rules])
    sheet = prepare_sheet(grey, ruling)
    fields: list[Field] = []
    tables: list[tuple[float, ...]] = []
    for lattice in lattices:
        x0, top, x1, bottom = (value / unit for value in lattice.box)
        own = []
        for cell in lattice.cells:
            if any(_encloses(cell, other) for other in lattices if other is not lattice):
                continue  # a frame around a table: what else stands in it is read as text outside tables
            field = Field(cell.x0 / unit, cell.top / unit, cell.x1 / unit, cell.bottom / unit)
            field = _measure_walls(ruling, field)
            # Where a page cuts a row there is no line, and text may hang over.
            up = field.top == top and not _is_drawn(ruling, field, field.top)
            down = field.bottom == bottom and not _is_drawn(ruling, field, field.bottom)
            hang = HANGING * ruling.em
            own.append(replace(field, top=field.top - hang * up, bottom=field.bottom + hang * down))
        fields += own
        if len(own) == len(lattice.cells):
            tables.append((x0, min(f.top for f in own), x1, max(f.bottom for f in own)))
        else:
            tables += [(f.x0, f.top, f.x1, f.bottom) for f in own]
    for field in fields:
        _brighten(sheet, field)
    glyphs = read_cells(sheet, fields, engine)
    return glyphs + _read_outside(sheet, tables, engine), ruling


def _encloses(cell: Box, other: Lattice) -> bool:
    """Whether a lattice stands in a cell of another."""
    x0, top, x1, bottom = other.box
    return cell.x0 <= x0 and cell.top <= top and x1 <= cell.x1 and bottom <= cell.bottom


def _is_drawn(ruling: Ruling, field: Field, y: float) -> bool:
    """Whether a lying line stands at a height over most of a cell."""
    near = 0.3 * ruling.em
    return any(
        rule.top == rule.bottom
        and abs(rule.top - y) <= near
        and min(rule.x1, field.x1) - max(rule.x0, field.x0) > 0.5 * (field.x1 - field.x0)
        for rule in ruling.rules
    )


def prepare_sheet(grey: Grey, ruling: Ruling) -> Sheet:
    """The picture with its ruling painted out, and what is to be known of its paper and ink."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    paper = float(paper_level(grey))
    clean = grey.copy()
    for rule, half in zip(ruling.rules, _half_widths(ruling), strict=True):
        x0, x1 = max(round(rule.x0 - half), 0), round(rule.x1 + half) + 1
        top, bottom = max(round(rule.top - half), 0), round(rule.bottom + half) + 1
        clean[top:bottom, x0:x1] = round(paper)
    sample = clean[::2, ::2].astype(np.float32)
    dark = sample[sample < paper - 60]
    contrast = paper - float(np.percentile(dark, 30)) if dark.size > 50 else max(40.0, paper - float(sample.min()))
    rough = cv2.absdiff(clean, cv2.blur(clean, (3, 3)))[::2, ::2][sample > paper - 40]
    noise = 1.2 * float(rough.mean()) if rough.size else 0.0
    return Sheet(clean, paper, contrast, noise, ruling.em)


def _half_widths(ruling: Ruling) -> list[float]:
    """How far to each side of the middle of each line its ink, and what blur makes of it, may reach; in pixels."""
    return [thick / 2 + max(1.0, 0.04 * ruling.em) for thick in ruling.thick]


def _measure_walls(ruling: Ruling, field: Field) -> Field:
    """The cell with how far the lines around it reach into it."""
    near = 0.3 * ruling.em
    walls = [0.0, 0.0, 0.0, 0.0]
    for rule, half in zip(ruling.rules, _half_widths(ruling), strict=True):
        if rule.top == rule.bottom:
            if rule.x0 < field.x1 and rule.x1 > field.x0:
                if abs(rule.top - field.top) <= near:
                    walls[1] = max(walls[1], rule.top + half - field.top)
                if abs(rule.top - field.bottom) <= near:
                    walls[3] = max(walls[3], field.bottom - rule.top + half)
        elif rule.top < field.bottom and rule.bottom > field.top:
            if abs(rule.x0 - field.x0) <= near:
                walls[0] = max(walls[0], rule.x0 + half - field.x0)
            if abs(rule.x0 - field.x1) <= near:
                walls[2] = max(walls[2], field.x1 - rule.x0 + half)
    return replace(field, walls=(walls[0], walls[1], walls[2], walls[3]))


def _brighten(sheet: Sheet, field: Field) -> None:
    """Turns white on dark in a cell to dark on white, in the sheet's own copy of the picture."""
    import numpy as np  # noqa: PLC0415

    cell = sheet.grey[int(field.top) + 1 : int(field.bottom), int(field.x0) + 1 : int(field.x1)]
    if cell.size and float(np.median(cell)) < sheet.paper - 0.6 * max(sheet.contrast, 80.0):
        np.subtract(255, cell, out=cell)


def _read_outside(sheet: Sheet, tables: Sequence[tuple[float, ...]], engine: Engine) -> list[Glyph]:
    """The lines of text outside tables: found by the network in the bands between them."""

    grey = sheet.grey.copy()
    height, width = grey.shape
    for x0, top, x1, bottom in tables:
        grey[max(int(top) - 1, 0) : int(bottom) + 2, max(int(x0) - 1, 0) : int(x1) + 2] = round(sheet.paper)
    em = max(estimate_em(grey), sheet.em)
    factor = min(1.0, DETECTION_EM / em)
    lines = []
    for first, last in _inked_bands(grey, sheet, em):
        band = grey[first:last]
        small = resize(band, factor)
        for box in engine.find_text(small):
            x0, x1 = max(int(box.x0 / factor), 0), min(int(box.x1 / factor) + 1, width)
            top, bottom = max(int(box.top / factor), 0) + first, min(int(box.bottom / factor) + 1 + first, height)
            if x1 - x0 >= 3 and bottom - top >= 3:
                lines.append(Line(x0, top, x1, bottom))
    return [g for g in read_lines(sheet, lines, engine) if g.text]


def _inked_bands(grey: Grey, sheet: Sheet, em: float) -> list[tuple[int, int]]:
    """Bands of rows with ink, those close together as one."""
    import numpy as np  # noqa: PLC0415

    rows = np.flatnonzero((grey < sheet.paper - 0.4 * sheet.contrast).sum(axis=1) > 0)
    bands: list[tuple[int, int]] = []
    for row in rows.tolist():
        if bands and row - bands[-1][1] <= 4 * em:
            bands[-1] = (bands[-1][0], row)
        else:
            bands.append((row, row))
    margin = round(0.6 * em)
    return [(max(a - margin, 0), min(b + margin + 1, grey.shape[0])) for a, b in bands if b - a >= 0.3 * em]
