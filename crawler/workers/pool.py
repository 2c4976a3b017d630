"""A pool of reader processes: each document with limits of time and memory, and no document costs another.

Why not a library: the workers of multiprocessing, and so of Pebble and concurrent.futures, import the main script of
their parent, which is ``scrapy`` (0.5 s and all of Twisted in every reader; measured with Pebble 5.2, by spawn and by
forkserver). Pebble fixes the time of a task before it starts and looks every 0.1 s, where a document that turns out
to be a scan needs longer than others. So here a reader is a plain process with a pipe, and one thread of the parent
starts readers, hands out jobs and watches the clock. It is the only thread that starts readers, and lives as long as
they do: the kernel ends a process with the *thread* that started it.
"""

from __future__ import annotations

import atexit
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crawler.workers.model import MEGABYTE, Limits, ReaderFailed, ReaderStopped
from crawler.workers.worker import BROKEN, READY, SLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

READ_JOB = "crawler.workers.reading:read_job"
# A reader is replaced after so many documents, or when it holds so many bytes after one: what libraries keep, and what
# the characters of pictures need, does not pile up. Ordinary documents leave 60 to 150 MB.
RECYCLE_DOCUMENTS = 500
RECYCLE_BYTES = 192 * MEGABYTE
# Documents for each reader that are read, or wait for one that came before them. A scan takes as long as a hundred
# others: with fewer places all readers would soon wait for it (measured: with two, a twentieth of the time).
PLACES = 8
START_SECONDS = 60.0  # a reader that has not imported its function by then never will; it takes 0.2
FAILED_STARTS = 3  # so many readers in a row that do not start: the fault is not passing
NEAR = 0.9  # of its memory: a reader that died there died of it

ROOT = str(Path(__file__).resolve().parents[2])
BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from crawler.workers import worker; worker.serve({}, {}, {!r})"


@dataclass(slots=True, eq=False)
class Reader:
    """A reader process as its parent sees it. ``deadline`` is by the monotonic clock, infinite while it is idle."""

    process: subprocess.Popen[bytes]
    pipe: Connection
    folder: Path  # its TMPDIR
    deadline: float
    ready: bool = False
    slow: bool = False
    begun: float = 0.0
    documents: int = 0
    future: Future[Any] | None = None
    problem: str = ""  # why it could not start


class ReaderPool:
    """Up to ``size`` reader processes that run ``function`` ("module:name") on jobs.

    ``function(job, begin_slow)`` runs in the reader; job and result are pickled. Readers start when jobs wait for them.
    To be closed after use (a context manager); what is not done by then is stopped.
    """

    def __init__(self, size: int, limits: Limits | None = None, function: str = READ_JOB) -> None:
        if size < 1:
            raise ValueError("a pool has at least one reader")
        self.size = size
        self.limits = limits or Limits()
        self.function = function
        self._jobs: deque[tuple[Any, Future[Any]]] = deque()
        self._readers: list[Reader] = []
        self._failed_starts = 0
        self._started = 0
        self._lock = threading.Lock()  # over _closed and the thread's start
        self._closed = False
        self._thread: threading.Thread | None = None
        self._folder: Path | None = None
        self._bell: tuple[int, int] = (-1, -1)

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, job: Any) -> Future[Any]:
        """Has a job done; the future gives its result, or raises ReadingError or ReaderFailed. Never waits.

        In a coroutine: ``await asyncio.wrap_future(pool.submit(job))``.
        """
        future: Future[Any] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            self._jobs.append((job, future))
            self._open()
            self._ring()
        return future

    def map_in_order(self, items: Iterable[T], prepare: Callable[[T], Any]) -> Iterator[tuple[T, Future[Any]]]:
        """Each item with its future, which is done, in the order of ``items``.

        ``prepare`` makes the job of an item; what it raises stands in the future. The first jobs are submitted at once;
        no more than `PLACES` for each reader are ahead of the item that is given out.
        """
        rest = iter(items)
        ahead = deque((item, self._prepare(item, prepare)) for item in islice(rest, PLACES * self.size))

        def follow() -> Iterator[tuple[T, Future[Any]]]:
            while ahead:
                item, future = ahead.popleft()
                future.exception()  # waits
                ahead.extend((item, self._prepare(item, prepare)) for item in islice(rest, 1))
                yield item, future

        return follow()

    def close(self) -> None:
        """Stops all readers and what they do. May be called again."""
        with self._lock:
            self._closed = True
            self._ring()
        if self._thread is not None:
            self._thread.join()
            atexit.unregister(self.close)

    def _prepare(self, item: T, prepare: Callable[[T], Any]) -> Future[Any]:
        try:
            return self.submit(prepare(item))
        except Exception as error:
            future: Future[Any] = Future()
            future.set_exception(error)
            return future

    def _open(self) -> None:
        """Starts the thread, once, under the lock."""
        if self._thread is None:
            self._folder = Path(tempfile.mkdtemp(prefix="nianbao-"))
            self._bell = os.pipe()
            os.set_blocking(self._bell[1], False)
            self._thread = threading.Thread(target=self._run, name="readers", daemon=True)
            self._thread.start()
            atexit.register(self.close)  # after a crash; the daemon would leave its readers to the kernel

    def _ring(self) -> None:
        """Wakes the thread, under the lock, which keeps the bell's descriptor from being another's by now."""
        if self._bell[1] >= 0:
            with suppress(BlockingIOError):  # a full pipe wakes it too
                os.write(self._bell[1], b"\0")

    # --- in the thread ---

    def _run(self) -> None:
        reason = "the pool was closed"
        try:
            while not self._closed:
                self._hand_out()
                self._start_readers()
                self._listen()
        except Exception as error:
            reason = f"the pool of readers broke: {type(error).__name__}: {error}"
            raise
        finally:
            with self._lock:
                self._closed = True
            for reader in list(self._readers):
                self._end(reader, ReaderStopped(reason))
            self._fail_all(ReaderStopped(reason))
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
            with self._lock:
                bell, self._bell = self._bell, (-1, -1)
                for descriptor in bell:
                    os.close(descriptor)

    def _hand_out(self) -> None:
        """Gives a job to each idle reader."""
        for reader in list(self._readers):
            while self._jobs and reader.ready and reader.future is None:
                job, future = self._jobs.popleft()
                if not future.set_running_or_notify_cancel():
                    continue
                reader.future, reader.slow, reader.begun = future, False, time.monotonic()
                reader.deadline = reader.begun + self.limits.seconds
                try:
                    reader.pipe.send(job)
                except OSError:  # it died while it was idle
                    self._bury(reader)
                    break
                except Exception as error:  # a job that cannot be pickled; nothing of it was sent
                    reader.future, reader.deadline = None, float("inf")
                    future.set_exception(error)

    def _start_readers(self) -> None:
        """Starts a reader for each job that waits, as far as the pool's size goes."""
        starting = sum(not reader.ready for reader in self._readers)
        for _ in range(min(self.size - len(self._readers), len(self._jobs) - starting)):
            try:
                self._start_reader()
            except OSError as error:  # no process, no descriptor, no memory
                self._count_failed_start(str(error))

    def _start_reader(self) -> None:
        if self._folder is None:
            raise RuntimeError("the thread runs only once its folder is there")
        self._started += 1
        folder = self._folder / str(self._started)
        folder.mkdir()
        ours, theirs = Pipe()
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603  (our own code)
                    [
                        *(sys.executable, "-P", "-c"),  # -P: nothing is imported from the working directory
                        *(BOOT.format(theirs.fileno(), os.getpid(), self.function), ROOT),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,  # what libraries print is no record
                    stderr=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                    env={**os.environ, "TMPDIR": str(folder)},
                )
            except BaseException:
                ours.close()
                raise
        self._readers.append(Reader(process, ours, folder, time.monotonic() + START_SECONDS))
        ours.send(self.limits)

    def _listen(self) -> None:
        """Waits for a message, a job, a death or the next deadline, and does what it asks for."""
        deadline = min((reader.deadline for reader in self._readers), default=float("inf"))
        timeout = None if deadline == float("inf") else max(0.0, deadline - time.monotonic())
        heard = wait([self._bell[0], *(reader.pipe for reader in self._readers)], timeout)
        if self._bell[0] in heard:
            os.read(self._bell[0], 65536)
        for reader in [reader for reader in self._readers if reader.pipe in heard]:
            self._hear(reader)
        now = time.monotonic()
        for reader in [reader for reader in self._readers if reader.deadline <= now]:
            if not reader.ready:
                reader.problem = f"not ready after {START_SECONDS:g} s"
            self._end(reader, ReaderStopped(self.limits.say_time(slow=reader.slow)))

    def _hear(self, reader: Reader) -> None:
        try:
            kind, *rest = reader.pipe.recv()
        except (EOFError, OSError):
            self._bury(reader)
            return
        except Exception as error:  # whatever loading a stranger's object raises
            self._end(reader, ReaderFailed(f"its reader sent what cannot be loaded: {type(error).__name__}: {error}"))
            return
        if kind == READY:
            reader.ready, reader.deadline = True, float("inf")
            self._failed_starts = 0
        elif kind == BROKEN:
            reader.problem = rest[0]
        elif kind == SLOW:
            reader.slow, reader.deadline = True, reader.begun + self.limits.slow_seconds
        else:
            outcome, held = rest
            future, reader.future, reader.deadline = reader.future, None, float("inf")
            reader.documents += 1
            worn = held > RECYCLE_BYTES or reader.documents >= RECYCLE_DOCUMENTS
            if worn or isinstance(outcome, ReaderStopped):  # the latter: who knows what else found no memory
                self._end(reader)
            if future is not None:
                _settle(future, outcome)

    def _bury(self, reader: Reader) -> None:
        """Takes away a reader whose pipe is closed: it died, or is about to."""
        patience = time.monotonic() + 1
        pid = 0
        while not pid and time.monotonic() < patience:
            pid, status, usage = os.wait4(reader.process.pid, os.WNOHANG)
            if not pid:
                time.sleep(0.001)
        if not pid:
            self._end(reader, ReaderStopped("the reader closed its pipe and was stopped"))
            return
        code = reader.process.returncode = os.waitstatus_to_exitcode(status)
        limit = (self.limits.slow_megabytes if reader.slow else self.limits.megabytes) * MEGABYTE
        # Linux counts a parent's size as what its child held at most: only what is more than that says something.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if usage.ru_maxrss > own and usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) > NEAR * limit:
            reason = self.limits.say_memory(slow=reader.slow)
        else:
            reason = f"the reader died ({f'signal {-code}' if code < 0 else f'status {code}'})"
        self._end(reader, ReaderStopped(reason))

    def _end(self, reader: Reader, error: Exception | None = None) -> None:
        """Stops a reader with all it has started, and takes away what it left; ``error`` is for its document.

        An idle one is stopped the same way: it holds nothing.
        """
        self._readers.remove(reader)
        with suppress(ProcessLookupError, PermissionError):  # its session has no process left
            os.killpg(reader.process.pid, signal.SIGKILL)
        reader.process.wait()
        reader.pipe.close()
        shutil.rmtree(reader.folder, ignore_errors=True)
        if not reader.ready:
            self._count_failed_start(reader.problem or str(error))
        if reader.future is not None and error is not None:
            _settle(reader.future, error)

    def _count_failed_start(self, problem: str) -> None:
        self._failed_starts += 1
        if self._failed_starts >= FAILED_STARTS:
            self._failed_starts = 0
            self._fail_all(ReaderFailed(f"no reader starts: {problem}"))

    def _fail_all(self, error: Exception) -> None:
        while self._jobs:
            _, future = self._jobs.popleft()
            if future.set_running_or_notify_cancel():
                _settle(future, error)


def _settle(future: Future[Any], outcome: Any) -> None:
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
