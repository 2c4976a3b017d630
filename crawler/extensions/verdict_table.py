"""What a crawl's verdict shows: counts by reason, bodies and years, gaps; and tables that line up on a terminal.

Pure: plain data in, plain data and lines out.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.telling.tables import clip, format_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

MOST_REASONS = 5  # of one outcome on the terminal; run.json has all
MOST_BODIES = 30
MOST_LINES = 20  # of suspicions
WIDEST = 72  # columns of a reason on the terminal
_ADDRESS = re.compile(r"https?://\S+")
_REPORT_ID = re.compile(r"^\S+-(?:19|20)\d\d(?= was read from )")
_PLURAL = re.compile(r"\d+(?= documents)")
_QUOTED = re.compile(r"'.*'")


@dataclass(frozen=True, slots=True)
class Reason:
    """How many candidates came to the same end for the same reason."""

    outcome: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The years of which a body has a report, ascending; ``gaps`` are the years between two of them without one."""

    body: str
    years: tuple[int, ...]
    gaps: tuple[int, ...]


# --- data


def count_reasons(ends: Iterable[tuple[str, str]], order: Sequence[str]) -> tuple[Reason, ...]:
    """Counts pairs (outcome, reason): outcomes in ``order``, the most frequent reason of each first. What names a
    single candidate (an address, a report's id, what is quoted from it) is blotted out of its reason."""
    counts = Counter((outcome, generalise(reason)) for outcome, reason in ends)
    rank = {outcome: number for number, outcome in enumerate(order)}
    return tuple(
        Reason(outcome, reason, count)
        for (outcome, reason), count in sorted(
            counts.items(), key=lambda one: (rank.get(one[0][0], len(rank)), one[0][0], -one[1], one[0][1])
        )
    )


def generalise(reason: str) -> str:
    """A reason without what only one candidate has.

    >>> generalise("leads to http://www.example.gov.cn/1.html")
    'leads to …'
    """
    return _QUOTED.sub("…", _PLURAL.sub("N", _REPORT_ID.sub("…", _ADDRESS.sub("…", reason)))).strip()


def find_coverage(reports: Iterable[tuple[str, str, int]]) -> tuple[Coverage, ...]:
    """Reports as (key of the body, its name, year) → the years of each body, most reports first.

    A body that is called differently from year to year has one key; it goes by its name in the latest year.
    """
    names: dict[str, tuple[int, str]] = {}
    years: dict[str, set[int]] = {}
    for key, name, year in reports:
        years.setdefault(key, set()).add(year)
        names[key] = max(names.get(key, (0, "")), (year, name))
    found = []
    for key, had in years.items():
        gaps = tuple(year for year in range(min(had), max(had)) if year not in had)
        found.append(Coverage(names[key][1], tuple(sorted(had)), gaps))
    return tuple(sorted(found, key=lambda one: (-len(one.years), one.body)))


def write_suspicions(coverage: Iterable[Coverage], open_years: Collection[int]) -> list[str]:
    """A line for each body with years missing between two that it reported on. ``open_years``: years of candidates of
    which nothing is known, which may be the missing ones."""
    lines = []
    for one in coverage:
        if not one.gaps:
            continue
        before = max(year for year in one.years if year < one.gaps[0])
        after = min(year for year in one.years if year > one.gaps[-1])
        maybe = sorted(set(one.gaps) & set(open_years))
        may = f" (a candidate of {join_years(maybe)} could not be had or read)" if maybe else ""
        gaps = join_years(one.gaps)
        lines.append(f"{one.body}: no report of {gaps}, and there are those of {before} and {after}{may}")
    return lines


def join_years(years: Iterable[int]) -> str:
    """Years in words: runs of three and more as a range.

    >>> join_years([2019, 2020, 2021, 2023, 2024])
    '2019-2021, 2023, 2024'
    """
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    parts = [[f"{run[0]}-{run[-1]}"] if len(run) > 2 else list(map(str, run)) for run in runs]
    return ", ".join(one for part in parts for one in part)


# --- lines


def format_reasons(reasons: Sequence[Reason]) -> list[str]:
    """The table of candidates by outcome and reason; no line where there are none."""
    rows: list[tuple[str, str, str]] = []
    for outcome in dict.fromkeys(one.outcome for one in reasons):
        own = [one for one in reasons if one.outcome == outcome]
        rows += [
            ("" if number else outcome, str(one.count), clip(one.reason or "-", WIDEST))
            for number, one in enumerate(own[:MOST_REASONS])
        ]
        if rest := own[MOST_REASONS:]:
            rows.append(("", str(sum(one.count for one in rest)), f"for {len(rest)} further reasons"))
    return format_table(("outcome", "candidates", "reason"), rows, {1}) if rows else []


def format_coverage(coverage: Sequence[Coverage]) -> list[str]:
    """The table of bodies and years; no line where there is no report. Bodies with a gap are never left out before
    those without."""
    if not coverage:
        return []
    kept = sorted(coverage, key=lambda one: not one.gaps)[:MOST_BODIES]
    shown = [one for one in coverage if one in kept]
    rows = [
        (clip(one.body, WIDEST), str(len(one.years)), join_years(one.years), join_years(one.gaps) or "-")
        for one in shown
    ]
    lines = format_table(("body", "reports", "years", "missing between"), rows, {1})
    if rest := len(coverage) - len(shown):
        lines.append(f"and {rest} further {'body' if rest == 1 else 'bodies'} without a gap or beyond these: run.json")
    return lines
