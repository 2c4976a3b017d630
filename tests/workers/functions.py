"""What the readers of these tests run instead of the kernel: each does one thing that a document must not do."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.extraction.errors import NotAReport, ReadingError, UnreadableDocument

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = 3600
LARGE = 1_000_000


class Demanding(ReadingError):
    """An exception that no pickle can rebuild from its message."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def do(job: tuple[str, Any], begin_slow: Callable[[], None]) -> Any:
    """Does what the job names; the second part is what it needs for that."""
    name, value = job
    return globals()[f"do_{name}"](value, begin_slow)


def do_echo(value: Any, _: Callable[[], None]) -> Any:
    return value


def do_nap(value: tuple[float, Any], _: Callable[[], None]) -> Any:
    time.sleep(value[0])
    return value[1]


def do_wait_for(value: tuple[str, float], _: Callable[[], None]) -> bool:
    """Whether a file comes into being within some seconds."""
    end = time.monotonic() + value[1]
    while not Path(value[0]).exists() and time.monotonic() < end:
        time.sleep(0.01)
    return Path(value[0]).exists()


def do_touch(value: str, _: Callable[[], None]) -> None:
    Path(value).touch()


def do_pid(value: Any, _: Callable[[], None]) -> int:
    return os.getpid()


def do_modules(value: Any, _: Callable[[], None]) -> list[str]:
    return sorted({name.partition(".")[0] for name in sys.modules})


def do_hang(value: Any, _: Callable[[], None]) -> None:
    if value:
        Path(value).write_text(str(os.getpid()), encoding="ascii")
    while True:
        time.sleep(HOUR)


def do_hold_the_interpreter(value: Any, _: Callable[[], None]) -> None:
    """A loop in C that no Python thread and no signal handler can break."""
    ctypes.PyDLL(None).sleep(HOUR)


def do_segfault(value: Any, _: Callable[[], None]) -> None:
    ctypes.string_at(0)


def do_abort(value: Any, _: Callable[[], None]) -> None:
    os.abort()


def do_exit(value: int, _: Callable[[], None]) -> None:
    os._exit(value)


def do_kill(value: int, _: Callable[[], None]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def do_eat(value: int, begin_slow: Callable[[], None]) -> int:
    """Takes ``value`` bytes, a megabyte at a time, and gives them back."""
    kept = [bytearray(LARGE) for _ in range(value // LARGE)]
    return len(kept)


def do_eat_slowly(value: int, begin_slow: Callable[[], None]) -> int:
    begin_slow()
    return do_eat(value, begin_slow)


def do_eat_and_die(value: int, begin_slow: Callable[[], None]) -> None:
    """As a library in C does that does not look at what malloc says."""
    kept = [bytearray(LARGE) for _ in range(value // LARGE)]
    try:
        bytearray(sys.maxsize // 2)
    except MemoryError:
        os.kill(len(kept) and os.getpid(), signal.SIGSEGV)


def do_keep(value: int, _: Callable[[], None], kept: list[bytearray] = []) -> int:  # noqa: B006  (it is to stay)
    """A library that does not give back what it took."""
    kept.append(bytearray(value))
    return os.getpid()


def do_slow_nap(value: float, begin_slow: Callable[[], None]) -> str:
    begin_slow()
    begin_slow()
    time.sleep(value)
    return "rested"


def do_raise(value: tuple[str, str], _: Callable[[], None]) -> None:
    errors: dict[str, type[Exception]] = {
        "NotAReport": NotAReport,
        "UnreadableDocument": UnreadableDocument,
        "KeyError": KeyError,
        "RecursionError": RecursionError,
    }
    raise errors[value[0]](value[1])


def do_raise_demanding(value: Any, _: Callable[[], None]) -> None:
    raise Demanding("one", "two")


def do_return_what_nobody_can_send(value: Any, _: Callable[[], None]) -> Any:
    return lambda: value


def do_print(value: str, _: Callable[[], None]) -> str:
    print(value)  # noqa: T201
    print(value, file=sys.stderr)  # noqa: T201
    return value


def do_leave_files(value: Any, _: Callable[[], None]) -> str:
    """Makes a temporary folder and a child, names them, and dies."""
    folder = Path(tempfile.mkdtemp())
    (folder / "left").write_bytes(b"behind")
    child = os.spawnlp(os.P_NOWAIT, "sleep", "sleep", str(HOUR))
    Path(value).write_text(f"{folder}\n{child}\n", encoding="utf-8")
    os._exit(1)


def do_return_what_nobody_can_load(value: Any, _: Callable[[], None]) -> Any:
    return Unloadable()


class Unloadable:
    def __reduce__(self) -> Any:
        return (fail_to_load, ())


def fail_to_load() -> None:
    raise ValueError("cannot be loaded")
