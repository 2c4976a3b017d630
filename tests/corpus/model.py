"""What a maker of the corpus yields: one document and what must be read in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.corpus.tools import Tools


@dataclass(frozen=True)
class Made:
    """One made document.

    ``name`` is its kind and number ("pdf-ruled-007"), ``suffix`` that of its file (".pdf"), ``expected`` as in
    ``tests/cases/README.md`` (held by ``tests.judge.compare``), ``origin`` one line: what is hard, which tool and
    font made it.
    """

    name: str
    suffix: str
    data: bytes
    expected: dict[str, Any]
    origin: str


Maker = Callable[[Tools, int, int], Iterator[Made]]
"""(tools, seed, count) → ``count`` documents; the same seed gives the same figures and choices."""
