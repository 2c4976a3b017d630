"""PDF by pdfium, through the plain functions of pypdfium2.

Text comes from pdfium's text page, lines and images from the objects of the page. The functions are called with
addresses and numbers alone: a page asks them tens of thousands of times. pdfium is not safe in threads; a document
stays open while its pages are asked for, a page is closed before it is given.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from array import array
from functools import cache, lru_cache, partial
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.extraction.documents.engines.drawing import (
    ASCENT,
    DESCENT,
    MAX_GLYPHS,
    MAX_PAGES,
    MAX_SIDE,
    PALE,
    WHITE,
    Box,
    Drawing,
    is_behind,
    narrow_clip,
    place_square,
    turn_page,
)
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph, Page
from crawler.extraction.errors import TooLarge, UnreadableDocument

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

Matrix = tuple[float, float, float, float, float, float]
MAX_OBJECTS = 150_000  # on a page, those within forms included
MAX_SEGMENTS = 2_000_000  # of all paths on a page
MAX_NESTING = 32  # forms within forms
MAX_PIXELS = 40_000_000  # of a rendered page
_POINTER, _INT, _DOUBLE = ctypes.c_void_p, ctypes.c_int, ctypes.c_double
_TEXT, _PATH, _IMAGE, _SHADING, _FORM = 1, 2, 3, 4, 5
_CURVE, _MOVE = 1, 2
_HYPHEN = 2  # what pdfium makes of a hyphen at the end of a line
_FLOATS2, _FLOATS4, _FLOATS6 = Struct("2f"), Struct("4f"), Struct("6f")
_DOUBLES2, _COLOUR, _MODE = Struct("2d"), Struct("4I"), Struct("2i")
_new: Any = tuple.__new__

# What each gives.
_FUNCTIONS: dict[str, Any] = {
    "FPDFText_CountChars": _INT,
    "FPDFText_GetUnicode": ctypes.c_uint,
    "FPDFText_GetText": _INT,
    "FPDFText_GetTextObject": _POINTER,
    "FPDFText_HasUnicodeMapError": _INT,
    "FPDFText_GetLooseCharBox": _INT,
    "FPDFText_GetCharOrigin": _INT,
    "FPDFText_GetMatrix": _INT,
    "FPDFText_GetFontSize": _DOUBLE,
    "FPDFTextObj_GetTextRenderMode": _INT,
    "FPDFPage_CountObjects": _INT,
    "FPDFPage_GetObject": _POINTER,
    "FPDFFormObj_CountObjects": _INT,
    "FPDFFormObj_GetObject": _POINTER,
    "FPDFPageObj_GetType": _INT,
    "FPDFPageObj_GetBounds": _INT,
    "FPDFPageObj_CountMarks": _INT,
    "FPDFPageObj_GetMark": _POINTER,
    "FPDFPageObjMark_GetParamValueType": _INT,
    "FPDFPageObj_GetMatrix": _INT,
    "FPDFPageObj_GetFillColor": _INT,
    "FPDFPageObj_GetStrokeColor": _INT,
    "FPDFPageObj_GetStrokeWidth": _INT,
    "FPDFPageObj_GetClipPath": _POINTER,
    "FPDFClipPath_CountPaths": _INT,
    "FPDFClipPath_CountPathSegments": _INT,
    "FPDFClipPath_GetPathSegment": _POINTER,
    "FPDFPath_CountSegments": _INT,
    "FPDFPath_GetPathSegment": _POINTER,
    "FPDFPath_GetDrawMode": _INT,
    "FPDFPathSegment_GetPoint": _INT,
    "FPDFPathSegment_GetType": _INT,
    "FPDFPathSegment_GetClose": _INT,
}


# Functions with declared arguments spend most of a call on turning numbers into them. Those below are called with what
# needs no turning: addresses made by `_address` or `byref` once, and plain numbers, which are passed as C's int.
_address = partial(ctypes.byref, ctypes.c_char.from_address(0))
"""An address, given as a number, as an argument."""


def _argument(pointer: Any) -> Any:
    """A pointer that pypdfium2's own functions gave, as an argument."""
    return _address(ctypes.cast(pointer, _POINTER).value or 0)


@cache
def _load() -> tuple[Any, dict[str, Any]]:
    """pypdfium2's functions, and the ones that are asked most, without declared arguments."""
    from pypdfium2 import raw  # noqa: PLC0415  (heavy; makes pdfium ready)

    quick = {}
    for name, result in _FUNCTIONS.items():
        function = ctypes.cast(getattr(raw, name), _POINTER).value
        if function is None:
            raise UnreadableDocument(f"pdfium without {name}")
        quick[name] = ctypes.PYFUNCTYPE(result)(function)
    return raw, quick


class _Open:
    """An open document; use it as a context."""

    def __init__(self, data: bytes) -> None:
        self.raw, _ = _load()
        self._data = data  # pdfium reads from it as long as the document is open
        self.document = None

    def __enter__(self) -> _Open:
        raw = self.raw
        self.document = raw.FPDF_LoadMemDocument64(self._data, len(self._data), None)
        if not self.document:
            self.document = None
            error = raw.FPDF_GetLastError()
            if error == raw.FPDF_ERR_PASSWORD:
                raise UnreadableDocument("locked by a password")
            if error == raw.FPDF_ERR_SECURITY:
                raise UnreadableDocument("encrypted in a way that is not known")
            raise UnreadableDocument("a broken PDF")
        return self

    def __exit__(self, *_: object) -> None:
        if self.document is not None:
            self.raw.FPDF_CloseDocument(self.document)
            self.document = None

    def count(self) -> int:
        """How many pages there are. Raises UnreadableDocument for none and for too many."""
        count = int(self.raw.FPDF_GetPageCount(self.document))
        if count < 1:
            raise UnreadableDocument("a PDF without pages")
        if count > MAX_PAGES:
            raise TooLarge(f"more than {MAX_PAGES:,} pages")
        return count

    def load_page(self, number: int) -> Any:
        """The page of that number, from 1; to be closed by the caller."""
        page = self.raw.FPDF_LoadPage(self.document, number - 1)
        if not page:
            raise UnreadableDocument(f"a broken PDF: page {number} cannot be read")
        return page


def page_count(data: bytes) -> int:
    """How many pages a PDF has. Raises UnreadableDocument for what is no PDF, locked, or has too many."""
    with _Open(data) as document:
        return document.count()


def read_pages(data: bytes) -> Iterator[Page]:
    """The pages of a PDF in order, each when it is asked for.

    Raises UnreadableDocument for what is broken beyond use, locked by a password, or larger than the limits.
    """
    mute = _check_content(data)
    with _Open(data) as document:
        for number in range(1, document.count() + 1):
            page = document.load_page(number)
            try:
                result = _read_page(document.raw, page, number, mute)
            finally:
                document.raw.FPDF_ClosePage(page)
            yield result


def render_page(data: bytes, number: int, dpi: float) -> np.ndarray[Any, Any]:
    """A page (numbered from 1) as a picture in colours: uint8 of shape (height, width, RGB).

    ``dpi`` is lowered where the picture would have more than forty million points. Raises UnreadableDocument.
    """
    import numpy as np  # noqa: PLC0415  (heavy)

    _check_content(data)
    with _Open(data) as document:
        raw = document.raw
        if not 1 <= number <= document.count():
            raise UnreadableDocument(f"no page {number}")
        page = document.load_page(number)
        try:
            width, height = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
            if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
                raise UnreadableDocument(f"a page of {width:.0f} by {height:.0f} points")
            scale = min(dpi / 72, math.sqrt(MAX_PIXELS / (width * height)))
            columns, rows = max(1, int(width * scale)), max(1, int(height * scale))
            pixels = np.full((rows, columns, 3), 255, np.uint8)
            bitmap = raw.FPDFBitmap_CreateEx(
                columns, rows, raw.FPDFBitmap_BGR, ctypes.c_void_p(pixels.ctypes.data), 3 * columns
            )
            if not bitmap:
                raise UnreadableDocument(f"page {number} cannot be drawn")
            try:
                flags = raw.FPDF_ANNOT | raw.FPDF_REVERSE_BYTE_ORDER
                raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, columns, rows, 0, flags)
            finally:
                raw.FPDFBitmap_Destroy(bitmap)
        finally:
            raw.FPDF_ClosePage(page)
    return pixels


def _check_content(data: bytes) -> frozenset[bytes]:
    """The names of the fonts that are mute; raises where the content would not end."""
    from crawler.extraction.documents.engines.pdfminer import guard  # noqa: PLC0415  (heavy)
    from crawler.extraction.documents.engines.weight import check_content  # noqa: PLC0415

    mute: frozenset[bytes] = guard(partial(check_content, data))
    return mute


def _read_page(raw: Any, page: Any, number: int, mute: frozenset[bytes]) -> Page:
    bounds = raw.FS_RECTF()
    if not raw.FPDF_GetPageBoundingBox(page, bounds):
        raise UnreadableDocument(f"a broken PDF: page {number} has no size")
    rotation = (raw.FPDFPage_GetRotation(page) % 4) * 90
    width, height, matrix = turn_page((bounds.left, bounds.bottom, bounds.right, bounds.top), rotation)
    drawing = Drawing(width, height)
    walker = _Walker(drawing)
    walker.walk(_argument(page), matrix, drawing.page, 0, hidden=False)
    text = raw.FPDFText_LoadPage(page)
    if not text:
        raise UnreadableDocument(f"a broken PDF: the text of page {number} cannot be read")
    try:
        glyphs, pale = _read_text(_argument(text), walker.texts, matrix, drawing.page, mute)
    finally:
        raw.FPDFText_ClosePage(text)
    return Page(number, width, height, drawing.finish(glyphs, pale), drawing.rules, drawing.images)


class _TextState(NamedTuple):
    """What the walk over the objects knows of a text object: its clip, whether the form around it is hidden, and the
    text object before it."""

    clip: Box
    hidden: bool
    before: int | None


def _multiply(inner: tuple[float, ...], outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    i, j, k, m, x, y = outer
    return (a * i + b * k, a * j + b * m, c * i + d * k, c * j + d * m, e * i + f * k + x, e * j + f * m + y)


class _Walker:
    """Goes through the objects of a page for lines and images."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.texts: dict[int, _TextState] = {}
        self._objects, self._segments = MAX_OBJECTS, MAX_SEGMENTS
        self._last: int | None = None  # text object
        _, self._call = _load()
        self._get_clip = self._call["FPDFPageObj_GetClipPath"]
        self._count_paths = self._call["FPDFClipPath_CountPaths"]
        self._get_clipping = self._call["FPDFClipPath_GetPathSegment"]
        self._get_fill = self._call["FPDFPageObj_GetFillColor"]
        self._get_stroke = self._call["FPDFPageObj_GetStrokeColor"]
        self._buffer = ctypes.create_string_buffer(64)
        self._places = _find_places(self._buffer)

    def walk(self, container: Any, matrix: Matrix, clip: Box, depth: int, *, hidden: bool) -> None:
        """The objects of the page (``depth`` 0) or of a form on it; ``matrix`` leads from it to the page as shown."""
        call, at, buffer = self._call, self._places[0], self._buffer
        get = call["FPDFFormObj_GetObject" if depth else "FPDFPage_GetObject"]
        get_type, get_clip, address = call["FPDFPageObj_GetType"], self._find_clip, _address
        count = call["FPDFFormObj_CountObjects" if depth else "FPDFPage_CountObjects"](container)
        self._objects -= count
        if self._objects < 0:
            raise TooLarge(f"a page with more than {MAX_OBJECTS:,} objects")
        clips: dict[object, Box] = {}
        for index in range(count):
            key = get(container, ctypes.c_ulong(index) if depth else index)
            if key is None:
                continue
            item = address(key)
            kind = get_type(item)
            if kind == _TEXT:
                self.texts[key] = _new(_TextState, (get_clip(item, matrix, clip, clips), hidden, self._last))
                self._last = key
            elif hidden and kind != _FORM:
                continue
            elif kind == _PATH:
                self._draw_path(item, matrix, clip, clips)
            elif kind == _IMAGE:
                if call["FPDFPageObj_GetMatrix"](item, at) and self._measure(item, "Fill")[1] > 0.02:
                    place = _multiply(_FLOATS6.unpack_from(buffer), matrix)
                    self.drawing.image(place_square(*place), get_clip(item, matrix, clip, clips))
            elif kind == _SHADING:
                self.drawing.ground(get_clip(item, matrix, clip, clips))
            elif kind == _FORM:
                if depth >= MAX_NESTING:
                    raise UnreadableDocument("forms nested without end")
                if call["FPDFPageObj_GetMatrix"](item, at):
                    place = _multiply(_FLOATS6.unpack_from(buffer), matrix)
                    inner = get_clip(item, matrix, clip, clips)
                    shown = self._measure(item, "Fill")[1] > 0.02
                    self.walk(item, place, inner, depth + 1, hidden=hidden or not shown)

    def _measure(self, item: Any, which: str) -> tuple[float, float]:
        """Luminance and opacity of the ink of an object, 0 to 1."""
        get = self._get_stroke if which == "Stroke" else self._get_fill
        if not get(item, *self._places):
            return 0.5, 1.0
        return _find_luminance(_COLOUR.unpack_from(self._buffer))

    def _draw_path(self, item: Any, matrix: Matrix, clip: Box, clips: dict[object, Box]) -> None:
        call, places, buffer = self._call, self._places, self._buffer
        if not call["FPDFPath_GetDrawMode"](item, places[0], places[1]):
            return
        fills, strokes = _MODE.unpack_from(buffer)
        filling = 1.0
        if fills:
            filling, opacity = self._measure(item, "Fill")
            fills = opacity > 0.02
        if strokes:
            stroking, opacity = self._measure(item, "Stroke")
            strokes = opacity > 0.02 and stroking <= 0.95
        if not fills and not strokes:
            return
        count = call["FPDFPath_CountSegments"](item)
        if not strokes and 4 <= count <= 6:  # a rectangle or quadrangle: its box says all
            if filling <= PALE and call["FPDFPageObj_GetBounds"](item, *places):
                left, low, right, high = _FLOATS4.unpack_from(buffer)
                a, b, c, d, e, f = matrix
                x0, x1 = a * left + c * low + e, a * right + c * high + e
                y0, y1 = b * left + d * low + f, b * right + d * high + f
                if x0 > x1:
                    x0, x1 = x1, x0
                if y0 > y1:
                    y0, y1 = y1, y0
                self.drawing.fill((x0, y0, x1, y1), self._find_clip(item, matrix, clip, clips), filling)
            return
        box = self._find_clip(item, matrix, clip, clips)
        if not call["FPDFPageObj_GetMatrix"](item, places[0]):
            return
        place = _multiply(_FLOATS6.unpack_from(buffer), matrix)
        boxes, lines = _sort_lines(self._read_lines(count, call["FPDFPath_GetPathSegment"], (item,), place))
        drawing = self.drawing
        if fills:
            drawing.fill_boxes(boxes, box, filling)
            for line in lines:
                drawing.fill_line(line, box, filling)
        if strokes:
            call["FPDFPageObj_GetStrokeWidth"](item, places[0])
            a, b, c, d, _, _ = place
            thickness = _FLOATS2.unpack_from(buffer)[0] * math.sqrt(abs(a * d - b * c))
            for one in boxes:
                drawing.stroke_box(one, box, thickness)
            for line in lines:
                drawing.stroke_line(line, box, thickness)

    def _read_lines(
        self, count: int, get: Any, start: tuple[Any, ...], place: Matrix
    ) -> list[list[tuple[float, float]]]:
        """The parts of a path in points of the page as shown; the inner points of curves are nan."""
        call, buffer, address = self._call, self._buffer, _address
        first, second, *_ = self._places
        get_point, get_type = call["FPDFPathSegment_GetPoint"], call["FPDFPathSegment_GetType"]
        get_close, unpack = call["FPDFPathSegment_GetClose"], _FLOATS2.unpack_from
        self._segments -= count
        if self._segments < 0:
            raise TooLarge(f"a page with more than {MAX_SEGMENTS:,} strokes")
        a, b, c, d, e, f = place
        lines: list[list[tuple[float, float]]] = []
        line: list[tuple[float, float]] = []
        for index in range(count):
            segment = address(get(*start, index))
            get_point(segment, first, second)
            x, y = unpack(buffer)
            kind = get_type(segment)
            if kind == _MOVE or not lines:
                line = []
                lines.append(line)
            elif kind == _CURVE:
                line.append((math.nan, math.nan))
            line.append((a * x + c * y + e, b * x + d * y + f))
            if get_close(segment):
                line.append(line[0])
        return lines

    def _find_clip(self, item: Any, matrix: Matrix, clip: Box, clips: dict[object, Box]) -> Box:
        """The box that an object is cut to, within that of its form. ``clips`` keeps what is found within a form:
        objects share their paths, so the address of the first segment names a path."""
        found_path = self._get_clip(item)
        if not found_path:
            return clip
        path = _address(found_path)
        count = self._count_paths(path)
        if count <= 0:
            return clip
        get = self._get_clipping
        key: object = get(path, 0, 0) if count == 1 else tuple([get(path, index, 0) for index in range(min(count, 64))])
        found = clips.get(key)
        if found is None:
            call, found = self._call, clip
            for index in range(min(count, 64)):
                segments = call["FPDFClipPath_CountPathSegments"](path, index)
                found = narrow_clip(found, [], self._read_lines(max(segments, 0), get, (path, index), matrix))
            clips[key] = found
        return found


def _sort_lines(
    lines: list[list[tuple[float, float]]],
) -> tuple[list[Box], list[list[tuple[float, float]]]]:
    """The parts of a path that are rectangles along the axes, as boxes; the others."""
    boxes, others = [], []
    for line in lines:
        if len(line) == 5 or (len(line) == 6 and line[4] == line[5]):
            (x0, y0), (x1, y1), (x2, y2), (x3, y3), (x4, y4) = line[:5]
            # Each side along an axis, and back to the start.
            upright = abs(x0 - x1) < 0.01 and abs(y1 - y2) < 0.01 and abs(x2 - x3) < 0.01 and abs(y3 - y0) < 0.01
            level = abs(y0 - y1) < 0.01 and abs(x1 - x2) < 0.01 and abs(y2 - y3) < 0.01 and abs(x3 - x0) < 0.01
            if (upright or level) and abs(x4 - x0) < 0.01 and abs(y4 - y0) < 0.01:
                boxes.append((min(x0, x2), min(y0, y2), max(x0, x2), max(y0, y2)))
                continue
        others.append(line)
    return boxes, others


def _find_places(buffer: Any) -> tuple[Any, Any, Any, Any]:
    """The first four places of four bytes in a buffer, as arguments."""
    return ctypes.byref(buffer), ctypes.byref(buffer, 4), ctypes.byref(buffer, 8), ctypes.byref(buffer, 12)


def _read_text(
    text: Any, texts: dict[int, _TextState], matrix: Matrix, page: Box, mute: frozenset[bytes]
) -> tuple[list[Glyph], list[int]]:
    """The glyphs of a text page, and the indices of those in white ink. ``mute`` are fonts whose characters nobody
    knows."""
    _, call = _load()
    get_object = call["FPDFText_GetTextObject"]
    has_error, get_loose = call["FPDFText_HasUnicodeMapError"], call["FPDFText_GetLooseCharBox"]
    get_origin = call["FPDFText_GetCharOrigin"]
    buffer = ctypes.create_string_buffer(64)
    places = _find_places(buffer)
    at, after = places[0], places[2]
    unpack, unpack_origin = _FLOATS4.unpack_from, _DOUBLES2.unpack_from
    unpack_matrix, unpack_colour = _FLOATS6.unpack_from, _COLOUR.unpack_from
    get_matrix, get_size = call["FPDFText_GetMatrix"], call["FPDFText_GetFontSize"]
    get_mode = call["FPDFTextObj_GetTextRenderMode"]
    get_fill, get_stroke = call["FPDFPageObj_GetFillColor"], call["FPDFPageObj_GetStrokeColor"]
    lone = _TextState(page, hidden=False, before=None)
    a, b, c, d, e, f = matrix
    straight = b == 0  # the page is shown upright or upside down
    glyphs: list[Glyph] = []
    pale: list[int] = []
    known: dict[int, str] = {}
    last = flat = -1
    blank: tuple[float, ...] | None = None  # the box of the last one, until the next character
    visible = whitish = level = own = vertical = first = told_text = lost = False
    direction, ahead = 0, _find_direction(1.0, 0.0, matrix)
    ta = tb = tc = td = te = tf = ox = oy = y0 = y1 = told = 0.0
    em = size = tall = 1.0
    reach = 0.005
    place: tuple[float, ...] = ()
    box: Box = (0.0, 0.0, 0.0, 0.0)
    clip = page
    before: tuple[float, ...] = ()
    codes = _read_codes(call, text)
    count = len(codes)
    for index, code in enumerate(codes):
        character = known.get(code)
        if character is None:
            character = known[code] = _clean_character(code)
        item = get_object(text, index)
        if not character:
            if item is not None:
                get_loose(text, index, at)
                blank = unpack(buffer)
            continue
        if item is None:
            continue  # made by pdfium itself, between the characters of the page
        if item == flat:
            continue
        if item != last:
            earlier, last, before = last, item, ()
            clip, hidden, prior = texts.get(item, lone)
            lost = bool(mute) and _find_font(item) in mute
            # pdfium has no characters of text that is nothing but blanks, only where it begins.
            if prior not in (None, earlier) and call["FPDFPageObj_GetBounds"](_address(prior), *places):
                blank = unpack(buffer)
            get_matrix(text, index, at)
            place = unpack_matrix(buffer)
            size = get_size(text, index)
            shown = _address(item)
            mode = get_mode(shown)
            if (get_stroke if mode in (1, 5) else get_fill)(shown, *places):
                luminance, opacity = _find_luminance(unpack_colour(buffer))
            else:
                luminance, opacity = 0.5, 1.0
            visible = not hidden and mode not in (3, 7) and opacity > 0.02
            whitish = visible and luminance > WHITE
            ta, tb, tc, td, te, tf = place
            if -1e-12 < ta * td - tb * tc < 1e-12 or not size:
                flat = item  # without width or height: nothing is to be seen
                continue
            sign = 1.0 if size >= 0 else -1.0
            level = tb == tc == 0.0
            if level:
                up = size * td  # by most matrices
                em = up if td >= 0 else -up
            else:
                em = size * math.hypot(tc, td)
                up = math.copysign(em, td) * sign
                level = abs(tb) <= 0.001 * abs(ta) and abs(tc) <= 0.001 * abs(td)
            tall = em * sign
            y0, y1 = tf + DESCENT * up, tf + ASCENT * up
            get_loose(text, index, at)
            box = unpack(buffer)
            ox = box[0]
            told_text = vertical = False
            reach = 0.005 * tall
            if not level or not -reach <= ox - te <= reach or not box[3] - tall <= tf <= box[1] + tall:
                get_origin(text, index, at, after)
                ox, oy = unpack_origin(buffer)
                # An upright font's characters hang from their middle, so that they begin above or beside the line.
                least = 0.3 * tall * math.hypot(ta, tb)
                away = abs((oy - tf) * ta - (ox - te) * tb) > least
                aside = abs((ox - te) * ta + (oy - tf) * tb) > least
                told_text = (away or aside) and _tells_text(call, shown)  # in a form, pdfium puts it at the wrong place
                vertical = away and not told_text
            if vertical:
                level = False
                direction = _find_direction(-tc * sign, -td * sign, matrix)
            elif level and ta * sign > 0:
                direction = ahead
            else:
                direction = _find_direction(ta * sign, tb * sign, matrix)
            told = 0.0
            first = True
        else:
            get_loose(text, index, at)
            box = unpack(buffer)  # left, top, right, bottom, in user space
        if lost or has_error(text, index):
            character = UNKNOWN
        if first:
            # Where marked content tells the text (ActualText), all its characters have the box of the object's ink.
            first, own = False, level and (told_text or abs(box[0] - ox) > reach)
        x0, x1 = box[0], box[2]
        if own:
            # pdfium parts the ink of the object between its characters; a character alone has its whole advance.
            wide = unicodedata.east_asian_width(character[0]) in "WF"
            if told_text or (wide and not told and (index + 1 == count or get_object(text, index + 1) != item)):
                x0 = te + told
                x1 = x0 + math.copysign(em * ta / td, ta * sign) * (1.0 if wide else 0.5)
            told += math.copysign(em * ta / td, ta * sign) * (1.0 if wide else 0.5)
        elif level:
            if box == before and glyphs:
                glyphs[-1] = glyphs[-1]._replace(text=glyphs[-1].text + character)  # a ligature
                continue
            before = box
        else:
            if box == before and glyphs:
                glyphs[-1] = glyphs[-1]._replace(text=glyphs[-1].text + character)
                continue
            before = box
            get_origin(text, index, at, after)
            left, top, right, bottom = _place_turned(unpack_origin(buffer), box, place, size, vertical, character)
        if level:
            left, top, right, bottom = x0, y0, x1, y1
        if straight:
            left, right, top, bottom = a * left + e, a * right + e, d * top + f, d * bottom + f
        else:
            left, right, top, bottom = c * top + e, c * bottom + e, b * left + f, b * right + f
        if left > right:
            left, right = right, left
        if top > bottom:
            top, bottom = bottom, top
        # What the clip cuts away by more than half of its height nobody reads.
        high, low = ((top + bottom) / 2,) * 2 if level and straight else (top, bottom)
        if left <= clip[2] and right >= clip[0] and high <= clip[3] and low >= clip[1]:
            if whitish:
                pale.append(len(glyphs))
            spaced = False
            if blank is not None and level:
                wide = blank[0] == blank[2]
                spaced = is_behind(box[0], y0, y1, blank[2], blank[1], blank[3], wide=wide)
            glyphs.append(
                _new(Glyph, (character, left, top, right, bottom, direction, visible, None, spaced, luminance))
            )
            blank = None
            if len(glyphs) > MAX_GLYPHS:
                raise TooLarge(f"a page with more than {MAX_GLYPHS:,} characters")
    return glyphs, pale


def _find_font(item: int) -> bytes:
    """The name of a text object's font, as `fonts.cut_font_name` gives it."""
    from crawler.extraction.documents.engines.fonts import cut_font_name  # noqa: PLC0415  (heavy)

    raw, _ = _load()
    font = raw.FPDFTextObj_GetFont(ctypes.cast(item, raw.FPDF_PAGEOBJECT))
    size = raw.FPDFFont_GetBaseFontName(font, None, 0) if font else 0
    buffer = ctypes.create_string_buffer(max(size, 1))
    raw.FPDFFont_GetBaseFontName(font, buffer, size)
    return cut_font_name(buffer.value)


def _read_codes(call: dict[str, Any], text: Any) -> Sequence[int]:
    """The code points of a text page, by pdfium's numbers of its characters."""
    count = max(call["FPDFText_CountChars"](text), 0)
    units = array("H", bytes(2 * count + 2))
    # All at once where that leaves no character out, writes none in two units, and marks no hyphen its own way.
    if call["FPDFText_GetText"](text, 0, count, _address(units.buffer_info()[0])) == count + 1:
        codes = units[:count]
        if not any(0xD800 <= code < 0xE000 or code == 0xFFFE for code in set(codes)):
            return codes
    get_unicode = call["FPDFText_GetUnicode"]
    return [get_unicode(text, index) for index in range(count)]


def _tells_text(call: dict[str, Any], item: Any) -> bool:
    """Whether a text object stands in marked content that tells its text."""
    for index in range(min(call["FPDFPageObj_CountMarks"](item), 16)):
        mark = call["FPDFPageObj_GetMark"](item, ctypes.c_ulong(index))
        if mark and call["FPDFPageObjMark_GetParamValueType"](_address(mark), b"ActualText"):
            return True
    return False


def _place_turned(
    origin: tuple[float, float], box: Box, place: tuple[float, ...], size: float, upright: bool, character: str,
) -> Box:  # fmt: skip
    """Left, top, right and bottom in user space of a character that does not stand level: its cell from its origin."""
    ta, tb, tc, td, _, _ = place
    along, across = math.hypot(ta, tb) or 1.0, math.hypot(tc, td) or 1.0
    em = size * across
    # Pdfium's own box gives the advance where the text runs along an axis.
    advance = em * along / across * (1.0 if unicodedata.east_asian_width(character[0]) in "WF" else 0.5)
    if upright:
        advance = em
    elif abs(ta) <= 0.001 * along and 0 < abs(box[1] - box[3]) < 2.5 * abs(em):
        advance = abs(box[1] - box[3])
    elif abs(tb) <= 0.001 * along and 0 < abs(box[2] - box[0]) < 2.5 * abs(em):
        advance = abs(box[2] - box[0])
    x, y = origin
    xs = [x + ta / along * i + tc / across * j for i in (0.0, advance) for j in (DESCENT * em, ASCENT * em)]
    ys = [y + tb / along * i + td / across * j for i in (0.0, advance) for j in (DESCENT * em, ASCENT * em)]
    return min(xs), max(ys), max(xs), min(ys)


@lru_cache(maxsize=256)
def _find_luminance(colour: tuple[int, int, int, int]) -> tuple[float, float]:
    """Luminance and opacity, 0 to 1, of red, green, blue and opacity, 0 to 255."""
    red, green, blue, alpha = colour
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255, alpha / 255


def _find_direction(x: float, y: float, matrix: Matrix) -> int:
    """Degrees clockwise on the page as shown of a direction in user space; snapped to the axes within 5 degrees."""
    a, b, c, d, _, _ = matrix
    degrees = round(math.degrees(math.atan2(b * x + d * y, a * x + c * y)))
    near = round(degrees / 90) * 90
    return (near if abs(degrees - near) <= 5 else degrees) % 360


_SEPARATORS = frozenset(range(0x1C, 0x20))  # Python counts them as blanks; in a PDF they are codes without a character


def _clean_character(code: int) -> str:
    """The character of a code, "" for a blank, `UNKNOWN` for private, control and missing ones."""
    if code == _HYPHEN:
        return "-"
    character = chr(code) if code < 0x110000 else UNKNOWN
    if character.isspace() and code not in _SEPARATORS:
        return ""
    return UNKNOWN if unicodedata.category(character) in ("Cc", "Co", "Cs", "Cn") else character
