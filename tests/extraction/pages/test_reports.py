"""Whole reports set on pages, cut where pages cut them, and decoded twice: what is read, and how far it is trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crawler.extraction.documents.pages.model import UNKNOWN, Page
from crawler.extraction.report.model import Report
from tests.cases.make.draft import Draft, make_draft
from tests.cases.make.grid import Cell, Table, cut_table, fill_grid
from tests.corpus.page_layout import Press, Style
from tests.corpus.pdf import split_row
from tests.extraction.pages.build import change_glyphs, make_page, read, report_on, set_cells, write

Cut = Callable[[Table], list[Table]]
WHOLE = Style(height=1400)


def set_report(draft: Draft, style: Style = WHOLE, **cuts: Cut) -> list[Page]:
    """The pages of a report; tables named in ``cuts`` go on on a new page behind each of their parts."""
    press = Press(style)
    for block in draft.blocks():
        if block.table is None:
            press.set_text(block)
            continue
        if block.table.name in cuts:
            press.turn()
        for n, part in enumerate(cuts.get(block.table.name, lambda table: [table])(block.table)):
            if n:
                press.turn()
            press.set_table(part)
    return press.finish()


def values_of(report: Report) -> dict[str, Any]:
    return {
        table: {row: {column: value.value for column, value in columns.items()} for row, columns in rows.items()}
        for table, rows in report.tables.items()
    }


def draft_of(name: str, year: int = 2023) -> Draft:
    draft = make_draft(f"pages {name}", year, size="dense")
    draft.published = None
    return draft


def check(draft: Draft, pages: list[Page]) -> Report:
    """Every cell right, and the verdict that of a report whose every cell was seen."""
    report, verdict = report_on(read(*pages))
    assert values_of(report) == draft.expect()["tables"]
    assert [warning.message for warning in report.warnings] == []
    assert report.title == draft.title
    assert verdict == "verified"
    return report


def row_with(table: Table, name: str) -> int:
    return next(y for y, row in enumerate(table.rows) if any(c.kind == "label" and c.name == name for c in row))


def cut_before(name: str, *, header: bool = False, groups: str = "blank") -> Cut:
    return lambda table: list(cut_table(table, row_with(table, name), header=header, groups=groups))


def cut_inside(name: str, *, header: bool = False) -> Cut:
    """The label of a row goes on on the next page."""

    def cut(table: Table) -> list[Table]:
        at = row_with(table, name) + 1
        return list(cut_table(split_row(table, name), at, header=header, groups="blank"))

    return cut


def cut_numbers(name: str, digits: int) -> Cut:
    """The label of a row goes on on the next page, and so does each of its numbers behind so many digits."""

    def cut(table: Table) -> list[Table]:
        at = row_with(table, name)
        upper, lower = cut_inside(name)(table)
        values = [c for c in table.rows[at] if c.kind == "value"]
        rest = iter([c.text[digits:] for c in values])
        row = tuple(replace(c, text=next(rest)) if c.kind == "filler" else c for c in lower.rows[0])
        first = tuple(replace(c, text=c.text[:digits]) if c.kind == "value" else c for c in upper.rows[-1])
        return [replace(upper, rows=(*upper.rows[:-1], first)), replace(lower, rows=(row, *lower.rows[1:]))]

    return cut


def cut_last_row(table: Table) -> list[Table]:
    return list(cut_table(table, len(table.rows) - 1))


def cut_header(row: int, halve: Callable[[Cell], str]) -> Cut:
    """A row of a header stands on both sides of the end of the page. ``halve`` says what of a cell's text stands on
    the first; its rest, or nothing, stands on the second."""

    def cut(table: Table) -> list[Table]:
        squares = row_squares(table, row)
        kept = {id(c): halve(c) for c in squares}
        upper = tuple(
            tuple(replace(c, text=kept.get(id(c), c.text), rows=min(c.rows, row + 1 - y)) for c in cells)
            for y, cells in enumerate(table.rows[: row + 1])
        )
        starts = {id(c): y for y, cells in enumerate(table.rows) for c in cells}
        lower = tuple(
            replace(c, text=c.text.removeprefix(kept[id(c)]), rows=starts[id(c)] + c.rows - row) for c in squares
        )
        rest = (lower, *table.rows[row + 1 :])
        return [replace(table, rows=upper, header=0), replace(table, rows=rest, header=0)]

    return cut


def halve_labels(cell: Cell) -> str:
    """The labels of the columns in the last row of a header are cut in two, the others stand on the first page."""
    return cell.text[:2] if cell.kind == "head" and cell.rows == 1 and len(cell.text) > 2 else cell.text


def halve_corner(cell: Cell) -> str:
    """What the form prints in the corner of table III goes on on the next page."""
    return cell.text[: len(cell.text) * 3 // 4] if "勾稽" in cell.text else cell.text


def halve_heading(cell: Cell) -> str:
    """The corner and the heading over the organisations go on on the next page."""
    return cell.text[:4] if "组织" in cell.text else halve_corner(cell)


def row_squares(table: Table, y: int) -> list[Cell]:
    """The cells that stand in a row, those from above too, from left to right."""
    found: dict[int, Cell] = {}
    for cell, _ in fill_grid(table)[y]:
        found[id(cell)] = cell
    return list(found.values())


# --- On one page and over pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2019, 2023])
@pytest.mark.parametrize("ruled", [True, False], ids=["ruled", "bare"])
def test_a_report(year: int, ruled: bool) -> None:
    draft = draft_of("plain", year)
    report, verdict = report_on(read(*set_report(draft, replace(WHOLE, ruled=ruled))))
    assert values_of(report) == draft.expect()["tables"]
    assert verdict in ({"verified"} if ruled else {"verified", "read", "partial"})
    assert all(
        v.place.page and v.place.bbox for rows in report.tables.values() for c in rows.values() for v in c.values()
    )


@pytest.mark.no_cover
@pytest.mark.parametrize("repeat", [True, False], ids=["header again", "no header"])
@pytest.mark.parametrize("height", [430.0, 520.0, 610.0])
def test_a_report_on_small_pages(height: float, repeat: bool) -> None:
    """Tables cut wherever the page ends, page numbers between their parts."""
    draft = draft_of(f"small {height}")
    check(draft, set_report(draft, Style(height=height, keep=False, repeat=repeat)))


@pytest.mark.parametrize("height", [430.0, 520.0, 610.0])
def test_a_report_without_lines_on_small_pages(height: float) -> None:
    """Cut wherever the page ends, in headers too: every number right or not read, and none verified without all."""
    draft = draft_of(f"bare {height}")
    style = Style(height=height, keep=False, repeat=False, ruled=False)
    report, verdict = report_on(read(*set_report(draft, style)))
    expected = draft.expect()["tables"]
    wrong = [
        (table, row, column)
        for table, rows in values_of(report).items()
        for row, columns in rows.items()
        for column, value in columns.items()
        if value not in {None, expected[table][row][column]}
    ]
    assert wrong == []
    assert verdict != "verified" or values_of(report) == expected


@pytest.mark.no_cover
@pytest.mark.parametrize("header", [True, False], ids=["header again", "no header"])
@pytest.mark.parametrize("groups", ["blank", "again"])
def test_a_table_cut_in_a_group(groups: str, header: bool) -> None:
    draft = draft_of("group")
    check(draft, set_report(draft, applications=cut_before("refused.law_forbids", groups=groups, header=header)))


@pytest.mark.parametrize("header", [True, False], ids=["header again", "no header"])
@pytest.mark.parametrize("row", ["received", "refused.law_forbids", "unavailable.not_held", "carried_out"])
def test_a_row_cut_by_the_page(row: str, header: bool) -> None:
    """The label begins on one page and ends on the next; the numbers stand on the first."""
    draft = draft_of("row")
    check(draft, set_report(draft, applications=cut_inside(row, header=header)))


def cut_label(name: str, upper_part: str, lower_part: str) -> Cut:
    """The label of a row goes on on the next page: what is printed of it on each."""

    def cut(table: Table) -> list[Table]:
        upper, lower = cut_inside(name)(table)
        own = [replace(c, text=upper_part) if c.kind == "label" and c.name == name else c for c in upper.rows[-1]]
        rest = [replace(c, text=lower_part) if c.kind == "label" else c for c in lower.rows[0]]
        return [
            replace(upper, rows=(*upper.rows[:-1], tuple(own))),
            replace(lower, rows=(tuple(rest), *lower.rows[1:])),
        ]

    return cut


@pytest.mark.parametrize(
    ("row", "upper", "lower"),
    [
        ("not_processed.reconfirmation", "5.要求行政机", "关确认或重新出俱已获得信息"),
        ("other.uncorrected", "1.申请人无正当理由逾期不补正、行机关", "政机关不再处理其政府信息公开申请"),
    ],
    ids=["near to it together", "near to it each"],
)
def test_a_label_that_is_not_the_forms_cut_by_the_page(row: str, upper: str, lower: str) -> None:
    draft = draft_of("misprint")
    report, _ = report_on(read(*set_report(draft, applications=cut_label(row, upper, lower))))
    assert values_of(report) == draft.expect()["tables"]


@pytest.mark.parametrize("label", [True, False], ids=["label cut too", "note alone"])
def test_a_note_cut_by_the_page(label: bool) -> None:
    """What is left of the row is no label, or not that alone."""
    draft = draft_of("note")
    value = draft.values["proactive"]["licensing"]["decisions"]
    draft.printed["proactive", "licensing", "decisions"] = f"{value}（含简易程序12件）"

    def cut(table: Table) -> list[Table]:
        upper, lower = cut_inside("licensing")(table)
        row = tuple(replace(c, text="程序12件）") if c.kind == "filler" else c for c in lower.rows[0])
        first = tuple(replace(c, text=c.text.removesuffix("程序12件）")) for c in upper.rows[-1])
        if not label:
            first = tuple(replace(c, text="行政许可") if c.kind == "label" else c for c in first)
            row = tuple(replace(c, text="") if c.kind == "label" else c for c in row)
        return [replace(upper, rows=(*upper.rows[:-1], first)), replace(lower, rows=(row, *lower.rows[1:]))]

    check(draft, set_report(draft, proactive=cut))


def test_numbers_cut_by_the_page() -> None:
    """In columns of two digits: the third had no room behind them."""
    narrow = replace(WHOLE, width=340.0, height=3000.0)
    draft = draft_of("numbers")
    report, _ = report_on(read(*set_report(draft, narrow, applications=cut_numbers("received", 2))))
    assert any(value >= 100 for value in draft.values["applications"]["received"].values())
    assert values_of(report) == draft.expect()["tables"]


def test_numbers_cut_by_the_page_where_there_was_room() -> None:
    """Nobody can say whether they are one: none is read."""
    draft = draft_of("numbers")
    report, verdict = report_on(read(*set_report(draft, applications=cut_numbers("received", 2))))
    received = draft.values["applications"]["received"]
    read_ = values_of(report)["applications"]["received"]
    assert any(value >= 100 for value in received.values())
    assert read_ == {column: value if value < 100 else None for column, value in received.items()}
    assert verdict == "partial"


def drop_rest(cut: Cut, name: str, upright: str = "") -> Cut:
    """A cut that leaves the whole label of the row on the first page; of the label of the groups left of it a rest may
    go on."""

    def cut_otherwise(table: Table) -> list[Table]:
        upper, lower = cut(table)
        label = next(c.text for c in table.rows[row_with(table, name)] if c.kind == "label" and c.name == name)
        first = tuple(replace(c, text=label) if c.kind == "label" and c.name == name else c for c in upper.rows[-1])
        rest = tuple(c if c.text.isdecimal() else replace(c, text="") for c in lower.rows[0])
        if upright:
            rest = (replace(rest[0], text=upright), *rest[1:])
        return [replace(upper, rows=(*upper.rows[:-1], first)), replace(lower, rows=(rest, *lower.rows[1:]))]

    return cut_otherwise


@pytest.mark.parametrize(("row", "upright"), [("received", ""), ("granted", "、本年度办理结果")])
def test_numbers_cut_by_the_page_whose_label_is_not(row: str, upright: str) -> None:
    """What the page begins with is no row of the form: the rests of numbers, and of an upright label."""
    narrow = replace(WHOLE, width=340.0, height=3000.0)
    draft = draft_of("numbers alone")
    own = draft.values["applications"][row]
    own.update(natural_person=524, total=524 + sum(own.values()) - own["total"] - own["natural_person"])
    cut = drop_rest(cut_numbers(row, 2), row, upright)
    report, _ = report_on(read(*set_report(draft, narrow, applications=cut)))
    assert values_of(report) == draft.expect()["tables"]
    report, verdict = report_on(read(*set_report(draft, applications=cut)))  # where there was room
    assert values_of(report)["applications"][row] == {c: v if v < 100 else None for c, v in own.items()}
    assert verdict == "partial"


def test_the_one_line_of_the_sideways_table_cut_by_the_page() -> None:
    """Its numbers go on on the next page, where they had no room; what is above is no number by itself."""
    draft = draft_of("sideways numbers")
    columns = draft.values["review_litigation"]["review"]
    columns.update(dict.fromkeys(columns, 0), upheld=13, total=13)

    def cut(table: Table) -> list[Table]:
        upper, lower = [], []
        for c in table.rows[-1]:
            upper.append(replace(c, text=c.text[:1]))
            lower.append(replace(c, text=c.text[1:]))
        return [replace(table, rows=(*table.rows[:-1], tuple(upper))), replace(table, rows=(tuple(lower),), header=0)]

    narrow = replace(WHOLE, width=340.0, height=3000.0)
    report, _ = report_on(read(*set_report(draft, narrow, review_litigation=cut)))
    assert values_of(report) == draft.expect()["tables"]
    report, _ = report_on(read(*set_report(draft, review_litigation=cut)))  # with room for more: nobody knows
    assert values_of(report)["review_litigation"]["review"]["upheld"] is None


def test_the_numbers_of_the_sideways_table_stand_alone_on_the_next_page() -> None:
    draft = draft_of("sideways")
    check(draft, set_report(draft, review_litigation=cut_last_row))


@pytest.mark.parametrize(
    ("row", "halve"),
    [(0, halve_corner), (1, halve_corner), (1, halve_heading), (2, halve_corner), (2, halve_labels)],
    ids=["first row", "second row", "in a heading", "third row", "in the labels"],
)
def test_a_header_cut_by_the_page(row: int, halve: Callable[[Cell], str]) -> None:
    draft = draft_of("header")
    check(draft, set_report(draft, applications=cut_header(row, halve)))


def test_the_first_row_of_a_sideways_header_ends_a_page() -> None:
    """What the cut leaves of it on the next page is a row without text."""

    def cut(table: Table) -> list[Table]:
        first, rest = cut_table(table, 1)
        blank = tuple(replace(c, text="") for c in table.rows[0])
        return [first, replace(rest, rows=(blank, *rest.rows))]

    draft = draft_of("sideways first row")
    check(draft, set_report(draft, review_litigation=cut))


def test_a_header_of_the_sideways_table_cut_by_the_page() -> None:
    draft = draft_of("sideways header")
    check(draft, set_report(draft, review_litigation=cut_header(2, halve_labels)))


@pytest.mark.parametrize("row", ["licensing", "coercive_measures", "fees"])
def test_the_head_of_table_ii_printed_again_heads_no_other_article(row: str) -> None:
    """A word processor says the first rows of a table again, which are those of the first article."""
    draft = draft_of(f"head {row}")
    check(draft, set_report(draft, proactive=cut_before(row, header=True)))


def test_a_row_of_marks_right_behind_a_header_that_ends_the_page() -> None:
    """Its marks are no rest of the header's labels."""
    draft = draft_of("marks")
    for column in draft.values["proactive"]["rules"]:
        draft.values["proactive"]["rules"][column] = None
        draft.printed["proactive", "rules", column] = "/"
    pages = set_report(draft, proactive=lambda table: list(cut_table(table, 2)))
    check(draft, pages)


# --- Two decoders -------------------------------------------------------------------------------------------------


def find_number(draft: Draft) -> tuple[str, str, str, str]:
    """A cell of table III that prints a number of two digits or more: row, column, its text, and another number."""
    for row, columns in draft.values["applications"].items():
        for column, value in columns.items():
            if isinstance(value, int) and value >= 10 and column != "total":
                text = str(value)
                return row, column, text, text[:-1] + str((int(text[-1]) + 1) % 10)
    raise ValueError("no such number")


def find_glyph(page: Page, box: tuple[float, float, float, float]) -> int:
    """The index of the glyph that stands at the left top corner of a box."""
    return next(n for n, g in enumerate(page.glyphs) if (round(g.x0, 2), round(g.top, 2)) == box[:2])


@pytest.mark.no_cover
@pytest.mark.parametrize("first", [True, False], ids=["first wrong", "second wrong"])
def test_decoders_that_differ_leave_null_and_are_never_verified(first: bool) -> None:
    draft = draft_of("two decoders")
    pages = set_report(draft)
    row, column, _, other = find_number(draft)
    place = report_on(read(*pages))[0].tables["applications"][row][column].place
    assert place.page is not None
    assert place.bbox is not None
    page = pages[place.page - 1]
    at = find_glyph(page, place.bbox)
    changed = replace(page, glyphs=list(page.glyphs))
    for n, char in enumerate(other):
        changed.glyphs[at + n] = changed.glyphs[at + n]._replace(text=char)
    others = [changed if p is page else p for p in pages]
    document = read(*others, second=pages) if first else read(*pages, second=others)
    report, verdict = report_on(document)
    value = report.tables["applications"][row][column]
    assert value.value is None
    assert value.doubt is not None
    assert value.doubt.startswith("two decoders read")
    assert [w.code for w in report.warnings] == ["doubtful_cell"]
    assert verdict == "partial"
    rest = draft.expect()["tables"]
    rest["applications"][row][column] = None
    assert values_of(report) == rest


def test_a_label_that_decoders_read_differently_is_still_a_label() -> None:
    """Only numbers are taken from cells that both decoders must agree on; a label is known by what it says."""
    draft = draft_of("labels differ")
    pages = set_report(draft)
    others = [change_glyphs(p, "规章", "规草") if "规章" in "".join(g.text for g in p.glyphs) else p for p in pages]
    report, _ = report_on(read(*pages, second=others))
    assert values_of(report) == draft.expect()["tables"]


def test_a_decoder_without_characters_is_told_and_changes_nothing() -> None:
    draft = draft_of("unknown")
    pages = set_report(draft)
    others = [replace(p, glyphs=[g._replace(text=UNKNOWN) for g in p.glyphs]) for p in pages]
    report, verdict = report_on(read(*pages, second=others))
    assert values_of(report) == draft.expect()["tables"]
    assert [w.code for w in report.warnings] == ["one_decoder"]
    assert verdict != "verified"


def test_low_scores_leave_null_and_high_ones_may_be_verified() -> None:
    draft = draft_of("scores")
    pages = set_report(draft)
    sure = [replace(p, glyphs=[g._replace(score=0.97) for g in p.glyphs]) for p in pages]
    report, verdict = report_on(read(*sure))
    assert values_of(report) == draft.expect()["tables"]
    assert verdict == "verified"
    row, column, text, _ = find_number(draft)
    place = report.tables["applications"][row][column].place
    assert place.page is not None
    assert place.bbox is not None
    page = sure[place.page - 1]
    at = find_glyph(page, place.bbox)
    page.glyphs[at] = page.glyphs[at]._replace(score=0.5)
    report, verdict = report_on(read(*sure))
    assert report.tables["applications"][row][column].value is None
    assert report.tables["applications"][row][column].raw == text
    assert verdict == "partial"


@pytest.mark.parametrize("rest", ["", "制发文件"])
def test_a_number_under_another_without_a_label_leaves_both_unread(rest: str) -> None:
    """In columns by alignment it may be the rest of the one over it; what stands beside it may be that of a label."""
    rows = [("信息内容", "本年制发件数", "本年废止件数", "现行有效件数"), ("规章", "4", "1", "12")]
    rows += [("行政规范性文件", "23", "7", "61"), (rest, "2", "", "5"), ("行政许可", "8", "9", "10")]
    xs = (60.0, 200.0, 300.0, 400.0)
    glyphs = [g for n, row in enumerate(rows) for g in set_cells([row], xs, (200 + 22 * n, 222 + 22 * n))]
    titles = ("青松县人民政府2023年政府信息公开工作年度报告", "一、总体情况", "二、主动公开政府信息情况")
    page = make_page([g for n, title in enumerate(titles) for g in write(title, 60, 60 + 40 * n)], glyphs)
    report, verdict = report_on(read(page))
    found = values_of(report)["proactive"]["normative_documents"]
    assert found["issued"] is None
    assert verdict in {"partial", "failed"}
