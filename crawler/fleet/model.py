"""What passes between the parts of a fleet: crawls of portals side by side, each a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from crawler.listing.addresses import is_same_site

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1024 * 1024
Cause = Literal["", "time", "memory", "stop", "start", "never"]
"""Why a crawl did not end by itself: a limit, a stop by hand, no start, or a stop before its turn came. Blank: it
did."""


@dataclass(frozen=True, slots=True)
class Task:
    """A portal to be crawled; ``hosts`` are those that its crawl may ask, without ports."""

    name: str
    hosts: frozenset[str]

    def shares_host(self, other: Task) -> bool:
        """Whether both could ask the same host, each at its own pace: then they must not run side by side."""
        return any(is_same_site(a, b) or is_same_site(b, a) for a in self.hosts for b in other.hosts)


@dataclass(frozen=True, slots=True)
class Launch:
    """How a crawl is started: its command, the name of its run, and the file that all its output goes to."""

    command: tuple[str, ...]
    run: str
    log: Path


@dataclass(frozen=True, slots=True)
class Limits:
    """What each crawl may take: ``seconds``, then ``grace`` more to close its files; ``megabytes`` of memory, of the
    crawl and all processes that it starts together."""

    seconds: float
    grace: float
    megabytes: int

    @property
    def own_seconds(self) -> float:
        """After how many seconds a crawl ends by itself: early enough to close its files before it is asked to stop,
        for of a crawl that was stopped nothing is delivered."""
        return self.seconds - self.grace if self.grace < self.seconds else self.seconds / 2


@dataclass(frozen=True, slots=True)
class End:
    """How a crawl's process ended. ``status`` is as `subprocess.Popen.returncode`; None if it never ran. ``forced``: it
    was killed. ``peak`` is the most memory that was seen, in bytes; ``why`` says what ``cause`` does not."""

    task: Task
    launch: Launch | None
    status: int | None
    cause: Cause
    forced: bool
    seconds: float
    peak: int
    why: str = ""


def say_time(seconds: float) -> str:
    """Seconds as people read them.

    >>> say_time(3725)
    '1:02:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
