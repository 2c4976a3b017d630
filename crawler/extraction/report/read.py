"""Document → report: whose and of which year it is, its sections, its statutory tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from crawler.extraction.documents.model import Block, Document, Paragraph, Picture, Table
from crawler.extraction.errors import NotAReport
from crawler.extraction.report.agency import identify
from crawler.extraction.report.collect import Collector
from crawler.extraction.report.form import load_form
from crawler.extraction.report.grids import read_grids
from crawler.extraction.report.headers import tells
from crawler.extraction.report.labels import match_row
from crawler.extraction.report.lines import read_lines
from crawler.extraction.report.model import Report, Section, Tables, Warning_
from crawler.extraction.report.naming import PERIOD, Hints, choose_title, find_name, find_report_year, remark_rivals
from crawler.extraction.report.sections import Heading, find_chapters, find_headings
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.prose import is_furniture, is_noise, join_lines, wrap_width
from crawler.extraction.text.titles import Title, may_be_report, read_title

FIRST_YEAR_OF_FORM = 2019
MAX_TITLES = 5  # titles of other years on one page; more is a list of reports
_PLACEHOLDER = re.compile("[×ХXx*＊]{2,}|20[×Х_Xx]{2}|某[某县市区]|_{3,}|（[^（）]{0,12}名称[^（）]{0,6}）")


def read_report(document: Document, hints: Hints | None = None) -> Report:
    """The report that a document holds.

    Raises NotAReport, with the reason, for what is none: a notice, an interpretation, another kind of annual report,
    an empty template, a page without headings and tables of the form, or one that names no year.
    """
    hints = hints or Hints()
    document = replace(document, blocks=tuple(b for b in document.blocks if not isinstance(b, Picture)))
    headings = find_headings(document.blocks)
    title, title_blocks = choose_title(document, headings, hints)
    second = _find_second(document.blocks, title, headings)
    if second is not None:
        document = replace(document, blocks=document.blocks[:second])
        headings = find_headings(document.blocks)
    blocks = document.blocks
    _refuse_by_title(title, document, headings)
    warnings: list[Warning_] = []
    if second is not None:
        warnings.append(Warning_("second_report", "a report of another year follows on the same page", lowers=True))
    warnings += [Warning_(code, message, lowers=True) for code, message in document.warnings]
    warnings += [Warning_(code, message) for code, message in document.remarks]
    remark_rivals(title, title_blocks, document, headings, warnings)
    year = find_report_year(title, document, hints, warnings)
    collector = Collector()
    used = _read_tables(blocks, headings, collector) if year >= FIRST_YEAR_OF_FORM else set()
    generation = _generation(collector.tables, year)
    if generation == "free":
        chapters = find_chapters(blocks)
        headings = chapters if len(chapters) > len(headings) else headings
    _refuse_by_content(title, document, headings, collector)
    if generation != "free":
        _note_unread(document, collector)
    warnings += collector.warnings
    name = find_name(title, document, hints, warnings)
    sections = _make_sections(blocks, headings, used | title_blocks | _foreign(blocks, headings), title)
    if generation != "free":
        warnings += _remark_sections(sections)
    warnings += _remark_years(sections, year)
    return Report(
        title=title.text,
        year=year,
        agency=identify(name, hints.division_code),
        generation=generation,
        published=document.published,
        sections=tuple(sections),
        tables=collector.tables if generation != "free" else {},
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _find_second(blocks: Sequence[Block], title: Title, headings: Sequence[Heading]) -> int | None:
    """Where a second report begins on the page: the title of another year, with headings of its own behind it."""
    if title.year is None:
        return None
    tried = 0
    for i, block in enumerate(blocks):
        if not isinstance(block, Paragraph) or len(block.text) > 70:
            continue
        if not may_be_report(block.text):
            continue
        other = read_title(block.text)
        if other.kind != "report" or other.year in {None, title.year}:
            continue
        tried += 1
        if tried > MAX_TITLES:
            return None
        before, after = find_headings(blocks[:i]), find_headings(blocks[i:])
        if len(before) >= 3 and len(after) >= 3:
            return i
    return None


def _refuse_by_title(title: Title, document: Document, headings: Sequence[Heading]) -> None:
    """Raises NotAReport where the document calls itself something else than a report."""
    why = {
        "notice": "a notice",
        "interpretation": "an interpretation",
        "news": "news",
        "other_report": "another kind of annual report",
    }
    called = [read_title(t) for t in document.titles[:2]]
    for own in (title, *called):
        if own.kind in why and (title.kind != "report" or own.text == document.titles[0]):
            raise NotAReport(f"{why[own.kind]}: {own.text[:80]}")
    if _PLACEHOLDER.search(title.text):
        raise NotAReport(f"an empty template: {title.text[:80]}")
    if title.kind == "other" and len(headings) < 3:
        raise NotAReport(f"no title of a report on information disclosure: {title.text[:80]!r}")


def _refuse_by_content(title: Title, document: Document, headings: Sequence[Heading], collector: Collector) -> None:
    """Raises NotAReport where a title promises a report that the document does not hold."""
    cells = [v for rows in collector.tables.values() for columns in rows.values() for v in columns.values()]
    if len(headings) < 3 and not cells:
        more = f", {document.pictures} pictures" if document.pictures else ""
        raise NotAReport(f"{len(headings)} of the form's headings and no table of the form{more}: {title.text[:80]!r}")
    if cells and all(v.value is None for v in cells):
        text = "".join(p.text for p in document.paragraphs())
        if _PLACEHOLDER.search(text) or title.body is None:
            raise NotAReport(f"an empty template: {title.text[:80]!r}")


# --- Tables -----------------------------------------------------------------------------------------------------


def _read_tables(blocks: Sequence[Block], headings: Sequence[Heading], collector: Collector) -> set[int]:
    """Reads grids, then tables that stand as lines. Returns the blocks that are tables of the form."""
    tables = [(i, block) for i, block in enumerate(blocks) if isinstance(block, Table)]
    read = read_grids([(table, _line_over(blocks, i)) for i, table in tables], collector)
    used = {i for (i, _), is_form in zip(tables, read, strict=True) if is_form}
    in_grids = set(collector.tables)
    starts = [heading.start for heading in headings]
    stretch: list[tuple[int, Paragraph]] = []
    for i, block in enumerate(blocks):
        if i in starts:
            used |= _read_stretch(stretch, block, collector, in_grids)
            stretch = []
        elif isinstance(block, Paragraph):
            stretch.append((i, block))
    used |= _read_stretch(stretch, None, collector, in_grids)
    collector.settle()
    return used


def _note_unread(document: Document, collector: Collector) -> None:
    """Says so where a table is printed, by the labels of its header or as a picture, and none of it was read."""
    for key, form in load_form().tables.items():
        if key in collector.tables:
            continue
        labels = 0
        for block in document.blocks:
            for text in _texts(block):
                if len(text) <= 160:
                    parts = [text, *text.split()]
                    labels += any(tells(part) == key or match_row(form, part) is not None for part in parts)
        if labels >= 3:
            collector.warn("unread_table", key, ": its labels are printed, and no row of it could be read", lowers=True)
        elif document.pictures and collector.tables:
            collector.warn("picture", key, f": not found; {document.pictures} pictures may hold it", lowers=True)


def _texts(block: Block) -> list[str]:
    if isinstance(block, Paragraph):
        return [block.text]
    return [cell.text for row in block.grid for cell in row if cell and cell.text] if isinstance(block, Table) else []


def _line_over(blocks: Sequence[Block], index: int) -> str:
    """The paragraph right before a block, or nothing."""
    before = blocks[index - 1] if index else None
    return before.text if isinstance(before, Paragraph) else ""


def _read_stretch(
    stretch: Sequence[tuple[int, Paragraph]], behind: Block | None, collector: Collector, in_grids: set[str]
) -> set[int]:
    if not stretch or len(in_grids) == len(load_form().tables):
        return set()
    own = Collector()
    used = read_lines(stretch, behind if isinstance(behind, Paragraph) else None, own)
    if not used or any(table in in_grids for table in own.tables):
        return set()
    collector.warnings += own.warnings
    for table, rows in own.tables.items():
        for row, columns in rows.items():
            for column, value in columns.items():
                if column in collector.tables.get(table, {}).get(row, {}):
                    continue
                collector.tables.setdefault(table, {}).setdefault(row, {})[column] = value
    return used


def _foreign(blocks: Sequence[Block], headings: Sequence[Heading]) -> set[int]:
    """The blocks from further documents of a report whose text is in the first."""
    own = [heading for heading in headings if blocks[heading.start].place.part is None]
    if len(own) < 3:
        return set()
    return {i for i, block in enumerate(blocks) if block.place.part is not None}


def _generation(tables: Tables, year: int) -> str:
    """The form that the tables follow: by the headers of table II, else by the lines of （六）, else by the year."""
    columns = {c for row in tables.get("proactive", {}).values() for c in row}
    newer = len(columns & {"issued", "repealed", "in_force"})
    older = len(columns & {"newly_made", "newly_disclosed", "total_disclosed", "prior_year_items", "change"})
    if newer != older:
        return "2021" if newer > older else "2019"
    rows = tables.get("applications", {})
    if any(row.startswith("other.") for row in rows):
        return "2021"
    if "other" in rows:
        return "2019"
    if year < FIRST_YEAR_OF_FORM:
        return "free"
    return "2021" if year >= 2021 else "2019"


# --- Sections ---------------------------------------------------------------------------------------------------


def _make_sections(
    blocks: Sequence[Block], headings: Sequence[Heading], left_out: set[int], title: Title
) -> list[Section]:
    lined = [b for b in blocks if isinstance(b, Paragraph) and b.raw]
    width = wrap_width(
        [b.raw for i, b in enumerate(blocks) if isinstance(b, Paragraph) and b.raw and i not in left_out]
    )
    sections = []
    for n, heading in enumerate(headings):
        end = headings[n + 1].start if n + 1 < len(headings) else len(blocks)
        own = [
            block
            for i, block in enumerate(blocks[heading.end : end], heading.end)
            if isinstance(block, Paragraph) and i not in left_out
        ]
        if n + 1 == len(headings):
            cut = next((k for k, block in enumerate(own) if is_furniture(block.text)), len(own))
            own = own[:cut]
        own = [b for b in own if not is_noise(b.text) and b.text != title.text]
        while own and clean_text(own[0].text) == clean_text(heading.text):
            own = own[1:]  # the heading printed twice
        if lined:
            first = blocks[heading.start]
            head = [(heading.rest, first.raw)] if heading.rest and isinstance(first, Paragraph) else []
            texts = join_lines([*head, *((b.raw, b.raw) for b in own)], width)
        else:
            texts = [*([heading.rest] if heading.rest else []), *(b.text for b in own)]
        key = heading.section.key if heading.section else None
        sections.append(Section(heading.number, key, heading.text, "\n".join(t for t in texts if t)))
    return sections


def _remark_sections(sections: Sequence[Section]) -> list[Warning_]:
    """The form's sections that have no heading (neither omitted nor padded: 国办公开办函〔2021〕30号)."""
    found = {section.key for section in sections}
    missing = [s for s in load_form().sections if s.key not in found]
    return [Warning_("section_missing", f"no heading of section {s.number} ({s.labels[0].text})") for s in missing]


def _remark_years(sections: Sequence[Section], year: int) -> list[Warning_]:
    """A period stated for another year than the title's: last year's date left in is the classic copying fault."""
    for section in sections:
        found = PERIOD.search(section.text)
        if found and int(found.group(1)) != year:
            return [Warning_("year_conflict", f"the title says {year}, the period stated is {found.group(1)}")]
    return []
