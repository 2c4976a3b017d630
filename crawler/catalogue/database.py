"""The database behind the catalogue: how it is opened, made and brought up to date, and what its errors mean."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from importlib.resources import files
from json import JSONDecodeError
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine, create_engine, event, func, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from crawler.catalogue.errors import CatalogueError, NoCatalogueError
from crawler.catalogue.model import SCHEMA, SCHEMA_TABLE, Base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

PATIENCE = 30  # seconds to wait for another process that writes; each write takes milliseconds
REACH = 10  # seconds to wait for a server
MIGRATIONS = "crawler.catalogue.migrations"
# Any number, the same in every process: who brings a schema up to date holds this lock of PostgreSQL's.
_UPGRADE = 2019_2021

_DAMAGED = "damaged; put back a backup, or move it away and a new one is made"
# What SQLite says → what it means and what to do.
_SQLITE = {
    "locked": "locked by another process for too long; see what holds it open, and run again",
    "busy": "locked by another process for too long; see what holds it open, and run again",
    "readonly": "read-only; it and its folder must be writable",
    "read-only": "read-only; it and its folder must be writable",
    "unable to open": "cannot be opened; its folder must be there and writable",
    "not a database": "no SQLite database, or damaged; put back a backup, or move it away and a new one is made",
    "malformed": _DAMAGED,
    "decode": _DAMAGED,
    "full": "the disk is full; make room and run again",
    "disk i/o": "the disk failed, or is full; make room and run again",
}


def find_url(setting: str | None, data_dir: Path) -> URL:
    """The setting ``CATALOGUE_URL`` as an address; None means ``catalogue.sqlite`` under ``data_dir``.

    Raises:
        CatalogueError: it is none, or of a database that is not supported.
    """
    try:
        url = make_url(setting) if setting else URL.create("sqlite", database=str(data_dir / "catalogue.sqlite"))
    except (ArgumentError, ValueError):
        raise CatalogueError(
            "CATALOGUE_URL is no address of a database: write sqlite:////srv/nianbao/catalogue.sqlite or "
            "postgresql+psycopg://user:password@host/database"
        ) from None
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise CatalogueError(f"CATALOGUE_URL: {url.get_backend_name()}: the catalogue is kept in sqlite or postgresql")
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        raise CatalogueError("CATALOGUE_URL names no file: a catalogue in memory would be gone after the run")
    return url


def name(url: URL) -> str:
    """What messages call a catalogue: its file, or its server without the password."""
    if url.get_backend_name() == "sqlite":
        return f"catalogue {find_path(url)}"
    return f"catalogue {url.set(query={}).render_as_string(hide_password=True)}"


def connect(url: URL) -> Engine:
    """An engine for the catalogue at ``url``; nothing is opened yet.

    A connection with the execution option ``writes`` begins with the right to write: SQLite gives up at once where a
    transaction that has read wants to write while another one does.

    Raises:
        CatalogueError: the driver is not installed.
    """
    sqlite = url.get_backend_name() == "sqlite"
    own = {"timeout": PATIENCE} if sqlite else {"connect_timeout": REACH}
    given = {key: value for key, value in own.items() if key not in url.query}
    try:
        engine = create_engine(url, connect_args=given, pool_pre_ping=not sqlite, json_serializer=write_json)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise CatalogueError(
            f"{name(url)}: {error}; PostgreSQL needs nianbao[postgres] and postgresql+psycopg://…"
        ) from None
    except (ArgumentError, TypeError) as error:
        raise CatalogueError(f"{name(url)}: {error}") from None
    if sqlite:

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _: object) -> None:
            connection.isolation_level = None  # the driver's own ideas of when to begin leave out DDL
            connection.execute("PRAGMA foreign_keys=ON")
            # With a write-ahead log a killed process loses nothing; what a power failure loses is delivered again.
            connection.execute("PRAGMA synchronous=NORMAL")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            writes = connection.get_execution_options().get("writes")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def write_json(value: Any) -> str:
    """JSON as the feed has it: readable in the database too, and half as long as with escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def explain(url: URL) -> Iterator[None]:
    """Turns what the database says into a `CatalogueError` of one line."""
    try:
        yield
    except DBAPIError as error:
        raise CatalogueError(f"{name(url)}: {_describe(url, error)}") from error
    except JSONDecodeError as error:
        raise CatalogueError(f"{name(url)}: {_DAMAGED}") from error


def _describe(url: URL, error: DBAPIError) -> str:
    said = " ".join(str(error.orig).split()) or type(error.orig).__name__
    if url.get_backend_name() == "sqlite":
        lower = said.lower()
        return next((meaning for sign, meaning in _SQLITE.items() if sign in lower), said)
    if isinstance(error, OperationalError):
        return f"cannot be reached: {said[:300]}"
    return said[:300]


def prepare(engine: Engine, *, create: bool = True) -> None:
    """Makes the schema where there is none, and brings an older one up to date. Several processes may try at once.

    Raises:
        NoCatalogueError: there is none, and ``create`` is False.
        CatalogueError: the database is another program's, or of a newer version of this one; nothing is changed.
    """
    url = engine.url
    if url.get_backend_name() == "sqlite":
        _make_folder(url, create=create)
    with explain(url):
        with engine.connect() as connection:
            current = _read_schema(connection)
        if current == SCHEMA:
            return
        if current is None and not create:
            raise NoCatalogueError(f"{name(url)}: not there yet; the first crawl makes it")
        if current is None and url.get_backend_name() == "sqlite":
            _log_ahead(engine)
        with engine.execution_options(writes=True).begin() as connection:
            if url.get_backend_name() == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE)))
            if (current := _read_schema(connection)) != SCHEMA:
                _upgrade(connection, current)


def find_path(url: URL) -> Path:
    """The file of a SQLite database; ``file:/srv/catalogue.sqlite`` is one too (with ``uri=true``)."""
    database = str(url.database)
    return Path(unquote(urlsplit(database).path) if url.query.get("uri") else database)


def _make_folder(url: URL, *, create: bool) -> None:
    path = find_path(url)
    if not create and not path.exists():
        raise NoCatalogueError(f"{name(url)}: not there yet; the first crawl makes it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CatalogueError(f"{name(url)}: cannot be made: {error.strerror}") from None


def _log_ahead(engine: Engine) -> None:
    """Has SQLite keep a write-ahead log, so that readers and a writer do not wait for one another. It stays so."""
    for _ in range(PATIENCE * 20):  # SQLite does not wait here by itself
        try:
            with engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[union-attr]
        except Exception as error:  # of the driver, not of SQLAlchemy
            if "locked" not in str(error):
                break  # the transaction that follows says what it is
            sleep(0.05)
        else:
            break


def _read_schema(connection: Connection) -> str | None:
    """The revision of a database, or None for an empty one."""
    tables = set(inspect(connection).get_table_names())
    if SCHEMA_TABLE.name not in tables:
        foreign = tables if connection.dialect.name == "sqlite" else tables & Base.metadata.tables.keys()
        if foreign:
            one = min(foreign)
            raise CatalogueError(f"{name(connection.engine.url)}: holds the table {one} and is no catalogue of Nianbao")
        return None
    return connection.execute(select(SCHEMA_TABLE.c.version_num)).scalar_one_or_none()


def _upgrade(connection: Connection, current: str | None) -> None:
    # Alembic takes a quarter of a second to import, and most runs find the schema as it should be.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _find_migrations() as folder:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if current is not None and current not in known:
            raise CatalogueError(
                f"{name(connection.engine.url)}: made by a newer version of Nianbao (schema {current}, this one knows "
                f"{SCHEMA}); upgrade, or name another with CATALOGUE_URL"
            )
        command.upgrade(config, "head")


@contextmanager
def _find_migrations() -> Iterator[Path]:
    """The folder of the migrations; a copy of it where the program runs from an archive (an egg, say)."""
    package = files(MIGRATIONS)
    if isinstance(package, Path):
        yield package
        return
    with TemporaryDirectory() as copy:
        (Path(copy) / "versions").mkdir()
        for folder in ("", "versions"):
            for entry in package.joinpath(folder).iterdir():
                if entry.name.endswith(".py"):
                    (Path(copy) / folder / entry.name).write_bytes(entry.read_bytes())
        yield Path(copy)
