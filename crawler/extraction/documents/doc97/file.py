"""The old binary format of Word, below what it says: streams, pieces of text, and properties by position.

After [MS-DOC] (Word 97 to 2003; WPS Office writes the same into its `.wps`). A document is a string of characters, one
for each character position (CP), that a piece table gathers from the stream `WordDocument`; the properties of
paragraphs and runs hang on offsets in that stream (FC) and stand in pages of 512 bytes. Numbers in the comments are
those of the specification.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.extraction.documents.doc97.properties import Pages, iter_properties, read_styles
from crawler.extraction.documents.doc97.streams import read_streams, u16, u32
from crawler.extraction.errors import UnknownVersion, UnreadableDocument

MAX_CHARACTERS = 2_000_000  # the longest reports have 60,000
MAX_DEPTH = 12  # of tables within tables
MAX_PIECES = 50_000  # a file saved quickly a hundred times has 1,000
MAX_EXPANDED = 4 * 1024 * 1024  # bytes of properties in the stream of data; a row takes 400
_STORIES = ("main", "notes", "headers", "macros", "comments", "endnotes", "boxes", "header_boxes")
_HEADING_LAST = 9  # the styles 1 to 9 are 'heading 1' to 'heading 9' in every file
# What a piece may say in one byte instead of a list ([MS-DOC] 2.9.215, Prm0): its code → that of the property.
_SHORT = {0x0C: 0x260A, 0x18: 0x2416, 0x19: 0x2417, 0x41: 0x0800, 0x57: 0x0837, 0x5C: 0x083C, 0x68: 0x2A48}
_SHORT |= {0x73: 0x2A53, 0x78: 0x2640}
_KEPT = re.compile("[^\x07\x0c\r]")

HIDDEN = "\x00"
HIDDEN_END = "\x1a"
HIDDEN_CELL = "\x1b"
"""In the text of a `WordFile`: a character, a paragraph mark, and the mark of a cell or row, that is not printed."""
PICTURE_MARK = "\x01"
_HIDDEN_MARKS = str.maketrans("\r\x07", HIDDEN_END + HIDDEN_CELL)


@dataclass(frozen=True, slots=True)
class ParagraphProperties:
    """What is said of a paragraph: its style, how deep in tables it stands (0: in none), whether its mark ends a row or
    (in a nested table) a cell, its level as a heading (1 to 6, or 0), its list (from 1, or 0) and level in it (from
    0), and the properties of the row that it ends."""

    style: int = 0
    depth: int = 0
    row_end: bool = False
    cell_end: bool = False
    heading: int = 0
    list_number: int = 0
    list_level: int = 0
    row: bytes = b""


@dataclass(frozen=True, slots=True)
class _Piece:
    cp: int
    end: int
    fc: int
    width: int  # bytes of a character
    properties: bytes


@dataclass(frozen=True, slots=True)
class _Run:
    """What is said of a run of characters, as far as it changes what is read."""

    hidden: bool = False
    shown: bool = False  # said to be visible whatever the style of its paragraph says
    struck: bool = False
    raised: bool = False  # set higher or lower than its line
    symbol: str = ""  # printed in place of each of its characters
    picture: int | None = None  # where its picture lies in the stream of data


class WordFile:
    """A Word file opened: ``text`` has one character for each position, with those that are not printed replaced by
    HIDDEN and HIDDEN_END; ``stories`` are the stretches of it: main, notes, endnotes, boxes and others.

    Field instructions, hidden text, deletions and struck text are not printed. ``raised`` are stretches set higher
    or lower than their line, ``pictures`` the offsets of pictures in ``data`` by position. ``struck`` tells what was
    struck through, for there a number may be lost.
    """

    def __init__(self, data: bytes) -> None:
        """Raises UnreadableDocument for what is no Word file, encrypted, older than Word 97, broken or too large."""
        self.word, table, self.data = read_streams(data)
        self._table = table
        self._fields, counts = _read_header(self.word)
        self._lists: list[bytes] = []
        self._pieces = self._read_pieces()
        self._ends = [piece.end for piece in self._pieces]
        printed = _gather(self._pieces, self.word)
        self.stories: dict[str, tuple[int, int]] = {}
        at = 0
        for name, count in zip(_STORIES, counts, strict=True):
            self.stories[name] = (at, at + count)
            at += count
        if at > len(printed):
            raise UnreadableDocument("the Word file is cut off: its text is shorter than it says")
        self._paragraphs = Pages(self.part(13), self.word, paragraphs=True)
        self._characters = Pages(self.part(12), self.word, paragraphs=False)
        self._styles = read_styles(self.part(1))
        self._known: dict[tuple[bytes, bytes], ParagraphProperties] = {}
        self._inherited: dict[int, bytes] = {}
        self._expanded = 0
        self._said: dict[int, tuple[bool, bool]] = {}
        self.raised: list[tuple[int, int]] = []
        self.shown: list[tuple[int, int]] = []
        self.struck: list[str] = []
        self.pictures: dict[int, int] = {}
        self.text = self._mask(printed)

    def part(self, number: int) -> bytes:
        """The part of the table stream that the header names by its number ([MS-DOC] 2.5.6), empty if it has none."""
        at = self._fields + 8 * number
        start, size = u32(self.word, at), u32(self.word, at + 4)
        if size and start + size > len(self._table):
            raise UnreadableDocument("the Word file is cut off: a table of it is missing")
        return self._table[start : start + size]

    def part_and_rest(self, number: int) -> tuple[bytes, bytes]:
        """The same with what follows it in the stream, for parts that do not count all that belongs to them."""
        found = self.part(number)
        at = self._fields + 8 * number
        end = u32(self.word, at) + u32(self.word, at + 4)
        return found, self._table[end:] if found else b""

    def paragraph(self, cp: int) -> ParagraphProperties:
        """The properties of the paragraph whose mark stands at a position."""
        index = bisect_right(self._ends, cp)
        if index >= len(self._pieces):
            return ParagraphProperties()
        piece = self._pieces[index]
        key = (self._paragraphs.at(piece.fc + (cp - piece.cp) * piece.width), piece.properties)
        if key not in self._known:
            self._known[key] = self._read_paragraph(*key)
        return self._known[key]

    def style_says(self, style: int) -> tuple[bool, bool]:
        """Whether a style of paragraphs or characters hides its text, and whether it raises it over its line."""
        if style not in self._said:
            hides = raises = False
            for chained in self._chain(style):
                for code, operand in iter_properties(self._styles[chained].character):
                    if code == 0x083C:
                        hides = operand[0] == 1
                    elif code == 0x2A48:
                        raises = operand[0] in (1, 2)
            self._said[style] = hides, raises
        return self._said[style]

    def _chain(self, style: int) -> list[int]:
        """A style and those that it is based on, the last first; a chain that bites its tail ends there."""
        chain: list[int] = []
        while style in self._styles and style not in chain and len(chain) < 32:
            chain.append(style)
            style = self._styles[style].base
        return chain[::-1]

    def _read_pieces(self) -> list[_Piece]:
        """The piece table with the property lists that it refers to ([MS-DOC] 2.9.38, Clx)."""
        clx = self.part(33)
        at = 0
        while at < len(clx) and clx[at] == 1 and len(self._lists) < MAX_PIECES:
            size = u16(clx, at + 1)
            self._lists.append(clx[at + 3 : at + 3 + size])
            at += 3 + size
        if at >= len(clx) or clx[at] != 2:
            raise UnreadableDocument("the Word file is broken: it has no piece table")
        table = clx[at + 5 : at + 5 + u32(clx, at + 1)]
        count = (len(table) - 4) // 12
        if count < 1:
            raise UnreadableDocument("the Word file is broken: its piece table is empty")
        if count > MAX_PIECES:
            raise UnreadableDocument(f"a Word file of {count:,} pieces; the limit is {MAX_PIECES:,}")
        cps = struct.unpack_from(f"<{count + 1}I", table)
        if cps[-1] > MAX_CHARACTERS:
            raise UnreadableDocument(f"a Word file of {cps[-1]:,} characters; the limit is {MAX_CHARACTERS:,}")
        pieces = []
        for i in range(count):
            if cps[i] > cps[i + 1] or (i == 0 and cps[0]):
                raise UnreadableDocument("the Word file is broken: its pieces are out of order")
            fc, prm = u32(table, 4 * count + 4 + 8 * i + 2), u16(table, 4 * count + 4 + 8 * i + 6)
            narrow = bool(fc & 0x40000000)
            fc &= 0x3FFFFFFF
            pieces.append(_Piece(cps[i], cps[i + 1], fc // 2 if narrow else fc, 1 if narrow else 2, self._prm(prm)))
        return pieces

    def _prm(self, prm: int) -> bytes:
        """The properties that a quick save hung on a piece."""
        if prm & 1:
            return self._lists[prm >> 1] if prm >> 1 < len(self._lists) else b""
        code = _SHORT.get(prm >> 1 & 0x7F)
        return struct.pack("<HB", code, prm >> 8) if code else b""

    def _read_paragraph(self, own: bytes, added: bytes) -> ParagraphProperties:
        style = own[0] | own[1] << 8 if len(own) >= 2 else 0
        said = self._expand(own[2:]) + self._expand(added)
        for code, operand in iter_properties(said):
            if code == 0x4600:
                style = operand[0] | operand[1] << 8
        flags = dict.fromkeys((0x2416, 0x2417, 0x244B, 0x244C), False)
        depth = level = number = 0
        outline = 9
        for chained in self._chain(style):
            if 1 <= chained <= _HEADING_LAST:
                outline = chained - 1
        for code, operand in iter_properties(self._inherit(style) + said):
            if code in flags:
                flags[code] = operand[0] == 1
            elif code == 0x6649:
                depth = int.from_bytes(operand, "little", signed=True)
            elif code == 0x664A:
                depth += int.from_bytes(operand, "little", signed=True)
            elif code == 0x2640:
                outline = operand[0]
            elif code == 0x260A:
                level = operand[0]
            elif code == 0x460B:
                number = operand[0] | operand[1] << 8
        depth = max(depth, int(flags[0x2416]))
        if depth > MAX_DEPTH:
            raise UnreadableDocument(f"tables nested more than {MAX_DEPTH} deep")
        return ParagraphProperties(
            style,
            depth,
            flags[0x2417] or flags[0x244C],
            flags[0x244B],
            min(outline + 1, 6) if outline < 9 else 0,
            number if number < 0x7FF else 0,
            min(level, 8),
            said if flags[0x2417] or flags[0x244C] else b"",
        )

    def _inherit(self, style: int) -> bytes:
        """What a style and those that it is based on say of headings and lists."""
        if style not in self._inherited:
            last: dict[int, bytes] = {}
            for chained in self._chain(style):
                last.update(iter_properties(self._styles[chained].paragraph))
            self._inherited[style] = b"".join(
                code.to_bytes(2, "little") + last[code] for code in (0x2640, 0x260A, 0x460B) if code in last
            )
        return self._inherited[style]

    def _expand(self, properties: bytes) -> bytes:
        """The list with what of it is kept in the stream of data, because a page has no room for it."""
        whole = properties
        for code, operand in iter_properties(properties):
            if code in (0x6645, 0x6646, 0x646B):
                at = int.from_bytes(operand, "little")
                if at + 2 <= len(self.data):
                    whole += self.data[at + 2 : at + 2 + u16(self.data, at)]
                    self._expanded += u16(self.data, at)
                if self._expanded > MAX_EXPANDED:
                    raise UnreadableDocument("a Word file with more properties than text")
        return whole

    def _read_run(self, said: bytes) -> _Run:
        style = 0x0FFF
        hidden = raised = None
        deleted = struck = False
        symbol, picture = "", None
        for code, operand in iter_properties(said):
            if code == 0x4A30:
                style = operand[0] | operand[1] << 8
            elif code == 0x083C:
                hidden = operand[0]
            elif code == 0x0800:
                deleted = operand[0] == 1
            elif code in (0x0837, 0x2A53):
                struck = operand[0] in (1, 0x81)
            elif code == 0x2A48:
                raised = operand[0] in (1, 2)
            elif code == 0x6A09:
                printed = operand[2] | operand[3] << 8
                symbol = chr(printed) if printed >= 32 else ""
            elif code == 0x6A03:
                picture = int.from_bytes(operand, "little")
        hides, raises = self.style_says(style)
        vanish = hides if hidden in (None, 0x80) else not hides if hidden == 0x81 else bool(hidden)
        return _Run(vanish or deleted, hidden == 0, struck, raises if raised is None else raised, symbol, picture)

    def _iter_runs(self) -> Iterator[tuple[int, int, _Run]]:
        """Begin, end (as positions) and properties of the runs that change what is read."""
        known: dict[tuple[bytes, bytes], _Run] = {}
        plain = _Run()
        for piece in self._pieces:
            for low, high, said in self._characters.between(piece.fc, piece.fc + (piece.end - piece.cp) * piece.width):
                key = (said, piece.properties)
                if not said and not piece.properties:
                    continue
                if key not in known:
                    known[key] = self._read_run(said + piece.properties)
                if known[key] != plain:
                    start, end = ((fc - piece.fc + piece.width - 1) // piece.width for fc in (low, high))
                    yield piece.cp + start, piece.cp + end, known[key]

    def _mask(self, text: str) -> str:
        """The text with what is not printed replaced, position by position."""
        text = text.replace(HIDDEN_END, HIDDEN).replace(HIDDEN_CELL, HIDDEN)
        changes: list[tuple[int, int, str]] = []  # begin, end, what each character becomes
        struck_to = -1
        for begin, end, run in self._iter_runs():
            if run.hidden or run.struck:
                changes.append((begin, end, ""))
                if run.struck and not run.hidden:
                    self.struck.append(text[begin:end] if begin != struck_to else self.struck.pop() + text[begin:end])
                    struck_to = end
                continue
            if run.shown:
                self.shown.append((begin, end))
            if run.raised:
                self.raised.append((begin, end))
            if run.symbol:
                changes.append((begin, end, run.symbol))
            elif run.picture is not None:
                self.pictures.update((cp, run.picture) for cp in range(begin, end) if text[cp] == PICTURE_MARK)
        for begin, end in self.stories.values():
            changes += _find_instructions(text, begin, end)
        return _apply(text, changes)


def _apply(text: str, changes: list[tuple[int, int, str]]) -> str:
    """The text changed in each stretch; where stretches overlap, what hides comes before what replaces."""
    parts: list[str] = []
    at = 0
    for begin, end, new in sorted(changes, key=lambda change: (change[0], change[2])):
        start = max(begin, at)
        if start >= end:
            continue
        parts.append(text[at:start])
        if new:
            parts.append(text[start:end].replace("(" if new != PICTURE_MARK else "\x15", new))
        else:
            parts.append(_KEPT.sub(HIDDEN, text[start:end]).translate(_HIDDEN_MARKS))
        at = end
    return "".join(parts) + text[at:]


_MARKS = re.compile("[\x07\x13\x14\x15]")
_SHOWN_FIELD = re.compile(r"\s*(?:EQ|FORMDROPDOWN|FORMCHECKBOX|SYMBOL|MACROBUTTON)\b", re.I)


def _find_instructions(text: str, begin: int, end: int) -> list[tuple[int, int, str]]:
    """The instructions of fields within a story, as changes that hide them. A field that prints by its instruction
    alone is replaced by the character of a picture. One that is not closed within its cell is left as it stands."""
    found: list[tuple[int, int, str]] = []
    opened: list[tuple[int, bool]] = []  # where the field begins, whether its result has begun
    for mark in _MARKS.finditer(text, begin, end):
        at, kind = mark.start(), mark.group()
        if kind == "\x07":
            while opened and not opened[-1][1]:
                opened.pop()
        elif kind == "\x13":
            opened.append((at, False))
        elif opened:
            start, result = opened.pop()
            if kind == "\x14" and not result:
                found.append((start, at + 1, ""))
                opened.append((start, True))
            elif kind == "\x15" and not result:
                last = at if _SHOWN_FIELD.match(text, start + 1, at) else at + 1
                found.append((start, last, ""))
                if last == at:
                    found.append((at, at + 1, PICTURE_MARK))
    return found


def _read_header(word: bytes) -> tuple[int, tuple[int, ...]]:
    """Where the header's list of parts begins, and the number of characters of each story ([MS-DOC] 2.5.1, Fib)."""
    kind, version, flags = u16(word, 0), u16(word, 2), u16(word, 10)
    if kind != 0xA5EC or version < 0xC1:
        raise UnknownVersion("a file of Word 6 or 95, or none of Word; only Word 97 and later are read")
    if flags & 0x0100:
        raise UnreadableDocument("the Word file is encrypted")
    counts = 32 + 2 + 2 * u16(word, 32) + 2
    fields = counts + 4 * u16(word, counts - 2) + 2
    u32(word, fields + 8 * 33 + 4)  # the piece table is the last part without which nothing is read
    return fields, tuple(u32(word, counts + 12 + 4 * i) for i in range(len(_STORIES)))


def _gather(pieces: list[_Piece], word: bytes) -> str:
    """The text of all pieces, one character for each position: what takes two stays two (halves of a pair)."""
    parts = []
    for piece in pieces:
        size = (piece.end - piece.cp) * piece.width
        raw = word[piece.fc : piece.fc + size]
        if len(raw) < size:
            raise UnreadableDocument("the Word file is cut off: a part of its text is missing")
        if piece.width == 1:
            parts.append(raw.decode("cp1252", "replace"))
            continue
        text = raw.decode("utf-16-le", "surrogatepass")
        parts.append(text if 2 * len(text) == size else "".join(map(chr, struct.unpack(f"<{size // 2}H", raw))))
    return "".join(parts)
