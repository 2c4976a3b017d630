"""A catalogue that cannot be used: one clear line, and nothing damaged. And one that the migrations make."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, text, update
from sqlalchemy.engine import make_url

from crawler.catalogue.database import connect, find_url, name
from crawler.catalogue.errors import CatalogueError, NoCatalogueError
from crawler.catalogue.model import SCHEMA, SCHEMA_TABLE, Base
from crawler.catalogue.store import Catalogue, open_catalogue
from tests.catalogue.records import make_record
from tests.catalogue.runs import crawl, open_run
from tests.test_rooms import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def read_schema(catalogue: Catalogue) -> list[str]:
    with catalogue.read() as session:
        return list(session.scalars(SCHEMA_TABLE.select()))


def test_migrations_make_what_the_model_says(url: str, tmp_path: Path) -> None:
    with pytest.raises(NoCatalogueError, match="not there yet"):
        open_catalogue(url, tmp_path, create=False)
    catalogue = open_catalogue(url, tmp_path)
    try:
        assert read_schema(catalogue) == [SCHEMA]
        with catalogue.engine.connect() as connection:
            options = {"compare_type": True, "version_table": SCHEMA_TABLE.name}
            assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
        open_catalogue(url, tmp_path, create=False).close()  # another one finds it made
    finally:
        catalogue.close()


def test_sqlite_is_a_file_under_the_data_with_a_log_of_its_own(tmp_path: Path) -> None:
    data = tmp_path / "not" / "there"
    catalogue = open_catalogue(None, data)
    try:
        with catalogue.engine.connect() as connection:
            pragmas = {
                pragma: connection.execute(text(f"PRAGMA {pragma}")).scalar_one()
                for pragma in ("journal_mode", "foreign_keys", "busy_timeout")
            }
        assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}
        assert (data / "catalogue.sqlite").is_file()
    finally:
        catalogue.close()


def test_a_newer_schema_is_left_alone(url: str, tmp_path: Path) -> None:
    catalogue = open_catalogue(url, tmp_path)
    crawl(catalogue, make_record(), name="1")
    with catalogue.write() as session:
        session.execute(update(SCHEMA_TABLE).values(version_num="9999"))
    with pytest.raises(CatalogueError, match=r"made by a newer version of Nianbao \(schema 9999.*\); upgrade"):
        open_catalogue(url, tmp_path)
    assert read_schema(catalogue) == ["9999"]
    assert len(list(catalogue.find_records("yunlai"))) == 1
    catalogue.close()


def test_the_tables_of_another_program_are_left_alone(url: str, tmp_path: Path) -> None:
    engine = connect(make_url(url))
    with engine.execution_options(writes=True).begin() as connection:
        Base.metadata.tables["portals"].create(connection)
        connection.execute(insert(Base.metadata.tables["portals"]).values(name="theirs"))
    with pytest.raises(CatalogueError, match="holds the table portals and is no catalogue of Nianbao"):
        open_catalogue(url, tmp_path)
    with engine.connect() as connection:
        assert connection.dialect.get_table_names(connection) == ["portals"]
    engine.dispose()


def test_a_locked_database(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogueError, match=rf"^catalogue {path}: locked by another process for too long; "):
            open_catalogue(f"sqlite:///{path}?timeout=0.01", tmp_path)
        other.execute("ROLLBACK")
    catalogue = open_catalogue(f"sqlite:///{path}?timeout=0.01", tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        with open_run(catalogue) as run:
            decision = run.weigh(make_record())
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(CatalogueError, match="locked by another process"):
                run.keep(make_record()["report_id"])
            other.execute("ROLLBACK")
        assert decision.kind == "first"
    catalogue.close()


def test_a_read_only_database(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    catalogue = open_catalogue(None, tmp_path)
    crawl(catalogue, make_record(), name="1")
    catalogue.close()
    before = path.read_bytes()
    catalogue = open_catalogue(f"sqlite:///file:{path}?mode=ro&uri=true", tmp_path)
    assert [row["portal"] for row in catalogue.describe()] == ["yunlai"]  # it can be read
    with pytest.raises(CatalogueError, match="read-only; it and its folder must be writable"), open_run(catalogue):
        pass
    catalogue.close()
    assert path.read_bytes() == before
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(CatalogueError, match="read-only"):
        open_catalogue(f"sqlite:///file:{tmp_path / 'empty.sqlite'}?mode=ro&uri=true", tmp_path)


def test_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(CatalogueError, match="no SQLite database, or damaged; put back a backup"):
        open_catalogue(None, tmp_path)
    assert path.read_bytes() == b"no database at all" * 1000
    path.unlink()
    catalogue = open_catalogue(None, tmp_path)
    crawl(catalogue, *(make_record(year) for year in range(2001, 2021)), name="1")
    catalogue.close()
    damaged = path.read_bytes()[:4096] + bytes(len(path.read_bytes()) - 4096)
    path.write_bytes(damaged)
    with pytest.raises(CatalogueError, match="damaged; put back a backup"):
        open_catalogue(None, tmp_path).describe()
    assert path.read_bytes() == damaged


def test_a_record_that_is_damaged(tmp_path: Path) -> None:
    catalogue = open_catalogue(None, tmp_path)
    crawl(catalogue, make_record(), name="1")
    with catalogue.write() as session:
        session.execute(text("UPDATE versions SET record = substr(record, 1, 100)"))
    with pytest.raises(CatalogueError, match="damaged; put back a backup"), open_run(catalogue) as run:
        run.weigh(make_record())
    catalogue.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogueError, match="cannot be made: "):
        open_catalogue(None, tmp_path / "file")


def test_an_unreachable_server(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://nianbao:secret@/postgres?host={tmp_path}"
    with pytest.raises(CatalogueError, match="cannot be reached: ") as caught:
        open_catalogue(url, tmp_path)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nowhere", "CATALOGUE_URL is no address of a database: write sqlite:///"),
        ("mysql://localhost/nianbao", "CATALOGUE_URL: mysql: the catalogue is kept in sqlite or postgresql"),
        ("sqlite://", "CATALOGUE_URL names no file"),
        ("postgresql+pg8000://localhost/nianbao", "PostgreSQL needs nianbao"),
    ],
)
def test_addresses_that_are_none(tmp_path: Path, url: str, says: str) -> None:
    with pytest.raises(CatalogueError, match=says):
        open_catalogue(url, tmp_path)


def test_passwords_are_not_told(tmp_path: Path) -> None:
    assert name(find_url(None, tmp_path)) == f"catalogue {tmp_path / 'catalogue.sqlite'}"
    told = name(make_url("postgresql+psycopg://nianbao:secret@db/nianbao?password=secret"))
    assert told == "catalogue postgresql+psycopg://nianbao:***@db/nianbao"


def test_migrations_run_from_an_archive(tmp_path: Path) -> None:
    """As scrapyd has a project: an egg, from which Python imports, and in which there are no files."""
    egg = tmp_path / "nianbao.egg"
    with zipfile.ZipFile(egg, "w") as archive:
        for path in sorted((ROOT / "crawler").rglob("*")):
            if path.suffix in {".py", ".json", ".csv"} and "samples" not in path.parts:
                archive.write(path, path.relative_to(ROOT))
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import crawler.catalogue.store as store;"
        "assert sys.argv[1] in store.__file__; store.open_catalogue(None, pathlib.Path(sys.argv[2])).close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(egg), str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    catalogue = open_catalogue(None, tmp_path, create=False)
    assert read_schema(catalogue) == [SCHEMA]
    catalogue.close()
    shutil.rmtree(tmp_path)
