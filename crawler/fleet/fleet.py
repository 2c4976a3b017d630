"""Crawls side by side, each a process in a session of its own, watched from outside: nothing that one does, and no way
in which it ends, touches another."""

from __future__ import annotations

import ctypes
import os
import secrets
import select
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from crawler.fleet.model import MEGABYTE, End
from crawler.fleet.processes import Family, list_processes, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crawler.fleet.model import Cause, Launch, Limits, Task

WATCH = 1.0  # seconds between two looks at what the crawls take
MARK = "NIANBAO_FLEET"  # the environment variable by which a fleet knows what its crawls have started
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # of prctl(2)
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Watcher(Protocol):
    """Who is told what happens; must not take long, for nobody watches the crawls meanwhile."""

    def begin(self, task: Task, launch: Launch) -> None: ...

    def end(self, end: End) -> None: ...

    def show(self, running: Sequence[tuple[str, float]], waiting: int) -> None:
        """Names and seconds of what runs, and how much waits."""


@dataclass(slots=True, eq=False)
class Running:
    """A crawl that is under way. ``deadline``, by the monotonic clock, is that of its time or, once it was asked to
    stop (``cause``), of its grace."""

    task: Task
    launch: Launch
    process: subprocess.Popen[bytes]
    family: Family
    begun: float
    deadline: float
    cause: Cause = ""
    forced: bool = False
    peak: int = 0


class Fleet:
    """Runs ``tasks``, ``size`` of them at once, in their order but for those whose host is being asked.

    Whatever a crawl has started ends with it. What lets go of its parent (by two forks, as daemons do) becomes a child
    of its crawl, and of this process when the crawl is over. What other processes below this one let go of comes here
    too, and is left alone: it has not the fleet's `MARK` in its environment.

    ``launch`` says how a task is started, when its turn comes. SIGINT, SIGTERM and SIGHUP stop the crawls as their
    limits do, and a second one kills them; ``stopped_by`` is the first. To be run in the main thread.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        size: int,
        limits: Limits,
        launch: Callable[[Task], Launch],
        watcher: Watcher,
    ) -> None:
        self.size, self.limits, self.launch, self.watcher = size, limits, launch, watcher
        self.stopped_by: int | None = None
        self._waiting = list(tasks)
        self._running: list[Running] = []
        self._ends: list[End] = []
        self._signals: list[int] = []
        self._looked = 0.0
        self._mark = secrets.token_hex(16)

    def run(self) -> list[End]:
        """How each of the tasks ended, in the order in which they did. No process of theirs is left."""
        try:
            with adopt_orphans(), self._listen() as bell:
                while self._waiting or self._running:
                    self._start()
                    self._tell()
                    self._wait(bell)
                    self._obey()
                    self._reap()
                    self._watch()
        finally:  # none is left but after an error of ours
            for one in self._running:
                one.family.kill()
                one.process.wait()
        return self._ends

    # --- signals

    @contextmanager
    def _listen(self) -> Iterator[int]:
        """A descriptor to wait at: it can be read when a signal has come, the end of a child too."""
        ours, theirs = os.pipe()
        for descriptor in (ours, theirs):
            os.set_blocking(descriptor, False)
        # What is ignored from the start (nohup, a shell's background) stays so.
        stops = [number for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.getsignal(number) for number in (*stops, signal.SIGCHLD)}
        wakeup = signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
        try:
            for number in stops:
                signal.signal(number, lambda number, _: self._signals.append(number))
            signal.signal(signal.SIGCHLD, lambda *_: None)  # ignored by default, and then it would wake nobody
            yield ours
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakeup)
            os.close(ours)
            os.close(theirs)

    def _wait(self, bell: int) -> None:
        """Until something has happened, or the next look or deadline is due."""
        now = time.monotonic()
        due = min([self._looked + WATCH, *(one.deadline for one in self._running)])
        if self._running and select.select([bell], [], [], max(0.0, due - now))[0]:
            with suppress(BlockingIOError):
                while os.read(bell, 4096):
                    pass

    def _obey(self) -> None:
        """The first signal asks all to stop; any further one kills them."""
        while self._signals:
            number = self._signals.pop(0)
            if self.stopped_by is None:
                self.stopped_by = number
                for task in self._waiting:
                    self._end(End(task, None, None, "never", forced=False, seconds=0.0, peak=0))
                self._waiting.clear()
                for one in self._running:
                    self._ask(one, "stop")
            else:
                for one in self._running:
                    self._kill(one, "stop")

    # --- crawls

    def _start(self) -> None:
        """Starts what there is room for and whose hosts nobody asks."""
        for task in list(self._waiting):
            if len(self._running) >= self.size:
                return
            if any(task.shares_host(one.task) for one in self._running):
                continue
            self._waiting.remove(task)
            try:
                launch = self.launch(task)
                process = start(launch, self._mark)
            except OSError as error:  # no process, no memory, no room for the log
                why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
                self._end(End(task, None, None, "start", forced=False, seconds=0.0, peak=0, why=why))
                continue
            now = time.monotonic()
            family = Family(process.pid)
            self._running.append(Running(task, launch, process, family, now, now + self.limits.seconds))
            self.watcher.begin(task, launch)

    def _reap(self) -> None:
        for one in list(self._running):
            status = one.process.poll()
            if status is None:
                continue
            one.family.kill()  # what it left behind
            self._running.remove(one)
            self._kill_strays()
            seconds = time.monotonic() - one.begun
            self._end(End(one.task, one.launch, status, one.cause, one.forced, seconds, one.peak))

    def _watch(self) -> None:
        """Holds the crawls to their limits."""
        now = time.monotonic()
        if now >= self._looked + WATCH:
            self._looked = now
            processes = list_processes()
            for one in self._running:
                taken = sum(measure(member.pid) for member in one.family.look(processes))
                one.peak = max(one.peak, taken)
                if taken > self.limits.megabytes * MEGABYTE:
                    # Not asked to stop: closing its files would take more of what there is no more of. The catalogue
                    # and the archives stand a kill.
                    self._kill(one, "memory")
        for one in self._running:
            if now >= one.deadline and not one.forced:
                if one.cause:
                    self._kill(one, one.cause)
                else:
                    self._ask(one, "time")

    def _ask(self, one: Running, cause: Cause) -> None:
        """Has a crawl stop by itself, with its feed and archive whole; it ends its own processes."""
        if not one.cause:
            one.cause = cause
            one.deadline = time.monotonic() + self.limits.grace
            one.process.terminate()

    def _kill(self, one: Running, cause: Cause) -> None:
        if not one.forced:
            one.cause = one.cause or cause
            one.forced = True
            one.deadline = float("inf")
            one.family.kill()

    def _kill_strays(self) -> None:
        """Ends what crawls that are over have left, and nobody saw them start."""
        running = {one.process.pid for one in self._running}
        for stray in list_processes():
            if stray.parent == os.getpid() and stray.pid not in running and has_mark(stray.pid, self._mark):
                Family(stray.pid).kill()
                with suppress(ChildProcessError):
                    os.waitpid(stray.pid, os.WNOHANG)

    def _end(self, end: End) -> None:
        self._ends.append(end)
        self.watcher.end(end)

    def _tell(self) -> None:
        now = time.monotonic()
        self.watcher.show([(one.task.name, now - one.begun) for one in self._running], len(self._waiting))


@contextmanager
def adopt_orphans() -> Iterator[None]:
    """Makes this process the parent of all below it that lose theirs, as init is else."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0)


def has_mark(pid: int, mark: str) -> bool:
    """Whether a process was started with this `MARK`; what does not show its environment was not."""
    try:
        return f"{MARK}={mark}".encode() in Path("/proc", str(pid), "environ").read_bytes().split(b"\0")
    except OSError:  # it is gone, or another user's
        return False


def start(launch: Launch, mark: str = "") -> subprocess.Popen[bytes]:
    """Starts a crawl in a session of its own, where the terminal's Ctrl-C does not come. Should this process die, the
    kernel asks the crawl to stop. What its own processes leave without a parent is its. All have ``mark`` in their
    environment, as `MARK`.

    Raises:
        OSError: its log cannot be written, or no process be made.
    """
    libc, parent = ctypes.CDLL(None), os.getpid()

    def follow_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
        if os.getppid() != parent:  # it was gone before
            os._exit(1)

    launch.log.parent.mkdir(parents=True, exist_ok=True)
    with launch.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603  (our own program)
            launch.command,
            env={**os.environ, MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=follow_parent,  # noqa: PLW1509  (no other thread runs here)
        )
