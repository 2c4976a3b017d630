"""Pictures of reports: scans as PDF and TIFF, long pictures, tables as pictures in web pages and Word files.

The pages are printed by Chromium, turned into pixels by pdftoppm and then spoiled as scanners, copiers and stamps do.
Each origin says the resolution and what was done.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace
from html import escape
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.cases.make.draft import Block
from tests.cases.make.pages import Look, encode_page, make_page, render_flow, render_table
from tests.corpus.drawn import Drawn, draw_report
from tests.corpus.model import Made
from tests.corpus.word import Picture, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.corpus.model import Maker
    from tests.corpus.tools import Tools

FONTS = ("Noto Serif CJK SC", "AR PL UMing CN", "WenQuanYi Zen Hei", "Noto Sans CJK SC")
DPI = (300, 150, 100)


@dataclass(frozen=True, slots=True)
class Wear:
    """What a picture went through. Angle in degrees, noise in grey levels, blur in pixels at 300 dpi."""

    angle: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    shade: float = 0.0  # how much darker one side of the page is, 0 to 1
    stamp: bool = False
    bilevel: bool = False  # black and white only, as copiers send
    quality: int = 0  # of JPEG; 0: not compressed with loss

    def tell(self) -> str:
        """In words, for the origin."""
        words = [f"turned {self.angle:.2f}°", f"noise {self.noise:.0f}", f"blur {self.blur:.1f}"]
        words += ["shaded"] * bool(self.shade) + ["stamp over a table"] * self.stamp + ["bilevel"] * self.bilevel
        return ", ".join([*words, *([f"JPEG quality {self.quality}"] * bool(self.quality))])


def choose_wear(rng: Random, *, jpeg: bool, paper: bool = True) -> Wear:
    """How worn a document is: a third hardly at all. ``paper``: it was scanned, not photographed from a screen."""
    quality = rng.randint(40, 80) if jpeg else 0
    if rng.random() < 0.3 or not paper:
        return Wear(quality=quality, noise=0.0 if rng.random() < 0.5 else rng.uniform(1, 4))
    return Wear(
        angle=rng.choice((-1, 1)) * rng.uniform(0.0, 1.5),
        noise=rng.uniform(2, 14),
        blur=rng.uniform(0.0, 1.6),
        shade=rng.choice((0.0, 0.0, rng.uniform(0.05, 0.25))),
        stamp=rng.random() < 0.3,
        bilevel=not jpeg and rng.random() < 0.25,
        quality=quality,
    )


# --- Pixels -----------------------------------------------------------------------------------------------------
def press_stamp(page: Image.Image, rng: Random) -> Image.Image:
    """A round red seal over the lower right of the page's print, transparent as ink is."""
    page = page.convert("RGB")
    ink = Image.new("RGBA", page.size)
    pen = ImageDraw.Draw(ink)
    radius = page.width * 0.09
    x, y = page.width * rng.uniform(0.6, 0.8), page.height * rng.uniform(0.3, 0.7)
    colour = (205, 30, 35, rng.randint(110, 190))
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=max(2, int(radius / 14)))
    turns = [np.pi * (0.5 + 0.8 * n) for n in range(5)]
    pen.polygon([(x + radius * 0.4 * np.cos(t), y - radius * 0.4 * np.sin(t)) for t in turns], fill=colour)
    page.paste(ink, (0, 0), ink)
    return page


def spoil_picture(page: Image.Image, wear: Wear, rng: Random, dpi: int) -> Image.Image:
    """The page as a scanner gives it back."""
    made = press_stamp(page, rng) if wear.stamp else page.convert("L")
    white = (255,) * len(made.getbands())
    if wear.angle:
        fill = white if len(white) > 1 else 255
        made = made.rotate(wear.angle, resample=Image.Resampling.BICUBIC, fillcolor=fill)
    if wear.blur:
        made = made.filter(ImageFilter.GaussianBlur(wear.blur * dpi / 300))
    if wear.noise or wear.shade:
        grain = np.random.default_rng(rng.randrange(2**32))
        pixels = np.asarray(made, dtype=np.float32)
        if wear.shade:
            dark = 1 - wear.shade * np.linspace(1, 0, pixels.shape[1], dtype=np.float32) ** 3
            pixels = pixels * (dark[None, :, None] if pixels.ndim == 3 else dark[None, :])
        if wear.noise:
            pixels = pixels + grain.standard_normal(pixels.shape, dtype=np.float32) * wear.noise
        made = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if wear.bilevel:
        made = made.convert("L").point([0] * 190 + [255] * 66).convert("1")
    return made


def save_picture(picture: Image.Image, kind: str, wear: Wear) -> bytes:
    """PNG or JPEG bytes."""
    out = io.BytesIO()
    if kind == "jpeg":
        picture.convert("RGB").save(out, "JPEG", quality=wear.quality or 90)
    else:
        picture.save(out, "PNG")
    return out.getvalue()


# --- Pages ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Paper:
    """How a page is set: font, size of the tables' print in points, colour and width of the ruling."""

    font: str
    size: float
    ruling: str

    def sheet(self) -> str:
        """CSS."""
        return (
            f'body{{font-family:"{self.font}";font-size:{self.size + 4.5}pt;margin:0;padding:8px;background:#fff;'
            "line-height:1.6}"
            f"table{{border-collapse:collapse;width:100%;font-size:{self.size}pt;line-height:1.3;text-align:center}}"
            f"td{{border:{self.ruling};padding:2px 3px}} h1{{text-align:center;font-size:20pt}} p{{text-indent:2em}}"
            "h2{font-size:15pt} tr{page-break-inside:avoid}"
        )


def choose_paper(rng: Random) -> Paper:
    """Font and ruling; thin grey ruling in a third."""
    ruling = rng.choice(("1px solid #000", "1px solid #000", "1.5px solid #222", "1px solid #888", "0.6px solid #aaa"))
    return Paper(rng.choice(FONTS), rng.choice((9.0, 10.0, 10.5)), ruling)


def write_page(blocks: list[Block], paper: Paper) -> str:
    """The blocks as a page for print or screen."""
    parts = []
    for block in blocks:
        if block.table is not None:
            parts.append(render_table(block.table, opening="<table>"))
        else:
            tag = {"title": "h1", "heading": "h2"}.get(block.kind, "p")
            parts.append(f"<{tag}>{escape(block.text, quote=False)}</{tag}>")
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><style>{paper.sheet()}</style></head>'
        f"<body>{''.join(parts)}</body></html>"
    )


def print_pages(tools: Tools, drawn: Drawn, dpi: int) -> list[Image.Image]:
    """The pages of the printed report as pictures."""
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "20mm")
    pdf = tools.print_pdf(write_page(drawn.blocks(), choose_paper(drawn.rng)), format="A4", margin=margin)
    return [Image.open(io.BytesIO(page)) for page in tools.rasterise(pdf, dpi, "tiff")]


# --- What must be read ------------------------------------------------------------------------------------------
def expect_picture(drawn: Drawn, *, prose: bool) -> dict[str, Any]:
    """The draft's record with what OCR may leave open: null cells, every verdict but one that hides a contradiction.

    ``prose``: the text is in the picture too, so that only short pieces of it are asked for, and no title.
    """
    record = drawn.draft.expect()
    contradicts = bool(record["failed_checks"])
    record["confidence"] = ["read", "partial"] if contradicts else ["verified", "read", "partial"]
    record["failed_checks"] = []  # which fail, and why, hangs on what could be read
    record["tolerated_causes"] = ["reading", "report"]
    record["ocr"] = True
    if prose:
        record.pop("title", None)
        for section in record["sections"]:
            section["text_contains"] = [text[:6] for text in section["text_contains"]]
    return record


# --- Makers -----------------------------------------------------------------------------------------------------
def choose_dpi(number: int) -> int:
    """Resolutions take turns, across forms and contradictions."""
    return DPI[(number + number // 3) % 3]


def scan_pages(tools: Tools, drawn: Drawn, number: int, *, jpeg: bool) -> tuple[list[Image.Image], Wear, int]:
    """(spoiled pages, what was done, resolution); each page lies a little differently on the glass."""
    dpi = choose_dpi(number)
    wear = choose_wear(drawn.rng, jpeg=jpeg)
    if wear.bilevel:  # a comma and a point must stay apart for the eye
        wear = replace(wear, shade=0.0, blur=min(wear.blur, 0.8), noise=min(wear.noise, 6.0), bilevel=dpi > 100)
    pages = []
    for page in print_pages(tools, drawn, dpi):
        own = replace(wear, angle=wear.angle * drawn.rng.uniform(0.6, 1.0))
        pages.append(spoil_picture(page, own, drawn.rng, dpi))
    return pages, wear, dpi


def make_scan(tools: Tools, kind: str, number: int, drawn: Drawn) -> tuple[bytes, str]:
    """A PDF of pictures, or a TIFF of several pages."""
    as_pdf = kind == "pdf-scan"
    pages, wear, dpi = scan_pages(tools, drawn, number, jpeg=as_pdf and drawn.rng.random() < 0.7)
    if as_pdf:
        data = bind_pages(pages, wear, dpi)
    else:
        out = io.BytesIO()
        packing = "group4" if wear.bilevel else "jpeg" if dpi == 300 else drawn.rng.choice(("tiff_lzw", "jpeg"))
        pages[0].save(out, "TIFF", compression=packing, dpi=(dpi, dpi), save_all=True, append_images=pages[1:])
        data = out.getvalue()
    return data, f"{len(pages)} pages scanned at {dpi} dpi: {wear.tell()}"


def bind_pages(pages: Sequence[Image.Image], wear: Wear, dpi: int) -> bytes:
    """Pictures as the pages of a PDF: JPEG, or the fax coding of Group 4 for those of black and white."""
    out = io.BytesIO()
    rest = {} if pages[0].mode == "1" else {"quality": wear.quality or 92}
    pages[0].save(out, "PDF", resolution=dpi, save_all=True, append_images=pages[1:], **rest)
    return out.getvalue()


def make_long(tools: Tools, kind: str, number: int, drawn: Drawn) -> tuple[bytes, str]:
    """The whole report as one long picture of a screen."""
    jpeg = kind == "jpeg-long"
    width, scale = drawn.rng.choice((760, 900, 1080)), drawn.rng.choice((1.0, 1.5, 2.0))
    shot = tools.screenshot(write_page(drawn.blocks(), choose_paper(drawn.rng)), width, scale)
    wear = choose_wear(drawn.rng, jpeg=jpeg, paper=False)
    picture = spoil_picture(Image.open(io.BytesIO(shot)), wear, drawn.rng, 150)
    data = save_picture(picture, "jpeg" if jpeg else "png", wear)
    return data, f"one picture of {picture.width} by {picture.height} pixels at scale {scale}: {wear.tell()}"


def picture_tables(tools: Tools, drawn: Drawn) -> Iterator[tuple[Block, Picture | None]]:
    """The flow; each table with a picture of it."""
    paper = choose_paper(drawn.rng)
    jpeg = drawn.rng.random() < 0.4
    scale = drawn.rng.choice((1.0, 1.5, 2.0))
    drawn.told.append(f"tables as {'JPEG' if jpeg else 'PNG'} at scale {scale}, {paper.ruling}")
    for block in drawn.blocks():
        if block.table is None:
            yield block, None
            continue
        shot = Image.open(io.BytesIO(tools.screenshot(write_page([block], paper), 780, scale)))
        wear = choose_wear(drawn.rng, jpeg=jpeg, paper=False)
        kind = "jpeg" if jpeg else "png"
        data = save_picture(spoil_picture(shot, wear, drawn.rng, 150), kind, wear)
        yield block, Picture(data, kind, 440, 440 * shot.height / shot.width)


def make_html(tools: Tools, kind: str, number: int, drawn: Drawn) -> tuple[bytes, str]:
    """A web page whose tables are pictures inside it."""
    blocks = []
    for block, picture in picture_tables(tools, drawn):
        if picture is None:
            blocks.append(block)
            continue
        data = base64.b64encode(picture.data).decode()
        source = f'<p style="text-align:center"><img src="data:image/{picture.kind};base64,{data}" alt=""></p>'
        blocks.append(Block("raw", source, section=block.section))
    shell = drawn.rng.choice(("article", "platform"))
    page = make_page(drawn.draft, render_flow(blocks, Look()), shell=shell)
    return encode_page(page, "utf-8"), f"a web page ({shell}) with its tables as pictures"


def make_docx(tools: Tools, kind: str, number: int, drawn: Drawn) -> tuple[bytes, str]:
    """A Word file whose tables are pictures inside it."""
    writer = Writer(drawn.draft, drawn.rng)
    body = "".join(
        writer.block(block) if picture is None else writer.picture(picture)
        for block, picture in picture_tables(tools, drawn)
    )
    return writer.write_package(body), "a Word file with its tables as pictures"


def make_with(
    kind: str, suffix: str, make_one: Callable[[Tools, str, int, Drawn], tuple[bytes, str]], *, prose: bool
) -> Maker:
    """A maker; ``prose``: the text is in the picture too."""

    def make(tools: Tools, seed: int, count: int) -> Iterator[Made]:
        for number in range(count):
            drawn = draw_report(kind, seed, number)
            data, how = make_one(tools, kind, number, drawn)
            yield Made(drawn.name, suffix, data, expect_picture(drawn, prose=prose), drawn.origin(how))

    return make


MAKERS: dict[str, Maker] = {
    "pdf-scan": make_with("pdf-scan", ".pdf", make_scan, prose=True),
    "tiff-scan": make_with("tiff-scan", ".tif", make_scan, prose=True),
    "png-long": make_with("png-long", ".png", make_long, prose=True),
    "jpeg-long": make_with("jpeg-long", ".jpg", make_long, prose=True),
    "html-picture": make_with("html-picture", ".html", make_html, prose=False),
    "docx-picture": make_with("docx-picture", ".docx", make_docx, prose=False),
}
