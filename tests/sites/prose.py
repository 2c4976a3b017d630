"""The words of the portals, kept in text files beside this module: every sentence in them is the project's own.

``prose/<portal>-<year>.txt``: a report, one paragraph a line, ``## `` before a section's heading, ``[key]`` where a
table stands. ``prose/pool.txt``, ``news.txt``, ``decoys.txt``: paragraphs under a ``## `` name, with ``{slots}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from random import Random

PROSE_DIR = Path(__file__).parent / "prose"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, or the place of a table (``text`` is then the table's key)."""

    kind: Literal["heading", "paragraph", "table"]
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """A name and the paragraphs under it."""

    name: str
    paragraphs: tuple[str, ...]


def load_blocks(name: str) -> tuple[Block, ...]:
    """The blocks of a report's text, in order."""
    blocks = []
    for line in _read_lines(name):
        if line.startswith("## "):
            blocks.append(Block("heading", line[3:]))
        elif line.startswith("[") and line.endswith("]"):
            blocks.append(Block("table", line[1:-1]))
        else:
            blocks.append(Block("paragraph", line))
    return tuple(blocks)


def load_groups(name: str) -> tuple[Group, ...]:
    """The named groups of a file, in order."""
    groups: list[tuple[str, list[str]]] = []
    for line in _read_lines(name):
        if line.startswith("## "):
            groups.append((line[3:], []))
        else:
            groups[-1][1].append(line)
    return tuple(Group(name, tuple(lines)) for name, lines in groups)


def choose(pool: dict[str, tuple[str, ...]], name: str, random: Random, slots: dict[str, object]) -> str:
    """One of the pool's paragraphs of that name, its slots filled."""
    return random.choice(pool[name]).format_map(slots)


def _read_lines(name: str) -> list[str]:
    text = (PROSE_DIR / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip()]
