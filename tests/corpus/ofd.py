"""Writes pages as OFD after GB/T 33190-2016, so that what an engine read from a PDF stands in the national format too.

The writer chooses by a seed among the ways that the standard leaves open, as producers do: offsets as plain lists or
in the notation `g n v`, borders as strokes or as thin filled rectangles, coordinates in the object's own scale behind
a CTM, upright characters in vertical lines or turned ones, what comes again on each page in a template.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from xml.sax.saxutils import escape

from PIL import Image as Bitmap

from crawler.extraction.documents.pages.model import Glyph, Image, Page, Rule

MILLIMETRE = 25.4 / 72  # of a point
ASCENT = 0.88  # of an em: where the base line is in a glyph's box
THICK = 0.18  # millimetres
NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Run:
    """Characters that one TextObject prints: on one line, in one size, one direction."""

    text: str
    starts: tuple[float, ...]  # along the direction of reading, in millimetres
    across: float  # the other coordinate of the base line
    size: float
    direction: int
    upright: bool
    visible: bool


def write_ofd(pages: Sequence[Page], seed: int = 0) -> bytes:
    """The pages as an OFD file; the same pages and seed give the same bytes."""
    return _Writer(pages, Random(f"ofd {seed}")).write()


class _Writer:
    def __init__(self, pages: Sequence[Page], rng: Random) -> None:
        self.pages = pages
        self.rng = rng
        self.last_id = 10
        self.repeats = rng.random() < 0.5  # the notation g n v
        self.filled = rng.random() < 0.5  # borders as rectangles

    def write(self) -> bytes:
        drawn = [[*self._make_runs(page.glyphs), *page.rules, *page.images] for page in self.pages]
        common = [o for o in drawn[0] if all(o in other for other in drawn)] if len(drawn) > 1 else drawn[0][:1]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            self._put(file, "OFD.xml", self._main())
            template = self._page(self.pages[0], common, template=False)
            contents = [
                self._page(page, [o for o in objects if o not in common], template=True)
                for page, objects in zip(self.pages, drawn, strict=True)
            ]
            self._put(file, "Doc_0/Tpls/Tpl_0/Content.xml", template)
            for i, content in enumerate(contents):
                self._put(file, f"Doc_0/Pages/Page_{i}/Content.xml", content)
            self._put(file, "Doc_0/PublicRes.xml", self._public())
            self._put(file, "Doc_0/DocumentRes.xml", self._media())
            self._put(file, "Doc_0/Document.xml", self._document())
            picture = io.BytesIO()
            Bitmap.new("L", (2, 2), 128).save(picture, "PNG")
            file.writestr(zipfile.ZipInfo("Doc_0/Res/image_5.png", _STAMP), picture.getvalue())
        return out.getvalue()

    @staticmethod
    def _put(file: zipfile.ZipFile, name: str, text: str) -> None:
        info = zipfile.ZipInfo(name, _STAMP)
        info.compress_type = zipfile.ZIP_DEFLATED
        file.writestr(info, (_HEAD + text).encode())

    def _id(self) -> int:
        self.last_id += 1
        return self.last_id

    # --- parts

    @staticmethod
    def _main() -> str:
        return (
            f'<ofd:OFD {NAMESPACE} Version="1.1" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
            "<ofd:DocID>0123456789abcdef0123456789abcdef</ofd:DocID></ofd:DocInfo>"
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
        )

    def _document(self) -> str:
        pages = "".join(
            f'<ofd:Page ID="{self._id()}" BaseLoc="Pages/Page_{i}/Content.xml"/>' for i in range(len(self.pages))
        )
        return (
            f"<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>{self.last_id}</ofd:MaxUnitID>"
            f"<ofd:PageArea>{_area(self.pages[0])}</ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
            "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>"
            '<ofd:TemplatePage ID="2" ZOrder="Background" BaseLoc="/Doc_0/Tpls/Tpl_0/Content.xml"/>'
            f"</ofd:CommonData><ofd:Pages>{pages}</ofd:Pages></ofd:Document>"
        )

    @staticmethod
    def _public() -> str:
        return (
            f'<ofd:Res {NAMESPACE} BaseLoc="Res"><ofd:Fonts><ofd:Font ID="3" FontName="宋体" FamilyName="宋体"/>'
            '</ofd:Fonts><ofd:DrawParams><ofd:DrawParam ID="4" LineWidth="0.1764"/></ofd:DrawParams></ofd:Res>'
        )

    @staticmethod
    def _media() -> str:
        return (
            f'<ofd:Res {NAMESPACE} BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="5" Type="Image" Format="PNG">'
            "<ofd:MediaFile>image_5.png</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>"
        )

    def _page(self, page: Page, objects: Sequence[Run | Rule | Image], *, template: bool) -> str:
        use = '<ofd:Template TemplateID="2" ZOrder="Background"/>' if template else ""
        body = "".join(self._draw(item) for item in objects)
        if self.rng.random() < 0.3:
            body = f'<ofd:PageBlock ID="{self._id()}">{body}</ofd:PageBlock>'
        return (
            f"<ofd:Page {NAMESPACE}><ofd:Area>{_area(page)}</ofd:Area>{use}<ofd:Content>"
            f'<ofd:Layer Type="Body" ID="{self._id()}" DrawParam="4">{body}</ofd:Layer></ofd:Content></ofd:Page>'
        )

    # --- objects

    def _draw(self, item: Run | Rule | Image) -> str:
        if isinstance(item, Run):
            return self._draw_run(item)
        return self._draw_rule(item) if isinstance(item, Rule) else self._draw_image(item)

    def _draw_run(self, run: Run) -> str:
        level = run.direction in (0, 180)
        x, y = (run.starts[0], run.across) if level else (run.across, run.starts[0])
        scale = self.rng.choice((1.0, 1.0, 0.1))  # of the object's own coordinates
        left, top = max(x - run.size, 0.0), max(y - run.size, 0.0)
        length = abs(run.starts[-1] - run.starts[0]) + 2 * run.size
        wide, tall = (length, 2 * run.size) if level else (2 * run.size, length)
        steps = [(b - a) / scale for a, b in zip(run.starts, run.starts[1:], strict=False)]
        deltas = f' Delta{"X" if level else "Y"}="{self._list(steps)}"' if steps else ""
        ctm = f' CTM="{scale:g} 0 0 {scale:g} 0 0"' if scale != 1 else ""
        turns = f' ReadDirection="{run.direction}"' if run.direction else ""
        turns += f' CharDirection="{run.direction}"' if run.direction and not run.upright else ""
        hidden = "" if run.visible else ' Visible="false"'
        return (
            f'<ofd:TextObject ID="{self._id()}" Boundary="{_list(left, top, wide, tall)}" Font="3" '
            f'Size="{_number(run.size / scale)}"{ctm}{turns}{hidden}><ofd:FillColor Value="0 0 0"/>'
            f'<ofd:TextCode X="{_number((x - left) / scale)}" Y="{_number((y - top) / scale)}"{deltas}>'
            f"{escape(run.text)}</ofd:TextCode></ofd:TextObject>"
        )

    def _draw_rule(self, rule: Rule) -> str:
        x0, top, x1, bottom = (value * MILLIMETRE for value in rule)
        if self.filled:
            half = THICK / 2
            across, down = (0.0, half) if bottom - top < x1 - x0 else (half, 0.0)
            box = (x0 - across, top - down, x1 - x0 + 2 * across, bottom - top + 2 * down)
            wide, tall = _number(box[2]), _number(box[3])
            data = f"M 0 0 L {wide} 0 L {wide} {tall} L 0 {tall} C"
            return (
                f'<ofd:PathObject ID="{self._id()}" Boundary="{_list(*box)}" Stroke="false" Fill="true">'
                f'<ofd:FillColor Value="0"/><ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>'
            )
        data = f"M 0 0 L {_number(10 * (x1 - x0))} {_number(10 * (bottom - top))}"
        return (
            f'<ofd:PathObject ID="{self._id()}" Boundary="{_list(x0, top, x1 - x0, bottom - top)}" '
            f'CTM="0.1 0 0 0.1 0 0" LineWidth="3.5"><ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>'
        )

    def _draw_image(self, image: Image) -> str:
        x0, top, x1, bottom = (value * MILLIMETRE for value in image)
        wide, tall = _number(x1 - x0), _number(bottom - top)
        return (
            f'<ofd:ImageObject ID="{self._id()}" Boundary="{_list(x0, top, x1 - x0, bottom - top)}" '
            f'CTM="{wide} 0 0 {tall} 0 0" ResourceID="5"/>'
        )

    def _list(self, values: Sequence[float]) -> str:
        """Offsets, runs of the same one as `g n v` if this file does so."""
        parts: list[str] = []
        texts = [_number(value) for value in values]
        i = 0
        while i < len(texts):
            end = i
            while end < len(texts) and texts[end] == texts[i]:
                end += 1
            if self.repeats and end - i > 1:
                parts.append(f"g {end - i} {texts[i]}")
            else:
                parts += texts[i:end]
            i = end
        return " ".join(parts)

    @staticmethod
    def _make_runs(glyphs: Sequence[Glyph]) -> Iterator[Run]:
        """Neighbouring glyphs that one text object can print."""
        run: list[Glyph] = []
        for glyph in glyphs:
            if not glyph.text:
                continue
            if run and not _goes_on(run[-1], glyph):
                yield _make_run(run)
                run = []
            run.append(glyph)
        if run:
            yield _make_run(run)


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    if last.direction != glyph.direction or last.visible != glyph.visible:
        return False
    if glyph.direction in (0, 180):
        same = abs(last.top - glyph.top) < 0.01 and abs(last.bottom - glyph.bottom) < 0.01
        step = glyph.x0 - last.x0
    else:
        same = abs(last.x0 - glyph.x0) < 0.01 and abs(last.x1 - glyph.x1) < 0.01
        step = glyph.top - last.top
    return same and 0 < (step if glyph.direction in (0, 90) else -step) < 60


def _make_run(glyphs: Sequence[Glyph]) -> Run:
    """The base line and the starts of glyphs, in millimetres."""
    first = glyphs[0]
    turn = first.direction
    tall, wide = first.bottom - first.top, first.x1 - first.x0
    # Square characters in a line downwards may stand upright; others lie.
    upright = turn == 90 and all(abs((g.x1 - g.x0) - (g.bottom - g.top)) < 0.05 * tall for g in glyphs)
    size = tall if turn in (0, 180) or upright else wide
    starts: list[float] = []
    for g in glyphs:
        near, far = (g.x0, g.x1) if turn in (0, 180) else (g.top, g.bottom)
        begin = near + ASCENT * size if upright else near if turn in (0, 90) else far
        step = (far - near) / len(g.text) * (1 if turn in (0, 90) else -1)
        starts += [begin + step * i for i in range(len(g.text))]
    across = {0: first.top + ASCENT * size, 180: first.bottom - ASCENT * size, 270: first.x0 + ASCENT * size}.get(
        turn, first.x0 if upright else first.x1 - ASCENT * size
    )
    return Run(
        "".join(g.text for g in glyphs),
        tuple(start * MILLIMETRE for start in starts),
        across * MILLIMETRE,
        size * MILLIMETRE,
        turn,
        upright,
        first.visible,
    )


def _area(page: Page) -> str:
    return f"<ofd:PhysicalBox>{_list(0, 0, page.width * MILLIMETRE, page.height * MILLIMETRE)}</ofd:PhysicalBox>"


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _list(*values: float) -> str:
    return " ".join(_number(value) for value in values)
