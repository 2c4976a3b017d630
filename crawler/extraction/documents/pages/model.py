"""The seam between what decodes a page and what reads it: characters, ruling lines and images with their boxes.

An engine (pdfminer.six, pdfium, the page descriptions of OFD, OCR) gives a `Page`; words, lines, cells and grids are
made of it by the other modules of this room, which know nothing of engines. All lengths are points (for scans:
pixels) from the top left corner of the page as it is shown, after any rotation that the page asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

UNKNOWN = "\ufffd"
"""The text of a glyph whose character the font does not tell."""


class Glyph(NamedTuple):
    """One character (or, from OCR, a run of them) as decoded.

    The box is that of the character's cell: its advance by its font's height, so that all characters of a line share
    top and bottom; the ink's own box where an engine has no other. ``direction`` is where reading goes on, in degrees
    clockwise: 0 left to right, 90 top to bottom (turned text and vertical writing), 180, 270 bottom to top.
    ``visible`` is False for text that shows nothing: rendering mode 3, wholly transparent, or off the page.
    ``score`` is how sure OCR is (0 to 1), None for decoded text. ``spaced``: a blank stands before it in the same text.
    ``ink`` is the luminance of its colour, 0 black to 1 white.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    direction: int = 0
    visible: bool = True
    score: float | None = None
    spaced: bool = False
    ink: float = 0.0


class Rule(NamedTuple):
    """A visible ruling line, horizontal (``top == bottom``) or upright (``x0 == x1``), with ``x0 <= x1`` and
    ``top <= bottom``. A thin filled rectangle is its middle line; the edges of a stroked rectangle are four."""

    x0: float
    top: float
    x1: float
    bottom: float


class Image(NamedTuple):
    """The box of an image on the page."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its number from 1, its size as shown, and what stands on it, glyphs in the order of the content."""

    number: int
    width: float
    height: float
    glyphs: list[Glyph] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
