"""What the readers of a test do with a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.workers.reading import read_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.workers.model import Job, Reading


def read_some(job: Job, begin_slow: Callable[[], None]) -> Reading:
    """Reads a report; what has parts that are there is too much, and on one page there is a fault of ours."""
    if any(problem is None for _, _, problem in job.parts):
        raise MemoryError
    if job.source.url.endswith("/fault.html"):
        raise KeyError("a fault of ours")
    return read_job(job, begin_slow)
