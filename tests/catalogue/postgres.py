"""A real PostgreSQL for tests: a cluster of its own in a temporary folder, on a Unix socket."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 30  # seconds until a server that does not start is given up
OWNER = "nianbao"


def find_program(name: str) -> str:
    """A program of PostgreSQL; Debian keeps it out of the way of the path."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, places), os.environ.get("PATH", "")]))
    if found is None:
        pytest.fail(f"no {name} found: the catalogue is tested on a real PostgreSQL (Debian: apt install postgresql)")
    return found


def choose_user() -> str | None:
    """Whom the server runs as: it refuses root. None: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def serve_postgres() -> Iterator[Path]:
    """A running server; gives the folder of its socket. All of it is gone at the end of the block."""
    initdb, postgres = find_program("initdb"), find_program("postgres")
    user = choose_user()
    folder = Path(tempfile.mkdtemp(prefix="nianbao-pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        cluster = folder / "cluster"
        made = subprocess.run(
            [*(initdb, "--no-sync", "-A", "trust", "-U", OWNER, "-E", "UTF8", "--no-locale", "-D"), str(cluster)],
            user=user,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            pytest.fail(f"initdb: {made.stderr}")
        quick = ("fsync=off", "listen_addresses=", f"unix_socket_directories={folder}", "max_connections=20")
        server = subprocess.Popen(
            [postgres, "-D", str(cluster), *(part for option in quick for part in ("-c", option))],
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(folder, server)
            yield folder
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)


def _wait_for(folder: Path, server: subprocess.Popen[bytes]) -> None:
    until = monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(host=str(folder), user=OWNER, dbname="postgres").close()
        except psycopg.OperationalError as error:
            if monotonic() > until or server.poll() is not None:
                pytest.fail(f"PostgreSQL does not start: {error}")
            sleep(0.02)
        else:
            return


def make_schema(folder: Path, name: str) -> str:
    """The address of an empty schema of its own on the server."""
    with psycopg.connect(host=str(folder), user=OWNER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    return f"postgresql+psycopg://{OWNER}@/postgres?host={folder}&options=-csearch_path%3D{name}"
