"""PDF → Document. Two independent decoders (pdfium and pdfminer.six) read every page; what they do not agree on is
doubtful. Pages that only show a picture, or whose fonts do not say which characters they show, go to OCR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module

from crawler.extraction.documents.model import Document
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.pages.flow import read_pages
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph, Image, Page
from crawler.extraction.errors import TooLarge, UnreadableDocument
from crawler.extraction.garbage import without_collections

MEDIA_TYPE = "application/pdf"
_ENGINES = {"both": ("pdfium", "pdfminer"), "pdfium": ("pdfium",), "pdfminer": ("pdfminer",)}
_DEFAULTS = Options()
SCAN_DPI = 250
POINTS = 72
MAX_OCR_PAGES = 40
_FEW = 12  # characters on a page that is otherwise a picture: a page number, a stamp
_LOST = 0.1  # of a page's characters that its fonts do not tell: OCR reads the page, for its digits may be among them
_MUTE = 0.25  # of them: without OCR such a page says too little
_LARGE = 0.06  # of the page: a picture so large may hold a table


def read_pdf(data: bytes, options: Options = _DEFAULTS) -> Document:
    """The paragraphs and tables of a PDF.

    Raises UnreadableDocument where no decoder can open it, and where it shows only pictures and OCR is not to be had.
    """
    with without_collections():
        return _read_pdf(data, options)


def _read_pdf(data: bytes, options: Options) -> Document:
    found, problems = _decode(data, _ENGINES[options.pdf_engine])
    first, second = found[0], found[1] if len(found) > 1 else None
    if second is not None and _unknown(second) < _unknown(first):
        first, second = second, first
    warnings = [("one_decoder", f"only one decoder reads this file: {problem}") for problem in problems]
    first, seen, more = _read_pictures(data, first, options)
    warnings += more
    if second is not None and seen:
        second = [first[n] if page.number in seen else page for n, page in enumerate(second) if n < len(first)]
    document = read_pages(first, MEDIA_TYPE, second)
    if not document.blocks:
        raise UnreadableDocument("the pages hold no text")
    return replace(document, warnings=(*document.warnings, *warnings))


def _decode(data: bytes, engines: tuple[str, ...]) -> tuple[list[list[Page]], list[str]]:
    """The pages as each engine gives them, and why an engine gave none."""
    found: list[list[Page]] = []
    problems: list[str] = []
    for name in engines:
        module = import_module(f"crawler.extraction.documents.engines.{name}")
        read: Callable[[bytes], Iterator[Page]] = module.read_pages
        try:
            found.append(list(read(data)))
        except (TooLarge, MemoryError):
            raise
        except UnreadableDocument as error:
            problems.append(str(error))
        except Exception as error:  # whatever broken objects lead a decoder to
            problems.append(f"a broken PDF ({type(error).__name__}: {' '.join(str(error).split())[:80]})")
    if not found:
        raise UnreadableDocument(problems[0])
    return found, problems


def _unknown(pages: list[Page]) -> int:
    return sum(g.visible and UNKNOWN in g.text for page in pages for g in page.glyphs)


# --- Pages and tables that are pictures -----------------------------------------------------------------------------


def _read_pictures(
    data: bytes, pages: list[Page], options: Options
) -> tuple[list[Page], set[int], list[tuple[str, str]]]:
    """The pages with what OCR reads on them, the numbers of those pages, and warnings where it could not be asked."""
    asked = [(page, _what_to_read(page)) for page in pages]
    wanted = [page.number for page, areas in asked if areas is not None]
    if not wanted:
        return pages, set(), []
    from crawler.extraction.documents.image import Clock, drop_seals, ocr_available, ocr_page  # noqa: PLC0415

    which = ", ".join(map(str, wanted[:12]))
    if not options.ocr or not ocr_available():
        why = "OCR is switched off" if not options.ocr else "reading it needs the extra: pip install -e '.[ocr]'"
        if not any(_readable(page) for page in pages):
            lost = any(_is_lost(page, _MUTE) for page in pages)
            what = "its fonts do not say which characters they show" if lost else "a scan"
            raise UnreadableDocument(f"{what}; {why}")
        return pages, set(), [("unread_page", f"page {which} shows a picture that may hold text; {why}")]
    from crawler.extraction.documents.engines.pdfium import render_page  # noqa: PLC0415

    options.begin_ocr()
    warnings = []
    clock = Clock(options.ocr_seconds)
    out: list[Page] = []
    seen: set[int] = set()
    for page, areas in asked:
        if areas is None or len(seen) >= MAX_OCR_PAGES or not clock.allows_more():
            out.append(page)
            continue
        clock.begin_one()
        grey = drop_seals(render_page(data, page.number, SCAN_DPI))
        read = ocr_page(grey, page.number, POINTS / SCAN_DPI)
        seen.add(page.number)
        out.append(_merge(page, read, areas))
    if len(seen) < len(wanted):
        warnings.append(("pages_left_out", f"{len(wanted)} pages are pictures; the first {len(seen)} were read"))
    return out, seen, warnings


def _what_to_read(page: Page) -> list[Image] | None:
    """Where a page must be read by OCR: None nowhere, an empty list all over, else in these images."""
    shown = [g for g in page.glyphs if g.visible]
    area = page.width * page.height
    if _is_lost(page, _LOST):
        return []
    large = [i for i in page.images if (i.x1 - i.x0) * (i.bottom - i.top) >= _LARGE * area]
    covered = sum((i.x1 - i.x0) * (i.bottom - i.top) for i in large)
    if len(shown) <= _FEW and covered >= 0.3 * area:
        return []
    bare = [i for i in large if not any(_within(g, i) for g in shown)]
    return bare or None


def _is_lost(page: Page, share: float) -> bool:
    """Whether the fonts of a page do not tell more than a share of its characters."""
    shown = [g for g in page.glyphs if g.visible]
    return bool(shown) and sum(UNKNOWN in g.text for g in shown) > share * len(shown)


def _readable(page: Page) -> bool:
    return sum(g.visible and UNKNOWN not in g.text for g in page.glyphs) > _FEW and not _is_lost(page, _MUTE)


def _within(glyph: Glyph, image: Image) -> bool:
    x, y = (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2
    return image.x0 <= x <= image.x1 and image.top <= y <= image.bottom


def _merge(page: Page, read: Page, areas: list[Image]) -> Page:
    """A page with what OCR read in some of its images, or all over it."""
    if not areas:
        return replace(read, number=page.number, width=page.width, height=page.height)
    glyphs = [g for g in read.glyphs if any(_within(g, i) for i in areas)]
    rules = [
        r
        for r in read.rules
        if any(i.x0 - 2 <= r.x0 and r.x1 <= i.x1 + 2 and i.top - 2 <= r.top and r.bottom <= i.bottom + 2 for i in areas)
    ]
    return replace(page, glyphs=[*page.glyphs, *glyphs], rules=[*page.rules, *rules])
