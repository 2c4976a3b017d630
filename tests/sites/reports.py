"""A report as its body wrote it, and how it looks as a web page or as plain text."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from random import Random
from typing import TYPE_CHECKING, Literal

from tests.sites.figures import load_truth, make_tables
from tests.sites.forms import Columns, FormStyle, lay_out, render_html, render_text
from tests.sites.prose import Block, choose, load_blocks, load_groups
from tests.sites.site import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sites.site import Tables

Flavour = Literal["plain", "word", "div", "old"]
HEADINGS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)
TABLE_KEYS = (None, "proactive", "applications", "review_litigation", None, None)
# Before 2019 there was no form, and each body chose its own headings.
FREE_HEADINGS = (
    ("一、概述", "old_overview"),
    ("二、主动公开政府信息情况", "old_proactive"),
    ("三、依申请公开政府信息情况", "old_requests"),
    ("四、政府信息公开收费及减免情况", "old_fees"),
    ("五、因政府信息公开申请行政复议、提起行政诉讼的情况", "old_review"),
    ("六、存在的主要问题和改进措施", "old_problems"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """One annual report: ``published`` is an ISO date; ``generation`` is ``2019``, ``2021`` or ``free``."""

    body: str
    year: int
    title: str
    published: str
    generation: str
    tables: Tables
    blocks: tuple[Block, ...]
    style: FormStyle
    real: bool = False


def tell_truth(report: Report, path: str, landing: str, media_type: str) -> Truth:
    """What a crawl must find of a report whose document is ``path``, linked by the page ``landing``."""
    return Truth(
        body=report.body,
        year=report.year,
        path=path,
        landing_path=landing,
        title=report.title,
        published=report.published,
        generation=report.generation,
        media_type=media_type,
        tables=report.tables,
        real=report.real,
    )


def load_report(name: str, published: str, style: FormStyle) -> Report:
    """One of the five reports with real figures, e.g. ``wolong-2023``; its words are in ``prose/<name>.txt``."""
    truth = load_truth(name)
    body, year = truth["agency"], truth["year"]
    title = f"{body}{year}年政府信息公开工作年度报告"
    blocks = load_blocks(name)
    return Report(body, year, title, published, truth["generation"], truth["tables"], blocks, style, real=True)


def compose_report(
    body: str,
    year: int,
    published: str,
    style: FormStyle,
    title: str | None = None,
    carried: tuple[int, int] | None = None,
) -> Report:
    """An invented report whose words agree with its figures; the same body and year give the same report.

    ``carried`` is how many requests of natural persons were taken over and left open. Years before 2019 have no
    tables (generation ``free``), 2019 and 2020 the form of 2019, later ones that of 2021.
    """
    random = Random(f"{body}/{year}")
    generation = "free" if year < 2019 else "2019" if year < 2021 else "2021"
    scale = size_of(body)
    tables: Tables = {}
    if generation != "free":
        before, after = carried or (0, None)
        tables = make_tables(f"{body}/{year}", generation, scale, {"natural_person": before}, after)
    pool = {group.name: group.paragraphs for group in load_groups("pool")}
    slots = _fill_slots(body, year, tables, random)
    write = _write_free if generation == "free" else _write_form
    blocks = tuple(write(pool, random, slots))
    title = title or f"{body}{year}年政府信息公开工作年度报告"
    return Report(body, year, title, published, generation, tables, blocks, style)


def size_of(body: str) -> str:
    """The scale of figures that fits a body of this name, a key of ``figures.SCALE``."""
    if body.endswith(("镇人民政府", "乡人民政府", "街道办事处")):
        return "township"
    return "county" if body.endswith("人民政府") else "department"


def _fill_slots(body: str, year: int, tables: Tables, random: Random) -> dict[str, object]:
    ends = {
        "镇人民政府": "我镇",
        "乡人民政府": "我乡",
        "街道办事处": "我街道",
        "区人民政府": "我区",
        "县人民政府": "我县",
    }
    ends |= {"市人民政府": "我市", "委员会": "我委", "局": "我局"}
    us = next((word for end, word in ends.items() if body.endswith(end)), "本机关")
    slots: dict[str, object] = {"body": body, "us": us, "year": year, "posts": random.randint(120, 5200)}
    slots |= {"wechat": random.randint(30, 900), "visits": random.randint(40, 700), "requests": random.randint(1, 30)}
    slots |= {"training": random.randint(1, 4), "trainees": random.randint(20, 180), "comments": random.randint(2, 12)}
    applications = tables.get("applications", {})
    for row in ("received", "carried_in", "granted", "carried_out"):
        slots[row] = applications.get(row, {}).get("total")
    slots["processed"] = applications.get("processed_total", {}).get("total")
    return slots


def _write_form(pool: dict[str, tuple[str, ...]], random: Random, slots: dict[str, object]) -> Iterator[Block]:
    for heading, key in zip(HEADINGS, TABLE_KEYS, strict=True):
        yield Block("heading", heading)
        if key:
            yield Block("table", key)
        elif heading == HEADINGS[0]:
            yield Block("paragraph", choose(pool, "opening", random, slots))
            parts = ("主动公开", "依申请公开", "政府信息管理", "平台建设", "监督保障")
            names = ("proactive", "applications_some", "management", "platform", "supervision")
            dot = random.choice(("。", "：", "情况。", "方面。"))
            for number, part, name in zip("一二三四五", parts, names, strict=True):
                yield Block("paragraph", f"（{number}）{part}{dot}{choose(pool, name, random, slots)}")
        elif heading == HEADINGS[4]:
            yield Block("paragraph", choose(pool, "problems", random, slots))
            yield Block("paragraph", choose(pool, "remedies", random, slots))
        else:
            yield Block("paragraph", choose(pool, "other_matters", random, slots))


def _write_free(pool: dict[str, tuple[str, ...]], random: Random, slots: dict[str, object]) -> Iterator[Block]:
    for heading, name in FREE_HEADINGS:
        yield Block("heading", heading)
        yield Block("paragraph", choose(pool, name, random, slots))


def blank_form(style: FormStyle) -> str:
    """The empty form of 2021 in HTML: six headings, three tables without a single number."""
    tables = make_tables("blank", "2021")
    empty: Tables = {
        key: {row: dict.fromkeys(columns) for row, columns in rows.items()} for key, rows in tables.items()
    }
    blocks = []
    for heading, key in zip(HEADINGS, TABLE_KEYS, strict=True):
        blocks.append(Block("heading", heading))
        blocks.append(Block("table", key) if key else Block("paragraph", "（此处填写文字）"))
    return render_blocks(blocks, empty, "2021", style, "plain")


# --- HTML and text ----------------------------------------------------------------------------------------------


def render_report(report: Report, flavour: Flavour) -> str:
    """The article's inside in HTML. ``old`` repeats the title after the first heading (seen in report year 2019)."""
    blocks = list(report.blocks)
    if flavour == "old":
        blocks.insert(1, Block("paragraph", report.title))
    return render_blocks(blocks, report.tables, report.generation, report.style, flavour)


def render_blocks(blocks: list[Block], tables: Tables, generation: str, style: FormStyle, flavour: Flavour) -> str:
    """Headings, paragraphs and tables in one of the ways editors leave them.

    ``plain``: paragraphs; ``word``: pasted from Word; ``div``: bare divisions without paragraphs; ``old``: font tags
    and line breaks.
    """
    parts = []
    for block in blocks:
        if block.kind == "table":
            rows = lay_out(block.text, tables[block.text], generation, style)
            parts.append(render_html(rows, style.markup))
            continue
        text = escape(block.text, quote=False)
        strong = block.kind == "heading"
        if flavour == "word":
            face = "黑体" if strong else "仿宋_GB2312"
            run = (
                f'<span style="font-family:{face};font-size:16.0pt">{text}<span lang="EN-US"><o:p></o:p></span></span>'
            )
            parts.append(f'<p class="MsoNormal" style="text-indent:32.0pt;line-height:28.0pt">{run}</p>')
        elif flavour == "div":
            parts.append(f"<div>{text}</div>")
        elif flavour == "old":
            # Raw no-break blanks: the character is in no GB2312 and takes GB18030's four bytes.
            indent = "\xa0\xa0\xa0\xa0"
            text = f"<b>{text}</b>" if strong else text
            parts.append(f'<font face="仿宋" size=3>{indent}{text}</font><br><br>')
        else:
            text = f"<strong>{text}</strong>" if strong else text
            parts.append(f'<p style="text-indent: 2em;">{text}</p>')
    return "\n".join(parts)


def write_text(report: Report, columns: Columns) -> str:
    """The report as a text file: the title, a blank line between paragraphs, tables as ``forms.render_text`` says."""
    parts = [report.title]
    for block in report.blocks:
        if block.kind == "table":
            rows = lay_out(block.text, report.tables[block.text], report.generation, report.style)
            parts.append(render_text(rows, columns))
        else:
            parts.append(block.text)
    return "\n\n".join(parts) + "\n"
