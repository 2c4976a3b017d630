"""A report as read: its sections, and each value of its tables with its place and what is doubtful about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from crawler.extraction.documents.model import Place

Number = int | float


class Value(NamedTuple):
    """One cell of a statutory table as read.

    ``value`` is None for a blank cell and for one that could not be read; ``doubt`` tells which: None means read at
    its printed place, else a short reason. ``raw`` is the cell as printed.
    """

    value: Number | None
    place: Place
    raw: str = ""
    doubt: str | None = None
    by_count: bool = False


Tables = dict[str, dict[str, dict[str, Value]]]
"""``{table: {row: {column: value}}}`` with the keys of form.json."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a report. ``key`` is None where it is none of the form's six."""

    number: int
    key: str | None
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801  (the record's own word; the builtin has it already)
    """What the reader had to guess, repair or leave out. ``lowers`` is True where a number may be missing or wrong;
    ``table`` is the table that it concerns, or None."""

    code: str
    message: str
    lowers: bool = False
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Agency:
    """The body that reports: its name as titled, GB/T 2260 code of its government, its level; None where unsure."""

    name: str | None
    division_code: str | None
    level: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """An annual report. ``year`` is the year reported on; ``generation`` is "2019", "2021" or "free"."""

    title: str
    year: int
    agency: Agency
    generation: str
    published: str | None
    sections: tuple[Section, ...]
    tables: Tables
    warnings: tuple[Warning_, ...] = field(default=())
