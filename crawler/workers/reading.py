"""What a reader process does with a job: the front door of the kernel, and the schema behind it."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.read import read
from crawler.workers.model import MAX_BYTES, Job, Reading

if TYPE_CHECKING:
    from collections.abc import Callable


def read_job(job: Job, begin_slow: Callable[[], None]) -> Reading:
    """Reads the document of a job. ``begin_slow`` is called before characters are read from pictures.

    Raises ReadingError with the reason in one line.
    """
    options = job.options
    if "before_ocr" in {field.name for field in fields(options)}:
        options = replace(options, before_ocr=begin_slow)
    record = read(load_body(job), job.source, options=options, parts=job.parts)
    if not job.check:
        return Reading(record)
    from crawler.extraction.record.schema import find_faults  # noqa: PLC0415  (slow to import; not every job asks)

    return Reading(record, tuple(find_faults(record)))


def load_body(job: Job) -> bytes:
    """The bytes of a job's document, from its file if it names one.

    Raises UnreadableDocument for a file that cannot be read, or that grew beyond the limit since it was listed.
    """
    if job.path is None:
        return job.body or b""
    try:
        with Path(job.path).open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableDocument(error.strerror or str(error)) from None
    if len(body) > MAX_BYTES:
        raise UnreadableDocument(f"more than {MAX_BYTES:,} bytes")
    return body
