"""What goes between the crawl or a command and the reader processes: jobs, readings, limits, and what can go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.extraction.documents.options import Options
from crawler.extraction.errors import ReadingError

if TYPE_CHECKING:
    from crawler.extraction.record.model import Record, Source

MEGABYTE = 1_000_000
MAX_BYTES = 64 * 1024 * 1024  # as DOWNLOAD_MAXSIZE: what a crawl would not fetch is not read from disk either


@dataclass(frozen=True, slots=True)
class Job:
    """One document to read: its ``body``, or the ``path`` of a regular file that the reader opens by itself.

    ``parts`` are further documents of the same report as `crawler.extraction.read.read` takes them: the body of each,
    where it came from, and why it could not be had (None if it could).

    ``check`` also holds the record against the schema, which costs as much as reading a short report.
    """

    source: Source
    body: bytes | None = None
    path: str | None = None
    options: Options = field(default_factory=Options)
    check: bool = False
    parts: tuple[tuple[bytes, Source, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A record, and what is wrong with it by the schema (empty if it was not asked for)."""

    record: Record
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take: ``seconds`` of time and ``megabytes`` (millions of bytes) of its reader's memory.

    ``slow_seconds`` and ``slow_megabytes`` are in force once the reader has said that it begins something slow, which
    is to read characters from pictures: some seconds and 0.6 GB a page, where all else takes less than a second.
    """

    seconds: float = 18.0
    megabytes: int = 1000
    slow_seconds: float = 180.0
    slow_megabytes: int = 2048

    def say_time(self, *, slow: bool) -> str:
        """Why a document was given up that took too long."""
        return f"the reader ran longer than {self.slow_seconds if slow else self.seconds:g} s and was stopped"

    def say_memory(self, *, slow: bool) -> str:
        """Why a document was given up that took too much memory."""
        return f"the reader needed more than {self.slow_megabytes if slow else self.megabytes:,} MB"


class ReaderStopped(ReadingError):  # noqa: N818  (named for what it says, as in NotAReport)
    """A document was too much for its reader, which ran too long, needed too much memory, or died of it."""


class ReaderFailed(RuntimeError):  # noqa: N818
    """A reader came upon an error that it does not know: a fault of ours. Its notes hold the traceback."""
