"""Automatic numbering of a .docx: the labels that Word prints before paragraphs and stores nowhere (ECMA-376, 17.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml.etree import _Element as Element

from crawler.extraction.documents.word.names import attribute, find_child, is_on, name_of, read_number
from crawler.extraction.documents.word.styles import Numbering, Styles

_LEVELS = 9
_DIGITS = "〇一二三四五六七八九"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_PLACE = re.compile("%([1-9])")
_BLANKS = {"tab": "\t", "space": " ", "nothing": ""}


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a list: where it begins, how its numbers are written, its text with %1 to %9, what stands behind it,
    and behind which level it begins anew (None: behind every higher one; 0: never)."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    behind: str = "\t"
    restart: int | None = None
    legal: bool = False
    style: str = ""


class Lists:
    """The lists of a document, and how far each has counted."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._abstract: dict[str, Element] = {}
        self._concrete: dict[str, Element] = {}
        self._levels: dict[str, tuple[str, tuple[Level, ...], dict[int, int]] | None] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[str] = set()
        for el in root if root is not None else ():
            if name_of(el) == "w:abstractNum":
                self._abstract.setdefault(attribute(el, "w:abstractNumId"), el)
            elif name_of(el) == "w:num":
                self._concrete.setdefault(attribute(el, "w:numId"), el)

    def count(self, numbering: Numbering, style: str) -> str:
        """The label of the next paragraph with that numbering, with the blank behind it; ``style`` is what the
        paragraph names. Nothing where it has none, and for bullets."""
        if numbering.number is None or numbering.number == "0":
            return ""
        found = self._find(numbering.number)
        if found is None:
            return ""
        key, levels, starts = found
        at = numbering.level
        if at is None:
            at = next((n for n, level in enumerate(levels) if level.style and level.style == style), 0)
        counts = self._counts.setdefault(key, [None] * _LEVELS)
        if numbering.number not in self._begun:
            self._begun.add(numbering.number)
            for n in starts:
                counts[n] = None
        own = counts[at]
        counts[at] = starts.get(at, levels[at].start) if own is None else own + 1
        for n in range(at + 1, _LEVELS):
            restart = levels[n].restart
            if restart is None or at < restart:
                counts[n] = None
        return self._write(levels, counts, at)

    @staticmethod
    def _write(levels: tuple[Level, ...], counts: list[int | None], at: int) -> str:
        level = levels[at]
        if level.form == "bullet":
            return ""

        def number(found: re.Match[str]) -> str:
            n = int(found.group(1)) - 1
            value = counts[n]
            if value is None:
                value = levels[n].start
            form = "decimal" if level.legal and levels[n].form != "none" else levels[n].form
            return write_number(value, form)

        text = _PLACE.sub(number, level.text)
        return text + level.behind if text else ""

    def _find(self, number: str) -> tuple[str, tuple[Level, ...], dict[int, int]] | None:
        """The list that is counted, its levels, and the levels that this use of it begins anew."""
        if number not in self._levels:
            self._levels[number] = self._read(number)
        return self._levels[number]

    def _read(self, number: str) -> tuple[str, tuple[Level, ...], dict[int, int]] | None:
        concrete = self._concrete.get(number)
        if concrete is None:
            return None
        key = attribute(find_child(concrete, "w:abstractNumId"), "w:val")
        abstract = self._abstract.get(key)
        for _ in range(5):  # a list may stand for a style, which names another list
            link = attribute(find_child(abstract, "w:numStyleLink"), "w:val")
            linked = self._concrete.get(self._styles.list_number(link) or "") if link else None
            if linked is None:
                break
            key = attribute(find_child(linked, "w:abstractNumId"), "w:val")
            abstract = self._abstract.get(key)
        if abstract is None:
            return None
        levels = [Level()] * _LEVELS
        for el in abstract:
            if name_of(el) == "w:lvl":
                levels[_level_of(el)] = _read_level(el)
        starts: dict[int, int] = {}
        for el in concrete:
            if name_of(el) == "w:lvlOverride":
                at = _level_of(el)
                if (own := find_child(el, "w:lvl")) is not None:
                    levels[at] = _read_level(own)
                if (start := find_child(el, "w:startOverride")) is not None:
                    starts[at] = read_number(attribute(start, "w:val"), 1)
        return key, tuple(levels), starts


def _level_of(el: Element) -> int:
    return min(max(read_number(attribute(el, "w:ilvl")), 0), _LEVELS - 1)


def _read_level(el: Element) -> Level:
    form = attribute(find_child(el, "w:numFmt"), "w:val", "decimal")
    restart = find_child(el, "w:lvlRestart")
    return Level(
        start=read_number(attribute(find_child(el, "w:start"), "w:val"), 0),
        form=form,
        text=attribute(find_child(el, "w:lvlText"), "w:val")[:200],
        behind=_BLANKS.get(attribute(find_child(el, "w:suff"), "w:val"), "\t"),
        restart=None if restart is None else read_number(attribute(restart, "w:val")),
        legal=is_on(find_child(el, "w:isLgl")),
        style=attribute(find_child(el, "w:pStyle"), "w:val"),
    )


def write_number(value: int, form: str) -> str:
    """A number as a list prints it; ``form`` is a value of ST_NumberFormat. What has no form of its own is decimal.

    >>> write_number(12, "chineseCountingThousand"), write_number(12, "ideographDigital"), write_number(3, "lowerRoman")
    ('十二', '一二', 'iii')
    """
    if form == "none":
        return ""
    if value < 0:
        return str(value)
    if form in _FORMS:
        return _FORMS[form](value)
    for name, first, count in _SETS:
        if form == name and 1 <= value <= count:
            return chr(first + value - 1)
    return str(value)


def _count_in_chinese(value: int, digits: str = _DIGITS, units: str = "十百千", *, short: bool = True) -> str:
    """A number below 10,000 in words; ``short`` leaves out the 一 of 一十."""
    if not 0 < value < 10_000:
        return _spell_digits(value)
    text = ""
    gap = False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit == 0:
            gap = bool(text)
            continue
        if gap:
            text += "零"
            gap = False
        text += digits[digit] + (units[place - 1] if place else "")
    return text[1:] if short and text.startswith("一十") else text


def _spell_digits(value: int) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(value))


def _roman(value: int) -> str:
    if not 0 < value < 4_000:
        return str(value)
    text = ""
    steps = zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), "m cm d cd c xc l xl x ix v iv i".split(), strict=True
    )
    for size, letters in steps:
        text += letters * (value // size)
        value %= size
    return text


def _letters(value: int) -> str:
    """a to z, then aa to zz."""
    return chr(97 + (value - 1) % 26) * ((value - 1) // 26 + 1) if 0 < value <= 26 * 20 else str(value)


def _cycle(characters: str) -> Callable[[int], str]:
    return lambda value: characters[(value - 1) % len(characters)] if value > 0 else str(value)


def _sexagenary(value: int) -> str:
    return _STEMS[(value - 1) % 10] + _BRANCHES[(value - 1) % 12] if value > 0 else str(value)


def _count_or_spell(value: int) -> str:
    return _count_in_chinese(value) if value < 100 else _spell_digits(value)


_FORMS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalZero": lambda value: f"{value:02d}",
    "upperRoman": lambda value: _roman(value).upper(),
    "lowerRoman": _roman,
    "upperLetter": lambda value: _letters(value).upper(),
    "lowerLetter": _letters,
    "decimalFullWidth": lambda value: str(value).translate({48 + n: 0xFF10 + n for n in range(10)}),
    "decimalFullWidth2": lambda value: str(value).translate({48 + n: 0xFF10 + n for n in range(10)}),
    "numberInDash": lambda value: f"- {value} -",
    "chineseCounting": _count_or_spell,
    "taiwaneseCounting": _count_or_spell,
    "chineseCountingThousand": _count_in_chinese,
    "taiwaneseCountingThousand": _count_in_chinese,
    "japaneseCounting": _count_in_chinese,
    "koreanDigital2": _spell_digits,
    "ideographDigital": _spell_digits,
    "japaneseDigitalTenThousand": _spell_digits,
    "taiwaneseDigital": _spell_digits,
    "chineseLegalSimplified": lambda value: _count_in_chinese(value, _LEGAL, "拾佰仟", short=False),
    "ideographLegalTraditional": lambda value: _count_in_chinese(value, "零壹貳參肆伍陸柒捌玖", "拾佰仟", short=False),
    "ideographTraditional": _cycle(_STEMS),
    "ideographZodiac": _cycle(_BRANCHES),
    "ideographZodiacTraditional": _sexagenary,
}
_SETS = (
    ("decimalEnclosedCircle", 0x2460, 20),
    ("decimalEnclosedCircleChinese", 0x2460, 20),
    ("decimalEnclosedParen", 0x2474, 20),
    ("decimalEnclosedFullstop", 0x2488, 20),
    ("ideographEnclosedCircle", 0x3280, 10),
)
