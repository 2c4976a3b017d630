"""Draws where the kernel read each value: a picture of every page with the box and the value beside it, to be looked
at. The only proof of a place is that a person sees the box around the number."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.extraction.read import read
from crawler.extraction.record.model import Source

if TYPE_CHECKING:
    from PIL.Image import Image

NOW = "2026-01-01T00:00:00Z"
DPI = 144  # of pages of a PDF
POINTS = 72
COLOURS = {"proactive": "#d00000", "applications": "#0050d0", "review_litigation": "#008020"}
OTHER = "#c000c0"


@dataclass(frozen=True)
class Drawn:
    """The pictures that were written, how many values stand on them, and how many stand on no page of the file."""

    files: tuple[Path, ...]
    boxes: int
    placeless: int


def draw_file(file: Path, out: Path) -> Drawn:
    """Writes ``page-001.png`` … into a folder, one for each page.

    Raises ReadingError where the kernel cannot read the file as a report.
    """
    data = file.read_bytes()
    address = file.resolve().as_uri()
    record = read(data, Source(address, address, NOW))
    boxes: dict[int, list[tuple[str, object, list[float]]]] = {}
    placeless = 0
    for table, value, place in _list_places(record):
        if "bbox" in place and "part" not in place:
            boxes.setdefault(place["page"], []).append((table, value, place["bbox"]))
        else:
            placeless += 1
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for number, (picture, scale) in enumerate(_show_pages(data), 1):
        path = out / f"page-{number:03d}.png"
        _draw_boxes(picture, boxes.get(number, []), scale).save(path)
        files.append(path)
    return Drawn(tuple(files), sum(map(len, boxes.values())), placeless)


def _list_places(record: dict[str, Any]) -> Iterator[tuple[str, object, dict[str, Any]]]:
    """(table, value, place) of every cell of a record."""
    for table, rows in record["provenance"].items():
        for row, columns in rows.items():
            for column, place in columns.items():
                yield table, record["tables"][table][row][column], place


def _show_pages(data: bytes) -> Iterator[tuple[Image, float]]:
    """The pages as they are shown, each with how many of its pixels are one unit of a box."""
    if b"%PDF-" in data[:1024]:
        import pypdfium2  # noqa: PLC0415  (slow to import; the makers do not draw)

        pdf = pypdfium2.PdfDocument(data)
        try:
            for page in pdf:
                yield page.render(scale=DPI / POINTS).to_pil(), DPI / POINTS
        finally:
            pdf.close()
        return
    from PIL import Image, ImageOps, ImageSequence  # noqa: PLC0415

    with Image.open(io.BytesIO(data)) as picture:
        for frame in ImageSequence.Iterator(picture):
            yield ImageOps.exif_transpose(frame), 1.0


def _draw_boxes(picture: Image, boxes: list[tuple[str, object, list[float]]], scale: float) -> Image:
    from PIL import ImageDraw, ImageFont  # noqa: PLC0415

    picture = picture.convert("RGB")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(9, round(5 * scale)))
    for table, value, place in boxes:
        colour = COLOURS.get(table, OTHER)
        box = [round(side * scale) for side in place]
        pen.rectangle(box, outline=colour, width=1)
        pen.text((box[2] + 2, box[1]), "null" if value is None else str(value), fill=colour, font=font)
    return picture
