"""What a portal's candidates and pages are kept for, and which of them are let go at the end of a run.

They only save requests: a candidate that is forgotten is asked for when a link leads to it again. So those go that
another address of the same page took the place of (a session's number in each link makes a new one in every run), and
those that nobody has met for two sweeps. What a report, a document or a failure is known by stays.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from crawler.catalogue.model import Candidate, Document, Failure, Page, Report, Run, Version
from crawler.catalogue.store import cut
from crawler.listing.identity import identify

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from crawler.catalogue.ending import Ending

FORGOTTEN = 2  # sweeps after which what was not asked for is none of the portal's any more


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The rows that are let go: of `Candidate` and of `Page`."""

    candidates: tuple[int, ...]
    pages: tuple[int, ...]


def find_forgotten(session: Session, portal_id: int, run_id: int, ending: Ending) -> Forgotten:
    """What is to be let go after a run that was entered; reads all rows of the portal, and writes none."""
    began = session.scalars(select(Run.started).where(Run.id == run_id)).one()
    known = _list_known(session, portal_id)
    before = _find_horizon(session, portal_id, ending)
    return Forgotten(*(_choose(session, table, portal_id, began, before, known) for table in (Candidate, Page)))


def forget(session: Session, forgotten: Forgotten) -> None:
    """Lets rows go."""
    for table, rows in ((Candidate, forgotten.candidates), (Page, forgotten.pages)):
        for some in cut(list(rows)):
            session.execute(delete(table).where(table.id.in_(some)))


def _choose(
    session: Session,
    table: type[Candidate | Page],
    portal_id: int,
    began: datetime,
    before: datetime | None,
    known: frozenset[str],
) -> tuple[int, ...]:
    seen = table.settled if issubclass(table, Candidate) else table.last_seen
    old = select(table.id).where(table.portal_id == portal_id, seen < began).limit(1)
    if session.scalars(old).first() is None:  # a first run has nothing to let go
        return ()
    by_name: dict[str, list[tuple[datetime, int, str]]] = defaultdict(list)
    for row, address, moment in session.execute(
        select(table.id, table.address, seen).where(table.portal_id == portal_id)
    ):
        by_name[identify(address)].append((moment, row, address))
    gone = []
    for rows in by_name.values():
        newest = max(rows)
        for moment, row, address in rows:
            replaced = moment < began <= newest[0]
            if address not in known and (replaced or (before is not None and moment < before)):
                gone.append(row)
    return tuple(gone)


def _list_known(session: Session, portal_id: int) -> frozenset[str]:
    """The addresses by which reports, the documents of their versions, and failures are known."""
    found: set[str | None] = set()
    for row in session.execute(
        select(Report.address, Report.candidate, Report.landing).where(Report.portal_id == portal_id)
    ):
        found |= set(row)
    documents = select(Document.address).join(Version, Version.sha256 == Document.sha256)
    found |= set(session.scalars(documents.where(Document.portal_id == portal_id)))
    found |= set(session.scalars(select(Failure.address).where(Failure.portal_id == portal_id)))
    return frozenset(one for one in found if one is not None)


def _find_horizon(session: Session, portal_id: int, ending: Ending) -> datetime | None:
    """The moment before which what was met last is forgotten; None where this run did not see all there is. However
    seldom runs are, two that were complete lie behind it."""
    if ending.verdict != "complete" or not ending.swept or ending.sweep is None:
        return None
    chosen = (
        select(Run.started)
        .where(Run.portal_id == portal_id, Run.verdict == "complete")
        .order_by(Run.id.desc())
        .limit(FORGOTTEN)
    )
    runs = list(session.scalars(chosen))
    return min(*runs, ending.finished - FORGOTTEN * ending.sweep) if len(runs) == FORGOTTEN else None
