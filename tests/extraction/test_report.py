"""Reports from small pages: whose and of which year, what is refused, and what is said of odd tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from crawler.extraction.documents.grid import SpanningCell, fill_grid
from crawler.extraction.documents.html import MAX_BYTES, read_html
from crawler.extraction.documents.model import Cell, Document, Paragraph, Place, Table
from crawler.extraction.documents.plain import read_plain
from crawler.extraction.documents.sniff import media_type, read_document
from crawler.extraction.errors import NotAReport, UnreadableDocument
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.extraction.record.schema import find_faults
from crawler.extraction.report.collect import Collector
from crawler.extraction.report.grids import read_grids
from crawler.extraction.report.model import Report
from crawler.extraction.report.read import read_report

CASES = Path(__file__).parents[1] / "cases"
NOW = "2026-01-01T00:00:00Z"
HEADINGS = (
    "总体情况", "主动公开政府信息情况", "收到和处理政府信息公开申请情况", "政府信息公开行政复议、行政诉讼情况",
    "存在的主要问题及改进情况", "其他需要报告的事项",
)  # fmt: skip
HEAD = (
    "<tr><td rowspan=3 colspan=3>（勾稽关系）</td><td colspan=7>申请人情况</td></tr>"
    "<tr><td rowspan=2>自然人</td><td colspan=5>法人或其他组织</td><td rowspan=2>总计</td></tr>"
    "<tr><td>商业企业</td><td>科研机构</td><td>社会公益组织</td><td>法律服务机构</td><td>其他</td></tr>"
)


def row(label: str, *numbers: object) -> str:
    return f"<tr><td colspan=3>{label}</td>" + "".join(f"<td>{n}</td>" for n in numbers) + "</tr>"


def page(
    *tables: str, title: str = "青松县人民政府2022年政府信息公开工作年度报告", between: str = "", end: str = ""
) -> bytes:
    parts = [f"<h1>{title}</h1>"]
    for number, heading in zip("一二三四五六", HEADINGS, strict=True):
        parts.append(f"<p>{number}、{heading}</p><p>这一部分的文字写在这里，说明全年工作。{between}</p>")
        if number == "三":
            parts += tables
    return f"<html><body><div>{''.join(parts)}{end}</div></body></html>".encode()


def read_page(data: bytes, **given: Any) -> dict[str, Any]:
    record = read(data, Source("http://a.gov.cn/x", "http://a.gov.cn/x", NOW, **given))
    assert find_faults(record) == []
    return record


def table(*rows: str) -> str:
    return f"<table>{HEAD}{''.join(rows)}</table>"


def codes(record: dict[str, Any]) -> set[str]:
    return {warning["code"] for warning in record["warnings"]}


def test_a_row_is_read_at_its_labels() -> None:
    record = read_page(page(table(row("一、本年新收政府信息公开申请数量", 3, 1, 0, 0, 0, 0, 4))))
    assert record["tables"]["applications"]["received"]["enterprise"] == 1
    assert record["provenance"]["applications"]["received"]["total"]["xpath"].endswith("/td[8]")
    assert record["confidence"] == "read"
    assert record["checks"][0]["where"] == {"table": "applications", "row": "received"}


def test_a_header_whose_wrong_spans_leave_a_column_for_each_label_is_read_by_its_order() -> None:
    """The corner a row too low and the group too narrow: 商业企业 slides under the corner, left of 自然人."""
    head = HEAD.replace("rowspan=3 colspan=3", "rowspan=2 colspan=3").replace("colspan=5", "colspan=2")
    numbers = row("一、本年新收政府信息公开申请数量", 38, 2, 1, 0, 0, 0, 41)
    record = read_page(page(f"<table>{head}{numbers}</table>"))
    received = record["tables"]["applications"]["received"]
    assert (received["natural_person"], received["enterprise"], received["total"]) == (38, 2, 41)


def test_a_row_printed_twice_alike_is_one_and_differently_is_doubtful() -> None:
    one = row("一、本年新收政府信息公开申请数量", 3, 1, 0, 0, 0, 0, 4)
    other = row("一、本年新收政府信息公开申请数量", 3, 2, 0, 0, 0, 0, 5)
    assert codes(read_page(page(table(one, one)))) == set()
    record = read_page(page(table(one, other)))
    assert record["tables"]["applications"]["received"]["enterprise"] is None
    assert record["confidence"] == "partial"
    assert "conflicting_cells" in codes(record)


@pytest.mark.parametrize(("number", "lowers"), [(5, False), (6, True)])
def test_a_number_in_the_line_of_a_group_is_held_against_its_lines(number: int, lowers: bool) -> None:
    rows = [
        row("（五）不予处理", number, 0, 0, 0, 0, 0, number),
        row("1.信访举报投诉类申请", 2, 0, 0, 0, 0, 0, 2),
        row("2.重复申请", 3, 0, 0, 0, 0, 0, 3),
    ]
    record = read_page(page(table(*rows)))
    assert "group_number" in codes(record)
    assert record["confidence"] == ("partial" if lowers else "read")


def test_an_unknown_row_becomes_a_warning_and_no_number() -> None:
    rows = [row("一、本年新收政府信息公开申请数量", 3, 0, 0, 0, 0, 0, 3), row("五、网上办理数量", 9, 0, 0, 0, 0, 0, 9)]
    record = read_page(page(table(*rows)))
    assert list(record["tables"]["applications"]) == ["received"]
    assert any("网上办理数量" in warning["message"] for warning in record["warnings"])
    assert record["confidence"] == "partial"


def test_a_part_of_a_table_may_have_more_columns_of_labels() -> None:
    """The first has no row with a label of its own group: its numbers end both."""
    first = table(row("一、本年新收政府信息公开申请数量", 3, 0, 0, 0, 0, 0, 3))
    numbers = "".join(f"<td>{n}</td>" for n in (2, 0, 0, 0, 0, 0, 2))
    rest = (
        "<table><tr><td rowspan=2>三、本年度办理结果</td><td rowspan=2>（三）不予公开</td><td>其他</td>"
        f"<td>1.属于国家秘密</td>{numbers}</tr><tr><td>其他</td><td>2.其他法律行政法规禁止公开</td>{numbers}</tr></table>"
    )
    record = read_page(page(first, rest))
    assert record["tables"]["applications"]["refused.law_forbids"]["natural_person"] == 2
    assert "shifted_row" not in codes(record)


def test_a_row_that_ends_before_its_header_with_a_cell_for_each_of_its_labels() -> None:
    """The last label of the header is wider than the number under it."""
    head = "<tr><td>信息内容</td><td>上一年项目数量</td><td colspan=2>本年增/减</td></tr>"
    wide = "<tr><td>信息内容</td><td>上一年项目数量</td><td>本年增/减</td><td>处理决定数量</td></tr>"
    rows = "".join(f"<tr><td>{name}</td><td>5</td><td>-1</td><td>7</td></tr>" for name in ("行政许可", "行政处罚"))
    record = read_page(page(f"<table>{wide}{rows}{head}<tr><td>行政事业性收费</td><td>48</td><td>-3</td></tr></table>"))
    assert record["tables"]["proactive"]["fees"]["change"] == -3
    assert "shifted_row" not in codes(record)


def test_a_label_whose_remark_is_cut_off() -> None:
    """The end of a page did, and what is left of it stands in no cell under it."""
    cut = "（二）部分公开（区分处理的，只计这一情形，不计其他情"
    record = read_page(page(table(row(cut, 3, 0, 0, 0, 0, 0, 3), row("形）", "", "", "", "", "", "", ""))))
    assert record["tables"]["applications"]["partly_granted"]["total"] == 3


def test_cells_that_do_not_fit_the_header_are_null() -> None:
    record = read_page(page(table(row("一、本年新收政府信息公开申请数量", 3, 0, 0, 0, 0, 0, 3, 1, 2))))
    assert set(record["tables"]["applications"]["received"].values()) == {None}
    assert record["confidence"] == "failed"


def test_a_table_that_stands_upright() -> None:
    rows = "".join(
        f"<tr><td>{label}</td><td>1</td><td>0</td><td>2</td><td>0</td><td>3</td></tr>"
        for label in ("行政复议", "未经复议直接起诉", "复议后起诉")
    )
    upright = (
        "<table><tr><td></td><td>结果维持</td><td>结果纠正</td><td>其他结果</td><td>尚未审结</td><td>总计</td></tr>"
        f"{rows}</table>"
    )
    record = read_page(page(upright))
    assert record["tables"]["review_litigation"]["litigation_after_review"]["other"] == 2


def test_a_cell_that_the_form_does_not_have() -> None:
    odd = "<table><tr><td>信息内容</td><td>本年废止件数</td></tr><tr><td>行政许可</td><td>7</td></tr></table>"
    record = read_page(page(odd))
    assert "cell_off_form" in codes(record)
    assert record["confidence"] == "failed"


@pytest.mark.parametrize(
    ("title", "given", "year", "name"),
    [
        ("2022年政府信息公开工作年度报告", {"body": "青松县人民政府"}, 2022, "青松县人民政府"),
        ("政府信息公开工作年度报告", {"titles": ("青松县教育局2021年政府信息公开年报",)}, 2021, "青松县教育局"),
    ],
)
def test_what_the_title_leaves_out_comes_from_where_it_was_found(
    title: str, given: dict[str, Any], year: int, name: str
) -> None:
    record = read_page(page(table(row("一、本年新收政府信息公开申请数量", *[0] * 7)), title=title), **given)
    assert (record["year"], record["agency"]["name"]) == (year, name)


def test_the_period_names_the_year_where_no_title_does() -> None:
    data = page(title="青松县水利局政府信息公开工作年度报告", between="统计期限自2020年1月1日起至2020年12月31日止。")
    assert read_page(data)["year"] == 2020


def test_a_period_of_another_year_is_remarked() -> None:
    record = read_page(page(between="统计期限自2021年1月1日起至2021年12月31日止。"))
    assert "year_conflict" in codes(record)
    assert record["confidence"] == "failed"  # no table at all


def test_the_signature_names_the_body() -> None:
    data = page(title="2022年政府信息公开工作年度报告", end="<p>青松县人民政府办公室</p><p>2023年1月20日</p>")
    assert read_page(data)["agency"]["name"] == "青松县人民政府办公室"


def test_nobody_is_named() -> None:
    record = read_page(page(title="2022年政府信息公开工作年度报告"))
    assert record["agency"]["name"] is None
    assert "no_body" in codes(record)


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("关于编报2022年政府信息公开工作年度报告的通知", "a notice"),
        ("《青松县2022年政府信息公开工作年度报告》解读", "an interpretation"),
        ("青松县2022年法治政府建设年度报告", "another kind"),
        ("××县人民政府20××年政府信息公开工作年度报告", "empty template"),
        ("青松县人民政府政府信息公开工作年度报告", "no year"),
    ],
)
def test_what_is_no_report_is_refused_with_its_reason(title: str, why: str) -> None:
    with pytest.raises(NotAReport, match=why):
        read_page(page(title=title))


def test_a_title_alone_is_no_report() -> None:
    with pytest.raises(NotAReport, match="no table of the form"):
        read_page(
            "<html><body><h1>青松县2022年政府信息公开年报</h1><p>见附件。</p><img src=a.png></body></html>".encode()
        )


def test_a_report_before_the_form_has_chapters_and_no_tables() -> None:
    text = (
        "青松县2015年政府信息公开工作年度报告\n一、概述\n全年工作平稳。\n二、主动公开情况\n公开信息一百条。\n"
        "三、依申请公开情况\n收到申请两件。\n四、存在问题\n人手不足。\n"
    )
    record = read_page(text.encode())
    assert (record["generation"], record["tables"], record["confidence"]) == ("free", {}, "read")
    assert [section["number"] for section in record["sections"]] == [1, 2, 3, 4]
    assert record["sections"][3]["key"] is None
    assert record["report_id"] == "local-青松县-2015"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf  \n", "empty"),
        (b"%PDF-1.7 ...", "no PDF"),
        (b"PK\x03\x04....", "no readable zip directory"),
        (b"\x89PNG\r\n\x1a\n", "no picture of a known kind"),
        (b"<html><body></body></html>", "no text"),
        (b"<p>" + b"x" * MAX_BYTES, "limit"),
        (("年报 " * 3_000_000).encode(), "limit"),
        (b"a\n" * 100_001, "lines"),
        pytest.param(b"<html>" + b"<b>x</b>" * 400_001, "elements", marks=pytest.mark.no_cover),
    ],
    ids=["nothing", "blanks", "pdf", "zip", "png", "no text", "long html", "long text", "many lines", "many elements"],
)  # fmt: skip
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableDocument, match=why):
        read_document(data)


def test_kinds_by_their_bytes() -> None:
    assert media_type(b"\n\n<!DOCTYPE html><html>") == "text/html"
    assert media_type("<p>年报</p>".encode("utf-16")) == "text/html"
    assert media_type(b"junk\n%PDF-1.4") == "application/pdf"
    assert media_type(b"BM is no picture") == "text/plain"
    assert media_type("一、总体情况".encode("gb18030")) == "text/plain"


def test_spans_fill_whole_rectangles() -> None:
    here = Place(xpath="/x")
    grid = fill_grid(
        [
            [SpanningCell("a", here, 2, 2), SpanningCell("b", here)],
            [SpanningCell("c", here, 5, 1)],
            [SpanningCell("d", here), SpanningCell("e", here)],
        ]
    )
    assert [[cell.text if cell else None for cell in line] for line in grid] == [
        ["a", "a", "b"],
        ["a", "a", "c"],
        ["d", "e", "c"],
    ]
    assert fill_grid([]) == ()
    wide = fill_grid([[SpanningCell("x", here, 1, 150), SpanningCell("y", here, 1, 150), SpanningCell("z", here)]])
    assert len(wide[0]) == 200


def test_a_page_says_its_date_and_its_trail() -> None:
    html = (
        '<html><head><meta name="PubDate" content="2023-01-20 10:00"><title>年报 - 青松县</title></head><body>'
        '<div>当前位置：<a href="/">首页</a> &gt; 年报</div><p>一段文字，写在正文里，说明工作。</p></body></html>'
    )
    document = read_html(html.encode())
    assert document.published == "2023-01-20"
    assert document.trail == ("首页", "年报")
    assert "年报" in document.titles
    assert read_plain("发布时间：2020-01-22\n正文".encode()).published == "2020-01-22"


# --- Titles of other years and other bodies beside the report's own --------------------------------------------------
OWN = "青松县人民政府2022年政府信息公开工作年度报告"


def read_flow(*head: str, text: str) -> Report:
    """A file that knows no title of its own: paragraphs, then the sections."""
    lines = [*head]
    for number, heading in zip("一二三四五六", HEADINGS, strict=True):
        lines += [f"{number}、{heading}", text]
    return read_report(Document("application/msword", tuple(Paragraph(line, Place(line=0)) for line in lines)))


@pytest.mark.parametrize(
    "other",
    ["·柳河市人民政府2020年政府信息公开工作年度报告", "青松县人民政府2021年政府信息公开工作年度报告"],
)
def test_the_title_is_the_last_that_stands_over_the_text(other: str) -> None:
    report = read_flow(other, "·规划计划", OWN, "时间：2023/01/24", text="2022年，青松县人民政府依法公开信息。")
    assert (report.title, report.year, report.agency.name) == (OWN, 2022, "青松县人民政府")
    assert "title_conflict" not in {w.code for w in report.warnings}


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ((OWN, "青松县人民政府2021年政府信息公开工作年度报告"), "2022年，青松县人民政府依法公开信息。"),
        ((OWN, "柳河市人民政府2022年政府信息公开工作年度报告"), "2022年，青松县人民政府依法公开信息。"),
        (("青松县人民政府2021年政府信息公开工作年度报告", OWN), "本年度依法公开信息。"),
    ],
)
def test_two_titles_and_a_text_that_is_not_the_last_ones_are_said(head: tuple[str, ...], text: str) -> None:
    report = read_flow(*head, text=text)
    assert [w.code for w in report.warnings if w.lowers] == ["title_conflict"]


def test_a_title_that_the_document_is_called_by_needs_no_other_word() -> None:
    lines = ["青松县人民政府2021年政府信息公开工作年度报告", OWN]
    lines += [f"{number}、{heading}" for number, heading in zip("一二三四五六", HEADINGS, strict=True)]
    document = Document("text/html", tuple(Paragraph(line, Place(line=0)) for line in lines), titles=(OWN,))
    assert "title_conflict" not in {w.code for w in read_report(document).warnings}


@pytest.mark.parametrize(("whole", "verdict"), [(True, "verified"), (False, "partial")])
def test_a_table_of_lines_that_ends_early_may_be_cut_off(whole: bool, verdict: str) -> None:
    """Five blank lines before the next heading are five blank cells; the end of the text tells nothing."""
    text = (CASES / "txt-lines-full-2024" / "input.txt").read_text(encoding="utf-8")
    table, heading, rest = text.partition("五、存在的主要问题")
    *_, last = (found for found in re.finditer("总计", table))
    numbers = "\n".join(["", *("0", "3", "0", "0", "3") * 2])
    end = "\n" * 6 + heading + rest if whole else ""
    record = read_page((table[: last.end()] + numbers + end).encode())
    assert record["tables"]["review_litigation"]["litigation_after_review"]["total"] is None
    assert (record["confidence"], "assumed_cells" in codes(record)) == (verdict, not whole)


def test_a_sideways_line_of_nothing_but_marks_for_blanks_is_no_part_of_its_header() -> None:
    """Where columns were aligned, a line of the header may say nothing by itself; one of values is none."""
    groups = [text for name in ("行政复议", "未经复议直接起诉", "复议后起诉") for text in (name, "", "", "", "")]
    labels = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] * 3
    texts = [groups, labels, ["—", "", "——", "无", "—"] * 3]
    place = Place(page=1)
    grid = tuple(tuple(Cell(text, r, c, 1, 1, place) for c, text in enumerate(row)) for r, row in enumerate(texts))
    collector = Collector()
    read_grids([(Table(grid, place, spans=False, aligned=True), "")], collector)
    assert len(collector.tables["review_litigation"]) == 3
