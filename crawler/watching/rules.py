"""What asks for a look: each rule says it in one line, or None. Pure, over the facts of a crawl."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from crawler.telling.ends import EXIT_STATUS
from crawler.telling.tables import clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.watching.model import Body, Bounds, Facts

COMPLETE = "complete"
# With these verdicts the way was open, so that nothing found says something of the portal or of the spider.
OPEN_WAY = frozenset({COMPLETE, "partial", "nothing_found"})
# When reports of a year are due in the next one, and whose: governments report after their bodies, and what towns do is
# left to local notice. A body whose level is not known reports when departments do.
JANUARY, MARCH = (1, 31), (3, 31)
GOVERNMENTS = frozenset({"province", "prefecture", "county", "township"})
_MONTHS = {1: "January", 3: "March"}
MOST_NAMES = 3  # named in a line; the catalogue has all
WIDEST = 200  # columns of a line: a robot's message has 2,048 bytes for all


def find_nothing(facts: Facts, bounds: Bounds) -> str | None:
    """Nothing was found where something was before."""
    had = facts.past.had if facts.past else None
    if had is None or facts.reports or facts.verdict not in OPEN_WAY:
        return None
    return f"no report found, and run {had.name} found {had.reports} (bound: 1)"


def find_verdict(facts: Facts, bounds: Bounds) -> str | None:
    """The verdict is not `complete`."""
    if facts.verdict == COMPLETE:
        return None
    why = f": {facts.why[0]}" if facts.why else ""
    more = f" (and {len(facts.why) - 1} more)" if len(facts.why) > 1 else ""
    return clip(f"{facts.verdict or 'none'}, wanted {COMPLETE}{why}", WIDEST - len(more)) + more


def find_doubtful(facts: Facts, bounds: Bounds) -> str | None:
    """Too large a part of the records is `partial` or `failed`: of those that this run entered, or of all that are
    there. The new ones are judged by themselves, for a new form is misread in few of many records."""
    if facts.past is None:
        return None
    for counts, which in ((facts.past.fresh, "new or changed records"), (facts.past.seen, "records found")):
        number = sum(counts.values())
        partial, failed = counts.get("partial", 0), counts.get("failed", 0)
        if number >= max(bounds.least, 1) and (partial + failed) / number > bounds.share:
            part = f"{partial} partial and {failed} failed of {number} {which}"
            return f"{part}, {(partial + failed) / number:.0%} (bound: {bounds.share:.0%})"
    return None


def find_unread(facts: Facts, bounds: Bounds) -> str | None:
    """Candidates could not be read."""
    if facts.unread <= bounds.unread:
        return None
    return f"{_count(facts.unread, 'candidate')} unread (bound: {bounds.unread})"


def find_missing_cells(facts: Facts, bounds: Bounds) -> str | None:
    """Cells that had a number in the version before have none in the one that this run entered."""
    missing = facts.past.missing if facts.past else ()
    number = sum(cells for _, cells in missing)
    if number <= bounds.cells:
        return None
    named = _name([f"{report} ({cells})" for report, cells in missing])
    return clip(
        f"{_count(number, 'cell')} missing that the version before had (bound: {bounds.cells}): {named}", WIDEST
    )


def find_reason(facts: Facts, bounds: Bounds) -> str | None:
    """The crawl did not end by a verdict."""
    return None if facts.reason in EXIT_STATUS else f"{facts.reason}, wanted a verdict"


def find_errors(facts: Facts, bounds: Bounds) -> str | None:
    """Errors in the log."""
    if facts.errors <= bounds.errors:
        return None
    return f"{_count(facts.errors, 'error')} in the log (bound: {bounds.errors})"


def find_unstored(facts: Facts, bounds: Bounds) -> str | None:
    """Archives could not be copied beyond this disk."""
    if not facts.unstored:
        return None
    return f"{_count(facts.unstored, 'archive')} could not be copied to ARCHIVE_STORE (bound: 0)"


def find_broken_off(facts: Facts, bounds: Bounds) -> str | None:
    """The run before never came to its end."""
    broken = facts.past.broken_off if facts.past else None
    return (
        None if broken is None else f"run {broken} before this one never ended: it was killed, or the machine went down"
    )


def find_silent_bodies(facts: Facts, bounds: Bounds) -> str | None:
    """Departments without the report that was due on 31 January."""
    return _find_silence(facts, bounds, JANUARY, governments=False)


def find_silent_governments(facts: Facts, bounds: Bounds) -> str | None:
    """Governments without the report that was due on 31 March."""
    return _find_silence(facts, bounds, MARCH, governments=True)


def find_overdue(day: date, due: tuple[int, int], days: int) -> tuple[int, date]:
    """The newest report year that is overdue for more than ``days``, and when it was due.

    >>> find_overdue(date(2026, 2, 16), JANUARY, 15)
    (2025, datetime.date(2026, 1, 31))
    >>> find_overdue(date(2026, 2, 15), JANUARY, 15)
    (2024, datetime.date(2025, 1, 31))
    """
    for year in (day.year, day.year - 1):
        on = date(year, *due)
        if (day - on).days > days:
            return year - 1, on
    raise ValueError(f"{days} days after a report was due the next one may be: WATCH_SILENCE_DAYS is too large")


def _find_silence(facts: Facts, bounds: Bounds, due: tuple[int, int], *, governments: bool) -> str | None:
    year, on = find_overdue(facts.day, due, bounds.days)
    asked = facts.asked_years
    if facts.past is None or (asked is not None and not asked[0] <= year <= asked[1]):
        return None
    silent: list[Body] = [
        body
        for body in facts.past.bodies
        if (body.level in GOVERNMENTS) == governments and year - 1 in body.years and year not in body.years
    ]
    if not silent:
        return None
    bodies = "bodies that" if len(silent) > 1 else "body that"
    late = f"{(facts.day - on).days} days after {on.day} {_MONTHS[on.month]} {on.year} (bound: {bounds.days})"
    named = _name([body.name for body in silent])
    return clip(f"{len(silent)} {bodies} reported on {year - 1}: no report of {year} {late}: {named}", WIDEST)


def _name(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s'[: number != 1]}"
