"""Printed label → row, column or group of the form.

A label is compared in its cleaned form, its number mark apart. What is printed exactly as the form has it is certain.
Reports misprint and shorten labels, so a label that is close to one of the form, far from all others and carries the
same number mark is accepted too, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from crawler.extraction.report.form import Column, FormTable, Label, Row, load_form, make_label

NEAR = (
    0.62  # 其他法律行政止公开 (seen in a real report) is 0.75 of its label; unrelated labels of the form stay below 0.5
)
NEAR_UNMARKED = 0.75  # without a number mark to confirm it
MARGIN = 0.15
FAR = 0.45


@dataclass(frozen=True, slots=True)
class RowMatch:
    """The row a label names. ``exact`` is False for a label that is only close to the form's."""

    row: Row
    exact: bool


@lru_cache(maxsize=16384)
def likeness(label: str, printed: str) -> float:
    """How near what is printed is to a label: 1 for equal texts, 0 for texts that share too little to be near.

    Between them 1 − edit distance / length of the longer; 0.8 at least for a shortened label. Shortened means that
    what is printed is the beginning of a long label, or at least half of it with all its characters in order.
    """
    a, b = label, printed
    if a == b:
        return 1.0
    if len(b) >= 8 and a.startswith(b):
        return max(0.8, len(b) / len(a))
    if not a or not b or abs(len(a) - len(b)) > max(len(a), len(b)) // 2:
        return 0.0
    rest = iter(a)
    if 4 <= len(b) < len(a) and all(c in rest for c in b):
        return max(0.8, len(b) / len(a))
    shared = sum(c in a for c in b)
    if shared < FAR * max(len(a), len(b)):
        return 0.0  # too few characters in common to be near
    row = list(range(len(b) + 1))
    for i, c in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, d in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (c != d))
    return 1 - row[-1] / max(len(a), len(b))


def match_row(table: FormTable, printed: str, group: Label | None = None) -> RowMatch | None:
    """The row of a table that a printed label names, or None.

    ``group`` is the group label printed over it, if known. A short label that several rows share (其他) needs its
    group or its number mark.
    """
    return _match_row(table.key, printed, group)


@lru_cache(maxsize=4096)
def _match_row(key: str, printed: str, group: Label | None) -> RowMatch | None:
    table = load_form().tables[key]
    label = make_label(printed)
    if not label.text or len(label.text) > 48:  # the longest label of the form has 37
        return None
    equal = [row for row in table.rows for own in row.labels if own.text == label.text]
    if equal:
        fitting = [row for row in equal if _fits(row, label, group)]
        if not fitting and len(equal) == 1 and len(label.text) >= 4:
            own = equal[0].labels[0]
            return RowMatch(equal[0], not label.marked or not own.marked or label.number == own.number)
        return RowMatch(fitting[0], True) if len(fitting) == 1 else None
    scored = sorted(
        ((likeness(own.text, label.text), row, own) for row in table.rows for own in row.labels),
        key=lambda s: -s[0],
    )
    best, row, own = scored[0]
    rivals = [s for s, other, theirs in scored if other is not row and _could_be(theirs, label)]
    second = max(rivals, default=0.0)
    if best - second < MARGIN or len(label.text) < 4:
        return None
    if own.marked and label.marked:
        near = best >= NEAR and (own.level, own.number) == (label.level, label.number) and _in_group(row, group)
    else:
        near = best >= NEAR_UNMARKED and _in_group(row, group)
    return RowMatch(row, False) if near else None


def _could_be(own: Label, printed: Label) -> bool:
    """Whether the number marks of two labels do not speak against each other."""
    return not (own.marked and printed.marked) or (own.level, own.number) == (printed.level, printed.number)


def _fits(row: Row, label: Label, group: Label | None) -> bool:
    own = row.labels[0]
    if label.marked and own.marked and label.level != own.level:
        return False
    if len(label.text) < 4:  # 其他, 总计: the mark or the group must say which
        marked = label.marked and label.number == own.number
        return _in_group(row, group) and (marked or (group is not None and row.group is not None) or row.group is None)
    return _in_group(row, group)


def _in_group(row: Row, group: Label | None) -> bool:
    return group is None or row.group is None or row.group.text == group.text


def match_group(table: FormTable, printed: str) -> Label | None:
    """The row group of a table (（三）不予公开) that a printed label names, or None."""
    return _match_group(table.key, printed)


@lru_cache(maxsize=4096)
def _match_group(key: str, printed: str) -> Label | None:
    table = load_form().tables[key]
    label = make_label(printed)
    if len(label.text) > 20:
        return None
    best, found = 0.0, None
    for group in table.groups():
        score = likeness(group.text, label.text)
        if label.marked and group.marked and (label.level, label.number) != (group.level, group.number):
            score -= 0.3
        if score > best:
            best, found = score, group
    return found if best >= NEAR_UNMARKED else None


def match_column(table: FormTable, printed: str) -> Column | None:
    """The column of a table that a printed header names, or None."""
    return _match_column(table.key, printed)


@lru_cache(maxsize=4096)
def _match_column(key: str, printed: str) -> Column | None:
    label = make_label(printed)
    if not label.text or len(label.text) > 40 or label.marked:  # the form numbers rows, never columns
        return None
    columns = load_form().tables[key].columns
    text = _SYNONYMS.get(label.text, label.text)
    for column in columns:
        if any(own.text == text for own in column.labels):
            return column
    scored = sorted(((likeness(own.text, text), c.key, c) for c in columns for own in c.labels), key=lambda s: -s[0])
    best = scored[0]
    second = next((s for s, name, _ in scored if name != best[1]), 0.0)
    return best[2] if best[0] >= NEAR_UNMARKED and best[0] - second >= MARGIN and len(text) >= 4 else None


_SYNONYMS = {"合计": "总计", "小计": "总计", "总数": "总计"}
