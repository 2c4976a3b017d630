"""Round stamps set as text are no part of what a page says."""

from __future__ import annotations

import math

from crawler.extraction.documents.pages.model import Glyph
from crawler.extraction.documents.pages.stamps import drop_stamps
from tests.extraction.pages.build import write

RED = 0.26
CENTRE, RADIUS = (300.0, 400.0), 45.0
NAME = "云岭县人民政府办公室"


def set_stamp(name: str = NAME, number: str = "4113000012345", ink: float = RED) -> list[Glyph]:
    """A name on the upper arc, each character upright towards the centre, and a level number beneath."""
    glyphs = []
    for n, char in enumerate(name):
        turn = -120 + 240 * n / (len(name) - 1)
        x = CENTRE[0] + RADIUS * math.sin(math.radians(turn))
        y = CENTRE[1] - RADIUS * math.cos(math.radians(turn))
        near = round(turn / 90) * 90
        direction = (near if abs(turn - near) <= 5 else round(turn)) % 360
        glyphs.append(Glyph(char, x - 6, y - 6, x + 6, y + 6, direction, ink=ink))
    return glyphs + write(number, CENTRE[0] - 20, CENTRE[1] + 25, 6.0, ink=ink)


def set_text(ink: float = 0.0) -> list[Glyph]:
    return [g for n in range(6) for g in write("（三）不予公开 265 7", 240, 350 + 18 * n, ink=ink)]


def test_a_stamp_over_text_is_left_out() -> None:
    text = set_text()
    assert drop_stamps([*text, *set_stamp()]) == text


def test_two_stamps_are_left_out() -> None:
    text = set_text()
    other = [g._replace(x0=g.x0 + 150, x1=g.x1 + 150, top=g.top + 200, bottom=g.bottom + 200) for g in set_stamp()]
    assert drop_stamps([*set_stamp(), *text, *other]) == text


def test_what_stands_in_a_stamp_stays_if_the_page_has_its_ink() -> None:
    """Red numbers elsewhere: those within the stamp may be some of them."""
    numbers, outside = write("265", 290, 400, ink=RED), write("13", 60, 60, ink=RED)
    kept = drop_stamps([*set_text(), *numbers, *outside, *set_stamp()])
    assert all(g in kept for g in numbers)
    assert not any(g.text in NAME and g.direction for g in kept)


def test_a_black_stamp_takes_no_text_with_it() -> None:
    text = set_text()
    kept = drop_stamps([*text, *set_stamp(ink=0.0)])
    assert [g for g in kept if g in text] == text


def test_slanted_text_that_stands_on_no_arc_stays() -> None:
    text = set_text()
    slanted = [Glyph(c, 100 + 9 * n, 300 - 5 * n, 110 + 9 * n, 310 - 5 * n, 330, ink=RED) for n, c in enumerate(NAME)]
    assert drop_stamps([*text, *slanted]) == [*text, *slanted]
