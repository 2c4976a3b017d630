"""What the catalogue says of a run and of those before it, for the monitors. Only reads."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from crawler.catalogue.changes import compare_cells
from crawler.catalogue.model import Portal, Report, Run, Version
from crawler.catalogue.store import read_record
from crawler.watching.model import Body, EarlierRun, Past

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from crawler.catalogue.store import Catalogue
    from crawler.extraction.record.model import Record


def look_back(catalogue: Catalogue, portal: str, name: str) -> Past:
    """What is known at the end of the run ``name`` of a portal. A run that the catalogue does not know has no past.

    Raises:
        CatalogueError: it cannot be read.
    """
    with catalogue.read() as session:
        run = session.scalars(select(Run).join(Run.portal).where(Portal.name == portal, Run.name == name)).first()
        if run is None:
            return Past()
        earlier = session.scalars(
            select(Run).where(Run.portal_id == run.portal_id, Run.id < run.id).order_by(Run.id.desc())
        ).all()
        # JSON is compared here: PostgreSQL has no equality for it.
        had = next((one for one in earlier if one.reports and (one.asked, one.years) == (run.asked, run.years)), None)
        return Past(
            before=next((one.name for one in earlier if one.finished is not None), None),
            broken_off=earlier[0].name if earlier and earlier[0].finished is None else None,
            had=None if had is None else EarlierRun(had.name, had.reports),
            reports=None if run.finished is None else run.reports,
            seen=_count_seen(session, run),
            fresh=_count_fresh(session, run),
            missing=_find_missing(session, run),
            bodies=_find_bodies(session, run.portal_id),
        )


def _count_seen(session: Session, run: Run) -> dict[str, int]:
    """The reports that a run saw, by the confidence of their current versions."""
    counted = (
        select(Version.confidence, func.count())
        .join(Version.report)
        .where(Report.last_run_id == run.id, Report.vanished.is_(None), Version.n == Report.n)
        .group_by(Version.confidence)
    )
    return dict(session.execute(counted).all())


def _count_fresh(session: Session, run: Run) -> dict[str, int]:
    """The versions that a run entered, by confidence."""
    counted = select(Version.confidence, func.count()).where(Version.found_id == run.id).group_by(Version.confidence)
    return dict(session.execute(counted).all())


def _find_missing(session: Session, run: Run) -> tuple[tuple[str, int], ...]:
    """The reports of which a run entered a version that lacks cells, the most cells first."""
    changed = session.execute(
        select(Version.id, Version.report_id, Version.n).where(Version.found_id == run.id, Version.n > 1)
    ).all()
    missing: Counter[str] = Counter()
    for version_id, report_id, n in changed:  # one by one: a new parser may have changed thousands
        before = session.scalars(select(Version).where(Version.report_id == report_id, Version.n == n - 1)).one()
        now = session.get_one(Version, version_id)
        if number := count_missing(read_record(now), read_record(before)):
            missing[now.record["report_id"]] += number
        session.expunge_all()
    return tuple(missing.most_common())


def count_missing(record: Record, before: Record) -> int:
    """How many cells had a number in the version before and have none now: they are blank, or not printed at all."""
    return sum(row.get("old") is not None and row.get("new") is None for row in compare_cells(record, before))


def _find_bodies(session: Session, portal_id: int) -> tuple[Body, ...]:
    """The bodies of a portal by name, with the years of their reports, vanished ones too: they were published."""
    years: dict[str, set[int]] = {}
    for key, year in session.execute(select(Report.body_key, Report.year).where(Report.portal_id == portal_id)):
        years.setdefault(key, set()).add(year)
    newest = (
        select(Report.body_key, func.max(Report.year).label("year"))
        .where(Report.portal_id == portal_id)
        .group_by(Report.body_key)
        .subquery()
    )
    described = (
        select(Report.body_key, Report.body, Version.record["agency"]["level"].as_string())
        .join(newest, and_(Report.body_key == newest.c.body_key, Report.year == newest.c.year))
        .join(Version, and_(Version.report_id == Report.id, Version.n == Report.n))
        .where(Report.portal_id == portal_id)
    )
    bodies = (Body(key, name or key, level, frozenset(years[key])) for key, name, level in session.execute(described))
    return tuple(sorted(bodies, key=lambda body: (body.name, body.key)))
