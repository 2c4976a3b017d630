"""Automatic numbers of the old binary Word format: 一、 （一） 1. as Word prints them, from its tables of lists.

A list ([MS-DOC] 2.9.147, LSTF) has up to nine levels, each with a template such as "第%1章" and the kind of its
numbers; a paragraph names an override of a list (2.9.131, LFO) and its level in it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from crawler.extraction.documents.word.numbers import write_number
from crawler.extraction.errors import UnreadableDocument

_LISTS, _OVERRIDES = 73, 74  # parts of the header
MAX_LEVELS = 20_000
_BULLET, _NONE = 23, 255
_MOST_OVERRIDES = 0x7FE
_LONGEST = 200  # characters of a template
# The kinds of numbers by their code ([MS-OSHARED] 2.2.1.3, MSONFC), as .docx names them.
_FORMS = tuple(
    """decimal upperRoman lowerRoman upperLetter lowerLetter ordinal cardinalText ordinalText hex chicago
    ideographDigital japaneseCounting aiueo iroha decimalFullWidth decimalHalfWidth japaneseLegal
    japaneseDigitalTenThousand decimalEnclosedCircle decimalFullWidth2 aiueoFullWidth irohaFullWidth decimalZero
    bullet ganada chosung decimalEnclosedFullstop decimalEnclosedParen decimalEnclosedCircleChinese
    ideographEnclosedCircle ideographTraditional ideographZodiac ideographZodiacTraditional taiwaneseCounting
    ideographLegalTraditional taiwaneseCountingThousand taiwaneseDigital chineseCounting chineseLegalSimplified
    chineseCountingThousand""".split()
)


@dataclass(frozen=True, slots=True)
class _Level:
    start: int = 1
    kind: int = _NONE
    restarts: int = 0  # a number on a level above this one begins it anew
    text: str = ""
    plain: bool = False  # all of its numbers in Arabic digits
    follow: str = ""


@dataclass(slots=True)
class _Override:
    list_id: int
    starts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, _Level] = field(default_factory=dict)


class Lists:
    """The lists of a document, and how far each has counted."""

    def __init__(self, lists: bytes, levels: bytes, overrides: bytes) -> None:
        """The parts 73 of the header, what follows it, and 74. What is cut off is left out."""
        self._levels = _read_lists(lists, levels)
        self._overrides = _read_overrides(overrides)
        self._counts: dict[int, list[int | None]] = {}
        self._begun: set[tuple[int, int]] = set()

    def next_label(self, number: int, level: int) -> str:
        """What is printed before the next paragraph of a list: with the blank that follows it; empty for none."""
        if not 1 <= number <= len(self._overrides):
            return ""
        override = self._overrides[number - 1]
        levels = list(self._levels.get(override.list_id, []))
        for index, other in override.levels.items():
            if index < len(levels):
                levels[index] = other
        if level >= len(levels):
            return ""
        counts = self._counts.setdefault(override.list_id, [None] * 9)
        begins = level in override.starts and (number, level) not in self._begun
        self._begun.add((number, level))
        before = counts[level]
        counts[level] = override.starts[level] if begins else levels[level].start if before is None else before + 1
        for below in range(level + 1, len(levels)):
            if levels[below].restarts > level:
                counts[below] = None
        shown = [levels[i].start if count is None else count for i, count in enumerate(counts[: len(levels)])]
        return _print_label(levels, shown, level)


def _print_label(levels: list[_Level], counts: list[int], level: int) -> str:
    own = levels[level]
    if own.kind in (_BULLET, _NONE) and not any(ord(c) < 9 for c in own.text):  # a bullet is no number
        return ""
    text = "".join(_write(levels, counts, ord(c), plain=own.plain) if ord(c) < 9 else c for c in own.text)
    return text + own.follow if text else ""


def _write(levels: list[_Level], counts: list[int], level: int, *, plain: bool) -> str:
    kind = levels[level].kind if level < len(levels) else _NONE
    if kind in (_BULLET, _NONE):
        return ""
    return write_number(counts[level], _FORMS[kind] if kind < len(_FORMS) and not plain else "decimal")


def _read_level(data: bytes, at: int) -> tuple[_Level, int]:
    """A level ([MS-DOC] 2.9.150, LVL) and where the next one begins. Raises where it is cut off."""
    if at + 28 > len(data):
        raise UnreadableDocument("a list is cut off")
    start = struct.unpack_from("<i", data, at)[0]
    kind, flags, follow = data[at + 4], data[at + 5], data[at + 15]
    places = {p - 1 for p in data[at + 6 : at + 15] if p}
    own = at // 1
    at += 28 + data[own + 24] + data[own + 25]
    if at + 2 > len(data):
        raise UnreadableDocument("a list is cut off")
    size = data[at] | data[at + 1] << 8
    raw = data[at + 2 : at + 2 + 2 * size]
    text = raw[: len(raw) // 2 * 2].decode("utf-16-le", "replace")
    # A number below nine is that of a level only where the level says so; all others are no characters.
    text = "".join(c for i, c in enumerate(text[:_LONGEST]) if ord(c) > 31 or (ord(c) < 9 and i in places))
    restarts = data[own + 26] if flags & 0x08 else 9
    return _Level(start, kind, restarts, text, bool(flags & 0x04), " " if follow in (0, 1) else ""), at + 2 + 2 * size


def _read_lists(lists: bytes, data: bytes) -> dict[int, list[_Level]]:
    found: dict[int, list[_Level]] = {}
    at = total = 0
    if len(lists) < 2:
        return found
    for i in range(min(lists[0] | lists[1] << 8, (len(lists) - 2) // 28)):
        list_id = struct.unpack_from("<I", lists, 2 + 28 * i)[0]
        count = 1 if lists[2 + 28 * i + 26] & 1 else 9
        levels = []
        total += count
        try:
            for _ in range(count):
                level, at = _read_level(data, at)
                levels.append(level)
        except UnreadableDocument:
            return found
        if total > MAX_LEVELS:
            return found
        found[list_id] = levels
    return found


def _read_overrides(data: bytes) -> list[_Override]:
    if len(data) < 4:
        return []
    count = min(struct.unpack_from("<I", data)[0], (len(data) - 4) // 16, _MOST_OVERRIDES)
    found = [_Override(struct.unpack_from("<I", data, 4 + 16 * i)[0]) for i in range(count)]
    at = 4 + 16 * count
    for i, override in enumerate(found):
        at += 4  # the position of the first paragraph, which is not kept up
        for _ in range(data[4 + 16 * i + 12]):
            if at + 8 > len(data):
                return found
            start, flags = struct.unpack_from("<iI", data, at)
            at += 8
            if flags & 0x10:
                override.starts[flags & 0xF] = start
            if flags & 0x20:
                try:
                    override.levels[flags & 0xF], at = _read_level(data, at)
                except UnreadableDocument:
                    return found
    return found
