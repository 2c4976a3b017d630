"""Plain text → Document, as converters leave it: a paragraph for each line, a table for each run of tabbed lines.

A line keeps its layout (`raw`) and the blank lines before it, because in text a column is nothing but blanks and a
blank cell nothing but a blank line. What the lines mean, prose broken at a width or rows of a table, is for those to
say who know the form.
"""

from __future__ import annotations

import re

from crawler.extraction.documents.grid import SpanningCell, fill_grid
from crawler.extraction.documents.model import Block, Document, Paragraph, Place, Table
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_characters, clean_text
from crawler.extraction.text.dates import find_published
from crawler.extraction.text.encoding import decode
from crawler.extraction.text.numbering import read_mark
from crawler.extraction.text.prose import is_noise

MAX_BYTES = 8 * 1024 * 1024  # the longest report in plain text is 200 KB
MAX_LINES = 100_000
MAX_TABS = 500

_LEADING_TABS = re.compile(r"\t+(?:\S[^\t]*\t|\d)")
_LINE_ENDS = re.compile("\r\n?|\x0b|\x85|\u2028|\u2029")


def read_plain(data: bytes, charset: str | None = None) -> Document:
    """The lines and tabbed tables of a text file. ``charset`` is what the transport declared.

    Raises UnreadableDocument for what is no text, is empty, or exceeds the limits above.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"text of {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    text, _ = decode(data, charset)
    lines = _LINE_ENDS.sub("\n", text.lstrip("\ufeff")).split("\n")
    if len(lines) > MAX_LINES:
        raise UnreadableDocument(f"{len(lines):,} lines; the limit is {MAX_LINES:,}")
    blocks: list[Block] = []
    published: tuple[int, str] | None = None
    blanks = 0
    index = 0
    while index < len(lines):
        raw = clean_characters(lines[index]).replace("\xa0", " ").replace("\f", "")
        if not raw.strip():
            blanks += 1
            index += 1
            continue
        if is_noise(raw) or (raw.strip().isdecimal() and _is_page_end(lines, index)):
            index += 1
            continue
        if _has_columns(raw):
            end = _end_of_table(lines, index)
            blocks.append(_read_tabs(lines[index:end], index))
            index, blanks = end, 0
            continue
        if len(raw) < 200 and (found := find_published(raw)):
            published = min(published or found, found)
        blocks.append(Paragraph(clean_text(raw), Place(line=index + 1), 0, raw.rstrip(), blanks))
        blanks = 0
        index += 1
    if not blocks:
        raise UnreadableDocument("the file is empty")
    return Document("text/plain", tuple(blocks), (), published[1] if published else None)


def _is_page_end(lines: list[str], index: int) -> bool:
    """Whether a form feed, the one certain sign of a page's end, stands beside a line: a bare number there is the
    page's."""
    return any("\f" in line for line in lines[max(index - 1, 0) : index + 2])


def _end_of_table(lines: list[str], start: int) -> int:
    """The line behind a tabbed table. A short line without tabs between two tabbed ones is a row of one cell."""
    end = start + 1
    ahead = end
    while ahead < len(lines) and ahead - end <= 2:
        line = lines[ahead]
        if _has_columns(line):
            end = ahead + 1
        elif line.strip():
            mark = read_mark(line.strip())
            if len(line) > 40 or "。" in line or (mark is not None and mark.level == 1):
                break
        ahead += 1
    return end


def _has_columns(line: str) -> bool:
    """Whether tabs divide a line; one that only indents it does not, and no row of a table has hundreds."""
    if line.count("\t") > MAX_TABS:
        return False
    return "\t" in line.rstrip(" ").lstrip() or line.lstrip().endswith("\t") or bool(_LEADING_TABS.match(line))


def _read_tabs(lines: list[str], start: int) -> Table:
    rows = []
    for offset, line in enumerate(lines):
        if line.strip():
            place = Place(line=start + offset + 1)
            rows.append([SpanningCell(clean_text(part), place) for part in line.rstrip("\n").split("\t")])
    return Table(fill_grid(rows), Place(line=start + 1), spans=False)
