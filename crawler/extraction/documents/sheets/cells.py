"""A sheet as its file holds it, whatever the file: texts by cell, merged ranges, lines; numbers as printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from crawler.extraction.documents.model import Block, Place

FORMULA = "[公式]"
"""The text of a cell whose formula was saved without a value: something is printed, and it is not known what."""
MAX_SHEETS = 200

_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")


@dataclass(slots=True)
class Sheet:
    """A sheet as read: texts by (row, column) from 0, merged ranges (top, left, bottom, right; inclusive), the cells
    that have a line at their left or right, and what floats over the cells, by row."""

    name: str
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    ruled: set[tuple[int, int]] = field(default_factory=set)
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    floating: list[tuple[int, Block]] = field(default_factory=list)
    unvalued: list[tuple[int, int]] = field(default_factory=list)  # formulas without a value
    struck: dict[tuple[int, int], str] = field(default_factory=dict)  # what is struck through, and in no text

    def place(self, row: int, column: int) -> Place:
        return Place(sheet=self.name, cell=name_cell(row, column))


def name_cell(row: int, column: int) -> str:
    """``"B7"`` for row 6, column 1."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def read_reference(text: str) -> tuple[int, int] | None:
    """Row and column from 0 of ``"B7"``, or None."""
    found = _REFERENCE.fullmatch(text)
    if not found:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def read_range(text: str) -> tuple[int, int, int, int] | None:
    first, _, last = text.partition(":")
    start, end = read_reference(first), read_reference(last or first)
    if start is None or end is None or end < start or min(*start, *end) < 0:
        return None
    return (*start, *end) if end[1] >= start[1] else None


# --- Number formats ---------------------------------------------------------------------------------------------
BUILTIN_FORMATS = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%"}
BUILTIN_FORMATS |= dict.fromkeys((37, 38, 41, 42), "#,##0") | dict.fromkeys((39, 40, 43, 44), "#,##0.00")
BUILTIN_FORMATS |= dict.fromkeys([*range(14, 18), *range(27, 32), 36, *range(50, 59)], "yyyy-m-d")
BUILTIN_FORMATS |= dict.fromkeys([*range(18, 22), *range(32, 36), 45, 46, 47], "h:mm:ss") | {22: "yyyy-m-d h:mm"}
_SILENT = re.compile(r"\[[^\]]*\]|_.|\*.")  # colours, conditions, widths and fillings
_CONDITION = re.compile(r"\[[<>=]|!")  # numbers shown in another unit than they are in, by their size
_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
_DIGITS = re.compile(r"[0#?][0#?,]*(?:\.[0#?]+)?,*")


def print_number(value: float, code: str, *, since_1904: bool = False) -> str:
    """A number as its format prints it. A format that hides it or writes fractions or powers leaves it as it is."""
    if _CONDITION.search(code):
        return _print_plain(value)
    sections = _split_sections(code)
    chosen = sections[0]
    if len(sections) > 1 and value < 0:
        chosen = sections[1]
    elif len(sections) > 2 and value == 0:
        chosen = sections[2]
    bare = _LITERAL.sub("", _SILENT.sub("", chosen)).lower()
    if "general" not in bare and re.search("[ymdhs]", bare):
        return _print_date(value, bare, since_1904=since_1904)
    plain = _print_plain(value)
    parts = _LITERAL.split(_SILENT.sub("", chosen))
    # Every third piece is the format itself, the two after it are a literal in quotes or behind a backslash.
    literals = [(parts[i + 1] or "") + (parts[i + 2] or "") for i in range(0, len(parts) - 1, 3)]
    pieces = [(part, i % 3 == 0) for i, part in enumerate(parts)]
    masks = [i for i, (part, is_code) in enumerate(pieces) if is_code and _DIGITS.search(part or "")]
    if len(masks) != 1 or "e+" in bare or "e-" in bare or "/" in bare or "general" in bare:
        affix = "".join(literals)
        return plain + affix if masks and affix and not any(c.isdigit() for c in affix) and "general" in bare else plain
    mask = pieces[masks[0]][0]
    found = _DIGITS.search(mask)
    if found is None:
        return plain
    percent = mask.count("%")
    digits = found.group().rstrip(",")
    thousands = len(found.group()) - len(digits)  # each comma at the end divides by 1,000
    decimals = len(digits.partition(".")[2])
    number = Decimal(plain).scaleb(2 * percent - 3 * thousands)
    rounded = abs(number).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{rounded:f}"
    optional = len(digits) - len(digits.rstrip("#?"))
    if decimals and optional:
        whole, _, rest = text.partition(".")
        sure = max(decimals - optional, 0)
        rest = rest[:sure] + rest[sure:].rstrip("0")
        text = f"{whole}.{rest}" if rest else whole
    before = "".join(part or "" for part, is_code in pieces[: masks[0]] if not is_code)
    after = "".join(part or "" for part, is_code in pieces[masks[0] + 1 :] if not is_code)
    if value < 0:
        before, after = before.strip("(（"), after.strip(")）")  # another way to print a minus
    minus = "-" if value < 0 and rounded and "-" not in before else ""
    return f"{minus}{before}{text}{'%' * percent}{after}"


def _print_plain(value: float) -> str:
    """A number without a format: up to 15 digits, as sheets count, no exponent."""
    return f"{Decimal(f'{value:.15g}'):f}"


def _print_date(value: float, code: str, *, since_1904: bool) -> str:
    """A date or time of day in the form of ISO 8601, so that it is no number."""
    try:
        moment = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001  (a sheet has no zone)
        moment += timedelta(seconds=round(value * 86_400))
    except (OverflowError, ValueError):
        return "#####"  # what a sheet shows for a date that there is not
    if not re.search("[yd]", code):
        return f"{moment:%H:%M:%S}" if re.search("[hs]", code) else f"{moment:%Y-%m}"
    return f"{moment:%Y-%m-%d %H:%M}" if re.search("[hs]", code) else f"{moment:%Y-%m-%d}"


def _split_sections(code: str) -> list[str]:
    """The sections of a format (positive; negative; zero; text), divided at semicolons outside quotes."""
    out, quoted, skip = [""], False, False
    for c in code:
        if c == ";" and not quoted and not skip:
            out.append("")
            continue
        quoted ^= c == '"' and not skip
        skip = c == "\\" and not skip
        out[-1] += c
    return out
