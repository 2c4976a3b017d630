"""Lines of a table that no ruling divides, cut into what each cell holds of them."""

from __future__ import annotations

import pytest

from crawler.extraction.documents.pages.cutting import close_brackets, cut_table, is_han, is_value, part_values
from crawler.extraction.documents.pages.lines import Line, make_lines
from crawler.extraction.documents.pages.model import Glyph
from tests.extraction.pages.build import write

SIZE = 10.0
Text = str | list[Glyph]


def lay(*rows: tuple[float, dict[float, Text]]) -> list[Line]:
    """Lines of a page: for each its top and its texts by where they begin."""
    glyphs = []
    for top, texts in rows:
        for x, text in texts.items():
            glyphs += write(text, x, top, SIZE) if isinstance(text, str) else text
    return make_lines(glyphs)


def cut(*rows: tuple[float, dict[float, Text]]) -> list[list[str]]:
    return [[piece.text for piece in pieces] for pieces in cut_table(lay(*rows))]


def spaced(text: str, x: float, top: float, after: int) -> list[Glyph]:
    """A text with a blank of 6 points before its character ``after``, written as such."""
    first, rest = write(text[:after], x, top, SIZE), write(text[after:], x, top, SIZE)
    move = first[-1].x1 - x + 6
    rest = [g._replace(x0=g.x0 + move, x1=g.x1 + move) for g in rest]
    return [*first, rest[0]._replace(spaced=True), *rest[1:]]


@pytest.mark.parametrize(
    "text", ["0", "12", "1,234.5", "-3", "－3", "/", "——", "无", "452万元", "12件", "22（其中修订16件）", "12.5%"]
)
def test_contents_of_cells_of_numbers(text: str) -> None:
    assert is_value(text)


@pytest.mark.parametrize("text", ["规章", "1.属于国家秘密", "（一）", "2023年", "共12件", ""])
def test_labels_are_no_numbers(text: str) -> None:
    assert not is_value(text)


def test_ideographs() -> None:
    assert is_han("总计")
    assert not is_han("总1")


def test_a_written_blank_divides_no_cells() -> None:
    assert cut((100, {50: spaced("第二十条第（一）项", 50, 100, 5)}), (120, {50: "规章", 200: "1"}))[0] == [
        "第二十条第（一）项"
    ]


def test_a_gap_without_a_blank_does() -> None:
    assert cut((100, {50: "结果维持", 96: "结果纠正"}), (120, {60: "1", 110: "2"}))[0] == ["结果维持", "结果纠正"]


def test_no_column_ends_over_a_label_of_the_header_below() -> None:
    rows = cut(
        (100, {150: "第二十条第", 206: "（一）项"}),
        (120, {50: "信息内容", 170: "本年废止件数", 300: "现行有效件数"}),
        (140, {50: "规章", 200: "1", 330: "2"}),
    )
    assert rows[0] == ["第二十条第（一）项"]


def test_a_number_mark_and_its_text_are_one_label() -> None:
    assert cut((100, {50: "（七）", 86: "总计", 200: "3"}))[0] == ["（七）总计", "3"]


def test_a_mark_in_a_column_of_its_own_stays_there() -> None:
    """The label of a group, broken behind its mark, beside the lines of labels of rows."""
    rows = cut(
        (100, {50: "（五）", 86: "1.信访举报", 200: "3"}),
        (112, {50: "不予", 86: "类申请"}),
        (124, {50: "处理", 86: "2.重复申请", 200: "4"}),
        (136, {50: "（六）", 86: "其他申请", 200: "5"}),
    )
    assert rows[0][:2] == ["（五）", "1.信访举报"]
    assert rows[3][:2] == ["（六）", "其他申请"]


def test_columns_of_labels_nearer_than_words() -> None:
    """Three points between two columns: where the labels of other lines begin, the next column does."""
    rows = cut(
        (100, {50: "（三）不", 93: "1.属于国家秘密", 200: "1"}),
        (112, {50: "予公开一", 93: "2.其他法律法规", 200: "2"}),
        (124, {93: "禁止公开", 200: "3"}),
    )
    assert [row[:2] for row in rows[:2]] == [["（三）不", "1.属于国家秘密"], ["予公开一", "2.其他法律法规"]]


def test_a_label_that_runs_past_a_column_is_not_cut_there() -> None:
    rows = cut(
        (100, {50: "（三）不", 93: "1.属于国家秘密", 200: "1"}),
        (112, {93: "2.其他法律法规", 200: "2"}),
        (124, {93: "禁止公开", 200: "3"}),
        (136, {53: "四、结转下年度继续办理", 200: "4"}),
    )
    assert rows[3] == ["四、结转下年度继续办理", "4"]


def test_two_marks_are_two_labels() -> None:
    rows = cut(
        (100, {50: "三、", 71.5: "（一）予以公开", 200: "1"}),
        (112, {50: "本年", 71.5: "（二）部分公开", 200: "2"}),
    )
    assert [row[:2] for row in rows] == [["三、", "（一）予以公开"], ["本年", "（二）部分公开"]]


def test_single_ideographs_set_wide_are_one_label() -> None:
    assert cut((100, {50: "总", 68: "计", 200: "3"})) == [["总计", "3"]]


def test_numbers_near_one_another_are_parted_by_their_columns() -> None:
    (pieces,) = cut_table(lay((100, {100: "40", 113: "56", 126: "774(网络申请9件)"})))
    bands = [(95.0, 111.0), (112.0, 124.0), (126.0, 140.0)]
    assert [p.text for p in part_values(pieces, bands)] == ["40", "56", "774(网络申请9件)"]


def test_numbers_of_one_column_are_not_parted() -> None:
    (pieces,) = cut_table(lay((100, {100: "40", 113: "56"})))
    assert [p.text for p in part_values(pieces, [(95.0, 140.0)])] == [p.text for p in pieces]


def test_a_note_under_its_number_belongs_to_it() -> None:
    rows = close_brackets(
        cut_table(lay((100, {50: "规范性文件", 200: "22（其中", 300: "4"}), (113, {200: "修订16件）"}))), 1.8
    )
    assert [[p.text for p in pieces] for pieces in rows] == [["规范性文件", "22（其中修订16件）", "4"]]


def test_a_long_label_right_before_the_first_number() -> None:
    (pieces,) = cut_table(lay((100, {20: "（二）部分公开", 94: "421", 140: "344"})))
    bands = [(94.0, 114.0), (138.0, 156.0)]
    assert [p.text for p in part_values(pieces, bands)] == ["（二）部分公开", "421", "344"]
    assert [p.text for p in part_values(pieces[:1], bands[1:])] == [pieces[0].text]
    assert [p.text for p in part_values(pieces[:1], [(40.0, 114.0)])] == [pieces[0].text]


def test_dashes_for_blanks_near_one_another_stand_in_columns_of_their_own() -> None:
    assert cut((100, {50: "总计", 200: "—", 213: "——", 240: "3"}))[0] == ["总计", "—", "——", "3"]


def test_labels_side_by_side_are_parted_on_both_their_lines() -> None:
    """Over columns without a number."""
    rows = cut((100, {50: "社会公", 84: "法律服"}), (112, {50: "益组织", 84: "务机构"}), (130, {20: "规章", 200: "1"}))
    assert rows[:2] == [["社会公", "法律服"], ["益组织", "务机构"]]
