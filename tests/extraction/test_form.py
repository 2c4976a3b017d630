"""Labels, cells and headers against the form; agencies against the divisions; the schema against both."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from crawler.extraction.record.schema import load_schema
from crawler.extraction.report.agency import body_in, identify, parents, split_places
from crawler.extraction.report.cells import Reading, is_value, named_unit, read_cell
from crawler.extraction.report.form import load_form, make_label
from crawler.extraction.report.headers import is_heading, read_stream, tells
from crawler.extraction.report.labels import likeness, match_column, match_group, match_row

FORM = load_form()


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("", None), ("/", None), ("-", None), ("—", None), ("——", None), ("无", None), (" \xa0", None),
        ("0", 0), ("１２", 12), ("1,256", 1256), ("1，256", 1256), ("2件", 2), ("22（其中修订16件）", 22), ("0.0", 0),
    ],
)  # fmt: skip
def test_counts(printed: str, value: int | None) -> None:
    assert read_cell(printed) == Reading(value)


@pytest.mark.parametrize(
    ("printed", "value"),
    [("-81", -81), ("－81", -81), ("−81", -81), ("+5", 5), ("增3", 3), ("减5", -5), ("-", None)],
)
def test_changes_carry_a_sign(printed: str, value: int | None) -> None:
    assert read_cell(printed, signed=True) == Reading(value)


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("55.887", 55.887),
        ("452万元", 452),
        ("251000元", 25.1),
        ("3.2亿元", 32000),
        ("0", 0),
        ("10187.6778", 10187.6778),
    ],
)
def test_amounts_are_in_wan_yuan(printed: str, value: float) -> None:
    assert read_cell(printed, amount=True) == Reading(value)


def test_the_header_may_count_in_yuan() -> None:
    assert named_unit("本年收费金额（单位：元）") == Decimal("0.0001")
    assert named_unit("采购总金额（单位：万元，保留4位小数）") == 1
    assert read_cell("251000", amount=True, unit=named_unit("（单位：元）")).value == 25.1


@pytest.mark.parametrize("printed", ["若干", "1O", "12 3", "见附件", "-5", "3.5", "1.256", "452万元", "12%"])
def test_what_is_no_count_is_null_with_a_reason(printed: str) -> None:
    reading = read_cell(printed)
    assert reading.value is None
    assert reading.problem


def test_a_count_is_no_amount() -> None:
    assert read_cell("3件", amount=True).problem
    assert is_value("12")
    assert not is_value("1.属于国家秘密")


def test_every_label_of_the_form_finds_its_own_row() -> None:
    for table in FORM.tables.values():
        for row in table.rows:
            printed = row.labels[0]
            mark = {1: "一二三四五六七", 2: "一二三四五六七"}
            head = ""
            if printed.level == 1:
                head = mark[1][printed.number - 1] + "、"
            elif printed.level == 2:
                head = f"（{mark[2][printed.number - 1]}）"
            elif printed.level == 3:
                head = f"{printed.number}."
            match = match_row(table, head + printed.text, row.group)
            assert match is not None, row.key
            assert (match.row.key, match.exact) == (row.key, True)


@pytest.mark.parametrize(
    ("printed", "row", "exact"),
    [
        ("2.其他法律行政止公开", "refused.law_forbids", False),
        ("（二）部分公开", "partly_granted", True),
        ("二、上年结转政府信息公开申请数", "carried_in", False),
        ("1.申请人无正当理由逾期不补正", "other.uncorrected", False),
        ("属于国家秘密", "refused.state_secret", True),
    ],
)
def test_short_and_misprinted_labels(printed: str, row: str, exact: bool) -> None:
    match = match_row(FORM.tables["applications"], printed)
    assert match is not None
    assert (match.row.key, match.exact) == (row, exact)


@pytest.mark.parametrize(
    "printed", ["其他", "备注", "申请人情况", "三、本年度办理结果", "", "自然人", "合作项目数量" * 12]
)
def test_what_names_no_row(printed: str) -> None:
    assert match_row(FORM.tables["applications"], printed) is None


def test_other_is_known_by_its_group_or_its_mark() -> None:
    table = FORM.tables["applications"]
    group = match_group(table, "（六）其他处理")
    assert group is not None
    for match in (match_row(table, "其他", group), match_row(table, "3.其他")):
        assert match is not None
        assert match.row.key == "other.other"
    assert match_group(table, "（九）别的") is None


def test_columns() -> None:
    table = FORM.tables["proactive"]
    found = {
        t: match_column(table, t)
        for t in ("采购总金额（单位：万元，保留4位小数）", "处理决定数量", "本年增/减", "信息内容")
    }
    assert [c.key if c else None for c in found.values()] == ["amount", "decisions", "change", None]
    assert match_column(FORM.tables["applications"], "（六）其他") is None  # the form numbers rows, never columns
    total = match_column(FORM.tables["applications"], "合计")
    assert total is not None
    assert total.key == "total"


def test_likeness() -> None:
    assert likeness("重复申请", "重复申请") == 1
    assert likeness("重复申请", "") == 0
    assert likeness("其他法律行政法规禁止公开", "其他法律行政止公开") >= 0.75
    assert likeness("对外公开总数量", "本年新收政府信息公开申请数量") < 0.5


def test_headers_as_a_stream() -> None:
    lines = [("申请人情况", 1), ("总计", 1), ("自然人", 2), ("法人或其他组织", 2), ("商业企业", 3), ("科研机构", 3),
             ("社会公益", 4), ("组织", 5), ("法律服务", 6), ("机构", 7), ("其他", 8)]  # fmt: skip
    header = read_stream("applications", lines)
    assert header is not None
    assert header.keys() == [
        "natural_person",
        "enterprise",
        "research",
        "public_interest",
        "legal_service",
        "other",
        "total",
    ]
    assert read_stream("applications", [("自然人", 1)]) is None
    assert tells("结果维持") == "review_litigation"
    assert tells("总计") is None
    assert is_heading("proactive", "第二十条第（六）项")


GROUPED = [("商业企业", 1), ("科研机构", 1), ("社会公益组织", 1), ("法律服务机构", 1), ("其他", 1)]


@pytest.mark.parametrize("group", [[], [("法人或其他组织", 2)]])
def test_labels_on_several_lines_in_another_order_than_the_form_s_have_none(group: list[tuple[str, int]]) -> None:
    """The lines of a header exchanged: 自然人, printed behind its neighbours, may stand left of them."""
    assert read_stream("applications", [*GROUPED, ("自然人", 2), *group, ("总计", 2)]) is None
    assert read_stream("applications", [("总计", 0), ("自然人", 0), *GROUPED]) is None
    header = read_stream("applications", [("自然人", 0), ("总计", 0), *GROUPED])
    assert header is not None
    assert header.keys() == [column.key for column in FORM.tables["applications"].columns]


def test_a_column_printed_twice_heads_nothing() -> None:
    header = read_stream("proactive", [("本年制发件数", 1), ("本年制发件数", 1), ("现行有效件数", 1)])
    assert header is not None
    assert [leaf.column for leaf in header.leaves] == [None, None, "in_force"]


def test_sideways_headers_need_their_groups_in_order() -> None:
    columns = [("结果维持", 2), ("结果纠正", 2), ("其他结果", 2), ("尚未审结", 2), ("总计", 2)]
    groups = [("行政复议", 1), ("行政诉讼", 1), ("未经复议直接起诉", 1), ("复议后起诉", 1)]
    header = read_stream("review_litigation", groups + columns * 3)
    assert header is not None
    assert [leaf.row for leaf in header.leaves] == ["review"] * 5 + ["litigation_direct"] * 5 + [
        "litigation_after_review"
    ] * 5
    assert read_stream("review_litigation", groups[::-1] + columns * 3) is None
    upright = read_stream("review_litigation", columns)
    assert upright is not None
    assert upright.leaves[0].row is None


@pytest.mark.parametrize(
    ("name", "portal", "code", "level"),
    [
        ("卧龙区人民政府", None, "411303", "county"),
        ("南阳市卧龙区人民政府", "411303", "411303", "county"),
        ("南阳市人民政府办公室", "411300", "411300", "department"),
        ("河南省人民政府", None, "410000", "province"),
        ("卧龙区七里园乡人民政府", "411303", "411303", "township"),
        ("鼓楼区人民政府", None, None, "county"),
        ("南京市鼓楼区人民政府", None, "320106", "county"),
        ("鼓楼区教育局", "410204", "410204", "department"),
        ("教育局", "411303", "411303", "department"),
        ("青松县人民政府", None, None, "county"),
        (None, "411303", "411303", None),
    ],
)
def test_agencies(name: str | None, portal: str | None, code: str | None, level: str | None) -> None:
    agency = identify(name, portal)
    assert (agency.name, agency.division_code, agency.level) == (name, code, level)


@pytest.mark.parametrize(
    ("name", "anchor", "body"),
    [
        ("卧龙区人民政府", "411303", "人民政府"),
        ("南阳市卧龙区人民政府", "411303", "人民政府"),
        ("河南省南阳市卧龙区人民政府", "411303", "人民政府"),
        ("卧龙区政府", "411303", "人民政府"),
        ("卧龙区", "411303", "人民政府"),
        ("南阳市人民政府", "411303", "南阳市人民政府"),
        ("南阳市人民政府", "411300", "人民政府"),
        ("南阳市人民政府办公室", "411300", "人民政府办公室"),
        ("区教育局", "411303", "教育局"),
        ("卧龙区教育局", "411303", "教育局"),
        ("卧龙区人民政府", None, "卧龙区人民政府"),
    ],
)
def test_one_body_has_one_name(name: str, anchor: str | None, body: str) -> None:
    assert body_in(name, anchor) == body


def test_places() -> None:
    assert [d.name for d in parents("411303")] == ["卧龙区", "南阳市", "河南省"]
    assert split_places("南阳市卧龙区教育局")[1] == "教育局"
    assert parents("999999") == []


def test_schema_knows_exactly_the_cells_of_the_form() -> None:
    schema = load_schema()
    for key, table in FORM.tables.items():
        rows = schema["$defs"][key]["properties"]
        assert set(rows) == {row.key for row in table.rows}
        for row in table.rows:
            columns = {c for g in row.columns.values() for c in g} if row.columns else {c.key for c in table.columns}
            assert set(rows[row.key]["properties"]) == columns, row.key
    assert json.dumps(schema)


def test_labels_with_remarks() -> None:
    assert make_label("（二）部分公开（区分处理的，只计这一情形，不计其他情形）").text == "部分公开"
    assert make_label("（其他）").text
