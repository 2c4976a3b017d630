"""One request at a time to a host, of all crawls that share a ``DATA_DIR``.

Scrapy keeps the requests of one crawl apart, and portals are crawled in processes of their own. What several of them
ask (a host that holds the documents of many portals) has a file here, and whoever holds its lock may ask. A lock is the
kernel's (flock(2)): it ends with the process, however that ends. Crawls of several machines take turns as far as the
file system keeps locks for all of them; their clocks have nothing in common.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import secrets
import struct
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import DownloadCancelledError
from scrapy.utils.asyncio import sleep
from scrapy.utils.httpobj import urlparse_cached

from crawler.runs import data_dir

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

FOLDER = "hosts.locks"
"""Below ``DATA_DIR``; no portal has a dot in its name."""
BOOT = Path("/proc/sys/kernel/random/boot_id")  # random(4)
POLL = 0.05  # seconds between two looks at a host that another crawl asks; the pauses of crawls are ten times as long
FRESH = 20 * POLL  # who waits says so at each look; who has not said so for this long waits no more
SLACK = 10.0  # seconds by which a busy process may come late to what it awaits
CERTAIN = 1.0  # seconds for which nothing else is seen of a holder that is over its time: it may have begun just now
LONGEST_PAUSE = 60.0  # seconds of another's pause that are kept: it may have ended, and was slowed down for itself
NOT_ASKED = "not asked for: the crawl ended before its turn came"
LONGEST_NAME = 200  # characters of a file's name; hosts that agree in as many take turns too
# Monotonic seconds, which all processes of a machine count alike (see `read_clock`): until when the request under way
# is over for certain, and when the last one left; the seconds that its crawl leaves between two; whose it
# was; whose clock that is.
_TURN = struct.Struct("<dddQQ")
_MOMENT = struct.Struct("<d")  # that of leaving is the second in `_TURN`
_WAITING = struct.Struct("<dQQ")  # when somebody last said that it waits, and who; whose clock that is
_SIZE = _TURN.size + _WAITING.size
_NOBODY = _WAITING.pack(0.0, 0, 0)
_VOID = _TURN.pack(-1.0, 0.0, 0.0, 0, 0)  # another file is in the place of this one


@dataclass(frozen=True, slots=True)
class _State:
    """What stands in a host's file; see `_TURN` and `_WAITING`."""

    until: float
    left: float
    pause: float
    owner: int
    clock: int
    asked: float
    asker: int
    asker_clock: int


class HostTurns:
    """The turns of one crawl, beside others that have the same ``folder``.

    Before a request leaves, the host's file is locked, and the host's pause is kept since the last request of another
    crawl, by the longer of both crawls' pauses (another's up to `LONGEST_PAUSE`); after one's own Scrapy has kept it.
    Two that both have much to ask take turns. A lock that is held for longer than its request may take (and `SLACK`)
    belongs to a process that hangs: the file is replaced, and nobody waits for it any more.

    Times are compared where they are of the same ``clock``: see `read_clock`. Of another one the whole pause is kept,
    and what it says is as old as it has been seen here.

    Where there is no other crawl that costs four calls of the kernel. Files are made where ``makes``; else those that
    are there are kept to. What the file system will not do is one warning, and the crawl goes on.
    """

    def __init__(self, folder: Path, *, makes: bool = True, clock: int | None = None) -> None:
        self.folder = folder
        self.makes = makes
        self.clock = read_clock() if clock is None else clock
        self._me = secrets.randbits(63) + 1
        self._names: dict[str, str] = {}
        self._files: dict[str, int] = {}
        self._held: set[str] = set()
        # Who is over its time, or may be: the times of its turn, and since when they are seen.
        self._late: dict[str, tuple[tuple[float, float], float]] = {}
        self._notes: dict[str, tuple[tuple[float, int], float]] = {}  # who waits by another clock; since when likewise
        self._broken = False

    def take(self, host: str, pause: float, timeout: float) -> float | None:
        """Takes the turn of a host: the seconds to wait before its request leaves, which then takes ``timeout`` at
        most. ``pause`` is what this crawl leaves between two. None: it is another's turn."""
        name = self._names.get(host)
        if name is None:
            name = self._names[host] = _name_file(host)
        if self._broken:
            return 0.0
        try:
            return self._try(name, pause, timeout)
        except OSError as error:
            self._give_up(error)
            return 0.0

    def leave(self, host: str) -> None:
        """Notes that the request leaves only now, later than `take` had foreseen: the pause runs from now."""
        name = self._names[host]
        if name in self._held:
            try:  # no more than the moment: the file may be void by now, and stays so
                os.pwrite(self._files[name], _MOMENT.pack(monotonic()), _MOMENT.size)
            except OSError as error:
                self._give_up(error)

    def give_back(self, host: str) -> None:
        """Ends the turn that `take` gave."""
        name = self._names[host]
        if name in self._held:
            self._held.discard(name)
            fcntl.flock(self._files[name], fcntl.LOCK_UN)

    def close(self) -> None:
        """Ends all turns. What is asked for then is given at once."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()
        self._held.clear()
        self._broken = True

    def _give_up(self, error: OSError) -> None:
        self.close()
        logger.warning("hosts: %s: %s; other crawls of the same hosts are not waited for", self.folder, error.strerror)

    def _try(self, host: str, pause: float, timeout: float) -> float | None:
        if host in self._held:  # a lock keeps processes apart, not the requests of one
            return None
        file = self._files.get(host)
        if file is None:
            file = self._open(host)
            if file is None:
                return 0.0
        now = monotonic()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._note_waiting(host, file, now)
            return None
        state, wait = _read(file), 0.0
        if state is not None:
            if state.until < 0:
                self._replace(host, file, state)  # and closes it, which ends the lock
                return None
            if state.owner != self._me:
                longer = max(pause, min(state.pause, LONGEST_PAUSE))
                wait = longer
                if state.clock == self.clock:  # which may be unknown, and count from 0 again
                    wait = min(max(state.left + longer - now, 0.0), longer)
            elif self._is_awaited(host, state, now):
                fcntl.flock(file, fcntl.LOCK_UN)  # whoever waits goes first
                return None
        entry = _TURN.pack(now + wait + timeout + SLACK, now + wait, pause, self._me, self.clock)
        if state is not None and state.asker == self._me:
            entry += _NOBODY
        os.pwrite(file, entry, 0)
        self._held.add(host)
        return wait

    def _note_waiting(self, host: str, file: int, now: float) -> None:
        """Another crawl holds the host: says that this one waits, unless that one hangs."""
        os.pwrite(file, _WAITING.pack(now, self._me, self.clock), _TURN.size)
        state = _read(file)
        if state is None or (state.clock == self.clock and now <= state.until):
            self._late.pop(host, None)
            return
        term = CERTAIN
        if state.clock != self.clock:  # what its request may take, and before that a pause
            term += state.until - state.left + max(state.pause, LONGEST_PAUSE)
        turn = (state.until, state.left)
        seen, since = self._late.get(host, (None, now))
        if seen != turn:
            self._late[host] = (turn, now)
        elif now - since > term or state.until < 0:
            self._replace(host, file, state)

    def _is_awaited(self, host: str, state: _State, now: float) -> bool:
        """Whether another crawl has said just now that it waits."""
        if state.asker in {0, self._me}:
            return False
        if state.asker_clock == self.clock:
            return 0 <= now - state.asked < FRESH
        note = (state.asked, state.asker)
        seen, since = self._notes.get(host, (None, now))
        if seen != note:
            self._notes[host] = (note, now)
            return True
        return now - since < FRESH

    def _open(self, host: str) -> int | None:
        """None: there is no file, and none is to be made."""
        if self.makes:
            self.folder.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(self.folder / host, os.O_RDWR | (os.O_CREAT if self.makes else 0), 0o666)
        except FileNotFoundError:
            if self.makes:
                raise
            return None
        self._files[host] = file
        return file

    def _replace(self, host: str, file: int, state: _State) -> None:
        """Puts a new file in the place of one whose holder hangs, unless another crawl has done so; closes the old one.
        The old one is void: who has it open, its holder too, opens the new one."""
        path = self.folder / host
        guard = os.open(self.folder / ".guard", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.stat(path).st_ino == os.fstat(file).st_ino:  # noqa: PTH116  (by the number of a file)
                os.pwrite(file, _VOID, 0)
                fresh = path.with_name(f".{host}.new")
                fresh.write_bytes(_TURN.pack(0.0, state.left, state.pause, state.owner, state.clock) + _NOBODY)
                fresh.replace(path)
                logger.warning("hosts: %s: another crawl hangs in its request; it is not waited for any more", host)
        except (BlockingIOError, FileNotFoundError):  # somebody else is at it; an old file was cleared away
            pass
        finally:
            os.close(guard)
        self._late.pop(host, None)
        os.close(self._files.pop(host))


def read_clock() -> int:
    """By which processes know that `monotonic` counts alike for them: this start of this machine; 0 where it has no
    name."""
    with suppress(OSError):
        return int.from_bytes(blake2b(BOOT.read_bytes().strip(), digest_size=8).digest())
    return 0


def _name_file(host: str) -> str:
    return re.sub(r"[^\w.-]", "_", host.strip("."), flags=re.ASCII)[:LONGEST_NAME] or "_"


def _read(file: int) -> _State | None:
    """None: it is new."""
    data = os.pread(file, _SIZE, 0)
    if len(data) < _TURN.size:
        return None
    asked = _WAITING.unpack_from(data, _TURN.size) if len(data) >= _SIZE else (0.0, 0, 0)
    return _State(*_TURN.unpack_from(data), *asked)


_TURNS: WeakKeyDictionary[Crawler, HostTurns] = WeakKeyDictionary()  # one for both schemes of a crawl


class TurnDownloadHandler(HTTP11DownloadHandler):
    """``DOWNLOAD_HANDLERS`` for http and https: Scrapy's own, where each request waits for its host's turn.

    A handler, because it stands behind Scrapy's own pauses, and its wait is no part of the latency that AutoThrottle
    goes by, nor of ``DOWNLOAD_TIMEOUT``. The setting ``HOST_TURNS`` says whether files are made. Stats:
    ``hosts/waited``, the requests that waited for another crawl, and ``hosts/waited_seconds``.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        if crawler not in _TURNS:
            _TURNS[crawler] = HostTurns(data_dir(settings) / FOLDER, makes=settings.getbool("HOST_TURNS", True))
        self._turns = _TURNS[crawler]
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._met: set[str] = set()  # hosts of which the log says that another crawl asks them

    async def download_request(self, request: Request) -> Response:
        host = urlparse_cached(request).hostname or ""
        wait = self._take(host, request)
        if wait is None or wait > 0:
            await self._wait(host, request, wait)
        try:
            return await super().download_request(request)
        finally:
            self._turns.give_back(host)

    def _take(self, host: str, request: Request) -> float | None:
        slot = self._find_slot(request)
        timeout = request.meta.get("download_timeout") or self._timeout
        return self._turns.take(host, 0.0 if slot is None else slot.delay, timeout)

    async def _wait(self, host: str, request: Request, wait: float | None) -> None:
        """Until the request may leave, and holds the turn.

        Raises:
            DownloadCancelledError: the crawl is closing, and the turn is another's. No error that is tried again.
        """
        if host not in self._met:
            self._met.add(host)
            logger.info("hosts: %s: another crawl asks it, or has just done so; this one waits for its turn", host)
        began = monotonic()
        while wait is None:
            self._stop_if_closing()
            await sleep(POLL)
            wait = self._take(host, request)
        try:
            until = monotonic() + wait
            while (left := until - monotonic()) > 0:
                self._stop_if_closing()
                await sleep(min(POLL, left))
        except BaseException:
            self._turns.give_back(host)
            raise
        self._turns.leave(host)
        now = monotonic()
        if (slot := self._find_slot(request)) is not None:
            slot.lastseen = now  # it leaves later than Scrapy let it go: the next pause runs from now
        if (stats := self.crawler.stats) is not None:
            stats.inc_value("hosts/waited")
            stats.inc_value("hosts/waited_seconds", round(now - began, 3))  # type: ignore[arg-type]  # any number

    def _stop_if_closing(self) -> None:
        engine = self.crawler.engine
        # Scrapy says it nowhere else before the last request is over, which is what it waits for.
        if engine is not None and (slot := engine._slot) is not None and slot.closing is not None:
            raise DownloadCancelledError(NOT_ASKED)

    def _find_slot(self, request: Request) -> Slot | None:
        engine = self.crawler.engine
        return None if engine is None else engine.downloader.slots.get(request.meta.get("download_slot", ""))

    async def close(self) -> None:
        self._turns.close()
        await super().close()
