"""Lines of text → cells of the form, where a converter left a table as nothing but labels, numbers and blanks.

Three ways of leaving it are read: columns divided by blanks, where a blank cell leaves no trace but its width; one cell
a line, where a blank cell is a blank line; and anything in between whose rows have one number for each header. Labels
may be broken over lines, with the numbers of their row between the pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from crawler.extraction.documents.model import Paragraph
from crawler.extraction.report.cells import is_value, read_cell
from crawler.extraction.report.collect import Collector
from crawler.extraction.report.form import FormTable, load_form, make_label
from crawler.extraction.report.headers import is_heading, tells
from crawler.extraction.report.labels import match_column, match_row
from crawler.extraction.report.layout import read_layout
from crawler.extraction.report.pieces import (
    CHUNK,
    CORNER,
    LINE,
    WIDE_CHUNK,
    LineTable,
    cut,
    is_laid_out,
    is_one_a_line,
)
from crawler.extraction.report.placing import put_table
from crawler.extraction.report.stream import read_pieces
from crawler.extraction.text.clean import clean_text, label_key
from crawler.extraction.text.numbering import read_mark

_PROSE = re.compile("[。；]")


def read_lines(paragraphs: Sequence[tuple[int, Paragraph]], behind: Paragraph | None, collector: Collector) -> set[int]:
    """Reads the tables that stand as lines among paragraphs (index, paragraph). Returns the indices it used.

    ``paragraphs`` is what stands between two headings of sections, in order, ``behind`` the second of these.
    """
    used: set[int] = set()
    followers = {index: after for (index, _), (_, after) in pairwise(paragraphs)}
    for table, region in _find_regions(paragraphs):
        read = _read_region(collector.form.tables[table], region)
        after = followers.get(region[-1][0], behind)
        if read is not None and after is not None:
            read.behind = after.blanks
        if read is not None and put_table(read, collector):
            used.update(index for index, _ in region)
    return used


def _read_region(form: FormTable, region: Sequence[tuple[int, Paragraph]]) -> LineTable | None:
    """The table of a stretch of lines, in the way that fits how its lines were left."""
    pieces = list(cut(region))
    if is_one_a_line(pieces):
        return read_pieces(form, list(cut(region, LINE)), one_a_line=True)
    if is_laid_out(pieces):
        pieces = list(cut(region, WIDE_CHUNK))
    table = read_layout(form, pieces) if form.key == "applications" else None
    if table is None and pieces:
        table = read_pieces(form, pieces, one_a_line=False)
    return table


def _find_regions(
    paragraphs: Sequence[tuple[int, Paragraph]],
) -> Iterable[tuple[str, list[tuple[int, Paragraph]]]]:
    """The stretches of lines that are a table: from the first label that tells it to the next prose."""
    region: list[tuple[int, Paragraph]] = []
    table: str | None = None
    for index, paragraph in paragraphs:
        kind = _kind_of(paragraph)
        if kind is not None and kind != table:
            if table is not None:
                yield table, region
            table, region = kind, []
        elif table is not None and _is_prose(table, paragraph):
            yield table, region
            table, region = None, []
        if table is not None:
            region.append((index, paragraph))
    if table is not None:
        yield table, region


def _kind_of(paragraph: Paragraph) -> str | None:
    """The table that a line can only belong to, by one of its labels."""
    if len(paragraph.text) > 160 or _PROSE.search(paragraph.text):
        return None
    pieces = [clean_text(p) for p in CHUNK.findall(paragraph.raw or paragraph.text)]
    if any(_is_count(p) for p in pieces):
        return None
    for text in (paragraph.text, *pieces):
        if is_heading("proactive", text) and len(text) <= 14:
            return "proactive"
        if "勾稽关系" in text and len(text) < 60:
            return "applications"
        if (kind := tells(text)) is not None:
            return kind
    named = ("行政复议", "行政诉讼")
    return "review_litigation" if pieces and all(make_label(p).text in named for p in pieces) else None


def _is_prose(table: str, paragraph: Paragraph) -> bool:
    text = paragraph.text
    if text.startswith(("注：", "注:", "说明：", "备注：")):
        return True
    if CORNER.search(text) or is_heading(table, text):
        return False
    if len(text) >= 16 and not any(is_value(piece) for piece in CHUNK.findall(text)) and read_mark(text) is None:
        form = load_form().tables[table]
        key = label_key(text)
        whole = [own for row in form.rows for own in row.printed]
        if not any(key in label for label in whole) and match_row(form, text) is None:
            pieces = CHUNK.findall(paragraph.raw or text)
            if len(pieces) == 1 and match_column(form, text) is None:
                return True  # prose that goes on in the next line
    return (len(text) >= 8 and text.endswith("。")) or (len(text) >= 40 and bool(_PROSE.search(text)))


def _is_count(text: str) -> bool:
    return read_cell(text, amount=True, signed=True).value is not None
