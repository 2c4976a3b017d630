"""Pictures of the old binary Word format: their bytes as embedded, from the records of [MS-ODRAW]."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from crawler.extraction.documents.doc97.file import WordFile
from crawler.extraction.documents.doc97.streams import u16, u32

_ANCHORS, _DRAWINGS = 40, 50  # parts of the header
_STORE_ENTRY, _SHAPE_GROUP, _SHAPE, _SHAPE_ID, _SHAPE_TEXT = 0xF007, 0xF003, 0xF004, 0xF00A, 0xF00D
_SHAPE_OPTIONS = 0xF00B
_PICTURE_OPTION, _TEXT_OPTION = 0x0104, 0x0080
_KINDS = {0xF01D: "jpg", 0xF01E: "png", 0xF029: "tif", 0xF02A: "jpg"}  # metafiles and bare bitmaps are left out
MAX_RECORDS = 20_000
MAX_BYTES = 100 * 1024 * 1024  # of all pictures together
_DEEPEST_GROUP = 20


@dataclass(slots=True)
class _Drawn:
    """A shape: the pictures of the store that it shows (from 1), and whether it holds text."""

    pictures: list[int] = field(default_factory=list)
    text: bool = False


class Pictures:
    """The pictures of a document, by the position of the character that holds their place."""

    def __init__(self, word: WordFile) -> None:
        self._word = word
        self._shapes: dict[int, _Drawn] | None = None
        self._store: list[bytes] = []
        self._anchors: dict[int, int] = {}
        self._blips: dict[tuple[str, int], tuple[str, bytes | None]] = {}
        self._taken = 0

    def inline(self, cp: int) -> list[tuple[str, bytes | None]]:
        """The pictures in the line at a position (character 1): kind and bytes, None where they are no bitmap."""
        data, at = self._word.data, self._word.pictures.get(cp, -1)
        if not 0 <= at <= len(data) - 68:
            return [("", None)]
        end = min(at + u32(data, at), len(data))
        start = at + u16(data, at + 4)
        if u16(data, at + 6) == 0x66 and start < end:  # the name of a linked file stands before the records
            start += 1 + data[start]
        records = (record for record in _iter_records(data, start, end) if _is_blip(record[0]))
        found = [self._take("Data", data, begin, end) for _, begin, end in records]
        return found or [("", None)]

    def floating(self, cp: int) -> list[tuple[str, bytes | None]]:
        """The pictures anchored at a position (character 8). Empty for a box of text or a line: it holds none."""
        shapes = self._read_drawings() if self._shapes is None else self._shapes
        shape = shapes.get(self._anchors.get(cp, -1))
        if shape is None:
            return [("", None)]
        return [self._stored(number) for number in shape.pictures]

    def _stored(self, number: int) -> tuple[str, bytes | None]:
        if not 1 <= number <= len(self._store):
            return "", None
        entry = self._store[number - 1]
        at = u32(entry, 28) if len(entry) >= 36 else 0xFFFFFFFF
        source, start = (entry, 36 + entry[33]) if len(entry) > 44 else (self._word.word, at)
        for kind, begin, end in _iter_records(source, start, len(source)):
            return self._take(f"{number}", source, begin, end) if _is_blip(kind) else ("", None)
        return "", None

    def _take(self, where: str, source: bytes, begin: int, end: int) -> tuple[str, bytes | None]:
        """A picture, once for all places that show it. Beyond the limit it is told without its bytes."""
        key = where, begin
        if key not in self._blips:
            kind, data = _read_blip(source, begin, end) if self._taken <= MAX_BYTES else ("", None)
            self._taken += len(data or b"")
            self._blips[key] = kind, data
        return self._blips[key]

    def _read_drawings(self) -> dict[int, _Drawn]:
        anchors = self._word.part(_ANCHORS)
        count = min(max((len(anchors) - 4) // 30, 0), MAX_RECORDS)
        for i in range(count):
            self._anchors[u32(anchors, 4 * i)] = u32(anchors, 4 * (count + 1) + 26 * i)
        drawings = self._word.part(_DRAWINGS)
        shapes: dict[int, _Drawn] = {}
        shape, own = _Drawn(), 0
        groups: list[tuple[int, list[int]]] = []  # end of a group, and the shapes of those around it
        at_first = False
        for kind, begin, end in _iter_drawings(drawings):
            while groups and begin >= groups[-1][0]:
                groups.pop()
            if kind == _STORE_ENTRY:
                self._store.append(drawings[begin:end])
            elif kind == _SHAPE_GROUP:
                groups = [*groups[-_DEEPEST_GROUP:], (end, [])]
                at_first = True
            elif kind == _SHAPE:
                shape = _Drawn()
            elif kind == _SHAPE_ID and end - begin >= 8:
                own = u32(drawings, begin)
                shapes[own] = shape
                if at_first and groups:
                    groups[-1] = (groups[-1][0], [own])
                at_first = False
            elif kind == _SHAPE_TEXT:
                shape.text = True
            elif kind == _SHAPE_OPTIONS:
                for option, value in _iter_options(drawings, begin, end):
                    if option == _PICTURE_OPTION:
                        for holder in {own, *(g for _, inner in groups for g in inner)}:
                            shapes.setdefault(holder, _Drawn()).pictures.append(value)
                    elif option == _TEXT_OPTION:
                        shape.text = True
        self._shapes = shapes
        return shapes


def _is_blip(kind: int) -> bool:
    return 0xF018 <= kind <= 0xF117


def _iter_options(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    for at in range(begin, end - 5, 6):
        code, value = struct.unpack_from("<HI", data, at)
        yield code & 0x3FFF, value


def _iter_drawings(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The records of the drawings: one container of what they share, then each behind a byte that names its story."""
    at = count = 0
    while at + 8 <= len(data) and count < MAX_RECORDS:
        end = at + 8 + u32(data, at + 4)
        for record in _iter_records(data, at, min(end, len(data))):
            count += 1
            yield record
        at = end + 1


def _iter_records(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Kind, begin and end of the content of each record, those in containers and in entries of the store included."""
    at, count = start, 0
    while at + 8 <= min(end, len(data)) and count < MAX_RECORDS:
        version, kind, size = struct.unpack_from("<HHI", data, at)
        if kind < 0xF000:
            return
        last = min(at + 8 + size, end)
        yield kind, at + 8, last
        count += 1
        if version & 0xF == 0xF:
            at += 8
        elif kind == _STORE_ENTRY and size > 36 and at + 8 + 33 < end:
            at += 8 + 36 + data[at + 8 + 33]
        else:
            at = last


def _read_blip(data: bytes, begin: int, end: int) -> tuple[str, bytes | None]:
    """Kind and bytes of a bitmap: behind one or two keys of 16 bytes and a tag."""
    version, kind = struct.unpack_from("<HH", data, begin - 8)
    if kind not in _KINDS:
        return "", None
    return _KINDS[kind], data[begin + 17 + 16 * (version >> 4 & 1) : end]
