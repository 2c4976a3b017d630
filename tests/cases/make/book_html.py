"""The cases in HTML: encodings, boundaries of the article, spans, nesting, cuts, Word, headings, rows, values."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape

from tests.cases.make import hard, labels, shapes
from tests.cases.make.book import report
from tests.cases.make.draft import Block, Draft
from tests.cases.make.pages import (
    GRID,
    WORD_GRID,
    Look,
    boxed_cell,
    br,
    broken_lines_cell,
    div,
    empty_cell,
    encode_page,
    h2,
    invisible_cell,
    invisible_p,
    make_page,
    p,
    render_flow,
    render_page,
    replace_once,
    split_digits_cell,
    word_cell,
    word_p,
)
from tests.cases.make.truth import RONGSHAN

OLD_SITES = "portals of counties and departments: GB2312, GBK and GB18030 are in use, not always the one declared"
PASTED = "tables pasted from Word or WPS into a portal's editor"


# --- 1 Encodings ------------------------------------------------------------------------------------------------
@report("html-gbk-declared-utf8", (2019, 2023), "declared utf-8, bytes are GBK", OLD_SITES)
def _(draft: Draft, n: int) -> bytes:
    flow = render_flow(draft.blocks(), Look())
    return encode_page(make_page(draft, flow, shell=("platform", "layout")[n], charset="utf-8"), "gbk")


@report(
    "html-gb18030-declared-gb2312",
    (2020, 2022),
    "declared gb2312; the body's name and the prose hold characters that only GBK (镕) and GB18030 (㛃) have, and €",
    OLD_SITES,
    body=RONGSHAN,
)
def _(draft: Draft, n: int) -> bytes:
    draft.section(1).paragraphs.append("专职联络员王㛃、李镕负责日常更新，朱㳘、赵䶮负责复核，职责分工向社会公布。")
    draft.section(5).paragraphs.append("外商投资项目（合计€318万）的公开内容还不够细。")
    flow = render_flow(draft.blocks(), Look())
    return encode_page(make_page(draft, flow, shell=("layout", "platform")[n], charset="gb2312"), "gb18030")


@report("html-charset-missing", (2019, 2024), "no declaration at all; GBK in one, UTF-8 in the other", OLD_SITES)
def _(draft: Draft, n: int) -> bytes:
    page = make_page(draft, render_flow(draft.blocks(), Look()), shell=("layout", "article")[n], charset=None)
    return encode_page(page, ("gbk", "utf-8")[n])


@report("html-utf8-declared-gbk", (2020, 2023), "declared gbk or gb2312, bytes are UTF-8", OLD_SITES)
def _(draft: Draft, n: int) -> bytes:
    page = make_page(draft, render_flow(draft.blocks(), Look()), charset=("gbk", "gb2312")[n])
    return encode_page(page, "utf-8")


@report("html-utf8-bom", (2019, 2021), "UTF-8 with a byte order mark; the declaration says something else", OLD_SITES)
def _(draft: Draft, n: int) -> bytes:
    page = make_page(draft, render_flow(draft.blocks(), Look()), charset=("gb2312", "utf-8")[n])
    return encode_page(page, "utf-8-sig")


@report(
    "html-utf16", (2019, 2022), "UTF-16 with its mark, little and big end first", "Word's 'save as web page, Unicode'"
)
def _(draft: Draft, n: int) -> bytes:
    page = make_page(draft, render_flow(draft.blocks(), Look()), shell="article", charset=("unicode", None)[n])
    return (b"\xff\xfe", b"\xfe\xff")[n] + page.encode(("utf-16-le", "utf-16-be")[n])


@report(
    "html-charset-unknown", (2020, 2023), "declares a character set that does not exist; the bytes are sound", OLD_SITES
)
def _(draft: Draft, n: int) -> bytes:
    page = make_page(draft, render_flow(draft.blocks(), Look()), charset=("x-chinese-std", "utf8mb4")[n])
    return encode_page(page, ("gb18030", "utf-8")[n])


# --- 2 Boundaries of the article --------------------------------------------------------------------------------
@report("html-article", (2019, 2023), "menus, neighbours and footer around an <article>", "newer portals")
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(paragraph=(p, h2)[n]), "article")


@report(
    "html-div-soup",
    (2019, 2024),
    "no semantic tag: breadcrumb, source line, related reports of other bodies and a footer are divs like the text",
    "the Henan platform (the 2019 report of 南阳市人民政府办公室 keeps its chrome as text)",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(), "platform")


@report(
    "html-bare-divs",
    (2020, 2022),
    "paragraphs and headings are bare <div>",
    "portals' own editors; trafilatura's default loses all of it",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(paragraph=div), ("platform", "sides")[n])


@report(
    "html-br-only",
    (2019, 2023),
    "one paragraph, lines divided by <br> alone",
    "portals' own editors; trafilatura loses the first heading",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(paragraph=br), ("platform", "outer")[n])


@report(
    "html-layout-tables",
    (2019, 2021),
    "the whole site stands in layout tables",
    "sites of the first years (older Luoyang)",
)
def _(draft: Draft, n: int) -> bytes:
    page = make_page(
        draft, render_flow(draft.blocks(), Look(paragraph=(p, br)[n])), shell="layout", charset=("gb2312", "utf-8")[n]
    )
    return encode_page(page, ("gbk", "utf-8")[n])


@report(
    "html-outer-cell",
    (2020, 2023),
    "one table of one cell around everything",
    "editors that centre a page with a table",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(paragraph=(p, div)[n]), "outer")


@report(
    "html-side-tables",
    (2019, 2022),
    "calendar, weather and a table of handled cases beside the text, with 行政许可, 其他 and 总计 as labels",
    "portals with side bars",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(), "sides")


# --- 3, 4 Spans -------------------------------------------------------------------------------------------------
@report(
    "html-spans-whole",
    (2019, 2023),
    "a corner of three rows by three columns, groups of rows, header in three rows; labels broken by <br> and by hand",
    "the form itself",
)
def _(draft: Draft, n: int) -> bytes:
    look = (
        Look(inner=broken_lines_cell) if n else Look(paragraph=h2, opening=GRID.replace("<table", "<table class='tb'"))
    )
    return render_page(draft, look, "article")


@report(
    "html-rowspan-short",
    (2021, 2023),
    "三、本年度办理结果 and groups end a row too early: the rows after shift left",
    "the 2023 report of 卧龙区 ('3.其他', '(七) 总计')",
    size=("dense", "sparse"),
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(
        draft, Look(inner=(empty_cell, word_cell)[n]), blocks=shapes.shorten_rowspans(draft, draft.blocks())
    )


@report(
    "html-rowspan-long", (2019, 2022), "group cells reach a row too far: the rows after are pushed to the right", PASTED
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=shapes.lengthen_rowspans(draft, draft.blocks()))


@report("html-colspan-sums", (2019, 2023), "the colspans add up to another sum in each row", PASTED)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=shapes.differ_colspans(draft, draft.blocks()))


@report("html-rowspan-zero", (2020, 2024), "rowspan=0 and colspan=0, as editors write for 'none'", PASTED)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=shapes.zero_rowspans(draft, draft.blocks()))


@report(
    "html-cells-missing",
    (2019, 2022),
    "rows end after their first number; in the second document a total is missing as well",
    PASTED,
    size="sparse",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=shapes.lose_last_cells(draft, draft.blocks(), totals=bool(n)))


# --- 5 Nesting --------------------------------------------------------------------------------------------------
@report("html-nested-rows", (2019, 2023), "the seven numbers of a row are a table inside one cell", PASTED)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=shapes.nest_rows(draft.blocks()))


@report("html-nested-boxes", (2020, 2022), "each number in a table of its own, one by one", PASTED)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(inner=boxed_cell), ("platform", "layout")[n])


@report(
    "html-nested-group",
    (2021, 2020),
    "the numbers of the eight refusals are one table of eight rows in one cell beside eight labels",
    PASTED,
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=shapes.nest_group(draft, draft.blocks()))


@report(
    "html-nested-layout", (2020, 2023), "data tables in layout tables; in the second the article is rows of one", PASTED
)
def _(draft: Draft, n: int) -> bytes:
    if n == 0:
        return render_page(draft, blocks=shapes.wrap_tables(draft.blocks()))
    rows = [f"<tr><td>{render_flow([block], Look())}</td></tr>" for block in draft.blocks() if block.kind != "title"]
    flow = '<table width="100%" border="0" cellspacing="6">' + "\n".join(rows) + "</table>"
    return encode_page(make_page(draft, flow), "utf-8")


# --- 6 Cuts -----------------------------------------------------------------------------------------------------
@report("html-cut-no-header", (2019, 2023), "table III cut in two, the second part without header", PASTED)
def _(draft: Draft, n: int) -> bytes:
    blocks = shapes.cut_applications(draft.blocks(), "unavailable.not_held", groups=("again", "blank")[n])
    return render_page(draft, blocks=blocks)


@report("html-cut-header-again", (2020, 2022), "table III cut in two, the header printed again", PASTED)
def _(draft: Draft, n: int) -> bytes:
    blocks = shapes.cut_applications(draft.blocks(), "not_processed.petition", header=True, groups=("again", "drop")[n])
    return render_page(draft, blocks=blocks)


@report(
    "html-cut-pager",
    (2019, 2021),
    "page numbers and a pager between the parts of a table",
    "pages of long articles, cut by the portal",
)
def _(draft: Draft, n: int) -> bytes:
    marks = (("- 3 -",), ("第 3 页 共 8 页", "上一页 1 2 3 4 下一页"))[n]
    draft.chrome += (["- 3 -"], ["下一页", "共 8 页"])[n]
    blocks = shapes.cut_applications(draft.blocks(), "unavailable.not_held", marks=marks)
    return render_page(draft, blocks=shapes.part_review(blocks, marks[:1]) if n else blocks)


@report("html-cut-in-group", (2019, 2024), "cut in the middle of a group; the second part has no group cells", PASTED)
def _(draft: Draft, n: int) -> bytes:
    before = ("refused.internal_affairs", "unavailable.still_unclear")[n]
    return render_page(draft, blocks=shapes.cut_applications(draft.blocks(), before, groups="drop"))


@report(
    "html-review-apart",
    (2020, 2023),
    "the header of table IV in one table, its line of numbers in the next",
    "documents whose page ends before the line of numbers",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=shapes.part_review(draft.blocks(), (("— 6 —",), ())[n]))


@report(
    "html-articles-apart",
    (2019, 2022),
    "table II as one small table for each article",
    "the reports of 涧西区 (2019) and 西峡县 (2021)",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(paragraph=(p, div)[n]), blocks=shapes.part_articles(draft.blocks()))


# --- 7 Word -----------------------------------------------------------------------------------------------------
WORD = "Word's and WPS's filtered HTML, pasted or published as it is"


@report("html-word", (2019, 2023), "conditional comments, o:p, v:shape, mso styles, revealed comments", WORD)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(word_p, word_cell, WORD_GRID), "word")


@report("html-word-hidden", (2020, 2021), "rows of no height, hidden rows with numbers, hidden words in cells", WORD)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=shapes.hide_leftovers(draft, draft.blocks()))


@report("html-word-invisible", (2019, 2022), "no-break spaces, zero-width characters and soft hyphens everywhere", WORD)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(invisible_p, invisible_cell), ("platform", "article")[n])


@report(
    "html-word-split-numbers",
    (2020, 2024),
    "a number split over spans: <span>17</span><span>50</span>",
    WORD,
    size="large",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, Look(inner=split_digits_cell))


@report(
    "html-word-empty-columns",
    (2019, 2023),
    "columns without text between the numbers and at the edge",
    "sheets pasted into Word",
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=shapes.empty_columns(draft.blocks()))


# --- 8 Headings -------------------------------------------------------------------------------------------------
@report("html-heading-split", (2019, 2023), "a heading over several spans, or over two paragraphs", PASTED)
def _(draft: Draft, n: int) -> bytes:
    def split(block: Block) -> str:
        if block.kind != "heading":
            return p(block)
        number, words = block.text.split("、", 1)
        if n == 0:
            return (
                f"<p><strong><span>{number}</span></strong><strong><span>、{words[:4]}</span></strong>"
                f"<span><b>{words[4:-2]}</b></span><span>{words[-2:]}</span></p>"
            )
        if len(words) > 8:
            return f"<p><b>{number}、{words[:7]}</b></p>\n<p><b>{words[7:]}</b></p>"
        return f"<p><b>{number}、</b></p>\n<p><b>{words}</b></p>"

    return render_page(draft, Look(paragraph=split))


@report(
    "html-heading-repeated",
    (2019, 2022),
    "section one has an 一、 of its own; or its parts bear the words of sections two and three as （一） and （二）",
    "the 2019 report of 涧西区",
)
def _(draft: Draft, n: int) -> bytes:
    hard.repeat_headings(draft, by_bracket=bool(n))
    return render_page(draft)


@report("html-contents", (2020, 2023), "a table of contents names all six headings before the report", "longer reports")
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=hard.add_contents(draft, draft.blocks()))


@report(
    "html-heading-words",
    (2019, 2021, 2024),
    "other words and other enumerators for the headings",
    "the form's own variants, and reports",
)
def _(draft: Draft, n: int) -> bytes:
    hard.vary_headings(draft, n)
    return render_page(draft)


@report(
    "html-heading-missing",
    (2019, 2022, 2023),
    "section six is not there; or the heading of a table's section",
    "the 2019 report of 南阳市人民政府办公室",
)
def _(draft: Draft, n: int) -> bytes:
    number = (6, 2, 4)[n]
    hard.drop_section(draft, number)
    data = render_page(draft)
    draft.sections = [s for s in draft.sections if s.number != number]
    return data


@report(
    "html-title-after-heading",
    (2020, 2023),
    "the title stands below the first heading",
    "the 2019 reports of 涧西区 and 卧龙区",
)
def _(draft: Draft, n: int) -> bytes:
    blocks = hard.set_title_after_heading(draft.blocks())
    flow = render_flow(blocks, Look(), title=True)
    return encode_page(make_page(draft, flow, heading=False), "utf-8")


@report("html-heading-run-in", (2019, 2024), "heading and first sentence in one paragraph", "reports of departments")
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft, blocks=hard.run_headings_in(draft.blocks()))


# --- 9 Rows and columns -----------------------------------------------------------------------------------------
@report(
    "html-other-generation",
    (2023, 2020, 2022),
    "（六）其他处理 of the other form: one row in 2023, three lines in 2020; and a 2022 report on the whole older form",
    "many bodies keep rows of the older form after the change",
    form=("2021", "2019", "2019"),
    rows=(labels.application_rows("2019"), labels.application_rows("2021"), labels.application_rows("2019")),
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft)


@report(
    "html-labels-misprinted",
    (2019, 2023),
    "labels wrong by one to three characters",
    "a real report prints 其他法律行政止公开",
)
def _(draft: Draft, n: int) -> bytes:
    (hard.misprint_rows, hard.misprint_columns)[n](draft)
    return render_page(draft)


@report(
    "html-labels-widths",
    (2020, 2022),
    "half-width brackets, full-width enumerators, blanks inside labels",
    "reports of 2019 to 2023",
)
def _(draft: Draft, n: int) -> bytes:
    hard.vary_widths(draft)
    return render_page(draft)


@report(
    "html-labels-short",
    (2019, 2021),
    "labels without their brackets or cut after the first clause; empty corner",
    PASTED,
)
def _(draft: Draft, n: int) -> bytes:
    hard.shorten_labels(draft)
    return render_page(draft)


@report("html-labels-no-enumerators", (2020, 2024), "no 一、, （一） or 1. before the labels", PASTED)
def _(draft: Draft, n: int) -> bytes:
    hard.drop_enumerators(draft)
    return render_page(draft)


@report(
    "html-columns-permuted",
    (2019, 2023),
    "totals first, other orders: the printed header chooses",
    "made up to be hard",
)
def _(draft: Draft, n: int) -> bytes:
    hard.permute_columns(draft)
    return render_page(draft)


@report(
    "html-column-missing",
    (2019, 2022),
    "a column without counts is not printed",
    "bodies that print only what happened",
    size="sparse",
)
def _(draft: Draft, n: int) -> bytes:
    hard.drop_column(draft, ("research", "legal_service")[n], pending=bool(n))
    return render_page(draft)


@report(
    "html-rows-missing",
    (2019, 2023),
    "rows without counts are not printed",
    "bodies that print only what happened",
    size="sparse",
)
def _(draft: Draft, n: int) -> bytes:
    hard.drop_rows(draft)
    return render_page(draft)


@report("html-remarks", (2020, 2023), "a column 备注 with words and numbers", PASTED)
def _(draft: Draft, n: int) -> bytes:
    hard.add_remarks(draft)
    return render_page(draft)


@report("html-unknown-rows", (2019, 2024), "rows that no form knows, one with a number", "reports that add 行政检查")
def _(draft: Draft, n: int) -> bytes:
    hard.add_unknown_rows(draft)
    return render_page(draft)


# --- 10 Values --------------------------------------------------------------------------------------------------
@report(
    "html-blank-marks",
    (2019, 2022),
    "blank, /, -, —, 无 in cells: null, not zero",
    "bodies write /, -, — or 无 for what did not happen",
    size="sparse",
)
def _(draft: Draft, n: int) -> bytes:
    hard.mark_blanks(draft)
    return render_page(draft, Look(inner=empty_cell))


@report(
    "html-blanks",
    (2020, 2023),
    "only what happened is filled in, all else blank",
    "the 2019 report of 南阳市人民政府办公室",
    blank=True,
)
def _(draft: Draft, n: int) -> bytes:
    return render_page(draft)


@report("html-digits", (2020, 2023), "full-width digits and divided thousands", PASTED, size="large")
def _(draft: Draft, n: int) -> bytes:
    hard.widen_digits(draft)
    return render_page(draft)


@report(
    "html-money",
    (2019, 2020, 2022),
    "the cell names its unit: 452万元, 251000元, 3.2亿元",
    "the 2019 report of 南阳市人民政府办公室 (452万元)",
)
def _(draft: Draft, n: int) -> bytes:
    hard.name_money(draft, *(("452万元", 452), ("251000元", 25.1), ("3.2亿元", 32000))[n])
    return render_page(draft)


@report("html-money-header", (2020, 2023), "the header says 元", "a common slip: yuan where the form asks for 万元")
def _(draft: Draft, n: int) -> bytes:
    hard.head_in_yuan(draft)
    return render_page(draft)


@report(
    "html-notes",
    (2019, 2023),
    "a remark or a measure word in the cell of a number",
    "a real report prints 22（其中修订16件）",
)
def _(draft: Draft, n: int) -> bytes:
    hard.add_notes(draft)
    return render_page(draft)


@report(
    "html-minus",
    (2019, 2020),
    "negative changes with five kinds of minus, and a plus",
    "the 2019 reports of 涧西区 and 卧龙区",
)
def _(draft: Draft, n: int) -> bytes:
    hard.vary_minus(draft)
    return render_page(draft)


@report(
    "html-unreadable", (2020, 2023), "若干, a letter O for a zero, a blank inside a number, asterisks", "typed tables"
)
def _(draft: Draft, n: int) -> bytes:
    hard.spoil_cells(draft)
    return render_page(draft)


# --- 11 Reports that contradict themselves ----------------------------------------------------------------------
@report(
    "html-row-sum-broken", (2019, 2023), "a row's parts do not add up as printed", "slips of addition in typed tables"
)
def _(draft: Draft, n: int) -> bytes:
    hard.break_row_sum(draft)
    return render_page(draft)


@report(
    "html-column-sum-broken",
    (2020, 2022),
    "the outcomes do not add up to the printed total",
    "slips of addition in typed tables",
)
def _(draft: Draft, n: int) -> bytes:
    hard.break_column_sum(draft)
    return render_page(draft)


@report(
    "html-balance-broken",
    (2019, 2024),
    "received and carried in are not handled and carried out",
    "the balance that the form prints in its corner is often not kept",
)
def _(draft: Draft, n: int) -> bytes:
    hard.break_balance(draft)
    return render_page(draft)


@report(
    "html-part-unreadable",
    (2020, 2021),
    "a sum fails because one of its parts cannot be read",
    "scans and typed tables",
)
def _(draft: Draft, n: int) -> bytes:
    hard.spoil_and_break(draft)
    return render_page(draft)


# --- 12 Before 2019 ---------------------------------------------------------------------------------------------
@report(
    "html-free",
    (2008, 2010),
    "free form: 概述 and six other sections, no table",
    "reports since 2008",
    form=("2019", "2019"),
)
def _(draft: Draft, n: int) -> bytes:
    hard.make_free(draft)
    return render_page(draft, Look(paragraph=(br, p)[n]), ("layout", "platform")[n])


@report(
    "html-free-statistics",
    (2014, 2017),
    "the statistics form of 2014 is appended: none of the statutory tables",
    "bodies appended the form of 2014 until 2018",
    form=("2019", "2019"),
)
def _(draft: Draft, n: int) -> bytes:
    hard.make_free(draft)
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{unit}</td><td>{count}</td></tr>" for name, unit, count in hard.STATISTICS_2014
    )
    form = f"{GRID}<tr><td>统计指标</td><td>单位</td><td>统计数</td></tr>{rows}</table>"
    blocks = [*draft.blocks(), Block("paragraph", "附表：政府信息公开情况统计表"), Block("raw", form)]
    draft.sections[-1].lacks.append("同意公开答复数")
    return render_page(draft, blocks=blocks)


# --- 13 Tables that cannot be read, broken markup ---------------------------------------------------------------
@report(
    "html-no-tables", (2022, 2023), "headings and prose, but no table anywhere", "portals that lose tables on import"
)
def _(draft: Draft, n: int) -> bytes:
    blocks = [b for b in draft.blocks() if b.table is None]
    draft.lose_tables()
    return render_page(draft, blocks=blocks)


@report(
    "html-picture-tables", (2023, 2024), "the tables are pictures", "portals that publish the table alone as a picture"
)
def _(draft: Draft, n: int) -> bytes:
    blocks = [
        replace(b, kind="raw", table=None, text=f'<p align="center"><img src="/upload/table{i}.png" alt="表格"></p>')
        if b.table is not None
        else b
        for i, b in enumerate(draft.blocks())
    ]
    draft.lose_tables()
    return render_page(draft, blocks=blocks)


@report(
    "html-unclosed",
    (2019, 2023),
    "no td, tr, p or li is ever closed, nor a link or bold type in the second",
    "hand-written pages",
)
def _(draft: Draft, n: int) -> bytes:
    page = render_page(draft, Look(), ("platform", "layout")[n]).decode()
    ends = r"</(td|tr|p|li|tbody|a|strong)>" if n else r"</(td|tr|p|li|tbody)>"
    return re.sub(ends, "", page).encode()


@report(
    "html-table-closed-early",
    (2020, 2022),
    "the page closes table III in its middle and again at its end",
    "hand-made cuts",
)
def _(draft: Draft, n: int) -> bytes:
    page = render_page(draft).decode()
    label = (labels.GROUPS["not_processed"], "三、本年度办理结果")[n]
    after = page.index(label)
    start = page.rindex("<tr>", 0, after)
    page = page[:start] + ("</table>\n", "</tbody></table></p>\n")[n] + page[start:]
    rows = list(draft.values["applications"])
    first = rows.index(("not_processed.petition", "granted")[n])
    for row in rows[first:]:
        for column, value in draft.values["applications"][row].items():
            draft.expected["applications", row, column] = [value, None]
    draft.also.add("partial")
    draft.tolerated.add("reading")
    draft.tables_text = False
    return page.encode()


@report(
    "html-table-not-closed",
    (2019, 2021),
    "a table is never closed: the rest of the report stands inside it",
    "hand-made cuts",
)
def _(draft: Draft, n: int) -> bytes:
    page = render_page(draft).decode()
    place = page.index("第二十条") if n == 0 else page.index(labels.APPLICANTS)
    end = page.index("</tbody></table>", place)
    draft.also.add("partial")
    return (page[:end] + replace_once(page[end:], "</tbody></table>", "")).encode()
