"""OFD (GB/T 33190-2016), the national page format: zipped XML → pages of glyphs, rules and images → Document.

The text of a glyph is that of its TextCode; CGTransform only chooses how it is drawn. Lengths are millimetres from the
top left; an object's own coordinates go through its CTM and then to the corner of its Boundary. Annotations,
signatures and attachments are no part of a page and are left alone.
"""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from lxml.etree import _Element as Element

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
)
from crawler.extraction.documents.model import Block, Document, Picture, Place
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.package import OFD, Package, open_package
from crawler.extraction.documents.pages.flow import read_pages
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph, Page
from crawler.extraction.errors import UnreadableDocument

POINTS = 72 / 25.4  # of a millimetre
MAX_OBJECTS = 1_000_000  # on all pages together, those of templates counted on each page
MAX_DEPTH = 16  # of blocks and composite objects in one another
MAX_STEPS = 200_000  # of one path
BLANK = 0.55  # of an em: a blank is half an em wide, and figures are rounded
LINE_WIDTH = 0.353  # millimetres, where none is given (table 35 of the standard)
SCAN = 0.5  # share of a page without text from which an image on it is taken for a scan

Matrix: TypeAlias = tuple[float, float, float, float, float, float]
"""a b c d e f: x' = a x + c y + e, y' = b x + d y + f."""

_DEFAULTS = Options()
_LAYERS = ("Background", "Body", "Foreground")


@dataclass(frozen=True, slots=True)
class _Ink:
    """How an object is drawn: width of lines, luminance (0 black to 1 white) and whether it can be seen."""

    width: float = LINE_WIDTH
    stroke: float = 0.0
    fill: float = 0.0
    stroke_seen: bool = True
    fill_seen: bool = True


@dataclass(slots=True)
class _Resources:
    """What the pages of a document refer to by id."""

    inks: dict[str, Element] = field(default_factory=dict)
    composites: dict[str, Element] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)
    templates: dict[str, tuple[str, str]] = field(default_factory=dict)  # path and ZOrder
    roots: dict[str, Element] = field(default_factory=dict)  # parsed templates


@dataclass(frozen=True, slots=True)
class _Image:
    """An image of a page: its box in points and its member in the package (None: it has none)."""

    page: int
    box: Box
    name: str | None


def read_ofd(data: bytes, options: Options = _DEFAULTS) -> Document:
    """The document that an OFD file shows.

    Raises UnreadableDocument for what is no OFD file, is encrypted or damaged, or exceeds the limits above.
    """
    package = open_package(data)
    images: list[_Image] = []
    pages = list(_read_package(package, images))
    scans = _find_scans(package, pages, images)
    if scans and not any(glyph.visible for page in pages for glyph in page.glyphs):
        return Document(OFD, tuple(scans), pictures=len(scans))
    document = read_pages(pages, OFD)
    return replace(document, blocks=_insert(document.blocks, scans), pictures=document.pictures + len(scans))


def read_ofd_pages(data: bytes) -> Iterator[Page]:
    """The pages of an OFD file, those of all its documents in order, one after the other.

    Raises UnreadableDocument as `read_ofd` does, where the page at fault is reached.
    """
    return _read_package(open_package(data), [])


def _find_scans(package: Package, pages: Sequence[Page], images: Sequence[_Image]) -> list[Picture]:
    """The images that fill most of a page without text."""
    bare = {page.number: page for page in pages if not any(glyph.visible for glyph in page.glyphs)}
    found = []
    for image in images:
        page = bare.get(image.page)
        x0, top, x1, bottom = image.box
        if page is not None and (x1 - x0) * (bottom - top) >= SCAN * page.width * page.height:
            content = package.read(image.name) if image.name is not None and image.name in package else None
            found.append(Picture(content, image.name or "", Place(page=image.page, bbox=image.box)))
    return found


def _insert(blocks: Sequence[Block], pictures: Sequence[Picture]) -> tuple[Block, ...]:
    """The blocks with pictures put where their pages come."""
    out = list(blocks)
    for picture in pictures:
        number = picture.place.page or 0
        at = next((i for i, block in enumerate(out) if (block.place.page or 0) > number), len(out))
        out.insert(at, picture)
    return tuple(out)


def _read_package(package: Package, images: list[_Image]) -> Iterator[Page]:
    try:
        yield from _read_bodies(package, images)
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        raise UnreadableDocument(f"a damaged OFD file ({' '.join(str(error).split())[:80]})") from error


def _read_bodies(package: Package, images: list[_Image]) -> Iterator[Page]:
    bodies = package.parse("OFD.xml").findall("{*}DocBody")
    number, budget = 0, [MAX_OBJECTS]
    for body in bodies:
        path = _locate(package, "", "", body.findtext("{*}DocRoot"))
        if path is None:
            raise UnreadableDocument("OFD.xml names a document that is not in the package")
        root, folder = package.parse(path), posixpath.dirname(path)
        resources = _read_resources(package, root, folder)
        area = root.find("{*}CommonData/{*}PageArea")
        for entry in root.findall("{*}Pages/{*}Page"):
            number += 1
            if number > MAX_PAGES:
                raise UnreadableDocument(f"more than {MAX_PAGES:,} pages")
            place = _locate(package, folder, folder, entry.get("BaseLoc"))
            if place is None:
                raise UnreadableDocument(f"page {number} is not in the package")
            page = _Page(package, number, resources, folder, budget, images)
            yield page.read(package.parse(place), posixpath.dirname(place), area)
    if not number:
        raise UnreadableDocument("the OFD file has no page")


def _locate(package: Package, base: str, folder: str, location: str | None) -> str | None:
    """The member that a location means: from the root with a slash, else from its file, the document or the root."""
    location = (location or "").strip().replace("\\", "/")
    if not location:
        return None
    for start in ("",) if location.startswith("/") else (base, folder, ""):
        path = posixpath.normpath(posixpath.join("/", start, location.lstrip("/"))).lstrip("/")
        if path in package:
            return path
    return None


def _read_resources(package: Package, root: Element, folder: str) -> _Resources:
    out = _Resources()
    for tag in ("PublicRes", "DocumentRes"):
        for element in root.iterfind(f"{{*}}CommonData/{{*}}{tag}"):
            path = _locate(package, folder, folder, element.text)
            if path is not None:
                _add_resources(package, path, folder, out)
    for template in root.iterfind("{*}CommonData/{*}TemplatePage"):
        path = _locate(package, folder, folder, template.get("BaseLoc"))
        if path is not None:
            out.templates[template.get("ID", "")] = path, template.get("ZOrder", "Background")
    return out


def _add_resources(package: Package, path: str, folder: str, out: _Resources) -> None:
    root = package.parse(path)
    base = posixpath.join(posixpath.dirname(path), root.get("BaseLoc", ""))
    out.inks |= {e.get("ID", ""): e for e in root.iterfind("{*}DrawParams/{*}DrawParam")}
    out.composites |= {e.get("ID", ""): e for e in root.iterfind("{*}CompositeGraphicUnits/{*}CompositeGraphicUnit")}
    for element in root.iterfind("{*}MultiMedias/{*}MultiMedia"):
        name = _locate(package, base, folder, element.findtext("{*}MediaFile"))
        if name is not None:
            out.media[element.get("ID", "")] = name


class _Page:
    """Draws the objects of one page."""

    def __init__(
        self, package: Package, number: int, resources: _Resources, folder: str, budget: list[int], images: list[_Image]
    ) -> None:
        self._package = package
        self._number = number
        self._resources = resources
        self._folder = folder
        self._budget = budget
        self._images = images
        self._glyphs: list[Glyph] = []
        self._pale: list[int] = []

    def read(self, root: Element, base: str, common: Element | None) -> Page:
        """The page of a content file."""
        x, y, width, height = self._find_box(root.find("{*}Area"), common)
        width, height = width * POINTS, height * POINTS
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
            raise UnreadableDocument(f"page {self._number} of {width:.0f} by {height:.0f} points")
        self._paper: Box = (0.0, 0.0, width, height)
        self._drawing = Drawing(width, height)
        matrix: Matrix = (POINTS, 0.0, 0.0, POINTS, -x * POINTS, -y * POINTS)
        self._add_own(root, base)
        layers: list[tuple[int, Element]] = []
        for use in root.iterfind("{*}Template"):
            found = self._resources.templates.get(use.get("TemplateID", ""))
            if found is None:
                raise UnreadableDocument(f"page {self._number} uses a template that is not in the package")
            path, order = found
            template = self._resources.roots.get(path)
            if template is None:
                template = self._resources.roots[path] = self._package.parse(path)
            self._add_own(template, posixpath.dirname(path))
            rank = _rank(use.get("ZOrder", order))
            layers += [(rank, layer) for layer in template.iterfind("{*}Content/{*}Layer")]
        layers += [(_rank(e.get("Type", "Body")), e) for e in root.iterfind("{*}Content/{*}Layer")]
        for _, layer in sorted(layers, key=lambda pair: pair[0]):
            self._draw_all(layer, matrix, self._mix(_Ink(), layer), 0, shown=True)
        glyphs = self._drawing.finish(self._glyphs, self._pale)
        return Page(self._number, width, height, glyphs, self._drawing.rules, self._drawing.images)

    def _add_own(self, root: Element, base: str) -> None:
        """The resources that a page or template names besides those of the document."""
        for element in root.iterfind("{*}PageRes"):
            path = _locate(self._package, base, self._folder, element.text)
            if path is not None:
                shared = self._resources
                self._resources = replace(
                    shared, inks=dict(shared.inks), composites=dict(shared.composites), media=dict(shared.media)
                )
                _add_resources(self._package, path, self._folder, self._resources)

    def _find_box(self, own: Element | None, common: Element | None) -> tuple[float, ...]:
        for area in (own, common):
            text = area.findtext("{*}PhysicalBox") if area is not None else None
            if text and text.strip():
                return _numbers(text, 4)
        raise UnreadableDocument(f"page {self._number} has no size")

    def _draw_all(self, parent: Element, matrix: Matrix, ink: _Ink, depth: int, *, shown: bool) -> None:
        if depth > MAX_DEPTH:
            raise UnreadableDocument(f"page {self._number} nests its objects more than {MAX_DEPTH} deep")
        for element in parent:
            self._budget[0] -= 1
            if self._budget[0] < 0:
                raise UnreadableDocument(f"more than {MAX_OBJECTS:,} objects on the pages")
            kind = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
            seen = shown and element.get("Visible", "true").strip() not in {"false", "0"}
            seen = seen and element.get("Alpha", "255").strip() != "0"
            if kind == "PageBlock":
                self._draw_all(element, matrix, ink, depth + 1, shown=seen)
                continue
            if kind not in {"TextObject", "PathObject", "ImageObject", "CompositeObject"}:
                continue
            own = _place(element, matrix)
            look = self._mix(ink, element)
            if kind == "TextObject":
                self._draw_text(element, own, look, shown=seen)
            elif kind == "CompositeObject":
                unit = self._resources.composites.get(element.get("ResourceID", ""))
                if unit is None:
                    raise UnreadableDocument(f"page {self._number} uses an object that is not in the package")
                for content in unit.iterfind("{*}Content"):
                    self._draw_all(content, own, look, depth + 1, shown=seen)
            elif not seen:
                continue
            elif kind == "PathObject":
                self._draw_path(element, own, look)
            else:
                self._draw_image(element, matrix, own)

    def _mix(self, ink: _Ink, element: Element) -> _Ink:
        """How an element draws: what its parent says, its parameters of drawing, its own."""
        chain = [element]
        key = element.get("DrawParam")
        while key is not None and len(chain) < MAX_DEPTH:
            found = self._resources.inks.get(key)
            if found is None:
                break
            chain.append(found)
            key = found.get("Relative")
        for source in reversed(chain):
            width = source.get("LineWidth")
            if width is not None:
                ink = replace(ink, width=_numbers(width, 1)[0])
            for name in ("FillColor", "StrokeColor"):
                colour = source.find(f"{{*}}{name}")
                if colour is None:
                    continue
                light, seen = _luminance(colour)
                if name == "FillColor":
                    ink = replace(ink, fill=light, fill_seen=seen)
                else:
                    ink = replace(ink, stroke=light, stroke_seen=seen)
        return ink

    # --- text

    def _draw_text(self, element: Element, matrix: Matrix, ink: _Ink, *, shown: bool) -> None:
        size = _numbers(element.get("Size", "0"), 1)[0]
        if not 0 < size < 1000:
            return
        stretch = _numbers(element.get("HScale", "1"), 1)[0]
        filled = element.get("Fill", "true") not in {"false", "0"}
        stroked = element.get("Stroke", "false") not in {"false", "0"}
        shown = shown and ((filled and ink.fill_seen) or (stroked and ink.stroke_seen))
        light = ink.fill if filled else ink.stroke
        turn = _degrees(element.get("CharDirection", "0"))
        reading = _degrees(element.get("ReadDirection", "0"))
        x = y = 0.0
        for code in element.iterfind("{*}TextCode"):
            text = "".join(c for c in code.text or "" if c not in "\n\r\t")
            x = _numbers(code.get("X", repr(x)), 1)[0]
            y = _numbers(code.get("Y", repr(y)), 1)[0]
            if len(text) + len(self._glyphs) > MAX_GLYPHS:
                raise UnreadableDocument(f"page {self._number} with more than {MAX_GLYPHS:,} characters")
            points = _run(text, x, y, size * stretch, reading, code.get("DeltaX"), code.get("DeltaY"))
            ahead = math.radians(reading or turn)
            vector = (math.cos(ahead), math.sin(ahead))
            if len(points) > 1 and points[0] != points[-1]:
                vector = (points[-1][0] - points[0][0], points[-1][1] - points[0][1])
            direction = _angle(
                vector[0] * matrix[0] + vector[1] * matrix[2], vector[0] * matrix[1] + vector[1] * matrix[3]
            )
            spaced = False
            for i, (character, point) in enumerate(zip(text, points, strict=True)):
                if character.isspace():
                    spaced = True
                    continue
                advance = _advance(character, size * stretch)
                if i + 1 < len(points):  # the next character tells how wide a narrow one is
                    step = math.dist(points[i + 1], point)
                    advance = step if 0.2 * size < step < 1.3 * advance else advance
                box = _bound(point, advance, size, turn, matrix)
                self._add_glyph(character, box, direction, light, shown=shown, spaced=spaced)
                # A step as wide as the character and a blank is a blank of this text, written or not. A wider one
                # is the way to the next cell, where a writer sets a line of a table as one text.
                step = math.dist(points[i + 1], point) if i + 1 < len(points) else 0.0
                spaced = 1.2 * advance < step <= advance + BLANK * size * stretch

    def _add_glyph(self, character: str, box: Box, direction: int, light: float, *, shown: bool, spaced: bool) -> None:
        x0, top, x1, bottom = box
        middle_x, middle_y = (x0 + x1) / 2, (top + bottom) / 2
        on_page = 0 <= middle_x <= self._paper[2] and 0 <= middle_y <= self._paper[3]
        if light >= WHITE:
            self._pale.append(len(self._glyphs))
        text = UNKNOWN if "\ue000" <= character <= "\uf8ff" or ord(character) < 32 else character
        self._glyphs.append(Glyph(text, x0, top, x1, bottom, direction, shown and on_page, spaced=spaced))

    # --- lines and images

    def _draw_path(self, element: Element, matrix: Matrix, ink: _Ink) -> None:
        stroked = element.get("Stroke", "true") not in {"false", "0"} and ink.stroke_seen and ink.stroke <= PALE
        filled = element.get("Fill", "false") not in {"false", "0"} and ink.fill_seen
        if not (stroked or filled):
            return
        thickness = ink.width * math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))
        for outline in _outlines(element.findtext("{*}AbbreviatedData") or ""):
            points = [_apply(matrix, x, y) for x, y in outline.points]
            if stroked:
                for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
                    if i not in outline.curved:
                        self._drawing.stroke(x0, y0, x1, y1, self._paper, thickness)
            if filled and not outline.curved and (box := _rectangle(points)) is not None:
                self._drawing.fill(box, self._paper, ink.fill)

    def _draw_image(self, element: Element, outer: Matrix, matrix: Matrix) -> None:
        if element.get("CTM"):
            corners = [_apply(matrix, x, y) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))]
        else:
            x, y, width, height = _numbers(element.get("Boundary", "0 0 0 0"), 4)
            corners = [_apply(outer, x, y), _apply(outer, x + width, y + height)]
        box = _around(corners)
        self._drawing.image(box, self._paper)
        name = self._resources.media.get(element.get("ResourceID", ""))
        self._images.append(_Image(self._number, box, name))


# --- Geometry ---------------------------------------------------------------------------------------------------
def _rank(order: str) -> int:
    return _LAYERS.index(order) if order in _LAYERS else 1


def _place(element: Element, outer: Matrix) -> Matrix:
    """From the coordinates of an object to points on the page."""
    x, y = _numbers(element.get("Boundary", "0 0 0 0"), 4)[:2]
    a, b, c, d, e, f = _numbers(element.get("CTM", "1 0 0 1 0 0"), 6)
    return _multiply(outer, (a, b, c, d, e + x, f + y))


def _multiply(outer: Matrix, inner: Matrix) -> Matrix:
    a, b, c, d, e, f = outer
    i, j, k, m, n, o = inner
    return (a * i + c * j, b * i + d * j, a * k + c * m, b * k + d * m, a * n + c * o + e, b * n + d * o + f)


def _apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _around(points: Sequence[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _bound(origin: tuple[float, float], advance: float, size: float, turn: int, matrix: Matrix) -> Box:
    """The cell of a character on the page, from its origin on the base line."""
    x, y = origin
    cosine, sine = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    corners = [(0.0, -ASCENT * size), (advance, -ASCENT * size), (0.0, -DESCENT * size), (advance, -DESCENT * size)]
    return _around([_apply(matrix, x + u * cosine - v * sine, y + u * sine + v * cosine) for u, v in corners])


def _run(
    text: str, x: float, y: float, size: float, reading: int, delta_x: str | None, delta_y: str | None
) -> list[tuple[float, float]]:
    """Where the characters of a TextCode stand. Without offsets they follow one another by their widths."""
    count = len(text) - 1
    across, down = _deltas(delta_x, count), _deltas(delta_y, count)
    points = [(x, y)] if text else []
    ahead = math.radians(reading)
    for i in range(max(count, 0)):
        if across is None and down is None:
            step = _advance(text[i], size)
            x, y = x + step * math.cos(ahead), y + step * math.sin(ahead)
        else:
            x, y = x + (across[i] if across else 0.0), y + (down[i] if down else 0.0)
        points.append((x, y))
    return points


def _deltas(text: str | None, count: int) -> list[float] | None:
    """``"4 g 3 5 2"`` → 4, 5, 5, 5, 2: `g n v` is n times v. A list that is too short goes on with its last value."""
    parts = (text or "").replace(",", " ").split()
    if not parts or count <= 0:
        return None
    out: list[float] = []
    i = 0
    while i < len(parts) and len(out) < count:
        if parts[i] in {"g", "G"}:
            if len(parts) < i + 3:
                raise ValueError(f"{text!r:.40} ends within g n v")
            out += [_numbers(parts[i + 2], 1)[0]] * min(max(int(parts[i + 1]), 0), count - len(out))
            i += 3
        else:
            out.append(_numbers(parts[i], 1)[0])
            i += 1
    return out + [out[-1] if out else 0.0] * (count - len(out))


def _advance(character: str, size: float) -> float:
    """How wide a character is: an em, half of it for Latin letters and digits."""
    return size / 2 if ord(character) < 0x2000 else size


def _angle(x: float, y: float) -> int:
    """The direction of a vector in degrees clockwise, to the next quarter."""
    return round(math.degrees(math.atan2(y, x)) / 90) * 90 % 360


def _degrees(text: str) -> int:
    return round(_numbers(text, 1)[0] / 90) * 90 % 360


def _numbers(text: str, count: int) -> tuple[float, ...]:
    """``count`` finite numbers. Raises ValueError for anything else."""
    values = tuple(float(part) for part in text.replace(",", " ").split())
    if len(values) != count or not all(-1e7 < value < 1e7 for value in values):
        raise ValueError(f"{text[:40]!r} where {count} numbers belong")
    return values


def _luminance(colour: Element) -> tuple[float, bool]:
    """How light a colour is (0 to 1), and whether it shows. Values are 0 to 255: grey, RGB or CMYK."""
    seen = colour.get("Alpha", "255").strip() != "0"
    parts = (colour.get("Value") or "").replace(",", " ").split()
    values = [int(p[1:], 16) if p.startswith("#") else float(p) for p in parts]
    if len(values) == 1:
        return min(values[0] / 255, 1.0), seen
    if len(values) == 3:
        red, green, blue = values
        return min((0.299 * red + 0.587 * green + 0.114 * blue) / 255, 1.0), seen
    if len(values) == 4:
        ink = (0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2] + values[3]) / 255
        return max(1 - ink, 0.0), seen
    return 0.0, seen  # a shading or a pattern: something is drawn


@dataclass(slots=True)
class _Outline:
    """One subpath: its points, and the segments between them that are curves."""

    points: list[tuple[float, float]]
    curved: set[int] = field(default_factory=set)


_OPERANDS = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}


def _outlines(data: str) -> list[_Outline]:
    """The subpaths of abbreviated path data (9.1 of the standard). An arc or curve counts as one segment."""
    parts = data.replace(",", " ").split()
    if len(parts) > 8 * MAX_STEPS:
        raise UnreadableDocument(f"a path of more than {MAX_STEPS:,} steps")
    out: list[_Outline] = []
    i = 0
    while i < len(parts):
        operator = parts[i]
        count = _OPERANDS.get(operator)
        if count is None:
            raise ValueError(f"{operator[:20]!r} in a path")
        values = _numbers(" ".join(parts[i + 1 : i + 1 + count]), count)
        i += 1 + count
        if operator in "SM":
            out.append(_Outline([(values[0], values[1])]))
            continue
        if not out:
            raise ValueError("a path that begins nowhere")
        outline = out[-1]
        if operator == "C":
            if outline.points[-1] != outline.points[0]:
                outline.points.append(outline.points[0])
            continue
        if operator != "L":
            outline.curved.add(len(outline.points) - 1)
        outline.points.append((values[-2], values[-1]))
    return out


def _rectangle(points: Sequence[tuple[float, float]]) -> Box | None:
    """The box of a subpath that is an upright rectangle, or nothing but a line; None for other shapes."""
    box = _around(points)
    if len(points) < 2 or len(points) > 6:
        return None
    near = 0.05
    for x, y in points:
        if min(abs(x - box[0]), abs(x - box[2])) > near or min(abs(y - box[1]), abs(y - box[3])) > near:
            return None
    return box
