"""What is entered at the end of a run besides its versions: what fails, and what does not hold across years."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from crawler.catalogue.model import Failure, YearCheck
from crawler.catalogue.store import clean, key_address, key_body, stream_records
from crawler.catalogue.years import YearsDiffer, check_years
from crawler.listing.identity import identify

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from crawler.catalogue.ending import Ending
    from crawler.extraction.record.model import Record

# Outcomes that say nothing good of an address that failed before: a crawl that was stopped did not ask for it, or it is
# of a year that was not asked for.
_UNSETTLED = frozenset({"listed", "unread", "failed", "forbidden", "skipped"})


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
    # By the name of the page: a session's number in its links gives it another address in every run.
    known: dict[str, list[Failure]] = defaultdict(list)
    for row in session.scalars(select(Failure).where(Failure.portal_id == portal_id).order_by(Failure.id)):
        known[_name(row.address)].append(row)
    same = {row.key: row for rows in known.values() for row in rows}
    taken = {address: same.get(key_address(address)) for address in ending.failing}
    for address, row in taken.items():
        if row is not None:
            known[_name(address)].remove(row)
    for address, (outcome, reason) in ending.failing.items():
        rows = known[_name(address)]
        failure = taken[address] or (rows.pop(0) if rows else None)
        if failure is None:
            failure = Failure(portal_id=portal_id, times=0, first_seen=ending.finished)
            session.add(failure)
        failure.key, failure.address = key_address(address), clean(address)
        failure.outcome, failure.reason, failure.last_seen = outcome, clean(reason), ending.finished
        failure.times += 1
    settled = {_name(address) for address, outcome in ending.outcomes.items() if outcome not in _UNSETTLED}
    settled |= {_name(address) for address in good}
    for name, rows in known.items():
        for failure in rows:
            if name in settled or can_miss(failure.last_seen):
                session.delete(failure)


def _name(address: str) -> str:
    """The name of the page behind an address, as rows have it."""
    return identify(clean(address))
