"""Ruling lines and the cells between them."""

from __future__ import annotations

import pytest

from crawler.extraction.documents.pages.lattice import Lattice, find_lattices, merge_rules
from crawler.extraction.documents.pages.model import Rule
from tests.extraction.pages.build import rule_grid

XS, YS = (50.0, 150.0, 250.0), (100.0, 120.0, 140.0, 160.0)


def across(x0: float, x1: float, y: float) -> Rule:
    return Rule(x0, y, x1, y)


def upright(x: float, top: float, bottom: float) -> Rule:
    return Rule(x, top, x, bottom)


def only(rules: list[Rule]) -> Lattice:
    (lattice,) = find_lattices(rules)
    return lattice


def spans(lattice: Lattice) -> list[tuple[int, int, int, int]]:
    return [(box.row, box.column, box.rowspan, box.colspan) for box in lattice.cells]


def test_every_cell_of_a_grid_has_its_box() -> None:
    lattice = only(rule_grid(XS, YS))
    assert (lattice.xs, lattice.ys) == (XS, YS)
    assert spans(lattice) == [(r, c, 1, 1) for r in range(3) for c in range(2)]
    box = lattice.cells[3]
    assert (box.x0, box.top, box.x1, box.bottom) == (150, 120, 250, 140)
    assert lattice.owner == ((0, 1), (2, 3), (4, 5))
    assert lattice.box == (50, 100, 250, 160)
    assert lattice.closed == (True, True)


def test_a_point_is_found_in_its_cell() -> None:
    lattice = only(rule_grid(XS, YS))
    assert [lattice.find(60, 110), lattice.find(240, 159), lattice.find(150, 120)] == [0, 5, 3]
    assert [lattice.find(40, 110), lattice.find(60, 99), lattice.find(60, 170), lattice.find(260, 110)] == [None] * 4


def test_cells_span_where_no_wall_stands() -> None:
    """A header over two columns, a group beside two rows."""
    rules = [across(50, 350, y) for y in (100, 120)] + [across(150, 350, 140), across(50, 350, 160)]
    rules += [upright(50, 100, 160), upright(150, 120, 160), upright(250, 120, 160), upright(350, 100, 160)]
    assert spans(only(rules)) == [(0, 0, 1, 3), (1, 0, 2, 1), (1, 1, 1, 1), (1, 2, 1, 1), (2, 1, 1, 1), (2, 2, 1, 1)]


def test_a_cell_stays_a_rectangle() -> None:
    """What no wall divides may be no rectangle: then each position still has one owner, and cells do not overlap."""
    rules = rule_grid((50, 150, 250), (100, 120, 140))
    rules = [rule for rule in rules if rule != across(50, 250, 120)]
    rules += [across(50, 150, 120)]
    rules = [rule for rule in rules if rule != upright(150, 100, 140)] + [upright(150, 120, 140)]
    lattice = only(rules)
    covered = [
        (r, c)
        for box in lattice.cells
        for r in range(box.row, box.row + box.rowspan)
        for c in range(box.column, box.column + box.colspan)
    ]
    assert sorted(covered) == [(r, c) for r in range(2) for c in range(2)]
    assert spans(lattice)[0] == (0, 0, 1, 2)


@pytest.mark.parametrize("apart", [0.0, 0.5, 1.5])
def test_lines_drawn_twice_are_one(apart: float) -> None:
    rules = rule_grid(XS, YS) + rule_grid([x + apart for x in XS], [y + apart for y in YS])
    assert spans(only(rules)) == [(r, c, 1, 1) for r in range(3) for c in range(2)]


def test_lines_in_pieces_are_one() -> None:
    """As word processors draw them: a piece for each side of each cell, some a little short."""
    rules = []
    for y in YS:
        rules += [across(x0 + 0.5, x1 - 1, y) for x0, x1 in ((50, 150), (150, 250))]
    for x in XS:
        rules += [upright(x, top + 1, bottom) for top, bottom in ((100, 120), (120, 140), (140, 160))]
    lattice = only(rules)
    assert len(lattice.cells) == 6
    (first, *_), _ = merge_rules(rules)
    assert first.pieces == [(50.5, 249)]


def test_dashes_are_a_line() -> None:
    dashed = [across(50 + 8 * n, 50 + 8 * n + 6, 140) for n in range(25)]
    rules = [rule for rule in rule_grid(XS, YS) if rule.top != 140 or rule.x0 == rule.x1] + dashed
    assert len(only(rules).cells) == 6


def test_strokes_of_something_else_are_no_lines() -> None:
    rules = [*rule_grid(XS, YS), across(60, 63, 110), upright(70, 105, 108.5)]
    assert len(only(rules).cells) == 6


def test_a_wall_covers_most_of_a_side() -> None:
    base = rule_grid((50, 250), (100, 120, 160))
    assert len(only([*base, upright(150, 130, 160)]).cells) == 3  # three quarters of the second row
    assert len(only([*base, upright(150, 142, 160)]).cells) == 2


def test_open_sides_stand_where_the_lines_end() -> None:
    rules = [across(50, 350, y) for y in YS] + [upright(150, 100, 160), upright(250, 100, 160)]
    lattice = only(rules)
    assert lattice.xs == (50, 150, 250, 350)
    assert len(lattice.cells) == 9


def test_a_row_that_the_page_cuts_is_open_below() -> None:
    rules = [across(50, 250, y) for y in (100, 120)] + [upright(x, 100, 170) for x in (50, 150, 250)]
    rules += [across(50, 150, 170)]
    lattice = only(rules)
    assert lattice.ys == (100, 120, 170)
    assert lattice.closed == (True, False)


def test_the_rest_of_a_row_that_the_page_cut() -> None:
    """One horizontal is all that it has; it is known by the lattice before: as many uprights between the same sides."""
    before = only(rule_grid((50, 150, 250), (600, 620, 700)))
    rest = [across(50, 250, 160), *(upright(x, 100, 160) for x in (50, 130, 250))]
    (lattice,) = find_lattices(rest, before=before)
    assert spans(lattice) == [(0, 0, 1, 1), (0, 1, 1, 1)]
    assert (lattice.ys, lattice.rest) == ((100, 160), True)
    assert find_lattices(rest) == []
    assert find_lattices([*rest, upright(200, 100, 160)], before=before) == []
    (lattice,) = find_lattices([*rest, upright(150, 100, 160)], before=before)  # those of the row before, and one more
    assert lattice.xs == (50, 130, 150, 250)
    assert find_lattices(rest, before=only(rule_grid((50, 150, 300), (600, 620)))) == []
    uneven = [upright(50, 90, 160), upright(130, 120, 160), upright(250, 100, 160)]
    assert find_lattices([across(50, 250, 160), *uneven], before=before) == []


def test_tables_on_one_another_are_one() -> None:
    """Two grids whose uprights do not meet, with the same sides and no space between them."""
    upper = rule_grid((50, 150, 350), (100, 120))
    lower = rule_grid((50, 250, 350), (122, 140))
    lattice = only(upper + lower)
    assert spans(lattice) == [(0, 0, 1, 1), (0, 1, 1, 2), (1, 0, 1, 2), (1, 2, 1, 1)]


def test_tables_apart_are_two() -> None:
    lower, upper = rule_grid((60, 260), (300, 320, 340)), rule_grid(XS, YS)
    assert [lattice.ys for lattice in find_lattices(lower + upper)] == [YS, (300, 320, 340)]
    beside = rule_grid((300, 400, 500), (100, 120))
    assert [lattice.xs[0] for lattice in find_lattices(beside + upper)] == [50, 300]


def test_a_close_table_with_other_sides_is_its_own() -> None:
    assert len(find_lattices(rule_grid(XS, YS) + rule_grid((90, 150, 350), (165, 185)))) == 2


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [across(50, 250, 100)],
        [across(50, 250, 100), across(50, 250, 200)],  # lines over and under a title
        [upright(50, 100, 200), upright(250, 100, 200)],
        [across(50, 250, 100), upright(150, 100, 200)],  # no second horizontal
        [across(50, 250, 100), across(50, 250, 102.5), upright(51, 100, 102.5)],  # nothing fits between
    ],
)
def test_lines_that_enclose_nothing(rules: list[Rule]) -> None:
    assert find_lattices(rules) == []


def test_a_drawing_is_no_table() -> None:
    many = [across(50, 250, 100 + 5.0 * n) for n in range(1600)]
    assert find_lattices([*many, upright(50, 100, 8100)]) == []
    fine = rule_grid([5.0 * n for n in range(210)], [5.0 * n for n in range(210)])
    assert find_lattices(fine) == []


def test_the_rest_of_a_row_has_the_uprights_of_the_last_row_alone() -> None:
    """The table has more columns than its last row, of which one cell spans two."""
    rules = [*rule_grid((50, 110, 170, 250), (600, 620)), *(across(50, 250, y) for y in (640, 700))]
    rules += [upright(x, 620, 700) for x in (50, 110, 250)]
    rest = [across(50, 250, 160), *(upright(x, 100, 160) for x in (50, 110, 250))]
    (lattice,) = find_lattices(rest, before=only(rules))
    assert (lattice.xs, lattice.rest) == ((50, 110, 250), True)
    assert find_lattices(rest, before=only(rule_grid((50, 110, 170, 250), (600, 620)))) == []


def test_a_side_that_meets_no_line_belongs_to_the_table_it_had_on_the_page_before() -> None:
    """The cell along it begins on the page before and ends on the page behind."""
    before = only(rule_grid((50, 90, 150, 250), (600, 620, 700)))
    rules = [across(90, 250, y) for y in (140, 180, 220)] + [upright(x, 100, 260) for x in (50, 90, 150, 250)]
    (lattice,) = find_lattices(rules, before=before)
    assert lattice.xs == (50, 90, 150, 250)
    assert (0, 0, len(lattice.ys) - 1, 1) in spans(lattice)
    assert [one.xs for one in find_lattices(rules)] == [(90, 150, 250)]
    shorter = [rule for rule in rules if rule.x0 != 50 or rule.x1 != 50]
    assert find_lattices([*shorter, upright(50, 100, 200)], before=before)[0].xs == (90, 150, 250)
    assert find_lattices([*shorter, upright(30, 100, 260)], before=before)[0].xs == (90, 150, 250)
