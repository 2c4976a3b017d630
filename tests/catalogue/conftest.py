"""Catalogues on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from crawler.catalogue.model import Base
from crawler.catalogue.store import Catalogue, open_catalogue
from tests.catalogue.postgres import make_schema, serve_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    with serve_postgres() as folder:
        yield folder


@pytest.fixture
def postgres_url(server: Path) -> str:
    """An empty database on PostgreSQL."""
    return make_schema(server, f"test_{uuid4().hex[:12]}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each of the two."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'catalogue.sqlite'}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """A catalogue for all tests of a module: to make one anew takes longer than most of them."""
    folder = tmp_path_factory.mktemp("catalogue")
    url = None
    if request.param == "postgresql":
        url = make_schema(request.getfixturevalue("server"), f"kept_{uuid4().hex[:12]}")
    catalogue = open_catalogue(url, folder)
    yield catalogue
    catalogue.close()


@pytest.fixture
def catalogue(kept: Catalogue) -> Catalogue:
    """An empty catalogue, on each of the two."""
    with kept.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    return kept
