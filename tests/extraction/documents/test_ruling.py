"""The ruling of tables in pictures: drawn lines are found, strokes of text are not."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from crawler.extraction.documents.ocr.ruling import estimate_skew, find_ruling, turn_back
from crawler.extraction.documents.pages.lattice import find_lattices

XS = (60, 330, 420, 500, 640)
YS = (80, 120, 150, 180, 210, 260)


def draw(level: int = 0, thick: int = 1, *, double: bool = False, broken: int = 0, text: bool = True) -> np.ndarray:
    """A table of five rows and four columns, the first row across all of them, with figures in its cells and prose
    beneath; ``broken``: one pixel in so many is missing."""
    grey = np.full((520, 700), 255, np.uint8)
    for at in (0, 3) if double else (0,):
        for y in YS:
            grey[y + at : y + at + thick, XS[0] : XS[-1] + at + thick] = level
        for x in XS:
            top = YS[0] if x in (XS[0], XS[-1]) else YS[1]
            grey[top : YS[-1] + at + thick, x + at : x + at + thick] = level
    if broken:
        grey[::broken] = 255
        grey[:, ::broken] = 255
        for y in YS:
            grey[y, XS[0] : XS[-1] : 1] = np.where(np.arange(XS[-1] - XS[0]) % broken, level, 255)
    if text:
        for row, (top, bottom) in enumerate(pairwise(YS)):
            middle = (top + bottom) // 2 + 6
            for column, x in enumerate(XS[:-1]):
                if row or not column:
                    said = f"{(row * 37 + column * 111) % 900}" if column else "HEFTMEHL"
                    cv2.putText(grey, said, (x + 14, middle), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 0, 1, cv2.LINE_AA)
        for y in range(310, 500, 52):
            cv2.putText(
                grey, "EHTFL MEHLTF HEFTEL EHTF LMEH", (60, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 1, cv2.LINE_AA
            )
    return grey


def count_cells(grey: np.ndarray) -> list[int]:
    ruling = find_ruling(grey)
    return [len(lattice.cells) for lattice in find_lattices(ruling.rules)]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("level", "thick", "double", "broken"),
    [(0, 1, False, 0), (204, 1, False, 0), (0, 4, False, 0), (0, 1, True, 0), (0, 1, False, 9)],
    ids=["hairline", "light grey", "thick", "double", "broken"],
)
def test_the_ruling_gives_the_cells(level: int, thick: int, double: bool, broken: int) -> None:
    assert count_cells(draw(level, thick, double=double, broken=broken)) == [17]


@pytest.mark.no_cover
def test_noise_and_blur_leave_the_ruling() -> None:
    rng = np.random.default_rng(3)
    soft = cv2.GaussianBlur(draw(120), (3, 3), 0.8).astype(np.float32)
    noisy = np.clip(soft - 10 + rng.normal(0, 8, soft.shape), 0, 255).astype(np.uint8)
    assert count_cells(noisy) == [17]


@pytest.mark.no_cover
@pytest.mark.parametrize("angle", [0.6, -1.4, 2.5])
def test_a_turned_page_is_turned_back(angle: float) -> None:
    turned, _ = turn_back(draw(60), -angle)
    found = estimate_skew(turned)
    assert found == pytest.approx(angle, abs=0.08)
    straight, back = turn_back(turned, found)
    assert count_cells(straight) == [17]
    ys, xs = np.nonzero(straight < 120)
    there = back @ np.stack([xs[:50], ys[:50], np.ones(50)])
    xs, ys = np.rint(there).astype(int)
    assert (turned[ys.clip(0, turned.shape[0] - 1), xs.clip(0, turned.shape[1] - 1)] < 200).mean() > 0.9


def test_a_straight_page_stays() -> None:
    assert estimate_skew(draw()) == 0.0


def test_underlines_and_strokes_are_no_ruling() -> None:
    grey = draw(level=255)
    grey[322, 60:400] = 0
    grey[430:433, 60:90] = 0
    assert find_ruling(grey).rules == ()


def test_a_table_open_at_the_end_of_the_page_keeps_its_uprights() -> None:
    grey = draw()[: YS[4] + 12]
    assert len(find_lattices(find_ruling(grey).rules)[0].xs) == 5


def test_strokes_that_fill_a_row_are_no_walls() -> None:
    grey = draw(text=False)
    grey[YS[2] + 2 : YS[3] - 1, 200] = 0
    grey[YS[3] + 2 : YS[4] - 1, 460] = 0
    assert count_cells(grey) == [17]


@pytest.mark.no_cover
@pytest.mark.parametrize("level", [0, 120])
def test_strokes_of_a_merged_cell_right_over_a_wall_are_no_part_of_it(level: int) -> None:
    grey = draw(120)
    grey[YS[0] + 12 : YS[1] - 4, XS[1] : XS[1] + 3] = level
    grey[YS[0] + 12 : YS[1] - 4, XS[2] - 2 : XS[2] + 1] = level
    assert count_cells(grey) == [17]


@pytest.mark.parametrize("gap", [2, 4])
def test_a_wall_right_under_a_stroke_is_found_whole(gap: int) -> None:
    grey = draw(120)
    grey[YS[1] - gap - 16 : YS[1] - gap, XS[2] + 1 : XS[2] + 3] = 0
    assert count_cells(grey) == [17]


@pytest.mark.parametrize("double", [False, True])
def test_walls_that_stand_in_the_last_row_alone(double: bool) -> None:
    grey = np.full((400, 700), 255, np.uint8)
    for at in (0, 3) if double else (0,):
        for y in (80, 120, 168):
            grey[y + at, 60 : 641 + at] = 0
        for x in (60, 640):
            grey[80 : 169 + at, x + at] = 0
        for x in (200, 300, 400, 500):
            grey[120 : 169 + at, x + at] = 0
    for x in (90, 230, 330, 430, 530):
        cv2.putText(grey, "HEF", (x, 150), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 1, cv2.LINE_AA)
        cv2.putText(grey, "EHTFL MEHLTF", (60, 200 + x // 3), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 1, cv2.LINE_AA)
    assert count_cells(grey) == [6]


@pytest.mark.no_cover
def test_each_line_has_its_own_thickness() -> None:
    grey = draw()
    grey[YS[2] - 1 : YS[2] + 1] = grey[YS[2]]
    ruling = find_ruling(grey)
    thick = [own for rule, own in zip(ruling.rules, ruling.thick, strict=True) if abs(rule.top - YS[2]) < 3]
    assert len(ruling.thick) == len(ruling.rules)
    assert max(thick) > sorted(ruling.thick)[len(ruling.thick) // 2]


@pytest.mark.parametrize("shape", [(40, 40), (300, 30), (600, 600)])
def test_blank_paper_has_none(shape: tuple[int, int]) -> None:
    grey = np.full(shape, 250, np.uint8)
    assert find_ruling(grey).rules == ()
    assert estimate_skew(grey) == 0.0


def test_text_close_to_a_line_makes_it_no_bold_one() -> None:
    """The walls between labels are as thin as the lines that they stand between, which look thicker."""
    walls = (440, 520, 600, 680, 760)
    grey = np.full((520, 900), 255, np.uint8)
    for y, x0 in ((100, 60), (150, 360), (200, 360), (292, 60)):
        grey[y : y + 3, x0:841] = 0
    for x, top in ((60, 100), (360, 100), (840, 100), *((x, 200) for x in walls)):
        grey[top:293, x : x + 3] = 0
    for x in (360, *walls):
        for y in (232, 289):
            cv2.putText(grey, "ZZ", (x + 12, y), cv2.FONT_HERSHEY_SIMPLEX, 1.25, 0, 3, cv2.LINE_AA)
    for text, y in (("HEFTMEHL", 200), *((("EHTFL MEHLTF HEFTEL"), y) for y in (340, 400, 460))):
        cv2.putText(grey, text, (80, y), cv2.FONT_HERSHEY_SIMPLEX, 1.25, 0, 3, cv2.LINE_AA)
    assert count_cells(grey) == [9]


def test_pale_walls_between_rows_whose_titles_have_strokes_in_their_line() -> None:
    """A wall between two pixels is darker in the one; the strokes above and below stand over the other."""
    grey = np.full((420, 700), 255, np.uint8)
    ys = [60 + 34 * n for n in range(9)]
    for y in ys:
        grey[y, 60:641], grey[y + 1, 60:641] = 207, 233
    for x in (60, 640):
        grey[60 : ys[-1] + 1, x] = 150
    for row, (top, bottom) in enumerate(pairwise(ys)):
        said = ((150, "HEF 37"), (450, "HEF 37")) if row % 3 else ((260, "HEFTMEHL"),)
        for x, text in said:
            cv2.putText(grey, text, (x, bottom - 11), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 1, cv2.LINE_AA)
        if row % 3:
            grey[top:bottom, 350], grey[top:bottom, 351] = 207, 233
        else:
            grey[top + 4 : bottom - 4, 351:353] = 0
    assert count_cells(grey) == [13]
