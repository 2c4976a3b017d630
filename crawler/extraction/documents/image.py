"""Pictures and scans: the bytes of a picture file → a document, by OCR.

Needs the extra `ocr`; its libraries are imported only when a picture is read. Places are pixels of the picture as it
is shown (after the orientation that its EXIF asks for) from the top left: a page that was turned straight for reading
is turned back for them.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crawler.extraction.documents.model import Block, Cell, Document, Paragraph, Place, Table
from crawler.extraction.documents.ocr.engine import NEEDED, load_engine, ocr_available
from crawler.extraction.documents.ocr.page import make_pages, map_box, ocr_page, read_picture
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.pages.flow import read_pages
from crawler.extraction.errors import UnreadableDocument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

    from crawler.extraction.documents.ocr.page import Matrix, Reading
    from crawler.extraction.documents.ocr.ruling import Grey

__all__ = ("Clock", "decode_pictures", "drop_seals", "make_grey", "ocr_available", "ocr_page", "read_image")

MAX_PIXELS = 40_000_000  # of one page; A4 at 600 dpi has 35
MAX_PAGES = 50
MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # what Pillow calls a JPEG with further pictures behind it
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "WEBP": "image/webp",
}
PAGED = ("TIFF",)  # the frames of other kinds are an animation or the same picture again
ORIENTATION = 0x0112  # the tag of EXIF
RED = 40  # by how much red outweighs green and blue in the ink of a seal
SEAL_EMS = 4.5  # a seal is at least so many characters wide and high
LARGEST_SEAL = 0.4  # of the longer side of a picture: some 45 mm of a page of 297
LARGEST_BLEACHED = 4_000_000  # pixels: of what is larger only the ink is bleached, for its edge takes memory
STAR_EMS = 1.5  # and the star in it
RESIDUE = 0.75  # of the level of paper: as pale may be what is left of a bleached seal
MENDED = 3.0  # characters: so wide a gap that bleached ink leaves in a line is closed
LINE = 1.6  # characters: what is as long is no stroke of one
PALE = 25  # of 255: by how much a line is darker than paper at least
EDGE = 0.1  # of a character: how far red ink may go on where its red is blurred


class Clock:
    """How long pictures have been read, and whether there is time for one more that takes as long as the longest."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._end = now() + seconds
        self._begun: float | None = None
        self._longest = 0.0

    def allows_more(self) -> bool:
        """Whether one more is likely to be read in time; the first always may."""
        if self._begun is None:
            return True
        self._longest = max(self._longest, self._now() - self._begun)
        return self._now() + self._longest <= self._end

    def begin_one(self) -> None:
        """Says that one begins."""
        self._begun = self._now()


def read_image(data: bytes, options: Options = Options()) -> Document:  # noqa: B008  (frozen)
    """The document that a picture shows (a page for each frame of a TIFF).

    Raises `UnreadableDocument` for what is no picture or a broken one, for one over the limits, and where the extra
    is not installed or OCR is switched off.
    """
    if not options.ocr:
        raise UnreadableDocument("a picture; OCR is switched off")
    if not ocr_available():
        raise UnreadableDocument(NEEDED)
    load_engine()
    media_type = ""
    readings: list[Reading] = []
    found: list[tuple[str, str]] = []
    clock = Clock(options.ocr_seconds)
    try:
        for number, (kind, grey) in enumerate(decode_pictures(data), 1):
            media_type = MEDIA_TYPES[kind]
            if number > MAX_PAGES:
                found.append(("pages_left_out", f"more than {MAX_PAGES} pages; the rest was not read"))
                break
            if not clock.allows_more():
                found.append(("pages_left_out", f"page {number} and what follows: there was no time to read them"))
                break
            clock.begin_one()
            readings.append(read_picture(grey, number))
    except UnreadableDocument as error:
        if not readings:
            raise
        found.append(("pages_left_out", f"page {len(readings) + 1} and what follows: {error}"))
    pages = make_pages(readings)
    backs = {page.number: back for page, back in pages}
    document = read_pages([page for page, _ in pages], media_type)
    blocks = tuple(_move_block(block, backs) for block in document.blocks)
    return replace(document, blocks=blocks, warnings=(*document.warnings, *found))


def decode_pictures(data: bytes) -> Iterator[tuple[str, Grey]]:
    """The pages of a picture file as grey arrays with the name of its format, one in memory at a time.

    Raises `UnreadableDocument` for bytes that are no picture of a known kind, broken or too large.
    """
    from PIL import Image, ImageOps, TiffImagePlugin, WebPImagePlugin  # noqa: F401, PLC0415

    with _readable():  # the plugins of other formats are not asked, and not loaded
        Image.preinit()
        image = Image.open(io.BytesIO(data), formats=[name for name in MEDIA_TYPES if name != "MPO"])
        kind = str(image.format)
    with image:
        for frame in range(MAX_PAGES + 1 if kind in PAGED else 1):
            try:
                image.seek(frame)
            except EOFError:
                return
            except Exception as error:
                raise _say_broken(error) from error
            with _readable():
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise UnreadableDocument(f"a picture of {width} × {height} pixels, more than {MAX_PIXELS:,}")
                turned = image.getexif().get(ORIENTATION, 1) != 1
                grey = make_grey(ImageOps.exif_transpose(image) if turned else image)
            yield kind, grey


def _say_broken(error: Exception) -> UnreadableDocument:
    said = " ".join(str(error).split())[:200]
    return UnreadableDocument(f"a broken picture ({type(error).__name__}: {said})")


@contextmanager
def _readable() -> Iterator[None]:
    """Turns whatever a decoder makes of hostile bytes into one line."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # doubtful metadata and large pictures; the limit is ours
            yield
    except UnreadableDocument:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableDocument(f"a picture of more than {MAX_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise UnreadableDocument("no picture of a known kind, or a broken one") from error
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error, ValueError and others
        raise _say_broken(error) from error


def make_grey(image: Image) -> Grey:
    """A picture as grey (uint8), what is transparent as white paper, and without its red seals."""
    import numpy as np  # noqa: PLC0415
    from PIL import Image as Pillow  # noqa: PLC0415

    if image.mode in ("I;16", "I;16L", "I;16B", "I", "F"):  # Pillow would cut these off at 255
        deep = np.asarray(image, dtype=np.float32)
        reach = 65535.0 if image.mode.startswith("I") else max(float(deep.max(initial=1.0)), 1e-6)
        return np.asarray(np.clip(deep * (255.0 / reach), 0, 255), np.uint8)
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        paper = Pillow.new("RGBA", clear.size, (255, 255, 255, 255))
        image = Pillow.alpha_composite(paper, clear).convert("RGB")
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"), np.uint8)
    return drop_seals(np.asarray(image.convert("RGB"), np.uint8))


def drop_seals(colours: npt.NDArray[np.uint8]) -> Grey:
    """Colours (height × width × RGB, uint8) as grey, with the red ink of round seals bleached, and of what stands in
    them that is larger than a character (a star).

    Under red light red ink is white and black ink stays black: a seal over a number hides nothing. Red characters are
    no seal and stay.
    """
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    from crawler.extraction.documents.ocr.ruling import estimate_em  # noqa: PLC0415

    grey: Grey = np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY), np.uint8)
    mask = (colours[:, :, 0].astype(np.int16) - colours[:, :, 1:].max(axis=2) > RED).astype(np.uint8)
    if int(mask.sum()) < 200:
        return grey
    em = estimate_em(grey)
    size = max(3, round(0.8 * em)) | 1
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)), connectivity=8
    )
    reach = 2 * max(1, round(EDGE * em)) + 1
    found = [tuple(int(value) for value in stats[index][:4]) for index in range(1, count)]
    # A frame around a page is as round as a seal, but larger; what stands in it is no star.
    rings = [box for box in found if _is_round(box, SEAL_EMS * em)]
    seals = [box for box in rings if max(box[2:]) <= LARGEST_SEAL * max(grey.shape)]
    bleached = np.zeros_like(mask)
    for index, (x, y, w, h) in enumerate(found, 1):
        own = (x, y, w, h)
        if own not in rings and not (_is_round(own, STAR_EMS * em) and any(_is_star(own, seal) for seal in seals)):
            continue
        window = (slice(max(y - reach, 0), y + h + reach), slice(max(x - reach, 0), x + w + reach))
        core = (labels[window] == index) & (mask[window] > 0)
        if w * h <= LARGEST_BLEACHED:
            _bleach(grey[window], colours[window], core, reach)
        else:
            grey[window][core] = np.maximum(grey[window], colours[window][:, :, 0])[core]
        bleached[window] |= cv2.dilate(core.astype(np.uint8), np.ones((reach, reach), np.uint8))
    if bleached.any():
        _mend_lines(grey, bleached, em)
    return grey


def _mend_lines(grey: Grey, bleached: npt.NDArray[np.uint8], em: float) -> None:
    """Draws the ruling where bleached ink interrupts it (pixels that are not 0): pale lines are gone with ink that
    covers them. A line goes on behind the ink to where it goes on or meets another."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    from crawler.extraction.documents.ocr.ruling import paper_level  # noqa: PLC0415

    left, top, width, height = cv2.boundingRect(bleached)
    around = round(MENDED * em)
    window = (slice(max(top - around, 0), top + height + around), slice(max(left - around, 0), left + width + around))
    own, gone = grey[window], bleached[window] > 0
    ink = (own < paper_level(grey) - PALE).astype(np.uint8)
    ink[gone] = 0
    found = []
    for along in ((0, 1), (1, 0)):
        piece, thin = (tuple(size if n else 1 for n in along) for size in (round(LINE * em), 5))
        lines = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(piece, np.uint8))
        lines[cv2.morphologyEx(lines, cv2.MORPH_OPEN, np.ones(thin[::-1], np.uint8)) > 0] = 0  # what is shaded
        found.append((lines, np.ones(tuple(around if n else 1 for n in along), np.uint8)))
    ruling = np.maximum(found[0][0], found[1][0])
    if not ruling.any():
        return
    level = np.uint8(np.median(own[ruling > 0]))
    for lines, gap in found:
        drawn = gone & (cv2.dilate(lines, gap) > 0) & (cv2.morphologyEx(ruling, cv2.MORPH_CLOSE, gap) > 0)
        own[drawn] = np.minimum(own[drawn], level)


def _is_round(box: tuple[int, ...], least: float) -> bool:
    """Whether a box (left, top, width, height) is that of a ring or a star, and as wide and high as ``least``."""
    return min(box[2:]) >= least and max(box[2:]) <= 1.8 * min(box[2:])


def _is_star(box: tuple[int, ...], seal: tuple[int, ...]) -> bool:
    """Whether a box stands about the middle of a seal."""
    return all(abs(box[n] + box[n + 2] / 2 - seal[n] - seal[n + 2] / 2) <= 0.15 * seal[n + 2] for n in (0, 1))


def _bleach(grey: Grey, colours: npt.NDArray[np.uint8], core: npt.NDArray[np.bool_], reach: int) -> None:
    """Bleaches red ink (``core``) in a piece of a page, and its edge as far as ``reach`` (pixels)."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    inked = cv2.dilate(core.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    # JPEG keeps colours for every other pixel only: at the edge of red ink there is less red than there was. Not in
    # black ink under it, which is darker than the seal's, nor where there is none.
    tones = cv2.cvtColor(colours, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    light, own = tones[:, :, 0], tones[:, :, 1] - 128
    most = cv2.dilate(own, np.ones((reach, reach), np.uint8))
    dark, usual = float(np.percentile(light, 2)), float(np.median(light[core]))
    share = np.clip((light - dark) / max(usual - dark, 1.0), 0, 1) ** 4
    share *= np.clip(own / np.maximum(0.3 * most, 1.0), 0, 1)
    bleached = light + 1.402 * (own + share * (most - own))
    paper = float(np.percentile(grey[~inked], 80)) if not inked.all() else 255.0
    bleached *= paper / max(float(np.median(bleached[core])), 1.0)
    bleached = np.where(bleached > RESIDUE * paper, paper, bleached)  # what is left of its edge is no ink
    grey[inked] = np.maximum(grey, np.clip(bleached, 0, 255).astype(np.uint8))[inked]


def _move_block(block: Block, backs: dict[int, Matrix]) -> Block:
    """A block with its places in pixels of the picture."""
    if isinstance(block, Table):
        moved: dict[int, Cell] = {}
        for row in block.grid:
            for cell in row:
                if cell is not None and id(cell) not in moved:
                    moved[id(cell)] = cell._replace(place=_move_place(cell.place, backs))
        grid = tuple(tuple(None if cell is None else moved[id(cell)] for cell in row) for row in block.grid)
        return replace(block, grid=grid, place=_move_place(block.place, backs))
    if isinstance(block, Paragraph):
        return replace(block, place=_move_place(block.place, backs))
    return block


def _move_place(place: Place, backs: dict[int, Any]) -> Place:
    if place.page is None or place.bbox is None:
        return place
    x0, top, x1, bottom = map_box(backs[place.page], place.bbox)
    return place._replace(bbox=(round(x0, 1), round(top, 1), round(x1, 1), round(bottom, 1)))
