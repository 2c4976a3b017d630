"""A reader that reads as ever, unless the document's own bytes ask for a mishap."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from crawler.workers.reading import read_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.workers.model import Job, Reading


def read_or_die(job: Job, begin_slow: Callable[[], None]) -> Reading:
    """Dies of ``die``, comes upon a fault of ours in ``fail``, and reads all else."""
    if job.body == b"die":
        ctypes.string_at(0)
    if job.body == b"fail":
        raise KeyError("a fault of ours")
    return read_job(job, begin_slow)
