"""Properties in the old binary Word format: lists of them, the pages that hold them by offset, and the styles."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.extraction.documents.doc97.streams import u16
from crawler.extraction.errors import UnreadableDocument

MAX_RUNS = 200_000  # a long report has 5,000
_STYLE_BYTES = 1024  # of what a style says of paragraphs, and of characters; those of Word stay below 200
_PAGE = 512
_OPERAND = (1, 1, 2, 4, 2, 2, -1, 3)  # bytes of an operand, by the upper three bits of its code; -1: it says so


def iter_properties(properties: bytes) -> Iterator[tuple[int, bytes]]:
    """The codes and operands of a list of properties (grpprl). What is cut off at the end is left out."""
    at, end = 0, len(properties)
    while at + 3 <= end:
        code = properties[at] | properties[at + 1] << 8
        at += 2
        size = _OPERAND[code >> 13]
        if size < 0:
            size = properties[at]
            at += 1
            if code == 0xD608:  # the edges of a row: a length of two bytes, one too high
                if at >= end:
                    return
                size = (size | properties[at] << 8) - 1
                at += 1
            elif code == 0xC615 and size == 255 and at < end:  # tabulators, which count themselves
                gone = properties[at]
                added = properties[at + 1 + 4 * gone] if at + 1 + 4 * gone < end else 0
                size = 2 + 4 * gone + 3 * added
        if size < 0 or at + size > end:
            return
        yield code, properties[at : at + size]
        at += size


class Pages:
    """Properties by offset: a table of pages, each of which holds runs in ascending order."""

    def __init__(self, index: bytes, stream: bytes, *, paragraphs: bool) -> None:
        count = max((len(index) - 4) // 8, 0)
        self._starts = struct.unpack_from(f"<{count}I", index)
        self._numbers = struct.unpack_from(f"<{count}I", index, 4 * count + 4) if count else ()
        self._stream = stream
        self._paragraphs = paragraphs
        self._read: dict[int, tuple[tuple[int, ...], list[bytes]]] = {}
        self._steps = 0

    def at(self, fc: int) -> bytes:
        """The properties of the run in which the offset lies; empty where there is none."""
        page = bisect_right(self._starts, fc) - 1
        if page < 0:
            return b""
        starts, found = self._page(self._numbers[page])
        run = bisect_right(starts, fc) - 1
        return found[run] if 0 <= run < len(found) else b""

    def between(self, low: int, high: int) -> Iterator[tuple[int, int, bytes]]:
        """Begin, end and properties of the runs that reach into a stretch, also of those without any."""
        page = max(bisect_right(self._starts, low) - 1, 0)
        while page < len(self._starts) and self._starts[page] < high:
            starts, found = self._page(self._numbers[page])
            run = max(bisect_right(starts, low) - 1, 0)
            while run < len(found) and starts[run] < high:
                self._count()
                if starts[run + 1] > low:
                    yield max(starts[run], low), min(starts[run + 1], high), found[run]
                run += 1
            page += 1
            self._count()

    def _count(self) -> None:
        self._steps += 1
        if self._steps > MAX_RUNS:
            raise UnreadableDocument(f"a Word file of more than {MAX_RUNS:,} runs")

    def _page(self, number: int) -> tuple[tuple[int, ...], list[bytes]]:
        number &= 0x3FFFFF
        if number not in self._read:
            self._read[number] = self._read_page(self._stream[number * _PAGE : number * _PAGE + _PAGE])
        return self._read[number]

    def _read_page(self, page: bytes) -> tuple[tuple[int, ...], list[bytes]]:
        if len(page) < _PAGE:
            raise UnreadableDocument("the Word file is cut off: a page of properties is missing")
        count, step = page[-1], 13 if self._paragraphs else 1
        if 4 * (count + 1) + step * count >= _PAGE:
            raise UnreadableDocument("the Word file is broken: a page of properties that is none")
        starts = struct.unpack_from(f"<{count + 1}I", page)
        found = []
        for run in range(count):
            at = 2 * page[4 * (count + 1) + step * run]
            if at == 0:
                found.append(b"")
                continue
            size = page[at]
            if self._paragraphs:
                size = 2 * size - 1 if size else 2 * page[(at := at + 1) % _PAGE]
            found.append(page[at + 1 : min(at + 1 + size, _PAGE - 1)])
        return starts, found


@dataclass(slots=True)
class Style:
    """A style: the one that it is based on, and what it says of paragraphs and of characters."""

    base: int = 0xFFF
    paragraph: bytes = b""
    character: bytes = b""


def read_styles(sheet: bytes) -> dict[int, Style]:
    """The styles by their number ([MS-DOC] 2.9.271, STSH). What is cut off is left out."""
    styles: dict[int, Style] = {}
    if len(sheet) < 6:
        return styles
    count, fixed = u16(sheet, 2), u16(sheet, 4)
    at = 2 + u16(sheet, 0)
    for number in range(min(count, 0xFFE)):
        if at + 2 > len(sheet):
            break
        size = u16(sheet, at)
        entry = sheet[at + 2 : at + 2 + size]
        at += 2 + size + size % 2
        if len(entry) < fixed + 4 or fixed < 10:
            continue
        kind, parts = u16(entry, 2) & 0xF, u16(entry, 4) & 0xF
        style = styles[number] = Style(u16(entry, 2) >> 4)
        inner = fixed + 2 + 2 * u16(entry, fixed) + 2  # behind the name
        for index in range(parts):
            inner += inner % 2
            if inner + 2 > len(entry):
                break
            length = u16(entry, inner)
            said = entry[inner + 2 : inner + 2 + length]
            inner += 2 + length
            if kind == 1 and index == 0:
                style.paragraph = said[2 : 2 + _STYLE_BYTES]
            elif (kind, index) in {(1, 1), (2, 0)}:
                style.character = said[:_STYLE_BYTES]
    return styles
