"""Tables that no ruling, or not enough of it, divides."""

from __future__ import annotations

import pytest

from crawler.extraction.documents.pages.columns import (
    USUAL_PITCH,
    Inferred,
    find_pitch,
    head_columns,
    infer_tables,
)
from crawler.extraction.documents.pages.lines import Line, make_lines
from tests.extraction.pages.build import write

SIZE = 10.0
Row = tuple[float, dict[float, str]]


def lay(*rows: Row, page: int = 0) -> list[Line]:
    """Lines of a page: for each its top and its texts by where they begin."""
    glyphs = [g for top, cells in rows for x, text in cells.items() for g in write(text, x, top, SIZE)]
    return make_lines(glyphs, page)


def rows_of(table: Inferred) -> list[list[str]]:
    return [[row[c].text if c in row else "" for c in range(table.width)] for row in table.rows]


def infer(lines: list[Line], **more: object) -> list[list[str]]:
    """The rows of the one table that lines make up."""
    (table,) = infer_tables(lines, **more)  # type: ignore[arg-type]
    return rows_of(table)


def test_lines_without_numbers_are_no_table() -> None:
    assert infer_tables(lay((100, {50: "规章", 200: "件数"}))) == []


def test_headers_stand_over_their_numbers() -> None:
    lines = lay(
        (100, {50: "信息内容", 180: "本年制发", 280: "现行有效"}),
        (120, {50: "规章", 195: "1", 295: "12"}),
        (140, {50: "行政规范性文件", 195: "30", 295: "4"}),
    )
    assert infer(lines) == [
        ["信息内容", "本年制发", "现行有效"],
        ["规章", "1", "12"],
        ["行政规范性文件", "30", "4"],
    ]


def test_a_header_without_numbers_heads_a_column_of_blanks() -> None:
    lines = lay(
        (100, {50: "信息内容", 180: "本年制发", 260: "本年废止", 340: "现行有效"}),
        (120, {50: "规章", 195: "1", 355: "12"}),
        (140, {50: "规范性文件", 195: "3", 355: "4"}),
    )
    assert infer(lines)[1:] == [["规章", "1", "", "12"], ["规范性文件", "3", "", "4"]]


def test_headers_set_apart_from_their_numbers_are_matched_in_order() -> None:
    """Headers at the left of their columns, numbers at the right: no header stands over its numbers."""
    lines = lay(
        (100, {50: "信息内容", 150: "制发", 230: "废止", 310: "有效"}),
        (120, {50: "规章", 200: "1", 280: "2", 360: "3"}),
        (140, {50: "行政规范性文件", 200: "4", 280: "5", 360: "6"}),
    )
    assert infer(lines) == [
        ["信息内容", "制发", "废止", "有效"],
        ["规章", "1", "2", "3"],
        ["行政规范性文件", "4", "5", "6"],
    ]


def test_a_header_over_many_columns_heads_none_of_its_own() -> None:
    lines = lay(
        (100, {240: "申请人情况"}),
        (120, {160: "自然人", 220: "商业企业", 300: "总计"}),
        (140, {50: "一、新收", 170: "1", 235: "2", 305: "3"}),
        (160, {50: "二、结转", 170: "4", 235: "5", 305: "9"}),
    )
    rows = infer(lines)
    assert rows[1:] == [["", "自然人", "商业企业", "总计"], ["一、新收", "1", "2", "3"], ["二、结转", "4", "5", "9"]]
    assert "申请人情况" in rows[0]


def test_headers_over_several_lines_are_one_label_each() -> None:
    lines = lay(
        (100, {160: "社会", 240: "法律"}),
        (112, {160: "公益", 240: "服务"}),
        (124, {160: "组织", 240: "机构"}),
        (150, {50: "一、新收", 165: "1", 245: "2"}),
    )
    assert infer(lines) == [["", "社会公益组织", "法律服务机构"], ["一、新收", "1", "2"]]


def test_labels_over_several_lines_belong_to_the_number_in_their_middle() -> None:
    lines = lay(
        (100, {50: "信息内容", 200: "件数"}),
        (130, {50: "4.无正当理由"}),
        (142, {50: "大量反复申请", 205: "7"}),
        (160, {50: "5.要求行政机关"}),
        (166, {205: "8"}),
        (172, {50: "确认或重新出具"}),
        (190, {50: "6.其他", 205: "9"}),
    )
    assert infer(lines) == [
        ["信息内容", "件数"],
        ["4.无正当理由大量反复申请", "7"],
        ["5.要求行政机关确认或重新出具", "8"],
        ["6.其他", "9"],
    ]


def test_the_first_label_begins_above_its_number() -> None:
    """The first lines of the first row's label are no header."""
    lines = lay(
        (100, {50: "信息内容", 200: "件数"}),
        (130, {50: "一、本年新收政府"}),
        (142, {50: "信息公开申请", 205: "7"}),
        (160, {50: "二、上年结转", 205: "8"}),
    )
    assert infer(lines) == [["信息内容", "件数"], ["一、本年新收政府信息公开申请", "7"], ["二、上年结转", "8"]]


def test_group_labels_have_their_own_column() -> None:
    lines = lay(
        (100, {50: "（三）不予", 120: "1.属于国家秘密", 240: "1"}),
        (112, {50: "公开", 120: "2.其他", 240: "2"}),
        (140, {50: "（四）无法", 120: "1.不掌握", 240: "3"}),
        (160, {120: "2.没有现成信息", 240: "4"}),
    )
    rows = infer(lines)
    assert [row[-2:] for row in rows] == [
        ["1.属于国家秘密", "1"],
        ["2.其他", "2"],
        ["1.不掌握", "3"],
        ["2.没有现成信息", "4"],
    ]
    assert rows[0][0] == "（三）不予公开"


def test_a_label_that_runs_into_the_next_column_does_not_join_the_two() -> None:
    """Labels side by side on one line stand in two columns, however long the labels of other lines are."""
    lines = lay(
        (100, {50: "（一）予以公开", 240: "9"}),
        (116, {112: "1.属于国家秘密事项", 240: "1"}),
        (132, {112: "2.重复申请", 240: "2"}),
        (148, {50: "（三）不予", 112: "3.属于三类内部事务", 240: "3"}),
        (164, {60: "公开", 112: "4.属于过程性信息", 240: "4"}),
        (180, {112: "5.其他", 240: "5"}),
    )
    assert infer(lines) == [
        ["（一）予以公开", "", "9"],
        ["", "1.属于国家秘密事项", "1"],
        ["", "2.重复申请", "2"],
        ["（三）不予公开", "3.属于三类内部事务", "3"],
        ["", "4.属于过程性信息", "4"],
        ["", "5.其他", "5"],
    ]


def test_single_ideographs_set_wide_are_one_label() -> None:
    lines = lay((100, {150: "结果", 220: "总", 240: "计"}), (120, {155: "1", 230: "2"}))
    assert infer(lines) == [["结果", "总计"], ["1", "2"]]


def test_an_upright_parts_single_ideographs() -> None:
    lines = lay((100, {150: "总", 170: "计"}), (120, {153: "1", 173: "2"}), (140, {153: "3", 173: "4"}))
    walls = [(0, x, 95.0, 155.0) for x in (145.0, 165.0, 190.0)]
    assert infer(lines, walls=walls) == [["总", "计"], ["1", "2"], ["3", "4"]]


def test_uprights_alone_divide_columns() -> None:
    """A column without header and without numbers is there, for its uprights are."""
    lines = lay(
        (100, {50: "信息内容", 155: "制发", 255: "有效"}),
        (120, {50: "规章", 155: "1", 255: "3"}),
        (140, {50: "文件", 155: "4", 255: "6"}),
    )
    walls = [(0, x, 95.0, 160.0) for x in (45.0, 150.0, 200.0, 250.0, 300.0)]
    assert infer(lines, walls=walls) == [
        ["信息内容", "制发", "", "有效"],
        ["规章", "1", "", "3"],
        ["文件", "4", "", "6"],
    ]


def test_uprights_of_two_pages_may_differ_a_little() -> None:
    lines = lay((700, {50: "规章", 155: "1"}), (720, {50: "文件", 155: "4"}))
    lines += lay((100, {52: "许可", 157: "7"}), (120, {52: "处罚", 157: "8"}), page=1)
    walls = [(0, x, 690.0, 740.0) for x in (45.0, 150.0, 250.0)] + [(1, x, 90.0, 140.0) for x in (47.0, 152.0, 252.0)]
    (table,) = infer_tables(lines, walls)
    assert [row[-1] for row in rows_of(table)] == ["1", "4", "7", "8"]
    assert table.breaks == [2]


def test_lines_between_rows_gather_labels_and_numbers() -> None:
    """Between two horizontals stands one row, however far its lines are apart."""
    lines = lay(
        (100, {50: "信息内容", 200: "件数"}),
        (130, {50: "行政处罚", 205: "8"}),
        (160, {50: "行政许可"}),
        (180, {205: "7"}),
        (200, {50: "和其他事项"}),
    )
    floors = [(0, y) for y in (95.0, 120.0, 150.0, 220.0)]
    assert infer(lines, floors=floors) == [["信息内容", "件数"], ["行政处罚", "8"], ["行政许可和其他事项", "7"]]


def test_two_rows_between_the_same_lines_stay_two() -> None:
    lines = lay((100, {50: "信息内容", 200: "件数"}), (130, {50: "行政许可", 205: "7"}), (150, {50: "处罚", 205: "8"}))
    assert infer(lines, floors=[(0, 95.0), (0, 120.0), (0, 180.0)])[1:] == [["行政许可", "7"], ["处罚", "8"]]


def test_another_header_begins_another_table() -> None:
    lines = lay(
        (100, {50: "信息内容", 180: "制发", 280: "有效"}),
        (120, {50: "行政规范性文件", 185: "1", 285: "12"}),
        (150, {50: "信息内容", 220: "处理决定数量"}),
        (170, {50: "行政许可", 240: "550"}),
    )
    assert [rows_of(table) for table in infer_tables(lines)] == [
        [["信息内容", "制发", "有效"], ["行政规范性文件", "1", "12"]],
        [["信息内容", "处理决定数量"], ["行政许可", "550"]],
    ]


def test_a_title_between_tables_begins_another() -> None:
    lines = lay(
        (100, {50: "规章", 185: "1", 285: "12"}),
        (120, {50: "文件", 185: "2", 285: "13"}),
        (150, {120: "行政复议"}),
        (170, {100: "维持", 150: "纠正"}),
        (190, {105: "7", 155: "8"}),
    )
    assert len(infer_tables(lines)) == 2


def test_a_sideways_table_has_no_labels_beside_its_numbers() -> None:
    lines = lay(
        (100, {60: "行政复议", 180: "行政诉讼"}),
        (120, {50: "维持", 90: "纠正", 170: "维持", 210: "纠正"}),
        (140, {55: "1", 95: "2", 175: "3", 215: "4"}),
    )
    rows = infer(lines)
    assert rows[-2:] == [["维持", "纠正", "维持", "纠正"], ["1", "2", "3", "4"]]


def test_a_page_break_is_noted() -> None:
    lines = lay((700, {50: "规章", 200: "1"}), (720, {50: "文件", 200: "2"}))
    lines += lay((80, {50: "许可", 200: "3"}), page=1)
    (table,) = infer_tables(lines)
    assert rows_of(table) == [["规章", "1"], ["文件", "2"], ["许可", "3"]]
    assert table.breaks == [2]


def test_the_end_of_a_bracket_on_the_next_page_is_no_header() -> None:
    lines = lay((700, {50: "文件", 230: "2"}), (720, {50: "收费（单位", 230: "3（含上"}))
    lines += lay((80, {50: "年）", 230: "年）"}), (100, {50: "许可", 230: "4"}), page=1)
    assert len(infer_tables(lines)) == 1


def test_too_many_columns_are_no_table() -> None:
    lines = lay((100, {10.0 + 20 * n: "1" for n in range(45)}), (120, {10.0 + 20 * n: "2" for n in range(45)}))
    assert infer_tables(lines) == []


def test_labels_without_space_over_known_columns() -> None:
    lines = lay((100, {50: "行政复议", 190: "总计"}), (120, {50: "结果维持结果纠正其他结果"}))
    rows = head_columns(lines, [(49, 90), (90, 130), (130, 172), (172, 230)])
    assert {column: part.text for column, part in rows[-1].items()} == {0: "结果维持", 1: "结果纠正", 2: "其他结果"}


def test_labels_near_one_another_over_known_columns() -> None:
    """Less space parts them than the words of a label, and each goes on in a further line."""
    lines = lay((100, {100: "自然人", 133: "商业企", 166: "科研机"}), (112, {143: "业", 176: "构"}))
    found = head_columns(lines, [(0, 99), (99, 131.5), (131.5, 164.5), (164.5, 200)])
    assert [[part.text for part in row.values()] for row in found] == [["自然人", "商业企业", "科研机构"]]


def test_header_of_known_columns() -> None:
    lines = lay((100, {60: "信息内容", 160: "本年制发"}), (115, {160: "件数"}), (120, {255: "有效"}))
    rows = head_columns(lines, [(50, 150), (150, 250), (250, 300)])
    assert [{c: part.text for c, part in row.items()} for row in rows] == [
        {0: "信息内容", 1: "本年制发件数"},
        {2: "有效"},
    ]


def test_pitch_is_seen_in_broken_labels() -> None:
    label = [(100.0 + 16 * n, {50.0: text}) for n, text in enumerate(("1.要求行政机关", "确认或重新", "出具信息"))]
    blocks = [
        lay(*[(top + 60 * n, cells) for top, cells in label[:2]], (top0 + 60 * n, {250.0: "3"}))
        for n, top0 in enumerate((101.0, 101.0, 101.0))
    ]
    assert find_pitch(blocks) == pytest.approx(1.6)
    assert find_pitch(blocks[:1]) == USUAL_PITCH
    assert find_pitch([]) == USUAL_PITCH


def test_a_number_with_a_note_may_reach_into_the_columns_beside_it() -> None:
    lines = lay(
        (100, {50: "信息内容", 150: "制发", 210: "废止", 270: "有效"}),
        (120, {50: "规章", 155: "1", 215: "2", 275: "3"}),
        (140, {50: "规范性文件", 155: "7", 215: "5", 236: "774(网络申请9件)"}),
    )
    assert infer(lines)[2] == ["规范性文件", "7", "5", "774(网络申请9件)"]


def test_the_label_of_a_row_of_blanks_is_not_that_of_the_next() -> None:
    lines = lay(
        (100, {50: "信息内容", 150: "制发", 210: "废止"}),
        (120, {50: "1.属于国家秘密"}),
        (134, {50: "2.法律禁止公开", 155: "3", 215: "5"}),
        (148, {50: "3.危及安全稳定"}),
        (162, {50: "4.保护合法权益", 155: "4", 215: "6"}),
    )
    assert infer(lines, pitch=1.1)[1:] == [
        ["1.属于国家秘密", "", ""],
        ["2.法律禁止公开", "3", "5"],
        ["3.危及安全稳定", "", ""],
        ["4.保护合法权益", "4", "6"],
    ]


def test_a_label_that_others_run_past_heads_a_column_of_its_own() -> None:
    """总计 stands alone on its line, between the two lines of the labels beside it."""
    lines = lay(
        (100, {60: "行政复议"}),
        (120, {50: "结果", 100: "结果"}),
        (126, {150: "总计"}),
        (132, {50: "维持", 100: "纠正"}),
        (160, {55: "1", 105: "2", 155: "3"}),
    )
    assert infer(lines)[-2:] == [["结果维持", "结果纠正", "总计"], ["1", "2", "3"]]


def test_labels_set_without_space_stand_over_their_numbers() -> None:
    lines = lay(
        (100, {50: "结果维持结果纠正其他结果", 190: "总计"}),
        (120, {65: "1", 105: "2", 145: "4", 195: "7"}),
        (140, {65: "3", 105: "5", 145: "6", 195: "14"}),
    )
    assert infer(lines) == [["结果维持", "结果纠正", "其他结果", "总计"], ["1", "2", "4", "7"], ["3", "5", "6", "14"]]


def test_labels_set_without_space_stand_over_numbers_set_to_the_left() -> None:
    lines = lay(
        (100, {50: "结果维持结果纠正其他结果", 190: "总计"}),
        (120, {50: "21", 90: "/", 130: "0", 190: "21"}),
    )
    assert infer(lines) == [["结果维持", "结果纠正", "其他结果", "总计"], ["21", "/", "0", "21"]]


def test_a_title_and_a_header_between_two_lines_begin_another_table() -> None:
    """The last row of one group and the title of the next stand between the same two horizontals."""
    lines = lay(
        (100, {50: "信息内容", 150: "本年项目", 250: "本年增减"}),
        (120, {50: "行政收费", 165: "27", 265: "-7"}),
        (140, {165: "第二十条第（九）项"}),
        (160, {50: "信息内容", 150: "采购项目", 250: "采购金额"}),
        (180, {50: "集中采购", 165: "108", 265: "38"}),
    )
    tables = infer_tables(lines, floors=[(0, 95.0), (0, 115.0), (0, 175.0), (0, 195.0)])
    assert [rows_of(table)[-1] for table in tables] == [["行政收费", "27", "-7"], ["集中采购", "108", "38"]]


def test_a_title_left_of_the_numbers_begins_another_table_too() -> None:
    """It stands over no number, but a header over its own follows."""
    lines = lay(
        (100, {50: "信息内容", 230: "本年处理决定数量"}),
        (120, {50: "行政许可", 260: "19168"}),
        (140, {140: "第二十条第（六）项"}),
        (160, {50: "信息内容", 230: "本年处理决定数量"}),
        (180, {50: "行政处罚", 260: "390"}),
    )
    tables = infer_tables(lines, floors=[(0, 95.0), (0, 115.0), (0, 175.0), (0, 195.0)])
    assert [rows_of(table)[-1] for table in tables] == [["行政许可", "19168"], ["行政处罚", "390"]]


def test_labels_of_a_header_near_one_another_go_on_each_under_itself() -> None:
    lines = lay(
        (100, {50: "结果维", 84: "结果纠", 118: "其他结"}),
        (112, {60: "持", 94: "正", 128: "果"}),
        (130, {60: "8", 94: "3", 128: "12"}),
    )
    assert infer(lines) == [["结果维持", "结果纠正", "其他结果"], ["8", "3", "12"]]


def test_a_number_broken_in_its_cell_is_not_read_in_part() -> None:
    """Two lines of one cell beside the one line of the others, near it or a little farther."""
    for apart in (7.0, 8.5, 12.0):
        lines = lay(
            (100, {50: "信息内容", 150: "制发", 210: "废止"}),
            (120, {50: "规章", 155: "1", 215: "2"}),
            (150, {155: "69"}),
            (150 + apart, {50: "规范性文件", 215: "4"}),
            (150 + 2 * apart, {155: "2"}),
            (190, {50: "行政许可", 155: "5", 215: "6"}),
        )
        numbers = [row[1] for row in infer(lines)]
        assert "69" not in numbers
        assert numbers[-1] == "5"


def test_a_number_broken_for_want_of_room_is_one() -> None:
    """Wide digits between columns 30 points apart, of which two stand on a line; not where there was room."""
    lines = lay(
        (100, {50: "信息内容", 140: "制发", 170: "废止", 200: "有效"}),
        (120, {50: "规章", 142: "416", 172: "２３", 202: "97"}),
        (140, {50: "文件", 140: "４４", 170: "5", 200: "３１"}),
        (152, {145: "３"}),
        (172, {50: "公文", 142: "12", 172: "39", 202: "6"}),
    )
    assert infer(lines)[2][-4:] == ["文件", "443", "5", "31"]
    apart = lay(
        (100, {50: "信息内容", 140: "制发", 190: "废止"}),
        (120, {50: "规章", 142: "416", 192: "23"}),
        (140, {50: "文件", 140: "44", 190: "5"}),
        (152, {145: "3"}),
        (172, {50: "公文", 142: "12", 192: "39"}),
    )
    assert infer(apart)[2][-3:] == ["文件", "44 3", "5"]


@pytest.mark.parametrize(
    "rest", [{142: "222", 170: "333", 198: "444", 226: "555"}, {142: "222"}, {142: "4", 170: "5", 198: "6"}]
)
def test_a_row_that_has_lost_its_label_is_not_joined_to_the_numbers_over_it(rest: dict[float, str]) -> None:
    """In columns as narrow as their numbers."""
    lines = lay(
        (100, {50: "信息内容", 140: "制发", 168: "废止", 196: "有效", 224: "总计"}),
        (120, {50: "行政许可", 142: "123", 170: "456", 198: "789", 226: "111"}),
        (136, rest),
        (160, {50: "行政处罚", 142: "12", 170: "3", 198: "4", 226: "19"}),
    )
    cells = {cell for row in infer(lines) for cell in row}
    assert cells.isdisjoint({"123222", "1234", "456333", "4565", "789444", "7896"})


def test_uprights_that_part_numbers_need_not_part_the_labels() -> None:
    """The one between the labels of groups and rows does not pass the rows without a group."""
    lines = lay(
        (100, {60: "一、本年新收", 160: "3", 200: "4"}),
        (120, {60: "二、上年结转", 160: "0", 200: "1"}),
        (140, {95: "1.属于国家", 160: "5", 200: "6"}),
        (152, {55: "（三）", 105: "秘密"}),
        (168, {55: "不予", 95: "2.其他", 160: "7", 200: "8"}),
        (188, {55: "（七）总计", 160: "12", 200: "14"}),
        (208, {60: "四、结转下年", 160: "2", 200: "3"}),
    )
    walls = [(0, x, 95.0, 225.0) for x in (45.0, 150.0, 190.0, 230.0)]
    assert [row[-3] for row in infer(lines, walls=[*walls, (0, 90.0, 135.0, 182.0)])][2:4] == [
        "1.属于国家秘密",
        "2.其他",
    ]


def test_a_unit_under_its_number_belongs_to_it() -> None:
    lines = lay(
        (100, {50: "信息内容", 150: "制发", 210: "废止"}),
        (120, {50: "规章", 150: "20554", 215: "2"}),
        (132, {155: "件"}),
        (150, {50: "规范性文件", 155: "7", 215: "4"}),
    )
    assert infer(lines)[1:] == [["规章", "20554件", "2"], ["规范性文件", "7", "4"]]


def test_labels_nearer_than_words_stand_over_numbers_of_their_own() -> None:
    """They are broken over two lines, the first of which has little space between them."""
    lines = lay(
        (100, {50: "商业企", 83: "科研机", 116: "社会公"}),
        (112, {60: "业", 93: "构", 116: "益组织", 149: "服务机构"}),
        (130, {60: "2677", 93: "1805", 121: "3230", 159: "41"}),
    )
    assert infer(lines) == [["商业企业", "科研机构", "社会公益组织", "服务机构"], ["2677", "1805", "3230", "41"]]


def test_the_ends_of_two_labels_on_one_line_are_not_one_label() -> None:
    """其他 and 总计 each stand upright, and begin at other heights."""
    lines = lay(
        (100, {150: "科研", 220: "总"}),
        (109, {200: "其", 220: "计"}),
        (112, {150: "机构"}),
        (121, {200: "他"}),
        (140, {50: "一、本年新收", 155: "3", 203: "8", 222: "11"}),
        (160, {50: "二、上年结转", 155: "0", 203: "4", 222: "4"}),
    )
    head, *body = infer(lines)
    assert head[-3:] == ["科研机构", "其他", "总计"]
    assert [row[-3:] for row in body] == [["3", "8", "11"], ["0", "4", "4"]]


def test_three_columns_of_labels() -> None:
    """They stand beside one another two by two, never all three on one line."""
    lines = lay(
        (100, {50: "一、本年新收申请", 200: "3", 240: "3"}),
        (120, {50: "三", 88: "（一）予以公开", 200: "5", 240: "5"}),
        (132, {50: "本"}),
        (140, {110: "1.属于国家", 200: "1", 240: "1"}),
        (164, {110: "2.保护第三"}),
        (177, {130: "方权益", 200: "2", 240: "2"}),
        (180, {71: "（三）"}),
        (193, {71: "不予"}),
        (196, {110: "3.属于内部"}),
        (209, {81: "开", 130: "信息", 200: "4", 240: "4"}),
        (230, {110: "4.行政查询", 200: "6", 240: "6"}),
    )
    rows = infer(lines)
    assert [row[2] for row in rows[2:]] == ["1.属于国家", "2.保护第三方权益", "3.属于内部信息", "4.行政查询"]
    assert rows[3][1] == "（三）不予开"


def test_a_title_begins_another_table_whose_header_stands_beside_the_numbers_too() -> None:
    """Numbers set to the right in a wide column, the header in its middle."""
    lines = lay(
        (100, {90: "信息内容", 300: "本年处理决定数量"}),
        (120, {50: "行政许可", 500: "27759"}),
        (140, {240: "第二十条第（六）项"}),
        (160, {90: "信息内容", 300: "本年处理决定数量"}),
        (180, {50: "行政处罚", 505: "4914"}),
    )
    tables = infer_tables(lines, floors=[(0, 95.0), (0, 115.0), (0, 175.0), (0, 195.0)])
    assert [rows_of(table)[-1] for table in tables] == [["行政许可", "", "27759"], ["行政处罚", "", "4914"]]


def test_blank_columns_of_a_sideways_table_between_uprights() -> None:
    """They stand left of the first number, where another table has its labels."""
    lines = lay((100, {50: "结果维持", 100: "结果纠正", 150: "其他结果", 200: "总计"}), (120, {165: "2", 205: "2"}))
    walls = [(0, x, 95.0, 135.0) for x in (45.0, 95.0, 145.0, 195.0, 245.0)]
    assert infer(lines, walls=walls) == [["结果维持", "结果纠正", "其他结果", "总计"], ["", "", "2", "2"]]


def test_labels_of_a_header_that_the_page_cuts() -> None:
    """总计 is not cut, and stands over no number: it has a column of its own beside labels that are."""
    first = lay((780, {50: "结果", 90: "其他", 130: "总计", 170: "结果"}), page=0)
    second = lay((60, {50: "维持", 90: "结果", 170: "纠正"}), (90, {55: "3", 95: "4", 175: "5"}), page=1)
    assert infer([*first, *second]) == [["结果维持", "其他结果", "总计", "结果纠正"], ["3", "4", "", "5"]]


def test_labels_set_without_space_of_which_not_all_have_numbers() -> None:
    """As many as leave no two numbers to one; those of the same words alike, though they have none at all."""
    four = "结果维持结果纠正其他结果尚未审结"
    lines = lay(
        (100, {50: four, 215: "总计"}),
        (112, {245: four, 410: "总计"}),
        (130, {50: "8", 135: "2", 175: "15", 215: "25"}),
    )
    labels = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    rows = infer(lines)
    assert [text for row in rows[:-1] for text in row if text] == [*labels, *labels]
    assert rows[-1] == ["8", "", "2", "15", "25", "", "", "", "", ""]


def test_what_ends_in_the_whole_of_another_label_is_two() -> None:
    """A title is as far from the label under its middle as the two lines of that label are."""
    upper = {50 + 45 * n: text for n, text in enumerate(["结果维", "结果纠", "其他结", "尚未审", "总计"])}
    lower = {60 + 45 * n: text for n, text in enumerate("持正果结")}
    again = {300 + x: text for x, text in upper.items()}
    lines = lay(
        (100, {136: "行政复议", 415: "行政诉讼"}),
        (122, upper | again),
        (144, lower | {300 + x: text for x, text in lower.items()}),
        (166, {60 + 45 * n: str(n) for n in range(5)} | {360 + 45 * n: str(n) for n in range(5)}),
    )
    (found,) = infer_tables(lines, pitch=2.0)
    labels = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    assert [text for row in rows_of(found)[:-1] for text in row if text].count("其他结果") == 2
    assert [row for row in rows_of(found) if row[:2] == labels[:2]] == [labels * 2]


def test_a_label_of_one_character_a_line_beside_that_of_a_row_begins_no_table() -> None:
    lines = lay(
        (100, {50: "信息内容", 250: "自然人", 330: "总计"}),
        (120, {70: "8.属于行政查询", 255: "30", 335: "30"}),
        (140, {30: "三"}),
        (150, {30: "、", 70: "1.本机关不掌"}),
        (162, {70: "握", 255: "8", 335: "8"}),
        (182, {30: "本", 70: "2.另行制作", 255: "4", 335: "4"}),
    )
    (found,) = infer_tables(lines)
    assert [row[-2:] for row in rows_of(found)][-2:] == [["8", "8"], ["4", "4"]]


def test_the_numbers_of_a_row_may_stand_on_the_lines_of_its_label_and_between_them() -> None:
    """A number broken as its label is, beside numbers that are not."""
    lines = lay(
        (100, {50: "信息内容", 250: "自然人", 330: "商业", 400: "总计"}),
        (120, {50: "3.属于行政", 250: "31", 330: "45", 400: "76"}),
        (140, {50: "4.保护第三方合法权", 330: "22"}),
        (146, {250: "68", 400: "296"}),
        (153, {90: "益", 330: "8"}),
        (173, {50: "5.属于三类", 250: "11", 330: "12", 400: "23"}),
    )
    rows = infer(lines)
    assert [row[0] for row in rows] == ["信息内容", "3.属于行政", "4.保护第三方合法权益", "5.属于三类"]
    assert (rows[2][1], rows[2][3]) == ("68", "296")


def test_a_numeral_alone_is_the_beginning_of_a_label() -> None:
    """三、 in a narrow column, its mark on the next line, right under the label of a row."""
    lines = lay(
        (100, {50: "信息内容", 250: "自然人", 330: "总计"}),
        (120, {50: "二、上年结转申请数量", 255: "3", 335: "3"}),
        (138, {53: "三", 80: "（一）予以公开", 255: "8", 335: "8"}),
        (156, {53: "、", 80: "（二）部分公开", 255: "4", 335: "4"}),
    )
    assert "二、上年结转申请数量" in [text for row in infer(lines) for text in row]


def test_a_number_on_both_lines_of_a_label_whose_other_numbers_stand_on_the_second() -> None:
    """Numbers at the foot of their cells, one of them broken; in a table whose rows have marks, what has none goes on
    with the one over it."""
    lines = lay(
        (100, {50: "信息内容", 220: "自然人", 270: "其他", 330: "总计"}),
        (120, {50: "1.国家秘密", 225: "4", 275: "7", 335: "11"}),
        (140, {50: "2.其他法律行政法规禁", 275: "11"}),
        (155, {50: "止公开", 225: "2", 275: "9", 335: "121"}),
        (175, {50: "3.三安全", 225: "1", 275: "2", 335: "3"}),
    )
    rows = infer(lines, pitch=1.5)
    assert [row[0] for row in rows][1:] == ["1.国家秘密", "2.其他法律行政法规禁止公开", "3.三安全"]
    assert (rows[2][1], rows[2][3]) == ("2", "121")


def test_a_numeral_at_the_end_of_a_label_is_its_own() -> None:
    """第二十条第 / 五, with no mark under it."""
    lines = lay(
        (100, {50: "信息内容", 250: "自然人", 330: "总计"}),
        (120, {50: "第二十条第", 255: "3", 335: "3"}),
        (133, {60: "五"}),
        (153, {50: "项事项", 255: "8", 335: "8"}),
    )
    assert [row[0] for row in infer(lines)][1:] == ["第二十条第五", "项事项"]
