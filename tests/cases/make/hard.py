"""Difficulties that a report brings along whatever paper it is on: values, labels, columns, rows, headings.

Each takes the draft and changes what is printed and, where it must, what can be read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.cases.make import labels
from tests.cases.make.draft import Block, Draft, Section, format_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


def each_cell(draft: Draft) -> Iterator[tuple[str, str, str]]:
    """Every cell of the draft in printed order."""
    for table, rows in draft.values.items():
        for row, columns in rows.items():
            for column in columns:
                yield table, row, column


# --- Values -----------------------------------------------------------------------------------------------------
def mark_blanks(draft: Draft) -> None:
    """Zeros and blanks as /, -, —, 无 or nothing: all of them null."""
    marks = ("/", "-", "—", "无", "", "——", "／")
    chosen = draft.rng.sample(marks, 4)
    for count, cell in enumerate(each_cell(draft)):
        table, row, column = cell
        if draft.values[table][row][column] in (0, None):
            draft.printed[cell] = chosen[count % 4]
            draft.values[table][row][column] = None


def mark_with_slash(draft: Draft) -> None:
    """Every cell without a count holds a slash."""
    for cell in each_cell(draft):
        table, row, column = cell
        if draft.values[table][row][column] in (0, None):
            draft.printed[cell] = "/"
            draft.values[table][row][column] = None


def widen_digits(draft: Draft) -> None:
    """Full-width digits and thousands divided by commas of both widths."""
    for count, cell in enumerate(each_cell(draft)):
        table, row, column = cell
        value = draft.values[table][row][column]
        if value is None:
            continue
        if abs(value) >= 1000:
            whole, _, rest = format_number(value).partition(".")
            grouped = f"{int(whole):,}" + (f".{rest}" if rest else "")
            draft.printed[cell] = grouped.replace(",", "，") if count % 2 and "." not in grouped else grouped
        elif count % 3 != 1 and value >= 0:
            draft.printed[cell] = format_number(value).translate(FULL_WIDTH)


def name_money(draft: Draft, text: str, value: float) -> None:
    """The money cell of table II names its own unit."""
    row = "procurement" if draft.form == "2019" else "fees"
    draft.printed["proactive", row, "amount"] = text
    draft.values["proactive"][row]["amount"] = value


def head_in_yuan(draft: Draft) -> None:
    """The header says 元, so the cell holds yuan."""
    row = "procurement" if draft.form == "2019" else "fees"
    words = "采购总金额（单位：元）" if draft.form == "2019" else "本年收费金额（单位：元）"
    yuan = draft.rng.randint(10, 99_999) * 100
    draft.labels["head:amount"] = words
    draft.printed["proactive", row, "amount"] = str(yuan)
    draft.values["proactive"][row]["amount"] = round(yuan / 10_000, 4)


def add_notes(draft: Draft) -> None:
    """Counts with a measure word or a remark behind them."""
    proactive = draft.values["proactive"]
    first = "issued" if draft.form == "2021" else "newly_made"
    made = proactive["normative_documents"][first]
    cells = draft.printed
    cells["proactive", "normative_documents", first] = f"{made}（其中修订{max(1, int(made or 0) // 2)}件）"
    cells["proactive", "licensing", "decisions"] = f"{proactive['licensing']['decisions']}件"
    cells["proactive", "penalties", "decisions"] = f"{proactive['penalties']['decisions']}（含简易程序12件）"
    received = draft.values["applications"]["received"]
    cells["applications", "received", "natural_person"] = f"{received['natural_person']}件"
    cells["applications", "received", "total"] = f"{received['total']}(网络申请9件)"
    upheld = draft.values["review_litigation"]["review"]["upheld"]
    if upheld is not None:
        cells["review_litigation", "review", "upheld"] = f"{upheld}件"


def vary_minus(draft: Draft) -> None:
    """Negative changes with every minus that is typed, and a plus."""
    signs = ("－", "\u2212", "–", "﹣", "-")
    count = 0
    for row, columns in draft.values["proactive"].items():
        if "change" not in columns:
            continue
        value = abs(int(columns["change"] or 0)) or 7
        negative = count != 2
        columns["change"] = -value if negative else value
        draft.printed["proactive", row, "change"] = (signs[count % len(signs)] if negative else "+") + str(value)
        count += 1


def spoil_cells(draft: Draft) -> None:
    """Cells that nobody can read for certain: a word, a letter for a digit, a blank inside, an asterisk."""
    applications = draft.values["applications"]
    outcomes = [r for r in applications if r not in (*labels.OUTER_ROWS, "processed_total")]
    filled = [r for r in outcomes if (applications[r]["natural_person"] or 0) > 0]
    wanted = draft.rng.sample(filled, min(3, len(filled)))
    spoiled = [("applications", row, "natural_person") for row in wanted]
    spoiled.append(("proactive", "penalties", "decisions"))
    for count, cell in enumerate(spoiled):
        table, row, column = cell
        text = format_number(draft.values[table][row][column] or 0)
        draft.printed[cell] = ("若干", f"{text}O", f"{text[:1]}7 {text[-1]}", "***")[count % 4]
        draft.expected[cell] = None
        draft.doubtful.add(cell)


# --- Reports that contradict themselves -------------------------------------------------------------------------
def break_row_sum(draft: Draft) -> None:
    """One person too many in a row that was read well: its sum, and its column's, no longer hold."""
    applications = draft.values["applications"]
    row = next(r for r in ("granted", "partly_granted", "unavailable.not_held", "received") if applications[r]["total"])
    applications[row]["natural_person"] = int(applications[row]["natural_person"] or 0) + 3
    review = draft.values["review_litigation"]["review"]
    review["total"] = int(review["total"] or 0) + 1


def break_column_sum(draft: Draft) -> None:
    """The printed total of outcomes and the carried-over cases are both off by one, in two columns."""
    applications = draft.values["applications"]
    for column in ("natural_person", "total"):
        applications["processed_total"][column] = int(applications["processed_total"][column] or 0) + 1
        applications["carried_out"][column] = int(applications["carried_out"][column] or 0) - 1
        if applications["carried_out"][column] < 0:
            applications["carried_out"][column] = 0


def break_balance(draft: Draft) -> None:
    """Carried in of last year is two higher than what was handled allows."""
    carried = draft.values["applications"]["carried_in"]
    for column in ("natural_person", "total"):
        carried[column] = int(carried[column] or 0) + 2


def spoil_and_break(draft: Draft) -> None:
    """A part of a sum is unreadable and the sum cannot hold without it."""
    applications = draft.values["applications"]
    outcomes = [r for r in applications if r not in (*labels.OUTER_ROWS, "processed_total")]
    row = next(r for r in outcomes if (applications[r]["natural_person"] or 0) > 1)
    cell = ("applications", row, "natural_person")
    draft.printed[cell] = "见附表"
    draft.expected[cell] = None
    draft.doubtful.add(cell)


# --- Labels -----------------------------------------------------------------------------------------------------
MISPRINTS_III = {
    "row:carried_in": "二、上年结转政府信息公开申请数",
    "row:refused.state_secret": "1.属于国家密秘",
    "row:refused.law_forbids": "2.其他法律行政止公开",
    "row:refused.enforcement_file": "7.属于行政执法案券",
    "row:unavailable.still_unclear": "3.补正后申请内容仍不明却",
    "row:not_processed.abusive": "4.无正当理由大量反复申清",
    "row:carried_out": "四、结转下年度继续办里",
}
MISPRINTS_OTHER = {
    "item:normative_documents": "行政规范性文伴",
    "item:fees": "行政事业收费",
    "column:public_interest": "社会公益组只",
    "column:legal_service": "法律服务机枸",
    "review:litigation_direct": "未经复议直接诉",
    "result:pending": "尚未申结",
    "row:not_processed.reconfirmation": "5.要求行政机关确认或重新出俱已获得信息",
}


def misprint_rows(draft: Draft) -> None:
    """Labels of table III wrong by one to three characters."""
    draft.labels.update(MISPRINTS_III)
    draft.also.add("partial")


def misprint_columns(draft: Draft) -> None:
    """Labels and headers of all three tables wrong by one to three characters."""
    draft.labels.update(MISPRINTS_OTHER)
    draft.never_verified = True  # table II has no arithmetic that could prove a guess


def vary_widths(draft: Draft) -> None:
    """Half-width brackets and commas, full-width enumerators, straight quotes, blanks inside."""
    marks = str.maketrans({"（": "(", "）": ")", "，": ",", "“": '"', "”": '"', "：": ":"})
    for row, label in labels.APPLICATION_ROWS.items():
        if label[0].isdigit():
            changed = label.translate(marks).replace(".", "．", 1)
            draft.labels[f"row:{row}"] = changed[0].translate(FULL_WIDTH) + changed[1:]
        else:
            draft.labels[f"row:{row}"] = label.translate(marks).replace("、", "、 ", 1).replace(")", ") ", 1)
    for group, label in labels.GROUPS.items():
        draft.labels[f"group:{group}"] = label.translate(marks)
    for number in range(len(labels.PROACTIVE[draft.form])):
        article = labels.PROACTIVE[draft.form][number][0].translate(marks)
        draft.labels[f"article:{number}"] = article.replace("第(", "第 (")
    draft.labels["word:corner"] = labels.CORNER.translate(marks)
    draft.labels["head:change"] = "本年增／减"
    amount = "采购总金额" if draft.form == "2019" else "本年收费金额"
    draft.labels["head:amount"] = f"{amount}(单位:{_unit(draft)})"
    draft.labels["column:natural_person"] = "自 然 人"
    draft.labels["column:total"] = "总　计"


def _unit(draft: Draft) -> str:
    """What the header of the amounts counts in: a unit that another difficulty set must not be lost."""
    return "元" if "：元" in draft.labels.get("head:amount", "") else "万元"


def shorten_labels(draft: Draft) -> None:
    """Labels without what stands in brackets, and cut after their first clause."""
    amount = "采购总金额" if draft.form == "2019" else "本年收费金额"
    draft.labels.update(
        {
            "row:partly_granted": "（二）部分公开",
            "row:other.uncorrected": "1.申请人无正当理由逾期不补正",
            "row:other.unpaid": "2.申请人逾期未按收费通知要求缴纳费用",
            "row:refused.safety_stability": "3.危及三安全一稳定",
            "row:not_processed.reconfirmation": "5.要求行政机关确认或重新出具",
            "head:amount": amount if _unit(draft) == "万元" else f"{amount}（元）",
            "word:corner": "",
            "word:result": "三、办理结果",
            "item:normative_documents": "规范性文件",
        }
    )
    draft.also.add("partial")


def drop_enumerators(draft: Draft) -> None:
    """No 一、, no （一）, no 1. before any label."""
    pattern = re.compile(r"^([一二三四]、|（[一二三四五六七]）|\d\.)")
    for row, label in labels.APPLICATION_ROWS.items():
        draft.labels[f"row:{row}"] = pattern.sub("", label)
    for group, label in labels.GROUPS.items():
        draft.labels[f"group:{group}"] = pattern.sub("", label)
    draft.labels["word:result"] = "本年度办理结果"
    draft.also.add("partial")


# --- Columns and rows -------------------------------------------------------------------------------------------
def permute_columns(draft: Draft) -> None:
    """Totals first, organisations and table II in another order: the printed header chooses."""
    draft.order = {
        "applications": [
            "total",
            "natural_person",
            "legal_service",
            "enterprise",
            "public_interest",
            "other",
            "research",
        ],
        "review_litigation": ["total", "corrected", "upheld", "pending", "other"],
        "proactive": [
            "in_force",
            "issued",
            "repealed",
            "total_disclosed",
            "newly_made",
            "newly_disclosed",
            "decisions",
            "change",
            "prior_year_items",
            "amount",
            "items",
        ],
    }


def drop_column(draft: Draft, column: str = "research", *, pending: bool = False) -> None:
    """A column without any count is not printed at all (and 尚未审结 in table IV if asked)."""
    for row in draft.values["applications"].values():
        gone = row.pop(column)
        row["total"] = int(row["total"] or 0) - int(gone or 0)
    if pending:
        for row in draft.values["review_litigation"].values():
            row["total"] = int(row["total"] or 0) - int(row.pop("pending") or 0)
    draft.rows_missing = True
    draft.also.add("partial")


def drop_rows(draft: Draft) -> None:
    """Rows without any count are not printed: 规章, and refusals that never came up."""
    del draft.values["proactive"]["rules"]
    applications = draft.values["applications"]
    for row in [r for r in applications if r.startswith(("refused", "not_processed"))]:
        if not any(applications[row].values()):
            del applications[row]
    draft.rows_missing = True


def add_remarks(draft: Draft) -> None:
    """A column 备注 that the form does not have, with words and numbers."""
    draft.remarks = {
        "received": "含网络申请5件",
        "granted": "当面答复3件",
        "normative_documents": "见门户网站",
        "licensing": "2",
        "carried_out": "均在期限内",
    }
    draft.also |= {"read", "partial"}


def add_unknown_rows(draft: Draft) -> None:
    """Rows that no form knows: a warning with their words, and their numbers nowhere."""
    draft.extra_rows = [
        ("proactive", "coercive_measures", "行政检查", str(draft.rng.randint(6100, 6900))),
        ("applications", "refused.administrative_query", "9.涉及商业秘密的情形", "0"),
    ]
    draft.unplaced = True
    draft.warnings_any = ["行政检查", "涉及商业秘密的情形"]


# --- Headings ---------------------------------------------------------------------------------------------------
def repeat_headings(draft: Draft, *, by_bracket: bool) -> None:
    """Section one has an 一、 of its own, or the words of section two as one of its parts."""
    first = draft.section(1)
    if by_bracket:
        first.paragraphs[1] = "（一）主动公开政府信息情况"
        first.paragraphs.insert(
            2, "围绕年度重点任务，及时更新机构职能、规划计划、民生实事等栏目，内容更新做到日清周结。"
        )
        first.paragraphs[3] = "（二）收到和处理政府信息公开申请情况"
        first.paragraphs.insert(4, "对每一件申请都有登记、有会商、有答复、有归档，办理过程可以倒查。")
    else:
        first.paragraphs.insert(1, "一、年度重点工作开展情况")
        first.paragraphs.insert(2, "重点工作按月调度，逐项销号，办理结果向社会公布。")
    draft.section(2).lacks += ["逐项销号", "内容更新做到日清周结"]


def vary_headings(draft: Draft, variant: int) -> None:
    """Other words and other enumerators for the six headings."""
    words = (
        {
            1: "一、概述",
            2: "二、主动公开情况",
            3: "三、收到和处理政府信息公开申请的情况",
            4: "四、因政府信息公开工作被申请行政复议、提起行政诉讼情况",
            5: "五、政府信息公开工作存在的主要问题及改进情况",
            6: "六、其他需要报告的事项：",
        },
        {
            1: "第一部分　总体情况",
            2: "第二部分　主动公开政府信息情况",
            3: "第三部分　收到和处理政府信息公开申请情况",
            4: "第四部分　政府信息公开行政复议、行政诉讼情况",
            5: "第五部分　存在的主要问题及改进情况",
            6: "第六部分　其他需要报告的事项",
        },
        {
            1: "一．总体情况",
            2: "二．主动公开 政府信息情况",
            3: "三．收到和处理政府信息公开申请情况",
            4: "四．政府信息公开行政复议、行政诉讼情况",
            5: "五．存在的主要问题及改进措施",
            6: "六．其他需要报告的事项",
        },
    )[variant % 3]
    for section in draft.sections:
        section.heading = words[section.number]


def drop_section(draft: Draft, number: int) -> None:
    """A section is not there; for one with a table only its heading goes."""
    section = draft.section(number)
    if section.table is None:
        draft.sections = [s for s in draft.sections if s.number != number]
        draft.also.add("read")
        return
    section.heading = ""
    section.after = []
    draft.also |= {"read", "partial"}


def set_title_after_heading(blocks: list[Block]) -> list[Block]:
    """The first heading stands above the title."""
    title, heading, *rest = blocks
    return [heading, title, *rest]


def add_contents(draft: Draft, blocks: list[Block]) -> list[Block]:
    """A table of contents between title and report."""
    lines = [Block("paragraph", "目　　录")]
    lines += [
        Block("paragraph", f"{section.heading}{'…' * 12}{page}") for page, section in enumerate(draft.sections, 1)
    ]
    for section in draft.sections:
        section.lacks.append("……")
    return [blocks[0], *lines, *blocks[1:]]


def run_headings_in(blocks: list[Block]) -> list[Block]:
    """Heading and first sentence stand in one paragraph."""
    out: list[Block] = []
    for block in blocks:
        if out and out[-1].kind == "heading" and block.kind == "paragraph":
            out[-1] = replace(out[-1], kind="runin", text=f"{out[-1].text}。\n{block.text}")
        else:
            out.append(block)
    return out


# --- Free reports -----------------------------------------------------------------------------------------------
FREE_2008 = (
    (
        "overview",
        "概述",
        "自条例施行以来，{our}把政府信息公开作为一项基础性工作，成立了领导小组，编制了指南和目录，开通了查阅场所。",
    ),
    (
        ["proactive", None],
        "主动公开政府信息的情况",
        "截至{year}年底，累计主动公开政府信息{a}条，其中全文电子化的占九成以上；公开的形式有网站、公报、公告栏和新闻发布会。",
    ),
    (
        [None, "applications"],
        "依申请公开政府信息的情况",
        "全年受理申请{b}件，均由当事人当面提出，已全部答复，内容以土地征收和房屋登记档案为主。",
    ),
    (None, "政府信息公开的收费及减免情况", "对申请人没有收取检索、复制、邮寄等费用，也没有减免费用的情况。"),
    (
        [None, "review_litigation"],
        "因政府信息公开申请行政复议、提起行政诉讼的情况",
        "本年度没有发生因政府信息公开引起的复议和诉讼，也没有收到举报。",
    ),
    (
        ["problems", None],
        "存在的主要问题和改进措施",
        "公开内容还不够丰富，便民性有待提高。今后将加强培训，规范目录编制，方便群众查询。",
    ),
    (["other_matters", None], "其他需要说明的事项", "本报告的电子版可以在门户网站下载，纸质版可到档案馆查阅。"),
)
STATISTICS_2014 = (
    ("一、主动公开情况", "——", "——"),
    ("（一）主动公开政府信息数", "条", "4218"),
    ("其中：主动公开规范性文件数", "条", "57"),
    ("制发规范性文件总数", "件", "57"),
    ("二、回应解读情况", "——", "——"),
    ("（一）回应公众关注热点或重大舆情数", "次", "19"),
    ("三、依申请公开情况", "——", "——"),
    ("（一）收到申请数", "件", "36"),
    ("1.当面申请数", "件", "21"),
    ("2.网络申请数", "件", "15"),
    ("（二）申请办结数", "件", "36"),
    ("1.属于已主动公开范围数", "件", "12"),
    ("2.同意公开答复数", "件", "17"),
    ("四、行政复议数量", "件", "2"),
    ("（一）维持具体行政行为数", "件", "2"),
    ("五、行政诉讼数量", "件", "0"),
    ("六、举报投诉数量", "件", "0"),
    ("七、依申请公开信息收取的费用", "万元", "0"),
    ("八、机构建设和保障经费情况", "——", "——"),
    ("（一）政府信息公开工作专门机构数", "个", "1"),
)


def make_free(draft: Draft) -> None:
    """A report of before 2019: sections of its own, no statutory table."""
    draft.values = {}
    draft.free = True
    draft.generation = "free"
    draft.rows_missing = False
    figures = {
        "our": draft.body.our,
        "year": draft.year,
        "a": draft.rng.randint(900, 6000),
        "b": draft.rng.randint(3, 60),
    }
    draft.sections = []
    for number, (key, words, text) in enumerate(FREE_2008, 1):
        heading = f"{labels.NUMERALS[number]}、{words}"
        draft.sections.append(Section(number, key, heading, [text.format(**figures)]))


VALUE_FAULTS: dict[str, Callable[[Draft], None]] = {
    "marks for blanks": mark_blanks,
    "slashes": mark_with_slash,
    "wide digits": widen_digits,
    "header in yuan": head_in_yuan,
    "notes in cells": add_notes,
    "minus signs": vary_minus,
    "unreadable cells": spoil_cells,
    "row sum broken": break_row_sum,
    "column sum broken": break_column_sum,
    "balance broken": break_balance,
    "unreadable part of a sum": spoil_and_break,
}
LABEL_FAULTS: dict[str, Callable[[Draft], None]] = {
    "rows misprinted": misprint_rows,
    "columns misprinted": misprint_columns,
    "widths of marks": vary_widths,
    "short labels": shorten_labels,
    "no enumerators": drop_enumerators,
}
COLUMN_FAULTS: dict[str, Callable[[Draft], None]] = {
    "columns in another order": permute_columns,
    "rows not printed": drop_rows,
    "column 备注": add_remarks,
    "unknown rows": add_unknown_rows,
}
