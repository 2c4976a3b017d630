"""How a printed report looks: fonts, paper, tables and their lines, chosen at random, and the HTML of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from random import Random
from typing import Any

from tests.cases.make.draft import Block, Draft
from tests.cases.make.grid import Cell, Table

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Serif CJK SC",
    "AR PL UMing CN",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
)
TRUETYPE_FONTS = CJK_FONTS[2:]  # Chromium embeds these as TrueType with their cmap; Noto's outlines become Type 3
LATIN_FONTS = ("Liberation Serif", "Liberation Sans", "DejaVu Sans", "DejaVu Serif", "Liberation Mono")
PAPERS = {"A4": (210.0, 297.0), "A3": (297.0, 420.0), "Letter": (215.9, 279.4), "B5": (176.0, 250.0)}  # mm
PT_A_MM = 72 / 25.4
COLOURS = ("#000", "#000", "#333", "#666", "#999")


@dataclass
class Look:
    """Choices of one document; lengths in points unless named otherwise."""

    font: str
    digits: str  # font of digits and Latin letters; the same as ``font`` where it has none of its own
    paper: str
    landscape: bool
    margin: float  # mm, all sides
    body: float  # font size of prose
    small: float  # font size of tables
    leading: float
    table_leading: float
    value_align: str
    value_valign: str
    label_align: str
    border: float  # CSS pixels
    colour: str
    collapse: bool
    padding: float  # CSS pixels
    shade: str  # background of header cells, or ""
    head: str = ""  # running head
    foot: str = ""  # page numbers: "{n}" and "{of}" stand for the numbers
    justify: bool = False
    bold: bool = True
    css: str = ""  # rules of the kind, after all others
    narrow: float = 0.0  # width of a value column in em of the table's font; 0: as the text needs
    cell_style: Callable[[Table, int, Cell], str] | None = None  # style attribute of a cell in a row
    row_style: Callable[[Table, int], str] | None = None
    inner: Callable[[Table, int, Cell], str] | None = None  # markup inside a cell
    groups: bool = False  # header in thead, so that it repeats on each page
    extra: str = ""  # markup at the end of the body
    titles: dict[str, str] = field(default_factory=dict)  # table → words of a merged row above its header
    footers: dict[str, str] = field(default_factory=dict)  # table → words of a merged row below its last

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the paper in mm as it is printed."""
        width, height = PAPERS[self.paper]
        return (height, width) if self.landscape else (width, height)

    def tell(self) -> str:
        """One line of what was chosen."""
        way = "landscape" if self.landscape else "portrait"
        digits = "" if self.digits == self.font else f" with {self.digits}"
        return f"{self.font}{digits}, {self.body:g}/{self.small:g} pt, {self.paper} {way}"


def choose_look(rng: Random, *, fonts: tuple[str, ...] = CJK_FONTS) -> Look:
    """A look at random; table text small enough for fifteen columns on the paper."""
    paper = rng.choice(("A4", "A4", "A4", "A3", "Letter", "B5"))
    landscape = rng.random() < 0.25
    margin = rng.choice((12.0, 15.0, 20.0, 25.4) if paper != "B5" else (10.0, 12.0, 15.0))
    font = rng.choice(fonts)
    width = PAPERS[paper][1 if landscape else 0] - 2 * margin
    largest = min(16.0, width * PT_A_MM / 38)  # a column of table IV needs some 2.4 em
    look = Look(
        font=font,
        digits=rng.choice(LATIN_FONTS) if rng.random() < 0.5 else font,
        paper=paper,
        landscape=landscape,
        margin=margin,
        body=rng.choice((10.5, 12, 14, 15, 16)),
        small=rng.choice([s for s in (9, 9.5, 10, 10.5, 11, 12, 14, 16) if s <= largest]),
        leading=rng.choice((1.3, 1.5, 1.75, 2.0)),
        table_leading=rng.choice((1.1, 1.25, 1.4)),
        value_align=rng.choice(("center", "center", "left", "right")),
        value_valign=rng.choice(("middle", "middle", "top", "bottom")),
        label_align=rng.choice(("left", "center")),
        border=rng.choice((0.25, 0.5, 0.75, 1.0, 1.5)),
        colour=rng.choice(COLOURS),
        collapse=rng.random() < 0.8,
        padding=rng.choice((1.0, 2.0, 4.0)),
        shade=rng.choice(("", "", "", "", "#f2f2f2", "#d9e2f3")),
        justify=rng.random() < 0.5,
        bold=rng.random() < 0.7,
    )
    look.foot = rng.choice(("", "- {n} -", "— {n} —", "第{n}页 共{of}页", "{n}", "{n}/{of}"))
    return look


def add_head(rng: Random, look: Look, draft: Draft) -> None:
    """A running head with the report's title or a part of it."""
    look.head = rng.choice((draft.title, f"{draft.body.name}政务公开", f"{draft.year}年度报告"))
    if look.head not in draft.chrome:
        draft.chrome.append(look.head)


# --- HTML -------------------------------------------------------------------------------------------------------
def render_html(draft: Draft, blocks: list[Block], look: Look) -> str:
    """The whole page."""
    flow = "\n".join(render_block(block, look) for block in blocks)
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(draft.title)}</title>
<style>{write_css(look)}</style></head>
<body>
{flow}
{look.extra}
</body></html>
"""


def write_css(look: Look) -> str:
    """The style sheet."""
    families = ", ".join(f'"{name}"' for name in dict.fromkeys((look.digits, look.font)))
    model = "collapse" if look.collapse else "separate"
    shade = f"td.head, td.corner {{ background: {look.shade}; }}" if look.shade else ""
    return f"""
body {{ font-family: {families}; font-size: {look.body}pt; line-height: {look.leading}; margin: 0; }}
p {{ margin: 0; text-indent: 2em; {"text-align: justify;" if look.justify else ""} }}
h1 {{ font-size: {look.body * 1.35}pt; text-align: center; font-weight: {"bold" if look.bold else "normal"};
  line-height: 1.4; }}
p.heading {{ font-weight: {"bold" if look.bold else "normal"}; break-after: avoid; }}
p.mark {{ text-align: right; text-indent: 0; }}
table {{ border-collapse: {model}; border-spacing: 0; width: 100%; margin: 6pt 0; font-size: {look.small}pt;
  line-height: {look.table_leading}; }}
tr {{ height: 1.2em; }}
td {{ border: {look.border}px solid {look.colour}; padding: {look.padding}px {look.padding + 1}px;
  vertical-align: middle; text-align: center; }}
td.value, td.filler {{ text-align: {look.value_align}; vertical-align: {look.value_valign}; }}
td.label {{ text-align: {look.label_align}; }}
{shade}
{look.css}
"""


def render_block(block: Block, look: Look) -> str:
    """One piece of the flow."""
    if block.kind == "table" and block.table is not None:
        return render_table(block.table, look)
    if block.kind == "raw":
        return block.text
    text = escape(block.text, quote=False)
    if block.kind == "title":
        return f"<h1>{text}</h1>"
    name = block.kind if block.kind in ("heading", "mark") else "text"
    return f'<p class="{name}">{text}</p>'


def find_widths(table: Table, look: Look) -> list[str]:
    """CSS width of each grid column; what is left is the browser's."""
    width = sum(cell.columns for cell in table.rows[0])
    if table.name == "applications":
        labels = [2.4, 4.5, 9.0]
        if look.narrow:
            labels = [max(1.3, look.narrow * 0.8), look.narrow + 0.5, 2.2 * look.narrow + 1.5]
            return [f"{n:.2f}em" for n in (*labels, *[look.narrow] * (width - 3))]
        return [f"{n:g}em" for n in labels] + [""] * (width - 3)
    if look.narrow:
        each = look.narrow if table.name == "review_litigation" else max(look.narrow, 1.9)
        return [f"{each:.2f}em"] * width
    return [f"{100 / width:.3f}%"] * width


def render_table(table: Table, look: Look) -> str:
    """One table element, its columns with their widths."""
    columns = "".join(f'<col style="width:{w}">' if w else "<col>" for w in find_widths(table, look))
    width = sum(cell.columns for cell in table.rows[0])
    rows = []
    for y, row in enumerate(table.rows):
        cells = "".join(render_cell(table, y, cell, look) for cell in row)
        style = look.row_style(table, y) if look.row_style else ""
        rows.append(f'<tr style="{style}">{cells}</tr>' if style else f"<tr>{cells}</tr>")
    header = table.header if table.name != "proactive" else 0
    if words := look.titles.get(table.name):
        rows.insert(0, f'<tr><td class="head" colspan="{width}">{escape(words)}</td></tr>')
        header += 1
    if words := look.footers.get(table.name):
        rows.append(f'<tr><td class="remark" style="text-align:left" colspan="{width}">{escape(words)}</td></tr>')
    opening = f'<table class="{table.name}"><colgroup>{columns}</colgroup>\n'
    if look.groups and header:
        head, rest = rows[:header], rows[header:]
        return f"{opening}<thead>{''.join(head)}</thead>\n<tbody>" + "\n".join(rest) + "</tbody></table>"
    return f"{opening}<tbody>" + "\n".join(rows) + "</tbody></table>"


def render_cell(table: Table, y: int, cell: Cell, look: Look) -> str:
    """One td: its kind as class, so that rules of the kind can name it."""
    spans = (f' rowspan="{cell.rows}"' if cell.rows != 1 else "") + (
        f' colspan="{cell.columns}"' if cell.columns != 1 else ""
    )
    names = f"{cell.kind} {cell.name.split('.')[0]}".strip() if cell.kind == "group" else cell.kind
    if y < table.header and table.name != "proactive":
        names += " top"
        names += " lowest" if y + cell.rows == table.header else ""
    if cell.kind == "value" and any(mark in cell.text for mark in "（("):
        names += " noted"  # a note may wrap where a number may not
    style = look.cell_style(table, y, cell) if look.cell_style else ""
    attribute = f' style="{style}"' if style else ""
    inner = look.inner(table, y, cell) if look.inner else escape(cell.text, quote=False)
    return f'<td class="{names}"{spans}{attribute}>{inner}</td>'


def print_options(look: Look) -> dict[str, Any]:
    """What Chromium needs to know of paper, margins, running head and page numbers."""
    width, height = look.size
    edge = f"{look.margin:g}mm"
    options: dict[str, Any] = {
        "width": f"{width:g}mm",
        "height": f"{height:g}mm",
        "margin": {"top": edge, "bottom": edge, "left": edge, "right": edge},
        "print_background": True,
    }
    if look.head or look.foot:
        style = f"font-family:'{look.font}';font-size:8pt;width:100%;text-align:center;margin:0 12mm"
        foot = look.foot.replace("{n}", '<span class="pageNumber"></span>')
        foot = foot.replace("{of}", '<span class="totalPages"></span>')
        options |= {
            "display_header_footer": True,
            "header_template": f'<div style="{style}">{escape(look.head)}</div>',
            "footer_template": f'<div style="{style}">{foot}</div>',
        }
    return options
