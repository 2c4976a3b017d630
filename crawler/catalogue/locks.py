"""One run of a portal at a time. A lock ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import hashlib
import re
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from crawler.catalogue.database import explain, find_path, name
from crawler.catalogue.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

GONE = 0.5  # seconds in which a server has seen that a process was killed
PAUSE = 0.1


def hold(engine: Engine, portal: str) -> Callable[[], None] | None:
    """Takes the lock of a portal; what it returns gives it back. None: another run holds it.

    With SQLite it is a file's, beside the database: whoever shares the database shares the file system. With PostgreSQL
    it is the server's, of a connection kept open, and holds for all machines.

    Raises:
        CatalogueError: the file cannot be made, or the server not be reached.
    """
    if engine.url.get_backend_name() == "sqlite":
        return _hold_file(engine, portal)
    return _hold_key(engine, portal)


def is_held(engine: Engine, portal: str) -> bool:
    """Whether a run of a portal is under way."""
    if engine.url.get_backend_name() == "sqlite":
        try:
            with _find_file(engine, portal).open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # none has begun yet
            return False
        return False
    give_back = _hold_key(engine, portal, 0)
    if give_back is None:
        return True
    give_back()
    return False


def _find_file(engine: Engine, portal: str) -> Path:
    return Path(f"{find_path(engine.url)}.locks", re.sub(r"[^\w.-]", "_", portal))


def _hold_file(engine: Engine, portal: str) -> Callable[[], None] | None:
    path = _find_file(engine, portal)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Never removed: another process could hold the file that is gone. Children do not inherit what Python opens.
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise CatalogueError(f"{name(engine.url)}: the lock {path} cannot be made: {error.strerror}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file.close


def _hold_key(engine: Engine, portal: str, patience: float = GONE) -> Callable[[], None] | None:
    key = int.from_bytes(hashlib.sha256(f"nianbao {portal}".encode()).digest()[:8], signed=True)
    until = monotonic() + patience
    with explain(engine.url):
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            while not (held := connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one()):
                if monotonic() > until:
                    break
                sleep(PAUSE)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
    if not held:
        connection.close()
        return None

    def give_back() -> None:
        with closing(connection), suppress(SQLAlchemyError):  # without its connection it is gone already
            connection.execute(select(func.pg_advisory_unlock(key)))

    return give_back
