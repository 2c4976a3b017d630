"""Reports as strangers lay them out: odd cells, units, columns, texts, names and dates, and inputs made to hurt.

Each document is a whole report with one oddity, so that a record that is not `verified` is the oddity's doing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from crawler.extraction.errors import ReadingError
from crawler.extraction.record.model import Source
from crawler.extraction.text.dates import find_published
from crawler.extraction.text.titles import read_title
from crawler.workers.model import Job, Limits, ReaderStopped
from crawler.workers.pool import ReaderPool
from tests.extraction.test_report import codes, page, read_page, row, table

Wrap = Callable[[str], str]
Rows = list[list[tuple[str, int, int]]]
"""Rows of cells as text, rowspan, colspan."""

# What hostile input happens to run through says nothing of what the tests cover.
pytestmark = pytest.mark.no_cover

TITLE = "青松县人民政府2022年政府信息公开工作年度报告"
HEADINGS = (
    "一、总体情况", "二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况", "五、存在的主要问题及改进情况", "六、其他需要报告的事项",
)  # fmt: skip
PROSE = {
    0: ("这一年的公开工作照常进行，各科室按时更新了栏目。",),
    4: ("栏目更新有快有慢，来年要把时限写进制度里。",),
    5: ("没有别的事项要写。",),
}
SECTIONS = ["overview", "proactive", "applications", "review_litigation", "problems", "other_matters"]

COLUMNS = ("natural_person", "enterprise", "research", "public_interest", "legal_service", "other", "total")
COLUMN_LABELS = ("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计")
OUTCOMES = {
    "granted": "（一）予以公开",
    "partly_granted": "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
    "refused.state_secret": "1.属于国家秘密",
    "refused.law_forbids": "2.其他法律行政法规禁止公开",
    "refused.safety_stability": "3.危及“三安全一稳定”",
    "refused.third_party": "4.保护第三方合法权益",
    "refused.internal_affairs": "5.属于三类内部事务信息",
    "refused.deliberative": "6.属于四类过程性信息",
    "refused.enforcement_file": "7.属于行政执法案卷",
    "refused.administrative_query": "8.属于行政查询事项",
    "unavailable.not_held": "1.本机关不掌握相关政府信息",
    "unavailable.needs_creation": "2.没有现成信息需要另行制作",
    "unavailable.still_unclear": "3.补正后申请内容仍不明确",
    "not_processed.petition": "1.信访举报投诉类申请",
    "not_processed.repeated": "2.重复申请",
    "not_processed.publication": "3.要求提供公开出版物",
    "not_processed.abusive": "4.无正当理由大量反复申请",
    "not_processed.reconfirmation": "5.要求行政机关确认或重新出具已获取信息",
    "other.uncorrected": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "other.unpaid": "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "other.other": "3.其他",
}
ROWS = {
    "received": "一、本年新收政府信息公开申请数量",
    "carried_in": "二、上年结转政府信息公开申请数量",
    **OUTCOMES,
    "processed_total": "（七）总计",
    "carried_out": "四、结转下年度继续办理",
}
GROUPS = {
    "refused": "（三）不予公开",
    "unavailable": "（四）无法提供",
    "not_processed": "（五）不予处理",
    "other": "（六）其他处理",
}
RESULTS = {"upheld": "结果维持", "corrected": "结果纠正", "other": "其他结果", "pending": "尚未审结", "total": "总计"}
REVIEWS = ("review", "litigation_direct", "litigation_after_review")
Figures = dict[str, dict[str, dict[str, Any]]]


def figures() -> Figures:
    """Figures of a whole report whose identities hold, each row of table III other than the rows around it."""
    parts: dict[str, list[int]] = {}
    for n, key in enumerate(OUTCOMES):
        parts[key] = [n + 3, n % 4, n % 3, (n + 1) % 2, n % 5, (n * 7) % 6]
    processed = [sum(column) for column in zip(*parts.values(), strict=True)]
    carried_out, carried_in = [4, 0, 1, 0, 2, 1], [2, 1, 0, 0, 1, 3]
    received = [p + o - i for p, o, i in zip(processed, carried_out, carried_in, strict=True)]
    lines = {"received": received, "carried_in": carried_in, **parts}
    lines |= {"processed_total": processed, "carried_out": carried_out}
    results = {"review": (4, 1, 0, 2), "litigation_direct": (3, 0, 1, 5), "litigation_after_review": (0, 2, 6, 1)}
    return {
        "proactive": {
            "rules": {"issued": 1, "repealed": 3, "in_force": 8},
            "normative_documents": {"issued": 12, "repealed": 5, "in_force": 43},
            "licensing": {"decisions": 3061},
            "penalties": {"decisions": 1863},
            "coercive_measures": {"decisions": 27},
            "fees": {"amount": 251},
        },
        "applications": {
            key: dict(zip(COLUMNS, [*numbers, sum(numbers)], strict=True)) for key, numbers in lines.items()
        },
        "review_litigation": {
            key: dict(zip(RESULTS, [*numbers, sum(numbers)], strict=True)) for key, numbers in results.items()
        },
    }


FIGURES = figures()


def changed(**cells: Any) -> Figures:
    """The figures with some cells of table II as given: `penalties=…`, `fees=…` (their one number)."""
    wanted = figures()
    for key, value in cells.items():
        wanted["proactive"][key] = dict.fromkeys(wanted["proactive"][key], value)
    return wanted


def second_rows(printed: Mapping[str, str] | None = None, *, spans: bool = True, unit: str = "（单位：万元）") -> Rows:
    """Table II of the form of 2021; ``printed`` says what the one cell of a row prints instead of its number."""
    cells = FIGURES["proactive"]
    wide = 3 if spans else 1
    rows: Rows = [
        [("第二十条第（一）项", 1, 4 if spans else 1)],
        [(label, 1, 1) for label in ("信息内容", "本年制发件数", "本年废止件数", "现行有效件数")],
    ]
    rows += [
        [(label, 1, 1), *((str(number), 1, 1) for number in cells[key].values())]
        for key, label in (("rules", "规章"), ("normative_documents", "行政规范性文件"))
    ]
    for article, header, lines in (
        ("（五）", "本年处理决定数量", {"licensing": "行政许可"}),
        ("（六）", "本年处理决定数量", {"penalties": "行政处罚", "coercive_measures": "行政强制"}),
        ("（八）", f"本年收费金额{unit}", {"fees": "行政事业性收费"}),
    ):
        rows.append([(f"第二十条第{article}项", 1, 4 if spans else 1)])
        rows.append([("信息内容", 1, 1), (header, 1, wide)])
        for key, label in lines.items():
            number = next(iter(cells[key].values()))
            rows.append([(label, 1, 1), ((printed or {}).get(key, str(number)), 1, wide)])
    return rows


def third_rows() -> Rows:
    """Table III of the form of 2021."""
    rows: Rows = [
        [
            ("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3),
            ("申请人情况", 1, 7),
        ],
        [("自然人", 2, 1), ("法人或其他组织", 1, 5), ("总计", 2, 1)],
        [(label, 1, 1) for label in COLUMN_LABELS[1:6]],
    ]
    inner = [*OUTCOMES, "processed_total"]
    for key, label in ROWS.items():
        line: list[tuple[str, int, int]] = []
        if key == inner[0]:
            line.append(("三、本年度办理结果", len(inner), 1))
        if key not in inner:
            line.append((label, 1, 3))
        elif "." in key:
            group = key.split(".")[0]
            members = [k for k in inner if k.startswith(f"{group}.")]
            if key == members[0]:
                line.append((GROUPS[group], len(members), 1))
            line.append((label, 1, 1))
        else:
            line.append((label, 1, 2))
        rows.append(line + [(str(n), 1, 1) for n in FIGURES["applications"][key].values()])
    return rows


def fourth_rows() -> Rows:
    """Table IV of the form."""
    return [
        [("行政复议", 1, 5), ("行政诉讼", 1, 10)],
        [*((label, 2, 1) for label in RESULTS.values()), ("未经复议直接起诉", 1, 5), ("复议后起诉", 1, 5)],
        [(label, 1, 1) for label in RESULTS.values()] * 2,
        [(str(n), 1, 1) for key in REVIEWS for n in FIGURES["review_litigation"][key].values()],
    ]


def as_html(rows: Rows, wrap: Wrap = str) -> str:
    """A table of HTML; ``wrap`` puts markup around what a cell prints."""
    lines = []
    for line in rows:
        cells = (f"<td rowspan={down} colspan={across}>{wrap(text)}</td>" for text, down, across in line)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table border=1>{''.join(lines)}</table>"


def renamed(rows: Rows, names: Mapping[str, str]) -> Rows:
    """Rows with labels printed otherwise."""
    return [[(names.get(text, text), down, across) for text, down, across in line] for line in rows]


def whole(
    tables: Mapping[int, str] | None = None,
    *,
    title: str = TITLE,
    headings: Sequence[str] = HEADINGS,
    prose: Mapping[int, Sequence[str]] = PROSE,
    after: Mapping[int, str] | None = None,
    info: str = "",
    end: str = "",
) -> bytes:
    """A whole report as a page. ``tables`` replaces what stands for table II (1), III (2) or IV (3), ``after`` adds
    markup behind a section, ``info`` stands under the title, ``end`` behind everything."""
    own = {1: as_html(second_rows()), 2: as_html(third_rows()), 3: as_html(fourth_rows())} | dict(tables or {})
    parts = [f"<h1>{title}</h1>", info]
    for i, heading in enumerate(headings):
        parts.append(f"<p>{heading}</p>")
        parts += [f"<p>{text}</p>" for text in prose.get(i, ())]
        parts += [own.get(i, ""), (after or {}).get(i, "")]
    return f"<html><body><div>{''.join(parts)}{end}</div></body></html>".encode()


def whole_text(divide: Callable[[Rows], str], *, second: Rows | None = None) -> str:
    """A whole report as plain text, its tables divided by ``divide``."""
    rows = {1: second or second_rows(), 2: third_rows(), 3: fourth_rows()}
    lines = [TITLE]
    for i, heading in enumerate(HEADINGS):
        lines += [heading, *PROSE.get(i, ())]
        lines += [divide(rows[i])] if i in rows else []
    return "\n".join(lines) + "\n"


def by_blanks(rows: Rows) -> str:
    return "\n".join(" ".join(text for text, _, _ in line if text) for line in rows)


def by_tabs(rows: Rows) -> str:
    """As a spreadsheet saves it: a field for each column of the grid, and no tabs at the end of a line."""
    grid: dict[tuple[int, int], str] = {}
    for r, line in enumerate(rows):
        column = 0
        for text, down, across in line:
            while (r, column) in grid:
                column += 1
            for i in range(down):
                for j in range(across):
                    grid[r + i, column + j] = text if i == j == 0 else ""
            column += across
    width = max(column for _, column in grid) + 1
    return "\n".join("\t".join(grid.get((r, c), "") for c in range(width)).rstrip("\t") for r in range(len(rows)))


def on_numbers(markup: str) -> Wrap:
    """Puts markup with a `{}` around each number."""
    return lambda text: markup.format(text) if re.fullmatch(r"-?\d+", text) else text


def assert_whole(record: dict[str, Any], wanted: Figures = FIGURES) -> None:
    assert record["tables"] == wanted
    assert record["confidence"] == "verified", record["warnings"]
    assert [section["key"] for section in record["sections"]] == SECTIONS


def test_the_report_without_an_oddity() -> None:
    record = read_page(whole())
    assert_whole(record)
    assert record["warnings"] == []
    assert all(check["status"] == "pass" for check in record["checks"])


# --- Cells --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrap",
    [
        on_numbers('<a href="/detail/{0}.html">{0}</a>'),
        lambda text: f'<a href="javascript:void(0)">{text}</a>',
        lambda text: f'<a name="_Toc1">{text}</a>',
        lambda text: f'<a name="OLE_LINK2"></a>{text}',
    ],
    ids=["numbers are links", "everything is a link", "within bookmarks", "behind bookmarks"],
)
def test_anchors_in_cells_change_nothing(wrap: Wrap) -> None:
    tables = {1: as_html(second_rows(), wrap), 2: as_html(third_rows(), wrap), 3: as_html(fourth_rows(), wrap)}
    assert_whole(read_page(whole(tables)))


@pytest.mark.parametrize(
    ("cell", "raw"),
    [
        ("1863<sup>1</sup>", "1863（1）"),
        ("1863<sup>[1]</sup>", "1863（[1]）"),
        ('1863<a href="#_ftn1"><span>1</span></a>', "1863（1）"),
        ('1863<sup><a href="#_ftn1" name="_ftnref1">1</a></sup>', None),
    ],
)
def test_a_footnote_is_not_part_of_the_number(cell: str, raw: str | None) -> None:
    record = read_page(whole({1: as_html(second_rows({"penalties": cell}))}))
    assert_whole(record)
    place = record["provenance"]["proactive"]["penalties"]["decisions"]
    assert place["raw"].startswith("1863（")
    assert raw is None or place["raw"] == raw


@pytest.mark.parametrize(
    "cell",
    [
        '<span style="text-decoration:line-through">99</span>1863',
        '<span style="TEXT-DECORATION: underline line-through">99</span>1863',
        "<del>99</del><ins>1863</ins>",
        "<s>99</s>1863",
        "<STRIKE><span style='text-decoration:line-through'>9</span>9</STRIKE>1863",
    ],
)
def test_struck_out_text_is_told_and_not_read(cell: str) -> None:
    record = read_page(whole({1: as_html(second_rows({"penalties": cell}))}))
    assert record["tables"] == FIGURES
    assert "raw" not in record["provenance"]["proactive"]["penalties"]["decisions"]
    assert record["warnings"] == [{"code": "struck_text", "message": "struck through: '99'"}]
    assert record["confidence"] == "partial"


@pytest.mark.parametrize(
    "cell",
    [
        '<span style="display:none">9</span>1863',
        '<span style="display:none"><s>9</s></span>1863',
        "<s></s>1863",
        "<del>件</del>1863",
    ],
)
def test_hidden_text_is_not_read(cell: str) -> None:
    record = read_page(whole({1: as_html(second_rows({"penalties": cell}))}))
    assert_whole(record)
    assert "raw" not in record["provenance"]["proactive"]["penalties"]["decisions"]


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_struck_out_text_is_told_in_any_encoding(encoding: str) -> None:
    page = whole({1: as_html(second_rows({"penalties": "<s>99</s>1863"}))}).decode()
    record = read_page(page.encode(encoding))
    assert record["tables"] == FIGURES
    assert [warning["code"] for warning in record["warnings"]] == ["struck_text"]


@pytest.mark.parametrize(
    "cell",
    [
        "<table><tr><ld>1863</td></tr></table>",  # a broken tag: the number stands in the row, in no cell
        "<table><tr>1863<td></td></tr></table>",
        "<table>1863<tr><td></td></tr></table>",
        "<table><tbody><tr><td></td></tr>1863</tbody></table>",
    ],
)
def test_text_in_an_inner_table_and_in_no_cell_is_told(cell: str) -> None:
    record = read_page(whole({1: as_html(second_rows({"penalties": cell}))}))
    assert record["tables"]["proactive"]["penalties"]["decisions"] in {None, 1863}
    assert record["confidence"] == "partial" or record["tables"] == FIGURES


def test_what_is_struck_outside_the_article_is_nothing() -> None:
    menu = '<nav><a href="/a">首页<s>9</s></a></nav><div><ul><li><a href="/b"><s>12</s>件</a></li></ul></div>'
    assert_whole(read_page(whole().replace(b"<body>", b"<body>" + menu.encode(), 1)))


@pytest.mark.parametrize(
    "cell",
    [
        '<img src="n.png" alt="1863">',
        '<input type="text" value="1863">',
        "<select><option>1863</option></select>",
        "<p><textarea>1863</textarea></p>",
    ],
)
def test_a_picture_or_a_control_in_a_cell_is_no_number(cell: str) -> None:
    record = read_page(whole({1: as_html(second_rows({"penalties": cell}))}))
    assert record["tables"] == changed(penalties=None)
    assert record["confidence"] == "partial"
    assert codes(record) == {"unreadable_cell"}


def test_a_spacer_in_a_cell_is_a_blank() -> None:
    cell = '<img src="s.gif" width=1 height=1>'
    assert_whole(read_page(whole({1: as_html(second_rows({"penalties": cell}))})), changed(penalties=None))


# --- Units --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "unit", "over", "names"),
    [
        ("2510000", "", "<p>（金额单位：元）</p>", {}),
        ("2510000", "", "<p>单位：件、元</p>", {}),
        ("2510000", "", "", {"行政事业性收费": "行政事业性收费（元）"}),
        ("2510000", "（单位：元）", "", {}),
        ("2510000元", "（单位：万元）", "", {}),
        ("251万元", "（单位：元）", "", {}),
        ("251", "（单位：万元）", "<p>（金额单位：元）</p>", {}),
        ("251", "", "", {}),
    ],
    ids=["paragraph", "paragraph with 件", "label", "header", "cell", "cell over header", "header over line", "none"],
)
def test_an_amount_is_in_the_unit_nearest_to_it(printed: str, unit: str, over: str, names: dict[str, str]) -> None:
    rows = renamed(second_rows({"fees": printed}, unit=unit), names)
    record = read_page(whole({1: over + as_html(rows)}))
    assert record["tables"] == FIGURES
    assert record["confidence"] == "verified"


# --- Columns and rows ---------------------------------------------------------------------------------------------


def with_column(label: str, printed: Callable[[int], str]) -> str:
    """Table III with a further column at its end."""
    rows = third_rows()
    rows[0].append((label, 3, 1))
    for n, line in enumerate(rows[3:]):
        line.append((printed(n), 1, 1))
    return as_html(rows)


def test_a_column_of_numbers_that_the_form_lacks_is_said() -> None:
    record = read_page(whole({2: with_column("上年数量", lambda n: str(n + 7))}))
    assert record["tables"] == FIGURES
    assert record["confidence"] == "partial"
    assert codes(record) == {"unknown_column"}
    assert any("上年数量" in warning["message"] for warning in record["warnings"])


def test_a_column_of_remarks_is_none_of_the_numbers() -> None:
    record = read_page(whole({2: with_column("备注", lambda n: "" if n % 5 else "含转办")}))
    assert_whole(record)
    assert "unknown_column" not in codes(record)


def test_a_further_column_between_the_columns_of_table_two() -> None:
    rows = second_rows()
    for line in rows[1:4]:
        line.insert(2, ("本年修改件数" if line[0][0] == "信息内容" else "7", 1, 1))
    for line in rows:
        if line[-1][2] >= 3:
            line[-1] = (line[-1][0], 1, line[-1][2] + 1)
    record = read_page(whole({1: as_html(rows)}))
    assert record["tables"] == FIGURES
    assert record["confidence"] == "partial"
    assert codes(record) == {"unknown_column"}


def test_a_total_printed_twice_heads_nothing_for_sure() -> None:
    record = read_page(whole({2: with_column("总计", lambda n: str(n + 7))}))
    wanted = figures()
    for columns in wanted["applications"].values():
        del columns["total"]
    assert record["tables"] == wanted
    assert record["confidence"] == "partial"
    assert codes(record) == {"unknown_column"}


def test_table_two_without_spans() -> None:
    assert_whole(read_page(whole({1: as_html(second_rows(spans=False))})))


@pytest.mark.parametrize(
    ("number", "rows", "names"),
    [
        (2, third_rows(), {"其他": "其它", "3.其他": "3.其它", "（六）其他处理": "（六）其它处理"}),
        (
            2,
            third_rows(),
            {label: label.replace("其他", "其它") for label in ("2.其他法律行政法规禁止公开", "法人或其他组织")},
        ),
        (2, third_rows(), {"（七）总计": "（七）合计"}),
        (3, fourth_rows(), {"其他结果": "其它结果"}),
        (1, second_rows(), {"行政强制": "行政强制措施"}),
    ],
    ids=["其它", "其它 in labels", "合计", "其它结果", "行政强制措施"],
)
def test_labels_in_other_words(number: int, rows: Rows, names: dict[str, str]) -> None:
    assert_whole(read_page(whole({number: as_html(renamed(rows, names))})))


def test_table_two_as_a_list_of_items_is_said_to_be_unread() -> None:
    items = {"规章本年制发件数": "1", "行政许可": "3061", "行政处罚": "1863", "行政强制": "27"}
    rows: Rows = [[("项目", 1, 1), ("数量", 1, 1)], *([(k, 1, 1), (v, 1, 1)] for k, v in items.items())]
    record = read_page(whole({1: as_html(rows)}))
    assert record["tables"] == {key: FIGURES[key] for key in ("applications", "review_litigation")}
    assert record["confidence"] == "partial"
    assert [w["code"] for w in record["warnings"]] == ["unread_table"]
    assert record["warnings"][0]["message"].startswith("proactive")


def test_a_picture_instead_of_table_four() -> None:
    record = read_page(whole({3: '<p><img src="t4.png"></p>'}))
    assert record["tables"] == {key: FIGURES[key] for key in ("proactive", "applications")}
    assert record["confidence"] == "partial"
    assert [w["code"] for w in record["warnings"]] == ["picture"]
    assert record["warnings"][0]["message"].startswith("review_litigation")


OTHER_TABLES = {
    "bodies": [["单位", "收到申请数", "予以公开", "部分公开", "不予公开", "总计"], ["教育科", "3", "2", "1", "0", "3"]],
    "fees": [["收费项目", "上年", "本年"], ["信息处理费", "0", "0"], ["其他", "12", "3"]],
    "proposals": [["类别", "件数"], ["人大建议", "45"], ["政协提案", "33"], ["总计", "78"]],
    "decisions": [["许可类别", "数量"], ["甲类", "77"], ["乙类", "88"]],
}


@pytest.mark.parametrize("section", [2, 3], ids=["behind III", "behind IV"])
@pytest.mark.parametrize("name", OTHER_TABLES)
def test_another_table_behind_a_table_of_the_form(name: str, section: int) -> None:
    other = as_html([[(text, 1, 1) for text in line] for line in OTHER_TABLES[name]])
    record = read_page(whole(after={section: f"<p>另有一张表：</p>{other}"}))
    assert_whole(record)
    assert record["warnings"] == []


def test_a_paragraph_with_the_text_of_the_corner() -> None:
    stray = "<p>（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）</p>"
    assert_whole(read_page(whole(after={1: stray})))
    record = read_page(whole({2: stray + '<p><img src="t3.png"></p>'}))
    assert record["tables"] == {key: FIGURES[key] for key in ("proactive", "review_litigation")}
    assert record["confidence"] == "partial"


# --- Plain text ---------------------------------------------------------------------------------------------------


def test_text_divided_by_blanks_and_by_tabs() -> None:
    assert_whole(read_page(whole_text(by_blanks).encode()))
    assert_whole(read_page(whole_text(by_tabs).encode()))


def test_a_number_alone_under_a_label_is_not_read_for_sure() -> None:
    text = whole_text(by_blanks, second=second_rows({"penalties": ""}))
    record = read_page(text.replace("\n行政处罚\n", "\n行政处罚\n2\n").encode())
    assert record["confidence"] == "partial"
    wanted = changed(penalties=record["tables"]["proactive"]["penalties"]["decisions"])
    assert record["tables"] == wanted
    assert wanted["proactive"]["penalties"]["decisions"] in {None, 2}


@pytest.mark.parametrize("mark", ["\f2\n", "2\f\n", "2\n\f", "2\n\f\n"])
def test_a_number_beside_a_form_feed_is_the_number_of_a_page(mark: str) -> None:
    text = whole_text(by_blanks, second=second_rows({"penalties": ""}))
    record = read_page(text.replace("\n行政处罚\n", f"\n行政处罚\n{mark}").encode())
    assert record["tables"]["proactive"]["penalties"] == {"decisions": None}
    assert "2" not in "".join(section["text"] for section in record["sections"])


def test_page_numbers_beside_form_feeds_leave_a_whole_report() -> None:
    text = whole_text(by_blanks)
    for label in ("行政处罚 1863", "1.属于国家秘密"):
        at = text.index("\n", text.index(label)) + 1
        text = f"{text[:at]}7\n\f{text[at:]}"
    assert_whole(read_page(text.encode()))


def test_a_line_of_tabs_may_end_before_its_blank_cells() -> None:
    rows = [[(text, 1, across + 1 if n == 0 else across) for n, (text, _, across) in enumerate(line)]
            for line in second_rows()]  # fmt: skip
    rows[2][-1] = ("", 1, 1)
    text = whole_text(by_tabs, second=rows)
    assert "\n规章\t\t1\t3\n" in text
    record = read_page(text.encode())
    wanted = figures()
    wanted["proactive"]["rules"]["in_force"] = None
    assert record["tables"] == wanted
    assert record["tables"]["proactive"]["rules"] == {"issued": 1, "repealed": 3, "in_force": None}


# --- Whose, of which year, from when ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("2022年政府信息公开工作年度报告（青松县财政局）", "青松县财政局"),
        ("2022年政府信息公开工作年度报告——青松县财政局", "青松县财政局"),
        ("青松县政务公开办公室2022年政府信息公开工作年度报告", "青松县政务公开办公室"),
        ("青松县政务公开领导小组办公室2022年度政府信息公开工作年度报告", "青松县政务公开领导小组办公室"),
        ("青政〔2023〕3号 青松县人民政府2022年政府信息公开工作年度报告", "青松县人民政府"),
        ("青松县项目推进办2022年政府信息公开年报", "青松县项目推进办"),
        ("青松县干部培训中心2022年信息公开年报", "青松县干部培训中心"),
        ("青松县信息发布中心2022年信息公开报告", "青松县信息发布中心"),
        ("青松县司法局2022年法治政府建设和政府信息公开年度报告", "青松县司法局"),
    ],
)
def test_the_body_and_the_year_of_a_title(title: str, body: str) -> None:
    record = read_page(whole(title=title))
    assert (record["agency"]["name"], record["year"]) == (body, 2022)
    assert_whole(record)


@pytest.mark.parametrize(
    "title",
    [
        "青松县开展政府信息公开年度报告编制培训",
        "青松县政府信息公开年度报告发布",
    ],
)
def test_news_say_so_behind_their_matter(title: str) -> None:
    assert read_title(title).kind == "news"


@pytest.mark.parametrize(
    ("info", "published"),
    [
        ("<p>成文日期：2023-01-10</p><p>发布日期：2023-01-18</p>", "2023-01-18"),
        ("<p>更新时间：2024-05-01 发布时间：2023-01-18</p>", "2023-01-18"),
        ("<p>更新时间：2024-05-01</p><p>时间：2023-01-18</p>", "2023-01-18"),
        ("<p>时间：2023-01-19</p><p>发布时间：2023年1月18日</p>", "2023-01-18"),
        ("<p>当前时间：2026年11月1日 星期日</p><p>发布时间：2023-01-18</p>", "2023-01-18"),
        ("<p>当前时间：2026年11月1日 星期日</p>", None),
        ("<p>统计时间：2022年1月1日至2022年12月31日</p>", None),
        ("<p>统计时间：2022年1月1日起至2022年12月31日</p><p>发布时间：2023/01/18 10:22:01</p>", "2023-01-18"),
        ("<p>成文日期：2023-01-10</p>", "2023-01-10"),
    ],
)
def test_the_date_of_publication_by_rank(info: str, published: str | None) -> None:
    record = read_page(whole(info=info))
    assert record["published"] == published
    assert_whole(record)
    text = re.sub("<[^>]*>", "\n", info) + whole_text(by_blanks)
    assert read_page(text.encode())["published"] == published


def test_the_rank_of_a_date() -> None:
    assert find_published("发布时间：2023-01-18") == (0, "2023-01-18")
    assert find_published("时 间：2023-01-18") == (1, "2023-01-18")
    assert find_published("更新时间：2023-01-18") == (2, "2023-01-18")
    assert find_published("办公时间：2023-01-18") is None


def test_a_second_report_of_another_year_is_left_out() -> None:
    other = re.sub(r"(?<=>)\d+(?=</td>)", "9", whole(title=TITLE.replace("2022", "2021")).decode())
    inner = other.removeprefix("<html><body>").removesuffix("</body></html>").replace("h1>", "p>")
    record = read_page(whole(end=inner))
    assert (record["year"], record["tables"]) == (2022, FIGURES)
    assert record["confidence"] == "partial"
    assert "second_report" in codes(record)
    assert [section["key"] for section in record["sections"]] == SECTIONS
    assert "2021" not in "".join(section["text"] for section in record["sections"])


# --- Headings -----------------------------------------------------------------------------------------------------

NAMES = [heading[2:] for heading in HEADINGS]


@pytest.mark.parametrize(
    "headings",
    [
        [f"{n}、{name}" for n, name in enumerate(NAMES, 1)],
        [f"（{n}）{name}" for n, name in zip("一二三四五六", NAMES, strict=True)],
        [f"【{heading}】" for heading in HEADINGS],
        [f"{heading[:2]}2022年{name}" for heading, name in zip(HEADINGS, NAMES, strict=True)],
        [f"第{n}部分　{name}" for n, name in zip("一二三四五六", NAMES, strict=True)],
        [f"第{n}章 {name}" for n, name in zip("一二三四五六", NAMES, strict=True)],
    ],
    ids=["1、", "（一）", "【】", "a year", "第一部分", "第一章"],
)
def test_headings_in_other_numberings(headings: list[str]) -> None:
    record = read_page(whole(headings=headings))
    assert_whole(record)
    texts = {section["key"]: section["text"] for section in record["sections"]}
    assert (texts["overview"], texts["problems"], texts["other_matters"]) == tuple(PROSE[i][0] for i in (0, 4, 5))
    assert not any(texts[key] for key in ("proactive", "applications", "review_litigation"))


# --- Bounded work -------------------------------------------------------------------------------------------------

HOSTILE: dict[str, Callable[[], str]] = {
    "titles of other years": lambda: f"{TITLE}\n" + f"{TITLE.replace('2022', '2021')}\n" * 20_000,
    "forty digits": lambda: f"{TITLE}\n{HEADINGS[0]}\n{'1' * 40}页次\n{' '.join(['126'] * 14)}页次\n",
    "one line": lambda: f"{TITLE}\n{HEADINGS[0]}\n" + "照常进行，" * (8 * 1024 * 1024 // 15 - 20),
    "one line of headings": lambda: f"{TITLE}\n" + f"{HEADINGS[0]}，照常进行" * 30_000,
    "headings": lambda: f"{TITLE}\n" + "\n".join([*HEADINGS, ""]) * 4_000,
    "wide rows": lambda: page(
        table(row("一、本年新收政府信息公开申请数量", *[0] * 7), "<tr><td colspan=99>1</td></tr>" * 30_000)
    ).decode(),
}


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(1, Limits(seconds=60)) as pool:
        yield pool


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_made_to_hurt_comes_to_an_end(name: str, pool: ReaderPool) -> None:
    source = Source("http://a.gov.cn/x", "http://a.gov.cn/x", "2026-01-01T00:00:00Z")
    future = pool.submit(Job(source, HOSTILE[name]().encode()))
    error = future.exception()
    if error is None:
        assert future.result().record["year"] == 2022
    else:
        assert isinstance(error, ReadingError), error
        assert not isinstance(error, ReaderStopped), error
