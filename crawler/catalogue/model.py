"""What is known across runs, as tables.

All times are UTC. Rows of a portal are written only by the run that holds the portal (`crawler.catalogue.locks`), so
that two processes never write the same row. A change here needs a migration, and `SCHEMA` is the name of the newest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

SCHEMA = "0003"
"""The revision that this program writes and reads (see `crawler.catalogue.migrations`)."""
SCHEMA_TABLE = Table("catalogue_schema", MetaData(), Column("version_num", String(32)))
"""Where a database says which revision it has; not Alembic's own name, for a PostgreSQL schema may serve others too."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its zone, UTC. SQLite keeps none, so it is taken off there and put on again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    # Named by rule, so that a migration can name what it changes.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, str: Text}


class Portal(Base):
    """A portal by what its records call it."""

    __tablename__ = "portals"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    body: Mapped[str | None]
    division_code: Mapped[str | None]


class Run(Base):
    """One crawl of a portal. Without ``finished`` it is under way, or was killed.

    ``asked`` are the addresses it began with, ``years`` ``[first, last]`` or null for all. ``verdict`` and ``why`` are
    those of run.json. ``reports`` were seen; of them ``new`` and ``changed`` had a version that was not known, and the
    others were the ``same``; ``vanished`` were not seen any more. ``whole``: its feed was, so what it holds counts as
    delivered.
    """

    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("portal_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    name: Mapped[str]
    process: Mapped[str]
    started: Mapped[datetime]
    finished: Mapped[datetime | None]
    asked: Mapped[list[str]] = mapped_column(JSON)
    years: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    verdict: Mapped[str | None]
    why: Mapped[list[str]] = mapped_column(JSON)
    whole: Mapped[bool] = mapped_column(default=False)
    requests: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    reports: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    vanished: Mapped[int] = mapped_column(default=0)

    portal: Mapped[Portal] = relationship()


class Page(Base):
    """An address that was asked for, with what it takes to ask again conditionally; ``changed`` is when its ``sha256``
    was last another. ``steady``: its validators were the same as the time before, None where it was seen but once.
    ``key`` is the SHA-256 of the address, which may be too long for an index."""

    __tablename__ = "pages"
    __table_args__ = (UniqueConstraint("portal_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    key: Mapped[str] = mapped_column(String(64))
    address: Mapped[str]
    status: Mapped[int]
    etag: Mapped[str | None]
    modified: Mapped[str | None]
    steady: Mapped[bool | None]
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    changed: Mapped[datetime]


class Candidate(Base):
    """An address that could be a report, as the last run that looked settled it, at ``settled``.

    ``text`` is what the link said, ``found_on`` the page with the link, ``parent`` the candidate whose page that is;
    null where it is a list. ``outcome`` and ``reason`` are those of the ledger.
    """

    __tablename__ = "candidates"
    __table_args__ = (UniqueConstraint("portal_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    key: Mapped[str] = mapped_column(String(64))
    address: Mapped[str]
    text: Mapped[str]
    found_on: Mapped[str]
    parent: Mapped[str | None]
    year: Mapped[int | None]
    outcome: Mapped[str]
    reason: Mapped[str]
    settled: Mapped[datetime]


class ReportList(Base):
    """A list by the ``name`` of its first page, and digests of what its ``first`` and its ``last`` page said when it
    was paged to its end, at ``swept``."""

    __tablename__ = "lists"
    __table_args__ = (UniqueConstraint("portal_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    first: Mapped[str]
    last: Mapped[str]
    swept: Mapped[datetime]


class Document(Base):
    """A document by its digest, and where it stands in the archives."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("portal_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    address: Mapped[str]
    media_type: Mapped[str]
    bytes: Mapped[int]
    archive: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]


class Report(Base):
    """A report on a portal; ``n`` is its current version.

    ``body_key`` is its ``report_id`` without the year. ``digest`` is that of its documents as they were last seen
    (`crawler.catalogue.versions.digest_documents`), which may have changed without the report. ``address`` is that of
    its document, ``candidate`` the one under which the ledger had it. ``link`` is what the list called it, ``listed``
    the body whose list it stands on: both may have a say in how it is read. ``vanished`` is when it was missed for the
    first time; null while it is there.
    """

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("portal_id", "report_id"), Index(None, "portal_id", "body_key", "year"))

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    report_id: Mapped[str]
    body_key: Mapped[str]
    body: Mapped[str | None]
    year: Mapped[int]
    address: Mapped[str]
    landing: Mapped[str]
    candidate: Mapped[str | None]
    link: Mapped[str | None]
    listed: Mapped[str | None]
    n: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    last_run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    vanished: Mapped[datetime | None]

    last_run: Mapped[Run] = relationship()


class Version(Base):
    """A version of a report: its whole record, as it was first written. ``found_id`` is the run that brought its
    documents, from which it may have been read much later. ``delivered_id`` is the run whose feed was the first to hold
    it and be whole; null until there is one."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("report_id", "n"), Index(None, "delivered_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    n: Mapped[int]
    reason: Mapped[str]
    content_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    parser: Mapped[str]
    confidence: Mapped[str]
    record: Mapped[dict[str, Any]] = mapped_column(JSON)
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    found_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    delivered_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))

    report: Mapped[Report] = relationship()
    found: Mapped[Run] = relationship(foreign_keys="Version.found_id")


class Failure(Base):
    """An address that could not be had or read: listed until it succeeds, or until a complete run no longer meets it.

    ``outcome`` is one of the ledger's, or ``unseen`` for a list or channel. ``times`` counts the runs it failed in.
    """

    __tablename__ = "failures"
    __table_args__ = (UniqueConstraint("portal_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    key: Mapped[str] = mapped_column(String(64))
    address: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str]
    times: Mapped[int]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]


class YearCheck(Base):
    """An identity across two years of one body that does not hold, as it stood at the end of the portal's last run.

    ``status`` is ``fail`` or ``remark``; ``place`` the table with row or column, as a record's checks have it.
    """

    __tablename__ = "year_checks"
    __table_args__ = (Index(None, "portal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    rule: Mapped[str]
    status: Mapped[str]
    place: Mapped[dict[str, str]] = mapped_column(JSON)
    earlier: Mapped[str]
    later: Mapped[str]
    expected: Mapped[float]
    actual: Mapped[float]
