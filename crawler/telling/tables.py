"""Lines and tables for a terminal, where a Chinese character takes two columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.extraction.text.clean import display_width

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Lines of a table, columns aligned for wide characters; those numbered in ``right`` to the right."""
    table = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(display_width(row[i]) for row in table) for i in range(len(header))]
    lines = []
    for row in table:
        cells = []
        for i, cell in enumerate(row):
            blank = " " * (widths[i] - display_width(cell))
            cells.append(blank + cell if i in right else cell + blank)
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def clip(text: str, width: int) -> str:
    """A text cut to ``width`` columns, on one line."""
    text = " ".join(text.split())
    if display_width(text) <= width:
        return text
    kept, used = [], 1
    for char in text:
        used += display_width(char)
        if used > width:
            break
        kept.append(char)
    return "".join(kept) + "…"


def limit_lines(lines: Sequence[str], most: int, where: str) -> list[str]:
    """The first ``most`` lines, and one that says how many more there are ``where``."""
    return [*lines[:most], *([f"and {len(lines) - most} more: {where}"] if len(lines) > most else [])]
