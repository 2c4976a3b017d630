"""What a test portal is: its pages, and what a crawl of it must and must not bring home."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Number = int | float | None
Table = dict[str, dict[str, Number]]
Tables = dict[str, Table]
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the portal: ``headers`` are those beside Content-Type and Content-Length."""

    body: bytes
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks for: ``path`` with its query as the request line has it, ``body`` that of a POST."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Truth:
    """A report that stands on the portal, and what it says.

    ``path`` is the document itself, ``landing_path`` the page that links it (the same for an HTML report).
    ``published`` is the ISO date the page prints. ``tables`` has the shape of the record (``table → row → column``)
    and is empty for the generation ``free``. ``real`` marks the five reports whose figures are those of real ones.
    """

    body: str
    year: int
    path: str
    landing_path: str
    title: str
    published: str
    generation: str
    media_type: str
    tables: Tables
    real: bool = False

    def cells(self) -> Iterator[tuple[tuple[str, str, str], Number]]:
        """Every cell with its place ``(table, row, column)``."""
        for table, rows in self.tables.items():
            for row, columns in rows.items():
                for column, value in columns.items():
                    yield (table, row, column), value


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A report that the list names and nobody can read: ``reason`` is ``http_404`` or ``pdf``.

    ``landing_path`` is the page that links the document (for a dead link the list's own link, so the same path).
    """

    body: str
    year: int
    path: str
    landing_path: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Site:
    """A portal. Paths are as the request line has them, from the host's root.

    ``start`` are the addresses a crawl may begin at; ``decoys`` are pages on the report lists that are no reports
    (path → title); ``news`` are articles that no crawl for reports needs; ``disallowed`` are pages which others link
    and robots.txt forbids: they are served, so that a crawl that asks for them shows in the log. ``answer`` answers
    what is no fixed page (a list that is asked for record by record); None is "not found". ``needed`` is the fewest
    requests that find every report, robots.txt among them.
    """

    portal: str
    host: str
    start: tuple[str, ...]
    pages: Mapping[str, Page]
    truth: tuple[Truth, ...]
    truth_unreadable: tuple[Unreadable, ...]
    decoys: Mapping[str, str]
    news: frozenset[str]
    disallowed: frozenset[str]
    answer: Callable[[Asked], Page | None] | None = None
    needed: int = 0
