"""What is watched at the end of a crawl, as plain data; and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much there may be before an alert is raised; each is a setting ``WATCH_…`` with its reason.

    ``unread``, ``errors`` and ``cells`` are the most that are passed over in silence; ``share`` is the largest part of
    records that may be `partial` or `failed` (0 to 1), judged where there are ``least`` of them; ``days`` how long
    after it is due a report may be missing, ``stalled`` how many no run may come to its end.
    """

    unread: int = 0
    errors: int = 0
    cells: int = 0
    share: float = 0.25
    least: int = 3
    days: int = 15
    stalled: int = 45


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run before this one: its name, and how many reports it found."""

    name: str
    reports: int


@dataclass(frozen=True, slots=True)
class Body:
    """A body by its key (a report's id without the year), with its name, the level that its records state, and the
    years of which the portal has, or had, a report."""

    key: str
    name: str
    level: str | None
    years: frozenset[int]


@dataclass(frozen=True, slots=True)
class Past:
    """What the catalogue knows of a portal at the end of a run.

    ``before`` is the run before that came to its end, ``broken_off`` the one right before if it did not. ``had`` is the
    newest earlier run from the same addresses and for the same years that found reports. ``reports`` were found by
    this run, or None where the catalogue was not told; ``seen`` are their records by confidence, ``fresh`` those of
    them that this run entered. ``missing`` are reports of which this run entered a version that lacks cells, each with
    how many the version before had and it has not.
    """

    before: str | None = None
    broken_off: str | None = None
    had: EarlierRun | None = None
    reports: int | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    fresh: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[tuple[str, int], ...] = ()
    bodies: tuple[Body, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """A crawl that came to its end; or one that begins, of which only its past is known.

    ``day`` is that of its start, in China. ``asked_years`` are the first and last report year asked for, or None for
    all. ``reports`` were found, by the catalogue's count or the crawl's own. ``unstored`` archives could not be copied
    to their store. ``past`` is None where there is no catalogue.
    """

    portal: str
    run: str
    started: str
    day: date
    verdict: str | None
    why: tuple[str, ...]
    reason: str | None
    reports: int
    unread: int
    errors: int
    unstored: int = 0
    asked_years: tuple[int, int] | None = None
    past: Past | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """What a monitor found. ``time`` and ``since`` are UTC: when it was found, and the start of the first of the runs
    in a row that found it; ``new`` where that is this one."""

    time: str
    portal: str
    run: str
    monitor: str
    message: str
    since: str
    new: bool
