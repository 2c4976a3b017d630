"""Damaged copies of documents of every kind, and what may be said of them.

A mutant is damaged at the level of bytes (what a broken transfer or disk does, and worse) or of content: the container
is opened, one thing in it is changed (a cell dropped, a span, a digit, an operator of a page), and it is closed again,
so that the damage arrives at the reader that it is meant for and not at a checksum.

Each mutant says which printed texts it changed (`Mutant.edits`). A record of it that says `verified` may differ from
what the original prints only by these; all else is suspicious (`find_suspicions`), to be held against what the mutant
prints.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

Edit = tuple[str, str]
"""A printed text (or a part of one) before and after the damage."""
Key = tuple[str, str, str]

HOW_OFTEN = (1, 1, 2, 4)
"""How many times an input is damaged; most only once, for that is what passes for whole."""
DIGITS = "0123456789"
LOSSES = 2
"""So many numbers may go from a record that says `verified` where damage wipes out a cell or two, but no row."""


@dataclass(frozen=True, slots=True)
class Base:
    """A whole document: the name of its case, its kind ("docx"), its bytes and what must be read in it."""

    name: str
    kind: str
    data: bytes
    expected: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged copy. ``way`` says what was done; ``edits`` what it did to printed text; ``second`` is the document
    that bytes were taken from, if any. ``lossy``: the damage may also have wiped out what a cell prints."""

    base: Base
    level: str
    way: str
    data: bytes
    edits: tuple[Edit, ...] = ()
    second: Base | None = None
    lossy: bool = False


@dataclass(slots=True)
class Notes:
    """What is noted while damage is done."""

    way: str = ""
    edits: list[Edit] = field(default_factory=list)
    lossy: bool = False


Damage = Callable[[bytes, Random], bytes]
Change = Callable[[bytes, Random, Notes], bytes]


class Unchanged(Exception):
    """A change found nothing to change in this document."""


# --- Markup -------------------------------------------------------------------------------------------------------


def _at_random(pattern: bytes, by: Callable[[bytes, Random], bytes]) -> Damage:
    """Damage that replaces one occurrence of a pattern, drawn at random, by what is made of it."""
    compiled = re.compile(pattern)

    def damage(data: bytes, rng: Random) -> bytes:
        found = list(compiled.finditer(data))
        if not found:
            return data
        one = rng.choice(found)
        return data[: one.start()] + by(one.group(), rng) + data[one.end() :]

    return damage


def _nothing(_found: bytes, _rng: Random) -> bytes:
    return b""


def _another_span(found: bytes, rng: Random) -> bytes:
    return re.sub(rb"\d+", str(rng.randrange(9)).encode(), found)


def _blank_cell_before(found: bytes, _rng: Random) -> bytes:
    return found + b"</td>" + found


def _new_table_before(found: bytes, _rng: Random) -> bytes:
    return b"</table><table>" + found


MARKUP: tuple[Damage, ...] = (
    _at_random(rb' (?:row|col)span="?\d+"?', _nothing),
    _at_random(rb'(?:row|col)span="?\d+"?', _another_span),
    _at_random(rb"</t[dr]>", _nothing),
    _at_random(rb"<t[dr][^>]*>", _nothing),
    _at_random(rb"<td[^>]*>", _blank_cell_before),
    _at_random(rb"</?(?:p|div|span|table|tbody)[^>]*>", _nothing),
    _at_random(rb"<tr", _new_table_before),
    _at_random(rb"<td[^>]*>[\s\S]{0,40}?</td>", _nothing),
)

# --- Lines --------------------------------------------------------------------------------------------------------

LineDamage = Callable[[list[bytes], int, Random], None]


def _drop_line(lines: list[bytes], at: int, _rng: Random) -> None:
    del lines[at]


def _insert_blank_line(lines: list[bytes], at: int, _rng: Random) -> None:
    lines.insert(at, b"")


def _double_line(lines: list[bytes], at: int, _rng: Random) -> None:
    lines.insert(at, lines[at])


def _break_line(lines: list[bytes], at: int, rng: Random) -> None:
    blank = lines[at].find(b" ", rng.randrange(max(len(lines[at]), 1)))
    if blank > 0:
        lines[at : at + 1] = [lines[at][:blank], lines[at][blank + 1 :]]


def _join_lines(lines: list[bytes], at: int, _rng: Random) -> None:
    lines[at : at + 2] = [b"".join(lines[at : at + 2])]


def _narrow_gap(lines: list[bytes], at: int, _rng: Random) -> None:
    gap, by = (b"\t", b"") if b"\t" in lines[at] else (b"  ", b" ")
    lines[at] = lines[at].replace(gap, by, 1)


def _drop_word(lines: list[bytes], at: int, rng: Random) -> None:
    words = lines[at].split(b" ")
    if len(words) > 2:
        del words[rng.randrange(len(words))]
        lines[at] = b" ".join(words)


LINES: tuple[LineDamage, ...] = (
    _drop_line,
    _insert_blank_line,
    _double_line,
    _break_line,
    _join_lines,
    _narrow_gap,
    _drop_word,
)


def damage_markup(data: bytes, rng: Random) -> bytes:
    """A page with some of its markup lost or wrong."""
    for _ in range(rng.choice(HOW_OFTEN)):
        data = rng.choice(MARKUP)(data, rng)
    return data


def damage_lines(data: bytes, rng: Random) -> bytes:
    """A text with lines lost, broken, joined or doubled."""
    lines = data.split(b"\n")
    for _ in range(rng.choice(HOW_OFTEN)):
        rng.choice(LINES)(lines, rng.randrange(len(lines)), rng)
        lines = lines or [b""]
    return b"\n".join(lines)


# --- Bytes --------------------------------------------------------------------------------------------------------


def _note(notes: Notes, old: bytes, new: bytes) -> None:
    """Notes what a change of bytes did to printed text, if they are text: ASCII, or UTF-16 of it."""
    notes.edits.append((old.replace(b"\0", b"").decode("latin-1"), new.replace(b"\0", b"").decode("latin-1")))


def flip_bytes(data: bytes, rng: Random, notes: Notes) -> bytes:
    """One to eight bytes become others; digits often other digits."""
    changed = bytearray(data)
    count = rng.choice((1, 1, 1, 2, 8))
    for _ in range(count):
        at = rng.randrange(len(changed))
        old = changed[at]
        new = rng.choice(b"0123456789") if chr(old) in DIGITS and rng.random() < 0.8 else rng.randrange(256)
        if rng.random() < 0.3:
            new = old ^ (1 << rng.randrange(8))
        changed[at] = new
        _note(notes, bytes([old]), bytes([new]))
    notes.way = f"{count} bytes changed"
    return bytes(changed)


def delete_bytes(data: bytes, rng: Random, notes: Notes) -> bytes:
    """A few bytes, or a part of the file, go."""
    start = rng.randrange(len(data))
    end = start + rng.choice((1, 2, 4, 16, rng.randrange(1, max(2, len(data) // 4))))
    _note(notes, data[start:end], b"")
    notes.way = f"bytes {start} to {end} gone"
    return data[:start] + data[end:]


def double_bytes(data: bytes, rng: Random, notes: Notes) -> bytes:
    """A few bytes, or a part of the file, come twice, here or elsewhere."""
    start = rng.randrange(len(data))
    end = start + rng.choice((1, 2, 4, 64, rng.randrange(1, max(2, len(data) // 4))))
    at = end if rng.random() < 0.6 else rng.randrange(len(data))
    piece = data[start:end]
    _note(notes, piece, piece + piece)
    notes.way = f"bytes {start} to {end} again at {at}"
    return data[:at] + piece + data[at:]


def truncate(data: bytes, rng: Random, notes: Notes) -> bytes:
    """The end is missing; in half of them little of it."""
    end = rng.randrange(len(data)) if rng.random() < 0.5 else len(data) - rng.randrange(1, min(2048, len(data)))
    notes.way = f"cut off at {end} of {len(data)}"
    return data[:end]


BYTES: tuple[Change, ...] = (flip_bytes, flip_bytes, flip_bytes, delete_bytes, double_bytes, truncate)


def splice(one: bytes, two: bytes, rng: Random, notes: Notes) -> bytes:
    """The beginning of one file and the end of another, cut at like places."""
    share = rng.random()
    notes.way = f"spliced at {share:.2f}"
    return one[: int(len(one) * share)] + two[int(len(two) * share) :]


# --- Text formats -------------------------------------------------------------------------------------------------


def change_digit(text: str, rng: Random, notes: Notes) -> str:
    """One ASCII digit of a text becomes another. Raises Unchanged where there is none."""
    places = [n for n, c in enumerate(text) if c in DIGITS]
    if not places:
        raise Unchanged
    at = rng.choice(places)
    new = rng.choice(DIGITS.replace(text[at], ""))
    notes.edits.append((text[at], new))
    return text[:at] + new + text[at + 1 :]


_PAGE_NUMBER = re.compile(rb">\s*([0-9]+)\s*<")
_LINE_NUMBER = re.compile(rb"(?<![0-9.])([0-9]+)(?![0-9.])")


def _digit_at(pattern: re.Pattern[bytes]) -> Change:
    def change(data: bytes, rng: Random, notes: Notes) -> bytes:
        found = list(pattern.finditer(data))
        if not found:
            raise Unchanged
        start, end = rng.choice(found).span(1)
        notes.way = f"a digit changed at {start}"
        return data[:start] + change_digit(data[start:end].decode(), rng, notes).encode() + data[end:]

    return change


def mutate_html(data: bytes, rng: Random, notes: Notes) -> bytes:
    """A page with its markup or a number changed."""
    if rng.random() < 0.2:
        return _digit_at(_PAGE_NUMBER)(data, rng, notes)
    notes.way, notes.lossy = "markup", True
    return damage_markup(data, rng)


def mutate_plain(data: bytes, rng: Random, notes: Notes) -> bytes:
    """A text with its lines or a number changed."""
    if rng.random() < 0.2:
        return _digit_at(_LINE_NUMBER)(data, rng, notes)
    notes.way, notes.lossy = "lines", True
    return damage_lines(data, rng)


_RTF_WORDS = re.compile(
    rb"\\(?:cell|row|nestcell|nestrow|trowd|intbl|itap\d|cellx\d+|clvmgf|clvmrg|clmgf|clmrg|pard|par|plain|v0?|uc\d|"
    rb"u-?\d+|lastrow|sectd|page|tab|lquote|ansicpg\d+|f\d+|bin\d+|'[0-9a-f]{2}) ?|[{}]"
)
_RTF_TABLE = re.compile(rb"\\(?:cell|row|nestcell|nestrow|trowd|intbl|cellx\d+|clvmgf|clvmrg|itap\d) ?")
_RTF_NUMBER = re.compile(rb"(?<=[ }{\n])([0-9]{1,7})(?=[\\{}\r\n])")


def mutate_rtf(data: bytes, rng: Random, notes: Notes) -> bytes:
    """A rich text with a control word dropped, doubled, moved or of another value, or a digit changed."""
    if rng.random() < 0.25:
        return _digit_at(_RTF_NUMBER)(data, rng, notes)
    found = list((_RTF_TABLE if rng.random() < 0.6 else _RTF_WORDS).finditer(data))
    if not found:
        raise Unchanged
    one = rng.choice(found)
    how = rng.randrange(4)
    word = one.group()
    notes.way = f"{('dropped', 'doubled', 'another value', 'exchanged')[how]} {word.decode('latin-1')}"
    if how == 0:
        return data[: one.start()] + data[one.end() :]
    if how == 1:
        return data[: one.end()] + word + data[one.end() :]
    if how == 2:
        new = re.sub(rb"\d+", str(rng.choice((0, 1, 2, 3, 9, 100, 5000, 32768, 10**9))).encode(), word)
        return data[: one.start()] + new + data[one.end() :]
    return data[: one.start()] + rng.choice(found).group() + data[one.end() :]


# --- XML in packages ----------------------------------------------------------------------------------------------

_CONTENT = re.compile(r"word/document\.xml|xl/worksheets/sheet\d+\.xml|xl/sharedStrings\.xml|.*/Content\.xml")
_CELL_WORDS = frozenset(
    "tbl tr tc gridSpan vMerge gridCol row c v mergeCell si t p r TextObject TextCode PathObject".split()
)


def _local(element: _Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def mutate_xml(content: bytes, rng: Random, notes: Notes) -> bytes:
    """An XML part with one element dropped, doubled or exchanged with the next, an attribute changed or dropped, or a
    digit of a text changed."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, huge_tree=True))
    elements = [e for e in root.iter() if isinstance(e.tag, str) and e is not root]
    if not elements:
        raise Unchanged
    kinds: dict[str, list[_Element]] = {}
    for element in elements:
        kinds.setdefault(_local(element), []).append(element)
    telling = sorted(_CELL_WORDS & kinds.keys())
    name = rng.choice(telling if telling and rng.random() < 0.8 else sorted(kinds))
    element = rng.choice(kinds[name])
    how = rng.randrange(8)
    if how <= 1:
        with_digits = [e for e in elements if e.text and any(c in DIGITS for c in e.text)]
        bare = [e for e in with_digits if (e.text or "").strip().isdigit()]
        choice = bare if bare and rng.random() < 0.8 else with_digits
        if not choice:
            raise Unchanged
        element = rng.choice(choice)
        notes.way = f"a digit in {_local(element)} {element.text!r}"
        element.text = change_digit(element.text or "", rng, notes)
    elif how in (2, 3):
        text = _text(element)
        notes.way = f"{name} {text[:20]!r} {'dropped' if how == 2 else 'doubled'}"
        notes.edits.append((text, "" if how == 2 else text + text))
        parent = element.getparent()
        if parent is None:
            raise Unchanged
        if how == 2:
            parent.remove(element)
        else:
            parent.insert(parent.index(element), etree.fromstring(etree.tostring(element, with_tail=False)))
    elif how == 4:
        other = element.getnext()
        if other is None or not isinstance(other.tag, str):
            raise Unchanged
        mine, theirs = _text(element), _text(other)
        notes.way = f"{name} {mine[:20]!r} and {_local(other)} {theirs[:20]!r} exchanged"
        notes.edits += [(mine, theirs), (theirs, mine)]
        other.addnext(element)
    elif how in (5, 6):
        spans = [
            e
            for w in ("gridSpan", "vMerge", "mergeCell", "c", "row", "TextCode", "PathObject")
            for e in kinds.get(w, ())
        ]
        element = rng.choice(spans) if spans and rng.random() < 0.7 else element
        if not element.attrib:
            raise Unchanged
        notes.lossy = True  # the cell may be of another kind now, or nowhere
        key = rng.choice(sorted(map(str, element.attrib)))
        old = element.attrib[key]
        numbers = list(re.finditer(r"\d+", old))
        if how == 5 and numbers:
            one = rng.choice(numbers)
            value = rng.choice((0, 1, 2, 3, 5, int(one[0][:9]) + 1, max(0, int(one[0][:9]) - 1), 10**6, 10**10))
            element.attrib[key] = f"{old[: one.start()]}{value}{old[one.end() :]}"
        else:
            del element.attrib[key]
        notes.way = (
            f"{_local(element)} {etree.QName(key).localname} {old[:30]!r} → {element.attrib.get(key, 'gone')[:30]!r}"
        )
    else:
        other = rng.choice(elements)
        notes.way = f"{name} renamed {_local(other)}"
        notes.edits.append((_text(element), ""))
        element.tag = other.tag
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _text(element: _Element) -> str:
    return "".join(element.itertext())


def unpack(data: bytes) -> list[tuple[str, bytes]]:
    """Names and contents of a zip file, in its order."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return [(info.filename, file.read(info)) for info in file.infolist()]


def pack(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip file of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def mutate_package(data: bytes, rng: Random, notes: Notes) -> bytes:
    """A package with one of its XML parts changed, or (seldom) without a part or with its bytes damaged."""
    members = unpack(data)
    draw = rng.random()
    at = rng.randrange(len(members))
    if draw < 0.04:
        name, _ = members.pop(at)
        notes.way = f"without {name}"
        return pack(members)
    main = [n for n, (name, _) in enumerate(members) if _CONTENT.fullmatch(name)]
    if main and draw < 0.85:
        at = rng.choice(main)
    name, content = members[at]
    if draw < 0.08 and content:
        changed = rng.choice(BYTES)(content, rng, notes)
    elif name.endswith((".xml", ".rels")):
        changed = content
        ways = []
        for _ in range(rng.choice(HOW_OFTEN)):
            changed = mutate_xml(changed, rng, notes)
            ways.append(notes.way)
        notes.way = "; ".join(ways)
    else:
        raise Unchanged
    notes.way = f"{name}: {notes.way}"
    members[at] = (name, changed)
    return pack(members)


def mutate_archive(data: bytes, rng: Random, notes: Notes) -> bytes:
    """An archive with one of its documents damaged within, or without one, or with one twice."""
    members = unpack(data)
    at = rng.randrange(len(members))
    name, content = members[at]
    if rng.random() < 0.1:
        notes.way = f"without {name}"
        notes.edits.append((name, ""))
        del members[at]
        return pack(members)
    if not content.startswith(b"PK"):
        raise Unchanged
    inner = [inside for inside, _ in unpack(content)]
    packed = not any(inside.endswith(".xml") for inside in inner)
    members[at] = (name, (mutate_archive if packed else mutate_package)(content, rng, notes))
    notes.way = f"{name}!{notes.way}"
    return pack(members)


# --- Pages (PDF) --------------------------------------------------------------------------------------------------

_HEX = rb"<([0-9A-Fa-f]+)>"
_CHARS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)


def read_mapping(font: Any) -> dict[bytes, str]:
    """Codes of a font and the digits that they show, as far as its ToUnicode or its encoding says."""
    found: dict[bytes, str] = {}
    if str(font.get("/Encoding", "")).startswith(("/UniGB-UCS2", "/UniGB-UTF16")):
        return {c.encode("utf-16-be"): c for c in DIGITS}
    if "/ToUnicode" not in font:
        simple = font.get("/Subtype") in ("/Type1", "/TrueType") and "/Encoding" in font
        return {c.encode(): c for c in DIGITS} if simple else {}
    cmap = font.ToUnicode.read_bytes()
    for block in _CHARS.findall(cmap):
        for code, char in re.findall(_HEX + rb"\s*" + _HEX, block):
            found[bytes.fromhex(code.decode())] = bytes.fromhex(char.decode()).decode("utf-16-be", "replace")
    for block in _RANGES.findall(cmap):
        for first, last, char in re.findall(_HEX + rb"\s*" + _HEX + rb"\s*" + _HEX, block):
            low, high, start = (int(x, 16) for x in (first, last, char))
            for n in range(min(high - low + 1, 256)):
                found[(low + n).to_bytes(len(first) // 2, "big")] = chr((start + n) & 0xFFFF)
        for first, _last, chars in re.findall(_HEX + rb"\s*" + _HEX + rb"\s*\[(.*?)\]", block, re.DOTALL):
            for n, char in enumerate(re.findall(_HEX, chars)):
                code = (int(first, 16) + n).to_bytes(len(first) // 2, "big")
                found[code] = bytes.fromhex(char.decode()).decode("utf-16-be", "replace")
    return {code: char for code, char in found.items() if len(char) == 1 and char in DIGITS}


_Digit = tuple[int, int, int, dict[bytes, str]]
"""Where a page shows a digit: number of the operator, of its string, of the byte in that; and its font's codes."""


def _find_digits(instructions: list[Any], resources: Any) -> list[_Digit]:
    import pikepdf  # noqa: PLC0415

    places: list[_Digit] = []
    maps: dict[str, dict[bytes, str]] = {}
    mapping: dict[bytes, str] = {}
    fonts = resources.get("/Font", {})
    for n, instruction in enumerate(instructions):
        operator = str(instruction.operator)
        if operator == "Tf":
            name = str(instruction.operands[0])
            if name not in maps:
                maps[name] = read_mapping(fonts[name]) if name in fonts else {}
            mapping = maps[name]
        elif operator in ("Tj", "TJ", "'", '"') and len(mapping) > 1:
            width = len(next(iter(mapping)))
            for k, piece in enumerate(_strings(instruction)):
                if isinstance(piece, pikepdf.String):
                    raw = bytes(piece)
                    places += [(n, k, i, mapping) for i in range(0, len(raw), width) if raw[i : i + width] in mapping]
    return places


def _strings(instruction: Any) -> list[Any]:
    """The strings (and, in a TJ, the shifts between them) that an operator shows."""
    return list(instruction.operands[-1]) if str(instruction.operator) == "TJ" else [instruction.operands[-1]]


def _change_pdf_digit(instructions: list[Any], resources: Any, rng: Random, notes: Notes) -> None:
    """One digit that the page shows becomes another that its font has."""
    import pikepdf  # noqa: PLC0415

    places = _find_digits(instructions, resources)
    if not places:
        raise Unchanged
    n, k, i, mapping = rng.choice(places)
    instruction = instructions[n]
    strings = _strings(instruction)
    raw = bytes(strings[k])
    end = i + len(next(iter(mapping)))
    old = mapping[raw[i:end]]
    code, new = rng.choice([(c, d) for c, d in mapping.items() if d != old])
    strings[k] = pikepdf.String(raw[:i] + code + raw[end:])
    operands = list(instruction.operands)
    operands[-1] = pikepdf.Array(strings) if str(instruction.operator) == "TJ" else strings[0]
    instructions[n] = pikepdf.ContentStreamInstruction(operands, instruction.operator)
    notes.edits.append((old, new))
    notes.way = f"a digit {old} → {new}"


def _digits_of(instructions: list[Any], resources: Any, at: int) -> str:
    """The digits that one operator shows."""
    shown = []
    for n, k, i, mapping in _find_digits(instructions, resources):
        if n == at:
            raw = bytes(_strings(instructions[n])[k])
            shown.append(mapping[raw[i : i + len(next(iter(mapping)))]])
    return "".join(shown)


def _change_operator(instructions: list[Any], resources: Any, rng: Random, notes: Notes) -> None:
    """One operator of a page dropped, doubled, exchanged with the next, or one of its numbers changed."""
    import pikepdf  # noqa: PLC0415

    kinds: dict[str, list[int]] = {}
    for n, instruction in enumerate(instructions):
        kinds.setdefault(str(instruction.operator), []).append(n)
    shape = [
        k
        for k in ("Tm", "Td", "TD", "TJ", "Tj", "re", "l", "m", "cm", "Tf", "Tr", "q", "Q", "W", "W*", "f", "S")
        if k in kinds
    ]
    at = rng.choice(kinds[rng.choice(shape if shape and rng.random() < 0.8 else sorted(kinds))])
    instruction = instructions[at]
    name = str(instruction.operator)
    how = rng.randrange(5)
    notes.way = f"operator {name} {('dropped', 'doubled', 'exchanged', 'changed', 'changed')[how]}"
    notes.lossy = True  # what stands elsewhere or has no size is printed no more
    if how <= 1 and name in ("Tj", "TJ"):
        shown = _digits_of(instructions, resources, at)
        notes.edits.append((shown, "" if how == 0 else shown + shown))
    if how == 0:
        del instructions[at]
    elif how == 1:
        instructions.insert(at, instruction)
    elif how == 2:
        instructions[at : at + 2] = reversed(instructions[at : at + 2])
    else:
        operands = list(instruction.operands)
        numbers = [k for k, o in enumerate(operands) if isinstance(o, (int, float)) or type(o).__name__ == "Decimal"]
        if not numbers:
            raise Unchanged
        k = rng.choice(numbers)
        old = float(operands[k])
        new = rng.choice((0.0, -old, old * 2, old / 2, old + rng.uniform(-30, 30), old + rng.uniform(-3, 3), 1e9, 1.0))
        operands[k] = round(new, 4)
        instructions[at] = pikepdf.ContentStreamInstruction(operands, instruction.operator)
        notes.way += f" {old:g} → {new:g}"


def _change_pages(pdf: Any, rng: Random, notes: Notes) -> None:
    """A page dropped, doubled or moved, turned, in another box; a font without what tells its characters."""
    import pikepdf  # noqa: PLC0415

    at = rng.randrange(len(pdf.pages))
    page = pdf.pages[at]
    how = rng.randrange(8)
    notes.way = f"page {at + 1}: " + (
        "gone", "again", "moved", "turned", "another box", "a font's map gone", "a font's widths gone", "a font gone"
    )[how]  # fmt: skip
    notes.lossy = how >= 3
    if how == 0 and len(pdf.pages) > 1:
        del pdf.pages[at]
    elif how == 1:
        pdf.pages.insert(at, page)
    elif how == 2 and len(pdf.pages) > 1:
        del pdf.pages[at]
        pdf.pages.insert(rng.randrange(len(pdf.pages) + 1), page)
    elif how == 3:
        page.Rotate = rng.choice((90, 180, 270, 45, 10**9))
    elif how == 4:
        x = rng.choice((0, 100, -300, 1e6))
        page.MediaBox = pikepdf.Array([x, 0, x + rng.choice((0, 200, 600, 1e9)), rng.choice((0, 300, 850))])
    else:
        fonts = page.obj.get("/Resources", {}).get("/Font", {})
        names = sorted(fonts.keys())
        if not names:
            raise Unchanged
        name = rng.choice(names)
        font = fonts[name]
        if how == 7:
            del fonts[name]
        elif how == 5 and "/ToUnicode" in font:
            del font["/ToUnicode"]
        elif how == 6:
            for key in ("/Widths", "/DescendantFonts"):
                if key in font:
                    del font[key]
                    break
        else:
            raise Unchanged


def mutate_pdf(data: bytes, rng: Random, notes: Notes) -> bytes:
    """A PDF with one thing changed on a page, in a form on it, or about a page."""
    import pikepdf  # noqa: PLC0415

    with pikepdf.open(io.BytesIO(data)) as pdf:
        if rng.random() < 0.12:
            _change_pages(pdf, rng, notes)
        else:
            page = rng.choice(list(pdf.pages))
            resources = page.obj.get("/Resources", pikepdf.Dictionary())
            forms = [
                (x, x.get("/Resources", resources))
                for x in dict(resources.get("/XObject", {})).values()
                if x.get("/Subtype") == "/Form"
            ]
            where, resources = rng.choice(forms) if forms and rng.random() < 0.7 else (page, resources)
            instructions = [i for i in pikepdf.parse_content_stream(where) if str(i.operator) != "INLINE IMAGE"]
            if not instructions:
                raise Unchanged
            ways = []
            for _ in range(rng.choice(HOW_OFTEN)):
                if rng.random() < 0.4:
                    _change_pdf_digit(instructions, resources, rng, notes)
                else:
                    _change_operator(instructions, resources, rng, notes)
                ways.append(notes.way)
            notes.way = "; ".join(ways)
            content = pikepdf.unparse_content_stream(instructions)
            if where is page:
                page.Contents = pdf.make_stream(content)
            else:
                where.write(content)
        out = io.BytesIO()
        modes = (pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate)
        pdf.save(out, object_stream_mode=rng.choice(modes), compress_streams=rng.random() < 0.7, static_id=True)
    return out.getvalue()


# --- OLE ----------------------------------------------------------------------------------------------------------

_DOC_DIGITS = re.compile(rb"(?<=[\x00-\x7f])([0-9])(?=\x07|[0-9]\x07|[0-9]{2}\x07)|([0-9])\x00(?=\x07\x00|[0-9]\x00)")
_DOC_MARK = re.compile(rb"\x07\x00|\x07")
_TABLE_SPRM = re.compile(rb"\x08\xd6|\x16\x24|\x17\x24|\x49\x66|\x4b\x24|\x4c\x24|\x46\x66|\x45\x66|\x05\xd6|\x2b\xd6")
_BIFF_CELLS = frozenset({0x203, 0x27E, 0xBD, 0xFD, 0xE5, 0x208, 0x6, 0xFC, 0x201, 0xBE, 0x204, 0x85, 0x207, 0x3C})


def _rewrite_stream(data: bytes, name: str, change: Callable[[bytearray], None]) -> bytes:
    """An OLE file with a stream changed; its size stays."""
    import olefile  # noqa: PLC0415

    file = io.BytesIO(data)
    with olefile.OleFileIO(file, write_mode=True) as ole:
        if not ole.exists(name):
            raise Unchanged
        content = bytearray(ole.openstream(name).read())
        if len(content) < 4096:  # olefile writes no stream that small
            raise Unchanged
        change(content)
        ole.write_stream(name, bytes(content))
        return file.getvalue()


def mutate_doc(data: bytes, rng: Random, notes: Notes) -> bytes:
    """An old Word file with a digit, a cell's mark, a property of a table or any byte of a stream changed."""
    draw = rng.random()
    stream = "WordDocument" if draw < 0.75 else rng.choice(("1Table", "0Table", "Data"))

    def change(content: bytearray) -> None:
        if draw < 0.3:
            found = list(_DOC_DIGITS.finditer(content))
            if not found:
                raise Unchanged
            one = rng.choice(found)
            at = one.start(1) if one[1] is not None else one.start(2)
            old = chr(content[at])
            new = rng.choice(DIGITS.replace(old, ""))
            content[at] = ord(new)
            notes.edits.append((old, new))
            notes.way = f"a digit {old} → {new} at {at}"
        elif draw < 0.45:
            found = list(_DOC_MARK.finditer(content))
            if not found:
                raise Unchanged
            content[rng.choice(found).start()] = rng.choice(b"\r \x0b\x0c\x1e0")
            notes.way = "a cell's mark"
        elif draw < 0.7:
            found = list(_TABLE_SPRM.finditer(content))
            if not found:
                raise Unchanged
            one = rng.choice(found)
            at = min(one.start() + rng.randrange(12), len(content) - 1)
            content[at] = rng.choice((0, 1, 255, content[at] ^ (1 << rng.randrange(8))))
            notes.way = f"the property {one.group().hex()} at {one.start()}, byte {at - one.start()}"
        else:
            at = rng.randrange(len(content)) if rng.random() < 0.6 else rng.randrange(min(1200, len(content)))
            content[at] = rng.choice((0, 255, content[at] ^ (1 << rng.randrange(8))))
            notes.way = f"byte {at} of {stream}"

    return _rewrite_stream(data, stream, change)


def _read_numbers(content: bytearray, at: int, size: int) -> list[float]:
    """The numbers that a record of cells holds: NUMBER, RK or MULRK ([MS-XLS] 2.4.180, 2.4.220, 2.4.175)."""
    kind, body = struct.unpack_from("<H", content, at)[0], bytes(content[at + 4 : at + 4 + size])
    if kind == 0x203 and size >= 14:
        return [struct.unpack_from("<d", body, 6)[0]]
    places = {0x27E: range(6, min(size, 10) - 3), 0xBD: range(6, size - 5, 6)}.get(kind, range(0))
    found = []
    for place in places:
        (packed,) = struct.unpack_from("<I", body, place)
        high = struct.pack("<Q", (packed & ~3) << 32)
        value = struct.unpack("<i", body[place : place + 4])[0] >> 2 if packed & 2 else struct.unpack("<d", high)[0]
        found.append(value / 100 if packed & 1 else float(value))
    return found


def mutate_xls(data: bytes, rng: Random, notes: Notes) -> bytes:
    """An old sheet with a record of it changed: another row, column or value, another kind, exchanged with the next."""

    def change(content: bytearray) -> None:
        records, at = [], 0
        while at + 4 <= len(content):
            kind, size = struct.unpack_from("<HH", content, at)
            if kind in _BIFF_CELLS:
                records.append((kind, at, size))
            at += 4 + size
        kinds = sorted({kind for kind, _, _ in records})
        if not kinds:
            raise Unchanged
        kind = rng.choice(kinds)
        index = rng.choice([n for n, record in enumerate(records) if record[0] == kind])
        _, at, size = records[index]
        how = rng.randrange(5)
        notes.way = f"record {kind:#x} at {at}: " + ("a byte", "a byte", "its kind", "its size", "exchanged")[how]
        notes.lossy = True  # the cell may be of another kind now, blank say, or elsewhere
        before = _read_numbers(content, at, size)
        if how <= 1 and size:
            where = at + 4 + rng.randrange(size)
            content[where] = rng.choice((0, 1, 255, content[where] ^ (1 << rng.randrange(8))))
        elif how == 2:
            struct.pack_into("<H", content, at, rng.choice((0x5D, 0x203, 0x27E, 0x201, 0xFD)))
        elif how == 3:
            struct.pack_into("<H", content, at + 2, max(0, size + rng.choice((-4, -1, 1, 2, 60000))) & 0xFFFF)
        elif index + 1 < len(records) and records[index + 1][1] == at + 4 + size:
            _, after, other = records[index + 1]
            content[at : after + 4 + other] = content[after : after + 4 + other] + content[at:after]
        else:
            raise Unchanged
        if how <= 1:  # its numbers may be others, and in other cells
            texts = ["", *map(repr, before)]
            notes.edits += [
                (old, new) for old in texts for new in (*texts, *map(repr, _read_numbers(content, at, size)))
            ]

    return _rewrite_stream(data, "Workbook", change)


# --- All kinds ----------------------------------------------------------------------------------------------------

CONTENT: dict[str, Change] = {
    "html": mutate_html,
    "mhtml": mutate_html,
    "plain": mutate_plain,
    "rtf": mutate_rtf,
    "docx": mutate_package,
    "xlsx": mutate_package,
    "ofd": mutate_package,
    "zip": mutate_archive,
    "pdf": mutate_pdf,
    "doc": mutate_doc,
    "xls": mutate_xls,
}
"""Damage to the content, by kind; of pictures there is only damage to bytes."""
TAGGED = frozenset({"html", "mhtml", "rtf"})
"""Kinds whose text stands in markup of ASCII."""
PICTURES = frozenset({"png", "jpeg", "tiff"})
_SUFFIXES = {"txt": "plain", "et": "xls", "wps": "doc", "jpg": "jpeg", "tif": "tiff"}


def tell_kind(name: str, suffix: str) -> str:
    """The kind of a document of the corpus or the cases, by its name and its suffix."""
    if name.startswith("doc-html"):
        return "html"
    if name.startswith("doc-mht"):
        return "mhtml"
    suffix = suffix.lstrip(".")
    return _SUFFIXES.get(suffix, suffix)


def load_bases(folder: Path) -> list[Base]:
    """The reports in a folder of cases or of the corpus, by name."""
    found = []
    for path in sorted(folder.glob("*/expected.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        if "error" not in expected:
            document = next(path.parent.glob("input.*"))
            kind = tell_kind(path.parent.name, document.suffix)
            found.append(Base(path.parent.name, kind, document.read_bytes(), expected))
    return found


def make_mutant(rng: Random, base: Base, others: Sequence[Base], *, share: float = 0.65) -> Mutant:
    """A damaged copy of ``base``, at the level of content in ``share`` of the draws; ``others`` of its kind are spliced
    with it."""
    if base.kind in CONTENT and rng.random() < share:
        for _ in range(8):
            notes = Notes()
            with suppress(Unchanged):
                data = CONTENT[base.kind](base.data, rng, notes)
                if data != base.data:
                    return Mutant(base, "content", notes.way, data, tuple(notes.edits), None, notes.lossy)
    notes = Notes()
    if others and rng.random() < 0.15:
        second = rng.choice(others)
        data = splice(base.data, second.data, rng, notes)
        return Mutant(base, "bytes", f"{notes.way} with {second.name}", data, (), second)
    data = rng.choice(BYTES)(base.data, rng, notes)
    # A byte of markup may wipe out the text behind it: <td class="a"~0</td> shows nothing.
    return Mutant(base, "bytes", notes.way, data, tuple(notes.edits), None, base.kind in TAGGED)


# --- What may be said of a mutant -----------------------------------------------------------------------------------


def list_cells(tables: dict[str, Any]) -> dict[Key, Any]:
    """Cells by (table, row, column)."""
    return {(t, r, c): v for t, rows in tables.items() for r, columns in rows.items() for c, v in columns.items()}


def _options(wanted: object) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]


def _same(got: object, wanted: object) -> bool:
    if got is None or wanted is None:
        return got is None and wanted is None
    return isinstance(got, int | float) and isinstance(wanted, int | float) and abs(got - wanted) < 1e-9


def _number(text: str) -> float | None:
    """The number that a text is, None where it is blank; raises ValueError for all else."""
    text = text.replace(",", "").strip()
    return float(text) if text else None


def _forms(value: Any) -> list[str]:
    """How a number may be printed, None as blank."""
    if value is None:
        return [""]
    return [f"{value:g}", str(value), f"{value:,}", *(f"{value:.{places}f}" for places in range(1, 5))]


_DASHES = str.maketrans(dict.fromkeys("−–—", "-"))


def explains(edits: Sequence[Edit], old: Any, new: Any) -> bool:
    """Whether edits of printed text, all or some of them in their order, turn one value of a cell into another."""
    texts = set(_forms(old))
    for edit in edits:
        # Digits may be wide, and a minus sign is one of several.
        before, after = (normalize("NFKC", text).translate(_DASHES).strip() for text in edit)
        for printed in sorted(texts)[:200]:
            starts = [m.start() for m in re.finditer(re.escape(before), printed)] if before else [0]
            texts |= {printed[:start] + after + printed[start + len(before) :] for start in starts}
        # The edit may reach beyond the number: a cell's text with its note, bytes with what stands around them.
        with suppress(ValueError):
            if _same(_number(before), old) and _same(_number(after), new):
                return True
    for text in texts:
        with suppress(ValueError):
            if _same(_number(text), new):
                return True
    return False


def find_suspicions(mutant: Mutant, record: dict[str, Any], already: frozenset[Key] = frozenset()) -> list[str]:
    """Where a record that says `verified` holds what neither the original prints nor the mutant's edits explain.

    ``already`` are the cells that are wrong without damage. An empty list: nothing is suspicious.
    """
    if record["confidence"] != "verified":
        return []
    wanted, got = list_cells(mutant.base.expected["tables"]), list_cells(record["tables"])
    other = list_cells(mutant.second.expected["tables"]) if mutant.second else {}
    found, explained, losses = [], 0, LOSSES if mutant.lossy else 0
    for key in sorted(wanted.keys() | got.keys()):
        options, value = _options(wanted.get(key)), got.get(key)
        if key in already or any(_same(value, option) for option in options):
            continue
        spliced = mutant.second is not None and any(_same(value, option) for option in _options(other.get(key)))
        if spliced or any(explains(mutant.edits, option, value) for option in options):
            explained += 1
        elif losses and value is None and key[1] in record["tables"].get(key[0], {}):
            losses -= 1
            explained += 1
        elif all(option is None for option in options) and value is None:
            continue
        else:
            found.append(f"{'.'.join(key)}: {value!r}, printed {wanted.get(key)!r}")
    allowed = _options(mutant.base.expected.get("confidence", "verified"))
    if not found and not explained and "verified" not in allowed and mutant.second is None and not mutant.edits:
        found.append(f"verified; expected {allowed}")
    return found
