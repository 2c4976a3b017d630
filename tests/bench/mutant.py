"""What a reader does with a damaged or hostile document: the front door, with what it took and what it left.

A module of its own, for a reader imports it: what makes such documents takes a second to import.
"""

from __future__ import annotations

import resource
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.extraction.errors import NotAReport, ReadingError, UnreadableDocument
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.extraction.record.schema import find_faults
from crawler.workers.model import Limits
from tests.judge import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.extraction.documents.options import Options

READ_MUTANT = "tests.bench.mutant:read_mutant"
LIMITS = Limits(seconds=20, megabytes=1000)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of one document: ``verdict`` is the record's confidence, or the kind of the ReadingError with
    its ``reason``; ``tables`` the record's; ``faults`` what must never be (schema, leftovers, a reason of two lines).
    ``seconds`` and ``megabytes`` are what it took, the latter as the most that the process held."""

    verdict: str
    reason: str
    tables: dict[str, Any]
    faults: tuple[str, ...]
    seconds: float
    megabytes: float


def read_mutant(job: tuple[bytes, str, Options], begin_slow: Callable[[], None]) -> Reading:
    """Runs in a reader of the pool: the front door, with what it took and left."""
    data, name, options = job
    if options.ocr:
        begin_slow()
    forget_peak()
    begun = time.perf_counter()
    faults: list[str] = []
    try:
        record = read(data, Source(f"file:///{name}", f"file:///{name}", NOW), options)
    except ReadingError as error:
        verdict = next(
            kind.__name__ for kind in (NotAReport, UnreadableDocument, ReadingError) if isinstance(error, kind)
        )
        reason, tables = str(error), {}
        if not reason or len(reason.splitlines()) != 1 or len(reason) > 1000:
            faults.append(f"a reason that is not one line: {reason[:200]!r}")
        seconds = time.perf_counter() - begun
    else:
        seconds = time.perf_counter() - begun
        verdict, reason, tables = record["confidence"], "", record["tables"]
        faults += [f"schema: {fault}" for fault in find_faults(record)]
    megabytes = tell_peak()
    faults += [f"left behind: {left}" for left in find_leftovers()]
    return Reading(verdict, reason, tables, tuple(faults), seconds, megabytes)


def forget_peak() -> None:
    """Has the kernel count the most that this process holds from now on."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def tell_peak() -> float:
    """The most that this process held, in MB; since `forget_peak` where the system counts so."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def find_leftovers() -> Iterator[str]:
    """Files in the reader's own TMPDIR, and processes that it started and that still run."""
    yield from (f"file {path.name}" for path in Path(tempfile.gettempdir()).iterdir())
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            yield from (f"process {pid}" for pid in task.read_text(encoding="ascii").split())
