"""The reports of a portal as they are read anew from the archive: found, held against the catalogue, and entered."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crawler.catalogue.errors import PortalBusyError
from crawler.catalogue.faults import check_in_order, check_portal, write_checks
from crawler.catalogue.locks import REPARSE, hold, name_process
from crawler.catalogue.model import Document, Portal, Report, Version
from crawler.catalogue.run import describe_holder, make_version, note_documents
from crawler.catalogue.store import cut, read_record
from crawler.catalogue.versions import LastVersion, decide, digest_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from crawler.catalogue.store import Catalogue
    from crawler.catalogue.versions import Decision
    from crawler.catalogue.years import YearsDiffer
    from crawler.extraction.record.model import Record

LOT = 20  # records in memory at once, besides those that are being read


@dataclass(frozen=True, slots=True)
class PortalFacts:
    """A portal of the catalogue."""

    id: int
    name: str
    body: str | None
    division_code: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A current version, ``record``, and what its reading may ask for besides its documents: what the list called the
    report (``link``), and whose list it was. ``places`` are further places in the archives (``{"file", "offset"}``)
    where a document with that SHA-256 stands."""

    version_id: int
    record: Record
    link: str | None
    listed: str | None
    places: Mapping[str, dict[str, Any]]


def find_portals(catalogue: Catalogue) -> list[PortalFacts]:
    """All portals, by name."""
    with catalogue.read() as session:
        portals = session.scalars(select(Portal).order_by(Portal.name))
        return [PortalFacts(one.id, one.name, one.body, one.division_code) for one in portals]


@contextmanager
def hold_portal(catalogue: Catalogue, portal: str) -> Iterator[None]:
    """Keeps all runs off a portal.

    Raises:
        PortalBusyError: a run of it is under way.
    """
    give_back = hold(catalogue.engine, portal, f"{REPARSE} {name_process()}")
    if give_back is None:
        raise PortalBusyError(describe_holder(catalogue, portal))
    try:
        yield
    finally:
        give_back()


def list_versions(catalogue: Catalogue, portal: PortalFacts, years: tuple[int, int] | None) -> list[int]:
    """The current versions of a portal's reports (vanished ones too), of all years or from a first to a last one, in
    the order in which their documents stand in the archives. A few words a report: all of a portal fit in memory."""
    chosen = (
        select(Version.id, Document.archive)
        .join(Version.report)
        .outerjoin(Document, (Document.portal_id == Report.portal_id) & (Document.sha256 == Version.sha256))
        .where(Report.portal_id == portal.id, Version.n == Report.n)
        .execution_options(yield_per=1000)
    )
    if years is not None:
        chosen = chosen.where(Report.year.between(*years))
    with catalogue.read() as session:
        found = sorted(
            ((place or {}).get("file", ""), (place or {}).get("offset", 0), version)
            for version, place in session.execute(chosen)
        )
    return [version for _, _, version in found]


def load_versions(catalogue: Catalogue, portal: PortalFacts, versions: Sequence[int]) -> Iterator[Kept]:
    """Versions by their ids, in that order, a few in memory at once."""
    for start in range(0, len(versions), LOT):
        some = versions[start : start + LOT]
        with catalogue.read() as session:
            chosen = select(Version).options(joinedload(Version.report)).where(Version.id.in_(some))
            rows = {version.id: version for version in session.scalars(chosen)}
            records = {one: read_record(rows[one]) for one in some}
            digests = {
                source["sha256"]
                for record in records.values()
                for source in (record["source"], *record["source"]["parts"])
            }
            places = _find_places(session, portal, sorted(digests))
            kept = [
                Kept(one, record, rows[one].report.link, rows[one].report.listed, places)
                for one, record in records.items()
            ]
        yield from kept


def _find_places(session: Session, portal: PortalFacts, digests: list[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for some in cut(digests):
        chosen = select(Document.sha256, Document.archive).where(
            Document.portal_id == portal.id, Document.sha256.in_(some), Document.archive.is_not(None)
        )
        found |= {digest: place for digest, place in session.execute(chosen) if place}
    return found


def judge(record: Record, before: Record) -> Decision:
    """What a reading of the very documents of a version is beside it: a new version (``reading``), or the same."""
    version = before["version"]
    return decide(record, LastVersion(version["n"], before, digest_documents(record), version["last_seen"]))


def check_readings(
    catalogue: Catalogue, portal: PortalFacts, bodies: Iterable[str], find: Callable[[str], Record | None]
) -> Iterator[tuple[list[YearsDiffer], list[YearsDiffer]]]:
    """The identities across years of each of some bodies (by `key_body`), as the catalogue has them, and as they would
    be with what ``find`` gives for a report's id in the place of the catalogue's version."""
    for body in bodies:
        chosen = (
            select(Version)
            .join(Version.report)
            .where(Report.portal_id == portal.id, Report.body_key == body, Version.n == Report.n)
            .order_by(Report.year)
        )
        with catalogue.read() as session:
            records = [read_record(version) for version in session.scalars(chosen)]
        newer = (find(record["report_id"]) or record for record in records)
        yield list(check_in_order(records)), list(check_in_order(newer))


def store_readings(catalogue: Catalogue, portal: PortalFacts, readings: Iterable[tuple[int, Record]]) -> int:
    """Enters new versions, each with the id of the version it supersedes; gives their number. They wait for the next
    feed. The portal is to be held since those versions were listed, so that they still are the current ones."""
    stored = 0
    lot: list[tuple[int, Record]] = []
    for one in readings:
        lot.append(one)
        if len(lot) == LOT:
            stored += _store_lot(catalogue, portal, lot)
            lot = []
    return stored + _store_lot(catalogue, portal, lot)


def _store_lot(catalogue: Catalogue, portal: PortalFacts, lot: list[tuple[int, Record]]) -> int:
    """In one transaction that is soon over, for other processes wait for its end. What a killed process has entered is
    whole, and the rest is read anew by the next one."""
    if not lot:
        return 0
    with catalogue.write() as session:
        for version_id, record in lot:
            version = session.get_one(Version, version_id, options=[joinedload(Version.report)])
            report = version.report
            if report.n != version.n or record["version"]["n"] != version.n + 1:
                raise ValueError(f"{report.report_id}: version {version.n} is not the current one")
            if report.digest == digest_documents(version.record):  # else another copy of it was seen last
                report.digest = digest_documents(record)
            report.n = record["version"]["n"]
            report.body = record["agency"]["name"]
            session.add(make_version(report, record, version.found_id))
            note_documents(session, portal.id, record)
    return len(lot)


def renew_checks(catalogue: Catalogue, portal: PortalFacts) -> None:
    """Works out the identities across years of a portal, and enters those that do not hold."""
    with catalogue.read() as session:
        checks = check_portal(session, portal.name)
    with catalogue.write() as session:
        write_checks(session, portal.id, checks)
