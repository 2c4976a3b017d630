"""The cases in plain text: columns by blanks, tabs, layout, one cell a line; encodings, page marks, radicals."""

from __future__ import annotations

from tests.cases.make import hard, labels, shapes
from tests.cases.make.book import report
from tests.cases.make.draft import Block, Draft
from tests.cases.make.plain import (
    allow_lost_blanks,
    by_blanks,
    by_layout,
    by_lines,
    by_tabs,
    fill_blanks,
    put_page_marks,
    put_radicals,
    write_lines,
    write_text,
)

PRINT = "text of a browser's print to PDF (the reports of 涧西区 and 卧龙区 for 2019, of 西峡县 for 2021)"
COPY = "text copied from a page, one cell a line (the 2019 report of 南阳市人民政府办公室)"
TABS = "a Word file saved as text (the 2023 report of 卧龙区)"
LAYOUT = "pdftotext -layout over a PDF of Word"


def no_date(draft: Draft) -> Draft:
    """Prints of the report alone carry no date."""
    draft.published = None
    return draft


def dated(draft: Draft, blocks: list[Block]) -> list[Block]:
    """The line of date and source below the title, as a copied page has it."""
    draft.chrome.append("分享:")
    return [blocks[0], Block("mark", f"发布时间:{draft.published}来源:"), Block("mark", "分享:"), *blocks[1:]]


def trailed(draft: Draft, blocks: list[Block]) -> list[Block]:
    """What a copied page has below the text."""
    draft.chrome += ["相关阅读", "扫一扫在手机打开当前页"]
    return [*blocks, Block("mark", "相关阅读:"), Block("mark", "扫一扫在手机打开当前页")]


# --- 1 Columns by blanks ----------------------------------------------------------------------------------------
@report("txt-blanks", (2019, 2022), "columns by single blanks, group labels on lines of their own", PRINT)
def _(draft: Draft, n: int) -> bytes:
    blocks = no_date(draft).blocks()
    if n == 0:
        blocks = hard.set_title_after_heading(shapes.part_articles(blocks))
    return write_text(write_lines(blocks, by_blanks(), width=130, loose=True))


@report(
    "txt-blanks-wrapped",
    (2020, 2021, 2023),
    "labels wrapped over lines; the numbers stand between, behind the last or behind the first part",
    PRINT,
)
def _(draft: Draft, n: int) -> bytes:
    wrap = ("between", "last", "first")[n]
    return write_text(write_lines(no_date(draft).blocks(), by_blanks(wrap), width=130, loose=True))


@report("txt-blanks-double", (2019, 2023), "an empty line after every line, prose too; radicals in the second", PRINT)
def _(draft: Draft, n: int) -> bytes:
    lines = write_lines(no_date(draft).blocks(), by_blanks(("", "last")[n]), width=120, spacing=2)
    return write_text([put_radicals(line) for line in lines] if n else lines)


@report(
    "txt-page-marks",
    (2019, 2020, 2022),
    "address, page number, form feed and printing date in the middle of prose and tables",
    PRINT,
)
def _(draft: Draft, n: int) -> bytes:
    lines = write_lines(no_date(draft).blocks(), by_blanks(), width=110, loose=n == 0)
    return write_text(put_page_marks(draft, lines, (23, 31, 17)[n], n))


@report(
    "txt-layout", (2021, 2020), "aligned columns; narrow label columns wrap, group labels stand in the middle", LAYOUT
)
def _(draft: Draft, n: int) -> bytes:
    return write_text(write_lines(no_date(draft).blocks(), by_layout(gap=n, narrow=4 * n), width=100, loose=True))


@report(
    "txt-layout-blanks",
    (2019, 2022),
    "blank cells leave nothing but room",
    LAYOUT,
    blank=True,
    size=("sparse", "dense"),
)
def _(draft: Draft, n: int) -> bytes:
    data = write_text(write_lines(no_date(draft).blocks(), by_layout(narrow=6), width=100, loose=True))
    allow_lost_blanks(draft)
    return data


@report("txt-layout-pages", (2019, 2023), "aligned columns with page numbers and form feeds inside the tables", LAYOUT)
def _(draft: Draft, n: int) -> bytes:
    lines = write_lines(no_date(draft).blocks(), by_layout(gap=n), width=100)
    return write_text(put_page_marks(draft, lines, (27, 33)[n], 1))


# --- 2 Columns by tabs ------------------------------------------------------------------------------------------
@report("txt-tabs", (2020, 2023), "spans lost: covered squares are empty fields; trailing tabs; shifted rows", TABS)
def _(draft: Draft, n: int) -> bytes:
    shifted = (("not_processed.reconfirmation",), ("other.other", "processed_total"))[n]
    draft.also.add("partial")
    return write_text(write_lines(no_date(draft).blocks(), by_tabs(shifted=shifted), indent="", loose=True))


@report("txt-tabs-bare", (2019, 2022), "every cell and no padding: a row holds only the cells that begin in it", TABS)
def _(draft: Draft, n: int) -> bytes:
    return write_text(write_lines(no_date(draft).blocks(), by_tabs(pad=False), indent="　　", loose=True))


@report(
    "txt-tabs-blanks",
    (2019, 2021),
    "blank cells among covered squares: both are empty fields",
    TABS,
    blank=True,
    size=("sparse", "dense"),
)
def _(draft: Draft, n: int) -> bytes:
    draft.also.add("partial")
    return write_text(write_lines(no_date(draft).blocks(), by_tabs(), indent="", loose=True))


# --- 3 One cell a line ------------------------------------------------------------------------------------------
@report(
    "txt-lines",
    (2019, 2022),
    "one cell a line, blank cells are empty lines",
    COPY,
    blank=True,
    size=("sparse", "dense"),
)
def _(draft: Draft, n: int) -> bytes:
    blocks = trailed(draft, dated(draft, draft.blocks()))
    return write_text(write_lines(blocks, by_lines(), indent="   ", loose=True))


@report(
    "txt-lines-compact",
    (2020, 2023),
    "one cell a line, nothing between; an empty line is a blank cell",
    COPY,
    blank=True,
    size=("dense", "sparse"),
)
def _(draft: Draft, n: int) -> bytes:
    blocks = dated(draft, draft.blocks())
    return write_text(write_lines(blocks, by_lines(between=0), indent="　　"))


@report(
    "txt-lines-wide",
    (2020, 2021),
    "one cell a line, two empty lines between cells",
    COPY,
    blank=True,
    size=("sparse", "dense"),
)
def _(draft: Draft, n: int) -> bytes:
    blocks = trailed(draft, dated(draft, draft.blocks()))
    return write_text(write_lines(blocks, by_lines(between=2, blank=(0, 2)[n]), indent="", loose=True))


@report("txt-lines-full", (2019, 2024), "one cell a line, every cell filled", COPY)
def _(draft: Draft, n: int) -> bytes:
    blocks = trailed(draft, dated(draft, draft.blocks()))
    return write_text(write_lines(blocks, by_lines(between=(1, 0)[n]), loose=True))


# --- Bytes and characters ---------------------------------------------------------------------------------------
@report("txt-crlf-gbk", (2019, 2023), "CRLF line ends and GBK bytes", "notepad on a Windows desk")
def _(draft: Draft, n: int) -> bytes:
    tables = (by_blanks(), by_lines())[n]
    return write_text(write_lines(no_date(draft).blocks(), tables, loose=True), "gbk", "\r\n")


@report("txt-utf16", (2020, 2022), "UTF-16 with its mark, CRLF", "notepad's 'Unicode'")
def _(draft: Draft, n: int) -> bytes:
    lines = write_lines(no_date(draft).blocks(), by_tabs(pad=not n), loose=True)
    draft.also.add("partial")
    encoding = ("utf-16-le", "utf-16-be")[n]
    return ("\ufeff".encode(encoding)) + write_text(lines, encoding, "\r\n")


@report("txt-radicals", (2020, 2022), "Kangxi radicals and the supplement throughout: ⼀⼈⺠⻰⻔⼾⽹", PRINT)
def _(draft: Draft, n: int) -> bytes:
    draft.section(1).paragraphs.append(
        "全镇各门类民生事项入户公示，龙门片区先行先试，网络与实体公开栏同步更新，见人见事。"
    )
    lines = write_lines(no_date(draft).blocks(), (by_blanks(), by_layout())[n], width=120, loose=True)
    return write_text([put_radicals(line) for line in lines])


@report("txt-wrapped-prose", (2019, 2021), "prose broken at a fixed width, in words and numbers", PRINT)
def _(draft: Draft, n: int) -> bytes:
    return write_text(write_lines(no_date(draft).blocks(), by_blanks(), width=(72, 58)[n], indent="      "))


# --- 4 What text and HTML share ---------------------------------------------------------------------------------
@report(
    "txt-row-sum-broken", (2019, 2023), "a row's parts do not add up as printed", "slips of addition in typed tables"
)
def _(draft: Draft, n: int) -> bytes:
    hard.break_row_sum(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_blanks(), by_tabs(pad=False))[n], loose=True))


@report(
    "txt-balance-broken",
    (2020, 2021),
    "received and carried in are not handled and carried out",
    "the balance that the form prints in its corner is often not kept",
)
def _(draft: Draft, n: int) -> bytes:
    hard.break_balance(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_lines(), by_blanks())[n], loose=True))


@report(
    "txt-part-unreadable",
    (2019, 2022),
    "a sum fails because one of its parts cannot be read",
    "scans and typed tables",
)
def _(draft: Draft, n: int) -> bytes:
    hard.spoil_and_break(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_lines(), by_tabs(pad=False))[n], loose=True))


@report(
    "txt-unreadable", (2020, 2023), "若干, a letter O for a zero, a blank inside a number, asterisks", "typed tables"
)
def _(draft: Draft, n: int) -> bytes:
    hard.spoil_cells(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_lines(), by_tabs(pad=False))[n], loose=True))


@report(
    "txt-notes",
    (2020, 2022),
    "remarks and measure words in the cells of numbers",
    "the 2019 report of 南阳市人民政府办公室 (452万元)",
)
def _(draft: Draft, n: int) -> bytes:
    hard.add_notes(draft)
    if n == 0:
        hard.name_money(draft, "251000元", 25.1)
    return write_text(write_lines(no_date(draft).blocks(), (by_lines(), by_blanks())[n], loose=True))


@report(
    "txt-slashes",
    (2019, 2023),
    "/ for every count that is none",
    "bodies write /, -, — or 无 for what did not happen",
    size="sparse",
)
def _(draft: Draft, n: int) -> bytes:
    hard.mark_with_slash(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_blanks(), by_tabs(pad=False))[n], loose=True))


@report(
    "txt-blank-marks",
    (2020, 2024),
    "/, -, —, 无 for counts that are none",
    "bodies write /, -, — or 无 for what did not happen",
    size="sparse",
)
def _(draft: Draft, n: int) -> bytes:
    hard.mark_blanks(draft)
    if n == 0:
        fill_blanks(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_blanks(), by_lines())[n], loose=True))


@report("txt-minus", (2019, 2020), "negative changes with five kinds of minus, and a plus", "the 2019 report of 涧西区")
def _(draft: Draft, n: int) -> bytes:
    hard.vary_minus(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_blanks(), by_lines())[n], loose=True))


@report("txt-digits", (2019, 2022), "full-width digits and divided thousands", PRINT, size="large")
def _(draft: Draft, n: int) -> bytes:
    hard.widen_digits(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_blanks(), by_lines())[n], loose=True))


@report(
    "txt-other-generation",
    (2020, 2023),
    "（六）其他处理 of the other form",
    "many bodies keep rows of the older form after the change",
    rows=(labels.application_rows("2021"), labels.application_rows("2019")),
)
def _(draft: Draft, n: int) -> bytes:
    return write_text(write_lines(no_date(draft).blocks(), (by_blanks(), by_tabs(pad=False))[n], loose=True))


@report(
    "txt-labels-misprinted",
    (2019, 2023),
    "labels wrong by one to three characters",
    "a real report prints 其他法律行政止公开",
)
def _(draft: Draft, n: int) -> bytes:
    hard.misprint_rows(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_blanks(), by_lines())[n], loose=True))


@report(
    "txt-labels-widths",
    (2020, 2021),
    "half-width brackets, full-width enumerators, blanks inside labels",
    "the 2023 report of 卧龙区",
)
def _(draft: Draft, n: int) -> bytes:
    hard.vary_widths(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_lines(), by_tabs(pad=False))[n], loose=True))


@report(
    "txt-rows-missing",
    (2019, 2022),
    "rows without counts are not printed",
    "bodies that print only what happened",
    size="sparse",
)
def _(draft: Draft, n: int) -> bytes:
    hard.drop_rows(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_blanks(), by_lines())[n], loose=True))


@report("txt-unknown-rows", (2019, 2023), "rows that no form knows", "reports that add 行政检查")
def _(draft: Draft, n: int) -> bytes:
    hard.add_unknown_rows(draft)
    return write_text(write_lines(no_date(draft).blocks(), (by_blanks(), by_tabs(pad=False))[n], loose=True))


@report(
    "txt-section-missing",
    (2019, 2022),
    "section six is not there; or the heading of section two",
    "the 2019 report of 南阳市人民政府办公室",
)
def _(draft: Draft, n: int) -> bytes:
    number = (6, 2)[n]
    hard.drop_section(draft, number)
    data = write_text(write_lines(no_date(draft).blocks(), (by_lines(), by_blanks())[n], loose=True))
    draft.sections = [s for s in draft.sections if s.number != number]
    return data


@report(
    "txt-heading-repeated",
    (2020, 2023),
    "section one repeats enumerators or headings of the others",
    "the 2019 report of 涧西区",
)
def _(draft: Draft, n: int) -> bytes:
    hard.repeat_headings(draft, by_bracket=bool(n))
    return write_text(
        write_lines(no_date(draft).blocks(), (by_blanks(), by_tabs(pad=False))[n], width=(100, 0)[n], loose=True)
    )


@report("txt-contents", (2021, 2019), "a table of contents names all six headings before the report", "longer reports")
def _(draft: Draft, n: int) -> bytes:
    blocks = hard.add_contents(draft, no_date(draft).blocks())
    return write_text(write_lines(blocks, (by_blanks(), by_lines())[n], loose=True))


@report(
    "txt-heading-words",
    (2019, 2021, 2024),
    "other words and other enumerators for the headings",
    "the form's own variants, and reports",
)
def _(draft: Draft, n: int) -> bytes:
    hard.vary_headings(draft, n)
    tables = (by_blanks(), by_lines(), by_tabs(pad=False))[n]
    return write_text(write_lines(no_date(draft).blocks(), tables, loose=True))


@report(
    "txt-review-apart",
    (2020, 2023),
    "a page mark between the header of table IV and its line of numbers",
    "documents whose page ends before the line of numbers",
)
def _(draft: Draft, n: int) -> bytes:
    blocks = shapes.part_review(no_date(draft).blocks(), (("- 5 -",), ("6 / 7",))[n])
    return write_text(write_lines(blocks, (by_blanks(), by_tabs(pad=False))[n], loose=True))


@report("txt-free", (2009, 2013), "free form of before 2019", "reports since 2008", form=("2019", "2019"))
def _(draft: Draft, n: int) -> bytes:
    hard.make_free(draft)
    blocks = no_date(draft).blocks()
    if n:
        rows = ["\t".join(row) for row in (("统计指标", "单位", "统计数"), *hard.STATISTICS_2014)]
        blocks += [Block("mark", text) for text in ("附表：政府信息公开情况统计表", *rows)]
        draft.sections[-1].lacks.append("同意公开答复数")
    return write_text(write_lines(blocks, by_blanks(), width=(90, 0)[n], loose=True))


@report(
    "txt-no-tables",
    (2022, 2021),
    "headings and prose of a report whose tables were pictures",
    "text of a scanned or pictured table",
)
def _(draft: Draft, n: int) -> bytes:
    blocks = [b for b in no_date(draft).blocks() if b.table is None]
    draft.lose_tables()
    return write_text(write_lines(blocks, by_blanks(), loose=True))
