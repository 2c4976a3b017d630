"""Which portals want a crawl, by the catalogue; and what it says of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from crawler.catalogue.locks import is_held
from crawler.catalogue.model import Failure, Portal, Run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from crawler.catalogue.store import Catalogue

NEVER = "never crawled"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run found, as the catalogue has it; ``failing`` are the addresses that its portal has failing now."""

    reports: int
    new: int
    changed: int
    same: int
    vanished: int
    failing: int


def find_due(
    catalogue: Catalogue, portals: Iterable[tuple[str, tuple[str, ...]]], now: datetime, days: float
) -> dict[str, str | None]:
    """Why each of the portals (name and addresses) is due, in a few words; None where it is not. One that is being
    crawled, or read anew, is none: a second crawl would be sent away."""
    with catalogue.read() as session:
        reasons = {name: _find_reason(session, name, addresses, now, days) for name, addresses in portals}
    return {
        name: None if reason is None or is_held(catalogue.engine, name) else reason for name, reason in reasons.items()
    }


def _find_reason(session: Session, name: str, addresses: tuple[str, ...], now: datetime, days: float) -> str | None:
    runs = session.scalars(
        select(Run)
        .join(Run.portal)
        .where(Portal.name == name, Run.years.is_(None))
        .order_by(Run.id.desc())
        .execution_options(yield_per=10)
    )
    # A run of some years, or from another address, says nothing of the whole portal.
    run = next((run for run in runs if tuple(run.asked) == addresses), None)
    if run is None:
        return NEVER
    if run.finished is None:
        return "its last run never ended"
    age = abs(now - run.finished)  # by a clock that was ahead it may lie in the future
    if age >= timedelta(days=days):
        return f"crawled {age.days} days ago"
    if run.verdict == "blocked":  # who refuses is left alone meanwhile
        return None
    if run.verdict != "complete":
        return f"its last run was {run.verdict}"
    if not run.whole:
        return "its last feed was not whole"
    failing = _count_failing(session, name)
    return f"{failing} addresses failing" if failing else None


def read_counts(catalogue: Catalogue, runs: Iterable[tuple[str, str]]) -> dict[str, Counts]:
    """What the catalogue has of runs (portal and name), by portal; without those that it does not know or that never
    ended."""
    found = {}
    with catalogue.read() as session:
        for portal, name in runs:
            run = session.scalars(
                select(Run).join(Run.portal).where(Portal.name == portal, Run.name == name, Run.finished.is_not(None))
            ).first()
            if run is not None:
                failing = _count_failing(session, portal)
                found[portal] = Counts(run.reports, run.new, run.changed, run.same, run.vanished, failing)
    return found


def _count_failing(session: Session, portal: str) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Failure)
            .join(Portal, Portal.id == Failure.portal_id)
            .where(Portal.name == portal)
        )
        or 0
    )
