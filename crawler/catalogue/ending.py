"""What is entered at the end of a run besides its versions: what fails, and what does not hold across years."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from crawler.catalogue.model import Failure, YearCheck
from crawler.catalogue.store import clean, key_address, key_body, stream_records
from crawler.catalogue.years import YearsDiffer, check_years

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from crawler.catalogue.known import Finding
    from crawler.extraction.record.model import Record

# Outcomes that say nothing good of an address that failed before: a crawl that was stopped did not ask for it, or it is
# of a year that was not asked for.
_UNSETTLED = frozenset({"listed", "unread", "failed", "forbidden", "skipped"})


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. ``whole``: the feed that holds its records is whole, so that they count as delivered.

    ``outcomes`` are those of the ledger by address; ``failing`` what could not be had or read, as address →
    (outcome, reason). ``swept``: the run looked at every list to its end, so that what it did not meet is gone.
    ``full``: its feed holds all that is current. ``findings`` are the candidates that it settled itself, ``lists`` the
    lists that it paged to their end: name → digests of the first and the last page, None for one that it could not see
    whole. ``unlooked`` are addresses that it took from an earlier run's page of a list without looking. ``passed``:
    some candidates were not asked for, for they are known; what only their pages link was not met.
    """

    finished: datetime
    verdict: str
    why: tuple[str, ...] = ()
    whole: bool = True
    requests: int = 0
    bytes: int = 0
    outcomes: Mapping[str, str] = field(default_factory=dict)
    failing: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    swept: bool = True
    full: bool = False
    findings: Sequence[Finding] = ()
    lists: Mapping[str, tuple[str, str] | None] = field(default_factory=dict)
    unlooked: Collection[str] = frozenset()
    passed: bool = False


def check_portal(session: Session, portal: str) -> list[YearsDiffer]:
    """The identities across years of all bodies of a portal, over the current versions."""
    return list(check_in_order(stream_records(session, portal)))


def check_in_order(records: Iterable[Record]) -> Iterator[YearsDiffer]:
    """The identities between records that follow one another, which come by body and year."""
    before: Record | None = None
    for record in records:
        if before is not None and key_body(before) == key_body(record) and record["year"] == before["year"] + 1:
            yield from check_years(before, record)
        before = record


def write_checks(session: Session, portal_id: int, checks: Iterable[YearsDiffer]) -> None:
    """Enters the identities of a portal that do not hold, in the place of those of the run before."""
    session.execute(delete(YearCheck).where(YearCheck.portal_id == portal_id))
    session.add_all(
        YearCheck(
            portal_id=portal_id,
            rule=check.rule,
            status=check.status,
            place=dict(check.place),
            earlier=check.earlier,
            later=check.later,
            expected=check.expected,
            actual=check.actual,
        )
        for check in checks
        if check.status != "pass"
    )


def write_failures(
    session: Session, portal_id: int, ending: Ending, good: Collection[str], can_miss: Callable[[datetime], bool]
) -> None:
    """Enters what fails now, and strikes out what failed before and has succeeded since: it is among the ``good`` ones,
    or the ledger has another outcome of it, or it was not met any more by a run that would have met it (``can_miss``
    says so by the time when it failed last)."""
    known = {row.key: row for row in session.scalars(select(Failure).where(Failure.portal_id == portal_id))}
    for address, (outcome, reason) in ending.failing.items():
        key = key_address(address)
        failure = known.pop(key, None)
        if failure is None:
            failure = Failure(portal_id=portal_id, key=key, address=clean(address), times=0, first_seen=ending.finished)
            session.add(failure)
        failure.outcome, failure.reason, failure.last_seen = outcome, clean(reason), ending.finished
        failure.times += 1
    settled = {key_address(address) for address, outcome in ending.outcomes.items() if outcome not in _UNSETTLED}
    settled |= {key_address(address) for address in good}
    for key, failure in known.items():
        if key in settled or can_miss(failure.last_seen):
            session.delete(failure)
