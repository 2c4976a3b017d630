"""A reader process: takes jobs from a pipe, one after the other, until its parent closes the pipe or is gone.

It is a fresh interpreter that imports the function it runs and nothing of its parent's. It is started by
`crawler.workers.pool`, in a session of its own, so that the terminal's Ctrl-C goes to the parent alone and that all it
starts (LibreOffice, say) ends with it.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from crawler.extraction.errors import ReadingError
from crawler.workers.model import MEGABYTE, Limits, ReaderFailed, ReaderStopped

if TYPE_CHECKING:
    from collections.abc import Callable

# The first part of each message to the parent.
READY = "ready"  # the function is imported
SLOW = "slow"  # the longer limits are asked for
DONE = "done"  # with a result or an exception, and the memory that the process holds, in bytes
BROKEN = "broken"  # with the reason why the function could not be imported; the process ends

PR_SET_PDEATHSIG = 1


def serve(descriptor: int, parent: int, function: str) -> NoReturn:
    """Runs ``function`` ("module:name") on each job from the pipe ``descriptor``. ``parent`` is who started us."""
    die_with_parent(parent)
    os.set_inheritable(descriptor, False)  # a child that holds the pipe would hide that we died
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the core of a gigabyte would take longer than the document
    # When memory is short, the system shall end a reader and not the crawl.
    with suppress(OSError), Path("/proc/self/oom_score_adj").open("w", encoding="ascii") as file:
        file.write("500")
    with Connection(descriptor) as pipe:
        try:
            limits: Limits = pipe.recv()
            module, _, name = function.partition(":")
            run = getattr(import_module(module), name)
        except BaseException as error:
            pipe.send((BROKEN, f"{type(error).__name__}: {error}"))
            raise
        pipe.send((READY,))
        with suppress(EOFError, ConnectionError):  # the parent closed the pipe, or is gone
            while True:
                pipe.send_bytes(run_job(run, pipe.recv(), limits, pipe))
    os._exit(0)  # nothing is left to be done, and to take an interpreter down takes longer than to read a report


def run_job(run: Callable[[Any, Callable[[], None]], Any], job: Any, limits: Limits, pipe: Connection) -> bytes:
    """The message with the result of a job, or with the exception it raised in a form that the parent can load."""
    slow = False

    def begin_slow() -> None:
        nonlocal slow
        if not slow:
            slow = True
            limit_memory(limits.slow_megabytes)
            pipe.send((SLOW,))

    limit_memory(limits.megabytes)
    outcome: Any
    try:
        return pickle.dumps((DONE, run(job, begin_slow), held_memory()))
    except MemoryError:
        outcome = ReaderStopped(limits.say_memory(slow=slow))
    except ReadingError as error:
        outcome = error if survives_pickling(error) else ReadingError(str(error))
    except Exception as error:
        import traceback  # noqa: PLC0415  (what a good start does not need)

        outcome = ReaderFailed(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
        outcome.add_note("".join(traceback.format_exception(error)))
    return pickle.dumps((DONE, outcome, held_memory()))


def survives_pickling(error: Exception) -> bool:
    """Whether the parent would get the same exception: not if its class asks for more than a message."""
    try:
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    except Exception:
        return False
    return type(copy) is type(error) and str(copy) == str(error)


def limit_memory(megabytes: int) -> None:
    """Lets allocations beyond ``megabytes`` fail.

    RLIMIT_DATA counts what the process may write, near to what it holds; RLIMIT_AS would count what is only mapped,
    twice as much under onnxruntime (measured: 0.6 GB against 1.2).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = megabytes * MEGABYTE
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def held_memory() -> int:
    """What this process holds in memory now, in bytes; the most it ever held where the system does not say."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def die_with_parent(parent: int) -> None:
    """Has the kernel end this process with its parent, however that ends. Elsewhere than on Linux a reader ends when
    it next turns to its pipe."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before
            os._exit(0)
