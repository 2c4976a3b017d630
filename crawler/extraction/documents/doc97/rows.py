"""The cells of a table row in the old binary Word format: edges and merges, from the properties of the row's end."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from itertools import pairwise

from crawler.extraction.documents.doc97.properties import iter_properties
from crawler.extraction.documents.word.edges import Merge

_MOST_CELLS = 200
_FLAGS = 20  # bytes that say how a cell is merged and bordered ([MS-DOC] 2.9.328, TC80)


@dataclass(frozen=True, slots=True)
class RowCell:
    """A cell as the row has it: edges in twips, whether it goes on with the cell before it in its row (``joins``, then
    its own text is not printed), and its part in an upright merge as in `EdgeCell`."""

    left: int
    right: int
    joins: bool = False
    merge: Merge = ""


def read_row(properties: bytes) -> list[RowCell]:
    """The cells of a row from left to right; empty where the properties say nothing of them."""
    widths: list[int] = []  # the edges come and go with cells, so they are kept as widths from the left
    flags: list[int] = []
    left = half_gap = 0
    for code, operand in iter_properties(properties):
        if code == 0xD608:
            left, widths, flags = _read_definition(operand)
        elif code == 0x9602:
            half_gap = _signed(operand)
        elif code == 0x9601:
            left = _signed(operand) - half_gap
        elif code == 0xD62B and len(operand) == 2 and operand[0] < len(flags):
            flags[operand[0]] = flags[operand[0]] & ~0x60 | (operand[1] & 3) << 5
        elif code in (0x5624, 0x5625):
            first, last = operand[0], min(operand[1], len(flags))
            for i in range(first, last):
                flags[i] = flags[i] & ~3 | (0 if code == 0x5625 else 1 if i == first else 2)
        elif code == 0x5622:
            del widths[operand[0] : operand[1]], flags[operand[0] : operand[1]]
        elif code == 0x7623:
            for i in range(operand[0], min(operand[1], len(widths))):
                widths[i] = operand[2] | operand[3] << 8
        elif code == 0x7621 and len(widths) + operand[1] <= _MOST_CELLS:
            at = min(operand[0], len(widths))
            widths[at:at] = [operand[2] | operand[3] << 8] * operand[1]
            flags[at:at] = [0] * operand[1]
    return _join(left, widths, flags)


def _signed(operand: bytes) -> int:
    return int.from_bytes(operand[:2], "little", signed=True)


def _read_definition(operand: bytes) -> tuple[int, list[int], list[int]]:
    """Left edge, widths and flags ([MS-DOC] 2.9.320, TDefTableOperand). Cells whose flags are left out have none."""
    count = operand[0] if operand else 0
    if count == 0 or 1 + 2 * (count + 1) > len(operand):
        return 0, [], []
    edges = struct.unpack_from(f"<{count + 1}h", operand, 1)
    behind = 1 + 2 * (count + 1)
    flags = [0] * count
    for i in range(min(count, (len(operand) - behind) // _FLAGS)):
        flags[i] = operand[behind + _FLAGS * i] | operand[behind + _FLAGS * i + 1] << 8
    widths = [max(right - left, 0) for left, right in pairwise(edges)]
    return edges[0], widths, flags


def _join(left: int, widths: list[int], flags: list[int]) -> list[RowCell]:
    """The specification and the programs differ on which of the two flags of a merge along the row begins it; the
    first cell of such a stretch can only be one that begins."""
    cells: list[RowCell] = []
    opening = 0
    for width, flag in zip(widths, flags, strict=True):
        part = flag & 3
        joins = part not in (0, 3, opening) and opening != 0
        opening = 0 if part == 0 else opening if joins else part
        merge: Merge = "" if not flag & 0x20 else "first" if flag & 0x40 else "next"
        cells.append(RowCell(left, left + width, joins, merge))
        left += width
    for i in range(len(cells) - 1, 0, -1):
        if cells[i].joins:
            cells[i - 1] = replace(cells[i - 1], right=cells[i].right)
    return cells
