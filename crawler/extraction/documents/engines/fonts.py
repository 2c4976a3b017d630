"""The fonts of pdfminer.six as what the operator reader needs: a string of the content → its characters and advances.

Codes are looked up in the font's ToUnicode map, then by pdfminer.six (encodings, glyph names, the character
collections of Adobe), then in the font file itself. What none of them tells is `UNKNOWN`, never a guess.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pdfminer.cmapdb import CMap, CMapDB
from pdfminer.encodingdb import name2unicode
from pdfminer.pdftypes import PDFStream, dict_value, int_value, list_value, resolve1
from pdfminer.psparser import LIT, PSLiteral, literal_name

from crawler.extraction.documents.pages.model import UNKNOWN
from crawler.extraction.errors import UnreadableDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdfminer.pdffont import PDFFont
    from pdfminer.pdfinterp import PDFResourceManager

MAX_CODES = 0x10FFFF  # no font maps more
MAX_DIFFERENCES = 512  # numbers and names; a simple font has 256 codes
LONGEST_NAME = 127  # bytes (ISO 32000-1, annex C)
SYMBOLIC = 4  # of the flags of a font
FIRST_CHARACTER = 32  # of ASCII, and of all encodings that a simple font may name
MAX_STRINGS = 4096  # decoded strings kept for each font
_MAP = re.compile(rb"begin(bfchar|bfrange|cidchar|cidrange)(.*?)end(?:bf|cid)", re.DOTALL)
_MAP_TOKEN = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\d+)|(\[)|(\])")
_NO_TEXT = ("Cc", "Co", "Cs", "Cn")  # control, private use, half a pair, unassigned
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_SPACE = re.compile(r"\s")


class Entry(NamedTuple):
    """One code of a font: its text (blank: ""), its advance in ems (along the direction of writing; negative when
    vertical), whether it is the single-byte code 32, to which word spacing is added."""

    text: str
    advance: float
    space: bool


_SEPARATORS = frozenset("\x1c\x1d\x1e\x1f")  # Python counts them as blanks; in a PDF they are no characters


def clean_glyph(text: str) -> str:
    """What a glyph says: "" for a blank, `UNKNOWN` for private, control and missing characters."""
    if not text or not _SEPARATORS.isdisjoint(text):
        return UNKNOWN
    if text.isspace():
        return ""
    for character in text:
        if unicodedata.category(character) in _NO_TEXT and not character.isspace():
            return UNKNOWN
    text = _LIGATURES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return _SPACE.sub("", text)


class FontReader:
    """A font as the content uses it.

    ``vertical`` is its direction of writing, ``size`` the size of an em for a font size of 1 (other than 1 only for
    Type 3 fonts, whose glyph space is their own).

    pdfminer.six's own font is made only when it is asked for what its dictionary does not simply say: fonts are many
    (Chromium makes one for every few characters), and most codes have a ToUnicode entry and a width.
    """

    def __init__(self, spec: dict[str, Any], manager: PDFResourceManager) -> None:
        self._spec, self._manager = spec, manager
        self._strings: dict[bytes, list[Entry]] = {}
        self._entries: dict[int, Entry] = {}
        self._font: PDFFont | None = None
        self._asked = False
        self._mute = False
        self._nameless: frozenset[int] | None = None
        self._file: dict[int, str] | None = None
        self._file_stream: object = None
        self.size = 1.0
        self.vertical = False
        subtype = _read_name(spec.get("Subtype"))
        self._wide = subtype == "Type0"
        self._unicode = _read_stream_map(spec.get("ToUnicode"), characters=True)
        self._cids: dict[int, int] = {}
        self._tree: dict[int, Any] | None = None
        self._single = not self._wide
        self._unit = 0.001
        if self._wide:
            below = list_value(spec.get("DescendantFonts"))
            self._inner = dict_value(below[0]) if below else {}
            self._read_encoding(resolve1(spec.get("Encoding")))
            self._widths = _read_wide_widths(list_value(self._inner.get("W")))
            self._default = _read_number(self._inner.get("DW"), 1000.0)
        else:
            first = int_value(spec.get("FirstChar", 0))
            self._widths = dict(enumerate(list_value(spec.get("Widths"))[:256], first))
            descriptor = dict_value(spec.get("FontDescriptor"))
            self._default = _read_number(descriptor.get("MissingWidth"), 0.0)
            if subtype == "Type3":
                self._unit, self.size = _measure_type3(spec)

    def _read_encoding(self, encoding: object) -> None:
        """How strings are cut into codes, and codes become character identifiers."""
        name = _read_name(encoding.get("CMapName") if isinstance(encoding, PDFStream) else encoding)
        if isinstance(encoding, PDFStream):
            self._cids = _read_stream_map(encoding, characters=False)
            self.vertical = resolve1(encoding.get("WMode", 0)) == 1
        else:
            self.vertical = name.endswith("V")
        if name.startswith("OneByteIdentity"):
            self._single = True
        elif not self._cids and not name.startswith(("Identity", "DLIdent")):
            try:
                cmap = CMapDB.get_cmap(name)
            except CMapDB.CMapNotFound:
                return  # two bytes for a code, then; its text is unknown, not lost
            if isinstance(cmap, CMap) and cmap.code2cid:
                self._tree, self.vertical = cmap.code2cid, cmap.is_vertical()

    def read(self, data: bytes) -> list[Entry]:
        """The characters of a string of the content."""
        found = self._strings.get(data)
        if found is None:
            if len(self._strings) >= MAX_STRINGS:
                self._strings.clear()
            found = self._strings[data] = self._decode(data)
        return found

    def _decode(self, data: bytes) -> list[Entry]:
        entries = self._entries
        result = []
        if self._tree is not None:
            for code, cid, length in _walk(self._tree, data):
                key = code | length << 32
                entry = entries.get(key)
                if entry is None:
                    entry = entries[key] = self._make(code, cid, space=length == 1 and code == 32)
                result.append(entry)
            return result
        codes = data if self._single else struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2])
        for code in codes:
            entry = entries.get(code)
            if entry is None:
                cid = self._cids.get(code, code)
                entry = entries[code] = self._make(code, cid, space=self._single and code == 32)
            result.append(entry)
        return result

    def _make(self, code: int, cid: int, *, space: bool) -> Entry:
        text = self._unicode.get(code)
        if text is None:
            text = self._ask_text(cid)
        advance = self._find_advance(cid)
        if not -10 < advance < 10:
            advance = 0.0
        return Entry(clean_glyph(text), advance, space)

    def _find_advance(self, cid: int) -> float:
        if not self.vertical:
            width = resolve1(self._widths.get(cid))
            if isinstance(width, int | float):
                return width * self._unit
            if self._wide or self._widths:
                return self._default * self._unit
        font = self._ask_font()
        try:
            return float(font.char_width(cid)) if font is not None else -1.0 if self.vertical else 0.5
        except Exception:
            return -1.0 if self.vertical else 0.5

    def _ask_text(self, cid: int) -> str:
        if self._nameless is None:
            self._nameless = find_nameless(self._spec) if not self._wide else frozenset()
            self._mute = is_mute(self._spec)
        if self._mute or cid in self._nameless:
            return ""
        font = self._ask_font()
        if font is not None:
            try:
                text = font.to_unichr(cid)
            except Exception:  # noqa: S110  (no character for this code, or a broken table)
                pass
            else:
                return text if isinstance(text, str) else ""
        return self._look_in_file(cid)

    def _ask_font(self) -> PDFFont | None:
        """pdfminer.six's font; None where it cannot make one."""
        if not self._asked:
            self._asked = True
            try:
                self._font = self._manager.get_font(None, self._prepare())
            except UnreadableDocument:
                raise
            except Exception:
                self._font = None
        return self._font

    def _prepare(self) -> dict[str, Any]:
        """The font's dictionary without what is read here or is not needed: maps, widths and font files."""
        spec = dict(self._spec)
        spec.pop("ToUnicode", None)
        if self._wide:
            inner = dict(self._inner)
            inner.pop("W", None)
            inner["W2"] = _check_widths(list_value(inner.get("W2")))
            if "FontDescriptor" in inner:
                descriptor = dict(dict_value(inner["FontDescriptor"]))
                file = descriptor.pop("FontFile2", None)
                if not isinstance(resolve1(inner.get("CIDToGIDMap")), PDFStream):
                    self._file_stream = file
                inner["FontDescriptor"] = descriptor
            spec["DescendantFonts"] = [inner]
            if self._tree is None:
                spec["Encoding"] = LIT("Identity-V" if self.vertical else "Identity-H")
        return spec

    def _look_in_file(self, cid: int) -> str:
        """The character that the embedded TrueType font itself gives to a glyph, where codes are glyphs."""
        if self._file is None:
            self._file = {}
            stream = resolve1(self._file_stream)
            if self._wide and isinstance(stream, PDFStream):
                try:
                    self._file = read_truetype_map(stream.get_data())
                except (struct.error, IndexError, ValueError):
                    self._file = {}
        return self._file.get(cid, "")


def _read_name(value: object) -> str:
    value = resolve1(value)
    return literal_name(value) if isinstance(value, PSLiteral) else ""


def _read_number(value: object, otherwise: float) -> float:
    value = resolve1(value)
    return float(value) if isinstance(value, int | float) else otherwise


def _read_wide_widths(widths: list[Any] | tuple[Any, ...]) -> dict[int, Any]:
    """The widths of a composite font: first code and a list, or first code, last code and the width of them all."""
    result: dict[int, Any] = {}
    at = 0
    while at + 1 < len(widths):
        first, second = resolve1(widths[at]), resolve1(widths[at + 1])
        if not isinstance(first, int):
            break
        if isinstance(second, list):
            result.update(enumerate(second, first))
            at += 2
        elif isinstance(second, int) and at + 2 < len(widths) and 0 <= first <= second <= 0xFFFF:
            result.update(dict.fromkeys(range(first, second + 1), widths[at + 2]))
            at += 3
        else:
            break
        if len(result) > 0x20000 or at > 0x40000:
            break
    return result


def _check_widths(widths: list[Any] | tuple[Any, ...]) -> list[Any]:
    """Widths of vertical writing without ranges that no font has."""
    values = [resolve1(value) for value in widths[:200_000]]
    at = 0
    while at < len(values):
        if at + 1 < len(values) and isinstance(values[at + 1], list):
            at += 2
            continue
        first, last = values[at], values[at + 1] if at + 1 < len(values) else None
        if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first <= last <= 0xFFFF:
            return values[:at]
        at += 5
    return values


def _measure_type3(spec: dict[str, Any]) -> tuple[float, float]:
    """Of a Type 3 font, for a font size of 1: one unit of its widths, and its em (as usual with a thousand units, else
    by the height of its box)."""
    matrix = [_read_number(value, 0.0) for value in list_value(spec.get("FontMatrix"))]
    if len(matrix) != 6:
        return 0.001, 1.0
    scale = abs(matrix[3]) or abs(matrix[1])
    if 0.0002 <= scale <= 0.005:
        return matrix[0], scale * 1000
    box = [_read_number(value, 0.0) for value in list_value(spec.get("FontBBox"))]
    height = abs(box[3] - box[1]) * scale if len(box) == 4 else 0.0
    return matrix[0], height if 0.001 < height < 1000 else 1.0


def _walk(tree: dict[int, Any], data: bytes) -> Iterator[tuple[int, int, int]]:
    """Code, character identifier and length in bytes of each code in the string, by a tree of bytes."""
    node: dict[int, Any] = tree
    code = length = 0
    for byte in data:
        found = node.get(byte)
        code, length = code << 8 | byte, length + 1
        if isinstance(found, dict):
            node = found
            continue
        if isinstance(found, int):
            yield code, found, length
        elif length == 1 or node is not tree:
            yield code, 0, length
        node, code, length = tree, 0, 0


def _read_stream_map(stream: object, *, characters: bool) -> dict[int, Any]:
    """A ToUnicode map (code → text) or the map of an embedded encoding (code → identifier)."""
    stream = resolve1(stream)
    if not isinstance(stream, PDFStream):
        return {}
    return parse_map(stream.get_data(), characters=characters)


def parse_map(data: bytes, *, characters: bool) -> dict[int, Any]:
    """The entries of a CMap file: code → text if ``characters``, else code → identifier."""
    wanted = (b"bfchar", b"bfrange") if characters else (b"cidchar", b"cidrange")
    result: dict[int, Any] = {}
    for section in _MAP.finditer(data):
        if section[1] not in wanted:
            continue
        values = _read_values(section[2])
        step = 3 if section[1].endswith(b"range") else 2
        for at in range(0, len(values) - step + 1, step):
            first, last, target = values[at], values[at + step - 2], values[at + step - 1]
            if not isinstance(first, bytes) or not isinstance(last, bytes) or len(first) > 4:
                continue
            start, end = int.from_bytes(first), int.from_bytes(last)
            if end - start > 0xFFFF or len(result) > MAX_CODES:
                end = start
            _fill(result, start, end, target)
    return result


def _fill(result: dict[int, Any], start: int, end: int, target: object) -> None:
    if isinstance(target, int):
        for code in range(start, end + 1):
            result[code] = target + code - start
    elif isinstance(target, list):
        for code, text in zip(range(start, end + 1), target, strict=False):
            if isinstance(text, bytes):
                result[code] = _decode_utf16(text)
    elif isinstance(target, bytes):
        if end == start:
            result[start] = _decode_utf16(target)
            return
        base = int.from_bytes(target)
        for code in range(start, end + 1):
            value = (base + code - start) & ((1 << 8 * len(target)) - 1)
            result[code] = _decode_utf16(value.to_bytes(len(target)))


def _decode_utf16(data: bytes) -> str:
    if len(data) == 1:
        return chr(data[0])
    return data.decode("utf-16-be", "ignore")


def _read_values(data: bytes) -> list[Any]:
    values: list[Any] = []
    inner: list[Any] | None = None
    for found in _MAP_TOKEN.finditer(data):
        kind = found.lastindex
        if kind == 3:
            inner = []
        elif kind == 4:
            if inner is not None:
                values.append(inner)
            inner = None
        else:
            digits = b"".join(found[1].split()) if kind == 1 else b""
            value = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()) if kind == 1 else int(found[2][:9])
            (values if inner is None else inner).append(value)
    return values


def find_nameless(spec: dict[str, Any]) -> frozenset[int]:
    """The codes of a simple font that its Differences name in no way that tells a character (g31): what the encoding
    beneath has at these codes is not what they show."""
    return frozenset(code for code, name in _read_differences(spec) if not _is_known(name))


def _read_differences(spec: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """The codes and names that the encoding of a simple font lists."""
    encoding = resolve1(spec.get("Encoding"))
    code = 0
    listed = list_value(encoding.get("Differences")) if isinstance(encoding, dict) else []
    for entry in listed[:MAX_DIFFERENCES]:
        value = resolve1(entry)
        if isinstance(value, int):
            code = value
        elif isinstance(value, PSLiteral):
            yield code, literal_name(value)
            code += 1


@lru_cache(maxsize=4096)
def _is_known(name: str) -> bool:
    try:
        return bool(name2unicode(name))
    except (KeyError, ValueError):
        return False


def is_mute(spec: dict[str, Any]) -> bool:
    """Whether a font does not say which characters it shows (ISO 32000-1, 9.10.2), though decoders take its codes for
    ASCII: a TrueType font without ToUnicode of which the names of most codes tell nothing; or a part of a symbolic one
    without an Encoding that counts its glyphs from below 32, where no encoding has characters."""
    if _read_name(spec.get("Subtype")) != "TrueType" or isinstance(resolve1(spec.get("ToUnicode")), PDFStream):
        return False
    if resolve1(spec.get("Encoding")) is not None:
        named = [_is_known(name) for _, name in _read_differences(spec)]
        return 2 * sum(named) < len(named)
    descriptor = resolve1(spec.get("FontDescriptor"))
    flags = resolve1(descriptor.get("Flags")) if isinstance(descriptor, dict) else None
    first, widths = resolve1(spec.get("FirstChar")), resolve1(spec.get("Widths"))
    if not isinstance(flags, int) or not flags & SYMBOLIC or not isinstance(first, int) or not isinstance(widths, list):
        return False
    low = widths[: min(max(FIRST_CHARACTER - first, 0), FIRST_CHARACTER)]
    return b"+" in read_font_name(spec) and any(resolve1(width) for width in low)


def read_font_name(spec: dict[str, Any]) -> bytes:
    """The name of a font as the PDF has it, in whatever encoding; nothing where it has none."""
    value = resolve1(spec.get("BaseFont"))
    name = value.name if isinstance(value, PSLiteral) else b""
    return name if isinstance(name, bytes) else str(name).encode()


def cut_font_name(name: bytes) -> bytes:
    """A name by which the fonts of two decoders are compared: without the mark of a part, and no longer than names may
    be."""
    return name.rpartition(b"+")[2][:LONGEST_NAME]


def read_truetype_map(data: bytes) -> dict[int, str]:
    """Glyph → character by the Unicode cmap tables of a TrueType font. Raises struct.error where it is broken."""
    tables = {}
    for index in range(min(struct.unpack_from(">H", data, 4)[0], 64)):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", data, 12 + 16 * index)
        tables[tag] = offset
    if b"cmap" not in tables:
        return {}
    base = tables[b"cmap"]
    result: dict[int, str] = {}
    for index in range(min(struct.unpack_from(">H", data, base + 2)[0], 64)):
        platform, encoding, offset = struct.unpack_from(">HHL", data, base + 4 + 8 * index)
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            for character, glyph in _read_cmap_table(data, base + offset):
                if glyph > 0 and 0x20 <= character <= 0x10FFFF and not 0xD800 <= character < 0xE000:
                    result.setdefault(glyph, chr(character))
    return result


def _read_cmap_table(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Character and glyph of the formats 4, 6 and 12."""
    kind = struct.unpack_from(">H", data, at)[0]
    if kind == 4:
        count = struct.unpack_from(">H", data, at + 6)[0] // 2
        ends = struct.unpack_from(f">{count}H", data, at + 14)
        starts = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
        deltas = struct.unpack_from(f">{count}H", data, at + 16 + 4 * count)
        place = at + 16 + 6 * count
        offsets = struct.unpack_from(f">{count}H", data, place)
        left = 0x20000
        for index in range(count):
            left -= max(0, ends[index] - starts[index])
            if left < 0:
                return
            for character in range(starts[index], ends[index] + 1):
                glyph = character
                if offsets[index]:
                    here = place + 2 * index + offsets[index] + 2 * (character - starts[index])
                    glyph = struct.unpack_from(">H", data, here)[0] if here + 2 <= len(data) else 0
                    if not glyph:
                        continue
                yield character, (glyph + deltas[index]) & 0xFFFF
    elif kind == 6:
        first, count = struct.unpack_from(">HH", data, at + 6)
        yield from enumerate(struct.unpack_from(f">{count}H", data, at + 10), first)
    elif kind == 12:
        left = 0x20000
        for index in range(min(struct.unpack_from(">L", data, at + 12)[0], 0x10000)):
            start, end, glyph = struct.unpack_from(">LLL", data, at + 16 + 12 * index)
            left -= max(0, end - start)
            if left < 0:
                return
            for character in range(start, end + 1):
                yield character, glyph + character - start
