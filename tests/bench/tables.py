"""How the benchmark prints what it measured."""

from __future__ import annotations

from dataclasses import dataclass

Table = list[tuple[str, ...]]
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of the last table: what was measured, what is wanted, what came out, and whether that is enough."""

    what: str
    wanted: str
    measured: str
    ok: bool


def format_table(rows: Table) -> str:
    """Columns aligned, names to the left and figures to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            text.rjust(width) if i else text.ljust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines) + "\n"


def format_marks(marks: list[Mark]) -> str:
    """The last table."""
    rows: Table = [("what", "at least", "measured", "ok")]
    rows += [(mark.what, mark.wanted, mark.measured, "yes" if mark.ok else "NO") for mark in marks]
    return format_table(rows)
