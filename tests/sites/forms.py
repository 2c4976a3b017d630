"""Prints the statutory tables of an annual report as the sites have them.

A table is first laid out as rows of cells with their spans, exactly as the form prints it; then the rows become HTML
(plain, pasted from Word, or an old editor's) or text. The labels are written out here on purpose and not taken from
the reader's ``form.json``: what prints a report and what reads it must not share a mistake.

Source of the layout: 国办公开办函〔2019〕60号 (generation 2019) and 〔2021〕30号 (generation 2021).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.sites.site import Number, Table

Markup = Literal["plain", "word", "old"]
Brackets = Literal["full", "half", "spaced"]
Columns = Literal["blanks", "tabs"]

# (article of the regulation, headers, rows as (key, label)); the headers' keys stand in PROACTIVE_COLUMNS.
PROACTIVE: Mapping[str, tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], ...]] = {
    "2019": (
        (
            "第二十条第（一）项",
            ("本年新\n制作数量", "本年新\n公开数量", "对外公开总数量"),
            (("rules", "规章"), ("normative_documents", "规范性文件")),
        ),
        (
            "第二十条第（五）项",
            ("上一年项目数量", "本年增/减", "处理决定数量"),
            (("licensing", "行政许可"), ("other_services", "其他对外管理服务事项")),
        ),
        (
            "第二十条第（六）项",
            ("上一年项目数量", "本年增/减", "处理决定数量"),
            (("penalties", "行政处罚"), ("coercive_measures", "行政强制")),
        ),
        ("第二十条第（八）项", ("上一年项目数量", "本年增/减"), (("fees", "行政事业性收费"),)),
        ("第二十条第（九）项", ("采购项目数量", "采购总金额"), (("procurement", "政府集中采购"),)),
    ),
    "2021": (
        (
            "第二十条第（一）项",
            ("本年制发件数", "本年废止件数", "现行有效件数"),
            (("rules", "规章"), ("normative_documents", "行政规范性文件")),
        ),
        ("第二十条第（五）项", ("本年处理决定数量",), (("licensing", "行政许可"),)),
        (
            "第二十条第（六）项",
            ("本年处理决定数量",),
            (("penalties", "行政处罚"), ("coercive_measures", "行政强制")),
        ),
        ("第二十条第（八）项", ("本年收费金额",), (("fees", "行政事业性收费"),)),
    ),
}
PROACTIVE_COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "2019": {
        "rules": ("newly_made", "newly_disclosed", "total_disclosed"),
        "normative_documents": ("newly_made", "newly_disclosed", "total_disclosed"),
        "licensing": ("prior_year_items", "change", "decisions"),
        "other_services": ("prior_year_items", "change", "decisions"),
        "penalties": ("prior_year_items", "change", "decisions"),
        "coercive_measures": ("prior_year_items", "change", "decisions"),
        "fees": ("prior_year_items", "change"),
        "procurement": ("items", "amount"),
    },
    "2021": {
        "rules": ("issued", "repealed", "in_force"),
        "normative_documents": ("issued", "repealed", "in_force"),
        "licensing": ("decisions",),
        "penalties": ("decisions",),
        "coercive_measures": ("decisions",),
        "fees": ("amount",),
    },
}
APPLICANTS = ("natural_person", "enterprise", "research", "public_interest", "legal_service", "other", "total")
ORGANISATIONS = ("商业企业", "科研机构", "社会公益\n组织", "法律服务\n机构", "其他")
BEFORE = (
    ("received", "一、本年新收政府信息公开申请数量"),
    ("carried_in", "二、上年结转政府信息公开申请数量"),
)
# The outcomes of 三、本年度办理结果: a group's label (None: the row stands alone) and its rows.
OUTCOMES: tuple[tuple[str | None, tuple[tuple[str, str], ...]], ...] = (
    (None, (("granted", "（一）予以公开"),)),
    (None, (("partly_granted", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）"),)),
    (
        "（三）不予\n公开",
        (
            ("refused.state_secret", "1.属于国家秘密"),
            ("refused.law_forbids", "2.其他法律行政法规禁止公开"),
            ("refused.safety_stability", "3.危及“三安全一稳定”"),
            ("refused.third_party", "4.保护第三方合法权益"),
            ("refused.internal_affairs", "5.属于三类内部事务信息"),
            ("refused.deliberative", "6.属于四类过程性信息"),
            ("refused.enforcement_file", "7.属于行政执法案卷"),
            ("refused.administrative_query", "8.属于行政查询事项"),
        ),
    ),
    (
        "（四）无法\n提供",
        (
            ("unavailable.not_held", "1.本机关不掌握相关政府信息"),
            ("unavailable.needs_creation", "2.没有现成信息需要另行制作"),
            ("unavailable.still_unclear", "3.补正后申请内容仍不明确"),
        ),
    ),
    (
        "（五）不予\n处理",
        (
            ("not_processed.petition", "1.信访举报投诉类申请"),
            ("not_processed.repeated", "2.重复申请"),
            ("not_processed.publication", "3.要求提供公开出版物"),
            ("not_processed.abusive", "4.无正当理由大量反复申请"),
            ("not_processed.reconfirmation", "5.要求行政机关确认或重新出具已获取信息"),
        ),
    ),
    (None, (("other", "（六）其他处理"),)),
    (
        "（六）其他\n处理",
        (
            ("other.uncorrected", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
            ("other.unpaid", "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"),
            ("other.other", "3.其他"),
        ),
    ),
    (None, (("processed_total", "（七）总计"),)),
)
AFTER = (("carried_out", "四、结转下年度继续办理"),)
RESULTS = ("upheld", "corrected", "other", "pending", "total")
RESULT_LABELS = ("结果\n维持", "结果\n纠正", "其他\n结果", "尚未\n审结", "总计")
CORNER = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"


@dataclass(frozen=True, slots=True)
class FormStyle:
    """How one body prints the form.

    ``brackets``: full-width, half-width, or half-width with a blank behind. ``wrap``: labels of narrow columns break.
    ``amount_unit`` stands behind the headers of amounts. ``blank`` is what a null cell holds. ``printed`` replaces
    the text of single cells, by ``(table, row, column)``. ``ends_early``: the spans of 三、本年度办理结果 and of
    （六）其他处理 end before the last rows (seen on www.wolong.gov.cn, 2023): 3.其他 then stands two columns to the
    left and its numbers one, （七）总计 and its numbers one.
    """

    markup: Markup = "plain"
    brackets: Brackets = "full"
    wrap: bool = False
    amount_unit: str = "（单位：万元）"
    blank: str = ""
    printed: Mapping[tuple[str, str, str], str] = field(default_factory=lambda: MappingProxyType({}))
    ends_early: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed cell; ``text`` may hold line breaks."""

    text: str
    rowspan: int = 1
    colspan: int = 1
    number: bool = False


Rows = list[list[Cell]]


def render_value(value: Number, blank: str = "") -> str:
    """A number as the form prints it; ``blank`` for null."""
    return blank if value is None else str(value)


def lay_out(key: str, table: Table, generation: str, style: FormStyle) -> Rows:
    """The rows of the table ``key`` (``proactive``, ``applications``, ``review_litigation``).

    Only the rows that ``table`` has are printed. ``generation`` is ``2019`` or ``2021`` and matters for ``proactive``.
    Raises ValueError for a key the form does not have.
    """
    if key == "proactive":
        return lay_out_proactive(table, generation, style)
    if key == "applications":
        return lay_out_applications(table, style)
    if key == "review_litigation":
        return lay_out_review_litigation(table, style)
    raise ValueError(f"the form has no table {key!r}")


def lay_out_proactive(table: Table, generation: str, style: FormStyle) -> Rows:
    """Table of section two: four columns, a sub-header for each item of article 20."""
    known = PROACTIVE_COLUMNS[generation]
    if unknown := set(table) - set(known):
        raise ValueError(f"the form of {generation} has no rows {sorted(unknown)}")
    rows: Rows = []
    for article, headers, lines in PROACTIVE[generation]:
        present = [(key, label) for key, label in lines if key in table]
        if not present:
            continue
        rows.append([Cell(_label(article, style), colspan=4)])
        texts = [_label(header + (style.amount_unit if "金额" in header else ""), style) for header in headers]
        rows.append([Cell("信息内容"), *_stretch([Cell(text) for text in texts])])
        for key, label in present:
            values = [_number("proactive", key, column, table, style) for column in known[key]]
            rows.append([Cell(_label(label, style)), *_stretch(values)])
    return rows


def lay_out_applications(table: Table, style: FormStyle) -> Rows:
    """Table of section three: three columns of labels (三 | （三） | 1.) and seven of numbers, three header rows."""
    organisations = [Cell(_label(text, style)) for text in ORGANISATIONS]
    rows: Rows = [
        [Cell(_label(CORNER, style), rowspan=3, colspan=3), Cell("申请人情况", colspan=7)],
        [Cell("自然人", rowspan=2), Cell("法人或其他组织", colspan=5), Cell("总计", rowspan=2)],
        organisations,
    ]

    def numbers(key: str) -> list[Cell]:
        return [_number("applications", key, column, table, style) for column in APPLICANTS]

    rows += [[Cell(_label(label, style), colspan=3), *numbers(key)] for key, label in BEFORE if key in table]
    block: Rows = []
    for group, lines in OUTCOMES:
        present = [(key, label) for key, label in lines if key in table]
        early = style.ends_early and group is not None and any(key == "other.other" for key, _ in present)
        for index, (key, label) in enumerate(present):
            row: list[Cell] = []
            if group is None or (early and index == len(present) - 1):
                row.append(Cell(_label(label, style), colspan=2))
            else:
                if index == 0:
                    row.append(Cell(_label(group, style), rowspan=len(present) - (1 if early else 0)))
                row.append(Cell(_label(label, style)))
            block.append(row + numbers(key))
    if block:
        span = len(block) - (2 if style.ends_early else 0)
        block[0].insert(0, Cell(_label("三、本年度办理\n结果", style), rowspan=span))
    rows += block
    rows += [[Cell(_label(label, style), colspan=3), *numbers(key)] for key, label in AFTER if key in table]
    return rows


def lay_out_review_litigation(table: Table, style: FormStyle) -> Rows:
    """Table of section four: sideways, one line of fifteen numbers under three groups of five."""
    results = [_label(text, style) for text in RESULT_LABELS]
    rows: Rows = [
        [Cell("行政复议", colspan=5), Cell("行政诉讼", colspan=10)],
        [
            *(Cell(text, rowspan=2) for text in results),
            Cell("未经复议直接起诉", colspan=5),
            Cell("复议后起诉", colspan=5),
        ],
        [Cell(text) for text in results * 2],
    ]
    groups = ("review", "litigation_direct", "litigation_after_review")
    rows.append([_number("review_litigation", key, column, table, style) for key in groups for column in RESULTS])
    return rows


def _stretch(cells: list[Cell]) -> list[Cell]:
    """Lets the last of one, two or three cells reach the third column, as the form does."""
    last = cells[-1]
    return [*cells[:-1], Cell(last.text, colspan=4 - len(cells), number=last.number)]


def _number(table: str, row: str, column: str, values: Table, style: FormStyle) -> Cell:
    text = style.printed.get((table, row, column), render_value(values[row][column], style.blank))
    return Cell(text, number=True)


def _label(text: str, style: FormStyle) -> str:
    if not style.wrap:
        text = text.replace("\n", "")
    if style.brackets == "full":
        return text
    text = text.replace("（", "(").replace("）", ")")
    if style.brackets == "spaced":
        text = re.sub(r"^(\([一二三四五六七]\))", r"\1 ", text).replace("，", ", ")
    return text


# --- HTML -------------------------------------------------------------------------------------------------------


def render_html(rows: Sequence[Sequence[Cell]], markup: Markup) -> str:
    """The table in HTML: ``plain`` as a clean editor has it, ``word`` as pasted from Word, ``old`` with font tags."""
    opening = {
        "plain": '<table border="1" cellspacing="0" cellpadding="0" style="border-collapse:collapse;width:100%">',
        "word": '<table class="MsoNormalTable" border="1" cellspacing="0" cellpadding="0" width="600" '
        'style="width:450.0pt;border-collapse:collapse;border:none;mso-border-alt:solid windowtext .5pt">',
        "old": "<table border=1 cellspacing=0 cellpadding=3 width=98% align=center bordercolor=#666666>",
    }[markup]
    lines = [opening, "<tbody>"]
    for row in rows:
        lines.append('<tr style="height:22.5pt">' if markup == "word" else "<tr>")
        lines.extend(_render_cell(cell, markup) for cell in row)
        lines.append("</tr>")
    return "\n".join([*lines, "</tbody>", "</table>"])


def _render_cell(cell: Cell, markup: Markup) -> str:
    spans = f' colspan="{cell.colspan}"' if cell.colspan > 1 else ""
    spans += f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    text = escape(cell.text, quote=False)
    if markup == "word":
        return f'<td{spans} valign="center" style="padding:0cm 5.4pt 0cm 5.4pt">{_render_word(text, cell.number)}</td>'
    text = text.replace("\n", "<br/>")
    if markup == "old":
        return f'<td{spans} align=center><font size=2 face="宋体">{text or "&nbsp;"}</font></td>'
    return f'<td{spans} align="{"center" if cell.number else "left"}">{text or "&nbsp;"}</td>'


def _render_word(text: str, number: bool) -> str:
    """A paragraph as Word leaves it: runs cut anywhere, empty ``o:p``, no-break blanks."""
    if number:
        inside = f'<span lang="EN-US">{text or "&nbsp;"}<o:p></o:p></span>'
    else:
        # Word cuts a run where the typist paused; after the second sign is as good as anywhere.
        cut = 2 if len(text) > 5 and "&" not in text[:6] else 0
        runs = [text[:cut], text[cut:]] if cut else [text]
        inside = "".join(f'<span style="font-family:宋体">{run}</span>'.replace("\n", "<br/>") for run in runs)
        inside += '<span lang="EN-US"><o:p>&nbsp;</o:p></span>'
    return f'<p class="MsoNormal" align="center" style="text-align:center">{inside}</p>'


# --- Text -------------------------------------------------------------------------------------------------------


def render_text(rows: Sequence[Sequence[Cell]], columns: Columns) -> str:
    """The table as a converter leaves it.

    ``tabs``: a line for each row, a tab between columns, nothing where a span reaches. ``blanks``: the cells of a row
    with a blank between, spans left out. Raises ValueError for ``blanks`` with an empty cell, which nobody could place.
    """
    lines = []
    if columns == "tabs":
        return "\n".join("\t".join(line) for line in _spread_texts(rows))
    for row in rows:
        texts = [cell.text.replace("\n", "") for cell in row]
        if not all(texts):
            raise ValueError("a row with an empty cell has no place in columns divided by blanks")
        lines.append(" ".join(texts))
    return "\n".join(lines)


def spread(rows: Sequence[Sequence[Cell]]) -> list[list[tuple[Cell, int, int] | None]]:
    """The full grid: at each place the cell that covers it, with the row and column of its first place."""
    taken: dict[tuple[int, int], tuple[Cell, int, int]] = {}
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while (y, x) in taken:
                x += 1
            for down in range(cell.rowspan):
                for across in range(cell.colspan):
                    taken[y + down, x + across] = (cell, y, x)
    width = 1 + max(x for _, x in taken)
    return [[taken.get((y, x)) for x in range(width)] for y in range(len(rows))]


def _spread_texts(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """The full grid: a cell's text at its first place, an empty text wherever else it reaches."""
    return [
        [one[0].text.replace("\n", "") if one is not None and one[1:] == (y, x) else "" for x, one in enumerate(row)]
        for y, row in enumerate(spread(rows))
    ]
