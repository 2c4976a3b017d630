"""One run of a portal at a time. A lock ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import socket
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Boolean, cast, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError

from crawler.catalogue.database import explain, find_path, name
from crawler.catalogue.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

GONE = 0.5  # seconds in which a server has seen that a process was killed, and who only looks at a file has looked
PAUSE = 0.1
MOMENT = 0.01  # between two tries at a file, which costs next to nothing
CRAWL, REPARSE = "crawl", "reparse"
"""What a portal may be held for: the first word of who holds it. Behind it, the name of the run or of the process."""
SIGN = "nianbao: "  # before who holds a lock, in the list of a server's connections
_LOCKS = table(
    "pg_locks",
    column("granted", Boolean),
    *(column(one) for one in ("locktype", "pid", "classid", "objid", "objsubid")),
)
_CONNECTIONS = table("pg_stat_activity", *(column(one) for one in ("pid", "datname", "application_name")))


def hold(engine: Engine, portal: str, who: str) -> Callable[[], None] | None:
    """Takes the lock of a portal; what it returns gives it back. None: another process holds it.

    With SQLite it is a file's, beside the database: whoever shares the database shares the file system. With PostgreSQL
    it is the server's, of a connection kept open, and holds for all machines. ``who`` is a line that others are told
    (`find_holder`) as long as it is held; a server keeps 63 bytes of it, and no more than ASCII.

    Raises:
        CatalogueError: the file cannot be made, or the server not be reached.
    """
    if engine.url.get_backend_name() == "sqlite":
        return _hold_file(engine, portal, who)
    return _hold_key(engine, portal, who)


def is_held(engine: Engine, portal: str) -> bool:
    """Whether some process holds the lock of a portal."""
    return find_holder(engine, portal) is not None


def find_holder(engine: Engine, portal: str) -> str | None:
    """What whoever holds the lock of a portal says of itself: blank where it says nothing. None: nobody holds it."""
    if engine.url.get_backend_name() == "sqlite":
        try:
            with _find_file(engine, portal).open(encoding="utf-8", errors="replace") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared, so that others may look meanwhile
                except BlockingIOError:
                    return file.read().strip()
        except OSError:  # none has begun yet
            pass
        return None
    key = _make_key(portal) % (1 << 64)
    chosen = (
        select(_CONNECTIONS.c.application_name)
        .join(_LOCKS, _LOCKS.c.pid == _CONNECTIONS.c.pid)
        .where(
            _LOCKS.c.locktype == "advisory",
            _LOCKS.c.granted,
            cast(_LOCKS.c.classid, BigInteger) == key >> 32,
            cast(_LOCKS.c.objid, BigInteger) == key % (1 << 32),
            _LOCKS.c.objsubid == 1,  # one key of 64 bits, not two of 32
            _CONNECTIONS.c.datname == func.current_database(),
        )
    )
    with explain(engine.url), engine.connect() as connection:
        found = [said or "" for (said,) in connection.execute(chosen)]
    if not found:
        return None
    return found[0].removeprefix(SIGN).strip() if found[0].startswith(SIGN) else ""


def name_process() -> str:
    """This process, as others know it: ``host:id``."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _find_file(engine: Engine, portal: str) -> Path:
    return Path(f"{find_path(engine.url)}.locks", re.sub(r"[^\w.-]", "_", portal))


def _hold_file(engine: Engine, portal: str, who: str) -> Callable[[], None] | None:
    path = _find_file(engine, portal)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Never removed: another process could hold the file that is gone. Children do not inherit what Python opens.
        file = path.open("ab", buffering=0)
    except OSError as error:
        raise CatalogueError(f"{name(engine.url)}: the lock {path} cannot be made: {error.strerror}") from None
    until = monotonic() + GONE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if monotonic() > until:
                file.close()
                return None
            sleep(MOMENT)  # it may be one who only looks

    def write(line: str) -> None:
        with suppress(OSError):  # a full disk; the lock holds all the same
            os.ftruncate(file.fileno(), 0)
            file.write(line.encode("utf-8", "replace"))

    def give_back() -> None:
        if not file.closed:  # given back already
            write("")
            file.close()

    write(who)
    return give_back


def _make_key(portal: str) -> int:
    return int.from_bytes(hashlib.sha256(f"nianbao {portal}".encode()).digest()[:8], signed=True)


def _hold_key(engine: Engine, portal: str, who: str) -> Callable[[], None] | None:
    key = _make_key(portal)
    until = monotonic() + GONE
    with explain(engine.url):
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            while not (held := connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one()):
                if monotonic() > until:
                    break
                sleep(PAUSE)
            else:
                # The connection is this lock's alone until it is given back, and then has its usual name again.
                connection.execute(select(func.set_config("application_name", f"{SIGN}{who}", False)))
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
    if not held:
        connection.close()
        return None

    def give_back() -> None:
        with closing(connection), suppress(SQLAlchemyError):  # without its connection it is gone already
            connection.execute(select(func.set_config("application_name", None, False)))
            connection.execute(select(func.pg_advisory_unlock(key)))

    return give_back
