"""Lines of pages → paragraphs again, without what is printed on every page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

from crawler.extraction.documents.model import Paragraph, Place
from crawler.extraction.documents.pages.divided import DividedPage
from crawler.extraction.documents.pages.lines import Line
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.numbering import read_mark
from crawler.extraction.text.prose import is_noise

MARGIN = 0.11  # of the page's height: running heads and page numbers stand in it, at the top or the bottom
SAME_HEIGHT = 6.0  # points: how far a running head may move from page to page
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[-—–－·~～\s]*\d{1,4}[-—–－·~～\s]*|第?\s*\d+\s*页?\s*[/／共,，]\s*共?\s*\d+\s*页?|第\s*\d+\s*页"
)
_ENDS = "。！？：；:;"


def drop_furniture(sheets: Sequence[DividedPage]) -> None:
    """Takes running heads, page numbers and what else stands in the margin of several pages out of the lines."""
    seen: Counter[tuple[str, int]] = Counter()
    for sheet in sheets:
        for line in _in_margin(sheet):
            key, at = _NUMBER.sub("#", line.text), line.middle
            for step in {round(at / SAME_HEIGHT), round(at / SAME_HEIGHT + 0.5)}:
                seen[key, step] += 1
    for sheet in sheets:
        gone = set()
        margin = _in_margin(sheet)
        often = {id(line): _count_alike(line, seen) for line in margin}
        numbered = any(often[id(line)] >= 2 and _NUMBER.search(line.text) for line in margin)
        lower = [line for line in margin if line.middle > sheet.height / 2]
        for lines in (margin[: len(margin) - len(lower)], lower[::-1]):
            for line in lines:  # from the edge inwards, to the first line of the page's content
                if often[id(line)] < 2 and not is_noise(line.text) and not _numbers_page(line, sheet, numbered):
                    break
                gone.add(id(line))
        sheet.lines = [line for line in sheet.lines if id(line) not in gone]


def _count_alike(line: Line, seen: Mapping[tuple[str, int], int]) -> int:
    """On how many pages a line stands that is alike but for its numbers, at the same height."""
    key, at = _NUMBER.sub("#", line.text), line.middle
    return max(seen[key, round(at / SAME_HEIGHT)], seen[key, round(at / SAME_HEIGHT + 0.5)])


def _numbers_page(line: Line, sheet: DividedPage, numbered: bool) -> bool:
    """Whether a line that stands on this page alone is the number of the page. Digits without anything beside them may
    be the rest of a number that the page before cut off: they must be the page's, which has no other (``numbered``)."""
    bare = line.text.isdecimal()
    return bool(_PAGE_NUMBER.fullmatch(line.text)) and (not bare or (int(line.text) == sheet.number and not numbered))


def _in_margin(sheet: DividedPage) -> list[Line]:
    """The lines near the top and bottom of a page, outside of its lattices, from top to bottom."""
    top, bottom = MARGIN * sheet.height, (1 - MARGIN) * sheet.height
    if sheet.lattices:
        top = min([top, *(lattice.ys[0] for lattice in sheet.lattices)])
        bottom = max([bottom, *(lattice.ys[-1] for lattice in sheet.lattices)])
    near = (line for line in sheet.lines if line.middle < top or line.middle > bottom)
    return sorted(near, key=lambda line: line.middle)


def join_paragraphs(
    lines: Sequence[Line], measure: Sequence[Line], sheets: Mapping[int, DividedPage]
) -> list[Paragraph]:
    """Paragraphs from lines. Where a paragraph ends is seen by an indent, a line that ends early, a wider gap, another
    size, or a number mark; ``measure`` are the lines that tell the left and right edge of the text."""
    if not lines:
        return []
    left, right = _edges(measure)
    gap = _usual_gap(measure)
    paragraphs: list[list[Line]] = []
    for line in lines:
        if paragraphs:
            before = paragraphs[-1][-1]
            if _goes_on(before, line, left, right, gap):
                paragraphs[-1].append(line)
                continue
        paragraphs.append([line])
    out = []
    for own in paragraphs:
        text = _join_texts([line.text for line in own])
        if not text or is_noise(text):
            continue
        first = [line for line in own if line.page == own[0].page]
        box = (
            min(line.x0 for line in first),
            first[0].top,
            max(line.x1 for line in first),
            max(line.bottom for line in first),
        )
        out.append(Paragraph(text, Place(page=sheets[own[0].page].number, bbox=sheets[own[0].page].locate(box))))
    return out


def _join_texts(texts: Sequence[str]) -> str:
    """Lines of one paragraph as one text: only between two words a line break stood for a blank. Between two digits it
    did not: text of ideographs may be broken anywhere, and no number follows another without a word."""
    out = texts[0]
    for text in texts[1:]:
        number = out[-1:].isdecimal() and text[:1].isdecimal()
        between = " " if out[-1:].isascii() and text[:1].isascii() and not number else ""
        out += between + text
    return clean_text(out)


def _edges(lines: Sequence[Line]) -> tuple[float, float]:
    """Where most full lines of the text begin and end."""
    widest = max(line.x1 - line.x0 for line in lines)
    full = [line for line in lines if line.x1 - line.x0 >= 0.85 * widest]
    lefts = Counter(round(line.x0) for line in full)
    most = max(lefts.values())
    left = min(x for x, count in lefts.items() if count >= 0.5 * most)
    return float(left), median(line.x1 for line in full)


def _usual_gap(lines: Sequence[Line]) -> float:
    """How far the tops of two lines that follow one another are apart, mostly."""
    steps = [
        after.top - before.top
        for before, after in pairwise(lines)
        if before.page == after.page and 0 < after.top - before.top < 4 * before.size
    ]
    return median(steps) if steps else 0.0


def _goes_on(before: Line, line: Line, left: float, right: float, gap: float) -> bool:
    """Whether a line goes on with the paragraph of the line before it."""
    size = before.size
    if abs(line.size - size) > 0.2 * size:
        return False
    if before.text.count("（") > before.text.count("）") and line.text.count("）") > line.text.count("（"):
        return line.page == before.page and line.top - before.top <= 3 * size  # a centred title broken in a bracket
    if before.x1 < right - 1.9 * size or line.x0 > left + 1.2 * size:
        return False
    if line.page == before.page and line.top - before.top > 1.45 * gap:
        return False
    mark = read_mark(line.text)
    return mark is None or (before.text[-1:] not in _ENDS and mark.level > 2)
