"""A document as every kind of file becomes one: an ordered flow of paragraphs and tables, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

PICTURE = "[图]"
"""The text of a cell that shows nothing but a picture or a control: something is printed, and it is no number."""


class Place(NamedTuple):
    """Where something stands. One kind of place is set, by the kind of document:

    - ``page`` (from 1) and ``bbox`` (x0, y0, x1, y1; PDF points or picture pixels from the top left);
    - ``xpath`` (HTML);
    - ``line`` (from 1, plain text);
    - ``table``, ``row``, ``column`` (Word, from 0);
    - ``sheet`` and ``cell`` (spreadsheets: ``"Sheet1"``, ``"B7"``).

    ``part`` counts the further documents of one report from 1; None is the first document. ``score`` is how sure OCR
    is, 0 to 1.
    """

    page: int | None = None
    bbox: tuple[float, float, float, float] | None = None
    xpath: str | None = None
    line: int | None = None
    table: int | None = None
    row: int | None = None
    column: int | None = None
    sheet: str | None = None
    cell: str | None = None
    part: int | None = None
    score: float | None = None

    def as_dict(self) -> dict[str, object]:
        """The keys that are set, as `provenance` in a record prints them."""
        found: dict[str, object] = {k: v for k, v in zip(self._fields, self, strict=True) if v is not None}
        if self.bbox is not None:
            found["bbox"] = list(self.bbox)
        return found


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of prose, cleaned (see `text.clean`). ``heading`` is 1 to 6 where the document marks one, else 0.

    ``raw`` is the text with its layout blanks (plain text only), for readers that see columns in them. ``blanks`` is
    how many blank lines stood before it (plain text only).
    """

    text: str
    place: Place
    heading: int = 0
    raw: str = ""
    blanks: int = 0


class Cell(NamedTuple):
    """One cell: its text cleaned, the grid position of its top left corner and its span in rows and columns.

    ``doubt`` says in a few words why the text may not be what is printed (two decoders differ, OCR is unsure); then
    no number is taken from it. None: the text is sure. ``goes_on``: the text begins with the rest of the number at the
    end of the cell over it, on the page before, which left no room for it.
    """

    text: str
    row: int
    column: int
    rowspan: int
    colspan: int
    place: Place
    doubt: str | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A full grid: ``grid[row][column]`` is the cell that covers the position, or None where no cell reaches.

    A cell with a span stands at every position of its rectangle. ``spans`` is False where the source has no way to
    say that a cell spans (tabbed text): then a blank may be the rest of a wider cell. ``breaks`` are the rows that
    begin a new page: the row before one of them may have been cut in two. ``aligned`` is True where the columns were
    concluded from what stands over what: then a header and its numbers are in one column, and counting them proves
    nothing.
    """

    grid: tuple[tuple[Cell | None, ...], ...]
    place: Place
    spans: bool = True
    breaks: tuple[int, ...] = ()
    aligned: bool = False

    @property
    def width(self) -> int:
        return max(map(len, self.grid), default=0)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture within the flow that may hold a table or text: its bytes as embedded (None where they lie elsewhere),
    its ``name`` inside the file (``word/media/image1.png``, or the address that an HTML page gives)."""

    data: bytes | None
    name: str
    place: Place


Block: TypeAlias = Paragraph | Table | Picture


@dataclass(frozen=True, slots=True)
class Part:
    """A further document of the same report: a member of an archive, an embedded picture, or a file of its own.

    ``member`` is its name inside the file that holds it, None for a file of its own; ``owner`` is that file: 0 for the
    document itself, n for the n-th further one that was given with it. Blocks from the n-th part carry ``part=n`` in
    their places, counted from 1.
    """

    member: str | None
    media_type: str
    data: bytes
    owner: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, in reading order.

    ``media_type`` is what the bytes are, whatever was claimed. ``titles`` are what the document calls itself outside
    its own text (HTML: meta ArticleTitle, h1, title), best first. ``published`` is an ISO date or None. ``trail`` is
    the breadcrumb, first part first. ``pictures`` counts pictures within the text that could hold what is missing.
    ``warnings`` are codes and messages of what is printed and could not be placed. ``parts`` are the further documents
    that lie inside the file. ``remarks`` are like warnings, but of nothing that is printed (hidden sheets): they lower
    no confidence.
    """

    media_type: str
    blocks: tuple[Block, ...]
    titles: tuple[str, ...] = ()
    published: str | None = None
    trail: tuple[str, ...] = ()
    pictures: int = 0
    warnings: tuple[tuple[str, str], ...] = field(default=())
    parts: tuple[Part, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()

    def paragraphs(self) -> Iterator[Paragraph]:
        return (block for block in self.blocks if isinstance(block, Paragraph))
