"""Reports as PDF: printed by Chromium or LibreOffice, each kind with its own difficulty, all with those of values."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from random import Random
from typing import Any

from tests.cases.make import hard, labels
from tests.cases.make.draft import Block, Draft, format_number, make_draft
from tests.cases.make.grid import Cell, Table, cut_table, split_articles
from tests.corpus import pdf_change as change
from tests.corpus.model import Made, Maker
from tests.corpus.pdf_look import TRUETYPE_FONTS, Look, add_head, choose_look, print_options, render_html
from tests.corpus.pdf_word import Edges, Ruling, make_docx
from tests.corpus.tools import Tools

Change = Callable[[Tools, bytes], bytes]
Faults = tuple[tuple[str, Callable[[Draft], None]], ...]
BREAKS: Faults = (
    ("row sum broken", hard.break_row_sum),
    ("column sum broken", hard.break_column_sum),
    ("balance broken", hard.break_balance),
)
MISPRINTS: Faults = (
    ("rows misprinted", hard.misprint_rows),
    ("columns misprinted", hard.misprint_columns),
)


@dataclass
class Plan:
    """One document before it is printed."""

    draft: Draft
    blocks: list[Block]
    look: Look
    office: bool = False  # printed by LibreOffice from .docx, else by Chromium from HTML
    ruling: Ruling = field(default_factory=Ruling)
    options: dict[str, Any] = field(default_factory=dict)  # for Chromium, over those of the look
    after: list[Change] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    unmappable: bool = False


Planner = Callable[[Random, str, int], Plan]


# --- The report -------------------------------------------------------------------------------------------------
def draw_report(
    rng: Random, seed: str, number: int, told: list[str], *, sizes: tuple[str, ...] = ("sparse", "dense", "large")
) -> Draft:
    """A whole report with difficulties of its values; every third contradicts itself."""
    year = rng.randint(2019, 2025)
    form = "2019" if year <= 2020 else "2021"
    rows = None
    if rng.random() < 0.12:
        rows = labels.application_rows("2021" if form == "2019" else "2019")
        told.append("（六） of the other form")
    blank = rng.random() < 0.2
    draft = make_draft(seed, year, size=rng.choice(sizes), blank=blank, rows=rows)
    draft.published = None  # the document prints no date of publication
    contradicts = number % 3 == 2
    if contradicts:
        name, fault = rng.choice(BREAKS)
        try:
            fault(draft)
        except StopIteration:  # no row with a total
            name, fault = BREAKS[2]
            fault(draft)
        told.append(name)
    vary_values(rng, draft, told, notes=not blank)
    if not contradicts and rng.random() < 0.15:
        name, fault = rng.choice(MISPRINTS)
        fault(draft)
        told.append(name)
    elif rng.random() < 0.2:
        hard.vary_widths(draft)
        told.append("widths of marks")
    return draft


def vary_values(rng: Random, draft: Draft, told: list[str], *, notes: bool) -> None:
    """Some of the difficulties of values; a later one may print a cell of an earlier one anew."""
    if rng.random() < 0.2:
        hard.widen_digits(draft)
        told.append("wide digits")
    if notes and rng.random() < 0.25:
        hard.add_notes(draft)
        told.append("notes in cells")
    if draft.form == "2019" and rng.random() < 0.5:
        hard.vary_minus(draft)
        told.append("minus signs")
    money = rng.random()
    if money < 0.15:
        hard.head_in_yuan(draft)
        told.append("header in yuan")
    elif money < 0.3:
        ten_thousands = round(rng.randint(11, 99_999) / 10, 1)
        hard.name_money(draft, f"{format_number(ten_thousands)}万元", ten_thousands)
        told.append("cell in 万元")
    elif money < 0.45:
        yuan = rng.randint(11, 99_999) * 100
        hard.name_money(draft, f"{yuan}元", round(yuan / 10_000, 4))
        told.append("cell in yuan")
    marks = rng.random()
    if marks < 0.2:
        hard.mark_blanks(draft)
        told.append("marks for blanks")
    elif marks < 0.35:
        hard.mark_with_slash(draft)
        told.append("slashes")


def start_plan(rng: Random, seed: str, number: int, *, office: bool | None = None, **look: Any) -> Plan:
    """A report, its flow and a look; every third document is LibreOffice's unless told otherwise."""
    told: list[str] = []
    draft = draw_report(rng, seed, number, told)
    chosen = choose_look(rng, **look)
    plan = Plan(draft, [], chosen, told=told)
    # Not in step with the contradictions, which are every third document too.
    plan.office = (number // 3 + number) % 3 == 1 if office is None else office
    if max(len(format_number(v or 0)) for _, _, v in each_count(draft)) > 3:
        chosen.small = min(chosen.small, 10.5 if chosen.paper != "B5" else 9)
    chosen.css += "td.value { white-space: nowrap; } td.noted { white-space: normal; }"
    if rng.random() < 0.3:
        add_head(rng, chosen, draft)
    plan.blocks = arrange(rng, draft, told)
    return plan


def each_count(draft: Draft) -> Iterator[tuple[str, str, int | float | None]]:
    """Row, column and value of table III."""
    for row, columns in draft.values["applications"].items():
        for column, value in columns.items():
            yield row, column, value


def arrange(rng: Random, draft: Draft, told: list[str]) -> list[Block]:
    """The flow, in some with table II as one table for each article or with a line of units above a table."""
    parted = rng.random() < 0.15
    units = rng.random() < 0.15
    blocks: list[Block] = []
    for block in draft.blocks():
        if block.table is None:
            blocks.append(block)
            continue
        if units and block.table.name != "proactive":
            blocks.append(Block("mark", "单位：件", section=block.section))
        if parted and block.table.name == "proactive":
            blocks += [replace(block, table=part) for part in split_articles(block.table)]
        else:
            blocks.append(block)
    if parted:
        told.append("II by article")
    return blocks


# --- Printing ---------------------------------------------------------------------------------------------------
def make_kind(kind: str, planner: Planner) -> Maker:
    """The maker of a kind: all plans first, so that LibreOffice prints its share in one run."""

    def make(tools: Tools, seed: int, count: int) -> Iterator[Made]:
        plans = [planner(Random(f"{kind} {seed} {n}"), f"{kind} {seed} {n} report", n) for n in range(count)]
        written = [
            ("report.docx", make_docx(plan.draft, plan.blocks, plan.look, plan.ruling)) for plan in plans if plan.office
        ]
        printed = iter(tools.convert(written, "pdf"))
        for number, plan in enumerate(plans):
            data = next(printed) if plan.office else print_html(tools, plan)
            for step in plan.after:
                data = step(tools, data)
            tool = "python-docx and LibreOffice" if plan.office else "Chromium"
            told = [f"{tool}, {plan.look.tell()}", *plan.told]
            yield Made(f"{kind}-{number:03d}", ".pdf", data, expect(plan), "; ".join(told))

    return make


def print_html(tools: Tools, plan: Plan) -> bytes:
    """What Chromium prints of the plan."""
    html = render_html(plan.draft, plan.blocks, plan.look)
    return tools.print_pdf(html, **(print_options(plan.look) | plan.options))


def expect(plan: Plan) -> dict[str, Any]:
    """What must be read; where no character can be told, any verdict, and no number but the true one."""
    expected = plan.draft.expect()
    if plan.unmappable:
        expected["unmappable"] = True
        expected["confidence"] = ["verified", "read", "partial", "failed"]
    return expected


def allow_doubt(draft: Draft) -> None:
    """The lines do not place the cells: a careful reader may say so."""
    draft.also |= {"read", "partial"}


# --- Ruled ------------------------------------------------------------------------------------------------------
def plan_ruled(rng: Random, seed: str, number: int) -> Plan:
    """Every cell in its box; columns in another order, remarks and unknown rows in some."""
    told: list[str] = []
    plan = start_plan(rng, seed, number)
    draft = plan.draft
    choice = rng.random()
    if number % 3 != 2 and choice < 0.3:
        name = ("columns in another order", "column 备注", "unknown rows")[int(choice * 10)]
        hard.COLUMN_FAULTS[name](draft)
        told.append(name)
        plan.blocks = arrange(rng, draft, told)
    plan.told += told
    return plan


# --- Ruled in part ----------------------------------------------------------------------------------------------
PART_WAYS = ("horizontals", "outer and horizontals", "verticals inside", "bare header", "three lines")


def plan_part_ruled(rng: Random, seed: str, number: int) -> Plan:
    """Some of the lines only."""
    plan = start_plan(rng, seed, number)
    way = PART_WAYS[number % len(PART_WAYS)]
    plan.told.append(f"ruled: {way}")
    look = plan.look
    look.collapse = True
    look.padding = max(look.padding, 3)
    look.shade = ""
    look.css += "td.noted { white-space: nowrap; }"
    line = f"{max(look.border, 0.5):g}px solid {look.colour}"
    thick = f"{max(look.border, 0.5) * 2:g}px solid {look.colour}"
    look.css += {
        "horizontals": f"td {{ border-width: 0; border-top: {line}; border-bottom: {line}; }}",
        "outer and horizontals": f"td {{ border-width: 0; border-top: {line}; border-bottom: {line}; }}"
        f"table {{ border: {line}; }}",
        "verticals inside": f"td {{ border-width: 0; border-left: {line}; border-right: {line}; }}"
        f"table {{ border: {line}; }}",
        "bare header": "td.top, td.article, td.head { border: none; }",
        "three lines": f"td {{ border: none; }} table {{ border-top: {thick}; border-bottom: {thick}; }}"
        f"td.lowest, tr.lowest td, td.head {{ border-bottom: {line}; }} td.top:not(.lowest) {{ border-bottom: none; }}",
    }[way]
    plan.ruling = Ruling(lambda table, y, cell: choose_edges(way, look, table, y, cell))
    allow_doubt(plan.draft)
    return plan


def choose_edges(way: str, look: Look, table: Table, y: int, cell: Cell) -> Edges:
    """The edges of a cell in .docx."""
    line = (max(0.5, look.border * 0.75), look.colour)
    last = y + cell.rows >= len(table.rows)
    everything = dict.fromkeys(("top", "left", "bottom", "right"), line)
    row = table.rows[y] if y < len(table.rows) else ()
    leftmost = bool(row) and row[0] is cell and (cell.columns >= 3 or cell.kind in ("article", "corner", "group"))
    header = cell.kind in ("head", "corner", "article")
    if way == "bare header":
        return {} if header else everything
    if way in ("horizontals", "outer and horizontals"):
        edges = {"top": line, "bottom": line}
        if way.startswith("outer"):
            edges |= {"left": line} if leftmost or cell.name == "result" else {}
            edges |= {"right": line} if bool(row) and row[-1] is cell else {}
        return edges
    if way == "verticals inside":
        edges = {"left": line, "right": line}
        edges |= {"top": line} if y == 0 else {}
        return edges | ({"bottom": line} if last else {})
    edges = {"top": (line[0] * 2, line[1])} if y == 0 else {}
    if last:
        edges["bottom"] = (line[0] * 2, line[1])
    elif header and y + cell.rows == (table.header or 2):
        edges["bottom"] = line
    return edges


def plan_no_lines(rng: Random, seed: str, number: int) -> Plan:
    """Not a single line."""
    plan = start_plan(rng, seed, number)
    plan.look.padding = max(plan.look.padding, 3)
    plan.look.shade = ""
    plan.look.css += "td { border: none; } td.noted { white-space: nowrap; }"
    plan.ruling = Ruling(lambda table, y, cell: {})
    allow_doubt(plan.draft)
    return plan


# --- Wrapped ----------------------------------------------------------------------------------------------------
def plan_wrapped(rng: Random, seed: str, number: int) -> Plan:
    """Columns so narrow that labels take several lines and numbers break inside: 175 over 0 is 1750."""
    plan = start_plan(rng, seed, number)
    look = plan.look
    look.small = min(look.small, 10.5)
    look.narrow = rng.choice((1.4, 1.6, 1.9, 2.2))
    look.padding = min(look.padding, 2)
    look.css += (
        "table { table-layout: fixed; width: auto; } td { word-break: break-all; }"
        "td.value { white-space: normal; word-break: break-all; overflow-wrap: anywhere; }"
    )
    plan.told.append(f"columns of {look.narrow} em, numbers wrapped")
    return plan


# --- Spans ------------------------------------------------------------------------------------------------------
def plan_spans(rng: Random, seed: str, number: int) -> Plan:
    """Cells that span: merged titles and notes, articles with columns of their own, merged blank cells."""
    plan = start_plan(rng, seed, number)
    way = ("title rows", "note rows", "own columns", "corner parted", "blank rows merged")[number % 5]
    plan.told.append(f"spans: {way}")
    numerals = {"proactive": "表一　", "applications": "表二　", "review_litigation": "表三　"}
    if way in ("title rows", "note rows"):
        plan.office = False
    if way == "title rows":
        plan.look.titles = {
            labels.HEADINGS[n][0]: numerals[labels.HEADINGS[n][0]] + labels.HEADINGS[n][1] for n in (2, 3, 4)
        }
        allow_doubt(plan.draft)
    elif way == "note rows":
        plan.look.footers = {"applications": "注：本表数据由各承办单位报送。", "review_litigation": "注：含往年案件。"}
        allow_doubt(plan.draft)
    elif way == "own columns":
        plan.blocks = [change_table(block, lambda t: give_own_columns(rng, t)) for block in plan.blocks]
    elif way == "corner parted":
        plan.blocks = [change_table(block, part_corner) for block in plan.blocks]
    else:
        plan.blocks = [change_table(block, lambda t: merge_blanks(plan.draft, t)) for block in plan.blocks]
        allow_doubt(plan.draft)
    return plan


def change_table(block: Block, change_one: Callable[[Table], Table]) -> Block:
    """The block with its table changed, if it has one."""
    return block if block.table is None else replace(block, table=change_one(block.table))


def give_own_columns(rng: Random, table: Table) -> Table:
    """Table II on twenty-four columns: each article has its own boundaries, as several tables joined in Word."""
    if table.name != "proactive":
        return table
    rows, first, shares = [], 6, [6, 6, 6]
    for row in table.rows:
        if row[0].kind == "article":
            rows.append((replace(row[0], columns=24),))
            continue
        if row[0].kind == "head":
            first = rng.randint(5, 9)
            count = len(row) - 1
            base = (24 - first) // count
            shares = [base] * (count - 1) + [24 - first - base * (count - 1)]
        cells = [replace(row[0], columns=first)]
        cells += [replace(cell, columns=share) for cell, share in zip(row[1:], shares, strict=True)]
        rows.append(tuple(cells))
    return replace(table, rows=tuple(rows))


def part_corner(table: Table) -> Table:
    """The corner of table III is not one cell: its words above, an empty cell below."""
    if table.name != "applications":
        return table
    first, second, *rest = table.rows
    corner = replace(first[0], rows=2)
    below = Cell("", columns=3, kind="corner")
    return replace(table, rows=((corner, *first[1:]), second, (below, *rest[0]), *rest[1:]))


def merge_blanks(draft: Draft, table: Table) -> Table:
    """Numbers of a row of table III that are all blank stand in one merged blank cell."""
    if table.name != "applications":
        return table
    rows = []
    for row in table.rows:
        values = [cell for cell in row if cell.kind == "value"]
        if values and not any(cell.text for cell in values):
            others = tuple(cell for cell in row if cell.kind != "value")
            rows.append((*others, Cell("", columns=len(values), kind="filler")))
        elif len(values) > 2 and not any(cell.text for cell in values[1:-1]):
            keep = [cell for cell in row if cell not in values[1:-1]]
            at = keep.index(values[0]) + 1
            keep.insert(at, Cell("", columns=len(values) - 2, kind="filler"))
            rows.append(tuple(keep))
        else:
            rows.append(row)
    return replace(table, rows=tuple(rows))


# --- Pages ------------------------------------------------------------------------------------------------------
def plan_pages(rng: Random, seed: str, number: int) -> Plan:
    """Tables over several pages: cut in a group, header again or not, a row split, numbers of IV alone.

    Chromium's prints are cut as Word cuts: a group that reaches over the cut continues as a blank cell. LibreOffice
    breaks by itself.
    """
    plan = start_plan(rng, seed, number)
    look, draft = plan.look, plan.draft
    look.groups = rng.random() < 0.5  # LibreOffice repeats the header itself
    look.foot = look.foot or rng.choice(("- {n} -", "第 {n} 页"))
    if not look.head and rng.random() < 0.6:
        add_head(rng, look, draft)
    if plan.office:
        plan.told.append("natural breaks" + (", header again" if look.groups else ""))
        if look.paper == "A3":
            look.paper = "A4"
            look.small = min(look.small, 10.5)
        return plan
    rows = list(draft.values["applications"])
    inner = [r for r in rows if "." in r and rows[rows.index(r) - 1].split(".")[0] == r.split(".")[0]]
    cuts = rng.sample(inner, rng.choice((1, 1, 2)))
    cuts.sort(key=rows.index)
    alone = rng.random() < 0.5
    split = rng.random() < 0.4
    groups = rng.choice(("blank", "blank", "blank", "again"))
    header = look.groups
    look.groups = False

    def cut(block: Block) -> list[Block]:
        table = block.table
        if table is None or table.name != "applications":
            return [block]
        parts, rest = [], table
        for row in cuts:
            rest = split_row(rest, row) if split else rest
            at = next(y for y, line in enumerate(rest.rows) if any(c.kind == "label" and c.name == row for c in line))
            first, rest = cut_table(rest, at + split, header=header, groups=groups)
            parts.append(first)
        return [replace(block, table=part) for part in (*parts, rest)]

    plan.blocks = [part for block in plan.blocks for part in cut(block)]
    seen = False
    parts = []
    for block in plan.blocks:
        third = block.table is not None and block.table.name == "applications"
        if third and seen:
            parts.append(Block("raw", '<div style="break-before: page"></div>', section=block.section))
        seen = seen or third
        parts.append(block)
    plan.blocks = parts

    def start_page(table: Table, y: int) -> str:
        last = table.name == "review_litigation" and y == len(table.rows) - 1
        return "break-before: page" if last and alone else ""

    look.row_style = start_page
    plan.told.append(
        f"III cut {'in' if split else 'before'} {', '.join(cuts)}, groups {groups}"
        + (", header again" if header else "")
        + (", numbers of IV alone" if alone else "")
    )
    return plan


def split_row(table: Table, name: str) -> Table:
    """The row's label goes on in a row of its own: what a page break leaves of a row that it goes through."""
    rows: list[tuple[Cell, ...]] = []
    for y, row in enumerate(table.rows):
        label = next((cell for cell in row if cell.kind == "label" and cell.name == name), None)
        if label is None:
            # Groups that begin above and reach over the row grow with it.
            at = next(i for i, r in enumerate(table.rows) if any(c.kind == "label" and c.name == name for c in r))
            rows.append(
                tuple(replace(c, rows=c.rows + 1) if c.kind == "group" and y <= at < y + c.rows else c for c in row)
            )
            continue
        middle = len(label.text) // 2
        rows.append(
            tuple(
                replace(c, text=c.text[:middle])
                if c is label
                else replace(c, rows=c.rows + 1)
                if c.kind == "group"
                else c
                for c in row
            )
        )
        rest = [replace(label, text=label.text[middle:], name="")]
        rest += [Cell("", columns=c.columns, kind="filler") for c in row if c.kind in ("value", "remark")]
        rows.append(tuple(rest))
    return replace(table, rows=tuple(rows))


# --- Turned pages -----------------------------------------------------------------------------------------------
def plan_rotated(rng: Random, seed: str, number: int) -> Plan:
    """Pages with /Rotate, content drawn turned on the paper, boxes whose corner is not the origin."""
    plan = start_plan(rng, seed, number)
    turn = rng.choice((90, 180, 270))
    way = ("rotate", "rotate some", "drawn turned", "tables drawn turned", "origin moved", "crop box")[number % 6]
    if way in ("drawn turned", "tables drawn turned"):
        turn = rng.choice((90, 270))
    if way == "drawn turned":
        plan.look.landscape = True
    if way == "tables drawn turned":
        plan.office = False
        turn_tables(plan)
    plan.told.append(f"{way} {turn if 'turned' in way or 'rotate' in way else ''}".strip())
    dx, dy = rng.choice(((100, 50), (-200, -300), (-37.5, 12.25)))
    chosen = rng.random()

    def turn_pages(tools: Tools, data: bytes) -> bytes:
        pdf = change.open_pdf(data)
        for count, page in enumerate(pdf.pages):
            x0, y0, x1, y1 = change.find_box(page)
            if way == "rotate" or (way == "rotate some" and (count % 2 == int(chosen * 2))):
                change.turn_page(pdf, page, turn, rotate=True)
            elif way == "drawn turned" or (way == "tables drawn turned" and x1 - x0 > y1 - y0):
                change.turn_page(pdf, page, turn, rotate=False)
            elif way in ("origin moved", "crop box"):
                change.move_origin(pdf, page, dx, dy, crop=way == "crop box")
        return change.save_pdf(pdf)

    plan.after.append(turn_pages)
    return plan


def turn_tables(plan: Plan) -> None:
    """Table III on pages in landscape among pages in portrait."""
    look = plan.look
    look.landscape = False
    width, height = look.size
    look.css += (
        f"@page {{ size: {width:g}mm {height:g}mm; margin: {look.margin:g}mm; }}"
        f"@page wide {{ size: {height:g}mm {width:g}mm; margin: {look.margin:g}mm; }}"
        "table.applications { page: wide; break-before: page; break-after: page; }"
    )
    plan.options = {"prefer_css_page_size": True}


# --- Text from top to bottom ------------------------------------------------------------------------------------
UPRIGHT = ("vertical upright", "vertical mixed", "one glyph a line", "turned right", "turned left")


def plan_upright(rng: Random, seed: str, number: int) -> Plan:
    """三、本年度办理结果, and the groups in some, set from top to bottom or turned."""
    plan = start_plan(rng, seed, number)
    look = plan.look
    way = UPRIGHT[number % len(UPRIGHT)]
    names = {"result"} if rng.random() < 0.6 else {"result", "refused", "unavailable", "not_processed"}
    if plan.office and "WenQuanYi" in look.font:  # LibreOffice sets their glyphs one over the other when upright
        look.font = "Noto Sans CJK SC"
    plan.told.append(f"{way}: {', '.join(sorted(names))}")
    style = {
        "vertical upright": "writing-mode: vertical-rl; text-orientation: upright;",
        "vertical mixed": "writing-mode: vertical-rl; text-orientation: mixed;",
        "turned right": "writing-mode: vertical-rl; text-orientation: sideways;",
        "turned left": "writing-mode: vertical-rl; text-orientation: sideways; transform: rotate(180deg);",
    }

    def set_upright(table: Table, y: int, cell: Cell) -> str:
        text = escape(cell.text, quote=False)
        if cell.kind != "group" or cell.name not in names:
            return text
        if way == "one glyph a line":
            return "<br>".join(escape(c) for c in cell.text)
        return f'<div style="display: inline-block; white-space: nowrap; {style[way]}">{text}</div>'

    directions = {"vertical upright": "tbRlV", "vertical mixed": "tbRlV", "turned right": "tbRl", "turned left": "btLr"}

    def direct(table: Table, cell: Cell) -> str:
        return directions.get(way, "") if cell.kind == "group" and cell.name in names else ""

    look.inner = set_upright
    plan.ruling.direction = direct
    return plan


# --- Maps of characters -----------------------------------------------------------------------------------------
def plan_radicals(rng: Random, seed: str, number: int) -> Plan:
    """Radicals in the text layer."""
    plan = start_plan(rng, seed, number)
    plan.told.append("ToUnicode gives radicals")
    plan.after.append(lambda tools, data: change.map_to_radicals(data))
    return plan


def choose_truetype(rng: Random, look: Look) -> None:
    """Only fonts that Chromium embeds as TrueType, for the running head too."""
    if look.font not in TRUETYPE_FONTS:
        look.font = rng.choice(TRUETYPE_FONTS)


def plan_no_tounicode(rng: Random, seed: str, number: int) -> Plan:
    """No ToUnicode; the font's cmap or a predefined CMap tells the characters."""
    plan = start_plan(rng, seed, number, office=False, fonts=TRUETYPE_FONTS)
    names = ("UniGB-UCS2-H", "UniGB-UTF16-H", "GBK-EUC-H")
    if number % 2 == 0:
        plan.told.append("characters by the font's cmap")
        plan.after.append(lambda tools, data: change.drop_unicode(data))
    else:
        name, embedded = names[number // 2 % 3], number // 6 % 2 == 0
        plan.told.append(f"characters by {name}, font {'embedded' if embedded else 'not embedded'}")
        order = (name, *(other for other in names if other != name))
        plan.after.append(lambda tools, data: recode_or_drop(data, order, embedded=embedded))
    return plan


def recode_or_drop(data: bytes, names: Sequence[str], *, embedded: bool) -> bytes:
    """By the first of these CMaps that has codes for all characters; if none has, by the font's cmap."""
    for name in names:
        try:
            return change.use_predefined_map(data, name, embedded=embedded)
        except change.NoFontError:
            continue
    return change.drop_unicode(data)


def plan_unmappable(rng: Random, seed: str, number: int) -> Plan:
    """Nothing in the file tells the characters."""
    plan = start_plan(rng, seed, number)
    plan.unmappable = True
    plan.told.append("no ToUnicode, no cmap")
    plan.after.append(lambda tools, data: change.drop_every_map(data))
    return plan


# --- Hidden and over the text -----------------------------------------------------------------------------------
HIDDEN = (
    "invisible digits",
    "white words",
    "tiny digits",
    "digits outside",
    "clipped digits",
    "watermark behind",
    "watermark over",
    "stamp",
    "layer of the same",
    "layer of others",
    "white digits",
    "white on dark",
)


def plan_hidden(rng: Random, seed: str, number: int) -> Plan:
    """Text that nobody sees, watermarks, stamps; and white text that everybody sees."""
    way = HIDDEN[number % len(HIDDEN)]
    layered = way.startswith("layer")
    in_html = way in ("white words", "watermark behind", "watermark over", "stamp", "white on dark") or layered
    # Rendering modes do not hold for Type 3 fonts, so a hidden layer needs TrueType.
    plan = start_plan(
        rng, seed, number, office=False if in_html else None, **({"fonts": TRUETYPE_FONTS} if layered else {})
    )
    plan.told.append(way)
    look = plan.look
    scattered = {
        "invisible digits": "invisible",
        "tiny digits": "tiny",
        "digits outside": "outside",
        "clipped digits": "clipped",
        "white digits": "white",
    }
    if way in scattered:
        noise = Random(f"{seed} noise")
        plan.after.append(lambda tools, data: change.scatter_digits(data, noise, scattered[way]))
        if way == "white digits":
            look.shade = ""  # on a shaded cell they would show
    elif way == "white words":
        look.shade = ""
        hide_words(plan)
    elif way.startswith("watermark"):
        add_watermark(rng, plan, over=way.endswith("over"))
    elif way == "stamp":
        add_stamp(rng, plan)
    elif way == "white on dark":
        colour = rng.choice(("#1f4e79", "#333", "#c00000"))
        look.css += f"td.head, td.corner, td.article {{ background: {colour}; color: #fff; }}"
    else:
        add_layer(rng, plan, same=way.endswith("same"))
    return plan


def hide_words(plan: Plan) -> None:
    """White numbers in the cells, right beside the black ones."""
    old = plan.look.inner

    def add_white(table: Table, y: int, cell: Cell) -> str:
        text = old(table, y, cell) if old else escape(cell.text, quote=False)
        if cell.kind != "value":
            return text
        hidden = 100 + (y * 37 + len(cell.text) * 11) % 800
        return f'{text}<span class="white">{hidden}</span>'

    plan.look.inner = add_white
    # Beneath everything, so that they paint over no line and no digit.
    plan.look.css += "td.value { position: relative; } .white { position: absolute; color: #fff; z-index: -1; }"


def add_watermark(rng: Random, plan: Plan, *, over: bool) -> None:
    """Big pale words across every page."""
    words = rng.choice(("内部资料", "征求意见稿", f"{plan.draft.body.name}", "仅供2023年查阅"))
    colour = rng.choice(("#ddd", "#e8e8e8", "rgba(128,128,128,0.2)")) if not over else "rgba(120,120,120,0.18)"
    plan.draft.chrome.append(words)
    size = min(plan.look.size) * 0.16
    plan.look.extra += (
        f'<div style="position: fixed; top: 40%; left: 0; width: 100%; text-align: center; font-size: {size:g}mm;'
        f" line-height: 1; transform: rotate({rng.choice((-45, -30, 30))}deg); color: {colour};"
        f' z-index: {9 if over else -1}; white-space: nowrap">{words}</div>'
    )
    plan.told.append(words)


def draw_stamp(draft: Draft, size: int = 150) -> str:
    """A round red stamp as SVG: the body's name on an arc, a star, a number below."""
    name = draft.body.name
    middle, radius = size / 2, size * 0.38
    glyphs = []
    for place, character in enumerate(name):
        angle = -120 + 240 * place / max(1, len(name) - 1)
        turn = math.radians(angle - 90)
        x, y = middle + radius * math.cos(turn), middle + radius * math.sin(turn)
        glyphs.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size * 0.1:g}" fill="#d00" text-anchor="middle" '
            f'dominant-baseline="middle" transform="rotate({angle:.1f} {x:.1f} {y:.1f})">{character}</text>'
        )
    points = []
    for corner in range(10):
        turn = math.radians(36 * corner - 90)
        reach = size * (0.14 if corner % 2 == 0 else 0.055)
        points.append(f"{middle + reach * math.cos(turn):.1f},{middle + reach * math.sin(turn):.1f}")
    return (
        f'<svg width="{size}" height="{size}"><circle cx="{middle}" cy="{middle}" r="{middle - 3}" fill="none" '
        f'stroke="#d00" stroke-width="3"/><polygon points="{" ".join(points)}" fill="#d00"/>{"".join(glyphs)}'
        f'<text x="{middle}" y="{size * 0.86:g}" font-size="{size * 0.06:g}" fill="#d00" text-anchor="middle">'
        "4113000012345</text></svg>"
    )


def add_stamp(rng: Random, plan: Plan) -> None:
    """The stamp over the last cells of table III or IV."""
    target = rng.choice(("applications", "review_litigation"))
    stamp = draw_stamp(plan.draft, rng.choice((110, 150)))

    def put(table: Table, y: int, cell: Cell) -> str:
        text = escape(cell.text, quote=False)
        last = y == len(table.rows) - 1 and cell is table.rows[-1][-1]
        if table.name == target and last:
            return f'{text}<div style="position: absolute; right: 4px; top: -80px; line-height: 1">{stamp}</div>'
        return text

    plan.look.inner = put
    plan.look.css += "td.value { position: relative; }"


def add_layer(rng: Random, plan: Plan, *, same: bool) -> None:
    """A second, invisible text layer over the pages: the same words a little beside, or other numbers."""
    other = copy.deepcopy(plan.draft) if not same else plan.draft
    blocks = plan.blocks
    if not same:
        other.printed.clear()
        for rows in other.values.values():
            for columns in rows.values():
                for column, value in columns.items():
                    columns[column] = None if value is None else round(value + rng.randint(1, 8), 4)
        blocks = other.blocks()
    dx, dy = (rng.uniform(-1.5, 1.5), rng.uniform(-1.5, 1.5)) if same else (0.0, 0.0)

    def lay(tools: Tools, data: bytes) -> bytes:
        html = render_html(other, blocks, plan.look)
        layer = tools.print_pdf(html, **(print_options(plan.look) | plan.options))
        return change.lay_over(data, layer, dx=dx, dy=dy)

    plan.after.append(lay)


# --- Encrypted, forms, two pages on a sheet -----------------------------------------------------------------------
def plan_encrypted(rng: Random, seed: str, number: int) -> Plan:
    """Encrypted with an empty user password."""
    plan = start_plan(rng, seed, number)
    way = ("RC4-128", "AES-256", "AES-128", "RC4-40")[number % 4]
    plan.told.append(way)
    plan.after.append(lambda tools, data: change.encrypt(data, way))
    return plan


def plan_forms(rng: Random, seed: str, number: int) -> Plan:
    """Content inside form XObjects; a stamp as a form in some."""
    plan = start_plan(rng, seed, number)
    stamped = number % 2 == 1
    plan.told.append("content in forms" + (", stamp as a form" if stamped else ""))
    noise = Random(f"{seed} forms")

    def wrap(tools: Tools, data: bytes) -> bytes:
        if stamped:
            html = f'<body style="margin: 0">{draw_stamp(plan.draft)}</body>'
            stamp = tools.print_pdf(html, width="160px", height="160px", print_background=True, page_ranges="1")
            pages = len(change.open_pdf(data).pages)
            width = plan.look.size[0] * 72 / 25.4
            place = (noise.randrange(pages), width * noise.uniform(0.1, 0.7), noise.uniform(80, 400))
            data = change.stamp_as_form(data, stamp, place)
        return change.wrap_in_forms(data, noise)

    plan.after.append(wrap)
    return plan


def plan_two_up(rng: Random, seed: str, number: int) -> Plan:
    """Two pages side by side on one sheet, as a booklet is laid out."""
    plan = start_plan(rng, seed, number)
    plan.look.landscape = False
    plan.look.paper = rng.choice(("A4", "B5"))
    if plan.look.paper == "B5":
        plan.look.small = 9
    plan.told.append("two pages on a sheet")
    plan.after.append(lambda tools, data: change.set_two_up(data))
    return plan


MAKERS: dict[str, Maker] = {
    kind: make_kind(kind, planner)
    for kind, planner in {
        "pdf-ruled": plan_ruled,
        "pdf-part-ruled": plan_part_ruled,
        "pdf-no-lines": plan_no_lines,
        "pdf-wrapped": plan_wrapped,
        "pdf-spans": plan_spans,
        "pdf-pages": plan_pages,
        "pdf-rotated": plan_rotated,
        "pdf-upright": plan_upright,
        "pdf-radicals": plan_radicals,
        "pdf-no-tounicode": plan_no_tounicode,
        "pdf-unmappable": plan_unmappable,
        "pdf-hidden": plan_hidden,
        "pdf-encrypted": plan_encrypted,
        "pdf-forms": plan_forms,
        "pdf-a3-2up": plan_two_up,
    }.items()
}
