"""Numbers whose thousands are set apart by commas."""

from __future__ import annotations

import re

_UNFINISHED = re.compile(r"(?<![\d,，.．])\d{1,3}(?:[,，]\d{3})*[,，](\d{0,2})$")
_DIGITS = re.compile(r"\d+")


def goes_on(number: str, rest: str) -> bool:
    """Whether a number that ends a text must go on in the text behind it: its last thousands lack digits, and the rest
    begins with no more than these.

    >>> goes_on("1,7", "38"), goes_on("1,738", "22")
    (True, False)
    """
    found, digits = _UNFINISHED.search(number), _DIGITS.match(rest)
    if found is None or digits is None:
        return False
    lacking, given = 3 - len(found[1]), len(digits[0])
    return given == lacking or (given < lacking and given == len(rest))
