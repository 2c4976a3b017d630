"""A process with all that it has started, as ``/proc`` shows it (proc(5)): their memory, and their end."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KILOBYTE = 1024
PATIENCE = 5.0  # seconds in which what was killed is gone, unless it waits for a disk that does not answer
PAUSE = 0.01
_MEMORY = frozenset({"RssAnon", "VmSwap"})


@dataclass(frozen=True, slots=True)
class Process:
    """A process: its parent, its session, and when it began, in clock ticks since the machine did; that and ``pid``
    together are never another's."""

    pid: int
    parent: int
    session: int
    begun: int


def list_processes() -> list[Process]:
    """All processes that are not dead yet."""
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208  (every second; pathlib would make an object of each)
        if not name.isdecimal():
            continue
        try:
            text = Path("/proc", name, "stat").read_bytes()
        except OSError:  # it is gone
            continue
        fields = text[text.rindex(b")") + 2 :].split()  # behind its name, which may hold anything
        if fields[0] not in {b"Z", b"X"}:
            found.append(Process(int(name), int(fields[1]), int(fields[3]), int(fields[19])))
    return found


def measure(pid: int) -> int:
    """The memory that a process alone holds, in bytes, what was swapped out included; 0 if it is gone.

    What processes share (programs, libraries, the segments of a browser) is left out: it would count for each of them.
    """
    try:
        text = Path("/proc", str(pid), "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    rows = (line.partition(":") for line in text.splitlines())
    return sum(int(value.split()[0]) for name, _, value in rows if name in _MEMORY) * KILOBYTE


class Family:
    """A process that leads its session, and all that it started, also in sessions of their own.

    Whoever was seen once stays a member when the process between is gone. So `look` is to be called now and then.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._known: set[tuple[int, int]] = set()

    def look(self, processes: list[Process]) -> list[Process]:
        """The members that are alive."""
        children: dict[int, list[Process]] = {}
        for one in processes:
            children.setdefault(one.parent, []).append(one)
        todo = [one for one in processes if self.pid in (one.pid, one.session) or (one.pid, one.begun) in self._known]
        members: dict[int, Process] = {}
        while todo:
            one = todo.pop()
            if one.pid not in members:
                members[one.pid] = one
                todo += children.get(one.pid, ())
        self._known |= {(one.pid, one.begun) for one in members.values()}
        return list(members.values())

    def kill(self) -> None:
        """Ends all members, at once; those that come while it does so, too."""
        until = time.monotonic() + PATIENCE
        while (members := self.look(list_processes())) and time.monotonic() < until:
            for one in members:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(one.pid, signal.SIGKILL)
            time.sleep(PAUSE)
