"""Draws whole reports for the makers of office files: figures by a seed, and what is hard about their values.

A third of them contradict an identity, so that their verdict is ``read``; the two forms take turns. Everything follows
from the words of the seed, and what must be read follows from the draft alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tests.cases.make import hard, labels
from tests.cases.make.draft import Block, Draft, format_number, make_draft

if TYPE_CHECKING:
    from collections.abc import Callable

BREAKS: dict[str, Callable[[Draft], None]] = {
    "row sum broken": hard.break_row_sum,
    "column sum broken": hard.break_column_sum,
    "balance broken": hard.break_balance,
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A report, the generator that goes on deciding about its paper, and what is hard about it in words."""

    draft: Draft
    rng: Random
    told: list[str]
    name: str

    def blocks(self) -> list[Block]:
        """The flow, in some with a line under the title and a signature, which belong to no section for certain."""
        blocks = self.draft.blocks()
        year = self.draft.year + 1
        rng = Random(f"{self.draft.title} {self.name} edges")
        if rng.random() < 0.2:
            blocks.insert(1, Block("line", f"（{year}年1月）"))
        if rng.random() < 0.25:
            blocks += [Block("line", self.draft.body.name), Block("line", f"{year}年1月{rng.randint(5, 29)}日")]
        return blocks

    def origin(self, how: str) -> str:
        """One line on what the document is."""
        return f"{how}; {', '.join(self.told) or 'nothing hard in its values'}"


def note_counts(draft: Draft) -> None:
    """Counts with a measure word or a remark behind them, where the cells they go to are filled."""
    received = draft.values["applications"]["received"]
    upheld = draft.values["review_litigation"]["review"]["upheld"]
    if None not in (received["natural_person"], received["total"], upheld):
        hard.add_notes(draft)


def name_money(draft: Draft) -> None:
    """The amount of table II names its own unit."""
    amount = draft.rng.randint(2, 999_999)
    text, value = draft.rng.choice(
        (
            (f"{amount}万元", amount),
            (f"{amount * 100}元", amount / 100),
            (f"{amount / 100:.2f}万元", amount / 100),
            (f"{amount * 100:,}.00元", amount / 100),
        )
    )
    hard.name_money(draft, text, value)


def show_decimals(draft: Draft) -> None:
    """The amount of table II with the zeros of two or four decimals."""
    row = "procurement" if draft.form == "2019" else "fees"
    value = round(draft.rng.randint(1, 9_999_999) / 10, 1)
    draft.values["proactive"][row]["amount"] = value
    draft.printed["proactive", row, "amount"] = draft.rng.choice((f"{value:.2f}", f"{value:.4f}", f"{value:,.2f}"))


def group_thousands(draft: Draft) -> None:
    """Thousands divided by commas, nothing else changed."""
    for cell in hard.each_cell(draft):
        value = draft.values[cell[0]][cell[1]][cell[2]]
        if value is not None and abs(value) >= 1000:
            whole, _, rest = format_number(value).partition(".")
            draft.printed[cell] = f"{int(whole):,}" + (f".{rest}" if rest else "")


def spoil_values(draft: Draft, rng: Random, told: list[str]) -> None:
    """Some of the difficulties of values, in an order in which none undoes another."""
    steps: tuple[tuple[str, float, Callable[[Draft], None]], ...] = (
        ("minus signs", 0.2, hard.vary_minus),
        ("decimals", 0.15, show_decimals),
        ("wide digits", 0.15, hard.widen_digits),
        ("thousands", 0.2, group_thousands),
        ("notes in cells", 0.2, note_counts),
        ("header in yuan", 0.12, hard.head_in_yuan),
        ("money named", 0.12, name_money),
        ("marks for blanks", 0.2, hard.mark_blanks),
        ("slashes", 0.15, hard.mark_with_slash),
    )
    for name, share, step in steps:
        if rng.random() >= share:
            continue
        if name == "money named" and "header in yuan" in told:
            continue
        if name == "thousands" and "wide digits" in told:
            continue
        if name == "minus signs" and draft.form != "2019":
            continue
        step(draft)
        told.append(name)


def spoil_labels(draft: Draft, rng: Random, told: list[str], *, broken: bool) -> None:
    """Labels misprinted in some; a report that contradicts itself keeps the labels that leave no doubt."""
    names = ("widths of marks",) if broken else ("widths of marks", "rows misprinted", "columns misprinted")
    if rng.random() >= 0.25:
        return
    name = rng.choice((*names, "widths of marks"))
    hard.LABEL_FAULTS[name](draft)
    told.append(name)


def draw_report(maker: str, seed: int, number: int, *, plain_labels: bool = False) -> Drawn:
    """The report ``number`` of a maker: forms alternate, every third contradicts itself, the rest is by chance.

    ``plain_labels`` keeps the labels as the form prints them, for papers that set them in a way of their own.
    """
    name = f"{maker}-{seed}-{number:03d}"
    rng = Random(f"drawn {name}")
    form = ("2019", "2021")[number % 2]
    year = rng.randint(2019, 2020) if form == "2019" else rng.randint(2021, 2025)
    broken = number % 3 == 1
    told = [f"form of {form}"]
    rows = None
    if rng.random() < 0.08:
        rows = labels.application_rows("2021" if form == "2019" else "2019")
        told.append("（六） of the other form")
    size = rng.choice(("dense", "large")) if broken else rng.choice(("sparse", "dense", "large"))
    blank = rng.random() < 0.2
    draft = make_draft(f"drawn {name} report", year, size=size, blank=blank, rows=rows)
    draft.published = None  # such files print no date of publication
    told.append(f"{size} figures" + (", blanks" if blank else ""))
    if broken:
        fault = rng.choice(sorted(BREAKS))
        BREAKS[fault](draft)
        told.append(fault)
    spoil_values(draft, rng, told)
    if not plain_labels:
        spoil_labels(draft, rng, told, broken=broken)
    return Drawn(draft, rng, told, f"{maker}-{number:03d}")
