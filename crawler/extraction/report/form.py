"""The statutory form: sections, rows and columns with the labels they print (form.json)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pkgutil import get_data
from typing import Any

from crawler.extraction.text.clean import label_key
from crawler.extraction.text.numbering import Mark, read_mark

_REMARK = re.compile("（[^（）]*）")


@dataclass(frozen=True, slots=True)
class Label:
    """A printed label in the form in which it is compared: number mark apart, remarks in brackets left out."""

    text: str
    level: int
    number: int

    @property
    def marked(self) -> bool:
        return self.level > 0


@lru_cache(maxsize=8192)
def make_label(printed: str) -> Label:
    """The comparable form of a label as printed.

    >>> make_label("（二）部分公开（区分处理的，只计这一情形，不计其他情形）")
    Label(text='部分公开', level=2, number=2)
    """
    mark = read_mark(printed) or Mark(0, 0, printed)
    key = label_key(mark.rest)
    bare = _REMARK.sub("", key)
    return Label(bare or key, mark.level, mark.number)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a statutory table. ``group`` is the comparable label of the group it stands in, or None; ``printed`` are
    its labels with their remarks in brackets, in the form in which they are compared."""

    key: str
    labels: tuple[Label, ...]
    printed: tuple[str, ...]
    group: Label | None
    generation: str | None
    columns: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a statutory table; ``amount`` is True where its numbers are sums of money in 万元."""

    key: str
    labels: tuple[Label, ...]
    group: Label | None
    amount: bool


@dataclass(frozen=True, slots=True, eq=False)
class FormTable:
    """A statutory table. There is one object for each, so that it can key a cache."""

    key: str
    section: int
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    headings: tuple[Label, ...]

    def groups(self) -> Iterator[Label]:
        """The labels of the row groups, each once."""
        return iter(dict.fromkeys(row.group for row in self.rows if row.group))


@dataclass(frozen=True, slots=True)
class FormSection:
    number: int
    key: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Form:
    sections: tuple[FormSection, ...]
    tables: dict[str, FormTable]


@cache
def load_form() -> Form:
    """The form as form.json has it."""
    data = json.loads((get_data("crawler.extraction.report", "form.json") or b"").decode())
    sections = tuple(FormSection(s["number"], s["key"], _labels(s)) for s in data["sections"])
    return Form(sections, {key: _table(key, t) for key, t in data["tables"].items()})


def _table(key: str, data: dict[str, Any]) -> FormTable:
    rows = tuple(
        Row(
            r["key"],
            _labels(r),
            tuple(label_key(label) for label in r["labels"]),
            make_label(r["group"]) if r.get("group") else None,
            r.get("generation"),
            {g: tuple(c) for g, c in r.get("columns", {}).items()},
        )
        for r in data["rows"]
    )
    columns = tuple(
        Column(c["key"], _labels(c), make_label(c["group"]) if c.get("group") else None, c.get("unit") == "万元")
        for c in data["columns"]
    )
    return FormTable(key, data["section"], rows, columns, tuple(make_label(h) for h in data["headings"]))


def _labels(data: dict[str, Any]) -> tuple[Label, ...]:
    return tuple(make_label(label) for label in data["labels"])
