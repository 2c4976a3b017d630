"""Random mixed documents: several difficulties in one, for a corpus that nobody looked at while building."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.cases.make import hard, labels, shapes
from tests.cases.make.book import Case, write_origin
from tests.cases.make.draft import Block, Draft, make_draft
from tests.cases.make.pages import (
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
    split_digits_cell,
    word_cell,
    word_p,
)
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

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cases.make.grid import Table

PARAGRAPHS = {"p": p, "div": div, "br": br, "h2": h2, "Word's p": word_p, "invisible characters": invisible_p}
CELLS = {
    "plain": None,
    "empty": empty_cell,
    "Word's": word_cell,
    "split digits": split_digits_cell,
    "invisible characters": invisible_cell,
    "one by one": boxed_cell,
    "broken labels": broken_lines_cell,
}
# Declared, true: the usual ones more often.
ENCODINGS = (
    ("utf-8", "utf-8"),
    ("utf-8", "utf-8"),
    ("gb2312", "gb18030"),
    ("gbk", "gbk"),
    ("utf-8", "gbk"),
    ("gb2312", "utf-8"),
    (None, "gbk"),
    (None, "utf-8"),
    ("utf-8", "utf-8-sig"),
)
# A broken sum is the report's own only where nothing else makes its numbers doubtful.
BREAKING = ("row sum broken", "column sum broken", "balance broken")
CLEAR = (
    "widths of marks",
    "columns in another order",
    "tables wrapped",
    "cut with header",
    "II by article",
    "numbers nested",
)
NOT_IN_TEXT = (
    "columns in another order",  # text by blanks keeps no trace of which header stood where
    "column 备注",
    "notes in cells",  # they wrap where the column is narrow
    "unreadable cells",  # a blank inside a number cannot be told from two columns
)


def goes_with(name: str, told: list[str]) -> bool:
    """Whether what is expected stays certain when ``name`` joins the difficulties told so far."""
    return name in CLEAR or not any(fault in told for fault in BREAKING)


def mix_draft(rng: Random, seed: str, told: list[str], *, suffix: str) -> Draft:
    """A report of a random year with up to four difficulties of its own; ``told`` gets their names."""
    year = rng.randint(2019, 2025)
    form = "2019" if year <= 2020 else "2021"
    rows = None
    if rng.random() < 0.15:
        rows = labels.application_rows("2021" if form == "2019" else "2019")
        told.append("（六） of the other form")
    size = rng.choice(("sparse", "dense", "large"))
    blank = rng.random() < 0.25
    draft = make_draft(seed, year, size=size, blank=blank, rows=rows)
    told.append(f"{size} figures" + (", blanks" if blank else ""))
    for faults, share in ((hard.VALUE_FAULTS, 0.45), (hard.LABEL_FAULTS, 0.3), (hard.COLUMN_FAULTS, 0.25)):
        name = rng.choice(sorted(faults))
        if rng.random() >= share or (suffix == "txt" and name in NOT_IN_TEXT) or not goes_with(name, told):
            continue
        try:
            faults[name](draft)
        except StopIteration:
            continue  # nothing in these figures to spoil or break
        told.append(name)
    return draft


def mix_headings(rng: Random, draft: Draft, told: list[str]) -> list[Block]:
    """The flow, with a difficulty among its headings in some."""
    choice = rng.choice(("", "", "", "words", "repeated", "contents", "title after", "run in"))
    if choice:
        told.append(f"headings: {choice}")
    if choice == "words":
        hard.vary_headings(draft, rng.randrange(3))
    if choice == "repeated":
        hard.repeat_headings(draft, by_bracket=rng.random() < 0.5)
    blocks = draft.blocks()
    if choice == "contents":
        return hard.add_contents(draft, blocks)
    if choice == "title after":
        return hard.set_title_after_heading(blocks)
    if choice == "run in":
        return hard.run_headings_in(blocks)
    return blocks


def mix_page(rng: Random, seed: str, told: list[str]) -> tuple[Draft, bytes]:
    """A mixed HTML page."""
    draft = mix_draft(rng, seed, told, suffix="html")
    blocks = mix_headings(rng, draft, told)
    if rng.random() < 0.55:
        name = rng.choice(sorted(shapes.BLOCK_FAULTS))
        if draft.remarks is None and goes_with(name, told):
            try:
                blocks = shapes.BLOCK_FAULTS[name](draft, blocks)
                told.append(name)
            except StopIteration:
                pass  # the row to cut at is not printed
    paragraph = rng.choice(sorted(PARAGRAPHS))
    inner = rng.choice(sorted(CELLS))
    shell = rng.choice(("article", "platform", "layout", "outer", "sides", "word"))
    declared, true = rng.choice(ENCODINGS)
    told += [f"paragraphs: {paragraph}", f"cells: {inner}", f"page: {shell}", f"{true} declared as {declared}"]
    look = Look(PARAGRAPHS[paragraph])
    if CELLS[inner] is not None:
        look = Look(PARAGRAPHS[paragraph], CELLS[inner])
    if shell == "word":
        look = Look(look.paragraph, look.inner, WORD_GRID)
    title_inside = blocks[0].kind != "title"
    flow = render_flow(blocks, look, title=title_inside)
    page = make_page(draft, flow, shell=shell, charset=declared, heading=not title_inside)
    return draft, encode_page(page, true)


def mix_text(rng: Random, seed: str, told: list[str]) -> tuple[Draft, bytes]:
    """A mixed plain text."""
    draft = mix_draft(rng, seed, told, suffix="txt")
    style = rng.choice(
        ("blanks", "blanks first", "blanks last", "blanks between", "tabs", "bare tabs", "lines", "layout")
    )
    told.append(f"text by {style}")
    if "blanks" in style or (style == "layout" and any(fault in told for fault in BREAKING)):
        fill_blanks(draft)
    if style == "layout":
        allow_lost_blanks(draft)
    draft.published = None
    blocks = mix_headings(rng, draft, told)
    tables: dict[str, Callable[[Table], list[str]]] = {
        "blanks": by_blanks(),
        "blanks first": by_blanks("first"),
        "blanks last": by_blanks("last"),
        "blanks between": by_blanks("between"),
        "tabs": by_tabs(),
        "bare tabs": by_tabs(pad=False),
        "lines": by_lines(rng.randint(0, 2)),
        "layout": by_layout(gap=rng.randint(0, 1), narrow=rng.randint(0, 8)),
    }
    loose = style in ("bare tabs", "tabs") or rng.random() < 0.7
    width = rng.choice((0, 70, 110)) if style != "lines" else 0
    lines = write_lines(blocks, tables[style], width=width, loose=loose)
    if style.startswith("blanks") and rng.random() < 0.3:
        lines = put_page_marks(draft, lines, rng.randint(17, 40), rng.randrange(3))
        told.append("page marks")
    if style in ("tabs", "bare tabs"):
        draft.also.add("partial")
    encoding, newline = rng.choice((("utf-8", "\n"), ("utf-8", "\r\n"), ("gb18030", "\r\n")))
    if encoding == "utf-8" and rng.random() < 0.3:
        lines = [put_radicals(line) for line in lines]
        told.append("radicals")
    told.append(f"{encoding} with {newline!r}")
    return draft, write_text(lines, encoding, newline)


def make_mixed(seed: int, count: int) -> list[Case]:
    """``count`` mixed cases; the same seed makes the same documents."""
    cases = []
    for number in range(count):
        rng = Random(f"mix {seed} {number}")
        suffix = rng.choice(("html", "html", "html", "txt", "txt"))
        told: list[str] = []
        make = mix_page if suffix == "html" else mix_text
        draft, data = make(rng, f"mix {seed} {number} report", told)
        command = f"python -m tests.cases.make --seed {seed} --count {count} OUT"
        origin = write_origin("; ".join(told), "drawn at random", command)
        cases.append(Case(f"mix-{seed}-{number:04d}", suffix, data, draft.expect(), origin))
    return cases
