"""A report on its way to paper: the truth, how each thing is printed, and what a reader must find."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.cases.make import labels, prose
from tests.cases.make.grid import Cell, Table
from tests.cases.make.truth import (
    BODIES,
    Body,
    Tables,
    find_failures,
    make_applications,
    make_proactive,
    make_review,
)

VERDICTS = ("verified", "read", "partial", "failed")
HAN_RUN = re.compile(r"[\u3400-\u9fff，、；]{4,}")


@dataclass
class Section:
    """A section as printed: number, key (a list where several can be defended), heading, prose before and after."""

    number: int
    key: Any
    heading: str
    paragraphs: list[str] = field(default_factory=list)
    table: str | None = None
    after: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """One piece of the flow. ``kind``: title, heading, paragraph, table or mark (a pager or page line)."""

    kind: str
    text: str = ""
    table: Table | None = None
    section: int = 0


@dataclass
class Draft:
    """A report before it is rendered. Difficulties change it; renderers only read it.

    ``printed`` overrides how a cell is printed, ``expected`` what must be read there (a list: any of them will do),
    ``doubtful`` are cells that cannot be read for certain, ``labels`` overrides printed labels ("row:granted",
    "column:amount", "group:refused", "article:0", ...). ``order`` is the printed order of the columns.
    """

    body: Body
    year: int
    form: str
    rng: Random
    title: str
    published: str | None
    values: Tables
    sections: list[Section]
    generation: str
    printed: dict[tuple[str, str, str], str] = field(default_factory=dict)
    expected: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    doubtful: set[tuple[str, str, str]] = field(default_factory=set)
    labels: dict[str, str] = field(default_factory=dict)
    order: dict[str, list[str]] = field(default_factory=dict)
    remarks: dict[str, str] | None = None
    extra_rows: list[tuple[str, str, str, str]] = field(default_factory=list)  # table, row before it, label, number
    unplaced: bool = False  # something printed cannot be placed by any reader
    rows_missing: bool = False  # a table or row of the generation's form is not printed
    also: set[str] = field(default_factory=set)  # further verdicts that can be defended
    never_verified: bool = False
    tolerated: set[str] = field(default_factory=set)  # causes of failures that may come besides the listed ones
    warnings_any: list[str] = field(default_factory=list)
    chrome: list[str] = field(default_factory=list)  # words of the page that belong to no section
    free: bool = False
    failed: bool = False  # a table should be there and none can be read
    agency: Any = None  # if another name or a list of names can be defended
    tables_text: bool = True  # whether the sections must lack the words of their tables
    notes: list[str] = field(default_factory=list)

    def label(self, key: str) -> str:
        """What is printed for a label."""
        return self.labels[key] if key in self.labels else default_label(key, self.form)

    def cell(self, table: str, row: str, column: str, **spans: int) -> Cell:
        """The value cell as printed."""
        value = self.values[table][row].get(column)
        text = self.printed.get((table, row, column), "" if value is None else format_number(value))
        return Cell(text, kind="value", place=(row, column), **spans)

    def section(self, number: int) -> Section:
        """The section of the form's number."""
        return next(s for s in self.sections if s.number == number)

    def lose_tables(self) -> None:
        """No table of the report can be read from what is printed."""
        self.values = {}
        self.failed = True

    def verdicts(self, failures: list[dict[str, Any]]) -> str | list[str]:
        """The confidence, or all that can be defended, by the order in which the contract judges."""
        if self.failed:
            return "failed"
        causes = {failure["cause"] for failure in failures}
        if self.unplaced or self.doubtful or "reading" in causes:
            found = {"partial"}
        elif causes or self.rows_missing or self.free:
            found = {"read"}
        else:
            found = {"verified"}
        found |= self.also
        if self.never_verified:
            found = (found - {"verified"}) | {"partial"}
        ordered = [verdict for verdict in VERDICTS if verdict in found]
        return ordered[0] if len(ordered) == 1 else ordered

    def expect(self) -> dict[str, Any]:
        """The expected record, from the truth alone."""
        tables: dict[str, Any] = {}
        read: Tables = {}
        for table, rows in self.values.items():
            for row, columns in rows.items():
                for column, value in columns.items():
                    want = self.expected.get((table, row, column), value)
                    tables.setdefault(table, {}).setdefault(row, {})[column] = want
                    first = want[0] if isinstance(want, list) else want
                    read.setdefault(table, {}).setdefault(row, {})[column] = first
        failures = [
            {
                "rule": failure.rule,
                "where": {"table": failure.table, failure.axis: failure.name},
                "cause": "reading" if any(cell in self.doubtful for cell in failure.cells) else "report",
            }
            for failure in find_failures(read)
        ]
        record: dict[str, Any] = {
            "year": self.year,
            "agency": self.agency or self.body.name,
            "generation": self.generation,
            "title": self.title,
            "published": self.published,
            "confidence": self.verdicts(failures),
            "tables": tables,
            "sections": self.expect_sections(),
            "failed_checks": failures,
        }
        if not self.title:
            del record["title"]
        if self.published is None:
            del record["published"]
        if self.tolerated:
            record["tolerated_causes"] = sorted(self.tolerated)
        if self.warnings_any:
            record["warnings_any"] = self.warnings_any
        return record

    def expect_sections(self) -> list[dict[str, Any]]:
        """What each section's text must hold and must not."""
        own = {
            section.number: [
                snippet for text in (*section.paragraphs, *section.after) if (snippet := take_snippet(text))
            ]
            for section in self.sections
        }
        words = {"proactive": "信息内容", "applications": "商业企业", "review_litigation": "尚未审结"}
        found = []
        for section in self.sections:
            lacks = [s for number, snippets in own.items() if number != section.number for s in snippets[-1:]]
            if section.table and self.tables_text:
                lacks.append(words[section.table])
            lacks += section.lacks + self.chrome
            text = "".join((*section.paragraphs, *section.after))
            found.append(
                {
                    "number": section.number,
                    "key": section.key,
                    "text_contains": own[section.number],
                    "text_lacks": [s for s in dict.fromkeys(lacks) if s not in text],
                }
            )
        return found

    def blocks(self) -> list[Block]:
        """The flow: title, then each section's heading, prose and table."""
        flow = [Block("title", self.title)] if self.title else []
        for section in self.sections:
            if section.heading:
                flow.append(Block("heading", section.heading, section=section.number))
            flow += [Block("paragraph", text, section=section.number) for text in section.paragraphs]
            if section.table and section.table in self.values:
                table = BUILDERS[section.table](self)
                flow.append(Block("table", table=table, section=section.number))
            flow += [Block("paragraph", text, section=section.number) for text in section.after]
        return flow


def take_snippet(text: str) -> str:
    """The longest run of a paragraph that no cleaning changes: ideographs and Chinese marks, up to 22 of them."""
    runs = HAN_RUN.findall(text)
    if not runs:
        return ""
    return max(runs, key=len)[:22].strip("，、；")


def format_number(value: int | float) -> str:
    """A number as the form prints it: no exponent, no needless zeros."""
    return str(value) if isinstance(value, int) else f"{value:.4f}".rstrip("0").rstrip(".")


def default_label(key: str, form: str) -> str:
    """The form's own words for a label key."""
    kind, _, name = key.partition(":")
    older = form == "2019"
    if kind == "article":
        return labels.PROACTIVE[form][int(name)][0]
    tables = {
        "row": labels.APPLICATION_ROWS,
        "group": labels.GROUPS,
        "column": labels.APPLICATION_COLUMNS,
        "review": labels.REVIEW_ROWS,
        "result": labels.REVIEW_COLUMNS,
        "item": {**labels.PROACTIVE_ROWS, **(labels.PROACTIVE_ROWS_2019 if older else {})},
        "head": {**labels.PROACTIVE_COLUMNS, **(labels.PROACTIVE_COLUMNS_2019 if older else {})},
        "word": {
            "content": "信息内容",
            "corner": labels.CORNER,
            "applicants": labels.APPLICANTS,
            "organisations": labels.ORGANISATIONS,
            "result": labels.RESULT,
            "litigation": labels.LITIGATION,
            "remark": "备注",
        },
    }
    return tables[kind][name]


def make_draft(
    seed: str,
    year: int,
    *,
    form: str | None = None,
    size: str = "dense",
    blank: bool = False,
    body: Body | None = None,
    rows: tuple[str, ...] | None = None,
) -> Draft:
    """A whole report of ``year``: everything in it follows from ``seed``."""
    rng = Random(seed)  # the same report for the same seed
    form = form or ("2019" if year <= 2020 else "2021")
    body = body or rng.choice(BODIES)
    values: Tables = {
        "proactive": make_proactive(rng, form),
        "applications": make_applications(rng, rows or labels.application_rows(form), size, blank=blank),
        "review_litigation": make_review(rng, blank=blank),
    }
    totals = {row: cells["total"] or 0 for row, cells in values["applications"].items()}
    counts = {
        "received": int(totals["received"]),
        "carried_in": int(totals["carried_in"]),
        "done": int(totals["processed_total"]),
        "left": int(totals["carried_out"]),
    }
    texts = prose.write_sections(rng, year, body.our, counts)
    sections = [
        Section(
            number,
            key,
            f"{labels.NUMERALS[number]}、{words}",
            paragraphs=texts[number] if number not in (2, 3, 4) else [],
            table=key if number in (2, 3, 4) else None,
            after=texts[number] if number in (2, 3, 4) else [],
        )
        for number, (key, words) in labels.HEADINGS.items()
    ]
    title = rng.choice(
        (
            f"{body.name}{year}年政府信息公开工作年度报告",
            f"{body.name}{year}年政府信息公开工作年度报告",
            f"{body.name}{year}年度政府信息公开工作年度报告",
            f"{year}年{body.name}政府信息公开工作年度报告",
            f"{body.name}政府信息公开工作年度报告（{year}年）",
        )
    )
    published = f"{year + 1}-{rng.randint(1, 3):02d}-{rng.randint(4, 28):02d}"
    draft = Draft(body, year, form, rng, title, published, values, sections, generation=form)
    missing = set(labels.application_rows(draft.generation)) - set(values["applications"])
    draft.rows_missing = bool(missing)
    return draft


def build_proactive(draft: Draft) -> Table:
    """Table II, four columns wide (five with remarks)."""
    values = draft.values["proactive"]
    lines: list[tuple[Cell, ...]] = []
    width = 4 + (draft.remarks is not None)
    for number, (_, columns, items) in enumerate(labels.PROACTIVE[draft.form]):
        rows = [item for item in items if item in values]
        if not rows:
            continue
        printed = [c for c in draft.order.get("proactive", columns) if c in columns and c in values[rows[0]]]
        last = 4 - len(printed)  # the last column reaches to the edge
        lines.append((Cell(draft.label(f"article:{number}"), columns=width, kind="article"),))
        lines.append(
            (
                Cell(draft.label("word:content"), kind="head"),
                *(
                    Cell(draft.label(f"head:{c}"), columns=last if c == printed[-1] else 1, kind="head", name=c)
                    for c in printed
                ),
                *remark_cells(draft, "word:remark", head=True),
            )
        )
        for item in rows:
            lines.append(
                (
                    Cell(draft.label(f"item:{item}"), kind="label", name=item),
                    *(draft.cell("proactive", item, c, columns=last if c == printed[-1] else 1) for c in printed),
                    *remark_cells(draft, item),
                )
            )
            for table, before, label, number_text in draft.extra_rows:
                if table == "proactive" and before == item:
                    lines.append(
                        (
                            Cell(label, kind="label"),
                            *(
                                Cell(number_text, columns=last if c == printed[-1] else 1, kind="filler")
                                for c in printed
                            ),
                            *remark_cells(draft, label),
                        )
                    )
    return Table("proactive", tuple(lines), 2)


def remark_cells(draft: Draft, row: str, *, head: bool = False) -> tuple[Cell, ...]:
    """The cell of the column 备注, if the draft has one."""
    if draft.remarks is None:
        return ()
    if head:
        return (Cell(draft.label("word:remark"), kind="head"),)
    return (Cell(draft.remarks.get(row, ""), kind="remark"),)


def build_applications(draft: Draft) -> Table:
    """Table III: three columns of labels, then the applicants."""
    values = draft.values["applications"]
    order = draft.order.get("applications", list(labels.APPLICATION_COLUMNS))
    columns = [c for c in order if c in values["received"]]
    organisations = [c for c in columns if c not in ("natural_person", "total")]
    extra = int(draft.remarks is not None)
    lines: list[tuple[Cell, ...]] = [
        (
            Cell(draft.label("word:corner"), rows=3, columns=3, kind="corner"),
            Cell(draft.label("word:applicants"), columns=len(columns), kind="head"),
            *(Cell(draft.label("word:remark"), rows=3, kind="head") for _ in range(extra)),
        )
    ]
    second, seen = [], False
    for column in columns:
        if column in organisations:
            if not seen:
                text = draft.label("word:organisations")
                second.append(Cell(text, columns=len(organisations), kind="head"))
            seen = True
        else:
            second.append(Cell(draft.label(f"column:{column}"), rows=2, kind="head", name=column))
    lines.append(tuple(second))
    lines.append(tuple(Cell(draft.label(f"column:{c}"), kind="head", name=c) for c in organisations))

    rows = [row for row in labels.APPLICATION_ROWS if row in values]
    extras = {before: (label, text) for table, before, label, text in draft.extra_rows if table == "applications"}
    inner = [row for row in rows if row not in labels.OUTER_ROWS]
    height = len(inner) + sum(before in inner for before in extras)
    for row in rows:
        group = row.split(".")[0] if "." in row else ""
        members = [r for r in rows if group and r.startswith(group + ".")]
        label = draft.label(f"row:{row}")
        cells: list[Cell] = []
        if inner and row == inner[0]:
            cells.append(Cell(draft.label("word:result"), rows=height, kind="group", name="result"))
        if row in labels.OUTER_ROWS:
            cells.append(Cell(label, columns=3, kind="label", name=row))
        elif group:
            if row == members[0]:
                tall = len(members) + sum(before in members for before in extras)
                cells.append(Cell(draft.label(f"group:{group}"), rows=tall, kind="group", name=group))
            cells.append(Cell(label, kind="label", name=row))
        else:
            cells.append(Cell(label, columns=2, kind="label", name=row))
        numbers = [draft.cell("applications", row, c) for c in columns]
        lines.append((*cells, *numbers, *remark_cells(draft, row)))
        if row in extras:
            label, text = extras[row]
            wide = 3 if row in labels.OUTER_ROWS else 1 if group else 2
            fillers = tuple(Cell(text if c in ("natural_person", "total") else "0", kind="filler") for c in columns)
            lines.append((Cell(label, columns=wide, kind="label"), *fillers, *remark_cells(draft, label)))
    return Table("applications", tuple(lines), 3)


def build_review(draft: Draft) -> Table:
    """Table IV: fifteen columns, one line of numbers."""
    values = draft.values["review_litigation"]
    order = draft.order.get("review_litigation", list(labels.REVIEW_COLUMNS))
    columns = [c for c in order if c in values["review"]]
    n = len(columns)

    def results(rows: int) -> tuple[Cell, ...]:
        return tuple(Cell(draft.label(f"result:{c}"), rows=rows, kind="head", name=c) for c in columns)

    return Table(
        "review_litigation",
        (
            (
                Cell(draft.label("review:review"), columns=n, kind="head"),
                Cell(draft.label("word:litigation"), columns=2 * n, kind="head"),
            ),
            (
                *results(2),
                Cell(draft.label("review:litigation_direct"), columns=n, kind="head"),
                Cell(draft.label("review:litigation_after_review"), columns=n, kind="head"),
            ),
            (*results(1), *results(1)),
            tuple(draft.cell("review_litigation", row, c) for row in labels.REVIEW_ROWS for c in columns),
        ),
        3,
    )


BUILDERS = {"proactive": build_proactive, "applications": build_applications, "review_litigation": build_review}


def dump_expected(record: dict[str, Any]) -> str:
    """JSON with a line for each row of a table and each section, so that a change can be read."""
    lines = []
    for key, value in record.items():
        name = json.dumps(key)
        if key == "tables" and value:
            parts = []
            for table, rows in value.items():
                inner = ",\n".join(
                    f"      {json.dumps(row)}: {json.dumps(cells, ensure_ascii=False)}" for row, cells in rows.items()
                )
                parts.append(f"    {json.dumps(table)}: {{\n{inner}\n    }}")
            lines.append(f"  {name}: {{\n" + ",\n".join(parts) + "\n  }")
        elif key in ("sections", "failed_checks") and value:
            inner = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in value)
            lines.append(f"  {name}: [\n{inner}\n  ]")
        else:
            lines.append(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
