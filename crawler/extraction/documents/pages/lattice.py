"""Ruling lines → the cells that they enclose.

Lines are first put together: pieces on one straight line, drawn twice, or doubled become one. Lines that touch make
a lattice. Between the lattice's columns and rows stand walls where a line runs and none where it does not; what no
wall divides is one cell. A lattice ends where its uprights end, so two tables that share no line are two.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from crawler.extraction.documents.pages.model import Rule

NEAR = 2.0  # points: lines closer than this are one line (a border drawn twice, the two edges of a thick one)
TOUCH = 3.0  # points: how far the end of a line may stay from the line it meets
SHORTEST = 4.0  # points: what is shorter is a stroke of something else
MAX_LINES = 1_500  # the longest table of the form has 45; more is a drawing
COVER = 0.55  # of the side of a cell that a wall must cover
_MIN_ROW = 4.0  # points: nothing is printed in less


@dataclass(frozen=True, slots=True)
class Box:
    """A cell of a lattice: position, span, and its box in points (from wall to wall)."""

    row: int
    column: int
    rowspan: int
    colspan: int
    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Lattice:
    """The cells between ruling lines. ``xs`` and ``ys`` are the lines between columns and rows, ``owner[row][column]``
    the index of the cell that covers a position; ``closed[column]`` whether a line ends the last row there. ``rest``:
    it is one row without a line over it, with the columns of the lattice that ended the page before."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[Box, ...]
    owner: tuple[tuple[int, ...], ...]
    closed: tuple[bool, ...] = ()
    rest: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]

    def find(self, x: float, y: float) -> int | None:
        """The index of the cell that a point lies in, or None."""
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        if 0 <= row < len(self.owner) and 0 <= column < len(self.owner[row]):
            return self.owner[row][column]
        return None


@dataclass(slots=True)
class Straight:
    """A straight line along one axis: at ``at``, in merged pieces ``(start, end)``."""

    at: float
    pieces: list[tuple[float, float]]


def find_lattices(
    rules: Sequence[Rule], near: float = NEAR, touch: float = TOUCH, before: Lattice | None = None
) -> list[Lattice]:
    """The lattices that ruling lines make, from top to bottom. What encloses no cell is left out. ``before`` is the
    last one of the page before, of whose last row the rest may stand here."""
    across, upright = merge_rules(rules, near, touch)
    if len(across) + len(upright) > MAX_LINES:
        return []
    groups = _components(across, upright, touch)
    if before is not None:
        _add_sides(groups, before, touch)
    found = [_build(h, v, touch, before) for h, v in _stack(groups, touch)]
    return sorted((lattice for lattice in found if lattice is not None), key=lambda one: (one.ys[0], one.xs[0]))


def merge_rules(
    rules: Sequence[Rule], near: float = NEAR, touch: float = TOUCH
) -> tuple[list[Straight], list[Straight]]:
    """Ruling lines put together: the horizontals from top to bottom, the uprights from left to right."""
    across = _merge([(top, x0, x1) for x0, top, x1, bottom in rules if x1 - x0 > bottom - top], near, touch)
    upright = _merge([(x0, top, bottom) for x0, top, x1, bottom in rules if x1 - x0 <= bottom - top], near, touch)
    return across, upright


def _merge(segments: list[tuple[float, float, float]], near: float, touch: float) -> list[Straight]:
    """Segments (position, start, end) along one axis → lines; what is too short to be one is dropped."""
    segments.sort()
    groups: list[list[tuple[float, float, float]]] = []
    group: list[tuple[float, float, float]] = []
    first = last = 0.0  # positions of the group
    for segment in segments:
        at = segment[0]
        if group and at - last <= near and at - first <= 2 * near:
            group.append(segment)
        else:
            group = [segment]
            groups.append(group)
            first = at
        last = at
    lines = []
    for group in groups:
        whole = sum([end - start for _, start, end in group])
        at = sum([p * (end - start) for p, start, end in group]) / whole if whole else group[0][0]
        pieces: list[tuple[float, float]] = []
        since = reach = 0.0
        for start, end in sorted([(start, end) for _, start, end in group]):
            if not pieces or start > reach + touch:
                since, reach = start, end
                pieces.append((start, end))
            elif end > reach:
                reach = end
                pieces[-1] = (since, end)
        pieces = [piece for piece in pieces if piece[1] - piece[0] >= SHORTEST]
        if pieces:
            lines.append(Straight(at, pieces))
    return lines


def _components(
    across: list[Straight], upright: list[Straight], touch: float
) -> list[tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]]]:
    """Groups of pieces ``(position, start, end)`` that touch one another, horizontals and uprights apart."""
    hs = [(line.at, start, end) for line in across for start, end in line.pieces]
    vs = [(line.at, start, end) for line in upright for start, end in line.pieces]
    parent = list(range(len(hs) + len(vs)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for j, (x, top, bottom) in enumerate(vs, len(hs)):
        for i, (y, left, right) in enumerate(hs):
            if top - touch <= y <= bottom + touch and left - touch <= x <= right + touch:
                parent[find(i)] = find(j)
    groups: dict[int, tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]]] = {}
    for i, piece in enumerate([*hs, *vs]):
        groups.setdefault(find(i), ([], []))[0 if i < len(hs) else 1].append(piece)
    return list(groups.values())


_Pieces = list[tuple[float, float, float]]


def _add_sides(groups: list[tuple[_Pieces, _Pieces]], before: Lattice, touch: float) -> None:
    """Gives a lattice the side that meets none of its horizontals, for the cell along it begins on a page before and
    ends on one behind: an upright as long as the lattice, where the lattice before has that side."""
    lone = [piece for hs, vs in groups if not hs for piece in vs]
    for hs, vs in groups:
        if not hs or not vs:
            continue
        left, top, right, bottom = _box(hs, vs)
        for at, start, end in lone:
            side = before.xs[0] if at < left else before.xs[-1]
            long = abs(start - top) <= touch and abs(end - bottom) <= touch
            if not left <= at <= right and long and abs(at - side) <= touch:
                vs.append((at, start, end))


def _stack(groups: list[tuple[_Pieces, _Pieces]], touch: float) -> list[tuple[_Pieces, _Pieces]]:
    """Groups that stand right on one another with the same sides are one table whose uprights do not meet."""
    boxed = [(_box(hs, vs), hs, vs) for hs, vs in groups if hs and vs]
    boxed.sort(key=lambda found: found[0][1])
    out: list[tuple[tuple[float, float, float, float], _Pieces, _Pieces]] = []
    for box, hs, vs in boxed:
        if out:
            above = out[-1][0]
            sides = abs(above[0] - box[0]) <= touch and abs(above[2] - box[2]) <= touch
            if sides and abs(above[3] - box[1]) <= touch:
                out[-1] = ((above[0], above[1], above[2], box[3]), out[-1][1] + hs, out[-1][2] + vs)
                continue
        out.append((box, hs, vs))
    return [(hs, vs) for _, hs, vs in out]


def _box(hs: _Pieces, vs: _Pieces) -> tuple[float, float, float, float]:
    return (
        min([*(start for _, start, _ in hs), *(x for x, _, _ in vs)]),
        min([*(y for y, _, _ in hs), *(start for _, start, _ in vs)]),
        max([*(end for _, _, end in hs), *(x for x, _, _ in vs)]),
        max([*(y for y, _, _ in hs), *(end for _, _, end in vs)]),
    )


def _positions(pieces: list[tuple[float, float, float]], ends: list[float], least: float) -> list[float]:
    """The distinct positions of lines, with those of open ends where the table has no line of its own there."""
    found = sorted({at for at, _, _ in pieces})
    out: list[float] = []
    for at in found:
        if not out or at - out[-1] >= least:
            out.append(at)
    for end in ends:
        if not out or all(abs(end - at) > 2 * TOUCH for at in out):
            out.append(end)
    return sorted(out)


def _build(hs: _Pieces, vs: _Pieces, touch: float, before: Lattice | None) -> Lattice | None:
    """The cells of one group of lines. An outer edge that is not drawn (open at the sides, as many tables are) stands
    where the lines that would meet it end."""
    rest = len(hs) < 2
    if not vs or (rest and not _is_rest(hs, vs, touch, before)):
        return None
    left, right = min(start for _, start, _ in hs), max(end for _, _, end in hs)
    top, bottom = min(start for _, start, _ in vs), max(end for _, _, end in vs)
    xs = _positions(vs, [left, right], SHORTEST / 2)
    ys = _positions(hs, [top, bottom], _MIN_ROW)
    if len(xs) < 2 or len(ys) < 2 or len(xs) * len(ys) > 40_000:
        return None
    rows, columns = len(ys) - 1, len(xs) - 1
    wall_right = _walls(vs, xs, ys, touch)  # [line][row]: a wall at xs[line] beside that row
    wall_below = _walls(hs, ys, xs, touch)  # [line][column]: a wall at ys[line] under that column
    owner = [[-1] * columns for _ in range(rows)]
    cells: list[Box] = []
    for r in range(rows):
        for c in range(columns):
            if owner[r][c] >= 0:
                continue
            wide = 1
            while c + wide < columns and owner[r][c + wide] < 0 and not wall_right[c + wide][r]:
                wide += 1
            high = 1
            while r + high < rows and _goes_on(r + high, c, wide, columns, wall_right, wall_below, owner):
                high += 1
            for below in owner[r : r + high]:
                below[c : c + wide] = [len(cells)] * wide
            cells.append(Box(r, c, high, wide, xs[c], ys[r], xs[c + wide], ys[r + high]))
    return Lattice(tuple(xs), tuple(ys), tuple(cells), tuple(tuple(row) for row in owner), tuple(wall_below[-1]), rest)


def _is_rest(hs: _Pieces, vs: _Pieces, touch: float, before: Lattice | None) -> bool:
    """Whether lines are a row whose upper line the end of a page cut off: one horizontal, and on it uprights as long as
    one another, between the same sides as in the lattice before, as many as there or as in its last row, or where all
    of that row's are."""
    if before is None or len(hs) != 1:
        return False
    tops, at = [start for _, start, _ in vs], sorted({at for at, _, _ in vs})
    hangs = max(tops) - min(tops) <= touch and all(abs(end - hs[0][0]) <= touch for _, _, end in vs)
    sides = abs(at[0] - before.xs[0]) <= touch and abs(at[-1] - before.xs[-1]) <= touch
    cells = {before.cells[index] for index in before.owner[-1]}
    edges = {before.xs[0], *(cell.x1 for cell in cells)}
    same = len(at) in {len(before.xs), len(edges)} or all(any(abs(x - y) <= touch for y in at) for x in edges)
    return hangs and sides and same


def _goes_on(
    row: int,
    column: int,
    wide: int,
    columns: int,
    wall_right: list[list[bool]],
    wall_below: list[list[bool]],
    owner: list[list[int]],
) -> bool:
    """Whether a cell goes on in a row: no wall above any of its columns, none between them, and walls beside it."""
    if any(wall_below[row][c] or owner[row][c] >= 0 for c in range(column, column + wide)):
        return False
    if any(wall_right[c][row] for c in range(column + 1, column + wide)):
        return False
    end = column + wide
    return end == columns or wall_right[end][row] or owner[row][end] >= 0


def _walls(
    pieces: list[tuple[float, float, float]], lines: list[float], cuts: list[float], touch: float
) -> list[list[bool]]:
    """For each line and each interval between cuts, whether pieces on that line cover the interval."""
    covered = [[0.0] * (len(cuts) - 1) for _ in lines]
    for at, start, end in pieces:
        line = bisect_left(lines, at)  # the nearest, of two the first
        if line == len(lines) or (line and at - lines[line - 1] <= lines[line] - at):
            line -= 1
        first = max(bisect_right(cuts, start - touch) - 1, 0)
        row = covered[line]
        for n in range(first, len(cuts) - 1):
            if cuts[n] >= end:
                break
            # Without min and max, which cost twice as much: it is asked for every side of every cell.
            upto = end if end < cuts[n + 1] else cuts[n + 1]
            since = start if start > cuts[n] else cuts[n]
            if upto > since:
                row[n] += upto - since
    sizes = [after - before for before, after in pairwise(cuts)]
    return [[part >= COVER * size for part, size in zip(row, sizes, strict=True)] for row in covered]
