"""PDF by pdfminer.six: its objects and fonts beneath an operator reader of our own.

pdfminer.six's interpreter spends most of its time on tokens; here one regular expression cuts the content into
operators with their operands, and the state of the graphics is kept in local variables. Points are those of the page
as shown from the first: the matrix that turns the page is the first one of the content.
"""

from __future__ import annotations

import logging
import math
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from crawler.extraction.documents.engines.drawing import (
    ASCENT,
    DESCENT,
    MAX_GLYPHS,
    WHITE,
    Box,
    Drawing,
    is_behind,
    narrow_clip,
    place_square,
    turn_page,
)
from crawler.extraction.documents.engines.limits import FORM_COST, MAX_CONTENT, MAX_NESTING
from crawler.extraction.documents.engines.syntax import read_hex, read_name, unescape_string
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph, Page
from crawler.extraction.errors import TooLarge, UnreadableDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crawler.extraction.documents.engines.fonts import FontReader
    from crawler.extraction.documents.engines.objects import BoundedDocument

PAGE_CONTENT = 1024 * 1024  # of them, what each page gives back
MAX_SAVED = 512  # graphics states saved and not restored
_LETTER = (0.0, 0.0, 612.0, 792.0)  # of a page that says no size

_STRING = rb"(?:[^()\\]++|\\.)"
for _ in range(4):  # parentheses in a string may be nested, balanced ones without a backslash
    _STRING = rb"(?:[^()\\]++|\\.|\(" + _STRING + rb"*+\))"
_TEXT = rb"\((" + _STRING + rb"*+)\)"
_BLANK = rb"[\x00\t\n\x0c\r ]"
_HEX = rb"<([0-9A-Fa-f\x00\t\n\x0c\r ]*+)>"
_NAME = rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]*+)"
_OPERATION = re.compile(
    _BLANK + rb"*+((?:[-+.\d]++" + _BLANK + rb"*+)*+)"  # 1 numbers
    rb"(?:([A-Za-z'\"][A-Za-z0-9*]*+)"  # 2 operator
    rb"|" + _HEX + _BLANK + rb"*+Tj"  # 3
    rb"|" + _TEXT + _BLANK + rb"*+Tj"  # 4
    rb"|\[((?:[^\[\]()<>]++|" + _TEXT.replace(rb"\((", rb"\((?:", 1) + rb"|<[^<>]*+>)*+)\]" + _BLANK + rb"*+TJ"  # 5
    rb"|" + _NAME + _BLANK + rb"++([-+.\d]++)" + _BLANK + rb"++Tf"  # 6, 7
    rb"|"
    + _NAME  # 8
    + rb"|"
    + _TEXT  # 9
    + rb"|"
    + _HEX  # 10
    + rb"|(<<|>>|[\[\]])"  # 11
    rb"|%[^\r\n]*+)?",
    re.DOTALL,
)
_ELEMENT = re.compile(_HEX + rb"|" + _TEXT + rb"|([-+.\d]++)", re.DOTALL)
_NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)")
_IMAGE_END = re.compile(rb"[\x00\t\n\x0c\r ]EI(?=[\x00\t\n\x0c\r ]|$)")
_READABLE = re.compile(rb"[\t\n\x0c\r -~]*")
_new: Any = tuple.__new__


def read_pages(data: bytes) -> Iterator[Page]:
    """The pages of a PDF in order, each when it is asked for.

    Raises UnreadableDocument for what is broken beyond use, locked by a password, or larger than the limits.
    """
    from crawler.extraction.documents.engines.objects import BoundedDocument  # noqa: PLC0415  (heavy)

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # it reports each oddity of each font
    reader = guard(lambda: _DocumentReader(BoundedDocument(data)))
    pages = reader.document.read_pages()
    number = 0
    while True:
        attributes = guard(partial(next, pages, None))
        if attributes is None:
            break
        number += 1
        yield guard(partial(reader.read_page, attributes, number))
    if not number:
        raise UnreadableDocument("a PDF without pages")


def guard(step: Callable[[], Any]) -> Any:
    """Runs a step; whatever a hostile file does to pdfminer.six becomes UnreadableDocument."""
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect  # noqa: PLC0415

    try:
        return step()
    except UnreadableDocument:
        raise
    except PDFPasswordIncorrect:
        raise UnreadableDocument("locked by a password") from None
    except PDFEncryptionError as error:
        raise UnreadableDocument(f"encrypted in a way that is not known: {str(error)[:80]}") from None
    except RecursionError:
        raise UnreadableDocument("a broken PDF: its objects are nested without end") from None
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        raise UnreadableDocument(f"a broken PDF: {reason or type(error).__name__}") from None


class _DocumentReader:
    """Reads the pages of one document; keeps its fonts."""

    def __init__(self, document: BoundedDocument) -> None:
        from pdfminer.pdfinterp import PDFResourceManager  # noqa: PLC0415

        self.document = document
        self.left = MAX_CONTENT
        self._manager = PDFResourceManager(caching=False)
        self._fonts: dict[object, FontReader | None] = {}
        self._kept: list[object] = []  # what ids in _fonts stand for
        self.hidden = _find_hidden_groups(document)

    def read_page(self, attributes: dict[str, Any], number: int) -> Page:
        """One page."""
        from pdfminer.pdftypes import resolve1  # noqa: PLC0415

        from crawler.extraction.documents.engines.objects import join_contents  # noqa: PLC0415

        self.left = min(MAX_CONTENT, self.left + PAGE_CONTENT)
        rotation = _number(resolve1(attributes.get("Rotate", 0)))
        width, height, matrix = turn_page(_find_box(attributes), round(rotation / 90) * 90 % 360)
        content = join_contents(attributes)
        drawing = Drawing(width, height)
        reader = _ContentReader(self, drawing)
        reader.run(content, resolve1(attributes.get("Resources")) or {}, _begin_state(matrix, drawing.page), 0)
        glyphs = drawing.finish(reader.glyphs, reader.pale)
        return Page(number, width, height, glyphs, drawing.rules, drawing.images)

    def find_font(self, resources: dict[str, Any], name: str) -> FontReader | None:
        """The font of that name, None where there is none."""
        from pdfminer.pdftypes import PDFObjRef, dict_value, resolve1  # noqa: PLC0415

        from crawler.extraction.documents.engines.fonts import FontReader  # noqa: PLC0415

        reference = dict_value(resources.get("Font")).get(name)
        key = reference.objid if isinstance(reference, PDFObjRef) else -id(reference)
        if key not in self._fonts:
            self._kept.append(reference)
            spec = resolve1(reference)
            self._fonts[key] = FontReader(spec, self._manager) if isinstance(spec, dict) else None
        return self._fonts[key]


def _find_box(attributes: dict[str, Any]) -> Box:
    """What of the page is shown: CropBox within MediaBox, in user space."""
    media = _read_box(attributes.get("MediaBox")) or _LETTER
    crop = _read_box(attributes.get("CropBox"))
    if crop is None:
        return media
    both = (max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3]))
    return both if both[0] < both[2] and both[1] < both[3] else media


def _read_box(value: object) -> Box | None:
    from pdfminer.pdftypes import resolve1  # noqa: PLC0415

    value = resolve1(value)
    if not isinstance(value, list) or len(value) < 4:
        return None
    numbers = [_number(resolve1(part)) for part in value[:4]]
    x0, x1 = sorted((numbers[0], numbers[2]))
    y0, y1 = sorted((numbers[1], numbers[3]))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0


def _find_hidden_groups(document: BoundedDocument) -> frozenset[int]:
    """The numbers of the optional content groups (layers) that are off when the document is opened."""
    from pdfminer.pdftypes import PDFObjRef, dict_value, list_value  # noqa: PLC0415

    properties = dict_value(document.catalog.get("OCProperties"))
    default = dict_value(properties.get("D"))
    off = {group.objid for group in list_value(default.get("OFF")) if isinstance(group, PDFObjRef)}
    if getattr(default.get("BaseState"), "name", "") == "OFF":
        every = {group.objid for group in list_value(properties.get("OCGs")) if isinstance(group, PDFObjRef)}
        off |= every - {group.objid for group in list_value(default.get("ON")) if isinstance(group, PDFObjRef)}
    return frozenset(off)


_SPACES = {"DeviceGray": "G", "CalGray": "G", "G": "G", "DeviceRGB": "RGB", "CalRGB": "RGB", "RGB": "RGB"}
_SPACES |= {"DeviceCMYK": "CMYK", "CMYK": "CMYK", "Separation": "S", "DeviceN": "S", "Lab": "Lab", "Pattern": "P"}


def _find_space(resources: dict[str, Any], name: str) -> str:
    """Which kind of colours a colour space has; "" if it cannot be told."""
    from pdfminer.pdftypes import PDFStream, dict_value, resolve1  # noqa: PLC0415

    if name in _SPACES:
        return _SPACES[name]
    space = resolve1(dict_value(resources.get("ColorSpace")).get(name))
    family = resolve1(space[0]) if isinstance(space, list) and space else space
    kind = getattr(family, "name", "")
    if kind == "ICCBased" and isinstance(space, list) and len(space) > 1:
        profile = resolve1(space[1])
        count = resolve1(profile.get("N")) if isinstance(profile, PDFStream) else 0
        return {1: "G", 3: "RGB", 4: "CMYK"}.get(count, "")
    return _SPACES.get(kind, "") if isinstance(kind, str) else ""


def _measure_colour(space: str, values: list[float]) -> float:
    """Luminance of a colour, 0 black to 1 white; 0.5 where the space does not tell."""
    count = len(values)
    if space == "S" and count:
        return 1 - max(values)
    if space == "Lab" and count:
        return values[0] / 100
    if space == "" or not count:
        return 0.5
    if count == 1:
        return values[0]
    if count == 3:
        return 0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2]
    if count == 4:
        cyan, magenta, yellow, black = values
        return (1 - black) * (1 - 0.299 * cyan - 0.587 * magenta - 0.114 * yellow)
    return 0.5


def _begin_state(matrix: tuple[float, ...], clip: Box) -> tuple[Any, ...]:
    """The graphics state at the begin of a page, in the order in which `_ContentReader.run` unpacks it."""
    return (*matrix, clip, 1.0, 0.0, 0.0, "G", "G", 1.0, 1.0, None, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0)


class _ContentReader:
    """Reads the content of one page and of the forms on it."""

    def __init__(self, document: _DocumentReader, drawing: Drawing) -> None:
        self.document = document
        self.drawing = drawing
        self.glyphs: list[Glyph] = []
        self.pale: list[int] = []
        self._forms: set[int] = set()  # that are being read

    def run(self, content: bytes, resources: dict[str, Any], state: tuple[Any, ...], depth: int) -> None:
        """Reads one stream of operators. ``state`` is what `_begin_state` gives."""
        glyphs, pale, drawing = self.glyphs, self.pale, self.drawing
        (a, b, c, d, e, f, clip, thickness, filling, stroking, fill_space, stroke_space, fill_alpha, stroke_alpha,
         font, size, char_space, word_space, scale, leading, rise, mode) = state  # fmt: skip
        saved: list[tuple[Any, ...]] = []
        ta, tb, tc, td, te, tf = la, lb, lc, ld, le, lf = 1.0, 0.0, 0.0, 1.0, 0.0, 0.0  # text matrix; that of its line
        stack: list[Any] = []
        boxes: list[Box] = []  # of the path: its rectangles along the axes
        lines: list[list[tuple[float, float]]] = []  # of the path: its other parts, straight ones only
        line: list[tuple[float, float]] = []
        clipping = False
        marks: list[tuple[int, int, str | None]] = []  # open marked content: hidden before, first glyph, its own text
        hidden = 0
        blank: tuple[float, float, float] | None = None  # where the last one ends, until the next character
        fonts: dict[bytes, Any] = {}
        settings: dict[str, tuple[float | None, float | None, float | None]] = {}
        at, end = 0, len(content)
        self.document.left -= end + FORM_COST
        if self.document.left < 0:
            raise TooLarge(f"more than {MAX_CONTENT >> 20} MB of drawing operators")
        show: Sequence[Any]
        numbers: list[Any]
        name: Any
        x: Any
        y: Any
        w: Any

        while at < end:
            try:
                for found in _OPERATION.finditer(content, at):
                    kind = found.lastindex
                    show = ()
                    if kind == 2:
                        operator = found[2]
                        raw = found[1]
                        try:
                            numbers = [float(number) for number in raw.split()] if raw else []
                        except ValueError:
                            numbers = _repair_numbers(raw)
                        if stack:
                            numbers = stack + numbers
                            stack = []
                        if operator in (b"Td", b"TD"):
                            x, y = numbers
                            if operator == b"TD":
                                leading = -y
                            te = le = x * la + y * lc + le
                            tf = lf = x * lb + y * ld + lf
                            ta, tb, tc, td = la, lb, lc, ld
                            continue
                        if operator == b"Tm":
                            ta, tb, tc, td, te, tf = la, lb, lc, ld, le, lf = numbers
                            continue
                        if operator == b"q":
                            if len(saved) < MAX_SAVED:
                                saved.append((a, b, c, d, e, f, clip, thickness, filling, stroking, fill_space,
                                              stroke_space, fill_alpha, stroke_alpha, font, size, char_space,
                                              word_space, scale, leading, rise, mode))  # fmt: skip
                            continue
                        if operator == b"Q":
                            if saved:
                                (a, b, c, d, e, f, clip, thickness, filling, stroking, fill_space,
                                 stroke_space, fill_alpha, stroke_alpha, font, size, char_space,
                                 word_space, scale, leading, rise, mode) = saved.pop()  # fmt: skip
                            continue
                        if operator == b"BT":
                            ta, tb, tc, td, te, tf = la, lb, lc, ld, le, lf = 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
                            continue
                        if operator == b"ET":
                            continue
                        if operator == b"rg":
                            fill_space, filling = "RGB", _measure_colour("RGB", numbers)
                            continue
                        if operator == b"gs":
                            name = numbers[-1]
                            if name not in settings:
                                settings[name] = _read_settings(resources, name)
                            x, y, w = settings[name]
                            fill_alpha = fill_alpha if x is None else x
                            stroke_alpha = stroke_alpha if y is None else y
                            thickness = thickness if w is None else w
                            continue
                        if operator == b"re":
                            x, y, w, h = numbers
                            if (b == 0 == c) or (a == 0 == d):
                                x0, y0 = a * x + c * y + e, b * x + d * y + f
                                x1, y1 = a * (x + w) + c * (y + h) + e, b * (x + w) + d * (y + h) + f
                                if x0 > x1:
                                    x0, x1 = x1, x0
                                if y0 > y1:
                                    y0, y1 = y1, y0
                                boxes.append((x0, y0, x1, y1))
                            else:
                                line = [
                                    (a * i + c * j + e, b * i + d * j + f)
                                    for i, j in ((x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y))
                                ]
                                lines.append(line)
                            continue
                        if operator == b"m":
                            x, y = numbers
                            line = [(a * x + c * y + e, b * x + d * y + f)]
                            lines.append(line)
                            continue
                        if operator == b"l":
                            x, y = numbers
                            line.append((a * x + c * y + e, b * x + d * y + f))
                            continue
                        if operator in _PAINT:
                            strokes, fills, closes = _PAINT[operator]
                            if closes and line:
                                line.append(line[0])
                            if fills and fill_alpha > 0.02 and not hidden:
                                drawing.fill_boxes(boxes, clip, filling)
                                for line in lines:
                                    if len(line) > 3:
                                        drawing.fill_line(line, clip, filling)
                            if strokes and stroke_alpha > 0.02 and stroking <= 0.95 and not hidden:
                                width = thickness * math.sqrt(abs(a * d - b * c))
                                for box in boxes:
                                    drawing.stroke_box(box, clip, width)
                                for line in lines:
                                    drawing.stroke_line(line, clip, width)
                            if clipping:
                                clip = narrow_clip(clip, boxes, lines)
                                clipping = False
                            boxes, lines, line = [], [], []
                            continue
                        if operator == b"cm":
                            i, j, k, m, x, y = numbers
                            a, b, c, d, e, f = (
                                i * a + j * c, i * b + j * d, k * a + m * c, k * b + m * d,
                                x * a + y * c + e, x * b + y * d + f,
                            )  # fmt: skip
                            continue
                        if operator in (b"W", b"W*"):
                            clipping = True
                        elif operator == b"RG":
                            stroke_space, stroking = "RGB", _measure_colour("RGB", numbers)
                        elif operator == b"g":
                            fill_space, filling = "G", _measure_colour("G", numbers)
                        elif operator == b"G":
                            stroke_space, stroking = "G", _measure_colour("G", numbers)
                        elif operator == b"k":
                            fill_space, filling = "CMYK", _measure_colour("CMYK", numbers)
                        elif operator == b"K":
                            stroke_space, stroking = "CMYK", _measure_colour("CMYK", numbers)
                        elif operator == b"w":
                            thickness = numbers[-1]
                        elif operator == b"h":
                            if line:
                                line.append(line[0])
                        elif operator in (b"c", b"v", b"y"):
                            x, y = numbers[-2:]
                            line.append((math.nan, math.nan))
                            line.append((a * x + c * y + e, b * x + d * y + f))
                        elif operator == b"cs":
                            fill_space, filling = _find_space(resources, numbers[-1]), 0.0
                        elif operator == b"CS":
                            stroke_space, stroking = _find_space(resources, numbers[-1]), 0.0
                        elif operator in (b"sc", b"scn"):
                            filling = _measure_operands(fill_space, numbers)
                        elif operator in (b"SC", b"SCN"):
                            stroking = _measure_operands(stroke_space, numbers)
                        elif operator == b"Tc":
                            char_space = numbers[-1]
                        elif operator == b"Tw":
                            word_space = numbers[-1]
                        elif operator == b"Tz":
                            scale = numbers[-1] / 100
                        elif operator == b"TL":
                            leading = numbers[-1]
                        elif operator == b"Ts":
                            rise = numbers[-1]
                        elif operator == b"Tr":
                            mode = int(numbers[-1])
                        elif operator == b"Tf":
                            font, size = self.document.find_font(resources, numbers[-2]), numbers[-1]
                        elif operator == b"T*":
                            te = le = -leading * lc + le
                            tf = lf = -leading * ld + lf
                            ta, tb, tc, td = la, lb, lc, ld
                        elif operator in (b"'", b'"'):
                            if operator == b'"':
                                word_space, char_space = numbers[-3], numbers[-2]
                            te = le = -leading * lc + le
                            tf = lf = -leading * ld + lf
                            ta, tb, tc, td = la, lb, lc, ld
                            show = [numbers[-1]]
                        elif operator in (b"Tj", b"TJ"):
                            show = [part for part in numbers if isinstance(part, bytes | float)]
                        elif operator in (b"BDC", b"BMC"):
                            text = _read_mark_text(resources, numbers)
                            marks.append((hidden, len(glyphs), text))
                            if self._is_hidden_mark(resources, numbers):
                                hidden += 1
                        elif operator == b"EMC":
                            if marks:
                                hidden, first, text = marks.pop()
                                if text is not None:
                                    _tell_text(glyphs, first, text)
                        elif operator == b"Do":
                            state = (a, b, c, d, e, f, clip, thickness, filling, stroking, fill_space,
                                     stroke_space, fill_alpha, stroke_alpha, font, size, char_space,
                                     word_space, scale, leading, rise, mode)  # fmt: skip
                            if not hidden:
                                self._draw_object(resources, numbers[-1], state, depth)
                        elif operator == b"sh":
                            drawing.ground(clip)
                        elif operator == b"ID":
                            drawing.image(place_square(a, b, c, d, e, f), clip)
                            at = _skip_image(content, found.end())
                            break
                        if not show:
                            continue
                    elif kind == 3:
                        show = [bytes.fromhex(found[3].decode())] if len(found[3]) % 2 == 0 else [read_hex(found[3])]
                    elif kind == 4:
                        show = [unescape_string(found[4])]
                    elif kind == 5:
                        show = [
                            read_hex(digits) if digits else float(number) if number else unescape_string(text)
                            for digits, text, number in _ELEMENT.findall(found[5])
                        ]
                    elif kind == 7:
                        size = float(found[7])
                        name = found[6]
                        if name not in fonts:
                            fonts[name] = self.document.find_font(resources, _name(name))
                        font = fonts[name]
                        continue
                    else:
                        # Operands of an operator still to come: names, strings, arrays and dictionaries.
                        stack += [float(number) for number in found[1].split()]
                        if kind == 8:
                            stack.append(_name(found[8]))
                        elif kind == 9:
                            stack.append(unescape_string(found[9]))
                        elif kind == 10:
                            stack.append(read_hex(found[10]))
                        elif kind == 11 and found[11] != b"[" and found[11] != b"]":
                            stack.append(found[11].decode())
                        if len(stack) > 4096:
                            stack = []
                        continue

                    # Text. The matrix from text space to the page, then each character along it.
                    ma, mb = ta * a + tb * c, ta * b + tb * d
                    mc, md = tc * a + td * c, tc * b + td * d
                    me, mf = te * a + tf * c + e, te * b + tf * d + f
                    if font is None:
                        font = _NO_FONT
                    em = size * font.size
                    vertical = font.vertical
                    ink = stroking if mode in (1, 5) else filling
                    visible = mode not in (3, 7) and (fill_alpha if mode not in (1, 5) else stroke_alpha) > 0.02
                    whitish = visible and ink > WHITE
                    left, top, right, bottom = clip
                    # One em along the line, and from the line to the top and bottom of the characters.
                    along_x, along_y = (-mc, -md) if vertical else (ma * scale, mb * scale)
                    sign = -1.0 if size < 0 else 1.0
                    level = not vertical and abs(mb) <= 0.001 * abs(ma) and abs(mc) <= 0.001 * abs(md)
                    if level and ma * scale * sign > 0:
                        direction = 0
                    else:
                        direction = round(math.degrees(math.atan2(along_y * sign, along_x * sign))) % 360
                        near = round(direction / 90) * 90
                        direction = near % 360 if abs(direction - near) <= 5 else direction
                    if level:
                        y0, y1 = mf + md * (rise + ASCENT * em), mf + md * (rise + DESCENT * em)
                        if y0 > y1:
                            y0, y1 = y1, y0
                        if not top <= (y0 + y1) / 2 <= bottom:
                            bottom = -math.inf  # the clip cuts more than half of its height away: nobody reads that
                    tx = 0.0
                    for part in show:
                        if part.__class__ is float:
                            tx -= part / 1000 * size * (1.0 if vertical else scale)
                            continue
                        for text, advance, space in font.read(part):
                            wide = advance * size
                            if text and not hidden:
                                if level:
                                    x0 = me + ma * tx
                                    x1 = x0 + ma * wide * scale
                                    if x0 > x1:
                                        x0, x1 = x1, x0
                                    box = (x0, y0, x1, y1)
                                else:
                                    box = _place_text(ma, mb, mc, md, me, mf, tx, wide, em, rise, scale, vertical)
                                if box[0] <= right and box[2] >= left and box[1] <= bottom and box[3] >= top:
                                    if whitish:
                                        pale.append(len(glyphs))
                                    spaced = blank is not None and level and is_behind(x0, y0, y1, *blank)
                                    glyphs.append(_new(Glyph, (text, *box, direction, visible, None, spaced, ink)))
                                    blank = None
                            if vertical:
                                tx += wide + char_space + (word_space if space else 0.0)
                            else:
                                tx += (wide + char_space + (word_space if space else 0.0)) * scale
                            if level and not text:
                                blank = (me + ma * tx, y0, y1)
                    if vertical:
                        te += tx * tc
                        tf += tx * td
                    else:
                        te += tx * ta
                        tf += tx * tb
                    if len(glyphs) > MAX_GLYPHS:
                        raise TooLarge(f"a page with more than {MAX_GLYPHS:,} characters")
                else:
                    break
            except (ValueError, TypeError, IndexError, OverflowError):
                # An operator with the wrong operands does nothing; the rest of the content stands.
                at, stack = found.end(), []
        while marks:
            hidden, first, text = marks.pop()
            if text is not None:
                _tell_text(glyphs, first, text)

    def _draw_object(self, resources: dict[str, Any], name: object, state: tuple[Any, ...], depth: int) -> None:
        """An image or a form of the resources."""
        from pdfminer.pdftypes import PDFStream, list_value, resolve1  # noqa: PLC0415

        reference = _find_reference(resources, "XObject", name)
        stream = resolve1(reference)
        if not isinstance(stream, PDFStream) or self._is_hidden(stream.get("OC")):
            return
        a, b, c, d, e, f, clip = state[:7]
        drawing = self.drawing
        alpha = state[12]
        kind = getattr(resolve1(stream.get("Subtype")), "name", "")
        if kind == "Image":
            if alpha > 0.02:
                drawing.image(place_square(a, b, c, d, e, f), clip)
            return
        if kind != "Form":
            return
        if id(stream) in self._forms or depth >= MAX_NESTING:
            raise UnreadableDocument("forms that draw themselves")
        matrix = [_number(resolve1(value)) for value in list_value(stream.get("Matrix"))]
        if len(matrix) == 6:
            i, j, k, m, x, y = matrix
            a, b, c, d, e, f = (
                i * a + j * c, i * b + j * d, k * a + m * c, k * b + m * d, x * a + y * c + e, x * b + y * d + f,
            )  # fmt: skip
        box = _read_box(stream.get("BBox"))
        if box is not None:
            corners = [(a * x + c * y + e, b * x + d * y + f) for x in box[::2] for y in box[1::2]]
            clip = narrow_clip(clip, [], [corners])
        inner = resolve1(stream.get("Resources"))
        first, rules, images = len(self.glyphs), len(drawing.rules), len(drawing.images)
        self._forms.add(id(stream))
        self.run(
            stream.get_data(),
            inner if isinstance(inner, dict) else resources,
            (a, b, c, d, e, f, clip, *state[7:]),
            depth + 1,
        )
        self._forms.discard(id(stream))
        if alpha <= 0.02:  # the form is painted as a whole, and not at all
            self.glyphs[first:] = [glyph._replace(visible=False) for glyph in self.glyphs[first:]]
            del drawing.rules[rules:], drawing.images[images:]

    def _is_hidden_mark(self, resources: dict[str, Any], operands: list[Any]) -> bool:
        """Whether marked content begins that belongs to a layer that is off."""
        if len(operands) != 2 or operands[0] != "OC" or not self.document.hidden:
            return False
        return self._is_hidden(_find_reference(resources, "Properties", operands[1]))

    def _is_hidden(self, reference: object) -> bool:
        """Whether a layer, or all the layers of a membership dictionary, are off."""
        from pdfminer.pdftypes import PDFObjRef, resolve1  # noqa: PLC0415

        hidden = self.document.hidden
        if reference is None or not hidden:
            return False
        if isinstance(reference, PDFObjRef) and reference.objid in hidden:
            return True
        members = resolve1(reference)
        layers = members.get("OCGs") if isinstance(members, dict) else None
        if not isinstance(layers, PDFObjRef) or isinstance(resolve1(layers), list):
            layers = resolve1(layers)
        listed = layers if isinstance(layers, list) else [layers]
        return bool(layers) and all(isinstance(layer, PDFObjRef) and layer.objid in hidden for layer in listed)


class _NoFont:
    """Stands for a font that is not there: its characters are unknown, not lost."""

    size, vertical = 1.0, False

    def read(self, data: bytes) -> list[tuple[str, float, bool]]:
        return [(UNKNOWN, 0.5, False)] * len(data)


_NO_FONT: Any = _NoFont()

# Operator → whether it strokes, fills, closes the path.
_PAINT = {
    b"S": (True, False, False), b"s": (True, False, True), b"f": (False, True, False), b"F": (False, True, False),
    b"f*": (False, True, False), b"B": (True, True, False), b"B*": (True, True, False), b"b": (True, True, True),
    b"b*": (True, True, True), b"n": (False, False, False),
}  # fmt: skip


def _name(data: bytes) -> str:
    name = read_name(data)
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return repr(name)


def _repair_numbers(data: bytes) -> list[Any]:
    """Numbers that are not written as they should be (``--5``, ``1.2.3``), each as its first readable part."""
    found = (_NUMBER.search(word.replace(b"--", b"-")) for word in data.replace(b"\x00", b" ").split())
    return [float(number[0]) if number is not None else 0.0 for number in found]


def _find_reference(resources: dict[str, Any], kind: str, name: object) -> object:
    from pdfminer.pdftypes import dict_value  # noqa: PLC0415

    return dict_value(resources.get(kind)).get(name)


def _find_resource(resources: dict[str, Any], kind: str, name: object) -> dict[str, Any]:
    from pdfminer.pdftypes import dict_value  # noqa: PLC0415

    return dict_value(_find_reference(resources, kind, name))


def _read_settings(resources: dict[str, Any], name: object) -> tuple[float | None, float | None, float | None]:
    """Opacity of fills and of strokes and the width of lines that a graphics state of the resources sets."""
    from pdfminer.pdftypes import resolve1  # noqa: PLC0415

    given = _find_resource(resources, "ExtGState", name)
    values = [resolve1(given.get(key)) for key in ("ca", "CA", "LW")]
    fill, stroke, width = (float(value) if isinstance(value, int | float) else None for value in values)
    return fill, stroke, width


def _measure_operands(space: str, operands: list[Any]) -> float:
    if operands and isinstance(operands[-1], str):
        return 0.5  # a pattern
    return _measure_colour(space, operands)


def _read_mark_text(resources: dict[str, Any], operands: list[Any]) -> str | None:
    """What marked content says of its own text (ActualText), without blanks; None if nothing."""
    value: object = None
    if "ActualText" in operands:
        at = operands.index("ActualText")
        value = operands[at + 1] if at + 1 < len(operands) else None
    elif len(operands) == 2 and isinstance(operands[1], str) and operands[0] != "OC":
        from pdfminer.pdftypes import resolve1  # noqa: PLC0415

        value = resolve1(_find_resource(resources, "Properties", operands[1]).get("ActualText"))
    if not isinstance(value, bytes):
        return None
    wide = value.startswith(b"\xfe\xff")
    text = "".join((value[2:].decode("utf-16-be", "ignore") if wide else value.decode("latin-1")).split())
    return text if text and text.isprintable() else None


def _tell_text(glyphs: list[Glyph], first: int, text: str) -> None:
    """Gives the glyphs from ``first`` on the text that their marked content says.

    One character each where there are as many; else all of it to the first, which takes the box of them all, and the
    others become empty. More than a few glyphs keep their own where the counts differ: the text is that of a longer
    stretch, and its characters have no place.
    """
    count = len(glyphs) - first
    if count == len(text):
        glyphs[first:] = [glyph._replace(text=c) for glyph, c in zip(glyphs[first:], text, strict=True)]
    elif 0 < count <= 8:
        marked = glyphs[first:]
        whole = marked[0]._replace(
            text=text,
            x0=min(glyph.x0 for glyph in marked),
            top=min(glyph.top for glyph in marked),
            x1=max(glyph.x1 for glyph in marked),
            bottom=max(glyph.bottom for glyph in marked),
        )
        glyphs[first:] = [whole, *(glyph._replace(text="") for glyph in marked[1:])]


def _place_text(
    a: float, b: float, c: float, d: float, e: float, f: float,
    at: float, wide: float, em: float, rise: float, scale: float, vertical: bool,
) -> Box:  # fmt: skip
    """The box of a character that does not stand level, by the matrix of its text."""
    if vertical:
        xs, ys = (-em / 2, em / 2), (rise + at, rise + at + wide)
    else:
        xs, ys = (at, at + wide * scale), (rise + DESCENT * em, rise + ASCENT * em)
    across = [a * x + c * y + e for x in xs for y in ys]
    down = [b * x + d * y + f for x in xs for y in ys]
    return min(across), min(down), max(across), max(down)


def _skip_image(content: bytes, at: int) -> int:
    """Where the operators go on behind the data of an inline image, which begins at ``at``."""
    while True:
        found = _IMAGE_END.search(content, at)
        if found is None:
            return len(content)
        at = found.end()
        rest = content[at : at + 24]
        readable = _READABLE.match(rest)
        if readable is not None and readable.end() == len(rest):
            return at
