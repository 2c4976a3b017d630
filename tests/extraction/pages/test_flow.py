"""Whole pages read: which lines are tables, tables over pages, turned and doubled pages, two decoders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from crawler.extraction.documents.model import PICTURE, Cell, Document
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph, Image, Page, Rule
from tests.extraction.pages.build import (
    HEIGHT,
    WIDTH,
    Item,
    change_glyphs,
    make_page,
    read,
    rows_of,
    rows_read,
    rule_grid,
    set_cells,
    set_table,
    tables_of,
    texts_of,
    turn_items,
    write,
)
from tests.extraction.pages.test_stamps import set_stamp

XS = (60.0, 200.0, 280.0, 360.0)
HEAD = ["信息内容", "本年制发", "现行有效"]
ROWS = [HEAD, ["规章", "1", "12"], ["行政规范性文件", "30", "4"]]
PROSE = "这一段文字只为排版而写没有实际内容读者不必深究它的意思只看断行与缩进"[:33]


def prose(top: float, count: int = 3, left: float = 60.0) -> list[Glyph]:
    return [g for n in range(count) for g in write(PROSE, left, top + 20 * n)]


def cell_at(document: Document, row: int, column: int, table: int = 0) -> Cell:
    cell = tables_of(document)[table].grid[row][column]
    assert cell is not None
    return cell


# --- One page ---------------------------------------------------------------------------------------------------


def test_a_table_between_paragraphs() -> None:
    page = make_page(prose(60), set_table(ROWS, XS, 140), prose(230), number=4)
    document = read(page)
    assert [type(block).__name__ for block in document.blocks] == ["Paragraph", "Table", "Paragraph"]
    (table,) = tables_of(document)
    assert rows_of(table) == ROWS
    assert table.spans
    assert table.breaks == ()
    assert (table.place.page, table.place.bbox) == (4, (60, 140, 360, 200))
    assert (table.width, document.media_type) == (3, "application/pdf")


def test_a_cell_stands_at_its_text_and_a_blank_one_at_its_lines() -> None:
    document = read(make_page(set_table([HEAD, ["规章", "30", ""]], XS, 140)))
    assert cell_at(document, 1, 1).place.bbox == (203, 165, 213, 175)
    assert cell_at(document, 1, 2).place.bbox == (280, 160, 360, 180)
    assert cell_at(document, 1, 2).text == ""


def test_a_spanning_cell_stands_at_every_position() -> None:
    rules = rule_grid(XS, (100, 120, 140))
    rules = [r for r in rules if r != Rule(280, 100, 280, 140)] + [Rule(280, 120, 280, 140)]
    page = make_page(rules, set_cells([["信息内容", "本年数量"], ["规章", "1", "2"]], XS, (100, 120, 140)))
    document = read(page)
    assert rows_of(tables_of(document)[0]) == [["信息内容", "本年数量", "本年数量"], ["规章", "1", "2"]]
    assert (cell_at(document, 0, 1).colspan, cell_at(document, 0, 2)) == (2, cell_at(document, 0, 1))


def test_a_box_around_a_heading_is_no_table() -> None:
    page = make_page(rule_grid((50, 500), (95, 125)), write("一、总体情况", 60, 105), prose(150))
    assert [type(block).__name__ for block in read(page).blocks] == ["Paragraph", "Paragraph"]


def test_a_box_around_the_page_hides_no_table() -> None:
    """Where lattices lie in one another, the smallest has the text."""
    page = make_page(rule_grid((20, 400, 580), (20, 820)), set_table(ROWS, XS, 140))
    assert ROWS in [rows_of(table) for table in tables_of(read(page))]


def test_an_image_in_a_cell_is_said() -> None:
    """A number given as a picture is no blank."""
    page = make_page(set_table([HEAD, ["规章", "", "2"]], XS, 140), Image(210, 163, 230, 177), Image(0, 0, 595, 842))
    assert rows_read(page)[1] == ["规章", PICTURE, "2"]


def test_small_images_are_dirt() -> None:
    assert rows_read(make_page(set_table([HEAD, ["规章", "", "2"]], XS, 140), Image(210, 163, 213, 166)))[1][1] == ""


def test_upright_labels_stand_in_their_cells() -> None:
    rules = rule_grid((60, 100, 200), (100, 200))
    label = [Glyph(c, 70, 105 + 12 * n, 82, 117 + 12 * n, 90) for n, c in enumerate("三、本年度")]
    page = make_page(rules, label, write("12", 120, 140), prose(230))
    assert rows_read(page) == [["三、本年度", "12"]]


def test_columns_without_a_line() -> None:
    page = make_page(prose(60), set_cells(ROWS, XS, (140, 160, 180, 200)), prose(230))
    document = read(page)
    (table,) = tables_of(document)
    assert rows_of(table) == ROWS
    assert not table.spans
    assert cell_at(document, 1, 1).place.bbox == (203, 165, 208, 175)
    assert len(texts_of(document)) == 2


def test_the_longest_label_before_few_numbers_is_a_row() -> None:
    label = "（二）部分公开（区分处理的，只计这一情形，不计其他情形）"
    page = make_page(
        write("信息内容", 60, 100) + write("自然人", 420, 100) + write("其他", 470, 100) + write("总计", 520, 100),
        write("一、本年新收", 60, 120) + write("14", 425, 120) + write("2", 475, 120) + write("16", 525, 120),
        write(label, 60, 140) + write("3", 425, 140) + write("3", 525, 140),
        write("（七）总计", 60, 160) + write("11", 425, 160) + write("2", 475, 160) + write("13", 525, 160),
    )
    assert [row[-3:] for row in rows_read(page)][1:] == [["14", "2", "16"], ["3", "", "3"], ["11", "2", "13"]]


def test_a_number_in_prose_is_no_table() -> None:
    page = make_page(prose(60), write("收到  12", 60, 120), prose(140))
    assert tables_of(read(page)) == []


def test_the_heading_of_the_next_section_ends_a_table() -> None:
    rows = [*ROWS, ["收费", "5", "6"]]
    ys = (140, 160, 180, 200, 220)
    page = make_page(set_cells(rows, XS, ys), write("三、收到和处理申请情况", 60, 240), prose(262))
    document = read(page)
    assert rows_of(tables_of(document)[0]) == rows
    assert texts_of(document)[0] == "三、收到和处理申请情况"


def test_the_rest_of_the_last_label_belongs_to_the_table() -> None:
    rows = [HEAD, ["1.属于国家秘密", "1", "2"], ["2.要求行政机关", "5", "6"]]
    page = make_page(set_cells(rows, XS, (140, 160, 180, 200)), write("重新出具", 63, 198, 10), prose(240))
    assert rows_of(tables_of(read(page))[0])[-1] == ["2.要求行政机关重新出具", "5", "6"]


def test_the_first_line_of_a_header_belongs_to_the_table() -> None:
    rows = [["", "自然人", "总计"], ["一、新收", "1", "2"], ["二、结转", "5", "6"]]
    page = make_page(write("申请人情况", 230, 128, 10), set_cells(rows, XS, (140, 160, 180, 200)))
    (table,) = tables_of(read(page))
    assert "申请人情况" in rows_of(table)[0]


@pytest.mark.parametrize("lines", ["floors", "walls", "outer and floors"])
def test_lines_that_leave_numbers_undivided_only_help(lines: str) -> None:
    ys = (140.0, 160.0, 180.0, 200.0)
    rules = {
        "floors": [Rule(60, y, 360, y) for y in ys],
        "walls": [Rule(x, 140, x, 200) for x in XS] + [Rule(60, 140, 360, 140), Rule(60, 200, 360, 200)],
        "outer and floors": [Rule(60, y, 360, y) for y in ys] + [Rule(60, 140, 60, 200), Rule(360, 140, 360, 200)],
    }[lines]
    assert rows_read(make_page(rules, set_cells(ROWS, XS, ys))) == ROWS


def test_a_number_broken_in_a_cell_does_not_undo_the_lines() -> None:
    xs = (60.0, 200.0, 226.0, 260.0)
    rows = [["信息内容", "制发", "有效"], ["规章", "175\n0", "12"], ["文件", "3", "4"]]
    page = make_page(set_table(rows, xs, 140, 40))
    assert rows_read(page)[1] == ["规章", "1750", "12"]


def put_digits(text: str, x: float, top: float) -> list[Glyph]:
    """Digits of ten points, a 1 narrower than the others."""
    glyphs = []
    for digit in text:
        step = 4.6 if digit == "1" else 5.0
        glyphs.append(Glyph(digit, x, top, x + step, top + 10))
        x += step
    return glyphs


def test_cells_drawn_by_themselves_end_at_their_own_lines() -> None:
    """Between two of them stand two lines, beside the last one; by the middles of these the broken number had room."""
    boxes = [(60.0, 199.05), (200.95, 217.45), (219.35, 235.85)]
    rules = [rule for x0, x1 in boxes for rule in rule_grid((x0, x1), (100, 130))]
    page = make_page(
        rules,
        write("行政许可", 63, 110, 10),
        put_digits("2", 206, 103) + put_digits("7", 206, 116),
        put_digits("11", 222, 110),
    )
    assert rows_read(page) == [["行政许可", "27", "11"]]


def test_two_numbers_in_a_cell_stay_two_where_a_column_of_the_same_width_shows_room() -> None:
    rows = [["行政许可\n行政处罚", "12345\n6", "7\n8"], ["行政强制", "1", "123456"]]
    grid = rows_read(make_page(set_table(rows, (60.0, 200.0, 240.0, 280.0), 140, 40)))
    assert grid[0][1] == "12345 6"


def test_columns_that_whole_pixels_make_wider_than_others() -> None:
    """The tightest line stands in a column that is a pixel narrower; in its own the broken number had no room."""
    xs, ys = (60.0, 200.0, 215.75, 230.75), (100.0, 130.0, 160.0)
    page = make_page(
        rule_grid(xs, ys),
        write("行政许可", 63, 110, 10) + write("行政处罚", 63, 140, 10),
        put_digits("7", 205, 103) + put_digits("3", 205, 116) + put_digits("16", 219, 110),
        put_digits("11", 205, 140) + put_digits("5", 221, 140),
    )
    assert rows_read(page) == [["行政许可", "73", "16"], ["行政处罚", "11", "5"]]


def test_a_header_without_lines_over_its_lines() -> None:
    ys = (140.0, 160.0, 180.0, 200.0)
    page = make_page(prose(40), rule_grid(XS, ys[1:]), set_cells(ROWS, XS, ys), prose(230))
    document = read(page)
    assert [row[-2:] for row in rows_of(tables_of(document)[0])] == [row[-2:] for row in ROWS]
    assert texts_of(document)[0].endswith(PROSE)


def test_a_header_of_labels_over_columns_of_one_cell_each() -> None:
    """Uprights alone, in a box: each cell holds its label and its numbers one under the other."""
    xs, ys = (60.0, 140.0, 220.0, 300.0), (140.0, 160.0, 180.0)
    rows = [["维持", "纠正", "总计"], ["1", "2", "3"]]
    assert rows_read(make_page(rule_grid(xs, (140, 180)), set_cells(rows, xs, ys))) == rows


def test_a_label_and_a_number_in_one_cell_stand_apart_if_others_beside_them_do() -> None:
    """One cell for each column, though header and row have no line between them."""
    xs, ys = (60.0, 200.0, 320.0), (140.0, 160.0, 180.0)
    rows = [["信息内容", "本年处理决定数量"], ["行政许可", "12005"]]
    assert rows_read(make_page(rule_grid(xs, (140, 180)), set_cells(rows, xs, ys))) == rows


def test_a_note_that_ends_in_a_number_divides_no_row() -> None:
    """A label over all rows has a line at the height of each of the note's."""
    xs, ys = (60.0, 100.0, 200.0, 260.0, 330.0), (140.0, 180.0, 220.0)
    rows = [["三、\n本年", "（一）予以公开", "36", "当面答复\n3件"], ["", "（二）部分公开", "12", "邮寄\n2件"]]
    rules = [rule for rule in rule_grid(xs, ys) if rule.top != 180.0 or rule.x0 == rule.x1]
    page = make_page(rules, [Rule(100, 180, 330, 180)], set_cells(rows, xs, ys))
    assert [row[1:] for row in rows_read(page)] == [
        ["（一）予以公开", "36", "当面答复 3件"],
        ["（二）部分公开", "12", "邮寄 2件"],
    ]


def test_a_remark_beside_numbers_in_cells_of_their_own_divides_no_row() -> None:
    """Though a label beside it stands on two lines as the remark does."""
    xs = (60.0, 200.0, 260.0, 320.0)
    rows = [
        ["信息内容", "自然人", "备注"],
        ["一、本年新收申请数\n量", "463", "含网络申请\n5件"],
        ["二、上年结转", "21", ""],
    ]
    assert rows_read(make_page(set_table(rows, xs, 140, 30)))[1][1] == "463"
    assert tables_of(read(make_page(set_table(rows, xs, 140, 30))))[0].spans


def test_a_stamp_over_a_table_is_not_read() -> None:
    moved = [g._replace(x0=g.x0 - 60, x1=g.x1 - 60, top=g.top - 230, bottom=g.bottom - 230) for g in set_stamp()]
    assert rows_read(make_page(set_table(ROWS, XS, 140), moved)) == ROWS


def test_hidden_text_is_not_read() -> None:
    hidden = write("99", 215, 165, 10, visible=False)
    assert rows_read(make_page(set_table(ROWS, XS, 140), hidden)) == ROWS


def test_a_watermark_is_not_read() -> None:
    """Big words, one of whose letters lies over nothing."""
    words = write("内部资料", 150, 150, 60)
    page = make_page(prose(40), set_table(ROWS, XS, 140), prose(230), words)
    document = read(page)
    assert rows_of(tables_of(document)[0]) == ROWS
    assert "内" not in "".join(t.replace("内容", "") for t in texts_of(document))


def test_a_big_title_is_no_watermark() -> None:
    page = make_page(write("年度报告", 200, 40, 30), prose(100, 6))
    assert texts_of(read(page))[0] == "年度报告"


def test_tiny_text_is_not_read() -> None:
    assert rows_read(make_page(set_table(ROWS, XS, 140), write("99", 215, 165, 2))) == ROWS


def test_specks_are_not_read_and_hide_nothing_though_a_page_holds_more_of_them_than_text() -> None:
    specks = [g for n in range(30) for g in write("4254", 65 + 4 * n, 62 + n / 2, 0.2)]
    assert texts_of(read(make_page(write("六、其他事项", 60, 60), specks, prose(90, 1)))) == ["六、其他事项", PROSE]


def test_a_character_that_a_damaged_font_makes_wide_reaches_over_no_other() -> None:
    cells = [set_cells([row], XS, (140 + 20 * n, 160 + 20 * n)) for n, row in enumerate(ROWS)]
    at = next(n for n, g in enumerate(cells[0]) if g.text == "制")
    cells[0][at] = cells[0][at]._replace(x1=550)
    assert rows_read(make_page(*cells)) == ROWS


# --- Over pages -------------------------------------------------------------------------------------------------


def over_pages(
    first: Sequence[Sequence[str]],
    second: Sequence[Sequence[str]],
    *,
    xs: tuple[float, ...] = XS,
    lower: tuple[float, ...] = XS,
    between: Sequence[Item] = (),
) -> Document:
    one = make_page(prose(60), set_table(first, xs, 800 - 20 * len(first)), write("- 1 -", 280, 820, 9))
    two = make_page(between, set_table(second, lower, 60), prose(400), write("- 2 -", 280, 820, 9), number=2)
    return read(one, two)


def test_a_table_goes_on_over_the_page() -> None:
    document = over_pages(ROWS[:2], ROWS[2:])
    (table,) = tables_of(document)
    assert rows_of(table) == ROWS
    assert table.breaks == (2,)
    assert [cell_at(document, row, 0).place.page for row in range(3)] == [1, 1, 2]
    assert not any("-" in text for text in texts_of(document))


@pytest.mark.parametrize("again", [[], [["信息内容", "制", "废"]]])
def test_a_number_that_the_page_cuts_goes_on_under_the_header_printed_again(again: list[list[str]]) -> None:
    xs = (60.0, 200.0, 216.5, 233.0)
    first = [["信息内容", "制", "废"], ["规章", "17", "30"]]
    table = tables_of(over_pages(first, [*again, ["", "5", ""], ["其他", "1", "2"]], xs=xs, lower=xs))[0]
    rest, other = table.grid[2 + len(again)][1], table.grid[3 + len(again)][1]
    assert rest is not None
    assert other is not None
    assert (rest.text, rest.goes_on, other.goes_on) == ("5", True, False)


def test_a_table_goes_on_where_its_outer_line_is_missing() -> None:
    """The page has cut off the left border: the label's cell is open there."""
    xs = XS[1:]
    rules = [Rule(60, y, 360, y) for y in (60, 80)] + [Rule(x, 60, x, 80) for x in xs]
    one = make_page(set_table(ROWS[:2], XS, 760))
    two = make_page(rules, set_cells(ROWS[2:], XS, (60, 80)), number=2)
    (table,) = tables_of(read(one, two))
    assert rows_of(table) == ROWS


def test_the_rest_of_the_last_row_alone_goes_on_over_the_page() -> None:
    """The page cut the row and drew no line there; all that is left of it is open above."""
    first = make_page(
        rule_grid((50, 150, 250), (600, 620)),
        [Rule(x, 620, x, 760) for x in (50, 150, 250)],
        write("规章", 60, 605) + write("12", 160, 605) + write("行政规", 60, 740) + write("36", 160, 740),
    )
    rest = [Rule(50, 110, 250, 110), *(Rule(x, 60, x, 110) for x in (50, 150, 250))]
    second = make_page(rest, write("范性文件", 60, 64), number=2)
    assert rows_read(first, second) == [["规章", "12"], ["行政规", "36"], ["范性文件", ""]]


@pytest.mark.parametrize("label", ["1.属于国家秘密\n2.其他", "规章\n文件"])
def test_uprights_over_one_line_may_hold_several_rows(label: str) -> None:
    """Then they are no row of a lattice, though they stand where the columns of the page before do."""
    first = make_page(set_table([["信息内容", "本年制发", "有效"], ["规章", "12", "7"]], (50, 150, 250, 350), 600))
    rest = [Rule(50, 140, 350, 140), *(Rule(x, 60, x, 140) for x in (50, 150, 250, 350))]
    second = make_page(rest, write(label, 60, 64), write("36\n4", 160, 64), write("5\n2", 260, 64), number=2)
    rows = [row for table in tables_of(read(first, second)) for row in rows_of(table)]
    assert [row[-2:] for row in rows] == [["本年制发", "有效"], ["12", "7"], ["36", "5"], ["4", "2"]]


def test_uprights_that_divided_no_rows_before_the_page_divide_none_behind_it() -> None:
    """Their numbers do not show it: they stand one under another, as one that did not fit would."""
    xs = (60.0, 90.0, 200.0, 260.0, 320.0)
    first = make_page(
        set_cells([["", "信息内容", "制发", "有效"]], xs, (700, 720)),
        [Rule(60, 700, 320, 700), *(Rule(x, 700, x, 780) for x in xs)],
        set_cells([["", "行政许可", "12", "7"], ["", "规章", "3", "5"]], xs, (720, 750, 780)),
    )
    rest = [Rule(60, 140, 320, 140), Rule(60, 100, 90, 100), *(Rule(x, 60, x, 140) for x in xs)]
    rows = [["", "行政处罚", "14", "9"], ["", "行政强制", "1", "2"], ["", "行政收费", "8", "8"]]
    second = make_page(rest, set_cells(rows, xs, (60, 85, 110, 135)), number=2)
    read_ = [row for table in tables_of(read(first, second)) for row in rows_of(table)]
    assert [row[-3:] for row in read_[-3:]] == [row[-3:] for row in rows]


def test_labels_that_no_wall_parts_over_one_line_of_numbers() -> None:
    """The header's uprights are missing in one of its groups."""
    xs = tuple(60.0 + 50 * n for n in range(7))
    ys = (140.0, 160.0, 180.0, 200.0)
    labels = ["维持结果", "纠正结果", "总计"]
    rules = [Rule(60, y, 360, y) for y in (140.0, 180.0, 200.0)] + [Rule(60, 160, 210, 160)]
    rules += [Rule(x, 140, x, 200) for x in (60.0, 210.0, 360.0)] + [Rule(x, 160, x, 200) for x in (110.0, 160.0)]
    rules += [Rule(x, 180, x, 200) for x in (260.0, 310.0)]
    page = make_page(
        rules,
        write("行政复议", 115, 145, 10) + write("行政诉讼", 265, 145, 10),
        set_cells([[*labels, *labels], ["1", "2", "3", "5", "0", "5"]], xs, ys[1:]),
    )
    *_, header, numbers = rows_read(page)
    assert (header, numbers) == ([*labels, *labels], ["1", "2", "3", "5", "0", "5"])


def test_a_label_cut_by_the_page_is_compared_on_both_its_pages_and_stands_on_the_first() -> None:
    xs = (60.0, 140.0, 220.0)
    one = make_page(prose(600), set_cells([["行政复议", "", ""], ["结果", "结果", "总计"]], xs, (770, 785, 800)))
    two = make_page(set_cells([["维持", "纠正", ""], ["1", "2", "3"]], xs, (60, 80, 100)), number=2)
    document = read(one, two, second=[one, two])
    cells = [cell for row in tables_of(document)[0].grid for cell in row if cell and cell.text == "结果维持"]
    assert [(cell.place.page, cell.place.bbox, cell.doubt) for cell in cells] == [(1, (63, 787.5, 83, 797.5), None)]


def test_another_table_on_the_next_page_is_another() -> None:
    document = over_pages(ROWS[:2], [["行政许可", "5"]], lower=(60.0, 160.0, 330.0))
    assert [rows_of(table) for table in tables_of(document)] == [ROWS[:2], [["行政许可", "5"]]]


def test_text_between_two_tables_makes_them_two() -> None:
    document = over_pages(ROWS[:2], ROWS[2:], between=write("三、收到和处理申请情况", 60, 40))
    assert len(tables_of(document)) == 2


def test_columns_of_both_pages_make_the_grid() -> None:
    """The first page has fewer columns; a cell that reaches over one of the next page's spans it."""
    upper = [["信息内容", "本年处理决定数量"], ["行政许可", "550"]]
    (table,) = tables_of(over_pages(upper, ROWS, xs=(60.0, 200.0, 360.0)))
    assert rows_of(table) == [*([*row, row[-1]] for row in upper), *ROWS]


def test_three_pages() -> None:
    pages = [make_page(set_table([row], XS, 100), number=n) for n, row in enumerate(ROWS, 1)]
    (table,) = tables_of(read(*pages))
    assert rows_of(table) == ROWS
    assert table.breaks == (1, 2)


def test_lines_that_hang_out_of_the_last_row_belong_to_its_cells() -> None:
    """The page ends before the row: its last lines stand below the last horizontal."""
    rules = [r for r in rule_grid(XS, (700, 720, 740)) if r.top != 740 or r.x0 == r.x1]
    label = write("2.其他法律行政", 63, 725, 10) + write("法规禁止公开", 63, 742, 10)
    one = make_page(rules, set_cells([HEAD], XS, (700, 720)), label)
    two = make_page(set_table([["", "1", "2"]], XS, 60), number=2)
    (table,) = tables_of(read(one, two))
    assert rows_of(table)[1][0] == "2.其他法律行政法规禁止公开"


def test_text_below_a_closed_table_is_not_part_of_it() -> None:
    one = make_page(set_table(ROWS[:2], XS, 700), write("注：数据截至年底", 63, 745, 10))
    two = make_page(set_table(ROWS[2:], XS, 60), number=2)
    document = read(one, two)
    assert len(tables_of(document)) == 2
    assert texts_of(document) == ["注：数据截至年底"]


def test_a_label_that_two_pages_have_at_one_height_is_no_running_head() -> None:
    """总计 of two headers, each below the first lines of its page."""
    xs = (60.0, 200.0, 280.0, 360.0)
    pages = [
        make_page(
            write("自然", 205, 60, 10), write("总计", 285, 67, 10), write("人", 210, 74, 10),
            set_cells([["一、新收", str(n), str(n + 1)]], xs, (90, 110)), prose(150), number=n,
        )
        for n in (1, 2)
    ]  # fmt: skip
    assert all("总计" in [text for row in rows_of(table) for text in row] for table in tables_of(read(*pages)))


def test_columns_without_lines_go_on_over_the_page() -> None:
    more = [["行政许可", "5", "6"], ["行政处罚", "7", "8"]]
    one = make_page(set_cells(ROWS, XS, (700, 720, 740, 760)), write("- 1 -", 280, 820, 9))
    two = make_page(set_cells(more, XS, (60, 80, 100)), prose(200), write("- 2 -", 280, 820, 9), number=2)
    document = read(one, two)
    (table,) = tables_of(document)
    assert rows_of(table) == ROWS + more
    assert table.breaks == (3,)


def test_horizontals_alone_go_on_over_the_page() -> None:
    more = [["行政许可", "5", "6"], ["行政处罚", "7", "8"]]

    def floors(ys: Sequence[float]) -> list[Rule]:
        return [Rule(60, y, 360, y) for y in ys] + [Rule(x, ys[0], x, ys[-1]) for x in (60, 360)]

    upper, lower = (700.0, 720.0, 740.0, 760.0), (60.0, 80.0, 100.0)
    one = make_page(floors(upper), set_cells(ROWS, XS, upper))
    two = make_page(floors(lower), set_cells(more, XS, lower), number=2)
    (table,) = tables_of(read(one, two))
    assert rows_of(table) == ROWS + more


def test_a_header_without_lines_cut_by_the_page() -> None:
    """Its first lines end a page, its last ones and the numbers begin the next."""
    xs = (60.0, 200.0, 260.0, 320.0)
    one = make_page(prose(600), set_cells([["", "申请人情况", "", ""]], xs, (780, 800)))
    rows = [["", "自然人", "商业企业", "总计"], ["一、新收", "1", "2", "3"], ["二、结转", "4", "5", "9"]]
    two = make_page(set_cells(rows, xs, (60, 80, 100, 120)), number=2)
    (table,) = tables_of(read(one, two))
    assert [row for row in rows_of(table) if "1" in row or "4" in row] == rows[1:]
    assert "申请人情况" in [text for row in rows_of(table) for text in row]


def test_a_ruled_header_at_the_end_of_a_page_heads_the_columns_of_the_next() -> None:
    xs = (60.0, 200.0, 280.0, 360.0)
    one = make_page(prose(600), rule_grid((60, 360), (780, 800, 820)), set_cells([HEAD], xs, (780, 800)))
    two = make_page(
        [Rule(60, y, 360, y) for y in (60.0, 80.0, 100.0)], set_cells(ROWS[1:], xs, (60, 80, 100)), number=2
    )
    (table,) = tables_of(read(one, two))
    assert rows_of(table) == ROWS


def test_a_line_of_numbers_alone_under_a_ruled_header_that_ends_a_page() -> None:
    """In a box of its own, without uprights, as the header is."""
    xs = (60.0, 140.0, 220.0, 300.0)
    header = set_cells([["行政复议", "行政诉讼"], ["维持", "纠正", "总计"]], xs, (780, 800, 820))
    one = make_page(prose(600), rule_grid((60, 300), (780, 800, 820)), header)
    two = make_page(rule_grid((60, 300), (60, 80)), set_cells([["1", "2", "3"]], xs, (60, 80)), prose(120), number=2)
    (table,) = tables_of(read(one, two))
    assert rows_of(table)[-2:] == [["维持", "纠正", "总计"], ["1", "2", "3"]]


def test_a_ruled_header_whose_last_line_hangs_out_heads_the_columns_of_the_next_page() -> None:
    """The page ends within the lower row of the header: its labels go on below the last line."""
    one = make_page(
        prose(600),
        rule_grid((60, 360), (780, 800, 812)),
        set_cells([["", "政府信息公开", "情况"], ["", "本年", "现行"]], XS, (780, 800, 812)),
        set_cells([["", "制发", "有效"]], XS, (812, 824)),
    )
    two = make_page(
        [Rule(60, y, 360, y) for y in (60.0, 80.0, 100.0)], set_cells(ROWS[1:], XS, (60, 80, 100)), number=2
    )
    (table,) = tables_of(read(one, two))
    assert rows_of(table)[-3:] == [["", "本年制发", "现行有效"], *ROWS[1:]]


def test_a_table_without_numbers_some_way_over_another_is_not_its_header() -> None:
    box = set_table([["联系人", "张三"], ["地址", "某路"]], (60.0, 200.0, 360.0), 700)
    rows = [["规章", "1", "12"], ["文件", "30", "4"], ["其他", "3", "4"]]
    one = make_page(prose(600), box, set_cells(rows[:2], XS, (770, 790, 810)))
    two = make_page(set_cells(rows[2:], XS, (60, 80)), number=2)
    assert rows_of(tables_of(read(one, two))[0]) == [["联系人", "张三"], ["地址", "某路"]]


def test_the_header_of_a_lattice_may_begin_on_the_page_before() -> None:
    xs = (60.0, 140.0, 220.0, 300.0)
    one = make_page(prose(600), set_cells([["行政复议", "", ""]], xs, (790, 810)))
    two = make_page(
        set_cells([["维持", "纠正", "总计"]], xs, (40, 60)),
        rule_grid(xs, (60, 80)),
        set_cells([["1", "2", "3"]], xs, (60, 80)),
        number=2,
    )
    document = read(one, two)
    (table,) = tables_of(document)
    assert rows_of(table) == [["行政复议", "", ""], ["维持", "纠正", "总计"], ["1", "2", "3"]]
    assert cell_at(document, 0, 0).place.page == 1
    assert cell_at(document, 1, 0).place.page == 2


def test_many_rows_of_blanks_do_not_end_a_table() -> None:
    labels = [f"{n}.属于第{n}类不予公开情形" for n in range(1, 14)]
    rows = [*ROWS, *([label, "", ""] for label in labels), ["14.其他", "5", "6"]]
    page = make_page(set_cells(rows, XS, [100 + 20 * n for n in range(len(rows) + 1)]))
    (table,) = tables_of(read(page))
    assert [row[0] for row in rows_of(table)] == [row[0] for row in rows]
    assert rows_of(table)[-1] == ["14.其他", "5", "6"]


def test_the_rest_of_an_upright_label_over_the_next_page_is_no_header() -> None:
    """It hangs out of its cell at the top of the page and stands over no number."""
    xs = (60.0, 90.0, 120.0, 260.0, 320.0)
    one = make_page(prose(60), set_table([["", "", *HEAD[:2]], ["", "", "（一）公开", "1"]], xs, 740))
    rest = write("三", 63, 48, 10) + write("予公开", 93, 48, 10)
    two = make_page(rest, set_table([["", "", "1.国家秘密", "31"]], xs, 60), number=2)
    assert all(table.spans for table in tables_of(read(one, two)))


def test_prose_under_a_table_is_none_of_its_rows_though_its_number_is_the_next() -> None:
    rows = [["", "自然人", "总计"], ["（一）公开", "1", "2"], ["（二）部分", "3", "4"]]
    text = "（三）平台建设方面全年共发布信息三千余条，接受群众咨询九百人次，网站运行平稳有序"
    page = make_page(set_cells(rows, XS, (100, 120, 140, 160)), write(text, 63, 165, 10))
    assert texts_of(read(page)) == [text]


def test_a_heading_set_as_the_labels_are_is_no_row() -> None:
    """Another heading has its number by mistake."""
    rows = [["", "自然人", "总计"], ["一、本年新收申请", "1", "2"], ["二、上年结转", "3", "4"]]
    page = make_page(
        write("二、收到申请情况", 63, 80, 10),
        set_cells(rows, XS, (100, 120, 140, 160)),
        write("三、行政复议情况", 63, 165, 10),
        prose(190),
        write("三、主要问题", 63, 260, 10),
    )
    assert "三、行政复议情况" in texts_of(read(page))


def test_lines_of_a_run_that_are_in_no_table_are_paragraphs() -> None:
    """A header without numbers behind the table: of another one that was never filled in."""
    rows = [*ROWS, ["第二十条第（五）项", "", ""], ["信息内容", "上年数量", "本年数量"], ["行政许可", "本年", "上年"]]
    document = read(make_page(set_cells(rows, XS, [100 + 20 * n for n in range(7)]), prose(250)))
    texts = "".join(
        [*texts_of(document), *(text or "" for t in tables_of(document) for row in rows_of(t) for text in row)]
    )
    assert all(text in texts for row in rows for text in row)


@pytest.mark.parametrize("heading", ["二、主动公开情况", None, "三、下一项工作情况"])
def test_a_row_of_blanks_that_ends_a_table_belongs_to_it(heading: str | None) -> None:
    """Its number is the next of the table's and of the headings' too; it is a row where that heading comes later."""
    rows = [["", "自然人", "总计"], ["一、本年新收申请", "1", "2"], ["二、结转下年办理", "", ""]]
    head = [write(heading, 84, 170, 10)] if heading else []
    page = make_page(set_cells(rows, XS, (100, 120, 140, 160)), *head, prose(200, left=84))
    (table,) = tables_of(read(page))
    count = 3 if heading == "二、主动公开情况" else 2
    assert [row[0] for row in rows_of(table)] == [row[0] for row in rows[:count]]


def test_a_row_of_blanks_with_a_mark_of_its_own_ends_a_table_wherever_headings_stand() -> None:
    rows = [["", "自然人", "总计"], ["1.重复申请", "1", "2"], ["2.其他", "", ""]]
    page = make_page(set_cells(rows, XS, (100, 120, 140, 160)), write("四、行政复议情况", 63, 170, 10), prose(200))
    assert [row[0] for row in rows_of(tables_of(read(page))[0])] == ["", "1.重复申请", "2.其他"]


def test_a_narrow_label_with_a_number_is_no_heading() -> None:
    """三、本年度办理结果 set two characters a line beside the rows of its group."""
    xs = (60.0, 100.0, 260.0, 320.0, 380.0)
    rows = [
        ["", "信息内容", "自然人", "总计"],
        ["", "（一）予以公开", "1", "1"],
        ["三、", "", "", ""],
        ["本年", "（二）部分公开", "2", "2"],
        ["度办", "（三）不予公开", "3", "3"],
    ]
    (table,) = tables_of(read(make_page(set_cells(rows, xs, (100, 120, 140, 160, 180, 200)))))
    assert [row[-2:] for row in rows_of(table) if row[-1].isdigit()] == [["1", "1"], ["2", "2"], ["3", "3"]]


def test_a_part_set_anew_with_as_many_columns_has_the_same_ones() -> None:
    """A browser that lays out each page for itself moves the uprights; some stay by chance."""
    one = make_page(prose(60), set_table(ROWS, XS, 740))
    two = make_page(set_table([["行政许可", "5", "6"]], [60, 194, 290, 360], 40), number=2)
    (table,) = tables_of(read(one, two))
    assert rows_of(table) == [*ROWS, ["行政许可", "5", "6"]]


# --- Turned pages and two pages on a sheet ------------------------------------------------------------------------


@pytest.mark.parametrize("direction", [90, 180, 270])
def test_a_turned_page_is_read_upright_and_its_places_are_those_of_the_page(direction: int) -> None:
    items = [*prose(60), *set_table(ROWS, XS, 140), Image(500, 600, 540, 640)]
    size = (HEIGHT, WIDTH) if direction in {90, 270} else (WIDTH, HEIGHT)
    page = make_page(turn_items(items, direction, WIDTH, HEIGHT), width=size[0], height=size[1])
    document = read(page)
    assert rows_of(tables_of(document)[0]) == ROWS
    (wanted,) = turn_items([Glyph("", 203, 165, 208, 175)], direction, WIDTH, HEIGHT)
    assert cell_at(document, 1, 1).place.bbox == pytest.approx((wanted.x0, wanted.top, wanted.x1, wanted.bottom))
    assert texts_of(document) == [PROSE * 3]


def test_a_turned_margin_does_not_turn_the_page() -> None:
    margin = turn_items(write("卧龙区人民政府", 10, 10), 90, WIDTH, HEIGHT)
    assert rows_of(tables_of(read(make_page(set_table(ROWS, XS, 140), prose(60), margin)))[0]) == ROWS


def test_two_pages_on_a_sheet_are_read_one_after_the_other() -> None:
    left = [*prose(60, left=100.0), *set_table(ROWS, XS, 140)]
    right = prose(110, 2, left=690.0)
    document = read(make_page(left, right, number=3, width=1190))
    assert [type(block).__name__ for block in document.blocks] == ["Paragraph", "Table", "Paragraph"]
    assert rows_of(tables_of(document)[0]) == ROWS
    assert document.blocks[-1].place.bbox == (690, 110, 1086, 142)
    assert document.blocks[-1].place.page == 3


def test_a_sheet_whose_right_page_holds_nothing_but_a_table_is_two() -> None:
    left = [*prose(60, left=100.0), *prose(160, left=100.0)]
    right = set_table(ROWS, [x + 595 for x in (60.0, 260.0, 380.0, 500.0)], 60)
    document = read(make_page(left, right, width=1190))
    assert [type(block).__name__ for block in document.blocks] == ["Paragraph", "Paragraph", "Table"]


def test_a_table_drawn_cell_by_cell_that_fills_a_wide_page_is_one() -> None:
    """Nothing is printed in its middle, where one cell ends and another begins."""
    rows = [["规章", "1", "2", "3"], ["文件", "4", "5", "6"], ["行政许可", "7", "8", "9"]]
    xs, ys = (60.0, 400.0, 595.0, 900.0, 1130.0), (60.0, 90.0, 120.0, 150.0)
    sides = [Rule(a, y, b, y) for y in ys for a, b in pairwise(xs)]
    sides += [Rule(x, a, x, b) for x in xs for a, b in pairwise(ys)]
    page = make_page(sides, set_cells(rows, xs, ys), prose(300, left=60.0), prose(300, left=660.0), width=1190)
    assert [rows_of(table) for table in tables_of(read(page))] == [rows]


def test_a_table_goes_on_from_the_left_page_to_the_right() -> None:
    left = [*prose(60, left=100.0), *set_table(ROWS[:2], XS, 760)]
    right = [*set_table(ROWS[2:], [x + 595 for x in XS], 60), *prose(200, 3, left=690.0)]
    document = read(make_page(left, right, width=1190))
    assert [rows_of(table) for table in tables_of(document)] == [ROWS]
    place = cell_at(document, 2, 1).place
    assert place.bbox is not None
    assert place.bbox[0] > 595  # as it stands on the sheet


def test_a_sheet_with_few_words_holds_two_pages_where_another_does() -> None:
    full = make_page(prose(60, left=100.0), prose(60, left=690.0), width=1190)
    last = make_page(prose(60, left=100.0), write("没有其他事项", 690, 60), number=2, width=1190)
    assert texts_of(read(full, last))[-1].endswith("没有其他事项")
    assert texts_of(read(full, last))[-2:-1] != texts_of(read(last))[-2:-1]


@pytest.mark.parametrize(
    "more",
    [
        write("横跨", 583, 100),  # a character in the middle
        [Rule(400, 300, 800, 300)],  # a line across the gutter
        write("十一个字宽不过短短一行", 449, 200) + write("十一个字宽不过短短一行", 609, 200),  # too narrow a gutter
    ],
    ids=["character", "line", "gutter"],
)
def test_a_wide_page_is_one(more: list[Item]) -> None:
    page = make_page(prose(60, left=100.0), prose(60, left=690.0), more, width=1190)
    assert texts_of(read(page))[0].startswith(PROSE * 2)


def test_a_wide_page_whose_halves_are_no_prose_is_one() -> None:
    xs = (60.0, 300.0, 500.0, 640.0, 900.0, 1100.0)
    rows = [["信息内容", "甲栏数字", "乙栏数字", "丙栏数字", "丁栏数字"], ["规章文件", "1", "2", "3", "4"]]
    rows += [[f"第{c}行内容", "5", "6", "7", "8"] for c in "一二三"]
    page = make_page(set_cells(rows, xs, [100.0 + 20 * n for n in range(6)]), width=1190)
    assert rows_read(page) == rows


# --- A second decoder -------------------------------------------------------------------------------------------


def both(first: Page, second: Page) -> Document:
    return read(first, second=[second])


@pytest.mark.parametrize("ruled", [True, False])
def test_what_two_decoders_do_not_agree_on_is_doubtful(ruled: bool) -> None:
    table = set_table(ROWS, XS, 140) if ruled else set_cells(ROWS, XS, (140, 160, 180, 200))
    page = make_page(prose(60), table)
    document = both(page, change_glyphs(page, "30", "38"))
    assert cell_at(document, 2, 1).text == "30"
    assert cell_at(document, 2, 1).doubt == "two decoders read '30' and '38'"
    assert [cell.doubt for row in tables_of(document)[0].grid for cell in row if cell and cell.text != "30"] == [
        None
    ] * 8
    assert document.warnings == ()


def test_digits_that_hang_below_their_cell_are_compared_with_all_that_it_holds() -> None:
    """A font whose boxes reach below the lower line: the first decoder has lost a digit that the other has."""
    low = [
        g._replace(bottom=g.bottom + 3) if isinstance(g, Glyph) else g
        for g in set_table([["规章", "1234"], ["文件", "12"]], (60, 140, 200), 140, 12)
    ]
    lost = [g for g in low if not (isinstance(g, Glyph) and g.text == "4")]
    assert cell_at(both(make_page(lost), make_page(low)), 0, 1).doubt is not None


def test_a_number_that_only_one_decoder_has_is_doubtful() -> None:
    page = make_page(set_table([HEAD, ["规章", "", "2"]], XS, 140))
    other = make_page(page.glyphs, write("9", 210, 165, 10), page.rules)
    assert cell_at(both(page, other), 1, 1).doubt == "two decoders read '' and '9'"
    assert cell_at(both(other, page), 1, 1).doubt == "two decoders read '9' and ''"


def test_kinds_of_dashes_blanks_and_radicals_are_no_difference() -> None:
    page = make_page(set_table([HEAD, ["⾏政许可", "—", "－3"], ["行政处罚", "——", "5"]], XS, 140))
    other = make_page(set_table([HEAD, ["行政 许可", "―", "-3"], ["行政处罚", "—", "5"]], XS, 140))
    document = both(page, other)
    assert {cell.doubt for row in tables_of(document)[0].grid for cell in row if cell} == {None}


@pytest.mark.parametrize("ruled", [True, False])
def test_characters_that_only_one_decoder_knows_are_counted(ruled: bool) -> None:
    table = set_table(ROWS, XS, 140) if ruled else set_cells(ROWS, XS, (140, 160, 180, 200))
    page = make_page(table)
    document = both(page, change_glyphs(page, "12", UNKNOWN * 2))
    assert cell_at(document, 1, 2).doubt is None
    assert document.warnings == (("one_decoder", "only one decoder knows the characters of 1 cells"),)


def test_characters_that_neither_decoder_knows_differ_in_nothing() -> None:
    page = make_page(set_table([HEAD, ["规章", UNKNOWN, "2"]], XS, 140))
    document = both(page, page)
    assert cell_at(document, 1, 1).doubt is None
    assert document.warnings == ()


def test_a_page_that_the_second_decoder_does_not_give_is_said() -> None:
    one, two = make_page(set_table(ROWS, XS, 140)), make_page(set_table(ROWS, XS, 140), number=2)
    document = read(one, two, second=[one])
    assert document.warnings[0] == ("one_decoder", "the second decoder gave no page 2")
    assert cell_at(document, 1, 1).doubt is None
    assert document.blocks


def test_a_turned_page_is_compared_turned() -> None:
    items = set_table(ROWS, XS, 140) + prose(60)
    page = make_page(turn_items(items, 90, WIDTH, HEIGHT), width=HEIGHT, height=WIDTH)
    document = both(page, page)
    assert {cell.doubt for row in tables_of(document)[0].grid for cell in row if cell} == {None}


def test_two_pages_on_a_sheet_are_compared() -> None:
    page = make_page(prose(60, left=100.0), set_table(ROWS, XS, 140), prose(60, left=690.0), width=1190)
    document = both(page, page)
    assert {cell.doubt for row in tables_of(document)[0].grid for cell in row if cell} == {None}


# --- OCR --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ruled", [True, False])
def test_what_is_read_with_a_low_score_is_doubtful(ruled: bool) -> None:
    ys = (140.0, 160.0, 180.0, 200.0)
    glyphs = [g._replace(score=0.95) for g in set_cells(ROWS, XS, ys)]
    glyphs = [g._replace(score=0.61) if g.text == "3" else g for g in glyphs]
    document = read(make_page(glyphs, rule_grid(XS, ys) if ruled else []))
    low, high = cell_at(document, 2, 1), cell_at(document, 1, 2)
    assert (low.place.score, low.doubt) == (0.61, "read with a score of 0.61")
    assert (high.place.score, high.doubt) == (0.95, None)


def test_blank_cells_have_no_score() -> None:
    glyphs = [g._replace(score=0.95) for g in set_cells([HEAD, ["规章", "", "1"]], XS, (140, 160, 180))]
    cell = cell_at(read(make_page(glyphs, rule_grid(XS, (140, 160, 180)))), 1, 1)
    assert (cell.place.score, cell.doubt) == (None, None)


def test_pages_are_not_changed() -> None:
    page = make_page(prose(60), set_table(ROWS, XS, 140))
    before = replace(page, glyphs=list(page.glyphs), rules=list(page.rules))
    both(page, page)
    assert page == before
