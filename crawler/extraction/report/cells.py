"""What a cell of a statutory table says: a number, nothing, or something that cannot be read as one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from crawler.extraction.report.model import Number
from crawler.extraction.text.clean import clean_text

_MARKS = r"[\s/∕⁄\\|\-\u2010-\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63－_＿─~～.。·*＊]"
# A mark for nothing may refer to a note.
_BLANK = re.compile(rf"{_MARKS}*|无|(?:无|{_MARKS}+)[（(](?:注|\d{{1,2}})[）)]")
_SIGN = r"[+\-−－–—﹣]"
_DIGITS = r"\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = re.compile(
    rf"(?P<sign>{_SIGN}|[增减]加?少?)?\s*(?P<digits>{_DIGITS})\s*"
    r"(?P<unit>亿元|万元|万|元|件次|人次|[件项个次份起宗条])?\s*(?P<note>[（(\[【].*[)）\]】]|[*＊①②③④⑤⑥⑦⑧⑨])?"
)
# Money is printed in 万元 (10,000 yuan) unless the cell or the header names another unit.
_IN_WAN = {"亿元": Decimal(10_000), "万元": Decimal(1), "万": Decimal(1), "元": Decimal("0.0001")}
_ONE = Decimal(1)
_SHORT = 64  # characters
_HEADER_UNIT = re.compile("亿元|万元|元")


@dataclass(frozen=True, slots=True)
class Reading:
    """``value`` None and ``problem`` None: the cell is blank. ``problem``: why what is printed is no number here."""

    value: Number | None
    problem: str | None = None


_NOTHING = Reading(None)


def named_unit(*places: str) -> Decimal:
    """What one unit of an amount is in 万元: as the first place says that names a unit of money (header, label of the
    row, line over the table), else 1."""
    for place in places:
        if "元" in place and (found := _HEADER_UNIT.search(place)):
            return _IN_WAN[found.group()]
    return _ONE


def is_value(text: str) -> bool:
    """Whether a text is what a cell of numbers holds: a number, or a mark for nothing."""
    return _is_short_value(text) if len(text) <= _SHORT else _is_value(text)


def _is_value(text: str) -> bool:
    return bool(_BLANK.fullmatch(text) or _NUMBER.fullmatch(text))


# Most cells print one of a few hundred numbers, and each is looked at several times.
_is_short_value = lru_cache(maxsize=8192)(_is_value)


def read_cell(printed: str, *, amount: bool = False, signed: bool = False, unit: Decimal = _ONE) -> Reading:
    """The number that a cell prints.

    ``amount``: the column holds sums of money, given in 万元; ``unit`` is what its header counts in. Counts are
    integers, and not negative unless ``signed`` (本年增/减). Blank, ``/``, ``-``, ``—`` and ``无`` are None (the body
    left it out), never 0.

    >>> read_cell("251000元", amount=True)
    Reading(value=25.1, problem=None)
    >>> read_cell("22（其中修订16件）").value
    22
    """
    read_ = _read_short if len(printed) <= _SHORT else _read
    return read_(printed, amount, signed, unit)


def _read(printed: str, amount: bool, signed: bool, unit: Decimal) -> Reading:
    text = clean_text(printed)
    if _BLANK.fullmatch(text):
        return _NOTHING
    found = _NUMBER.fullmatch(text)
    if not found:
        return Reading(None, "no number")
    sign, printed_unit = found["sign"], found["unit"]
    value = Decimal(re.sub("[,，]", "", found["digits"]))
    if sign and sign not in {"+", "增", "增加"}:
        if sign not in {"减", "减少"} and not re.fullmatch(_SIGN, sign):
            return Reading(None, "no number")
        value = -value
    if value < 0 and not signed:
        return Reading(None, "a negative number")
    if re.match(r"0[\d,，]", found["digits"]):
        return Reading(None, "a number that begins with 0")
    if amount:
        if printed_unit and printed_unit not in _IN_WAN:
            return Reading(None, f"a count ({printed_unit}) where an amount belongs")
        value *= _IN_WAN[printed_unit] if printed_unit else unit
        return Reading(int(value) if value == value.to_integral_value() else float(value))
    if printed_unit in _IN_WAN:
        return Reading(None, f"an amount ({printed_unit}) where a count belongs")
    if value != value.to_integral_value() or re.search(r"\.\d{3}$", found["digits"]):  # 1.256 may mean 1,256
        return Reading(None, "a fraction where a count belongs")
    return Reading(int(value))


_read_short = lru_cache(maxsize=8192)(_read)
