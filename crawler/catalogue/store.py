"""The catalogue: opened, read and written in short transactions, and described."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawler.catalogue.database import connect, explain, find_url, name, prepare
from crawler.catalogue.locks import REPARSE, find_holder
from crawler.catalogue.model import Failure, Portal, Report, Run, Version, YearCheck
from crawler.listing.identity import identify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from crawler.extraction.record.model import Record

MOST = 500  # values in one statement; SQLite's limit is in the thousands


def open_catalogue(url: str | None, data_dir: Path, *, create: bool = True) -> Catalogue:
    """The catalogue at ``url`` (the setting ``CATALOGUE_URL``; None for the file under ``data_dir``).

    Makes it where there is none, unless ``create`` is False, and brings an older one up to date.

    Raises:
        NoCatalogueError: there is none, and none was to be made.
        CatalogueError: it cannot be used; one line says why and what to do.
    """
    engine = connect(find_url(url, data_dir))
    try:
        prepare(engine, create=create)
    except BaseException:
        engine.dispose()
        raise
    return Catalogue(engine)


class Catalogue:
    """An open catalogue. Its sessions raise `CatalogueError`, and end before anything else is waited for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = name(engine.url)
        self._writer = engine.execution_options(writes=True)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads."""
        with explain(self.engine.url), Session(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that is committed at the end of the block, or not at all."""
        with explain(self.engine.url), Session(self._writer) as session, session.begin():
            yield session

    def find_records(self, portal: str) -> Iterator[Record]:
        """The current version of each report of a portal, vanished ones too, by body and year."""
        with self.read() as session:
            yield from stream_records(session, portal)

    def describe(self) -> list[dict[str, Any]]:
        """Each portal with its last run, as plain data, by name: see `describe_portals`."""
        with self.read() as session:
            rows = describe_portals(session)
        for row in rows:
            if row["last"] is not None and row["last"]["finished"] is None:
                row["last"]["verdict"] = "running" if self._is_crawled(row["portal"]) else "unfinished"
        return rows

    def _is_crawled(self, portal: str) -> bool:
        """Whether a run of a portal is under way, and not only a reading of its archives."""
        who = find_holder(self.engine, portal)
        return who is not None and not who.startswith(REPARSE)


def stream_records(session: Session, portal: str) -> Iterator[Record]:
    """As `Catalogue.find_records`, within a session."""
    chosen = (
        select(Version)
        .join(Version.report)
        .join(Portal, Portal.id == Report.portal_id)
        .where(Portal.name == portal, Version.n == Report.n)
        .order_by(Report.body_key, Report.year)
        .execution_options(yield_per=20)
    )
    for version in session.scalars(chosen):
        yield read_record(version)


def describe_portals(session: Session) -> list[dict[str, Any]]:
    """Each portal as plain data, by name: ``last`` run (``verdict`` is null while it has none), ``reports`` that are
    there and that ``vanished``, versions ``waiting`` for a feed, what is ``failing``, and ``checks`` across years that
    do not hold. A few statements for all portals together: there may be thousands."""
    newest = select(func.max(Run.id)).group_by(Run.portal_id)
    last = {run.portal_id: run for run in session.scalars(select(Run).where(Run.id.in_(newest)))}
    counted = select(Report.portal_id, func.count(), func.count(Report.vanished)).group_by(Report.portal_id)
    reports = {portal: (number, gone) for portal, number, gone in session.execute(counted)}
    undelivered = (
        select(Report.portal_id, func.count())
        .select_from(Version)
        .join(Version.report)
        .where(Version.delivered_id.is_(None))
        .group_by(Report.portal_id)
    )
    waiting: dict[int, int] = dict(session.execute(undelivered).all())
    failing: dict[int, list[dict[str, Any]]] = {}
    for failure in session.scalars(select(Failure).order_by(Failure.id)):
        failing.setdefault(failure.portal_id, []).append(_describe_failure(failure))
    checks: dict[int, list[dict[str, Any]]] = {}
    for check in session.scalars(select(YearCheck).order_by(YearCheck.id)):
        checks.setdefault(check.portal_id, []).append(_describe_check(check))
    rows = []
    for portal in session.scalars(select(Portal).order_by(Portal.name)):
        run, (number, gone) = last.get(portal.id), reports.get(portal.id, (0, 0))
        rows.append(
            {
                "portal": portal.name,
                "body": portal.body,
                "code": portal.division_code,
                "last": None if run is None else _describe_run(run),
                "reports": number - gone,
                "vanished": gone,
                "waiting": waiting.get(portal.id, 0),
                "failing": failing.get(portal.id, []),
                "checks": checks.get(portal.id, []),
            }
        )
    return rows


def _describe_failure(failure: Failure) -> dict[str, Any]:
    return {
        "url": failure.address,
        "outcome": failure.outcome,
        "reason": failure.reason,
        "since": write_time(failure.first_seen),
        "times": failure.times,
    }


def _describe_check(check: YearCheck) -> dict[str, Any]:
    return {
        "rule": check.rule,
        "status": check.status,
        "where": check.place,
        "reports": [check.earlier, check.later],
        "expected": _plain(check.expected),
        "actual": _plain(check.actual),
    }


def _describe_run(run: Run) -> dict[str, Any]:
    return {
        "run": run.name,
        "started": write_time(run.started),
        "finished": None if run.finished is None else write_time(run.finished),
        "verdict": run.verdict,
        "why": run.why,
        "delivered": run.whole,
        "requests": run.requests,
        "bytes": run.bytes,
        "reports": run.reports,
        "new": run.new,
        "changed": run.changed,
        "same": run.same,
        "vanished": run.vanished,
    }


def read_record(version: Version) -> Record:
    """The record of a version, seen last when the catalogue says."""
    record: Record = version.record
    return {**record, "version": {**record["version"], "last_seen": write_time(version.last_seen)}}


def key_address(address: str) -> str:
    """The SHA-256 of an address, which may be too long for an index."""
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()


def name_pages(addresses: Iterable[str]) -> frozenset[str]:
    """The names of the pages behind some addresses: a page has several (`crawler.listing.identity`)."""
    return frozenset(map(identify, addresses))


def key_body(record: Record) -> str:
    """What the reports of one body have in common: their id without the year."""
    return str(record["report_id"]).removesuffix(f"-{record['year']}")


def clean(text: str) -> str:
    """A text from a stranger as every database takes it: PostgreSQL has no U+0000, and UTF-8 no half of a pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def cut(values: list[Any]) -> Iterator[list[Any]]:
    """Values in lots that one statement takes."""
    return (values[start : start + MOST] for start in range(0, len(values), MOST))


def read_time(text: str) -> datetime:
    """A record's time as a moment."""
    return datetime.fromisoformat(text)


def write_time(moment: datetime) -> str:
    """A moment as records have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(number: float) -> float:
    """A whole number without its fraction, as records have it."""
    return int(number) if float(number).is_integer() else number
