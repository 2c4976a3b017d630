"""The header of a statutory table: which printed label heads which column of numbers, from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from crawler.extraction.report.form import FormTable, load_form, make_label
from crawler.extraction.report.labels import likeness, match_column

NEAR = 0.75
MAX_PIECES = 4  # 采购总金额（单位：万元，保留4位小数） in a narrow column comes in up to four pieces


@dataclass(frozen=True, slots=True)
class Leaf:
    """One column of numbers. ``column`` is None where the form has no such column; ``row`` is set where the table
    stands sideways (IV). ``start`` and ``end`` are its grid columns, both inclusive, where there is a grid."""

    text: str
    column: str | None
    row: str | None = None
    start: int = -1
    end: int = -1


Printed = tuple[str, int]
"""A text of a header and the line or grid row that it is printed on."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of numbers of a table in printed order."""

    table: str
    leaves: tuple[Leaf, ...]

    def keys(self) -> list[str]:
        return [leaf.column for leaf in self.leaves if leaf.column]


# What makes a line or a row of cells a header: labels that no other table and no row of numbers prints.
_TELLING = {
    "proactive": ("信息内容",),
    "applications": ("申请人情况", "自然人", "法人或其他组织", "商业企业", "科研机构", "社会公益组织", "法律服务机构"),
    "review_litigation": ("结果维持", "结果纠正", "其他结果", "尚未审结", "未经复议直接起诉", "复议后起诉"),
}


@lru_cache(maxsize=4096)
def tells(text: str) -> str | None:
    """The table whose header prints this text, if only that table's header does, else None."""
    label = make_label(text).text
    if not label or len(label) > 30:
        return None
    for table, labels in _TELLING.items():
        if label in labels:
            return table
    column = match_column(load_form().tables["proactive"], text)
    return "proactive" if column is not None else None


@lru_cache(maxsize=4096)
def is_heading(table: str, text: str) -> bool:
    """Whether a text is one that the table prints beside its rows and columns (信息内容, 第二十条第（一）项)."""
    form = load_form().tables[table]
    label = make_label(text)
    plain = label.text
    if not plain:
        return False
    if "勾稽关系" in plain or (table == "proactive" and plain.startswith("第二十条")):
        return True
    return heading_likeness(form, text) >= NEAR


def heading_likeness(form: FormTable, text: str) -> float:
    """How near a text is to the nearest heading that the form prints in a table, 0 to 1."""
    plain = make_label(text).text
    return max((likeness(own.text, plain) for own in form.headings), default=0.0)


def side_rows(form: FormTable, text: str) -> str | None:
    """The row of a table that a group header names when the table stands sideways."""
    label = make_label(text).text
    for row in form.rows:
        if any(own.text == label for own in row.labels):
            return row.key
    scored = sorted(((likeness(row.labels[0].text, label), row.key) for row in form.rows), reverse=True)
    return scored[0][1] if scored[0][0] >= 0.75 and scored[0][0] - scored[1][0] >= 0.15 else None


def join_pieces(table: str, pieces: Sequence[Printed]) -> list[Printed]:
    """Puts labels together again that the layout broke: the fewest pieces that make a known label."""
    form = load_form().tables[table]
    joined: list[Printed] = []
    i = 0
    while i < len(pieces):
        texts = ["".join(text for text, _ in pieces[i : i + n]) for n in range(1, MAX_PIECES + 1)]
        texts = texts[: len(pieces) - i]
        count = max(range(len(texts)), key=lambda n: (_likeness_to_any(form, texts[n]), -n)) + 1
        if _likeness_to_any(form, texts[count - 1]) < NEAR:
            count = 1
        joined.append((texts[count - 1], pieces[i][1]))
        i += count
    return joined


@lru_cache(maxsize=4096)
def is_label(form: FormTable, text: str) -> bool:
    """Whether a text is the label of a column just as the form prints it."""
    label = make_label(text).text
    return any(own.text == label for column in form.columns for own in column.labels)


@lru_cache(maxsize=4096)
def _likeness_to_any(form: FormTable, text: str) -> float:
    """How near a text is to the nearest label that the header of a table prints."""
    if is_heading(form.key, text):
        return 1.0
    key = make_label(text).text
    labels = [own.text for column in form.columns for own in column.labels]
    if form.key == "review_litigation":
        labels += [own.text for row in form.rows for own in row.labels]
    return max(likeness(own, key) for own in labels)


def read_stream(table: str, pieces: Sequence[Printed], *, whole: bool = False) -> Header | None:
    """The header from its labels in reading order with their lines, where no grid says which stands over which. Labels
    that are ``whole`` are not put together.

    Only labels on one line stand in their printed order for sure. A column that spans the lines of the header (总计)
    may be printed on any of them; unless it stands on one line with the first column it is where the form has it, at
    the end. Columns of a group (法人或其他组织) stand where the group does. A sideways table prints its columns once
    for each of its rows. Where columns of a group stand on other lines than the rest and the group is not printed,
    nothing tells which is left of which: then they have the form's order, or there is no header (None) if they are
    not printed in that.
    """
    form = load_form().tables[table]
    labels = list(pieces) if whole else join_pieces(table, pieces)
    if table == "review_litigation":
        return _read_sideways(form, [text for text, _ in labels])
    singles: list[tuple[Leaf, int]] = []
    grouped: list[Leaf] = []
    group_at: int | None = None
    group_labels = {c.group.text for c in form.columns if c.group}
    lines = set()
    keys = [column.key for column in form.columns]
    for text, line in labels:
        if make_label(text).text in group_labels:
            group_at = len(singles)
            continue
        if is_heading(table, text):
            continue
        column = match_column(form, text)
        leaf = Leaf(text, column.key if column else None)
        if column is not None:
            lines.add(line)
        if column is not None and column.group is not None and group_at is not None:
            grouped.append(leaf)
        else:
            singles.append((leaf, line))
    at = len(singles) if group_at is None else group_at
    leaves = [*singles[:at], *((leaf, -1) for leaf in grouped), *singles[at:]]
    if table == "applications" and len(lines) > 1:
        loose = [(keys.index(leaf.column), line) for leaf, line in singles if leaf.column not in {None, "total"}]
        apart = len({line for _, line in loose}) > 1
        printed = [[keys.index(leaf.column) for leaf, at in singles if leaf.column and at == line] for line in lines]
        if apart and (loose != sorted(loose) or any(own != sorted(own) for own in printed)):
            return None
        first = next((line for leaf, line in singles if leaf.column == "natural_person" and not apart), None)
        leaves.sort(key=lambda found: found[0].column == "total" and found[1] != first)
    return make_header(table, [leaf for leaf, _ in leaves])


def _read_sideways(form: FormTable, labels: list[str]) -> Header | None:
    columns = [(text, column.key) for text in labels if (column := match_column(form, text))]
    groups = [row for text in labels if match_column(form, text) is None and (row := side_rows(form, text))]
    rows = list(dict.fromkeys(groups))
    width = len(form.columns)
    if len(columns) == width and not rows[1:]:
        return make_header(form.key, [Leaf(text, key) for text, key in columns])
    if len(columns) != width * len(rows) or rows != [row.key for row in form.rows]:
        return None  # groups in another order, or not all of them: nothing then tells whose the columns are
    leaves = []
    for index, (text, key) in enumerate(columns):
        leaves.append(Leaf(text, key, rows[index // width]))
    return make_header(form.key, leaves)


def make_header(table: str, leaves: list[Leaf]) -> Header | None:
    """A header whose columns are all different; one printed twice heads nothing for sure."""
    keys = [(leaf.row, leaf.column) for leaf in leaves if leaf.column]
    twice = {key for key in keys if keys.count(key) > 1}
    leaves = [replace(leaf, column=None) if (leaf.row, leaf.column) in twice else leaf for leaf in leaves]
    least = 1 if table == "proactive" else 3
    return Header(table, tuple(leaves)) if sum(leaf.column is not None for leaf in leaves) >= least else None
