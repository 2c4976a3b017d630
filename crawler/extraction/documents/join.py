"""Documents of one report → one document: attached files, members of archives, tables given as pictures.

Each value keeps its own place, with the number of the part that it comes from. Where the first document has the text of
the report, only the tables of the others count; its title and sections stay its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crawler.extraction.documents.images import SMALLEST
from crawler.extraction.documents.model import Block, Cell, Document, Paragraph, Part, Picture, Place, Table
from crawler.extraction.documents.options import Options
from crawler.extraction.errors import UnreadableDocument

MAX_PICTURES = 24  # the three tables in pieces, and what else an article shows


@dataclass(frozen=True, slots=True)
class Further:
    """A further document of a report: its name (an address), its bytes, and the document or why there is none."""

    name: str
    data: bytes
    document: Document | None
    problem: str | None


def join_parts(document: Document, further: Sequence[Further]) -> Document:
    """A document with the blocks of further ones behind its own; their parts are counted on behind its own."""
    blocks, warnings, parts = list(document.blocks), list(document.warnings), list(document.parts)
    remarks = list(document.remarks)
    for owner, other in enumerate(further, 1):
        found = other.document
        parts.append(Part(None, found.media_type if found else "application/octet-stream", other.data, owner))
        if found is None:
            warnings.append(("unread_part", f"{other.name}: {other.problem}"))
            continue
        number = len(parts)
        parts += [replace(part, owner=owner) for part in found.parts]
        blocks += [set_part(block, number, inner=number) for block in found.blocks]
        warnings += [(code, f"{other.name}: {message}") for code, message in found.warnings]
        remarks += [(code, f"{other.name}: {message}") for code, message in found.remarks]
    return replace(document, blocks=tuple(blocks), warnings=tuple(warnings), parts=tuple(parts), remarks=tuple(remarks))


def read_pictures(
    document: Document, options: Options, is_whole: Callable[[Document], bool] | None = None
) -> Document | None:
    """The document with what OCR reads in its pictures in their place, or with a warning why it cannot; None where it
    has no picture that could be read.

    ``is_whole`` is asked after each picture: once a document lacks nothing, the pictures behind are left as they are.
    Those that there is no time for are left, too, and a warning says so: a document read in part is better than none.
    """
    pictures = [b for b in document.blocks if isinstance(b, Picture) and b.data and len(b.data) >= SMALLEST]
    if not pictures:
        return None
    from crawler.extraction.documents.image import Clock, ocr_available, read_image  # noqa: PLC0415

    if not options.ocr or not ocr_available():
        why = "OCR is switched off" if not options.ocr else "reading them needs the extra: pip install -e '.[ocr]'"
        warning = ("picture", f"{len(pictures)} pictures may hold what is missing; {why}")
        return replace(document, warnings=(*document.warnings, warning))
    options.begin_ocr()
    clock = Clock(options.ocr_seconds)
    parts = list(document.parts)
    blocks: list[Block] = []
    warnings = list(document.warnings)
    read, done = 0, False

    def join(rest: Sequence[Block] = ()) -> Document:
        return replace(
            document,
            blocks=(*blocks, *rest),
            warnings=tuple(warnings),
            parts=tuple(parts),
            pictures=max(document.pictures - read, 0),
        )

    for index, block in enumerate(document.blocks):
        if done or not isinstance(block, Picture) or block not in pictures or not block.data:
            blocks.append(block)
            continue
        if read >= MAX_PICTURES or not clock.allows_more():
            warnings.append(("pictures_left_out", f"{read} of {len(pictures)} pictures were read, the rest was not"))
            blocks.append(block)
            done = True
            continue
        read += 1
        clock.begin_one()
        try:
            found = read_image(block.data, options)
        except UnreadableDocument as error:
            warnings.append(("unread_picture", f"{block.name}: {error}"))
            continue
        held = block.place.part
        parts.append(Part(block.name, found.media_type, block.data, parts[held - 1].owner if held else 0))
        blocks += [set_part(own, len(parts)) for own in found.blocks]
        warnings += [(code, f"{block.name}: {message}") for code, message in found.warnings]
        done = is_whole is not None and read < len(pictures) and is_whole(join(document.blocks[index + 1 :]))
    return join()


def set_part(block: Block, number: int, inner: int = 0) -> Block:
    """A block whose places all say that they stand in a part. Those that stand in a part already, of a file that is
    itself one, are counted on from ``inner``."""
    if isinstance(block, Table):
        made: dict[int, Cell] = {}
        for row in block.grid:
            for cell in row:
                if cell is not None and id(cell) not in made:
                    made[id(cell)] = cell._replace(place=_in_part(cell.place, number, inner))
        grid = tuple(tuple(None if cell is None else made[id(cell)] for cell in row) for row in block.grid)
        return replace(block, grid=grid, place=_in_part(block.place, number, inner))
    if isinstance(block, Paragraph):
        return replace(block, place=_in_part(block.place, number, inner))
    return replace(block, place=_in_part(block.place, number, inner))


def _in_part(place: Place, number: int, inner: int) -> Place:
    return place._replace(part=number if place.part is None else place.part + inner)
