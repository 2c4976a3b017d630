"""Glyphs put together to lines, to pieces, and to the text of a cell."""

from __future__ import annotations

import pytest

from crawler.extraction.documents.pages.lines import (
    cut_pieces,
    holds_unknown,
    lowest_score,
    make_lines,
    read_text,
    reading_direction,
    turn_box,
)
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph
from tests.extraction.pages.build import turn_items, write

PAPER = (200.0, 300.0)


def turned(text: str, direction: int) -> list[Glyph]:
    """Text that is written straight and then turned with its paper."""
    return [g for g in turn_items(write(text, 40, 60), direction, *PAPER) if isinstance(g, Glyph)]


# --- Lines ------------------------------------------------------------------------------------------------------


def test_lines_go_from_top_to_bottom_whatever_the_order() -> None:
    glyphs = write("第二行", 50, 120) + write("一行", 70, 100) + write("第", 50, 100)
    lines = make_lines(reversed(glyphs), 3)
    assert [line.text for line in lines] == ["第一行", "第二行"]
    assert {line.page for line in lines} == {3}
    assert (lines[0].x0, lines[0].top, lines[0].bottom) == (50, 100, 112)
    assert (lines[0].size, lines[0].middle) == (12, 106)


def test_mixed_sizes_on_one_line_are_one_line() -> None:
    """Digits of another font stand a little higher and are smaller."""
    line = write("共", 50, 100) + write("12", 62, 102.5, 9) + write("件", 73, 100)
    assert [line.text for line in make_lines(line)] == ["共12件"]


def test_a_gap_is_a_blank_only_where_blanks_mean_something() -> None:
    assert [line.text for line in make_lines(write("本 年 Law 2023 号 12 34", 50, 100))] == ["本年 Law 2023 号 12 34"]


@pytest.mark.parametrize("raise_by", [-3.0, -1.0, 1.0])
def test_a_small_raised_number_is_a_note(raise_by: float) -> None:
    glyphs = write("22", 50, 100) + write("1", 62.5, 100 + raise_by, 6)
    assert read_text(glyphs) == "22（1）"


def test_a_note_inside_a_line() -> None:
    glyphs = write("共", 50, 100) + write("2", 62, 99, 6) + write("件", 66, 100)
    assert read_text(glyphs) == "共（2）件"


def test_small_text_away_from_a_number_is_no_note_of_it() -> None:
    glyphs = write("22", 50, 100) + write("1", 90, 94, 6)
    assert [line.text for line in make_lines(glyphs)] == ["1", "22"]


def test_a_low_small_number_is_no_note() -> None:
    assert read_text(write("22", 50, 100) + write("1", 62, 105.5, 6)) == "221"


# --- Pieces -----------------------------------------------------------------------------------------------------


def test_wide_gaps_divide_a_line() -> None:
    (line,) = make_lines(write("规章   12      0", 50, 100), 2)
    pieces = cut_pieces(line)
    assert [piece.text for piece in pieces] == ["规章", "12", "0"]
    assert [piece.x0 for piece in pieces] == [50, 92, 140]
    assert pieces[1].middle == 98
    assert pieces[1].page == 2


def test_an_upright_divides_what_stands_close() -> None:
    (line,) = make_lines(write("12", 50, 100) + write("34", 63, 100))
    assert [piece.text for piece in cut_pieces(line)] == ["1234"]
    assert [piece.text for piece in cut_pieces(line, [62.5])] == ["12", "34"]


# --- Text of a cell ---------------------------------------------------------------------------------------------


def test_nothing_is_a_blank_cell() -> None:
    assert read_text([]) == ""


def test_one_glyph_is_cleaned() -> None:
    assert read_text(write("⼀", 50, 100)) == "一"


def test_lines_of_a_label_are_one_text() -> None:
    assert read_text(write("社会\n公益\n组织", 50, 100)) == "社会公益组织"


@pytest.mark.parametrize(
    ("text", "width", "read"),
    [
        ("175\n0", 26.0, "1750"),  # no digit has room behind 175
        ("7730.\n28", 40.0, "7730.28"),
        ("1,\n234", 22.0, "1,234"),
        ("175\n0", 60.0, "175 0"),  # there was room for more: two numbers
        ("175\n件", 26.0, "175 件"),
        ("共\n175", 26.0, "共 175"),
    ],
)
def test_a_number_is_joined_only_where_no_digit_had_room(text: str, width: float, read: str) -> None:
    assert read_text(write(text, 50, 100), width) == read


def test_a_line_nearer_to_its_walls_shows_that_there_was_room() -> None:
    glyphs = write("175\n0", 50, 100)
    assert read_text(glyphs, 26.0, 8.0) == "1750"
    assert read_text(glyphs, 26.0, 2.0) == "175 0"


@pytest.mark.parametrize("more", ["3（", "3（\n其中修订"])
def test_a_bracket_stays_with_what_it_opens_on_the_next_line_or_page(more: str) -> None:
    """3（其 had no room behind the 1, though 3（ had."""
    assert read_text(write("1\n" + more, 50, 100), 34.0, 4.0) == "1" + more.replace("\n", "")
    assert read_text(write("1\n3", 50, 100), 34.0, 4.0) == "1 3"


@pytest.mark.parametrize("direction", [90, 180, 270])
def test_turned_text_is_read_in_its_direction(direction: int) -> None:
    glyphs = turned("三、本年度\n办理结果12", direction)
    assert reading_direction(glyphs) == direction
    assert read_text(glyphs) == "三、本年度办理结果12"
    assert read_text(list(reversed(glyphs))) == "三、本年度办理结果12"


@pytest.mark.parametrize("direction", [0, 90, 180, 270])
def test_a_turned_box_keeps_its_sides(direction: int) -> None:
    x0, top, x1, bottom = turn_box((10, 20, 40, 25), direction)
    assert {x1 - x0, bottom - top} == {30, 5}
    assert x0 < x1
    assert top < bottom


def test_upright_writing_is_read_downwards() -> None:
    glyphs = [Glyph(c, 50, 100 + 12 * n, 62, 112 + 12 * n, 90) for n, c in enumerate("三、本年度")]
    assert read_text(glyphs) == "三、本年度"


def test_most_glyphs_tell_the_direction() -> None:
    assert reading_direction([*turned("本年度", 90), *write("一", 50, 100)]) == 90


def test_one_glyph_a_line_is_one_text() -> None:
    assert read_text(write("三\n、\n本\n年\n度", 50, 100)) == "三、本年度"


def test_stacks_side_by_side_are_read_from_the_right() -> None:
    """As one paragraph for each glyph in two columns: the glyphs stand nearer to those below than to those beside."""
    right = write("办\n理\n结\n果", 74, 100)
    left = write("情\n况\n栏", 50, 100)
    assert read_text([*left, *right[:3]]) == "办理结情况栏"
    assert read_text([*left, *right]) == "办理结果情况栏"


def test_lines_of_two_glyphs_are_no_stacks() -> None:
    assert read_text(write("社会\n公益\n组织", 50, 100)) == "社会公益组织"


def test_the_least_sure_glyph_tells_the_score() -> None:
    glyphs = write("12", 50, 100, score=0.9) + write("3", 62, 100, score=0.4) + write("4", 68, 100)
    assert lowest_score(glyphs) == 0.4
    assert lowest_score(write("12", 50, 100)) is None


def test_unknown_characters_are_seen() -> None:
    assert holds_unknown(f"1{UNKNOWN}")
    assert not holds_unknown("12")


def test_a_line_that_begins_with_a_comma_goes_on_with_the_number() -> None:
    assert read_text(write("4\n，272", 50, 100)) == "4，272"
    assert read_text(write("4\n272", 50, 100)) == "4 272"


def test_a_comma_stays_with_its_digit_when_a_number_is_broken() -> None:
    """16，336 in a cell of 22 points: 6， had no room behind the 1."""
    assert read_text(write("1\n6，336", 50, 100, 10), 22.0, 7.0) == "16，336"


def test_a_comma_alone_on_its_line_stays_with_its_digit() -> None:
    """19，138 in a cell of 20 points: 9， had no room behind the 1, nor the comma behind the 9."""
    assert read_text(write("1\n9\n，\n13\n8", 50, 100, 10), 20.0, 10.0) == "19，138"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1,7\n38", "1,738"),
        ("1，\n7\n38", "1，738"),
        ("12,345,6\n78件", "12,345,678件"),
        ("1,738\n22", "1,738 22"),  # whole: another number follows
        ("1,7\n384", "1,7 384"),  # no thousands
        ("2.5,7\n38", "2.5,7 38"),
        ("1,7\n8", "1,78"),  # no number, and said to be none
    ],
)
def test_a_number_goes_on_that_ends_within_its_thousands(text: str, read: str) -> None:
    assert read_text(write(text, 50, 100), 80.0, 20.0) == read


def test_a_bracket_stays_with_the_digit_before_it_when_a_number_is_broken() -> None:
    """42（其中 in a cell of 30 points: 2（其 had no room behind the 4."""
    assert read_text(write("4\n2（其\n中21\n件）", 50, 100, 10), 30.0, 9.0) == "42（其中21 件）"


def test_a_wide_comma_stays_with_the_digits_on_both_sides_when_a_number_is_broken() -> None:
    """29，436 in a cell of 47 points, which leaves 11: 9， had room behind the 2, and 9，436 had none."""
    assert read_text(write("2\n9，436", 50, 100, 11), 47.0, 11.0) == "29，436"
    assert read_text(write("2\n9，436", 50, 100, 11), 70.0, 11.0) == "2 9，436"


def test_a_digit_that_lacked_a_tenth_of_a_point_had_no_room() -> None:
    """455 in a cell of 34.45 points, where lines leave 6: three digits of 9.5 would leave 5.95."""
    assert read_text(write("４５\n５", 50, 100, 9.5), 34.45, 6.0) == "455"
    assert read_text(write("４５\n５", 50, 100, 9.5), 34.52, 6.0) == "45 5"
