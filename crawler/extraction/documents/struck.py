"""What is struck through: printed, and no longer meant. So it is no text of the document, in a cell least of all, where
its digits would join those of the number beside it; and because a number may be lost with it, it is told."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_TOLD = 20
_DIGIT = re.compile(r"\d")
_BLANKS = re.compile(r"[\s\x00-\x1f]+")


def tell_struck(texts: Iterable[str]) -> list[tuple[str, str]]:
    """A warning for each of the texts that were struck through and left out, if it holds a digit; so many at the
    most."""
    told: list[tuple[str, str]] = []
    for text in texts:
        if _DIGIT.search(text):
            told.append(("struck_text", f"struck through: {_BLANKS.sub(' ', text).strip()[:40]!r}"))
            if len(told) == MAX_TOLD:
                break
    return told
