"""The numbering of Chinese official documents (GB/T 9704): 一、 then （一） then 1. then （1）."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE_NUMBER = "[〇零一二三四五六七八九十]{1,3}"
_MARK = re.compile(
    rf"\s*(?:第({_CHINESE_NUMBER})(?:部分|章)|({_CHINESE_NUMBER})\s*[、.．,，:：]"
    rf"|[（(]\s*({_CHINESE_NUMBER})\s*[)）]\s*[、.．]?"
    r"|(\d{1,2})\s*[.．、](?!\d)"
    r"|[（(]\s*(\d{1,2})\s*[)）]\s*[、.．]?)\s*"
)
_LEVELS = (1, 1, 2, 3, 4)  # of the groups of `_MARK`


@dataclass(frozen=True, slots=True)
class Mark:
    """A number mark at the head of a text: level 1 (一、) to 4 （1）, its number, and the text after it."""

    level: int
    number: int
    rest: str


def chinese_number(text: str) -> int:
    """The value of a Chinese numeral up to 99: 二十一 is 21. Raises ValueError for anything else."""
    tens, ten, ones = text.rpartition("十")
    if any(c not in _DIGITS for c in tens + ones) or len(tens) > 1 or len(ones) > 1 or not text:
        raise ValueError(f"no Chinese numeral up to 99: {text!r}")
    return (_DIGITS[tens] if tens else 1) * 10 * bool(ten) + (_DIGITS[ones] if ones else 0)


def read_mark(text: str) -> Mark | None:
    """The number mark that a text begins with, or None.

    >>> read_mark("（三）不予公开")
    Mark(level=2, number=3, rest='不予公开')
    """
    found = _MARK.match(text)
    if found is None or found.lastindex is None:
        return None
    level, numeral = _LEVELS[found.lastindex - 1], found[found.lastindex]
    try:
        number = chinese_number(numeral) if level <= 2 else int(numeral)
    except ValueError:
        return None
    return Mark(level, number, text[found.end() :])
